"""Figures of a result. Each takes a :class:`~sim.experiments.result.Result` first and returns a matplotlib figure.

The drawing itself stands in this folder's files and takes plain arrays and names, so that it can be tested alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from sim.number_format import percent, short_money, spaced
from sim.record.history import History, Origin
from sim.reports.figures.alluvial import draw_ribbons
from sim.reports.figures.journey_map import draw_difference, draw_flows
from sim.reports.figures.money import draw_cash, draw_waterfall, plot_cash, plot_waterfall
from sim.reports.figures.personas import Gap, draw_personas, draw_values, plot_personas
from sim.reports.figures.timeline import Panel, draw_timeline, periods, plot_bands, ratio
from sim.reports.picture import Picture
from sim.reports.style import finish, money_axis, percent_axis, short, slug, style
from sim.scenario.journey import Journey

if TYPE_CHECKING:
    from sim.experiments.result import Result

__all__ = [
    "alluvial",
    "cash",
    "contacts",
    "customer_values",
    "difference",
    "journey_map",
    "loyalty",
    "overview",
    "personas",
    "pictures",
    "waterfall",
]

_BAND = "Band: 95 % interval of the mean over replicates (Student's t)."
_ONE = "One replicate: no interval."
_CENTS = 100.0


def journey_map(result: Result, arm: str | None = None, *, minus: str | None = None) -> Figure:
    """Draw one arm's journey with its flows, or the difference of two arms.

    Parameters
    ----------
    result : Result
    arm : str, optional
        Which arm; left out, the last one.
    minus : str, optional
        The arm to subtract.
    """
    arm = _arm(result, arm)
    scenario = result.scenario
    if minus is None:
        title = f"{short(arm, 18)}: how customers move"
        return draw_flows(
            _journeys(result, arm),
            _flows(result, arm),
            title=title,
            customers=scenario.population,
            weeks=scenario.horizon,
            frame=_all_journeys(result),
        )
    minus = _arm(result, minus)
    return draw_difference(
        [*_journeys(result, minus), *_journeys(result, arm)],
        _flows(result, arm),
        _flows(result, minus),
        title=f"{short(arm, 18)} minus {short(minus, 18)}: what moves",
        customers=scenario.population,
        weeks=scenario.horizon,
    )


def alluvial(result: Result, arm: str | None = None) -> Figure | None:
    """Draw where one arm's purchases came from; None where the journey chooses nothing."""
    arm = _arm(result, arm)
    flows = {pair: float(counts.mean()) for pair, counts in _flows(result, arm).items()}
    return draw_ribbons(_journeys(result, arm), flows, title=f"{short(arm, 18)}: from need to purchase")


def loyalty(result: Result) -> Figure:
    """Draw the focal brand's market share and loop share over the weeks."""
    share, loop, _ = _loyalty_series(result)
    weeks = result.scenario.horizon
    panels = [
        Panel(share, f"Market share of {short(result.scenario.market.focal, 20)}", "of all purchases", percent_axis),
        Panel(loop, "Purchases won in the loyalty loop", "of its purchases", percent_axis),
    ]
    return draw_timeline(weeks, panels, note=_periods_note(result))


def contacts(result: Result) -> Figure:
    """Draw contacts, fatigue and opt-outs over the weeks."""
    scenario = result.scenario
    focal, heads = scenario.focal, float(scenario.population)
    starts = periods(scenario.horizon)
    lengths = np.diff(np.r_[starts, scenario.horizon])

    def weekly_mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.add.reduceat(values, starts, axis=1) / lengths)

    def fatigue(history: History) -> NDArray[np.float64]:
        population = history.population.astype(np.float64)
        return np.asarray(history.fatigue @ population / max(population.sum(), 1.0))

    arms = _order(result)
    sent = {a: weekly_mean(result.series(a, lambda h: h.contacts[:, :, focal].sum(axis=1))) / heads * 100 for a in arms}
    tired = {a: weekly_mean(result.series(a, fatigue)) for a in arms}
    gone = {a: weekly_mean(result.series(a, lambda h: h.opted_out[:, :, focal].sum(axis=1))) / heads for a in arms}
    panels = [
        Panel(sent, "Contacts", "per 100 customers\nand week"),
        Panel(tired, "Contact fatigue", "mean fatigue"),
        Panel(gone, "Opted out", "of customers", percent_axis),
    ]
    return draw_timeline(scenario.horizon, panels, note=_periods_note(result), tall=1.5)


def personas(result: Result) -> Figure:
    """Draw for which personas each arm differs from the baseline, in value and in purchases."""
    names, panels = _persona_panels(result)
    return draw_personas(
        names,
        panels,
        currency=_currency(result),
        title=f"For whom it pays: minus {short(result.scenario.baseline, 18)}",
    )


def waterfall(result: Result, arm: str | None = None) -> Figure:
    """Draw how the baseline's contribution becomes an arm's, term by term."""
    arm = _arm(result, arm)
    start, end, terms = _waterfall(result, arm)
    gain = short_money(end[1] - start[1], _currency(result), sign=True)
    title = f"From {short(start[0], 16)} to {short(end[0], 16)}: {gain}"
    return draw_waterfall(start, end, terms, currency=_currency(result), title=title)


def cash(result: Result) -> Figure:
    """Draw cumulative contribution minus the baseline's, with low point and payback."""
    return draw_cash(
        _gains(result),
        currency=_currency(result),
        payback=_paybacks(result),
        title=f"Cumulative cash against {short(result.scenario.baseline, 18)}",
    )


def customer_values(result: Result, arm: str | None = None) -> Figure | None:
    """Draw the distribution over customers of the difference in value; None where customers' accounts were not kept."""
    arm = _arm(result, arm)
    values = result.summary_json.get("clv_differences", {}).get(_difference_name(result, arm))
    if values is None:
        return None
    return draw_values(values, currency=_currency(result), title=f"Who wins, who loses: {short(arm, 18)}")


def difference(result: Result, metric: str = "contribution") -> Figure:
    """Draw the weekly difference of every arm from the baseline.

    Parameters
    ----------
    result : Result
    metric : {'contribution', 'revenue', 'purchases', 'contacts', 'opted_out', 'fatigue', 'market_share', 'loop_share'}
    """
    scenario = result.scenario
    focal, baseline = scenario.focal, scenario.baseline
    starts = periods(scenario.horizon)
    lengths = np.diff(np.r_[starts, scenario.horizon])
    shares = dict(zip(("market_share", "loop_share"), _loyalty_series(result)[:2], strict=True))
    weekly = {
        "revenue": lambda h: h.money[:, :, focal, 0].sum(axis=1) / _CENTS,
        "purchases": lambda h: h.purchases[:, :, focal].sum(axis=(1, 2)),
        "contacts": lambda h: h.contacts[:, :, focal].sum(axis=1),
        "opted_out": lambda h: h.opted_out[:, :, focal].sum(axis=1),
        "fatigue": lambda h: h.fatigue @ h.population / max(h.population.sum(), 1),
    }
    known = ("contribution", *weekly, *shares)
    if metric not in known:
        raise ValueError(f"metric {metric!r} has no weekly difference; choose one of {', '.join(known)}")
    series: dict[str, NDArray[np.float64]] = {}
    for arm in _others(result):
        if metric in shares:
            series[arm] = shares[metric][arm] - shares[metric][baseline]
            continue
        if metric == "contribution":
            gap = result.cash(arm) - result.cash(baseline)
        else:
            gap = result.series(arm, weekly[metric]) - result.series(baseline, weekly[metric])
        series[arm] = np.add.reduceat(gap, starts, axis=1) / lengths
    words = metric.replace("_", " ")
    write = None
    unit = "a week"
    if metric in ("contribution", "revenue"):
        unit = f"{_currency(result)} a week"

        def write(axes: Axes) -> None:
            money_axis(axes, _currency(result))
    elif metric in shares:
        unit, write = "percentage points", percent_axis
    panel = Panel(series, f"Difference in {words} from {short(baseline, 18)}", f"{words}, {unit}", write)
    return draw_timeline(scenario.horizon, [panel], note=_periods_note(result), tall=2.6, first=1)


def overview(result: Result) -> Figure:
    """Draw one wide picture of a comparison: share, loop, cash, waterfall and personas."""
    arms = _others(result)
    currency = _currency(result)
    share, loop, middle = _loyalty_series(result)
    with style():
        figure = Figure(figsize=(11.0, 6.6))
        grid = figure.subplots(2, 2)
        figure.subplots_adjust(left=0.09, right=0.91, top=0.86, bottom=0.085, wspace=0.42, hspace=0.42)
        scenario = result.scenario
        figure.suptitle(
            short(scenario.title or scenario.name, 90), x=0.012, y=0.975, ha="left", fontweight="bold", fontsize=14
        )
        words = f"{scenario.population:,} customers, {scenario.horizon} weeks, {result.replicates} replicate"
        words += f"{'s' if result.replicates != 1 else ''}, common luck; bands and bars are 95 % intervals of the mean"
        figure.text(0.012, 0.915, words, fontsize=9)
        top = grid[0][0]
        percent_axis(top)
        _range(top, loop)
        plot_bands(top, middle, loop)
        finish(top, "Purchases won in the loyalty loop", x="week of the horizon", y="share of its purchases")
        if arms:
            plot_cash(grid[0][1], _gains(result), currency=currency, payback=_paybacks(result))
            finish(
                grid[0][1],
                f"Cumulative cash against {short(scenario.baseline, 18)}",
                x="week of the horizon",
                y=currency,
            )
            start, end, terms = _waterfall(result, arms[0])
            plot_waterfall(grid[1][0], start, end, terms, currency=currency)
            finish(
                grid[1][0], f"From {short(start[0], 16)} to {short(end[0], 16)}", x=f"contribution, {currency}", y=""
            )
            names, panels = _persona_panels(result)
            plot_personas(grid[1][1], names, panels[0][2], kind="money", currency=currency)
            finish(grid[1][1], "For whom it pays", x=panels[0][0], y="")
        else:
            percent_axis(grid[0][1])
            _range(grid[0][1], share)
            plot_bands(grid[0][1], middle, share)
            finish(grid[0][1], "Market share", x="week of the horizon", y="share of purchases")
            for axes in grid[1]:
                axes.axis("off")
    return figure


def pictures(result: Result) -> Iterator[Picture]:
    """Yield every figure of the report, in its order."""
    scenario = result.scenario
    others, baseline = _others(result), scenario.baseline
    focal, currency = scenario.market.focal, _currency(result)
    part = _file_parts(_order(result))
    for arm in _order(result):
        yield Picture(
            f"journey_map_{part[arm]}",
            journey_map(result, arm),
            f"Map of the journey in the arm {arm}: {_main_flows(result, arm)}",
            "Follow the thick lines down: each is as wide as the customers who took it; lines on the left lead back.",
            "journey",
        )
    for arm in others:
        yield Picture(
            f"journey_difference_{part[arm]}",
            journey_map(result, arm, minus=baseline),
            f"Map of what {arm} changes against {baseline}, edge by edge, per 100 customers.",
            "Blue with + is travelled more often than in the baseline, dashed orange with − less; grey may be chance.",
            "journey",
        )
    for arm in _order(result):
        drawn = alluvial(result, arm)
        if drawn is not None:
            yield Picture(
                f"alluvial_{part[arm]}",
                drawn,
                f"Ribbons from need to purchase and beyond in the arm {arm}. {_origin_words(result, arm)}",
                "Read down: the wider the green ribbon, the more purchases needed no second look at the market.",
                "flows",
            )
    if _anything_bought(result):
        yield Picture(
            "loyalty",
            loyalty(result),
            f"Market share and loop share of {focal} over {scenario.horizon} weeks, by arm.",
            "Where two bands are apart the arms surely differ; where they overlap, see the table of pairs.",
            "time",
        )
        yield Picture(
            "contacts",
            contacts(result),
            "Contacts, contact fatigue and share of customers opted out over the weeks, by arm.",
            "Contacts that climb while opt-outs climb faster burn what they use: fewer people can be led later.",
            "time",
        )
    if others:
        yield Picture(
            "personas",
            personas(result),
            f"Difference from {baseline} per persona: {_persona_words(result)}",
            "A filled dot whose bar stays clear of zero is a sure difference; a hollow one may be chance.",
            "personas",
        )
        for arm in others:
            start, end, terms = _waterfall(result, arm)
            words = ", ".join(f"{name} {short_money(amount, currency, sign=True)}" for name, amount in terms)
            yield Picture(
                f"waterfall_{part[arm]}",
                waterfall(result, arm),
                f"From {start[0]}, {short_money(start[1], currency)}, to {end[0]}, "
                f"{short_money(end[1], currency)}: {words}.",
                "Each bar starts where the last one ended: blue adds, hatched orange takes away.",
                "money",
            )
        yield Picture(
            "cash",
            cash(result),
            f"Cumulative contribution of {', '.join(others)} minus {baseline} over the weeks.",
            "The dip's depth is the money needed before the loop pays; a line that ends below zero has not paid back.",
            "money",
        )
        for arm in others:
            drawn = customer_values(result, arm)
            if drawn is not None:
                shares = result.summary_json["clv_differences"][_difference_name(result, arm)]["shares"]["all"]
                yield Picture(
                    f"customer_values_{part[arm]}",
                    drawn,
                    f"Histogram of the difference in value per customer: {percent(shares['winners'] or 0.0)} are worth "
                    f"more in {arm}, {percent(shares['losers'] or 0.0)} less.",
                    "The same customer with the same luck in both worlds: right of zero is worth more when led.",
                    "personas",
                )


def _arm(result: Result, arm: str | None) -> str:
    if arm is None:
        return _order(result)[-1]
    if arm not in result.scenario.arms:
        raise ValueError(f"there is no arm {arm!r}; there are {', '.join(result.scenario.arms)}")
    return arm


def _order(result: Result) -> list[str]:
    """Return the arms, the baseline first: an arm's place is its look."""
    return [result.scenario.baseline, *_others(result)]


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


def _others(result: Result) -> list[str]:
    return [arm for arm in result.scenario.arms if arm != result.scenario.baseline]


def _difference_name(result: Result, arm: str) -> str:
    return f"{arm} - {result.scenario.baseline}"


def _currency(result: Result) -> str:
    return spaced(result.scenario.market.economics.currency)


def _journeys(result: Result, arm: str) -> list[Journey]:
    """Return the journeys in use in an arm, the focal brand's first."""
    scenario = result.scenario
    plans = scenario.arms[arm].plans
    names = [plans[scenario.market.focal].journey] if scenario.market.focal in plans else []
    names += [plan.journey for plan in plans.values()]
    names.append(scenario.market.journey)
    return [scenario.journeys[name] for name in dict.fromkeys(names) if name in scenario.journeys]


def _all_journeys(result: Result) -> list[Journey]:
    found: dict[str, Journey] = {}
    for arm in _order(result):
        for journey in _journeys(result, arm):
            found.setdefault(journey.name, journey)
    return list(found.values())


def _flows(result: Result, arm: str) -> dict[tuple[str, str], NDArray[np.float64]]:
    stages = result.stages
    counts = result.series(arm, lambda history: history.flows.sum(axis=0))
    return {
        (stages[source], stages[target]): counts[:, source, target]
        for source, target in np.argwhere(counts.any(axis=0)).tolist()
    }


def _loyalty_series(
    result: Result,
) -> tuple[dict[str, NDArray[np.float64]], dict[str, NDArray[np.float64]], NDArray[np.float64]]:
    """Return market share and loop share per period, by arm, and the middles of the periods."""
    scenario = result.scenario
    focal, starts = scenario.focal, periods(scenario.horizon)
    share, loop = {}, {}
    for arm in _order(result):
        mine = result.series(arm, lambda history: history.purchases[:, :, focal].sum(axis=1))  # (R, T, O)
        every = result.series(arm, lambda history: history.purchases.sum(axis=(1, 2, 3)))
        share[arm] = ratio(mine.sum(axis=2), every, starts)
        loop[arm] = ratio(mine[:, :, Origin.LOOP], mine.sum(axis=2), starts)
    ends = np.r_[starts[1:], scenario.horizon] - 1
    return share, loop, (starts + ends) / 2.0


def _anything_bought(result: Result) -> bool:
    return any(bool(arms[arm].purchases.any()) for arms in result.histories for arm in arms)


def _range(axes: Axes, series: dict[str, NDArray[np.float64]]) -> None:
    top = max((float(np.nanmax(values)) for values in series.values() if np.isfinite(values).any()), default=1.0)
    axes.set_ylim(0.0, top * 1.1 or 1.0)


def _gains(result: Result) -> dict[str, NDArray[np.float64]]:
    baseline = result.cash(result.scenario.baseline)
    return {arm: result.cash(arm) - baseline for arm in _others(result)}


def _paybacks(result: Result) -> dict[str, tuple[float | None, float | None]]:
    found = {
        arm: result.summary_json["differences"][_difference_name(result, arm)]["payback_week"]
        for arm in _others(result)
    }
    return {arm: (entry["mean"], entry.get("share")) for arm, entry in found.items()}


def _waterfall(result: Result, arm: str) -> tuple[tuple[str, float], tuple[str, float], list[tuple[str, float]]]:
    baseline = result.scenario.baseline
    ends = [(name, float(result.cash(name).sum(axis=1).mean())) for name in (baseline, arm)]
    found = result.summary_json["waterfall"][_difference_name(result, arm)]["all"]
    terms = [("running" if term == "run" else term, float(entry["mean"] or 0.0)) for term, entry in found.items()]
    return ends[0], ends[1], terms


def _persona_panels(result: Result) -> tuple[list[str], list[tuple[str, str, dict[str, list[Gap]]]]]:
    summary, scenario = result.summary_json, result.scenario
    blocks = [summary, *(summary["personas"][persona.name] for persona in scenario.personas)]
    names = ["everybody", *(persona.title or persona.name for persona in scenario.personas)]
    if len(scenario.personas) == 1:
        blocks, names = blocks[1:], names[1:]

    def gaps(metric: str, scale: float) -> dict[str, list[Gap]]:
        return {
            arm: [
                Gap(*(None if entry[key] is None else entry[key] * scale for key in ("mean", "ci_low", "ci_high")))
                for block in blocks
                for entry in [block["differences"][_difference_name(result, arm)][metric]]
            ]
            for arm in _others(result)
        }

    heads = [float(scenario.population), *(summary["persona_customers"][persona.name] for persona in scenario.personas)]
    if len(scenario.personas) == 1:
        heads = heads[1:]
    each = gaps("contribution", 1.0)
    per_customer = {
        arm: [
            Gap(*(None if value is None or heads[row] == 0 else value / heads[row] for value in gap))
            for row, gap in enumerate(rows)
        ]
        for arm, rows in each.items()
    }
    return names, [
        (f"contribution, {_currency(result)} a customer", "money", per_customer),
        ("loop share, points", "share", gaps("loop_share", 1.0)),
    ]


def _periods_note(result: Result) -> str:
    starts = periods(result.scenario.horizon)
    length = int(starts[1] - starts[0]) if starts.size > 1 else 1
    means = "" if length == 1 else f" Means of {length} weeks."
    return (_BAND if result.replicates > 1 else _ONE) + means


def _main_flows(result: Result, arm: str) -> str:
    flows = {pair: float(counts.mean()) for pair, counts in _flows(result, arm).items()}
    if not flows:
        return "nobody moves."
    heads = max(result.scenario.population, 1)
    most = sorted(flows.items(), key=lambda item: (-item[1], item[0]))[:5]
    return (
        "; ".join(f"{source} to {target} {count / heads:.2f} times per customer" for (source, target), count in most)
        + "."
    )


def _origin_words(result: Result, arm: str) -> str:
    loop = result.summary_json["arms"][arm]["loop_share"]["mean"]
    return (
        "Nothing was bought."
        if loop is None
        else f"{percent(loop)} of the focal brand's purchases came through the loop."
    )


def _persona_words(result: Result) -> str:
    names, panels = _persona_panels(result)
    parts = []
    for arm, rows in panels[0][2].items():
        known = [(name, gap.mean) for name, gap in zip(names, rows, strict=True) if gap.mean is not None]
        words = ", ".join(f"{name} {short_money(mean, _currency(result), sign=True)}" for name, mean in known)
        parts.append(f"{arm}: {words} contribution a customer")
    return "; ".join(parts) + "."
