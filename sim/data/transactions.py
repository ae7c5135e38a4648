"""Transactions: who bought when and for how much, read from a file of any size in one pass.

Rows are read in blocks; kept are one number for the customer, one for the day and one for the amount. Whatever cannot
be used is counted, named with its row, and either stops the reading or is left out and reported: nothing is dropped
silently.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.data.amounts import count_decimal_signs, decide_decimal, read_amounts
from sim.data.column_read import ColumnRead, examples_of
from sim.data.dates import CLOCK, COMPACT_CLOCK, EPOCHS, epoch_unit, read_dates
from sim.data.ids import MISSING, Spellings, is_missing, plain_ids
from sim.data.layout import DECIMALS, REQUIRED, Layout, find_columns, find_quantity
from sim.data.ledger import PARTS, Ledger, RowColumns, make_ledger
from sim.data.parquet_file import is_parquet, parquet_blocks, parquet_heads
from sim.data.row_faults import SHOWN, RowFaults
from sim.data.text_blocks import text_blocks
from sim.data.text_file import (
    WHITESPACE,
    check_file,
    check_quotes,
    find_delimiter,
    first_lines,
    split_line,
)
from sim.scenario.errors import ConfigError
from sim.scenario.schema import show

__all__ = ["check_layout", "read_transactions"]

#: More different dates than three centuries have days are no dates.
_MOST_DATES = 120_000
_BLOCK_BYTES = 4 << 20
#: Largest amount of one row.
_MOST_MONEY = 1e11
#: Lines, or rows of Parquet, from which columns are told.
_SAMPLE = 500
#: An id that a table tool has rounded: its last digits are gone.
_ROUNDED = r"^\d(?:[.,]\d+)?[eE]\+?\d{2,3}$"


@dataclass(frozen=True, slots=True)
class _Shape:
    """What the first lines of a file tell; ``skipped`` are those before the first row: blank, sep=, the head line."""

    delimiter: str
    head: tuple[str, ...]
    has_head: bool
    columns: Mapping[str, int]
    skipped: int
    sample: list[list[str]]
    parquet: bool
    #: None while the sample leaves it open.
    decimal: str | None
    #: Digits of times since 1970, where dates are written so.
    epoch: int | None
    #: Column of a quantity that is no factor of the amount, and only has the sign of a return.
    signs: int | None = None

    def cells(self, role: str) -> list[str]:
        """Return the cells of the sample in the column of a role."""
        at = self.columns[role]
        return [row[at] for row in self.sample if len(row) > at]

    def name(self, role: str) -> str:
        """Return the head of the column of a role, or its number."""
        at = self.columns[role]
        return self.head[at] if self.has_head else f"{self.head[at]} (column {at + 1})"


def read_transactions(path: str | Path, layout: Layout | None = None) -> Ledger:
    """Read a file of transactions.

    Parameters
    ----------
    path : path
        A text file with a row per transaction, plain or compressed (.gz, .bz2, .zst), or Parquet.
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
    if not shape.parquet and shape.delimiter != WHITESPACE:
        check_quotes(place, where, shape.delimiter, len(shape.head), layout.most_megabytes, shape.columns["date"])
    if "amount" in shape.columns and shape.decimal is None:
        shape = replace(shape, decimal=_decimal_of_all(place, where, shape, layout.most_megabytes))
    taken = _Taken(shape, layout, where)
    for batch, refused in _batches(place, where, shape, layout.most_megabytes):
        taken.trouble.add("with another number of columns", refused.count, iter(refused.shown))
        taken.add(batch)
        taken.rows += refused.count
        if taken.rows > layout.most_rows:
            raise ConfigError(
                f"{where} has more than {layout.most_rows:,} rows; divide it, or say most_rows={2 * layout.most_rows}"
                " if there is memory for them: a million take 170 MB"
            )
    if taken.rows == 0:
        raise ConfigError(f"{where} has no rows{' below its head line' if shape.has_head else ''}; give transactions")
    return taken.ledger()


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
    parquet = is_parquet(path)
    if parquet:
        heads = parquet_heads(path, where)
        head, has_head, columns = find_columns(heads, [], replace(layout, columns=_heads_only(layout, where)), where)
        kept = [heads[at] for at in columns.values()]
        first = next(parquet_blocks(path, kept, where, layout.most_megabytes, _SAMPLE), None)
        sample = [["" for _ in heads] for _ in range(0 if first is None else first.num_rows)]
        for at, column in zip(columns.values(), [] if first is None else first.columns, strict=False):
            for row, cell in zip(sample, column.to_pylist(), strict=True):
                row[at] = cell.strip()
        delimiter, skipped, whole = ",", 0, False
    else:
        lines, skipped, announced, whole = first_lines(path, where, layout.most_megabytes)
        delimiter = find_delimiter(lines[:50], layout.delimiter or announced, len(REQUIRED), where)
        cells = [split_line(line, delimiter) for line in lines[:_SAMPLE]]
        widths = [len(row) for row in cells]
        usual = max(set(widths), key=widths.count)
        if widths[0] < usual and not isinstance(layout.columns, list | tuple):
            raise ConfigError(
                f"{where}: its first line {show(lines[0][:60])} has {widths[0]} columns where most have {usual};"
                " take out what stands before the head line"
            )
        head, has_head, columns = find_columns(cells[0], cells[1:], layout, where)
        sample, whole = cells[has_head:], whole and len(lines) <= _SAMPLE
    shape = _Shape(
        delimiter, head, has_head, columns, 0 if parquet else skipped + has_head, sample, parquet, None, None
    )
    if "amount" in columns and "quantity" not in columns and (unit := find_quantity(head)) is not None:
        shape = replace(shape, columns={**columns, "quantity": unit}, signs=unit)
    dates = [cell for cell in shape.cells("date") if cell.lower() not in MISSING]
    shape = replace(shape, epoch=None if layout.date_format else epoch_unit(dates))
    if "amount" not in columns:
        return shape
    if layout.decimal:
        return replace(shape, decimal=DECIMALS[layout.decimal])
    amounts = [cell for role in ("amount", "quantity") if role in columns for cell in shape.cells(role)]
    signs = count_decimal_signs(amounts)
    if whole or signs[0] or signs[1]:
        return replace(shape, decimal=_decided(signs, amounts, where))
    return shape


def _heads_only(layout: Layout, where: str) -> Any:
    if isinstance(layout.columns, list | tuple):
        raise ConfigError(
            f"{where} is Parquet and has heads; give columns={{customer: HEAD, date: HEAD, amount: HEAD}}"
        )
    return layout.columns


def _decided(signs: tuple[int, int, int], amounts: list[str], where: str) -> str:
    decimal = decide_decimal(signs)
    if decimal is None:
        example = next(cell for cell in amounts if count_decimal_signs([cell])[2])
        raise ConfigError(
            f"{where}: amounts such as {show(example[:30])} can be read in two ways, as thousands and as decimals;"
            " say which: decimal=point or decimal=comma"
        )
    return decimal


def _decimal_of_all(path: Path, where: str, shape: _Shape, most_megabytes: int) -> str:
    """Tell the decimal sign from all amounts of a file whose first ones leave it open."""
    signs = np.zeros(3, np.int64)
    examples: list[str] = []
    for batch, _ in _batches(path, where, shape, most_megabytes):
        for role in ("amount", "quantity"):
            if role in shape.columns:
                different = batch.column(list(shape.columns).index(role)).unique().to_pylist()
                signs += count_decimal_signs(different)
                examples += [cell for cell in different if not examples and count_decimal_signs([cell])[2]][:1]
    if shape.parquet and not signs[1] and not examples:
        return "."
    return _decided((int(signs[0]), int(signs[1]), int(signs[2])), examples, where)


@dataclass(slots=True)
class _RefusedRows:
    """Rows of another width than the first."""

    count: int = 0
    shown: list[str] = field(default_factory=list)


def _batches(path: Path, where: str, shape: _Shape, most_megabytes: int) -> Iterator[tuple[Any, _RefusedRows]]:
    """Yield blocks of rows, the columns asked for as text, with the rows between them that have another width."""
    if shape.parquet:
        kept = [shape.head[at] for at in shape.columns.values()]
        for block in parquet_blocks(path, kept, where, most_megabytes):
            yield block, _RefusedRows()
        return
    import pyarrow

    refused = _RefusedRows()

    def refuse(row: Any) -> str:
        refused.count += 1
        if len(refused.shown) < SHOWN:
            refused.shown.append(f"{row.actual_columns} instead of {row.expected_columns}: {show(str(row.text)[:40])}")
        return "skip"

    for batch in text_blocks(
        path,
        where,
        shape.delimiter,
        width=len(shape.head),
        kept=tuple(shape.columns.values()),
        skipped=shape.skipped,
        refuse=refuse,
        most_megabytes=most_megabytes,
        block_bytes=_BLOCK_BYTES,
    ):
        seen, refused = refused, _RefusedRows()
        yield batch, seen
    if refused.count:
        names = [f"column{at}" for at in shape.columns.values()]
        yield pyarrow.record_batch([pyarrow.array([], pyarrow.string())] * len(names), names), refused


def _hash(words: NDArray[np.object_]) -> NDArray[np.uint64]:
    """Return one number per name: among ten million customers two share one with a chance of one in 370,000."""
    from pandas.util import hash_array

    keys = hash_array(words, categorize=False) if words.size else np.zeros(0, np.uint64)
    return np.where(keys == 0, np.uint64(1), keys)


class _Taken:
    """What was taken from a file so far."""

    def __init__(self, shape: _Shape, layout: Layout, where: str) -> None:
        self.rows = 0
        self.trouble = RowFaults()
        self._shape, self._layout, self._where = shape, layout, where
        self._places = {role: at for at, role in enumerate(shape.columns)}
        self._codes: dict[str, int] = {}
        self._currencies: dict[str, int] = {"": 0}
        self._keys: list[NDArray[np.uint64]] = []
        self._dates: list[NDArray[np.int32]] = []
        self._money: list[NDArray[np.int64]] = []
        self._currency: list[NDArray[np.int16]] = []
        self._names: list[tuple[NDArray[np.uint64], Any]] = []
        self._spellings = Spellings(_hash)
        self._odd: dict[str, dict[str, int]] = {role: {} for role in shape.columns}
        words = layout.missing
        if words is not None and not (isinstance(words, list | tuple) and all(isinstance(word, str) for word in words)):
            raise ConfigError(f"missing is {show(words)}; give a list of words, such as [NA, '-'], or [] for none")

    def add(self, batch: Any) -> None:
        """Turn a block of rows into numbers; customer 0 marks a row that cannot be used."""
        import pyarrow.compute as compute

        cells = {role: compute.utf8_trim_whitespace(batch.column(at)) for role, at in self._places.items()}
        keys = self._customers(cells["customer"], compute)
        self._leave_repeated_heads(keys, cells)
        self._refuse(keys, self._missing(cells["customer"]), "customer", "without a customer", None)
        self._refuse(
            keys,
            np.asarray(compute.match_substring_regex(cells["customer"], _ROUNDED).to_numpy(zero_copy_only=False)),
            "customer",
            "with an id that a table tool has rounded",
            cells["customer"],
        )
        self._dates.append(self._days(cells["date"], keys, compute))
        money = np.zeros(len(keys), np.int64)
        currency = np.zeros(len(keys), np.int16)
        if "amount" in cells:
            values, currency = self._amounts(cells, keys, compute)
            money = np.rint(values * PARTS).astype(np.int64)
        self._money.append(money)
        self._currency.append(currency)
        self._keys.append(keys)
        self.rows += len(keys)

    def _missing(self, cells: Any) -> NDArray[np.bool_]:
        import pyarrow
        import pyarrow.compute as compute

        return is_missing(cells, self._layout.missing, pyarrow, compute)

    def _customers(self, cells: Any, compute: Any) -> NDArray[np.uint64]:
        encoded = plain_ids(cells, compute).dictionary_encode()
        words = np.array(encoded.dictionary.to_pylist(), dtype=object)
        keys = _hash(words)
        self._spellings.add(words, keys)
        self._names.append((keys, encoded.dictionary))
        return keys[encoded.indices.to_numpy(zero_copy_only=False)] if words.size else np.zeros(0, np.uint64)

    def _days(self, cells: Any, keys: NDArray[np.uint64], compute: Any) -> NDArray[np.int32]:
        """Return which of the different dates each row has."""
        self._refuse(keys, self._missing(cells), "date", "without a date", None)
        if self._shape.epoch is not None:
            cells = _days_of_epochs(cells, self._shape.epoch, compute)
        elif compute.any(compute.match_substring(cells, ":")).as_py():
            cells = compute.replace_substring_regex(cells, CLOCK, "")
        else:
            cells = compute.replace_substring_regex(cells, COMPACT_CLOCK, r"\1")
        dates = cells.dictionary_encode()
        mine = np.array(
            [self._codes.setdefault(word, len(self._codes)) for word in dates.dictionary.to_pylist()], dtype=np.int32
        )
        if len(self._codes) > _MOST_DATES:
            raise ConfigError(
                f"{self._where}: the column {self._shape.name('date')!r} has more than {_MOST_DATES:,} different"
                f" values, such as {show(next(reversed(self._codes)))}, which are no dates; say which column is the"
                " date: columns={date: HEAD}"
            )
        return mine[dates.indices.to_numpy(zero_copy_only=False)] if mine.size else np.zeros(0, np.int32)

    def _amounts(
        self, cells: Mapping[str, Any], keys: NDArray[np.uint64], compute: Any
    ) -> tuple[NDArray[np.float64], NDArray[np.int16]]:
        """Return money and its currency by row."""
        import pyarrow

        decimal = self._shape.decimal or "."
        self._refuse(keys, self._missing(cells["amount"]), "amount", "without an amount", None)
        found = read_amounts(cells["amount"], decimal, pyarrow, compute)
        values, readable = found.values, found.readable
        if self._shape.signs is not None:
            self._refuse_unlike_signs(cells["quantity"], values, keys, compute)
        elif "quantity" in cells:
            pieces = read_amounts(cells["quantity"], decimal, pyarrow, compute)
            odd = ~(pieces.readable & np.isfinite(pieces.values))
            self._refuse(keys, odd, "quantity", "with a quantity that is no number", cells["quantity"])
            # A cancellation has a quantity below 0, or a price below 0, or both where a tool signs either.
            values = np.where(
                odd, 0.0, np.where((pieces.values < 0) & (values < 0), -1.0, 1.0) * values * pieces.values
            )
        bad = ~(readable & np.isfinite(values) & (np.abs(values) <= _MOST_MONEY))
        self._refuse(keys, bad, "amount", "with an amount that is no number", cells["amount"])
        currency = np.zeros(len(keys), np.int16)
        if "currency" in cells:
            encoded = compute.utf8_upper(cells["currency"]).dictionary_encode()
            words, place = encoded.dictionary.to_pylist(), encoded.indices.to_numpy(zero_copy_only=False)
        else:
            words, place = list(found.currencies), found.currency
        if place is not None and words:
            mine = [self._currencies.setdefault(word, min(len(self._currencies), 30_000)) for word in words]
            currency = np.array(mine, np.int16)[place]
        return np.where(bad, 0.0, values), currency

    def _refuse_unlike_signs(
        self, cells: Any, values: NDArray[np.float64], keys: NDArray[np.uint64], compute: Any
    ) -> None:
        """Refuse amounts above 0 of fewer than no pieces: a return in one column and a purchase in the other."""
        import pyarrow

        pieces = read_amounts(cells, self._shape.decimal or ".", pyarrow, compute)
        odd = pieces.readable & (pieces.values < 0) & (values > 0)
        self._refuse(keys, odd, "quantity", "with a quantity below 0 and an amount above it", cells)

    def _leave_repeated_heads(self, keys: NDArray[np.uint64], cells: Mapping[str, Any]) -> None:
        """Leave out rows that repeat the head line, as files glued together have them."""
        if not self._shape.has_head or self._shape.parquet:
            return
        import pyarrow.compute as compute

        alike = np.ones(len(keys), bool)
        for role in [role for role in ("customer", "date", "amount") if role in cells]:
            head = self._shape.head[self._shape.columns[role]]
            alike &= np.asarray(compute.equal(cells[role], head).to_numpy(zero_copy_only=False))
        if alike.any():
            self.trouble.leave("repeating the head line", int(alike.sum()))
            keys[alike] = 0

    def _refuse(self, keys: NDArray[np.uint64], bad: NDArray[np.bool_], role: str, what: str, column: Any) -> None:
        rows = np.flatnonzero(bad & (keys != 0))
        shown = (
            f"row {self.rows + at + 1}{'' if column is None else f': {show(column[int(at)].as_py()[:30])}'}"
            for at in rows
        )
        self.trouble.add(what, rows.size, shown)
        if rows.size:
            self._odd[role][what] = self._odd[role].get(what, 0) + rows.size
        keys[rows] = 0

    def ledger(self) -> Ledger:
        """Return the purchases, or refuse what cannot be used."""
        where, layout, trouble = self._where, self._layout, self.trouble
        if not self._codes:
            raise ConfigError(
                f"{where}: none of its {self.rows:,} rows can be read: {trouble}; see to quotes and delimiters"
            )
        keys, code = np.concatenate(self._keys), np.concatenate(self._dates)
        # The date of a row that is left out decides nothing.
        code[keys == 0] = -1
        if not (code >= 0).any():
            raise ConfigError(f"{where}: none of its {self.rows:,} rows can be used: {trouble}; mend them")
        words, before = list(self._codes), set(trouble.counts)
        used = np.unique(code[code >= 0])
        place = np.full(len(words) + 1, -1, np.int32)
        place[used] = np.arange(used.size)
        code = place[code]
        of_word, pattern = read_dates([words[at] for at in used], code, layout.date_format, where, trouble)
        days = np.where(code >= 0, of_word[code], 0)
        self._odd["date"] |= {what: count for what, count in trouble.counts.items() if what not in before}
        keys[days == 0] = 0
        currency = self._one_currency(keys)
        if trouble.stops and layout.bad_rows == "stop":
            raise ConfigError(
                f"{where}: of {self.rows:,} rows {trouble}; mend them, or say bad_rows=skip to leave them out and count"
                " them"
            )
        table = RowColumns(keys, days, np.concatenate(self._money), self._names, "amount" in self._places)
        ledger = make_ledger(table, self.rows, layout.duplicates == "drop", trouble, where)
        return self._described(ledger, keys, pattern, currency)

    def _one_currency(self, keys: NDArray[np.uint64]) -> str:
        """Refuse rows in another currency than most; return the one that is left."""
        codes = np.concatenate(self._currency)
        names = list(self._currencies)
        heads = np.bincount(codes[(keys != 0) & (codes > 0)], minlength=len(names))
        if not heads.any():
            return ""
        most = int(np.argmax(heads))
        other = np.flatnonzero((codes != most) & (codes > 0) & (keys != 0))
        if other.size:
            what = f"in another currency than {names[most]}"
            self.trouble.add(what, other.size, (f"row {at + 1}: {names[codes[at]]}" for at in other))
            self._odd["currency" if "currency" in self._places else "amount"][what] = int(other.size)
            keys[other] = 0
        return names[most]

    def _described(self, ledger: Ledger, keys: NDArray[np.uint64], pattern: str, currency: str) -> Ledger:
        """Add what was understood of the columns, and warnings about ids and amounts."""
        counts, warnings = dict(ledger.counts), list(ledger.warnings)
        used = keys[keys != 0]
        for key, fold, words in (
            ("ids_alike_but_for_case", "case", "capitals"),
            ("ids_alike_but_for_zeros", "zeros", "leading zeros or how its letters are composed"),
        ):
            if alike := self._spellings.alike(fold, used):
                counts[key] = alike
                warnings.append(
                    f"{alike:,} customers have an id that is another one's but for {words}: counted as customers of"
                    " their own"
                )
        if not ledger.priced:
            warnings.append("the file has no amounts: buying and leaving are fitted, spending is not")
        formats = {
            "customer": "words, as they stand",
            "date": "times since 1970 in " + EPOCHS[self._shape.epoch][0] + ", UTC" if self._shape.epoch else pattern,
            "amount": f"decimal {'point' if self._shape.decimal == '.' else 'comma'}"
            + (f", currency {currency}" if currency else "")
            + (", of one piece" if "quantity" in self._places and self._shape.signs is None else ""),
            "quantity": "factor of the amount"
            if self._shape.signs is None
            else "its sign is compared with the amount's",
            "currency": currency or "none",
        }
        columns = tuple(
            ColumnRead(role, self._shape.name(role), formats[role], examples_of(self._shape.cells(role)), odd)
            for role, odd in self._odd.items()
        )
        return replace(ledger, counts=counts, warnings=tuple(warnings), columns=columns)


def _days_of_epochs(cells: Any, digits: int, compute: Any) -> Any:
    """Return times since 1970 as days, 2021-01-04; what is no such time stays as it is."""
    import pyarrow

    fits = compute.match_substring_regex(cells, rf"^\d{{{digits}}}$")
    numbers = compute.cast(compute.if_else(fits, cells, "0"), pyarrow.int64()).to_numpy(zero_copy_only=False)
    days = (numbers // EPOCHS[digits][1]).astype("datetime64[D]")
    words = pyarrow.array(np.datetime_as_string(days).astype(object), pyarrow.string())
    return compute.if_else(fits, words, cells)
