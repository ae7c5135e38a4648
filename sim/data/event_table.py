"""Event table: an event log as a table, CSV or Parquet, read block by block."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.data.cells import plain_cells
from sim.data.column_read import ColumnRead, examples_of
from sim.data.event_amounts import EventAmounts
from sim.data.event_log import (
    NO_STAGE,
    REQUIRED_ROLES,
    LogBuilder,
    LogLayout,
    chosen_attributes,
    chosen_columns,
    refuse_as_attribute,
)
from sim.data.event_times import NO_TIME, EventTimes
from sim.data.format_options import DECIMALS
from sim.data.head_line import find_head, lines_until
from sim.data.ids import ROUNDED, is_missing, plain_ids
from sim.data.parquet_file import numeric_columns, parquet_blocks, parquet_heads
from sim.data.row_faults import RowFaults, count_rows
from sim.data.row_marks import NOBODY, is_total
from sim.data.text_blocks import LinesRead, text_blocks
from sim.data.text_file import WHITESPACE, check_quotes, find_delimiter, first_lines, split_lines
from sim.data.word_codes import WordCodes, words_of_rows
from sim.record.events import STAGE_KINDS
from sim.scenario.errors import ConfigError
from sim.scenario.schema import show

__all__ = ["read_table"]

_BLOCK_BYTES = 1 << 23
#: Lines from which the head line is told.
_SAMPLE = 500
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
    delimiter, skipped, numbers, lines = "", 0, frozenset[str](), LinesRead()
    if parquet:
        heads, numbers = parquet_heads(path, where), numeric_columns(path, where)
    else:
        first = first_lines(path, where, layout.most_megabytes, layout.encoding)
        delimiter = find_delimiter(first.lines[:50], layout.delimiter or first.announced, 3, where)
        cells, began = split_lines(first.lines[:_SAMPLE], delimiter)
        found = find_head(cells, [first.lines[at] for at in began], where)
        heads, skipped = list(found.cells), lines_until(first, began, found.at)
        builder.notices.extend(found.notices)
    roles = chosen_columns(layout, heads, where)
    attributes = chosen_attributes(layout, heads, where)
    refuse_as_attribute(roles.get("kind"), attributes, where)
    wanted = list(dict.fromkeys([*roles.values(), *attributes]))
    faults = RowFaults()
    blocks = (
        (
            dict(zip(wanted, batch.columns, strict=True))
            for batch in parquet_blocks(path, wanted, where, layout.most_megabytes, keeps_times=True)
        )
        if parquet
        else _text_blocks(path, heads, wanted, delimiter, skipped, faults, builder, layout, lines)
    )
    reader = _TableReader(roles, attributes, layout, builder, faults, counted=roles.get("amount") in numbers)

    def refuse_open_quotes() -> None:
        if not parquet and delimiter != WHITESPACE:
            check_quotes(
                path, where, delimiter, width=len(heads), most_megabytes=layout.most_megabytes, encoding=layout.encoding
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
    if not lines.are_rows(skipped + builder.rows):
        refuse_open_quotes()
    reader.finish()


class _TableReader:
    """Turns blocks of cells into codes."""

    def __init__(
        self,
        roles: dict[str, str],
        attributes: tuple[str, ...],
        layout: LogLayout,
        builder: LogBuilder,
        faults: RowFaults,
        *,
        counted: bool,
    ) -> None:
        self.roles, self.attributes, self.builder, self.faults = roles, attributes, builder, faults
        self.missing = layout.missing
        self.times = EventTimes(layout.date_format, builder.where)
        self.amounts = EventAmounts(
            builder.where, "." if counted else DECIMALS.get(layout.decimal or ""), layout.missing
        )
        self.examples: dict[str, tuple[str, ...]] = {}
        self.rows: list[Any] = []
        self._cases = WordCodes()
        #: Words taken for no value in columns that decide about no row, with how many rows have each.
        self._no_value: dict[str, Counter[str]] = {}
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
        for role, head in roles.items():
            column = block[head]
            if role == "time":
                column = self.times.at_once(column, compute, pyarrow)
            if role == "time" and not pyarrow.types.is_string(column.type):
                self._leave("without a time", column.is_null().to_numpy(zero_copy_only=False), kept)
                self.examples.setdefault(role, examples_of(block[head].slice(0, 50).cast(pyarrow.string()).to_pylist()))
                cells[role] = column
                continue
            cells[role] = _plain(role, column, pyarrow, compute)
            self.examples.setdefault(role, examples_of(cells[role].slice(0, 50).to_pylist()))
        text = [role for role in REQUIRED_ROLES if not pyarrow.types.is_timestamp(cells[role].type)]
        alike = [_of_rows(cells[role], lambda words, role=role: compute.equal(words, roles[role])) for role in text]
        self._leave("repeating the head line", np.all(alike, axis=0), kept)
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
        self._encode(block, cells, kept)
        self._read += count

    def _gone(self, role: str, cells: Any) -> Any:
        import pyarrow
        from pyarrow import compute

        gone = is_missing(cells, self.missing, pyarrow, compute)
        if role == "case":
            gone |= is_total(cells, compute)
            if self.missing is None:
                gone |= is_missing(cells, NOBODY, pyarrow, compute)
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

    def _encode(self, block: dict[str, Any], cells: dict[str, Any], kept: Any) -> None:
        import pyarrow
        from pyarrow import compute

        builder, mask = self.builder, pyarrow.array(kept)
        if not kept.all():
            cells = {role: column.filter(mask) for role, column in cells.items()}
            block = {name: block[name].filter(mask) for name in self.attributes}
        out: dict[str, Any] = {}
        rows = (self._read + np.flatnonzero(kept)).astype(np.uint32)
        out["case"] = self._cases.add(cells["case"])
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
        named: dict[str, Any] = {role: cells[role] for role in ("brand", "channel", "lifecycle") if role in cells}
        named |= {name: plain_cells(compute.cast(block[name], pyarrow.string()), compute) for name in self.attributes}
        for name, plain in named.items():
            codes = _codes(plain, lambda value, name=name: builder.extra_of(name, value))
            gone = is_missing(plain, self.missing, pyarrow, compute)
            said = gone & np.asarray(compute.not_equal(plain, "").to_numpy(zero_copy_only=False))
            if said.any():
                head = self.roles.get(name, name)
                self._no_value.setdefault(head, Counter()).update(plain.filter(pyarrow.array(said)).to_pylist())
            out[name] = np.where(gone, -1, codes)
        builder.blocks.append(out)
        self.rows.append(rows)

    def finish(self) -> None:
        """Read times and amounts that needed all values, and leave out events without a time."""
        builder = self.builder
        blocks = builder.blocks
        codes, builder.case_names = self._cases.finish()
        builder.names_differ = True
        for block, of_word in zip(blocks, codes, strict=True):
            block["case"] = of_word[block["case"]]
        if "amount" in self.roles:
            for block, amounts in zip(blocks, self.amounts.finish(self.faults), strict=True):
                block["amount"] = amounts
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
        for head, heads in self._no_value.items():
            words = ", ".join(map(show, sorted(heads, key=lambda word: (-heads[word], word))[:3]))
            builder.notices.append(
                f"{count_rows(heads.total())} with no value in {head!r}, by its words ({words}); if such a word is a"
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
        for role, head in self.roles.items():
            shape = self.times.format if role == "time" else self.amounts.format if role == "amount" else "text"
            odd = {"cannot be read": bad} if role == "time" and bad else {}
            builder.columns.append(ColumnRead(role, head, shape, self.examples.get(role, ()), odd))


def _plain(role: str, column: Any, pyarrow: Any, compute: Any) -> Any:
    """Return plain cells of text; those of cases and activities by their different words, which are few."""
    if role not in ("case", "activity"):
        return plain_cells(compute.cast(column, pyarrow.string()), compute)
    encoded = compute.cast(column, pyarrow.string()).dictionary_encode()
    words = plain_ids(encoded.dictionary, compute) if role == "case" else plain_cells(encoded.dictionary, compute)
    return pyarrow.DictionaryArray.from_arrays(encoded.indices, words)


def _of_rows(cells: Any, test: Any) -> NDArray[np.bool_]:
    """Return what a test says of each cell, done once for each different word where they are known."""
    if hasattr(cells, "dictionary"):
        found = np.asarray(test(cells.dictionary))
        return found[cells.indices.to_numpy(zero_copy_only=False)] if found.any() else np.zeros(len(cells), bool)
    return np.asarray(test(cells))


def _codes(cells: Any, code_of: Any) -> NDArray[np.int32]:
    """Return the code of each cell, new ones in the order in which the cells have them."""
    index, words = words_of_rows(cells)
    return np.array([code_of(word) for word in words.to_pylist()], np.int32)[index] if index.size else index


def _text_blocks(
    path: Path,
    heads: list[str],
    wanted: list[str],
    delimiter: str,
    skip: int,
    faults: RowFaults,
    builder: LogBuilder,
    layout: LogLayout,
    lines: LinesRead,
) -> Iterator[dict[str, Any]]:
    def refuse(row: Any) -> str:
        builder.rows += 1
        reason = faults.refuse_ragged(row, skip)
        builder.leave_out(reason, 1, faults.examples[reason][-1:])
        return "skip"

    for batch in text_blocks(
        path,
        builder.where,
        delimiter,
        width=len(heads),
        kept=[heads.index(head) for head in wanted],
        skipped=skip,
        refuse=refuse,
        most_megabytes=layout.most_megabytes,
        block_bytes=_BLOCK_BYTES,
        encoding=layout.encoding,
        lines=lines,
    ):
        yield dict(zip(wanted, batch.columns, strict=True))
