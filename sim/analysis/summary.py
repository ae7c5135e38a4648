"""Summary: every metric of every arm and persona over the replicates, and every paired difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from agents.money import CENTS
from sim.analysis.decomposition import decompose
from sim.analysis.metrics import EVERYBODY, METRICS, TERMS, Measures, low_point, payback_week
from sim.analysis.paired import LEVEL, Estimate, estimate, paired_difference
from sim.record.history import ORIGINS

if TYPE_CHECKING:
    from sim.scenario.resolved import ResolvedScenario

__all__ = ["difference_name", "parts_of_uncertainty", "short_titles", "size_of", "summarise"]

_PAYBACK = METRICS.index("payback_week")
_LOW_POINT = METRICS.index("cash_low_point")
_NOT_A_DIFFERENCE = {"p_better": None, "correlation": None, "variance_reduction": None}


def difference_name(arm: str, baseline: str) -> str:
    """Return the key under which a difference stands: ``ARM - BASELINE``."""
    return f"{arm} - {baseline}"


def size_of(scenario: ResolvedScenario) -> dict[str, Any]:
    """Return of how many customers and over which time a result is, as every `summary.json` says it."""
    return {
        "step": scenario.step,
        "horizon": scenario.horizon,
        "burn_in": scenario.burn_in,
        "market_customers": scenario.market_customers,
        "simulated_customers": scenario.population,
    }


def short_titles(scenario: ResolvedScenario) -> dict[str, str]:
    """Return readers' names of the focal brand and the personas, up to the first comma: a description follows it."""
    named = {scenario.market.focal: scenario.market.brands[scenario.market.focal].title}
    named |= {persona.name: persona.title for persona in scenario.personas}
    return {name: title.split(",")[0] for name, title in named.items() if title}


def summarise(
    scenario: ResolvedScenario, replicates: Sequence[Mapping[str, Measures]], stages: Sequence[str], seeds: int = 1
) -> dict[str, Any]:
    """Return the estimates of `summary.json`: arms, differences, personas, and what the differences are made of.

    Parameters
    ----------
    scenario : ResolvedScenario
        Names arms, baseline, personas and the discount rate.
    replicates : sequence of mapping
        Measures by arm, one mapping per replicate.
    stages : sequence of str
        Names of the stages, in the order of their ids.
    seeds : int
        Neighbouring replicates that share their parameters, where those differ too; 1 where they do not.

    Returns
    -------
    dict
        JSON-ready: no NaN, no NumPy types. Beside ``arms``, ``differences`` and ``personas``: ``waterfall`` (money by
        term), ``origins`` (focal purchases by origin) and ``flows`` (customers per edge) of every difference.
    """
    values = {arm: np.stack([measures[arm].values for measures in replicates]) for arm in scenario.arms}
    rate = scenario.market.economics.discount_rate
    others = [arm for arm in scenario.arms if arm != scenario.baseline]
    # (R, 1 + P, T), in cents
    gains = {
        arm: np.stack([measures[arm].cash - measures[scenario.baseline].cash for measures in replicates])
        for arm in others
    }
    paybacks = {
        arm: np.array([[payback_week(row, rate, scenario.step) for row in replicate] for replicate in gain])
        for arm, gain in gains.items()
    }

    def block(row: int) -> dict[str, Any]:
        return {
            "arms": {arm: _arm(values[arm][:, row], paybacks.get(arm), row, seeds) for arm in scenario.arms},
            "differences": {
                difference_name(arm, scenario.baseline): _difference(
                    values[arm][:, row],
                    values[scenario.baseline][:, row],
                    gains[arm][:, row],
                    paybacks[arm][:, row],
                    seeds,
                )
                for arm in others
            },
        }

    summary = block(0)
    summary["personas"] = {persona.name: block(row) for row, persona in enumerate(scenario.personas, start=1)}
    rows = [EVERYBODY, *(persona.name for persona in scenario.personas)]
    for name, part, labels, scale in (("waterfall", "terms", TERMS, CENTS), ("origins", "origins", ORIGINS, 1.0)):
        summary[name] = {
            difference_name(arm, scenario.baseline): {
                who: {
                    label: asdict(
                        estimate(_gap(replicates, arm, scenario.baseline, part)[:, row, column] / scale, seeds)
                    )
                    for column, label in enumerate(labels)
                }
                for row, who in enumerate(rows)
            }
            for arm in others
        }
    summary["flows"] = {
        difference_name(arm, scenario.baseline): _flows(
            _gap(replicates, arm, scenario.baseline, "flows"), stages, seeds
        )
        for arm in others
    }
    return summary


def parts_of_uncertainty(
    scenario: ResolvedScenario, replicates: Sequence[Mapping[str, Measures]], seeds: int
) -> dict[str, Any]:
    """Return how much of the interval of every difference is random variation, and how much parameter uncertainty.

    Parameters
    ----------
    scenario : ResolvedScenario
        Names arms, baseline and metrics.
    replicates : sequence of mapping
        Measures by arm, one mapping per replicate.
    seeds : int
        Neighbouring replicates that share their parameters, at least 2.

    Returns
    -------
    dict
        By difference and metric: half-widths of 95 % intervals, whose squares add up to that of the whole interval, and
        standard deviations.
    """
    parts: dict[str, Any] = {}
    for arm in scenario.arms:
        if arm == scenario.baseline:
            continue
        entries: dict[str, Any] = {}
        for place, name in enumerate(METRICS):
            if place in (_PAYBACK, _LOW_POINT):
                continue
            gap = np.array(
                [item[arm].values[0, place] - item[scenario.baseline].values[0, place] for item in replicates]
            )
            split = decompose(gap, seeds)
            entries[name] = {
                "luck": split.half_width(LEVEL, "luck"),
                "parameters": split.half_width(LEVEL, "parameters"),
                "luck_sd": split.luck_sd if split.members > 1 else None,
                "parameter_sd": split.parameter_sd if split.members > 1 else None,
            }
        parts[difference_name(arm, scenario.baseline)] = entries
    return parts


def _gap(replicates: Sequence[Mapping[str, Measures]], arm: str, baseline: str, part: str) -> NDArray[np.float64]:
    return np.stack(
        [
            np.subtract(getattr(measures[arm], part), getattr(measures[baseline], part), dtype=np.float64)
            for measures in replicates
        ]
    )


def _arm(values: NDArray[np.float64], paybacks: NDArray[np.float64] | None, row: int, seeds: int) -> dict[str, Any]:
    out: dict[str, Any] = {
        name: asdict(estimate(values[:, place], seeds)) for place, name in enumerate(METRICS) if place != _PAYBACK
    }
    # The baseline has nothing to pay back.
    nothing = {**asdict(Estimate(None, None, None)), "share": None}
    out["payback_week"] = nothing if paybacks is None else _payback(paybacks[:, row], seeds)
    return {name: out[name] for name in METRICS}


def _payback(weeks: NDArray[np.float64], seeds: int) -> dict[str, Any]:
    return {**asdict(estimate(weeks, seeds)), "share": float(np.mean(~np.isnan(weeks)))}


def _difference(
    arm: NDArray[np.float64],
    baseline: NDArray[np.float64],
    gain: NDArray[np.float64],
    weeks: NDArray[np.float64],
    seeds: int,
) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for place, name in enumerate(METRICS):
        if place == _PAYBACK:
            out[name] = {**_payback(weeks, seeds), **_NOT_A_DIFFERENCE}
        elif place == _LOW_POINT:
            # The lowest point of the difference, not the difference of two lowest points.
            out[name] = {**asdict(estimate(low_point(gain), seeds)), **_NOT_A_DIFFERENCE}
        else:
            out[name] = asdict(paired_difference(arm[:, place], baseline[:, place], seeds))
    return out


def _flows(gap: NDArray[np.float64], stages: Sequence[str], seeds: int) -> list[dict[str, Any]]:
    """List the edges whose flow changed, the largest change first."""
    means = gap.mean(axis=0)
    changed = np.argwhere(np.any(gap != 0.0, axis=0))
    edges = sorted(((int(a), int(b)) for a, b in changed), key=lambda edge: (-abs(means[edge]), edge))
    return [
        {"from": stages[source], "to": stages[target], **asdict(estimate(gap[:, source, target], seeds))}
        for source, target in edges
    ]
