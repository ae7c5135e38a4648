"""Dotted key: values of a scenario read and set by the key that one writes on the command line.

A key is `market.contact.fatigue`, `personas.wary.privacy_concern.mean`, `arms.proactive.focal.strategy.automation`,
`journeys.proactive.edges.consider_to_buy.logit.base` or `population`. Beyond that, `*` stands for every name at its
place, and `times:` or `plus:` before a key changes each value in proportion or by a step instead of setting it, kept
within the range that it may have; the level of a capability is not cut but refused.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from agents.money import as_typed
from agents.personas import Spread
from agents.strategies import CAPABILITIES, PersonaStrategy, TypedCost, with_typed_levels
from sim.scenario.config_path import ConfigPath
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.journey import FEATURES, LARGEST_COEFFICIENT, edge_names
from sim.scenario.normal_form import (
    ROLES,
    SCENARIO_KEYS,
    VALUES,
    merge,
    normalize_journey,
    normalize_scenario,
    written_out,
    written_part,
)
from sim.scenario.resolve import build_journey, check_journeys, check_market, check_personas, resolve
from sim.scenario.resolved import Arm, Plan, ResolvedScenario
from sim.scenario.schema import is_money, plain, read_value, show, typed_number

__all__ = ["RELATIVE", "field_at", "reach_of", "value_at", "with_values"]

#: What may stand before a key: how its value is combined with the one that is there.
RELATIVE: tuple[str, ...] = ("times:", "plus:")
EVERY = "*"
#: A product may be beyond a bound by what rounding makes of it.
_SLACK = 1e-9

S = TypeVar("S", bound=ResolvedScenario)


def with_values(scenario: S, values: Mapping[str, Any], *, config_path: ConfigPath | None = None) -> S:
    """Return a scenario with some of its values changed.

    A value that cannot contradict another part is set in place, which is quick. Any other (a name of a file, a journey,
    a group of values) is set in the scenario's normal form, which is then read anew.

    Parameters
    ----------
    scenario : ResolvedScenario
        Stays as it is; what does not change is shared.
    values : mapping
        Values by dotted key, in the order in which they are laid over each other. ``arms.ARM.competitors`` reaches
        every brand but the focal one. A group (``market``, ``personas``, ``arms.ARM.BRAND.strategy``) may be given the
        name of a file.
    config_path : ConfigPath, optional
        Where files are looked up; the shipped ones by default.

    Returns
    -------
    ResolvedScenario
        Of the class of ``scenario``.

    Raises
    ------
    ConfigError
        If a key leads nowhere, a value cannot be used, or the parts contradict each other afterwards.

    Examples
    --------
    >>> from sim.scenario.scenario import Scenario
    >>> treadmill = Scenario.load("treadmill")
    >>> with_values(treadmill, {"market.contact.fatigue": 0.3, "population": 500}).market.contact.fatigue
    0.3
    """
    changed = scenario
    # Parts of the normal form that have changed and are read anew together; a scenario may hold only as a whole.
    form: dict[str, Any] = {}
    for key, value in values.items():
        how, path = _split(key)
        if _holds(form, path.split(".")[:2]):
            if not how and _holds(form, path.split("."), whole=True):
                _set(form, path, value, key)
                continue
            changed, form = _read_anew(changed, form, config_path), {}
        for steps in _expand(changed, path, key):
            if how and isinstance(_find(changed, steps, key), TypedCost):
                # The amount changes; the level at which it was typed does not.
                steps = (*steps, "amount")
            new = _relative(changed, steps, how, value, key) if how else value
            quick = None if _holds(form, steps[:2]) else _set_quickly(changed, steps, new, key)
            if quick is not None:
                changed = quick
                continue
            _take_part(form, changed, steps, key)
            _set(form, ".".join(steps), new, key)
    if form:
        changed = _read_anew(changed, form, config_path)
    if changed.arms is not scenario.arms:
        # Costs and levels that are set together belong together, whichever comes first.
        changed = replace(changed, arms={name: _with_typed_levels(arm) for name, arm in changed.arms.items()})
    where = f"scenario {scenario.name!r}"
    if changed.market is not scenario.market:
        check_market(changed.market, where)
    if changed.personas is not scenario.personas:
        check_personas(changed.personas, where)
    return changed


def value_at(scenario: ResolvedScenario, key: str) -> Any:
    """Return the value that stands under a key, as plain data; the first one where a key has several.

    Raises
    ------
    ConfigError
        If the key leads nowhere.

    Examples
    --------
    >>> from sim.scenario.scenario import Scenario
    >>> value_at(Scenario.load("treadmill"), "personas.wary.share") > 0
    True
    """
    _, path = _split(key)
    found = _find(scenario, next(_expand(scenario, path, key)), key)
    return found.amount if isinstance(found, TypedCost) else plain(found)


def reach_of(scenario: ResolvedScenario, key: str) -> tuple[float, float] | None:
    """Return between which numbers a relative key changes a value that does not stop at an end of its range.

    In proportion all values that it leads to must go on; by a step one is enough, for personas stand apart.

    Returns
    -------
    (low, high) or None
        None where the key is not relative, or what it changes has no range or is 0 times anything.

    Examples
    --------
    >>> from sim.scenario.scenario import Scenario
    >>> reach_of(Scenario.load("treadmill"), "times:arms.proactive.focal.strategy.effectiveness.automation")
    (0.0, 2.0)
    """
    how, path = _split(key)
    ends: list[tuple[float, float]] = []
    for steps in _expand(scenario, path, key) if how else ():
        field, now = field_at(scenario, ".".join(steps)), value_at(scenario, ".".join(steps))
        if field is None or (how == "times:" and now <= 0.0):
            return None
        bounds = (field.metadata.get(end) for end in ("low", "high"))
        low, high = (
            limit if bound is None else bound for bound, limit in zip(bounds, (-math.inf, math.inf), strict=True)
        )
        ends.append((low / now, high / now) if how == "times:" else (low - now, high - now))
    if not ends:
        return None
    lows, highs = zip(*ends, strict=True)
    return (max(lows), min(highs)) if how == "times:" else (min(lows), max(highs))


def field_at(scenario: ResolvedScenario, key: str) -> dataclasses.Field[Any] | None:
    """Return the declared field that a key ends in, or None where it ends in a bare mapping of numbers."""
    _, path = _split(key)
    *before, last = next(_expand(scenario, path, key))
    if before and before[0] == "journeys" and len(before) > 2:
        return None
    owner = _find(scenario, before, key) if before else scenario
    if owner is None:
        owner = PersonaStrategy()
    if not dataclasses.is_dataclass(owner):
        return None
    if isinstance(getattr(owner, last, None), TypedCost):
        owner, last = TypedCost, "amount"
    return next((field for field in dataclasses.fields(owner) if field.name == last), None)


def _with_typed_levels(arm: Arm) -> Arm:
    plans = {}
    for brand, plan in arm.plans.items():
        strategy = with_typed_levels(plan.strategy)
        plans[brand] = plan if strategy is plan.strategy else replace(plan, strategy=strategy)
    return arm if all(plans[brand] is arm.plans[brand] for brand in plans) else replace(arm, plans=plans)


def _split(key: str) -> tuple[str, str]:
    for word in RELATIVE:
        if key.startswith(word):
            return word, key.removeprefix(word)
    return "", key


def _names(scenario: ResolvedScenario, thing: object) -> list[str]:
    """Return the names that may stand behind a place in a scenario."""
    if thing is scenario:
        return list(SCENARIO_KEYS[1:])
    if isinstance(thing, Arm):
        return [*ROLES, *thing.plans]
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        return [field.name for field in dataclasses.fields(thing)]
    return [str(name) for name in thing] if isinstance(thing, Mapping) else []


def _step(scenario: ResolvedScenario, thing: object, name: str) -> Any:
    """Return what stands behind one step of a path, or raise KeyError."""
    if thing is scenario and name == "personas":
        return {persona.name: persona for persona in scenario.personas}
    if isinstance(thing, Arm):
        return _plan_of(scenario, thing, name)
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        if name not in {field.name for field in dataclasses.fields(thing)}:
            raise KeyError(name)
        return getattr(thing, name)
    if isinstance(thing, Mapping):
        return thing[name]
    raise KeyError(name)


def _brands(scenario: ResolvedScenario, name: str) -> tuple[str, ...]:
    """Return the brands that a word of an arm stands for."""
    if name == "focal":
        return (scenario.market.focal,)
    if name == "competitors":
        return tuple(brand for brand in scenario.brands if brand != scenario.market.focal)
    return (name,) if name in scenario.brands else ()


def _plan_of(scenario: ResolvedScenario, arm: Arm, name: str) -> Plan:
    brands = _brands(scenario, name)
    if not brands:
        raise KeyError(name)
    return arm.plans[brands[0]]


def _find(scenario: ResolvedScenario, steps: Sequence[str], key: str) -> Any:
    """Return what stands at the end of a path."""
    thing: Any = scenario
    at = 0
    while at < len(steps):
        step = steps[at]
        if at == 1 and steps[0] == "journeys" and step in scenario.journeys and len(steps) > 2:
            thing = normalize_journey(scenario.journeys[step])
            at += 1
            continue
        try:
            thing = _step(scenario, thing, step)
        except KeyError:
            if _may_be_new(steps, at, scenario):
                return PersonaStrategy() if len(steps) == at + 1 else None
            if at == 5 and steps[0] == "journeys" and steps[2] == "edges" and (step == "base" or step in FEATURES):
                return 0.0
            raise _unknown(steps, at, _names(scenario, thing), key) from None
        at += 1
    return thing


def _may_be_new(steps: Sequence[str], at: int, scenario: ResolvedScenario) -> bool:
    """Say whether a step names a persona for which a strategy has no levels of its own so far."""
    known = {persona.name for persona in scenario.personas}
    return at >= 2 and steps[0] == "arms" and steps[at - 1] == "personas" and steps[at] in known


def _unknown(steps: Sequence[str], at: int, known: Sequence[str], key: str) -> ConfigError:
    under = ".".join(steps[:at])
    opening = f"accepted under {under}:" if under else "accepted:"
    return ConfigError(f"unknown key {key!r}; {suggest(steps[at], known, opening, under=under)}")


def _expand(scenario: ResolvedScenario, path: str, key: str) -> Iterator[tuple[str, ...]]:
    """Yield the paths that a path with `*` stands for; a path without is yielded as it is."""
    steps = tuple(path.split("."))
    if EVERY not in steps:
        yield steps
        return
    at = steps.index(EVERY)
    thing = _find(scenario, steps[:at], key)
    if at == 1 and steps[0] == "journeys":
        thing = scenario.journeys
    names = list(thing.plans) if isinstance(thing, Arm) else _names(scenario, thing)
    if not names:
        raise ConfigError(f"unknown key {key!r}; there is nothing under {'.'.join(steps[:at])!r}")
    for name in names:
        yield from _expand(scenario, ".".join((*steps[:at], name, *steps[at + 1 :])), key)


def _relative(scenario: ResolvedScenario, steps: Sequence[str], how: str, value: object, key: str) -> Any:
    """Return the value that stands there, in proportion or by a step changed, within its range."""
    now, value = _find(scenario, steps, key), typed_number(value)
    if isinstance(now, Spread):
        raise ConfigError(f"{key} changes a distribution; write {key}.mean")
    if now is None or isinstance(now, bool) or not isinstance(now, int | float):
        raise ConfigError(
            f"{key} changes {'.'.join(steps)}, which is {show(plain(now))}; only a number can be changed so"
        )
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ConfigError(f"{key} is {show(value)}; give a number")
    new = now * value if how == "times:" else now + value
    field = field_at(scenario, ".".join(steps))
    if field is None:
        return new
    low, high = field.metadata.get("low"), field.metadata.get("high")
    if _is_level(steps) and not -_SLACK <= new <= 1.0 + _SLACK:
        raise ConfigError(f"{key} is {show(value)}, and so {'.'.join(steps)} is {new:.6g}; a level is from 0 to 1")
    new = new if low is None else max(low, new)
    new = new if high is None else min(high, new)
    if isinstance(now, int):
        return round(new)
    return as_typed(new) if is_money(field.metadata) else new


def _is_level(steps: Sequence[str]) -> bool:
    """Say whether a key is the level of a capability, of everybody, of a persona or from some step on."""
    if steps[0] != "arms" or steps[-1] not in CAPABILITIES:
        return False
    return steps[-2] == "strategy" or steps[-3] in ("personas", "phases")


def _holds(form: Mapping[str, Any], steps: Sequence[str], *, whole: bool = False) -> bool:
    """Say whether a form holds the part of a scenario in which a key lies or, with ``whole``, what the key leads to."""
    inner: Any = form
    for step in steps if whole or steps[0] == "journeys" else steps[:1]:
        if not isinstance(inner, Mapping) or step not in inner:
            return False
        inner = inner[step]
    return True


def _take_part(form: dict[str, Any], scenario: ResolvedScenario, steps: Sequence[str], key: str) -> None:
    """Put the part of a scenario in which a key lies into the form, unless it is there: one journey, or a top key."""
    head, *rest = steps
    if head == "journeys" and not isinstance(form.get(head, {}), Mapping):
        raise ConfigError(_no_journeys(form[head]))
    if head == "journeys" and rest:
        if rest[0] not in scenario.journeys:
            raise _unknown(steps, 1, list(scenario.journeys), key)
        form.setdefault(head, {}).setdefault(rest[0], normalize_journey(scenario.journeys[rest[0]]))
    else:
        form.setdefault(head, written_part(scenario, head))
    if head == "arms":
        _write_out_brand(form, steps, scenario)


def _set(form: dict[str, Any], path: str, value: Any, key: str) -> None:
    """Set one value of a normal form, in place; a group of values is laid over the one that is there."""
    inner: Any = form
    steps = path.split(".")
    for at, step in enumerate(steps):
        last = at == len(steps) - 1
        # A coefficient that an edge does not have yet is 0 there.
        new = last and at == 5 and steps[2] == "edges" and (step == "base" or step in FEATURES)
        if not isinstance(inner, Mapping) or (step not in inner and not new):
            raise _unknown(steps, at, list(inner) if isinstance(inner, Mapping) else [], key)
        if not last:
            inner = inner[step]
    if isinstance(value, Mapping) and isinstance(inner.get(steps[-1]), dict):
        merge(inner[steps[-1]], value)
    else:
        inner[steps[-1]] = value


def _write_out_brand(form: dict[str, Any], steps: Sequence[str], scenario: ResolvedScenario) -> None:
    """Write out every competitor of an arm, so that one of them can differ from the others."""
    if steps[0] != "arms" or len(steps) < 3 or steps[1] not in scenario.arms or steps[2] not in scenario.brands:
        return
    plans = form["arms"].get(steps[1]) if isinstance(form["arms"], Mapping) else None
    if isinstance(plans, dict) and steps[2] not in plans and "competitors" in plans:
        del plans["competitors"]
        arm = scenario.arms[steps[1]]
        plans |= {brand: plain(plan) for brand, plan in arm.plans.items() if brand != scenario.market.focal}


def _no_journeys(value: object) -> str:
    return f"journeys is {show(value)}; give a mapping from the name of each journey to the journey"


def _read_anew(scenario: S, form: Mapping[str, Any], config_path: ConfigPath | None) -> S:
    """Read the changed parts of a scenario, and every other part that they could contradict."""
    config_path = config_path or ConfigPath.of()
    if not isinstance(form.get("journeys", {}), Mapping):
        raise ConfigError(_no_journeys(form["journeys"]))
    if set(form) == {"journeys"}:
        where = f"scenario {scenario.name!r}"
        journeys = {
            name: build_journey(name, form["journeys"], scenario.market, config_path, where)
            if name in form["journeys"]
            else journey
            for name, journey in scenario.journeys.items()
        }
        check_journeys(journeys, scenario.arms, scenario.baseline, scenario.market, where)
        return replace(scenario, journeys=journeys)
    check_market(scenario.market, f"scenario {scenario.name!r}")  # values set so far may name a brand that is none
    data = written_out(scenario)
    journeys = {**data["journeys"], **form.get("journeys", {})}
    normal = normalize_scenario({**data, **form, "journeys": journeys}, config_path, name=scenario.name)
    return replace(scenario, **resolve(normal, config_path))


def _set_quickly(scenario: S, steps: Sequence[str], value: object, key: str) -> S | None:
    """Set one value of a market, a persona, a strategy, an edge or the scenario itself, where it stands.

    None where the change brings other files or names with it, so that the scenario has to be read anew.
    """
    head, *rest = steps
    if head == "journeys":
        return _with_coefficient(scenario, steps, value)
    _find(scenario, steps, key)
    if isinstance(value, Mapping | list | tuple) or (not rest and head not in VALUES):
        return None
    if head == "arms" and (len(steps) < 5 or steps[3] in ("journey", "best_response") or steps[4] == "doubt"):
        return None
    path = ".".join(steps)
    if head == "arms":
        arm = scenario.arms[rest[0]]
        plans = dict(arm.plans)
        for brand in _brands(scenario, rest[1]):
            plans[brand] = replace(plans[brand], strategy=_with(plans[brand].strategy, rest[3:], value, path))
        return replace(scenario, arms={**scenario.arms, arm.name: replace(arm, plans=plans)})
    if head == "personas":
        name, *inner = rest
        if not inner:
            raise ConfigError(f"{key} is {show(value)}; give a value of the persona, such as {key}.share")
        personas = scenario.personas
        changed = tuple(_with(one, inner, value, path) if one.name == name else one for one in personas)
        return replace(scenario, personas=changed)
    if not rest:
        return replace(scenario, **{head: read_value(ResolvedScenario, head, value, key=path)})
    return replace(scenario, **{head: _with(getattr(scenario, head), rest, value, path)})


def _with(thing: Any, steps: Sequence[str], value: object, path: str) -> Any:
    """Return a part of a scenario with one value changed, checked against its declaration."""
    name, *rest = steps
    if not rest:
        if name == "name" and value != thing.name:
            raise ConfigError(f"{path} is {show(value)}, but names stay; leave it out")
        return replace(thing, **{name: read_value(type(thing), name, value, key=path)})
    inner = getattr(thing, name)
    if isinstance(inner, Mapping):
        entry, *deeper = rest
        if not deeper:
            place = path.rsplit(".", 1)[0]
            return replace(thing, **{name: read_value(type(thing), name, {**plain(inner), entry: value}, key=place)})
        old = inner[entry] if entry in inner else PersonaStrategy()
        return replace(thing, **{name: {**inner, entry: _with(old, deeper, value, path)}})
    return replace(thing, **{name: _with(inner, rest, value, path)})


def _with_coefficient(scenario: S, steps: Sequence[str], value: object) -> S | None:
    """Change one coefficient of a logit: it can break nothing else, so the journey need not be read anew.

    None where that is not what the path asks for, or the value is to be refused with all the words of a journey.
    """
    if len(steps) != 6 or steps[0] != "journeys" or steps[2] != "edges" or steps[4] != "logit":
        return None
    journey, feature = scenario.journeys.get(steps[1]), steps[5]
    if journey is None or (feature != "base" and feature not in FEATURES):
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST_COEFFICIENT:
        return None
    names = edge_names(journey.edges)
    if steps[3] not in names:
        return None
    at = names.index(steps[3])
    edge = journey.edges[at]
    if not edge.logit:
        return None
    changed = replace(edge, logit={**edge.logit, feature: float(value)})
    edges = (*journey.edges[:at], changed, *journey.edges[at + 1 :])
    return replace(scenario, journeys={**scenario.journeys, journey.name: replace(journey, edges=edges)})
