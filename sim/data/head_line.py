"""Head line: which of the first lines of a table names its columns, and what stands before it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sim.data.amounts import looks_like_amount
from sim.data.dates import looks_like_date
from sim.data.text_file import FirstLines, widths_of
from sim.scenario.errors import ConfigError
from sim.scenario.schema import show

__all__ = ["Head", "example_names", "find_head", "lines_until"]

#: A line of groups, one of heads, one row.
_WITH_GROUPS = 3
#: More lines than this before a head line are no title.
_MOST_BEFORE = 30


@dataclass(frozen=True, slots=True)
class Head:
    """The head line of a table.

    Attributes
    ----------
    cells : tuple of str
        Names of its columns, as many as a row has.
    at : int
        Which of the lines it is, from 0.
    notices : tuple of str
        What stands before it.
    """

    cells: tuple[str, ...]
    at: int
    notices: tuple[str, ...]


def find_head(cells: Sequence[Sequence[str]], lines: Sequence[str], where: str) -> Head:
    """Return the head line: the first as wide as most lines, behind titles and comments.

    Names of rows without a head, as R writes them, and an empty last cell of every row, get an empty name.

    Parameters
    ----------
    cells : sequence of sequence of str
        Cells of the first lines.
    lines : sequence of str
        The same lines.
    where : str
        The file; opens every message.

    Returns
    -------
    Head

    Raises
    ------
    ConfigError
        If the first line is narrower than most and no title.

    Examples
    --------
    >>> find_head([["Report"], ["id", "day"], ["1", "2021-01-04"], ["2", "2021-01-05"]], ["Report"], "f").at
    1
    >>> find_head([["id", "day"], ["1", "7", "2021-01-04"], ["2", "7", "2021-01-05"]], ["id,day"], "f").cells
    ('', 'id', 'day')
    """
    widths = widths_of(cells)
    usual = max(set(widths), key=widths.count)
    at = 0
    while at < min(len(cells) - 1, _MOST_BEFORE):
        line = lines[at] if at < len(lines) else ""
        if not _is_before(cells[at], line, usual) and not _is_beside_names(cells, lines, at, usual):
            break
        at += 1
    at += _is_of_groups(cells[at : at + 3])
    first, rows = cells[at], cells[at + 1 :]
    notices: tuple[str, ...] = ()
    if at:
        if any(line.count('"') % 2 for line in lines[:at]):
            raise ConfigError(f"{where}: a name in its head line goes over several lines; write it in one line")
        text = f"{at} line{'s' if at > 1 else ''} before the head line left out ({show(lines[0][:40])})"
        notices = (text,)
    if len(first) == usual - 1 and rows:
        wide = [row for row in rows if len(row) == usual]
        if wide and all(row[-1] == "" for row in wide):
            return Head((*first, ""), at, notices)
        if wide and [row[0] for row in wide] == [str(number) for number in range(1, len(wide) + 1)]:
            return Head(("", *first), at, notices)
    if len(first) != usual and rows:
        row = next((row for row in rows if len(row) == usual), rows[0])
        if re.fullmatch(r"[^,;|\t]*\S {2,}\S[^,;|\t]*", lines[at]):
            raise ConfigError(
                f"{where}: its columns are parted by blanks, or have fixed widths, and some cells have blanks in them:"
                f" its first line has {len(first)} words, most rows have {usual}, such as {show(' '.join(row)[:60])};"
                " write it as CSV"
            )
        raise ConfigError(
            f"{where}: its first line {show(lines[at][:60])} has {len(first)} columns, most rows have {usual}, such as"
            f" {show(', '.join(row)[:60])}; give as many names as a row has columns (a decimal comma in a file parted"
            " by commas needs quotes), or take out what stands before the head line"
        )
    return Head(tuple(first), at, notices)


def _is_of_groups(lines: Sequence[Sequence[str]]) -> bool:
    """Return whether the first of three lines has names of groups of columns, the second their heads, the third a row.

    Examples
    --------
    >>> _is_of_groups([["Customer", "Order", "Order"], ["no", "day", "sum"], ["7", "2021-01-04", "9.50"]])
    True
    >>> _is_of_groups([["id", "day", "id"], ["7", "2021-01-04", "9"], ["8", "2021-01-05", "9"]])
    False
    """
    if len(lines) < _WITH_GROUPS or len({len(line) for line in lines}) > 1:
        return False
    groups, heads, row = lines[:_WITH_GROUPS]
    named = [cell for cell in groups if cell]
    return (
        len(set(named)) < len(named)
        and len(set(heads)) == len(heads)
        and all(cell and not re.search(r"\d", cell) for cell in heads)
        and any(re.search(r"\d", cell) for cell in row)
    )


def example_names(first: Sequence[str], roles: Sequence[str], dated: str) -> list[str]:
    """Return names for the columns of a file without a head line, by what its first line holds.

    Parameters
    ----------
    first : sequence of str
        Cells of the first line.
    roles : sequence of str
        What a row says, in the usual order.
    dated : str
        Of these, the one that is a date.

    Returns
    -------
    list of str
        The date where there is one, an amount in the last column that may be one, other roles in their order.

    Examples
    --------
    >>> example_names(["7", "19970101", "2", "29.33"], ("customer", "date", "amount"), "date")
    ['customer', 'date', 'other1', 'amount']
    >>> example_names(["7", "2010-01-30"], ("customer", "date", "amount"), "date")
    ['customer', 'date']
    """
    places: dict[int, str] = {}
    # Who and when a row must say, how much it may.
    few = [role for role in roles if role != "amount"] if len(first) < len(roles) else roles
    for role in sorted(few, key=lambda role: (role != dated, role != "amount")):
        free = [at for at in range(len(first)) if at not in places]
        fits = {dated: looks_like_date, "amount": looks_like_amount}.get(role, bool)
        found = [at for at in free if fits(first[at])] or free
        if found:
            places[found[-1 if role == "amount" else 0]] = role
    others = iter(range(1, len(first) + 1))
    return [places.get(at) or f"other{next(others)}" for at in range(len(first))]


def lines_until(first: FirstLines, began: Sequence[int], row: int) -> int:
    """Return how many lines of a file are before the row that follows one of its first rows.

    Parameters
    ----------
    first : FirstLines
    began : sequence of int
        Line in which each row begins, as :func:`sim.data.text_file.split_lines` says.
    row : int
        Of the first rows; a cell of it may go over several lines.

    Returns
    -------
    int
    """
    if row + 1 < len(began) and began[row + 1] > began[row] + 1:
        return first.before[began[row + 1]]
    return first.before[began[row]] + 1


def _is_before(row: Sequence[str], line: str, usual: int) -> bool:
    """Return whether a line is a title or a comment: it starts with #, or holds one value at the most, or has two."""
    held = sum(bool(cell) for cell in row)
    if re.match(r"\s*#", line) and (len(row) < usual or held < usual):
        return True
    if any(looks_like_date(cell) for cell in row) and len(row) == usual:
        return False
    return held <= 1 or (len(row) <= 2 and len(row) < usual - 1)


def _is_beside_names(cells: Sequence[Sequence[str]], lines: Sequence[str], at: int, usual: int) -> bool:
    """Return whether a line is a comment, narrower, with gaps or of dates, and the next full line is one of names."""
    comment = lines[at].startswith("#") if at < len(lines) else False
    full_of_words = all(cells[at]) and not any(looks_like_date(cell) for cell in cells[at])
    if not comment and len(cells[at]) >= usual and full_of_words:
        return False
    after = range(at + 1, min(at + _MOST_BEFORE, len(cells), len(lines)))
    wide = (row for row in after if len(cells[row]) == usual and any(cells[row]))
    full = next((row for row in wide if not lines[row].startswith("#")), None)
    return full is not None and all(
        cell and not looks_like_date(cell) and not (re.search(r"\d", cell) and looks_like_amount(cell))
        for cell in cells[full]
    )
