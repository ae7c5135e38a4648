"""Sensitivity report: what decides whether an arm pays, in words, figures and tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sim.analysis.global_sensitivity import GlobalSensitivity, Index
from sim.analysis.summary import size_of
from sim.experiments.factor_response import FactorResponse
from sim.experiments.factors import factor_number
from sim.experiments.sensitivity import Sensitivity
from sim.number_format import in_steps, in_words, percent, quantity, short_money
from sim.reports.document import Document, Table, text_lines
from sim.reports.figures.influence import Bar, draw_pairs, draw_screen, draw_spread, draw_tornado
from sim.reports.labels import METRIC_WORDS, words_of
from sim.reports.picture import Picture
from sim.reports.scope import scope_of
from sim.scenario.factor import Factor

__all__ = [
    "influence_table",
    "question_summary",
    "outcome_name",
    "ranges_table",
    "sensitivity_lines",
    "sensitivity_document",
    "sensitivity_summary",
    "writer",
]

#: Part of the influence that acts in one direction, from which a lever is said to raise or lower.
ONE_WAY = 0.8
#: A lever's sigma against its mu* above which its effect varies from point to point.
DEPENDS = 0.5
#: Influence relative to the strongest lever, below which a lever is called minor.
MINOR = 0.25
#: Share of an interval's variance above which more replicates help more than a larger design.
MOSTLY_LUCK = 0.5
_BAR_NOTES = {
    True: (
        "Whole bar: influence, with its 95 % interval. Solid part: what acts in one",
        "direction; blue raises, hatched orange lowers. Dotted: what random variation",
        "alone would show. Grey name: not told from chance.",
    ),
    False: (
        "Whole bar: total share, with its 95 % interval. Solid part: what it does alone.",
        "Totals may add up to more than 100 %: what levers do together counts for each.",
    ),
}
_TORNADO_READING = {
    True: "The longer the bar, the more the lever decides; where the solid part is short, its direction varies.",
    False: "The longer the bar, the more the lever decides; the pale part only together with others.",
}
_INDEX_HEAD = {
    True: (
        "Lever", "influence (mu*)", "95 % interval", "direction (mu)", "variation (sigma)", "by chance alone",
        "doubt from chance",
    ),
    False: ("Lever", "total", "95 % interval", "alone", "95 % interval of it", "doubt from chance"),
}  # fmt: skip


def outcome_name(question: FactorResponse) -> str:
    """Return what is looked at, in words: `the difference in contribution per customer`."""
    name = words_of(question.metric, size_of(question.scenario)).name.lower()
    return f"difference in {name}{' per customer' if question.per_customer and not name.endswith('customer') else ''}"


def writer(question: FactorResponse, *, sign: bool = True, brief: bool = False) -> Callable[[float], str]:
    """Return how values of the outcome are written.

    Parameters
    ----------
    question : FactorResponse
        What is looked at.
    sign : bool
        Mark numbers above zero with a plus.
    brief : bool
        In few digits, as there is room for in a figure.

    Returns
    -------
    callable
        From a number to its text.
    """
    words = METRIC_WORDS.get(question.metric)
    share = question.metric.endswith(("_share", "_rate")) or question.metric in _SHARES
    kind = words.kind if words else "share" if share else "number"
    currency = question.scenario.market.economics.currency
    if brief and kind == "money":
        return lambda number: short_money(number, currency, sign=sign)
    return lambda number: quantity(number, kind, currency, sign=sign).replace(" points", "" if brief else " points")


_SHARES = (
    "evaluation_skipped_category", "loop_share_category", "category_penetration", "adoption", "loyal_without_shopping",
    "shopped_and_rebought", "switched", "switchers_from_initial_set",
)  # fmt: skip


def sensitivity_facts(found: Sensitivity) -> dict[str, Any]:
    """Return what the words of the report are made of: names, numbers and what their intervals support."""
    question, influence = found.response, found.global_sensitivity
    factors, morris = question.factors, influence.method == "morris"
    write, plain = writer(question), writer(question, sign=False)
    leading = influence.indices[influence.leading]
    order = [lever for lever in influence.ranking() if influence.matters(lever)]
    major = [lever for lever in order if leading[lever].value >= MINOR * leading[order[0]].value][:5]
    return {
        "arm": in_words(question.arm),
        "baseline": in_words(question.scenario.baseline),
        "outcome": outcome_name(question),
        # Where the arm pays at every point, or at none, no lever decides whether it does.
        "pays": question.metric in ("contribution", "npv", "clv") and 0.0 < found.losing < 1.0,
        "levers": len(factors),
        "points": len(influence.shares),
        "replicates": found.replicates,
        "size": _size(influence),
        "seed": question.seed,
        "morris": morris,
        "strong": [
            {
                "label": factors[lever].label,
                "size": plain(leading[lever].value) if morris else percent(leading[lever].value),
            }
            for lever in major
        ],
        # The strongest is named as such only where its interval lies above the next one's.
        "ranked": len(major) > 1 and leading[major[0]].low > leading[major[1]].high,
        "rest": [factors[lever].label for lever in range(len(factors)) if lever not in order],
        "lowest": write(float(found.means.min())),
        "highest": write(float(found.means.max())),
        "losing": found.losing,
        "noise_share": influence.noise_share,
        "narrower": _narrower(influence),
        **(_directions(influence, factors, major) if morris else {"pair": _strongest_pair(influence, factors)}),
    }


def _directions(influence: GlobalSensitivity, factors: tuple[Factor, ...], major: list[int]) -> dict[str, list[str]]:
    """Say which levers act in one direction and which in both, whose effect varies, and what intervals leave open."""
    names = ("better", "worse", "both", "way_open", "turning", "turning_open")
    groups: dict[str, list[str]] = {name: [] for name in names}
    for lever in major:
        mu, star, sigma = (influence.indices[kind][lever] for kind in ("mu", "mu_star", "sigma"))
        label = factors[lever].label
        if abs(mu.value) >= ONE_WAY * star.value and (mu.low > 0.0 or mu.high < 0.0):
            groups["better" if mu.value > 0 else "worse"].append(label)
        else:
            is_both = max(abs(mu.low), abs(mu.high)) < ONE_WAY * star.value
            groups["both" if is_both else "way_open"].append(label)
        if sigma.low > DEPENDS * star.value:
            groups["turning"].append(label)
        elif sigma.high > DEPENDS * star.value:
            groups["turning_open"].append(label)
    return groups


def _strongest_pair(influence: GlobalSensitivity, factors: tuple[Factor, ...]) -> dict[str, Any] | None:
    """Return the two levers that do most together, where that can be told from chance."""
    pairs = [(index.value, pair) for pair, index in influence.pairs.items() if index.low > 0.0]
    if not pairs:
        return None
    share, (one, other) = max(pairs)
    return {"one": factors[one].label, "other": factors[other].label, "share": share}


def _narrower(influence: GlobalSensitivity) -> str:
    """Return what would narrow the interval of the strongest lever more: ``replicates``, ``size`` or nothing."""
    leading = influence.indices[influence.leading][influence.ranking()[0]]
    if not (leading.design or leading.luck):
        return ""
    return "replicates" if leading.luck_share > MOSTLY_LUCK else "size"


def sensitivity_lines(found: Sensitivity) -> list[str]:
    """Return the verdict in plain words, a line for each thing it says."""
    return text_lines("sensitivity", **sensitivity_facts(found))


def _size(influence: GlobalSensitivity) -> int:
    inputs = len(influence.names)
    return len(influence.shares) // (inputs + 1 if influence.method == "morris" else 2 * inputs + 2)


def sensitivity_summary(found: Sensitivity) -> dict[str, Any]:
    """Return the content of `summary.json`."""
    question, influence = found.response, found.global_sensitivity
    return {
        **question_summary(question),
        "method": influence.method,
        "size": _size(influence),
        "points": len(influence.shares),
        "replicates": found.replicates,
        "indices": {
            kind: {name: _entry(index) for name, index in zip(influence.names, indices, strict=True)}
            for kind, indices in influence.indices.items()
        },
        "pairs": {
            f"{influence.names[one]} & {influence.names[other]}": _entry(index)
            for (one, other), index in influence.pairs.items()
        },
        "luck_alone": dict(zip(influence.names, influence.floor, strict=True)),
        "ranking": [influence.names[lever] for lever in influence.ranking()],
        "told_from_chance": [influence.names[lever] for lever in influence.ranking() if influence.matters(lever)],
        "noise_share": influence.noise_share,
        "difference": {
            "lowest": float(found.means.min()),
            "mean": float(found.means.mean()),
            "highest": float(found.means.max()),
            "losing_share": found.losing,
        },
    }


def question_summary(question: FactorResponse) -> dict[str, Any]:
    """Return what was asked, as `summary.json` says it: of which arms and metric, and the levers with their ranges."""
    levers = {
        factor.name: {**factor.plain(), "scenario": factor.own, "about": factor.title, "paths": dict(factor.paths)}
        for factor in question.factors
    }
    return {
        "scenario": question.scenario.name,
        "arm": question.arm,
        "baseline": question.scenario.baseline,
        "metric": question.metric,
        "per_customer": question.per_customer,
        "seed": question.seed,
        "levers": levers,
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
    scenario = found.response.scenario
    return Document(
        title=f"What decides it? {scenario.title or scenario.name}",
        lead=tuple(lines),
        template="sensitivity",
        pictures=tuple(_pictures(found)),
        slots={
            **sensitivity_facts(found),
            "scope": scope_of(scenario),
            "influence_table": influence_table(found),
            "ranges_table": ranges_table(found.response),
        },
    )


def _pictures(found: Sensitivity) -> list[Picture]:
    influence = found.global_sensitivity
    pictures = [_tornado(found)]
    if influence.method == "morris":
        pictures.append(_screen(found))
    elif len(influence.names) > 1:
        pictures.append(_pairs(found))
    return [*pictures, _spread(found)]


def _tornado(found: Sensitivity) -> Picture:
    question, influence = found.response, found.global_sensitivity
    morris = influence.method == "morris"
    write = writer(question, sign=False, brief=True) if morris else percent
    whole, alone = (influence.indices[kind] for kind in (("mu_star", "mu") if morris else ("total", "first")))
    bars = [
        Bar(
            question.factors[lever].label,
            whole[lever].value,
            alone[lever].value if morris else max(alone[lever].value, 0.0),
            whole[lever].low,
            whole[lever].high,
            influence.floor[lever] if morris else 0.0,
            sure=influence.matters(lever),
        )
        for lever in influence.ranking()
    ]
    each = " per customer" if question.per_customer else ""
    return Picture(
        "tornado",
        draw_tornado(
            bars,
            title="What each lever decides",
            label=f"influence (mu*) on the difference{each}" if morris else "share of the variance of the difference",
            write=write,
            signed=morris,
            notes=list(_BAR_NOTES[morris]),
        ),
        f"Bars of the influence of each lever: {', '.join(f'{bar.name} {write(bar.whole)}' for bar in bars)}.",
        _TORNADO_READING[morris],
        "levers",
    )


def _screen(found: Sensitivity) -> Picture:
    question, influence = found.response, found.global_sensitivity
    order, write = influence.ranking(), writer(question, sign=False, brief=True)
    names = [question.factors[lever].label for lever in order]
    strength = [influence.indices["mu_star"][lever].value for lever in order]
    change = [influence.indices["sigma"][lever].value for lever in order]
    shown = [name if size > 0.08 * max(strength) else "" for name, size in zip(names, strength, strict=True)]
    points = (f"{name} {write(x)}, {write(y)}" for name, x, y in zip(names, strength, change, strict=True))
    return Picture(
        "interactions",
        draw_screen(shown, strength, change, write=write, label="influence (mu*)", unit="how much it varies (sigma)"),
        f"Scatter of influence against how much it varies: {', '.join(points)}.",
        "Right: it matters. Up: what it does depends on where it and the other levers stand.",
        "levers",
    )


def _pairs(found: Sensitivity) -> Picture:
    influence = found.global_sensitivity
    rank = {lever: at for at, lever in enumerate(influence.ranking())}
    names = [found.response.factors[lever].label for lever in rank]
    pairs = {
        (min(rank[one], rank[other]), max(rank[one], rank[other])): (index.value, index.low > 0.0)
        for (one, other), index in influence.pairs.items()
    }
    strongest = sorted(pairs, key=lambda pair: -pairs[pair][0])[:5]
    shares = (f"{names[one]} and {names[two]} {percent(max(pairs[one, two][0], 0.0))}" for one, two in strongest)
    return Picture(
        "interactions",
        draw_pairs(names, pairs),
        f"Triangle of pairs of levers; the strongest: {', '.join(shares)}.",
        "A dark square: these two levers have to be looked at together.",
        "levers",
    )


def _spread(found: Sensitivity) -> Picture:
    signed, outcome = writer(found.response, brief=True), outcome_name(found.response)
    low, high = signed(float(found.means.min())), signed(float(found.means.max()))
    return Picture(
        "spread",
        draw_spread(found.means, title="The outcome over the ranges", label=outcome, write=signed),
        f"Histogram of the {outcome} over the points: from {low} to {high}, below zero at {percent(found.losing)}.",
        "Left of zero the arm does worse than the baseline.",
        "levers",
    )


def influence_table(found: Sensitivity) -> Table:
    """Return the indices with both doubts about them."""
    question, influence = found.response, found.global_sensitivity
    morris = influence.method == "morris"
    write = writer(question, sign=False) if morris else percent
    signed = writer(question)
    rows = []
    more: tuple[str, ...]
    for lever in influence.ranking():
        lead = influence.indices[influence.leading][lever]
        name = question.factors[lever].label + (" *" if influence.matters(lever) else "")
        spread = f"{write(lead.low)} to {write(lead.high)}"
        if morris:
            mu = influence.indices["mu"][lever]
            more = (
                signed(mu.value),
                write(influence.indices["sigma"][lever].value),
                write(influence.floor[lever]),
            )
        else:
            first = influence.indices["first"][lever]
            more = (percent(first.value), f"{percent(max(first.low, 0.0))} to {percent(max(first.high, 0.0))}")
        rows.append((name, write(lead.value), spread, *more, percent(lead.luck_share)))
    return Table(
        _INDEX_HEAD[morris],
        tuple(rows),
        "* told from chance. The interval covers the choice of points and the random variation of the replicates; "
        "the last column is the share of that doubt (variance) that is random variation",
    )


def ranges_table(question: FactorResponse) -> Table:
    """Return what the levers are and how far they were moved."""
    rows = tuple(
        (
            factor.label,
            in_steps(factor.title, question.scenario.step),
            f"{factor_number(factor, factor.low)} to {factor_number(factor, factor.high)}",
            factor_number(factor, factor.own),
            factor.scale,
        )
        for factor in question.factors
    )
    return Table(("Lever", "what its numbers mean", "range", "scenario", "scale"), rows, "Levers", (1,))
