"""Forecast: the files that a fit to transactions leaves: configuration to be run by name, an ensemble, and tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import sim
from sim.calibration.ensemble import Ensemble
from sim.customer_base.cohort import LEAVING
from sim.customer_base.fitted_base import FittedBase
from sim.customer_base.forecast import Forecast
from sim.customer_base.what_if import WhatIf, lay_out
from sim.number_format import significant
from sim.reports.forecast import holdout_words
from sim.results.configuration import write_configuration, write_ensemble
from sim.scenario.calendar import DAYS_A_WEEK

__all__ = ["ensemble_of", "forecast_tables", "what_if_of", "write_forecast"]


def write_forecast(found: Forecast, folder: Path, source: str, warnings: Sequence[str], margin: float) -> None:
    """Write `market/`, `personas/`, `journey/`, `scenario/` and `ensemble/` into a folder for `--config-dir`.

    All of it rests on the fit to the whole of the file.

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
    name = found.used.cohort.name
    fit = _comment(found, source, warnings)
    titles = {
        "market": "The market of a fit to transactions.",
        "personas": "Customers of a fit to transactions: groups of equal size by what they spend a purchase.",
        "journey": "The journey of a fit to transactions: join, come back now and then, leave for good.",
        "proactive": "The same journey, led: with all capabilities and contacts at 0 it is the same history. Strengths"
        " are assumptions.",
    }
    commands = write_ensemble(folder, name, ensemble_of(found.used), "transactions", fit)
    for group, files in lay_out(what_if_of(found, margin)).items():
        for file, content in files.items():
            lines = commands if group == "scenario" else [titles[group if file == name else "proactive"]]
            write_configuration(folder / group / f"{file}.yaml", [*lines, *fit], content)


def what_if_of(found: Forecast, margin: float) -> WhatIf:
    """Return what the scenario of a fit asks; ``margin`` is the share of a purchase that is contribution."""
    return WhatIf(
        cohort=found.used.cohort,
        customers=found.used.base.customers,
        margin=margin,
        yearly_purchases=float(found.ahead.sum()),
        tested=holdout_words(found),
    )


def ensemble_of(used: FittedBase) -> Ensemble | None:
    """Return the near-best parameter sets as an ensemble; None where the data leave a parameter open."""
    if used.fit.unbounded:
        return None
    paths = (
        "market.need.mean_weeks",
        "market.need.heterogeneity",
        f"personas.*.{LEAVING}.mean",
        f"personas.*.{LEAVING}.concentration",
    )
    steps_a_week = DAYS_A_WEEK / used.cohort.step_days
    rows, weights = [], []
    for member, weight in zip(used.members, used.weights, strict=True):
        leaving, concentration = member.leaving(used.cohort.step_days / DAYS_A_WEEK)
        row = (
            float(f"{member.alpha / member.r * steps_a_week:.9g}"),
            float(f"{member.r:.9g}"),
            float(f"{leaving:.9g}"),
            float(f"{concentration:.9g}"),
        )
        if weight > 1e-6:
            rows.append(row)
            weights.append(float(f"{weight:.9g}"))
    return Ensemble(used.cohort.name, paths, tuple(weights), tuple(rows))


def forecast_tables(found: Forecast) -> dict[str, list[Any]]:
    """Return histogram, weekly curve, parameters, near-best fits, models side by side, and each customer."""
    import pyarrow as pa

    base, simulated = found.tested.base, found.simulated
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
    parameters = {
        "parameter": list(found.tested.fit.model.names()),
        "estimate": found.tested.fit.model.as_array(),
        "error": found.tested.fit.errors,
        "refit_estimate": found.used.fit.model.as_array(),
        "refit_error": found.used.fit.errors,
    }
    tables = {"histogram": histogram, "weekly": weekly, "parameters": parameters}
    tables |= {"members": _members(found), "models": _models(found)}
    written = {name: [pa.table(columns)] for name, columns in tables.items()}
    return written | {"customer_base": [pa.table(_customers(found)).sort_by("customer")]}


def _members(found: Forecast) -> dict[str, Any]:
    """Return the near-best parameter sets: those that the forecast was tested with, and those of the ensemble."""
    fits = {"window": found.tested, **({"all": found.used} if found.refitted else {})}
    names = found.used.fit.model.names()
    values = np.array([member.as_array() for fitted in fits.values() for member in fitted.members])
    return {
        "fit": [name for name, fitted in fits.items() for _ in fitted.members],
        "weight": np.concatenate([fitted.weights for fitted in fits.values()]),
        **{name: values[:, at] for at, name in enumerate(names)},
    }


def _models(found: Forecast) -> dict[str, Any]:
    """Return every parameter of every model, long: of the fit to the window, and again of that to all of the file."""
    rows = []
    for name, candidate in found.tested.choice.candidates.items():
        again = found.used.choice.candidates.get(name)
        for at, parameter in enumerate(candidate.fit.model.names()):
            rows.append(
                (
                    name,
                    parameter,
                    candidate.fit.model.as_array()[at],
                    candidate.fit.errors[at],
                    candidate.fit.log_likelihood,
                    candidate.once_alive,
                    name == found.tested.choice.name,
                    None if again is None else again.fit.model.as_array()[at],
                    None if again is None else again.fit.errors[at],
                    None if again is None else again.fit.log_likelihood,
                )
            )
    heads = (
        *("model", "parameter", "estimate", "error", "log_likelihood", "alive_who_bought_once", "used"),
        *("refit_estimate", "refit_error", "refit_log_likelihood"),
    )
    return {head: [_null(row[at]) for row in rows] for at, head in enumerate(heads)}


def _null(value: Any) -> Any:
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _customers(found: Forecast) -> dict[str, Any]:
    """Return each customer of the file: what was seen, whether it is still one, and what to expect of it.

    Once at the end of the calibration window, by the fit to it, over as long as the data go on, beside what was bought
    then (null for who first bought later); and once at the end of the data, by the fit to all of them, over the year
    that follows.
    """
    base, year, spend = found.used.base, found.ahead, found.used.spend_of_each()
    start = np.datetime64(base.start)
    return {
        "customer": base.ids,
        "first_purchase": start + base.first.astype("timedelta64[D]"),
        **_tested(found),
        "repeat_purchases_at_the_end": base.repeats,
        "last_purchase_at_the_end": start + (base.first + base.last).astype("timedelta64[D]"),
        "p_alive_at_the_end": found.outlook[found.used.choice.name].alive,
        **{f"p_alive_at_the_end_{name}": outlook.alive for name, outlook in found.outlook.items()},
        "expected_purchases_next_year": year,
        "expected_spend_a_purchase": [None] * base.customers if spend is None else spend,
        "expected_revenue_next_year": [None] * base.customers if spend is None else year * spend,
    }


def _tested(found: Forecast) -> dict[str, Any]:
    """Return the columns that the fit to the window speaks of; null for customers who first bought after it."""
    import pyarrow as pa

    base, model = found.tested.base, found.tested.fit.model
    everybody = found.used.base
    inside = everybody.first < base.window

    def spread(values: np.ndarray[Any, Any]) -> pa.Array:
        filled = np.zeros(everybody.customers, dtype=values.dtype)
        filled[inside] = values
        return pa.array(filled, mask=~inside)

    seen, ahead = base.single(), (base.days - base.window) / DAYS_A_WEEK
    last = np.datetime64(base.start) + (base.first + base.last).astype("timedelta64[D]")
    nothing = [None] * everybody.customers
    return {
        "repeat_purchases": spread(base.repeats),
        "last_purchase": spread(last),
        "p_alive": spread(model.alive(seen)),
        "expected_purchases": spread(model.expected_after(ahead, seen)) if found.refitted else nothing,
        "observed_purchases": spread(base.after) if found.refitted else nothing,
    }


def _comment(found: Forecast, source: str, warnings: Sequence[str]) -> list[str]:
    base, cohort, fit = found.used.base, found.used.cohort, found.used.fit
    lines = [
        f"Fitted by `journey calibrate` {sim.__version__} to all of {source}: {base.customers:,} customers who first"
        f" bought from {base.start} to {base.end}.",
        f"One step stands for {'a day' if cohort.step_days == 1 else 'a week'}. {fit.model.TITLE}, in weeks, with"
        " standard errors:",
    ]
    lines += [
        f"  {name} = {significant(value)}"
        + (f" +- {significant(error, 2)}" if np.isfinite(error) else ", not bounded by the data")
        for name, value, error in zip(fit.model.names(), fit.model.as_array(), fit.errors, strict=True)
    ]
    off, tested = found.off(), found.tested.base
    if off is not None:
        lines.append(
            f"Tested before, fitted to the time up to {tested.until} alone: of the repeat purchases to week"
            f" {tested.weeks} it forecast {100 * off[1]:+.1f} % of what was observed; {100 * off[0]:.1f} % off at most"
            f" after week {tested.window_weeks}."
        )
    lines += [f"Note: {warning}." for warning in warnings]
    return lines
