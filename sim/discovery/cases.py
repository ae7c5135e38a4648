"""Cases: the events of an event log as visits to stages, each with what came before, what came next, and when."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from agents.compiled import loop
from sim.data.event_log import EventLog
from sim.record.order import stable_order
from sim.scenario.schema import is_word_sign

__all__ = [
    "Cases",
    "START",
    "cases_of",
    "in_whole_steps",
    "only_finished",
    "rows_by",
    "rows_of",
    "stage_slugs",
    "subset",
]

#: Instead of a stage, before the first one.
START = -1
#: Characters of a stage's name in a journey file, to which what tells its states apart is added.
_LONGEST_SLUG = 28
_SECOND = 1_000_000
#: A stage is passed where so few visits are the last. Cases under way that are many; the share that is hardly any.
_PASSED, _MANY, _HARDLY = 0.02, 20.0, 0.1


@dataclass(frozen=True, slots=True)
class Cases:
    """Visits in order of case and time.

    Attributes
    ----------
    first : int64 (cases + 1,)
        Where each case begins in the columns below; cases without events are left out.
    number : int64 (cases,)
        Of each case in the log.
    stage : int64 (n,)
        Stage visited.
    time : float64 (n,)
        When, seconds since the log began.
    following : int64 (n,)
        The stage visited next; -1 where the log shows none.
    stay : float64 (n,)
        Seconds to the next visit; where there is none, to the end of the log.
    stages : tuple of str
        Names, as the log has them.
    end : float
        Of the log, seconds since it began.
    may_end : bool
        Whether a case that is quiet may be over. Not in our own exports, where everybody is seen up to the end.
    finished : bool
        Whether the log has cases only that are over (:func:`only_finished`).
    """

    first: NDArray[np.int64]
    number: NDArray[np.int64]
    stage: NDArray[np.int64]
    time: NDArray[np.float64]
    following: NDArray[np.int64]
    stay: NDArray[np.float64]
    stages: tuple[str, ...]
    end: float
    may_end: bool = True
    finished: bool = False

    @property
    def count(self) -> int:
        """How many cases have events."""
        return len(self.first) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Visits of each case."""
        return np.diff(self.first)

    @property
    def case(self) -> NDArray[np.int64]:
        """Case of each visit, 0 to count - 1."""
        return np.repeat(np.arange(self.count), self.lengths)

    @property
    def comes_new(self) -> NDArray[np.bool_]:
        """Whether each visit is the first of its case to its stage."""
        found = np.empty(self.stage.size, np.bool_)
        _mark_first_visits(self.first, self.stage, np.full(len(self.stages), -1), found)
        return found

    @property
    def age(self) -> NDArray[np.float64]:
        """Seconds at each visit since its case began."""
        return self.time - np.repeat(self.time[self.first[:-1]], self.lengths)

    @property
    def place(self) -> NDArray[np.int64]:
        """How many visits of its case there were before each."""
        return np.arange(self.stage.size) - np.repeat(self.first[:-1], self.lengths)

    def before(self, back: int) -> NDArray[np.int64]:
        """Stage visited so many visits before each, START where the case had not begun."""
        earlier = np.full(self.stage.size, START, np.int64)
        earlier[back:] = self.stage[:-back]
        for visit in range(back):
            earlier[(self.first[:-1] + visit)[self.lengths > visit]] = START
        return earlier


def cases_of(log: EventLog) -> Cases:
    """Return the cases of an event log."""
    starts = np.flatnonzero(np.r_[True, np.diff(log.case) != 0])
    first = np.r_[starts, log.case.size].astype(np.int64)
    last = first[1:] - 1
    time = (log.time - log.start) / _SECOND
    end = (log.end - log.start) / _SECOND
    following, stay = np.empty_like(log.activity), np.empty_like(time)
    following[:-1], following[last] = log.activity[1:], -1
    np.subtract(time[1:], time[:-1], out=stay[:-1])
    stay[last] = end - time[last]
    cases = Cases(first, log.case[starts], log.activity, time, following, stay, log.activities, end)
    return replace(cases, finished=only_finished(cases))


@loop
def _mark_first_visits(
    first: NDArray[np.int64], stage: NDArray[np.int64], seen: NDArray[np.int64], found: NDArray[np.bool_]
) -> None:
    """Mark the first visit of each case to each stage.

    Parameters
    ----------
    first : int64 (cases + 1,)
        Where the visits of each case begin.
    stage : int64 (n,)
    seen : int64 (stages,)
        The last case that came to each; -1 at first.
    found : bool (n,)
        Written to.
    """
    for case in range(first.size - 1):
        for visit in range(first[case], first[case + 1]):
            found[visit] = seen[stage[visit]] != case
            seen[stage[visit]] = case


def only_finished(cases: Cases) -> bool:
    """Return whether a log was drawn of finished cases: hardly any is under way when it ends, though many were before.

    Parameters
    ----------
    cases : Cases

    Returns
    -------
    bool
    """
    goes = cases.following >= 0
    visits = np.bincount(cases.stage, minlength=len(cases.stages))
    last = np.bincount(cases.stage[~goes], minlength=len(cases.stages))
    passed = (last <= _PASSED * visits)[cases.stage]
    early, late = np.quantile(cases.time, [0.25, 0.75])
    lived = np.minimum(cases.time + cases.stay, late) - np.maximum(cases.time, early)
    under_way = float(np.maximum(lived[goes & passed], 0.0).sum()) / max(float(late - early), 1.0)
    return bool(under_way >= _MANY and (passed & ~goes).sum() <= _HARDLY * under_way)


def in_whole_steps(cases: Cases, seconds: float) -> Cases:
    """Return the cases of our own export as the simulator lived them.

    What happens in a step is dated by its beginning, and so is where everybody stood before the first step. Who leaves
    the first stage in the first step stayed for one step all the same: everything but the start is one step later.

    Parameters
    ----------
    cases : Cases
        Whose first visit is the state at the start.
    seconds : float
        Of a step.

    Returns
    -------
    Cases
    """
    last = cases.first[1:] - 1
    time = np.floor(cases.time / seconds + 1e-6) * seconds
    end = np.floor(cases.end / seconds + 1e-6) * seconds
    end += seconds if end <= time.max() else 0.0
    later = np.ones(time.size, bool)
    later[cases.first[:-1]] = False
    time[later] += seconds
    stay = np.roll(time, -1) - time
    stay[last] = np.maximum(end - time[last], 0.0)
    return replace(cases, time=time, stay=stay, end=float(end), may_end=False, finished=False)


def subset(cases: Cases, chosen: NDArray[np.int64]) -> Cases:
    """Return some of the cases, in the order given; one may be there several times."""
    first, rows = rows_of(cases.first[:-1][chosen], cases.lengths[chosen])
    return Cases(
        first,
        cases.number[chosen],
        cases.stage[rows],
        cases.time[rows],
        cases.following[rows],
        cases.stay[rows],
        cases.stages,
        cases.end,
        cases.may_end,
        cases.finished,
    )


def rows_of(begins: NDArray[np.int64], lengths: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where rows that are put together begin, and which rows these are.

    Parameters
    ----------
    begins, lengths : int64 (parts,)
        First row of each part, and how many rows it has.

    Returns
    -------
    int64 (parts + 1,), int64 (rows,)

    Examples
    --------
    >>> first, rows = rows_of(np.array([7, 2]), np.array([2, 3]))
    >>> first.tolist(), rows.tolist()
    ([0, 2, 5], [7, 8, 2, 3, 4])
    """
    first = np.r_[0, np.cumsum(lengths)]
    return first, np.repeat(begins - first[:-1], lengths) + np.arange(first[-1])


def rows_by(code: NDArray[np.int64], groups: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows in the order of their group, each group's in their own order, and where each group begins.

    Parameters
    ----------
    code : int64 (n,)
        Group of each row, from 0.
    groups : int
        How many there are.

    Returns
    -------
    int64 (n,), int64 (groups + 1,)

    Examples
    --------
    >>> order, begins = rows_by(np.array([1, 0, 1]), 3)
    >>> order.tolist(), begins.tolist()
    ([1, 0, 2], [0, 1, 3, 3])
    """
    return stable_order(code, groups - 1), np.r_[0, np.cumsum(np.bincount(code, minlength=groups))]


def stage_slugs(stages: Sequence[str], *, any_script: bool = True) -> tuple[str, ...]:
    """Return names of stages as a journey file can have them, all different; long ones end with a whole word.

    Parameters
    ----------
    stages : sequence of str
    any_script : bool
        Whether letters beyond A to Z are kept, as names of stages may have them.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> stage_slugs(["check ticket", "check-ticket", "<b>", "Determine necessity of stop advice"])
    ('check_ticket', 'check-ticket', 'b', 'Determine_necessity_of_stop')
    >>> stage_slugs(["検索", "русский отзыв", "Menü", "☆"]), stage_slugs(["検索", "Menü"], any_script=False)
    (('検索', 'русский_отзыв', 'Menü', 'stage_4'), ('stage_1', 'Men'))
    """
    taken: dict[str, None] = {}
    for at, name in enumerate(stages):
        kept = unicodedata.normalize("NFC", name)
        kept = "".join(sign if is_word_sign(sign) and (any_script or sign.isascii()) else "_" for sign in kept)
        plain = re.sub("_+", "_", kept).strip("_") or f"stage_{at + 1}"
        if len(plain) > _LONGEST_SLUG:
            words = plain[: _LONGEST_SLUG + 1].rpartition("_")[0]
            plain = words if len(words) > _LONGEST_SLUG // 2 else plain[:_LONGEST_SLUG]
        slug, number = plain, 1
        while slug.lower() in (known.lower() for known in taken):
            number += 1
            slug = f"{plain}_{number}"
        taken[slug] = None
    return tuple(taken)
