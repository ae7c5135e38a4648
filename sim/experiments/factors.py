"""Factors: what a question is asked about, each a lever or several that move together, with a name a strategist knows.

`contact_rate` is one value of one strategy; `privacy_concern` shifts the mean of that trait in every persona;
`capability_cost` multiplies everything that the capabilities cost. A level or a contact rate may be one persona's, or
begin later: `contact_rate for wary from 26` (:mod:`sim.experiments.scoped_lever`). A factor of one's own is a path of
:mod:`sim.scenario.dotted_key`, with `*`, `times:` and `plus:` as there; a space may stand for the colon.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agents.strategies import CAPABILITIES, EFFECTIVENESS_BOUNDS, Strategy, highest_level
from sim.experiments.scoped_lever import ScopedLever, read_scope, spread_over_personas, with_phases
from sim.number_format import in_steps
from sim.scenario.config_path import ConfigPath
from sim.scenario.dotted_key import RELATIVE, reach_of, with_values
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.factor import Factor, flatten, read_factor
from sim.scenario.normal_form import SCENARIO_KEYS, merge, normalize_journey
from sim.scenario.resolved import Plan
from sim.scenario.scenario import Scenario
from sim.scenario.schema import between, show, typed_number

__all__ = [
    "NAMED",
    "choose_factors",
    "factor_number",
    "is_named",
    "is_no_lever",
    "isolate_arm",
    "named_values",
    "read_named_factor",
    "set_factors",
    "unknown_lever",
    "written_ranges",
]


@dataclass(frozen=True, slots=True)
class _Named:
    """How a named factor is made of a scenario: its paths, its range and scale, and where the scenario stands."""

    title: str
    label: str
    low: float
    high: float
    scale: str
    own: float | None
    paths: Callable[[Scenario, str], Sequence[tuple[str, float]]]


def _alone(path: str) -> tuple[tuple[str, float], ...]:
    return ((path, 1.0),)


def _strategy(scenario: Scenario, arm: str) -> Strategy:
    return scenario.arms[arm].plans[scenario.market.focal].strategy


def _priced(scenario: Scenario, arm: str) -> list[tuple[str, float]]:
    costs = _strategy(scenario, arm).costs
    place = f"times:arms.{arm}.focal.strategy.costs"
    found = [
        (f"{place}.{kind}.{name}", 1.0)
        for kind in ("build", "run")
        for name in CAPABILITIES
        if getattr(getattr(costs, kind), name).amount > 0.0
    ]
    other = [cost for capability in CAPABILITIES.values() for cost in capability.costs]
    return [*found, *((f"{place}.{cost}", 1.0) for cost in other if getattr(costs, cost) > 0.0)]


def _contact_price(scenario: Scenario, arm: str) -> list[tuple[str, float]]:
    price = _strategy(scenario, arm).costs.contact
    return [(f"times:arms.{arm}.focal.strategy.costs.contact", 1.0)] if price > 0.0 else []


def _contacts(scenario: Scenario, arm: str) -> tuple[tuple[str, float], ...]:
    if not scenario.has_market:
        return ()
    return _alone(f"arms.{arm}.focal.strategy.contacts_per_week.customers")


def _own_path(scenario: Scenario, arm: str, name: str) -> tuple[tuple[str, float], ...]:
    return _alone(f"arms.{arm}.focal.strategy.{name}") if scenario.has_market else ()


def _level_factor(name: str) -> _Named:
    capability = CAPABILITIES[name]
    return _Named(
        f"level of {capability.title}: {capability.about}", capability.title, 0.0, 1.0, "linear", None,
        lambda scenario, arm: _own_path(scenario, arm, name),
    )  # fmt: skip


def _levels(scenario: Scenario, arm: str) -> list[tuple[str, float]]:
    strategy = _strategy(scenario, arm)
    place = f"times:arms.{arm}.focal.strategy"
    found = [(f"{place}.{name}", 1.0) for name in CAPABILITIES if getattr(strategy, name) > 0.0]
    for at, phase in strategy.phases.items():
        found += [(f"{place}.phases.{at}.{name}", 1.0) for name in CAPABILITIES if getattr(phase, name)]
    return found


def _effects(scenario: Scenario, arm: str) -> list[tuple[str, float]]:
    strategy = _strategy(scenario, arm)
    place = f"times:arms.{arm}.focal.strategy.effectiveness"
    return [(f"{place}.{name}", 1.0) for name in CAPABILITIES if highest_level(strategy, name) > 0.0]


def _effect_of(name: str) -> Callable[[Scenario, str], list[tuple[str, float]]]:
    def paths(scenario: Scenario, arm: str) -> list[tuple[str, float]]:
        return [item for item in _effects(scenario, arm) if item[0].endswith(f".{name}")]

    return paths


def _shortcuts(scenario: Scenario, arm: str) -> list[tuple[str, float]]:
    """Return the edges by which the last brand is bought again without a look at the market."""
    found = []
    for name, journey in scenario.journeys.items():
        edges = normalize_journey(journey)["edges"]
        for edge, said in edges.items():
            loop = said.get("only") == "incumbent" and said.get("on") is None and "logit" in said
            if loop and journey.stages[said["to"]].does == "choose":
                found.append((f"plus:journeys.{name}.edges.{edge}.logit.base", 1.0))
    return found


def _answers(scenario: Scenario, arm: str) -> list[tuple[str, float]]:
    """Return what the competitors copy: capabilities, contacts and what is known of prospects."""
    if len(scenario.brands) < 2:
        return []
    strategy = _strategy(scenario, arm)
    place = f"arms.{arm}.competitors.strategy"
    levels = {name: getattr(strategy, name) for name in (*CAPABILITIES, "prospect_knowledge")}
    levels |= {
        f"contacts_per_week.{who}": getattr(strategy.contacts_per_week, who) for who in ("customers", "prospects")
    }
    return [(f"{place}.{name}", level) for name, level in levels.items() if level > 0.0]


#: Named factors. Ranges are assumptions, wide on purpose; give your own beside the name.
NAMED: Mapping[str, _Named] = {
    "privacy_concern": _Named(
        "privacy concern, shift of every persona's mean", "privacy concern", -0.3, 0.4, "linear", 0.0,
        lambda scenario, arm: _alone("plus:personas.*.privacy_concern.mean"),
    ),
    "contact_rate": _Named(
        "contacts per customer and week", "contact rate", 0.0, 0.6, "linear", None,
        _contacts,
    ),
    "prospect_contact_rate": _Named(
        "contacts per week of anybody who is no customer", "contacts to prospects", 0.0, 0.2, "linear", None,
        lambda scenario, arm: _own_path(scenario, arm, "contacts_per_week.prospects"),
    ),
    "prospect_knowledge": _Named(
        "what is known of people who are no customers", "knowledge of prospects", 0.0, 1.0, "linear", None,
        lambda scenario, arm: _own_path(scenario, arm, "prospect_knowledge"),
    ),
    "start_week": _Named(
        "week of the horizon in which the strategy starts", "start week", 0.0, 52.0, "whole", None,
        lambda scenario, arm: _own_path(scenario, arm, "start_week"),
    ),
    **{name: _level_factor(name) for name in CAPABILITIES},
    "capability_cost": _Named(
        "cost of the capabilities, multiple of the scenario's", "capability cost", 0.125, 8.0, "log", 1.0,
        _priced,
    ),
    "contact_cost": _Named(
        "cost of a contact, multiple of the scenario's", "contact cost", 0.5, 4.0, "log", 1.0,
        _contact_price,
    ),
    "product_quality": _Named(
        "quality of the brand's product, shift in utility", "product quality", -0.8, 0.6, "linear", 0.0,
        lambda scenario, arm: _alone(f"plus:market.brands.{scenario.market.focal}.quality"),
    ),
    "margin": _Named(
        "margin of one purchase, multiple of the scenario's", "margin", 0.4, 1.6, "linear", 1.0,
        lambda scenario, arm: _alone(f"times:market.brands.{scenario.market.focal}.unit_margin"),
    ),
    "deliberation": _Named(
        "deliberation, shift of every persona's mean", "deliberation", -0.3, 0.3, "linear", 0.0,
        lambda scenario, arm: _alone("plus:personas.*.deliberation.mean"),
    ),
    "loyalty": _Named(
        "loyalty-drivenness of the category, shift in log odds of buying again unasked", "loyalty of the category",
        -1.5, 2.5, "linear", 0.0,
        _shortcuts,
    ),
    "fatigue": _Named(
        "fatigue from a contact, multiple of the scenario's", "contact fatigue", 0.25, 4.0, "log", 1.0,
        lambda scenario, arm: _alone("times:market.contact.fatigue"),
    ),
    "capability_level": _Named(
        "level of the capabilities, multiple of the scenario's", "capability level", 0.0, 1.4, "linear", 1.0,
        _levels,
    ),
    "effectiveness": _Named(
        "effectiveness of the capabilities at the same cost, multiple of the scenario's", "effectiveness",
        *EFFECTIVENESS_BOUNDS, "linear", 1.0,
        _effects,
    ),
    **{
        f"{name}_effectiveness": _Named(
            f"effectiveness of {capability.title} at the same cost, multiple of the scenario's",
            f"effectiveness of {capability.title}", *EFFECTIVENESS_BOUNDS, "linear", 1.0, _effect_of(name),
        )
        for name, capability in CAPABILITIES.items()
    },
    "competitors_answer": _Named(
        "how far competitors copy, share of the brand's own levels", "competitors' answer", 0.0, 1.0, "linear", 0.0,
        _answers,
    ),
}  # fmt: skip


def is_named(name: str) -> bool:
    """Say whether a lever has a name, also for one persona or from some step on; else it is a path.

    Examples
    --------
    >>> is_named("contact_rate"), is_named("contact_rate for wary"), is_named("market.contact.fatigue")
    (True, True, False)
    """
    return name in NAMED or read_scope(name) is not None


def is_no_lever(name: str) -> bool:
    """Say whether a word is neither the name of a lever nor a key of the scenario that is a number."""
    return "." not in name and not is_named(name) and name not in ("population", "horizon", "burn_in")


def unknown_lever(name: str) -> str:
    """Say what is accepted instead of a word that is no lever."""
    return f"levers names {show(name)}; {suggest(name, NAMED, 'give one of')}, or a path such as market.contact.fatigue"


def factor_number(factor: Factor, number: float) -> str:
    """Write one of a factor's numbers with what it means: `x2.5`, `+0.2`, `0.15`."""
    size = f"{abs(number):.3g}"
    relative = factor.paths[0][0]
    if relative.startswith("times:"):
        return f"×{size}"
    if relative.startswith("plus:"):
        return f"{'−' if number < 0 and size != '0' else '+' if number > 0 else '±'}{size}"
    return f"{'−' if number < 0 and size != '0' else ''}{size}"


def choose_factors(data: object, scenario: Scenario, arm: str, *, names: Sequence[str]) -> tuple[Factor, ...]:
    """Read the factors of a question and check that the scenario accepts both ends of each.

    Parameters
    ----------
    data : object
        None for those of ``names`` that the scenario has; a list of names; or a mapping of names or paths to
        ``[low, high]``, ``{low, high, scale}``, or null for a name's own range.
    scenario : Scenario
        As :func:`isolate_arm` leaves it.
    arm : str
        The arm whose strategy is in question.
    names : sequence of str
        Names used where none are given.

    Returns
    -------
    tuple of Factor
        No two of them set the same dotted key.

    Raises
    ------
    ConfigError
        If a name or path leads nowhere, or a range cannot be used.
    """
    if data is None:
        there = [name for name in names if NAMED[name].paths(scenario, arm)]
        return tuple(read_named_factor(name, None, scenario, arm) for name in there)
    if isinstance(data, str):
        data = [data]
    if isinstance(data, list | tuple):
        for at, item in enumerate(data):
            if not isinstance(item, str):
                raise ConfigError(f"levers holds {show(item)}; give names, or a mapping of names or paths to ranges")
            if item in data[:at]:
                raise ConfigError(f"levers names {item} twice; leave one out")
        data = dict.fromkeys(data)
    personas = [persona.name for persona in scenario.personas]
    if not isinstance(data, Mapping):
        raise ConfigError(
            f"levers is {show(data)}; give null, a list of names, or a mapping of names or paths to ranges"
        )
    if not data:
        raise ConfigError("levers is empty; leave it out for the usual ones, or name one at least")
    factors = []
    listed = [(name, said) for key, said in flatten(data) for name in spread_over_personas(key, personas)]
    for written_name, said in listed:
        # A colon is hard to write on the command line: `times PATH` is `times:PATH`.
        how, _, path = written_name.partition(" ")
        name = f"{how}:{path.strip()}" if path and f"{how}:" in RELATIVE else written_name
        if is_named(name):
            factor = read_named_factor(name, said, scenario, arm)
        elif is_no_lever(name):
            raise ConfigError(unknown_lever(name))
        elif said is None:
            raise ConfigError(f"levers.{name} has no range; give [low, high]")
        else:
            factor = replace(read_factor(name, said, scenario, f"levers.{name}"), name=name)
        factors.append(factor)
    taken: dict[str, str] = {}
    for factor in factors:
        for path, _ in factor.paths:
            if path in taken:
                raise ConfigError(f"levers names {taken[path]} and {factor.name}, which both set {path}; leave one out")
            taken[path] = factor.name
    return tuple(factors)


def written_ranges(factors: Iterable[Factor]) -> dict[str, Any]:
    """Return factors as they stand in a configuration, every range written out."""
    return {factor.name: factor.plain() for factor in factors}


def set_factors(data: Mapping[str, Any], config_path: ConfigPath) -> dict[str, Any]:
    """Return a composed configuration in which its `factors` (numbers by name) are set in its scenario.

    Raises
    ------
    ConfigError
        If the configuration has no scenario, or the scenario has nothing that a factor could change.
    """
    chosen = data.get("factors")
    rest = {key: value for key, value in data.items() if key != "factors"}
    if not chosen:
        return rest
    if rest.get("market") is None:
        raise ConfigError(f"{', '.join(chosen)}: a factor changes a scenario, and here is none; leave it out")
    given = {key: value for key, value in rest.items() if key in SCENARIO_KEYS}
    scenario = Scenario.from_dict(given, config_path=config_path)
    for name, value in chosen.items():
        _check_number(name, value, scenario, config_path)
    return rest | with_values(scenario, named_values(chosen, scenario), config_path=config_path).to_dict()


def _check_number(name: str, value: object, scenario: Scenario, config_path: ConfigPath) -> None:
    """Refuse a number at which a factor sets what cannot be."""
    values = named_values({name: value}, scenario)
    try:
        with_values(scenario, values, config_path=config_path)
    except ConfigError as error:
        raise ConfigError(f"{name} is {show(value)}, and so {error}") from error


def _between(low: float, high: float) -> str:
    return between(*(end if math.isfinite(end) else None for end in (low, high)))


def _reach(scenario: Scenario, paths: Iterable[str]) -> tuple[float, float]:
    """Return between which numbers relative paths change values: all of them in proportion, by a step one at least."""
    paths = list(paths)
    found = [ends for path in paths if (ends := reach_of(scenario, path)) is not None]
    if not found:
        return -math.inf, math.inf
    lows, highs = zip(*found, strict=True)
    together = all(path.startswith("times:") for path in paths)
    low, high = (max(lows), min(highs)) if together else (min(lows), max(highs))
    return (
        math.ceil(low * 1e6) / 1e6 if math.isfinite(low) else low,
        math.floor(high * 1e6) / 1e6 if math.isfinite(high) else high,
    )


def named_values(values: Mapping[str, Any], scenario: Scenario, *, checked: bool = False) -> dict[str, Any]:
    """Return values by dotted key, those of named factors written out for every arm but the baseline.

    Parameters
    ----------
    values : mapping
        By the name of a factor, or by dotted key; the latter stay as they are.
    scenario : Scenario
        What they are to change.
    checked : bool
        Whether it is known already that no value is cut: asking takes a tenth of a millisecond.

    Returns
    -------
    dict

    Raises
    ------
    ConfigError
        If a named factor is given no number, or one at which a value would be cut, or no arm has anything that it
        could change.

    Examples
    --------
    >>> treadmill = Scenario.load("treadmill")
    >>> named_values({"contact_rate": 0.3}, treadmill)
    {'arms.proactive.focal.strategy.contacts_per_week.customers': 0.3}
    """
    written: dict[str, Any] = {}
    arms = [arm for arm in scenario.arms if arm != scenario.baseline] or [scenario.baseline]
    for name, value in values.items():
        if not is_named(name):
            written[name] = value
            continue
        scope = read_scope(name)
        title = NAMED[name if scope is None else scope.base].title
        number = typed_number(value)
        if not isinstance(number, int | float) or isinstance(number, bool) or not math.isfinite(number):
            raise ConfigError(f"{name} is {show(value)}; give a number ({title})")
        if scope is not None:
            scope.check(name, scenario)
            for arm in arms:
                merge(written, _scoped_values(name, scope, number, scenario, arm))
            continue
        paths = dict(path for arm in arms for path in NAMED[name].paths(scenario, arm))
        if not paths:
            raise ConfigError(
                f"{name} is {show(value)}, but scenario {scenario.name!r} has nothing that it could change"
            )
        if name == "competitors_answer":
            for arm in arms:
                journey = scenario.arms[arm].plans[scenario.market.focal].journey
                written |= {f"arms.{arm}.{brand}.journey": journey for brand in _idle_competitors(scenario, arm)}
        low, high = (number, number) if checked else _reach(scenario, paths)
        if not low <= number <= high:
            raise ConfigError(f"{name} is {show(value)}; give a number{_between(low, high)} ({title})")
        written |= Factor(name, number, number, paths=tuple(paths.items())).values(number)
    return written


def _scoped_values(name: str, scope: ScopedLever, number: float, scenario: Scenario, arm: str) -> dict[str, Any]:
    """Return what sets a scoped lever in an arm that may not have the phase yet."""
    phased = with_phases(scenario, arm, [name])
    path = scope.path(phased, arm)
    if phased is scenario:
        return {path: number}
    place, _, inside = path.partition(".phases.")
    phase, *steps = inside.split(".")
    levels: Any = number
    for step in reversed(steps):
        levels = {step: levels}
    return {f"{place}.phases": {phase: {"weeks": scope.weeks, **levels}}}


def isolate_arm(scenario: Scenario, arm: str, data: object) -> Scenario:
    """Return the scenario with only the baseline and one arm, prepared for its factors.

    For `competitors_answer` competitors get the brand's own journey in that arm, where they do nothing so far: with
    every level at 0 that journey is the classic one to the bit (pattern P8), so this changes no number.

    Parameters
    ----------
    scenario : Scenario
        Stays as it is.
    arm : str
        The arm in question.
    data : object
        The factors that are asked for, as :func:`choose_factors` takes them.

    Returns
    -------
    Scenario
        With the baseline and the arm.
    """
    names = {scenario.baseline, arm}
    small = replace(scenario, arms={name: scenario.arms[name] for name in scenario.arms if name in names})
    small = with_phases(small, arm, _names_in(data))
    asked = data is None or (isinstance(data, str | list | tuple | Mapping) and "competitors_answer" in data)
    if not asked or len(scenario.brands) < 2:
        return small
    plans = dict(small.arms[arm].plans)
    journey = plans[scenario.market.focal].journey
    for brand in _idle_competitors(scenario, arm):
        plans[brand] = Plan(journey=journey, strategy=plans[brand].strategy)
    return replace(small, arms={**small.arms, arm: replace(small.arms[arm], plans=plans)})


def _names_in(data: object) -> list[str]:
    """Return the names of the factors that are asked for, as far as they can be told."""
    if isinstance(data, Mapping):
        return [name for name, _ in flatten(data)]
    found = [data] if isinstance(data, str) else data if isinstance(data, list | tuple) else []
    return [name for name in found if isinstance(name, str)]


def _idle_competitors(scenario: Scenario, arm: str) -> list[str]:
    """Return the competitors that do nothing in an arm so far: no capability, no contact."""
    found = []
    for brand, plan in scenario.arms[arm].plans.items():
        strategy = plan.strategy
        acting = any(highest_level(strategy, name) for name in (*CAPABILITIES, "customers", "prospects"))
        if brand != scenario.market.focal and not acting and not strategy.personas:
            found.append(brand)
    return found


def read_named_factor(name: str, said: object, scenario: Scenario, arm: str) -> Factor:
    """Read a factor that has a name.

    Parameters
    ----------
    name : str
        One of `NAMED`.
    said : object
        ``[low, high]``, ``{low, high, scale}``, or null for the name's own range.
    scenario : Scenario
        What the factor changes.
    arm : str
        The arm whose strategy it changes.

    Returns
    -------
    Factor

    Raises
    ------
    ConfigError
        If the arm has nothing that it could change, or the range cannot be used.
    """
    scope = read_scope(name)
    if scope is not None:
        return _read_scoped(name, scope, said, scenario, arm)
    kind = NAMED[name]
    paths = tuple(kind.paths(scenario, arm))
    if not paths:
        raise ConfigError(f"levers names {name}, but the arm {arm!r} of {scenario.name!r} has nothing it could move")
    low, high = _doubted(name, scenario, arm) or (kind.low, kind.high)
    least, most = _reach(scenario, [path for path, _ in paths])
    given = _given(name, {"low": max(low, least), "high": min(high, most), "scale": kind.scale}, said)
    for end in ("low", "high"):
        number: Any = typed_number(given[end])
        if isinstance(number, int | float) and not least <= number <= most:
            raise ConfigError(
                f"levers.{name}.{end} is {show(given[end])}; give a number{_between(least, most)} ({kind.title})"
            )
    for path, weight in paths:
        _check(name, path, given, weight, scenario)
    if kind.own is None:
        factor = read_factor(paths[0][0], given, scenario, f"levers.{name}")
    else:
        factor = Factor(name, float(given["low"]), float(given["high"]), given["scale"], own=kind.own)
    title, label = (in_steps(words, scenario.step) for words in (kind.title, kind.label))
    return replace(factor, name=name, title=title, label=label, paths=paths)


def _given(name: str, usual: Mapping[str, Any], said: object) -> dict[str, Any]:
    """Return the range of a factor that has a name: what was said laid over the usual."""
    given: Any = dict(usual)
    if isinstance(said, Mapping):
        given |= said
    elif said is not None:
        if not isinstance(said, list | tuple) or len(said) != 2:
            raise ConfigError(f"levers.{name} is {show(said)}; give [low, high], {{low, high, scale}}, or null")
        given |= {"low": said[0], "high": said[1]}
        if given["scale"] == "log" and isinstance(said[0], int | float) and said[0] <= 0:
            given["scale"] = "linear"
    return dict(given)


def _read_scoped(name: str, scope: ScopedLever, said: object, scenario: Scenario, arm: str) -> Factor:
    """Read a level or a contact rate for one persona, or from some step on."""
    kind = NAMED[scope.base]
    scope.check(name, scenario)
    if not kind.paths(scenario, arm):
        raise ConfigError(f"levers names {name}, but the arm {arm!r} of {scenario.name!r} has nothing it could move")
    given = _given(name, {"low": kind.low, "high": kind.high, "scale": kind.scale}, said)
    factor = read_factor(scope.path(scenario, arm), given, scenario, f"levers.{name}")
    return replace(
        factor,
        name=name,
        title=scope.words(in_steps(kind.title, scenario.step), scenario.step),
        label=scope.words(in_steps(kind.label, scenario.step), scenario.step),
        own=scope.own(scenario, arm),
    )


def _doubted(name: str, scenario: Scenario, arm: str) -> tuple[float, float] | None:
    """Return the range of a factor of effectiveness that the arm's strategy states as its doubt."""
    doubt = _strategy(scenario, arm).doubt if name.endswith("effectiveness") else None
    if doubt is None:
        return None
    asked = [item for item in CAPABILITIES if name in ("effectiveness", f"{item}_effectiveness")]
    ranges = [getattr(doubt, item) for item in asked if getattr(doubt, item) is not None]
    ends = min((item.low for item in ranges), default=1.0), max((item.high for item in ranges), default=1.0)
    return ends if ends[0] < ends[1] else None


def _check(name: str, path: str, given: Mapping[str, Any], weight: float, scenario: Scenario) -> None:
    scaled: Any = given
    if weight != 1.0 and all(isinstance(given.get(key), int | float) for key in ("low", "high")):
        scaled = {**given, "low": given["low"] * weight, "high": given["high"] * weight}
    read_factor(path, scaled, scenario, f"levers.{name}")
