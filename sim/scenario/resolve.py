"""Resolve: a scenario in normal form read into its checked parts."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from typing import Any

from agents.personas import Persona
from agents.population import MAX_BRANDS, MAX_STAGES
from agents.strategies import Strategy, with_typed_levels
from sim.scenario.calendar import read_day
from sim.scenario.config_path import ConfigPath
from sim.scenario.doubt import read_doubt
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.journey import Journey, read_journey, stage_names
from sim.scenario.market import NO_MARKET, Market
from sim.scenario.normal_form import PLAN_KEYS, REACTIVE, ROLES, VALUES, NormalForm, compose, normalize_file
from sim.scenario.resolved import Arm, BestResponse, Plan, ResolvedScenario
from sim.scenario.schema import read, read_value, show

__all__ = ["build_journey", "check_journeys", "check_market", "check_personas", "resolve"]

#: Persona and stage are kept in one byte per customer.
MOST_PERSONAS = 255
MOST_CHANNELS = 127
#: Words that stand for several personas, or for none, in the tables of results.
RESERVED_PERSONAS: tuple[str, ...] = ("all", "company", "use")
#: Words that stand for something else where a brand's name may stand.
RESERVED_BRANDS: tuple[str, ...] = (*ROLES, *PLAN_KEYS)


def resolve(form: NormalForm, config_path: ConfigPath, *, where: str = "") -> dict[str, Any]:
    """Read every part of a scenario in normal form, check it, and return the fields of the resolved scenario.

    Parameters
    ----------
    form : NormalForm
        What the file says.
    config_path : ConfigPath
        Where named files are looked up.
    where : str
        File that the form comes from; opens every message.

    Returns
    -------
    dict
        The fields of a :class:`sim.scenario.resolved.ResolvedScenario`.

    Raises
    ------
    ConfigError
        If a named file cannot be found or read, a value cannot be used, or parts contradict each other.
    """
    composed = compose(form, config_path, where=where)
    return _build(composed, config_path, where or f"scenario {composed['name']!r}")


def _build(data: Mapping[str, Any], config_path: ConfigPath, where: str) -> dict[str, Any]:
    market = read(Market, data["market"], where=where, key="market")
    check_market(market, where, config_path)
    personas = _build_personas(data["personas"], where)
    baseline = data["baseline"]
    if baseline not in data["arms"]:
        remedy = suggest(baseline, data["arms"], "the arms are")
        edit = config_path.edit("arm", baseline)
        raise ConfigError(f"{where}: baseline is {show(baseline)}, which is no arm; {remedy}{edit}")
    fallback = market.journey or _plan_value(data["arms"][baseline], market.focal, market.focal, "journey")
    if fallback is None:
        raise ConfigError(f"{where}: market.journey is empty and arms.{baseline}.focal.journey is missing; give one")
    if not market.journey:
        market = dataclasses.replace(market, journey=str(fallback))
    arms = {
        name: Arm(name=name, plans=_build_plans(plans, f"arms.{name}", market, personas, config_path, where))
        for name, plans in data["arms"].items()
    }
    _check_best_responses(arms, baseline, market, where)
    if data["start_date"] is not None:
        read_day(data["start_date"], where)
    named = dict.fromkeys(plan.journey for arm in arms.values() for plan in arm.plans.values())
    answers = [plan.best_response for arm in arms.values() for plan in arm.plans.values()]
    named.update(dict.fromkeys(answer.journey for answer in answers if answer is not None and answer.journey))
    named[market.journey] = None
    journeys = {name: build_journey(name, data["journeys"], market, config_path, where) for name in named}
    check_journeys(journeys, arms, baseline, market, where)
    _check_edge_personas(journeys, personas, where)
    return {
        "name": data["name"],
        "market": market,
        "personas": personas,
        "journeys": journeys,
        "arms": arms,
        "baseline": baseline,
        **{key: read_value(ResolvedScenario, key, data[key], where=where) for key in VALUES},
    }


def check_journeys(
    journeys: Mapping[str, Journey], arms: Mapping[str, Arm], baseline: str, market: Market, where: str
) -> None:
    """Check what only all journeys together can break.

    Parameters
    ----------
    journeys : mapping of str to Journey
        All of a scenario.
    arms : mapping of str to Arm
        Which of them each brand offers.
    baseline : str
        One of the arms.
    market : Market
        Its name tells whether there is a market at all.
    where : str
        File that the data comes from; opens every message.
    """
    count = len(stage_names(journeys))
    if count > MAX_STAGES:
        raise ConfigError(
            f"{where}: the journeys {', '.join(journeys)} have {count} stages of different names;"
            f" give up to {MAX_STAGES}"
        )
    for arm in arms.values():
        for brand, plan in arm.plans.items():
            answers = plan.best_response.strategies.values() if plan.best_response is not None else ()
            for strategy in (plan.strategy, *answers):
                _check_contact_stages(strategy, f"arms.{arm.name}.{brand}", stage_names(journeys), where)
    if market.name != NO_MARKET:
        return
    # Without brands no host brand moves a customer from one chain to another, so all chains begin alike.
    begin = journeys[arms[baseline].plans[market.focal].journey]
    for arm in arms.values():
        journey = journeys[arm.plans[market.focal].journey]
        if dict(journey.start) != dict(begin.start):
            raise ConfigError(
                f"{where}: arms.{arm.name} starts journey {journey.name!r} otherwise than the baseline starts"
                f" {begin.name!r}; give both the same start, or compare them in two runs"
            )


def _check_contact_stages(strategy: Strategy, place: str, known: tuple[str, ...], where: str) -> None:
    for stage in strategy.contacts_per_week.stages:
        if stage not in known:
            raise ConfigError(
                f"{where}: {place}: contacts_per_week.stages names {show(stage)}, which is no stage of the journeys;"
                f" {suggest(str(stage), known, 'their stages are')}"
            )


def check_market(market: Market, where: str, config_path: ConfigPath | None = None) -> None:
    """Check what only the parts of a market together can break.

    Parameters
    ----------
    market : Market
        What is checked.
    where : str
        File that the data comes from; opens every message.
    config_path : ConfigPath, optional
        Where the file to be edited lies, which the message then names.
    """
    brands = tuple(market.brands)
    if not 1 <= len(brands) <= MAX_BRANDS:
        raise ConfigError(f"{where}: market.brands has {len(brands)} brands; give 1 to {MAX_BRANDS}")
    for brand in brands:
        if brand in RESERVED_BRANDS:
            raise ConfigError(f"{where}: market.brands has a brand {brand!r}, a word with a meaning in arms; rename it")
    if market.focal not in brands:
        remedy = suggest(market.focal, brands, "the brands are")
        edit = "" if config_path is None else config_path.edit("focal", market.focal)
        raise ConfigError(f"{where}: market.focal is {market.focal!r}, which is no brand; {remedy}{edit}")
    if all(brand.enters is not None for brand in market.brands.values()):
        raise ConfigError(f"{where}: market.brands has no brand that is there from the start; leave out enters of one")
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


def _check_edge_personas(journeys: Mapping[str, Journey], personas: Iterable[Persona], where: str) -> None:
    """Check that edges which are open to some personas alone name personas of the scenario."""
    known = [persona.name for persona in personas]
    for journey in journeys.values():
        for edge in journey.edges:
            for name in edge.personas:
                if name in known[:64]:
                    continue
                if name in known:
                    raise ConfigError(f"{where}: persona {name!r} has edges of its own and stands behind 64 others")
                if name not in known:
                    raise ConfigError(
                        f"{where}: journey {journey.name!r}: the edge {edge.source} -> {edge.target} is for persona"
                        f" {name!r}, which the scenario has not; {suggest(name, known, 'its personas are')}"
                    )


def _plan_value(plans: Mapping[str, Any], brand: str, focal: str, key: str) -> Any:
    """Return what an arm says about a brand: under the brand's own name first, then under its role."""
    for name in (brand, "focal" if brand == focal else "competitors"):
        plan = plans.get(name)
        if plan is not None and plan.get(key) is not None:
            return plan[key]
    return None


def _build_plans(
    plans: Mapping[str, Any],
    key: str,
    market: Market,
    personas: Iterable[Persona],
    config_path: ConfigPath,
    where: str,
) -> dict[str, Plan]:
    brands = tuple(market.brands)
    known = [persona.name for persona in personas]
    for name in plans:
        if name not in (*ROLES, *brands):
            raise ConfigError(
                f"{where}: {key} has a plan for {name!r}, which is no brand of the market {market.name!r}; "
                f"{suggest(name, (*ROLES, *brands), 'give one of')}{config_path.edit('brand', name)}"
            )
    built = {}
    for brand in brands:
        said = brand if (plans.get(brand) or {}).get("strategy") is not None else _role(brand, market)
        given = _plan_value(plans, brand, market.focal, "strategy")
        place = f"{key}.{said}.strategy"
        strategy = _build_strategy(given, place, known, config_path, where)
        journey = _plan_value(plans, brand, market.focal, "journey") or market.journey
        # A brand with a strategy of its own does not choose as the others do.
        chooser = brand if said == brand or (plans.get(brand) or {}).get("best_response") is not None else said
        answer = (plans.get(chooser) or {}).get("best_response")
        if answer is not None:
            place = f"{key}.{chooser}.best_response"
            strategies = {
                name: _build_strategy(one, f"{place}.strategies.{name}", known, config_path, where)
                for name, one in answer["strategies"].items()
            }
            values = {name: value for name, value in answer.items() if name != "strategies"}
            answer = dataclasses.replace(
                read(BestResponse, {**values, "strategies": {}}, where=where, key=place), strategies=strategies
            )
        built[brand] = Plan(journey=journey, strategy=strategy, best_response=answer)
    return built


def _build_strategy(data: Any, place: str, personas: list[str], config_path: ConfigPath, where: str) -> Strategy:
    """Build a strategy and check that it names no persona that the scenario has not."""
    strategy = Strategy(name=REACTIVE) if data is None else read(Strategy, data, where=where, key=place)
    doubt = read_doubt(strategy.doubt, config_path, where=where, key=f"{place}.doubt")
    strategy = dataclasses.replace(strategy, doubt=doubt)
    named = [("personas", name) for name in strategy.personas] + [("only", name) for name in strategy.only]
    begins: dict[int, str] = {}
    for name, phase in strategy.phases.items():
        named += [(f"phases.{name}.personas", persona) for persona in phase.personas]
        if phase.weeks in begins:
            raise ConfigError(
                f"{where}: {place}.phases: {begins[phase.weeks]} and {name} both begin {phase.weeks} steps after the"
                " start; make them one"
            )
        begins[phase.weeks] = name
    for names, persona in named:
        if persona not in personas:
            raise ConfigError(
                f"{where}: {place}.{names} names {persona!r}, which is no persona of this scenario; "
                f"{suggest(persona, personas, 'the personas are')}{config_path.edit('persona', persona)}"
            )
    return with_typed_levels(strategy)


def _check_best_responses(arms: Mapping[str, Arm], baseline: str, market: Market, where: str) -> None:
    """Check who answers: competitors, in arms that differ from the baseline, no earlier than they can."""
    for arm in arms.values():
        first = arm.plans[market.focal].strategy.start_week
        for brand, plan in arm.plans.items():
            answer = plan.best_response
            if answer is None:
                continue
            place = f"{where}: arms.{arm.name}.{_role(brand, market)}.best_response"
            if brand == market.focal:
                raise ConfigError(f"{place} is the focal brand's own; only competitors answer, so give it to them")
            if arm.name == baseline:
                raise ConfigError(
                    f"{place} stands in the baseline, where there is nothing to answer; give it to another arm"
                )
            for week in answer.start_weeks or ():
                if not first + answer.lag <= week <= 65_000:
                    raise ConfigError(
                        f"{place}.start_weeks holds {week}; the focal brand starts in {first} and an answer takes"
                        f" {answer.lag} steps, so give whole numbers from {first + answer.lag} to 65000"
                    )


def _role(brand: str, market: Market) -> str:
    return "focal" if brand == market.focal else "competitors"


def build_journey(
    name: str, written: Mapping[str, Any], market: Market, config_path: ConfigPath, where: str
) -> Journey:
    """Build a journey from its written form, or from its file, and check it against the market's channels.

    Parameters
    ----------
    name : str
        Name of the journey.
    written : mapping
        Journeys that are written out, by name.
    market : Market
        Its channels are those that stages may use.
    config_path : ConfigPath
        Where named files are looked up.
    where : str
        File that the data comes from; opens every message.

    Returns
    -------
    Journey
    """
    data = written[name] if name in written else normalize_file("journey", name, config_path, where=where)
    journey = read_journey(name, data, f"{where}: journey {name!r}")
    for stage, details in journey.stages.items():
        for channel in details.channels:
            if channel not in market.channels:
                raise ConfigError(
                    f"{where}: journey {name!r}: stage {stage!r} uses the channel {channel!r}, which the market "
                    f"{market.name!r} does not have; {suggest(channel, market.channels, 'its channels are')}"
                    f"{_edit_channel(name, market, config_path)}"
                )
    return journey


def _edit_channel(journey: str, market: Market, config_path: ConfigPath) -> str:
    """Return the end of a remedy: a user's files in which a channel can be renamed or added."""
    files = [config_path.own_file("journey", journey), config_path.own_file("market", market.name)]
    named = " or ".join(file for file in files if file)
    return f"; edit {named}" if named else ""
