"""Event table: an event log as a table, CSV or Parquet, read block by block."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.data.as_typed import as_typed
from sim.data.case_names import CaseNames
from sim.data.cells import plain_cells
from sim.data.column_read import ColumnRead, examples_of
from sim.data.event_amounts import EventAmounts
from sim.data.event_columns import (
    EventColumns,
    find_event_columns,
    known_heads,
    refuse_as_attribute,
    refuse_nameless,
)
from sim.data.event_heads import REQUIRED_ROLES
from sim.data.event_log import NO_STAGE, LogBuilder, LogLayout
from sim.data.event_times import NO_TIME, EventTimes
from sim.data.format_options import DECIMALS
from sim.data.head_line import find_head, lines_until
from sim.data.ids import ROUNDED, are_codes, is_missing, plain_ids
from sim.data.layout import plain_head
from sim.data.money_heads import refuse_unit_before, unit_of_head
from sim.data.parquet_file import columns_of_days, numeric_columns, parquet_blocks, parquet_fields
from sim.data.row_faults import RULE, RowFaults, count_rows
from sim.data.row_marks import NOBODY, frames_table, is_total
from sim.data.text_blocks import LinesRead, text_blocks
from sim.data.text_file import WHITESPACE, check_quotes, find_delimiter, first_lines, split_lines
from sim.data.word_codes import words_of_rows
from sim.record.events import STAGE_KINDS
from sim.scenario.errors import ConfigError
from sim.scenario.schema import show

__all__ = ["read_table"]

_BLOCK_BYTES = 1 << 23
#: Lines from which the head line is told.
_SAMPLE = 500
#: Heads of when an activity starts.
_START = re.compile(r"(?:start|begin)(?:$|.*time)")
#: Signs of a case, an activity or a time; longer ones are no names.
_LONGEST = 1_000
#: Reason for rows that are left out.
_NO_TIME = "with a time that cannot be read"
#: A larger share of times that cannot be read is no fault of rows, but of how the column was understood.
_MOST_BAD = 0.05


def read_table(path: Path, layout: LogLayout, builder: LogBuilder, *, parquet: bool) -> None:
    """Read a table of events into a builder.

    Parameters
    ----------
    path : Path
    layout : LogLayout
    builder : LogBuilder
    parquet : bool
        Whether the file is Parquet; else it is text.

    Raises
    ------
    ConfigError
        If it cannot be read, lacks a column, or is larger than it may be.
    """
    where = builder.where
    shape = _look_at_parquet(path, layout, where) if parquet else _look_at_text(path, layout, builder)
    columns = shape.columns
    refuse_as_attribute(next(iter(columns.roles.get("kind", ())), None), columns.attributes, where)
    faults, lines = RowFaults(), LinesRead()
    batches = (
        parquet_blocks(path, columns.wanted, where, layout.most_megabytes, keeps_times=True)
        if parquet
        else _text_batches(path, shape, faults, builder, layout, lines)
    )
    blocks = (dict(zip(columns.wanted, batch.columns, strict=True)) for batch in batches)
    reader = _TableReader(columns, layout, builder, faults, shape)
    _note_starts(shape, builder)
    builder.numbered = columns.number
    if columns.count:
        builder.notices.append(f"{columns.count!r} is not read: each row counts as one event")
    builder.notices.extend(columns.notes)
    if head := columns.unread_amount:
        way = as_typed("columns", {"amount": head})
        builder.notices.append(f"{head!r} may be the amount and is not read: {way} takes it")

    def refuse_open_quotes() -> None:
        if not parquet and shape.delimiter != WHITESPACE:
            check_quotes(
                path,
                where,
                shape.delimiter,
                width=len(shape.heads),
                most_megabytes=layout.most_megabytes,
                encoding=layout.encoding,
            )

    try:
        for block in blocks:
            reader.take(block)
            if builder.rows > layout.most_rows:
                raise ConfigError(f"{where} has more than {layout.most_rows:,} rows; divide it, or say most_rows=…")
    except ConfigError:
        # A quote that takes rows into one cell makes faults of other kinds.
        refuse_open_quotes()
        raise
    if not lines.are_rows(shape.skipped + builder.rows):
        refuse_open_quotes()
    reader.finish()
    if columns.zone and not reader.times.has_zones:
        builder.notices.append(
            f"{columns.zone!r} has several zones and is not read: times are taken as they stand, as of one; write each"
            " with its offset, such as 2024-01-04 10:00+01:00, if they are of several"
        )


def _note_starts(shape: _Shape, builder: LogBuilder) -> None:
    """Say that a column of when activities start is not read, where another one says when they are over."""
    time = shape.columns.roles["time"][0]
    starts = [head for head in shape.heads if _START.match(plain_head(head))]
    if starts and not plain_head(time).startswith(("start", "begin")):
        over = plain_head(time).startswith(("complet", "end", "finish"))
        counts = f"an activity counts when it is over, by {time!r}" if over else f"an event counts at its {time!r}"
        builder.notices.append(f"{starts[0]!r} is not read: {counts}; columns={{time: HEAD}} takes the other")


@dataclass(frozen=True, slots=True)
class _Shape:
    """What the first rows of a table tell: its heads, which columns are read, and where its rows begin."""

    heads: tuple[str, ...]
    columns: EventColumns
    delimiter: str = ""
    skipped: int = 0
    #: Whether amounts are numbers, which cannot be read in two ways.
    counted: bool = False
    has_head: bool = True


def _look_at_parquet(path: Path, layout: LogLayout, where: str) -> _Shape:
    from pyarrow import parquet, types

    heads = parquet_fields(path, where)
    schema = parquet.read_schema(path)
    nested = {field.name for field in schema if types.is_nested(field.type)}
    flat = [head for head in heads if head not in nested]
    typed = columns_of_days(path)
    known = {*known_heads(heads), *typed}
    looked_at = [head for head in flat if head in known and heads.count(head) == 1]
    first = next(parquet_blocks(path, looked_at, where, layout.most_megabytes, _SAMPLE), None) if looked_at else None
    cells = zip(*(column.to_pylist() for column in first.columns), strict=True) if first else ()
    # What is not looked at counts as there, and as times where it is typed as such.
    unseen = {head: "2000-01-01" if head in typed else "-- " for head in heads}
    sample = [unseen | dict(zip(looked_at, row, strict=True)) for row in cells]
    columns = find_event_columns(layout.columns, layout.attributes, layout.keep, heads, sample, where, typed=True)
    amount = columns.roles.get("amount", ("",))[0]
    return _Shape(tuple(heads), columns, counted=amount in numeric_columns(path, where))


def _look_at_text(path: Path, layout: LogLayout, builder: LogBuilder) -> _Shape:
    where, given = builder.where, layout.columns
    first = first_lines(path, where, layout.most_megabytes, layout.encoding)
    delimiter = find_delimiter(first.lines[:50], layout.delimiter or first.announced, 3, where)
    cells, began = split_lines(first.lines[:_SAMPLE], delimiter)
    if isinstance(given, list | tuple):
        heads = tuple("" if name is None else str(name) for name in given)
        if len(heads) != len(cells[0]):
            raise ConfigError(
                f"{where}: columns names {len(heads)} columns, but the first line has {len(cells[0])}"
                f" ({', '.join(show(cell[:20]) for cell in cells[0][:8])}); name every column in order"
            )
        at, skipped, given = -1, first.before[0], None
    else:
        found = find_head(cells, [first.lines[at] for at in began], where)
        heads, at, skipped = found.cells, found.at, lines_until(first, began, found.at)
        builder.notices.extend(found.notices)
    sample = [
        dict(zip(heads, row, strict=True)) for row in cells[at + 1 :] if len(row) == len(heads) and tuple(row) != heads
    ]
    columns = find_event_columns(given, layout.attributes, layout.keep, heads, sample, where)
    if at > 0 and "amount" in columns.roles:
        refuse_unit_before(first.lines[: began[at]], columns.roles["amount"][0], where)
    return _Shape(heads, columns, delimiter, skipped, has_head=at >= 0)


class _TableReader:
    """Turns blocks of cells into codes."""

    def __init__(
        self, columns: EventColumns, layout: LogLayout, builder: LogBuilder, faults: RowFaults, shape: _Shape
    ) -> None:
        self.columns, self.roles = columns, columns.roles
        self.attributes, self.builder, self.faults = columns.attributes, builder, faults
        self.missing = layout.missing
        self.times = EventTimes(layout.date_format, builder.where)
        decimal = "." if shape.counted else DECIMALS.get(layout.decimal or "")
        unit = unit_of_head("".join(self.roles.get("amount", ()))) if shape.has_head else 1.0
        self.amounts = EventAmounts(builder.where, decimal, layout.missing, unit)
        self.examples: dict[str, tuple[str, ...]] = {}
        self.rows: list[Any] = []
        self._has_head = shape.has_head
        self._cases = CaseNames(self.roles["case"])
        #: Words taken for no value in columns that decide about no row, with how many rows have each.
        self._no_value: dict[str, Counter[str]] = {}
        self._kept_of = dict.fromkeys(columns.kept, 0)
        #: Words for no value that are names here.
        self._codes: set[str] = set()
        self._read = 0

    def take(self, block: dict[str, Any]) -> None:
        """Read one block; values are arrays of text, or of microseconds where the file has real times."""
        import pyarrow
        from pyarrow import compute

        builder, roles = self.builder, self.roles
        count = len(next(iter(block.values())))
        builder.rows += count
        kept = np.ones(count, bool)
        cells = {}
        names: list[Any] = []
        for role, heads in roles.items():
            column = block[heads[0]] if len(heads) == 1 else None
            if role == "time":
                if column is not None and pyarrow.types.is_dictionary(column.type):
                    column = column.cast(pyarrow.string())
                column = (
                    _date_and_clock([block[head] for head in heads], pyarrow, compute) if column is None else column
                )
                read = self.times.at_once(column, compute, pyarrow)
                if not pyarrow.types.is_string(read.type):
                    self._leave("without a time", read.is_null().to_numpy(zero_copy_only=False), kept)
                    self.examples.setdefault(role, examples_of(column.slice(0, 50).cast(pyarrow.string()).to_pylist()))
                    cells[role] = read
                    continue
            if column is None and role == "activity":
                column = self._joined([_plain(role, block[head], pyarrow, compute) for head in heads])
            elif column is None:
                names = [self._named(_plain(role, block[head], pyarrow, compute)) for head in heads]
                column = compute.coalesce(*names, "")
                names = [compute.fill_null(name, "") for name in names]
            cells[role] = _plain(role, column, pyarrow, compute)
            self.examples.setdefault(role, examples_of(cells[role].slice(0, 50).to_pylist()))
        self._leave_repeated_heads(cells, kept)
        self._leave_unasked(block, kept)
        text = [role for role in REQUIRED_ROLES if not pyarrow.types.is_timestamp(cells[role].type)]
        for role in text:
            reason = f"without {'an' if role == 'activity' else 'a'} {role}"
            gone = _of_rows(cells[role], lambda words, role=role: self._gone(role, words))
            self._leave(reason, gone, kept, cells[role])
            self._refuse_long(role, cells[role])
        rounded = _of_rows(cells["case"], lambda words: compute.match_substring_regex(words, ROUNDED))
        self._leave("with an id that a table tool has rounded", rounded, kept, cells["case"])
        if "kind" in cells:
            stage = _of_rows(cells["kind"], lambda words: compute.is_in(words, pyarrow.array(STAGE_KINDS)))
            builder.leave_out(NO_STAGE, int((kept & ~stage).sum()))
            kept &= stage
            builder.state_at_start |= bool(compute.any(compute.equal(cells["kind"], "start")).as_py())
        self._encode(block, cells, names, kept)
        self._read += count

    def _named(self, cells: Any) -> Any:
        """Return names of cases as text, null where there is none."""
        import pyarrow

        words = cells.dictionary
        named = pyarrow.array(words.to_pylist(), mask=self._gone("case", words))
        return pyarrow.DictionaryArray.from_arrays(cells.indices, named).cast(pyarrow.string())

    def _joined(self, columns: list[Any]) -> Any:
        """Return what happened by all columns that say so; by none, no word."""
        import pyarrow
        from pyarrow import compute

        words = []
        for cells in columns:
            said = pyarrow.array(cells.dictionary.to_pylist(), mask=self._gone("activity", cells.dictionary))
            words.append(pyarrow.DictionaryArray.from_arrays(cells.indices, said).cast(pyarrow.string()))
        return compute.binary_join_element_wise(*words, " ", null_handling="skip")

    def _leave_repeated_heads(self, cells: dict[str, Any], kept: NDArray[np.bool_]) -> None:
        """Leave out rows that repeat the head line, as files glued together have them, or only frame the table."""
        import pyarrow
        from pyarrow import compute

        if not self._has_head:
            return
        alike = []
        for role in REQUIRED_ROLES:
            if not pyarrow.types.is_timestamp(cells[role].type):
                head = (self.roles[role][0] if role == "case" else " ".join(self.roles[role])).lower()
                alike.append(
                    _of_rows(cells[role], lambda words, head=head: compute.equal(compute.utf8_lower(words), head))
                )
        self._leave("repeating the head line", np.all(alike, axis=0), kept)
        roles = [role for role in REQUIRED_ROLES if not pyarrow.types.is_timestamp(cells[role].type)]
        if len(roles) == len(REQUIRED_ROLES):
            self._leave(RULE, _of_each([cells[role] for role in roles], compute), kept)

    def _leave_unasked(self, block: dict[str, Any], kept: NDArray[np.bool_]) -> None:
        """Leave out rows of which the user wants none."""
        import pyarrow
        from pyarrow import compute

        for head, words in self.columns.kept.items():
            cells = plain_cells(compute.cast(block[head], pyarrow.string()), compute)
            asked = np.asarray(compute.is_in(cells, pyarrow.array(words, pyarrow.string())))
            self._kept_of[head] += int(asked.sum())
            self.builder.leave_out(f"whose {head!r} is not {' or '.join(map(show, words))}", int((kept & ~asked).sum()))
            kept &= asked

    def _gone(self, role: str, cells: Any) -> Any:
        import pyarrow
        from pyarrow import compute

        gone = is_missing(cells, self.missing, pyarrow, compute)
        if role == "case":
            gone |= is_total(cells, compute)
            if self.missing is None:
                gone |= is_missing(cells, NOBODY, pyarrow, compute)
                if (odd := cells.filter(pyarrow.array(gone)).to_pylist()) and any(odd):
                    self._codes |= are_codes(odd, cells.to_pylist())
                    gone &= ~np.asarray(compute.is_in(cells, pyarrow.array(sorted(self._codes), pyarrow.string())))
        return gone

    def _refuse_long(self, role: str, cells: Any) -> None:
        from pyarrow import compute

        long = _of_rows(cells, lambda words: compute.greater(compute.utf8_length(words), _LONGEST))
        if long.any():
            at = int(np.argmax(long))
            cell = cells[at].as_py()
            raise ConfigError(
                f"{self.builder.where}: row {self.faults.row(self._read + at):,} has {len(cell):,} signs as its {role},"
                f" more than {_LONGEST:,} ({show(cell[:30])}); shorten it, or say which column is the {role}:"
                f" columns={{{role}: HEAD}}"
            )

    def _leave(self, reason: str, odd: Any, kept: Any, cells: Any = None) -> None:
        """Leave out rows of this block, with the first ones named."""
        odd = odd & kept
        if odd.any():
            rows = np.flatnonzero(odd)
            shown = (
                f"row {self.faults.row(self._read + int(at)):,}"
                + ("" if cells is None or not (cell := cells[int(at)].as_py()) else f": {show(cell[:30])}")
                for at in rows
            )
            self.builder.leave_out(reason, rows.size, shown)
            kept &= ~odd

    def _encode(self, block: dict[str, Any], cells: dict[str, Any], names: list[Any], kept: Any) -> None:
        import pyarrow
        from pyarrow import compute

        builder, mask = self.builder, pyarrow.array(kept)
        if not kept.all():
            cells = {role: column.filter(mask) for role, column in cells.items()}
            names = [column.filter(mask) for column in names]
            block = {name: block[name].filter(mask) for name in self.attributes}
        out: dict[str, Any] = {}
        rows = (self._read + np.flatnonzero(kept)).astype(np.uint32)
        self._cases.add(names or [cells["case"]])
        out["activity"] = _codes(cells["activity"], builder.activity_of)
        moment = cells["time"]
        if pyarrow.types.is_string(moment.type):
            out["time"] = self.times.add(moment, compute, pyarrow)
            if self.times.way != "words":
                bad = np.flatnonzero(out["time"] == NO_TIME)
                shown = (f"row {self.faults.row(int(rows[at])):,}: {show(moment[int(at)].as_py()[:30])}" for at in bad)
                builder.leave_out(_NO_TIME, bad.size, shown)
        else:
            read = compute.cast(moment, pyarrow.timestamp("us", moment.type.tz), safe=False)
            out["time"] = compute.cast(read, pyarrow.int64()).to_numpy(zero_copy_only=False)
            self.times.way = "zoned" if moment.type.tz else "iso"
        if "amount" in cells:
            out["amount"] = self.amounts.add(cells["amount"], rows, pyarrow, compute)
            if "currency" in cells:
                self.amounts.note_currencies(cells["currency"], cells["amount"], rows, pyarrow, compute)
        named: dict[str, Any] = {role: cells[role] for role in ("brand", "channel", "lifecycle") if role in cells}
        named |= {name: plain_cells(compute.cast(block[name], pyarrow.string()), compute) for name in self.attributes}
        for name, plain in named.items():
            codes = _codes(plain, lambda value, name=name: builder.extra_of(name, value))
            gone = is_missing(plain, self.missing, pyarrow, compute)
            said = gone & np.asarray(compute.not_equal(plain, "").to_numpy(zero_copy_only=False))
            if said.any():
                head = self.roles.get(name, (name,))[0]
                self._no_value.setdefault(head, Counter()).update(plain.filter(pyarrow.array(said)).to_pylist())
            out[name] = np.where(gone, -1, codes)
        builder.blocks.append(out)
        self.rows.append(rows)

    def finish(self) -> None:
        """Read times and amounts that needed all values, and leave out events without a time."""
        builder = self.builder
        blocks = builder.blocks
        self._finish_cases()
        if "amount" in self.roles:
            for block, amounts in zip(blocks, self.amounts.finish(self.faults), strict=True):
                block["amount"] = amounts
            builder.currency = self.amounts.currency
        trouble = RowFaults(before_ragged=self.faults.before_ragged)
        if self.times.way == "words" and blocks:
            trouble.rows = np.concatenate(self.rows)
            values = self.times.finish(np.concatenate([block["time"] for block in blocks]), trouble)
            if self.times.without_zone:
                builder.notices.append(
                    f"{self.times.without_zone:,} times have no zone, beside {values.size - self.times.without_zone:,}"
                    " that have one: they are read as UTC"
                )
            ends = np.cumsum([block["time"].size for block in blocks])[:-1]
            for block, part in zip(blocks, np.split(values, ends), strict=True):
                block["time"] = part
            for what, count in trouble.counts.items():
                reason = _NO_TIME if what.startswith("with a date that cannot") else what.replace("date", "time")
                builder.leave_out(reason, count, trouble.examples[what])
        if days := self.times.dates_only:
            builder.notices.append(
                f"{days:,} times have no time of day, beside {self.times.read - days:,} that have one: they are read as"
                " midnight"
            )
        for head, rows in self._no_value.items():
            words = ", ".join(map(show, sorted(rows, key=lambda word: (-rows[word], word))[:3]))
            builder.notices.append(
                f"{count_rows(rows.total())} with no value in {head!r}, by its words ({words}); if such a word is a"
                " value, say missing=[]"
            )
        bad = 0
        for at, block in enumerate(blocks):
            good = block["time"] != NO_TIME
            if not good.all():
                bad += int((~good).sum())
                blocks[at] = {name: values[good] for name, values in block.items()}
        if bad > max(_MOST_BAD * builder.rows, 1):
            why = "; ".join(builder.told(reason) for reason in builder.left_out if "time" in reason)
            raise ConfigError(
                f"{builder.where}: of {builder.rows:,} rows {why}: write all times in one way, or say"
                " which: date_format=%d/%m/%Y, say"
            )
        for role, heads in self.roles.items():
            shape = self.times.format if role == "time" else self.amounts.format if role == "amount" else "text"
            shape = f"{self.amounts.currency or 'none'}, that of the amounts" if role == "currency" else shape
            odd = {"cannot be read": bad} if role == "time" and bad else {}
            head = (", else " if role == "case" else " and ").join(heads)
            builder.columns.append(ColumnRead(role, head, shape, self.examples.get(role, ()), odd))

    def _finish_cases(self) -> None:
        """Tell whose each event is, when all are read."""
        builder = self.builder
        empty = builder.left_out.get("without a case", 0)
        refuse_nameless(self.columns, empty, builder.rows, f"{builder.rows:,} rows", builder.where)
        cases, builder.case_names = self._cases.finish()
        builder.names_differ = True
        for block, case in zip(builder.blocks, cases, strict=True):
            block["case"] = case
        if self._cases.shared:
            first, *others = map(repr, self.roles["case"])
            builder.notices.append(
                f"{self._cases.shared:,} names in {' or '.join(others)} are seen with several {first}: rows that have"
                " only such a name are a case of their own"
            )
        for head, found in self._kept_of.items():
            if not found:
                raise ConfigError(
                    f"{builder.where}: no row has {' or '.join(map(show, self.columns.kept[head]))} as {head!r}; keep"
                    " says which words count, as they stand in the file"
                )


def _plain(role: str, column: Any, pyarrow: Any, compute: Any) -> Any:
    """Return plain cells of text; those of cases and activities by their different words, which are few."""
    if role not in ("case", "activity"):
        return plain_cells(compute.cast(column, pyarrow.string()), compute)
    encoded = column if pyarrow.types.is_dictionary(column.type) else compute.cast(column, pyarrow.string())
    encoded = encoded.dictionary_encode()
    words = plain_ids(encoded.dictionary, compute) if role == "case" else plain_cells(encoded.dictionary, compute)
    return pyarrow.DictionaryArray.from_arrays(encoded.indices, words)


def _date_and_clock(columns: list[Any], pyarrow: Any, compute: Any) -> Any:
    """Return dates and times of day of two columns as one of both."""
    date, clock = (
        compute.strftime(column, format="%Y-%m-%d")
        if pyarrow.types.is_timestamp(column.type)
        else compute.cast(column, pyarrow.string())
        for column in columns
    )
    clock = compute.replace_substring_regex(clock, r"^(\d{2})(\d{2})(\d{2})$", r"\1:\2:\3")
    clock = compute.replace_substring_regex(clock, r"^(\d{1,2})(?:\.0)?$", r"\1:00")
    return compute.utf8_trim_whitespace(compute.binary_join_element_wise(date, clock, " "))


def _of_rows(cells: Any, test: Any) -> NDArray[np.bool_]:
    """Return what a test says of each cell, done once for each different word where they are known."""
    if hasattr(cells, "dictionary"):
        found = np.asarray(test(cells.dictionary))
        return found[cells.indices.to_numpy(zero_copy_only=False)] if found.any() else np.zeros(len(cells), bool)
    return np.asarray(test(cells))


def _of_each(columns: list[Any], compute: Any) -> NDArray[np.bool_]:
    """Return which rows only frame a table, without a look at all cells where no case of the block may do so."""
    cases = columns[0]
    if (
        not frames_table([cases.dictionary], compute).any()
        and not compute.any(compute.starts_with(cases.dictionary, "(")).as_py()
    ):
        return np.zeros(len(cases), bool)
    words = [cells.dictionary.take(cells.indices) if hasattr(cells, "dictionary") else cells for cells in columns]
    return frames_table(words, compute)


def _codes(cells: Any, code_of: Any) -> NDArray[np.int32]:
    """Return the code of each cell, new ones in the order in which the cells have them."""
    index, words = words_of_rows(cells)
    return np.array([code_of(word) for word in words.to_pylist()], np.int32)[index] if index.size else index


def _text_batches(
    path: Path, shape: _Shape, faults: RowFaults, builder: LogBuilder, layout: LogLayout, lines: LinesRead
) -> Iterator[Any]:
    def refuse(row: Any) -> str:
        builder.rows += 1
        reason = faults.refuse_ragged(row, shape.skipped)
        builder.leave_out(reason, 1, faults.examples[reason][-1:])
        return "skip"

    return text_blocks(
        path,
        builder.where,
        shape.delimiter,
        width=len(shape.heads),
        kept=[shape.heads.index(head) for head in shape.columns.wanted],
        skipped=shape.skipped,
        refuse=refuse,
        most_megabytes=layout.most_megabytes,
        block_bytes=_BLOCK_BYTES,
        encoding=layout.encoding,
        lines=lines,
    )
