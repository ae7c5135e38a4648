"""Row faults: rows of a file that cannot be used, counted and named by reason."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sim.scenario.schema import show

__all__ = ["EMPTY", "RAGGED", "RULE", "RowFaults", "count_rows", "says_nothing"]

RAGGED = "with another number of columns"
EMPTY = "without any value"
RULE = "of dashes, or with a count of rows"
#: Around the cells of a row that says nothing; the last one is how DOS ended a file.
_BLANKS = " \t\r\n\f\x1a"
_SHOWN = 3


def says_nothing(text: str) -> bool:
    """Return whether a row only frames a table, or counts its rows.

    Examples
    --------
    >>> says_nothing("-----+-----"), says_nothing("(93 rows)"), says_nothing("93 apples")
    (True, True, False)
    """
    # Two patterns that are gone through once each: of one that has both, a rule with words behind it takes for ever.
    drawn = re.fullmatch(r"[-=_*\s|+:;,]*", text) is not None and re.search(r"[-=_*]{2}", text) is not None
    ruled = drawn and re.search(r"(?<![-=_*])[-=_*](?![-=_*])", text) is None
    counted = r"\W*[\d,.]+ (?:rows?|records?|Zeilen?|lignes?|filas?)(?: (?:affected|selected|returned|in set.*))?\W*"
    return ruled or re.fullmatch(counted, text.strip()) is not None


def count_rows(count: int) -> str:
    """Write a number of rows in words."""
    return f"{count:,} row{'' if count == 1 else 's'}"


@dataclass(slots=True)
class RowFaults:
    """Rows that cannot be used, by what is wrong with them."""

    counts: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)
    #: Whether any of them is a fault, and not only a row that says nothing.
    stops: bool = False
    #: Which rows these are, from 0 and without those of another width, where some were left out before.
    rows: Any = None
    #: How many rows were before each row of another width, which is no part of what was read.
    before_ragged: list[int] = field(default_factory=list)

    def row(self, at: int) -> int:
        """Return the number, from 1, that a row has in the file; ``at`` counts from 0, without those of another width.

        Examples
        --------
        >>> faults = RowFaults(before_ragged=[2])
        >>> [faults.row(at) for at in range(4)]
        [1, 2, 4, 5]
        """
        at = at if self.rows is None else int(self.rows[at])
        return at + 1 + bisect_right(self.before_ragged, at)

    def refuse_ragged(self, row: Any, skipped: int) -> str:
        """Take a row of another width from Arrow's reader of CSV.

        Parameters
        ----------
        row : pyarrow.csv.InvalidRow
        skipped : int
            Lines before the first row.

        Returns
        -------
        str
            What is wrong with it, as it follows "12 rows".
        """
        self.before_ragged.append(row.number - skipped - 1 - len(self.before_ragged))
        if not str(row.text).strip(_BLANKS):
            self.leave(EMPTY, 1)
            return EMPTY
        if says_nothing(str(row.text)):
            self.leave(RULE, 1)
            return RULE
        example = f"row {row.number - skipped}: {row.actual_columns} instead of {row.expected_columns}"
        self.add(RAGGED, 1, iter([f"{example}: {show(str(row.text)[:40])}"]))
        return RAGGED

    def leave(self, what: str, count: int) -> None:
        """Count rows that say nothing, such as a repeated head line: they are left out and are no fault."""
        self.counts[what] = self.counts.get(what, 0) + count
        self.examples.setdefault(what, [])

    def add(self, what: str, count: int, examples: Iterator[str]) -> None:
        """Count faulty rows and keep the first examples.

        Parameters
        ----------
        what : str
            What is wrong, as it follows "12 rows".
        count : int
            How many rows.
        examples : iterator of str
            The rows in words; only the first few are taken.
        """
        if count == 0:
            return
        self.stops = True
        self.counts[what] = self.counts.get(what, 0) + count
        shown = self.examples.setdefault(what, [])
        for example in examples:
            if len(shown) >= _SHOWN:
                break
            shown.append(example)

    def __str__(self) -> str:
        return "; ".join(f"{count_rows(count)} {what}{self._shown(what)}" for what, count in self.counts.items())

    def _shown(self, what: str) -> str:
        return f" ({', '.join(self.examples[what])})" if self.examples[what] else ""
