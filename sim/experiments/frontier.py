"""Frontier: where in the space of its dials an arm does worse than the baseline.

Runs spread over the space, an emulator fitted to them, further runs where it is least sure on which side of the border
it is, rules about the losing region, and a judgement of emulator and rules by runs that neither has seen.

Arm and baseline share their luck at every point, but points do not share luck among each other: what is common to all
points would stay in the emulator as a bias, whereas luck of a point's own averages out over its neighbours (Chen,
Ankenman & Nelson 2012, *ACM Transactions on Modeling and Computer Simulation* 22).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit
from scipy.stats import qmc

from sim.analysis.emulator import KINDS, Emulator, fit_emulator
from sim.analysis.global_sensitivity import GlobalSensitivity, analyse
from sim.analysis.prim import Box, BoxQuality, check_boxes, draw_inside, find_boxes
from sim.execution.trials import Finished
from sim.experiments.factor_response import FactorResponse, evaluate_points
from sim.scenario.errors import ConfigError

if TYPE_CHECKING:
    from sim.execution.executors import Executor
    from sim.execution.store import Store

__all__ = ["DEFAULT_DIALS", "KINDS_OF_RUN", "BreakEven", "Effort", "Frontier", "Slice", "frontier"]

Floats = NDArray[np.float64]

#: Dials that are turned where none are named, as far as the scenario has them.
DEFAULT_DIALS: tuple[str, ...] = (
    "privacy_concern",
    "contact_rate",
    "capability_cost",
    "product_quality",
    "deliberation",
    "loyalty",
    "competitors_answer",
)
KINDS_OF_RUN: tuple[str, ...] = ("first", "near the border", "held out", "held out, inside the rules")
_FIRST, _NEAR, _HELD_OUT, _INSIDE = range(len(KINDS_OF_RUN))
#: Points at which the emulator is asked when rules are sought, and from which near-border runs are chosen.
_CLOUD = 2**13
_CANDIDATES = 2**11
#: Rows of the Sobol' design by which the emulator says what decides.
_ROWS = 2**8
_GRID = 61
#: Chance of losing between which the side of the border is not certain.
UNSURE = (0.025, 0.975)


@dataclass(frozen=True, slots=True)
class Effort:
    """How many points are run.

    Attributes
    ----------
    first : int
        Spread evenly over the space.
    batches, batch : int
        Batches of points near the border, and points in each.
    held_out, inside : int
        Points that only judge: anywhere, and inside the rules.
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
class Slice:
    """A map of two dials.

    Attributes
    ----------
    one, other : int
        Places of the dials: across and up.
    across, up : float64 (G,)
        Shares of their ranges.
    mean, doubt, chance : float64 (G, G)
        Difference, its standard deviation, chance of losing: all other dials where the scenario stands. Rows go up.
    anywhere : float64 (G, G)
        Chance of losing with all other dials anywhere in their ranges, each value as likely as the others.
    """

    one: int
    other: int
    across: Floats
    up: Floats
    mean: Floats
    doubt: Floats
    chance: Floats
    anywhere: Floats


@dataclass(frozen=True, slots=True)
class BreakEven:
    """Where one dial alone takes the scenario over the border, all others left where the scenario stands.

    Attributes
    ----------
    place : int
        The dial.
    at : float or None
        Share of its range at which the mean difference is 0; None where it is nowhere.
    low, high : float or None
        Between these the side is not certain.
    loses_above : bool
        Whether it loses above, rather than below.
    others : int
        Further crossings.
    """

    place: int
    at: float | None
    low: float | None
    high: float | None
    loses_above: bool
    others: int


@dataclass(frozen=True, slots=True)
class Frontier:
    """Where an arm loses.

    Attributes
    ----------
    response : FactorResponse
    effort : Effort
    shares : float64 (n, k)
        Every point that was run and has a value.
    values : float64 (n, R)
        Its differences.
    kinds : int64 (n,)
        Place in `KINDS_OF_RUN`.
    batches : int64 (n,)
        Batch of a run near the border, from 1; 0 for others.
    failed : int
        Points without a value, left out.
    emulator : Emulator
        Fitted to all runs but those held out.
    losing : float
        Share of the space in which it loses, by the emulator.
    boxes : tuple of Box
        Rules about the losing region.
    claimed : tuple of BoxQuality
        Coverage and density by the emulator's own account, each rule and, last, all together.
    checked : tuple of BoxQuality
        The same counted among the runs held out; those drawn inside the rules count for density only.
    undecided : int
        Runs held out whose own interval covers 0: their side may be luck.
    held_out_losing : int
        Runs held out that lose.
    sides_right : int
        Runs held out whose side the emulator predicted.
    global_sensitivity : GlobalSensitivity
        Of every dial, by the emulator.
    slices : tuple of Slice
    break_even : tuple of BreakEven
        One per dial.
    own : tuple of float
        Mean difference, standard deviation and chance of losing where the scenario itself stands, by the emulator.
    """

    response: FactorResponse
    effort: Effort
    shares: Floats
    values: Floats
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
    break_even: tuple[BreakEven, ...]
    own: tuple[float, float, float]

    @property
    def held_out(self) -> NDArray[np.bool_]:
        """Which runs neither emulator nor rules have seen."""
        return np.asarray(self.kinds >= _HELD_OUT)


def frontier(
    response: FactorResponse,
    effort: Effort,
    *,
    rules: int = 3,
    maps: Sequence[tuple[int, int]] | None = None,
    executor: Executor,
    store: Store | None = None,
    on_done: Callable[[Finished], None] | None = None,
    engine: str = "numba",
) -> Frontier:
    """Find the border between winning and losing, and say where it runs.

    Parameters
    ----------
    response : FactorResponse
    effort : Effort
    rules : int
        Rules at most.
    maps : sequence of pairs of int, optional
        Which pairs of dials to draw; by default those of the three that decide most.
    executor, store, on_done, engine
        As in :func:`sim.execution.trials.run_trials`.

    Raises
    ------
    ConfigError
        If too few runs went well to fit anything.
    """
    inputs = len(response.dials)
    field = _Field(response, effort.replicates, executor, store, on_done, engine)
    seed = response.seed
    # Held-out points are drawn independently, so that shares counted among them have binomial intervals.
    field.run(_evenly(inputs, effort.first, seed), _FIRST)
    field.run(np.random.default_rng([seed, 0x0F]).random((effort.held_out, inputs)), _HELD_OUT)
    candidates = _evenly(inputs, _CANDIDATES, seed + 1)
    for batch in range(1, effort.batches + 1):
        # A Gaussian process knows how its doubt falls off around a run; which kind predicts best is asked at the end.
        emulator = field.fit(KINDS[:1])
        field.run(_worthwhile(emulator, candidates, field.known(), effort.batch), _NEAR, batch)
    emulator = field.fit(KINDS)

    cloud = _evenly(inputs, _CLOUD, seed + 2)
    chance = emulator.chance_below(cloud)
    boxes = find_boxes(cloud, chance, most=rules)
    field.run(draw_inside(boxes, effort.inside, inputs, seed), _INSIDE)
    shares, values, kinds, batches = field.gathered()
    anywhere, inside = kinds == _HELD_OUT, kinds == _INSIDE
    tests, outcomes = shares[anywhere], values[anywhere]
    loses = outcomes.mean(axis=1) < 0.0
    half = stdtrit(effort.replicates - 1, 0.975) * outcomes.std(axis=1, ddof=1) / np.sqrt(effort.replicates)
    global_sensitivity = analyse(
        "sobol",
        [dial.name for dial in response.dials],
        lambda points: emulator.predict(points)[0],
        size=_ROWS,
        seed=seed,
    )
    leading = global_sensitivity.ranking()[:3]
    pairs = [tuple(sorted(pair)) for pair in combinations(leading, 2)] if maps is None else list(maps)
    mean, doubt = emulator.predict(response.own[None, :])
    return Frontier(
        response=response,
        effort=effort,
        shares=shares,
        values=values,
        kinds=kinds,
        batches=batches,
        failed=field.failed,
        emulator=emulator,
        losing=float(chance.mean()),
        boxes=tuple(boxes),
        claimed=tuple(check_boxes(boxes, cloud, chance > 0.5)),
        checked=tuple(check_boxes(boxes, tests, loses, shares[inside], values[inside].mean(axis=1) < 0.0)),
        undecided=int((np.abs(outcomes.mean(axis=1)) < half).sum()),
        held_out_losing=int(loses.sum()),
        sides_right=int(((emulator.predict(tests)[0] < 0.0) == loses).sum()) if len(tests) else 0,
        global_sensitivity=global_sensitivity,
        slices=tuple(_slice(emulator, response.own, cloud, one, other) for one, other in pairs),
        break_even=tuple(_break_even(emulator, response.own, place) for place in range(inputs)),
        own=(float(mean[0]), float(doubt[0]), float(emulator.chance_below(response.own[None, :])[0])),
    )


class _Field:
    """Points that were run so far."""

    def __init__(
        self,
        response: FactorResponse,
        replicates: int,
        executor: Executor,
        store: Store | None,
        on_done: Callable[[Finished], None] | None,
        engine: str,
    ) -> None:
        self.response, self.replicates, self.executor, self.store = response, replicates, executor, store
        self.on_done, self.engine = on_done, engine
        self.ran = 0
        self.failed = 0
        self._parts: list[tuple[Floats, Floats, int, int]] = []

    def run(self, shares: Floats, kind: int, batch: int = 0) -> None:
        """Run points, each with replicates of its own."""
        # What is run is what is written down: a setting rounded to cents counts as the point that it is.
        shares = np.array(
            [
                [
                    dial.lever.share(float(dial.lever.at(share)))
                    for dial, share in zip(self.response.dials, point, strict=True)
                ]
                for point in shares
            ]
        ).reshape(len(shares), len(self.response.dials))
        first = self.ran * self.replicates
        numbers = [
            tuple(range(first + point * self.replicates, first + (point + 1) * self.replicates))
            for point in range(len(shares))
        ]
        values, _ = evaluate_points(
            self.response, shares, numbers,
            executor=self.executor, store=self.store, on_done=self.on_done, engine=self.engine,
        )  # fmt: skip
        self.ran += len(shares)
        good = ~np.isnan(values).any(axis=1)
        self.failed += int((~good).sum())
        self._parts.append((shares[good], values[good], kind, batch))

    def fit(self, kinds: tuple[str, ...]) -> Emulator:
        """Fit the emulator to all runs that may be learnt from."""
        learnt = [part for part in self._parts if part[2] < _HELD_OUT]
        points, values = (np.concatenate([part[row] for part in learnt]) for row in (0, 1))
        if len(points) == 0:
            raise ConfigError(
                f"none of the {self.ran} runs has a value of {self.response.metric}; give levers narrower ranges"
            )
        return fit_emulator(points, values, seed=self.response.seed, kinds=kinds)

    def known(self) -> Floats:
        """Return the points that may be learnt from."""
        return np.concatenate([part[0] for part in self._parts if part[2] < _HELD_OUT])

    def gathered(self) -> tuple[Floats, Floats, NDArray[np.int64], NDArray[np.int64]]:
        """Return points, values, kinds and batches of all runs that went well."""
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


def _worthwhile(emulator: Emulator, candidates: Floats, known: Floats, count: int) -> Floats:
    """Choose points whose side of the border is worth knowing, not all in one place.

    The worth is the expected cost of taking the wrong side; it is damped near points that are known or just chosen,
    over the distance at which as many points as there are would stand if they were spread evenly.
    """
    inputs = candidates.shape[1]
    # A last bit that differs must not change which point is run.
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


def _slice(emulator: Emulator, own: Floats, cloud: Floats, one: int, other: int) -> Slice:
    axis = np.linspace(0.0, 1.0, _GRID)
    across, up = np.meshgrid(axis, axis)
    points = np.repeat(own[None, :], across.size, axis=0)
    points[:, one], points[:, other] = across.ravel(), up.ravel()
    mean, doubt = emulator.predict(points)
    chance = emulator.chance_below(points)
    # A coarser grid will do where the map is smooth, being a mean over the other dials.
    coarse = np.linspace(0.0, 1.0, 16)
    # The beginning of a Sobol' sequence is spread evenly; every n-th point of it is not.
    rest = cloud[:128]
    anywhere = np.empty((len(coarse), len(coarse)))
    for row, height in enumerate(coarse):
        block = np.repeat(rest[None, :, :], len(coarse), axis=0)
        block[:, :, one], block[:, :, other] = coarse[:, None], height
        anywhere[row] = emulator.chance_below(block.reshape(-1, len(own))).reshape(len(coarse), -1).mean(axis=1)
    from scipy.interpolate import RectBivariateSpline

    fine = RectBivariateSpline(coarse, coarse, anywhere)(axis, axis)
    shape = across.shape
    return Slice(
        one,
        other,
        axis,
        axis,
        mean.reshape(shape),
        doubt.reshape(shape),
        chance.reshape(shape),
        np.clip(fine, 0.0, 1.0),
    )


def _break_even(emulator: Emulator, own: Floats, place: int) -> BreakEven:
    axis = np.linspace(0.0, 1.0, 401)
    points = np.repeat(own[None, :], len(axis), axis=0)
    points[:, place] = axis
    mean, _ = emulator.predict(points)
    chance = emulator.chance_below(points)
    crossings = list(_crossings(axis, mean))
    if not crossings:
        return BreakEven(place, None, None, None, bool(mean[-1] < mean[0]), 0)
    at = min(crossings, key=lambda spot: abs(spot - own[place]))
    above = float(np.interp(min(at + 0.01, 1.0), axis, mean)) < float(np.interp(max(at - 0.01, 0.0), axis, mean))
    # From the crossing outward, as far as the side stays uncertain.
    uncertain = (chance > UNSURE[0]) & (chance < UNSURE[1])
    middle = int(np.argmin(np.abs(axis - at)))
    low = middle
    while low > 0 and uncertain[low]:
        low -= 1
    high = middle
    while high < len(axis) - 1 and uncertain[high]:
        high += 1
    return BreakEven(place, at, float(axis[low]), float(axis[high]), above, len(crossings) - 1)


def _crossings(axis: Floats, mean: Floats) -> Iterator[float]:
    for spot in np.flatnonzero((mean[:-1] < 0.0) != (mean[1:] < 0.0)):
        rise = mean[spot + 1] - mean[spot]
        yield float(axis[spot] - mean[spot] / rise * (axis[spot + 1] - axis[spot]))
