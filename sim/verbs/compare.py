"""Compare: run the arms of a scenario on common luck, print the verdict, write a result folder."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.calibration.ensemble import LUCKS, Ensemble, read_ensemble
from sim.progress import Progress
from sim.scenario.config_path import ConfigPath
from sim.scenario.errors import ConfigError
from sim.scenario.scenario import Scenario
from sim.scenario.schema import plain
from sim.scenario.settings import Settings, check_writable, lasting, read_settings

__all__ = ["Work", "perform", "prepare"]


@dataclass(frozen=True, slots=True)
class Work:
    """A comparison to be run."""

    scenario: Scenario
    settings: Settings
    output_dir: Path
    ensemble: Ensemble | None = None


def prepare(data: Mapping[str, Any], config_path: ConfigPath) -> Work:
    """Check the whole configuration.

    Raises
    ------
    ConfigError
        If any key or value cannot be used, or results cannot be written where they are to go.
    """
    settings, rest = read_settings(data)
    chosen = rest.pop("ensemble", None)
    scenario = Scenario.from_dict(rest, config_path=config_path)
    ensemble = None if chosen is None else read_ensemble(chosen, scenario, config_path)
    if ensemble is not None and scenario.precision is not None:
        raise ConfigError(
            f"precision is {scenario.precision:g}, but with scenario.ensemble no number of replicates makes the"
            " interval as narrow as one likes; leave one of them out"
        )
    return Work(scenario, settings, check_writable(settings.output_dir), ensemble)


def perform(work: Work) -> Path:
    """Run the comparison and return its result folder."""
    from sim.execution.executors import make_executor
    from sim.experiments.compare import compare

    # While the first thread loads the compiled engine, there is nothing else to do.
    threading.Thread(target=_import_ahead).start()
    scenario, settings = work.scenario, work.settings
    total = scenario.customer_weeks(settings.replicates * (1 if work.ensemble is None else LUCKS))
    with (
        make_executor(**plain(settings.executor)) as executor,
        Progress(total, settings, scenario.title or scenario.name) as progress,
    ):
        result = compare(
            scenario,
            replicates=settings.replicates,
            seed=settings.seed,
            engine=settings.engine,
            threads=settings.threads,
            precision=scenario.precision,
            on_progress=progress.advance,
            executor=executor,
            ensemble=work.ensemble,
        )
        progress.say("writing the report")
        from sim.results import write

        folder = write(result, work.output_dir, verb="compare", config=_resolved(work))
    if not settings.quiet:
        _print_verdict(result)
    print(folder if settings.quiet else f"\n{folder / 'report.html'}", flush=True)
    return folder


def _import_ahead() -> None:
    """Import what writes and draws a result."""
    import sim.reports.page
    import sim.results  # noqa: F401


def _resolved(work: Work) -> dict[str, Any]:
    """Return the whole configuration as it can be run again; where it runs and what it shows are no part of it."""
    said = {**work.scenario.to_dict(), **lasting(work.settings)}
    return said if work.ensemble is None else {**said, "ensemble": work.ensemble.plain()}


def _print_verdict(result: Any) -> None:
    from sim.reports.terminal import print_result

    print_result(result, sys.stdout)
