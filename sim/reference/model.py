"""The journey as a Mesa model: to be read, watched and extended.

It works with Mesa's ``DataCollector``, ``batch_run`` and SolaraViz. It is slow, and gives the same history as the fast
engine (:mod:`sim.engine`) bit for bit. The week of a customer is in :class:`agents.customer.Customer`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import mesa
import numpy as np
from numpy.typing import NDArray

from agents.mesa_agent import CustomerAgent
from agents.population import FOCAL_AT_START, MAX_WEEK, allocate, allocate_accounts
from agents.purposes import Purpose
from agents.quantity import whole
from agents.rules.numerics import encode_unit
from sim.record.counters import ByBrand, ByPersona, Counters, allocate_counters
from sim.record.goal_times import GoalTimes, goal_times, standing_at
from sim.record.history import History
from sim.record.recorder import (
    Traced,
    allocate_trace,
    final_states,
    lives_of,
    make_history,
    stocks_after,
    stocks_at_birth,
)
from sim.reference.environment import WorldEnvironment, draw_customer
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.journey import stage_names
from sim.scenario.scenario import Scenario
from sim.scenario.schema import read, show
from sim.scenario.settings import Settings
from sim.world.birth import compile_birth
from sim.world.compile import compile_world
from sim.world.market import allocate_market, market_week, start_from

__all__ = ["JourneyModel", "run_replicate", "sampled_customers"]


def sampled_customers(scenario: Scenario, environment: WorldEnvironment) -> frozenset[int]:
    """Return the ids of the customers whose events are logged: a random sample that all arms share."""
    share = min(1.0, scenario.record.events / scenario.population)
    everybody = range(scenario.population)
    return frozenset(
        customer_id for customer_id in everybody if environment.draw(customer_id, Purpose.SAMPLE, 0, 0, 0) < share
    )


class JourneyModel(mesa.Model):
    """One arm of a scenario as a Mesa model; a step is a week.

    Parameters
    ----------
    scenario : str, path or Scenario
        Name of a shipped scenario, path of a scenario file, or a scenario.
    arm : str, optional
        The baseline by default.
    population : int, optional
        Customers; the scenario's own number by default.
    replicate : int
        Number of the replicate, 0 to 100,000: an independent set of draws of the same seed.
    rng : int, optional
        Another name of the seed, by which Mesa 3.5's ``batch_run(..., rng=[1, 2, 3])`` passes it.
    seed : int, optional
        Seed of all draws, 0 to 2**32 - 1; 1 by default. It is not in the signature, because ``batch_run`` of Mesa 3.5
        replaces a parameter of that name by None.
    **kwargs
        Other values of the scenario, as for ``Scenario.load``: ``horizon``, ``burn_in`` ...

    Notes
    -----
    The model is a function of its parameters: without a seed it has seed 1, so that two arms always meet the same
    customers. Mesa does not tell a model its iteration, so ``batch_run(..., iterations=3)`` runs the same world three
    times. For three worlds, sweep the replicates or the seeds: ``{"replicate": range(3)}`` or ``{"seed": [1, 2, 3]}``.
    Both work in every version of Mesa from 3.3.1; ``rng=[1, 2, 3]`` from 3.5. Each row of the result has the ``seed``
    and the ``replicate`` of its world.

    Raises
    ------
    sim.scenario.errors.ConfigError
        If there is no such scenario or arm, a value is out of range, or seed and rng differ.

    Examples
    --------
    >>> model = JourneyModel(scenario="treadmill", arm="proactive", population=50, burn_in=0, seed=1)
    >>> model.step()
    >>> len(model.agents), model.week
    (50, 1)

    Three worlds, in a script or a notebook:

    >>> rows = mesa.batch_run(
    ...     JourneyModel,
    ...     {"replicate": range(3), "population": 50, "burn_in": 0, "horizon": 2},
    ...     display_progress=False,
    ... )
    >>> [(row["seed"], row["replicate"]) for row in rows]
    [(1, 0), (1, 1), (1, 2)]
    """

    def __init__(
        self,
        scenario: str | Path | Scenario = "treadmill",
        arm: str | None = None,
        population: int | None = None,
        *,
        replicate: int = 0,
        rng: int | None = None,
        **kwargs: Any,  # Mesa 3.3's SolaraViz takes any other name for a parameter that must be given
    ) -> None:
        seed, replicate = _seed_and_replicate(kwargs.pop("seed", None), rng, replicate)
        # Mesa's generator decides nothing here; given, so that an extension that uses it is reproducible.
        super().__init__(rng=seed)
        self.luck = seed
        #: The scenario. Mesa has an attribute `scenario` of its own.
        self.case = _load(scenario, population, kwargs)
        self.arm = self.case.baseline if arm is None else arm
        if self.arm not in self.case.arms:
            raise ConfigError(f"arm {self.arm!r} is unknown; {suggest(self.arm, self.case.arms)}")
        self.replicate = replicate
        self.stages = stage_names(self.case.journeys)
        self.week = 0  #: weeks simulated, the burn-in's included
        self.adopted_before = 0
        weeks = self.case.burn_in + self.case.horizon
        self.traced: Traced = allocate_trace(weeks, self._groups(), len(self.case.brands))
        world = compile_world(self.case, self.case.arms[self.case.baseline], self.luck, self.replicate)
        self.environment = WorldEnvironment(world, allocate_market(world), self._counters(self.case.burn_in, 0), 0)
        self.fixed = np.zeros((self.case.burn_in, len(self.case.brands), 3), np.int64)
        born = compile_birth(self.case)
        for customer_id in range(self.case.population):
            draw_customer(CustomerAgent(self, customer_id, self.environment), born)
        self.customers: list[CustomerAgent] = list(self.agents)
        self.running = True
        #: A subclass may put its own in its place; :func:`mesa.batch_run` reads it.
        self.datacollector = mesa.DataCollector(
            model_reporters={
                "seed": "luck",
                "replicate": "replicate",
                "week": "week",
                "purchases": "purchases",
                "loop_purchases": "loop_purchases",
                "contacts": "contacts",
            }
        )
        if self.case.burn_in == 0:
            self._begin_horizon()

    def _groups(self) -> int:
        talk = self.case.market.word_of_mouth
        return talk.communities if talk.structure == "communities" else 1

    def _counters(self, weeks: int, accounts: int) -> Counters:
        """Counters for so many weeks and accounts."""
        sizes = (len(self.case.personas), len(self.stages), len(self.case.brands), self._groups())
        return allocate_counters(weeks, *sizes, allocate_accounts(accounts))

    def _focal(self, first: int, end: int) -> int:
        """Sum of the focal brand's columns since the horizon (or the burn-in) began."""
        return int(self.environment.counters.by_brand[:, :, self.case.focal, first:end].sum())

    @property
    def purchases(self) -> int:
        """Purchases of the focal brand since the horizon (or the burn-in) began."""
        return self._focal(ByBrand.INITIAL, ByBrand.LOOP + 1)

    @property
    def loop_purchases(self) -> int:
        """Purchases of the focal brand in the loyalty loop since then."""
        return self._focal(ByBrand.LOOP, ByBrand.LOOP + 1)

    @property
    def contacts(self) -> int:
        """Contacts that the focal brand has made since then."""
        return self._focal(ByBrand.CONTACTS, ByBrand.CONTACTS + 1)

    def share_of_stages(self) -> dict[str, float]:
        """Share of customers per stage, for data collectors and charts."""
        counts = np.bincount([customer.stage for customer in self.customers], minlength=len(self.stages))
        return {name: float(count) / len(self.customers) for name, count in zip(self.stages, counts, strict=True)}

    def step(self) -> None:
        """Simulate one week: first the market, then each customer independently of the others."""
        if self.week >= self.case.burn_in + self.case.horizon:
            self.running = False
            return
        environment, market, counters = self.environment, self.environment.market, self.environment.counters
        market_week(
            self.week,
            environment.phase_start,
            environment.world,
            market,
            counters.talk,
            self.adopted_before,
            self.fixed,
        )
        now = (market.standing.reputation, market.standing.recall, market.brands.delight, market.totals.adoption[0])
        for kept, value in zip(self.traced, now, strict=True):
            kept[self.week] = value
        environment.begin(self.week)
        self.agents.do("step")
        self.adopted_before = int(counters.by_persona[environment.row, :, ByPersona.ADOPTED].sum())
        self.week += 1
        self.datacollector.collect(self)
        if self.week == self.case.burn_in:
            self._begin_horizon()
        if self.week >= self.case.burn_in + self.case.horizon:
            self.running = False

    def _begin_horizon(self) -> None:
        """Change from the baseline's world, in which all arms share the burn-in, to the arm's own."""
        self.past = self.environment.counters
        self.standing = standing_at(self.environment.world, np.array([one.stage for one in self._aiming()], np.int64))
        market = start_from(self.environment.market)
        world = compile_world(self.case, self.case.arms[self.arm], self.luck, self.replicate)
        counters = self._counters(self.case.horizon, self.case.population)
        counters.talk[:] = self.past.talk
        self.fixed = np.zeros((self.case.horizon, len(self.case.brands), 3), np.int64)
        self.environment = WorldEnvironment(world, market, counters, self.case.burn_in)
        self.environment.sampled = sampled_customers(self.case, self.environment)
        for customer in self.customers:
            customer.world = self.environment
            customer.begin_horizon(self.environment.is_focal(customer))
        self.at_start = self._loyal()
        logged = [(c.customer_id, c.stage) for c in self.customers if c.customer_id in self.environment.sampled]
        self.starts = np.array(logged, np.int64).reshape(-1, 2)

    def _loyal(self) -> NDArray[np.int64]:
        """Per persona, the focal brand's customers who were so when the horizon began."""
        loyal = np.zeros(len(self.case.personas), np.int64)
        for customer in self.customers:
            loyal[customer.persona] += customer.focal_at_start and self.environment.is_focal(customer)
        return loyal

    def _aiming(self) -> list[CustomerAgent]:
        """Return all customers where a stage is a goal, else none."""
        return self.customers if self.environment.world.nodes.goal.any() else []

    def _goal_times(self) -> GoalTimes:
        """Return when customers first came to a goal."""
        reached = np.array([customer.reached for customer in self._aiming()], np.uint16)
        personas = np.array([customer.persona for customer in self._aiming()], np.int64)
        span = (self.case.burn_in, self.case.burn_in + self.case.horizon)
        return goal_times(reached, self.standing, personas, span, len(self.case.personas))

    def records(self) -> Any:
        """Return the state of all customers as the fast engine's records (recarray)."""
        sizes = self.case.population, len(self.case.brands), self.environment.world.node_of.shape[1]
        people = allocate(*sizes).people
        for customer, record in zip(self.customers, people, strict=True):
            for name in ("persona", "stage", "incumbent", "satisfaction"):
                record[name] = getattr(customer, name)
            record.trust = encode_unit(customer.trust)
            record.opted_out = sum(1 << brand for brand in customer.opted_out)
            record.marks = FOCAL_AT_START * customer.focal_at_start
        return people

    def history(self, seconds: float = 0.0) -> History:
        """Return the history of the arm; the horizon must be over.

        Parameters
        ----------
        seconds : float
            Wall-clock time of the run, >= 0, for the record.

        Returns
        -------
        History
            As the fast engine gives it.
        """
        scenario, world = self.case, self.environment.world
        events = self.environment.log()
        counters = self.environment.counters._replace(events=events, event_count=np.array([len(events)], np.int64))
        # The flows lead from the stages at the start to those at the end.
        began = -self.past.occupancy.sum(axis=0) - counters.occupancy.sum(axis=0)
        for customer in self.customers:
            began[customer.persona, customer.stage] += 1
        stocks = stocks_after(stocks_at_birth(began, len(scenario.brands)), self.past, float(world.fatigue_left[1]))
        return make_history(
            self.arm,
            world,
            stocks,
            counters,
            lives_of(counters.accounts, [final_states(world, counters.accounts, self.records())]),
            self.traced,
            self.fixed,
            self.at_start,
            self._loyal(),
            self.starts,
            self._goal_times(),
            int(self.past.by_persona[:, :, ByPersona.ADOPTED].sum()),
            seconds,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Replicate:
    """Schema of the parameter ``replicate``."""

    replicate: int = whole(0, 0, 100_000, "number of the replicate, an independent set of draws of the seed")


def _seed_and_replicate(seed: object, rng: object, replicate: object) -> tuple[int, int]:
    """Check seed and replicate as the command line does; integers of NumPy are accepted."""
    seed, rng, replicate = (int(item) if isinstance(item, np.integer) else item for item in (seed, rng, replicate))
    if seed is not None and rng is not None and seed != rng:
        raise ConfigError(f"seed is {show(seed)} and rng is {show(rng)}; give one of them")
    key = seed if seed is not None else rng
    settings = read(Settings, {} if key is None else {"seed": key})
    return settings.seed, read(_Replicate, {"replicate": replicate}).replicate


def _load(scenario: str | Path | Scenario, population: int | None, overrides: dict[str, Any]) -> Scenario:
    if population is not None:
        overrides = {**overrides, "population": population}
    if isinstance(scenario, Scenario):
        return replace(scenario, **overrides) if overrides else scenario
    if isinstance(scenario, Path):
        return Scenario.from_yaml(scenario, **overrides)
    return Scenario.load(scenario, **overrides)


def run_replicate(
    scenario: Scenario,
    *,
    seed: int,
    replicate: int,
    threads: int = 1,
    on_progress: Callable[[int], None] | None = None,
    stop: threading.Event | None = None,
    arms: Collection[str] | None = None,
) -> dict[str, History]:
    """Simulate one replicate of every arm with Mesa.

    The result equals that of :func:`sim.engine.replicate.run_replicate` bit for bit.

    Parameters
    ----------
    scenario : Scenario
        What to run.
    seed : int
        Seed of all draws, 0 to 2**32 - 1.
    replicate : int
        Number of the replicate, 0 to 100,000.
    threads : int
        Not used: Mesa steps its agents one by one.
    on_progress : callable, optional
        Called after each week with the number of customers stepped.
    stop : threading.Event, optional
        Set it to stop the run after the present week.
    arms : collection of str, optional
        Which arms are run; all by default.

    Returns
    -------
    dict of str to History
        A history per arm, in the scenario's order.

    Raises
    ------
    ValueError
        If burn-in and horizon are longer than the clocks of customers.
    InterruptedError
        If ``stop`` was set.
    """
    weeks = scenario.burn_in + scenario.horizon
    if weeks > MAX_WEEK:
        raise ValueError(f"burn_in + horizon is {weeks} weeks; at most {MAX_WEEK} fit the clocks of customers")
    histories: dict[str, History] = {}
    for name in scenario.arms:
        if arms is not None and name not in arms:
            continue
        began = time.perf_counter()
        model = JourneyModel(scenario, arm=name, seed=seed, replicate=replicate)
        while model.running:
            model.step()
            if on_progress is not None:
                on_progress(scenario.population)
            if stop is not None and stop.is_set():
                raise InterruptedError("the run was asked to stop")
        histories[name] = model.history(time.perf_counter() - began)
    return histories
