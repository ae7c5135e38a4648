"""Checked file: the one reader of what the simulator wrote: ordinary files, checked against a checksum and a schema."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["DamagedFile", "checksum_of", "hold", "open_ordinary", "open_parquet", "read_ordinary", "require_columns"]

#: Files up to this size are read once, and what was held to the checksum is what is used.
_IN_MEMORY = 64 << 20


class DamagedFile(ValueError):
    """A file is not what was written; the text says how."""


def open_ordinary(path: Path) -> io.BufferedReader:
    """Open an ordinary file. A link is not followed, and a pipe or a device is not waited for.

    Raises
    ------
    DamagedFile
        If it is a link, a folder, a pipe or a device.
    OSError
        If it cannot be opened.
    """
    if path.is_symlink():
        raise DamagedFile("is a link, and no ordinary file")
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise DamagedFile("is no ordinary file")
    return os.fdopen(handle, "rb")


def read_ordinary(path: Path, most_bytes: int, checksum: str | None = None) -> bytes:
    """Read an ordinary file whole.

    Parameters
    ----------
    path : Path
    most_bytes : int
        A larger file is not read.
    checksum : str, optional
        SHA-256 of the content, or its first digits.

    Returns
    -------
    bytes

    Raises
    ------
    DamagedFile
        If it is no ordinary file, is larger, or has another checksum.
    OSError
        If it cannot be read.
    """
    with open_ordinary(path) as stream:
        content = stream.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise DamagedFile(f"has more than {most_bytes:,} bytes")
    if checksum is not None:
        hold(hashlib.sha256(content).hexdigest(), checksum)
    return content


def checksum_of(path: Path) -> str:
    """Return the SHA-256 of an ordinary file; raises as :func:`open_ordinary`."""
    with open_ordinary(path) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def open_parquet(path: Path, checksum: str | None = None) -> Any:
    """Open a Parquet file, after its whole content was held to its checksum.

    Parameters
    ----------
    path : Path
    checksum : str, optional
        SHA-256 of the content, or its first digits; None: none is known.

    Returns
    -------
    pyarrow.parquet.ParquetFile

    Raises
    ------
    DamagedFile
        If it is no ordinary file, has another checksum, or is no Parquet file.
    OSError
        If it cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    stream = open_ordinary(path)
    source: Any = stream
    if os.fstat(stream.fileno()).st_size <= _IN_MEMORY:
        with stream:
            content = stream.read()
        if checksum is not None:
            hold(hashlib.sha256(content).hexdigest(), checksum)
        source = pa.BufferReader(content)
    elif checksum is not None:
        hold(hashlib.file_digest(stream, "sha256").hexdigest(), checksum)
        stream.seek(0)
    try:
        return pq.ParquetFile(source)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise DamagedFile(f"is no Parquet file ({_first_line(error)})") from None


def hold(found: str, checksum: str) -> None:
    """Hold a SHA-256 to the one that was recorded, or to its first digits: a DamagedFile where they differ."""
    if not found.startswith(checksum):
        raise DamagedFile(
            f"is damaged: its content has the checksum {found[: len(checksum)][:12]}…, not {checksum[:12]}…"
        )


def require_columns(schema: Any, columns: Mapping[str, str]) -> None:
    """Hold the columns of a table to their kinds.

    Parameters
    ----------
    schema : pyarrow.Schema
    columns : mapping of str to {'text', 'whole', 'number', 'time', 'bytes'}
        What must be there; further columns may be.

    Raises
    ------
    DamagedFile
        If a column is missing, there twice, or of another kind.
    """
    for name, kind in columns.items():
        if len(schema.get_all_field_indices(name)) != 1:
            found = "is missing" if name not in schema.names else "is there twice"
            raise DamagedFile(f"is damaged: the column {name!r} {found}")
        if not _is_kind(schema.field(name).type, kind):
            raise DamagedFile(f"is damaged: the column {name!r} holds {schema.field(name).type}, not {kind}s")


def _is_kind(found: Any, kind: str) -> bool:
    from pyarrow import types

    if kind == "text":
        inner = found.value_type if types.is_dictionary(found) else found
        return bool(types.is_string(inner) or types.is_large_string(inner))
    if kind == "bytes":
        return bool(types.is_binary(found))
    if kind == "time":
        return bool(types.is_timestamp(found))
    if kind == "whole":
        return bool(types.is_integer(found))
    return bool(types.is_floating(found) or types.is_integer(found))


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
