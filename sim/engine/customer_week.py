"""What one customer does and feels, on its record (MODEL 3, step 2); :mod:`sim.engine.block` says when.

The readable twin is :class:`agents.customer.Customer`; both call the rules of :mod:`agents.rules` with the same luck.
Below, ``customer`` is the record and ``who`` the customer's number; uniforms are arguments, and where there is one for
each brand, they stand in a column of words, ``lane``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from agents.compiled import Int, inlined, loop, rule
from agents.population import ADOPTED, BUYER, NEVER, NOBODY, SAMPLED, SEARCHED, WEEKLY
from agents.purposes import Purpose
from agents.rules.experience import (
    Felt,
    affinity_after_ease,
    bonded,
    expectation_after,
    habit_after_repeat,
    outcome,
    satisfaction_after,
    trust_after_intrusion,
    trust_after_surprise,
)
from agents.rules.feelings import (
    eased,
    felt_effort,
    intrusion,
    knowledge_after_touch,
    opt_out_probability,
    privacy_after_intrusion,
    pull,
    relevance,
)
from agents.rules.need import carried_over, tail_position, whole_weeks
from agents.rules.numerics import decode_unit, encode_unit, log, uniform
from agents.rules.talk import complaint_probability, praise_probability
from sim.engine.workspace import Clock, Workspace
from sim.record.counters import ByBrand, ByPersona, Counters
from sim.record.events import EventKind
from sim.record.history import FIXED_POINT, Money, Origin
from sim.scenario.journey import Does
from sim.world.market import MarketState
from sim.world.world import World

__all__ = [
    "add_effort", "arrive", "bond", "book_stage", "buy", "channel_drawn", "count_moves", "ease_of", "effort_of",
    "experience", "first_need", "found_chance", "group_of", "has", "is_moment", "is_need_due", "lay_out_week",
    "leave_wait", "level_of", "log_stage", "meet_contact", "next_due", "node_at", "present_fatigue",
    "present_habit", "recall", "recall_chance", "recall_nearest", "relevance_of", "search", "set_need_clock",
    "settle_entry", "stage_view_of", "store_fatigue", "take_channel", "talk", "turn_to_incumbent",
]  # fmt: skip

# Enumerations as typed numbers: a plain int would make numba compile every function anew for every constant.
_NEED, _WEEK, _STEP, _ENTRY = (
    np.int64(Purpose.NEED),
    np.int64(Purpose.WEEK),
    np.int64(Purpose.STEP),
    np.int64(Purpose.ENTRY),
)
_CONTACT, _MOMENT, _RECALL = np.int64(Purpose.CONTACT), np.int64(Purpose.MOMENT), np.int64(Purpose.RECALL)
_SEARCH, _TASTE, _CHOICE = np.int64(Purpose.SEARCH), np.int64(Purpose.TASTE), np.int64(Purpose.CHOICE)

_DOES_WAIT, _DOES_RECALL, _DOES_SEARCH = np.int64(Does.WAIT), np.int64(Does.RECALL), np.int64(Does.SEARCH)
_DOES_CHOOSE, _DOES_USE = np.int64(Does.CHOOSE), np.int64(Does.USE)
_DOES_BOND, _DOES_TALK = np.int64(Does.BOND), np.int64(Does.TALK)

_REVENUE, _MARGIN, _ANCILLARY = np.int64(Money.REVENUE), np.int64(Money.MARGIN), np.int64(Money.ANCILLARY)
_CONTACTS, _CHANNELS, _SERVICE = np.int64(Money.CONTACTS), np.int64(Money.CHANNELS), np.int64(Money.SERVICE)
_INITIAL, _EVALUATION, _LOOP = np.int64(Origin.INITIAL), np.int64(Origin.EVALUATION), np.int64(Origin.LOOP)

_B_SKIPPED, _B_DECISION_WEEKS = np.int64(ByBrand.SKIPPED), np.int64(ByBrand.DECISION_WEEKS)
_B_SWITCHES, _B_REPEATS = np.int64(ByBrand.SWITCHES), np.int64(ByBrand.REPEATS)
_B_INCUMBENTS, _B_SATISFACTION, _B_TRUST = (
    np.int64(ByBrand.INCUMBENTS),
    np.int64(ByBrand.SATISFACTION),
    np.int64(ByBrand.TRUST),
)
_B_CONTACTS, _B_TIMELY, _B_OPTED_OUT = np.int64(ByBrand.CONTACTS), np.int64(ByBrand.TIMELY), np.int64(ByBrand.OPTED_OUT)
_B_PRAISE, _B_COMPLAINTS, _B_MONEY = np.int64(ByBrand.PRAISE), np.int64(ByBrand.COMPLAINTS), np.int64(ByBrand.MONEY)
_P_INITIALLY, _P_LATER = np.int64(ByPersona.CONSIDERED_INITIALLY), np.int64(ByPersona.CONSIDERED_LATER)
_P_BUYERS, _P_FATIGUE, _P_ADOPTED = np.int64(ByPersona.BUYERS), np.int64(ByPersona.FATIGUE), np.int64(ByPersona.ADOPTED)

_STAGE, _PURCHASE = np.int64(EventKind.STAGE), np.int64(EventKind.PURCHASE)
_TIMELY, _MISTIMED, _OPT_OUT = (
    np.int64(EventKind.TIMELY_CONTACT),
    np.int64(EventKind.MISTIMED_CONTACT),
    np.int64(EventKind.OPT_OUT),
)
_PRAISE, _COMPLAINT = np.int64(EventKind.PRAISE), np.int64(EventKind.COMPLAINT)

_AT_WEEK, _AT_ROW, _AT_FIRST = Clock.WEEK, Clock.ROW, Clock.FIRST
_AT_AUTOMATED, _AT_LAID_OUT = Clock.AUTOMATED, Clock.LAID_OUT
_NOBODY = np.int64(NOBODY)
_NO_AMOUNT = np.int64(0)


class Event(NamedTuple):
    """A row of the log."""

    customer_id: Int
    row: Int
    kind: Int
    stage: Int
    brand: Int
    channel: Int
    origin: Int
    amount: Int


@rule
def _bit(brand: Int) -> Any:
    return np.uint64(1) << np.uint64(brand)


@rule
def has(mask: Any, brand: Int) -> bool:
    """Whether a brand, if it is one, is in a mask."""
    return ((np.uint64(mask) >> (np.uint64(brand) & np.uint64(63))) & np.uint64(1)) != np.uint64(0)


@rule
def _count(mask: Any) -> Int:
    """Number of brands in a mask: sums of neighbouring bits, of pairs, of fours ..."""
    pairs = mask - ((mask >> np.uint64(1)) & np.uint64(0x5555555555555555))
    fours = (pairs & np.uint64(0x3333333333333333)) + ((pairs >> np.uint64(2)) & np.uint64(0x3333333333333333))
    eights = (fours + (fours >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    # The product adds up all eight bytes in the highest; written so, it becomes one instruction.
    return np.int64((eights * np.uint64(0x0101010101010101)) >> np.uint64(56))


@inlined
def _counts_of(workspace: Workspace, counters: Counters, customer: Any, brand: Int) -> Any:
    """This week's counters of a brand among customers of the same persona: see :class:`sim.record.counters.ByBrand`."""
    return counters.by_brand[np.uint64(workspace.clock[_AT_ROW]), customer.persona, np.uint64(brand)]


@loop
def _log(events: Any, event_count: Any, event: Event) -> None:
    """Write a moment to the log."""
    at = event_count[0]
    events[at, 0] = event.customer_id
    events[at, 1] = event.row
    events[at, 3] = event.kind
    events[at, 4] = event.stage
    events[at, 5] = event.brand
    events[at, 6] = event.channel
    events[at, 7] = event.origin
    events[at, 8] = event.amount
    event_count[0] = at + 1


@inlined
def _log_event(
    workspace: Workspace,
    counters: Counters,
    customer: Any,
    customer_id: Int,
    kind: Int,
    brand: Int,
    channel: Int,
    origin: Int,
    amount: Int,
) -> None:
    """Log a moment of a sampled customer."""
    if np.int64(customer.marks) & SAMPLED != 0:
        stage = np.int64(customer.stage)
        moment = Event(customer_id, workspace.clock[_AT_ROW], kind, stage, brand, channel, origin, amount)
        _log(counters.events, counters.event_count, moment)


@loop
def _book(accounts: Any, place: Int, column: Int, cents: Int, discount: float) -> None:
    """Keep the customer's own account of the focal brand's money."""
    account = accounts[place]
    if column == _REVENUE:
        account.spend += cents
    else:
        signed = cents if column in (_MARGIN, _ANCILLARY) else -cents
        account.contribution += signed
        account.value += np.int64(np.floor(signed * discount + 0.5))


@inlined
def _pay(
    world: World,
    workspace: Workspace,
    counters: Counters,
    counts: Any,
    customer_id: Int,
    brand: Int,
    column: Int,
    cents: Int,
) -> None:
    """Book money that a customer causes; costs are positive numbers in cost columns."""
    counts[_B_MONEY + column] += cents
    if counters.accounts.size > 0 and brand == world.constants[0].focal and cents != 0:
        _book(
            counters.accounts,
            customer_id - workspace.clock[_AT_FIRST],
            column,
            cents,
            world.discount[workspace.clock[_AT_ROW]],
        )


@inlined
def level_of(workspace: Workspace, customer: Any, brand: Int) -> Any:
    """Levels of the brand's present strategy for this customer's persona; zero where there is no brand."""
    return workspace.levels_now[np.uint8(brand + 1), customer.persona]


@inlined
def _known(customer: Any, brand: Int, level: Any) -> float:
    """What a brand knows of the customer."""
    own, prospect = decode_unit(customer.knowledge), level.prospect_knowledge
    return own if customer.incumbent == brand else prospect


@inlined
def relevance_of(workspace: Workspace, customer: Any, brand: Int) -> float:
    """Relevance of a brand's offers; none without a host brand or for a customer who has opted out."""
    level = level_of(workspace, customer, brand)
    felt = relevance(level.personalization, _known(customer, brand, level))
    return 0.0 if has(np.uint64(customer.opted_out), brand) else felt


@loop
def lay_out_week(world: World, market: MarketState, workspace: Workspace) -> None:
    """Lay out what holds this week, where a strategy has started since it was last done: ``spots`` and ``present``."""
    begun = np.int64(1)
    for brand in range(world.brands.size):
        begun += market.brands[brand].active
    if workspace.clock[_AT_LAID_OUT] == begun:
        return
    workspace.clock[_AT_LAID_OUT] = begun
    workspace.clock[_AT_AUTOMATED] = 0
    for host in range(workspace.stage_views.shape[0]):
        journey = world.constants[0].journey
        if host > 0:
            active = market.brands[host - 1].active
            journey = world.segments[host - 1, active].journey
            for persona in range(workspace.levels_now.shape[1]):
                level = world.levels[host - 1, active, persona]
                workspace.levels_now[host, persona] = level
                workspace.clock[_AT_AUTOMATED] |= np.int64(level.automation > 0.0)
        for stage in range(workspace.stage_views.shape[1]):
            view, at = workspace.stage_views[host, stage], world.node_of[journey, stage]
            node = world.nodes[at]
            view.node = at
            view.does = node.does
            view.acts = node.acts
            view.roams = node.roams
            view.stays = node.weeks if node.opens else NEVER
            # Who comes back by itself, and at once, is there every week.
            weekly = (at < WEEKLY) & (node.returns != 0) & (node.rest == 0)
            view.by_need = NEVER if node.waits and not weekly else 0
            view.by_stay = NEVER if node.returns and not weekly else 0
            view.after = at if weekly else max(node.never, WEEKLY + node.rest * node.returns)


@inlined
def stage_view_of(workspace: Workspace, customer: Any) -> Any:
    """The stage a customer stands in, on the host brand's journey: see :data:`sim.world.world.SPOT`."""
    return workspace.stage_views[np.uint8(customer.host + 1), customer.stage]


@inlined
def next_due(customer: Any, view: Any) -> Any:
    """When a customer who stays is due next (:class:`agents.population.Population`), unless a contact comes first."""
    due = (np.uint32(customer.need_at) & view.by_need) + (np.uint32(customer.since) & view.by_stay) + view.after
    return min(due, np.uint32(NEVER))


@inlined
def node_at(workspace: Workspace, customer: Any, stage: Int) -> Int:
    """Node of a stage on the host brand's journey."""
    return workspace.stage_views[np.uint8(customer.host + 1), stage].node


@inlined
def _channel_of(world: World, customer: Any) -> Any:
    """The channel a customer is in: see :data:`sim.world.graph.CHANNEL`."""
    return world.channels[np.uint8(customer.channel + 1)]


@inlined
def ease_of(world: World, workspace: Workspace, customer: Any, host: Int) -> float:
    """Ease in the present stage: none without a host brand or automation, or where the channel is a human one."""
    if workspace.clock[_AT_AUTOMATED] == 0:
        return 0.0
    felt = eased(level_of(workspace, customer, host).automation, decode_unit(customer.digital_affinity))
    return felt * _channel_of(world, customer).digital


@inlined
def effort_of(world: World, customer: Any, node: Int, ease: float) -> float:
    """Effort of a stage in the present channel."""
    return felt_effort(world.nodes[node].effort, _channel_of(world, customer).effort, ease)


@inlined
def _set_trust(counts: Any, customer: Any, trust: float) -> None:
    """Store trust in the incumbent, whose counters these are, and keep the market's sum."""
    code = encode_unit(trust)
    counts[_B_TRUST] += code - np.int64(customer.trust)
    customer.trust = code


@rule
def _fixed_point(x: float) -> Int:
    return np.int64(np.floor(x * FIXED_POINT + 0.5))


@inlined
def _set_satisfaction(counts: Any, customer: Any, satisfaction: float) -> None:
    """Store satisfaction with the incumbent, whose counters these are, and keep the market's sum."""
    before = _fixed_point(np.float64(customer.satisfaction))
    # In single precision: what is stored counts.
    customer.satisfaction = satisfaction
    counts[_B_SATISFACTION] += _fixed_point(np.float64(customer.satisfaction)) - before


@inlined
def present_habit(world: World, workspace: Workspace, customer: Any) -> float:
    """Habit, worn off since the last purchase."""
    return decode_unit(customer.habit) * world.habit_left[workspace.clock[_AT_WEEK] - np.int64(customer.last_purchase)]


@inlined
def present_fatigue(world: World, workspace: Workspace, customer: Any) -> float:
    """Fatigue, worn off since the last contact."""
    return (
        np.float64(customer.fatigue) * world.fatigue_left[workspace.clock[_AT_WEEK] - np.int64(customer.last_contact)]
    )


@inlined
def is_moment(world: World, workspace: Workspace, customer: Any) -> bool:
    """Whether a contact could be timely: considering, evaluating, using, or the need near."""
    does = stage_view_of(workspace, customer).does
    near = np.int64(customer.need_at) - workspace.clock[_AT_WEEK] <= world.constants[0].near_weeks
    busy = (does == _DOES_RECALL) | (does == _DOES_SEARCH) | (does == _DOES_USE)
    return near if does == _DOES_WAIT else busy


@inlined
def meet_contact(
    world: World,
    market: MarketState,
    workspace: Workspace,
    counters: Counters,
    customer: Any,
    customer_id: Int,
    brand: Int,
    aimed: bool,
    u: float,
    fatigue: float,
) -> tuple[float, float, float]:
    """One contact of a brand (MODEL 4.3).

    Returns
    -------
    tuple of float
        Pull, 0 unless it was aimed and the brand's journey has the stage; intrusion; fatigue added.
    """
    constants, persona = world.constants[0], customer.persona
    level = level_of(workspace, customer, brand)
    segment = world.segments[brand, market.brands[brand].active]
    known = relevance(level.personalization, _known(customer, brand, level))
    disturbance = intrusion(decode_unit(customer.privacy_concern), known, segment.covert)
    counts = _counts_of(workspace, counters, customer, brand)
    counts[_B_CONTACTS] += 1
    _pay(world, workspace, counters, counts, customer_id, brand, _CONTACTS, segment.contact_cost)
    strength, tiring = 0.0, constants.contact_fatigue
    if aimed:
        counts[_B_TIMELY] += 1
        node = world.node_of[segment.journey, customer.stage]
        if node // constants.stages == segment.journey:
            strength = pull(known, fatigue)
        if customer.considered != 0:
            customer.considered |= _bit(brand)
        _log_event(workspace, counters, customer, customer_id, _TIMELY, brand, _NOBODY, _NOBODY, _NO_AMOUNT)
    else:
        tiring *= constants.mistimed
        _log_event(workspace, counters, customer, customer_id, _MISTIMED, brand, _NOBODY, _NOBODY, _NO_AMOUNT)
    if disturbance > 0.0:
        if customer.incumbent == brand:
            trust = trust_after_intrusion(decode_unit(customer.trust), disturbance, constants.trust_intrusion)
            _set_trust(counts, customer, trust)
        if world.personas[persona].adapt_privacy > 0.0:
            customer.privacy_concern = encode_unit(
                privacy_after_intrusion(
                    decode_unit(customer.privacy_concern), world.personas[persona].adapt_privacy, disturbance
                )
            )
    leaves = opt_out_probability(
        constants.optout, constants.optout_fatigue * fatigue, constants.optout_intrusion * disturbance
    )
    if u < leaves:
        customer.opted_out |= _bit(brand)
        counts[_B_OPTED_OUT] += 1
        _log_event(workspace, counters, customer, customer_id, _OPT_OUT, brand, _NOBODY, _NOBODY, _NO_AMOUNT)
    return strength, disturbance, tiring


@inlined
def store_fatigue(workspace: Workspace, counters: Counters, customer: Any, fatigue: float, added: float) -> None:
    """Store fatigue after this week's contacts."""
    customer.fatigue = fatigue + added
    customer.last_contact = workspace.clock[_AT_WEEK]
    counters.by_persona[workspace.clock[_AT_ROW], customer.persona, _P_FATIGUE] += _fixed_point(added)


@inlined
def _gap(world: World, customer: Any, at: float) -> float:
    """Weeks between needs (MODEL 4.1), before rounding, from the draw's place in the table of quantiles."""
    constants = world.constants[0]
    if constants.cyclical != 0:
        return constants.mean_gap
    below = np.int64(at)
    share = at - below
    table = world.gap_quantiles
    return constants.mean_gap * np.float64(customer.gap) * (table[below] * (1.0 - share) + table[below + 1] * share)


@rule
def first_need(world: World, workspace: Workspace, customer: Any, u: float, phase: float) -> None:
    """Put a newborn in mid-gap."""
    weeks = np.int64(min(_gap(world, customer, tail_position(log(1.0 - u))), 60000.0) * phase)
    customer.need_at = min(workspace.clock[_AT_WEEK] + weeks, NEVER - 1)


@inlined
def set_need_clock(
    world: World, workspace: Workspace, customer: Any, at: float, u_round: float, u_carry: float
) -> None:
    """Start the need clock on entering a wait stage (MODEL 4.1); ``at`` as in :func:`_gap`."""
    weeks = whole_weeks(_gap(world, customer, at), u_round)
    early = np.float64(np.int64(customer.need_at) - np.int64(customer.need_week))
    weeks += carried_over(early, world.constants[0].carry_over, u_carry)
    customer.need_at = min(workspace.clock[_AT_WEEK] + weeks, NEVER - 1)


@inlined
def group_of(world: World, customer_id: Int) -> Int:
    """Group that a customer hears: a division is spared where there is one group only."""
    groups = world.constants[0].groups
    return customer_id % groups if groups > 1 else 0 * customer_id


@inlined
def recall_chance(world: World, incumbent: Int, brand: Int, salience: float) -> float:
    """Chance that a brand comes to mind; the incumbent almost surely."""
    own = world.constants[0].recall_incumbent
    return own if brand == incumbent else salience


@inlined
def found_chance(world: World, salience: float) -> float:
    """Chance that a week of search meets a brand."""
    return world.constants[0].search_rate * salience


@inlined
def recall_nearest(
    world: World, market: MarketState, workspace: Workspace, customer: Any, group: Int, lane: Int
) -> None:
    """Who thinks of no brand thinks of the one that came nearest; whether each came to mind was drawn in the lane."""
    words, incumbent = workspace.scratch[0].draws, np.int64(customer.incumbent)
    nearest = 0
    best = np.inf
    for brand in range(world.constants[0].brands):
        chance = recall_chance(world, incumbent, brand, market.standing[group, brand].recall)
        if chance > 0.0 and uniform(np.int64(words[brand, lane])) / chance < best:
            best = uniform(np.int64(words[brand, lane])) / chance
            nearest = brand
    customer.considered = _bit(nearest)


@inlined
def recall(world: World, market: MarketState, workspace: Workspace, customer: Any, customer_id: Int, lane: Int) -> None:
    """Initial consideration set: each brand by its salience, at least one."""
    words, group, incumbent = workspace.scratch[0].draws, group_of(world, customer_id), np.int64(customer.incumbent)
    mask = np.uint64(customer.considered)
    for brand in range(world.constants[0].brands):
        chance = recall_chance(world, incumbent, brand, market.standing[group, brand].recall)
        comes = uniform(np.int64(words[brand, lane])) < chance
        mask |= np.uint64(comes) << np.uint64(brand)
    customer.considered = mask
    if mask == np.uint64(0):
        recall_nearest(world, market, workspace, customer, group, lane)
    customer.initial = customer.considered


@inlined
def search(world: World, market: MarketState, workspace: Workspace, customer: Any, customer_id: Int, lane: Int) -> None:
    """One week of search: brands not yet considered are met by their salience."""
    words, group = workspace.scratch[0].draws, group_of(world, customer_id)
    customer.marks = np.int64(customer.marks) | SEARCHED
    mask = np.uint64(customer.considered)
    for brand in range(world.constants[0].brands):
        met = uniform(np.int64(words[brand, lane])) < found_chance(world, market.standing[group, brand].recall)
        mask |= np.uint64(met) << np.uint64(brand)
    customer.considered = mask


@inlined
def _switch(world: World, workspace: Workspace, counters: Counters, counts: Any, customer: Any, brand: Int) -> None:
    """Become another brand's customer: nothing is remembered of the old one, little is known by the new one."""
    before = np.int64(customer.incumbent)
    if before != NOBODY:
        lost = _counts_of(workspace, counters, customer, before)
        lost[_B_SWITCHES] += 1
        lost[_B_INCUMBENTS] -= 1
        lost[_B_SATISFACTION] -= _fixed_point(np.float64(customer.satisfaction))
        lost[_B_TRUST] -= np.int64(customer.trust)
    counts[_B_INCUMBENTS] += 1
    customer.incumbent = brand
    customer.satisfaction = 0.0
    customer.expectation = 0.0
    customer.habit = 0
    customer.trust = 0
    _set_trust(counts, customer, world.constants[0].initial_trust * decode_unit(customer.trust_propensity))
    customer.knowledge = encode_unit(level_of(workspace, customer, brand).prospect_knowledge)


@rule
def buy(world: World, workspace: Workspace, counters: Counters, customer: Any, customer_id: Int, brand: Int) -> None:
    """Purchase of the brand chosen; one bought without consideration is the host brand (the loyalty loop)."""
    constants = world.constants[0]
    row, persona = workspace.clock[_AT_ROW], customer.persona
    before = np.int64(customer.incumbent)
    chosen = _INITIAL if has(np.uint64(customer.initial), brand) else _EVALUATION
    origin = _LOOP if customer.considered == 0 else chosen
    initially = _count(np.uint64(customer.initial))
    counters.by_persona[row, persona, _P_INITIALLY] += initially
    counters.by_persona[row, persona, _P_LATER] += _count(np.uint64(customer.considered)) - initially
    counts = _counts_of(workspace, counters, customer, brand)
    counts[origin] += 1
    counts[_B_SKIPPED] += np.int64(np.int64(customer.marks) & SEARCHED == 0)
    counts[_B_DECISION_WEEKS] += workspace.clock[_AT_WEEK] - np.int64(customer.need_week)
    offer = world.offers[persona, brand]
    _pay(world, workspace, counters, counts, customer_id, brand, _REVENUE, offer.revenue)
    # Margin is the one column that may be negative: a unit sold at a loss is booked as it is.
    _pay(world, workspace, counters, counts, customer_id, brand, _MARGIN, offer.margin)
    if np.int64(customer.marks) & ADOPTED == 0:
        customer.marks = np.int64(customer.marks) | ADOPTED
        counters.by_persona[row, persona, _P_ADOPTED] += 1
    if (brand == constants.focal) & (np.int64(customer.marks) & BUYER == 0):
        customer.marks = np.int64(customer.marks) | BUYER
        counters.by_persona[row, persona, _P_BUYERS] += 1
    if counters.accounts.size > 0:
        account = counters.accounts[customer_id - workspace.clock[_AT_FIRST]]
        account.purchases += 1
        if brand == constants.focal:
            account.focal_purchases += 1
        if before != NOBODY and brand != before:
            account.switches += 1
    if brand == before:
        counts[_B_REPEATS] += 1
        customer.habit = encode_unit(
            habit_after_repeat(present_habit(world, workspace, customer), constants.habit_gain)
        )
    else:
        _switch(world, workspace, counters, counts, customer, brand)
    customer.host = brand
    customer.last_purchase = workspace.clock[_AT_WEEK]
    customer.considered = 0
    customer.initial = 0
    _log_event(
        workspace, counters, customer, customer_id, _PURCHASE, brand, np.int64(customer.channel), origin, offer.revenue
    )


@inlined
def experience(
    world: World,
    market: MarketState,
    workspace: Workspace,
    counters: Counters,
    customer: Any,
    customer_id: Int,
    lift: float,
    disturbed: float,
    noise: float,
    u_told: float,
) -> None:
    """A moment of experience with the incumbent (MODEL 4.5) and what is told of it."""
    brand = np.int64(customer.incumbent)
    if brand == NOBODY:
        return
    constants, persona = world.constants[0], world.personas[customer.persona]
    ease = ease_of(world, workspace, customer, brand)
    delight = market.brands[brand].delight
    lived = outcome(
        world.brands[brand].advantage + lift,
        Felt(ease, relevance_of(workspace, customer, brand), delight, np.float64(customer.strain), disturbed),
        Felt(
            constants.experience_ease,
            constants.experience_relevance,
            constants.experience_delight,
            constants.experience_effort,
            constants.experience_intrusion,
        ),
        constants.experience_noise_sd,
        noise,
    )
    expected = np.float64(customer.expectation)
    surprise = lived - expected
    customer.expectation = expectation_after(expected, surprise, constants.expectation_rate)
    counts = _counts_of(workspace, counters, customer, brand)
    _set_satisfaction(
        counts,
        customer,
        satisfaction_after(
            np.float64(customer.satisfaction), surprise, constants.satisfaction_rate, constants.loss_aversion
        ),
    )
    _set_trust(
        counts,
        customer,
        trust_after_surprise(
            decode_unit(customer.trust),
            surprise,
            decode_unit(customer.trust_propensity),
            constants.trust_gain,
            constants.trust_loss,
        ),
    )
    customer.strain = 0.0
    if persona.adapt_digital > 0.0:
        customer.digital_affinity = encode_unit(
            affinity_after_ease(decode_unit(customer.digital_affinity), persona.adapt_digital, ease)
        )
    if delight > 0.0 and constants.ancillary > 0.0:
        extra = np.floor(constants.ancillary * persona.spend * delight + 0.5)
        _pay(world, workspace, counters, counts, customer_id, brand, _REVENUE, np.int64(extra))
        _pay(
            world,
            workspace,
            counters,
            counts,
            customer_id,
            brand,
            _ANCILLARY,
            np.int64(np.floor(extra * constants.ancillary_margin + 0.5)),
        )
    # Where nothing disappoints the chance is 0.
    if u_told < complaint_probability(constants.complaint_rate, decode_unit(customer.sociability), surprise):
        counts[_B_COMPLAINTS] += 1
        counters.talk[customer_id % constants.groups, brand, 1] += 1
        _log_event(workspace, counters, customer, customer_id, _COMPLAINT, brand, _NOBODY, _NOBODY, _NO_AMOUNT)


@inlined
def talk(world: World, workspace: Workspace, counters: Counters, customer: Any, customer_id: Int, u: float) -> None:
    """A week in a talk stage (MODEL 4.6)."""
    brand = np.int64(customer.incumbent)
    if brand == NOBODY:
        return
    constants = world.constants[0]
    told = praise_probability(constants.talk_rate, decode_unit(customer.sociability), np.float64(customer.satisfaction))
    if u < told:
        _counts_of(workspace, counters, customer, brand)[_B_PRAISE] += 1
        counters.talk[customer_id % constants.groups, brand, 0] += 1
        _log_event(workspace, counters, customer, customer_id, _PRAISE, brand, _NOBODY, _NOBODY, _NO_AMOUNT)


@inlined
def channel_drawn(world: World, at: Int, u: float) -> Int:
    """Channel through which a stage is entered."""
    taken = np.int64(0)
    for channel in range(world.mix.shape[1] - 1):
        taken += np.int64(u >= world.mix[at, channel])
    return taken


@inlined
def _learn(world: World, workspace: Workspace, customer: Any) -> None:
    """Teach the host brand, if it is the incumbent, what a touch through a digital channel tells of the customer."""
    automation = (
        level_of(workspace, customer, np.int64(customer.host)).automation * _channel_of(world, customer).digital
    )
    # At no automation a touch teaches nothing, and nothing changes. Toward nobody there is none.
    customer.knowledge = encode_unit(
        knowledge_after_touch(
            decode_unit(customer.knowledge),
            world.constants[0].knowledge_rate,
            automation if customer.host == customer.incumbent else 0.0,
        )
    )


@inlined
def take_channel(
    world: World, workspace: Workspace, counters: Counters, customer: Any, customer_id: Int, taken: Int
) -> None:
    """Enter a stage through a channel: cost to the host brand, knowledge where the touch is digital."""
    customer.channel = taken
    if workspace.clock[_AT_AUTOMATED] != 0:
        _learn(world, workspace, customer)
    host, through = np.int64(customer.host), _channel_of(world, customer)
    if (through.cost != 0) & (host != NOBODY):
        _pay(
            world,
            workspace,
            counters,
            _counts_of(workspace, counters, customer, host),
            customer_id,
            host,
            _CHANNELS,
            through.cost,
        )


@inlined
def add_effort(world: World, workspace: Workspace, customer: Any, at: Int) -> None:
    """Feel the effort of a stage."""
    ease = ease_of(world, workspace, customer, np.int64(customer.host))
    customer.strain = np.float64(customer.strain) + effort_of(world, customer, at, ease)


@inlined
def book_stage(
    world: World, workspace: Workspace, counters: Counters, customer: Any, customer_id: Int, at: Int
) -> None:
    """What a stage costs the host brand, and what it sells beside the brand."""
    host, node = np.int64(customer.host), world.nodes[at]
    if host == NOBODY:
        return
    counts = _counts_of(workspace, counters, customer, host)
    _pay(world, workspace, counters, counts, customer_id, host, _SERVICE, node.cost)
    _pay(world, workspace, counters, counts, customer_id, host, _REVENUE, node.ancillary)
    margin = np.int64(np.floor(node.ancillary * world.constants[0].ancillary_margin + 0.5))
    _pay(world, workspace, counters, counts, customer_id, host, _ANCILLARY, margin)


@inlined
def log_stage(workspace: Workspace, counters: Counters, customer: Any, customer_id: Int) -> None:
    """Log that a stage was entered."""
    _log_event(
        workspace,
        counters,
        customer,
        customer_id,
        _STAGE,
        np.int64(customer.host),
        np.int64(customer.channel),
        _NOBODY,
        _NO_AMOUNT,
    )


@inlined
def leave_wait(workspace: Workspace, customer: Any) -> None:
    """Turn from waiting: a need has arisen."""
    customer.occasion = (np.int64(customer.occasion) + 1) & 0xFFFF
    customer.need_week = workspace.clock[_AT_WEEK]
    customer.marks = np.int64(customer.marks) & (255 - SEARCHED)


@inlined
def arrive(customer: Any, stage: Int, week: Int) -> None:
    """Come to stand in a stage."""
    customer.stage = stage
    customer.since = week


@inlined
def count_moves(world: World, workspace: Workspace, counters: Counters) -> None:
    """Count the edges taken this week (``world.moves``) as flows between stages and change of who stands there."""
    moves, row = workspace.edge_counts, workspace.clock[_AT_ROW]
    for edge in range(world.edges.size):
        source, target = world.edges[edge].source, world.edges[edge].target
        for persona in range(moves.shape[1]):
            moved = moves[edge, persona]
            counters.flows[persona, source, target] += moved
            counters.occupancy[row, persona, source] -= moved
            counters.occupancy[row, persona, target] += moved
            moves[edge, persona] = 0


@inlined
def turn_to_incumbent(workspace: Workspace, customer: Any, stage: Int) -> Int:
    """Who comes to wait follows the brand last bought; returns the node of the stage on that brand's journey."""
    customer.host = customer.incumbent
    customer.considered = 0
    customer.initial = 0
    return node_at(workspace, customer, stage)


@inlined
def settle_entry(
    world: World, workspace: Workspace, counters: Counters, customer: Any, customer_id: Int, at: Int, u: float
) -> None:
    """What entering a stage takes and costs: channel, effort, money."""
    node = world.nodes[at]
    if node.has_channels:
        take_channel(world, workspace, counters, customer, customer_id, channel_drawn(world, at, u))
    else:
        customer.channel = NOBODY
    if node.effort > 0.0:
        add_effort(world, workspace, customer, at)
    if node.cost != 0 or node.ancillary != 0:
        book_stage(world, workspace, counters, customer, customer_id, at)


@inlined
def bond(world: World, workspace: Workspace, counters: Counters, customer: Any) -> None:
    """Enter a bond stage as somebody's customer."""
    if customer.incumbent == NOBODY:
        return
    gain = world.constants[0].bond_gain
    counts = _counts_of(workspace, counters, customer, np.int64(customer.incumbent))
    _set_trust(counts, customer, bonded(decode_unit(customer.trust), gain))
    customer.habit = encode_unit(bonded(decode_unit(customer.habit), gain))


@inlined
def is_need_due(workspace: Workspace, customer: Any) -> bool:
    """Whether the need clock has run out; only a wait stage asks."""
    return np.int64(customer.need_at) <= workspace.clock[_AT_WEEK]
