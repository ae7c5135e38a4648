"""Resolved scenario: the frozen declarations that a run depends on. The engines read it; nothing here reads a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Self

from agents.personas import Persona
from agents.quantity import choice, number, quantity, text, whole
from agents.strategies import Strategy
from sim.scenario.calendar import STEPS, read_day
from sim.scenario.journey import MOST_BURN_IN, MOST_STEPS, Journey
from sim.scenario.laid_out import LaidOut
from sim.scenario.market import Market
from sim.scenario.minor_units import minor_units_of

__all__ = ["PRECISION_METHODS", "Arm", "Assumption", "BestResponse", "Plan", "Record", "ResolvedScenario"]


#: Whether intervals have the luck of the company's experiments taken out.
PRECISION_METHODS: tuple[str, ...] = ("control_variates", "plain")

#: Minor units of scenarios: asked for dozens of times a run, and longer to find than a week of a small one.
_MINOR_UNITS: LaidOut[float] = LaidOut(64)


@dataclass(frozen=True, slots=True, kw_only=True)
class BestResponse:
    """Among what a competitor chooses when the focal brand leads its customers; waiting is always possible."""

    strategies: Mapping[str, Strategy] = quantity(
        "strategies that it may follow, by name; names of files, or written out"
    )
    lag: int = whole(26, 0, 60_000, "earliest answer, after the focal brand's start", "steps")
    start_weeks: tuple[int, ...] | None = quantity(
        "steps in which it may start; null: after the lag, and after twice the lag", default=None, optional=True
    )
    journey: str | None = quantity(
        "journey that it offers with them; null: the focal brand's in that arm", default=None, optional=True
    )
    goal: str = choice("npv", ("npv", "contribution", "revenue", "purchases", "market_share"), "what it wants most of")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one brand does in one arm: the journey it offers and the strategy it follows.

    With a best response, a competitor's journey and strategy are what it does while it waits.
    """

    journey: str
    strategy: Strategy
    best_response: BestResponse | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One world of the comparison: a plan for every brand of the market, by brand name, none left out."""

    name: str
    plans: Mapping[str, Plan]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """One thing the scenario takes for granted, with its source or the word `assumption`."""

    what: str = text("", "what is assumed")
    source: str = text("assumption", "where it comes from")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is kept beside the counts."""

    customers: bool = quantity("write customers.parquet, a row per arm, replicate and customer", default=False)
    events: int = whole(200, 0, 100_000, "customers whose events are logged, a hashed sample", "customers")
    lives: int = whole(
        1_000_000,
        0,
        None,
        "largest population for which each customer's own account (CLV, purchases) is kept",
        "customers",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedScenario:
    """Everything a run depends on but the seed and the number of replicates.

    ``journeys`` holds every journey that any plan or the market names. ``arms`` keeps the order of the file;
    ``baseline`` is one of them.
    """

    name: str
    title: str = ""
    case: str = ""
    market: Market
    personas: tuple[Persona, ...]
    journeys: Mapping[str, Journey]
    arms: Mapping[str, Arm]
    baseline: str
    step: str = choice("week", STEPS, "what one step is; every duration and every rate of the scenario counts in it")
    start_date: str | None = quantity(
        "day on which step 0 of the horizon begins, YYYY-MM-DD: dates stand beside the steps then; changes no result",
        default=None,
        optional=True,
    )
    population: int = whole(20_000, 1, 4_000_000_000, "customers that are simulated", "customers")
    horizon: int = whole(260, 1, MOST_STEPS, "steps compared", "steps")
    burn_in: int = whole(
        104,
        0,
        MOST_BURN_IN,
        "steps simulated before, in the baseline's world, shared by all arms; without a market 0 unless typed",
        "steps",
    )
    record: Record = quantity("what is kept", factory=Record)
    assumptions: tuple[Assumption, ...] = ()
    precision: float | None = number(None, 1e-6, 10.0, "relative half-width to reach", optional=True)
    precision_method: str = choice(
        "control_variates", PRECISION_METHODS, "whether intervals have the luck of the company's experiments taken out"
    )

    @property
    def market_customers(self) -> int:
        """How many customers the market really has; as many as are simulated where it does not say."""
        return self.population if self.market.customers is None else self.market.customers

    @property
    def starts(self) -> date | None:
        """Day on which step 0 of the horizon begins, where the scenario gives one."""
        return None if self.start_date is None else read_day(self.start_date)

    @property
    def renews(self) -> bool:
        """Whether customers renew at fixed times: what they buy is called a renewal then."""
        return self.market.need.kind == "cyclical"

    @property
    def scale(self) -> float:
        """How many customers of the market one simulated customer stands for."""
        return self.market_customers / self.population

    @property
    def minor_units(self) -> float:
        """How many of the units in which its money is counted make up one unit of money."""

        def made() -> float:
            plans = {id(plan): plan for arm in self.arms.values() for plan in arm.plans.values()}
            return minor_units_of(self.market, self.journeys.values(), [plan.strategy for plan in plans.values()])

        return _MINOR_UNITS.find((self.market.channels, self.market.brands, self.journeys, self.arms), None, made)

    def simulating(self, population: int) -> Self:
        """Return the scenario with so many customers simulated, of the same market."""
        return replace(self, population=population, market=replace(self.market, customers=self.market_customers))

    @property
    def brands(self) -> tuple[str, ...]:
        """Names of the brands, in the order of their ids."""
        return tuple(self.market.brands)

    def waiting(self) -> Self:
        """Return the scenario with every competitor that may answer waiting instead."""
        arms = {
            name: replace(arm, plans={brand: replace(plan, best_response=None) for brand, plan in arm.plans.items()})
            for name, arm in self.arms.items()
        }
        return replace(self, arms=arms)

    def customer_weeks(self, replicates: int = 1) -> int:
        """Return how much there is to simulate: the burn-in once, the horizon in every arm."""
        return self.population * (self.burn_in + self.horizon * len(self.arms)) * replicates

    @property
    def focal(self) -> int:
        """Id of the focal brand."""
        return self.brands.index(self.market.focal)
