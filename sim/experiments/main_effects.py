"""Main effects: what each factor of a sweep does to the difference between two arms, averaged over all others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.analysis.paired import estimate
from sim.experiments.sweep import SweepResult

__all__ = ["Effect", "Level", "main_effects"]

#: A factor with more distinct values than this is divided into so many classes with as many runs each.
_MOST_LEVELS = 8
_CLASSES = 5


@dataclass(frozen=True, slots=True)
class Level:
    """A value of a factor, or a class of values: its name, its position, and the mean difference there."""

    name: str
    at: float | None
    runs: int
    mean: float
    ci_low: float | None
    ci_high: float | None


@dataclass(frozen=True, slots=True)
class Effect:
    """The main effect of one factor on the difference.

    ``explains`` is the share of the variance of the difference between the factor's levels (omega squared,
    Hays 1963), in [0, 1]; None where every level was run once, for then nothing tells levels from the rest.
    ``chance`` is the probability of as much where the factor does nothing (F test).
    """

    path: str
    levels: tuple[Level, ...]
    explains: float | None
    chance: float = 1.0
    scale: str = "linear"


def main_effects(swept: SweepResult, arm: str) -> list[Effect]:
    """Return the main effect of each factor on an arm's difference, the one that explains most first."""
    means = swept.means(arm)
    effects = []
    scales = {lever.name: lever.scale for lever in swept.design.levers}
    paths = (*(["case"] if len(swept.design.cases) > 1 else []), *swept.design.paths)
    for path in paths:
        # One factor at a time: a large design has more values than fit in memory.
        points = (swept.design[number] for number in range(len(swept)))
        values = [point.case if path == "case" else point.values.get(path) for point in points]
        levels = _levels(values, means)
        if len(levels) > 1:
            explained, chance = _explained([group for _, group in levels])
            scale = scales.get(path, "linear")
            effects.append(Effect(path, tuple(level for level, _ in levels), explained, chance, scale))
    return sorted(effects, key=lambda effect: -(effect.explains or 0.0))


def _levels(values: Sequence[Any], means: NDArray[np.float64]) -> list[tuple[Level, NDArray[np.float64]]]:
    defined = ~np.isnan(means)
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    distinct = list(dict.fromkeys(str(value) if not numbers else float(value) for value in values))
    groups: list[tuple[str, float | None, NDArray[np.bool_]]] = []
    if not numbers:
        words = np.array([str(value) for value in values], dtype=object)
        groups = [(str(word), None, words == word) for word in distinct]
    else:
        column = np.array([float(value) for value in values])
        if len(distinct) <= _MOST_LEVELS:
            groups = [(f"{value:.6g}", float(value), column == value) for value in sorted(float(v) for v in distinct)]
        else:
            edges = np.quantile(column, np.linspace(0.0, 1.0, _CLASSES + 1))
            places = np.clip(np.searchsorted(edges, column, side="right") - 1, 0, _CLASSES - 1)
            for place in range(_CLASSES):
                inside = places == place
                if inside.any():
                    name = f"{column[inside].min():.3g} to {column[inside].max():.3g}"
                    groups.append((name, float(column[inside].mean()), inside))
    found = []
    for name, at, inside in groups:
        group = means[inside & defined]
        if group.size:
            interval = estimate(group)
            mean = interval.mean if interval.mean is not None else math.nan
            found.append((Level(name, at, int(group.size), mean, interval.ci_low, interval.ci_high), group))
    return found


def _explained(groups: Sequence[NDArray[np.float64]]) -> tuple[float | None, float]:
    """Return omega squared of a one-way analysis of variance, at least 0 (Hays 1963), and the p-value of its F test.

    Omega squared is None where no group has a second value.

    Examples
    --------
    >>> _explained([np.array([1.0]), np.array([5.0])])
    (None, 1.0)
    """
    everything = np.concatenate(groups)
    whole = float(((everything - everything.mean()) ** 2).sum())
    within = float(sum(((group - group.mean()) ** 2).sum() for group in groups))
    # Where all groups have the same values, rounding may leave less in the whole than within them.
    total = max(whole, within)
    between, left = len(groups) - 1, everything.size - len(groups)
    if left <= 0:
        return None, 1.0
    if total <= 0.0:
        return 0.0, 1.0
    # As in sim.analysis.student: imported where it is first asked for.
    from scipy.special import fdtrc

    error = within / left
    explained = min(1.0, max(0.0, (total - within - between * error) / (total + error)))
    chance = float(fdtrc(between, left, (total - within) / between / error)) if error > 0.0 else 0.0
    return explained, chance
