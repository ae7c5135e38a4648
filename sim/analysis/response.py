"""Response: what a quantity does when the capabilities are more or less effective than assumed.

Ranges of effectiveness are sampled at few points, each on the random numbers of the comparison. A quadratic response
surface (Box & Wilson 1951) through what came out then tells the quantity at many more: their spread is the doubt. Its
squares and products are held back, by as much as few runs leave them to luck (ridge regression, Hoerl & Kennard 1970):
what luck bends the surface by would count as doubt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Response"]

Floats = NDArray[np.float64]

#: Points at which the surface is read.
READ = 512
#: Variance of a shift by the luck of one run, of 500 customers, over that of a coefficient of a square or product.
_HELD = 4.0
#: Of Halton's points (1960), a prime for each capability in doubt.
_BASES = (2, 3, 5, 7)
#: Which of Halton's points are simulated, by the number of capabilities in doubt: two or three more than the surface
#: has coefficients, those of the first 128 from which it is told with the least variance on average over the ranges
#: (I-optimality, Box & Draper 1959), wherever in its range a multiple of 1 lies; found by exchange (Fedorov 1972).
_SIMULATED: dict[int, tuple[int, ...]] = {
    1: (61, 63, 125, 126, 127),
    2: (48, 52, 62, 63, 79, 93, 94, 107),
    3: (21, 29, 43, 63, 79, 96, 98, 106, 107, 110, 118, 124),
    4: (34, 46, 47, 54, 62, 68, 73, 75, 79, 80, 83, 97, 104, 118, 120, 124),
}


@dataclass(frozen=True, slots=True)
class Response:
    """A design of multiples of the effectiveness, and the surface through what was found there.

    Attributes
    ----------
    names : tuple of str
        Capabilities in doubt.
    design : float64 (D, C)
        Multiples that are simulated.
    read : float64 (J, C)
        Multiples, equally likely, at which the surface is read.
    """

    names: tuple[str, ...]
    design: Floats
    read: Floats

    @classmethod
    def of(cls, ranges: Mapping[str, tuple[float, float]]) -> Response:
        """Return the response over ranges of multiples by capability, each uniform and independent of the others.

        Examples
        --------
        >>> Response.of({"context": (0.5, 1.5)}).design.shape
        (5, 1)
        """
        low, high = np.array(list(ranges.values())).T
        # Halton points without scrambling: the same ones always, and spread evenly.
        points = np.column_stack([_radical_inverse(READ, base) for base in _BASES[: len(ranges)]])
        multiples = low + points * (high - low)
        return cls(tuple(ranges), multiples[list(_SIMULATED[len(ranges)])], multiples)

    def shifts(self, found: Floats, runs: float = np.inf) -> Floats:
        """Return the shift of a quantity at every point at which the surface is read.

        Parameters
        ----------
        found : float64 (D, ...)
            Shifts at the points of the design, from where all multiples are 1; NaN where undefined.
        runs : float
            How many runs of few customers each of them is the mean of, on average; so many that luck does not matter
            by default.

        Returns
        -------
        float64 (J, ...)
            Zero where every shift found is zero, and NaN where too few are known.
        """
        flat = np.asarray(found, dtype=np.float64).reshape(len(found), -1)
        out = np.full((len(self.read), flat.shape[1]), np.nan)
        known, points = ~np.isnan(flat), (self.design.tobytes(), self.read.tobytes())
        for pattern in _different(known):
            columns = np.flatnonzero((known == pattern[:, None]).all(axis=0))
            if pattern.sum() >= len(self.names) + 1:
                at, fitting = _surface(*points, len(self.names), pattern.tobytes(), runs)
                out[:, columns] = at @ (fitting @ flat[np.ix_(pattern, columns)])
        return out.reshape(len(self.read), *np.shape(found)[1:])

    def plain(self) -> dict[str, Any]:
        """Return the ranges that the design covers, and its size, for a summary."""
        return {"capabilities": list(self.names), "points": len(self.design)}


def _different(known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return each different column once, as a row."""
    if known.all():
        return known[:, :1].T
    # With the place of each, which is not wanted: without, NumPy asks for masked arrays, which take 10 ms to load.
    return np.unique(known, axis=1, return_index=True)[0].T


def _radical_inverse(count: int, base: int) -> Floats:
    """Return the first points of van der Corput's sequence after 0: digits of 1, 2, 3, ... mirrored at the point."""
    number, out, weight = np.arange(1, count + 1), np.zeros(count), 1.0 / base
    while number.any():
        out += number % base * weight
        number, weight = number // base, weight / base
    return out


@lru_cache(maxsize=16)
def _surface(design: bytes, read: bytes, capabilities: int, pattern: bytes, runs: float) -> tuple[Floats, Floats]:
    """Return the terms (J, C) at which a surface is read, and what makes its coefficients (C, D) of what is known.

    Hundreds of quantities of a question are told from one design.
    """
    terms, at = (_terms(np.frombuffer(points).reshape(-1, capabilities)) for points in (design, read))
    # As rows of the regression: each square and product seen once more, as 0.
    held = np.eye(terms.shape[1])[capabilities:] * np.sqrt(_HELD / runs)
    known = terms[np.frombuffer(pattern, dtype=np.bool_)]
    fitting = np.linalg.pinv(np.concatenate([known, held]))[:, : len(known)]
    return at, np.asarray(fitting, dtype=np.float64)


def _terms(multiples: Floats) -> Floats:
    """Return the terms of a quadratic surface that is 0 where all multiples are 1."""
    away = multiples - 1.0
    pairs = combinations_with_replacement(range(away.shape[1]), 2)
    return np.column_stack([away, *(away[:, one] * away[:, other] for one, other in pairs)])
