"""Lost list (P9): what a reminder more gains, and what of it customers who opt out of all later ones take away.

A single reminder more is the purchases of few customers. So each customer is sent several, a quarter apart: hardly one
in a hundred opts out because of one, so that they add up, and as many replicates tell more.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.analysis.metrics import METRICS, measure
from sim.scenario.scenario import Scenario
from sim.validation.check import SHOWN, Check
from sim.validation.pattern import COUNTS_ALONE, Finding, PatternRun

__all__ = ["lost_list"]

Array = NDArray[np.float64]

_SCENARIOS = ("average", "recipe_app")
#: Contacts a week of both arms, and the weeks in which a reminder more goes to every customer.
_RATE = 0.15
_REMINDED = (0, 13, 26, 39, 52, 65)
#: Each is followed for three years on average.
_CUSTOMERS, _HORIZON = 4_000, 156 + sum(_REMINDED) // len(_REMINDED)
#: More replicates are run only where the published share is less than so many standard errors.
_REPLICATES, _RESOLVED = (8, 16), 2.0
_OPTING_OUT = ("optout", "optout_fatigue", "optout_intrusion")
_PUBLISHED = 1.0 / 3.0
_SOURCE = "Damgaard & Gravert 2018 (trade press): the lost list takes a third off the lifetime gain of a reminder"
_MESSAGE = "invitation"


def lost_list(run: PatternRun) -> Finding:
    """Send reminders more, with customers who may opt out and with customers who cannot."""
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
    """Return the purchases that reminders more bring (replicates,); where ``forever``, nobody ever opts out."""
    written = run.scenario(name).to_dict()
    *_, led = [plans for arm, plans in written["arms"].items() if arm != written["baseline"]]
    if forever:
        written["market"]["contact"] |= dict.fromkeys(_OPTING_OUT, 0.0)

    def arm(reminding: float) -> dict[str, Any]:
        strategy = led["focal"]["strategy"]
        strategy = {**strategy, "message": _MESSAGE, "doubt": None, "phases": _phases(reminding)}
        strategy["contacts_per_week"] = {**strategy["contacts_per_week"], "customers": reminding}
        return {**led, "focal": {**led["focal"], "strategy": strategy}}

    scenario = Scenario.from_dict(
        {
            **written,
            "arms": {"as_ever": arm(_RATE), "more": arm(1.0)},
            "baseline": "as_ever",
            "population": run.population(_CUSTOMERS),
            "horizon": _HORIZON,
            "record": dict(COUNTS_ALONE),
        }
    )
    purchases = METRICS.index("purchases")
    found = []
    for arms in run.replicates(scenario, len(added), first=added.start):
        values = {name: float(measure(history, scenario).values[0, purchases]) for name, history in arms.items()}
        found.append(values["more"] - values["as_ever"])
    return np.array(found)


def _phases(reminding: float) -> dict[str, Any]:
    """Return the phases of a strategy that begins with a reminder more: as ever but in the weeks of the others."""
    phases = {}
    for week in _REMINDED:
        if week > 0:
            phases[f"reminding_{week}"] = {"weeks": week, "customers": reminding}
        phases[f"afterwards_{week}"] = {"weeks": week + 1, "customers": _RATE}
    return phases


def _jackknife(gains: Array) -> float:
    """Return the standard error of one less the ratio of means, gains being (2, replicates)."""
    size = gains.shape[1]
    without = (gains.sum(axis=1, keepdims=True) - gains) / (size - 1)
    shares = without[0] / without[1]
    return float(np.sqrt((size - 1) * np.var(shares)))
