"""Checksums: one list of the SHA-256 of every file of a result folder, which `sha256sum --check` reads as well."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

from sim.execution.checked_file import DamagedFile, checksum_of, read_ordinary
from sim.scenario.errors import ConfigError

__all__ = ["CHECKSUMS", "read_checksums", "recorded", "write_checksums"]

#: Name of the list; it is the last file that is written.
CHECKSUMS = "SHA256SUMS"
_HEAD = "# SHA-256 of the lines below: "
_LINE = re.compile(r"([0-9a-f]{64})  ([^\n]+)")
_LARGEST = 16 << 20


def write_checksums(folder: Path) -> None:
    """Write the checksums of every file of a folder and of the folders in it, and of the list itself in its head."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = "".join(f"{checksum_of(path)}  {path.relative_to(folder).as_posix()}\n" for path in files)
    head = f"{_HEAD}{sha256(lines.encode()).hexdigest()}\n"
    (folder / CHECKSUMS).write_text(head + lines, encoding="utf-8")


def read_checksums(folder: Path) -> dict[str, str]:
    """Return the checksum of every file by its path in the folder; nothing for a folder without a list.

    Raises
    ------
    ConfigError
        If the list is not what was written.
    """
    path = folder / CHECKSUMS
    try:
        content = read_ordinary(path, _LARGEST).decode()
    except FileNotFoundError:
        return {}
    except DamagedFile as error:
        raise ConfigError(f"{path}: {error}; write the run again") from None
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"{path}: cannot be read; write the run again") from None
    head, _, lines = content.partition("\n")
    if head != _HEAD + sha256(lines.encode()).hexdigest():
        raise ConfigError(f"{path}: is damaged: its lines are not those that its head names; write the run again")
    found = [_LINE.fullmatch(line) for line in lines.splitlines()]
    listed = {line[2]: line[1] for line in found if line is not None}
    if len(listed) != len(found) or not all(_is_inside(name) for name in listed):
        raise ConfigError(f"{path}: is no list of checksums and files of its folder; write the run again")
    return listed


def recorded(folder: Path, name: str) -> tuple[Path, str | None]:
    """Return the path of a file of a result folder, and the checksum that is recorded for it.

    Parameters
    ----------
    folder : Path
    name : str
        Path of the file in the folder.

    Returns
    -------
    path : Path
    checksum : str or None
        None where none is recorded: a folder of an earlier version, or a file that was exported later.

    Raises
    ------
    ConfigError
        If the list cannot be read.
    """
    return folder / name, read_checksums(folder).get(name)


def _is_inside(name: str) -> bool:
    return not Path(name).is_absolute() and ".." not in Path(name).parts
