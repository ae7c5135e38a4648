"""Flows: how many customers took each edge of an arm's journeys, from the table of a finished run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Flows", "flows_of"]

#: (from, to) -> customers who went that way, by replicate.
Flows = Mapping[tuple[str, str], NDArray[np.float64]]


def flows_of(table: pd.DataFrame, arm: str) -> dict[tuple[str, str], NDArray[np.float64]]:
    """Gather the flows of one arm from the tidy table `flows.parquet`.

    Parameters
    ----------
    table : DataFrame
        Columns ``arm, replicate, persona, from, to, count``.
    arm : str
        Name of the arm.

    Returns
    -------
    dict
        (from, to) -> customers by replicate, over all personas.
    """
    replicates = sorted(table["replicate"].unique().tolist())
    column = {replicate: place for place, replicate in enumerate(replicates)}
    mine = table[table["arm"].astype(str) == arm]
    out: dict[tuple[str, str], NDArray[np.float64]] = {}
    rows = zip(mine["replicate"], mine["from"].astype(str), mine["to"].astype(str), mine["count"], strict=True)
    for replicate, source, target, count in rows:
        out.setdefault((source, target), np.zeros(len(replicates)))[column[replicate]] += count
    return out
