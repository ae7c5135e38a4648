"""Stage columns: a row for each case, and a column for the date of each of its stages, told with what parts them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sim.data.as_typed import as_typed
from sim.data.ids import missing_words
from sim.scenario.schema import show

__all__ = ["one_row_each", "parted_by_stage"]

#: So many columns of dates are stages side by side, and of so many cases each in one row.
FEWEST_STAGES = 2
_FEWEST_ROWS = 5
#: Columns that are named in words; a query names so many.
_SHOWN, _MOST_QUERIED = 3, 60


def one_row_each(cases: Sequence[str]) -> bool:
    """Return whether each case stands in one row.

    Parameters
    ----------
    cases : sequence of str
        Cells of the first rows; empty ones name none.

    Examples
    --------
    >>> one_row_each(["a", "b", "c", "d", "e"]), one_row_each(["a", "b", "c", "d", "a"])
    (True, False)
    """
    named = [case for case in cases if case.lower() not in missing_words(None)]
    return _FEWEST_ROWS <= len(named) == len(set(named))


def parted_by_stage(dated: Sequence[str], likely: Mapping[str, str], *, typed: bool) -> str:
    """Return what is said of dates side by side: a query that writes a row for each of them.

    Parameters
    ----------
    dated : sequence of str
        Heads of columns of dates.
    likely : mapping
        By role the head to be named where they are no stages.
    typed : bool
        Whether the file is Parquet; dates in text are left as they are written.

    Returns
    -------
    str

    Examples
    --------
    >>> print(parted_by_stage(["won", "lost"], {"time": "won"}, typed=True)[91:236])
    each case, stage and date, as DuckDB does: SELECT * FROM (UNPIVOT (FROM 'FILE') ON "won"::VARCHAR, "lost"::VARCHAR \
INTO NAME activity VALUE time)
    """
    queried = dated[:_MOST_QUERIED]
    file, kind = ("'FILE'", "::VARCHAR") if typed else ("read_csv('FILE', all_varchar=true)", "")
    query = (
        f"SELECT * FROM (UNPIVOT (FROM {file}) ON {', '.join(f'{_in_sql(head)}{kind}' for head in queried)} INTO NAME"
        " activity VALUE time)"
    )
    more = f" and {len(dated) - _SHOWN:,} more" if len(dated) > _SHOWN else ""
    some = f" (of the first {_MOST_QUERIED}; name the others as well)" if len(dated) > _MOST_QUERIED else ""
    return (
        f"{', '.join(map(show, dated[:_SHOWN]))}{more} are dates side by side; if each is when a stage was entered,"
        f" write a row for each case, stage and date, as DuckDB does{some}: {query}; else say which column it is:"
        f" {as_typed('columns', likely)}"
    )


def _in_sql(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
