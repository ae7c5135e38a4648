"""Event table: an event log as a table, CSV or Parquet, read block by block."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from sim.data.amounts import read_amounts
from sim.data.column_read import ColumnRead, examples_of
from sim.data.event_log import LogBuilder, LogLayout, chosen_attributes, chosen_columns
from sim.data.event_times import NO_TIME, EventTimes
from sim.data.head_line import find_head
from sim.data.ids import is_missing, plain_ids
from sim.data.parquet_file import parquet_blocks, parquet_heads
from sim.data.row_faults import RowFaults
from sim.data.text_blocks import text_blocks
from sim.data.text_file import WHITESPACE, check_quotes, find_delimiter, first_lines, split_lines
from sim.scenario.errors import ConfigError

__all__ = ["read_table"]

_BLOCK_BYTES = 1 << 23
#: Lines from which the head line is told.
_SAMPLE = 500
#: What our own export calls kinds of events that are stages of the journey.
_STAGE_KINDS = ("start", "stage", "purchase")


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
    delimiter, skipped = "", 0
    if parquet:
        heads = parquet_heads(path, where)
    else:
        first = first_lines(path, where, layout.most_megabytes, layout.encoding)
        delimiter = find_delimiter(first.lines[:50], layout.delimiter or first.announced, 3, where)
        cells, began = split_lines(first.lines[:_SAMPLE], delimiter)
        found = find_head(cells, [first.lines[at] for at in began], where)
        heads, skipped = list(found.cells), first.before[began[found.at]] + 1
        builder.notices.extend(found.notices)
        if delimiter != WHITESPACE:
            check_quotes(
                path, where, delimiter, width=len(heads), most_megabytes=layout.most_megabytes, encoding=layout.encoding
            )
    roles = chosen_columns(layout, heads, where)
    attributes = chosen_attributes(layout, heads, where)
    wanted = list(dict.fromkeys([*roles.values(), *attributes]))
    blocks = (
        (
            dict(zip(wanted, batch.columns, strict=True))
            for batch in parquet_blocks(path, wanted, where, layout.most_megabytes, keeps_times=True)
        )
        if parquet
        else _text_blocks(path, heads, wanted, delimiter, skipped, builder, layout)
    )
    reader = _TableReader(roles, attributes, layout, builder)
    for block in blocks:
        reader.take(block)
        if builder.rows > layout.most_rows:
            raise ConfigError(f"{where} has more than {layout.most_rows:,} rows; divide it, or say most_rows=…")
    reader.finish()


class _TableReader:
    """Turns blocks of cells into codes."""

    def __init__(
        self, roles: dict[str, str], attributes: tuple[str, ...], layout: LogLayout, builder: LogBuilder
    ) -> None:
        self.roles, self.attributes, self.builder = roles, attributes, builder
        self.times = EventTimes(layout.date_format, builder.where)
        self.examples: dict[str, tuple[str, ...]] = {}

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
            if role == "time" and not pyarrow.types.is_string(column.type):
                cells[role] = column
                continue
            cells[role] = plain_ids(column, compute) if role == "case" else compute.utf8_trim_whitespace(column)
            self.examples.setdefault(role, examples_of(cells[role].slice(0, 50).to_pylist()))
            if role in ("case", "activity", "time"):
                gone = is_missing(cells[role], None, pyarrow, compute) & kept
                builder.leave_out(f"without {'an' if role == 'activity' else 'a'} {role}", int(gone.sum()))
                kept &= ~gone
        if "kind" in cells:
            known = compute.is_in(cells["kind"], pyarrow.array(["timely contact", "mistimed contact", *_STAGE_KINDS]))
            if count and bool(compute.any(known).as_py()):
                stage = compute.is_in(cells["kind"], pyarrow.array(_STAGE_KINDS)).to_numpy(zero_copy_only=False)
                builder.leave_out("that enter no stage (contacts, opinions)", int((kept & ~stage).sum()))
                kept &= stage
                builder.state_at_start |= bool(compute.any(compute.equal(cells["kind"], "start")).as_py())
        self._encode(block, cells, kept)

    def _encode(self, block: dict[str, Any], cells: dict[str, Any], kept: Any) -> None:
        import pyarrow
        from pyarrow import compute

        builder, mask = self.builder, pyarrow.array(kept)
        out: dict[str, Any] = {}
        out["case"] = _codes(cells["case"].filter(mask), builder.case_of)
        out["activity"] = _codes(cells["activity"].filter(mask), builder.activity_of)
        moment = cells["time"].filter(mask)
        if pyarrow.types.is_string(moment.type):
            out["time"] = self.times.add(moment, compute, pyarrow)
        else:
            read = compute.cast(moment, pyarrow.timestamp("us", moment.type.tz), safe=False)
            numbers = compute.fill_null(compute.cast(read, pyarrow.int64()), int(NO_TIME))
            out["time"] = numbers.to_numpy(zero_copy_only=False)
            self.times.way = "zoned" if moment.type.tz else "iso"
        if "amount" in cells:
            given = cells["amount"].filter(mask)
            money = read_amounts(given, ".", pyarrow, compute)
            if pyarrow.types.is_string(given.type):
                odd = ~money.readable & ~np.asarray(is_missing(given, None, pyarrow, compute))
                if odd.sum() > money.readable.sum():
                    example = str(given[int(odd.argmax())])
                    raise ConfigError(
                        f"{builder.where}: most amounts are no numbers with a decimal point, such as {example!r}; "
                        "write them like 1234.50, or name another column: columns={amount: HEAD}"
                    )
            out["amount"] = np.where(money.readable, money.values, np.nan)
        named: dict[str, Any] = {role: cells[role] for role in ("brand", "channel", "lifecycle") if role in cells}
        named |= {name: compute.utf8_trim_whitespace(block[name]) for name in self.attributes}
        for name, column in named.items():
            plain = column.filter(mask)
            codes = _codes(plain, lambda value, name=name: builder.extra_of(name, value))
            gone = is_missing(plain, None, pyarrow, compute)
            out[name] = np.where(gone, -1, codes)
        builder.blocks.append(out)

    def finish(self) -> None:
        """Read times that needed all values, and leave out events without one."""
        builder, trouble = self.builder, RowFaults()
        blocks = builder.blocks
        if self.times.way == "words" and blocks:
            values = self.times.finish(np.concatenate([block["time"] for block in blocks]), trouble)
            ends = np.cumsum([block["time"].size for block in blocks])[:-1]
            for block, part in zip(blocks, np.split(values, ends), strict=True):
                block["time"] = part
        odd: dict[str, int] = {}
        for at, block in enumerate(blocks):
            good = block["time"] != NO_TIME
            if (bad := int((~good).sum())) > 0:
                odd["cannot be read"] = odd.get("cannot be read", 0) + bad
                builder.leave_out("with a time that cannot be read", bad)
                blocks[at] = {name: values[good] for name, values in block.items()}
        for role, head in self.roles.items():
            shape = self.times.format if role == "time" else "number" if role == "amount" else "text"
            builder.columns.append(
                ColumnRead(role, head, shape, self.examples.get(role, ()), odd if role == "time" else {})
            )


def _codes(cells: Any, code_of: Any) -> Any:
    encoded = cells.dictionary_encode()
    mine = np.array([code_of(word) for word in encoded.dictionary.to_pylist()], np.int64)
    if not mine.size:
        return np.zeros(0, np.int64)
    return mine[encoded.indices.to_numpy(zero_copy_only=False)]


def _text_blocks(
    path: Path, heads: list[str], wanted: list[str], delimiter: str, skip: int, builder: LogBuilder, layout: LogLayout
) -> Iterator[dict[str, Any]]:
    def refuse(row: Any) -> str:
        builder.rows += 1
        builder.leave_out("with another number of columns", 1)
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
        lines_in_cells=True,
    ):
        yield dict(zip(wanted, batch.columns, strict=True))
