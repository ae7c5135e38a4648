"""Check: a whole folder of results verified, file by file, and what killed runs left behind removed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import sim
from sim.execution.checked_file import DamagedFile
from sim.execution.partial_name import is_left_over
from sim.execution.store import DAMAGED, check_chunk_file
from sim.execution.store_folder import STORE
from sim.execution.version import model_version
from sim.results.checksums import read_checksums
from sim.results.manifest import MANIFEST, read_json, read_manifest
from sim.results.table import checked_path, open_table
from sim.scenario.errors import ConfigError

__all__ = ["STATES", "CheckedEntry", "check_lines", "check_results", "clean_results", "left_over"]

GOOD, OTHER, DAMAGE, LEFT_OVER = "good", "another version", "damaged", "left over"
STATES: tuple[str, ...] = (GOOD, OTHER, DAMAGE, LEFT_OVER)


@dataclass(frozen=True, slots=True)
class CheckedEntry:
    """What a file, a result folder or a leftover was found to be: one of `STATES`, why, and its size."""

    path: Path
    state: str
    size: int
    reason: str = ""


def check_results(output_dir: str | Path, name: str = "") -> Iterator[CheckedEntry]:
    """Verify what lies in a folder of results; nothing is changed.

    Parameters
    ----------
    output_dir : path
        Folder of all results.
    name : str
        `store` for the store alone, or the name of a run as ``VERB/NAME``; empty: everything.

    Yields
    ------
    CheckedEntry
        For each file, each result folder, and each file or folder that a killed run left behind.
    """
    root = Path(output_dir)
    for verb in _folders(root):
        if verb.name == STORE:
            if name in ("", STORE):
                yield from _check_store(verb)
            continue
        for path in sorted(verb.iterdir()):
            if name in ("", f"{verb.name}/{path.name}"):
                yield from _check_entry(path, root)
    if not name:
        yield from left_over(root)


def left_over(output_dir: str | Path) -> Iterator[CheckedEntry]:
    """Yield what killed processes of this machine left half-written in a folder of results."""
    root = Path(output_dir)
    within = [root, *_folders(root)]
    within += [folder for verb in within[1:] for folder in _folders(verb) if not is_left_over(folder.name)]
    for folder in within:
        if folder.is_dir():
            for path in sorted(folder.iterdir()):
                if is_left_over(path.name):
                    yield CheckedEntry(path, LEFT_OVER, _size(path), "was being written when its process ended")


def _folders(place: Path) -> list[Path]:
    """Return the folders of a folder, sorted; no link is one."""
    if not place.is_dir():
        return []
    return sorted(path for path in place.iterdir() if path.is_dir() and not path.is_symlink())


def _check_store(store: Path) -> Iterator[CheckedEntry]:
    for folder in _folders(store):
        for path in sorted(folder.iterdir()):
            if DAMAGED in path.name:
                yield CheckedEntry(path, DAMAGE, _size(path), "was set aside")
            elif path.name.endswith(".parquet") and not path.name.startswith("."):
                yield _check_chunk_file(path)


def _check_chunk_file(path: Path) -> CheckedEntry:
    import pyarrow as pa

    try:
        # All of it is read: a checksum says that it is what was written, not that it can be used.
        check_chunk_file(path).read(use_threads=False).validate(full=True)
    except DamagedFile as error:
        return CheckedEntry(path, DAMAGE, _size(path), str(error))
    except (OSError, ValueError, KeyError, MemoryError, pa.ArrowException) as error:
        return CheckedEntry(path, DAMAGE, _size(path), f"cannot be read ({str(error).splitlines()[0]})")
    if path.parent.name != model_version():
        return CheckedEntry(path, OTHER, _size(path), f"version {path.parent.name} of the model")
    return CheckedEntry(path, GOOD, _size(path))


def _check_entry(path: Path, root: Path) -> Iterator[CheckedEntry]:
    """Verify what lies in the folder of a verb."""
    if path.name.startswith("."):
        return
    if path.is_symlink() and not path.resolve().is_relative_to(root.resolve()):
        yield CheckedEntry(path, DAMAGE, 0, f"is a link that leads out of {root}")
    elif path.is_dir() and (path / MANIFEST).exists():
        yield _check_folder(path)


def _check_folder(folder: Path) -> CheckedEntry:
    size = _size(folder)
    try:
        manifest = read_manifest(folder)
        files = read_checksums(folder)
        held = {*files, *(path.name for path in folder.glob("*.parquet"))}
        for name in sorted(held):
            _check_file(folder, name, name in files)
        if not files:
            read_json(folder / "summary.json")
    except ConfigError as error:
        return CheckedEntry(folder, DAMAGE, size, str(error).removeprefix(f"{folder}/"))
    if not files:
        return CheckedEntry(folder, OTHER, size, "it records no checksums; its files can be read")
    if manifest.get("version") != sim.__version__:
        return CheckedEntry(folder, OTHER, size, f"version {manifest.get('version')}")
    return CheckedEntry(folder, GOOD, size)


def _check_file(folder: Path, name: str, recorded: bool) -> None:
    """Hold a file to its checksum, or, where none is recorded, read all of it."""
    import pyarrow as pa

    if recorded:
        if not (folder / name).resolve().is_relative_to(folder.resolve()):
            raise ConfigError(f"{folder / name}: is a link that leads out of {folder}")
        checked_path(folder, name)
        return
    try:
        table = open_table(folder, name.removesuffix(".parquet"))
        for group in range(table.num_row_groups):
            table.read_row_group(group)
    except (OSError, ValueError, MemoryError, pa.ArrowException) as error:
        if isinstance(error, ConfigError):
            raise
        raise ConfigError(f"{folder / name}: cannot be read ({str(error).splitlines()[0]})") from None


def _size(path: Path) -> int:
    """Return the bytes of a file, or of everything in a folder; no link is followed."""
    with suppress(OSError):
        if path.is_symlink() or not path.is_dir():
            return path.lstat().st_size
        return sum(_size(inner) for inner in path.iterdir())
    return 0


def check_lines(findings: Iterable[CheckedEntry], root: Path) -> tuple[list[str], bool]:
    """Return what a reader is told, and whether nothing is damaged that was not set aside before.

    Parameters
    ----------
    findings : iterable of CheckedEntry
    root : Path
        Folder of all results, that paths are shown from.
    """
    told: list[str] = []
    count, size = dict.fromkeys(STATES, 0), dict.fromkeys(STATES, 0)
    sound = True
    for found in findings:
        count[found.state] += 1
        size[found.state] += found.size
        if found.state != GOOD:
            told.append(f"{found.state}: {_below(found.path, root)}  {_bytes(found.size)}  {found.reason}")
        sound = sound and (found.state != DAMAGE or DAMAGED in found.path.name)
    totals = [f"{state:<16}{count[state]:>8,}  {_bytes(size[state]):>10}" for state in STATES]
    return [*told, *([""] if told else []), *totals], sound


def _below(path: Path, root: Path) -> Path:
    return path.relative_to(root) if path.is_relative_to(root) else path


def _bytes(size: int) -> str:
    return f"{size:,} B" if size < 10_000 else f"{size / 1e6:,.2f} MB"


def clean_results(findings: Iterable[CheckedEntry]) -> Sequence[CheckedEntry]:
    """Remove leftovers, and nothing else; return those that are gone.

    A leftover is told by its name, which has the machine and the number of a process that is no more. That is looked
    at again right before it is removed, so that a writer at work loses nothing; a link is removed, never followed.
    """
    gone = []
    for found in findings:
        if not os.path.lexists(found.path) or not is_left_over(found.path.name):
            continue
        if found.path.is_dir() and not found.path.is_symlink():
            shutil.rmtree(found.path, ignore_errors=True)
        else:
            with suppress(OSError):
                found.path.unlink(missing_ok=True)
        if not os.path.lexists(found.path):
            gone.append(found)
    return gone
