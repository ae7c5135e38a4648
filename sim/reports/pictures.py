"""Pictures: every figure of a comparison's report, with what it shows and how to read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from sim.analysis.stage_moves import move_in_words
from sim.experiments.result import Result
from sim.number_format import counted, decimal, in_renewals, in_words, percent, short_money
from sim.reports import plots
from sim.reports.comparison import (
    anything_bought,
    arms_in_order,
    currency_of,
    flows_of,
    focal_title,
    other_arms,
    persona_panels,
    spread_of_values,
    waterfall_terms,
)
from sim.reports.names import slug
from sim.reports.picture import Picture

__all__ = ["draw_functions", "pictures", "shows_doubt"]


def pictures(result: Result) -> Iterator[Picture]:
    """Yield every figure of the report, in its order."""
    for draw in draw_functions(result):
        picture = draw()
        if picture is not None:
            yield picture


def draw_functions(result: Result) -> list[Callable[[], Picture | None]]:
    """Return what draws each figure of the report, in its order; None comes of one that has nothing to show."""
    arms, others, part = arms_in_order(result), other_arms(result), _file_parts(arms_in_order(result))
    draw: list[Callable[[], Picture | None]] = []
    draw += [partial(_journey, result, arm, part[arm]) for arm in arms]
    draw += [partial(_journey_difference, result, arm, part[arm]) for arm in others]
    draw += [partial(_alluvial, result, arm, part[arm]) for arm in arms]
    if anything_bought(result):
        draw += [partial(_loyalty, result), partial(_contacts, result)]
    if others and result.scenario.has_market:
        draw += [partial(_waterfall, result, arm, part[arm]) for arm in others]
        draw += [partial(_cash, result), partial(_effectiveness, result), partial(_personas, result)]
        draw += [partial(_customer_values, result, arm, part[arm]) for arm in others]
    return draw


def shows_doubt(draw: Callable[[], Picture | None]) -> bool:
    """Whether a figure shows what is found by further runs: how much is doubt, or the break-even effectiveness."""
    return isinstance(draw, partial) and draw.func in (_cash, _effectiveness, _personas)


def _journey(result: Result, arm: str, part: str) -> Picture:
    return Picture(
        f"journey_map_{part}",
        plots.journey_map(result, arm),
        f"Map of the journey in the arm {arm}: {_main_flows(result, arm)}",
        "Follow the thick lines down: each is as wide as the customers who took it; lines on the left lead back.",
        "journey",
    )


def _journey_difference(result: Result, arm: str, part: str) -> Picture:
    baseline = result.scenario.baseline
    return Picture(
        f"journey_difference_{part}",
        plots.journey_map(result, arm, minus=baseline),
        f"Map of what {arm} changes against {baseline}, edge by edge, per 100 customers.",
        "Blue with + is travelled more often than in the baseline, dashed orange with − less; grey may be chance.",
        "journey",
    )


def _alluvial(result: Result, arm: str, part: str) -> Picture | None:
    drawn = plots.alluvial(result, arm)
    if drawn is None:
        return None
    way, bought = (in_renewals(words, result.scenario.renews) for words in ("from need to purchase", "purchases"))
    return Picture(
        f"alluvial_{part}",
        drawn,
        f"Flows {way} and beyond in the arm {arm}. {_origin_words(result, arm)}",
        f"Read down: the wider the green band, the more {bought} were made without comparing the market again.",
        "flows",
    )


def _loyalty(result: Result) -> Picture:
    focal, weeks = focal_title(result), result.scenario.horizon
    return Picture(
        "loyalty",
        plots.loyalty(result),
        f"Market share and loop share of {focal} over {counted(weeks, result.scenario.step)}, by arm.",
        "Where two bands are apart the arms differ; where they overlap, see the table of paired differences.",
        "time",
    )


def _contacts(result: Result) -> Picture:
    return Picture(
        "contacts",
        plots.contacts(result),
        "Contacts, contact fatigue and share of customers opted out over the horizon, by arm.",
        "Where opt-outs grow faster than contacts, fewer and fewer customers can still be reached.",
        "time",
    )


def _waterfall(result: Result, arm: str, part: str) -> Picture:
    currency = currency_of(result)
    start, end, terms = waterfall_terms(result, arm)
    words = ", ".join(f"{name} {short_money(amount, currency, sign=True)}" for name, amount in terms)
    return Picture(
        f"waterfall_{part}",
        plots.waterfall(result, arm),
        f"From {start[0]}, {short_money(start[1], currency)}, to {end[0]}, {short_money(end[1], currency)}: {words}.",
        "Each bar starts where the last one ended: blue adds, hatched orange takes away.",
        "money",
    )


def _cash(result: Result) -> Picture:
    others, baseline = other_arms(result), result.scenario.baseline
    return Picture(
        "cash",
        plots.cash(result),
        f"Cumulative contribution of {', '.join(others)} minus {baseline} over the horizon.",
        "The lowest point is the money needed before it pays back; a line that ends below zero has not paid back.",
        "money",
    )


def _effectiveness(result: Result) -> Picture | None:
    drawn = plots.effectiveness(result)
    if drawn is None:
        return None
    return Picture(
        "effectiveness",
        drawn,
        f"Difference in contribution from {result.scenario.baseline} over the effectiveness of the capabilities, "
        "from 0 to 200 % of what is assumed.",
        "Left of the point where a line rises through zero, the capabilities cost more than they earn.",
        "money",
    )


def _personas(result: Result) -> Picture:
    return Picture(
        "personas",
        plots.personas(result),
        f"Difference from {result.scenario.baseline} per persona: {_persona_words(result)}",
        "A filled dot whose bar stays clear of zero is a sure difference; a hollow one may be chance.",
        "personas",
    )


def _customer_values(result: Result, arm: str, part: str) -> Picture | None:
    drawn, values = plots.customer_values(result, arm), spread_of_values(result, arm)
    if drawn is None or values is None:
        return None
    shares = values["shares"]["all"]
    return Picture(
        f"customer_values_{part}",
        drawn,
        f"Histogram of the difference in value per customer: {percent(shares['winners'] or 0.0)} are worth "
        f"more in {arm}, {percent(shares['losers'] or 0.0)} less.",
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
            f"{move_in_words(source, target)} {decimal(count / heads, 2)} times per customer"
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
