"""What several shelves share: how two histories are compared, and a scenario small enough to live in a second."""

import gc
import io
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

from agents.brands import Brand
from agents.personas import Persona
from agents.strategies import Strategy
from sim.execution.executors import make_executor
from sim.execution.replicates import run_replicates
from sim.execution.store import Store
from sim.experiments.design import read_design
from sim.experiments.sweep import sweep
from sim.record.events import EVENT
from sim.record.history import FIXED_POINT, Fixed, History, Lives, MarketTrace, Money
from sim.scenario.config_path import ConfigPath
from sim.scenario.journey import Edge, Journey, Stage
from sim.scenario.market import Channel, Market
from sim.scenario.resolved import Arm, Plan
from sim.scenario.scenario import Scenario

# Thousands of tests, each with its module's objects, are walked through each time Python looks for rings of objects.
gc.set_threshold(20_000, 20, 20)

# A busy machine, or a rule that is compiled on its first call, is no reason to fail.
settings.register_profile("journey", deadline=None)
settings.load_profile("journey")


@pytest.fixture(scope="session")
def wait_for_processor_time() -> Callable[[subprocess.Popen[Any], float], None]:
    """Return a function that waits until a process has had so many seconds of a processor, however busy that is."""

    def wait(process: subprocess.Popen[Any], seconds: float) -> None:
        stat = Path(f"/proc/{process.pid}/stat")
        if not stat.exists():  # no Linux: on a clock, and three times as long
            time.sleep(3.0 * seconds)
        while stat.exists() and process.poll() is None:
            user, system = stat.read_text().rpartition(")")[2].split()[11:13]
            if int(user) + int(system) >= seconds * os.sysconf("SC_CLK_TCK"):
                break
            time.sleep(0.05)

    return wait


#: Stands where a figure would: nothing of it is kept anywhere, as what `journey map` draws is.
BLANK = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 360 240"></svg>\n'


@contextmanager
def _undrawn() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        # No process of its own either, which would keep them for whoever asks the same.
        patch.setattr("sim.reports.drawing_process._is_safe", lambda: False)
        patch.setattr("sim.reports.svg.svg_of", lambda picture: BLANK)
        patch.setattr("sim.reports.style.png_bytes", lambda figure, dots_per_inch=0.0: b"")
        yield


@pytest.fixture
def undrawn() -> Iterator[None]:
    """Put the figures of reports together and draw none: over half of a small question, where a test looks at none."""
    with _undrawn():
        yield


@pytest.fixture(scope="module")
def module_undrawn() -> Iterator[None]:
    """Put the figures of reports together and draw none, in every test of a module."""
    with _undrawn():
        yield


#: How long a run took is the one thing that may differ.
NOT_DATA = ("seconds",)


def _leaves(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    if is_dataclass(value):
        for field in fields(value):
            if field.name not in NOT_DATA:
                yield from _leaves(getattr(value, field.name), f"{place}.{field.name}" if place else field.name)
    else:
        yield place, value


def _compare(one: History, other: History) -> None:
    theirs = dict(_leaves(other, ""))
    for place, value in _leaves(one, ""):
        against = theirs.pop(place)
        if isinstance(value, np.ndarray):
            assert value.dtype == against.dtype, f"{place}: {value.dtype} and {against.dtype}"
            assert value.shape == against.shape, f"{place}: {value.shape} and {against.shape}"
            if value.tobytes() != against.tobytes():
                where = np.argwhere(np.atleast_1d(value != against))
                first = tuple(where[0]) if len(where) else ()
                pair = f"{value[first]} and {against[first]}" if first else "a sign of zero or a NaN"
                pytest.fail(
                    f"arm {one.arm}, replicate {one.replicate}: {place} differs in {len(where)} of {value.size} "
                    f"places, first at {first}: {pair}"
                )
        else:
            assert value == against, place
    assert not theirs


@pytest.fixture(scope="session")
def assert_same_history() -> Callable[[History, History], None]:
    """Compare two histories bit for bit, and name the first place where they differ."""
    return _compare


@pytest.fixture(scope="session")
def live() -> Callable[..., dict[str, History]]:
    """Live one replicate: ``live(scenario, seed=1, replicate=0, **options)`` gives the history of every arm."""

    def run(scenario: Scenario, *, seed: int = 1, replicate: int = 0, **options: Any) -> dict[str, History]:
        options.setdefault("threads", 1)
        ((_, arms),) = run_replicates(scenario, seed=seed, replicates=[replicate], **options)
        return arms

    return run


@pytest.fixture(scope="session")
def treadmill() -> Scenario:
    """The default scenario in a small market, all of whose customers are simulated, with everything recorded."""
    return Scenario.load(
        "treadmill",
        population=600,
        horizon=60,
        burn_in=30,
        record={"customers": True, "events": 600},
        **{"market.customers": 600},
    )


STAGES = ("idle", "consider", "buy", "use")
HistoryFactory = Callable[..., History]


@pytest.fixture
def scenario() -> Scenario:
    """Two arms, three brands, two personas; the second arm's journey has one stage more."""
    brands = {name: Brand(name=name, price=10.0 + i, unit_margin=3.0) for i, name in enumerate(("ours", "a & b", "c"))}
    market = Market(
        name="toy",
        focal="ours",
        brands=brands,
        journey="classic",
        channels={"web": Channel(), "store": Channel(digital=False, cost=1.0)},
    )
    stages = {name: Stage(does={"idle": "wait", "consider": "search"}.get(name, "nothing")) for name in STAGES}
    journeys = {
        "classic": Journey(
            name="classic", start={"idle": 1.0}, stages=stages, edges=(Edge(source="idle", target="use"),)
        ),
        "led": Journey(name="led", start={"idle": 1.0}, stages=stages | {"community": Stage()}),
    }

    def arm(name: str, journey: str) -> Arm:
        plans = {
            brand: Plan(journey=journey if brand == "ours" else "classic", strategy=Strategy()) for brand in brands
        }
        return Arm(name=name, plans=plans)

    return Scenario(
        name="toy",
        market=market,
        personas=(Persona(name="keen"), Persona(name="calm")),
        journeys=journeys,
        arms={"classic": arm("classic", "classic"), "proactive": arm("proactive", "led")},
        baseline="classic",
        population=400,
        horizon=30,
        burn_in=5,
    )


@pytest.fixture
def make_history(scenario: Scenario) -> HistoryFactory:
    """Build a history of the scenario: ``make_history(arm, replicate, seed=..., better=cents)``."""

    def build(
        arm: str = "classic",
        replicate: int = 0,
        *,
        seed: int | None = None,
        better: int = 0,
        of: Scenario = scenario,
    ) -> History:
        rng = np.random.default_rng(replicate if seed is None else seed)
        t, p, b = of.horizon, len(of.personas), len(of.brands)
        k = len({stage for journey in of.journeys.values() for stage in journey.stages})
        n = of.population
        population = np.full(p, n // p, dtype=np.int64)
        population[0] += n - population.sum()

        def counts(top: int, *shape: int) -> np.ndarray:
            return rng.integers(0, top, size=shape, dtype=np.int64)

        customers = np.stack([rng.multinomial(heads, np.full(k, 1 / k), size=t) for heads in population], axis=1)
        purchases = counts(6, t, p, b, 3)
        bought = purchases.sum(axis=3)
        skipped = np.minimum(counts(9, t, p, b), bought)
        money = counts(500, t, p, b, len(Money))
        money[:, :, of.focal, Money.REVENUE] = bought[:, :, of.focal] * 1000
        money[:, :, of.focal, Money.MARGIN] = bought[:, :, of.focal] * 300 + better
        incumbents = counts(20, t, p, b)
        events = np.zeros(40, dtype=EVENT)
        events["customer"] = np.repeat([3, 8, 15, 21], 10)
        events["week"] = np.tile(np.arange(10), 4)
        events["kind"] = np.tile([0, 1, 2, 3, 4], 8)
        events["stage"] = rng.integers(0, k, 40)
        events["brand"] = np.tile([-1, 0], 20)
        events["channel"] = np.tile([0, -1, 1, 0], 10)
        events["origin"] = np.tile([-1, 0, 1, 2], 10)
        events["amount"] = np.where(events["kind"] == 1, 1000, 0)
        weeks = of.burn_in + t
        return History(
            arm=arm,
            replicate=replicate,
            minor_units=of.minor_units,
            population=population,
            initial=customers[0],
            customers=customers,
            flows=counts(50, p, k, k),
            purchases=purchases,
            skipped=skipped,
            decision_weeks=counts(30, t, p, b),
            switches=counts(5, t, p, b),
            repeats=counts(5, t, p, b),
            returns=np.zeros((t, p, b), np.int64),
            considered=counts(9, t, p, 2),
            buyers=counts(3, t, p),
            retained=np.tile(np.array([[50, 30]], dtype=np.int64), (p, 1)),
            incumbents=incumbents,
            satisfaction=incumbents * FIXED_POINT // 4,
            trust=incumbents * FIXED_POINT // 2,
            fatigue=rng.random((t, p)),
            contacts=counts(9, t, p, b),
            timely=counts(5, t, p, b),
            opted_out=np.sort(counts(40, t, p, b), axis=0),
            praise=counts(9, t, p, b),
            complaints=counts(4, t, p, b),
            money=money,
            fixed=counts(2000, t, b, len(Fixed)),
            goal_times=np.zeros(0, np.uint16),
            goal_arrivals=np.zeros((p, 0), np.int64),
            adopters=np.sort(counts(n, t)),
            trace=MarketTrace(
                rng.normal(size=(weeks, 2, b)), rng.random((weeks, 2, b)), rng.random((weeks, b)), rng.random(weeks)
            ),
            lives=Lives(
                spend=counts(9000, n),
                contribution=counts(3000, n),
                value=counts(3000, n) + better,
                purchases=counts(9, n).astype(np.int32),
                focal_purchases=counts(5, n).astype(np.int32),
                switches=counts(5, n).astype(np.int32),
                persona=np.repeat(np.arange(p), population).astype(np.uint8),
                stage=counts(k, n).astype(np.uint8),
                incumbent=rng.integers(-1, b, n).astype(np.int8),
                satisfaction=rng.normal(size=n).astype(np.float32),
                trust=rng.random(n).astype(np.float32),
                opted_out=rng.random(n) < 0.1,
            ),
            starts=np.array([[3, 0], [8, 1], [15, 2], [21, 3]], dtype=np.int64),
            events=events,
            customer_weeks=n * t,
            seconds=0.1,
        )

    return build


@pytest.fixture
def pretend_runs(monkeypatch: pytest.MonkeyPatch, make_history: HistoryFactory) -> Callable[..., list[int]]:
    """Put synthetic histories in place of the engine: ``pretend_runs(better=cents, noise=cents)``; lists them."""

    def install(better: int = 0, noise: int = 0) -> list[int]:
        ran: list[int] = []

        def run_replicates(scenario, *, seed, replicates, engine, threads, on_progress=None, executor=None, kept=None):  # type: ignore[no-untyped-def]
            for replicate in replicates:
                ran.append(replicate)
                wobble = int(np.random.default_rng(1000 + replicate).normal() * noise)
                yield (
                    replicate,
                    {
                        arm: make_history(
                            arm, replicate, better=0 if arm == scenario.baseline else better + wobble, of=scenario
                        )
                        for arm in scenario.arms
                    },
                )
                if on_progress is not None:
                    on_progress(scenario.population * scenario.horizon)

        monkeypatch.setattr("sim.execution.replicates.run_replicates", run_replicates)
        return ran

    return install


@pytest.fixture
def three_arms(scenario: Scenario) -> Scenario:
    third = replace(scenario.arms["proactive"], name="eager")
    return replace(scenario, arms={**scenario.arms, "eager": third})


@pytest.fixture(scope="session")
def small():
    """Treadmill with few customers and weeks; one persona gets levels of its own."""
    return Scenario.load(
        "treadmill",
        population=300,
        horizon=40,
        burn_in=20,
        **{
            "arms.proactive.focal.strategy.personas": {
                "wary": {"personalization": 0.1, "customers": 0.02, "innovation": 0.9}
            }
        },
    )


@pytest.fixture(scope="session")
def tiny():
    """A scenario that is lived in a few milliseconds."""
    return Scenario.load("treadmill", population=60, horizon=12, burn_in=4, record={"events": 10})


@pytest.fixture(scope="session")
def grid(tiny):
    """A design of twelve points, one of which fails."""
    return read_design(
        {
            "runs": [
                *({"market.contact.fatigue": 0.05 * step} for step in range(1, 6)),
                {"market.contact.fatigue": 77},
            ],
            "grid": {"arms.proactive.focal.strategy.automation": [0.0, 1.0]},
        },
        {tiny.name: tiny},
        ConfigPath.of(),
    )


@pytest.fixture(scope="session")
def swept():
    """Run a sweep into a folder; return its two tables as bytes and what it counted."""

    def run(design, folder, *, executor="serial", replicates=2, **options):
        table, differences, told = io.BytesIO(), io.BytesIO(), []
        store = Store(folder)
        store.again = options.pop("again", False)
        with make_executor(executor, **options) as place:
            result = sweep(
                design,
                seed=1,
                replicates=replicates,
                executor=place,
                store=store,
                # Closed by no writer: their content is what is looked at.
                table=table,
                differences=differences,
                on_done=told.append,
            )
        lived = sum(item.runs for item in told if not item.held)
        return table.getvalue(), differences.getvalue(), lived, result

    return run
