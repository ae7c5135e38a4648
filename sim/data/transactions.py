"""Transactions: who bought when and for how much, read from a file of any size in one pass.

Rows are read in blocks; kept are one number for the customer, one for the day and one for the amount. Whatever cannot
be used is counted, named with its row, and either stops the reading or is left out and reported: nothing is dropped
silently.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.data.amounts import find_decimal, read_amounts
from sim.data.dates import CLOCK, read_dates
from sim.data.layout import DECIMALS, ROLES, Layout, find_columns
from sim.data.row_faults import SHOWN, RowFaults, count_rows
from sim.data.text_file import (
    SNIFFED_BYTES,
    WHITESPACE,
    SqueezedStream,
    check_file,
    check_quotes,
    find_delimiter,
    open_binary,
    reason_of,
    split_line,
)
from sim.scenario.errors import ConfigError
from sim.scenario.schema import show

__all__ = ["Ledger", "check_layout", "read_transactions"]


#: More different dates than three centuries have days are no dates.
_MOST_DATES = 120_000
_BLOCK_BYTES = 4 << 20


#: Money is kept to this part of a unit, so that no order of adding up matters.
_PARTS = 10_000
#: Largest amount of one row.
_MOST_MONEY = 1e11


#: How tools write that there is no value, in small letters.
MISSING = ("", "na", "n/a", "#n/a", "<na>", "nan", "null", "none", "nil", "\\n", "(not set)", "(none)")


@dataclass(frozen=True, slots=True)
class Ledger:
    """Purchases, one row per customer and day, sorted by both.

    Attributes
    ----------
    customer : int64 array
        Number of the customer, from 0.
    day : int64 array
        Day of the purchase, from the first day of the file.
    amount : float64 array
        Money spent on that day.
    start : date
        The first day.
    rows : int
        Rows of the file.
    warnings : tuple of str
        What a reader must know about the data, with counts.
    counts : mapping
        The same in numbers.
    """

    customer: NDArray[np.int64]
    day: NDArray[np.int64]
    amount: NDArray[np.float64]
    start: date
    rows: int
    warnings: tuple[str, ...]
    counts: Mapping[str, int]

    @property
    def customers(self) -> int:
        """How many customers there are."""
        return int(self.customer[-1]) + 1

    @property
    def days(self) -> int:
        """Days from the first to the last purchase, both counted."""
        return int(self.day.max()) + 1


@dataclass(frozen=True, slots=True)
class _Shape:
    """What the first lines of a file tell."""

    delimiter: str
    head: tuple[str, ...]
    has_head: bool
    columns: Mapping[str, int]
    decimal: str
    #: Lines before the first row: blank ones, sep=, the head line.
    skipped: int


def read_transactions(path: str | Path, layout: Layout | None = None) -> Ledger:
    """Read a file of transactions.

    Parameters
    ----------
    path : path
        A text file with a row per transaction, plain or compressed (.gz, .bz2, .zst).
    layout : Layout, optional

    Raises
    ------
    ConfigError
        If the file is missing, empty, no text, lacks a column, has dates that can be read in two ways, or has rows
        that cannot be read (and ``layout.bad_rows`` is not `skip`).
    """
    layout = layout or Layout()
    place = Path(path)
    where = f"data {str(path)!r}"
    check_file(place, where)
    shape = _look(place, where, layout)
    if shape.delimiter != WHITESPACE:
        check_quotes(place, where, shape.delimiter, len(shape.head), layout.most_megabytes)
    trouble = RowFaults()
    codes: dict[str, int] = {}
    parts: list[tuple[NDArray[np.uint64], NDArray[np.int32], NDArray[np.int64]]] = []
    capitals: list[NDArray[np.uint64]] = []
    rows = 0
    for batch, refused in _batches(place, where, shape, layout.most_megabytes):
        trouble.add("with another number of columns", refused.count, iter(refused.shown))
        parts.append(_take(batch, rows, shape, codes, trouble, capitals, where))
        rows += batch.num_rows + refused.count
        if rows > layout.most_rows:
            raise ConfigError(
                f"{where} has more than {layout.most_rows:,} rows; divide it, or say most_rows={2 * layout.most_rows}"
                " if there is memory for them: a million take 120 MB"
            )
    if rows == 0:
        raise ConfigError(f"{where} has no rows{' below its head line' if shape.has_head else ''}; give transactions")
    customer_key = np.concatenate([part[0] for part in parts])
    code = np.concatenate([part[1] for part in parts])
    money = np.concatenate([part[2] for part in parts])
    parts.clear()
    if not codes:
        raise ConfigError(f"{where}: none of its {rows:,} rows can be read: {trouble}; see to quotes and delimiters")
    days = read_dates(list(codes), code, layout.date_format, where, trouble)
    if trouble.counts and layout.bad_rows == "stop":
        raise ConfigError(
            f"{where}: of {rows:,} rows {trouble}; mend them, or say bad_rows=skip to leave them out and count them"
        )
    ledger = _ledger(customer_key, code, money, days, rows, layout, trouble, where)
    if capitals and (alike := _alike_but_for_case(customer_key, np.concatenate(capitals))):
        said = (
            f"{alike:,} customers have an id that is another one's but for capitals: counted as customers of their own"
        )
        counts = {**ledger.counts, "ids_alike_but_for_case": alike}
        return replace(ledger, warnings=(*ledger.warnings, said), counts=counts)
    return ledger


def _alike_but_for_case(customer_key: NDArray[np.uint64], capitals: NDArray[np.uint64]) -> int:
    """Return how many customers fewer there are where case makes no difference; ``capitals``: keys, lower-case keys."""
    keys = np.unique(customer_key[customer_key != 0])
    pairs = np.unique(capitals, axis=0)
    pairs = pairs[np.isin(pairs[:, 0], keys)]
    folded = np.concatenate([np.setdiff1d(keys, pairs[:, 0]), pairs[:, 1]])
    return int(folded.size - np.unique(folded).size)


def check_layout(path: str, layout: Layout) -> None:
    """Check, before anything is done, that a file is there and that its first lines hold the columns.

    Raises
    ------
    ConfigError
        As :func:`read_transactions`, of what can be told by then.
    """
    where = f"data {path!r}"
    check_file(Path(path), where)
    _look(Path(path), where, layout)


def _look(path: Path, where: str, layout: Layout) -> _Shape:
    """Tell delimiter, columns and decimal sign from the first lines."""
    try:
        with open_binary(path, where, layout.most_megabytes) as stream:
            raw = stream.read(SNIFFED_BYTES)
    except OSError as error:
        raise ConfigError(f"{where} cannot be read: {reason_of(error)}; give a text file that may be read") from None
    if b"\0" in raw:
        raise ConfigError(f"{where} is no UTF-8 text (it holds zero bytes); save it as CSV in UTF-8")
    whole = len(raw) < SNIFFED_BYTES
    text = raw.decode("utf-8-sig", errors="replace")
    every = re.split(r"\r\n|\n|\r", text)
    every = every if whole else every[:-1]
    before = next((at for at, line in enumerate(every) if line.strip()), 0)
    announced = re.fullmatch(r"sep=(.)", every[before].strip())
    if announced:
        before += 1
    lines = [line for line in every[before:] if line.strip()]
    if not lines:
        raise ConfigError(f"{where} has only blank lines; give a file with a row per transaction")
    delimiter = find_delimiter(lines[:50], layout.delimiter or (announced[1] if announced else None), len(ROLES), where)
    cells = [split_line(line, delimiter) for line in lines[:500]]
    head, has_head, columns = find_columns(cells[0], layout, where)
    amounts = [row[columns["amount"]] for row in cells[has_head:] if len(row) > columns["amount"]]
    decimal = DECIMALS[layout.decimal] if layout.decimal else find_decimal(amounts)
    if decimal is None:
        raise ConfigError(
            f"{where}: amounts such as {show(amounts[0][:30])} can be read in two ways, as thousands and as decimals;"
            " say which: decimal=point or decimal=comma"
        )
    return _Shape(delimiter, head, has_head, columns, decimal, before + has_head)


@dataclass(slots=True)
class _RefusedRows:
    """Rows of another width than the first."""

    count: int = 0
    shown: list[str] = field(default_factory=list)


def _batches(path: Path, where: str, shape: _Shape, most_megabytes: int) -> Iterator[tuple[Any, _RefusedRows]]:
    """Yield blocks of rows, the three columns as text, with the rows between them that have another width."""
    import pyarrow
    from pyarrow import csv

    refused = _RefusedRows()

    def refuse(row: Any) -> str:
        refused.count += 1
        if len(refused.shown) < SHOWN:
            refused.shown.append(f"{row.actual_columns} instead of {row.expected_columns}: {show(str(row.text)[:40])}")
        return "skip"

    names = [f"column{at}" for at in range(len(shape.head))]
    kept = [names[shape.columns[role]] for role in ROLES]
    stream: Any = open_binary(path, where, most_megabytes)
    if shape.delimiter == WHITESPACE:
        stream = io.BufferedReader(SqueezedStream(stream), SNIFFED_BYTES)
    try:
        reader = csv.open_csv(
            stream,
            read_options=csv.ReadOptions(
                column_names=names, skip_rows=shape.skipped, block_size=_BLOCK_BYTES, use_threads=False
            ),
            parse_options=csv.ParseOptions(
                delimiter="\t" if shape.delimiter == WHITESPACE else shape.delimiter, invalid_row_handler=refuse
            ),
            convert_options=csv.ConvertOptions(
                include_columns=kept, column_types=dict.fromkeys(names, pyarrow.string()), strings_can_be_null=False
            ),
        )
        for batch in reader:
            seen, refused = refused, _RefusedRows()
            yield batch, seen
        if refused.count:
            yield pyarrow.record_batch([pyarrow.array([], pyarrow.string())] * len(kept), kept), refused
    except pyarrow.ArrowInvalid as error:
        reason = reason_of(error)
        if "Empty CSV" in reason:
            return
        if "UTF8" in reason or "UTF-8" in reason:
            raise ConfigError(f"{where} is not UTF-8 text; save it as UTF-8") from None
        raise ConfigError(
            f"{where} cannot be read: {reason}; see that every row has the columns of the first"
        ) from None
    except OSError as error:
        raise ConfigError(f"{where} cannot be read: {reason_of(error)}; give a text file that may be read") from None


def _take(
    batch: Any,
    before: int,
    shape: _Shape,
    codes: dict[str, int],
    trouble: RowFaults,
    capitals: list[NDArray[np.uint64]],
    where: str,
) -> tuple[NDArray[np.uint64], NDArray[np.int32], NDArray[np.int64]]:
    """Turn a block of rows into numbers; customer 0 marks a row that cannot be used."""
    import pyarrow
    import pyarrow.compute as compute
    from pandas.util import hash_array

    customer, moment, amount = (compute.utf8_trim_whitespace(column) for column in batch.columns)
    # A table tool that makes numbers of ids writes 1001 as 1001.0.
    customer = compute.replace_substring_regex(customer, r"^(\d+)\.0+$", r"\1")
    encoded = customer.dictionary_encode()
    words = np.array(encoded.dictionary.to_pylist(), dtype=object)
    # One number per name: among ten million customers two share one with a chance of one in 370,000.
    keys = hash_array(words, categorize=False) if words.size else np.zeros(0, np.uint64)
    keys = np.where(keys == 0, np.uint64(1), keys)
    lower = np.array([word.lower() for word in words], dtype=object)
    if (differs := np.flatnonzero(lower != words)).size:
        capitals.append(np.column_stack([keys[differs], hash_array(lower[differs], categorize=False)]))
    customer_key = keys[encoded.indices.to_numpy(zero_copy_only=False)] if words.size else np.zeros(0, np.uint64)
    _refuse(
        customer_key,
        np.asarray(compute.is_in(compute.utf8_lower(customer), pyarrow.array(MISSING)).to_numpy(zero_copy_only=False)),
        "without a customer",
        before,
        trouble,
        None,
    )

    if compute.any(compute.match_substring(moment, ":")).as_py():
        moment = compute.replace_substring_regex(moment, CLOCK, "")
    dates = moment.dictionary_encode()
    mine = np.array([codes.setdefault(word, len(codes)) for word in dates.dictionary.to_pylist()], dtype=np.int32)
    if len(codes) > _MOST_DATES:
        raise ConfigError(
            f"{where}: the column {shape.head[shape.columns['date']]!r} has more than {_MOST_DATES:,} different values,"
            f" such as {show(next(reversed(codes)))}, which are no dates; say which column is the date:"
            " columns={date: HEAD}"
        )
    code = mine[dates.indices.to_numpy(zero_copy_only=False)] if mine.size else np.zeros(0, np.int32)

    values, readable = read_amounts(amount, shape.decimal, pyarrow, compute)
    bad = ~(readable & np.isfinite(values) & (np.abs(values) <= _MOST_MONEY))
    _refuse(customer_key, bad, "with an amount that is no number", before, trouble, amount)
    return customer_key, code, np.rint(np.where(bad, 0.0, values) * _PARTS).astype(np.int64)


def _refuse(
    customer_key: NDArray[np.uint64], bad: NDArray[np.bool_], what: str, before: int, trouble: RowFaults, column: Any
) -> None:
    rows = np.flatnonzero(bad & (customer_key != 0))
    shown = (
        f"row {before + at + 1}{'' if column is None else f': {show(column[int(at)].as_py()[:30])}'}" for at in rows
    )
    trouble.add(what, rows.size, shown)
    customer_key[rows] = 0


def _ledger(
    customer_key: NDArray[np.uint64],
    code: NDArray[np.int32],
    money: NDArray[np.int64],
    days: NDArray[np.int64],
    rows: int,
    layout: Layout,
    trouble: RowFaults,
    where: str,
) -> Ledger:
    """Put the rows of a customer and day together, and say what was found on the way."""
    warnings, counts = [], {"rows": rows}
    if trouble.counts:
        warnings.append(f"left out: {trouble}")
        counts |= {f"rows {what}": count for what, count in trouble.counts.items()}
    usable = (customer_key != 0) & (days[code] != 0)
    returned = usable & (money < 0)
    if returned.any():
        count = int(returned.sum())
        counts["negative_amounts"] = count
        people = int(np.unique(customer_key[returned]).size)
        warnings.append(
            f"{count_rows(count)} of {rows:,} with a negative amount ({people:,} customers):"
            " taken as returns and left out; no purchase is taken back"
        )
        usable &= ~returned
    if not usable.all():
        customer_key, code, money = customer_key[usable], code[usable], money[usable]
    if customer_key.size == 0:
        raise ConfigError(f"{where}: none of its {rows:,} rows can be used; {'; '.join(warnings)}")
    day = days[code]
    order = np.lexsort((money, day, customer_key))
    customer_key, day, money = customer_key[order], day[order], money[order]
    same = (np.diff(customer_key) == 0) & (np.diff(day) == 0)
    twice = np.r_[False, same & (np.diff(money) == 0)]
    if twice.any():
        count = int(twice.sum())
        counts["duplicates"] = count
        kept = "kept, their amounts added; say duplicates=drop if they are copies"
        done = "dropped" if layout.duplicates == "drop" else kept
        warnings.append(f"{count_rows(count)} with another one's customer, date and amount: {done}")
        if layout.duplicates == "drop":
            customer_key, day, money = customer_key[~twice], day[~twice], money[~twice]
            same = (np.diff(customer_key) == 0) & (np.diff(day) == 0)
    starts = np.flatnonzero(np.r_[True, ~same])
    if starts.size < customer_key.size:
        counts["merged_within_a_day"] = merged = int(customer_key.size - starts.size)
        warnings.append(f"{count_rows(merged)} of a customer who already bought that day: put together as one purchase")
    amount = np.add.reduceat(money, starts) / _PARTS
    customer_key, day = customer_key[starts], day[starts]
    customer = np.cumsum(np.r_[0, (np.diff(customer_key) != 0).astype(np.int64)])
    if (amount == 0).any():
        counts["free_purchases"] = int((amount == 0).sum())
        warnings.append(f"{counts['free_purchases']:,} purchases cost nothing: counted as purchases, not as spending")
    first = int(day.min())
    counts |= {"purchases": int(customer_key.size), "customers": int(customer[-1]) + 1}
    return Ledger(customer, day - first, amount, date.fromordinal(first), rows, tuple(warnings), counts)
