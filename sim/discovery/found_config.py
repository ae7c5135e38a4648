"""Found configuration: what a log says, as the files that `compare` runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from agents.population import MAX_STAGES
from sim.discovery.cases import START
from sim.discovery.found_market import PRICE_FEELING, found_market, market_sources, not_counted, with_purchases
from sim.discovery.hazards import TimedJourney
from sim.discovery.led_journey import CaseEnds, assumed_effect, led_journey
from sim.discovery.purchases import Purchases
from sim.discovery.state_edges import ENDED, TimedEdge, changes, rounded_down
from sim.discovery.time_step import UNITS
from sim.scenario.journey import MOST_STEPS

__all__ = ["ENDED_STAGE", "found_scenario", "journey_content", "state_names"]

#: The stage of cases that are over.
ENDED_STAGE = "ended"
#: The stage that cases of several kinds, or of an age that counts, pass before their first.
_BEGIN = "begin"
_FEWEST_SIMULATED = 1000
#: Share of cases that end short of the goal: of fewer there is hardly anybody to be led there.
_HARDLY = 0.01

#: A share by age: (first step of the run, share).
_ByAge = tuple[tuple[int, float], ...]
#: A weight by visit: (from which visit on, weight); empty: 1.
_ByVisit = tuple[tuple[int, float], ...]


class Way(NamedTuple):
    """What share of those who leave a stage that takes no time goes one way, and its weight by visit.

    ``led`` are those who would have gone that way: where they go instead, and their share and weight.
    """

    share: _ByAge
    weight: _ByVisit = ()
    led: tuple[tuple[str, _ByAge, _ByVisit], ...] = ()


def state_names(journey: TimedJourney, slugs: Sequence[str]) -> tuple[str, ...]:
    """Return names of states: a stage's own, `__at_once`, `__last`, `__phase_` 2, `__from_` an age, `__after_` one."""
    names: dict[str, None] = {}
    contexts = journey.contexts
    told = contexts.at_once.names(slugs)
    for at, (stage, *before) in enumerate(contexts.keys):
        name = told[stage] + (f"__phase_{contexts.phase[at] + 1}" if contexts.phase else "")
        if contexts.ages[at]:
            name += f"__from_{contexts.ages[at]}"
        if before:
            name += "__after_" + "_".join("start" if at == START else slugs[at] for at in before)
        short, number = name[:60], 1
        while short in names:
            number += 1
            short = f"{name[:56]}_{number}"
        names[short] = None
    return tuple(names)


def journey_content(
    title: str,
    slugs: Sequence[str],
    by_persona: Mapping[str, TimedJourney],
    *,
    goal: int | None = None,
    apart: bool = False,
) -> dict[str, Any]:
    """Return a journey file.

    Parameters
    ----------
    title : str
    slugs : sequence of str
        Names of the stages.
    by_persona : mapping of str to TimedJourney
        All with the same contexts; with more than one, edges are those of one persona each.
    goal : int, optional
        Stage that is marked as the goal.
    apart : bool
        Whether cases of another journey beside this one begin elsewhere: then they pass one stage before the first.

    Returns
    -------
    dict
    """
    journeys = list(by_persona.values())
    names = state_names(journeys[0], slugs)
    ended = _free_name(ENDED_STAGE, slugs)
    shares: dict[int, float] = {}
    for journey in journeys:
        for begun in (journey.start, *journey.led.values()):
            for state, share in begun.items():
                shares[state] = shares.get(state, 0.0) + share / len(journeys)
    instant = frozenset.union(*(journey.instant for journey in journeys))
    several = len(_alike({who: (journey.start, journey.led) for who, journey in by_persona.items()})) > 1
    later = _parts_by_age(journeys[0], names)
    # The age of cases is the step of the run: all begin in the first, before anything that takes time.
    gate = apart or several or any(edge.forward or edge.during for journey in journeys for edge in journey.edges)
    edges: list[dict[str, Any]] = []
    for state in range(len(names)):
        if state in instant:
            parts = {who: _shares_from(state, journey, names, ended) for who, journey in by_persona.items()}
            edges += _instant_edges(names[state], parts, later)
            continue
        leaves = {who: [edge for edge in journey.edges if edge.source == state] for who, journey in by_persona.items()}
        for personas in _alike(leaves):
            own = {"personas": personas} if len(personas) < len(by_persona) else {}
            edges += [{**edge, **own} for edge in _edges_of(leaves[personas[0]], names, ended)]
    begin = _free_name(_BEGIN, slugs)
    if gate:
        # Kinds begin in different stages: all pass one stage before the first, by edges of their own.
        first = {who: _begun(journey, names) for who, journey in by_persona.items()}
        edges += _instant_edges(begin, first, {})
    reached = _reached([begin] if gate else [names[at] for at, share in shares.items() if share > 0], edges)
    used = [at for at in range(len(names)) if names[at] in reached]
    stages: dict[str, Any] = {
        names[at]: ({"weeks": 0} if at in instant else {})
        | ({"goal": True} if journeys[0].contexts.stage_at(at) == goal else {})
        for at in used
    }
    if ended in reached:
        stages[ended] = {}
    if gate:
        stages = {begin: {"weeks": 0} | not_counted(edges), **stages}
    start = {begin: 1.0} if gate else _shares({names[at]: share for at, share in shares.items() if share > 0})
    return {
        "title": title,
        "start": start,
        "stages": stages,
        "edges": [edge for edge in edges if edge["from"] in reached],
    }


def _alike(by_persona: Mapping[str, object]) -> list[list[str]]:
    """Return the personas that have the same, together."""
    found: list[list[str]] = []
    for persona, what in by_persona.items():
        same = next((personas for personas in found if by_persona[personas[0]] == what), None)
        if same is None:
            found.append([persona])
        else:
            same.append(persona)
    return found


def _free_name(name: str, slugs: Sequence[str]) -> str:
    while name in slugs:
        name += "_case"
    return name


def _begins_before(found: Iterable[TimedJourney], journey: Mapping[str, Any], slugs: Sequence[str]) -> bool:
    """Return whether cases need a step before the first to be where the log finds them when it begins.

    They do where they pass a stage before it. Where that leads to one that takes no time, the visits there would be
    lost with the step.
    """
    begin, stages = _free_name(_BEGIN, slugs), journey["stages"]
    quick = any(edge["from"] == begin and stages[edge["to"]].get("weeks") == 0 for edge in journey["edges"])
    return begin in journey["start"] and not quick and all(one.together for one in found)


def _shares(given: Mapping[str, float]) -> dict[str, float]:
    """Round shares so that they still sum to 1: the largest takes the rest."""
    largest = max(given, key=given.__getitem__)
    rounded = {key: round(share, 9) for key, share in given.items() if key != largest}
    return {key: rounded.get(key, round(1.0 - sum(rounded.values()), 12)) for key in given}


def _parts_by_age(journey: TimedJourney, names: Sequence[str]) -> dict[str, list[tuple[str, list[int | None]]]]:
    """Return of each state parted by age its parts, the first being the state itself, with the steps of each."""
    ages = journey.contexts.ages
    return {
        names[states[0]]: [
            (names[state], _during((ages[state], end)))
            for state, end in zip(states, [*(ages[at] for at in states[1:]), None], strict=True)
        ]
        for states in journey.contexts.parts().values()
        if len(states) > 1
    }


def _begun(journey: TimedJourney, names: Sequence[str]) -> dict[str, Way]:
    """Return the shares of states in which cases begin."""
    led = {
        at: tuple((names[to], ((1, share),), ()) for to, share in others.items()) for at, others in journey.led.items()
    }
    return {names[at]: Way(((1, share),), led=led.get(at, ())) for at, share in journey.start.items()}


def _shares_from(state: int, journey: TimedJourney, names: Sequence[str], ended: str) -> dict[str, Way]:
    """Return the shares of targets of a state that takes no time."""
    shares: dict[str, Way] = {}
    before = ""
    for edge in journey.edges:
        if edge.source != state or not _is_first(edge):
            continue
        target = ended if edge.target == ENDED else names[edge.target]
        if edge.led:
            more = (target, _in_steps(edge), edge.by_visit)
            shares[before] = shares[before]._replace(led=(*shares[before].led, more))
        else:
            before, shares[target] = target, Way(_in_steps(edge), edge.by_visit)
    return shares


def _is_first(edge: TimedEdge) -> bool:
    """Return whether an edge leads to a state, or to the first of the parts of one that is parted by age."""
    return edge.during is None or edge.during[0] == 0


def _during(ages: tuple[int, int | None]) -> list[int | None]:
    """Return the first and the last step in which cases are of some ages; the first step is that of age 0."""
    return [ages[0] + 1, ages[1]]


def _instant_edges(
    source: str,
    parts: Mapping[str, Mapping[str, Way]],
    later: Mapping[str, Sequence[tuple[str, list[int | None]]]],
) -> list[dict[str, Any]]:
    """Return the edges of a stage that takes no time: by persona shares of targets; one takes the rest.

    Of targets parted by age ``later`` has the parts, the first being the target itself, with the steps of each.
    """
    totals: dict[str, float] = {}
    for shares in parts.values():
        for target, way in shares.items():
            # With those who are led elsewhere: the same way takes the rest in both arms.
            for by_age in (way.share, *(by_age for _, by_age, _ in way.led)):
                totals[target] = totals.get(target, 0.0) + sum(share for _, share in by_age) / len(by_age)
    rest = max(totals, key=lambda target: (target not in later, totals[target]))
    edges = []
    for personas in _alike(parts):
        shares = parts[personas[0]]
        own = {"personas": personas} if len(personas) < len(parts) else {}
        # Weights count beside each other: beside that of the rest, which is 1 for all personas.
        beside = shares[rest].weight if rest in shares else ()
        known = [
            (to, tuple((step, int(share * 1e9) / 1e9) for step, share in by_age), weight)
            # Who takes the rest is the last in the luck, and beside them those who would have.
            for target, way in sorted(shares.items(), key=lambda item: item[0] == rest)
            for to, by_age, weight in (*([(target, way.share, way.weight)] if target != rest else []), *way.led)
        ]
        for target, by_age, of_visit in known:
            weight = _weight(_over(of_visit, beside))
            for part, steps in later.get(target, [(target, None)]) if any(share for _, share in by_age) else ():
                when = {} if steps is None else {"during": steps}
                edges.append({"from": source, "to": part, **_hazard(by_age), **own, **when, **weight})
        left = _rest_of(by_age for _, by_age, _ in known)
        edges += [
            {"from": source, "to": part, **_hazard(left), **own, "during": steps}
            for part, steps in later.get(rest, ())[1:]
            if rest in shares and any(share for _, share in left)
        ]
    return [*edges, {"from": source, "to": rest}]


def _over(weight: _ByVisit, beside: _ByVisit) -> _ByVisit:
    """Return weights by visit as multiples of others."""
    one, other = dict(weight) or {1: 1.0}, dict(beside) or {1: 1.0}
    visits, ratios, mine, theirs = sorted({*one, *other}), [], 1.0, 1.0
    for visit in visits:
        mine, theirs = one.get(visit, mine), other.get(visit, theirs)
        ratios.append(float(f"{mine / theirs:.4g}"))
    return changes(visits, ratios)


def _weight(by_visit: _ByVisit) -> dict[str, Any]:
    """Return the key of an edge that says its weight by visit; none where it is 1."""
    return {} if by_visit in ((), ((1, 1.0),)) else {"by_visit": [list(pair) for pair in by_visit]}


def _rest_of(known: Iterable[_ByAge]) -> _ByAge:
    """Return the share that is left by others, by age."""
    changes = [dict(by_age) for by_age in known]
    left, shares = [], [0.0] * len(changes)
    for step in sorted({1, *(step for change in changes for step in change)}):
        shares = [change.get(step, share) for change, share in zip(changes, shares, strict=True)]
        left.append((step, int(max(1.0 - sum(shares), 0.0) * 1e9) / 1e9))
    return tuple(left)


def _hazard(by_age: _ByAge) -> dict[str, Any]:
    """Return the keys of an edge that say its share, the same at all ages or by age."""
    if len(by_age) == 1:
        return {"probability": by_age[0][1]}
    return {"by_step": _plain(by_age), "clock": "forward"}


def _edges_of(edges: Sequence[TimedEdge], names: Sequence[str], ended: str) -> list[dict[str, Any]]:
    out = []
    for edge in edges:
        target = ended if edge.target == ENDED else names[edge.target]
        when: dict[str, Any] = {"clock": "forward"} if edge.forward else {}
        when |= {} if edge.during is None else {"during": _during(edge.during)}
        when |= _weight(edge.by_visit)
        out.append({"from": names[edge.source], "to": target, "by_step": _plain(_in_steps(edge)), **when})
    return out


def _in_steps(edge: TimedEdge) -> _ByAge:
    """Return the probabilities of an edge by step of the run where they are by age; the first step is that of age 0."""
    if not edge.forward:
        return edge.by_step
    return (1, edge.by_step[0][1]), *((step + 1, value) for step, value in edge.by_step[1:])


def _plain(pairs: Sequence[tuple[int, float]]) -> list[Any]:
    # No run has more steps.
    rounded = [(step, rounded_down(value)) for step, value in pairs if step <= MOST_STEPS]
    if rounded[-1][0] == len(rounded):
        return [value for _, value in rounded]
    return [[step, value] for step, value in rounded]


def _reached(start: Sequence[str], edges: Sequence[Mapping[str, Any]]) -> set[str]:
    ways: dict[str, list[str]] = {}
    for edge in edges:
        ways.setdefault(edge["from"], []).append(edge["to"])
    reached, frontier = set(start), list(start)
    while frontier:
        for target in ways.get(frontier.pop(), ()):
            if target not in reached:
                reached.add(target)
                frontier.append(target)
    return reached


def found_scenario(
    name: str,
    title: str,
    slugs: Sequence[str],
    by_persona: Mapping[str, TimedJourney],
    shares: Mapping[str, float],
    *,
    step: str,
    customers: int,
    goal: int | None,
    case_ends: CaseEnds | None = None,
    purchases: Purchases | None = None,
    longest: int | None = None,
) -> dict[str, dict[str, dict[str, Any]]]:
    """Return all files of the configuration: group, name, content.

    Parameters
    ----------
    name, title : str
    slugs : sequence of str
        Names of the stages.
    by_persona : mapping of str to TimedJourney
    shares : mapping of str to float
        Of personas.
    step : str
        Unit of a step.
    customers : int
        Cases; a thousand are simulated at least.
    goal : int or None
        Stage that cases are meant to reach.
    case_ends : CaseEnds, optional
        Where cases end beside it, for a proactive arm; without them there is none.
    purchases : Purchases, optional
        What is bought, for a market.
    longest : int, optional
        Stage in which cases spend most of their time: where hardly anybody ends short of the goal, it is left sooner.

    Returns
    -------
    dict
    """
    ends = any(edge.target == ENDED for journey in by_persona.values() for edge in journey.edges)
    all_there = case_ends is not None and case_ends.missed < _HARDLY
    sooner = longest if all_there or not ends else None
    personas = {persona: {"title": persona.replace("_", " "), "share": share} for persona, share in shares.items()}
    horizon = min(max(journey.horizon for journey in by_persona.values()), MOST_STEPS)
    assumptions = [
        assumed_effect(None if sooner is None else slugs[sooner]),
        {"what": "The classic arm is as found in the log", "source": "journey discover"},
    ]
    arms = {"classic": {"focal": {"journey": name}}}
    led = None if case_ends is None else _all_led(by_persona, case_ends, sooner)
    apart = led is not None and _begins_apart(by_persona, led)
    journeys = {name: journey_content(title, slugs, by_persona, goal=goal, apart=apart)}
    if led is not None:
        arms["proactive"] = {"focal": {"journey": f"{name}_proactive"}}
        journeys[f"{name}_proactive"] = journey_content(f"{title}, led", slugs, led, goal=goal, apart=apart)
    scenario: dict[str, Any] = {
        "title": title,
        "market": "none",
        "personas": name,
        "baseline": "classic",
        "arms": arms,
        "step": step,
        "population": max(customers, _FEWEST_SIMULATED),
        "horizon": horizon,
        "burn_in": int(_begins_before(by_persona.values(), journeys[name], slugs)),
        "assumptions": assumptions,
    }
    files = {"journey": journeys, "personas": {name: personas}, "scenario": {name: scenario}}
    if purchases is None or not purchases.makes_market:
        return files
    contexts, states = next(iter(by_persona.values())).contexts, state_names(next(iter(by_persona.values())), slugs)
    buying = [states[at] for at in range(len(states)) if contexts.stage_at(at) in purchases.stages]
    bought = _bought_as_logged(files["journey"], buying, purchases)
    if bought is None:
        return files
    purchases, files["journey"] = bought
    if purchases.from_first and any(states[at] in buying for found in by_persona.values() for at in found.start):
        # Who buys first of all does so in the first step; the log has as many steps after it.
        scenario["horizon"] = min(horizon + 1, MOST_STEPS)
    market = found_market(name, title, purchases, customers=customers, seconds=UNITS[step])
    scenario["market"] = name
    scenario["assumptions"] = [*assumptions, *market_sources(purchases)]
    for persona in personas.values():
        persona["price_sensitivity"] = PRICE_FEELING
    return {**files, "market": {name: market}}


def _all_led(by_persona: Mapping[str, TimedJourney], ends: CaseEnds, sooner: int | None) -> dict[str, TimedJourney]:
    """Return the journeys of all personas as they are led; those that share one still do."""
    led = {id(found): led_journey(found, ends=ends, sooner=sooner) for found in by_persona.values()}
    return {who: led[id(found)] for who, found in by_persona.items()}


def _begins_apart(one: Mapping[str, TimedJourney], other: Mapping[str, TimedJourney]) -> bool:
    """Return whether some persona begins in other stages in the one than in the other; all arms must begin alike."""
    return any(journey.start != other[who].start for who, journey in one.items())


def _bought_as_logged(
    journeys: Mapping[str, Mapping[str, Any]], buying: Sequence[str], purchases: Purchases
) -> tuple[Purchases, dict[str, Any]] | None:
    """Return journeys that buy, and the purchases that they make; None where there is no room for the stages.

    A habit takes two stages more for each that buys: where there is no room for them, all repeats are of taste.
    """
    several = len(purchases.brands) > 1
    for bought in (purchases, replace(purchases, habit=0.0)):
        found = {
            who: with_purchases(journey, buying, several=several, habit=bought.habit, first=bought.from_first)
            for who, journey in journeys.items()
        }
        if all(len(journey["stages"]) <= MAX_STAGES for journey in found.values()):
            return bought, found
    return None
