"""Answer: the result folder of a verb that answers one question: its configuration, summary, tables and report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sim.reports.document import Document, write_document
from sim.results.folder import publish, write_config, write_json
from sim.results.manifest import provenance

__all__ = ["publish_answer"]


def publish_answer(
    output_dir: str | Path,
    verb: str,
    name: str,
    *,
    config: Mapping[str, Any],
    summary: Mapping[str, Any],
    tables: Callable[[Path], None],
    document: Document,
    started: str,
    wall_seconds: float,
    **more: Any,
) -> Path:
    """Write a result folder and return its path; see :func:`sim.results.folder.publish`.

    Parameters
    ----------
    output_dir, verb, name
        Where it goes and what it is called.
    config : mapping
        The whole resolved configuration, for `config.yaml`.
    summary : mapping
        For `summary.json`.
    tables : callable
        Writes the data into the folder it is given.
    document : Document
        The report.
    started, wall_seconds, **more
        For `manifest.json`; see :func:`sim.results.manifest.provenance`.

    Raises
    ------
    ConfigError
        If the folder cannot be written to.
    """

    def fill(folder: Path) -> None:
        write_config(folder, config)
        write_json(folder / "summary.json", summary)
        tables(folder)
        manifest = provenance(config, started=started, wall_seconds=wall_seconds, verb=verb, **more)
        write_json(folder / "manifest.json", manifest)
        write_document(document, folder)

    return publish(output_dir, verb, name, fill)
