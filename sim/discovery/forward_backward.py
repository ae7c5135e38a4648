"""Forward and backward: the phase in which each visit was made, given all that was seen of its case."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.compiled import loop

__all__ = ["Counted", "Model", "Visits", "count_phases"]

_TINY = 1e-300


class Visits(NamedTuple):
    """Visits, case by case.

    ``first`` int64 (cases + 1,): where those of each case begin. ``state`` and ``pace`` int64 (n,): a pace of -1 is not
    known. ``over`` float64 (n,): probability that the case was over with it.
    """

    first: NDArray[np.int64]
    state: NDArray[np.int64]
    pace: NDArray[np.int64]
    over: NDArray[np.float64]


class Model(NamedTuple):
    """Phases and states.

    ``begin`` float64 (phases,), ``moving`` (phases, phases), of which only later ones, ``last`` (states, phases): the
    probability that a visit is the last, and ``pace`` (states, paces, phases).
    """

    begin: NDArray[np.float64]
    moving: NDArray[np.float64]
    last: NDArray[np.float64]
    pace: NDArray[np.float64]


class Counted(NamedTuple):
    """What is filled, or added to.

    ``visits`` and ``ends`` float64 (states, phases), ``paces`` (states, paces, phases), ``begins`` (phases,) and
    ``moves`` (phases, phases) are added to. ``phase`` (n, phases): probability that each visit was made in each;
    ``log_likelihood`` (cases,). There is room for what is seen of a visit, ``likely`` (n, phases) and ``norms`` (n,),
    and for what is seen behind it, ``room`` (2, phases).
    """

    visits: NDArray[np.float64]
    ends: NDArray[np.float64]
    paces: NDArray[np.float64]
    begins: NDArray[np.float64]
    moves: NDArray[np.float64]
    phase: NDArray[np.float64]
    log_likelihood: NDArray[np.float64]
    likely: NDArray[np.float64]
    norms: NDArray[np.float64]
    room: NDArray[np.float64]


@loop
def count_phases(seen: Visits, model: Model, found: Counted) -> None:
    """Find where cases were: forward, then backward (Baum, Petrie, Soules & Weiss 1970).

    Parameters
    ----------
    seen : Visits
    model : Model
    found : Counted
        Is filled.
    """
    number, later, value = model.begin.size, found.room[0], found.room[1]
    for case in range(seen.first.size - 1):
        start, end = seen.first[case], seen.first[case + 1]
        total = 0.0
        for row in range(start, end):
            at, how, weight = seen.state[row], seen.pace[row], seen.over[row]
            norm = 0.0
            for here in range(number):
                seen_so = 1.0 - model.last[at, here]
                if row == end - 1:
                    seen_so = weight * model.last[at, here] + (1.0 - weight) * seen_so
                if how >= 0:
                    seen_so *= model.pace[at, how, here]
                found.likely[row, here] = max(seen_so, _TINY)
                coming = model.begin[here] if row == start else 0.0
                if row > start:
                    for before in range(here + 1):
                        coming += found.phase[row - 1, before] * model.moving[before, here]
                found.phase[row, here] = coming * found.likely[row, here]
                norm += found.phase[row, here]
            for here in range(number):
                found.phase[row, here] /= norm
            found.norms[row] = norm
            total += math.log(norm)
        found.log_likelihood[case] = total
        later[:] = 1.0
        for row in range(end - 1, start - 1, -1):
            at, how = seen.state[row], seen.pace[row]
            if row < end - 1:
                for here in range(number):
                    value[here] = later[here] * found.likely[row + 1, here] / found.norms[row + 1]
                for here in range(number):
                    later[here] = 0.0
                    for after in range(here, number):
                        found.moves[here, after] += found.phase[row, here] * value[after]
                        later[here] += value[after] * model.moving[here, after]
            norm = 0.0
            for here in range(number):
                found.phase[row, here] *= later[here]
                norm += found.phase[row, here]
            for here in range(number):
                share = found.phase[row, here] / max(norm, _TINY)
                found.phase[row, here] = share
                found.visits[at, here] += share
                if how >= 0:
                    found.paces[at, how, here] += share
                if row == start:
                    found.begins[here] += share
                if row == end - 1:
                    # Of a last visit that was the end: its phase, given that it was.
                    ended = share * model.last[at, here] / found.likely[row, here]
                    found.ends[at, here] += ended * seen.over[row]
