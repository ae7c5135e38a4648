"""A scenario small enough to be lived in fifty arms within a second."""

import pytest

from sim.experiments.load import load_scenario


@pytest.fixture(scope="session")
def small():
    """Treadmill with few customers and weeks; one persona gets levels of its own."""
    return load_scenario(
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
