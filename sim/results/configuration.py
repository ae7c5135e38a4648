"""Configuration: what a fit writes to be run by name: a folder for `--config-dir`, each file with its origin on top."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Any

from sim.calibration.ensemble import Ensemble
from sim.scenario.schema import plain
from sim.scenario.yaml_reader import write_yaml

__all__ = ["configuration_text", "write_configuration", "write_ensemble"]

_WIDTH = 118


def write_configuration(
    path: Path, comment: Sequence[str], content: Mapping[str, Any], *, compact: bool = True
) -> None:
    """Write a configuration file with comments on top, and its folder where there is none.

    Parameters
    ----------
    path : Path
        The file.
    comment : sequence of str
        Lines on top; one that begins with spaces is indented.
    content : mapping
        What the file says.
    compact : bool
        Whether short mappings stand on one line.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(configuration_text(comment, content, compact=compact), encoding="utf-8")


def configuration_text(comment: Sequence[str], content: Mapping[str, Any], *, compact: bool = True) -> str:
    """Return what :func:`write_configuration` writes into a file.

    Parameters
    ----------
    comment, content, compact
        As of it.

    Returns
    -------
    str
    """
    lines: list[str] = []
    for line in comment:
        indent = "" if line == line.lstrip() else "  "
        text = "".join(sign if sign.isprintable() else " " for sign in line).strip()
        lines += [f"# {part}" for part in wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=indent + "  ")]
    text = write_yaml(plain(dict(content)), compact=compact)
    return "\n".join(lines) + "\n" + text


def write_ensemble(folder: Path, name: str, ensemble: Ensemble | None, what: str, fit: Sequence[str]) -> list[str]:
    """Write the near-best fits of a scenario as an ensemble; return the commands that run the scenario.

    Parameters
    ----------
    folder : Path
        Of the whole configuration.
    name : str
        Of scenario and ensemble.
    ensemble : Ensemble or None
        None: there are no near-best fits.
    what : str
        What leaves the parameters open.
    fit : sequence of str
        What the comments say of the fit.

    Returns
    -------
    list of str
    """
    command = f"journey compare --config-dir FOLDER scenario={name}"
    if ensemble is None:
        return [command]
    write_configuration(
        folder / "ensemble" / f"{name}.yaml",
        [f"Near-best fits of {name!r}, with weights: what the {what} leave open.", *fit],
        {**ensemble.plain(), "scenario": name},
    )
    return [command, f"{command} ensemble=none"]
