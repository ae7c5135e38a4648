"""Case attributes: what a log says of cases beside what they do: which change, and who kinds are by the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import erfc, isfinite, sqrt

import numpy as np
from numpy.typing import NDArray

from sim.analysis.multiple_tests import beyond_chance
from sim.data.event_log import EventLog

__all__ = ["AttributeShare", "attributes_by_kind", "changing_attributes", "is_trait"]

#: What a log says of its events, not of its cases.
_OF_EVENTS = ("brand", "channel", "lifecycle")
#: Cases with a value, and without it; values of an attribute that are compared.
_FEWEST, _MOST_VALUES = 20, 20
#: An attribute with more different numbers is compared by so many classes of alike many cases.
_NUMBERS, _CLASSES = 12, 4
_Z = 1.959963984540054
#: Share of cases in which an attribute may change and be a trait still: the first value counts there.
_SELDOM = 0.01


@dataclass(frozen=True, slots=True)
class AttributeShare:
    """How many cases of a kind have a value, beside the others.

    ``share`` and ``others`` are shares of those of which the attribute is known; the interval is that of their
    difference (95 %). ``beyond_chance`` says whether it stands out among all that were compared.
    """

    kind: int
    attribute: str
    value: str
    share: float
    others: float
    ci_low: float
    ci_high: float
    beyond_chance: bool = False


def changing_attributes(log: EventLog) -> dict[str, tuple[int, int]]:
    """Return in how many cases each attribute changes, of those that have it.

    Parameters
    ----------
    log : EventLog

    Returns
    -------
    dict
    """
    out = {}
    for name, (codes, _) in log.extra.items():
        if name in _OF_EVENTS:
            continue
        known = codes >= 0
        pairs = np.unique(np.column_stack([log.case[known], codes[known]]), axis=0)
        cases, counts = np.unique(pairs[:, 0], return_counts=True)
        out[name] = (int((counts > 1).sum()), cases.size)
    return out


def is_trait(changing: int, cases: int) -> bool:
    """Return whether an attribute that changes in so many of the cases is one of them: in one of a hundred at the most.

    Examples
    --------
    >>> is_trait(0, 5), is_trait(1, 5), is_trait(7, 4580)
    (True, False, True)
    """
    return changing <= _SELDOM * cases


def attributes_by_kind(
    log: EventLog, number: NDArray[np.int64], belongs: NDArray[np.float64]
) -> tuple[AttributeShare, ...]:
    """Compare kinds of cases by the attributes that hardly change within cases: the first value of a case counts.

    Kinds were found by what cases do; that they differ in who they are is an association. Every case counts in each
    kind by its probability. Numbers of which there are many different ones are compared by quarters.

    Parameters
    ----------
    log : EventLog
    number : int64 (cases,)
        Of each case in the log.
    belongs : float64 (cases, kinds)
        How likely each case is of each kind.

    Returns
    -------
    tuple of AttributeShare
        Of values that at least 20 cases have and 20 have not, largest difference first.

    References
    ----------
    Intervals of differences as of Agresti & Caffo (2000), American Statistician 54, 280-288, with as many cases as
    the weights are worth (Kish 1965).
    """
    kinds = belongs.shape[1]
    if kinds == 1:
        return ()
    found, chances = [], []
    for name, changes in changing_attributes(log).items():
        if not is_trait(*changes):
            continue
        codes, words = log.extra[name]
        known = codes >= 0
        of_case = np.full(log.cases, -1, np.int64)
        cases, first = np.unique(log.case[known], return_index=True)
        of_case[cases] = codes[known][first]
        value, labels = _classes(of_case[number], words)
        there = value >= 0
        counts = np.bincount(value[there], minlength=len(labels))
        for at in np.argsort(-counts, kind="stable")[:_MOST_VALUES].tolist():
            if min(counts[at], there.sum() - counts[at]) < _FEWEST:
                continue
            for kind in range(kinds):
                one, chance = _compared(value[there] == at, belongs[there, kind])
                found.append(AttributeShare(kind, name, labels[at], *one))
                chances.append(chance)
    marked = [replace(share, beyond_chance=beyond) for share, beyond in zip(found, beyond_chance(chances), strict=True)]
    return tuple(sorted(marked, key=lambda one: (-abs(one.share - one.others), one.kind, one.attribute, one.value)))


def _classes(code: NDArray[np.int64], words: Sequence[str]) -> tuple[NDArray[np.int64], list[str]]:
    """Return the class of each case and what classes are called: values, or quarters of many numbers."""
    numbers = np.array([_number(word) for word in words])
    if len(words) <= _NUMBERS or not np.isfinite(numbers).all():
        return code, list(words)
    value = np.where(code >= 0, numbers[code], np.nan)
    rising = np.sort(value[code >= 0])
    cuts = np.unique(rising[len(rising) * np.arange(1, _CLASSES) // _CLASSES])
    cuts = cuts[cuts > rising[0]]
    found = np.where(code >= 0, np.searchsorted(cuts, value, side="right"), -1)
    spelled = dict(zip(numbers.tolist(), words, strict=True))
    labels = [
        f"{spelled[float(mine.min())]} to {spelled[float(mine.max())]}"
        for at in range(len(cuts) + 1)
        for mine in [value[found == at]]
    ]
    return found, labels


def _number(word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        return np.nan
    return value if isfinite(value) else np.nan


def _compared(
    has: NDArray[np.bool_], belongs: NDArray[np.float64]
) -> tuple[tuple[float, float, float, float], float | None]:
    """Return shares of a kind and of the others, the interval of their difference, and the chance of one so large."""
    sides = []
    for weight in (belongs, 1.0 - belongs):
        total = float(weight.sum())
        if total <= 0.0:
            return (0.0, 0.0, -1.0, 1.0), None
        sides.append((float(weight @ has) / total, total**2 / float(weight @ weight)))
    (share, size), (others, rest) = sides
    gap = share - others
    near = [((part * cases + 1.0) / (cases + 2.0), cases + 2.0) for part, cases in sides]
    error = sqrt(sum(part * (1.0 - part) / cases for part, cases in near))
    middle = near[0][0] - near[1][0]
    pooled = (share * size + others * rest) / (size + rest)
    spread = pooled * (1.0 - pooled) * (1.0 / size + 1.0 / rest)
    chance = erfc(abs(gap) / sqrt(2.0 * spread)) if spread > 0.0 else 1.0
    low, high = max(middle - _Z * error, -1.0), min(middle + _Z * error, 1.0)
    return (share, others, min(low, gap), max(high, gap)), chance
