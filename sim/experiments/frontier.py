"""Frontier: where in the space of its levers an arm does worse than the baseline.

Runs spread over the space, an emulator fitted to them, further runs where it is most uncertain about the sign of the
difference, rules that describe the losing region, and a test of emulator and rules on held-out runs.

Arm and baseline share random numbers at every point, but points do not share them among each other: an error common to
all points would stay in the emulator as a bias, whereas independent errors average out over neighbouring points (Chen,
Ankenman & Nelson 2012, *ACM Transactions on Modeling and Computer Simulation* 22).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit
from scipy.stats import qmc

from sim.analysis.control_variate import pooled
from sim.analysis.emulator import KINDS, Emulator, fit_emulator
from sim.analysis.global_sensitivity import GlobalSensitivity, analyse
from sim.analysis.prim import Box, BoxQuality, check_boxes, draw_inside, find_boxes
from sim.experiments.boundary import LeverBreakEven, Slice, find_break_even, map_boundary
from sim.experiments.factor_response import FactorResponse, TrialOptions, evaluate_points, point_controls
from sim.experiments.standing import Standing, predicted_standing, simulated_standing
from sim.scenario.errors import ConfigError

__all__ = ["DEFAULT_FACTORS", "KINDS_OF_RUN", "Frontier", "SampleSizes", "frontier"]

Floats = NDArray[np.float64]

#: Levers that are varied where none are named, as far as the scenario has them.
DEFAULT_FACTORS: tuple[str, ...] = (
    "privacy_concern",
    "contact_rate",
    "capability_cost",
    "product_quality",
    "deliberation",
    "loyalty",
    "competitors_answer",
)
KINDS_OF_RUN: tuple[str, ...] = ("first", "near the boundary", "held out", "held out, inside the rules")
_FIRST, _NEAR, _HELD_OUT, _INSIDE = range(len(KINDS_OF_RUN))
#: Points at which the emulator is evaluated to find rules, and from which runs near the boundary are chosen.
_CLOUD = 2**13
_CANDIDATES = 2**11
#: Rows of the Sobol' design on the emulator.
_ROWS = 2**8


@dataclass(frozen=True, slots=True)
class SampleSizes:
    """How many points are run.

    Attributes
    ----------
    first : int
        Spread evenly over the space.
    batches, batch : int
        Batches of points near the boundary, and points in each.
    held_out, inside : int
        Points that are only tested on: anywhere, and inside the rules.
    replicates : int
        Of each point.
    """

    first: int
    batches: int
    batch: int
    held_out: int
    inside: int
    replicates: int

    @property
    def points(self) -> int:
        """All points together."""
        return self.first + self.batches * self.batch + self.held_out + self.inside


@dataclass(frozen=True, slots=True)
class Frontier:
    """Where an arm loses.

    Attributes
    ----------
    response : FactorResponse
    effort : SampleSizes
    shares : float64 (n, k)
        Every point that was run and has a value, as shares of the levers' ranges.
    values : float64 (n, R)
        Difference of every replicate, as it was run.
    controlled : float64 (n, R)
        The same with the company's luck taken out, which emulator, rules and tests go by.
    kinds : int64 (n,)
        Place in `KINDS_OF_RUN`.
    batches : int64 (n,)
        Batch of a run near the boundary, from 1; 0 for others.
    failed : int
        Points without a value, left out.
    emulator : Emulator
        Fitted to all runs but those held out.
    losing : float
        Share of the space in which the arm loses, by the emulator.
    boxes : tuple of Box
        Rules that describe the losing region.
    claimed : tuple of BoxQuality
        Coverage and density as the emulator predicts them, of each rule and, last, of all together.
    checked : tuple of BoxQuality
        The same among the held-out runs; those drawn inside the rules count for density only.
    undecided : int
        Held-out runs whose interval covers 0: their sign is undecided.
    held_out_losing : int
        Held-out runs that lose.
    sides_right : int
        Held-out runs whose sign the emulator predicted.
    global_sensitivity : GlobalSensitivity
        Indices of every lever, by the emulator.
    slices : tuple of Slice
    break_even : tuple of LeverBreakEven
        One per lever.
    own : Standing
        The difference as the scenario stands, from runs of its own.
    """

    response: FactorResponse
    effort: SampleSizes
    shares: Floats
    values: Floats
    controlled: Floats
    kinds: NDArray[np.int64]
    batches: NDArray[np.int64]
    failed: int
    emulator: Emulator
    losing: float
    boxes: tuple[Box, ...]
    claimed: tuple[BoxQuality, ...]
    checked: tuple[BoxQuality, ...]
    undecided: int
    held_out_losing: int
    sides_right: int
    global_sensitivity: GlobalSensitivity
    slices: tuple[Slice, ...]
    break_even: tuple[LeverBreakEven, ...]
    own: Standing

    @property
    def held_out(self) -> NDArray[np.bool_]:
        """Which runs neither the emulator nor the rules were fitted to."""
        return np.asarray(self.kinds >= _HELD_OUT)


def frontier(
    response: FactorResponse,
    effort: SampleSizes,
    *,
    rules: int = 3,
    maps: Sequence[tuple[int, int]] | None = None,
    **options: Unpack[TrialOptions],
) -> Frontier:
    """Find the boundary between winning and losing, and describe the losing region by rules.

    Parameters
    ----------
    response : FactorResponse
    effort : SampleSizes
    rules : int
        Rules at most.
    maps : sequence of pairs of int, optional
        Which pairs of levers to map; by default those of the three with the largest total index.
    **options
        Those of :func:`sim.execution.trials.run_trials`.

    Returns
    -------
    Frontier

    Raises
    ------
    ConfigError
        If too few runs succeeded to fit anything.
    """
    inputs, seed, own = len(response.factors), response.seed, response.own
    runs = _Runs(response, effort.replicates, options)
    # Held-out points are drawn independently, so that shares counted among them have binomial intervals.
    runs.add(_evenly(inputs, effort.first, seed), _FIRST)
    runs.add(np.random.default_rng([seed, 0x0F]).random((effort.held_out, inputs)), _HELD_OUT)
    candidates = _evenly(inputs, _CANDIDATES, seed + 1)
    for batch in range(1, effort.batches + 1):
        # A Gaussian process knows how its uncertainty falls off around a run; which kind predicts best is asked last.
        emulator = runs.fit(KINDS[:1])
        runs.add(_most_uncertain(emulator, candidates, runs.known(), effort.batch), _NEAR, batch)
    emulator = runs.fit(KINDS)

    cloud = _evenly(inputs, _CLOUD, seed + 2)
    chance = emulator.chance_below(cloud)
    boxes = find_boxes(cloud, chance, most=rules)
    runs.add(draw_inside(boxes, effort.inside, inputs, seed), _INSIDE)
    shares, values, kinds, batches = runs.collected()
    controlled = runs.controlled()
    names = [factor.name for factor in response.factors]
    indices = analyse("sobol", names, lambda points: emulator.predict(points)[0], size=_ROWS, seed=seed)
    pairs = [tuple(sorted(pair)) for pair in combinations(indices.ranking()[:3], 2)] if maps is None else list(maps)
    return Frontier(
        response=response,
        effort=effort,
        shares=shares,
        values=values,
        controlled=controlled,
        kinds=kinds,
        batches=batches,
        failed=runs.failed,
        emulator=emulator,
        losing=float(chance.mean()),
        boxes=tuple(boxes),
        claimed=tuple(check_boxes(boxes, cloud, chance > 0.5)),
        **_tested(emulator, boxes, shares, controlled, kinds),
        global_sensitivity=indices,
        slices=tuple(map_boundary(emulator, own, cloud, one, other) for one, other in pairs),
        break_even=tuple(find_break_even(emulator, own, lever) for lever in range(inputs)),
        own=simulated_standing(response, **options) or _predicted(emulator, own),
    )


def _predicted(emulator: Emulator, own: Floats) -> Standing:
    mean, sd = emulator.predict(own[None, :])
    return predicted_standing(float(mean[0]), float(sd[0]), float(emulator.chance_below(own[None, :])[0]))


def _tested(
    emulator: Emulator, boxes: Sequence[Box], shares: Floats, values: Floats, kinds: NDArray[np.int64]
) -> dict[str, Any]:
    """Test emulator and rules on the held-out runs; return the fields of a Frontier that say so."""
    anywhere, inside = kinds == _HELD_OUT, kinds == _INSIDE
    points, outcomes = shares[anywhere], values[anywhere]
    means, replicates = outcomes.mean(axis=1), values.shape[1]
    loses = means < 0.0
    half = stdtrit(replicates - 1, 0.975) * outcomes.std(axis=1, ddof=1) / np.sqrt(replicates)
    return {
        "checked": tuple(check_boxes(boxes, points, loses, shares[inside], values[inside].mean(axis=1) < 0.0)),
        "undecided": int((np.abs(means) < half).sum()),
        "held_out_losing": int(loses.sum()),
        "sides_right": int(((emulator.predict(points)[0] < 0.0) == loses).sum()) if len(points) else 0,
    }


class _Runs:
    """The points that were run so far."""

    def __init__(self, response: FactorResponse, replicates: int, options: TrialOptions) -> None:
        self.response, self.replicates, self.options = response, replicates, options
        self.ran = 0
        self.failed = 0
        self._parts: list[tuple[Floats, Floats, int, int]] = []
        self._luck: list[tuple[Floats, Floats]] = []

    def add(self, shares: Floats, kind: int, batch: int = 0) -> None:
        """Run points, each with replicates of its own."""
        # A setting may be rounded, to cents for example: the point that was run is the rounded one.
        shares = np.array(
            [
                [
                    factor.share(float(factor.at(share)))
                    for factor, share in zip(self.response.factors, point, strict=True)
                ]
                for point in shares
            ]
        ).reshape(len(shares), len(self.response.factors))
        first = self.ran * self.replicates
        numbers = [
            tuple(range(first + point * self.replicates, first + (point + 1) * self.replicates))
            for point in range(len(shares))
        ]
        values, _ = evaluate_points(self.response, shares, numbers, **self.options)
        self.ran += len(shares)
        good = ~np.isnan(values).any(axis=1)
        self.failed += int((~good).sum())
        self._parts.append((shares[good], values[good], kind, batch))
        controls = point_controls(self.response, shares, numbers)
        surprise = [np.zeros(self.replicates) if control is None else control.surprise for control in controls]
        variance = [0.0 if control is None else control.variance for control in controls]
        self._luck.append((np.array(surprise).reshape(len(shares), self.replicates)[good], np.array(variance)[good]))

    def fit(self, kinds: tuple[str, ...]) -> Emulator:
        """Fit the emulator to all runs but those held out."""
        points, values = self.known(), self._controlled(_HELD_OUT)
        if len(points) == 0:
            raise ConfigError(
                f"none of the {self.ran} runs has a value of {self.response.metric}; give levers narrower ranges"
            )
        return fit_emulator(points, values, seed=self.response.seed, kinds=kinds)

    def _controlled(self, below: int) -> Floats:
        """Return the values of runs of kinds below one with the company's luck taken out, by slopes of just these."""
        at = [place for place, part in enumerate(self._parts) if part[2] < below]
        surprise, variance = (np.concatenate([self._luck[place][row] for place in at]) for row in (0, 1))
        return pooled(np.concatenate([self._parts[place][1] for place in at]), surprise, variance)

    def controlled(self) -> Floats:
        """Return the values of all runs with the company's luck taken out; what was fitted to is told by nothing else.

        Runs that were held out do not touch what was fitted to.
        """
        values = self._controlled(len(KINDS_OF_RUN))
        values[np.concatenate([np.full(len(part[0]), part[2] < _HELD_OUT) for part in self._parts])] = self._controlled(
            _HELD_OUT
        )
        return values

    def known(self) -> Floats:
        """Return the points of all runs but those held out."""
        return np.concatenate([part[0] for part in self._parts if part[2] < _HELD_OUT])

    def collected(self) -> tuple[Floats, Floats, NDArray[np.int64], NDArray[np.int64]]:
        """Return points, values, kinds and batches of all runs that succeeded."""
        return (
            np.concatenate([part[0] for part in self._parts]),
            np.concatenate([part[1] for part in self._parts]),
            np.concatenate([np.full(len(part[0]), part[2], dtype=np.int64) for part in self._parts]),
            np.concatenate([np.full(len(part[0]), part[3], dtype=np.int64) for part in self._parts]),
        )


def _evenly(inputs: int, count: int, seed: int) -> Floats:
    """Return points spread evenly over the unit cube (Sobol' sequence, scrambled)."""
    power = max(0, int(np.ceil(np.log2(max(count, 1)))))
    return np.asarray(qmc.Sobol(inputs, seed=seed).random_base2(power)[:count], dtype=np.float64)


def _most_uncertain(emulator: Emulator, candidates: Floats, known: Floats, count: int) -> Floats:
    """Choose points where the sign is most worth knowing, spread out.

    The value of a point is the expected cost of deciding by the predicted sign. It is reduced near points that are
    known or just chosen, over the distance between neighbours if as many points were spread evenly.
    """
    inputs = candidates.shape[1]
    # Rounded, so that a difference in the last bit does not change which point is run.
    worth = np.round(emulator.regret(candidates) / max(float(emulator.regret(candidates).max()), 1e-300), 9)
    reach = 0.5 * (len(known) + count) ** (-1.0 / inputs)
    chosen: list[int] = []
    near = _damp(candidates, known, reach)
    for _ in range(min(count, len(candidates))):
        best = int(np.argmax(np.round(worth * near, 9)))
        chosen.append(best)
        near *= _damp(candidates, candidates[best : best + 1], 2.0 * reach)
        near[best] = -1.0
    return candidates[chosen]


def _damp(points: Floats, known: Floats, reach: float) -> Floats:
    """Return 0 at known points, rising to 1 beyond the reach, (m,)."""
    distance = np.sqrt(((points[:, None, :] - known[None, :, :]) ** 2).sum(axis=2)).min(axis=1)
    return np.asarray(1.0 - np.exp(-((distance / reach) ** 2) / 2.0))
