"""The model as one would write it in Mesa without an engine: one agent class, plain Python, Mesa's own random numbers.

Every mechanism of a scenario such as `treadmill` is here, in both arms: need clock with carry-over, contacts with
fatigue, intrusion and opting out, recall, search, choice with lifelong tastes, the journeys' edges as the files give
them, experience, trust, habit, knowledge, word of mouth, innovation, channels, money. It shares no rule, no draw and no
line with `agents/` or `sim/engine`: what agrees is the model, and `tests/laws/test_plain_mesa.py` tests that it does.
It is what `make bench` measures the engine against, because it is what the engine replaces.

Left out, and refused where a scenario asks for it: talk in communities, log-gamma tastes, adaptive personas, levels of
a strategy per persona, edges with a weekly probability.
"""

import math
from collections import Counter
from dataclasses import dataclass, field

import mesa

from agents.personas import Persona, Spread
from agents.strategies import CAPABILITIES, CapabilityCosts, Strategy
from agents.traits import TRAITS
from sim.scenario.journey import Edge, Journey, Stage
from sim.scenario.market import Market
from sim.scenario.resolved import Plan
from sim.scenario.scenario import Scenario

__all__ = ["Counts", "Customer", "PlainModel", "live"]


@dataclass
class Counts:
    """What is counted, by brand."""

    purchases: Counter[tuple[str, str]] = field(default_factory=Counter)  # brand, origin
    revenue: Counter[str] = field(default_factory=Counter)
    contribution: Counter[str] = field(default_factory=Counter)
    contacts: Counter[str] = field(default_factory=Counter)
    timely: Counter[str] = field(default_factory=Counter)
    decision_weeks: Counter[str] = field(default_factory=Counter)
    praise: Counter[str] = field(default_factory=Counter)
    complaints: Counter[str] = field(default_factory=Counter)


class Customer(mesa.Agent):
    """One customer."""

    def __init__(self, model: "PlainModel", persona: Persona) -> None:
        super().__init__(model)
        luck, market = model.random, model.market
        self.persona = persona
        self.trait = {name: _beta(luck, getattr(persona, name), persona) for name in TRAITS}
        rate = persona.need_rate
        if market.need.heterogeneity is not None:
            rate *= luck.gammavariate(market.need.heterogeneity, 1.0 / market.need.heterogeneity)
        self.mean_gap = market.need.mean_weeks / max(rate, 1e-9)
        self.taste = {brand: luck.gauss(0.0, market.choice.taste_sd) for brand in market.brands}
        start = model.journeys[market.journey].start
        self.stage = luck.choices(list(start), list(start.values()))[0]
        self.since = 0
        self.channel: str | None = None
        self.incumbent: str | None = None
        self.host: str | None = None
        self.considered: set[str] = set()
        self.initial: set[str] = set()
        self.searched = False
        self.need_week = 0
        self.satisfaction = self.expectation = self.trust = self.habit = self.knowledge = self.strain = 0.0
        self.bought_at = 0
        self.fatigue = 0.0
        self.tired_at = 0
        self.opted_out: set[str] = set()
        self.pull = self.intrusion = 0.0
        self.need_at = int(self._gap() * luck.random())

    # what the customer feels

    def _gap(self) -> float:
        need = self.model.market.need
        if need.kind == "cyclical":
            return need.mean_weeks
        return self.mean_gap * self.random.gammavariate(need.shape, 1.0 / need.shape)

    def present_habit(self) -> float:
        return self.habit * 0.5 ** ((self.model.week - self.bought_at) / self.model.market.experience.habit_half_life)

    def present_fatigue(self) -> float:
        if self.fatigue == 0.0:
            return 0.0
        return self.fatigue * 0.5 ** ((self.model.week - self.tired_at) / self.model.market.contact.fatigue_half_life)

    def relevance_of(self, brand: str | None) -> float:
        if brand is None or brand in self.opted_out:
            return 0.0
        strategy = self.model.plans[brand].strategy
        known = self.knowledge if brand == self.incumbent else strategy.prospect_knowledge
        return strategy.personalization * known

    def ease_with(self, brand: str | None) -> float:
        if brand is None or (self.channel is not None and not self.model.market.channels[self.channel].digital):
            return 0.0
        affinity, touch = self.trait["digital_affinity"], self.model.market.experience.human_touch
        return self.model.plans[brand].strategy.automation * (affinity - touch * (1.0 - affinity))

    def effort(self, stage: Stage) -> float:
        factor = 1.0 if self.channel is None else self.model.market.channels[self.channel].effort
        return stage.effort * factor * (1.0 - self.ease_with(self.host))

    def feature(self, name: str, stage: Stage) -> float:
        if name in self.trait:
            return self.trait[name]
        loyal = self.host is not None and self.host == self.incumbent
        match name:
            case "satisfaction":
                return self.satisfaction if loyal else 0.0
            case "trust":
                return self.trust if loyal else 0.0
            case "habit":
                return self.present_habit() if loyal else 0.0
            case "fatigue":
                return self.present_fatigue()
            case "weeks_in_stage":
                return self.model.week - self.since
            case "ease":
                return self.ease_with(self.host)
            case "relevance":
                return self.relevance_of(self.host)
            case "pull":
                return self.pull
            case "intrusion":
                return self.intrusion
            case "effort":
                return self.effort(stage)
            case "delight":
                return 0.0 if self.host is None else self.model.delight[self.host]
            case "reputation":
                return 0.0 if self.host is None else self.model.reputation[self.host]
            case "price":
                return 0.0 if self.host is None else self.model.relative_price[self.host]
        raise ValueError(f"this model knows no feature {name!r}")

    # the week

    def step(self) -> None:
        model = self.model
        self.pull = self.intrusion = 0.0
        for brand in model.contacting:
            self._meet(brand)
        stage = model.stage(self.host, self.stage)
        if stage.does == "search":
            self._search()
        elif stage.does == "talk":
            self._talk()
        if stage.weeks and model.week - self.since < stage.weeks:
            return
        while True:
            waiting = stage.does == "wait"
            if waiting and self.need_at > model.week and self.pull == 0.0:
                return
            edge = self._pick(stage, waiting and self.need_at <= model.week)
            if edge is None:
                return
            if waiting:
                self.need_week = model.week
                self.searched = False
            self._enter(edge.target)
            stage = model.stage(self.host, self.stage)
            if stage.weeks != 0:
                return

    def _meet(self, brand: str) -> None:
        """A contact of a brand, if this week brings one."""
        model, luck, rules = self.model, self.random, self.model.market.contact
        if brand in self.opted_out:
            return
        strategy = model.plans[brand].strategy
        contacts = strategy.contacts_per_week
        if luck.random() >= (contacts.customers if brand == self.incumbent else contacts.prospects):
            return
        timely = luck.random() < strategy.context
        if timely and not self._is_moment():
            return
        fatigue = self.present_fatigue()
        relevance = self.relevance_of(brand)
        covert = rules.covert if strategy.data_use == "covert" else 1.0
        intrusion = self.trait["privacy_concern"] * relevance * covert
        self.intrusion = max(self.intrusion, intrusion)
        model.counts.contacts[brand] += 1
        model.counts.contribution[brand] -= strategy.costs.contact
        if timely:
            model.counts.timely[brand] += 1
        if timely or strategy.message == "recommendation" or luck.random() < rules.heeded:
            pull = (0.5 + 0.5 * relevance) * math.exp(-fatigue - rules.resistance * intrusion)
            if pull > self.pull and self.stage in model.journeys[model.plans[brand].journey].stages:
                self.pull = pull
                self.host = brand
            if self.considered:
                self.considered.add(brand)
        self.fatigue = fatigue + rules.fatigue * (1.0 if timely else rules.mistimed)
        self.tired_at = model.week
        if intrusion > 0.0 and brand == self.incumbent:
            self.trust -= model.market.experience.trust_intrusion * min(intrusion, 1.0) * self.trust
        hazard = rules.optout * (1.0 - rules.optout_relief * relevance)
        hazard += rules.optout_fatigue * fatigue + rules.optout_intrusion * intrusion
        if luck.random() < 1.0 - math.exp(-hazard):
            self.opted_out.add(brand)

    def _is_moment(self) -> bool:
        does = self.model.stage(self.host, self.stage).does
        if does == "wait":
            return self.need_at - self.model.week <= self.model.market.contact.near_weeks
        return does in ("recall", "search", "use")

    def _is_open(self, edge: Edge, need_due: bool) -> bool:
        if (edge.on == "contact" and self.pull == 0.0) or (edge.on == "need" and not need_due):
            return False
        if edge.only is None:
            return True
        if self.host is None:
            return False
        if edge.only == "incumbent":
            return self.host == self.incumbent
        strategy = self.model.plans[self.host].strategy
        if edge.only == "recommendation":
            return strategy.message == "recommendation"
        return getattr(strategy, edge.only) > 0.0

    def _pick(self, stage: Stage, need_due: bool) -> Edge | None:
        """The edge taken, or None to stay."""
        edges, weights, otherwise = [], [], None
        for edge in self.model.edges(self.host, self.stage):
            if not self._is_open(edge, need_due):
                continue
            if edge.logit is None:
                otherwise = edge
                continue
            total = 0.0
            for name, coefficient in edge.logit.items():
                total += coefficient if name == "base" else coefficient * self.feature(name, stage)
            edges.append(edge)
            weights.append(math.exp(total))
        if not edges:
            return otherwise
        return self.random.choices([*edges, otherwise], [*weights, 1.0])[0]

    def _enter(self, name: str) -> None:
        """Enter a stage and do what it does."""
        model = self.model
        self.stage, self.since = name, model.week
        stage = model.stage(self.host, name)
        if stage.does == "wait":
            self.host = self.incumbent
            self.considered, self.initial = set(), set()
            stage = model.stage(self.host, name)
        self._take_channel(stage)
        self.strain += self.effort(stage)
        if self.host is not None:
            model.counts.revenue[self.host] += stage.ancillary
            model.counts.contribution[self.host] += stage.ancillary * model.market.economics.ancillary_margin
            model.counts.contribution[self.host] -= stage.cost
        match stage.does:
            case "wait":
                self._start_clock()
            case "recall":
                self._recall()
            case "search":
                self._search()
            case "choose":
                self._buy()
            case "bond" if self.incumbent is not None:
                gain = model.market.experience.bond_gain
                self.trust += gain * (1.0 - self.trust)
                self.habit += gain * (1.0 - self.habit)
        if stage.does == "use" or stage.experience_lift:
            self._experience(stage)
        if stage.does == "talk":
            self._talk()

    def _take_channel(self, stage: Stage) -> None:
        self.channel = None
        if not stage.channels:
            return
        self.channel = self.random.choices(list(stage.channels), list(stage.channels.values()))[0]
        channel = self.model.market.channels[self.channel]
        if self.host is None:
            return
        self.model.counts.contribution[self.host] -= channel.cost
        if channel.digital and self.host == self.incumbent:
            rate = self.model.market.experience.knowledge_rate * self.model.plans[self.host].strategy.automation
            self.knowledge += rate * (1.0 - self.knowledge)

    def _start_clock(self) -> None:
        weeks = max(1, int(self._gap() + self.random.random()))
        early = max(self.need_at - self.need_week, 0) * self.model.market.need.carry_over
        self.need_at = self.model.week + weeks + int(early + self.random.random())

    def _recall(self) -> None:
        model, nearest = self.model, {}
        for brand in model.market.brands:
            salience = model.recall[brand]
            if brand == self.incumbent:
                salience = model.market.consideration.recall_incumbent
            draw = self.random.random()
            if draw < salience:
                self.considered.add(brand)
            if salience > 0.0:
                nearest[brand] = draw / salience
        if not self.considered:
            self.considered.add(min(nearest, key=nearest.__getitem__))
        self.initial = set(self.considered)

    def _search(self) -> None:
        self.searched = True
        rate = self.model.market.consideration.search_rate
        for brand in self.model.market.brands:
            if brand not in self.considered and self.random.random() < rate * self.model.recall[brand]:
                self.considered.add(brand)

    def _utility(self, brand: str) -> float:
        model, choice = self.model, self.model.market.choice
        utility = (
            model.market.brands[brand].quality
            + 2.0 * model.market.price_elasticity * self.trait["price_sensitivity"] * model.relative_price[brand]
            + choice.reputation * model.reputation[brand]
            + self.taste[brand]
            - choice.error_scale * math.log(-math.log(self.random.random()))
        )
        if brand == self.incumbent:
            utility += choice.habit * self.present_habit() + choice.satisfaction * self.satisfaction
        elif self.incumbent is not None:
            utility += choice.novelty * self.trait["novelty_seeking"]
        if brand == self.host:
            utility += choice.relevance * self.relevance_of(brand)
        return utility

    def _buy(self) -> None:
        model, counts = self.model, self.model.counts
        if not self.considered and self.host is None:
            self._recall()
        if not self.considered:
            brand, origin = self.host, "loop"
        else:
            brand = max(self.considered, key=self._utility)
            origin = "initial" if brand in self.initial else "evaluation"
        counts.purchases[brand, origin] += 1
        counts.decision_weeks[brand] += model.week - self.need_week
        counts.revenue[brand] += self.persona.spend * model.market.brands[brand].price
        counts.contribution[brand] += self.persona.spend * model.market.brands[brand].unit_margin
        rules = model.market.experience
        if brand == self.incumbent:
            habit = self.present_habit()
            self.habit = habit + rules.habit_gain * (1.0 - habit)
        else:
            self.incumbent = brand
            self.satisfaction = self.expectation = self.habit = 0.0
            self.trust = rules.initial_trust * self.trait["trust_propensity"]
            self.knowledge = model.plans[brand].strategy.prospect_knowledge
        self.host = brand
        self.bought_at = model.week
        self.considered, self.initial = set(), set()

    def _experience(self, stage: Stage) -> None:
        brand, model = self.incumbent, self.model
        if brand is None:
            return
        rules, delight = model.market.experience, model.delight[brand]
        lived = (
            model.advantage[brand]
            + stage.experience_lift
            + rules.ease * self.ease_with(brand)
            + rules.relevance * self.relevance_of(brand)
            + rules.delight * delight
            - rules.effort * self.strain
            - rules.intrusion * self.intrusion
            + self.random.gauss(0.0, rules.noise_sd)
        )
        surprise = lived - self.expectation
        self.expectation += rules.expectation_rate * surprise
        valued = surprise if surprise >= 0.0 else rules.loss_aversion * surprise
        self.satisfaction += rules.satisfaction_rate * (valued - self.satisfaction)
        if surprise >= 0.0:
            won = rules.trust_gain * self.trait["trust_propensity"] * min(surprise, 1.0)
            self.trust += won * (1.0 - self.trust)
        else:
            self.trust -= rules.trust_loss * min(-surprise, 1.0) * self.trust
            told = model.market.word_of_mouth.complaint_rate * self.trait["sociability"] * min(-surprise, 1.0)
            if self.random.random() < told:
                model.counts.complaints[brand] += 1
                model.said[brand] -= model.market.word_of_mouth.negativity
        self.strain = 0.0
        extra = model.market.innovation.ancillary * self.persona.spend * delight
        model.counts.revenue[brand] += extra
        model.counts.contribution[brand] += extra * model.market.economics.ancillary_margin

    def _talk(self) -> None:
        if self.incumbent is None:
            return
        rate = self.model.market.word_of_mouth.talk_rate
        if self.random.random() < rate * self.trait["sociability"] * min(max(self.satisfaction, 0.0), 1.0):
            self.model.counts.praise[self.incumbent] += 1
            self.model.said[self.incumbent] += 1.0


class PlainModel(mesa.Model):
    """One arm of a scenario: the burn-in as the baseline lives it, then the horizon as the arm does."""

    def __init__(self, setting: Scenario, arm: str, seed: int) -> None:
        super().__init__(rng=seed)
        _refuse(setting)
        self.setting, self.arm = setting, arm
        self.market: Market = setting.market
        self.journeys: dict[str, Journey] = dict(setting.journeys)
        self.week = 0
        names = list(self.market.brands)
        prices = {name: brand.price for name, brand in self.market.brands.items()}
        reference = self.market.reference_price or sum(prices.values()) / len(prices)
        self.relative_price = {name: price / reference for name, price in prices.items()}
        mean = sum(brand.quality for brand in self.market.brands.values()) / len(names)
        self.advantage = {name: brand.quality - mean for name, brand in self.market.brands.items()}
        self.reputation = dict.fromkeys(names, 0.0)
        self.recall = {name: brand.salience for name, brand in self.market.brands.items()}
        self.stock = dict.fromkeys(names, 0.0)
        self.delight = dict.fromkeys(names, 0.0)
        self.said = dict.fromkeys(names, 0.0)
        self.counts = Counts()
        self.plans: dict[str, Plan] = {}
        self.contacting: list[str] = []
        self._edges: dict[tuple[str, str], list[Edge]] = {}
        self._begin(setting.arms[setting.baseline].plans)
        shares = [persona.share for persona in setting.personas]
        for persona in self.random.choices(setting.personas, shares, k=setting.population):
            Customer(self, persona)

    def _begin(self, plans: dict[str, Plan]) -> None:
        for brand, plan in plans.items():
            if plan != self.plans.get(brand) and self.week > 0:
                costs = plan.strategy.costs
                build = sum(self._charge(plan.strategy, costs.build, name) for name in CAPABILITIES)
                self.counts.contribution[brand] -= build
        self.plans = dict(plans)
        self.contacting = [brand for brand, plan in plans.items() if _makes_contact(plan.strategy)]
        self._stages: dict[tuple[str | None, str], Stage] = {}
        self._ways: dict[tuple[str | None, str], list[Edge]] = {}
        for host in (None, *plans):
            own = self.journeys[self.market.journey if host is None else plans[host].journey]
            # A customer whose host changes stays in a stage that the new journey may not have.
            for journey in (own, *self.journeys.values()):
                for name, stage in journey.stages.items():
                    if (host, name) not in self._stages:
                        self._stages[host, name] = stage
                        self._ways[host, name] = [edge for edge in journey.edges if edge.source == name]

    @staticmethod
    def _charge(strategy: Strategy, costs: CapabilityCosts, capability: str) -> float:
        cost = getattr(costs, capability)
        if not cost.level:
            return cost.amount
        return cost.amount * (getattr(strategy, capability) / cost.level) ** strategy.costs.convexity

    def stage(self, host: str | None, name: str) -> Stage:
        return self._stages[host, name]

    def edges(self, host: str | None, name: str) -> list[Edge]:
        return self._ways[host, name]

    def step(self) -> None:
        """One week: the market, then every customer."""
        if self.week == self.setting.burn_in:
            self.counts = Counts()
            self._begin(self.setting.arms[self.arm].plans)
        self._talk_of_the_town()
        for brand, plan in self.plans.items():
            self._run(brand, plan.strategy)
        self.agents.shuffle_do("step")
        self.week += 1

    def _talk_of_the_town(self) -> None:
        talk, effect = self.market.word_of_mouth, self.market.consideration.salience_reputation
        for brand in self.reputation:
            heard = self.said[brand] / self.setting.population
            self.reputation[brand] = (1.0 - talk.decay) * self.reputation[brand] + talk.gain * heard
            self.said[brand] = 0.0
            salience, shift = self.market.brands[brand].salience, math.exp(effect * self.reputation[brand])
            self.recall[brand] = salience * shift / (1.0 - salience + salience * shift)

    def _run(self, brand: str, strategy: Strategy) -> None:
        rules = self.market.innovation
        run = sum(self._charge(strategy, strategy.costs.run, name) for name in CAPABILITIES)
        self.counts.contribution[brand] -= run
        if (self.week + 1) % rules.cycle_weeks == 0:
            planned = strategy.innovation * rules.velocity
            experiments = int(planned) + (self.random.random() < planned % 1.0)
            for _ in range(experiments):
                self.counts.contribution[brand] -= strategy.costs.experiment
                if self.random.random() < rules.success:
                    self.stock[brand] += self.random.expovariate(1.0 / rules.uplift)
        self.stock[brand] *= 0.5 ** (1.0 / rules.half_life)
        self.delight[brand] = 1.0 - math.exp(-self.stock[brand])


def live(setting: Scenario, arm: str, seed: int) -> PlainModel:
    """Live one arm to its end."""
    model = PlainModel(setting, arm, seed)
    for _ in range(setting.burn_in + setting.horizon):
        model.step()
    return model


def _makes_contact(strategy: Strategy) -> bool:
    return strategy.contacts_per_week.customers > 0.0 or strategy.contacts_per_week.prospects > 0.0


def _beta(luck, spread: Spread, persona: Persona) -> float:
    if spread.mean in (0.0, 1.0):
        return spread.mean
    weight = spread.concentration or persona.concentration
    return luck.betavariate(spread.mean * weight, (1.0 - spread.mean) * weight)


def _refuse(setting: Scenario) -> None:
    strategies = [plan.strategy for arm in setting.arms.values() for plan in arm.plans.values()]
    edges = [edge for journey in setting.journeys.values() for edge in journey.edges]
    unknown = {
        "talk in communities": setting.market.word_of_mouth.structure != "mean_field",
        "log-gamma tastes": setting.market.choice.taste != "normal",
        "adaptive personas": any(persona.adapt_digital or persona.adapt_privacy for persona in setting.personas),
        "levels per persona": any(strategy.personas for strategy in strategies),
        "a start week": any(strategy.start_week for strategy in strategies),
        "weekly probabilities": any(edge.probability is not None for edge in edges),
    }
    asked = [name for name, here in unknown.items() if here]
    if asked:
        raise ValueError(f"the plain Mesa model has no {', no '.join(asked)}; take a scenario like treadmill")
