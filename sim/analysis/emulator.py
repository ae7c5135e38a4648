"""Emulator: a fast approximation of a slow simulation, with its uncertainty, fitted to runs and cross-validated.

Two kinds are tried, a Gaussian process (Rasmussen & Williams 2006; with the known noise of the runs, as in stochastic
kriging: Ankenman, Nelson & Staum 2010) and bagged gradient boosting (Friedman 2001), and the one that predicts left-out
runs better is kept. Its standard deviation is widened where left-out runs lie further off than it says.

References
----------
Rasmussen & Williams 2006, *Gaussian Processes for Machine Learning*; Ankenman, Nelson & Staum 2010, *Operations
Research* 58; Friedman 2001, *Annals of Statistics* 29.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from sim.optional_package import import_optional
from sim.scenario.errors import ConfigError

__all__ = ["KINDS", "Emulator", "GaussianProcess", "Skill", "check_installed", "fit_emulator", "noise_of"]

Floats = NDArray[np.float64]

#: Kinds of emulator, in the order in which a tie is decided.
KINDS: tuple[str, ...] = ("Gaussian process", "gradient boosting")
FOLDS = 5
#: Below this share of the explainable variance an emulator is called poor.
POOR = 0.5
_BAGS = 6
#: Prior degrees of freedom of the shrinkage: a variance from four replicates says little.
_PRIOR = 6.0


class _Predictor(Protocol):
    def predict(self, points: Floats) -> tuple[Floats, Floats]: ...


@dataclass(frozen=True, slots=True)
class Skill:
    """How well left-out runs were predicted, fold by fold.

    Attributes
    ----------
    kind : str
    explained : float
        Share of the variance of the runs' means that is predicted (1 less the mean squared error over the variance);
        below 0: worse than their mean.
    ceiling : float
        What no emulator could exceed: the rest is random variation of the runs.
    sides : float
        Share of the left-out runs whose sign was predicted.
    guess : float
        The same for the rule that always predicts the more frequent sign.
    spread : float
        Root mean square of the errors in predicted standard deviations, those of the runs included; 1 is calibrated.
    """

    kind: str
    explained: float
    ceiling: float
    sides: float
    guess: float
    spread: float

    @property
    def poor(self) -> bool:
        """Whether it predicts too little of what could be predicted to be used."""
        return self.explained < POOR * self.ceiling or self.explained <= 0.0

    @property
    def words(self) -> str:
        """Name the skill in words."""
        if self.poor:
            return "poor"
        return "good" if self.explained >= 0.8 * self.ceiling else "fair"


@dataclass(frozen=True, slots=True)
class Emulator:
    """A fitted emulator.

    Attributes
    ----------
    skill : Skill
        Of the kind that was kept.
    tried : tuple of Skill
        Of every kind.
    left_out : float64 (n,)
        What was predicted for each run while it was left out.
    """

    skill: Skill
    tried: tuple[Skill, ...]
    left_out: Floats
    _predictor: _Predictor
    _widening: float

    def predict(self, points: Floats) -> tuple[Floats, Floats]:
        """Return the predicted mean and its standard deviation, each (m,), at points (m, k) of the unit cube."""
        with _one_thread():
            mean, sd = self._predictor.predict(np.asarray(points, dtype=np.float64))
        return mean, sd * self._widening

    def chance_below(self, points: Floats, threshold: float = 0.0) -> Floats:
        """Return the probability that the true mean lies below a threshold, (m,)."""
        mean, sd = self.predict(points)
        return np.asarray(ndtr((threshold - mean) / np.maximum(sd, 1e-12)), dtype=np.float64)

    def regret(self, points: Floats, threshold: float = 0.0) -> Floats:
        """Return the expected opportunity cost of deciding by the predicted sign, (m,): the value of running a point.

        Chick & Frazier 2012, *Operations Research* 60. Largest near the boundary, where the uncertainty is large.
        """
        mean, sd = self.predict(points)
        sd = np.maximum(sd, 1e-12)
        far = np.abs(mean - threshold) / sd
        return np.asarray(sd * (np.exp(-(far**2) / 2.0) / np.sqrt(2.0 * np.pi) - far * ndtr(-far)))


def check_installed() -> None:
    """Raise a ConfigError if a package is missing, before anything is run."""
    _import("sklearn.gaussian_process")


def noise_of(values: Floats) -> Floats:
    """Return the variance of each point's mean over replicates, shrunk towards that of all points.

    Parameters
    ----------
    values : float64 (n, R)
        At least two replicates, each with random numbers of its own.

    Returns
    -------
    float64 (n,)
    """
    replicates = values.shape[1]
    own = values.var(axis=1, ddof=1)
    shared = float(own.mean())
    return np.asarray((_PRIOR * shared + (replicates - 1) * own) / (_PRIOR + replicates - 1) / replicates)


def fit_emulator(points: Floats, values: Floats, *, seed: int, kinds: tuple[str, ...] = KINDS) -> Emulator:
    """Fit the kinds of emulator and keep the one that predicts left-out points best.

    Parameters
    ----------
    points : float64 (n, k)
        Points of the unit cube, at least 10.
    values : float64 (n, R)
        The simulated values there, by replicate, at least two.
    seed : int
        Of the folds and of the methods.
    kinds : tuple of str
        Which to try.

    Returns
    -------
    Emulator

    Raises
    ------
    ConfigError
        If scikit-learn is not installed, or there is too little to fit.
    """
    _import("sklearn.gaussian_process")
    if len(points) < 2 * FOLDS or values.shape[1] < 2:
        raise ConfigError(
            f"an emulator needs {2 * FOLDS} runs of 2 replicates, and there are {len(points)} of {values.shape[1]};"
            " give more points or replicates"
        )
    y, noise = values.mean(axis=1), noise_of(values)
    order = np.random.default_rng([seed, 0xCF]).permutation(len(y))
    folds = [np.sort(order[start::FOLDS]) for start in range(FOLDS)]
    with _one_thread():
        judged = [_judge(kind, points, y, noise, folds, seed) for kind in kinds]
        skill, left_out = max(judged, key=lambda item: item[0].explained)
        predictor = _fit(skill.kind, points, y, noise, seed)
    return Emulator(skill, tuple(item[0] for item in judged), left_out, predictor, max(1.0, skill.spread))


def _judge(
    kind: str, points: Floats, y: Floats, noise: Floats, folds: list[NDArray[np.int64]], seed: int
) -> tuple[Skill, Floats]:
    predicted, sd = np.empty_like(y), np.empty_like(y)
    for fold in folds:
        rest = np.setdiff1d(np.arange(len(y)), fold)
        predicted[fold], sd[fold] = _fit(kind, points[rest], y[rest], noise[rest], seed).predict(points[fold])
    total = float(y.var())
    if total == 0.0:
        return Skill(kind, 0.0, 0.0, 1.0, 1.0, 1.0), predicted
    losing = y < 0.0
    return (
        Skill(
            kind=kind,
            explained=1.0 - float(((y - predicted) ** 2).mean()) / total,
            ceiling=max(0.0, 1.0 - float(noise.mean()) / total),
            sides=float((losing == (predicted < 0.0)).mean()),
            guess=float(max(losing.mean(), 1.0 - losing.mean())),
            spread=float(np.sqrt(((y - predicted) ** 2 / (sd**2 + noise)).mean())),
        ),
        predicted,
    )


def _fit(kind: str, points: Floats, y: Floats, noise: Floats, seed: int) -> _Predictor:
    return (_Process if kind == KINDS[0] else _Boosting)(points, y, noise, seed)


class _Process:
    """A Gaussian process with a length scale for each input and the noise estimated from the replicates."""

    def __init__(self, points: Floats, y: Floats, noise: Floats, seed: int) -> None:
        regression, kernels = _import("sklearn.gaussian_process"), _import("sklearn.gaussian_process.kernels")
        self.middle, self.scale = float(y.mean()), float(y.std()) or 1.0
        inputs = points.shape[1]
        kernel = kernels.ConstantKernel(1.0, (1e-2, 1e3)) * kernels.Matern([1.0] * inputs, (0.1, 30.0), nu=2.5)
        self.model = regression.GaussianProcessRegressor(
            kernel, alpha=np.maximum(noise / self.scale**2, 1e-8), n_restarts_optimizer=0, random_state=seed % 2**32
        )
        with warnings.catch_warnings():
            # A length scale at its bound: an input without influence.
            warnings.simplefilter("ignore")
            self.model.fit(points, (y - self.middle) / self.scale)

    def predict(self, points: Floats) -> tuple[Floats, Floats]:
        mean, sd = self.model.predict(points, return_std=True)
        return mean * self.scale + self.middle, sd * self.scale

    def mean(self, points: Floats) -> Floats:
        return np.asarray(self.model.predict(points) * self.scale + self.middle)


class GaussianProcess:
    """A Gaussian process with known noise, fitted once and not cross-validated: for a search that fits it many times.

    Parameters
    ----------
    points : float64 (n, k)
        Points of the unit cube.
    values, noise : float64 (n,)
        What was found there, and the variance of each value.
    seed : int
    """

    def __init__(self, points: Floats, values: Floats, noise: Floats, seed: int) -> None:
        with _one_thread():
            self._process = _Process(points, values, noise, seed)

    def predict(self, points: Floats) -> tuple[Floats, Floats]:
        """Return the predicted mean and its standard deviation, each (m,), at points (m, k)."""
        if len(points) == 0:
            return np.zeros(0), np.zeros(0)
        with _one_thread():
            return self._process.predict(np.asarray(points, dtype=np.float64))

    def mean(self, points: Floats) -> Floats:
        """Return the predicted mean alone, (m,): the same numbers, in a fraction of the time."""
        if len(points) == 0:
            return np.zeros(0)
        with _one_thread():
            return self._process.mean(np.asarray(points, dtype=np.float64))


class _Boosting:
    """Boosted trees fitted to bootstrap samples of the runs; their spread is the standard deviation."""

    def __init__(self, points: Floats, y: Floats, noise: Floats, seed: int) -> None:
        ensemble = _import("sklearn.ensemble")
        generator = np.random.default_rng([seed, 0xB0])
        self.models: list[Any] = []
        for bag in range(_BAGS):
            pick = generator.integers(len(y), size=len(y))
            model = ensemble.GradientBoostingRegressor(
                n_estimators=60, learning_rate=0.12, max_depth=3, subsample=0.8, random_state=bag
            )
            self.models.append(
                model.fit(points[pick], y[pick], 1.0 / np.maximum(noise[pick], noise.mean() * 1e-3 + 1e-12))
            )

    def predict(self, points: Floats) -> tuple[Floats, Floats]:
        found = np.stack([model.predict(points) for model in self.models])
        return found.mean(axis=0), found.std(axis=0, ddof=1)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep linear algebra on one thread: the last bit of a sum depends on the number of threads."""
    # Hundreds of small trees spend more time on checking their parameters than on growing.
    settings = {"skip_parameter_validation": True, "assume_finite": True}
    with _thread_pools().limit(limits=1), _import("sklearn").config_context(**settings):
        yield


@cache
def _thread_pools() -> Any:
    """Return what sets the threads of linear algebra; finding its libraries takes milliseconds each time."""
    for name in ("scipy.linalg", "sklearn.gaussian_process", "sklearn.ensemble"):
        _import(name)
    return _import("threadpoolctl").ThreadpoolController()


def _import(name: str) -> Any:
    return import_optional(name, "the emulator needs scikit-learn")
