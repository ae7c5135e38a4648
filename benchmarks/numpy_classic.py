"""The classic journey in straightforward NumPy: what one would write without an engine, to measure the engine against.

The mechanisms of the classic arm of `treadmill` (need clock, recall, search, choice with lifelong tastes and Gumbel
errors, experience with adapting expectations and loss aversion, trust, habit, bond, word of mouth, channels, money), on
columns, one index set per stage and week, with NumPy's own generator. Numbers agree with the engine's in distribution,
not draw by draw; nothing here is keyed, paired, logged or kept per persona.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.personas import Persona, Spread
from agents.traits import TRAITS
from sim.scenario.journey import Edge
from sim.scenario.scenario import Scenario

__all__ = ["Outcome", "run"]

NOBODY = -1
Column = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the horizon came to, by brand and, for purchases, by origin (initial, evaluation, loop)."""

    purchases: NDArray[np.int64]  # (B, 3)
    revenue: Column  # (B,)
    contribution: Column  # (B,)
    in_stage: NDArray[np.int64]  # (K,) at the end
    satisfaction: Column  # (B,) mean at the end
    customer_weeks: int


def _beta(luck: np.random.Generator, spread: Spread, persona: Persona, count: int) -> Column:
    if spread.mean in (0.0, 1.0):
        return np.full(count, spread.mean)
    weight = spread.concentration or persona.concentration
    return luck.beta(spread.mean * weight, (1.0 - spread.mean) * weight, count)


class _World:
    """All customers on columns."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.scenario, self.luck = scenario, np.random.default_rng(seed)
        market, n = scenario.market, scenario.population
        self.market, self.n = market, n
        self.journey = scenario.journeys[market.journey]
        self.stages = list(self.journey.stages)
        self.ways = {name: [edge for edge in self.journey.edges if edge.source == name] for name in self.stages}
        brands = list(market.brands.values())
        self.b = len(brands)
        self.quality = np.array([brand.quality for brand in brands])
        self.price = np.array([brand.price for brand in brands])
        self.margin = np.array([brand.unit_margin for brand in brands])
        self.salience = np.array([brand.salience for brand in brands])
        self.reputation = np.zeros(self.b)
        self.channels = list(market.channels)
        luck = self.luck
        shares = np.array([persona.share for persona in scenario.personas])
        persona = luck.choice(len(shares), size=n, p=shares / shares.sum())
        self.trait = {name: np.empty(n) for name in TRAITS}
        self.spend, rate = np.empty(n), np.empty(n)
        for at, who in enumerate(scenario.personas):
            mine = np.flatnonzero(persona == at)
            for name in TRAITS:
                self.trait[name][mine] = _beta(luck, getattr(who, name), who, mine.size)
            self.spend[mine], rate[mine] = who.spend, who.need_rate
        if market.need.heterogeneity is not None:
            rate *= luck.gamma(market.need.heterogeneity, 1.0 / market.need.heterogeneity, n)
        self.gap = market.need.mean_weeks / np.maximum(rate, 1e-9)
        self.taste = luck.normal(0.0, market.choice.taste_sd, (n, self.b))
        start = np.array([self.journey.start.get(name, 0.0) for name in self.stages])
        self.stage = luck.choice(len(self.stages), size=n, p=start)
        self.since = np.zeros(n, np.int64)
        self.need_at = (luck.random(n) * self._gaps(np.arange(n))).astype(np.int64)
        self.incumbent = np.full(n, NOBODY)
        self.channel = np.full(n, NOBODY)
        self.considered, self.initial = np.zeros((n, self.b), bool), np.zeros((n, self.b), bool)
        self.satisfaction, self.expectation, self.trust, self.habit, self.strain = (np.zeros(n) for _ in range(5))
        self.bought_at = np.zeros(n, np.int64)
        self.week = 0
        self.said = np.zeros(self.b)
        self.forget()

    def forget(self) -> None:
        """Begin to count anew."""
        self.purchases = np.zeros((self.b, 3), np.int64)
        self.revenue, self.contribution = np.zeros(self.b), np.zeros(self.b)

    def _gaps(self, who: NDArray[np.int64]) -> Column:
        shape = self.market.need.shape
        return self.luck.gamma(shape, 1.0 / shape, who.size) * self.gap[who]

    def _count(self, brand: NDArray[np.int64], weight: Column | None = None) -> Column:
        return np.bincount(brand, weights=weight, minlength=self.b)

    def present_habit(self, who: NDArray[np.int64]) -> Column:
        return self.habit[who] * 0.5 ** ((self.week - self.bought_at[who]) / self.market.experience.habit_half_life)

    def feature(self, name: str, who: NDArray[np.int64], stage: str) -> Column:
        if name in self.trait:
            return self.trait[name][who]
        if name == "habit":
            return self.present_habit(who)
        if name in ("satisfaction", "trust"):
            return np.asarray(getattr(self, name)[who])
        if name == "weeks_in_stage":
            return np.asarray(self.week - self.since[who], dtype=np.float64)
        if name == "effort":
            return self.effort(who, stage)
        return np.zeros(who.size)  # what only a company that leads makes felt

    def effort(self, who: NDArray[np.int64], stage: str) -> Column:
        factor = np.array([self.market.channels[name].effort for name in self.channels] + [1.0])
        return self.journey.stages[stage].effort * factor[self.channel[who]]

    def pick(self, stage: str, who: NDArray[np.int64], needing: bool) -> NDArray[np.int64]:
        """Stage that each goes to, or NOBODY to stay."""
        ways = [edge for edge in self.ways[stage] if edge.on is None or (edge.on == "need" and needing)]
        target = np.full(who.size, NOBODY)
        odds: list[Column] = []
        taken: list[Edge] = []
        for edge in ways:
            if edge.logit is None:
                target[:] = self.stages.index(edge.target)
                continue
            total = np.full(who.size, edge.logit.get("base", 0.0))
            for name, coefficient in edge.logit.items():
                if name != "base":
                    total += coefficient * self.feature(name, who, stage)
            odd = np.exp(total)
            if edge.only is not None:
                odd[self.incumbent[who] == NOBODY] = 0.0
            odds.append(odd)
            taken.append(edge)
        if odds:
            reached = np.cumsum(odds, axis=0)
            u = self.luck.random(who.size) * (1.0 + reached[-1])
            for edge, level in zip(reversed(taken), reversed(list(reached)), strict=True):
                target[u < level] = self.stages.index(edge.target)
        return target

    def enter(self, stage: str, who: NDArray[np.int64]) -> None:
        """What a stage does to those who enter it."""
        details, market, luck = self.journey.stages[stage], self.market, self.luck
        self.stage[who] = self.stages.index(stage)
        self.since[who] = self.week
        self.channel[who] = NOBODY
        if details.channels:
            shares = np.array([details.channels.get(name, 0.0) for name in self.channels])
            self.channel[who] = luck.choice(shares.size, size=who.size, p=shares)
            led = who[self.incumbent[who] != NOBODY]
            cost = np.array([market.channels[name].cost for name in self.channels])
            self.contribution -= self._count(self.incumbent[led], cost[self.channel[led]])
        self.strain[who] += self.effort(who, stage)
        match details.does:
            case "wait":
                self.considered[who] = self.initial[who] = False
                self.need_at[who] = self.week + np.maximum(1, (self._gaps(who) + luck.random(who.size)).astype(int))
            case "recall":
                self.recall(who)
            case "search":
                self.search(who)
            case "choose":
                self.buy(who)
            case "use":
                self.experience(who, details.experience_lift)
            case "bond":
                gain = market.experience.bond_gain
                self.trust[who] += gain * (1.0 - self.trust[who])
                self.habit[who] += gain * (1.0 - self.habit[who])
            case "talk":
                self.talk(who)

    def recalled(self) -> Column:
        shift = np.exp(self.market.consideration.salience_reputation * self.reputation)
        return np.asarray(self.salience * shift / (1.0 - self.salience + self.salience * shift))

    def recall(self, who: NDArray[np.int64]) -> None:
        salience = np.tile(self.recalled(), (who.size, 1))
        mine = np.flatnonzero(self.incumbent[who] != NOBODY)
        salience[mine, self.incumbent[who[mine]]] = self.market.consideration.recall_incumbent
        u = self.luck.random(salience.shape)
        comes = u < salience
        nobody = np.flatnonzero(~comes.any(axis=1))
        comes[nobody, (u[nobody] / salience[nobody]).argmin(axis=1)] = True
        self.considered[who] = self.initial[who] = comes

    def search(self, who: NDArray[np.int64]) -> None:
        met = self.luck.random((who.size, self.b)) < self.market.consideration.search_rate * self.recalled()
        self.considered[who] |= met

    def buy(self, who: NDArray[np.int64]) -> None:
        market, choice = self.market, self.market.choice
        looped = ~self.considered[who].any(axis=1)
        relative = self.price / self.price.mean()
        utility = (
            self.quality
            + 2.0 * market.price_elasticity * self.trait["price_sensitivity"][who, None] * relative
            + choice.reputation * self.reputation
            + self.taste[who]
            + self.luck.gumbel(0.0, choice.error_scale, (who.size, self.b))
        )
        mine = np.flatnonzero(self.incumbent[who] != NOBODY)
        old = self.incumbent[who]
        bump = choice.habit * self.present_habit(who) + choice.satisfaction * self.satisfaction[who]
        utility[mine, old[mine]] += bump[mine]
        utility[~self.considered[who]] = -np.inf
        brand = np.where(looped, old, utility.argmax(axis=1))
        origin = np.where(looped, 2, np.where(self.initial[who, brand], 0, 1))
        np.add.at(self.purchases, (brand, origin), 1)
        self.revenue += self._count(brand, self.spend[who] * self.price[brand])
        self.contribution += self._count(brand, self.spend[who] * self.margin[brand])
        again = brand == old
        gain = market.experience.habit_gain
        habit = self.present_habit(who)
        self.habit[who] = np.where(again, habit + gain * (1.0 - habit), 0.0)
        new = who[~again]
        self.satisfaction[new] = self.expectation[new] = 0.0
        self.trust[new] = market.experience.initial_trust * self.trait["trust_propensity"][new]
        self.incumbent[who] = brand
        self.bought_at[who] = self.week
        self.considered[who] = self.initial[who] = False

    def experience(self, who: NDArray[np.int64], lift: float) -> None:
        rules = self.market.experience
        brand = self.incumbent[who]
        lived = (self.quality - self.quality.mean())[brand] + lift - rules.effort * self.strain[who]
        lived += self.luck.normal(0.0, rules.noise_sd, who.size)
        surprise = lived - self.expectation[who]
        self.expectation[who] += rules.expectation_rate * surprise
        valued = np.where(surprise >= 0.0, surprise, rules.loss_aversion * surprise)
        self.satisfaction[who] += rules.satisfaction_rate * (valued - self.satisfaction[who])
        won = rules.trust_gain * self.trait["trust_propensity"][who] * np.clip(surprise, 0.0, 1.0)
        lost = rules.trust_loss * np.clip(-surprise, 0.0, 1.0)
        self.trust[who] += won * (1.0 - self.trust[who]) - lost * self.trust[who]
        self.strain[who] = 0.0
        told = self.market.word_of_mouth.complaint_rate * self.trait["sociability"][who] * np.clip(-surprise, 0.0, 1.0)
        said = self.luck.random(who.size) < told
        self.said -= self.market.word_of_mouth.negativity * self._count(brand[said])

    def talk(self, who: NDArray[np.int64]) -> None:
        rate = self.market.word_of_mouth.talk_rate
        told = rate * self.trait["sociability"][who] * np.clip(self.satisfaction[who], 0.0, 1.0)
        said = self.luck.random(who.size) < told
        self.said += self._count(self.incumbent[who[said]])

    def step(self) -> None:
        """One week: the market, then every stage's customers."""
        talk = self.market.word_of_mouth
        self.reputation = (1.0 - talk.decay) * self.reputation + talk.gain * self.said / self.n
        self.said = np.zeros(self.b)
        here = {name: np.flatnonzero(self.stage == at) for at, name in enumerate(self.stages)}
        for name, who in here.items():
            details = self.journey.stages[name]
            if details.does == "wait":
                who = who[self.need_at[who] <= self.week]
            elif details.does == "search":
                self.search(who)
            elif details.does == "talk":
                self.talk(who)
            if details.weeks:
                who = who[self.week - self.since[who] >= details.weeks]
            self.move(name, who)
        self.week += 1

    def move(self, name: str, who: NDArray[np.int64]) -> None:
        """Take one step, and on through the stages that resolve within the week."""
        if who.size == 0:
            return
        target = self.pick(name, who, needing=True)
        for at in np.unique(target[target != NOBODY]):
            going = who[target == at]
            stage = self.stages[at]
            self.enter(stage, going)
            details = self.journey.stages[stage]
            if details.does == "choose" or details.weeks == 0:
                self.move(stage, going)


def run(scenario: Scenario, seed: int = 1) -> Outcome:
    """Live the classic arm: burn-in, then the horizon, which is counted."""
    world = _World(scenario, seed)
    for _ in range(scenario.burn_in):
        world.step()
    world.forget()
    for _ in range(scenario.horizon):
        world.step()
    heads = np.bincount(world.incumbent[world.incumbent != NOBODY], minlength=world.b)
    known = world.incumbent != NOBODY
    total = np.bincount(world.incumbent[known], weights=world.satisfaction[known], minlength=world.b)
    return Outcome(
        purchases=world.purchases,
        revenue=world.revenue,
        contribution=world.contribution,
        in_stage=np.bincount(world.stage, minlength=len(world.stages)),
        satisfaction=total / np.maximum(heads, 1),
        customer_weeks=scenario.population * (scenario.burn_in + scenario.horizon),
    )
