"""Load: a scenario from its name, its file or its resolved configuration, and back."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from agents.personas import Persona
from agents.strategies import Strategy
from sim.scenario.config_path import Library
from sim.scenario.errors import ConfigError
from sim.scenario.journey import Journey, read_journey, stage_names
from sim.scenario.market import Market
from sim.scenario.normal_form import (
    REACTIVE,
    ROLES,
    VALUES,
    compose,
    draft_scenario,
    form,
    journey_form,
    lay_over,
)
from sim.scenario.scenario import Arm, Plan, Scenario
from sim.scenario.schema import nearest, plain, read, read_value, show
from sim.scenario.settings import SETTINGS
from sim.scenario.yaml_reader import read_document

__all__ = [
    "build_journey",
    "check_journeys",
    "check_market",
    "check_personas",
    "load_file",
    "load_scenario",
    "override",
    "read_scenario_file",
    "scenario_from_dict",
    "scenario_to_dict",
]

#: Sets of brands are bit masks of 64 bits.
MOST_BRANDS = 64
#: Persona and stage are kept in one byte per customer.
MOST_PERSONAS = 255
MOST_STAGES = 127
MOST_CHANNELS = 127
#: Words that stand for several personas, or for none, in the tables of results.
RESERVED_PERSONAS: tuple[str, ...] = ("all", "company", "use")
#: Words that stand for something else where a brand's name may stand.
RESERVED_BRANDS: tuple[str, ...] = (*ROLES, "journey", "strategy")


def load_scenario(name: str, *, config_dir: str | Path | None = None, **overrides: Any) -> Scenario:
    """Load a scenario by name.

    Parameters
    ----------
    name : str
        Name of a file in `scenario/`, shipped or in ``config_dir``.
    config_dir : path, optional
        A folder of one's own, searched before the shipped one.
    **overrides
        Values by key; a dotted key reaches inside: ``**{"market.price_elasticity": -2}``. ``market`` and ``personas``
        may be the name of another file.

    Raises
    ------
    ConfigError
        If a file, key or value cannot be used.
    """
    library = Library.of() if config_dir is None else Library.of(config_dir)
    data, where = read_scenario_file(name, library)
    return _load(data, where, name, library, overrides)


def load_file(path: str | Path, *, config_dir: str | Path | None = None, **overrides: Any) -> Scenario:
    """Load a scenario from a file: one of `scenario/`, or the `config.yaml` of a result folder.

    A file that lies in a folder called `scenario` may name its neighbours in `market/`, `personas/`, `journey/` and
    `strategy/`. See :func:`load_scenario` for the rest.
    """
    path = Path(path)
    # Which near-best fits it was run over is said beside the scenario, as settings are.
    data = {key: value for key, value in read_document(path).items() if key not in (*SETTINGS, "ensemble")}
    folders = [config_dir] if config_dir is not None else []
    if path.absolute().parent.name == "scenario":
        folders.append(path.absolute().parent.parent)
    return _load(data, str(path), path.stem, Library.of(*folders), overrides)


def read_scenario_file(name: str, library: Library, *, key: str = "") -> tuple[dict[str, Any], str]:
    """Read the file of a scenario; return its data and how messages call it."""
    data, where = library.read("scenario", name, key=key)
    if data.get("name", name) != name:
        raise ConfigError(f"{where}: name is {show(data['name'])}, but the file is called {name!r}; rename one")
    return data, where


def scenario_from_dict(
    resolved: Mapping[str, Any], *, library: Library | None = None, where: str = "", name: str = "scenario"
) -> Scenario:
    """Build a scenario from plain data: the inverse of :func:`scenario_to_dict`.

    Names of files that are left in the data are looked up in the library.

    Raises
    ------
    ConfigError
        If a key is unknown or missing, a value cannot be used, or parts contradict each other.
    """
    library = library or Library.of()
    composed = compose(draft_scenario(resolved, where=where, name=name), library, where=where)
    return _build(composed, library, where or f"scenario {composed['name']!r}")


def scenario_to_dict(scenario: Scenario) -> dict[str, Any]:
    """Return a scenario as plain data, every field written out."""
    return {
        "name": scenario.name,
        "market": plain(scenario.market),
        "personas": {persona.name: plain(persona) for persona in scenario.personas},
        "journeys": {name: journey_form(journey) for name, journey in scenario.journeys.items()},
        "baseline": scenario.baseline,
        "arms": {name: _arm_to_dict(arm, scenario.market) for name, arm in scenario.arms.items()},
        **{key: plain(getattr(scenario, key)) for key in VALUES},
    }


def _load(data: dict[str, Any], where: str, name: str, library: Library, overrides: Mapping[str, Any]) -> Scenario:
    late = {}
    for key, value in overrides.items():
        if key in ("market", "personas") and isinstance(value, str):
            given = data.get(key)
            # A named file is replaced; what the scenario changes about it stays, as on the command line.
            data[key] = {**given, "use": value} if isinstance(given, Mapping) and "use" in given else value
        else:
            late[key] = value
    composed = compose(draft_scenario(data, where=where, name=name), library, where=where)
    for key, value in late.items():
        override(composed, key, value)
    return scenario_from_dict(composed, library=library, name=name)


def override(composed: dict[str, Any], key: str, value: Any) -> None:
    """Set one value of a resolved configuration by its dotted key, in place."""
    inner: Any = composed
    *path, last = key.split(".")
    for depth, step in enumerate((*path, last)):
        known = list(inner) if isinstance(inner, Mapping) else []
        if step not in known:
            place = ".".join(key.split(".")[:depth])
            match = nearest(step, known)
            hint = f"did you mean {match!r}? " if match else ""
            names = f"accepted{' under ' + place if place else ''}: {', '.join(known) or 'nothing'}"
            raise ConfigError(f"unknown key {key!r}; {hint}{names}")
        if depth < len(path):
            inner = inner[step]
    if isinstance(value, Mapping) and isinstance(inner[last], dict):
        lay_over(inner[last], value)
    else:
        inner[last] = value


def _build(data: Mapping[str, Any], library: Library, where: str) -> Scenario:
    market = read(Market, data["market"], where=where, key="market")
    check_market(market, where)
    personas = _build_personas(data["personas"], where)
    baseline = data["baseline"]
    if baseline not in data["arms"]:
        match = nearest(str(baseline), data["arms"])
        hint = f"did you mean {match!r}? " if match else ""
        raise ConfigError(
            f"{where}: baseline is {show(baseline)}, which is no arm; {hint}the arms are {', '.join(data['arms'])}"
        )
    fallback = market.journey or _plan_value(data["arms"][baseline], market.focal, market.focal, "journey")
    if fallback is None:
        raise ConfigError(f"{where}: market.journey is empty and arms.{baseline}.focal.journey is missing; give one")
    if not market.journey:
        market = _with_journey(market, str(fallback))
    arms = {
        name: Arm(name=name, plans=_build_plans(plans, f"arms.{name}", market, personas, where))
        for name, plans in data["arms"].items()
    }
    named = dict.fromkeys(plan.journey for arm in arms.values() for plan in arm.plans.values())
    named[market.journey] = None
    journeys = {name: build_journey(name, data["journeys"], market, library, where) for name in named}
    check_journeys(journeys, arms, baseline, market, where)
    return Scenario(
        name=data["name"],
        market=market,
        personas=personas,
        journeys=journeys,
        arms=arms,
        baseline=baseline,
        **{key: read_value(Scenario, key, data[key], where=where) for key in VALUES},
    )


def check_journeys(
    journeys: Mapping[str, Journey], arms: Mapping[str, Arm], baseline: str, market: Market, where: str
) -> None:
    """Check what only all journeys together can break."""
    count = len(stage_names(journeys))
    if count > MOST_STAGES:
        raise ConfigError(
            f"{where}: the journeys {', '.join(journeys)} have {count} stages of different names;"
            f" give up to {MOST_STAGES}"
        )
    if market.name != "none":
        return
    # Without brands nobody leads a customer from one chain to another, so all chains begin alike.
    begin = journeys[arms[baseline].plans[market.focal].journey]
    for arm in arms.values():
        journey = journeys[arm.plans[market.focal].journey]
        if dict(journey.start) != dict(begin.start):
            raise ConfigError(
                f"{where}: arms.{arm.name} starts journey {journey.name!r} otherwise than the baseline starts"
                f" {begin.name!r}; give both the same start, or compare them in two runs"
            )


def check_market(market: Market, where: str) -> None:
    """Check what only the parts of a market together can break."""
    brands = tuple(market.brands)
    if not 1 <= len(brands) <= MOST_BRANDS:
        raise ConfigError(f"{where}: market.brands has {len(brands)} brands; give 1 to {MOST_BRANDS}")
    for brand in brands:
        if brand in RESERVED_BRANDS:
            raise ConfigError(f"{where}: market.brands has a brand {brand!r}, a word with a meaning in arms; rename it")
    if market.focal not in brands:
        match = nearest(market.focal, brands)
        hint = f"did you mean {match!r}? " if match else ""
        raise ConfigError(
            f"{where}: market.focal is {market.focal!r}, which is no brand; {hint}the brands are {', '.join(brands)}"
        )
    if len(market.channels) > MOST_CHANNELS:
        raise ConfigError(f"{where}: market.channels has {len(market.channels)} channels; give up to {MOST_CHANNELS}")


def _build_personas(data: Mapping[str, Any], where: str) -> tuple[Persona, ...]:
    if not 1 <= len(data) <= MOST_PERSONAS:
        raise ConfigError(f"{where}: personas has {len(data)} personas; give 1 to {MOST_PERSONAS}")
    for name in data:
        if name in RESERVED_PERSONAS:
            raise ConfigError(f"{where}: personas has a persona {name!r}, a word with a meaning of its own; rename it")
    personas = tuple(
        read(Persona, {**persona, "name": name}, where=where, key=f"personas.{name}") for name, persona in data.items()
    )
    check_personas(personas, where)
    return personas


def check_personas(personas: Iterable[Persona], where: str) -> None:
    """Check that the shares of all personas together are shares of something."""
    personas = tuple(personas)
    if not math.isfinite(sum(persona.share for persona in personas)):
        raise ConfigError(f"{where}: personas have shares that sum to more than can be counted; give smaller shares")
    if sum(persona.share for persona in personas) <= 0:
        raise ConfigError(f"{where}: personas have shares that sum to 0; give at least one of them a share above 0")


def _plan_value(plans: Mapping[str, Any], brand: str, focal: str, key: str) -> Any:
    """Return what an arm says about a brand: under the brand's own name first, then under its role."""
    for name in (brand, "focal" if brand == focal else "competitors"):
        plan = plans.get(name)
        if plan is not None and plan.get(key) is not None:
            return plan[key]
    return None


def _build_plans(
    plans: Mapping[str, Any], key: str, market: Market, personas: Iterable[Persona], where: str
) -> dict[str, Plan]:
    brands = tuple(market.brands)
    known = [persona.name for persona in personas]
    for name in plans:
        if name not in (*ROLES, *brands):
            match = nearest(name, (*ROLES, *brands))
            hint = f"did you mean {match!r}? " if match else ""
            raise ConfigError(
                f"{where}: {key} has a plan for {name!r}, which is no brand of the market {market.name!r}; "
                f"{hint}give focal, competitors, or one of {', '.join(brands)}"
            )
    built = {}
    for brand in brands:
        said = brand if (plans.get(brand) or {}).get("strategy") is not None else _role(brand, market)
        given = _plan_value(plans, brand, market.focal, "strategy")
        place = f"{key}.{said}.strategy"
        strategy = Strategy(name=REACTIVE) if given is None else read(Strategy, given, where=where, key=place)
        for persona in strategy.personas:
            if persona not in known:
                match = nearest(persona, known)
                hint = f"did you mean {match!r}? " if match else ""
                raise ConfigError(
                    f"{where}: {place}.personas names {persona!r}, which is no persona of this scenario; "
                    f"{hint}the personas are {', '.join(known)}"
                )
        journey = _plan_value(plans, brand, market.focal, "journey") or market.journey
        built[brand] = Plan(journey=journey, strategy=strategy)
    return built


def _role(brand: str, market: Market) -> str:
    return "focal" if brand == market.focal else "competitors"


def _with_journey(market: Market, journey: str) -> Market:
    return dataclasses.replace(market, journey=journey)


def build_journey(name: str, written: Mapping[str, Any], market: Market, library: Library, where: str) -> Journey:
    """Build a journey from its written form, or from its file, and check it against the market's channels."""
    data = written[name] if name in written else form("journey", name, library, where=where)
    journey = read_journey(name, data, f"{where}: journey {name!r}")
    if len(journey.stages) > MOST_STAGES:
        raise ConfigError(
            f"{where}: journey {name!r} has {len(journey.stages)} stages; a customer's stage has room for {MOST_STAGES}"
        )
    for stage, details in journey.stages.items():
        for channel in details.channels:
            if channel not in market.channels:
                match = nearest(channel, market.channels)
                hint = f"did you mean {match!r}? " if match else ""
                raise ConfigError(
                    f"{where}: journey {name!r}: stage {stage!r} uses the channel {channel!r}, which the market "
                    f"{market.name!r} does not have; {hint}its channels are {', '.join(market.channels) or 'none'}"
                )
    return journey


def _arm_to_dict(arm: Arm, market: Market) -> dict[str, Any]:
    """Write an arm by role where its competitors all do the same, by brand where they differ."""
    plans = {brand: plain(plan) for brand, plan in arm.plans.items()}
    written = {"focal": plans.pop(market.focal)}
    rest = list(plans.values())
    if rest and all(plan == rest[0] for plan in rest):
        return written | {"competitors": rest[0]}
    return written | plans
