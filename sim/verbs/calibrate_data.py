"""Calibrate data: the part of `journey calibrate` that fits a file (`data=`) instead of target figures.

The file holds purchases, a row each, or how many subscribers are still there after each period.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.customer_base.survival import Survival, holds_survival, read_survival
from sim.data.layout import Layout
from sim.data.transactions import check_layout
from sim.scenario.errors import ConfigError
from sim.scenario.schema import read_name, show
from sim.verbs.frame import Job, Session

if TYPE_CHECKING:
    from sim.results.answer import Answer

__all__ = ["DataPlan", "prepare_data", "run_data"]


@dataclass(frozen=True, slots=True)
class DataPlan:
    """A fit to a file; ``survival`` is what it holds where it holds no purchases."""

    path: Path
    layout: Layout
    name: str
    title: str
    until: date | None
    survival: Survival | None = None

    @property
    def command(self) -> str:
        """The command that runs what is written."""
        return f"journey compare --config-dir RESULT/config scenario={self.name}"


def prepare_data(data: str, layout: Layout, until: object, *, save_as: str | None, title: str | None) -> DataPlan:
    """Look at the file, and check how it is to be read.

    Parameters
    ----------
    data : str
        The file.
    layout : Layout
        How it is laid out.
    until : object
        Last day, or number of periods, that is fitted; null: the first half.
    save_as, title : str or None
        Name and title of what is written; null: those of the file.

    Returns
    -------
    DataPlan

    Raises
    ------
    ConfigError
        If there is no such file, or a value cannot be used.
    """
    layout = Layout(**{field.name: getattr(layout, field.name) for field in fields(Layout)})
    survival = None
    if holds_survival(data, layout):
        survival = read_survival(data, layout, _periods(until))
    else:
        check_layout(data, layout)
    name = save_as or re.sub(r"[^A-Za-z0-9_-]+", "_", Path(data).name.split(".")[0]).strip("_") or "customers"
    name = read_name(name[:64], "the result", key="save_as")
    day = None if survival is not None else _day(until)
    return DataPlan(Path(data), layout, name, title or f"Customers of {name}", day, survival)


def _periods(until: object) -> int | None:
    if until is None or (isinstance(until, int) and not isinstance(until, bool)):
        return until
    raise ConfigError(f"until is {show(until)}; give how many periods are fitted, a whole number such as 7")


def _day(word: object) -> date | None:
    if word is None:
        return None
    try:
        return date.fromisoformat(str(word))
    except ValueError:
        raise ConfigError(f"until is {show(word)}; give a day as YYYY-MM-DD, such as 1997-09-30") from None


def run_data(job: Job[Any, Any], plan: DataPlan, session: Session) -> Answer:
    """Read, fit and simulate.

    Parameters
    ----------
    job : Job
        Its scenario lends the population, and is carried along so that the run can be repeated.
    plan : DataPlan
        The file.
    session : Session
        What it runs with.

    Returns
    -------
    Answer
    """
    if plan.survival is None:
        return _run_purchases(job, plan, session)
    return _run_subscribers(job, plan, plan.survival, session)


def _run_purchases(job: Job[Any, Any], plan: DataPlan, session: Session) -> Answer:
    from sim.customer_base.forecast import forecast
    from sim.customer_base.purchase_history import survey
    from sim.data.transactions import read_transactions
    from sim.reports.columns import column_lines
    from sim.reports.forecast import estimate_lines, forecast_document, forecast_lines, forecast_summary
    from sim.results.answer import Answer
    from sim.results.forecast import forecast_tables, write_forecast

    ledger = read_transactions(str(plan.path), plan.layout)
    base, about = survey(ledger, plan.until)
    whole = base if base.window == base.days else survey(ledger, base.end)[0]
    total = job.scenario.population * job.settings.replicates * (base.window + base.days + 2)
    found = forecast(
        base,
        whole,
        **_simulation(job, plan),
        currency=job.keys.currency or ledger.currency or "$",
        model_name=job.keys.model,
        on_progress=session.progress(total, plan.name).advance,
    )
    warnings, source = (*ledger.warnings, *about, *found.warnings), plan.path.name
    return Answer(
        name=plan.name,
        config=_config(job, plan),
        summary=forecast_summary(found, warnings, ledger),
        tables=forecast_tables(found),
        files=lambda folder: write_forecast(found, folder / "config", source, warnings, job.keys.margin_share),
        report=forecast_document(found, warnings, ledger, plan.command, f"{source}: who comes back"),
        manifest=_manifest(plan, total),
        lines=[
            *column_lines(ledger.columns),
            "",
            *forecast_lines(found, warnings),
            *_not_past(base.end),
            *estimate_lines(found),
        ],
        commands=[f"Run it:  {plan.command}"],
    )


def _not_past(end: date) -> list[str]:
    """Tell purchases that are yet to come, in the terminal alone: a result is the same on any day."""
    today = date.today()
    if end <= today:
        return []
    return [
        f"Note: the file goes to {end}, and today is {today}: if what is yet to come is planned, not bought, cut the"
        " file at today, or customers are taken for gone who have only not bought yet."
    ]


def _run_subscribers(job: Job[Any, Any], plan: DataPlan, survival: Survival, session: Session) -> Answer:
    """Fit churn to survivors by period."""
    from sim.customer_base.survival import project
    from sim.reports.columns import column_lines
    from sim.reports.survival import survival_document, survival_lines, survival_summary
    from sim.results.answer import Answer
    from sim.results.survival import survival_table, write_subscription

    population, source = job.scenario.population, plan.path.name
    total = population * job.settings.replicates * survival.periods
    found = project(survival, **_simulation(job, plan), on_progress=session.progress(total, plan.name).advance)
    return Answer(
        name=plan.name,
        config=_config(job, plan),
        summary=survival_summary(found, plan.name),
        tables={"survival": [survival_table(found)]},
        files=lambda folder: write_subscription(
            found, folder / "config", plan.name, plan.title, source, population, job.keys.margin_share
        ),
        report=survival_document(found, plan.command, f"{source}: who stays"),
        manifest=_manifest(plan, total),
        lines=[*column_lines(survival.columns), "", *survival_lines(found)],
        commands=[f"Run it:  {plan.command}"],
    )


def _simulation(job: Job[Any, Any], plan: DataPlan) -> dict[str, Any]:
    """Return how the fitted customers are simulated."""
    return {
        "name": plan.name,
        "title": plan.title,
        "seed": job.settings.seed,
        "population": job.scenario.population,
        "replicates": job.settings.replicates,
        "threads": job.settings.threads,
    }


def _manifest(plan: DataPlan, customer_steps: int) -> Mapping[str, Any]:
    with plan.path.open("rb") as stream:
        digest = file_digest(stream, "sha256").hexdigest()
    return {"scenario": plan.name, "data": plan.path.name, "data_sha256": digest, "customer_steps": customer_steps}


def _config(job: Job[Any, Any], plan: DataPlan) -> dict[str, Any]:
    until: Any = None if plan.until is None else plan.until.isoformat()
    if plan.survival is not None:
        until = plan.survival.fitted
    return job.config(
        {
            "data": job.keys.data,
            "save_as": plan.name,
            "save_title": job.keys.save_title,
            "currency": job.keys.currency,
            "model": job.keys.model,
            "margin_share": job.keys.margin_share,
            "until": until,
            **{field.name: getattr(plan.layout, field.name) for field in fields(Layout)},
        }
    )
