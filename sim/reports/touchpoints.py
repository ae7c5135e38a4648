"""Moments of truth: where a journey is made or lost, in words, on its map and on a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sim.analysis.metrics import LESS_IS_BETTER
from sim.analysis.paired import LEVEL
from sim.number_format import NOTHING, compact, interval, quantity, short_money
from sim.reports.attribution import words_of
from sim.reports.document import Document, Section, Table
from sim.reports.figures.gap import Gap, is_sure
from sim.reports.figures.touchpoints import Rank, draw_moments, draw_ranking
from sim.reports.picture import Picture
from sim.reports.style import short

if TYPE_CHECKING:
    from sim.experiments.touchpoints import Touchpoints

__all__ = ["moments_lines", "moments_document"]

Numbers = Mapping[str, Any]

_CAVEAT = (
    "What an improvement costs is not in these figures, and how strongly a stage acts on customers is an assumption of "
    "the scenario."
)
#: Rows of the figure of the ranking; the table has all.
_SHOWN = 16
#: Places named in the verdict.
_NAMED = 3
_HOW: Mapping[str, str] = {
    "experience": "better experience",
    "effort": "less effort",
    "moment": "a moment is made of it",
    "logit": "odds of the edge",
    "probability": "probability of the edge",
    "others": "odds of all others",
    "unfelt": "nothing is felt there",
    "clock": "the need clock decides",
    "only way": "no other way",
}
_DIRECTIONS: Mapping[tuple[str, str], str] = {
    ("stage", "better"): "better",
    ("stage", "worse"): "worse",
    ("edge", "better"): "more",
    ("edge", "worse"): "fewer",
}


def moments_lines(summary: Numbers) -> list[str]:
    """Return the verdict: where the journey is made, where it is lost, and what cannot be told from chance.

    Parameters
    ----------
    summary : mapping
        What :func:`sim.analysis.touchpoint_effects.summarise_touchpoints` returns.
    """
    words, sign = words_of(summary["metric"]), _sign(summary)
    moved = [moment for moment in summary["moments"] if moment["gain"] is not None]
    name = words.name.lower()
    if not moved:
        return [
            f"{summary['arm']}: {name} is undefined in every replicate, so nothing can be said; take another metric."
        ]
    if all(entry["mean"] == 0.0 for moment in moved for entry in (moment["better"], moment["worse"]) if entry):
        return [
            f"{summary['arm']}: nothing that happens on this journey changes {name}; in every replicate every effect "
            "is exactly 0. Does the brand lead anybody, and does it sell anything?"
        ]
    sure = [moment for moment in moved if is_sure(_gap(moment[moment["pays"]])) and moment["gain"] > 0.0]
    lines = [
        _opening(summary, sure),
        f"Today {words.name.lower()} is {_amount(summary, summary['level']['mean'], sign=False)}. Every stage and edge "
        f"was moved alone, by the same small step of {summary['step']:g} utility units.",
    ]
    for how, opening in (
        (("experience", "effort"), "Where it is made: of the stages, an improvement is worth most at"),
        (("moment",), "Where nothing is felt today, were it made a moment, a better one would be worth most at"),
    ):
        best = [moment for moment in sure if moment["kind"] == "stage" and moment["how"] in how][:_NAMED]
        if best:
            named = "; then ".join(f"{moment['name']}, {_effect(summary, moment, moment['pays'])}" for moment in best)
            lines.append(f"{opening} {named}.")
    best = _distinct([moment for moment in sure if moment["kind"] == "edge"])
    if best:
        named = "; then ".join(
            f"{_DIRECTIONS['edge', moment['pays']]} customers from {_way(moment)},"
            f" {_effect(summary, moment, moment['pays'])}"
            for moment in best[:_NAMED]
        )
        lines.append(f"Of the edges it pays most to lead {named}.")
    lost = [
        (moment, way)
        for moment in moved
        for way in (("worse",) if moment["kind"] == "stage" else ("better", "worse"))
        if moment[way] is not None and is_sure(_gap(moment[way])) and sign * moment[way]["mean"] < 0.0
    ]
    if lost and sure:
        moment, way = min(lost, key=lambda item: sign * item[0][item[1]]["mean"])
        what = (
            f"{moment['name']} a little worse" if moment["kind"] == "stage"
            else f"{_DIRECTIONS['edge', way]} customers from {_way(moment)}"
        )  # fmt: skip
        lines.append(f"Where it is lost: nothing hurts more than {what}, {_effect(summary, moment, way)}.")
    unsure = len(moved) - len(sure)
    many = sum(moment[way] is not None for moment in moved for way in ("better", "worse"))
    if summary["replicates"] > 1:
        lines.append(
            f"{unsure} of {len(moved)} places are not told from 0 by {summary['replicates']} replicates of "
            f"{summary['population']:,} customers. Of {many} intervals about {many * (1.0 - LEVEL):.0f} would leave "
            "out 0 by chance alone: trust the large effects, not the list."
        )
    else:
        lines.append("One replicate gives no interval: read this as one possible course of events, and run more.")
    return [*lines, _CAVEAT]


def _opening(summary: Numbers, sure: Sequence[Numbers]) -> str:
    """Say in a line where the journey is made: at which stage that is felt, on which edge."""
    stage = next((item for item in sure if item["kind"] == "stage" and item["how"] != "moment"), None)
    edge = next((item for item in sure if item["kind"] == "edge"), None)
    places = [f"at {stage['name']}"] if stage else []
    if edge:
        places.append(f"by leading {_DIRECTIONS['edge', edge['pays']]} customers from {_way(edge)}")
        if stage and edge["gain"] > stage["gain"]:
            places.reverse()
    if not places:
        return (
            f"{summary['arm']}: no single improvement of this journey is told from chance; run more, or a larger step."
        )
    return f"{summary['arm']}: this journey is made {' and '.join(places)}; nowhere else is a small step worth more."


def moments_document(done: Touchpoints) -> Document:
    """Return the page: verdict, map, ranking, and every effect with its interval."""
    summary, journey = done.summary_json, done.journey
    words, sign = words_of(done.metric), _sign(done.summary_json)
    many = f"{summary['replicates']} replicate{'s' if summary['replicates'] != 1 else ''}"
    facts = f"{summary['population']:,} customers, {summary['horizon']} weeks, {many}, seed {summary['seed']}"
    title = f"{done.scenario.title or done.scenario.name}: moments of truth"
    lead = tuple(moments_lines(summary))
    moved = [moment for moment in summary["moments"] if moment["gain"] is not None]
    if not moved:
        return Document(title=title, lead=lead, sections=(), facts=facts)

    def write(number: float) -> str:
        return _short_amount(summary, number)

    unit = words.name.lower() + (f", {summary['currency']}" if words.kind == "money" else "")
    stages = {moment["name"]: _gap(moment["better"]) for moment in moved if moment["kind"] == "stage"}
    ways = {(way["from"], way["to"]): None if way["better"] is None else _gap(way["better"]) for way in summary["ways"]}
    notes = (
        f"Effect of a small step ({summary['step']:g} utility units) on {words.name.lower()}.",
        "Box: the stage is better (if felt: were it a moment). Edge: more customers.",
        "Blue, solid: it pays. Orange, dashed: it costs, so lead fewer that way.",
        "Grey, in brackets: the 95 % interval covers 0. Thin, no number: no choice.",
    )
    drawn = draw_moments(
        journey,
        {name: stages.get(name) for name in journey.stages},
        ways,
        write=write,
        title=f"{short(summary['arm'], 20)}: where it is made or lost",
        notes=notes,
        good=sign,
        supposed=[moment["name"] for moment in moved if moment["how"] == "moment"],
    )
    best = _distinct([moment for moment in moved if moment["gain"] > 0.0] or moved)[:_SHOWN]
    ranking = draw_ranking(
        [
            Rank(_place(moment), _gap(moment["better"]), None if moment["worse"] is None else _gap(moment["worse"]))
            for moment in best
        ],
        write=write,
        title=f"The {len(best)} largest, ranked",
        label=f"effect on {unit}",
    )
    return Document(
        title=title,
        lead=lead,
        facts=facts,
        sections=(
            Section(
                "Where the journey is made or lost",
                _how(summary),
                (
                    Picture(
                        "moments_map",
                        drawn,
                        f"Map of the journey {journey.title or journey.name} with the effect of a small improvement on "
                        "every stage and of more customers on every edge: "
                        + "; ".join(f"{_place(moment)} {write(moment['better']['mean'])}" for moment in best[:6])
                        + ".",
                        "Follow the thick lines: a thick blue one is where leading customers pays, a thick dashed one "
                        "where they are lost.",
                        "map",
                    ),
                    Picture(
                        "moments_ranking",
                        ranking,
                        "Ranking of stages and edges by what a small improvement is worth: "
                        + ", ".join(f"{_place(moment)} {write(moment[moment['pays']]['mean'])}" for moment in best[:6])
                        + ".",
                        "Where the two bars differ in length, losing hurts more, or less, than winning helps.",
                        "ranking",
                    ),
                ),
            ),
            Section("Every stage and every edge", tables=(_table(summary), _unmoved(summary))),
            *_people(summary, best),
        ),
    )


def _how(summary: Numbers) -> tuple[str, ...]:
    return (
        f"Every stage and edge was moved alone by {summary['step']:g} utility units, up and down, for the same "
        "customers with the same luck, from the week in which the arm's strategy starts. A stage in which something is "
        "experienced is experienced better by the step; one that only takes effort takes so much less that the next "
        "experience is better by the step; one without either, behind the purchase, is made a moment of experience, "
        "and a better moment is measured against one that adds nothing. Before the purchase there is nothing to feel "
        "in such a stage.",
        "On an edge the odds of that way rise by the factor exp(step), or fall. Which direction pays is a result; "
        "of an edge that leads away from the brand it is fewer.",
    )


def _table(summary: Numbers) -> Table:
    rows = []
    for moment in summary["moments"]:
        if moment["gain"] is None:
            continue
        better, worse = moment["better"], moment["worse"]
        rows.append(
            (
                _place(moment),
                f"{_HOW[moment['how']]}",
                compact(moment["visits"], 2),
                _starred(summary, better),
                _between(summary, better),
                NOTHING if worse is None else _starred(summary, worse),
                NOTHING if worse is None else _between(summary, worse),
            )
        )
    words = words_of(summary["metric"])
    return Table(
        ("place", "what is moved", "visits", "more or better", "95 % interval", "less or worse", "95 % interval"),
        tuple(rows),
        f"Effect on {words.name.lower()}, ranked by the direction that pays. Visits: times an average customer comes "
        "by over the horizon, on whatever brand's journey. * the interval stays clear of 0.",
        words=(1,),
    )


def _unmoved(summary: Numbers) -> Table:
    rows = [
        (_place(moment), _HOW[moment["how"]], compact(moment["visits"], 2))
        for moment in summary["moments"]
        if moment["gain"] is None
    ]
    return Table(
        ("place", "why it cannot be moved", "visits"),
        tuple(rows),
        "Places where there is nothing to move." if rows else "Every place could be moved.",
        words=(1,),
    )


def _people(summary: Numbers, best: Sequence[Numbers]) -> Iterator[Section]:
    people = list(summary["persona_customers"])
    if len(people) < 2:
        return
    rows = []
    for moment in best[:10]:
        cells = [
            _starred(summary, moment["personas"][who][moment["pays"]]) if moment["personas"][who] else NOTHING
            for who in people
        ]
        rows.append((f"{_place(moment)}, {_DIRECTIONS[moment['kind'], moment['pays']]}", *cells))
    yield Section(
        "For whom",
        ("The same step at the same place, for each persona: who is won where.",),
        tables=(
            Table(
                ("", *(summary["titles"].get(who, who) for who in people)),
                tuple(rows),
                f"Effect on {words_of(summary['metric']).name.lower()}. * the 95 % interval stays clear of 0.",
            ),
        ),
    )


def _distinct(ranked: Sequence[Numbers]) -> list[Numbers]:
    """Leave out what was said already: where two edges leave a stage, more on one is fewer on the other."""
    kept: list[Numbers] = []
    for moment in ranked:
        if moment["how"] != "others" or all(moment["gain"] != other["gain"] for other in kept):
            kept.append(moment)
    return kept


def _sign(summary: Numbers) -> float:
    return -1.0 if summary["metric"] in LESS_IS_BETTER else 1.0


def _place(moment: Numbers) -> str:
    if moment["kind"] == "stage":
        return f"{moment['name']} (made a moment)" if moment["how"] == "moment" else str(moment["name"])
    gate = moment["name"].removeprefix(f"{moment['from']}_to_{moment['to']}").replace("_", " ").strip()
    return f"{moment['from']} → {moment['to']}{f' ({gate})' if gate else ''}"


def _way(moment: Numbers) -> str:
    gate = moment["name"].removeprefix(f"{moment['from']}_to_{moment['to']}").replace("_", " ").strip()
    return f"{moment['from']} to {moment['to']}{f' {gate}' if gate else ''}"


def _gap(entry: Numbers) -> Gap:
    return Gap(entry["mean"], entry["ci_low"], entry["ci_high"])


def _amount(summary: Numbers, number: float | None, *, sign: bool = True) -> str:
    return quantity(number, words_of(summary["metric"]).kind, summary["currency"], sign=sign)


def _short_amount(summary: Numbers, number: float) -> str:
    kind = words_of(summary["metric"]).kind
    if kind == "money":
        # Cents are the smallest money there is.
        return short_money(round(number, 2), summary["currency"], sign=True)
    if kind == "share":
        return f"{'+' if number > 0 else ''}{compact(round(number * 100.0, 3))} pt"
    return f"{'+' if number > 0 else ''}{compact(number)}"


def _effect(summary: Numbers, moment: Numbers, way: str) -> str:
    entry = moment[way]
    words = _amount(summary, entry["mean"])
    if entry["ci_low"] is None:
        return words
    return f"{words} [{_between(summary, entry)}]"


def _between(summary: Numbers, entry: Numbers) -> str:
    return interval(entry["ci_low"], entry["ci_high"], words_of(summary["metric"]).kind, summary["currency"])


def _starred(summary: Numbers, entry: Numbers) -> str:
    star = " *" if entry["ci_low"] is not None and is_sure(_gap(entry)) and entry["mean"] else ""
    return _amount(summary, entry["mean"]) + star
