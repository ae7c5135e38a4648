"""Compare: run the arms of a scenario on common luck, print the verdict, write a result folder."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from agents.quantity import quantity
from sim.calibration.ensemble import NO_ENSEMBLE, SEEDS, Ensemble, chosen_ensemble
from sim.reports import drawing_process
from sim.scenario.errors import ConfigError
from sim.verbs.frame import Command, Job, Session

if TYPE_CHECKING:
    from sim.experiments.result import Result
    from sim.results.answer import Answer

__all__ = ["COMMAND", "CompareKeys"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareKeys:
    """Over which parameter sets the arms are run."""

    ensemble: Any = quantity(
        "an ensemble of parameter sets, by name or written out; null: the scenario's own, if it has one; none: one set",
        default=None,
    )


def _prepare(job: Job[CompareKeys, None]) -> Ensemble | None:
    drawing_process.expect((job.keys, job.settings, job.scenario))
    ensemble = chosen_ensemble(job.keys.ensemble, job.scenario, job.config_path)
    if ensemble is None:
        return None
    if job.scenario.precision is not None:
        raise ConfigError(
            f"precision is {job.scenario.precision:g}, but over the ensemble {ensemble.name!r} no number of replicates"
            " makes the interval as narrow as one likes; leave precision out, or give ensemble=none"
        )
    return ensemble


def _said(ensemble: Ensemble | None) -> Any:
    return NO_ENSEMBLE if ensemble is None else ensemble.plain()


def _run(job: Job[CompareKeys, Ensemble | None], session: Session) -> Answer:
    """Run the comparison."""
    from sim.experiments.compare import compare

    # While the first thread loads the compiled engine, there is nothing else to do.
    threading.Thread(target=_import_ahead, args=(job.settings.quiet,)).start()
    ensemble = job.plan
    total = job.scenario.customer_weeks(job.settings.replicates * (1 if ensemble is None else SEEDS))
    result = compare(
        job.scenario,
        **session.options(),
        precision=job.scenario.precision,
        on_progress=session.progress(total).advance,
        ensemble=ensemble,
        on_arms=drawing_process.begin if drawing_process.are_running() else None,
    )
    drawing_process.order(result)
    from sim.results.comparison import comparison

    answer = comparison(
        result, job.config({} if ensemble is None and job.keys.ensemble is None else {"ensemble": _said(ensemble)})
    )
    return replace(answer, display=lambda: _display(result))


def _display(result: Result) -> None:
    from sim.reports.terminal import print_result  # loads what formats tables, which a quiet command does without

    print_result(result, sys.stdout)


def _import_ahead(quiet: bool) -> None:
    """Import what writes and shows a result, and what draws it where no drawing process does."""
    import sim.reports.drawing_process
    import sim.reports.page
    import sim.results.comparison

    if not quiet:
        import sim.reports.terminal

    if not sim.reports.drawing_process.are_running():
        import sim.reports.overview
        import sim.reports.pictures


COMMAND = Command(keys=CompareKeys, prepare=_prepare, run=_run, answers=True)
