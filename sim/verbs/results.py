"""Results: list, show and export past runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents.quantity import choice, text
from sim.library import Library
from sim.reading import read
from sim.settings import read_settings

__all__ = ["Work", "perform", "prepare"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is to be done with past runs."""

    action: str = choice("list", ("list", "show", "export"), "what to do")
    run: str = text("latest", "a run's name, part of it, VERB/NAME, or latest")
    format: str = choice("csv", ("csv", "xes"), "format of the exported event log")
    output_dir: str = text("results", "folder of all results")
    scenario: str = text("", "list the runs of this scenario alone; empty: all")


def prepare(data: Mapping[str, Any], library: Library) -> Work:
    """Check the whole configuration.

    Raises
    ------
    ConfigError
        If any key or value cannot be used, or there is no such run.
    """
    common, rest = read_settings(data)
    keys = [field.name for field in dataclasses.fields(Work)]
    mine = {key: rest[key] for key in keys if key in rest}
    # A scenario chosen here brings its market and arms along; of all that only its name matters.
    work = read(Work, {**mine, "output_dir": common.output_dir, "scenario": rest.get("name") or ""})
    if work.action != "list":
        from sim.results.shelf import find_run

        find_run(work.output_dir, work.run)
    return work


def perform(work: Work) -> None:
    """Print the list or the run, or write the export and print its path."""
    from sim.results.shelf import find_run, list_runs, show_run

    if work.action == "list":
        runs = list_runs(work.output_dir)
        if not runs:
            print(f"No finished run in {work.output_dir!r} yet; make one with: journey compare")
        for run in runs:
            if not work.scenario or run.name.partition("_")[2].partition("_")[2] == work.scenario:
                print(run.key)
    elif work.action == "show":
        print(show_run(work.output_dir, work.run))
    else:
        from sim.results.export import export_events

        print(export_events(find_run(work.output_dir, work.run).path, work.format))
