"""Pictures: every figure of a comparison's report, with what it shows and how to read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sim.experiments.result import Result
from sim.number_format import counted, decimal, in_renewals, in_words, percent, short_money
from sim.reports import plots
from sim.reports.comparison import (
    anything_bought,
    arms_in_order,
    currency_of,
    difference_name,
    flows_of,
    focal_title,
    other_arms,
    persona_panels,
    waterfall_terms,
)
from sim.reports.picture import Picture
from sim.reports.style import slug

__all__ = ["pictures"]


def pictures(result: Result) -> Iterator[Picture]:
    """Yield every figure of the report, in its order."""
    part = _file_parts(arms_in_order(result))
    yield from _journeys(result, part)
    if anything_bought(result):
        yield from _time(result)
    if other_arms(result):
        yield from _money(result, part)
        yield from _personas(result, part)


def _journeys(result: Result, part: Mapping[str, str]) -> Iterator[Picture]:
    arms, baseline = arms_in_order(result), result.scenario.baseline
    for arm in arms:
        yield Picture(
            f"journey_map_{part[arm]}",
            plots.journey_map(result, arm),
            f"Map of the journey in the arm {in_words(arm)}: {_main_flows(result, arm)}",
            "Follow the thick lines down: each is as wide as the customers who took it; lines on the left lead back.",
            "journey",
        )
    for arm in other_arms(result):
        yield Picture(
            f"journey_difference_{part[arm]}",
            plots.journey_map(result, arm, minus=baseline),
            f"Map of what {in_words(arm)} changes against {in_words(baseline)}, edge by edge, per 100 customers.",
            "Blue with + is travelled more often than in the baseline, dashed orange with − less; grey may be chance.",
            "journey",
        )
    for arm in arms:
        drawn = plots.alluvial(result, arm)
        if drawn is not None:
            yield Picture(
                f"alluvial_{part[arm]}",
                drawn,
                in_renewals("Flows from need to purchase and beyond", result.scenario.renews)
                + f" in the arm {in_words(arm)}. {_origin_words(result, arm)}",
                in_renewals(
                    "Read down: the wider the green band, the more purchases were made without comparing the market.",
                    result.scenario.renews,
                ),
                "flows",
            )


def _time(result: Result) -> Iterator[Picture]:
    focal, weeks = focal_title(result), result.scenario.horizon
    yield Picture(
        "loyalty",
        plots.loyalty(result),
        f"Market share and loop share of {focal} over {counted(weeks, result.scenario.step)}, by arm.",
        "Where two bands are apart the arms differ; where they overlap, see the table of paired differences.",
        "time",
    )
    yield Picture(
        "contacts",
        plots.contacts(result),
        "Contacts, contact fatigue and share of customers opted out over the horizon, by arm.",
        "Where opt-outs grow faster than contacts, fewer and fewer customers can still be reached.",
        "time",
    )


def _money(result: Result, part: Mapping[str, str]) -> Iterator[Picture]:
    currency, others, baseline = currency_of(result), other_arms(result), in_words(result.scenario.baseline)
    for arm in others:
        start, end, terms = waterfall_terms(result, arm)
        words = ", ".join(f"{name} {short_money(amount, currency, sign=True)}" for name, amount in terms)
        yield Picture(
            f"waterfall_{part[arm]}",
            plots.waterfall(result, arm),
            f"From {start[0]}, {short_money(start[1], currency)}, to {end[0]}, "
            f"{short_money(end[1], currency)}: {words}.",
            "Each bar starts where the last one ended: blue adds, hatched orange takes away.",
            "money",
        )
    yield Picture(
        "cash",
        plots.cash(result),
        f"Cumulative contribution of {', '.join(map(in_words, others))} minus {baseline} over the horizon.",
        "The lowest point is the money needed before it pays back; a line that ends below zero has not paid back.",
        "money",
    )
    drawn = plots.effectiveness(result)
    if drawn is not None:
        yield Picture(
            "effectiveness",
            drawn,
            f"Difference in contribution from {baseline} over the effectiveness of the capabilities, "
            "from 0 to 200 % of what is assumed.",
            "Left of the point where a line rises through zero, the capabilities cost more than they earn.",
            "money",
        )


def _personas(result: Result, part: Mapping[str, str]) -> Iterator[Picture]:
    yield Picture(
        "personas",
        plots.personas(result),
        f"Difference from {in_words(result.scenario.baseline)} per persona: {_persona_words(result)}",
        "A filled dot whose bar stays clear of zero is a sure difference; a hollow one may be chance.",
        "personas",
    )
    for arm in other_arms(result):
        drawn = plots.customer_values(result, arm)
        if drawn is not None:
            shares = result.summary_json["clv_differences"][difference_name(result, arm)]["shares"]["all"]
            yield Picture(
                f"customer_values_{part[arm]}",
                drawn,
                f"Histogram of the difference in value per customer: {percent(shares['winners'] or 0.0)} are worth "
                f"more in {in_words(arm)}, {percent(shares['losers'] or 0.0)} less.",
                "Same customers, same random numbers: those right of zero are worth more than in the baseline.",
                "personas",
            )


def _file_parts(arms: list[str]) -> dict[str, str]:
    """Return each arm's part of a file name: two arms never share one, even on a disk that ignores case."""
    out: dict[str, str] = {}
    for arm in arms:
        plain = part = slug(arm)
        number = 2
        while part.lower() in {known.lower() for known in out.values()}:
            part, number = f"{plain}-{number}", number + 1
        out[arm] = part
    return out


def _main_flows(result: Result, arm: str) -> str:
    flows = {pair: float(counts.mean()) for pair, counts in flows_of(result, arm).items()}
    if not flows:
        return "nobody moves."
    heads = max(result.scenario.market_customers, 1)
    most = sorted(flows.items(), key=lambda item: (-item[1], item[0]))[:5]
    return (
        "; ".join(
            f"{in_words(source)} to {in_words(target)} {decimal(count / heads, 2)} times per customer"
            for (source, target), count in most
        )
        + "."
    )


def _origin_words(result: Result, arm: str) -> str:
    loop = result.summary_json["arms"][arm]["loop_share"]["mean"]
    renews = result.scenario.renews
    if loop is None:
        return in_renewals("Nothing was bought.", renews)
    return f"{percent(loop)} of the focal brand's {in_renewals('purchases', renews)} came through the loop."


def _persona_words(result: Result) -> str:
    names, panels = persona_panels(result)
    parts = []
    for arm, rows in panels[0][2].items():
        known = [(name, gap.mean) for name, gap in zip(names, rows, strict=True) if gap.mean is not None]
        words = ", ".join(f"{name} {short_money(mean, currency_of(result), sign=True)}" for name, mean in known)
        parts.append(f"{in_words(arm)}: {words} contribution a customer")
    return "; ".join(parts) + "."
