"""Trace: the recorded weekly state of the market, read back so that one customer can be replayed alone."""

from __future__ import annotations

from pathlib import Path

from sim.analysis.tables import trace_of
from sim.record.history import MarketTrace
from sim.results.table import read_table
from sim.scenario.errors import ConfigError

__all__ = ["read_trace"]


def read_trace(folder: str | Path, arm: str, replicate: int) -> MarketTrace:
    """Return the market of one arm and replicate of a result folder, bit for bit as it was.

    Parameters
    ----------
    folder : path
        A result folder.
    arm : str
    replicate : int

    Returns
    -------
    MarketTrace

    Raises
    ------
    ConfigError
        If the folder holds no such arm or replicate.
    """
    table = read_table(folder, "market", {"arm": arm, "replicate": replicate})
    if table.num_rows == 0:
        raise ConfigError(f"{folder}: holds no arm {arm!r} with replicate {replicate}; look at its summary.json")
    try:
        return trace_of(table)
    except ValueError:
        raise ConfigError(f"{folder}: its market.parquet lacks rows of {arm!r}; write the run again") from None
