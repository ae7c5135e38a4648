"""Journey: the graph a customer moves through. Stages, edges, their features, and what makes a graph valid."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import agents.features
from agents.population import MAX_STAGES
from agents.quantity import choice, money, number, quantity, text, whole
from agents.strategies import CAPABILITIES
from sim.scenario.by_visit import check_by_visit, read_by_visit
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.schema import is_spelled, read, read_name, show, typed_number

__all__ = [
    "DOES",
    "FEATURES",
    "GATES",
    "Does",
    "Edge",
    "Journey",
    "Stage",
    "edge_names",
    "goal_stages",
    "read_journey",
    "stage_names",
]

#: Of a hazard: beyond it, a logit is as good as certain.
LARGEST_COEFFICIENT = 1e6
#: Two names of stages with what stands between and behind them.
_LONGEST_EDGE_NAME = 200
_EDGE_KEYS = ("from", "to", "on", "only", "personas", "during", "logit", "probability", "by_step", "clock", "by_visit")
#: Of a horizon, and of a list of hazards by time in stage.
MOST_STEPS = 40_000
#: Of a burn-in.
MOST_BURN_IN = 10_000
#: Of ``during``: an edge that is open in it never closes.
LAST_STEP = 1_000_000
_ONS = ("contact", "need")
_CLOCKS = ("reset", "forward")
_TOLERANCE = 1e-9


class Does(IntEnum):
    """What a stage does to the customer who enters it."""

    NOTHING = 0
    WAIT = 1
    RECALL = 2
    SEARCH = 3
    CHOOSE = 4
    USE = 5
    BOND = 6
    TALK = 7
    VISIT = 8
    RETURN = 9


DOES: tuple[str, ...] = tuple(item.name.lower() for item in Does)

#: What an edge's hazard may depend on: ids of features are places in this tuple.
FEATURES: tuple[str, ...] = tuple(agents.features.FEATURES)

#: Conditions of an edge: `only: incumbent` (the host brand is the brand last bought), a capability of the host,
#: or `recommendation`: its contacts recommend to look for a better plan.
GATES: tuple[str, ...] = ("incumbent", *CAPABILITIES, "recommendation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stage of the journey and what it does."""

    does: str = choice("nothing", DOES, "what the stage does")
    weeks: int | None = whole(
        None,
        0,
        10_000,
        "fixed stay in weeks before any edge opens; 0 resolves within the week (a `choose` stage always does)",
        "weeks",
        optional=True,
    )
    effort: float = number(0.0, 0.0, 10.0, "base effort of the stage", "effort")
    channels: Mapping[str, float] = quantity("shares of the market's channels, summing to 1", factory=dict)
    cost: float = money(0.0, 0.0, 1e6, "cost to the host brand of one customer entering")
    ancillary: float = money(
        0.0, -1e6, 1e6, "ancillary revenue of one customer entering; negative: refunded, as for returned goods"
    )
    experience_lift: float = number(0.0, -10.0, 10.0, "added to the experience this stage gives", "utility")
    lapsed: bool = quantity(
        "whether who stands here is no customer of the brand bought last any more, as after a cancellation",
        default=False,
    )
    goal: bool = quantity(
        "whether customers are meant to come here: a comparison says how often they do, and how soon",
        default=False,
    )
    counted: bool = quantity(
        "whether entering it counts as a visit for the weights of edges by visit",
        default=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A way from one stage to another.

    ``logit`` and ``probability`` are each None or ``{"base": number, feature: coefficient}``. ``by_step`` has
    probabilities by time in stage: each (step, probability) holds from that step in the stage on, the first being 1,
    and the last goes on. An edge with none of them is the stage's reference: taken when no other edge is (in a stage
    that resolves within the week or whose stay is over), or when the need clock runs out (``on: need``).
    With ``forward`` they are by time since the run began instead (clock forward, not reset: Putter, Fiocco & Geskus
    2007, Statistics in Medicine 26). ``personas`` are the names of those to whom the edge is open; empty: all.
    ``during`` are the first and the last step of the run in which it is open, from 1; None: always.
    ``by_visit`` has weights by visit: each (visit, weight) holds from that visit on, the first being 1, and the last
    goes on; without it the weight is 1. They multiply probabilities.
    """

    source: str
    target: str
    on: str | None = None  # None, "contact", "need"
    only: str | None = None  # None or one of GATES
    logit: Mapping[str, float] | None = None
    probability: Mapping[str, float] | None = None
    by_step: tuple[tuple[int, float], ...] = ()
    forward: bool = False
    personas: tuple[str, ...] = ()
    during: tuple[int, int] | None = None
    by_visit: tuple[tuple[int, float], ...] = ()

    @property
    def is_reference(self) -> bool:
        """Whether the edge has no hazard of its own."""
        return self.logit is None and self.probability is None and not self.by_step


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """A validated journey. ``start`` are shares of customers by stage, summing to 1."""

    name: str = text("", "name of the journey")
    title: str = text("", "a reader's name for it")
    start: Mapping[str, float] = quantity("where customers begin, shares summing to 1", factory=dict)
    stages: Mapping[str, Stage] = quantity("stages by name", factory=dict)
    edges: tuple[Edge, ...] = ()


def stage_names(journeys: Mapping[str, Journey]) -> tuple[str, ...]:
    """Names of all stages, in order of first appearance: the ids of stages."""
    names: dict[str, None] = {}
    for journey in journeys.values():
        names.update(dict.fromkeys(journey.stages))
    return tuple(names)


def goal_stages(journeys: Mapping[str, Journey]) -> tuple[str, ...]:
    """Names of the stages that customers are meant to reach, in order of first appearance."""
    stages = [item for journey in journeys.values() for item in journey.stages.items()]
    return tuple(dict.fromkeys(name for name, stage in stages if stage.goal))


def read_journey(name: str, data: Mapping[str, Any], where: str = "") -> Journey:
    """Read and check a journey.

    Parameters
    ----------
    name : str
        Name of the journey.
    data : mapping
        Content of a journey file.
    where : str
        File the data comes from; opens every message.

    Returns
    -------
    Journey

    Raises
    ------
    ConfigError
        If a stage, feature or key is unknown; a probability lies outside [0, 1] or the probabilities of a stage sum to
        more than 1; a stage mixes logits and probabilities; shares do not sum to 1; a stage cannot be reached; or
        stages that resolve within the week form a cycle or have no way that is always open.

    Examples
    --------
    >>> edge = {"from": "a", "to": "b", "probability": 0.3}
    >>> chain = {"start": {"a": 1.0}, "stages": {"a": {}, "b": {}}, "edges": [edge]}
    >>> read_journey("chain", chain).edges[0].probability
    {'base': 0.3}
    """
    where = where or f"journey {name!r}"
    if not isinstance(data, Mapping):
        raise ConfigError(f"{where}: found {show(data)}; give a mapping with keys name, title, start, stages, edges")
    allowed = ("name", "title", "start", "stages", "edges")
    for key in data:
        if key not in allowed:
            raise ConfigError(f"{where}: unknown key {show(key)}; {suggest(str(key), allowed)}")
    given = data.get("stages")
    if not isinstance(given, Mapping) or not given:
        raise ConfigError(f"{where}: stages is {show(given)}; give a mapping of one stage or more by name")
    if len(given) > MAX_STAGES:
        raise ConfigError(f"{where}: {len(given)} stages; at most {MAX_STAGES} are allowed")
    stages = {
        read_name(stage, "a stage", where=where, key="a name under stages", any_script=True): read(
            Stage, {} if content is None else content, where=where, key=f"stages.{stage}"
        )
        for stage, content in given.items()
    }
    for stage_name, stage in stages.items():
        _check_shares(stage.channels, f"stages.{stage_name}.channels", where)
        if stage.does == "choose" and stage.weeks not in (None, 0):
            raise ConfigError(
                f"{where}: stage {stage_name!r} chooses and stays {stage.weeks} weeks; a choose stage resolves within"
                " the week, so leave weeks out and put a stage behind it"
            )
    start = data.get("start")
    if not isinstance(start, Mapping) or not start:
        raise ConfigError(f"{where}: start is {show(start)}; give shares of customers by stage, summing to 1")
    for stage_name in start:
        if stage_name not in stages:
            raise ConfigError(
                f"{where}: start names unknown stage {show(stage_name)}; {suggest(str(stage_name), stages)}"
            )
    start = _numbers(start)
    _check_shares(start, "start", where)
    edges = _read_edges(data.get("edges") or [], stages, where)
    for stage_name, stage in stages.items():
        _check_ways(stage_name, stage, [edge for edge in edges if edge.source == stage_name], where)
    _check_reachable(start, stages, edges, where)
    _check_cycles(stages, edges, where)
    title = data.get("title", "")
    return Journey(
        name=name,
        title=title if isinstance(title, str) else str(title),
        start={name: float(value) for name, value in start.items()},
        stages=stages,
        edges=edges,
    )


def _numbers(given: Mapping[str, Any]) -> dict[str, Any]:
    return {str(name): typed_number(value) for name, value in given.items()}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _check_shares(shares: Mapping[str, Any], key: str, where: str) -> None:
    if not shares:
        return
    for name, value in shares.items():
        if not _is_number(value) or not 0.0 <= value <= 1.0:
            raise ConfigError(f"{where}: {key}.{name} is {show(value)}; give a share from 0 to 1")
    total = math.fsum(shares.values())
    if abs(total - 1.0) > _TOLERANCE:
        raise ConfigError(f"{where}: shares under {key} sum to {total:.12g}; make them sum to 1")


def edge_names(edges: Iterable[Edge]) -> tuple[str, ...]:
    """Return a name for each edge of a journey, by which a dotted key finds it, in their order.

    ``FROM_to_TO``; where several edges join the same stages, with ``_on_contact`` or ``_only_incumbent`` behind it
    where an edge has such a condition, and a number where that still says the same of two.

    Examples
    --------
    >>> always = Edge(source="consider", target="buy")
    >>> contact = Edge(source="consider", target="buy", on="contact", logit={"base": 0.0})
    >>> edge_names([always, contact])
    ('consider_to_buy', 'consider_to_buy_on_contact')
    """
    edges = tuple(edges)
    pairs = Counter((edge.source, edge.target) for edge in edges)
    names: dict[str, None] = {}
    for edge in edges:
        name = f"{edge.source}_to_{edge.target}"
        if pairs[edge.source, edge.target] > 1:
            name += f"_on_{edge.on}" if edge.on else ""
            name += f"_only_{edge.only}" if edge.only else ""
            name += f"_for_{'_'.join(edge.personas)}"[:60] if edge.personas else ""
        unique, number = name, 1
        while unique in names:
            number += 1
            unique = f"{name}_{number}"
        names[unique] = None
    return tuple(names)


def _read_edges(given: object, stages: Mapping[str, Stage], where: str) -> tuple[Edge, ...]:
    """Read edges from a list, as files have them, or from a mapping by name, as a resolved configuration has them."""
    if isinstance(given, Mapping):
        for name, item in given.items():
            if not isinstance(item, Mapping) or not isinstance(name, str) or not is_spelled(name, _LONGEST_EDGE_NAME):
                found = (
                    f"edges is {show(given)}" if not isinstance(item, Mapping) else f"edges has an edge {show(name)}"
                )
                raise ConfigError(f"{where}: {found}; give a list of {{from, to, ...}}, or such by name, FROM_to_TO")
        return tuple(_read_edge(item, f"edges.{name}", stages, where) for name, item in given.items())
    if not isinstance(given, list | tuple):
        raise ConfigError(f"{where}: edges is {show(given)}; give a list of {{from, to, ...}}")
    return tuple(_read_edge(item, f"edges.{at}", stages, where) for at, item in enumerate(given))


def _read_edge(item: object, key: str, stages: Mapping[str, Stage], where: str) -> Edge:
    if not isinstance(item, Mapping):
        raise ConfigError(f"{where}: {key} is {show(item)}; give a mapping with keys {', '.join(_EDGE_KEYS)}")
    # YAML 1.1 reads the bare word `on` as true; our reader does not, other writers' files may.
    data = {("on" if name is True else name): value for name, value in item.items()}
    for name in data:
        if name not in _EDGE_KEYS:
            raise ConfigError(f"{where}: {key} has unknown key {show(name)}; {suggest(str(name), _EDGE_KEYS)}")
    for end in ("from", "to"):
        if end not in data:
            raise ConfigError(f"{where}: {key} has no {end!r}; name the stage it goes {end}")
        if not isinstance(data[end], str) or data[end] not in stages:
            raise ConfigError(
                f"{where}: {key}.{end} is unknown stage {show(data[end])}; {suggest(str(data[end]), stages)}"
            )
    place = f"{key} ({data['from']} -> {data['to']})"
    on, only = data.get("on"), data.get("only")
    if on is not None and on not in _ONS:
        raise ConfigError(f"{where}: {place}.on is {show(on)}; accepted: {', '.join(_ONS)}, or leave it out")
    if only is not None and only not in GATES:
        raise ConfigError(f"{where}: {place}.only is {show(only)}; accepted: {', '.join(GATES)}, or leave it out")
    logit, probability = data.get("logit"), data.get("probability")
    by_step, personas = data.get("by_step"), data.get("personas")
    given = [name for name in ("logit", "probability", "by_step") if data.get(name) is not None]
    if len(given) > 1:
        raise ConfigError(f"{where}: {place} has both {' and '.join(given)}; give one of them")
    if on == "contact" and logit is None and probability is None and by_step is None:
        raise ConfigError(f"{where}: {place} opens on contact but has no hazard; give it a logit or a probability")
    clock, during, by_visit = data.get("clock"), data.get("during"), data.get("by_visit")
    if clock is not None and (clock not in _CLOCKS or by_step is None):
        found = show(clock) if clock not in _CLOCKS else f"{show(clock)} without by_step"
        raise ConfigError(f"{where}: {place}.clock is {found}; beside by_step, accepted: {', '.join(_CLOCKS)}")
    return Edge(
        source=str(data["from"]),
        target=str(data["to"]),
        on=on,
        only=only,
        logit=None if logit is None else _read_hazard(logit, f"{place}.logit", where),
        probability=None if probability is None else _read_probability(probability, f"{place}.probability", where),
        by_step=() if by_step is None else _read_by_step(by_step, f"{place}.by_step", where),
        forward=clock == "forward",
        personas=() if personas is None else _read_personas(personas, f"{place}.personas", where),
        during=None if during is None else _read_during(during, f"{place}.during", where),
        by_visit=() if by_visit is None else read_by_visit(by_visit, f"{place}.by_visit", where),
    )


def _read_hazard(hazard: object, place: str, where: str) -> Mapping[str, float]:
    hazard = typed_number(hazard)
    if _is_number(hazard):
        return {"base": float(hazard)}  # type: ignore[arg-type]
    if not isinstance(hazard, Mapping):
        raise ConfigError(f"{where}: {place} is {show(hazard)}; give {{base: number, feature: coefficient}}")
    hazard = _numbers(hazard)
    for name, value in hazard.items():
        if name != "base" and name not in FEATURES:
            raise ConfigError(
                f"{where}: {place} has unknown feature {show(name)}; {suggest(str(name), ('base', *FEATURES))}"
            )
        if not _is_number(value) or abs(value) > LARGEST_COEFFICIENT:
            bounds = f"{-LARGEST_COEFFICIENT:.0f} to {LARGEST_COEFFICIENT:.0f}"
            raise ConfigError(f"{where}: {place}.{name} is {show(value)}; give a number from {bounds}")
    return {name: float(value) for name, value in hazard.items()}


def _read_probability(value: object, place: str, where: str) -> Mapping[str, float]:
    value = typed_number(value)
    if isinstance(value, str):
        if value not in FEATURES:
            raise ConfigError(
                f"{where}: {place} is {show(value)}; give a number from 0 to 1 or one of {', '.join(FEATURES)}"
            )
        return {"base": 0.0, value: 1.0}
    hazard = _read_hazard(value, place, where)
    base = hazard.get("base", 0.0)
    if not 0.0 <= base <= 1.0:
        raise ConfigError(f"{where}: {place} is {base:.12g}; give a probability from 0 to 1")
    return hazard


def _read_by_step(given: object, place: str, where: str) -> tuple[tuple[int, float], ...]:
    """Read probabilities by time in stage: one for each step, or pairs of a step and what holds from it on."""
    wanted = "give probabilities such as [0.3, 0.2, 0.1], or pairs [step, probability] whose steps rise from 1"
    if not isinstance(given, list | tuple) or not given:
        raise ConfigError(f"{where}: {place} is {show(given)}; {wanted}")
    if len(given) > MOST_STEPS:
        raise ConfigError(f"{where}: {place} has {len(given)} values; at most {MOST_STEPS} are allowed")
    read_so_far: list[tuple[int, float]] = []
    for at, item in enumerate(given):
        pair = item if isinstance(item, list | tuple) else (at + 1, item)
        step, value = (pair[0], typed_number(pair[1])) if len(pair) == 2 else (None, None)
        last = read_so_far[-1][0] if read_so_far else 0
        is_step = type(step) is int and last < step <= MOST_STEPS and (read_so_far or step == 1)
        if not is_step or not _is_number(value) or not 0.0 <= float(value) <= 1.0:  # type: ignore[arg-type]
            raise ConfigError(f"{where}: {place}.{at} is {show(item)}; {wanted}")
        read_so_far.append((int(step), float(value)))  # type: ignore[arg-type]
    return tuple(read_so_far)


def _read_during(given: object, place: str, where: str) -> tuple[int, int]:
    """Read the first and the last step in which an edge is open; null: it never closes."""
    pair = list(given) if isinstance(given, list | tuple) else []
    pair = [*pair[:-1], LAST_STEP] if len(pair) == 2 and pair[-1] is None else pair
    if len(pair) != 2 or any(type(step) is not int for step in pair) or not 1 <= pair[0] <= pair[1] <= LAST_STEP:
        wanted = "give the first and the last step in which it is open, such as [27, 52], or [27, null]"
        raise ConfigError(f"{where}: {place} is {show(given)}; {wanted}")
    return pair[0], pair[1]


def _read_personas(given: object, place: str, where: str) -> tuple[str, ...]:
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, list | tuple) or not names or not all(isinstance(name, str) for name in names):
        raise ConfigError(f"{where}: {place} is {show(given)}; name one persona, or give a list of names")
    return tuple(dict.fromkeys(names))


def _check_by_step(edges: list[Edge], place: str) -> None:
    """Check that probabilities by time sum to 1 or less in every step, of a stay and of the run, for every persona."""
    always = [edge for edge in edges if edge.on is None and edge.only is None]
    timed = [edge for edge in always if edge.by_step or edge.during]
    personas = {None, *(name for edge in timed for name in edge.personas)}
    begins = {1, *(step for edge in timed if edge.during for step in (edge.during[0], edge.during[1] + 1))}
    ends = sorted(begins)[1:] + [LAST_STEP + 1]
    for persona in personas if timed else ():
        own = [edge for edge in always if not edge.personas or persona in edge.personas]
        for begin, end in zip(sorted(begins), ends, strict=True):
            open_to = [edge for edge in own if edge.during is None or edge.during[0] <= begin <= edge.during[1]]
            total, step = _greatest([edge for edge in open_to if not edge.forward], 1, LAST_STEP)
            ahead, of_run = _greatest([edge for edge in open_to if edge.forward], begin, end)
            total += ahead + math.fsum(
                edge.probability.get("base", 0.0)
                for edge in open_to
                if edge.probability is not None and set(edge.probability) <= {"base"}
            )
            if total > 1.0 + _TOLERANCE:
                whom = "" if persona is None else f" for {persona}"
                when = f"step {of_run} of the run" if ahead > 0.0 else f"step {step}"
                raise ConfigError(
                    f"{place} has probabilities that sum to {total:.12g} in {when}{whom}; make them sum to 1 or less"
                )


def _greatest(edges: list[Edge], begin: int, end: int) -> tuple[float, int]:
    """Return the greatest sum of probabilities by time in the steps from one up to another, and where it is."""
    steps = {step for edge in edges for step, _ in edge.by_step}
    inside = sorted({begin, *(step for step in steps if begin < step < end)})
    changes = [dict(edge.by_step) for edge in edges]
    present = [
        max(((step, value) for step, value in edge.by_step if step <= begin), default=(0, 0.0))[1] for edge in edges
    ]
    best = (0.0, begin)
    for step in inside:
        present = [change.get(step, before) for change, before in zip(changes, present, strict=True)]
        best = max(best, (math.fsum(present), step), key=lambda item: item[0])
    return best


def _is_instant(stage: Stage) -> bool:
    return stage.does == "choose" or stage.weeks == 0


def _check_ways(name: str, stage: Stage, edges: list[Edge], where: str) -> None:
    """Check the edges out of one stage against each other and against what the stage does."""
    place = f"{where}: stage {name!r}"
    if any(edge.logit for edge in edges) and any(edge.probability or edge.by_step for edge in edges):
        raise ConfigError(f"{place} mixes logit and probability edges; use one kind in a stage")
    if any(edge.on == "need" for edge in edges) and stage.does != "wait":
        raise ConfigError(f"{place} has an edge on need but does {stage.does!r}; only a wait stage has a need clock")
    if stage.does == "wait" and not any(edge.on == "need" for edge in edges):
        raise ConfigError(f"{place} waits for a need, but no edge opens on need; add one with `on: need`")
    for on in (None, "need"):
        references = [edge for edge in edges if edge.on == on and edge.is_reference]
        if len(references) > 1:
            raise ConfigError(
                f"{place} has {len(references)} edges without hazard ({', '.join(edge.target for edge in references)});"
                " one alone can be the reference, give the others a logit or a probability"
            )
    constant = math.fsum(
        edge.probability.get("base", 0.0)
        for edge in edges
        if edge.probability is not None
        and set(edge.probability) <= {"base"}
        and edge.only is None
        and edge.on is None
        and not edge.personas
        and edge.during is None
    )
    _check_by_step(edges, place)
    check_by_visit(edges, place, instant=_is_instant(stage))
    if constant > 1.0 + _TOLERANCE:
        raise ConfigError(f"{place} has probabilities that sum to {constant:.12g}; make them sum to 1 or less")
    if _is_instant(stage):
        always = any(
            (edge.on, edge.only, edge.during) == (None, None, None) and not edge.personas and edge.is_reference
            for edge in edges
        )
        if not always and constant < 1.0 - _TOLERANCE:
            raise ConfigError(
                f"{place} resolves within the week but has no edge that is always open;"
                " add an edge without on, only, logit and probability"
            )


def _check_reachable(
    start: Mapping[str, Any], stages: Mapping[str, Stage], edges: tuple[Edge, ...], where: str
) -> None:
    reached = {name for name, share in start.items() if share > 0}
    frontier = list(reached)
    while frontier:
        here = frontier.pop()
        for edge in edges:
            if edge.source == here and edge.target not in reached:
                reached.add(edge.target)
                frontier.append(edge.target)
    for name in stages:
        if name not in reached:
            raise ConfigError(
                f"{where}: stage {name!r} cannot be reached from the start; add an edge to it or remove it"
            )


def _check_cycles(stages: Mapping[str, Stage], edges: tuple[Edge, ...], where: str) -> None:
    """Refuse cycles of stages that resolve within the week: a customer could run round them for ever."""
    instant = {name for name, stage in stages.items() if _is_instant(stage)}
    ways = {name: [edge.target for edge in edges if edge.source == name and edge.target in instant] for name in instant}
    done: set[str] = set()
    for origin in ways:
        path: list[str] = []
        walk: list[tuple[str, int]] = [(origin, 0)]
        while walk:
            name, at = walk.pop()
            if at == 0:
                if name in path:
                    cycle = [*path[path.index(name) :], name]
                    raise ConfigError(
                        f"{where}: stages {' -> '.join(cycle)} resolve within the week and form a cycle;"
                        " give one of them weeks: 1 or more"
                    )
                if name in done:
                    continue
                path.append(name)
            if at < len(ways[name]):
                walk.append((name, at + 1))
                walk.append((ways[name][at], 0))
            else:
                done.add(name)
                path.pop()
