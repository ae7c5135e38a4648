"""World: one arm of a scenario compiled to numbers, and the state of its market.

A brand's plan is a timeline of segments (the baseline's, then the arm's own from its start week on); ``market.active``
says which segment holds. S segments, P personas, B brands, G groups.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, gammainccinv, gammaincinv, gammaln

from agents.memory import aligned_zeros
from agents.personas import Persona
from agents.population import allocate_accounts, customer_record
from agents.rules.need import NODES_PER_OCTAVE, OCTAVES
from agents.strategies import CAPABILITIES, Strategy
from agents.traits import TRAITS
from sim.engine.intrinsics import SIDE
from sim.record.counters import Tally, allocate_tally
from sim.scenario.journey import FEATURES, stage_names
from sim.scenario.market import Market
from sim.scenario.resolved import Arm, Plan, ResolvedScenario
from sim.world.graph import compile_graph, start_shares

__all__ = [
    "BLOCK",
    "LANES",
    "BRAND",
    "CONSTANTS",
    "STANDING",
    "Birth",
    "Clock",
    "World",
    "compile_birth",
    "compile_world",
    "fork",
]

#: A week after the end of every run.
_NEVER = 1 << 40
_TRAIT_NODES = 1024
#: Customers whose week is lived together: their records fit the cache. A power of two.
BLOCK = 8192
#: Customers weighed in one loop.
LANES = 128
#: Brands fit a mask.
MOST_BRANDS = 64

_WHOLE = (
    "seed", "replicate", "customers", "brands", "focal", "journey", "stages", "groups", "first_trait",
    "near_weeks", "cycle_weeks",
    "cyclical", "log_gamma",
)  # fmt: skip
_REAL = (
    # 4.1 need
    "mean_gap", "carry_over",
    # 4.3 contacts
    "contact_fatigue", "mistimed", "optout", "optout_fatigue", "optout_intrusion",
    # 4.4 consideration and choice
    "recall_incumbent", "search_rate", "salience_effect", "taste_sd", "error_scale", "habit_weight", "price_weight",
    "reputation_weight", "relevance_weight", "satisfaction_weight", "novelty_weight",
    # 4.5 experience
    *(f"experience_{name}" for name in ("ease", "relevance", "delight", "effort", "intrusion", "noise_sd")),
    "expectation_rate", "satisfaction_rate", "loss_aversion", "initial_trust", "trust_gain", "trust_loss",
    "trust_intrusion", "habit_gain", "bond_gain", "knowledge_rate",
    # 4.6 word of mouth
    "leak", "talk_rate", "complaint_rate", "reputation_decay", "reputation_gain", "negativity",
    # 4.7 innovation
    "success", "uplift", "stock_left", "ancillary", "ancillary_margin",
)  # fmt: skip

#: Single numbers of an arm; named as in :mod:`sim.scenario.market`, ``ancillary`` in cents.
CONSTANTS = np.dtype([(name, np.int64) for name in _WHOLE] + [(name, np.float64) for name in _REAL])

PERSONA = np.dtype([("spend", np.float64), ("adapt_digital", np.float64), ("adapt_privacy", np.float64)])
OFFER = np.dtype([("revenue", np.int64), ("margin", np.int64)])  # cents a purchase
BRAND = np.dtype(
    [
        ("quality", np.float64),
        ("advantage", np.float64),  # quality above the market's mean
        ("relative_price", np.float64),
        ("salience", np.float64),
        # what changes from week to week
        ("active", np.int64),  # segment in force
        ("stock", np.float64),  # innovation stock J
        ("delight", np.float64),
    ]
)
SEGMENT = np.dtype(
    [
        ("start", np.int64),  # first week, from the first of the burn-in
        ("journey", np.int64),
        ("covert", np.float64),  # factor of intrusion
        ("contact_cost", np.int64),  # cents each
        ("build_cost", np.int64),  # cents, in the week the segment starts
        ("run_cost", np.int64),  # cents a week
        ("experiments", np.float64),  # planned per cycle
        ("experiment_cost", np.int64),  # cents each
        ("makes_contact", np.int64),  # 1 if any persona is contacted
    ]
)
LEVEL = np.dtype(
    [
        *((name, np.float64) for name in CAPABILITIES),
        ("customers", np.int64),  # contacts per 65,536 weeks
        ("prospects", np.int64),  # contacts per 65,536 weeks
        ("prospect_knowledge", np.float64),
    ]
)
STANDING = np.dtype([("reputation", np.float64), ("recall", np.float64)])  # recall: salience after word of mouth
MARKET = np.dtype([("adopters", np.int64), ("adoption", np.float64), ("contacting", np.int64)])

#: A stage on the journey of one lead, for sums without branches; ``acts`` and ``roams`` as in sim.world.graph.NODE.
SPOT = np.dtype(
    [
        ("node", np.uint16),
        ("does", np.uint8),
        ("acts", np.uint8),
        ("roams", np.uint8),
        ("stays", np.int32),  # weeks until it may be left: NEVER where it has no edges
        # Who stands there is due at (need_at & by_need) + (since & by_stay) + after: see agents.population.Population.
        ("by_need", np.uint32),
        ("by_stay", np.uint32),
        ("after", np.uint32),
    ],
    align=True,
)

#: Customers of a block whose week it is, and lanes: customers of one node who live one step in the same loop.
DESK = np.dtype(
    [
        # Places are unsigned: what counts from the end where it is negative costs a question at every look.
        # Those whose week it is, by place in the shard: first who comes back this week, then who is there every week.
        ("ready", np.uint32, (BLOCK + SIDE,)),
        ("coming", np.uint32, (BLOCK + SIDE,)),  # those of the next block
        ("order", np.uint32, (BLOCK,)),  # 0, 1, 2 ...
        ("found", np.uint8, (BLOCK,)),  # whether it is anybody's week
        ("contacted", np.uint32, (BLOCK,)),  # those whom a contact reaches
        ("moved", np.uint32, (BLOCK + SIDE,)),  # those of them who may stand elsewhere now, by place in the shard
        # By place in the block; zero but for those contacted, so that nobody else's is ever written.
        ("called", np.uint8, (BLOCK,)),  # whether a contact pulls
        ("pulls", np.float64, (BLOCK,)),
        ("disturbances", np.float64, (BLOCK,)),
        ("reached", np.uint64, (LANES,)),  # brands whose contact reaches each customer
        ("people", np.uint32, (LANES,)),  # place in the shard
        ("who", np.uint32, (LANES,)),  # customer's number
        ("when", np.uint32, (LANES,)),  # week or occasion of a draw
        ("words", np.uint32, (MOST_BRANDS, LANES)),  # draws
        ("tastes", np.uint32, (MOST_BRANDS, LANES)),
        ("entry", np.uint32, (4, LANES)),
        ("place", np.uint16, (LANES,)),  # node
        ("slot", np.uint32, (LANES + SIDE,)),
        ("spare", np.uint32, (LANES,)),
        ("felt", np.float64, (len(FEATURES), LANES)),
        ("weight", np.float64, (LANES,)),
        ("total", np.float64, (LANES,)),
        ("running", np.float64, (LANES,)),
        ("goal", np.float64, (LANES,)),
        ("taken", np.int64, (LANES,)),
        ("lead", np.int64, (LANES,)),
        ("incumbent", np.int64, (LANES,)),
        ("mine", np.uint8, (LANES,)),  # whether the lead is the incumbent
        ("open", np.uint8, (LANES,)),  # whether an edge exists
        ("always", np.uint8, (LANES,)),  # for one that always does: ones
        ("considered", np.uint64, (LANES,)),
        ("sensitivity", np.float64, (LANES,)),
        ("bump", np.float64, (LANES,)),
        ("novelty", np.float64, (LANES,)),
        ("relevance", np.float64, (LANES,)),
    ],
    align=True,
)


#: Customers of a block who wait, and when a contact may next reach them.
AHEAD = np.dtype(
    [
        ("waiting", np.uint32, (BLOCK + SIDE,)),  # place in the shard
        ("people", np.uint32, (BLOCK + SIDE,)),  # those whom one brand may still reach in time
        ("brands", np.uint64, (BLOCK,)),  # whose contact reaches each of them
        ("rate", np.uint32, (BLOCK + SIDE,)),  # contacts per 65,536 weeks
        ("soon", np.uint32, (BLOCK + SIDE,)),  # the customer's next week
        ("next", np.uint32, (BLOCK,)),  # week of the contact
        ("goes", np.uint8, (BLOCK,)),  # whether to look on
        ("who", np.uint32, (BLOCK,)),
        ("when", np.uint32, (BLOCK,)),
        ("words", np.uint32, (4, BLOCK)),
    ],
    align=True,
)


class Clock:
    """Entries of ``World.clock``."""

    WEEK = 0  # from the first of the burn-in
    ROW = 1  # row of the tally
    FIRST = 2  # customer number of the shard's first customer
    AHEAD = 3  # records of the next block that are still to be asked for
    AUTOMATED = 4  # whether any brand automates anything this week; where none does, nobody feels ease
    LAID = 5  # for how many strategies begun ``spots`` and ``present`` have been laid out
    WOKEN = 6  # how many of a block come back this week
    WAKING = 7  # how many of the next one
    ENTRIES = 8


class Birth(NamedTuple):
    """How customers are drawn, once per replicate, the same in every arm."""

    persona_shares: NDArray[np.float64]  # (P,) cumulative
    trait_quantiles: NDArray[np.float64]  # (P, 8, nodes) even in u
    rate_quantiles: NDArray[np.float64]  # (nodes,) of the own rate multiplier, even in -log2(1 - u)
    start: NDArray[np.float64]  # (K,) cumulative
    persona_rate: NDArray[np.float64]  # (P,)


class World(NamedTuple):
    """Everything the customers of one shard live in: one arm's constants, its market, counters and clock.

    Flat, so that compiled code that needs one column touches one. Records are recarrays of the types above.
    S segments, P personas, B brands, G groups, J journeys, K stages.
    """

    constants: Any  # (1,) CONSTANTS
    personas: Any  # (P,) PERSONA
    offers: Any  # (P, B) OFFER
    segments: Any  # (B, S) SEGMENT
    levels: Any  # (B, S, P) LEVEL
    gap_quantiles: NDArray[np.float64]  # of a gap with mean 1, even in -log2(1 - u)
    taste_quantiles: NDArray[np.float64]  # (B, 2, nodes) of a log-Gamma taste, even in -log2(u) and in -log2(1 - u)
    fatigue_left: NDArray[np.float64]  # share left after so many weeks
    habit_left: NDArray[np.float64]  # share left after so many weeks
    discount: NDArray[np.float64]  # (horizon,)
    node_of: NDArray[np.uint16]  # the graph: see sim.world.graph.Graph
    nodes: Any
    edges: Any
    terms: Any
    used: NDArray[np.int64]
    mix: NDArray[np.float64]
    channels: Any
    # the market, weekly
    brands: Any  # (B,) BRAND
    standing: Any  # (G, B) STANDING
    market: Any  # (1,) MARKET
    contacting: NDArray[np.int64]  # (B,) brands that make contact, the first ``market.contacting`` entries
    # the shard's own
    clock: NDArray[np.int64]  # see Clock
    codes: NDArray[np.uint16]  # the shard's records as 16-bit codes, for traits by number
    spots: Any  # (B + 1, K) SPOT: each stage as it is this week to those whom a brand leads; first those nobody leads
    present: Any  # (B + 1, P) LEVEL of every brand's strategy of this week; first those of no brand, all zero
    desk: Any  # (1,) DESK: room for a block of customers and for the lanes of one loop
    ahead: Any  # (1,) AHEAD: room for those of a block who wait
    queue: NDArray[np.uint16]  # (nodes + 1, BLOCK) those who may leave the node they stand on, by place in the block
    queued: NDArray[np.int64]  # (nodes + 1,), the last for who is queued otherwise
    entering: NDArray[np.uint16]  # (nodes, BLOCK) those who come to a node
    entered: NDArray[np.int64]  # (nodes,)
    sums: NDArray[np.float64]  # (edges, LANES) running sum of weights
    moves: NDArray[np.int64]  # (edges, P) edges taken this week
    accounts: Any  # (customers of the shard or 0,) agents.population.ACCOUNT
    by_brand: NDArray[np.int64]  # counters: see sim.record.counters.Tally
    by_persona: NDArray[np.int64]
    occupancy: NDArray[np.int64]
    flows: NDArray[np.int64]
    talk: NDArray[np.int64]
    events: NDArray[np.int64]
    event_count: NDArray[np.int64]


@lru_cache(maxsize=64)
def _tail_table(shape: float | None) -> NDArray[np.float64]:
    """Quantiles of a Gamma of mean 1, even in -log2(1 - u), so that the upper tail is as fine as the middle."""
    # The most extreme draw stands on the last octave's end and still needs a node above it.
    nodes = NODES_PER_OCTAVE * OCTAVES + 2
    if shape is None:
        return np.ones(nodes)
    complement = np.exp2(-np.arange(nodes) / NODES_PER_OCTAVE)
    upper = gammainccinv(shape, complement)
    lower = gammaincinv(shape, 1.0 - complement)
    table = np.where(complement < 0.5, upper, lower) / shape
    return np.ascontiguousarray(np.minimum(table, 1e6))


def _tail_quantiles(shape: float | None) -> NDArray[np.float64]:
    # In a sweep thousands of short runs share a market: the table costs more than the run.
    return _tail_table(shape).copy()


def _taste_quantiles(market: Market) -> NDArray[np.float64]:
    """Quantiles of the logarithm of Gamma(shape) of every brand, below the median by u and above it by 1 - u."""
    if market.choice.taste != "log_gamma":
        return np.zeros((0, 2, 0))
    # The first octave of a half stands for the other half of the draws: never read.
    tail = np.minimum(np.exp2(-np.arange(NODES_PER_OCTAVE * OCTAVES + 2) / NODES_PER_OCTAVE), 0.5)
    rows = []
    for brand in market.brands.values():
        shape = brand.taste_shape
        halves = []
        for quantile, log_of_u in ((gammaincinv, np.log(tail)), (gammainccinv, np.log1p(-tail))):
            # Near zero G ~ (u Gamma(shape + 1)) ** (1 / shape), which a small shape makes too small for a float.
            near_zero = (log_of_u + gammaln(shape + 1.0)) / shape
            with np.errstate(divide="ignore"):
                halves.append(np.where(near_zero < -20.0, near_zero, np.log(quantile(shape, tail))))
        rows.append(halves)
    return np.ascontiguousarray(rows)


@lru_cache(maxsize=256)
def _trait_quantiles(persona: Persona) -> NDArray[np.float64]:
    """Quantiles of every trait of a persona, even in u. Kept: they cost more than a short run, and are stacked anew."""
    u = np.linspace(0.0, 1.0, _TRAIT_NODES + 1)
    rows = []
    for name in TRAITS:
        spread = getattr(persona, name)
        weight = spread.concentration if spread.concentration is not None else persona.concentration
        if spread.mean in (0.0, 1.0):
            rows.append(np.full(u.size, spread.mean))
        else:
            rows.append(betaincinv(spread.mean * weight, (1.0 - spread.mean) * weight, u))
    return np.stack(rows)


def compile_birth(scenario: ResolvedScenario) -> Birth:
    """Quantile tables of traits and need rates, and the shares customers are born with."""
    stages = stage_names(scenario.journeys)
    shares = np.array([persona.share for persona in scenario.personas])
    opening = scenario.journeys[_unled_journey(scenario, scenario.arms[scenario.baseline])]
    return Birth(
        persona_shares=np.cumsum(shares / shares.sum()),
        trait_quantiles=np.stack([_trait_quantiles(persona) for persona in scenario.personas]),
        rate_quantiles=_tail_quantiles(scenario.market.need.heterogeneity),
        start=start_shares(opening, stages),
        persona_rate=np.array([persona.need_rate for persona in scenario.personas]),
    )


def _unled_journey(scenario: ResolvedScenario, arm: Arm) -> str:
    """Journey of customers nobody leads: the market's, or the arm's own where there are no brands."""
    if scenario.market.name == "none":
        return arm.plans[scenario.market.focal].journey
    return scenario.market.journey


def _timeline(scenario: ResolvedScenario, arm: Arm, brand: str) -> list[tuple[int, Plan]]:
    """Segments (first week, plan) of a brand: the market's way, the baseline's plan, then the arm's own."""
    idle = Plan(journey=scenario.market.journey, strategy=Strategy())
    timeline: list[tuple[int, Plan]] = []
    base = scenario.arms[scenario.baseline].plans[brand]
    if base.strategy.start_week > 0:
        timeline.append((0, idle))
        timeline.append((scenario.burn_in + base.strategy.start_week, base))
    else:
        timeline.append((0, base))
    own = arm.plans[brand]
    if own != base:
        start = scenario.burn_in + own.strategy.start_week
        timeline = [(week, plan) for week, plan in timeline if week <= start]
        timeline.append((start, own))
    return timeline


def _level(strategy: Strategy, name: str, persona: str) -> float:
    own = strategy.personas.get(persona)
    value = getattr(own, name) if own is not None else None
    if value is not None:
        return float(value)
    if name in ("customers", "prospects"):
        return float(getattr(strategy.contacts_per_week, name))
    return float(getattr(strategy, name))


def _mean_power(levels: NDArray[np.float64], shares: NDArray[np.float64], power: float) -> float:
    return float(np.sum(shares * levels**power))


def _compile_segments(scenario: ResolvedScenario, arm: Arm) -> tuple[Any, Any]:
    """Segments (B, S) and levels (B, S, P) of all brands."""
    market, personas = scenario.market, scenario.personas
    timelines = [_timeline(scenario, arm, brand) for brand in scenario.brands]
    b, s, p = len(timelines), max(map(len, timelines)), len(personas)
    shares = np.array([persona.share for persona in personas])
    shares = shares / shares.sum()
    cents_per_thousand = 100.0 * scenario.population / 1000.0
    journeys = tuple(scenario.journeys)
    segments = np.zeros((b, s), SEGMENT).view(np.recarray)
    segments.start = _NEVER
    levels = np.zeros((b, s, p), LEVEL).view(np.recarray)
    for brand, timeline in enumerate(timelines):
        built = dict.fromkeys(CAPABILITIES, 0.0)
        for at, (week, plan) in enumerate(timeline):
            strategy, costs = plan.strategy, plan.strategy.costs
            segment = segments[brand, at]
            segment.start = week
            segment.journey = journeys.index(plan.journey)
            for who, persona in enumerate(personas):
                level = levels[brand, at, who]
                for name in (*CAPABILITIES, "prospect_knowledge"):
                    level[name] = _level(strategy, name, persona.name)
                for name in ("customers", "prospects"):
                    level[name] = round(_level(strategy, name, persona.name) * 65_536)
                    segment.makes_contact = max(int(segment.makes_contact), int(level[name] > 0))
            segment.covert = market.contact.covert if strategy.data_use == "covert" else 1.0
            segment.contact_cost = round(costs.contact * 100)
            build = run = 0.0
            for name in CAPABILITIES:
                amount = float(np.sum(shares * levels[name][brand, at] ** costs.convexity))
                full = getattr(costs.build, name)
                # What stands already is not built again; nothing is paid back for what is given up.
                build += max(0.0, full * amount - built[name])
                built[name] = max(built[name], full * amount)
                run += getattr(costs.run, name) * amount
            segment.build_cost = round(build * cents_per_thousand) if at > 0 else 0
            segment.run_cost = round(run * cents_per_thousand)
            team = float(np.sum(shares * levels.innovation[brand, at]))
            segment.experiments = team * market.innovation.velocity
            segment.experiment_cost = round(costs.experiment * cents_per_thousand)
    return segments, levels


def _first_trait(brands: int) -> int:
    """Place of the first trait in a customer's record, counted in 16-bit codes."""
    fields: Any = customer_record(brands).fields
    return int(fields[TRAITS[0]][1]) // 2


def _compile_constants(scenario: ResolvedScenario, arm: Arm, seed: int, replicate: int, stages: int) -> Any:
    market = scenario.market
    choice, talk, contact, experience = market.choice, market.word_of_mouth, market.contact, market.experience
    communities = talk.structure == "communities"
    values: dict[str, Any] = {
        "seed": seed,
        "replicate": replicate,
        "customers": scenario.population,
        "brands": len(market.brands),
        "focal": scenario.focal,
        "journey": tuple(scenario.journeys).index(_unled_journey(scenario, arm)),
        "stages": stages,
        "first_trait": _first_trait(len(market.brands)),
        "groups": talk.communities if communities else 1,
        "near_weeks": contact.near_weeks,
        "cycle_weeks": market.innovation.cycle_weeks,
        "cyclical": market.need.kind == "cyclical",
        "log_gamma": choice.taste == "log_gamma",
        "mean_gap": market.need.mean_weeks,
        "carry_over": market.need.carry_over,
        "contact_fatigue": contact.fatigue,
        "mistimed": contact.mistimed,
        "optout": contact.optout,
        "optout_fatigue": contact.optout_fatigue,
        "optout_intrusion": contact.optout_intrusion,
        "recall_incumbent": market.consideration.recall_incumbent,
        "search_rate": market.consideration.search_rate,
        "salience_effect": market.consideration.salience_reputation,
        "taste_sd": choice.taste_sd,
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
        "stock_left": np.exp2(-1.0 / market.innovation.half_life),
        "ancillary": 100.0 * market.innovation.ancillary,
        "ancillary_margin": market.economics.ancillary_margin,
    }
    for name in _REAL:
        if name not in values:
            values[name] = getattr(experience, name.removeprefix("experience_"))
    constants = np.zeros(1, CONSTANTS).view(np.recarray)
    for name in CONSTANTS.names or ():
        constants[name] = values[name]
    return constants


def compile_world(scenario: ResolvedScenario, arm: Arm, seed: int, replicate: int) -> World:
    """Compile one arm, with a fresh market: nobody talks yet, nothing is innovated, nobody has bought.

    The shard's own columns are empty until :func:`fork` gives them.
    """
    market, personas = scenario.market, scenario.personas
    prices = np.array([brand.price for brand in market.brands.values()])
    quality = np.array([brand.quality for brand in market.brands.values()])
    spend = np.array([persona.spend for persona in personas])
    reference = market.reference_price or prices.mean() or 1.0
    weeks = np.arange(scenario.burn_in + scenario.horizon + 1)
    segments, levels = _compile_segments(scenario, arm)
    graph = compile_graph(scenario.journeys, market)
    stages = graph.node_of.shape[1]
    constants = _compile_constants(scenario, arm, seed, replicate, stages)
    people = np.zeros(len(personas), PERSONA).view(np.recarray)
    people.spend = spend
    people.adapt_digital = [persona.adapt_digital for persona in personas]
    people.adapt_privacy = [persona.adapt_privacy for persona in personas]
    offers = np.zeros((len(personas), len(prices)), OFFER).view(np.recarray)
    offers.revenue = np.rint(100.0 * np.outer(spend, prices))
    offers.margin = np.rint(100.0 * np.outer(spend, [brand.unit_margin for brand in market.brands.values()]))
    brands = np.zeros(len(prices), BRAND).view(np.recarray)
    brands.quality = quality
    brands.advantage = quality - quality.mean()
    brands.relative_price = prices / reference
    brands.salience = [brand.salience for brand in market.brands.values()]
    groups = int(constants.groups[0])
    standing = np.zeros((groups, len(prices)), STANDING).view(np.recarray)
    standing.recall = brands.salience
    tally = allocate_tally(0, len(personas), stages, len(prices), groups, 0)
    world = World(
        constants=constants,
        personas=people,
        offers=offers,
        segments=segments,
        levels=levels,
        gap_quantiles=_tail_quantiles(market.need.shape),
        taste_quantiles=_taste_quantiles(market),
        fatigue_left=np.exp2(-weeks / market.contact.fatigue_half_life),
        habit_left=np.exp2(-weeks / market.experience.habit_half_life),
        discount=(1.0 + market.economics.discount_rate) ** (-np.arange(scenario.horizon) / 52.0),
        **graph._asdict(),
        brands=brands,
        standing=standing,
        market=np.zeros(1, MARKET).view(np.recarray),
        contacting=np.zeros(len(prices), np.int64),
        clock=np.zeros(Clock.ENTRIES, np.int64),
        **_room(0, 0, 0, 0, 0),
        accounts=allocate_accounts(0),
        **tally._asdict(),
    )
    for name in (
        "constants",
        "personas",
        "offers",
        "segments",
        "levels",
        "gap_quantiles",
        "taste_quantiles",
        "fatigue_left",
        "habit_left",
        "discount",
    ):
        getattr(world, name).flags.writeable = False
    return world


def _room(brands: int, stages: int, nodes: int, edges: int, personas: int) -> dict[str, Any]:
    """Scratch room of the crowd (:mod:`sim.engine.block`)."""
    return {
        "spots": aligned_zeros((brands + 1, stages), SPOT).view(np.recarray),
        "present": aligned_zeros((brands + 1, personas), LEVEL).view(np.recarray),
        "codes": aligned_zeros((0, 0), np.uint16),
        "desk": aligned_zeros(1, DESK).view(np.recarray),
        "ahead": aligned_zeros(1, AHEAD).view(np.recarray),
        "queue": aligned_zeros((nodes + 1, BLOCK), np.uint16),
        "queued": aligned_zeros(nodes + 1, np.int64),
        "entering": aligned_zeros((nodes, BLOCK), np.uint16),
        "entered": aligned_zeros(nodes, np.int64),
        "sums": aligned_zeros((edges, LANES), np.float64),
        "moves": aligned_zeros((edges, personas), np.int64),
    }


def fork(world: World, tally: Tally, accounts: Any, first: int, people: Any = None) -> World:
    """The same world for one shard of customers, with counters, accounts, clock and scratch room of its own.

    ``people`` are the shard's records where the fast engine is to live them.
    """
    clock = aligned_zeros(Clock.ENTRIES, np.int64)
    clock[Clock.FIRST] = first
    room = _room(0, 0, 0, 0, 0)
    if people is not None:
        stages = world.node_of.shape[1]
        room = _room(len(world.brands), stages, len(world.nodes), len(world.edges) + 1, len(world.personas))
        room["desk"].order = np.arange(BLOCK)
        room["desk"].always = 1
        room["codes"] = people.view(np.ndarray).view(np.uint16).reshape(people.size, -1)
    return world._replace(
        clock=clock,
        accounts=accounts,
        **room,
        **tally._asdict(),
    )
