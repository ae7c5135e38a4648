"""Sweeps small enough to live in a second or two."""

import io

import pytest

from sim.experiments.design import read_design
from sim.experiments.executors import make_executor
from sim.experiments.load import load_scenario
from sim.experiments.store import Store
from sim.experiments.sweep import sweep
from sim.library import Library


@pytest.fixture(scope="session")
def tiny():
    """A scenario that is lived in a few milliseconds."""
    return load_scenario("treadmill", population=60, horizon=12, burn_in=4, record={"events": 10})


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
        Library.of(),
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
