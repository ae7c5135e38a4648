"""Row faults: rows of a file that cannot be used, counted and named by reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["RowFaults", "SHOWN", "count_rows"]

SHOWN = 3


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
            if len(shown) >= SHOWN:
                break
            shown.append(example)

    def __str__(self) -> str:
        return "; ".join(f"{count_rows(count)} {what}{self._shown(what)}" for what, count in self.counts.items())

    def _shown(self, what: str) -> str:
        return f" ({', '.join(self.examples[what])})" if self.examples[what] else ""
