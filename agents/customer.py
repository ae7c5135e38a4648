"""Customer: the readable engine's step of one customer and one week (docs/model.md 3 and 7).

It calls the same rules (:mod:`agents.rules`) with the same draws as the fast engine, and gives the same history bit for
bit. The world reaches it only through :class:`agents.environment.Environment`.
"""

from __future__ import annotations

import copy
import math

import numpy as np

from agents.edge_choice import pick_edge
from agents.environment import Decision, Environment, NodeView
from agents.features import relevance_counts
from agents.need_clock import BEGINS_NEED, begin_need, luck_period, set_need_clock
from agents.population import MOST_VISITS, NOBODY
from agents.purposes import Purpose
from agents.rules.experience import (
    Felt,
    affinity_after_ease,
    bonded,
    expectation_after,
    habit_after_repeat,
    outcome,
    satisfaction_after,
    satisfaction_after_help,
    trust_after_intrusion,
    trust_after_surprise,
)
from agents.rules.feelings import (
    eased,
    felt_effort,
    intrusion,
    knowledge_after_touch,
    not_rejected,
    opt_out_probability,
    privacy_after_intrusion,
    pull,
    relevance,
)
from agents.rules.need import tail_position
from agents.rules.numerics import encode_unit, nearest_unit, normal_quantile
from agents.rules.talk import complaint_probability, praise_probability
from agents.rules.utility import (
    brand_value,
    incumbent_bump,
    lifelong_taste,
    moment_error,
    price_disutility,
    taste_tail,
)
from agents.traits import TRAITS

__all__ = ["Customer", "single"]


def single(x: float) -> float:
    """Round a number to single precision.

    >>> single(0.1)
    0.10000000149011612
    """
    return float(np.float32(x))


class Customer:
    """One customer: its traits, its state, and its step of one week.

    Its attributes are the fields of the fast engine's record (:func:`agents.population.customer_record`), as numbers.
    """

    customer_id: int
    world: Environment

    def __init__(self, customer_id: int, world: Environment) -> None:
        self.customer_id = customer_id
        self.world = world
        self.persona = 0
        self.traits: dict[str, float] = dict.fromkeys(TRAITS, 0.0)
        self.gap = 1.0
        self.stage = 0
        self.channel = NOBODY
        self.incumbent = NOBODY
        self.host = NOBODY
        self.need_at = 0
        self.since = 0
        self.moved = False
        self.visits = 0
        self.occasion = 0
        self.need_week = 0
        self.last_purchase = 0
        self.last_contact = 0
        self.initial: frozenset[int] = frozenset()
        self.considered: frozenset[int] = frozenset()
        self.opted_out: frozenset[int] = frozenset()
        self.satisfaction = 0.0
        self.expectation = 0.0
        self.fatigue = 0.0
        self.strain = 0.0
        self.trust = 0.0
        self.habit = 0.0
        self.knowledge = 0.0
        self.adopted = False
        self.searched = False
        self.visiting = False
        self.holds = False
        self.buyer = False
        self.focal_at_start = False
        self.reached = 0

    def begin_horizon(self, is_focal: bool) -> None:
        """Begin the horizon: reset what counts within it, and record whether this is a customer of the focal brand."""
        self.buyer = False
        self.focal_at_start = is_focal
        self.reached = 0

    def snapshot(self) -> Customer:
        """Return a copy of the customer in its present state."""
        other = copy.copy(self)
        other.traits = dict(self.traits)
        return other

    def present_habit(self) -> float:
        """Habit toward the incumbent, decayed since the last purchase."""
        return self.habit * self.world.habit_left(self.world.week - self.last_purchase)

    def present_fatigue(self) -> float:
        """Contact fatigue, decayed since the last contact."""
        return self.fatigue * self.world.fatigue_left(self.world.week - self.last_contact)

    def known_by(self, brand: int) -> float:
        """What a brand knows of the customer."""
        if brand == self.incumbent:
            return self.knowledge
        return float(self.world.level(brand, self.persona).prospect_knowledge)

    def relevance_of(self, brand: int) -> float:
        """Relevance of a brand's offers, as far as it counts; none without a host brand or after opting out."""
        if brand == NOBODY or brand in self.opted_out or not relevance_counts(self, brand):
            return 0.0
        return relevance(self.world.level(brand, self.persona).personalization, self.known_by(brand))

    def ease_with(self, brand: int) -> float:
        """Ease in the present stage: none without a host brand or where the channel is a human one."""
        if brand == NOBODY or (self.channel != NOBODY and not self.world.channel(self.channel).digital):
            return 0.0
        automation = self.world.level(brand, self.persona).automation
        return eased(automation, self.traits["digital_affinity"], self.world.constants.human_touch)

    def effort_of(self, node: NodeView, ease: float) -> float:
        """Effort that the stage costs the customer."""
        multiplier = 1.0 if self.channel == NOBODY else self.world.channel(self.channel).effort
        return felt_effort(node.effort, multiplier, ease)

    def _set_trust(self, trust: float) -> None:
        before = encode_unit(self.trust)
        self.trust = nearest_unit(trust)
        self.world.count(self, self.incumbent, "TRUST", int(encode_unit(self.trust) - before))

    def _set_satisfaction(self, satisfaction: float) -> None:
        before = self.fixed_point(self.satisfaction)
        self.satisfaction = single(satisfaction)
        self.world.count(self, self.incumbent, "SATISFACTION", self.fixed_point(self.satisfaction) - before)

    @staticmethod
    def fixed_point(x: float) -> int:
        """Nearest whole multiple of 1/65,535: utilities are summed as whole numbers."""
        return math.floor(x * 65_535 + 0.5)

    def simulate_week(self) -> None:
        """Simulate one week, in this order.

        1. Contacts of every brand that makes contact; a timely one makes its brand the host and gives a pull.
        2. The weekly action of the stage (search, talk); where a fixed stay is not over, nothing else.
        3. One edge at most out of the present stage, by its hazards; then on through stages that resolve within the
           week; each stage acts when it is entered.
        """
        world = self.world
        strongest, disturbed = self._receive_contacts() if world.contacting() else (0.0, 0.0)
        contacted = strongest > 0.0
        node = world.node(self.host, self.stage)
        if node.does == "search":
            self._search()
        elif node.does == "talk":
            self._talk()
        moving = not node.weeks or world.week - self.since >= node.weeks
        while moving:
            waits = node.does == "wait"
            need_due = waits and self.need_at <= world.week
            if not node.edges or (waits and not (need_due or contacted or node.weekly)):
                break
            edge = pick_edge(self, node, strongest, disturbed, contacted, need_due)
            if edge is None:
                break
            if waits and edge.visits:
                self.visiting = True
            elif waits:
                begin_need(self)
            node = self._enter(edge.target, disturbed)
            moving = node.weeks == 0

    def _may_be_timely(self) -> bool:
        """Whether a contact could be timely: considering, evaluating, using, or the need near."""
        does = self.world.node(self.host, self.stage).does
        if does == "wait":
            return self.need_at - self.world.week <= self.world.constants.near_weeks
        return does in ("recall", "search", "use", "visit")

    def _receive_contacts(self) -> tuple[float, float]:
        """Receive this week's contacts (docs/model.md 7.3); returns the strongest pull and the strongest intrusion."""
        world, constants = self.world, self.world.constants
        fatigue = self.present_fatigue()
        added = strongest = disturbed = 0.0
        host = self.host
        for brand in world.contacting():
            if brand in self.opted_out:
                continue
            level = world.level(brand, self.persona)
            rate = level.customers if brand == self.incumbent else level.prospects
            if not world.is_reached(self.customer_id, brand, rate):
                continue
            u = world.draw(self.customer_id, Purpose.MOMENT, world.week, brand, 0)
            aimed = u < level.context
            if (aimed and not self._may_be_timely()) or not world.is_reachable(brand, self.stage):
                continue
            known = relevance(level.personalization, self.known_by(brand))
            disturbance = intrusion(self.traits["privacy_concern"], known, world.segment(brand).covert)
            disturbed = max(disturbed, disturbance)
            self._count_contact(brand, u, level.context)
            added += constants.contact_fatigue * (1.0 if aimed else constants.mistimed)
            heeded, u = self._heeding(brand, aimed or level.recommendation > 0.0)
            if u < heeded:
                counted = known if relevance_counts(self, brand) else 0.0
                strength = pull(counted, fatigue, constants.resistance * disturbance)
                draws = level.help == 0.0 and world.has_stage(brand, self.stage)
                if draws and strength > strongest:
                    strongest, host = strength, brand
                if self.considered and u < heeded * not_rejected(constants.rejection * disturbance):
                    self.considered |= {brand}
                if level.help > 0.0 and brand == self.incumbent:
                    aim, rate = constants.help * strength, constants.satisfaction_rate
                    self._set_satisfaction(satisfaction_after_help(self.satisfaction, aim, rate))
            if disturbance > 0.0:
                self._feel_intrusion(brand, disturbance)
            self._opt_out(brand, known, fatigue, disturbance)
        if added > 0.0:
            self.fatigue = single(fatigue + added)
            self.last_contact = world.week
            world.count_persona(self, "FATIGUE", self.fixed_point(added))
        self.host = host
        return strongest, disturbed

    def _count_contact(self, brand: int, u: float, context: float) -> None:
        """Count, pay and log a contact, which is timely where the draw ``u`` is below ``context``."""
        world, aimed = self.world, u < context
        world.count(self, brand, "CONTACTS", 1)
        world.pay(self, brand, "CONTACTS", world.segment(brand).contact_cost)
        world.decided(self, Decision("contact", brand, u, (("timely", context),), "timely" if aimed else None))
        if aimed:
            world.count(self, brand, "TIMELY", 1)
        world.note(self, "TIMELY_CONTACT" if aimed else "MISTIMED_CONTACT", brand, NOBODY, NOBODY, 0)

    def _feel_intrusion(self, brand: int, disturbance: float) -> None:
        """Lower trust in the brand of an intrusive contact, and raise the privacy concern of an adaptive persona."""
        if brand == self.incumbent:
            self._set_trust(trust_after_intrusion(self.trust, disturbance, self.world.constants.trust_intrusion))
        rate = self.world.persona(self.persona).adapt_privacy
        if rate > 0.0:
            concern = privacy_after_intrusion(self.traits["privacy_concern"], rate, disturbance)
            self.traits["privacy_concern"] = nearest_unit(concern)

    def _heeding(self, brand: int, timely: bool) -> tuple[float, float]:
        """Chance that a contact is heeded, of mistimed ones a smaller one, and the draw that decides."""
        segment = self.world.segment(brand)
        u = self.world.draw(self.customer_id, Purpose.MOMENT, self.world.week, brand, 2)
        return float(segment.answered if timely else segment.heeded), u

    def _opt_out(self, brand: int, known: float, fatigue: float, disturbance: float) -> None:
        """Decide after a contact whether to opt out of all contacts of the brand."""
        world, constants = self.world, self.world.constants
        leaves = opt_out_probability(
            constants.optout,
            constants.optout_relief * known,
            constants.optout_fatigue * fatigue,
            constants.optout_intrusion * disturbance,
        )
        u = world.draw(self.customer_id, Purpose.MOMENT, world.week, brand, 1)
        if u < leaves:
            self.opted_out |= {brand}
            world.count(self, brand, "OPTED_OUT", 1)
            world.decided(self, Decision("opt-out", brand, u, (("opts out", leaves),), "opts out"))
            world.note(self, "OPT_OUT", brand, NOBODY, NOBODY, 0)

    def _enter(self, stage: int, disturbed: float) -> NodeView:
        """Enter a stage and perform its action; returns the stage as the host brand shapes it now."""
        world, constants = self.world, self.world.constants
        world.moved(self, self.stage, stage)
        self.stage = stage
        self.since = world.week
        self.moved = True
        node = world.node(self.host, stage)
        self.visits = min(self.visits + int(node.counted), MOST_VISITS)
        if node.goal and not self.reached:
            self.reached = world.week + 1
        if node.does == "wait":
            self.host = self.incumbent
            self.considered = self.initial = frozenset()
            node = world.node(self.host, stage)
        if self.visiting and node.does in BEGINS_NEED:
            begin_need(self)
        self._take_channel(node)
        strain = self.effort_of(node, self.ease_with(self.host))
        if strain > 0.0:
            self.strain = single(self.strain + strain)
        if self.host != NOBODY:
            world.pay(self, self.host, "SERVICE", node.cost)
            world.pay(self, self.host, "REVENUE", node.ancillary)
            world.pay(self, self.host, "ANCILLARY", math.floor(node.ancillary * constants.ancillary_margin + 0.5))
        if node.does != "choose":
            world.note(self, "STAGE", self.host, self.channel, NOBODY, 0)
        if node.does == "wait":
            set_need_clock(self)
        elif node.does == "recall":
            self._recall()
        elif node.does == "search":
            self._search()
        elif node.does == "choose":
            self._buy()
        elif node.does == "return" and self.holds:
            self._give_back()
        elif node.does == "bond" and self.incumbent != NOBODY:
            self._set_trust(bonded(self.trust, constants.bond_gain))
            self.habit = nearest_unit(bonded(self.habit, constants.bond_gain))
        if node.does == "use" or node.lift != 0.0:
            self._experience(node, disturbed)
        if node.does == "talk":
            self._talk()
        return world.node(self.host, stage)

    def _take_channel(self, node: NodeView) -> None:
        """Draw one of the stage's channels: it costs the host brand, and a digital touch adds knowledge."""
        self.channel = NOBODY
        if not node.mix:
            return
        world = self.world
        u = world.draw(self.customer_id, Purpose.ENTRY, luck_period(self), self.stage, 0)
        self.channel = next((at for at, share in enumerate(node.mix[:-1]) if u < share), len(node.mix) - 1)
        if self.host == NOBODY:
            return
        channel = world.channel(self.channel)
        world.pay(self, self.host, "CHANNELS", channel.cost)
        if channel.digital and self.host == self.incumbent:
            automation = world.level(self.host, self.persona).automation
            self.knowledge = nearest_unit(
                knowledge_after_touch(self.knowledge, world.constants.knowledge_rate, automation)
            )

    def _recall(self) -> None:
        """Initial consideration set: each brand by its salience, the incumbent almost surely, at least one."""
        world = self.world
        recalled = set(self.considered)
        nearest, best = 0, math.inf
        for brand in range(world.brands):
            salience = world.standing(self.customer_id, brand).recall
            if brand == self.incumbent:
                salience = world.constants.recall_incumbent
            u = world.draw(self.customer_id, Purpose.RECALL, self.occasion, brand >> 2, brand & 3)
            if u < salience:
                recalled.add(brand)
            if salience > 0.0 and u / salience < best:
                best, nearest = u / salience, brand
        self.initial = self.considered = frozenset(recalled or {nearest})

    def _search(self) -> None:
        """One week of search: each brand not yet considered is found by its salience."""
        world = self.world
        self.searched = True
        found = set(self.considered)
        for brand in range(world.brands):
            if brand not in found:
                u = world.draw(self.customer_id, Purpose.SEARCH, world.week, brand >> 2, brand & 3)
                if u < world.constants.search_rate * world.standing(self.customer_id, brand).recall:
                    found.add(brand)
        self.considered = frozenset(found)

    def utility_of(self, brand: int) -> float:
        """Utility of a considered brand (docs/model.md 7.4)."""
        world, constants = self.world, self.world.constants
        offer, sensitivity = world.brand(brand), self.traits["price_sensitivity"]
        worth = constants.reputation_weight * world.standing(self.customer_id, brand).reputation
        price = price_disutility(constants.price_weight, sensitivity, offer.relative_price)
        utility = brand_value(offer.quality, price, worth)
        u_taste = world.draw(self.customer_id, Purpose.TASTE, 0, brand >> 2, brand & 3)
        when = self.occasion if constants.has_needs else world.week
        u_error = world.draw(self.customer_id, Purpose.CHOICE, when, brand >> 2, brand & 3)
        if constants.log_gamma:
            utility += world.taste(brand, u_taste >= 0.5, tail_position(taste_tail(u_taste)))
        else:
            utility += lifelong_taste(u_taste, constants.taste_sd)
        if offer.form != NOBODY:
            u_form = world.draw(self.customer_id, Purpose.FORM, 0, offer.form >> 2, offer.form & 3)
            utility += lifelong_taste(u_form, constants.form_sd)
        utility += moment_error(u_error, constants.error_scale)
        if brand == self.incumbent:
            utility += incumbent_bump(
                constants.habit_weight, self.present_habit(), constants.satisfaction_weight, self.satisfaction
            )
        else:
            # Who bought the brand last knows what it gives, whatever it promises.
            novelty = 0.0 if self.incumbent == NOBODY else constants.novelty_weight * self.traits["novelty_seeking"]
            utility += novelty + world.segment(brand).promise
        if brand == self.host:
            utility += constants.relevance_weight * self.relevance_of(brand)
        return utility

    def _buy(self) -> None:
        """Choose and purchase; a brand bought without consideration is the host brand (the loyalty loop)."""
        world = self.world
        initial, evaluation, loop = 0, 1, 2
        before = self.incumbent
        if not self.considered and self.host == NOBODY:
            self._recall()
        if not self.considered:
            brand, origin = self.host, loop
        else:
            utilities = [(self.utility_of(brand), brand) for brand in sorted(self.considered)]
            brand = max(utilities, key=lambda pair: pair[0])[1]
            origin = initial if brand in self.initial else evaluation
            world.count_persona(self, "CONSIDERED_INITIALLY", len(self.initial))
            world.count_persona(self, "CONSIDERED_LATER", len(self.considered) - len(self.initial))
            world.decided(
                self, Decision("choice", self.host, math.nan, tuple((name, worth) for worth, name in utilities), brand)
            )
        world.count(self, brand, ("INITIAL", "EVALUATION", "LOOP")[origin], 1)
        if not self.searched:
            world.count(self, brand, "SKIPPED", 1)
        world.count(self, brand, "DECISION_WEEKS", world.week - self.need_week)
        offer = world.offer(self.persona, brand)
        world.pay(self, brand, "REVENUE", offer.revenue)
        world.pay(self, brand, "MARGIN", offer.margin)
        if not self.adopted:
            self.adopted = True
            world.count_persona(self, "ADOPTED", 1)
        if brand == world.constants.focal and not self.buyer:
            self.buyer = True
            world.count_persona(self, "BUYERS", 1)
        world.bought(self, brand, switched=before not in (NOBODY, brand))
        if brand == before:
            world.count(self, brand, "REPEATS", 1)
            self.habit = nearest_unit(habit_after_repeat(self.present_habit(), world.constants.habit_gain))
        else:
            self._switch(brand)
        self.host = brand
        self.holds = True
        self.last_purchase = world.week
        self.considered = self.initial = frozenset()
        world.note(self, "PURCHASE", brand, self.channel, origin, offer.revenue)

    def _give_back(self) -> None:
        """Return what was bought last: the brand refunds the price and loses the margin."""
        world, brand = self.world, self.incumbent
        self.holds = False
        offer = world.offer(self.persona, brand)
        world.count(self, brand, "RETURNS", 1)
        world.pay(self, brand, "REVENUE", -offer.revenue)
        world.pay(self, brand, "MARGIN", -offer.margin)

    def _switch(self, brand: int) -> None:
        """Switch to another brand: feelings toward the old one end, and the new one has a prospect's knowledge."""
        world, before = self.world, self.incumbent
        if before != NOBODY:
            world.count(self, before, "SWITCHES", 1)
            world.count(self, before, "INCUMBENTS", -1)
            world.count(self, before, "SATISFACTION", -self.fixed_point(self.satisfaction))
            world.count(self, before, "TRUST", -int(encode_unit(self.trust)))
        world.count(self, brand, "INCUMBENTS", 1)
        self.incumbent = brand
        self.satisfaction = self.expectation = self.habit = self.trust = 0.0
        self._set_trust(world.constants.initial_trust * self.traits["trust_propensity"])
        self.knowledge = nearest_unit(world.level(brand, self.persona).prospect_knowledge)

    def _experience(self, node: NodeView, disturbed: float) -> None:
        """Experience the incumbent (docs/model.md 7.5), and complain with some probability where it disappoints."""
        world, constants, brand = self.world, self.world.constants, self.incumbent
        if brand == NOBODY:
            return
        persona, delight = world.persona(self.persona), world.delight(brand)
        ease = self.ease_with(brand)
        experience = outcome(
            world.brand(brand).advantage + node.lift,
            Felt(ease, self.relevance_of(brand), delight, self.strain, disturbed),
            Felt(
                constants.experience_ease,
                constants.experience_relevance,
                constants.experience_delight,
                constants.experience_effort,
                constants.experience_intrusion,
            ),
            constants.experience_noise_sd,
            normal_quantile(world.draw(self.customer_id, Purpose.ENTRY, luck_period(self), self.stage, 1)),
        )
        surprise = experience - self.expectation - world.segment(brand).promise
        self.expectation = single(expectation_after(self.expectation, surprise, constants.expectation_rate))
        self._set_satisfaction(
            satisfaction_after(self.satisfaction, surprise, constants.satisfaction_rate, constants.loss_aversion)
        )
        self._set_trust(
            trust_after_surprise(
                self.trust, surprise, self.traits["trust_propensity"], constants.trust_gain, constants.trust_loss
            )
        )
        self.strain = 0.0
        if persona.adapt_digital > 0.0:
            affinity = affinity_after_ease(self.traits["digital_affinity"], persona.adapt_digital, ease)
            self.traits["digital_affinity"] = nearest_unit(affinity)
        if delight > 0.0 and constants.ancillary > 0.0:
            extra = math.floor(constants.ancillary * persona.spend * delight + 0.5)
            world.pay(self, brand, "REVENUE", extra)
            world.pay(self, brand, "ANCILLARY", math.floor(extra * constants.ancillary_margin + 0.5))
        if surprise < 0.0:
            probability = complaint_probability(constants.complaint_rate, self.traits["sociability"], surprise)
            if world.draw(self.customer_id, Purpose.ENTRY, luck_period(self), self.stage, 2) < probability:
                world.count(self, brand, "COMPLAINTS", 1)
                world.say(self, brand, good=False)
                world.note(self, "COMPLAINT", brand, NOBODY, NOBODY, 0)

    def _talk(self) -> None:
        """One week in a talk stage (docs/model.md 7.6): praise with some probability."""
        world, brand = self.world, self.incumbent
        if brand == NOBODY:
            return
        probability = praise_probability(world.constants.talk_rate, self.traits["sociability"], self.satisfaction)
        if world.draw(self.customer_id, Purpose.WEEK, world.week, self.stage, 1) < probability:
            world.count(self, brand, "PRAISE", 1)
            world.say(self, brand, good=True)
            world.note(self, "PRAISE", brand, NOBODY, NOBODY, 0)
