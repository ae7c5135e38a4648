"""Sensitivity report: what decides whether an arm pays, in words, figures and tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sim.analysis.global_sensitivity import GlobalSensitivity, Index
from sim.experiments.factor_response import FactorResponse
from sim.experiments.factors import factor_number
from sim.experiments.sensitivity import Sensitivity
from sim.number_format import percent, quantity, short_money
from sim.reports.document import Document, Section, Table
from sim.reports.figures.influence import Bar, draw_pairs, draw_screen, draw_spread, draw_tornado
from sim.reports.labels import METRIC_WORDS
from sim.reports.picture import Picture
from sim.scenario.factor import Factor

__all__ = [
    "influence_table",
    "levers_summary",
    "named_list",
    "outcome_name",
    "ranges_table",
    "sensitivity_lines",
    "sensitivity_document",
    "sensitivity_summary",
    "writer",
]

#: Part of the influence that acts in one direction, from which a lever is said to raise or lower.
ONE_WAY = 0.8
#: A lever's sigma against its mu* above which its effect depends on the others, and above which it changes direction.
DEPENDS, TURNS = 0.5, 1.0
#: GlobalSensitivity relative to the strongest lever, below which a lever is called minor.
MINOR = 0.25
LUCKY = 0.5


def outcome_name(question: FactorResponse) -> str:
    """Return what is looked at, in words: `the difference in contribution per customer`."""
    words = METRIC_WORDS.get(question.metric)
    name = (words.name if words else question.metric.replace("_", " ")).lower()
    return f"difference in {name}{' per customer' if question.per_customer and not name.endswith('customer') else ''}"


def writer(question: FactorResponse, *, sign: bool = True, brief: bool = False) -> Callable[[float], str]:
    """Return how values of the outcome are written; ``brief`` as there is room for in a figure."""
    words = METRIC_WORDS.get(question.metric)
    share = question.metric.endswith(("_share", "_rate")) or question.metric in _SHARES
    kind = words.kind if words else "share" if share else "number"
    currency = question.scenario.market.economics.currency
    if brief and kind == "money":
        return lambda number: short_money(float(f"{number:.3g}"), currency, sign=sign)
    return lambda number: quantity(number, kind, currency, sign=sign).replace(" points", "" if brief else " points")


_SHARES = (
    "evaluation_skipped_category", "loop_share_category", "category_penetration", "adoption", "loyal_without_shopping",
    "shopped_and_rebought", "switched", "switchers_from_initial_set",
)  # fmt: skip


def named_list(names: list[str]) -> str:
    """Join names: `a`, `a and b`, `a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else "nothing"


def sensitivity_lines(found: Sensitivity) -> list[str]:
    """Return the verdict in plain words, a line for each thing it says."""
    question, influence = found.response, found.global_sensitivity
    factors = question.factors
    write, plain = writer(question), writer(question, sign=False)
    order = [place for place in influence.ranking() if influence.matters(place)]
    lowest, highest = float(found.means.min()), float(found.means.max())
    outcome = outcome_name(question)
    lines = []
    if not order:
        lines.append(
            f"None of the {len(factors)} levers has an influence on the {outcome} that can be told from chance."
        )
    else:
        strongest = influence.indices[influence.leading][order[0]].value
        major = [place for place in order if influence.indices[influence.leading][place].value >= MINOR * strongest]
        what = "whether it pays" if question.metric in ("contribution", "npv", "clv") else "it"
        parts = [f"{factors[place].label} ({_strength(influence, place, plain)})" for place in major[:5]]
        lines.append(f"What decides {what}{'' if len(parts) == 1 else ', the strongest first'}: {', '.join(parts)}.")
        lines.extend(_directions(influence, factors, major[:5], question.arm))
        depends = _together(influence, factors, major)
        if depends:
            lines.append(depends)
    rest = [place for place in range(len(factors)) if place not in order]
    if order and rest:
        verb = "makes" if len(rest) == 1 else "make"
        lines.append(
            f"{named_list([factors[place].label for place in rest]).capitalize()} {verb} no difference "
            "that can be told from chance over the range given."
        )
    points = len(influence.shares)
    lines.append(
        f"Over these ranges the {outcome} between {question.arm} and {question.scenario.baseline} runs from "
        f"{write(lowest)} to {write(highest)}; it is below zero at {percent(found.losing)} of the {points} points."
    )
    lines.append(_doubt(found))
    return lines


def _strength(influence: GlobalSensitivity, place: int, write: Callable[[float], str]) -> str:
    index = influence.indices[influence.leading][place]
    if influence.method == "morris":
        return f"{write(index.value)} over its range"
    return f"{percent(index.value)} of the variance"


def _directions(influence: GlobalSensitivity, factors: tuple[Factor, ...], major: list[int], arm: str) -> list[str]:
    """Say which levers act in one direction, which one, and which cut both ways."""
    if influence.method != "morris":
        return []
    groups: dict[str, list[str]] = {"better": [], "worse": [], "both": []}
    for place in major:
        mu, star = influence.indices["mu"][place], influence.indices["mu_star"][place]
        one_way = abs(mu.value) >= ONE_WAY * star.value and (mu.low > 0.0 or mu.high < 0.0)
        groups[("better" if mu.value > 0 else "worse") if one_way else "both"].append(factors[place].label)
    lines = [f"Better for {arm} the higher: {named_list(groups['better'])}."] if groups["better"] else []
    lines += [f"Worse for {arm} the higher: {named_list(groups['worse'])}."] if groups["worse"] else []
    lines += [f"Better or worse, depending on the others: {named_list(groups['both'])}."] if groups["both"] else []
    return [" ".join(lines)]


def _together(influence: GlobalSensitivity, factors: tuple[Factor, ...], major: list[int]) -> str:
    if influence.method == "morris":
        turning = [
            factors[place].label
            for place in major
            if influence.indices["sigma"][place].value > DEPENDS * influence.indices["mu_star"][place].value
        ]
        if not turning:
            return "Each of these acts much the same whatever the others are."
        if len(turning) == len(major):
            return "How much each of these matters depends on the other levers: look at them together."
        return f"How much {named_list(turning)} matter{'s' if len(turning) == 1 else ''} depends on the other levers."
    pairs = sorted(
        ((index.value, pair) for pair, index in influence.pairs.items() if index.low > 0.0), key=lambda item: -item[0]
    )
    if not pairs:
        return "No two levers do anything together that can be told from chance beyond what each does alone."
    size, (one, other) = pairs[0]
    return (
        f"{factors[one].label.capitalize()} and {factors[other].label} matter most together: {percent(size)}"
        " of the variance is theirs jointly, beyond what each does alone."
    )


def _doubt(found: Sensitivity) -> str:
    influence = found.global_sensitivity
    leading = influence.indices[influence.leading][influence.ranking()[0]]
    cure = (
        f"more luck than design: more replicates would narrow it (replicates={2 * found.replicates})"
        if leading.luck_share > LUCKY
        else f"more the choice of points than luck: a larger design would narrow it (size={2 * _size(influence)})"
    )
    tail = f"The doubt about the first of them is {cure}." if leading.design or leading.luck else ""
    share = "less than 1 %" if influence.noise_share < 0.01 else percent(influence.noise_share)
    if found.replicates == 1:
        return (
            "One replicate cannot tell luck from levers: the intervals hold for this luck alone. Run more replicates."
        )
    return f"Luck that differs from point to point makes {share} of the spread between points. {tail}".strip()


def _size(influence: GlobalSensitivity) -> int:
    inputs = len(influence.names)
    return len(influence.shares) // (inputs + 1 if influence.method == "morris" else 2 * inputs + 2)


def sensitivity_summary(found: Sensitivity) -> dict[str, Any]:
    """Return the content of `summary.json`."""
    question, influence = found.response, found.global_sensitivity
    return {
        "scenario": question.scenario.name,
        "arm": question.arm,
        "baseline": question.scenario.baseline,
        "metric": question.metric,
        "per_customer": question.per_customer,
        "method": influence.method,
        "size": _size(influence),
        "points": len(influence.shares),
        "replicates": found.replicates,
        "seed": question.seed,
        "levers": levers_summary(question),
        "indices": {
            kind: {name: _entry(index) for name, index in zip(influence.names, indices, strict=True)}
            for kind, indices in influence.indices.items()
        },
        "pairs": {
            f"{influence.names[one]} & {influence.names[other]}": _entry(index)
            for (one, other), index in influence.pairs.items()
        },
        "luck_alone": dict(zip(influence.names, influence.floor, strict=True)),
        "ranking": [influence.names[place] for place in influence.ranking()],
        "told_from_chance": [influence.names[place] for place in influence.ranking() if influence.matters(place)],
        "noise_share": influence.noise_share,
        "difference": {
            "lowest": float(found.means.min()),
            "mean": float(found.means.mean()),
            "highest": float(found.means.max()),
            "losing_share": found.losing,
        },
    }


def levers_summary(question: FactorResponse) -> dict[str, Any]:
    """Return the levers of a question with their ranges, as `summary.json` lists them."""
    return {
        factor.name: {**factor.plain(), "scenario": factor.own, "about": factor.title, "paths": dict(factor.paths)}
        for factor in question.factors
    }


def _entry(index: Index) -> dict[str, float]:
    return {
        "value": index.value,
        "ci_low": index.low,
        "ci_high": index.high,
        "se_design": index.design,
        "se_luck": index.luck,
    }


def sensitivity_document(found: Sensitivity, lines: list[str]) -> Document:
    """Return the report."""
    question, influence = found.response, found.global_sensitivity
    scenario = question.scenario
    return Document(
        title=f"What decides it? {scenario.title or scenario.name}",
        lead=tuple(lines),
        facts=(
            f"{question.arm} against {question.scenario.baseline} · {len(question.factors)} levers · "
            f"{len(influence.shares)} points of {found.replicates} replicate{'s' if found.replicates > 1 else ''} · "
            f"{scenario.population:,} customers, {scenario.horizon} weeks · seed {question.seed}"
        ),
        sections=(
            Section("Which levers decide", _explained(influence), tuple(_pictures(found)), (influence_table(found),)),
            Section(
                "What the levers are",
                (
                    "Ranges are assumptions: a lever with a wider range decides more. Give your own with levers=.",
                    "Every point is lived by the same customers with the same luck, in both arms, so that luck that "
                    "all points share cancels.",
                ),
                (),
                (ranges_table(question),),
            ),
        ),
    )


def _explained(influence: GlobalSensitivity) -> tuple[str, ...]:
    if influence.method == "morris":
        return (
            "Method of Morris (1991): each lever is moved alone, from many starting points. Its influence (mu*) is the "
            "mean size of what that does to the outcome, over the lever's whole range; the mean with its sign (mu) "
            "tells the direction, the spread (sigma) how much it depends on the other levers.",
        )
    return (
        "Method of Sobol' (2001): the variance of the outcome, with all levers anywhere in their ranges, is divided. A "
        "lever's total share counts all it has a part in; its first-order share what it does alone.",
    )


def _pictures(found: Sensitivity) -> list[Picture]:
    question, influence = found.response, found.global_sensitivity
    order = influence.ranking()
    names = [factor.label for factor in question.factors]
    morris = influence.method == "morris"
    write = writer(question, sign=False, brief=True) if morris else _percent
    kinds = ("mu_star", "mu") if morris else ("total", "first")
    whole, alone = (influence.indices[kind] for kind in kinds)
    bars = [
        Bar(
            names[place], whole[place].value, alone[place].value if morris else max(alone[place].value, 0.0),
            whole[place].low, whole[place].high, influence.floor[place] if morris else 0.0,
            sure=influence.matters(place),
        )
        for place in order
    ]  # fmt: skip
    outcome = outcome_name(question)
    each = " per customer" if question.per_customer else ""
    label = f"influence (mu*) on the difference{each}" if morris else "share of the variance of the difference"
    notes = (
        [
            "Whole bar: influence, with its 95 % interval. Solid part: what acts in one",
            "direction; blue raises, hatched orange lowers. Dotted: what luck alone would",
            "show. Grey name: not told from luck.",
        ]
        if morris
        else [
            "Whole bar: total share, with its 95 % interval. Solid part: what it does alone.",
            "Totals may add up to more than 100 %: what levers do together counts for each.",
        ]
    )
    words = ", ".join(f"{bar.name} {write(bar.whole)}" for bar in bars)
    pictures = [
        Picture(
            "tornado",
            draw_tornado(
                bars, title="What each lever decides", label=label, write=write, signed=morris, notes=notes
            ),
            f"Bars of the influence of each lever: {words}.",
            "The longer the bar, the more the lever decides; where the solid part is short, its direction depends on "
            "the others." if morris else "The longer the bar, the more the lever decides; the pale part is what it "
            "decides only together with others.",
            "levers",
        )
    ]  # fmt: skip
    if morris:
        strength = [influence.indices["mu_star"][place].value for place in order]
        change = [influence.indices["sigma"][place].value for place in order]
        least = 0.08 * max(strength)
        pictures.append(
            Picture(
                "interactions",
                draw_screen(
                    [names[place] if influence.indices["mu_star"][place].value > least else "" for place in order],
                    strength, change, write=write, label="influence (mu*)",
                    unit="how much it depends (sigma)",
                ),
                "Scatter of influence against dependence: "
                + ", ".join(
                    f"{names[place]} {write(x)}, {write(y)}"
                    for place, x, y in zip(order, strength, change, strict=True)
                )
                + ".",
                "Right: it matters. Up: what it does depends on where the other levers are.",
                "levers",
            )
        )  # fmt: skip
    elif len(names) > 1:
        pairs = {
            (order.index(one), order.index(other)) if order.index(one) < order.index(other)
            else (order.index(other), order.index(one)): (index.value, index.low > 0.0)
            for (one, other), index in influence.pairs.items()
        }  # fmt: skip
        strongest = sorted(pairs, key=lambda pair: -pairs[pair][0])[:5]
        ordered = [names[place] for place in order]
        told = ", ".join(
            f"{ordered[one]} and {ordered[other]} {percent(max(pairs[one, other][0], 0.0))}" for one, other in strongest
        )
        pictures.append(
            Picture(
                "interactions",
                draw_pairs(ordered, pairs),
                f"Triangle of pairs of levers; the strongest: {told}.",
                "A dark square: these two levers have to be looked at together.",
                "levers",
            )
        )
    signed = writer(question, brief=True)
    pictures.append(
        Picture(
            "spread",
            draw_spread(found.means, title="How it came out over the ranges", label=outcome, write=signed),
            f"Histogram of the {outcome} over the points: from {signed(float(found.means.min()))} to "
            f"{signed(float(found.means.max()))}, below zero at {percent(found.losing)}.",
            "Left of zero the arm does worse than the baseline.",
            "levers",
        )
    )
    return pictures


def _percent(share: float) -> str:
    return percent(share)


def influence_table(found: Sensitivity) -> Table:
    """Return the indices with both doubts about them."""
    question, influence = found.response, found.global_sensitivity
    morris = influence.method == "morris"
    write = writer(question, sign=False) if morris else _percent
    head = (
        (
            "Lever",
            "influence (mu*)",
            "95 % interval",
            "direction (mu)",
            "dependence (sigma)",
            "luck alone",
            "doubt from luck",
        )
        if morris
        else ("Lever", "total", "95 % interval", "alone", "95 % interval of it", "doubt from luck")
    )
    rows = []
    more: tuple[str, ...]
    for place in influence.ranking():
        lead = influence.indices[influence.leading][place]
        name = question.factors[place].label + (" *" if influence.matters(place) else "")
        spread = f"{write(lead.low)} to {write(lead.high)}"
        if morris:
            mu = influence.indices["mu"][place]
            more = (
                writer(question)(mu.value),
                write(influence.indices["sigma"][place].value),
                write(influence.floor[place]),
            )
        else:
            first = influence.indices["first"][place]
            more = (_percent(first.value), f"{_percent(max(first.low, 0.0))} to {_percent(max(first.high, 0.0))}")
        rows.append((name, write(lead.value), spread, *more, percent(lead.luck_share)))
    return Table(
        head,
        tuple(rows),
        "* told from chance. The interval covers the choice of points and the luck of the replicates; the last column "
        "is the share of that doubt (variance) that is luck",
    )


def ranges_table(question: FactorResponse) -> Table:
    """Return what the levers are and how far they were moved."""
    rows = tuple(
        (
            factor.label,
            factor.title,
            f"{factor_number(factor, factor.low)} to {factor_number(factor, factor.high)}",
            factor_number(factor, factor.own),
            factor.scale,
        )
        for factor in question.factors
    )
    return Table(("Lever", "what its numbers mean", "range", "scenario", "scale"), rows, "Levers", (1,))
