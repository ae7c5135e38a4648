"""Result of a calibration: the best point, near-best members, missed targets, and how much work goes into a fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.calibration.parameters import Parameter
from sim.calibration.prior import Prior, prior_draws
from sim.calibration.targets import Target, written
from sim.number_format import in_words
from sim.scenario.scenario import Scenario

__all__ = ["Calibration", "Effort", "Member", "Miss", "Profile", "describe"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much work goes into a fit.

    Attributes
    ----------
    scan : int
        Points looked at first.
    starts, steps : int
        Descents, and Gauss-Newton steps of each, at most.
    rounds, round_points : int
        Rounds of near-best points, at most, and points of each.
    members : int
        Near-best fits that are kept.
    moves : int
        Moves of every near-best point once it is drawn from the posterior.
    profiles : bool
        Whether the misfit is profiled over every parameter.
    fit_population : int or None
        Customers of a simulation of the fit; None: as many as the targets need.
    check_population, check_replicates : int
        Of the polish and of the check.
    """

    scan: int = 64
    starts: int = 3
    steps: int = 12
    rounds: int = 6
    round_points: int = 24
    members: int = 32
    moves: int = 300
    profiles: bool = True
    fit_population: int | None = None
    check_population: int = 20_000
    check_replicates: int = 4


@dataclass(frozen=True, slots=True)
class Member:
    """One near-best set of parameters: its weight, its numbers, what stands at each path, what was simulated."""

    weight: float
    numbers: Array
    shares: Array
    figures: Array
    chi_square: float


@dataclass(frozen=True, slots=True)
class Miss:
    """A target that is not met: what alone could be reached, and the targets that stand in its way."""

    target: Target
    fitted: float
    alone: float
    reachable: bool
    against: tuple[str, ...]
    without: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """Smallest misfit that the other parameters allow where one is held, on the emulator."""

    numbers: Array
    misfit: Array


@dataclass(frozen=True, slots=True)
class Calibration:
    """A finished fit.

    Attributes
    ----------
    scenario : Scenario
        What was fitted, unchanged.
    parameters, targets : tuple
        As given.
    shares : float64 (D,)
        The best point, each coordinate in [0, 1] between the bounds.
    before : float64 (K,)
        The figures where the scenario stood.
    figures, error : float64 (K,)
        What it gives on luck that the fit never saw, and the Monte-Carlo standard error of that.
    draws : float64 (n, D)
        Near-best points that the emulator leaves likely, equally weighted.
    members : tuple of Member
        Some of them, simulated.
    misses : tuple of Miss
        Targets that are not met.
    profiles : tuple of Profile
        By parameter.
    trail : float64 (n,)
        Misfit of every point simulated, in order.
    points, values : float64 (n, D), (n, K)
        Those points and what came out.
    simulations : int
        How many replicates were wanted, those from the store included.
    population : int
        Customers of the fit.
    emulator_error : float64 (K,)
        Of a prediction of the emulator.
    relaxed : bool
        Whether the targets could be met only far from where the scenario stands.
    """

    scenario: Scenario
    parameters: tuple[Parameter, ...]
    targets: tuple[Target, ...]
    seed: int
    shares: Array
    before: Array
    figures: Array
    error: Array
    draws: Array
    members: tuple[Member, ...]
    misses: tuple[Miss, ...]
    profiles: tuple[Profile, ...]
    trail: Array
    points: Array
    values: Array
    simulations: int
    population: int
    emulator_error: Array
    relaxed: bool

    @property
    def numbers(self) -> tuple[float, ...]:
        """The best number of every parameter."""
        return tuple(p.at(float(share)) for p, share in zip(self.parameters, self.shares, strict=True))

    @property
    def met(self) -> tuple[bool, ...]:
        """Whether each target is met within its tolerance."""
        return tuple(
            bool(abs(figure - target.value) <= target.tolerance)
            for target, figure in zip(self.targets, self.figures, strict=True)
        )

    def intervals(self, level: float = 0.9) -> tuple[tuple[float, float], ...]:
        """Return the interval of every parameter that holds ``level`` of the near-best points."""
        low, high = np.quantile(self.draws, [0.5 - level / 2, 0.5 + level / 2], axis=0)
        return tuple((p.at(float(a)), p.at(float(b))) for p, a, b in zip(self.parameters, low, high, strict=True))

    def prior_draws(self) -> Array:
        """Return points as likely as they are before any target (n, D)."""
        return prior_draws(Prior.of(self.parameters), 4096)

    @property
    def shrinkage(self) -> Array:
        """Standard deviation of every parameter after the fit, relative to before: near 1, the targets say nothing."""
        return np.asarray(self.draws.std(axis=0) / self.prior_draws().std(axis=0), dtype=np.float64)


def describe(miss: Miss) -> str:
    """Say in words why a target is not met."""
    target = miss.target
    metric = target.metric
    wanted, fitted = written(metric, target.value), written(metric, miss.fitted)
    if not miss.reachable:
        return (
            f"{target.title} {wanted} is out of reach within the bounds of the parameters: the nearest reachable value"
            f" is {written(metric, miss.alone)}, with the other targets {fitted}."
        )
    if miss.against:
        ways = ", ".join(
            f"{in_words(label)} (without it: {written(metric, value)})"
            for label, value in zip(miss.against, miss.without, strict=True)
        )
        return (
            f"{target.title} {wanted} contradicts {ways}: alone it can be reached, with the others the nearest"
            f" reachable value is {fitted}."
        )
    return (
        f"{target.title} {wanted} contradicts the other targets taken together: alone it can be reached, with them the"
        f" nearest reachable value is {fitted}."
    )
