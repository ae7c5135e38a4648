"""Kept files: what can be made again, in files that are whole or not believed.

Quantile tables, composed configurations, figures and compiled templates are kept so in the user's cache.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

__all__ = ["hash_of_files", "installed_file", "read_kept", "write_kept"]

_DIGITS = 64


def read_kept(place: Path) -> bytes | None:
    """Return what was kept, or None where it is not there or not as it was written; it then counts as used just now.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     place = Path(folder) / "tables" / "one"
    ...     write_kept(place, b"made", 3)
    ...     kept = read_kept(place)
    ...     size = place.write_bytes(b"damaged")
    ...     kept, read_kept(place)
    (b'made', None)
    """
    try:
        raw = place.read_bytes()
    except (OSError, ValueError):
        return None
    content = raw[_DIGITS:]
    if raw[:_DIGITS] != hashlib.sha256(content).hexdigest().encode():
        return None
    with suppress(OSError):
        os.utime(place)
    return content


def write_kept(place: Path, content: bytes, most: int) -> None:
    """Keep something with its checksum; where that cannot be, it is made again next time.

    Parameters
    ----------
    place : Path
        Its file; the folder is made.
    content : bytes
    most : int
        How many files the folder holds; where there are more, those that were not used for longest are removed.
    """
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=place.parent, delete=False) as partial:
            try:
                partial.write(hashlib.sha256(content).hexdigest().encode() + content)
                partial.close()
                os.replace(partial.name, place)
            except BaseException:
                os.unlink(partial.name)
                raise
        if len(os.listdir(place.parent)) > most:
            for old in sorted(place.parent.iterdir(), key=lambda path: path.stat().st_mtime)[:-most]:
                old.unlink(missing_ok=True)


def installed_file(module: str, name: str = "") -> Path:
    """Return the file of an installed module or package, or the one called ``name`` beside it.

    Raises
    ------
    OSError
        If it is not installed.
    """
    found = find_spec(module)
    if found is None or found.origin is None:
        raise OSError(f"{module} is not installed")
    return Path(found.origin).with_name(name) if name else Path(found.origin)


def hash_of_files(words: str, files: Iterable[Path]) -> str | None:
    """Return a hash of words and of what files hold, or None where one cannot be read.

    Parameters
    ----------
    words : str
        What else it depends on, such as the version of Python.
    files : iterable of Path
    """
    digest = hashlib.sha256(words.encode())
    try:
        for path in files:
            digest.update(path.read_bytes())
    except (OSError, ValueError):
        return None
    return digest.hexdigest()
