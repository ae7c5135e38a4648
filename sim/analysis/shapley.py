"""Shapley: the value of a cooperative game, divided among its players without remainder.

The players are what a company switches on; the value of a coalition is the metric of the arm in which just its players
are on. All arithmetic is on fractions, so that the parts add up to the whole exactly and not only to the last digit of
a float.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import comb, isnan, lcm

__all__ = ["ShapleyDivision", "apportion", "coalitions", "divide"]


@dataclass(frozen=True, slots=True)
class ShapleyDivision:
    """How the gain of a game is divided. n players, in their order.

    Attributes
    ----------
    gain : Fraction
        Value of all players together less that of none.
    shapley : tuple of Fraction, n
        Each player's Shapley value: what it adds, averaged over every order in which the players may be switched on.
        They sum to ``gain`` exactly.
    alone : tuple of Fraction, n
        What each adds where no other is on.
    last : tuple of Fraction, n
        What each adds where all others are on: what would be lost without it.
    main : tuple of Fraction, n
        Main effect of the factorial design: what each adds, averaged over all coalitions of the others alike.
    together : tuple of tuple of Fraction, n x n
        Interaction of each pair (Shapley-Taylor index of order 2), symmetric, zero on the diagonal: what the two add
        together beyond the sum of what each adds. ``alone`` and the pairs i < j sum to ``gain`` exactly, and a player's
        Shapley value is what it adds alone and half of each of its pairs.

    References
    ----------
    Shapley (1953), A value for n-person games. Sundararajan, Dhamdhere & Agarwal (2020), The Shapley Taylor
    interaction index, eq. 9. Box, Hunter & Hunter (2005), ch. 5, for main effects of a two-level factorial design.
    """

    gain: Fraction
    shapley: tuple[Fraction, ...]
    alone: tuple[Fraction, ...]
    last: tuple[Fraction, ...]
    main: tuple[Fraction, ...]
    together: tuple[tuple[Fraction, ...], ...]


def coalitions(players: int) -> range:
    """Return all coalitions as bit masks: player i is in coalition s where ``s >> i & 1``.

    Examples
    --------
    >>> list(coalitions(2))
    [0, 1, 2, 3]
    """
    return range(1 << players)


def divide(wins: Sequence[float | Fraction]) -> ShapleyDivision | None:
    """Divide the gain of all players among them.

    Parameters
    ----------
    wins : sequence, 2 ** n
        Value of each coalition, in the order of :func:`coalitions`. Floats are taken as the fractions they are.

    Returns
    -------
    ShapleyDivision or None
        None where the value of any coalition is NaN (a share of no purchases, say).

    Raises
    ------
    ValueError
        If the number of coalitions is no power of two.

    Examples
    --------
    Two players who are worth 6 only together share it equally:

    >>> [int(share) for share in divide([0.0, 0.0, 0.0, 6.0]).shapley]
    [3, 3]
    """
    n = len(wins).bit_length() - 1
    if len(wins) != 1 << n:
        raise ValueError(f"{len(wins)} coalitions; give 2 ** players of them")
    if any(isnan(win) for win in wins):
        return None
    worth = [Fraction(win) for win in wins]
    # Whole numbers of one small unit: exact like fractions, without looking for the common denominator of every sum.
    unit = lcm(*(win.denominator for win in worth))
    units = [win.numerator * (unit // win.denominator) for win in worth]
    dividends = _dividends(units)
    everybody = len(units) - 1
    among, pairs = lcm(*range(1, n + 1)), lcm(*(comb(size, 2) for size in range(2, n + 1)))
    shapley, alone, last, main = [], [], [], []
    for player in range(n):
        own = 1 << player
        inside = [s for s in coalitions(n) if s & own]
        shapley.append(Fraction(sum(dividends[s] * (among // s.bit_count()) for s in inside), among * unit))
        alone.append(worth[own] - worth[0])
        last.append(worth[everybody] - worth[everybody ^ own])
        main.append(Fraction(sum(units[s] - units[s ^ own] for s in inside), len(inside) * unit))
    together = [[Fraction(0)] * n for _ in range(n)]
    for one, other in combinations(range(n), 2):
        together[one][other] = together[other][one] = Fraction(_pair(dividends, one, other, pairs), pairs * unit)
    gain = worth[everybody] - worth[0]
    return ShapleyDivision(gain, tuple(shapley), tuple(alone), tuple(last), tuple(main), tuple(map(tuple, together)))


def apportion(parts: Sequence[Fraction]) -> tuple[int, ...]:
    """Round parts to whole numbers that sum to the rounded sum of the parts (largest remainders).

    Each is one of the two whole numbers next to its part; of equal remainders the first part is rounded up first.

    Examples
    --------
    >>> apportion([Fraction(10, 3), Fraction(10, 3), Fraction(10, 3)])
    (4, 3, 3)
    """
    whole = [part.numerator // part.denominator for part in parts]
    left = round(sum(parts, start=Fraction(0))) - sum(whole)
    order = sorted(range(len(parts)), key=lambda index: (whole[index] - parts[index], index))
    for index in order[:left]:
        whole[index] += 1
    return tuple(whole)


def _dividends(worth: Sequence[int]) -> list[int]:
    """Return the Harsanyi dividend of each coalition (Harsanyi 1963): the Moebius transform of the values."""
    out = list(worth)
    for player in range(len(worth).bit_length() - 1):
        for s in range(len(out)):
            if s >> player & 1:
                out[s] -= out[s ^ (1 << player)]
    return out


def _pair(dividends: Sequence[int], one: int, other: int, times: int) -> int:
    """Return so many times the Shapley-Taylor index of a pair: all pairs of a coalition share its dividend equally."""
    both = 1 << one | 1 << other
    return sum(dividend * (times // comb(s.bit_count(), 2)) for s, dividend in enumerate(dividends) if s & both == both)
