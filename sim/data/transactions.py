"""Transactions: who bought when and for how much, read from a file of any size in one pass.

Rows are read in blocks; kept are one number for the customer, one for the day and one for the amount. Whatever cannot
be used is counted, named with its row, and either stops the reading or is left out and reported: nothing is dropped
silently.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.data.amounts import SIGNS, Amounts, currency_code, currency_of_head, may_differ, read_amounts
from sim.data.cells import plain_cells, which_match
from sim.data.clocks import days_of_words
from sim.data.column_read import ColumnRead, examples_of
from sim.data.dates import read_dates
from sim.data.epochs import EPOCHS, days_of_epochs
from sim.data.format_options import check_words
from sim.data.ids import MISSING, ROUNDED, Spellings, is_missing, name_keys, plain_ids
from sim.data.layout import Layout, is_status, plain_head
from sim.data.ledger import TOO_SMALL, Ledger, RowColumns, in_parts, make_ledger
from sim.data.money_sides import MoneySides
from sim.data.no_sale import is_other_kind, says_kind
from sim.data.odd_customers import refuse_stand_ins, told_of_customers
from sim.data.order_rows import further_lines, is_of_return, number_of_return, order_keys, sums_of_groups
from sim.data.people_names import joined_names
from sim.data.row_faults import EMPTY, RULE, RowFaults, count_rows
from sim.data.row_marks import (
    NOBODY,
    customers_of_subtotals,
    frames_table,
    is_total,
    names_nobody,
)
from sim.data.state_words import StateWords
from sim.data.subtotals import rows_that_add_up
from sim.data.table_shape import TableShape, decimal_of_all, is_further, look_at, row_blocks
from sim.data.taken_back import has_short_words, is_free, is_taken_back, read_as, says_state, tells_of_few
from sim.data.text_blocks import LinesRead
from sim.data.text_file import WHITESPACE, check_file, check_quotes
from sim.scenario.errors import ConfigError
from sim.scenario.schema import show

__all__ = ["check_layout", "read_transactions"]

#: More different dates than three centuries have days are no dates.
_MOST_DATES = 120_000
#: Largest amount of one row.
_MOST_MONEY = 1e11
#: What a column of states says of a row, and what to do about it.
_NO_PURCHASE = "marked as no purchase, or not in full, by the column"
_STATUS_REMEDY = "; or, if such rows are purchases, columns={status: null}"
#: What a row around the table has for a customer: dashes, or the first word of a count.
_IN_FRAME = r"^:?[-=_*]{2,}:?$|^\(\d+$|(?i)^rows?\)?$"
_RETURNED = "with the number of a return or a credit note in"
_ORDER_REMEDY = "; or, if such numbers are those of purchases, columns={order: null}"
_WITHOUT, _OTHER_CURRENCY = "without a customer", "in another currency than"
#: Where so many rows have no customer, cells may have been merged.
_MERGED, _MERGED_REMEDY = 0.2, "; or, if a blank means the customer of the row above, fill such cells first"
_NAME_REMEDY = "; or, if such a word is a customer, missing=[]"
#: More rows are no report with sums below groups.
_MOST_OF_A_REPORT = 100_000
#: Fewer rows have no sums below them.
_FEWEST_ROWS = 10
_SPELLINGS = "leading zeros, thousands signs, quotes, blanks or how its letters are composed"


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
    shape = look_at(place, where, layout)
    if "amount" in shape.columns and shape.decimal is None:
        shape = replace(shape, decimal=decimal_of_all(place, where, shape, layout))
    lines = LinesRead()
    try:
        taken = _read_rows(place, where, shape, layout, lines)
        ledger = taken.ledger()
    except ConfigError:
        # A quote that takes rows into one cell makes faults of other kinds.
        _refuse_open_quotes(place, where, shape, layout)
        raise
    if not lines.are_rows(shape.skipped + taken.all_rows):
        _refuse_open_quotes(place, where, shape, layout)
    return ledger


def _read_rows(place: Path, where: str, shape: TableShape, layout: Layout, lines: LinesRead) -> _Taken:
    taken = _Taken(shape, layout, where)
    for batch in row_blocks(place, where, shape, layout, taken.trouble, lines):
        taken.add(batch)
        if taken.all_rows > layout.most_rows:
            raise ConfigError(
                f"{where} has more than {layout.most_rows:,} rows; divide it, or say most_rows={2 * layout.most_rows}"
                " if there is memory for them: a million take 170 MB"
            )
    if taken.all_rows == 0:
        raise ConfigError(f"{where} has no rows{' below its head line' if shape.has_head else ''}; give transactions")
    return taken


def _refuse_open_quotes(place: Path, where: str, shape: TableShape, layout: Layout) -> None:
    if not shape.parquet and shape.delimiter != WHITESPACE:
        check_quotes(
            place,
            where,
            shape.delimiter,
            width=len(shape.head),
            most_megabytes=layout.most_megabytes,
            encoding=layout.encoding,
            date_at=shape.columns["date"],
        )


def check_layout(path: str, layout: Layout) -> None:
    """Check, before anything is done, that a file is there and that its first lines hold the columns.

    Raises
    ------
    ConfigError
        As :func:`read_transactions`, of what can be told by then.
    """
    where = f"data {path!r}"
    check_file(Path(path), where)
    look_at(Path(path), where, layout)


class _Taken:
    """What was taken from a file so far."""

    def __init__(self, shape: TableShape, layout: Layout, where: str) -> None:
        self.rows = 0
        self.trouble = RowFaults()
        self._shape, self._layout, self._where = shape, layout, where
        self._unit = shape.unit
        self._places = {role: at for at, role in enumerate(shape.columns)}
        self._codes: dict[str, int] = {}
        self._currencies: dict[str, int] = {"": 0}
        self._keys: list[NDArray[np.uint64]] = []
        self._dates: list[NDArray[np.int32]] = []
        self._money: list[NDArray[np.int64]] = []
        self._currency: list[NDArray[np.int16]] = []
        self._orders: list[NDArray[np.uint64]] = []
        self._states, self._sides = StateWords(), MoneySides()
        self._last_order = np.uint64(0)
        self._returns = number_of_return(shape.cells("order")) if "order" in shape.columns else None
        self._names: list[tuple[NDArray[np.uint64], Any]] = []
        self._spellings = Spellings()
        self._stand_ins: dict[int, str] = {}
        self._without_currency = 0
        self._odd: dict[str, dict[str, int]] = {role: {} for role in shape.columns if not is_further(role)}
        check_words(layout.missing)

    @property
    def all_rows(self) -> int:
        """Rows of the file so far, those of another width too."""
        return self.rows + len(self.trouble.before_ragged)

    def add(self, batch: Any) -> None:
        """Turn a block of rows into numbers; customer 0 marks a row that cannot be used."""
        import pyarrow.compute as compute

        cells = {role: plain_cells(batch.column(at), compute) for role, at in self._places.items()}
        if further := [role for role in cells if is_further(role)]:
            named = [compute.if_else(self._missing(cells[role]), "", cells[role]) for role in ("customer", *further)]
            cells = {role: column for role, column in cells.items() if role not in further}
            cells["customer"] = joined_names(named, compute)
        encoded = plain_ids(cells["customer"], compute).dictionary_encode()
        of_row = encoded.indices.to_numpy(zero_copy_only=False)
        keys = self._customers(encoded.dictionary)[of_row]
        self._leave_repeated_heads(keys, cells, encoded.dictionary)
        self._leave_empty(keys, cells)
        self._leave_further_lines(keys, cells)
        for what, found in self._no_customers(encoded.dictionary):
            if found.any():
                self._refuse(keys, found[of_row], "customer", what, cells["customer"])
        self._dates.append(self._days(cells["date"], keys, compute))
        money = np.zeros(len(keys), np.int64)
        currency = np.zeros(len(keys), np.int16)
        if "amount" in cells:
            values, currency = self._amounts(cells, keys, compute)
            money, too_small = in_parts(values)
            self._refuse(keys, too_small, "amount", TOO_SMALL, cells["amount"])
        for role in filter(is_status, cells):
            head = read_as(plain_head(name := self._shape.name(role)))
            odd = is_taken_back(cells[role], head, compute) & (money >= 0)
            sided = (keys != 0) & ~odd & (money >= 0)
            self._sides.add(role, head, cells[role], sided, of_states=has_short_words(head))
            self._refuse(keys, odd, role, f"{_NO_PURCHASE} {name!r}", cells[role])
            if (other := (money < 0) & is_other_kind(cells[role], head, compute) & (keys != 0)).any():
                self.trouble.leave(f"of another kind than a sale in {name!r}, with a negative amount", int(other.sum()))
                keys[other] = 0
            used = (keys != 0) & ((money > 0) | ("amount" not in cells))
            if says_state(head) or says_kind(head):
                self._states.add(name, cells[role], used, of_few=not says_state(head))
            elif is_free(head):
                self._states.add_notes(name, cells[role], used)
        if self._returns is not None:
            odd = is_of_return(cells["order"], self._returns, compute) & (money > 0)
            self._refuse(keys, odd, "order", f"{_RETURNED} {self._shape.name('order')!r}", cells["order"])
        self._money.append(money)
        self._currency.append(currency)
        self._keys.append(keys)
        self.rows += len(keys)

    def _leave_further_lines(self, keys: NDArray[np.uint64], cells: Mapping[str, Any]) -> None:
        """Leave out the lines of an order behind the one that has its amount: those without an amount."""
        import pyarrow.compute as compute

        if "order" not in cells or "amount" not in cells:
            return
        orders = order_keys(cells["order"], self._layout.missing, compute)
        self._orders.append(orders)
        if orders.size:
            further, self._last_order = further_lines(orders, self._missing(cells["amount"]), self._last_order)
            if (further := further & (keys != 0)).any():
                self.trouble.leave("without an amount, of an order whose first row has it", int(further.sum()))
                keys[further] = 0

    def _missing(self, cells: Any) -> NDArray[np.bool_]:
        import pyarrow
        from pyarrow import compute

        return is_missing(cells, self._layout.missing, pyarrow, compute)

    def _customers(self, ids: Any) -> NDArray[np.uint64]:
        """Return the keys of the different ids of a block."""
        import pyarrow.compute as compute

        words = np.array(ids.to_pylist(), dtype=object)
        keys = name_keys(words)
        self._spellings.add(words, keys)
        for at in np.flatnonzero(names_nobody(ids, compute)):
            self._stand_ins[int(keys[at])] = str(words[at])
        self._names.append((keys, ids))
        return keys

    def _no_customers(self, ids: Any) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Yield what makes an id none, and which of the different ids it does."""
        import pyarrow
        import pyarrow.compute as compute

        nobody = self._missing(ids)
        if self._layout.missing is None:
            nobody |= is_missing(ids, NOBODY, pyarrow, compute)
        yield _WITHOUT, nobody
        yield "with a total for a customer", is_total(ids, compute) | self._add_up_others(ids)
        rounded = which_match(ids, ROUNDED, compute)
        yield "with an id that a table tool has rounded", np.asarray(rounded)

    def _add_up_others(self, ids: Any) -> NDArray[np.bool_]:
        """Return which of the different ids are subtotals of a customer of the file."""
        import pyarrow.compute as compute

        stems = customers_of_subtotals(ids, compute)
        if stems.null_count == len(stems):
            return np.zeros(len(stems), bool)
        names = np.array(compute.fill_null(stems, "").to_pylist(), dtype=object)
        return np.isin(name_keys(names), np.concatenate([keys for keys, _ in self._names])) & (names != "")

    def _days(self, cells: Any, keys: NDArray[np.uint64], compute: Any) -> NDArray[np.int32]:
        """Return which of the different dates each row has."""
        self._refuse(keys, self._missing(cells), "date", "without a date", cells)
        if self._shape.epoch is not None:
            cells = days_of_epochs(cells, self._shape.epoch, compute)
        else:
            cells = days_of_words(cells, compute)
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
        self._refuse(keys, self._missing(cells["amount"]), "amount", "without an amount", cells["amount"])
        found = read_amounts(cells["amount"], decimal, pyarrow, compute)
        values, readable = found.values, found.readable
        if self._shape.signs is not None:
            self._refuse_unlike_signs(cells["quantity"], values, keys, compute)
        elif "quantity" in cells:
            pieces = read_amounts(cells["quantity"], decimal, pyarrow, compute)
            odd = ~(pieces.readable & np.isfinite(pieces.values))
            self._refuse(keys, odd, "quantity", "with a quantity that is no number", cells["quantity"])
            # A cancellation has a quantity below 0, or a price below 0, or both where a tool signs either.
            sign = np.where((pieces.values < 0) & (values < 0), -1.0, 1.0)
            values = np.where(odd, 0.0, sign * values * pieces.values)
        values = values * self._unit
        bad = ~(readable & (np.abs(values) <= _MOST_MONEY))
        self._refuse(keys, ~readable, "amount", "with an amount that is no number", cells["amount"])
        self._refuse(keys, bad, "amount", f"with an amount beyond {_MOST_MONEY:,.0f}", cells["amount"])
        currency = np.zeros(len(keys), np.int16)
        if "currency" in cells:
            encoded = cells["currency"].dictionary_encode()
            words, place = encoded.dictionary.to_pylist(), encoded.indices.to_numpy(zero_copy_only=False)
            words = ["" if word.lower() in MISSING else word for word in words]
            self._refuse_unlike_currencies(cells, words, place, found, keys)
            words = list(map(currency_code, words))
        else:
            words, place = list(found.currencies), found.currency
        if place is not None and words:
            mine = [self._currencies.setdefault(word, min(len(self._currencies), 30_000)) for word in words]
            currency = np.array(mine, np.int16)[place]
        return np.where(bad, 0.0, values), currency

    def _refuse_unlike_currencies(
        self, cells: Mapping[str, Any], words: list[str], place: Any, found: Amounts, keys: NDArray[np.uint64]
    ) -> None:
        """Refuse amounts in another currency than their row says, and count rows that name none."""
        named = np.array([bool(word) for word in words])[place] if words else np.zeros(0, bool)
        self._without_currency += int((~named & (keys != 0)).sum())
        if found.currency is None:
            return
        odd = np.array([[may_differ(one, other) for other in found.currencies] for one in words])
        what = f"with another currency than in the column {self._shape.name('currency')!r}"
        self._refuse(keys, odd[place, found.currency], "amount", what, cells["amount"])

    def _refuse_unlike_signs(
        self, cells: Any, values: NDArray[np.float64], keys: NDArray[np.uint64], compute: Any
    ) -> None:
        """Refuse amounts above 0 of fewer than no pieces: a return in one column and a purchase in the other."""
        import pyarrow

        pieces = read_amounts(cells, self._shape.decimal or ".", pyarrow, compute)
        odd = pieces.readable & (pieces.values < 0) & (values > 0)
        self._refuse(keys, odd, "quantity", "with a quantity below 0 and an amount above it", cells)

    def _leave_repeated_heads(self, keys: NDArray[np.uint64], cells: Mapping[str, Any], ids: Any) -> None:
        """Leave out rows that repeat the head line, as files glued together have them, or only frame the table."""
        if not self._shape.has_head or self._shape.parquet:
            return
        import pyarrow.compute as compute

        roles = [role for role in ("customer", "date", "amount") if role in cells]
        heads = [self._shape.name(role).lower() for role in roles]
        # Hardly any block has such a row: the different customers tell.
        if not which_match(ids, _IN_FRAME, compute).any() and heads[0] not in compute.utf8_lower(ids).to_pylist():
            return
        ruled = frames_table([cells[role] for role in roles], compute)
        if ruled.any():
            self.trouble.leave(RULE, int(ruled.sum()))
            keys[ruled] = 0
        alike = np.ones(len(keys), bool)
        for role, head in zip(roles, heads, strict=True):
            alike &= np.asarray(compute.equal(compute.utf8_lower(cells[role]), head).to_numpy(zero_copy_only=False))
        if alike.any():
            self.trouble.leave("repeating the head line", int(alike.sum()))
            keys[alike] = 0

    def _leave_empty(self, keys: NDArray[np.uint64], cells: Mapping[str, Any]) -> None:
        """Leave out rows without who, when and how much, as spreadsheets write empty ones."""
        import pyarrow.compute as compute

        if not compute.any(compute.equal(cells["customer"], "")).as_py():
            return
        empty = (keys != 0) & np.all(
            [
                np.asarray(compute.equal(column, "").to_numpy(zero_copy_only=False))
                for role, column in cells.items()
                if not is_status(role)
            ],
            axis=0,
        )
        if empty.any():
            self.trouble.leave(EMPTY, int(empty.sum()))
            keys[empty] = 0

    def _refuse(self, keys: NDArray[np.uint64], bad: NDArray[np.bool_], role: str, what: str, column: Any) -> None:
        rows = np.flatnonzero(bad & (keys != 0))
        shown = (
            f"row {self.trouble.row(self.rows + int(at))}"
            + ("" if column is None or not (cell := column[int(at)].as_py()) else f": {show(cell[:30])}")
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
                f"{where}: none of its {self.all_rows:,} rows can be read: {trouble}; see to quotes and delimiters"
            )
        keys, code = np.concatenate(self._keys), np.concatenate(self._dates)
        # The date of a row that is left out decides nothing.
        code[keys == 0] = -1
        if not (code >= 0).any():
            raise ConfigError(f"{where}: none of its {self.all_rows:,} rows can be used: {trouble}; mend them")
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
        self._refuse_sides(keys)
        self._refuse_sum_of_all(keys)
        self._refuse_subtotals(keys)
        if trouble.stops and layout.bad_rows == "stop":
            remedy = "".join(
                said
                for said, begins in ((_STATUS_REMEDY, _NO_PURCHASE), (_ORDER_REMEDY, _RETURNED))
                if any(what.startswith(begins) for what in trouble.counts)
            )
            if "currency" in self._places and any(what.startswith(_OTHER_CURRENCY) for what in trouble.counts):
                name = self._shape.name("currency")
                remedy += f"; or, if {name!r} says nothing of the amounts, columns={{currency: null}}"
            remedy += _MERGED_REMEDY if trouble.counts.get(_WITHOUT, 0) >= _MERGED * self.all_rows else ""
            if layout.missing is None and any(": " in shown for shown in trouble.examples.get(_WITHOUT, ())):
                remedy += _NAME_REMEDY
            raise ConfigError(
                f"{where}: of {self.all_rows:,} rows {trouble}; mend them, or say bad_rows=skip to leave them out and"
                f" count them{remedy}"
            )
        if layout.missing is None:
            refuse_stand_ins(keys, self._stand_ins, trouble, where)
        orders = np.concatenate(self._orders) if self._orders else None
        table = RowColumns(keys, days, np.concatenate(self._money), self._names, "amount" in self._places, orders)
        ledger = make_ledger(table, self.all_rows, layout.duplicates, trouble, where)
        return self._described(ledger, keys, pattern, currency)

    def _refuse_sides(self, keys: NDArray[np.uint64]) -> None:
        """Refuse the rows that are on the other side of a ledger than most, or say C where most do not."""
        for role, rows, words in self._sides.fewer(keys):
            name = self._shape.name(role)
            shown = (f"row {self.trouble.row(int(at))}: {show(word)}" for at, word in zip(rows, words, strict=True))
            self.trouble.add(f"{_NO_PURCHASE} {name!r}", rows.size, shown)
            odd = self._odd[role]
            odd[f"{_NO_PURCHASE} {name!r}"] = odd.get(f"{_NO_PURCHASE} {name!r}", 0) + int(rows.size)
            keys[rows] = 0

    def _refuse_sum_of_all(self, keys: NDArray[np.uint64]) -> None:
        """Refuse a row whose amount is that of all others together: a total, in whatever language it is called so."""
        if np.count_nonzero(keys) <= _FEWEST_ROWS:
            return
        ends = np.cumsum([0, *(block.size for block in self._money)])
        blocks = [
            (begin, keys[begin:end], block) for begin, end, block in zip(ends, ends[1:], self._money, strict=False)
        ]
        twice = sum(int(block[mine != 0].sum()) for _, mine, block in blocks)
        if twice <= 0 or twice % 2:
            return
        for begin, mine, block in blocks:
            for at in np.flatnonzero((block == twice // 2) & (mine != 0)):
                row = self.trouble.row(int(begin + at))
                what = "with the sum of all others for an amount"
                self.trouble.add(what, 1, iter([f"row {row}: {show(self._name_of(int(mine[at])))}"]))
                self._odd["amount"][what] = 1
                keys[begin + at] = 0

    def _refuse_subtotals(self, keys: NDArray[np.uint64]) -> None:
        """Refuse rows that add up those before, or others of their order or customer, where the whole file has such."""
        used = np.flatnonzero(keys)
        if used.size <= _FEWEST_ROWS:
            return
        money, whose = np.concatenate(self._money)[used], "rows before"
        sums = rows_that_add_up(money, keys[used])
        groups = {"other rows of its customer": keys[used]} if used.size <= _MOST_OF_A_REPORT else {}
        if groups and self._orders:
            groups["other rows of its order"] = np.concatenate(self._orders)[used]
        for whose_other, of_row in groups.items():
            if not sums.size and (of_row != 0).all():
                sums, whose = sums_of_groups(of_row, money, singles="order" in whose_other), whose_other
        if sums.size:
            sums, what = used[sums], f"with the sum of the {whose} for an amount"
            shown = (f"row {self.trouble.row(int(at))}: {show(self._name_of(int(keys[at])))}" for at in sums)
            self.trouble.add(what, sums.size, shown)
            self._odd["amount"][what] = int(sums.size)
            keys[sums] = 0

    def _name_of(self, key: int) -> str:
        """Return the customer of a key."""
        found = ((names, np.flatnonzero(known == np.uint64(key))) for known, names in self._names)
        names, at = next((names, at) for names, at in found if at.size)
        return str(names[int(at[0])].as_py())

    def _one_currency(self, keys: NDArray[np.uint64]) -> str:
        """Refuse rows in another currency than most; return the one that is left."""
        codes = np.concatenate(self._currency)
        names = list(self._currencies)
        heads = np.bincount(codes[(keys != 0) & (codes > 0)], minlength=len(names))
        if not heads.any():
            return ""
        most = int(np.argmax(heads))
        name = self._shape.name("amount")
        if may_differ(of_head := currency_of_head(name), names[most]):
            at = int(np.argmax((codes == most) & (keys != 0)))
            raise ConfigError(
                f"{self._where}: row {self.trouble.row(at):,} has an amount in {names[most]}, and its column {name!r}"
                f" is in {of_head}; mend one of them"
            )
        if "currency" not in self._places:
            self._without_currency = int(((codes == 0) & (keys != 0)).sum())
        other = np.flatnonzero((codes != most) & (codes > 0) & (keys != 0))
        if other.size:
            what = f"{_OTHER_CURRENCY} {names[most]}"
            self.trouble.add(what, other.size, (f"row {self.trouble.row(int(at))}: {names[codes[at]]}" for at in other))
            self._odd["currency" if "currency" in self._places else "amount"][what] = int(other.size)
            keys[other] = 0
        return names[most]

    def _described(self, ledger: Ledger, keys: NDArray[np.uint64], pattern: str, currency: str) -> Ledger:
        """Add what was understood of the columns, and warnings about ids and amounts."""
        counts, warnings = dict(ledger.counts), [*self._shape.notices, *ledger.warnings]
        guessed = not isinstance(self._layout.columns, Mapping) or "customer" not in self._layout.columns
        warnings += [
            f"{self._shape.name(role)!r} says C in most rows: taken for complete, all its rows count as purchases"
            for role in self._sides.taken_for_done(keys)
        ]
        warnings += [
            *self._states.told(),
            *told_of_customers(ledger, self._shape.name("customer"), guessed, self._where),
        ]
        used = keys[keys != 0]
        for key, fold, words in (
            ("ids_alike_but_for_case", "case", "capitals"),
            ("ids_alike_but_for_zeros", "zeros", _SPELLINGS),
        ):
            if alike := self._spellings.alike(fold, used):
                counts[key] = alike
                who = "1 customer has" if alike == 1 else f"{alike:,} customers have"
                warnings.append(f"{who} an id that is another one's but for {words}: each counts as a customer")
        if self._without_currency and currency:
            warnings.append(f"{count_rows(self._without_currency)} without a currency: taken as {currency}")
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
            "order": "numbers of orders",
        }
        columns = (
            tuple(
                ColumnRead(role, self._shape.name(role), formats[role], examples_of(self._shape.cells(role)), odd)
                for role, odd in self._odd.items()
                if not is_status(role)
            )
            + self._columns_of_states()
        )
        sign = currency or (currency_of_head(self._shape.name("amount")) if ledger.priced else "")
        currency = SIGNS.get(sign, sign)
        return replace(ledger, counts=counts, warnings=tuple(warnings), columns=columns, currency=currency)

    def _columns_of_states(self) -> tuple[ColumnRead, ...]:
        """Return the most telling column of states, and of the others those that told something."""
        told = [
            role
            for role in filter(is_status, self._odd)
            if self._odd[role] or (role == "status" and not tells_of_few(plain_head(self._shape.name(role))))
        ]
        what = "words, of which some say that a row is no purchase"
        return tuple(
            ColumnRead("status", self._shape.name(role), what, examples_of(self._shape.cells(role)), self._odd[role])
            for role in told
        )
