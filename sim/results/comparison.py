"""Comparison: the result folder of `compare`, CONTRACT 4."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.analysis.tables import write_parquet
from sim.results.folder import publish, write_config, write_json
from sim.results.manifest import manifest_of, resolved_config

if TYPE_CHECKING:
    from sim.experiments.result import Result

__all__ = ["TABLES", "write"]

#: Tables every run leaves behind; `customers` only where the scenario records them.
TABLES: tuple[str, ...] = ("weekly", "flows", "events", "market")


def write(
    result: Result,
    output_dir: str | Path = "results",
    *,
    verb: str = "compare",
    config: Mapping[str, Any] | None = None,
    report: bool = True,
) -> Path:
    """Write the result folder of a comparison and return its path; see :func:`sim.results.folder.publish`.

    Parameters
    ----------
    result : Result
        What to write.
    output_dir : path
        Folder of all results; made where it does not exist.
    verb : str
        The command whose result it is.
    config : mapping, optional
        The whole resolved configuration, for `config.yaml`. Left out: the scenario, seed, replicates, engine, threads.
    report : bool
        Whether to draw the report and its figures.

    Raises
    ------
    ConfigError
        If the folder cannot be written to.
    """

    def fill(folder: Path) -> None:
        write_config(folder, resolved_config(result) if config is None else config)
        write_json(folder / "summary.json", result.summary_json)
        names = TABLES if not result.scenario.record.customers else (*TABLES, "customers")
        for name in names:
            write_parquet(result.tables(name), folder / f"{name}.parquet")
        write_json(folder / "manifest.json", manifest_of(result))
        if report:
            from sim.reports.page import write_report  # the roof: needed only by who wants the page

            write_report(result, folder)

    return publish(output_dir, verb, result.scenario.name, fill)
