"""Moments of truth: where a journey is made or lost, in words, on its map and on a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sim.analysis.metrics import LESS_IS_BETTER
from sim.analysis.multiple_tests import FAMILY_ERROR
from sim.analysis.stage_moves import move_in_words
from sim.number_format import NOTHING, compact, in_words, interval, percent, quantity, short_money
from sim.reports.document import Document, Table, text_lines
from sim.reports.figures.gap import Gap, is_sure
from sim.reports.figures.touchpoints import Rank, draw_moments, draw_ranking
from sim.reports.labels import words_of
from sim.reports.names import short
from sim.reports.picture import Picture

if TYPE_CHECKING:
    from sim.experiments.touchpoints import Touchpoints
from sim.reports.scope import scope_of_summary

__all__ = ["moments_document", "moments_lines", "touchpoint_facts"]

Numbers = Mapping[str, Any]

#: Rows of the figure of the ranking; the table has all.
_SHOWN = 16
#: Places named in the verdict.
_NAMED = 3
_HOW: Mapping[str, str] = {
    "experience": "better experience",
    "effort": "less effort",
    "moment": "an experience is added",
    "logit": "odds of the edge",
    "probability": "probability of the edge",
    "others": "odds of all others",
    "unfelt": "nothing is experienced there",
    "clock": "the need clock decides",
    "only way": "no other way",
}
_DIRECTIONS: Mapping[tuple[str, str], str] = {
    ("stage", "better"): "better",
    ("stage", "worse"): "worse",
    ("edge", "better"): "more",
    ("edge", "worse"): "fewer",
}


def touchpoint_facts(summary: Numbers) -> dict[str, Any]:
    """Return what the words of the report are made of: only effects that stand out from chance among all are listed.

    Parameters
    ----------
    summary : mapping
        What :func:`sim.analysis.touchpoint_effects.summarise_touchpoints` returns.

    Returns
    -------
    dict
        Slots of the templates ``touchpoints.txt.jinja`` and ``touchpoints.html.jinja``.
    """
    moved = [touchpoint for touchpoint in summary["moments"] if touchpoint["gain"] is not None]
    effects = [entry for touchpoint in moved for entry in (touchpoint["better"], touchpoint["worse"]) if entry]
    sure = [item for item in moved if item[item["pays"]]["beyond_chance"] and item["gain"] > 0.0]
    stages = [item for item in sure if item["kind"] == "stage"]
    edges = _distinct([item for item in sure if item["kind"] == "edge"])
    return {
        "arm": in_words(summary["arm"]),
        "metric": words_of(summary["metric"], summary).name.lower(),
        "undefined": not moved,
        "nothing": all(entry["mean"] == 0.0 for entry in effects),
        **_opening(sure),
        "level": _amount(summary, summary["level"]["mean"], sign=False),
        "stages": [_named(summary, item) for item in stages if item["how"] in ("experience", "effort")][:_NAMED],
        "silent_stages": [_named(summary, item) for item in stages if item["how"] == "moment"][:_NAMED],
        "edges": [f"{_led(item, item['pays'])}, {_effect(summary, item, item['pays'])}" for item in edges[:_NAMED]],
        "worst": _worst(summary, moved) if sure else "",
        "unresolved": len(moved) - len(sure),
        "places": len(moved),
        "effects_measured": len(effects),
        "error": percent(FAMILY_ERROR),
        **{name: summary[name] for name in ("improvement", "replicates", "horizon", "seed")},
        "scope": scope_of_summary(summary),
        "simulated": summary["simulated_customers"],
        "time": summary["step"],
    }


def _opening(sure: Sequence[Numbers]) -> dict[str, Any]:
    """Say where a step is worth most: at which stage, on which edge, and whether the largest effect is resolved."""
    stage = next((item for item in sure if item["kind"] == "stage" and item["how"] != "moment"), None)
    edge = next((item for item in sure if item["kind"] == "edge"), None)
    named = [item for item in (stage, edge) if item]
    named.sort(key=lambda item: -item["gain"])
    ranked = _distinct(sure)
    resolved = len(ranked) < 2 or _apart(ranked[0], ranked[1])
    return {"opening": [_at(item) for item in named], "resolved": resolved}


def _apart(one: Numbers, other: Numbers) -> bool:
    """Say whether the intervals of two effects, by size, do not overlap."""
    sizes = []
    for item in (one, other):
        ends = [item[item["pays"]][end] for end in ("ci_low", "ci_high")]
        if None in ends:
            return False
        sizes.append(sorted(abs(end) for end in ends))
    return bool(sizes[0][0] > sizes[1][1])


def _at(touchpoint: Numbers) -> str:
    if touchpoint["kind"] == "stage":
        return f"at {touchpoint['name']}"
    return f"by leading {_led(touchpoint, touchpoint['pays'])}"


def _led(touchpoint: Numbers, way: str) -> str:
    return f"{_DIRECTIONS['edge', way]} customers along {_way(touchpoint)}"


def _named(summary: Numbers, touchpoint: Numbers) -> str:
    return f"{touchpoint['name']}, {_effect(summary, touchpoint, touchpoint['pays'])}"


def _worst(summary: Numbers, moved: Sequence[Numbers]) -> str:
    """Name the largest loss that stands out from chance, or nothing."""
    sign = _sign(summary)
    lost = [
        (item, way)
        for item in moved
        for way in (("worse",) if item["kind"] == "stage" else ("better", "worse"))
        if item[way] is not None and item[way]["beyond_chance"] and sign * item[way]["mean"] < 0.0
    ]
    if not lost:
        return ""
    item, way = min(lost, key=lambda pair: sign * pair[0][pair[1]]["mean"])
    what = f"{item['name']} a little worse" if item["kind"] == "stage" else f"leading {_led(item, way)}"
    return f"{what}, {_effect(summary, item, way)}"


def moments_lines(summary: Numbers) -> list[str]:
    """Return the verdict: where the journey is made, where it is lost, and what is not resolved."""
    return text_lines("touchpoints", **touchpoint_facts(summary))


def moments_document(done: Touchpoints) -> Document:
    """Return the page: verdict, map, ranking, and every effect with its interval."""
    summary = done.summary_json
    moved = [touchpoint for touchpoint in summary["moments"] if touchpoint["gain"] is not None]
    slots: dict[str, Any] = {**touchpoint_facts(summary), "effects": None}
    pictures: tuple[Picture, ...] = ()
    if moved:
        best = _distinct([item for item in moved if item["gain"] > 0.0] or moved)[:_SHOWN]
        pictures = (_map(done, moved, best), _ranking(summary, best))
        slots |= {"effects": _table(summary), "unmoved": _unmoved(summary), "personas": _personas(summary, best)}
    return Document(
        title=f"{done.scenario.title or done.scenario.name}: moments of truth",
        lead=tuple(moments_lines(summary)),
        template="touchpoints",
        pictures=pictures,
        slots=slots,
    )


def _map(done: Touchpoints, moved: Sequence[Numbers], best: Sequence[Numbers]) -> Picture:
    summary, journey = done.summary_json, done.journey
    stages = {item["name"]: _gap(item["better"]) for item in moved if item["kind"] == "stage"}
    ways = {(way["from"], way["to"]): None if way["better"] is None else _gap(way["better"]) for way in summary["ways"]}
    effects = (f"{_place(item)} {_short_amount(summary, item['better']['mean'])}" for item in best[:6])
    return Picture(
        "moments_map",
        draw_moments(
            journey,
            {name: stages.get(name) for name in journey.stages},
            ways,
            write=lambda number: _short_amount(summary, number),
            title=f"{short(in_words(summary['arm']), 20)}: where it is made or lost",
            notes=(
                f"Effect of a small step ({summary['improvement']:g} utility units) on"
                f" {words_of(done.metric, summary).name.lower()}.",
                "Box: the stage is better (if experienced: were it). Edge: more customers.",
                "Blue, solid: it pays. Orange, dashed: it costs, so lead fewer that way.",
                "Grey, in brackets: the 95 % interval covers 0. Thin, no number: no choice.",
            ),
            good=_sign(summary),
            supposed=[item["name"] for item in moved if item["how"] == "moment"],
        ),
        f"Map of the journey {journey.title or journey.name} with the effect of a small improvement on every stage and "
        f"of more customers on every edge: {'; '.join(effects)}.",
        "Follow the thick lines: a thick blue one is where leading customers pays; thick dashed: they leave.",
        "map",
    )


def _ranking(summary: Numbers, best: Sequence[Numbers]) -> Picture:
    words = words_of(summary["metric"], summary)
    unit = words.name.lower() + (f", {summary['currency']}" if words.kind == "money" else "")
    effects = (f"{_place(item)} {_short_amount(summary, item[item['pays']]['mean'])}" for item in best[:6])
    return Picture(
        "moments_ranking",
        draw_ranking(
            [
                Rank(_place(item), _gap(item["better"]), None if item["worse"] is None else _gap(item["worse"]))
                for item in best
            ],
            write=lambda number: _short_amount(summary, number),
            title=f"The {len(best)} largest, ranked",
            label=f"effect on {unit}",
        ),
        f"Ranking of stages and edges by what a small improvement is worth: {', '.join(effects)}.",
        "Where the two bars differ in length, losing hurts more, or less, than winning helps.",
        "ranking",
    )


def _table(summary: Numbers) -> Table:
    rows = []
    for touchpoint in summary["moments"]:
        if touchpoint["gain"] is None:
            continue
        better, worse = touchpoint["better"], touchpoint["worse"]
        rows.append(
            (
                _place(touchpoint),
                f"{_HOW[touchpoint['how']]}",
                compact(touchpoint["visits"], 2),
                _starred(summary, better),
                _between(summary, better),
                NOTHING if worse is None else _starred(summary, worse),
                NOTHING if worse is None else _between(summary, worse),
            )
        )
    words = words_of(summary["metric"], summary)
    return Table(
        ("place", "what is moved", "visits", "more or better", "95 % interval", "less or worse", "95 % interval"),
        tuple(rows),
        f"Effect on {words.name.lower()}, ranked by the direction that pays. Visits: times an average customer comes "
        "by over the horizon, on whatever brand's journey. * the interval stays clear of 0.",
        words=(1,),
    )


def _unmoved(summary: Numbers) -> Table:
    rows = [
        (_place(touchpoint), _HOW[touchpoint["how"]], compact(touchpoint["visits"], 2))
        for touchpoint in summary["moments"]
        if touchpoint["gain"] is None
    ]
    return Table(
        ("place", "why it cannot be moved", "visits"),
        tuple(rows),
        "Places where there is nothing to move." if rows else "Every place could be moved.",
        words=(1,),
    )


def _personas(summary: Numbers, best: Sequence[Numbers]) -> Table | None:
    personas = list(summary["persona_customers"])
    if len(personas) < 2:
        return None
    rows = []
    for item in best[:10]:
        effects = (item["personas"][persona] for persona in personas)
        cells = [_starred(summary, effect[item["pays"]]) if effect else NOTHING for effect in effects]
        rows.append((f"{_place(item)}, {_DIRECTIONS[item['kind'], item['pays']]}", *cells))
    return Table(
        ("", *(summary["persona_titles"].get(persona, persona) for persona in personas)),
        tuple(rows),
        f"Effect on {words_of(summary['metric'], summary).name.lower()}. * the 95 % interval stays clear of 0.",
    )


def _distinct(ranked: Sequence[Numbers]) -> list[Numbers]:
    """Leave out what was said already: where two edges leave a stage, more on one is fewer on the other."""
    kept: list[Numbers] = []
    for touchpoint in ranked:
        if touchpoint["how"] != "others" or all(touchpoint["gain"] != other["gain"] for other in kept):
            kept.append(touchpoint)
    return kept


def _sign(summary: Numbers) -> float:
    return -1.0 if summary["metric"] in LESS_IS_BETTER else 1.0


def _place(touchpoint: Numbers) -> str:
    if touchpoint["kind"] == "stage":
        return (
            f"{in_words(touchpoint['name'])} (an experience added)"
            if touchpoint["how"] == "moment"
            else in_words(str(touchpoint["name"]))
        )
    gate = touchpoint["name"].removeprefix(f"{touchpoint['from']}_to_{touchpoint['to']}").replace("_", " ").strip()
    return f"{move_in_words(touchpoint['from'], touchpoint['to'])}{f' ({gate})' if gate else ''}"


def _way(touchpoint: Numbers) -> str:
    gate = touchpoint["name"].removeprefix(f"{touchpoint['from']}_to_{touchpoint['to']}").replace("_", " ").strip()
    return f"{move_in_words(touchpoint['from'], touchpoint['to'])}{f' {gate}' if gate else ''}"


def _gap(entry: Numbers) -> Gap:
    return Gap(entry["mean"], entry["ci_low"], entry["ci_high"])


def _amount(summary: Numbers, number: float | None, *, sign: bool = True) -> str:
    return quantity(number, words_of(summary["metric"], summary).kind, summary["currency"], sign=sign)


def _short_amount(summary: Numbers, number: float) -> str:
    kind = words_of(summary["metric"], summary).kind
    if kind == "money":
        # Cents are the smallest money there is.
        return short_money(round(number, 2), summary["currency"], sign=True)
    if kind == "share":
        return f"{'+' if number > 0 else ''}{compact(round(number * 100.0, 3))} pt"
    return f"{'+' if number > 0 else ''}{compact(number)}"


def _effect(summary: Numbers, touchpoint: Numbers, way: str) -> str:
    entry = touchpoint[way]
    words = _amount(summary, entry["mean"])
    if entry["ci_low"] is None:
        return words
    return f"{words} [{_between(summary, entry)}]"


def _between(summary: Numbers, entry: Numbers) -> str:
    return interval(entry["ci_low"], entry["ci_high"], words_of(summary["metric"], summary).kind, summary["currency"])


def _starred(summary: Numbers, entry: Numbers) -> str:
    star = " *" if entry["ci_low"] is not None and is_sure(_gap(entry)) and entry["mean"] else ""
    return _amount(summary, entry["mean"]) + star
