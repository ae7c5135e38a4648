"""The obvious loop: every customer, every week, one after the other, branching on the stage.

What one writes first, over the same rules of :mod:`agents.rules` with the same draws, so that it gives the same bytes
as the engine (`tests/benchmarks/test_obvious.py`); `make bench` measures the engine against it. Nothing is sorted,
nobody is passed over, no two customers are looked at together. It has every help of the compiler that the engine has:
no reference counting, all in one function, the same records.
"""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from agents.compiled import Whole, deed, passage, rule
from agents.population import ADOPTED, BUYER, NEVER, NOBODY, SAMPLED, SEARCHED, Population
from agents.purposes import Purpose
from agents.rules.choice import (
    brand_value,
    incumbent_bump,
    lifelong_taste,
    moment_error,
    price_disutility,
    taste_tail,
)
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
from agents.rules.transition import add_term, clipped_probability, odds
from agents.traits import TRAITS
from sim.engine import life
from sim.engine.loop import MOMENTS_PER_WEEK
from sim.events import Moment
from sim.graph import ALWAYS, Kind, On, Only
from sim.history import FIXED_POINT, History, Money, Origin
from sim.journey import FEATURES, Does
from sim.luck import Words, block, sixteen_bits
from sim.market import market_week
from sim.record import Traced
from sim.scenario import Scenario
from sim.tally import ByBrand, ByPersona
from sim.world import Clock, World

__all__ = ["live_replicate", "run_weeks"]

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

_F_SATISFACTION, _F_TRUST = FEATURES.index("satisfaction"), FEATURES.index("trust")
_F_HABIT, _F_FATIGUE = FEATURES.index("habit"), FEATURES.index("fatigue")
_F_WEEKS, _F_EASE = FEATURES.index("weeks_in_stage"), FEATURES.index("ease")
_F_RELEVANCE, _F_PULL = FEATURES.index("relevance"), FEATURES.index("pull")
_F_DELIGHT, _F_INTRUSION = FEATURES.index("delight"), FEATURES.index("intrusion")
_F_EFFORT, _F_REPUTATION = FEATURES.index("effort"), FEATURES.index("reputation")
_F_PRICE = FEATURES.index("price")

_ON_CONTACT, _ON_NEED = On.CONTACT, On.NEED
_LOGIT, _REFERENCE = Kind.LOGIT, Kind.REFERENCE
_ONLY_INCUMBENT, _ONLY_AUTOMATION = Only.INCUMBENT, Only.AUTOMATION
_ONLY_PERSONALIZATION, _ONLY_CONTEXT = Only.PERSONALIZATION, Only.CONTEXT

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

_STAGE, _PURCHASE = np.int64(Moment.STAGE), np.int64(Moment.PURCHASE)
_TIMELY, _MISTIMED, _OPT_OUT = (
    np.int64(Moment.TIMELY_CONTACT),
    np.int64(Moment.MISTIMED_CONTACT),
    np.int64(Moment.OPT_OUT),
)
_PRAISE, _COMPLAINT = np.int64(Moment.PRAISE), np.int64(Moment.COMPLAINT)

_AT_WEEK, _AT_ROW, _AT_FIRST = Clock.WEEK, Clock.ROW, Clock.FIRST
_NOBODY = np.int64(NOBODY)
_NO_AMOUNT, _ONCE, _EVER = np.int64(0), np.int64(1), np.int64(0)
_FIRST, _SECOND, _THIRD, _FOURTH = np.int64(0), np.int64(1), np.int64(2), np.int64(3)


@rule
def _bit(brand: Whole) -> Any:
    return np.uint64(1) << np.uint64(brand)


@rule
def _has(mask: Any, brand: Whole) -> bool:
    return (mask & _bit(brand)) != np.uint64(0)


@rule
def _count(mask: Any) -> Whole:
    """Number of brands in a mask."""
    left = mask
    count = 0
    while left != np.uint64(0):
        left &= left - np.uint64(1)
        count += 1
    return count


@passage
def _draw(world: World, who: Whole, purpose: Whole, when: Whole, index: Whole, which: Whole) -> float:
    """One uniform out of the customer's block of luck."""
    words = block(world.constants[0].seed, world.constants[0].replicate, who, purpose, when, index)
    return uniform(np.int64(words[which]))


@passage
def _brand_words(world: World, who: Whole, purpose: Whole, when: Whole, brand: Whole) -> Words:
    """Block of luck that four brands share; brand b has its word b & 3."""
    return block(world.constants[0].seed, world.constants[0].replicate, who, purpose, when, brand >> 2)


@passage
def _add(world: World, customer: Any, brand: Whole, column: Whole, amount: Whole) -> None:
    """Count for a brand, this week."""
    world.by_brand[world.clock[_AT_ROW], customer.persona, brand, column] += amount


@deed
def _note(
    world: World, customer: Any, who: Whole, kind: Whole, brand: Whole, channel: Whole, origin: Whole, amount: Whole
) -> None:
    """Log a moment of a sampled customer."""
    if np.int64(customer.marks) & SAMPLED == 0:
        return
    at = world.event_count[0]
    event = world.events[at]
    event[0] = who
    event[1] = world.clock[_AT_ROW]
    event[3] = kind
    event[4] = customer.stage
    event[5] = brand
    event[6] = channel
    event[7] = origin
    event[8] = amount
    world.event_count[0] = at + 1


@deed
def _pay(world: World, customer: Any, who: Whole, brand: Whole, column: Whole, cents: Whole) -> None:
    """Book money that a customer causes; costs are positive numbers in cost columns."""
    if cents == 0:
        return
    _add(world, customer, brand, _B_MONEY + column, cents)
    if brand == world.constants[0].focal and world.accounts.size > 0:
        account = world.accounts[who - world.clock[_AT_FIRST]]
        if column == _REVENUE:
            account.spend += cents
        else:
            signed = cents if column in (_MARGIN, _ANCILLARY) else -cents
            account.contribution += signed
            account.value += np.int64(np.floor(signed * world.discount[world.clock[_AT_ROW]] + 0.5))


@passage
def _level(world: World, customer: Any, brand: Whole) -> Any:
    """Levels of the brand's present strategy for this customer's persona."""
    return world.levels[brand, world.brands[brand].active, customer.persona]


@deed
def _known(world: World, customer: Any, brand: Whole) -> float:
    """What a brand knows of the customer."""
    if customer.incumbent == brand:
        return decode_unit(customer.knowledge)
    return _level(world, customer, brand).prospect_knowledge


@deed
def _relevance(world: World, customer: Any, brand: Whole) -> float:
    """Relevance of a brand's offers; none where nobody leads or the customer has opted out."""
    if brand == NOBODY or _has(np.uint64(customer.opted_out), brand):
        return 0.0
    return relevance(_level(world, customer, brand).personalization, _known(world, customer, brand))


@deed
def _node(world: World, lead: Whole, stage: Whole) -> Whole:
    """Node of a stage on the lead's journey."""
    if lead == NOBODY:
        return world.node_of[world.constants[0].journey, stage]
    return world.node_of[world.segments[lead, world.brands[lead].active].journey, stage]


@deed
def _ease(world: World, customer: Any, lead: Whole) -> float:
    """Ease in the present stage: none where nobody leads or the channel is a human one."""
    if lead == NOBODY or (customer.channel != NOBODY and not world.channels[customer.channel].digital):
        return 0.0
    return eased(_level(world, customer, lead).automation, decode_unit(customer.digital_affinity))


@passage
def _felt_effort(world: World, customer: Any, node: Whole, ease: float) -> float:
    multiplier = 1.0 if customer.channel == NOBODY else world.channels[customer.channel].effort
    return felt_effort(world.nodes[node].effort, multiplier, ease)


@deed
def _set_trust(world: World, customer: Any, trust: float) -> None:
    """Store trust in the incumbent and keep the market's sum."""
    code = encode_unit(trust)
    _add(world, customer, np.int64(customer.incumbent), _B_TRUST, code - np.int64(customer.trust))
    customer.trust = code


@rule
def _fixed_point(x: float) -> Whole:
    return np.int64(np.floor(x * FIXED_POINT + 0.5))


@deed
def _set_satisfaction(world: World, customer: Any, satisfaction: float) -> None:
    """Store satisfaction with the incumbent, in single precision, and keep the market's sum."""
    before = _fixed_point(np.float64(customer.satisfaction))
    customer.satisfaction = satisfaction
    _add(
        world,
        customer,
        np.int64(customer.incumbent),
        _B_SATISFACTION,
        _fixed_point(np.float64(customer.satisfaction)) - before,
    )


@passage
def _present_habit(world: World, customer: Any) -> float:
    return decode_unit(customer.habit) * world.habit_left[world.clock[_AT_WEEK] - np.int64(customer.last_purchase)]


@passage
def _present_fatigue(world: World, customer: Any) -> float:
    return np.float64(customer.fatigue) * world.fatigue_left[world.clock[_AT_WEEK] - np.int64(customer.last_contact)]


@deed
def _is_moment(world: World, customer: Any) -> bool:
    """Whether a contact could be timely: considering, evaluating, using, or the need near."""
    does = world.nodes[_node(world, np.int64(customer.lead), np.int64(customer.stage))].does
    if does == _DOES_WAIT:
        return np.int64(customer.need_at) - world.clock[_AT_WEEK] <= world.constants[0].near_weeks
    return does in (_DOES_RECALL, _DOES_SEARCH, _DOES_USE)


@deed
def _meet_contacts(world: World, customer: Any, who: Whole) -> tuple[float, float]:
    """This week's contacts of every brand (MODEL 4.3); returns (pull, intrusion), both 0 without a contact."""
    constants = world.constants[0]
    week = world.clock[_AT_WEEK]
    person = customer.persona
    fatigue = _present_fatigue(world, customer)
    added = 0.0
    strongest = 0.0
    disturbed = 0.0
    lead = np.int64(customer.lead)
    for turn in range(world.market[0].contacting):
        brand = world.contacting[turn]
        if _has(np.uint64(customer.opted_out), brand):
            continue
        level = _level(world, customer, brand)
        segment = world.segments[brand, world.brands[brand].active]
        mine = customer.incumbent == brand
        threshold = level.customers if mine else level.prospects
        words = block(constants.seed, constants.replicate, who, _CONTACT, week >> 3, brand)
        if sixteen_bits(words, week) >= threshold:
            continue
        aimed = _draw(world, who, _MOMENT, week, brand, _FIRST) < level.context
        # A company that knows where the customer is holds back what would not be timely.
        if aimed and not _is_moment(world, customer):
            continue
        known = relevance(level.personalization, _known(world, customer, brand))
        disturbance = intrusion(decode_unit(customer.privacy_concern), known, segment.covert)
        disturbed = max(disturbed, disturbance)
        _add(world, customer, brand, _B_CONTACTS, _ONCE)
        _pay(world, customer, who, brand, _CONTACTS, segment.contact_cost)
        if aimed:
            _add(world, customer, brand, _B_TIMELY, _ONCE)
            added += constants.contact_fatigue
            strength = pull(known, fatigue)
            node = world.node_of[segment.journey, customer.stage]
            if strength > strongest and node // constants.stages == segment.journey:
                strongest = strength
                lead = brand
            if customer.considered != 0:
                customer.considered |= _bit(brand)
            _note(world, customer, who, _TIMELY, brand, _NOBODY, _NOBODY, _NO_AMOUNT)
        else:
            added += constants.contact_fatigue * constants.mistimed
            _note(world, customer, who, _MISTIMED, brand, _NOBODY, _NOBODY, _NO_AMOUNT)
        if disturbance > 0.0:
            if mine:
                trust = decode_unit(customer.trust)
                _set_trust(world, customer, trust_after_intrusion(trust, disturbance, constants.trust_intrusion))
            if world.personas[person].adapt_privacy > 0.0:
                customer.privacy_concern = encode_unit(
                    privacy_after_intrusion(
                        decode_unit(customer.privacy_concern), world.personas[person].adapt_privacy, disturbance
                    )
                )
        leaves = opt_out_probability(
            constants.optout, constants.optout_fatigue * fatigue, constants.optout_intrusion * disturbance
        )
        if _draw(world, who, _MOMENT, week, brand, _SECOND) < leaves:
            customer.opted_out |= _bit(brand)
            _add(world, customer, brand, _B_OPTED_OUT, _ONCE)
            _note(world, customer, who, _OPT_OUT, brand, _NOBODY, _NOBODY, _NO_AMOUNT)
    if added > 0.0:
        customer.fatigue = fatigue + added
        customer.last_contact = week
        world.by_persona[world.clock[_AT_ROW], person, _P_FATIGUE] += _fixed_point(added)
    customer.lead = lead
    return strongest, disturbed


@passage
def _trait(customer: Any, trait: Whole) -> float:
    """Trait by its number in :class:`agents.traits.Trait`."""
    if trait == 0:
        return decode_unit(customer.deliberation)
    if trait == 1:
        return decode_unit(customer.price_sensitivity)
    if trait == 2:
        return decode_unit(customer.trust_propensity)
    if trait == 3:
        return decode_unit(customer.novelty_seeking)
    if trait == 4:
        return decode_unit(customer.digital_affinity)
    if trait == 5:
        return decode_unit(customer.privacy_concern)
    if trait == 6:
        return decode_unit(customer.sociability)
    return decode_unit(customer.patience)


@deed
def _feature_of(
    world: World, customer: Any, who: Whole, at: Whole, feature: Whole, strongest: float, disturbed: float
) -> float:
    """Value of one feature for a customer at a node; toward a brand only where it is the lead's."""
    if feature < len(TRAITS):
        return _trait(customer, feature)
    lead = np.int64(customer.lead)
    led = lead != NOBODY
    mine = led and lead == customer.incumbent
    if feature == _F_SATISFACTION:
        return np.float64(customer.satisfaction) if mine else 0.0
    if feature == _F_TRUST:
        return decode_unit(customer.trust) if mine else 0.0
    if feature == _F_HABIT:
        return _present_habit(world, customer) if mine else 0.0
    if feature == _F_FATIGUE:
        return _present_fatigue(world, customer)
    if feature == _F_WEEKS:
        return np.float64(world.clock[_AT_WEEK] - np.int64(customer.since))
    if feature == _F_EASE:
        return _ease(world, customer, lead)
    if feature == _F_RELEVANCE:
        return _relevance(world, customer, lead)
    if feature == _F_PULL:
        return strongest
    if feature == _F_DELIGHT:
        return world.brands[lead].delight if led else 0.0
    if feature == _F_INTRUSION:
        return disturbed
    if feature == _F_EFFORT:
        return _felt_effort(world, customer, at, _ease(world, customer, lead))
    if feature == _F_REPUTATION:
        return world.standing[who % world.constants[0].groups, lead].reputation if led else 0.0
    if feature == _F_PRICE:
        return world.brands[lead].relative_price if led else 0.0
    return world.market[0].adoption


@deed
def _is_open(world: World, customer: Any, edge: Any, contacted: bool, need_due: bool) -> bool:
    """Whether an edge exists for this customer this week."""
    if edge.on == _ON_CONTACT and not contacted:
        return False
    if edge.on == _ON_NEED and not need_due:
        return False
    if edge.only == ALWAYS:
        return True
    if customer.lead == NOBODY:
        return False
    if edge.only == _ONLY_INCUMBENT:
        return customer.lead == customer.incumbent
    level = _level(world, customer, np.int64(customer.lead))
    if edge.only == _ONLY_AUTOMATION:
        return level.automation > 0.0
    if edge.only == _ONLY_PERSONALIZATION:
        return level.personalization > 0.0
    if edge.only == _ONLY_CONTEXT:
        return level.context > 0.0
    return level.innovation > 0.0


@deed
def _pick(world: World, customer: Any, who: Whole, at: Whole, disturbed: float, strongest: float) -> Whole:
    """Edge taken, or NOBODY to stay (competing risks, MODEL 4.2); the reference comes last."""
    node = world.nodes[at]
    contacted = strongest > 0.0
    need_due = node.does == _DOES_WAIT and _is_need_due(world, customer)
    reference: Whole = _NOBODY
    total = 1.0
    reached = 0.0
    for place in range(node.first_edge, node.end_edge):
        edge = world.edges[place]
        if _is_open(world, customer, edge, contacted, need_due):
            if edge.kind == _REFERENCE:
                reference = place
            else:
                predictor = edge.intercept
                for term in range(edge.first_term, edge.end_term):
                    coefficient, feature = world.terms[term].coefficient, world.terms[term].feature
                    felt = _feature_of(world, customer, who, at, feature, strongest, disturbed)
                    predictor = add_term(predictor, coefficient, felt)
                if edge.kind == _LOGIT:
                    weight = odds(predictor)
                    total += weight
                    reached += weight
                else:
                    reached += clipped_probability(predictor)
        world.sums[place - node.first_edge, 0] = reached
    stage = np.int64(customer.stage)
    if node.weeks == 0:
        u = _draw(world, who, _STEP, np.int64(customer.occasion), stage, _FIRST)
    else:
        u = _draw(world, who, _WEEK, world.clock[_AT_WEEK], stage, _FIRST)
    goal = u * total
    if goal < reached:
        for place in range(node.first_edge, node.end_edge):
            if goal < world.sums[place - node.first_edge, 0]:
                return place
    return reference


@deed
def _set_need_clock(world: World, customer: Any, who: Whole, first: bool) -> None:
    """Start the need clock on entering a wait stage (MODEL 4.1); ``first`` puts a customer in mid-gap."""
    constants = world.constants[0]
    occasion = np.int64(customer.occasion)
    if constants.cyclical != 0:
        gap = constants.mean_gap
    else:
        at = tail_position(log(1.0 - _draw(world, who, _NEED, occasion, _EVER, _FIRST)))
        below = np.int64(at)
        share = at - below
        table = world.gap_quantiles
        gap = constants.mean_gap * np.float64(customer.gap) * (table[below] * (1.0 - share) + table[below + 1] * share)
    weeks: Whole
    if first:
        weeks = np.int64(min(gap, 60000.0) * _draw(world, who, _NEED, occasion, _EVER, _THIRD))
    else:
        weeks = whole_weeks(gap, _draw(world, who, _NEED, occasion, _EVER, _SECOND))
        early = np.float64(np.int64(customer.need_at) - np.int64(customer.need_week))
        weeks += carried_over(early, constants.carry_over, _draw(world, who, _NEED, occasion, _EVER, _FOURTH))
    customer.need_at = min(world.clock[_AT_WEEK] + weeks, NEVER - 1)


@deed
def _recall(world: World, customer: Any, who: Whole) -> None:
    """Initial consideration set: each brand by its salience, the incumbent almost surely, at least one."""
    constants = world.constants[0]
    mask = np.uint64(customer.considered)
    words = _brand_words(world, who, _RECALL, np.int64(customer.occasion), _FIRST)
    nearest = 0
    best = np.inf
    for brand in range(constants.brands):
        salience = world.standing[who % constants.groups, brand].recall
        if brand == customer.incumbent:
            salience = constants.recall_incumbent
        if brand & 3 == 0 and brand > 0:
            words = _brand_words(world, who, _RECALL, np.int64(customer.occasion), brand)
        u = uniform(np.int64(words[brand & 3]))
        if u < salience:
            mask |= _bit(brand)
        if salience > 0.0 and u / salience < best:
            best = u / salience
            nearest = brand
    if mask == np.uint64(0):
        mask = _bit(nearest)
    customer.initial = mask
    customer.considered = mask


@deed
def _search(world: World, customer: Any, who: Whole) -> None:
    """One week of search: brands not yet considered are met by their salience."""
    constants = world.constants[0]
    customer.marks = np.int64(customer.marks) | SEARCHED
    mask = np.uint64(customer.considered)
    words = _brand_words(world, who, _SEARCH, world.clock[_AT_WEEK], _FIRST)
    for brand in range(constants.brands):
        if brand & 3 == 0 and brand > 0:
            words = _brand_words(world, who, _SEARCH, world.clock[_AT_WEEK], brand)
        if not _has(mask, brand):
            u = uniform(np.int64(words[brand & 3]))
            if u < constants.search_rate * world.standing[who % constants.groups, brand].recall:
                mask |= _bit(brand)
    customer.considered = mask


@deed
def _utility(world: World, customer: Any, who: Whole, brand: Whole, u_taste: float, u_error: float) -> float:
    """Utility of a considered brand (MODEL 4.4), from the draws of its taste and of the occasion."""
    constants = world.constants[0]
    offer = world.brands[brand]
    utility = brand_value(
        offer.quality,
        price_disutility(constants.price_weight, decode_unit(customer.price_sensitivity), offer.relative_price),
        constants.reputation_weight * world.standing[who % constants.groups, brand].reputation,
    )
    if constants.log_gamma != 0:
        at = tail_position(taste_tail(u_taste))
        below = np.int64(at)
        share = at - below
        table = world.taste_quantiles[brand, 1 if u_taste >= 0.5 else 0]
        utility += table[below] * (1.0 - share) + table[below + 1] * share
    else:
        utility += lifelong_taste(u_taste, constants.taste_sd)
    utility += moment_error(u_error, constants.error_scale)
    if brand == customer.incumbent:
        utility += incumbent_bump(
            constants.habit_weight,
            _present_habit(world, customer),
            constants.satisfaction_weight,
            np.float64(customer.satisfaction),
        )
    elif customer.incumbent != NOBODY:
        utility += constants.novelty_weight * decode_unit(customer.novelty_seeking)
    if brand == customer.lead:
        utility += constants.relevance_weight * _relevance(world, customer, brand)
    return utility


@deed
def _best_brand(world: World, customer: Any, who: Whole) -> Whole:
    """Considered brand of the highest utility. Errors are frozen, so no brand's gain makes two others swap."""
    best = -np.inf
    chosen = 0
    tastes = _brand_words(world, who, _TASTE, _EVER, _FIRST)
    errors = _brand_words(world, who, _CHOICE, np.int64(customer.occasion), _FIRST)
    for brand in range(world.constants[0].brands):
        if brand & 3 == 0 and brand > 0:
            tastes = _brand_words(world, who, _TASTE, _EVER, brand)
            errors = _brand_words(world, who, _CHOICE, np.int64(customer.occasion), brand)
        if _has(np.uint64(customer.considered), brand):
            u_taste, u_error = uniform(np.int64(tastes[brand & 3])), uniform(np.int64(errors[brand & 3]))
            utility = _utility(world, customer, who, brand, u_taste, u_error)
            if utility > best:
                best = utility
                chosen = brand
    return chosen


@deed
def _switch(world: World, customer: Any, brand: Whole) -> None:
    """Become another brand's customer: nothing is remembered of the old one, little is known by the new one."""
    before = np.int64(customer.incumbent)
    if before != NOBODY:
        _add(world, customer, before, _B_SWITCHES, _ONCE)
        _add(world, customer, before, _B_INCUMBENTS, -_ONCE)
        _add(world, customer, before, _B_SATISFACTION, -_fixed_point(np.float64(customer.satisfaction)))
        _add(world, customer, before, _B_TRUST, -np.int64(customer.trust))
    _add(world, customer, brand, _B_INCUMBENTS, _ONCE)
    customer.incumbent = brand
    customer.satisfaction = 0.0
    customer.expectation = 0.0
    customer.habit = 0
    customer.trust = 0
    _set_trust(world, customer, world.constants[0].initial_trust * decode_unit(customer.trust_propensity))
    customer.knowledge = encode_unit(_level(world, customer, brand).prospect_knowledge)


@deed
def _buy(world: World, customer: Any, who: Whole) -> None:
    """Choose and purchase; a brand bought without consideration is the lead's (the loyalty loop)."""
    constants = world.constants[0]
    row, person = world.clock[_AT_ROW], customer.persona
    before = np.int64(customer.incumbent)
    if customer.considered == 0 and customer.lead == NOBODY:
        _recall(world, customer, who)
    brand: Whole
    if customer.considered == 0:
        brand, origin = np.int64(customer.lead), _LOOP
    else:
        brand = _best_brand(world, customer, who)
        origin = _INITIAL if _has(np.uint64(customer.initial), brand) else _EVALUATION
        initially = _count(np.uint64(customer.initial))
        world.by_persona[row, person, _P_INITIALLY] += initially
        world.by_persona[row, person, _P_LATER] += _count(np.uint64(customer.considered)) - initially
    _add(world, customer, brand, origin, _ONCE)
    if np.int64(customer.marks) & SEARCHED == 0:
        _add(world, customer, brand, _B_SKIPPED, _ONCE)
    _add(world, customer, brand, _B_DECISION_WEEKS, world.clock[_AT_WEEK] - np.int64(customer.need_week))
    offer = world.offers[person, brand]
    _pay(world, customer, who, brand, _REVENUE, offer.revenue)
    # Margin is the one column that may be negative: a unit sold at a loss is booked as it is.
    _pay(world, customer, who, brand, _MARGIN, offer.margin)
    if np.int64(customer.marks) & ADOPTED == 0:
        customer.marks = np.int64(customer.marks) | ADOPTED
        world.by_persona[row, person, _P_ADOPTED] += 1
    if brand == constants.focal and np.int64(customer.marks) & BUYER == 0:
        customer.marks = np.int64(customer.marks) | BUYER
        world.by_persona[row, person, _P_BUYERS] += 1
    if world.accounts.size > 0:
        account = world.accounts[who - world.clock[_AT_FIRST]]
        account.purchases += 1
        if brand == constants.focal:
            account.focal_purchases += 1
        if before != NOBODY and brand != before:
            account.switches += 1
    if brand == before:
        _add(world, customer, brand, _B_REPEATS, _ONCE)
        customer.habit = encode_unit(habit_after_repeat(_present_habit(world, customer), constants.habit_gain))
    else:
        _switch(world, customer, brand)
    customer.lead = brand
    customer.last_purchase = world.clock[_AT_WEEK]
    customer.considered = 0
    customer.initial = 0
    _note(world, customer, who, _PURCHASE, brand, np.int64(customer.channel), origin, offer.revenue)


@deed
def _experience(world: World, customer: Any, who: Whole, node: Any, disturbed: float) -> None:
    """A moment of experience with the incumbent (MODEL 4.5) and what is told of it."""
    brand = np.int64(customer.incumbent)
    if brand == NOBODY:
        return
    constants, persona = world.constants[0], world.personas[customer.persona]
    occasion, stage = np.int64(customer.occasion), np.int64(customer.stage)
    ease = _ease(world, customer, brand)
    delight = world.brands[brand].delight
    lived = outcome(
        world.brands[brand].advantage + node.lift,
        Felt(ease, _relevance(world, customer, brand), delight, np.float64(customer.strain), disturbed),
        Felt(
            constants.experience_ease,
            constants.experience_relevance,
            constants.experience_delight,
            constants.experience_effort,
            constants.experience_intrusion,
        ),
        constants.experience_noise_sd,
        _draw(world, who, _ENTRY, occasion, stage, _SECOND),
    )
    expected = np.float64(customer.expectation)
    surprise = lived - expected
    customer.expectation = expectation_after(expected, surprise, constants.expectation_rate)
    _set_satisfaction(
        world,
        customer,
        satisfaction_after(
            np.float64(customer.satisfaction), surprise, constants.satisfaction_rate, constants.loss_aversion
        ),
    )
    _set_trust(
        world,
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
        _pay(world, customer, who, brand, _REVENUE, np.int64(extra))
        _pay(world, customer, who, brand, _ANCILLARY, np.int64(np.floor(extra * constants.ancillary_margin + 0.5)))
    if surprise < 0.0:
        told = complaint_probability(constants.complaint_rate, decode_unit(customer.sociability), surprise)
        if _draw(world, who, _ENTRY, occasion, stage, _THIRD) < told:
            _add(world, customer, brand, _B_COMPLAINTS, _ONCE)
            world.talk[who % constants.groups, brand, 1] += 1
            _note(world, customer, who, _COMPLAINT, brand, _NOBODY, _NOBODY, _NO_AMOUNT)


@deed
def _talk(world: World, customer: Any, who: Whole) -> None:
    """A week in a talk stage (MODEL 4.6)."""
    brand = np.int64(customer.incumbent)
    if brand == NOBODY:
        return
    constants = world.constants[0]
    told = praise_probability(constants.talk_rate, decode_unit(customer.sociability), np.float64(customer.satisfaction))
    if _draw(world, who, _WEEK, world.clock[_AT_WEEK], np.int64(customer.stage), _SECOND) < told:
        _add(world, customer, brand, _B_PRAISE, _ONCE)
        world.talk[who % constants.groups, brand, 0] += 1
        _note(world, customer, who, _PRAISE, brand, _NOBODY, _NOBODY, _NO_AMOUNT)


@deed
def _take_channel(world: World, customer: Any, who: Whole, at: Whole) -> None:
    """Enter a stage through one of its channels: cost to the lead, knowledge where the touch is digital."""
    customer.channel = NOBODY
    if not world.nodes[at].has_channels:
        return
    u = _draw(world, who, _ENTRY, np.int64(customer.occasion), np.int64(customer.stage), _FIRST)
    last = world.mix.shape[1] - 1
    taken = 0
    while taken < last and u >= world.mix[at, taken]:
        taken += 1
    customer.channel = taken
    if customer.lead == NOBODY:
        return
    _pay(world, customer, who, np.int64(customer.lead), _CHANNELS, world.channels[taken].cost)
    if world.channels[taken].digital and customer.lead == customer.incumbent:
        customer.knowledge = encode_unit(
            knowledge_after_touch(
                decode_unit(customer.knowledge),
                world.constants[0].knowledge_rate,
                _level(world, customer, np.int64(customer.lead)).automation,
            )
        )


@deed
def _enter(world: World, customer: Any, who: Whole, stage: Whole, disturbed: float) -> Whole:
    """Enter a stage and do what it does; returns the stage's node."""
    constants = world.constants[0]
    row, person = world.clock[_AT_ROW], customer.persona
    world.flows[person, customer.stage, stage] += 1
    world.occupancy[row, person, customer.stage] -= 1
    world.occupancy[row, person, stage] += 1
    customer.stage = stage
    customer.since = world.clock[_AT_WEEK]
    at = _node(world, np.int64(customer.lead), stage)
    does = world.nodes[at].does
    if does == _DOES_WAIT:
        customer.lead = customer.incumbent
        customer.considered = 0
        customer.initial = 0
        at = _node(world, np.int64(customer.lead), stage)
    node = world.nodes[at]
    _take_channel(world, customer, who, at)
    lead = np.int64(customer.lead)
    strain = _felt_effort(world, customer, at, _ease(world, customer, lead))
    if strain > 0.0:
        customer.strain = np.float64(customer.strain) + strain
    if lead != NOBODY:
        _pay(world, customer, who, lead, _SERVICE, node.cost)
        _pay(world, customer, who, lead, _REVENUE, node.ancillary)
        _pay(
            world,
            customer,
            who,
            lead,
            _ANCILLARY,
            np.int64(np.floor(node.ancillary * constants.ancillary_margin + 0.5)),
        )
    if does != _DOES_CHOOSE:
        _note(world, customer, who, _STAGE, lead, np.int64(customer.channel), _NOBODY, _NO_AMOUNT)
    if does == _DOES_WAIT:
        _set_need_clock(world, customer, who, False)
    elif does == _DOES_RECALL:
        _recall(world, customer, who)
    elif does == _DOES_SEARCH:
        _search(world, customer, who)
    elif does == _DOES_CHOOSE:
        _buy(world, customer, who)
    elif does == _DOES_BOND and customer.incumbent != NOBODY:
        _set_trust(world, customer, bonded(decode_unit(customer.trust), constants.bond_gain))
        customer.habit = encode_unit(bonded(decode_unit(customer.habit), constants.bond_gain))
    if does == _DOES_USE or node.lift != 0.0:
        _experience(world, customer, who, node, disturbed)
    if does == _DOES_TALK:
        _talk(world, customer, who)
    return _node(world, np.int64(customer.lead), stage)


@passage
def _is_need_due(world: World, customer: Any) -> bool:
    """Whether the need clock has run out; only a wait stage asks."""
    return np.int64(customer.need_at) <= world.clock[_AT_WEEK]


@deed
def _live_week(world: World, customer: Any, who: Whole) -> None:
    """One week: contacts, the weekly deed of the stage, and on through the journey as far as the week goes."""
    strongest, disturbed = 0.0, 0.0
    if world.market[0].contacting > 0:
        strongest, disturbed = _meet_contacts(world, customer, who)
    at = _node(world, np.int64(customer.lead), np.int64(customer.stage))
    does = world.nodes[at].does
    if does == _DOES_SEARCH:
        _search(world, customer, who)
    elif does == _DOES_TALK:
        _talk(world, customer, who)
    weeks = world.nodes[at].weeks
    moving = not (weeks > 0 and world.clock[_AT_WEEK] - np.int64(customer.since) < weeks)
    while moving:
        waits = world.nodes[at].does == _DOES_WAIT
        if waits and not (_is_need_due(world, customer) or strongest > 0.0 or world.nodes[at].weekly):
            break
        edge = _pick(world, customer, who, at, disturbed, strongest)
        if edge == NOBODY:
            break
        if waits:
            customer.occasion = (np.int64(customer.occasion) + 1) & 0xFFFF
            customer.need_week = world.clock[_AT_WEEK]
            customer.marks = np.int64(customer.marks) & (255 - SEARCHED)
        at = _enter(world, customer, who, world.edges[edge].target, disturbed)
        moving = world.nodes[at].weeks == 0


@rule
def run_weeks(
    week: Whole,
    end: Whole,
    phase_start: Whole,
    world: World,
    population: Population,
    fixed: NDArray[np.int64],
    traced: Traced,
    adopted_before: Whole,
    sampled: Whole,
    alone: bool,
) -> Whole:
    """Weeks ``week`` to ``end``, as :func:`sim.engine.loop.run_weeks`; returns the first week not lived."""
    while week < end:
        if world.event_count[0] + sampled * MOMENTS_PER_WEEK > world.events.shape[0]:
            break
        before = adopted_before
        if week > phase_start:
            before = 0
            for person in range(world.by_persona.shape[1]):
                before += world.by_persona[week - phase_start - 1, person, _P_ADOPTED]
        market_week(week, phase_start, world, before, fixed)
        for brand in range(world.brands.size):
            for group in range(world.standing.shape[0]):
                traced[0][week, group, brand] = world.standing[group, brand].reputation
                traced[1][week, group, brand] = world.standing[group, brand].recall
            traced[2][week, brand] = world.brands[brand].delight
        traced[3][week] = world.market[0].adoption
        world.clock[_AT_WEEK] = week
        world.clock[_AT_ROW] = week - phase_start
        for i in range(population.people.size):
            _live_week(world, population.people[i], world.clock[_AT_FIRST] + i)
        week += 1
    return week


def live_replicate(scenario: Scenario, *, seed: int, replicate: int) -> dict[str, History]:
    """Live one replicate of every arm on one thread, as :func:`sim.engine.life.live_replicate`, to the last bit."""
    with patch.object(life, "run_weeks", run_weeks):
        return life.live_replicate(scenario, seed=seed, replicate=replicate)
