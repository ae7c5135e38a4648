"""Forecast: the files that a fit to transactions leaves: configuration to be run by name, an ensemble, and tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import sim
from sim.calibration.ensemble import Ensemble
from sim.customer_base.cohort import LEAVING
from sim.customer_base.forecast import Forecast, spend_of_each
from sim.customer_base.what_if import WhatIf, lay_out
from sim.number_format import significant
from sim.reports.forecast import holdout_words
from sim.results.configuration import write_configuration, write_ensemble
from sim.scenario.calendar import DAYS_A_WEEK, WEEKS_A_YEAR

__all__ = ["ensemble_of", "forecast_tables", "what_if_of", "write_forecast"]


def write_forecast(found: Forecast, folder: Path, source: str, warnings: Sequence[str], margin: float) -> None:
    """Write `market/`, `personas/`, `journey/`, `scenario/` and `ensemble/` into a folder for `--config-dir`.

    Parameters
    ----------
    found : Forecast
    folder : Path
        Made here.
    source : str
        The file of transactions, as a reader shall know it.
    warnings : sequence of str
        What was found about the data.
    margin : float
        Share of a purchase that is contribution.
    """
    name = found.cohort.name
    fit = _comment(found, source, warnings)
    titles = {
        "market": "The market of a fit to transactions.",
        "personas": "Customers of a fit to transactions: groups of equal size by what they spend a purchase.",
        "journey": "The journey of a fit to transactions: join, come back now and then, leave for good.",
        "proactive": "The same journey, led: with all capabilities and contacts at 0 it is the same history. Strengths"
        " are assumptions.",
    }
    commands = write_ensemble(folder, name, ensemble_of(found), "transactions", fit)
    for group, files in lay_out(what_if_of(found, margin)).items():
        for file, content in files.items():
            lines = commands if group == "scenario" else [titles[group if file == name else "proactive"]]
            write_configuration(folder / group / f"{file}.yaml", [*lines, *fit], content)


def what_if_of(found: Forecast, margin: float) -> WhatIf:
    """Return what the scenario of a fit asks; ``margin`` is the share of a purchase that is contribution."""
    return WhatIf(
        cohort=found.cohort,
        customers=found.base.customers,
        margin=margin,
        yearly_purchases=found.year_ahead()[0],
        tested=holdout_words(found),
    )


def ensemble_of(found: Forecast) -> Ensemble | None:
    """Return the near-best parameter sets as an ensemble; None where the data leave a parameter open."""
    if found.fit.unbounded:
        return None
    paths = (
        "market.need.mean_weeks",
        "market.need.heterogeneity",
        f"personas.*.{LEAVING}.mean",
        f"personas.*.{LEAVING}.concentration",
    )
    steps_a_week = DAYS_A_WEEK / found.cohort.step_days
    rows, weights = [], []
    for member, weight in zip(found.members, found.weights, strict=True):
        leaving, concentration = member.leaving(found.cohort.step_days / DAYS_A_WEEK)
        row = (
            float(f"{member.alpha / member.r * steps_a_week:.9g}"),
            float(f"{member.r:.9g}"),
            float(f"{leaving:.9g}"),
            float(f"{concentration:.9g}"),
        )
        if weight > 1e-6:
            rows.append(row)
            weights.append(float(f"{weight:.9g}"))
    return Ensemble(found.cohort.name, paths, tuple(weights), tuple(rows))


def forecast_tables(found: Forecast) -> dict[str, list[Any]]:
    """Return histogram, weekly curve, parameters, near-best fits, models side by side, and each customer."""
    import pyarrow as pa

    base, simulated = found.base, found.simulated
    names = list(found.fit.model.names())
    cells = np.arange(found.histogram.size)
    histogram = {
        "repeats": cells,
        "observed": base.histogram(cells.size - 1),
        "expected": found.histogram,
        "simulated": simulated.histogram,
        "simulation_error": simulated.error,
    }
    weekly = {
        "week": np.arange(1, base.weeks + 1),
        "observed": base.weekly,
        "observed_so_far": found.observed,
        "expected_so_far": found.weekly,
        "simulated_so_far": simulated.weekly,
        "simulation_error": simulated.spread,
        "sd_luck": simulated.luck,
        "sd_parameters": found.parameter_spread,
    }
    parameters = {"parameter": names, "estimate": found.fit.model.as_array(), "error": found.fit.errors}
    members = np.array([member.as_array() for member in found.members])
    near = {"weight": found.weights} | {name: members[:, at] for at, name in enumerate(names)}
    tables = {"histogram": histogram, "weekly": weekly, "parameters": parameters, "members": near}
    tables |= {"models": _models(found)}
    written = {name: [pa.table(columns)] for name, columns in tables.items()}
    return written | {"customer_base": [pa.table(_customers(found)).sort_by("customer")]}


def _models(found: Forecast) -> dict[str, Any]:
    """Return every parameter of every model, long."""
    rows = [
        (name, parameter, value, error, candidate.fit.log_likelihood, candidate.once_alive, name == found.choice.name)
        for name, candidate in found.choice.candidates.items()
        for parameter, value, error in zip(
            candidate.fit.model.names(), candidate.fit.model.as_array(), candidate.fit.errors, strict=True
        )
    ]
    heads = ("model", "parameter", "estimate", "error", "log_likelihood", "alive_who_bought_once", "used")
    return {head: [_null(row[at]) for row in rows] for at, head in enumerate(heads)}


def _null(value: Any) -> Any:
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _customers(found: Forecast) -> dict[str, Any]:
    """Return each customer: what was seen, whether it is still one, and what to expect of it.

    Once at the end of the calibration window, over as long as the data go on, beside what it bought then; and once from
    all that was seen, over the year that follows the data.
    """
    base, model = found.base, found.fit.model
    seen, whole = base.single(), base.single(whole=True)
    ahead = (base.days - base.window) / DAYS_A_WEEK
    start = np.datetime64(base.start)
    year = model.expected_after(WEEKS_A_YEAR, whole)
    spend = spend_of_each(found)
    tested = ahead > 0
    return {
        "customer": base.ids,
        "first_purchase": start + base.first.astype("timedelta64[D]"),
        "repeat_purchases": base.repeats,
        "last_purchase": start + (base.first + base.last).astype("timedelta64[D]"),
        "p_alive": model.alive(seen),
        "expected_purchases": model.expected_after(ahead, seen) if tested else [None] * base.customers,
        "observed_purchases": base.after if tested else [None] * base.customers,
        "p_alive_at_the_end": model.alive(whole),
        **{
            f"p_alive_at_the_end_{name}": candidate.fit.model.alive(whole)
            for name, candidate in found.choice.candidates.items()
        },
        "expected_purchases_next_year": year,
        "expected_spend_a_purchase": [None] * base.customers if spend is None else spend,
        "expected_revenue_next_year": [None] * base.customers if spend is None else year * spend,
    }


def _comment(found: Forecast, source: str, warnings: Sequence[str]) -> list[str]:
    base, cohort = found.base, found.cohort
    errors = found.fit.errors
    lines = [
        f"Fitted by `journey calibrate` {sim.__version__} to {source}: {base.customers:,} customers who first bought"
        f" from {base.start} to {base.until}.",
        f"One step stands for {'a day' if cohort.step_days == 1 else 'a week'}. {found.fit.model.TITLE}, in weeks, with"
        " standard errors:",
    ]
    lines += [
        f"  {name} = {significant(value)}"
        + (f" +- {significant(error, 2)}" if np.isfinite(error) else ", not bounded by the data")
        for name, value, error in zip(found.fit.model.names(), found.fit.model.as_array(), errors, strict=True)
    ]
    off = found.off()
    if off is not None:
        lines.append(
            f"Forecast of the repeat purchases to week {base.weeks}: {100 * off[1]:+.1f} % of what was observed;"
            f" {100 * off[0]:.1f} % off at most after week {base.window_weeks}."
        )
    lines += [f"Note: {warning}." for warning in warnings]
    return lines
