"""Store: finished runs of every sweep, by the content of what was run, in Parquet files that appear whole or not.

`FOLDER/MODEL/HASH.parquet`: a folder for each version of the model, a file for each finished chunk, named by the hash
of its content. A file is written beside its final name and renamed, so that a kill leaves nothing half-written that
anybody reads, and two sweeps that add to one store at once add different files or the same one. Whoever reads a file
holds it to its name and to its columns; a damaged one is named, renamed to `HASH.parquet.damaged-…`, and never deleted.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from sim.execution.checked_file import DamagedFile, checksum_of, read_ordinary, require_columns
from sim.execution.chunk import RUN_METRICS, Chunk, Run, RunResult
from sim.execution.partial_name import is_left_over, partial_name
from sim.execution.version import model_version
from sim.scenario.errors import ConfigError
from sim.scenario.laid_out import LaidOut
from sim.scenario.scenario import Scenario
from sim.scenario.schema import plain
from sim.terminal import complain

__all__ = [
    "DAMAGED",
    "CHUNK_COLUMNS",
    "Store",
    "StoreFull",
    "check_columns",
    "check_chunk_file",
    "open_chunk_file",
    "read_chunk_file",
    "chunk_files",
]

#: Ends the name of a file that was set aside, with the first digits of the hash of what it holds.
DAMAGED = ".damaged-"
#: What stands in a file before the figures; a row for each arm and persona of a run, one for a run that failed.
CHUNK_COLUMNS: tuple[str, ...] = (
    "key",
    "replicate",
    "seed",
    "model",
    "scenario",
    "values",
    "base",
    "arm",
    "persona",
    "error",
)
_KINDS = {name: "whole" if name in ("replicate", "seed") else "text" for name in CHUNK_COLUMNS}
#: What a question keeps of its runs beside their figures; a column of the files of such questions alone.
_DETAIL = "detail"
#: Digits of the hash of a file's content that are its name.
_DIGITS = 32
#: Bytes of a file; one is written after some seconds' work.
_LARGEST = 1 << 30
#: Files whose rows are kept in memory while a table is put together.
_KEPT = 6
#: Scenarios of the latest chunks, written out: the chunks of a fit or a sweep have few.
_WRITTEN: LaidOut[str] = LaidOut(8)


class StoreFull(OSError):
    """A file could not be written; everything before it is kept."""


class Store:
    """The runs of one version of the model in a folder.

    Parameters
    ----------
    folder : path
        Folder of the store; made when something is added.
    model : str, optional
        Version of the model; this one by default.

    Raises
    ------
    ConfigError
        If the folder cannot be read, or is a link.
    """

    def __init__(self, folder: str | Path, model: str | None = None) -> None:
        self.folder = Path(folder)
        self.model = model or model_version()
        self.model_folder = self.folder / self.model
        for place in (self.folder, self.model_folder):
            if place.is_symlink():
                raise ConfigError(
                    f"the store {str(place)!r} is a link, which is not followed; give the folder that it leads to as"
                    " part of another output_dir"
                )
        self._files: list[str] = []
        self._seen: set[str] = set()
        self._damaged: set[str] = set()
        #: By key and replicate, the file that holds the run, and whether it failed: the number is made negative.
        self._where: dict[tuple[str, int], int] = {}
        self._rows: OrderedDict[int, _Rows] = OrderedDict()
        #: Runs that are worth trying again are taken for missing.
        self.again = False
        self._sweep_up()
        self.refresh()

    def __len__(self) -> int:
        return len(self._where)

    def refresh(self) -> None:
        """Index the files that were added since."""
        try:
            names = sorted(entry.name for entry in os.scandir(self.model_folder) if _is_chunk_file(entry.name))
        except FileNotFoundError:
            return
        except OSError as error:
            raise ConfigError(
                f"the store {str(self.model_folder)!r} cannot be read ({error.strerror}); give another output_dir"
            ) from None
        for name in names:
            if name in self._seen or name in self._damaged:
                continue
            columns = _read_columns(self.model_folder / name, ["key", "replicate", "error"])
            if columns is None:
                self._damaged.add(name)
            else:
                keys, replicates, errors = columns
                self._note(name, zip(keys, replicates, map(bool, errors), strict=True))

    def _note(self, name: str, runs: Any) -> None:
        self._seen.add(name)
        self._files.append(name)
        place = len(self._files)
        for key, replicate, failed in runs:
            known = self._where.get((key, replicate))
            # A run that went well replaces one that failed before it, never the other way round.
            if known is None or (known < 0 and not failed):
                self._where[key, replicate] = -place if failed else place

    def holds(self, key: str, replicate: int) -> bool:
        """Say whether a run is there."""
        place = self._where.get((key, replicate))
        return place is not None and not (self.again and place < 0)

    def failed(self, key: str, replicate: int) -> bool:
        """Say whether a run is there and failed."""
        return self._where.get((key, replicate), 0) < 0

    def read(self, key: str, replicate: int) -> RunResult:
        """Return what a run left.

        Raises
        ------
        KeyError
            If it is not there.
        ConfigError
            If its file was damaged since the store was opened.
        """
        place = abs(self._where[key, replicate])
        rows = self._rows.get(place)
        if rows is None:
            rows = self._rows[place] = _Rows(self.model_folder / self._files[place - 1])
            if len(self._rows) > _KEPT:
                self._rows.popitem(last=False)
        else:
            self._rows.move_to_end(place)
        return rows.read(key, replicate)

    def add(self, chunk: Chunk, results: Sequence[RunResult]) -> Path | None:
        """Add the runs of a finished chunk as one file; return it, or None where it was there already.

        Raises
        ------
        StoreFull
            If the disk is full or cannot be written; nothing of the file is left, and the store stays readable.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        buffer = pa.BufferOutputStream()
        pq.write_table(_table(chunk, results), buffer, compression="zstd", use_dictionary=list(CHUNK_COLUMNS))
        content = buffer.getvalue()
        name = f"{hashlib.sha256(content).hexdigest()[:_DIGITS]}.parquet"
        final = self.model_folder / name
        runs = [(run.key, run.replicate, item.metrics is None) for run, item in zip(chunk.runs, results, strict=True)]
        if name in self._damaged or not final.exists():
            self._write(final, content)
        if name not in self._seen:
            self._note(name, runs)
            return final
        return None

    def _write(self, final: Path, content: Any) -> None:
        partial = final.with_name(partial_name(final.name))
        try:
            self.model_folder.mkdir(parents=True, exist_ok=True)
            with partial.open("wb") as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
            partial.rename(final)
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
            remedy = "make room" if full else "make it writable"
            raise StoreFull(
                error.errno,
                f"{error.strerror or error}; the {len(self)} runs of the store are kept: {remedy} and run the same"
                " command again, it goes on where it stopped",
                str(self.model_folder),
            ) from error
        finally:
            # Ctrl-C and kill come in the middle of a write as well.
            with suppress(OSError):
                partial.unlink(missing_ok=True)

    def _sweep_up(self) -> None:
        """Remove what killed sweeps of this machine left half-written."""
        try:
            left = [entry.name for entry in os.scandir(self.model_folder) if is_left_over(entry.name)]
        except OSError:
            return
        for name in left:
            with suppress(OSError):
                (self.model_folder / name).unlink(missing_ok=True)


class _Rows:
    """The rows of one file, by run."""

    def __init__(self, path: Path) -> None:
        names = ["key", "replicate", "arm", "persona", "error", *RUN_METRICS]
        columns = _read_columns(path, names, optional=_DETAIL)
        if columns is None:
            raise ConfigError(
                f"{path} was damaged since it was found; run the same command again, it does its runs again"
            )
        keys, replicates, self.arms, self.personas, self.errors, *figures = columns[: 5 + len(RUN_METRICS)]
        self.details: list[bytes] = columns[-1] if len(columns) > 5 + len(RUN_METRICS) else []
        self.figures = np.stack([np.asarray(column, np.float64) for column in figures], axis=1)
        self.places: dict[tuple[str, int], tuple[int, int]] = {}
        runs = list(zip(keys, replicates, strict=True))
        start = 0
        for at in range(1, len(runs) + 1):
            if at == len(runs) or runs[at] != runs[start]:
                self.places.setdefault(runs[start], (start, at))
                start = at

    def read(self, key: str, replicate: int) -> RunResult:
        start, end = self.places[key, replicate]
        if self.errors[start]:
            return RunResult((), (), None, self.errors[start])
        detail = self.details[start] if self.details else b""
        arms = tuple(dict.fromkeys(self.arms[start:end]))
        personas = tuple(dict.fromkeys(self.personas[start:end]))
        return RunResult(arms, personas, self.figures[start:end].reshape(len(arms), len(personas), -1), detail=detail)


def chunk_files(folder: str | Path) -> Iterator[Path]:
    """Yield every file of a store, of all versions of the model, sorted; no link is followed."""
    root = Path(folder)
    if not root.is_dir() or root.is_symlink():
        return
    for model in sorted(place for place in root.iterdir() if place.is_dir() and not place.is_symlink()):
        if model.name.startswith("."):
            continue
        yield from sorted(path for path in model.iterdir() if _is_chunk_file(path.name))


def _is_chunk_file(name: str) -> bool:
    return name.endswith(".parquet") and not name.startswith(".")


def read_chunk_file(path: Path) -> Any:
    """Return the content of a file as a buffer after it was held to its name; raises as :func:`check_chunk_file`."""
    import pyarrow as pa

    return pa.py_buffer(read_ordinary(path, _LARGEST, path.stem.ljust(_DIGITS, "?")))


#: Columns that were found right, by version of the model: of the next file it is enough that it has the same.
_right: dict[str, Any] = {}


def check_columns(path: Path, schema: Any) -> None:
    """Hold the columns of a file to their kinds and, of this version of the model, to all figures: a DamagedFile."""
    model = path.parent.name
    if model in _right and schema.equals(_right[model]):
        return
    figures = RUN_METRICS if model == model_version() else ()
    detail = {_DETAIL: "bytes"} if _DETAIL in schema.names else {}
    require_columns(schema, {**_KINDS, **dict.fromkeys(figures, "number"), **detail})
    _right[model] = schema


def check_chunk_file(path: Path) -> Any:
    """Open a file after it was checked against its name and its columns.

    Returns
    -------
    pyarrow.parquet.ParquetFile

    Raises
    ------
    DamagedFile
        If it is not what was written.
    OSError
        If it cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    content = read_chunk_file(path)
    try:
        file = pq.ParquetFile(pa.BufferReader(content))
    except (OSError, ValueError, pa.ArrowException) as error:
        raise DamagedFile(f"is no Parquet file ({error})".splitlines()[0]) from None
    check_columns(path, file.schema_arrow)
    return file


def open_chunk_file(path: Path, opener: Callable[[Path], Any] = check_chunk_file) -> Any:
    """Open a file; a damaged one is named and set aside, and None returned in its place.

    Parameters
    ----------
    path : Path
    opener : callable
        Opens and checks it, and raises as :func:`check_chunk_file`.
    """
    try:
        return opener(path)
    except FileNotFoundError:
        return None  # set aside meanwhile, by another process
    except (DamagedFile, OSError) as error:
        _leave_out(path, str(error) if isinstance(error, DamagedFile) else f"cannot be read ({error.strerror})")
    return None


def _read_columns(path: Path, names: Sequence[str], optional: str = "") -> list[Any] | None:
    """Return columns of a file, figures as arrays and all others as lists; None where it is damaged."""
    import pyarrow as pa

    file = open_chunk_file(path)
    if file is None:
        return None
    if optional in file.schema_arrow.names:
        names = [*names, optional]
    try:
        table = file.read(columns=list(names), use_threads=False)
        table.validate(full=True)
        if any(table[name].null_count for name in names):
            raise DamagedFile("is damaged: it has cells without a value")
        return [table[name].to_numpy() if name in RUN_METRICS else table[name].to_pylist() for name in names]
    except (DamagedFile, OSError, ValueError, KeyError, MemoryError, pa.ArrowException) as error:
        _leave_out(path, str(error) if isinstance(error, DamagedFile) else f"cannot be read ({error})".split("\n")[0])
    return None


def _leave_out(path: Path, reason: str) -> None:
    """Name a damaged file and set it aside, so that it is named once and its runs are done again."""
    done = "left out"
    try:
        before = path.lstat()
        digest = checksum_of(path)
        # Another version's files may have other columns.
        foreign = path.stem == digest[:_DIGITS] and path.parent.name != model_version()
        if not foreign and path.lstat().st_ino == before.st_ino:
            # The name tells the content: whoever sets the same file aside at once does no harm.
            aside = path.with_name(f"{path.name}{DAMAGED}{digest[:8]}")
            path.rename(aside)
            done = f"set aside as {aside.name}"
    except (DamagedFile, OSError):
        pass
    complain(f"{path} {reason}; it is {done}, and a sweep does its runs again")


def _written(scenario: Scenario) -> str:
    return json.dumps(scenario.to_dict(), separators=(",", ":"))


def _table(chunk: Chunk, results: Sequence[RunResult]) -> Any:
    """Return the rows of a chunk: each run by arm and persona."""
    import pyarrow as pa

    counts = np.array(
        [1 if item.metrics is None else item.metrics.shape[0] * item.metrics.shape[1] for item in results]
    )
    owner = np.repeat(np.arange(len(results)), counts)
    figures = np.concatenate(
        [
            np.full((1, len(RUN_METRICS)), np.nan)
            if item.metrics is None
            else item.metrics.reshape(-1, len(RUN_METRICS))
            for item in results
        ]
    )
    bases = [_WRITTEN.find((base,), None, partial(_written, base)) for base in chunk.scenarios]

    def repeated(words: Sequence[str]) -> Any:
        """A column of words of the runs, repeated over their rows without writing them out."""
        distinct = list(dict.fromkeys(words))
        codes = {word: place for place, word in enumerate(distinct)}
        places = np.array([codes[word] for word in words], np.int32)[owner]
        return pa.DictionaryArray.from_arrays(pa.array(places), pa.array(distinct, pa.string()))

    def said(run: Run) -> str:
        return json.dumps(plain(run.values), separators=(",", ":"))

    columns: dict[str, Any] = {
        "key": repeated([run.key for run in chunk.runs]),
        "replicate": pa.array(np.array([run.replicate for run in chunk.runs], np.int64)[owner]),
        "seed": pa.array(np.array([run.seed for run in chunk.runs], np.int64)[owner]),
        "model": repeated([chunk.model] * len(results)),
        "scenario": repeated([chunk.scenarios[run.scenario].name for run in chunk.runs]),
        "values": repeated([said(run) for run in chunk.runs]),
        "base": repeated([bases[run.scenario] for run in chunk.runs]),
        "arm": _words(results, lambda item: [arm for arm in item.arms for _ in item.personas]),
        "persona": _words(results, lambda item: list(item.personas) * len(item.arms)),
        "error": repeated([item.error for item in results]),
    }
    for place, name in enumerate(RUN_METRICS):
        columns[name] = pa.array(figures[:, place])
    if any(item.detail for item in results):
        first = np.concatenate([[0], np.cumsum(counts)[:-1]])
        details = [b""] * len(owner)
        for row, item in zip(first, results, strict=True):
            details[row] = item.detail
        columns[_DETAIL] = pa.array(details, pa.binary())
    return pa.table(columns)


def _words(results: Sequence[RunResult], of: Callable[[RunResult], list[str]]) -> Any:
    """Return a column of words, one for each row of each run; a run that failed has one row and no word."""
    import pyarrow as pa

    words = [word for item in results for word in (of(item) if item.metrics is not None else [""])]
    return pa.array(words).dictionary_encode()
