"""Column read: what was understood of a column, so that a reader can see at a glance whether it is right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["ColumnRead", "examples_of"]

_EXAMPLES = 3
_LONGEST = 30


@dataclass(frozen=True, slots=True)
class ColumnRead:
    """One column of a file, and how it was read.

    Attributes
    ----------
    role : str
        What it is taken for.
    column : str
        Its head, or its number where the file has no head line.
    format : str
        How its cells are written.
    examples : tuple of str
        A few cells, as they stand in the file.
    odd : mapping
        Rows that do not fit, by reason.
    """

    role: str
    column: str
    format: str
    examples: tuple[str, ...]
    odd: Mapping[str, int]

    def plain(self) -> dict[str, Any]:
        """Return it as it stands in a result."""
        return {
            "role": self.role,
            "column": self.column,
            "format": self.format,
            "examples": list(self.examples),
            "rows_odd": sum(self.odd.values()),
            "odd": dict(self.odd),
        }


def examples_of(cells: Sequence[str]) -> tuple[str, ...]:
    """Return a few different cells, long ones cut.

    Examples
    --------
    >>> examples_of(["7", "7", "8", "", "9", "10"])
    ('7', '8', '9')
    """
    different = dict.fromkeys(cell for cell in cells if cell)
    cut = (cell if len(cell) <= _LONGEST else cell[: _LONGEST - 1] + "\u2026" for cell in different)
    return tuple(cut)[:_EXAMPLES]
