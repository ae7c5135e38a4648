"""Compile an arm of a scenario to the numbers of a world."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from agents.memory import as_records
from agents.money import to_minor
from agents.population import NOBODY, customer_record
from agents.strategies import CAPABILITIES, level_of
from agents.traits import TRAITS
from sim.scenario.calendar import STEPS_A_YEAR
from sim.scenario.journey import GATES, stage_names
from sim.scenario.laid_out import LaidOut
from sim.scenario.market import NO_MARKET, Market
from sim.scenario.resolved import Arm, ResolvedScenario
from sim.world.bounds import check_sums
from sim.world.costs import segment_costs
from sim.world.experiments import planned_experiments, stock_left
from sim.world.graph import INCUMBENT, Graph, compile_graph
from sim.world.quantiles import tail_quantiles, taste_quantiles
from sim.world.timeline import Segment, timeline_of
from sim.world.world import BRAND, CONSTANTS, LEVEL, NO_WEEK, OFFER, PERSONA, REAL, SEGMENT, World

__all__ = ["compile_world", "hostless_journey"]

#: What was compiled before: replicates share all of an arm but their luck, arms most brands, and all of them the
#: journeys. Compiling takes as long as running a hundred customers.
_WORLDS: LaidOut[World] = LaidOut(64)
_MARKETS: LaidOut[World] = LaidOut(64)
_SEGMENTS: LaidOut[tuple[Any, Any, Any]] = LaidOut(256)
_ARM_SEGMENTS: LaidOut[tuple[Any, Any, Any]] = LaidOut(64)
_GRAPHS: LaidOut[Graph] = LaidOut(64)

#: Constants of a contact that the market names alike.
_CONTACT = (
    "mistimed", "resistance", "rejection", "help", "optout", "optout_relief", "optout_fatigue", "optout_intrusion",
)  # fmt: skip


def hostless_journey(scenario: ResolvedScenario, arm: Arm) -> str:
    """Journey of customers without a host brand: the market's, or the arm's own where there are no brands."""
    if scenario.market.name == NO_MARKET:
        return arm.plans[scenario.market.focal].journey
    return scenario.market.journey


def _segments_read(scenario: ResolvedScenario) -> tuple[tuple[object, ...], tuple[Hashable, ...]]:
    """Return what segments are made of beside plans: parts, and values; as parts and values of :class:`LaidOut`."""
    market = scenario.market
    # Of the market only what is read: a sweep or a calibration moves the rest of it from point to point.
    named = (tuple(scenario.journeys), stage_names(scenario.journeys), market.journey, market.innovation.velocity)
    sizes = (scenario.burn_in, scenario.horizon, scenario.step, scenario.minor_units)
    return (market.contact, *scenario.personas), (*named, *sizes)


def _compile_segments(scenario: ResolvedScenario, arm: Arm) -> tuple[Any, Any, Any]:
    """Segments (B, S), levels (B, S, P) and running costs (B, S, Y) of all brands; shared, not to be changed."""
    parts, values = _segments_read(scenario)
    plans = (scenario.arms[scenario.baseline], arm)
    return _ARM_SEGMENTS.find((*plans, *parts), (scenario.brands, *values), lambda: _join_segments(scenario, arm))


def _join_segments(scenario: ResolvedScenario, arm: Arm) -> tuple[Any, Any, Any]:
    """Segments of all brands in one table each, as long as the brand with most of them needs."""
    found = [_brand_segments(scenario, arm, brand) for brand in scenario.brands]
    b, s, p = len(found), max(own[0].size for own in found), len(scenario.personas)
    segments, levels = np.zeros((b, s), SEGMENT), np.zeros((b, s, p), LEVEL)
    segments["start"] = NO_WEEK
    run_costs = np.zeros((b, s, found[0][2].shape[1]), np.int64)
    for brand, own in enumerate(found):
        for whole, part in zip((segments, levels, run_costs), own, strict=True):
            whole[brand, : len(part)] = part
    return as_records(segments), as_records(levels), run_costs


def _brand_segments(scenario: ResolvedScenario, arm: Arm, brand: str) -> tuple[Any, Any, Any]:
    """Return segments (S,), levels (S, P) and running costs (S, Y) of one brand; arms share those of most brands."""
    parts, values = _segments_read(scenario)
    plans = (scenario.arms[scenario.baseline].plans[brand], arm.plans[brand])

    def made() -> tuple[Any, Any, Any]:
        return _lay_out_segments(scenario, timeline_of(scenario, arm, brand))

    return _SEGMENTS.find((*plans, *parts), values, made)


def _lay_out_segments(scenario: ResolvedScenario, timeline: Sequence[Segment]) -> tuple[Any, Any, Any]:
    market, personas, journeys = scenario.market, scenario.personas, tuple(scenario.journeys)
    stages = stage_names(scenario.journeys)
    # Plain records: one of np.recarray takes many times as long to write to, and every arm writes hundreds of fields.
    segments = np.zeros(len(timeline), SEGMENT)
    levels = np.zeros((len(timeline), len(personas)), LEVEL)
    charged = segment_costs(timeline, scenario)
    for at, (week, plan, _) in enumerate(timeline):
        strategy, costs = plan.strategy, plan.strategy.costs
        segment = segments[at]
        segment["start"] = week
        segment["journey"] = journeys.index(plan.journey)
        for column, persona in enumerate(personas):
            level = levels[at, column]
            for name in (*CAPABILITIES, "prospect_knowledge"):
                level[name] = level_of(strategy, name, persona.name)
            for message in ("recommendation", "help"):
                level[message] = float(strategy.message == message and strategy.effectiveness.context > 0.0)
            for name in ("customers", "prospects"):
                rate = round(level_of(strategy, name, persona.name) * 65_536)
                level[name] = rate
                segment["makes_contact"] |= rate > 0
        segment["covert"] = market.contact.covert if strategy.data_use == "covert" else 1.0
        # Contacts act as far as contextual interaction works: without effect they are paid for and nothing else.
        segment["answered"] = 1.0 if strategy.caller == "person" else 1.0 - market.contact.refusal
        segment["heeded"] = market.contact.heeded * min(strategy.effectiveness.context, 1.0) * segment["answered"]
        # A promise is what the company says, as contacts are.
        segment["promise"] = strategy.promise * min(strategy.effectiveness.context, 1.0)
        for stage in strategy.contacts_per_week.stages or stages:
            at_stage = stages.index(stage)
            segment["stages"][at_stage >> 6] |= np.uint64(1) << np.uint64(at_stage & 63)
        segment["contact_cost"] = to_minor(costs.contact, scenario.minor_units)
        segment["build_cost"] = sum(charged[at].build.values())
        segment["experiments"] = planned_experiments(scenario, strategy)
        segment["experiment_cost"] = to_minor(costs.experiment, scenario.minor_units)
        # Paid for in full, felt as far as it works.
        for name in CAPABILITIES:
            felt = levels[name][at] * getattr(strategy.effectiveness, name)
            levels[name][at] = np.minimum(felt, 1.0)
        for gate, name in enumerate(GATES):
            if gate != INCUMBENT:
                levels["open_gates"][at] |= (levels[name][at] > 0.0).astype(np.uint64) << np.uint64(gate)
        segment["uplift_effect"] = strategy.effectiveness.innovation
    return segments, levels, np.stack([each.run_schedule() for each in charged])


def _forms(market: Market) -> tuple[str, ...]:
    """Return the sub-forms for which there are tastes, in the order of the brands; none where nobody cares."""
    if market.choice.form_sd == 0.0:
        return ()
    return tuple(dict.fromkeys(brand.form for brand in market.brands.values() if brand.form))


def _first_trait(brands: int, stages: int) -> int:
    """Place of the first trait in a customer's record, counted in 16-bit codes."""
    fields: Any = customer_record(brands, stages).fields
    return int(fields[TRAITS[0]][1]) // 2


def _compile_constants(scenario: ResolvedScenario, journey: str, stages: int) -> Any:
    market = scenario.market
    choice, talk, contact, experience = market.choice, market.word_of_mouth, market.contact, market.experience
    communities = talk.structure == "communities"
    values: dict[str, Any] = {
        "seed": 0,
        "replicate": 0,
        "customers": scenario.population,
        "brands": len(market.brands),
        "focal": scenario.focal,
        "journey": tuple(scenario.journeys).index(journey),
        "stages": stages,
        "first_trait": _first_trait(len(market.brands), stages),
        "groups": talk.communities if communities else 1,
        "minor_units": scenario.minor_units,
        "near_weeks": contact.near_weeks,
        "forming_weeks": contact.forming_weeks,
        "cycle_weeks": market.innovation.cycle_weeks,
        "cyclical": market.need.kind == "cyclical",
        "from_need": market.need.counted_from == "need",
        "log_gamma": choice.taste == "log_gamma",
        "has_needs": any(s.does == "wait" for j in scenario.journeys.values() for s in j.stages.values()),
        "mean_gap": market.need.mean_weeks,
        "carry_over": market.need.carry_over,
        "contact_fatigue": contact.fatigue,
        **{name: getattr(contact, name) for name in _CONTACT},
        "recall_incumbent": market.consideration.recall_incumbent,
        "search_rate": market.consideration.search_rate,
        "salience_effect": market.consideration.salience_reputation,
        "taste_sd": choice.taste_sd,
        "forms": len(_forms(market)),
        "form_sd": choice.form_sd,
        "error_scale": choice.error_scale,
        "habit_weight": choice.habit,
        # d U / d ln(price) at the reference price is weight x sensitivity, which is to be the elasticity at 0.5.
        "price_weight": -2.0 * market.price_elasticity,
        "reputation_weight": choice.reputation,
        "relevance_weight": choice.relevance,
        "satisfaction_weight": choice.satisfaction,
        "novelty_weight": choice.novelty,
        "leak": talk.leak if communities else 0.0,
        "talk_rate": talk.talk_rate,
        "complaint_rate": talk.complaint_rate,
        "reputation_decay": talk.decay,
        "reputation_gain": talk.gain,
        "negativity": talk.negativity,
        "success": market.innovation.success,
        "uplift": market.innovation.uplift,
        "stock_left": stock_left(scenario),
        "ancillary": scenario.minor_units * market.innovation.ancillary,
        "ancillary_margin": market.economics.ancillary_margin,
    }
    for name in REAL:
        if name not in values:
            values[name] = getattr(experience, name.removeprefix("experience_"))
    return as_records(np.array([tuple(values[name] for name in CONSTANTS.names or ())], CONSTANTS))


def _graph(scenario: ResolvedScenario) -> Graph:
    """Lay out the journeys of a scenario, or find them laid out."""
    personas = tuple(persona.name for persona in scenario.personas)
    parts = (*scenario.journeys.values(), scenario.market.channels)
    return _GRAPHS.find(
        parts, (tuple(scenario.journeys), personas, scenario.minor_units),
        lambda: compile_graph(scenario.journeys, scenario.market, personas, scenario.minor_units),
    )  # fmt: skip


def compile_world(scenario: ResolvedScenario, arm: Arm, seed: int, replicate: int) -> World:
    """Compile one arm to read-only numbers.

    Parameters
    ----------
    scenario : ResolvedScenario
    arm : Arm
        One of the scenario's.
    seed, replicate : int
        Keys of luck.

    Returns
    -------
    World

    Raises
    ------
    ConfigError
        If a sum of money or counts over all customers and steps might not fit 64 bits.
    """
    parts, values = _market_read(scenario)
    world = _WORLDS.find((*parts, scenario.arms[scenario.baseline], arm), values, lambda: _compile(scenario, arm))
    constants = world.constants.copy()
    constants["seed"], constants["replicate"] = seed, replicate
    constants.flags.writeable = False
    return world._replace(constants=constants)


def _market_read(scenario: ResolvedScenario) -> tuple[tuple[object, ...], tuple[Hashable, ...]]:
    """Return what a world is made of beside the plans of arms: parts, and values; as those of :class:`LaidOut`."""
    parts = (scenario.market, *scenario.personas, *scenario.journeys.values())
    times = (scenario.burn_in, scenario.horizon, scenario.step)
    return parts, (tuple(scenario.journeys), scenario.population, *times, scenario.minor_units)


def _compile(scenario: ResolvedScenario, arm: Arm) -> World:
    """Compile one arm to read-only numbers, with seed and replicate left open."""
    parts, values = _market_read(scenario)
    journey = hostless_journey(scenario, arm)
    market = _MARKETS.find(parts, (*values, journey), lambda: _compile_market(scenario, journey))
    segments, levels, run_costs = _compile_segments(scenario, arm)
    world = market._replace(segments=segments, levels=levels, run_costs=run_costs)
    check_sums(scenario, world)
    for column in world:
        column.flags.writeable = False
    return world


def _compile_market(scenario: ResolvedScenario, journey: str) -> World:
    """Compile all but the plans of an arm, which arms share; customers without a host brand are on the journey."""
    market, personas = scenario.market, scenario.personas
    prices = np.array([brand.price for brand in market.brands.values()])
    quality = np.array([brand.quality for brand in market.brands.values()])
    margins = np.array([brand.unit_margin for brand in market.brands.values()])
    spend = np.array([persona.spend for persona in personas])
    # A brand that enters later moves no mean: until then nothing is different.
    there = [brand.enters is None for brand in market.brands.values()]
    reference = market.reference_price or prices[there].mean() or 1.0
    weeks = np.arange(scenario.burn_in + scenario.horizon + 1)
    graph = _graph(scenario)
    constants = _compile_constants(scenario, journey, graph.node_of.shape[1])
    # Plain records here too.
    people = np.zeros(len(personas), PERSONA)
    people["spend"] = spend
    people["adapt_digital"] = [persona.adapt_digital for persona in personas]
    people["adapt_privacy"] = [persona.adapt_privacy for persona in personas]
    offers = np.zeros((len(personas), len(prices)), OFFER)
    offers["revenue"] = np.rint(scenario.minor_units * np.outer(spend, prices))
    offers["margin"] = np.rint(scenario.minor_units * np.outer(spend, margins))
    brands, forms = np.zeros(len(prices), BRAND), _forms(market)
    brands["quality"] = quality
    brands["advantage"] = quality - quality[there].mean()
    brands["relative_price"] = prices / reference
    for row, brand in zip(brands, market.brands.values(), strict=True):
        row["form"] = forms.index(brand.form) if brand.form in forms else NOBODY
        row["salience"] = brand.salience
        row["enters"] = 0 if brand.enters is None else scenario.burn_in + brand.enters
    return World(
        constants=constants,
        personas=as_records(people),
        brands=as_records(brands),
        offers=as_records(offers),
        segments=as_records(np.zeros((0, 0), SEGMENT)),
        levels=as_records(np.zeros((0, 0, 0), LEVEL)),
        run_costs=np.zeros((0, 0, 0), np.int64),
        gap_quantiles=tail_quantiles(market.need.shape),
        taste_quantiles=taste_quantiles(market),
        fatigue_left=np.exp2(-weeks / market.contact.fatigue_half_life),
        habit_left=np.exp2(-weeks / market.experience.habit_half_life),
        discount=(1.0 + market.economics.discount_rate) ** (-np.arange(scenario.horizon) / STEPS_A_YEAR[scenario.step]),
        **graph._asdict(),
    )
