"""Published figures: small tables carried in `configs/data`, each with its source and licence in the README there."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from configs import FOLDER
from sim.scenario.errors import ConfigError

__all__ = ["DATA", "read_table"]

#: Where the published figures lie, inside the wheel.
DATA = FOLDER / "data"


def read_table(path: Path) -> dict[str, NDArray[Any]]:
    """Read a CSV file with a head line by column.

    Returns
    -------
    dict of str to array
        float64 where every entry of a column is a number, else text; the first column of a matrix has the name "".

    Raises
    ------
    ConfigError
        If the file cannot be read or a line has another number of entries than the head.
    """
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            head, *rows = [row for row in csv.reader(stream) if row]
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is empty or not UTF-8"
        raise ConfigError(f"{path} cannot be read: {reason}; give a CSV file with a head line") from None
    for number, row in enumerate(rows, 2):
        if len(row) != len(head):
            raise ConfigError(f"{path}: line {number} has {len(row)} entries; the head has {len(head)}; give as many")
    return {name: _column([row[at] for row in rows]) for at, name in enumerate(head)}


def _column(entries: list[str]) -> NDArray[Any]:
    try:
        return np.array([float(entry) for entry in entries], dtype=np.float64)
    except ValueError:
        return np.array(entries, dtype=np.str_)
