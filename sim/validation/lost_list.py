"""Lost list (P9): what one reminder more gains, and what of it customers who opt out of all later ones take away."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.analysis.metrics import METRICS, measure
from sim.scenario.scenario import Scenario
from sim.validation.check import SHOWN, Check
from sim.validation.pattern import Finding, PatternRun

__all__ = ["lost_list"]

Array = NDArray[np.float64]

_SCENARIOS = ("average", "recipe_app")
#: Contacts a week of both arms; the one reminder more goes to every customer in the first week.
_RATE = 0.15
_CUSTOMERS, _HORIZON = 8_000, 156
#: More replicates are run only where the published share is less than so many standard errors.
_REPLICATES, _RESOLVED = (8, 16), 2.0
_OPTING_OUT = ("optout", "optout_fatigue", "optout_intrusion")
_PUBLISHED = 1.0 / 3.0
_SOURCE = "Damgaard & Gravert 2018 (trade press): the lost list takes a third off the lifetime gain of a reminder"
_MESSAGE = "invitation"


def lost_list(run: PatternRun) -> Finding:
    """Send one reminder more, with customers who may opt out and with customers who cannot."""
    checks = []
    for name in _SCENARIOS:
        lost, error = _lost(run, name)
        near = "near" if abs(lost - _PUBLISHED) <= _RESOLVED * error + _PUBLISHED / 2.0 else "far"
        checks.append(
            Check(
                what=f"{name}: share of a reminder's gain in three years that opting out takes away",
                published=_PUBLISHED,
                simulated=lost,
                error=error,
                tolerance=_PUBLISHED / 2.0,
                meaningful=float("nan"),
                rule="shown; the published one is of a lifetime",
                source=_SOURCE,
                kind=SHOWN,
                found=near if _RESOLVED * error < _PUBLISHED else "not resolved",
            )
        )
    return Finding(checks=tuple(checks))


def _lost(run: PatternRun, name: str) -> tuple[float, float]:
    """Return the share that opting out takes away, and its standard error."""
    gains, error = np.empty((2, 0)), float("inf")
    for count in _REPLICATES:
        added = range(gains.shape[1], count)
        gains = np.hstack([gains, np.stack([_gains(run, name, forever, added) for forever in (False, True)])])
        error = _jackknife(gains)
        if _RESOLVED * error < _PUBLISHED:
            break
    return 1.0 - float(gains[0].mean() / gains[1].mean()), error


def _gains(run: PatternRun, name: str, forever: bool, added: range) -> Array:
    """Return the purchases that one reminder more brings (replicates,); where ``forever``, nobody ever opts out."""
    written = run.scenario(name).to_dict()
    *_, led = [plans for arm, plans in written["arms"].items() if arm != written["baseline"]]
    if forever:
        written["market"]["contact"] |= dict.fromkeys(_OPTING_OUT, 0.0)

    def arm(first: float) -> dict[str, Any]:
        strategy = led["focal"]["strategy"]
        strategy = {**strategy, "message": _MESSAGE, "doubt": None}
        strategy["contacts_per_week"] = {**strategy["contacts_per_week"], "customers": first}
        strategy["phases"] = {"afterwards": {"weeks": 1, "customers": _RATE}}
        return {**led, "focal": {**led["focal"], "strategy": strategy}}

    scenario = Scenario.from_dict(
        {
            **written,
            "arms": {"as_ever": arm(_RATE), "one_more": arm(1.0)},
            "baseline": "as_ever",
            "population": run.population(_CUSTOMERS),
            "horizon": _HORIZON,
            "record": {"events": 0},
        }
    )
    purchases = METRICS.index("purchases")
    found = []
    for arms in run.replicates(scenario, len(added), first=added.start):
        values = {name: float(measure(history, scenario).values[0, purchases]) for name, history in arms.items()}
        found.append(values["one_more"] - values["as_ever"])
    return np.array(found)


def _jackknife(gains: Array) -> float:
    """Return the standard error of one less the ratio of means, gains being (2, replicates)."""
    size = gains.shape[1]
    without = (gains.sum(axis=1, keepdims=True) - gains) / (size - 1)
    shares = without[0] / without[1]
    return float(np.sqrt((size - 1) * np.var(shares)))
