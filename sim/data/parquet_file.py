"""Parquet file: its columns as text, block by block, so that they are read like those of any other table."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

from sim.data.text_file import reason_of
from sim.scenario.errors import ConfigError

__all__ = [
    "columns_of_days",
    "columns_of_few_words",
    "columns_of_lists",
    "is_parquet",
    "numeric_columns",
    "parquet_blocks",
    "parquet_fields",
    "parquet_heads",
    "parquet_rows_apart",
]

_MAGIC = b"PAR1"
_ROWS = 131_072
#: Places from which some rows are looked at, how far apart they are, and how many rows.
_PLACES, _APART, _FEW = 48, 1024, 32
#: Bytes of a UUID.
_UUID_BYTES = 16
#: Bytes of a column in a group of rows whose words may say of each row what it is.
_FEW_WORDS = 1 << 20
#: Bytes of a column in a group of rows that are unpacked whatever they are.
_SMALL_CHUNK = 1 << 24
#: Bytes of text that words by code are unpacked to at once; usual names of all rows of a block are less.
_MOST_TEXT = 1 << 26
#: Whole numbers below it are exact as float64; from the other on they are long enough to be times since 1970.
_EXACT, _LONG = 2.0**53, 1e8


def is_parquet(path: Path) -> bool:
    """Return whether an ordinary file is Parquet, by its first bytes."""
    with path.open("rb") as stream:
        return stream.read(len(_MAGIC)) == _MAGIC


def parquet_heads(path: Path, where: str) -> list[str]:
    """Return the names of the columns.

    Raises
    ------
    ConfigError
        If the file cannot be read.
    """
    import pyarrow
    from pyarrow import parquet

    try:
        return [str(name) for name in parquet.read_schema(path).names]
    except (OSError, pyarrow.ArrowException) as error:
        raise ConfigError(f"{where} cannot be read as Parquet: {reason_of(error)}; write it again") from None


def parquet_fields(path: Path, where: str) -> list[str]:
    """Return the names of the columns, and behind them those of fields inside of one, such as `traffic_source.medium`.

    Raises
    ------
    ConfigError
        If the file cannot be read.
    """
    from pyarrow import parquet

    heads = parquet_heads(path, where)
    inner = [name for name in _inner_fields(parquet.read_schema(path)) if name not in heads]
    return [*heads, *inner]


def _inner_fields(fields: Any, above: tuple[str, ...] = ()) -> dict[str, tuple[tuple[str, ...], Any]]:
    """Return the fields inside of columns that are structures, by their dotted names: the way to each, and its type."""
    from pyarrow import types

    found: dict[str, tuple[tuple[str, ...], Any]] = {}
    for field in fields:
        way = (*above, field.name)
        if types.is_struct(field.type):
            inner = [field.type.field(at) for at in range(field.type.num_fields)]
            found |= _inner_fields(inner, way)
        elif above:
            found[".".join(way)] = way, field.type
    return found


def numeric_columns(path: Path, where: str) -> frozenset[str]:
    """Return the names of the columns that hold numbers, and no text.

    Raises
    ------
    ConfigError
        If the file cannot be read.
    """
    import pyarrow
    from pyarrow import parquet, types

    try:
        schema = parquet.read_schema(path)
    except (OSError, pyarrow.ArrowException) as error:
        raise ConfigError(f"{where} cannot be read as Parquet: {reason_of(error)}; write it again") from None
    kinds = {name: kind for name, (_, kind) in _inner_fields(schema).items()}
    kinds |= {field.name: field.type for field in schema}
    plain = {name: kind.value_type if types.is_dictionary(kind) else kind for name, kind in kinds.items()}
    tests = (types.is_integer, types.is_floating, types.is_decimal)
    return frozenset(name for name, kind in plain.items() if any(test(kind) for test in tests))


def columns_of_days(path: Path) -> frozenset[str]:
    """Return the names of the columns that are typed as dates or times, of a file that can be read."""
    from pyarrow import parquet, types

    schema = parquet.read_schema(path)
    return frozenset(field.name for field in schema if types.is_timestamp(field.type) or types.is_date(field.type))


def columns_of_lists(path: Path) -> frozenset[str]:
    """Return the names of the columns that hold lists, structures or maps, of a file that can be read."""
    from pyarrow import parquet, types

    return frozenset(field.name for field in parquet.read_schema(path) if types.is_nested(field.type))


def columns_of_few_words(path: Path) -> frozenset[str]:
    """Return the names of the columns of text that are small, of a file that can be read: their words are few or short.

    Columns of pages are none of them.
    """
    from pyarrow import parquet, types

    with parquet.ParquetFile(path) as file:
        schema, metadata = file.schema_arrow, file.metadata
    if not metadata.num_row_groups:
        return frozenset()
    first = metadata.row_group(0)
    columns = [first.column(at) for at in range(first.num_columns)]
    small = {column.path_in_schema for column in columns if column.total_uncompressed_size <= _FEW_WORDS}
    kinds = {field.name: field.type for field in schema}
    return frozenset(
        name
        for name, kind in kinds.items()
        if name in small and types.is_string(kind.value_type if types.is_dictionary(kind) else kind)
    )


def parquet_blocks(
    path: Path, columns: Sequence[str], where: str, most_megabytes: int, rows: int = _ROWS, *, keeps_times: bool = False
) -> Iterator[Any]:
    """Yield record batches of the columns asked for, every cell as text, '' where there is none.

    Dates become 2021-01-04, times the day by the clock of their own zone.

    Parameters
    ----------
    path : Path
    columns : sequence of str
        Heads.
    where : str
        Opens every message.
    most_megabytes : int
        Of all columns asked for, as text.
    rows : int
        Of a block, at most.
    keeps_times : bool
        Whether dates and times stay times, and words by code without gaps stay so.

    Yields
    ------
    pyarrow.RecordBatch

    Raises
    ------
    ConfigError
        If the file cannot be read, a column holds lists or the like, or there is more text than may be.
    """
    import pyarrow
    from pyarrow import parquet

    left = most_megabytes * 1_000_000
    inner: dict[str, tuple[tuple[str, ...], Any]] = {}
    try:
        inner = _inner_fields(parquet.read_schema(path))
        # One long word that all rows refer to would be unpacked for each of them.
        with parquet.ParquetFile(path, read_dictionary=_words_by_code(path, columns)) as file:
            _refuse_heavy_cells(file.metadata, frozenset(columns), where)
            batches = file.iter_batches(batch_size=rows, columns=list(dict.fromkeys(columns)))
            for batch in chain.from_iterable(map(_light_parts, batches)):
                cells = [_as_text(_column(batch, name, inner), name, where, keeps_times) for name in columns]
                left -= sum(map(_text_bytes, cells))
                if left < 0:
                    raise ConfigError(
                        f"{where} holds more than {most_megabytes:,} MB of text; divide it, or say"
                        f" most_megabytes={2 * most_megabytes} if there is memory for it"
                    )
                yield pyarrow.record_batch(cells, [f"column{at}" for at in range(len(cells))])
    except (OSError, pyarrow.ArrowException) as error:
        raise ConfigError(f"{where} cannot be read as Parquet: {reason_of(error)}; write it again") from None


def parquet_rows_apart(path: Path, columns: Sequence[str], where: str) -> Iterator[Any]:
    """Yield a few rows from places apart, of a file whose first rows were read by :func:`parquet_blocks`.

    Parameters
    ----------
    path, columns, where
        As for :func:`parquet_blocks`.

    Yields
    ------
    pyarrow.RecordBatch
        Of some of its first 49,152 rows, and of the first rows of some groups.
    """
    import pyarrow
    from pyarrow import parquet

    inner = _inner_fields(parquet.read_schema(path))
    asked = list(dict.fromkeys(columns))
    try:
        with parquet.ParquetFile(path, read_dictionary=_words_by_code(path, columns)) as file:
            groups = sorted({file.num_row_groups * place // _PLACES for place in range(_PLACES)})
            begins = (
                file.iter_batches(batch_size=_FEW, row_groups=[group], columns=asked) for group in groups if group
            )
            apart = islice(file.iter_batches(batch_size=_APART, columns=asked), _PLACES)
            for batch in chain(apart, chain.from_iterable(islice(rows, 1) for rows in begins)):
                for part in _light_parts(batch.slice(max(0, batch.num_rows - _FEW))):
                    cells = [_as_text(_column(part, name, inner), name, where, False) for name in columns]
                    yield pyarrow.record_batch(cells, [f"column{at}" for at in range(len(cells))])
    except (OSError, pyarrow.ArrowException) as error:
        raise ConfigError(f"{where} cannot be read as Parquet: {reason_of(error)}; write it again") from None


def _column(batch: Any, name: str, inner: Mapping[str, tuple[tuple[str, ...], Any]]) -> Any:
    """Return the column of a name, or the field inside of one."""
    from pyarrow import compute

    at = batch.schema.get_field_index(name)
    if at >= 0:
        return batch.column(at)
    first, *further = inner[name][0]
    return compute.struct_field(batch.column(batch.schema.get_field_index(first)), further)


def _words_by_code(path: Path, columns: Sequence[str]) -> list[str]:
    """Return the columns of text that are kept as different words and a code for each row, where any is."""
    from pyarrow import parquet

    metadata = parquet.read_metadata(path)
    texts = {field.name for field in metadata.schema.to_arrow_schema() if _is_text(field.type)}
    chunks = chain.from_iterable(
        map(group.column, range(group.num_columns)) for group in map(metadata.row_group, range(metadata.num_row_groups))
    )
    return sorted({chunk.path_in_schema for chunk in chunks if chunk.has_dictionary_page}.intersection(texts, columns))


def _is_text(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_string(kind) or types.is_large_string(kind))


def _text_bytes(column: Any) -> int:
    """Return how much text a column is."""
    from pyarrow import compute, types

    if not types.is_dictionary(column.type):
        return int(column.nbytes)
    lengths = compute.binary_length(column.dictionary).to_numpy(zero_copy_only=False)
    return int(lengths[column.indices.to_numpy(zero_copy_only=False)].sum())


def _light_parts(batch: Any) -> Iterator[Any]:
    """Yield a batch in parts whose words by code are no more text than a block may be."""
    from pyarrow import compute, types

    heaviest = 0
    for column in batch.columns:
        if types.is_dictionary(column.type) and _is_text(column.type.value_type):
            heaviest = max(heaviest, compute.max(compute.binary_length(column.dictionary)).as_py() or 0)
    rows = max(_MOST_TEXT // max(heaviest, 1), 1)
    for begin in range(0, batch.num_rows, rows):
        yield batch.slice(begin, rows)


def _refuse_heavy_cells(metadata: Any, columns: frozenset[str], where: str) -> None:
    """Refuse columns whose cells are too long on average, before a page of them is unpacked."""
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        for chunk in map(group.column, range(group.num_columns)):
            if chunk.path_in_schema in columns and chunk.total_uncompressed_size > max(
                csv.field_size_limit() * group.num_rows, _SMALL_CHUNK
            ):
                raise _too_long(chunk.path_in_schema, where)


def _too_long(name: str, where: str) -> ConfigError:
    return ConfigError(
        f"{where}: its column {name!r} has a cell of more than {csv.field_size_limit():,} bytes; shorten it"
    )


def _as_text(column: Any, name: str, where: str, keeps_times: bool) -> Any:
    import pyarrow
    from pyarrow import compute, types

    kind = column.type
    cells = column.dictionary if types.is_dictionary(kind) else column
    if types.is_string(cells.type) or types.is_large_string(cells.type):
        longest = compute.max(compute.binary_length(cells)).as_py() or 0
        if longest > csv.field_size_limit():
            raise _too_long(name, where)
    if types.is_dictionary(kind):
        if keeps_times and types.is_string(kind.value_type) and not column.null_count and not cells.null_count:
            return column
        column = compute.cast(column, kind.value_type)
        kind = column.type
    if isinstance(kind, pyarrow.BaseExtensionType):
        column, kind = column.storage, kind.storage_type
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind):
        # Impala and old Spark write text so.
        if (compute.max(compute.binary_length(column)).as_py() or 0) > csv.field_size_limit():
            raise _too_long(name, where)
        try:
            text = compute.cast(compute.cast(column, pyarrow.large_binary()), pyarrow.large_string())
            text.validate(full=True)
            column, kind = text, text.type
        except pyarrow.ArrowInvalid:
            if types.is_fixed_size_binary(kind) and kind.byte_width == _UUID_BYTES:
                column, kind = _uuids(column), pyarrow.string()
    odd = (types.is_nested, types.is_binary, types.is_large_binary, types.is_fixed_size_binary, types.is_duration)
    if any(test(kind) for test in odd):
        raise ConfigError(f"{where}: its column {name!r} holds {kind}; give a column of text, numbers or dates")
    if keeps_times and (types.is_timestamp(kind) or types.is_date(kind)):
        return column if types.is_timestamp(kind) else compute.cast(column, pyarrow.timestamp("us"))
    if types.is_timestamp(kind):
        local = compute.local_timestamp(column) if kind.tz else column
        column = compute.strftime(local, format="%Y-%m-%d")
    elif types.is_date(kind):
        column = compute.strftime(compute.cast(column, pyarrow.timestamp("s")), format="%Y-%m-%d")
    elif types.is_floating(kind):
        column = _plain_floats(column)
    return compute.fill_null(compute.cast(column, pyarrow.string()), "")


def _uuids(column: Any) -> Any:
    """Return the usual text of UUIDs, which DuckDB and Arrow write as 16 bytes."""
    import pyarrow

    encoded = column.dictionary_encode()
    digits = [word.hex() for word in encoded.dictionary.to_pylist()]
    words = ["-".join((word[:8], word[8:12], word[12:16], word[16:20], word[20:])) for word in digits]
    return pyarrow.DictionaryArray.from_arrays(encoded.indices, pyarrow.array(words, pyarrow.string())).cast(
        pyarrow.string()
    )


def _plain_floats(column: Any) -> Any:
    """Return numbers as text without exponents where they are exact: ids with gaps and times since 1970 come so."""
    import numpy as np
    import pyarrow
    from pyarrow import compute

    values = np.asarray(compute.cast(column, pyarrow.float64()).to_numpy(zero_copy_only=False))
    exact = np.isfinite(values) & (np.abs(values) < _EXACT)
    whole = exact & (np.trunc(values) == values)
    numbers = pyarrow.array(np.where(whole, values, 0.0).astype(np.int64), mask=~whole)
    text = compute.coalesce(compute.cast(numbers, pyarrow.string()), compute.cast(column, pyarrow.string()))
    parts = exact & ~whole & (np.abs(values) >= _LONG)
    if parts.any():
        long = pyarrow.array([f"{value:.6f}" for value in values[parts]], pyarrow.string())
        text = compute.replace_with_mask(text, pyarrow.array(parts), long)
    return text
