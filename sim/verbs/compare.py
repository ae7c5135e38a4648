"""Compare: run the arms of a scenario on common luck, print the verdict, write a result folder."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from agents.quantity import quantity
from sim.calibration.ensemble import SEEDS, Ensemble, read_ensemble
from sim.scenario.errors import ConfigError
from sim.verbs.frame import Command, Job, Session

if TYPE_CHECKING:
    from sim.results.answer import Answer

__all__ = ["COMMAND", "CompareKeys"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareKeys:
    """Over which parameter sets the arms are run."""

    ensemble: Any = quantity("an ensemble of parameter sets, by name or written out; null: one set", default=None)


def _prepare(job: Job[CompareKeys, None]) -> Ensemble | None:
    if job.keys.ensemble is None:
        return None
    ensemble = read_ensemble(job.keys.ensemble, job.scenario, job.config_path)
    if job.scenario.precision is not None:
        raise ConfigError(
            f"precision is {job.scenario.precision:g}, but with scenario.ensemble no number of replicates makes the"
            " interval as narrow as one likes; leave one of them out"
        )
    return ensemble


def _run(job: Job[CompareKeys, Ensemble | None], session: Session) -> Answer:
    """Run the comparison."""
    from sim.experiments.compare import compare

    # While the first thread loads the compiled engine, there is nothing else to do.
    threading.Thread(target=_import_ahead).start()
    ensemble = job.plan
    total = job.scenario.customer_weeks(job.settings.replicates * (1 if ensemble is None else SEEDS))
    result = compare(
        job.scenario,
        **session.options(),
        precision=job.scenario.precision,
        on_progress=session.progress(total).advance,
        ensemble=ensemble,
    )
    from sim.reports.terminal import print_result
    from sim.results.comparison import comparison

    answer = comparison(result, job.config({} if ensemble is None else {"ensemble": ensemble.plain()}))
    return replace(answer, display=lambda: print_result(result, sys.stdout))


def _import_ahead() -> None:
    """Import what writes and draws a result."""
    import sim.reports.page
    import sim.results  # noqa: F401


COMMAND = Command(keys=CompareKeys, prepare=_prepare, run=_run)
