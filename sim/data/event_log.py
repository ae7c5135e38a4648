"""Event log: what happened to cases, one row an event, from CSV, Parquet, XES or OCEL 2.0."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.quantity import quantity, whole
from sim.data.column_read import ColumnRead, examples_of
from sim.data.dates import far_from_others
from sim.data.format_options import date_format_option, decimal_option, encoding_option, missing_option
from sim.data.ids import MISSING, masked_ids
from sim.data.odd_stages import alike_names, told_of_stages
from sim.data.row_faults import count_rows
from sim.data.row_marks import only_say_whether
from sim.record.order import stable_order
from sim.scenario.errors import ConfigError
from sim.scenario.schema import show

__all__ = ["NO_STAGE", "OWN_TRACE", "EventLog", "LogBuilder", "LogLayout"]

#: Cells among which examples are looked for.
_EXAMPLES_AMONG = 50
_SHOWN = 3
#: Rows that tell whether a file goes from new to old, and what is said of one that does.
_IN_ORDER = 10_000
_NEWEST_FIRST = (
    "rows go from the newest to the oldest, and those of a case at equal times keep the order of the file: sort it from"
    " old to new if that is not the order in which they were"
)
#: Where such a share of rows has no case, cells may have been merged; so many cases with a row each had theirs.
_MERGED, _FEWEST_MERGED = 0.2, 5
#: A transition that is not there; -1 is none at all.
_NO_CODE = -2
#: So many times tell whether hours go from 1 to 12 alone, and what is said then.
_FEWEST_TIMES, _MOST_TIMES = 200, 100_000
_HALF_A_DAY = (
    "all hours are from 1 to 12: if they are those of a clock of 12 hours, afternoons are read as mornings; write AM or"
    " PM behind them, or hours from 0 to 23"
)
#: What files call the transitions of XES, in small letters.
_LIFECYCLE = {
    **dict.fromkeys(("completed", "end", "ended", "finish", "finished", "stop", "stopped", "done"), "complete"),
    **dict.fromkeys(("started", "begin", "began", "begun"), "start"),
}
_DAY = 86_400_000_000
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_FIRST, _LAST = (int(np.datetime64(f"{year}-01-01", "us").astype(np.int64)) for year in (1900, 2201))
NO_STAGE = "that enter no stage (contacts, opinions)"
#: By which our own export is known in XES: attributes of a trace.
OWN_TRACE = frozenset({"arm", "replicate"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLayout:
    """How an event log is to be read; what is left out is guessed from the file."""

    columns: Any = quantity(
        "{case: HEAD, activity: HEAD, time: HEAD, brand: HEAD, channel: HEAD, amount: HEAD, currency: HEAD}, case:"
        " [HEAD, HEAD] where the first that is there says who, activity: [HEAD, HEAD] where both say what happened,"
        " time: [DATE, TIME] where they stand apart; or, for a file without a head line, the names of all columns in"
        " order; null: guess",
        default=None,
        optional=True,
    )
    keep: Any = quantity(
        "rows that count, by what a column says: {HEAD: WORD} or {HEAD: [WORD, WORD]}; null: all",
        default=None,
        optional=True,
    )
    attributes: Any = quantity("columns that tell who a case is", default=None, optional=True)
    encoding: str | None = encoding_option()
    date_format: str | None = date_format_option()
    decimal: str | None = decimal_option()
    missing: Any = missing_option()
    delimiter: str | None = quantity("sign between columns; null: guess", default=None, optional=True)
    most_megabytes: int = whole(4_000, 1, 1_000_000, "text that is read at the most, decompressed", "MB")
    most_rows: int = whole(20_000_000, 1, 2_000_000_000, "events that are read at the most", "rows")


@dataclass(frozen=True, slots=True)
class EventLog:
    """Events in one order: by case, within a case by time, at equal times as in the file.

    Attributes
    ----------
    case, activity : int64 (n,)
        Indices of ``case_names`` and ``activities``.
    time, begun : int64 (n,)
        Microseconds since 1970, UTC: when the activity ended, and when it began where the log says so.
    case_names : tuple of str
        Every case in the order of the file, those without events too.
    activities : tuple of str
        In order of first appearance.
    extra : mapping
        Further columns by role or attribute: (codes, values); -1 where absent.
    amount : float64 (n,) or None
        NaN where absent.
    start, end : int
        Of the log, microseconds: as it says, else its first and last event.
    rows : int
        Events of the file.
    left_out : mapping
        Rows not used, by reason; with the events used they add up to ``rows``.
    notices : tuple of str
        What a reader must know.
    columns : tuple of ColumnRead
        What was understood.
    tied_share : float
        Share of events at the same time as the one before in their case.
    duplicates : int
        Events alike another one in case, activity and time; they are kept.
    state_at_start : bool
        Whether the first row of a case says where it stands before anything happens, as in our own exports.
    currency : str
        Of amounts, where they say one.
    """

    case: NDArray[np.int64]
    activity: NDArray[np.int64]
    time: NDArray[np.int64]
    begun: NDArray[np.int64]
    case_names: tuple[str, ...]
    activities: tuple[str, ...]
    extra: Mapping[str, tuple[NDArray[np.int64], tuple[str, ...]]]
    amount: NDArray[np.float64] | None
    start: int
    end: int
    rows: int
    left_out: Mapping[str, int]
    notices: tuple[str, ...]
    columns: tuple[ColumnRead, ...]
    tied_share: float
    duplicates: int
    state_at_start: bool = False
    currency: str = ""

    @property
    def cases(self) -> int:
        """How many cases there are, those without events too."""
        return len(self.case_names)

    @property
    def cases_without_events(self) -> int:
        """How many cases have no event."""
        return self.cases - int(np.count_nonzero(np.bincount(self.case)))


@dataclass(slots=True)
class LogBuilder:
    """Collects blocks of events and puts them in order."""

    where: str
    #: Words, in small letters, that say that there is no value.
    missing: frozenset[str] = frozenset(MISSING)
    case_codes: dict[str, int] = field(default_factory=dict)
    case_names: list[str] = field(default_factory=list)
    #: Whether each of ``case_names`` is there once, without ``case_codes``.
    names_differ: bool = False
    activity_codes: dict[str, int] = field(default_factory=dict)
    extra_codes: dict[str, dict[str, int]] = field(default_factory=dict)
    blocks: list[dict[str, Any]] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    columns: list[ColumnRead] = field(default_factory=list)
    rows: int = 0
    state_at_start: bool = False
    currency: str = ""
    start: int | None = None
    end: int | None = None
    #: Head of a column that numbers events in another order than the file's, '' for none.
    numbered: str = ""

    def leave_out(self, reason: str, count: int, examples: Iterable[str] = ()) -> None:
        """Count rows that are not used.

        Parameters
        ----------
        reason : str
            As it follows "12 rows".
        count : int
        examples : iterable of str
            The rows in words; the first few are kept.
        """
        if count:
            self.left_out[reason] = self.left_out.get(reason, 0) + count
            shown = self.examples.setdefault(reason, [])
            shown.extend(islice(examples, max(_SHOWN - len(shown), 0)))

    def new_case(self, name: str) -> int:
        """Add a case, also where another has the same name."""
        self.case_names.append(name)
        return len(self.case_names) - 1

    def case_of(self, name: str) -> int:
        """Return the case of a name, added where it is new."""
        at = self.case_codes.get(name)
        if at is None:
            at = self.case_codes[name] = self.new_case(name)
        return at

    def activity_of(self, name: str) -> int:
        """Return the code of an activity."""
        return self.activity_codes.setdefault(name, len(self.activity_codes))

    def extra_of(self, column: str, value: str) -> int:
        """Return the code of a value of a further column."""
        codes = self.extra_codes.setdefault(column, {})
        return codes.setdefault(value, len(codes))

    def _with_examples(self, column: ColumnRead, time: NDArray[np.int64]) -> ColumnRead:
        """Return a column with examples of what was read, where its reader kept none."""
        if column.examples:
            return column
        known: dict[str, Iterable[str]] = {
            "case": self.case_names,
            "activity": self.activity_codes,
            "time": (f"{np.datetime64(int(each), 'us').item():%Y-%m-%d %H:%M:%S} UTC" for each in time),
        }
        cells = known.get(column.role, self.extra_codes.get(column.role, ()))
        return replace(column, examples=examples_of(list(islice(cells, _EXAMPLES_AMONG))))

    def finish(self) -> EventLog:
        """Put all events in one order.

        Raises
        ------
        ConfigError
            If no event can be used.
        """
        self._leave_far_times()
        self._refuse_odd_cases()
        blocks = [block for block in self.blocks if block["case"].size]
        if not blocks:
            why = "; ".join(self.told(reason) for reason in self._reasons())
            raise ConfigError(
                f"{self.where}: none of its {self.rows:,} events can be used{f' ({why})' if why else ''};"
                " mend them, or say which column is which: columns={case: HEAD, activity: HEAD, time: HEAD}"
            )

        def joined(key: str) -> Any:
            # The blocks are not needed any more: a long log should be in memory once.
            return np.concatenate([block.pop(key) for block in blocks])

        case, activity, time = joined("case"), joined("activity"), joined("time")
        extra = {name: joined(name) for name in self.extra_codes if name != "lifecycle"}
        amount = joined("amount") if "amount" in blocks[0] else None
        newest_first = _is_newest_first(case, time)
        order = _by_case_and_time(case, time)
        started = None
        if "lifecycle" in self.extra_codes:
            started, kept = self._complete(case, activity, time, joined("lifecycle"), order)
            order = order[kept[order]]
        case = case[order].astype(np.int64)
        activity = activity[order].astype(np.int64)
        time = time[order]
        begun = time if started is None else np.where(started[order] < 0, time, started[order])
        amount = None if amount is None else amount[order]
        self._note_amounts(activity, amount)
        self._note_cases(case, activity)
        self._note_beginnings(int((begun != time).sum()))
        tied = (np.diff(case) == 0) & (np.diff(time) == 0)
        self._note_order(time, newest_first=newest_first, are_tied=bool(tied.any()))
        in_tie = np.flatnonzero(np.r_[False, tied] | np.r_[tied, False])
        copies = [column[in_tie] for column in (activity, time, case)]
        keys = np.lexsort(copies)
        same = [np.diff(column[keys]) == 0 for column in copies]
        return EventLog(
            case=case,
            activity=activity,
            time=time,
            begun=begun,
            case_names=tuple(self.case_names),
            activities=tuple(self.activity_codes),
            extra={
                name: (codes[order].astype(np.int64), tuple(self.extra_codes[name])) for name, codes in extra.items()
            },
            amount=amount,
            start=int(begun.min()) if self.start is None else min(self.start, int(begun.min())),
            end=int(time.max()) if self.end is None else max(self.end, int(time.max())),
            rows=self.rows,
            left_out={reason: self.left_out[reason] for reason in self._reasons()},
            notices=self._all_notices(),
            columns=tuple(self._with_examples(column, time) for column in self.columns),
            tied_share=float(tied.sum() / case.size),
            duplicates=int((same[0] & same[1] & same[2]).sum()),
            state_at_start=self.state_at_start,
            currency=self.currency,
        )

    def _reasons(self) -> list[str]:
        """Return why rows are left out, the most frequent first, however the file was cut into blocks."""
        return sorted(self.left_out, key=lambda reason: (-self.left_out[reason], reason))

    def told(self, reason: str) -> str:
        """Return how many rows are left out for a reason, with the first of them."""
        shown = self.examples.get(reason)
        rows = f" ({', '.join(shown)})" if shown else ""
        return f"{count_rows(self.left_out[reason])} {reason}{rows}"

    def _remedy(self, reason: str) -> str:
        named = any(": " in shown for shown in self.examples[reason])
        if named and reason in ("without a case", "without an activity"):
            return "; if such a word is a name, say missing=[]"
        if reason == "without a case" and self.left_out[reason] >= _MERGED * self.rows:
            return "; if a blank means the case of the row above, fill such cells first"
        return ""

    def _refuse_odd_cases(self) -> None:
        """Refuse a column that says yes or no instead of naming a case."""
        if only_say_whether(self.case_names):
            words = " and ".join(show(name) for name in self.case_names)
            raise ConfigError(
                f"{self.where}: its cases are only {words}, which name none; say which column does:"
                " columns={case: HEAD}"
            )

    def _note_cases(self, case: NDArray[np.int64], activity: NDArray[np.int64]) -> None:
        """Say what makes no journeys, and refuse merged cells: each case is named in one row, beside rows without."""
        gone = self.left_out.get("without a case", 0)
        if gone >= _MERGED * self.rows and case.size >= _FEWEST_MERGED and np.unique(case).size == case.size:
            raise ConfigError(
                f"{self.where}: {self.told('without a case')}, and each case is named in one row; if a blank means the"
                " case of the row above, fill such cells first; else say which column is the case: columns={case: HEAD}"
            )
        self.notices.extend(told_of_stages(case, activity))

    def _leave_unlikely_times(self) -> None:
        """Leave out times of a year in which no event can have been."""
        for at, block in enumerate(self.blocks):
            odd = (block["time"] < _FIRST) | (block["time"] >= _LAST)
            odd &= block["time"] != np.iinfo(np.int64).min
            if odd.any():
                years = block["time"][odd].astype("datetime64[us]").astype("datetime64[D]")
                self.leave_out("with a time before 1900 or after 2200", int(odd.sum()), map(str, years))
                self.blocks[at] = {name: values[~odd] for name, values in block.items()}

    def _leave_far_times(self) -> None:
        """Leave out times that are years away from all others, such as 1970-01-01 for one not known."""
        self._leave_unlikely_times()
        if not any(block["time"].size for block in self.blocks):
            return
        counted = [_events_by_day(block["time"]) for block in self.blocks]
        days = np.concatenate([day for day, _ in counted])
        distinct = np.unique(days)
        heads = np.zeros(distinct.size, np.int64)
        np.add.at(heads, np.searchsorted(distinct, days), np.concatenate([count for _, count in counted]))
        # Ordinals are above 0, days since 1970 may not be.
        far = distinct[far_from_others(distinct + _EPOCH_ORDINAL, heads)]
        if not far.size:
            return
        for at, block in enumerate(self.blocks):
            odd = np.isin(block["time"] // _DAY, far)
            times = block["time"][odd].astype("datetime64[us]")
            self.leave_out("with a time years away from all others", int(odd.sum()), map(str, times))
            self.blocks[at] = {name: values[~odd] for name, values in block.items()}

    def _note_amounts(self, activity: NDArray[np.int64], amount: NDArray[np.float64] | None) -> None:
        """Say of activities that usually have an amount how many of their events have none above 0."""
        if amount is None:
            return
        if (amount < 0).any() and not (amount > 0).any():
            self.notices.append(
                "no amount is above 0: nothing counts as paid; write what customers pay as amounts above 0, or say"
                " columns={amount: null}"
            )
        names = list(self.activity_codes)
        all_events = np.bincount(activity, minlength=len(names))
        paid = np.bincount(activity[np.nan_to_num(amount) > 0], minlength=len(names))
        below = np.bincount(activity[amount < 0], minlength=len(names))
        for at in np.flatnonzero((2 * paid > all_events) & (paid < all_events)):
            odd = all_events[at] - paid[at]
            self.notices.append(
                f"{odd:,} of {all_events[at]:,} events {show(names[at][:30])} have no amount above 0 ({below[at]:,} are"
                " below it): they count as events, and not for what is paid"
            )

    def _note_order(self, time: NDArray[np.int64], *, newest_first: bool, are_tied: bool) -> None:
        if _is_half_a_day(time):
            self.notices.append(_HALF_A_DAY)
        if newest_first and are_tied:
            self.notices.append(_NEWEST_FIRST)
        if self.numbered and are_tied:
            self.notices.append(
                f"{self.numbered!r} numbers events and is not read: those of a case at equal times keep the order"
                " of the file; sort it by that column first"
            )

    def _note_beginnings(self, lasting: int) -> None:
        if lasting:
            self.notices.append(
                f"when they began is known of {lasting:,} events, and not used: an activity counts when it is over,"
                " so that time in a stage is from the end of an activity to the end of the next"
            )

    def _all_notices(self) -> tuple[str, ...]:
        """Return the notices, with rows left out that are named, and names that are alike."""
        notices = [
            *self.notices,
            *_starts_and_ends(self.activity_codes),
            *masked_ids(self.case_names),
            *(
                f"left out: {self.told(reason)}{self._remedy(reason)}"
                for reason in self._reasons()
                if self.examples[reason]
            ),
        ]
        for names, one, several in (
            (self.activity_codes, "activity", "activities"),
            (self.case_names if self.names_differ else self.case_codes, "case", "cases"),
            *((self.extra_codes.get(role, ()), role, f"{role}s") for role in ("brand", "channel")),
        ):
            notices.extend(alike_names(names, one, several))
        return tuple(notices)

    def _complete(
        self,
        case: NDArray[np.int64],
        activity: NDArray[np.int64],
        time: NDArray[np.int64],
        lifecycle: NDArray[np.int64],
        order: NDArray[np.int64],
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Keep where an activity ends; its start, where there is one, is its beginning (first in, first out)."""
        names = [_LIFECYCLE.get(name.lower(), name.lower()) for name in self.extra_codes["lifecycle"]]
        folded = {name: at for at, name in reversed(list(enumerate(names)))}
        # The last entry stands for -1, no word.
        lifecycle = np.array([*(folded[name] for name in names), -1], np.int64)[lifecycle]
        begun, kept = np.full(case.size, -1, np.int64), np.ones(case.size, bool)
        if len(folded) == 1:
            return begun, kept
        ends = [folded[name] for name in ("complete", "start") if name in folded][:1]
        if not ends:
            words = ", ".join(map(show, list(self.extra_codes["lifecycle"])[:_SHOWN]))
            self.notices.append(
                f"no lifecycle of an event says that an activity starts or ends ({words}): each event is a visit"
            )
            return begun, kept
        kept = (lifecycle == ends[0]) | (lifecycle < 0)
        if "complete" in folded:
            kept |= self._only_begun(activity, lifecycle, folded["complete"], folded.get("start", _NO_CODE))
        self._note_without_visits(activity, kept)
        what = "end" if "complete" in folded else "start"
        starts = [at for name, at in folded.items() if name == "start" and at not in ends]
        waiting: dict[tuple[int, int], list[int]] = {}
        for at in order[np.isin(lifecycle[order], [*starts, *ends])].tolist():
            key = (int(case[at]), int(activity[at]))
            if lifecycle[at] == ends[0]:
                if waiting.get(key):
                    begun[at] = waiting[key].pop(0)
            else:
                waiting.setdefault(key, []).append(int(time[at]))
        for at, name in enumerate(names):
            if at == folded[name] and at not in ends:
                gone = int(((lifecycle == at) & ~kept).sum())
                self.leave_out(f"that are no {what} of an activity (lifecycle {name})", gone)
        return begun, kept

    def _only_begun(
        self, activity: NDArray[np.int64], lifecycle: NDArray[np.int64], end: int, start: int
    ) -> NDArray[np.bool_]:
        """Return the starts of activities that never end in the log, which are their visits, and say so."""
        count = len(self.activity_codes)
        never = np.bincount(activity[lifecycle == end], minlength=count) == 0
        visits = (lifecycle == start) & never[activity]
        names = [name for name, code in self.activity_codes.items() if (activity[visits] == code).any()]
        if names:
            who = "1 activity never ends" if len(names) == 1 else f"{len(names):,} activities never end"
            self.notices.append(f"{who} in the log (such as {show(names[0][:30])}): there the start is the visit")
        return visits

    def _note_without_visits(self, activity: NDArray[np.int64], kept: NDArray[np.bool_]) -> None:
        """Say which activities have neither a start nor an end, so that none of their events counts."""
        count = len(self.activity_codes)
        gone = (np.bincount(activity[kept], minlength=count) == 0) & (np.bincount(activity, minlength=count) > 0)
        names = [name for name, code in self.activity_codes.items() if gone[code]]
        if names:
            who = "1 activity neither starts nor ends"
            who = who if len(names) == 1 else f"{len(names):,} activities neither start nor end"
            self.notices.append(
                f"{who} in the log (such as {show(names[0][:30])}): none of their events counts; columns={{lifecycle:"
                " null}} counts all events as visits"
            )


def _events_by_day(time: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the days, since 1970, on which something happened, and how much did."""
    day = time // _DAY
    if not day.size:
        return day, day
    begin = int(day.min())
    if int(day.max()) - begin > 4 * day.size:
        return np.unique(day, return_counts=True)
    counts = np.bincount(day - begin)
    days = np.flatnonzero(counts)
    return days + begin, counts[days]


def _is_half_a_day(time: NDArray[np.int64]) -> bool:
    """Return whether times are all from 1:00 to 12:59, at nearly all of these hours.

    Examples
    --------
    >>> hours = np.arange(600) % 12 + 1
    >>> _is_half_a_day(hours * 3_600_000_000), _is_half_a_day((hours + 1) * 3_600_000_000)
    (True, False)
    """
    hours = np.unique(time[:: max(1, time.size // _MOST_TIMES)] // (_DAY // 24) % 24)
    return bool(time.size >= _FEWEST_TIMES and hours.size >= 11 and hours[0] >= 1 and hours[-1] <= 12)


def _is_newest_first(case: NDArray[np.int64], time: NDArray[np.int64]) -> bool:
    """Return whether the first rows of a file go back in time, within their cases.

    Examples
    --------
    >>> _is_newest_first(np.array([0, 1, 0]), np.array([9, 8, 7])), _is_newest_first(np.zeros(2), np.array([7, 9]))
    (True, False)
    """
    order = np.argsort(case[:_IN_ORDER], kind="stable")
    steps = np.diff(time[:_IN_ORDER][order])[np.diff(case[:_IN_ORDER][order]) == 0]
    return bool((steps < 0).any() and not (steps > 0).any())


def _by_case_and_time(case: NDArray[np.int64], time: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the order of events by case and time, those alike as they stand."""
    ascending = bool((time[1:] >= time[:-1]).all())
    by_time = None if ascending else np.argsort(time, kind="stable")
    order = stable_order(case if by_time is None else case[by_time], int(case.max()))
    return order if by_time is None else by_time[order]


def _starts_and_ends(activities: Iterable[str]) -> Iterator[str]:
    """Say that names of activities have their start and their end in them, where several have."""
    of_name: dict[str, dict[str, str]] = {}
    for name in activities:
        if parted := re.fullmatch(r"(.+?)[\s_:./|-]+([A-Za-z]+)", name):
            word = parted[2].lower()
            of_name.setdefault(parted[1], {})[_LIFECYCLE.get(word, word)] = name
    both = [words for words in of_name.values() if {"start", "complete"} <= words.keys()]
    if len(both) > 1:
        one, other = both[0]["start"], both[0]["complete"]
        yield (
            f"{len(both):,} activities come as a start and an end (such as {show(one)} and {show(other)}): each is a"
            " stage of its own; write that word in a column lifecycle to have them as one"
        )
