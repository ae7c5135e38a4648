"""Discover: from an event log to a map, personas, a journey that runs, and how far it is from real cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.data.event_log import EventLog
from sim.discovery.all_cases import all_cases
from sim.discovery.at_once import AtOnce, last_apart, no_time_told, told_apart
from sim.discovery.case_age import with_ages
from sim.discovery.case_attributes import AttributeShare, attributes_by_kind, changing_attributes
from sim.discovery.case_phase import ONE_PHASE, Phases, find_phases
from sim.discovery.case_simulator import MOST_SAMPLES, CaseSimulator
from sim.discovery.cases import Cases, cases_of, in_whole_steps, rows_by, stage_slugs, subset
from sim.discovery.context import MOST_STATES, Contexts, fewer_contexts, find_contexts
from sim.discovery.distance import Distances, distances_between, mean_distances
from sim.discovery.found_config import found_scenario
from sim.discovery.funnel import ChannelUse
from sim.discovery.goal import CaseGoal, find_goal
from sim.discovery.hazards import TimedJourney, ended_weights, fit_hazards
from sim.discovery.inside_view import InsideView
from sim.discovery.led_journey import ends_beside
from sim.discovery.lived_map import LivedEdge, LivedStage
from sim.discovery.own_hazards import own_hazards, with_own
from sim.discovery.persona_mixture import Mixture, find_personas
from sim.discovery.purchases import Purchases, amounts_where_paid, find_purchases
from sim.discovery.since_goal import since_goal_apart
from sim.discovery.state_edges import FINE
from sim.discovery.time_step import UNITS, choose_unit
from sim.discovery.turning_points import TurningPoint
from sim.discovery.variants import Variants
from sim.discovery.visit_weights import NO_WEIGHTS, VisitFit, age_told_by_visits, fit_beside_age
from sim.execution.beside import beside
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.schema import show

__all__ = ["Discovery", "discover", "discovering", "thinned", "with_goal"]

#: More stages than a journey holds are put together, the rarest first.
MOST_STAGES = 100
OTHER = "(other)"
_MOST_SIMULATED = 5_000
#: Visits that a journey is fitted to; the map, variants and turning points are of all.
_MOST_FITTED = 1_000_000
#: Visits on which contexts, ages, the clock and phases are chosen.
_MOST_CHOSEN = 200_000
_FEWEST_HELD_OUT = 20
#: From so many visits on map, variants and turning points are found beside the journey.
_MANY_VISITS = 100_000
#: Stages that there may be where they are told apart by time, by the goal and at the end of cases: more of them leave
#: each too few visits to tell what came before.
_MOST_TOLD = 248
#: States of a journey whose states stand once for each phase, in all phases.
_MOST_PHASED = 120
#: Cases of a half below which each half judges once.
_FEW_CASES = 1_000
#: Where most cases begin in this part of a log, nobody saw how far they had come.
_WITH_THE_LOG = 0.01
#: A journey file may have four million bytes; an edge, and each of its times and weights, take about so many.
_MOST_BYTES, _EDGE_BYTES, _PAIR_BYTES = 3_900_000, 20, 21
#: Bins of time widen by one part in one of so many, and where the file would be larger in one of these.
_WIDTHS, _COARSE = (FINE, 8, 2), (4, 1)
#: Where states stand once for each phase, bins double.
_PHASED = (1,)


@dataclass(frozen=True, slots=True)
class Discovery:
    """What a log says.

    Attributes
    ----------
    log : EventLog
    cases : Cases
    slugs : tuple of str
        Names of the stages in the configuration.
    stages, edges
        The lived map.
    variants : Variants
    unit : str
        Of a step.
    contexts : Contexts
    phases : Phases
        That cases pass before they end.
    bins_widen_by : int
        Bins of time, in which hazards are constant, widen by one part in so many.
    journeys : mapping of str to TimedJourney
        By persona.
    mixture : Mixture
    goal : CaseGoal
    points : tuple of TurningPoint
    distances : Distances or None
        None where too few cases could be kept aside.
    files : mapping
        The configuration: group, name, content.
    drifting : mapping
        Attribute -> (cases in which it changes, cases).
    attributes : tuple of AttributeShare
        Who the kinds of cases are, by attributes that do not change.
    purchases : Purchases or None
        What is bought, where the log tells.
    funnel : tuple of (int, int)
        Stages in order, and cases that reach each after those before.
    channels : tuple of ChannelUse
    folded : tuple of int, float
        Stages put together as `(other)`, and their share of events.
    inside : InsideView or None
        A journey as it was drawn, beside this one.
    """

    log: EventLog
    cases: Cases
    slugs: tuple[str, ...]
    stages: tuple[LivedStage, ...]
    edges: tuple[LivedEdge, ...]
    variants: Variants
    unit: str
    contexts: Contexts
    phases: Phases
    bins_widen_by: int
    journeys: Mapping[str, TimedJourney]
    mixture: Mixture
    goal: CaseGoal
    points: tuple[TurningPoint, ...]
    distances: Distances | None
    files: Mapping[str, Mapping[str, Mapping[str, Any]]]
    drifting: Mapping[str, tuple[int, int]]
    attributes: tuple[AttributeShare, ...]
    purchases: Purchases | None
    funnel: tuple[tuple[int, int], ...]
    channels: tuple[ChannelUse, ...]
    folded: tuple[int, float]
    inside: InsideView | None = None

    @property
    def seconds(self) -> int:
        """Of a step."""
        return UNITS[self.unit]


@contextmanager
def discovering(
    log: EventLog,
    name: str,
    title: str,
    *,
    goal: str | None,
    seed: int,
    threads: int | None,
    funnel: object = None,
    purchases: object = None,
) -> Iterator[tuple[Discovery, Callable[[], Distances | None]]]:
    """Find the journey and the personas of a log, while they are held against cases kept aside.

    Parameters
    ----------
    log : EventLog
    name, title : str
        Of what is written.
    goal : str or None
        Stage that cases are meant to reach; by default as :func:`find_goal` says.
    seed : int
    threads : int, optional
    funnel : sequence of str, optional
        Stages in order; by default those that cases pass before the goal.
    purchases : sequence of str, optional
        Stages that are purchases; by default those with amounts that are called so.

    Yields
    ------
    Discovery
        Without its distances.
    callable
        Waits for them.

    Raises
    ------
    ConfigError
        If the goal, one of the funnel or of the purchases is no stage.
    """
    log, folded = _fold(log)
    cases, unit = _in_steps(log)
    slugs = stage_slugs(cases.stages)
    log, bought = _purchases_of(log, cases, slugs, purchases)
    over = ended_weights(cases, cases.stage)[cases.first[1:] - 1]
    at_goal = (wanted := _goal_of(cases, slugs, goal, bought, over)).stage
    steps = None if funnel is None else _stages_of(cases, slugs, funnel, "funnel", "in order")
    mixture = find_personas(cases, seed)
    part, belongs = _some(cases, mixture.belongs, seed)
    simulator = CaseSimulator(slugs, unit, at_goal, seed, threads)
    every = partial(all_cases, log, cases, at_goal, steps)
    with (
        beside(partial(_judge, part, belongs, simulator), apart=threads != 1) as judged,
        beside(every, apart=threads != 1 and cases.stage.size >= _MANY_VISITS) as lived,
    ):
        fitted = _fit(part, belongs, UNITS[unit], at_goal, seed, simulator)
        files = found_scenario(
            name,
            title,
            slugs,
            fitted.journeys,
            fitted.shares,
            step=unit,
            customers=cases.count,
            goal=at_goal,
            case_ends=ends_beside(cases, at_goal, over),
            purchases=bought,
            longest=_longest(cases, at_goal),
        )
        found = Discovery(
            log=log,
            cases=cases,
            slugs=slugs,
            unit=unit,
            contexts=fitted.contexts,
            phases=fitted.phases,
            bins_widen_by=fitted.width,
            journeys=fitted.journeys,
            mixture=mixture,
            goal=wanted,
            distances=None,
            files=files,
            drifting=changing_attributes(log),
            attributes=attributes_by_kind(log, cases.number, mixture.belongs),
            purchases=bought,
            folded=folded,
            **lived()._asdict(),
        )
        yield found, judged


def _in_steps(log: EventLog) -> tuple[Cases, str]:
    """Return the cases of a log and the unit of its steps, in which those of our own exports move."""
    cases = cases_of(log)
    unit = choose_unit(cases)
    return (in_whole_steps(cases, UNITS[unit]) if log.state_at_start else cases), unit


def discover(log: EventLog, name: str, title: str, **options: Any) -> Discovery:
    """Find the journey and the personas of a log, and hold them against cases kept aside.

    Parameters
    ----------
    log, name, title, **options
        As of :func:`discovering`.

    Returns
    -------
    Discovery
    """
    with discovering(log, name, title, **options) as (found, judged):
        return replace(found, distances=judged())


@dataclass(frozen=True, slots=True)
class _Fitted:
    """Phases, contexts, width of bins, and by persona the journey and the share.

    ``away`` is how far simulated cases are from those of the log, where they were simulated.
    """

    phases: Phases
    contexts: Contexts
    width: int
    journeys: Mapping[str, TimedJourney]
    shares: Mapping[str, float]
    away: float = np.inf

    @property
    def bytes(self) -> int:
        """About so many has the journey file."""
        edges = {id(edge): edge for journey in self.journeys.values() for edge in journey.edges}
        return sum(_EDGE_BYTES + _PAIR_BYTES * (len(edge.by_step) + len(edge.by_visit)) for edge in edges.values())


@dataclass(frozen=True, slots=True)
class _CasesApart:
    """Cases whose stages are told apart, and by persona the probability that each case is of it."""

    cases: Cases
    at_once: AtOnce
    likely: Mapping[str, NDArray[np.float64]]
    seconds: float

    @property
    def as_in_log(self) -> Cases:
        """The cases with the stages of the log."""
        cases, stage_of = self.cases, self.at_once.stage_of
        own = len(stage_of) - len(self.at_once.told)
        following = np.where(cases.following >= 0, stage_of[cases.following], cases.following)
        return replace(cases, stage=stage_of[cases.stage], following=following, stages=cases.stages[:own])

    def fitted(self, told: _JourneyForm, width: int) -> _Fitted:
        """Fit a journey with bins of time that widen by one part in so many, in some states one for each persona."""
        fit = partial(fit_hazards, seconds=self.seconds, phases=told.phases, fineness=width, by_visit=told.by_visit)
        shared = fit(self.cases, told.contexts)
        journeys = dict.fromkeys(self.likely, shared)
        if told.own.any():
            found = {
                who: fit(
                    subset(self.cases, np.flatnonzero(each)),
                    told.contexts,
                    wanted=told.own[:-1],
                    counted=each[each > 0.0],
                )
                for who, each in self.likely.items()
            }
            journeys = {who: with_own(shared, journey, told.own) for who, journey in found.items()}
        shares = {who: float(each.mean()) for who, each in self.likely.items()}
        return _Fitted(told.phases, told.contexts, width, journeys, shares)


class _JourneyForm(NamedTuple):
    """What a journey tells apart; ``own`` are the states that each persona leaves in its own way."""

    phases: Phases
    contexts: Contexts
    own: NDArray[np.bool_]
    by_visit: VisitFit


class _Twice(NamedTuple):
    """Which stages stand twice: those with visits that take no time, and those in which cases both end and go on."""

    at_once: bool = True
    last: bool = True


def _fit(
    cases: Cases,
    belongs: NDArray[np.float64],
    seconds: float,
    goal: int,
    seed: int,
    simulator: CaseSimulator | None = None,
) -> _Fitted:
    """Find what a journey is to tell apart, and fit it.

    Simulated cases, where there is a simulator, decide how wide bins of time are, and whether visits at once and last
    visits stand apart: each of these takes visits from the others of its stage.
    """
    fit = partial(_fit_where, cases, belongs, seconds, goal, seed)
    # Of many cases, and in our own exports, which say where everybody was in each step, fine bins are best.
    if simulator is None or _few(cases, seed) is not cases or not cases.may_end:
        return fit(_Twice(), _WIDTHS[:1])
    first = fit(_Twice(), _WIDTHS, simulator)
    widths = (first.width,) if first.phases.count == 1 else _WIDTHS
    told = first.contexts.at_once
    at_once = told.instant & ~told.last
    others = [_Twice(last=False)] * bool(told.last.any()) + [_Twice(at_once=False)] * bool(at_once.any())
    return min((first, *(fit(twice, widths, simulator) for twice in others)), key=lambda one: one.away)


def _fit_where(
    cases: Cases,
    belongs: NDArray[np.float64],
    seconds: float,
    goal: int,
    seed: int,
    twice: _Twice,
    any_width: Sequence[int],
    simulator: CaseSimulator | None = None,
) -> _Fitted:
    """Find how much of what came before, and how many phases, the states of a journey are to tell, and fit it.

    There are so many states at the most; each phase takes some from the contexts. Cases kept aside decide: that number
    of phases is taken with which phases and contexts together make them likeliest, as far as the file can hold it. Of
    widths of bins that one is taken of which simulated cases are nearest, or the first.
    """
    stages = len(cases.stages)
    cases, at_once = told_apart(cases, seconds, _MOST_TOLD) if twice.at_once else (cases, no_time_told(stages))
    seen = _from_the_beginning(cases)
    if seen:
        cases, at_once = since_goal_apart(cases, at_once, _few(cases, seed), goal, seed, _MOST_TOLD)
    over = ended_weights(cases, cases.stage)
    if seen and twice.last:
        cases, at_once = last_apart(cases, at_once, over, _MOST_TOLD)
        over = at_once.over_apart(cases.stage, over)
    few = _few(cases, seed)
    few_over = over if few is cases else over[np.isin(np.repeat(cases.number, cases.lengths), few.number)]
    every = find_contexts(few, seed, MOST_STATES, at_once)
    if seen:
        every = with_ages(few, every, few_over, seconds, seed, MOST_STATES)
    same = age_told_by_visits(cases.age, cases.place) if any(every.forward) else 0.0
    by_visit = fit_beside_age(same) if seen else NO_WEIGHTS
    # By the age of a case its pace and its end come out, which phases tell else.
    room = _MOST_PHASED // int((np.bincount(cases.stage) > 0).sum())
    choices = find_phases(few, few_over, room, seed) if seen and not any(every.forward) else (ONE_PHASE,)
    gained = np.cumsum([0.0, *(mean for mean, _ in choices[-1].gains)])[: len(choices)] * few.count
    told = [sum(fewer_contexts(every, _states_in(phases)).gains) for phases in choices]
    ranked = [choices[at] for at in np.argsort(-(gained + told), kind="stable").tolist()]
    kinds = belongs.shape[1]
    names = ["everyone"] if kinds == 1 else [f"persona_{at + 1}" for at in range(kinds)]
    likely = {who: each for who, each in zip(names, belongs.T, strict=True) if each.any()}
    apart = _CasesApart(cases, at_once, likely, seconds)
    coarser = [(choices[0], by_visit, (width,)) for width in _COARSE if width < any_width[-1]]
    smaller = [*coarser, (choices[0], NO_WEIGHTS, _COARSE[-1:])]
    likeliest = [(phases, by_visit, any_width if phases.count == 1 else _PHASED) for phases in ranked]
    for phases, weighed, widths in [*likeliest, *smaller]:
        contexts = fewer_contexts(every, _states_in(phases))
        own = own_hazards(cases, contexts, belongs, seconds, seed) if kinds > 1 else np.zeros(0, np.bool_)
        fitted = _nearest(apart, _JourneyForm(phases, contexts, own, weighed), widths, simulator)
        if fitted.bytes <= _MOST_BYTES:
            break
    return fitted


def _nearest(apart: _CasesApart, told: _JourneyForm, widths: Sequence[int], simulator: CaseSimulator | None) -> _Fitted:
    """Return the journey with bins of that width of which simulated cases are nearest to those of the log."""
    found = [apart.fitted(told, width) for width in widths]
    small = [one for one in found if one.bytes <= _MOST_BYTES]
    if simulator is None or not small:
        return (small or found)[0]
    real = apart.as_in_log
    away = [simulator.away(one.journeys, one.shares, real) for one in small]
    nearest = int(np.argmin(away))
    return replace(small[nearest], away=away[nearest])


def _states_in(phases: Phases) -> int:
    """Return how many states there may be in each phase."""
    return MOST_STATES if phases.count == 1 else _MOST_PHASED // phases.count


def _some(cases: Cases, belongs: NDArray[np.float64], seed: int) -> tuple[Cases, NDArray[np.float64]]:
    """Return the cases that a journey is fitted to, all or as many as have so many visits, and their kinds."""
    if cases.stage.size <= _MOST_FITTED:
        return cases, belongs
    few = np.sort(_drawn(cases, _MOST_FITTED, [seed, 37]))
    return subset(cases, few), belongs[few]


def _few(cases: Cases, seed: int) -> Cases:
    """Return the cases on which it is chosen what a journey tells apart; every stage is visited by one of them."""
    if cases.stage.size <= _MOST_CHOSEN:
        return cases
    rows, begins = rows_by(cases.stage, len(cases.stages))
    visit = rows[begins[:-1][np.diff(begins) > 0]]
    chosen = np.union1d(_drawn(cases, _MOST_CHOSEN, [seed, 41]), np.searchsorted(cases.first, visit, side="right") - 1)
    return subset(cases, chosen)


def _drawn(cases: Cases, most: int, key: Sequence[int]) -> NDArray[np.int64]:
    """Draw as many cases as have so many visits, two at least."""
    order = np.random.default_rng(key).permutation(cases.count)
    return order[: max(int(np.searchsorted(np.cumsum(cases.lengths[order]), most)), 2)]


def _from_the_beginning(cases: Cases) -> bool:
    """Return whether cases were seen from their beginning, so that their age is known."""
    return bool(np.mean(cases.time[cases.first[:-1]] <= _WITH_THE_LOG * cases.end) <= 0.5)


def _fold(log: EventLog) -> tuple[EventLog, tuple[int, float]]:
    """Put the rarest stages together where a journey cannot hold all."""
    if len(log.activities) <= MOST_STAGES:
        return log, (0, 0.0)
    counts = np.bincount(log.activity, minlength=len(log.activities))
    kept = np.sort(np.argsort(-counts, kind="stable")[: MOST_STAGES - 1])
    code = np.full(len(log.activities), MOST_STAGES - 1, np.int64)
    code[kept] = np.arange(kept.size)
    names = (*(log.activities[at] for at in kept.tolist()), OTHER)
    mass = 1.0 - float(counts[kept].sum() / counts.sum())
    return replace(log, activity=code[log.activity], activities=names), (len(log.activities) - kept.size, mass)


def _stage_of(cases: Cases, slugs: Sequence[str], name: str, key: str) -> int:
    for names in (cases.stages, slugs):
        if name in names:
            return list(names).index(name)
    raise ConfigError(
        f"{key} is {name!r}, which is no stage of the log; {suggest(name, cases.stages, 'its stages are')}"
    )


def _goal_of(
    cases: Cases, slugs: Sequence[str], goal: str | None, purchases: Purchases | None, over: NDArray[np.float64]
) -> CaseGoal:
    named = None if goal is None else _stage_of(cases, slugs, goal, "goal")
    return find_goal(cases, named, purchases.stages if purchases else frozenset(), over)


def _purchases_of(
    log: EventLog, cases: Cases, slugs: Sequence[str], purchases: object
) -> tuple[EventLog, Purchases | None]:
    given = None if purchases is None else _stages_of(cases, slugs, purchases, "purchases")
    log = amounts_where_paid(log, given)
    return log, find_purchases(log, cases, given)


def _longest(cases: Cases, goal: int) -> int:
    """Return the stage, other than the goal, in which cases that go on from it spend most of their time."""
    lived = np.bincount(
        cases.stage, weights=np.where(cases.following >= 0, cases.stay, 0.0), minlength=len(cases.stages)
    )
    lived[goal] = -1.0
    return int(lived.argmax())


def _stages_of(cases: Cases, slugs: Sequence[str], given: object, key: str, how: str = "") -> tuple[int, ...]:
    names = [given] if isinstance(given, str | int) else given
    if not isinstance(names, list | tuple) or not names:
        raise ConfigError(f"{key} is {show(given)}; give stages of the log{how and f' {how}'}: {key}=[STAGE, STAGE]")
    return tuple(_stage_of(cases, slugs, str(name), f"{key}.{at}") for at, name in enumerate(names))


def _judge(cases: Cases, belongs: NDArray[np.float64], simulator: CaseSimulator) -> Distances | None:
    """Learn from half of the cases, simulate, and compare with the other half; of few cases the halves change places.

    Which cases are kept aside is luck, that matters where there are few.
    """
    goal, seed, seconds = simulator.goal, simulator.seed, UNITS[simulator.unit]
    luck = np.random.default_rng([seed, 19])
    order = luck.permutation(cases.count)
    half = cases.count // 2
    if half < _FEWEST_HELD_OUT:
        return None
    # As many cases are learned from as have the visits on which a journey is chosen.
    enough = int(np.searchsorted(np.cumsum(cases.lengths[order[half:]]), _MOST_CHOSEN)) + 1
    halves = [(np.sort(order[half:][:enough]), np.sort(order[: min(half, _MOST_SIMULATED)]))]
    if half < _FEW_CASES:
        halves.append((halves[0][1], halves[0][0]))
    found = []
    for learned, held in halves:
        train, test = subset(cases, learned), subset(cases, held)
        fitted = _fit(train, belongs[learned], seconds, goal, seed, simulator)
        # As many as were kept aside: a distance depends on how many there are.
        tables = simulator.cases(fitted.journeys, fitted.shares, train, held.size, MOST_SAMPLES, luck)
        found.append(distances_between(tables, train, test, seconds, goal, seed))
    return mean_distances(found)


def thinned(edges: Sequence[LivedEdge], share: float) -> tuple[list[LivedEdge], float]:
    """Return the most taken edges that together make up a share of all moves, and the share left out.

    Parameters
    ----------
    edges : sequence of LivedEdge
        Most taken first.
    share : float
        0 to 1.

    Returns
    -------
    list of LivedEdge, float
    """
    total = sum(edge.count for edge in edges)
    kept: list[LivedEdge] = []
    reached = 0
    for edge in edges:
        if reached >= share * total:
            break
        kept.append(edge)
        reached += edge.count
    return kept, 1.0 - reached / total if total else 0.0


def with_goal(kept: Sequence[LivedEdge], edges: Sequence[LivedEdge], goal: int) -> list[LivedEdge]:
    """Return the edges kept, and where none leads to the goal those by which cases mostly come to it.

    Parameters
    ----------
    kept : sequence of LivedEdge
        Most taken first.
    edges : sequence of LivedEdge
        All, most taken first.
    goal : int
        Stage that is never left out.

    Returns
    -------
    list of LivedEdge
    """
    found, wanted = list(kept), goal
    drawn = {stage for edge in kept for stage in (edge.source, edge.target)}
    while wanted not in drawn:
        drawn.add(wanted)
        way = next((edge for edge in edges if edge.target == wanted and edge.source != wanted), None)
        if way is None:
            break
        found.append(way)
        wanted = way.source
    return found
