"""Looks: what is decided early is not simulated further, at an error rate that is shared out beforehand.

A check that a mean clears a bound is looked at after some replicates, and where it has not passed again after all of
them. Each look may err with its share of the error rate, so that all looks together err at most as often as one would
(Bonferroni's bound; Pocock 1977 on repeated looks).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from sim.validation.check import Check

__all__ = ["Interim", "judge", "two_looks"]

Array = NDArray[np.float64]
Question = TypeVar("Question", bound=Hashable)

#: Share of the error rate that the first of two looks may use.
_FIRST = 0.2


class Interim(NamedTuple):
    """An interim analysis: after how many replicates is judged, and with what share of the error rate."""

    replicates: int
    spent: float


def two_looks(first: int, last: int) -> tuple[Interim, Interim]:
    """Return looks after so many replicates: a fifth of the error rate at the first, the rest at the last.

    Parameters
    ----------
    first, last : int
        Replicates, all told.
    """
    return Interim(first, _FIRST), Interim(last, 1.0 - _FIRST)


def judge(
    questions: Sequence[Question],
    looks: Sequence[Interim],
    sample: Callable[[range, tuple[Question, ...]], Mapping[Question, Array]],
    check: Callable[[Question, Array, float], tuple[Check, ...]],
) -> dict[Question, tuple[Array, tuple[Check, ...]]]:
    """Answer questions, each with as many replicates as it takes.

    Parameters
    ----------
    questions : sequence
    looks : sequence of Interim
        In order of their replicates; their shares sum to 1 at most.
    sample : callable
        Of the replicates that are added and the questions still open; returns float64 (replicates, ...) of each.
    check : callable
        Of a question, its sample so far and the share of the error rate; returns its checks. A question is closed
        when all of them pass.

    Returns
    -------
    dict of tuple
        The sample of each question, and its checks at the last look that it had.

    Examples
    --------
    >>> luck = np.random.default_rng(1)
    >>> means = {"clear": -9.0, "close": -0.7}
    >>> found = judge(
    ...     tuple(means),
    ...     two_looks(8, 20),
    ...     lambda added, still: {name: luck.normal(means[name], 1.0, len(added)) for name in still},
    ...     lambda name, values, spent: (
    ...         Check.mean_beyond(name, 0.0, values, kind="below", spent=spent, source=""),
    ...     ),
    ... )
    >>> {name: len(values) for name, (values, _) in found.items()}
    {'clear': 8, 'close': 20}
    """
    found: dict[Question, tuple[Array, tuple[Check, ...]]] = {}
    still, have = tuple(questions), 0
    for look in looks:
        added = sample(range(have, look.replicates), still)
        for question in still:
            values = np.concatenate([found[question][0], added[question]]) if question in found else added[question]
            found[question] = values, check(question, values, look.spent)
        still = tuple(question for question in still if not all(one.passed for one in found[question][1]))
        have = look.replicates
        if not still:
            break
    return found
