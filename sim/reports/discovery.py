"""Discovery: what a log says, in words, on its map and on a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.discovery.case_attributes import is_trait
from sim.discovery.discover import thinned, with_goal
from sim.discovery.hazards import free_parameters, states_by_visit
from sim.discovery.inside_view import UNDRAWN, UNLIVED, InsideView
from sim.discovery.lived_map import LivedEdge
from sim.discovery.own_hazards import states_apart
from sim.discovery.stage_words import says_lost
from sim.number_format import NOTHING, count, decimal, exact_percent, percent
from sim.reports.columns import column_table
from sim.reports.document import Document, Table, text_lines
from sim.reports.durations import duration
from sim.reports.figures.journey_map import draw_change, draw_flows
from sim.reports.names import short
from sim.reports.personas import personas_plain, personas_table, told_apart, who_kinds_are
from sim.reports.picture import Picture
from sim.scenario.journey import Edge, Journey, Stage

if TYPE_CHECKING:
    from sim.data.event_log import EventLog
    from sim.discovery.discover import Discovery
    from sim.discovery.turning_points import TurningPoint

__all__ = ["discovery_document", "discovery_facts", "discovery_lines", "discovery_summary"]

_ROWS = 30
_LONGEST = 60
#: Share of cases by which more reach the goal than did within the log, from which on it is told.
_MORE = 0.01
#: Edges of the picture at the most.
_MOST_DRAWN = 30
#: Edges that are all drawn, and of more the share of moves.
_FEW_EDGES, _USUALLY_DRAWN = 20, 0.9
#: Simulated cases are as near to real ones as these are to each other up to so many times the distance.
_AS_NEAR = 1.15


def _when(micros: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)).isoformat(timespec="seconds")


def _span(start: str, end: str) -> str:
    """Say from when to when, by days, or within the one day by times.

    Examples
    --------
    >>> _span("2024-01-01T09:00:10+00:00", "2024-01-03T09:00:00+00:00")
    'from 2024-01-01 to 2024-01-03'
    >>> _span("2024-01-01T09:00:10+00:00", "2024-01-01T19:30:00+00:00")
    'on 2024-01-01 from 09:00 to 19:30'
    """
    if start[:10] == end[:10]:
        return f"on {start[:10]} from {start[11:16]} to {end[11:16]}"
    return f"from {start[:10]} to {end[:10]}"


def discovery_facts(found: Discovery, source: str) -> dict[str, Any]:
    """Return what the words of the report are made of."""
    log, cases = found.log, found.cases
    loops = sum(edge.count for edge in found.edges if edge.source == edge.target)
    moves = sum(edge.count for edge in found.edges)
    splits = sum(gain > 0.0 for gain in found.contexts.gains)
    top = found.variants.told[0]
    sure = [point for point in found.points if point.beyond_chance]
    names = cases.stages
    return {
        "source": source,
        "cases": log.cases,
        "empty": log.cases_without_events,
        "events": int(log.case.size),
        "stages": len(names),
        "variants": found.variants.different,
        "top_share": percent(top[1] / cases.count),
        "alike": top[1] > 1,
        "span": _span(_when(log.start), _when(log.end)),
        "tied": exact_percent(log.tied_share, 1),
        "duplicates": log.duplicates,
        "left_out": _untold(log),
        "notices": log.notices,
        "finished": cases.finished,
        "loops": exact_percent(loops / moves, 0) if moves else "0 %",
        **_goal_facts(found),
        "unit": found.unit,
        "kinds": len(found.mixture.shares),
        "told_apart": told_apart(found),
        "by_pace": found.mixture.by_pace,
        "own": states_apart(found.journeys.values()),
        "splits": splits,
        "aged": sum(age > 0 for age in found.contexts.ages),
        "forward": sum(found.contexts.forward),
        "by_visit": states_by_visit(found.journeys.values()),
        "states": len(found.contexts.keys),
        "phases": found.phases.count,
        "gained": decimal(sum(found.contexts.gains), 0),
        "parameters": free_parameters(found.journeys.values()),
        **_nearness(found),
        "drifting": {name: (*pair, is_trait(*pair)) for name, pair in found.drifting.items() if pair[0]},
        "who": who_kinds_are(found),
        "folded": found.folded,
        "bought": _bought(found),
        "compared": len(found.points),
        "drawn": _inside_plain(found.inside),
        "point": None if not sure else _point_facts(sure[0], names, found.goal.stage),
    }


def _point_facts(point: TurningPoint, names: Sequence[str], goal: int) -> dict[str, Any]:
    """Return a moment of truth in points: with a decimal where its interval would seem to reach 0."""
    low, high = sorted((100 * abs(point.ci_low), 100 * abs(point.ci_high)))
    gap, low_end, high_end = (decimal(value, int(low < 1.0)) for value in (100 * abs(point.gap), low, high))
    return {
        "source": names[point.source],
        "target": names[point.target],
        "gap": gap,
        "low": low_end,
        "high": high_end,
        "more": point.gap > 0,
        "again": point.source == goal,
    }


def _inside_plain(inside: InsideView | None) -> dict[str, Any] | None:
    """Return how a drawn journey differs from the lived one."""
    if inside is None:
        return None
    stages = [gap for gap in inside.gaps if gap.what == "stage"]
    edges = Counter(gap.kind for gap in inside.gaps if gap.what == "edge")
    return {
        "journey": inside.journey.title or inside.journey.name,
        "stages": len(inside.journey.stages),
        "stages_not_lived": [gap.source for gap in stages if gap.kind == UNLIVED],
        "stages_not_drawn": [gap.source for gap in stages if gap.kind == UNDRAWN],
        "edges_not_lived": edges.pop(UNLIVED, 0),
        "edges_not_drawn": edges.pop(UNDRAWN, 0),
        "edges_with_another_share": edges.total(),
    }


def _bought(found: Discovery) -> dict[str, Any] | None:
    """Return what is said of purchases."""
    bought = found.purchases
    if bought is None:
        return None
    return {
        "count": bought.count,
        "buyers": bought.buyers,
        "stages": ", ".join(short(found.cases.stages[at], 28) for at in sorted(bought.stages)),
        "again": exact_percent(bought.again, 0),
        "interval": None if bought.interval is None else duration(bought.interval),
        "repeat": None if bought.repeat is None else exact_percent(bought.repeat, 0),
        "habit": exact_percent(bought.habit, 0) if bought.habit else None,
        "market": "market" in found.files,
        "amounts": bought.has_amounts,
        "brands": bought.has_brands,
    }


def discovery_lines(found: Discovery, source: str) -> list[str]:
    """Return the verdict: a few sentences a strategist can use."""
    return text_lines("discovery", **discovery_facts(found, source))


def discovery_summary(found: Discovery, name: str, source: str) -> dict[str, Any]:
    """Return the content of `summary.json`.

    Parameters
    ----------
    found : Discovery
    name : str
        Of the scenario.
    source : str
        Name of the log's file.

    Returns
    -------
    dict
    """
    log, distances, mixture = found.log, found.distances, found.mixture
    close = None
    if distances is not None:
        close = {
            "ngram3": distances.ngram3,
            "floor": distances.ngram3_floor,
            "visits": {"simulated": distances.visits, "floor": distances.visits_floor},
            "case_length": {"simulated": distances.length, "floor": distances.length_floor},
            "time_to_goal": None
            if distances.goal is None
            else {"simulated": distances.goal, "floor": distances.goal_floor},
            "unit": found.unit,
            "held_out_cases": distances.held_out,
        }
    return {
        "scenario": name,
        "verdict": "\n".join(discovery_lines(found, source)),
        "log": {
            "cases": log.cases,
            "cases_without_events": log.cases_without_events,
            "events": int(log.case.size),
            "activities": len(log.activities),
            "variants": found.variants.different,
            "start": _when(log.start),
            "end": _when(log.end),
            "tied_share": log.tied_share,
            "rows": log.rows,
            "rows_left_out": dict(log.left_out),
            "duplicate_rows": log.duplicates,
            "notices": list(log.notices),
            "columns": [column.plain() for column in log.columns],
            "changing_attributes": {key: {"cases": of, "changing": some} for key, (some, of) in found.drifting.items()},
        },
        "step": found.unit,
        **_goal_plain(found),
        "personas": personas_plain(found),
        "personas_differ_in_pace": mixture.by_pace,
        "states_with_hazards_by_persona": states_apart(found.journeys.values()),
        "states_with_weights_by_visit": states_by_visit(found.journeys.values()),
        "held_out_gain_of_further_personas": [{"mean": mean, "error": error} for mean, error in mixture.gains],
        "distance": close,
        "purchases": _purchases_plain(found),
        "funnel": [{"stage": found.cases.stages[stage], "cases": cases} for stage, cases in found.funnel],
        **_states_plain(found),
        **_phases_plain(found),
        "bins_widen_by_one_part_in": found.bins_widen_by,
        "parameters": free_parameters(found.journeys.values()),
        "inside_view": _inside_plain(found.inside),
    }


def _nearness(found: Discovery) -> dict[str, Any]:
    """Return how near simulated cases are to cases kept aside, and what of them is further off than in real ones."""
    near = found.distances
    if near is None:
        return {"distances": None}
    told = [
        ("how many visits they have", near.visits, near.visits_floor),
        ("how long they take", near.length, near.length_floor),
        (f"when they come to {found.cases.stages[found.goal.stage]}", near.goal, near.goal_floor),
    ]
    further = [
        f"{what} ({f'{decimal(away / floor, 1)} times as far' if floor > 0.0 else 'in which real ones are alike'})"
        for what, away, floor in told
        if away is not None and floor is not None and away > _AS_NEAR * floor
    ]
    return {"distances": near, "near": near.ngram3 <= _AS_NEAR * near.ngram3_floor, "further": further}


def _untold(log: EventLog) -> dict[str, int]:
    """Return how many rows are left out for each reason that no notice tells with examples."""
    told = [notice for notice in log.notices if notice.startswith("left out: ")]
    return {
        reason: rows for reason, rows in log.left_out.items() if not any(f" {reason} (" in notice for notice in told)
    }


def _goal_facts(found: Discovery) -> dict[str, Any]:
    """Return what is said of the goal: how many reach it within the log, how soon, and of all where cases were cut."""
    goal = found.goal
    parts = zip(("a quarter", "half", "three quarters"), goal.of_all, strict=True)
    within = [f"{part} within {duration(seconds)}" for part, seconds in parts if seconds is not None]
    censored = goal.reach - goal.reached > _MORE
    return {
        "goal": found.cases.stages[goal.stage],
        "goal_why": goal.why,
        "goal_lost": goal.why == "ends" and says_lost(found.cases.stages[goal.stage]),
        "goal_reached": exact_percent(goal.reached, 0),
        "goal_within": [duration(seconds) for seconds in goal.within],
        "goal_reach": exact_percent(goal.reach, 0) if censored else None,
        "goal_of_all": within,
        "goal_last": exact_percent(goal.last, 0),
        "last_anywhere": exact_percent(goal.last_anywhere, 0),
    }


def _goal_plain(found: Discovery) -> dict[str, Any]:
    goal = found.goal
    days = dict(
        zip(("quarter", "half", "three_quarters"), (seconds / 86_400.0 for seconds in goal.within), strict=False)
    )
    of_all = [None if seconds is None else seconds / 86_400.0 for seconds in goal.of_all]
    return {
        "goal": found.cases.stages[goal.stage],
        "goal_chosen": goal.why,
        "goal_reached": {
            "share": goal.reached,
            "within_days": days,
            "of_all": {
                "share": goal.reach,
                "within_days": dict(zip(("quarter", "half", "three_quarters"), of_all, strict=True)),
            },
        },
    }


def _states_plain(found: Discovery) -> dict[str, Any]:
    """Return by what stages are split, which stand twice and for what, and where hazards are by the age of the case."""
    contexts, names = found.contexts, found.cases.stages
    at_once = contexts.at_once
    apart = zip(at_once.stage_of[len(names) :].tolist(), at_once.told, strict=True)
    said = [
        {
            "stage": names[contexts.stage_at(state)],
            "after": ["start" if at < 0 else names[at] for at in key[1:]],
            "from_age": contexts.ages[state],
        }
        for state, key in enumerate(contexts.keys)
    ]
    splits = [
        {**one, "gain": gain, "parameters": added}
        for one, key, gain, added in zip(said, contexts.keys, contexts.gains, contexts.parameters, strict=True)
        if len(key) > 1 or one["from_age"]
    ]
    clocks = contexts.forward or (False,) * len(said)
    return {
        "splits": splits,
        "stands_twice": [{"stage": names[at], "for": told.removeprefix("__").split("__")} for at, told in apart],
        "by_age": [one for one, clock in zip(said, clocks, strict=True) if clock],
    }


def _phases_plain(found: Discovery) -> dict[str, Any]:
    gains = [{"mean": mean, "error": error} for mean, error in found.phases.gains]
    return {"phases": found.phases.count, "held_out_gain_of_further_phases": gains}


def _purchases_plain(found: Discovery) -> dict[str, Any] | None:
    bought = found.purchases
    if bought is None:
        return None
    return {
        "stages": [found.cases.stages[at] for at in sorted(bought.stages)],
        "count": bought.count,
        "buyers": bought.buyers,
        "buy_again": bought.again,
        "mean_seconds_between": bought.interval,
        "same_brand_again": bought.repeat,
        "without_a_choice": bought.habit,
        "brands": [{"name": item.name, "share": item.share, "mean_amount": item.price} for item in bought.brands],
    }


def discovery_document(found: Discovery, name: str, source: str, drawn: float | None) -> Document:
    """Lay out the report.

    Parameters
    ----------
    found : Discovery
    name : str
        Of the scenario that was written.
    source : str
        The log's file.
    drawn : float or None
        Share of all moves that the map draws; None: all where there are few edges, else nine tenths.

    Returns
    -------
    Document
    """
    if drawn is None:
        drawn = 1.0 if len(found.edges) <= _FEW_EDGES else _USUALLY_DRAWN
    kept, rare = thinned(found.edges, drawn)
    cut = with_goal(kept[:_MOST_DRAWN], found.edges, found.goal.stage)
    total = sum(edge.count for edge in found.edges)
    rare = 1.0 - sum(edge.count for edge in cut) / total if total else rare
    called = found.cases.stages
    lived = _plain_journey(name, found, cut, called)
    flows = {(called[edge.source], called[edge.target]): np.array([float(edge.count)]) for edge in cut}
    shares = {(called[edge.source], called[edge.target]): edge.share for edge in cut}
    pictures = []
    if cut:
        pictures.append(
            Picture(
                "map",
                draw_flows([lived], flows, title=short(f"As lived: {source}", 40), what="moves", shares=shares),
                "Stages as boxes, moves between them as arrows",
                "Widths by moves; labels: share of those who go on from the stage, estimated as in the table."
                + (
                    f" {exact_percent(rare, 1)} of moves, the rarest, are not drawn; the tables have all."
                    if rare
                    else ""
                ),
                "map",
            )
        )
    if found.inside is not None:
        pictures.append(_inside_picture(found, found.inside, cut))
    return Document(
        title=f"{source}: the journey as lived",
        lead=tuple(discovery_lines(found, source)),
        template="discovery",
        pictures=tuple(pictures),
        slots={
            **discovery_facts(found, source),
            "name": name,
            "rare": exact_percent(rare, 1),
            "column_table": column_table(found.log.columns),
            "tables": _tables(found),
            "gap_table": None if found.inside is None else _gap_table(found.inside.gaps),
        },
    )


def _inside_picture(found: Discovery, inside: InsideView, cut: list[LivedEdge]) -> Picture:
    """Return the picture of what was drawn and what was lived, of the edges of the map and those that were drawn."""
    against = inside.journey
    pairs = {(edge.source, edge.target) for edge in against.edges}
    edges = [
        edge for edge in found.edges if edge in cut or (found.slugs[edge.source], found.slugs[edge.target]) in pairs
    ]
    shares = {}
    for gap in inside.gaps:
        if gap.what == "edge" and gap.lived is not None:
            before = "" if gap.drawn is None else f"{percent(gap.drawn)} → "
            shares[gap.source, gap.target] = f"{before}{percent(gap.lived)}"
    return Picture(
        "difference",
        draw_change(against, _plain_journey("as lived", found, edges, found.slugs, frozenset(against.stages)), shares),
        "The drawn journey and what the lived one adds, lacks and alters",
        "From the drawn to the lived journey, by the share of those who leave a stage; of what was not drawn, only what"
        " the map above has.",
        "against",
    )


def _plain_journey(
    name: str, found: Discovery, edges: list[LivedEdge], called: Sequence[str], others: frozenset[str] = frozenset()
) -> Journey:
    """Return a journey that is only drawn, its stages by what they are called: as in the log, or as in the config."""
    drawn = {at for edge in edges for at in (edge.source, edge.target)}
    drawn.update(stage.stage for stage in found.stages if called[stage.stage] in others)
    # Where cases begin stands at the top; what follows is laid out along the ways that most take.
    begun = sorted((stage for stage in found.stages if stage.stage in drawn), key=lambda stage: -stage.starts)
    return Journey(
        name=name,
        title=name,
        start={called[stage.stage]: stage.starts / found.cases.count for stage in begun},
        stages={called[stage.stage]: Stage() for stage in begun},
        edges=tuple(
            Edge(source=called[edge.source], target=called[edge.target], probability={"base": edge.share})
            for edge in edges
        ),
    )


def _tables(found: Discovery) -> dict[str, Table]:
    names = [short(name, _LONGEST) for name in found.cases.stages]
    stages = sorted(found.stages, key=lambda stage: -stage.visits)[:_ROWS]
    edges = found.edges[:_ROWS]
    return {
        "stages": Table(
            ("Stage", "Visits", "Cases", "Begin here", "Last event", "Go no further", "Median time to the next"),
            tuple(
                (
                    names[stage.stage],
                    *(count(value) for value in (stage.visits, stage.cases, stage.starts, stage.last)),
                    exact_percent(stage.leaves, 1),
                    NOTHING if stage.median_time is None else duration(stage.median_time),
                )
                for stage in stages
            ),
        ),
        "edges": Table(
            ("From", "To", "Moves", "Share of those who go on", "95 % interval", "Median time"),
            tuple(
                (
                    names[edge.source],
                    names[edge.target],
                    count(edge.count),
                    exact_percent(edge.share, 1),
                    f"{exact_percent(edge.ci_low, 1)} to {exact_percent(edge.ci_high, 1)}",
                    duration(edge.median_time),
                )
                for edge in edges
            ),
            words=(1,),
        ),
        "variants": Table(
            ("Variant", "Cases", "Share"),
            tuple(
                (
                    short(" › ".join(names[at] for at in stages), 220),
                    count(cases),
                    exact_percent(cases / found.cases.count, 1),
                )
                for stages, cases in found.variants.told[:10]
            ),
        ),
        "points": _points_table(found, names),
        "funnel": _funnel_table(found, names),
        "channels": _channel_table(found, names),
        "brands": _brand_table(found),
        "personas": personas_table(found),
    }


def _funnel_table(found: Discovery, names: list[str]) -> Table:
    top = max(found.funnel[0][1], 1)
    before = [top, *(count for _, count in found.funnel[:-1])]
    return Table(
        ("Stage, after those above", "Cases", "Of the first", "Of the one above"),
        tuple(
            (names[stage], count(cases), exact_percent(cases / top, 1), exact_percent(cases / max(above, 1), 1))
            for (stage, cases), above in zip(found.funnel, before, strict=True)
        ),
    )


def _channel_table(found: Discovery, names: list[str]) -> Table:
    return Table(
        ("Channel", "Visits", "Cases that use it", "Of these reach the goal", "Used most in"),
        tuple(
            (
                short(use.name, _LONGEST),
                count(use.visits),
                count(use.cases),
                exact_percent(use.reach / use.cases, 1),
                names[use.stage],
            )
            for use in found.channels[:_ROWS]
        ),
        words=(4,),
    )


def _brand_table(found: Discovery) -> Table:
    brands = () if found.purchases is None else found.purchases.brands
    return Table(
        ("Brand", "Share of purchases", "Mean amount"),
        tuple((short(item.title, _LONGEST), exact_percent(item.share, 1), decimal(item.price, 2)) for item in brands),
    )


def _points_table(found: Discovery, names: list[str]) -> Table:
    points = [point for point in found.points if point.beyond_chance][:12]
    return Table(
        (
            "In",
            "Those who go on to",
            "Cases",
            "Reach the goal",
            "Others",
            "Difference, points, adjusted",
            "95 % interval",
        ),
        tuple(
            (
                names[point.source],
                names[point.target],
                count(point.cases),
                exact_percent(point.reach, 0),
                exact_percent(point.others, 0),
                decimal(100 * point.gap, 1),
                f"{decimal(100 * point.ci_low, 1)} to {decimal(100 * point.ci_high, 1)}",
            )
            for point in points
        ),
        words=(1,),
    )


def _gap_table(gaps: Any) -> Table:
    return Table(
        ("What", "From", "To", "Difference", "Drawn", "Lived", "Visits or moves"),
        tuple(
            (
                gap.what,
                short(gap.source, _LONGEST),
                short(gap.target, _LONGEST),
                gap.kind,
                "" if gap.drawn is None else exact_percent(gap.drawn, 1),
                "" if gap.lived is None else exact_percent(gap.lived, 1),
                count(gap.cases),
            )
            for gap in gaps[:60]
        ),
        words=(1, 2, 3),
    )
