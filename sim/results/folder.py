"""Folder: the files of one run, written beside their final name and renamed, so that a folder is whole or absent."""

from __future__ import annotations

import json
import math
import re
import shutil
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sim.execution.partial_name import partial_name
from sim.results.checksums import write_checksums
from sim.scenario.errors import ConfigError
from sim.scenario.schema import plain
from sim.scenario.yaml_reader import write_yaml

__all__ = ["publish", "write_config", "write_folder", "write_json"]

_MOST_SUFFIXES = 10_000


def publish(output_dir: str | Path, verb: str, name: str, fill: Callable[[Path], None]) -> Path:
    """Write a result folder and return its path, ``output_dir/VERB/DATE_TIME_NAME``.

    Parameters
    ----------
    output_dir : path
        Folder of all results; made where it does not exist.
    verb : str
        The command whose result it is.
    name : str
        Of what it is the result, a scenario's name say.
    fill : callable
        Writes the files into the folder it is given.

    Returns
    -------
    Path

    Raises
    ------
    ConfigError
        If the folder cannot be written to.

    Notes
    -----
    Everything is written into a hidden folder beside the final one, which then is renamed. An exception or Ctrl-C
    removes the hidden folder; a killed process leaves it behind, and nobody lists it.
    """
    home = Path(output_dir) / _plain(verb)
    made = _make(home)
    title = f"{datetime.now():%Y-%m-%d_%H-%M-%S}_{_plain(name)}"
    partial = home / partial_name(title)
    try:
        partial.mkdir()
        fill(partial)
        write_checksums(partial)
        return _rename(partial, home / title)
    except OSError as error:
        _clear(partial, made)
        raise ConfigError(
            f"output_dir {str(output_dir)!r}: cannot write there ({error.strerror or error}); "
            "name a folder you may write to"
        ) from error
    except BaseException:
        _clear(partial, made)
        raise


def write_folder(path: Path, fill: Callable[[Path], None]) -> None:
    """Write a folder that does not exist yet, whole or not at all, in the way of :func:`publish`.

    Parameters
    ----------
    path : Path
        The new folder, below one that exists.
    fill : callable
        Writes the files into the folder it is given.

    Raises
    ------
    ConfigError
        If the folder exists by now or cannot be written.
    """
    partial = path.with_name(partial_name(path.name))
    try:
        partial.mkdir()
        fill(partial)
        partial.rename(path)
    except OSError as error:
        _clear(partial, [])
        raise ConfigError(f"{str(path)!r} cannot be written ({error.strerror or error}); give another place") from error
    except BaseException:
        _clear(partial, [])
        raise


def write_config(folder: Path, config: Mapping[str, Any]) -> None:
    """Write the whole resolved configuration as `config.yaml`; `from=FOLDER` runs it again."""
    (folder / "config.yaml").write_text(write_yaml(plain(config)), encoding="utf-8")


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a mapping as JSON; a number that is not finite, which JSON cannot hold, becomes null."""
    path.write_text(
        json.dumps(_finite(content), indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8"
    )


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


def _make(home: Path) -> list[Path]:
    """Make the folder of a verb; return what was made, the deepest first."""
    missing = [place for place in (home, *home.parents) if not place.exists()]
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"output_dir {str(home.parent)!r}: cannot be made a folder ({error.strerror or error}); "
            "name a folder you may write to"
        ) from error
    return missing


def _rename(partial: Path, final: Path) -> Path:
    """Give the folder its name, or the first free one after it: two runs may end in the same second."""
    for attempt in range(1, _MOST_SUFFIXES):
        place = final if attempt == 1 else final.with_name(f"{final.name}-{attempt}")
        if place.exists():
            continue
        try:
            return partial.rename(place)
        except OSError:
            # Another run took the name in between: a folder that is not empty is never replaced.
            if not place.exists():
                raise
    raise ConfigError(f"{final}: there are {_MOST_SUFFIXES} results of this second already; wait for the next")


def _clear(partial: Path, made: list[Path]) -> None:
    shutil.rmtree(partial, ignore_errors=True)
    for place in made:
        try:
            place.rmdir()
        except OSError:  # somebody else's results lie there by now
            return


def _plain(name: str) -> str:
    """Return a name that is one part of a path and nothing else."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-") or "unnamed"
