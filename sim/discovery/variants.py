"""Variants: the different sequences of stages that cases go through."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.discovery.cases import Cases
from sim.record.order import distinct

__all__ = ["Variants", "ranked_variants", "variants_of"]

#: Variants that are told; all are counted.
_MOST = 10_000
#: Visits of a case that are looked at together with those of all others.
_DEEP = 1_000


class Variants(NamedTuple):
    """The most frequent sequences of stages, most first, with how many cases have each; how many there are."""

    told: tuple[tuple[tuple[int, ...], int], ...]
    different: int


def ranked_variants(cases: Cases) -> Variants:
    """Return the different sequences of stages, of which ten thousand are told at the most."""
    first, counts = variants_of(cases)
    pairs = zip(first[:_MOST].tolist(), counts[:_MOST].tolist(), strict=True)
    told = ((cases.stage[cases.first[case] : cases.first[case + 1]], count) for case, count in pairs)
    return Variants(tuple((tuple(stages.tolist()), count) for stages, count in told), first.size)


def variants_of(cases: Cases) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find the different sequences of stages: the first case that has each, and how many have it.

    Parameters
    ----------
    cases : Cases

    Returns
    -------
    int64 (variants,), int64 (variants,)
        What most cases have first; of those alike in number what comes first.
    """
    variant, number, depth = np.zeros(cases.count, np.int64), 0, 0
    left, prefix = np.arange(cases.count), np.zeros(cases.count, np.int64)
    while left.size and depth < _DEEP:
        stage = cases.stage[cases.first[left] + depth]
        _, prefix = distinct(prefix * len(cases.stages) + stage)
        depth += 1
        # Who shares its beginning with nobody is a variant of its own, however it goes on.
        done = (cases.lengths[left] == depth) | (np.bincount(prefix)[prefix] == 1)
        variant[left[done]] = number + prefix[done]
        number += int(prefix.max()) + 1
        left, prefix = left[~done], prefix[~done]
    known: dict[tuple[int, bytes], int] = {}
    for case, begun in zip(left.tolist(), prefix.tolist(), strict=True):
        rest = cases.stage[cases.first[case] + depth : cases.first[case + 1]].tobytes()
        variant[case] = known.setdefault((begun, rest), number + len(known))
    _, first, counts = np.unique(variant, return_index=True, return_counts=True)
    order = np.lexsort((first, -counts))
    return first[order], counts[order]
