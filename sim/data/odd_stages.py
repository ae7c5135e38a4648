"""Odd stages: what names and numbers of cases and activities say of a log that is none, or is written in two ways."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator

import numpy as np
from numpy.typing import NDArray

__all__ = ["alike_names", "told_of_stages"]

#: So many activities that are there once, and such a share of events, are names with ids in them.
_FEWEST_ONCE, _MOST_ONCE = 20, 0.1
#: So many cases with an event each are no journeys.
_FEWEST_CASES = 5


def alike_names(names: Collection[str], one: str, several: str) -> Iterator[str]:
    """Say that names are another one's but for how they are written.

    Parameters
    ----------
    names : collection of str
        All different.
    one, several : str
        What has these names.

    Yields
    ------
    str

    Examples
    --------
    >>> [told[41:-20] for told in alike_names({"Pay", "pay", "Pick up", "Pick_up"}, "activity", "activities")]
    ["'s but for capitals:", "'s but for zeros, quotes or signs between words:"]
    """
    together = "\n".join(names)
    folds: tuple[tuple[Callable[[str], str], str], ...] = (
        (str.casefold, "capitals"),
        (_plainly_spelled, "blanks or composed letters"),
        (_without_signs, "zeros, quotes or signs between words"),
    )
    for fold, what in folds:
        folded = fold(together)
        # Of a million names hardly any is folded.
        if folded == together:
            continue
        different = folded.split("\n")
        if len(different) != len(names):
            different = [fold(name) for name in names]
        if alike := len(names) - len(set(different)):
            who = f"1 {one} has" if alike == 1 else f"{alike:,} {several} have"
            yield f"{who} a name that is another one's but for {what}: they are kept apart"


def told_of_stages(case: NDArray[np.int64], activity: NDArray[np.int64]) -> Iterator[str]:
    """Say that each case has one event, or that activities are hardly ever there twice.

    Parameters
    ----------
    case, activity : int64 (n,)
        Of each event.

    Yields
    ------
    str

    Examples
    --------
    >>> list(told_of_stages(np.arange(9), np.zeros(9, np.int64)))[0][:24]
    'each case has one event:'
    >>> list(told_of_stages(np.arange(90) // 3, np.arange(90) % 3)), list(told_of_stages(np.arange(2), np.arange(2)))
    ([], [])
    """
    if int(case.max(initial=0)) + 1 >= _FEWEST_CASES and case.size == np.unique(case).size >= _FEWEST_CASES:
        yield (
            "each case has one event: a table of how cases stand has no steps between stages; write a row for each"
            " stage that a case came to, or say which column is the case: columns={case: HEAD}"
        )
    once = int((np.bincount(activity) == 1).sum())
    if once >= _FEWEST_ONCE and once > _MOST_ONCE * case.size:
        yield (
            f"{once:,} of {case.size:,} events are of an activity that is there once: names with numbers or ids in them"
            " make no stages; leave these out, or name another column: columns={activity: HEAD}"
        )


def _plainly_spelled(names: str) -> str:
    """Return names, a line each, with their letters composed and single blanks between words."""
    composed = names if names.isascii() else unicodedata.normalize("NFKC", names)
    return re.sub(r"[^\S\n]+", " ", composed)


def _without_signs(names: str) -> str:
    r"""Return names, a line each, without what table tools add to them, and with blanks between words.

    Examples
    --------
    >>> _without_signs("007\n7.0\n'12\n#12\n3-12\n0").split("\n")
    ['7', '7', '12', '12', '3 12', '0']
    """
    plain = names.replace("_", " ").replace("-", " ")
    if "'" in plain or "#" in plain:
        plain = re.sub(r"(?m)^(?:'(?=[^'\n]*$)|#(?=\w))", "", plain)
    if plain.startswith("0") or "\n0" in plain:
        plain = re.sub(r"(?m)^0+(?=\d+$)", "", plain)
    return re.sub(r"(?m)^(\d+)\.0+$", r"\1", plain) if ".0" in plain else plain
