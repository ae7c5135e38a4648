"""Global sensitivity: how much each input of a function contributes to its output (Morris 1991, Sobol' 2001).

The function may be anything that takes points of the unit cube, one column per input, and gives a number for each
point, or one number for each point and replicate. With replicates, two sources of uncertainty are separated: the
*design* (other points give other indices; bootstrap over whole trajectories or rows of the design) and *luck* (so do
other replicates; jackknife over replicates, Efron & Stein 1981). Designs and estimators are those of SALib (Herman &
Usher 2017; Iwanaga, Usher & Herman 2022).

References
----------
Morris 1991, *Technometrics* 33; Campolongo, Cariboni & Saltelli 2007, *Environmental Modelling & Software* 22;
Saltelli et al. 2010, *Computer Physics Communications* 181; Saltelli 2002, *ibid.* 145.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from sim.optional_package import import_optional
from sim.scenario.errors import ConfigError

__all__ = [
    "LEVELS",
    "METHODS",
    "Index",
    "GlobalSensitivity",
    "analyse",
    "design",
    "effects",
    "narrowest",
    "points_of",
    "sobol_indices",
]

Floats = NDArray[np.float64]

METHODS: tuple[str, ...] = ("morris", "sobol")
#: Levels of the Morris grid; a step moves an input by LEVELS / (2 * (LEVELS - 1)) of its range.
LEVELS = 4
#: Resamples of the design; enough for a standard error to about five percent.
RESAMPLES = 200
_NORMAL_95 = float(ndtri(0.975))


@dataclass(frozen=True, slots=True)
class Index:
    """One index of one input, with its standard errors from both sources.

    Attributes
    ----------
    value : float
        The estimate from the mean over replicates.
    design : float
        Standard error from the choice of points.
    luck : float
        Standard error from the random numbers of the replicates; 0 where there are none or one replicate was run.
    low, high : float
        95 % interval from both together.
    """

    value: float
    design: float
    luck: float
    low: float
    high: float

    @property
    def luck_share(self) -> float:
        """Share of the variance that more replicates would remove; the rest needs more points."""
        total = self.design**2 + self.luck**2
        return self.luck**2 / total if total > 0.0 else 0.0


@dataclass(frozen=True, slots=True)
class GlobalSensitivity:
    """Indices of the inputs of a function.

    Attributes
    ----------
    method : {'morris', 'sobol'}
    names : tuple of str
        The inputs.
    indices : mapping of str to tuple of Index
        By kind of index, one per input: ``mu``, ``mu_star``, ``sigma`` of Morris, in units of the output per whole
        range of the input; ``first`` and ``total`` of Sobol', shares of the variance.
    pairs : mapping of tuple of int to Index
        Second-order indices of Sobol', by the two inputs' columns.
    floor : tuple of float
        Morris: the ``mu_star`` that random variation alone gives an input without influence.
    noise_share : float
        Share of the variance of the points' means that is random, differing from point to point.
    shares : float64 (n, k)
        The points.
    values : float64 (n, R)
        The output.
    """

    method: str
    names: tuple[str, ...]
    indices: dict[str, tuple[Index, ...]]
    pairs: dict[tuple[int, int], Index]
    floor: tuple[float, ...]
    noise_share: float
    shares: Floats
    values: Floats

    @property
    def leading(self) -> str:
        """The kind of index by which inputs are ranked."""
        return "mu_star" if self.method == "morris" else "total"

    def ranking(self) -> list[int]:
        """Return the columns of the inputs, the most influential first."""
        kind = self.indices[self.leading]
        return sorted(range(len(self.names)), key=lambda column: -kind[column].value)

    def matters(self, column: int) -> bool:
        """Whether an input's index differs significantly from 0 and from its floor."""
        index = self.indices[self.leading][column]
        if self.method == "morris":
            return index.value > 0.0 and index.low > self.floor[column]
        return index.low > 0.0 and index.value > 0.01


def points_of(method: str, inputs: int, size: int) -> int:
    """Return how many points a design has.

    Parameters
    ----------
    method : {'morris', 'sobol'}
    inputs : int
        k inputs.
    size : int
        Trajectories (Morris) or rows (Sobol', a power of 2).

    Returns
    -------
    int
        ``size * (k + 1)`` or ``size * (2 k + 2)``.
    """
    return size * (inputs + 1) if method == "morris" else size * (2 * inputs + 2)


def design(method: str, inputs: int, size: int, seed: int) -> Floats:
    """Return the points of a design in the unit cube.

    Parameters
    ----------
    method : {'morris', 'sobol'}
    inputs, size : int
        As for :func:`points_of`.
    seed : int
        Of the design.

    Returns
    -------
    float64 (n, inputs)

    Raises
    ------
    ConfigError
        If SALib is not installed, or the size of a Sobol' design is no power of 2.
    """
    problem = {"num_vars": inputs, "names": [f"x{column}" for column in range(inputs)], "bounds": [[0.0, 1.0]] * inputs}
    if method == "morris":
        sample = _salib("sample.morris").sample
        return np.asarray(sample(problem, size, num_levels=LEVELS, seed=seed), dtype=np.float64)
    if size & (size - 1):
        low = 1 << (size.bit_length() - 1)
        raise ConfigError(f"size is {size}; a Sobol' design has a power of 2 rows, give {low} or {2 * low}")
    sample = _salib("sample.sobol").sample
    return np.asarray(sample(problem, size, calc_second_order=True, seed=seed), dtype=np.float64)


def analyse(
    method: str,
    names: Sequence[str],
    function: Callable[[Floats], Floats],
    *,
    size: int,
    seed: int,
) -> GlobalSensitivity:
    """Estimate how much each input of a function contributes to its output.

    Parameters
    ----------
    method : {'morris', 'sobol'}
        Morris screens: few points, a ranking, and signs of nonlinearity or interaction. Sobol' decomposes variance.
    names : sequence of str
        The inputs.
    function : callable
        From points of the unit cube, (n, k), to values, (n,) or, with replicates, (n, R). Replicate r must use the
        same random numbers at every point.
    size : int
        Trajectories or rows; see :func:`points_of`.
    seed : int
        Of design and resampling.

    Returns
    -------
    GlobalSensitivity

    Raises
    ------
    ConfigError
        As for :func:`design`.

    Examples
    --------
    >>> found = analyse("morris", ["a", "b"], lambda x: 3.0 * x[:, 0], size=4, seed=1)
    >>> [round(index.value, 6) for index in found.indices["mu_star"]]
    [3.0, 0.0]
    """
    shares = design(method, len(names), size, seed)
    values = np.asarray(function(shares), dtype=np.float64)
    values = values.reshape(len(shares), -1)
    rows = size
    generator = np.random.default_rng([seed, 0x1D])
    picks = generator.integers(rows, size=(RESAMPLES, rows))
    if method == "morris":
        return _morris(tuple(names), shares, values, rows, picks)
    return _sobol(tuple(names), shares, values, rows, picks)


def narrowest(plain: GlobalSensitivity, controlled: GlobalSensitivity) -> GlobalSensitivity:
    """Return of two analyses of one design, for every index, the one whose interval is narrower.

    Parameters
    ----------
    plain : GlobalSensitivity
        Of what the runs gave; its values stay those of the result.
    controlled : GlobalSensitivity
        Of the same runs with control variates.

    Returns
    -------
    GlobalSensitivity
    """

    def better(one: Index, other: Index) -> Index:
        return other if other.high - other.value < one.high - one.value else one

    def of(kind: str) -> tuple[Index, ...]:
        return tuple(map(better, plain.indices[kind], controlled.indices[kind]))

    indices = {kind: of(kind) for kind in plain.indices}
    # The floor belongs to the effects that an index was taken from.
    leading = zip(indices[plain.leading], controlled.indices[plain.leading], strict=True)
    floors = zip(leading, plain.floor, controlled.floor, strict=True)
    return replace(
        plain,
        indices=indices,
        pairs={pair: better(index, controlled.pairs[pair]) for pair, index in plain.pairs.items()},
        floor=tuple(other if index is own else one for (index, own), one, other in floors),
        noise_share=min(plain.noise_share, controlled.noise_share),
    )


def effects(shares: Floats, values: Floats) -> Floats:
    """Return the elementary effects of a Morris design (Morris 1991).

    Parameters
    ----------
    shares : float64 (T * (k + 1), k)
        Points, trajectory by trajectory; each step moves one input.
    values : float64 (T * (k + 1), R)

    Returns
    -------
    float64 (k, T, R)
        Change of the output per whole range of the input.
    """
    inputs = shares.shape[1]
    paths = shares.reshape(-1, inputs + 1, inputs)
    outputs = values.reshape(len(paths), inputs + 1, -1)
    steps = np.diff(paths, axis=1)  # (T, k, k): one nonzero entry a step
    moved = np.abs(steps).argmax(axis=2)  # (T, k)
    length = np.take_along_axis(steps, moved[:, :, None], axis=2)  # (T, k, 1)
    slopes = np.diff(outputs, axis=1) / length
    found = np.empty((inputs, *outputs.shape[::2]))
    for step in range(inputs):
        found[moved[:, step], np.arange(len(paths))] = slopes[:, step]
    return found


def _morris(
    names: tuple[str, ...], shares: Floats, values: Floats, rows: int, picks: NDArray[np.int64]
) -> GlobalSensitivity:
    found = effects(shares, values)  # (k, T, R)

    def statistic(which: Floats) -> Floats:
        return np.stack([which.mean(axis=-1), np.abs(which).mean(axis=-1), which.std(axis=-1, ddof=min(1, rows - 1))])

    replicates = values.shape[1]
    whole = statistic(found.mean(axis=2))  # (3, k)
    by_design, by_luck = _standard_errors(
        lambda kept: statistic(found[:, :, kept].mean(axis=2)),
        lambda kept: statistic(found[:, :, kept].mean(axis=2)[:, picks]),
        replicates,
    )
    indices = {
        kind: tuple(
            _index(
                whole[row, column], by_design[row, column], by_luck[row, column], replicates,
                least=-np.inf if kind == "mu" else 0.0,
            )
            for column in range(len(names))
        )
        for row, kind in enumerate(("mu", "mu_star", "sigma"))
    }  # fmt: skip
    # E|N(0, s)| = s sqrt(2 / pi): the mean size of effects that are only random variation.
    spread = found.var(axis=2, ddof=1).mean(axis=1) / replicates if replicates > 1 else np.zeros(len(names))
    floor = tuple(float(item) for item in np.sqrt(spread * 2.0 / np.pi))
    return GlobalSensitivity("morris", names, indices, {}, floor, _noise_share(values), shares, values)


def _sobol(
    names: tuple[str, ...], shares: Floats, values: Floats, rows: int, picks: NDArray[np.int64]
) -> GlobalSensitivity:
    inputs = len(names)
    pairs = [(one, other) for one in range(inputs) for other in range(one + 1, inputs)]
    blocks = values.reshape(rows, 2 * inputs + 2, -1)  # A, AB_1..k, BA_1..k, B by row
    replicates = values.shape[1]
    whole = sobol_indices(blocks.mean(axis=2))
    by_design, by_luck = _standard_errors(
        lambda kept: sobol_indices(blocks[:, :, kept].mean(axis=2)),
        lambda kept: sobol_indices(np.moveaxis(blocks[:, :, kept].mean(axis=2)[picks.T], 1, 2)),
        replicates,
    )

    def index(row: int, least: float) -> Index:
        return _index(whole[row], by_design[row], by_luck[row], replicates, least=least)

    indices = {
        "first": tuple(index(column, -np.inf) for column in range(inputs)),
        "total": tuple(index(inputs + column, 0.0) for column in range(inputs)),
    }
    second = {pair: index(2 * inputs + row, -np.inf) for row, pair in enumerate(pairs)}
    return GlobalSensitivity("sobol", names, indices, second, (0.0,) * inputs, _noise_share(values), shares, values)


def sobol_indices(blocks: Floats) -> Floats:
    """Return first, total and second-order indices of Sobol' from the rows of Saltelli's design.

    Parameters
    ----------
    blocks : float64 (N, 2 k + 2) or (N, 2 k + 2, B)
        Output at A, at A with each column of B, at B with each column of A, and at B.

    Returns
    -------
    float64 (2 k + k (k - 1) / 2,) or the same by B
        First-order, total and second-order indices; all 0 where the output does not vary.
    """
    estimators = _salib("analyze.sobol")
    inputs = blocks.shape[1] // 2 - 1
    ends = np.concatenate([blocks[:, 0], blocks[:, -1]])
    if np.ptp(ends) <= np.finfo(np.float64).eps * max(1.0, float(np.abs(ends).max())):
        return np.zeros((2 * inputs + inputs * (inputs - 1) // 2, *blocks.shape[2:]))
    # Estimates are biased where the output is not centred.
    centred = blocks - blocks.mean(axis=(0, 1), keepdims=True)
    a, b = centred[:, 0], centred[:, -1]
    ab, ba = centred[:, 1 : inputs + 1], centred[:, inputs + 1 : 2 * inputs + 1]
    first = [estimators.first_order(a, ab[:, column], b) for column in range(inputs)]
    total = [estimators.total_order(a, ab[:, column], b) for column in range(inputs)]
    second = [
        estimators.second_order(a, ab[:, one], ab[:, other], ba[:, one], b)
        for one in range(inputs)
        for other in range(one + 1, inputs)
    ]
    return np.asarray([*first, *total, *second], dtype=np.float64)


def _standard_errors(
    statistic: Callable[[list[int]], Floats], resampled: Callable[[list[int]], Floats], replicates: int
) -> tuple[Floats, Floats]:
    """Return the standard errors of a statistic from the design and from the replicates.

    Parameters
    ----------
    statistic : callable
        Of some of the replicates, (...).
    resampled : callable
        The same for each resample of the design, (..., B).
    replicates : int

    Notes
    -----
    Replicates: the jackknife. Design: the bootstrap over trajectories or rows. Random variation of single points is in
    both, because other points would have had other random numbers; it is estimated from how the jackknife differs
    from resample to resample, and subtracted from the design's variance.
    """
    every = list(range(replicates))
    bootstrap = resampled(every)
    by_design = bootstrap.var(axis=-1, ddof=1)
    if replicates == 1:
        return np.sqrt(by_design), np.zeros_like(by_design)
    share = (replicates - 1) / replicates
    without = [[one for one in every if one != out] for out in every]
    left = np.stack([statistic(kept) for kept in without])
    by_luck = share * ((left - left.mean(axis=0)) ** 2).sum(axis=0)
    own = share * sum((resampled(kept) - bootstrap).var(axis=-1, ddof=1) for kept in without)
    return np.sqrt(np.maximum(by_design - own, 0.0)), np.sqrt(by_luck)


def _index(value: float, by_design: float, by_luck: float, replicates: int, *, least: float) -> Index:
    # Few replicates say little about their own spread: Student's factor for that part.
    student = float(stdtrit(replicates - 1, 0.975)) if replicates > 1 else 0.0
    half = float(np.hypot(_NORMAL_95 * by_design, student * by_luck))
    return Index(float(value), float(by_design), float(by_luck), max(float(value) - half, least), float(value) + half)


def _noise_share(values: Floats) -> float:
    """Share of the variance of the means that is random and differs from point to point.

    What a replicate adds to every point alike moves no index and is left out: common random numbers cancel it.
    """
    points, replicates = values.shape
    total = float(values.mean(axis=1).var(ddof=1)) if points > 1 else 0.0
    if replicates == 1 or total == 0.0:
        return 0.0
    rest = values - values.mean(axis=1, keepdims=True) - values.mean(axis=0, keepdims=True) + values.mean()
    within = float((rest**2).sum()) / ((points - 1) * (replicates - 1))
    return min(within / replicates / total, 1.0)


def _salib(part: str) -> Any:
    return import_optional(f"SALib.{part}", "method needs SALib")
