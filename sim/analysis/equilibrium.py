"""Equilibrium: what two players do when each answers the other, from payoffs that carry luck.

Payoffs are compared on the luck that all profiles share. A player is taken to deviate only where the gain is larger
than a tie and than chance, over all deviations of the table together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.analysis.paired import Estimate, estimate
from sim.analysis.student import student_quantile

__all__ = ["Equilibrium", "LeaderFollower", "best_response", "dynamics", "leader_follower", "pure_equilibria"]

Floats = NDArray[np.float64]

#: Part of the largest payoff below which a gain is a tie: sums of decimals differ in their last bits.
_TIE = 1e-9
#: Chance that any deviation of a table is taken for a gain that is none (Bonferroni).
_CHANCE = 0.05


@dataclass(frozen=True, slots=True)
class Equilibrium:
    """A profile from which neither player gains by deviating alone.

    Attributes
    ----------
    profile : tuple of int
        Row of the first player, column of the second.
    regrets : tuple of Estimate
        Of each player: what the best other choice would gain; below or at 0 where none would.
    """

    profile: tuple[int, int]
    regrets: tuple[Estimate, Estimate]

    @property
    def regret(self) -> Estimate:
        """The larger of the two, as a player who could gain nothing has a regret of 0."""
        worst = max(self.regrets, key=lambda item: item.mean or 0.0)
        return worst if (worst.mean or 0.0) > 0.0 else Estimate(0.0, 0.0, max(0.0, worst.ci_high or 0.0))


@dataclass(frozen=True, slots=True)
class LeaderFollower:
    """What the first player does who knows that the second will answer (von Stackelberg 1934).

    Attributes
    ----------
    profile : tuple of int
    value : Estimate
        Of the first player.
    """

    profile: tuple[int, int]
    value: Estimate


def _gain(payoffs: Floats, profile: tuple[int, int], other: tuple[int, int], player: int) -> Floats:
    return np.asarray(payoffs[:, other[0], other[1], player] - payoffs[:, profile[0], profile[1], player])


def _others(shape: tuple[int, int], profile: tuple[int, int], player: int) -> Iterator[tuple[int, int]]:
    for choice in range(shape[player]):
        if choice != profile[player]:
            yield (choice, profile[1]) if player == 0 else (profile[0], choice)


def _gains_surely(gain: Floats, size: _Size) -> bool:
    """Say whether a deviation gains more than a tie and than chance."""
    mean, replicates = float(gain.mean()), gain.size
    if mean <= _TIE * size.largest:
        return False
    if replicates == 1:
        return True
    error = float(gain.std(ddof=1)) / np.sqrt(replicates)
    return mean > float(student_quantile(replicates - 1, 1.0 - _CHANCE / (2.0 * size.compared))) * error


class _Size(NamedTuple):
    """Of a table of payoffs: the largest, and how many deviations are compared with chance."""

    largest: float
    compared: int


def _size(payoffs: Floats) -> _Size:
    rows, columns = payoffs.shape[1:3]
    return _Size(float(np.abs(payoffs).max()) or 1.0, max(1, rows * columns * (rows + columns - 2)))


def pure_equilibria(payoffs: Floats, fresh: Floats | None = None) -> tuple[Equilibrium, ...]:
    """Return every profile from which no player surely gains by deviating (Nash 1950).

    Parameters
    ----------
    payoffs : float64 (R, I, J, 2)
        Of both players, by replicate, with I choices of the first and J of the second.
    fresh : float64 (R', I, J, 2), optional
        The same on luck that chose nothing, for the regrets; by default the same payoffs.

    Returns
    -------
    tuple of Equilibrium
        In the order of the profiles.

    Examples
    --------
    >>> dilemma = np.array([[[[2, 2], [0, 3]], [[3, 0], [1, 1]]]], dtype=float)
    >>> [item.profile for item in pure_equilibria(dilemma)]
    [(1, 1)]
    """
    shape, size = (payoffs.shape[1], payoffs.shape[2]), _size(payoffs)
    judged = payoffs if fresh is None else fresh
    found = []
    for profile in np.ndindex(*shape):
        at = (int(profile[0]), int(profile[1]))
        deviates = any(
            _gains_surely(_gain(payoffs, at, other, player), size)
            for player in (0, 1)
            for other in _others(shape, at, player)
        )
        if not deviates:
            regrets = (_regret(judged, at, 0), _regret(judged, at, 1))
            found.append(Equilibrium(at, regrets))
    return tuple(found)


def _regret(payoffs: Floats, profile: tuple[int, int], player: int) -> Estimate:
    """Return what the best other choice gains; the interval is that of this choice, the best by its mean."""
    shape = (payoffs.shape[1], payoffs.shape[2])
    gains = [_gain(payoffs, profile, other, player) for other in _others(shape, profile, player)]
    if not gains:
        return Estimate(0.0, 0.0, 0.0)
    return estimate(max(gains, key=lambda gain: float(gain.mean())))


def best_response(payoffs: Floats, profile: tuple[int, int], player: int) -> int:
    """Return what a player does: the best choice, or what it does already where no other surely gains.

    Parameters
    ----------
    payoffs : float64 (R, I, J, 2)
    profile : tuple of int
    player : int
        0 or 1.

    Returns
    -------
    int
    """
    shape, size = (payoffs.shape[1], payoffs.shape[2]), _size(payoffs)
    best, gain = profile[player], 0.0
    for other in _others(shape, profile, player):
        more = _gain(payoffs, profile, other, player)
        if _gains_surely(more, size) and float(more.mean()) > gain + _TIE * size.largest:
            best, gain = other[player], float(more.mean())
    return best


def dynamics(payoffs: Floats, start: tuple[int, int] = (0, 0), first: int = 0) -> tuple[tuple[int, int], ...]:
    """Let the players answer in turn until nobody moves or a profile comes back; return the profiles passed.

    Parameters
    ----------
    payoffs : float64 (R, I, J, 2)
    start : tuple of int
    first : int
        Who moves first.

    Returns
    -------
    tuple of (int, int)
        The last one stands twice where nobody moves any more; where the players go round, it ends with the profile
        that came back.
    """
    path, seen, turn, still = [start], {(start, first)}, first, 0
    while True:
        choice = best_response(payoffs, path[-1], turn)
        following = (choice, path[-1][1]) if turn == 0 else (path[-1][0], choice)
        still = still + 1 if following == path[-1] else 0
        turn = 1 - turn
        if following != path[-1]:
            path.append(following)
        if still == 2:
            return (*path, path[-1])
        if still == 0 and (following, turn) in seen:
            return tuple(path)
        seen.add((following, turn))


def leader_follower(payoffs: Floats) -> LeaderFollower:
    """Return what the first player does who moves first and knows the answer.

    Parameters
    ----------
    payoffs : float64 (R, I, J, 2)
        Where the second is indifferent, it does what is worse for the first.

    Returns
    -------
    LeaderFollower
    """
    size = _size(payoffs)
    best: LeaderFollower | None = None
    for row in range(payoffs.shape[1]):
        means = payoffs[:, row, :, 1].mean(axis=0)
        top = int(np.argmax(means))
        ties = [
            column
            for column in range(payoffs.shape[2])
            if not _gains_surely(_gain(payoffs, (row, column), (row, top), 1), size)
        ]
        answer = min(ties, key=lambda column: (float(payoffs[:, row, column, 0].mean()), column))
        value = estimate(payoffs[:, row, answer, 0])
        if best is None or (value.mean or 0.0) > (best.value.mean or 0.0) + _TIE * size.largest:
            best = LeaderFollower((row, answer), value)
    assert best is not None
    return best
