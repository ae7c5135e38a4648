"""Levers: values of a scenario by their dotted path, changed one by one and checked as the command line checks them.

A path is what one writes on the command line: `market.contact.fatigue`, `personas.wary.privacy_concern.mean`,
`arms.proactive.focal.strategy.automation`, `journeys.proactive.edges.consider_to_buy.logit.base`, `population`. Beyond
that, `*` stands for every name at its place, and `times:` or `plus:` before a path changes each value in proportion or
by a step instead of setting it, kept within the range that it may have.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agents.personas import Spread
from agents.strategies import PersonaStrategy
from sim.scenario.config_path import Library
from sim.scenario.errors import ConfigError
from sim.scenario.journey import FEATURES, edge_names
from sim.scenario.load import (
    build_journey,
    check_journeys,
    check_market,
    check_personas,
    override,
    scenario_from_dict,
    scenario_to_dict,
)
from sim.scenario.normal_form import ROLES, VALUES, journey_form
from sim.scenario.scenario import Arm, Plan, Scenario
from sim.scenario.schema import nearest, plain, read_value, show

__all__ = ["SCALES", "Lever", "read_levers", "value_of", "with_values"]

SCALES: tuple[str, ...] = ("linear", "log", "whole")
#: What may stand before a path: how its value is combined with the one that is there.
RELATIVE: tuple[str, ...] = ("times:", "plus:")
EVERY = "*"
#: Of an edge's logit, as a journey's file may say it.
LARGEST_COEFFICIENT = 1e6
_CENT = 0.01


@dataclass(frozen=True, slots=True)
class Lever:
    """A value of a scenario that is moved between two bounds.

    Attributes
    ----------
    path : str
        Dotted path; see :func:`with_values`.
    low, high : float
        Bounds, both reached.
    scale : {'linear', 'log', 'whole'}
        How the way between the bounds is divided; ``whole``: the whole numbers, each as likely as the others.
    step : float or None
        Values are rounded to multiples of it; money that is counted in cents has a step of 0.01.
    """

    path: str
    low: float
    high: float
    scale: str = "linear"
    step: float | None = None

    def at(self, share: float) -> float | int:
        """Return the value at a share of the way from low to high.

        Examples
        --------
        >>> Lever("market.contact.fatigue", 0.1, 0.4, "log").at(0.5)
        0.2
        >>> [Lever("horizon", 1, 4, "whole").at(share) for share in (0.0, 0.49, 0.5, 1.0)]
        [1, 2, 3, 4]
        """
        share = min(1.0, max(0.0, float(share)))
        if self.scale == "whole":
            count = math.floor(self.high) - math.ceil(self.low) + 1
            return math.ceil(self.low) + min(count - 1, int(share * count))
        if share in (0.0, 1.0):
            return float(self.high if share else self.low)
        if self.scale == "log":
            value = self.low * (self.high / self.low) ** share
        else:
            value = self.low + (self.high - self.low) * share
        if self.step is not None:
            value = round(value / self.step) * self.step
            value = round(value, 10)
        else:
            # Twelve figures: what is written down is what was run.
            value = float(f"{value:.12g}")
        return min(self.high, max(self.low, value))

    def share(self, value: float) -> float:
        """Return where a value lies between low and high: the inverse of :meth:`at`, in [0, 1]."""
        if self.high == self.low:
            return 0.0
        if self.scale == "whole":
            count = math.floor(self.high) - math.ceil(self.low) + 1
            share = (value - math.ceil(self.low) + 0.5) / count
        elif self.scale == "log":
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return min(1.0, max(0.0, share))

    def plain(self) -> dict[str, Any]:
        """Return the lever as it stands in a configuration, without its path."""
        return {"low": self.low, "high": self.high, "scale": self.scale}


def with_values(scenario: Scenario, values: Mapping[str, Any], *, library: Library | None = None) -> Scenario:
    """Return a scenario with some of its values changed.

    Parameters
    ----------
    scenario : Scenario
        Stays as it is; what does not change is shared.
    values : mapping
        Values by path, in the order in which they are laid over each other. ``arms.ARM.competitors`` reaches every
        brand but the focal one. A group (``market``, ``personas``, ``arms.ARM.BRAND.strategy``) may be given the name
        of a file.
    library : Library, optional
        Where files are looked up; the shipped ones by default.

    Raises
    ------
    ConfigError
        If a path leads nowhere, a value cannot be used, or the parts contradict each other afterwards.

    Examples
    --------
    >>> treadmill = Scenario.load("treadmill")
    >>> with_values(treadmill, {"market.contact.fatigue": 0.3, "population": 500}).market.contact.fatigue
    0.3
    """
    where = f"scenario {scenario.name!r}"
    changed = scenario
    journeys: dict[str, dict[str, Any]] = {}
    for key, value in values.items():
        how, path = _how(key)
        for steps in _expand(changed, path, key):
            head = steps[0]
            value_now = _relative(changed, steps, how, value, key) if how else value
            coefficient = None if steps[1:2] and steps[1] in journeys else _coefficient(changed, steps, value_now)
            if coefficient is not None:
                changed = coefficient
            elif head == "journeys" and len(steps) > 2:
                _change_journey(changed, steps, value_now, ".".join(steps), journeys)
            elif _is_structural(steps, value_now):
                changed = _rebuilt(changed, ".".join(steps), value_now, library, journeys)
                journeys = {}
            else:
                changed = _changed(changed, steps, value_now, key)
    if journeys:
        changed = _with_journeys(changed, journeys, where)
    if changed.market is not scenario.market:
        check_market(changed.market, where)
    if changed.personas is not scenario.personas:
        check_personas(changed.personas, where)
    return changed


def value_of(scenario: Scenario, path: str) -> Any:
    """Return the value that stands under a path, as plain data; the first one where a path has several.

    Raises
    ------
    ConfigError
        If the path leads nowhere.

    Examples
    --------
    >>> value_of(Scenario.load("treadmill"), "personas.wary.share") > 0
    True
    """
    _, inner = _how(path)
    return plain(_find(scenario, next(_expand(scenario, inner, path)), path))


def read_levers(data: object, scenario: Scenario, where: str = "", *, key: str = "levers") -> tuple[Lever, ...]:
    """Read levers from configuration and check that the scenario accepts both of their bounds.

    Parameters
    ----------
    data : mapping
        By path ``[low, high]`` or ``{low, high, scale}``; paths may be dotted or nested.
    scenario : Scenario
        What the levers move.
    where : str
        File that the data comes from; opens every message.
    key : str
        Key under which the levers stand.

    Raises
    ------
    ConfigError
        If a path leads nowhere, bounds are no numbers, change places, or lie outside what the value may be.
    """
    place = f"{where}: " if where else ""
    if not isinstance(data, Mapping):
        raise ConfigError(f"{place}{key} is {show(data)}; give a mapping of paths to [low, high]")
    levers = []
    for path, said in flatten(data):
        at = f"{place}{key}.{path}"
        levers.append(_read_lever(path, said, scenario, at))
    return tuple(levers)


def flatten(data: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield what a mapping of paths says, path by path, whether they are dotted keys or nested mappings."""
    for name, value in data.items():
        path = f"{before}.{name}" if before else str(name)
        if isinstance(value, Mapping) and not {"low", "high"} & set(value):
            yield from flatten(value, path)
        else:
            yield path, value


def _read_lever(path: str, said: object, scenario: Scenario, at: str) -> Lever:
    given: dict[str, Any]
    if isinstance(said, Mapping):
        given = dict(said)
        for name in given:
            if name not in ("low", "high", "scale"):
                raise ConfigError(f"{at} has unknown key {show(name)}; accepted: low, high, scale")
        if not {"low", "high"} <= set(given):
            raise ConfigError(f"{at} gives only {', '.join(given)}; give both low and high")
    elif isinstance(said, list | tuple) and len(said) == 2:
        given = {"low": said[0], "high": said[1]}
    else:
        raise ConfigError(f"{at} is {show(said)}; give [low, high] or {{low, high, scale}}")
    for name in ("low", "high"):
        value = given[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ConfigError(f"{at}.{name} is {show(value)}; give a number")
    low, high = given["low"], given["high"]
    if not low < high:
        raise ConfigError(f"{at} goes from {show(low)} to {show(high)}; give low below high")
    try:
        now = value_of(scenario, path)
        if isinstance(now, Mapping) and set(now) == {"mean", "concentration"}:
            # A trait's distribution is moved by its mean and keeps its concentration.
            path, now = f"{path}.mean", now["mean"]
    except ConfigError as error:
        raise ConfigError(f"{at}: {error}") from None
    field = _field_of(scenario, path)
    if isinstance(now, bool | str | Mapping | list):
        raise ConfigError(f"{at}: {path} is {show(now)}, which is no number; a lever moves a number")
    is_whole = field is not None and "int" in str(field.type)
    scale = given.get("scale", "whole" if is_whole and not path.startswith(RELATIVE) else "linear")
    if scale not in SCALES:
        match = nearest(str(scale), SCALES)
        hint = f"did you mean {match!r}? " if match else ""
        raise ConfigError(f"{at}.scale is {show(scale)}; {hint}accepted: {', '.join(SCALES)}")
    if scale == "log" and low <= 0:
        raise ConfigError(f"{at}.low is {show(low)}; a log scale begins above 0")
    if scale == "whole" and math.ceil(low) > math.floor(high):
        raise ConfigError(f"{at} holds no whole number between {show(low)} and {show(high)}; give wider bounds")
    if is_whole and scale != "whole" and not path.startswith(RELATIVE):
        raise ConfigError(f"{at}.scale is {scale!r}, but {path} is a whole number; give scale whole")
    in_cents = field is not None and "in whole cents" in field.metadata.get("about", "")
    step = _CENT if in_cents and not path.startswith(RELATIVE) else None
    lever = Lever(path, low, high, scale, step)
    for share in (0.0, 1.0):
        try:
            with_values(scenario, {path: lever.at(share)})
        except ConfigError as error:
            raise ConfigError(f"{at}: {error}") from None
    return lever


def _how(key: str) -> tuple[str, str]:
    for word in RELATIVE:
        if key.startswith(word):
            return word, key.removeprefix(word)
    return "", key


def _names(scenario: Scenario, thing: object) -> list[str]:
    """Return the names that may stand behind a place in a scenario."""
    if thing is scenario:
        return ["market", "personas", "journeys", "arms", "baseline", *VALUES]
    if isinstance(thing, Arm):
        return [*ROLES, *thing.plans]
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        return [field.name for field in dataclasses.fields(thing)]
    return [str(name) for name in thing] if isinstance(thing, Mapping) else []


def _step(scenario: Scenario, thing: object, name: str) -> Any:
    """Return what stands behind one step of a path, or raise KeyError."""
    if thing is scenario and name == "personas":
        return {persona.name: persona for persona in scenario.personas}
    if isinstance(thing, Arm):
        return _plan(scenario, thing, name)
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        if name not in {field.name for field in dataclasses.fields(thing)}:
            raise KeyError(name)
        return getattr(thing, name)
    if isinstance(thing, Mapping):
        return thing[name]
    raise KeyError(name)


def _brands(scenario: Scenario, name: str) -> tuple[str, ...]:
    """Return the brands that a word of an arm stands for."""
    if name == "focal":
        return (scenario.market.focal,)
    if name == "competitors":
        return tuple(brand for brand in scenario.brands if brand != scenario.market.focal)
    return (name,) if name in scenario.brands else ()


def _plan(scenario: Scenario, arm: Arm, name: str) -> Plan:
    brands = _brands(scenario, name)
    if not brands:
        raise KeyError(name)
    return arm.plans[brands[0]]


def _find(scenario: Scenario, steps: Sequence[str], key: str) -> Any:
    """Return what stands at the end of a path."""
    thing: Any = scenario
    at = 0
    while at < len(steps):
        step = steps[at]
        if at == 1 and steps[0] == "journeys" and step in scenario.journeys and len(steps) > 2:
            thing = journey_form(scenario.journeys[step])
            at += 1
            continue
        try:
            thing = _step(scenario, thing, step)
        except KeyError:
            if _may_be_new(steps, at, scenario):
                return PersonaStrategy() if len(steps) == at + 1 else None
            if at == 5 and steps[0] == "journeys" and steps[2] == "edges" and (step == "base" or step in FEATURES):
                return 0.0
            raise _unknown(scenario, steps, at, thing, key) from None
        at += 1
    return thing


def _may_be_new(steps: Sequence[str], at: int, scenario: Scenario) -> bool:
    """Say whether a step names a persona for which a strategy has no levels of its own so far."""
    known = {persona.name for persona in scenario.personas}
    return at >= 2 and steps[0] == "arms" and steps[at - 1] == "personas" and steps[at] in known


def _unknown(scenario: Scenario, steps: Sequence[str], at: int, thing: object, key: str) -> ConfigError:
    known = _names(scenario, thing)
    place = ".".join(steps[:at])
    match = nearest(steps[at], known)
    hint = f"did you mean {'.'.join([*steps[:at], match])!r}? " if match else ""
    names = f"accepted{' under ' + place if place else ''}: {', '.join(known) or 'nothing'}"
    return ConfigError(f"unknown key {key!r}; {hint}{names}")


def _expand(scenario: Scenario, path: str, key: str) -> Iterator[tuple[str, ...]]:
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


def _field_of(scenario: Scenario, path: str) -> dataclasses.Field[Any] | None:
    """Return the declared field that a path ends in, or None where it ends in a bare mapping of numbers."""
    _, inner = _how(path)
    *before, last = next(_expand(scenario, inner, path))
    if before and before[0] == "journeys" and len(before) > 2:
        return None
    owner = _find(scenario, before, path) if before else scenario
    if owner is None:
        owner = PersonaStrategy()
    if not dataclasses.is_dataclass(owner):
        return None
    return next((field for field in dataclasses.fields(owner) if field.name == last), None)


def _relative(scenario: Scenario, steps: Sequence[str], how: str, value: object, key: str) -> Any:
    """Return the value that stands there, in proportion or by a step changed, within its range."""
    now = _find(scenario, steps, key)
    if isinstance(now, Spread):
        raise ConfigError(f"{key} changes a distribution; write {key}.mean")
    if now is None or isinstance(now, bool) or not isinstance(now, int | float):
        raise ConfigError(
            f"{key} changes {'.'.join(steps)}, which is {show(plain(now))}; only a number can be changed so"
        )
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ConfigError(f"{key} is {show(value)}; give a number")
    new = now * value if how == "times:" else now + value
    field = _field_of(scenario, ".".join(steps))
    if field is None:
        return new
    low, high = field.metadata.get("low"), field.metadata.get("high")
    new = new if low is None else max(low, new)
    new = new if high is None else min(high, new)
    if isinstance(now, int):
        return round(new)
    return round(new, 2) if "in whole cents" in field.metadata.get("about", "") else new


def _is_structural(steps: Sequence[str], value: object) -> bool:
    """Say whether a change brings other files or other names with it, so that the scenario has to be read anew."""
    if steps[0] in ("market", "personas", "arms", "journeys", "baseline") and len(steps) == 1:
        return True
    if isinstance(value, Mapping | list | tuple):
        return True
    return steps[0] == "arms" and (len(steps) < 4 or steps[3] == "journey" or (len(steps) == 4))


def _rebuilt(
    scenario: Scenario, path: str, value: object, library: Library | None, journeys: dict[str, dict[str, Any]]
) -> Scenario:
    """Change what brings other parts with it: a market, a persona mix, a strategy or a journey by name."""
    if journeys:
        scenario = _with_journeys(scenario, journeys, f"scenario {scenario.name!r}")
    composed = scenario_to_dict(scenario)
    steps = path.split(".")
    if steps[0] == "arms" and len(steps) > 2 and steps[2] not in composed["arms"].get(steps[1], {}):
        # A brand that was written under its role so far is written out, so that it can differ.
        plans = composed["arms"].get(steps[1], {})
        if steps[2] in scenario.brands and steps[1] in scenario.arms:
            arm = scenario.arms[steps[1]]
            plans.pop("competitors", None)
            for brand, plan in arm.plans.items():
                if brand != scenario.market.focal:
                    plans[brand] = plain(plan)
    if steps == ["market"] and isinstance(value, str):
        composed["market"] = value
    elif steps == ["personas"] and isinstance(value, str):
        composed["personas"] = value
    else:
        override(composed, path, value)
    return scenario_from_dict(composed, library=library, name=scenario.name)


def _changed(scenario: Scenario, steps: Sequence[str], value: object, key: str) -> Scenario:
    """Change one value of a market, a persona, a plan or the scenario itself."""
    head, *rest = steps
    path = ".".join(steps)
    _find(scenario, steps, key)
    if head in VALUES:
        if not rest:
            return replace(scenario, **{head: read_value(Scenario, head, value, key=path)})
        return replace(scenario, **{head: _with(getattr(scenario, head), rest, value, path)})
    if head == "market":
        return replace(scenario, market=_with(scenario.market, rest, value, path))
    if head == "personas":
        name, *inner = rest
        if not inner:
            raise ConfigError(f"{key} is {show(value)}; give a value of the persona, such as {key}.share")
        return replace(
            scenario,
            personas=tuple(
                _with(persona, inner, value, path) if persona.name == name else persona for persona in scenario.personas
            ),
        )
    if head == "arms":
        arm = scenario.arms[rest[0]]
        plans = dict(arm.plans)
        for brand in _brands(scenario, rest[1]):
            plan = plans[brand]
            plans[brand] = replace(plan, strategy=_with(plan.strategy, rest[3:], value, path))
        return replace(scenario, arms={**scenario.arms, arm.name: replace(arm, plans=plans)})
    raise _unknown(scenario, steps, 0, scenario, key)


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


def _coefficient(scenario: Scenario, steps: Sequence[str], value: object) -> Scenario | None:
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


def _change_journey(
    scenario: Scenario, steps: Sequence[str], value: object, key: str, forms: dict[str, dict[str, Any]]
) -> None:
    """Change one value of a journey's written form; the journey is read anew once all are changed."""
    name = steps[1]
    if name not in scenario.journeys:
        raise _unknown(scenario, steps, 1, scenario.journeys, key)
    form = forms.setdefault(name, journey_form(scenario.journeys[name]))
    inner: Any = form
    for at, step in enumerate(steps[2:], start=2):
        last = at == len(steps) - 1
        known = isinstance(inner, Mapping) and step in inner
        # A coefficient that an edge does not have yet is 0 there.
        new = last and at == 5 and steps[2] == "edges" and (step == "base" or step in FEATURES)
        if not known and not new:
            raise _unknown(scenario, steps, at, inner, key)
        if last:
            inner[step] = value
        else:
            inner = inner[step]


def _with_journeys(scenario: Scenario, forms: Mapping[str, Mapping[str, Any]], where: str) -> Scenario:
    library = Library.of()
    journeys = {
        name: build_journey(name, forms, scenario.market, library, where) if name in forms else journey
        for name, journey in scenario.journeys.items()
    }
    check_journeys(journeys, scenario.arms, scenario.baseline, scenario.market, where)
    return replace(scenario, journeys=journeys)
