"""Comparison: the result folder of `compare`, as docs/results.md describes it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.results.answer import Answer, write_answer
from sim.results.manifest import config_hash, resolved_config

if TYPE_CHECKING:
    from sim.experiments.result import Result

__all__ = ["TABLES", "comparison", "write"]

#: Tables every run leaves behind; `customers` only where the scenario records them.
TABLES: tuple[str, ...] = ("weekly", "flows", "events", "market")


def comparison(result: Result, config: Mapping[str, Any] | None = None, *, report: bool = True) -> Answer:
    """Return what the result folder of a comparison holds.

    Parameters
    ----------
    result : Result
        What was found.
    config : mapping, optional
        The whole resolved configuration, for `config.yaml`. Left out: the scenario, seed, replicates, engine, threads.
    report : bool
        Whether to draw the report and its figures.

    Returns
    -------
    Answer
    """
    names = TABLES if not result.scenario.record.customers else (*TABLES, "customers")
    decisive = resolved_config(result)
    return Answer(
        name=result.scenario.name,
        config=decisive if config is None else config,
        summary=result.summary_json,
        tables={name: result.tables(name) for name in names},
        report=(lambda folder: _write_report(result, folder)) if report else None,
        manifest={
            **{key: decisive[key] for key in ("seed", "replicates", "engine", "threads")},
            "config_hash": config_hash(result),
            "scenario": result.scenario.name,
            "customer_weeks": result.customer_weeks,
        },
        started=result.started,
        wall_seconds=result.wall_seconds,
    )


def write(
    result: Result,
    output_dir: str | Path = "results",
    *,
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
    config, report
        As for :func:`comparison`.

    Returns
    -------
    Path

    Raises
    ------
    ConfigError
        If the folder cannot be written to.
    """
    return write_answer(comparison(result, config, report=report), output_dir, "compare")


def _write_report(result: Result, folder: Path) -> None:
    from sim.reports.page import write_report  # needed only by who wants the page

    write_report(result, folder)
