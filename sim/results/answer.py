"""Answer: what a verb found, and the one writer of result folders."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.results.folder import publish, write_config, write_json
from sim.results.manifest import MANIFEST, provenance
from sim.results.order import order_after

if TYPE_CHECKING:
    from sim.reports.document import Document

__all__ = ["REPORT", "Answer", "write_answer"]

REPORT = "report.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a verb found: the content of its result folder, and what its terminal shows.

    Attributes
    ----------
    name : str
        Of what it is the result, a scenario's name say; ends the name of the folder.
    config : mapping or None
        The whole resolved configuration, for `config.yaml`. None: the folder is not listed among the runs.
    asked : mapping or None
        The same of a folder that is no run, such as a story or a map: written, so that `from=FOLDER` does it again.
    summary : mapping
        For `summary.json`.
    tables : mapping of str to iterable of pyarrow.Table
        Parts of each table, by the name of its Parquet file.
    report : Document or callable, optional
        The report, or what writes it into the folder it is given.
    files : callable, optional
        Writes further files into the folder it is given.
    manifest : mapping
        Further entries of `manifest.json`: what was run, counts.
    started : str
        When the run began, ISO 8601; empty: as the frame of a verb measured it.
    wall_seconds : float
        How long it took.
    lines : sequence of str
        What the terminal shows.
    display : callable, optional
        Shows it in place of `lines`.
    commands : sequence of str
        Commands to go on with, in which the word RESULT stands for the folder.
    shown : sequence of str
        Files of the folder whose paths are printed last.
    status : int
        Exit status: 1 where the answer is that something does not hold.
    """

    name: str
    config: Mapping[str, Any] | None = None
    asked: Mapping[str, Any] | None = None
    summary: Mapping[str, Any] = field(default_factory=dict)
    tables: Mapping[str, Iterable[Any]] = field(default_factory=dict)
    report: Document | Callable[[Path], object] | None = None
    files: Callable[[Path], object] | None = None
    manifest: Mapping[str, Any] = field(default_factory=dict)
    started: str = ""
    wall_seconds: float = 0.0
    lines: Sequence[str] = ()
    display: Callable[[], object] | None = None
    commands: Sequence[str] = ()
    shown: Sequence[str] = (REPORT,)
    status: int = 0


def write_answer(answer: Answer, output_dir: str | Path, verb: str) -> Path:
    """Write the result folder of an answer and return its path; see :func:`sim.results.folder.publish`.

    Parameters
    ----------
    answer : Answer
        What to write.
    output_dir : path
        Folder of all results; made where it does not exist.
    verb : str
        The command whose answer it is.

    Returns
    -------
    Path

    Raises
    ------
    ConfigError
        If the folder cannot be written to.
    """

    def fill(folder: Path) -> None:
        if answer.config is not None:
            write_config(folder, answer.config)
            write_json(folder / "summary.json", answer.summary)
        elif answer.asked is not None:
            write_config(folder, answer.asked)
        for name, tables in answer.tables.items():
            from sim.analysis.tables import write_parquet  # loads Arrow: of an answer that has tables

            write_parquet(tables, folder / f"{name}.parquet")
        if answer.files is not None:
            answer.files(folder)
        if answer.config is not None:
            from sim.results.run_sheets import write_tables  # loads what writes a workbook

            write_tables(folder, verb, answer.config, answer.summary, answer.lines)
            order = order_after(Path(output_dir), answer.started)
            manifest = provenance(
                answer.config,
                started=answer.started,
                wall_seconds=answer.wall_seconds,
                **{"verb": verb, **answer.manifest, **({"order": order} if order else {})},
            )
            write_json(folder / MANIFEST, manifest)
        if callable(answer.report):
            answer.report(folder)
        elif answer.report is not None:
            from sim.reports.document import write_document  # loads what draws: needed only for a page

            write_document(answer.report, folder)

    return publish(output_dir, verb, answer.name, fill)
