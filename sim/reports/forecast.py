"""Forecast report: what a fit to transactions says, in words, figures and tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.paired import NORMAL_WIDTH
from sim.customer_base.candidates import CLEAR
from sim.customer_base.pareto_nbd import ParetoNbd
from sim.number_format import NOTHING, count, decimal, exact_percent, short_money, significant, spaced
from sim.reports.columns import column_table
from sim.reports.document import Document, Table, text_lines
from sim.reports.forecast_pictures import cells, forecast_pictures
from sim.scenario.calendar import WEEKS_A_YEAR

if TYPE_CHECKING:
    from sim.customer_base.fitted_base import FittedBase
    from sim.customer_base.forecast import Forecast
    from sim.customer_base.repeat_buying import RepeatModel
    from sim.data.ledger import Ledger

__all__ = [
    "estimate_lines",
    "forecast_document",
    "forecast_facts",
    "forecast_lines",
    "forecast_summary",
    "holdout_words",
    "next_year",
]

#: How far a forecast of the purchases after the window may be off to be called so.
_GOOD, _FAIR = 0.05, 0.10
#: Keys of `summary.json` and columns of `customer_base.parquet` that rest on the fit to the calibration window ...
_OF_THE_WINDOW = (
    *("parameters", "models", "unbounded", "log_likelihood", "spend", "fit", "forecast", "simulation"),
    *("customer_base.p_alive", "customer_base.expected_purchases"),
)
#: ... and on that to all of the file; `config` is the folder.
_OF_ALL = (
    *("refit", "next_year", "config", "customer_base.p_alive_at_the_end", "customer_base.expected_purchases_next_year"),
    *("customer_base.expected_spend_a_purchase", "customer_base.expected_revenue_next_year"),
)
_MEANINGS = {
    "s": "shape of the rates of leaving over customers: the smaller, the more they differ",
    "beta": "their scale, weeks: the mean rate is s / beta a week",
    "r": "shape of the buying rates over customers: the smaller, the more they differ",
    "alpha": "their scale, weeks: the mean rate is r / alpha a week",
    "a": "leaving after a purchase: mean chance a / (a + b)",
    "b": "how alike customers are in it: a + b",
}


def forecast_summary(found: Forecast, warnings: Sequence[str], ledger: Ledger) -> dict[str, Any]:
    """Return the content of `summary.json`.

    Parameters
    ----------
    found : Forecast
    warnings : sequence of str
        What was odd about the file.
    ledger : Ledger
        Rows read, used and left out, and what was understood of the columns.

    Returns
    -------
    dict
    """
    tested, base = found.tested, found.tested.base
    fit_of_cells = _chi_square(found)
    return {
        "scenario": found.used.cohort.name,
        "verdict": "\n".join(forecast_lines(found, warnings)),
        "data": {
            "customers": base.customers,
            "later_customers": base.later,
            "start": str(base.start),
            "until": str(base.until),
            "end": str(base.end),
            "window_weeks": base.window_weeks,
            "weeks": base.weeks,
            "mean_amount": _finite(base.mean_amount),
            "repeat_purchases_in_window": int(base.repeats.sum()),
            "repeat_purchases_after": int(base.after.sum()),
            "counts": {
                **ledger.counts,
                "customers_in_the_fit": base.customers,
                "customers_later": base.later,
                **{f"purchases_{where}": number for where, number in base.purchases.items()},
            },
            "left_out": dict(ledger.left_out),
            "columns": [column.plain() for column in ledger.columns],
        },
        "warnings": list(warnings),
        "rests_on": {"window": list(_OF_THE_WINDOW), "all_of_the_file": list(_OF_ALL)},
        "parameters": _parameters(tested),
        "model": tested.choice.name,
        "models": _models(tested),
        "unbounded": list(tested.fit.unbounded),
        "log_likelihood": tested.fit.log_likelihood,
        "spend": _spend(tested),
        "fit": {"chi_square": fit_of_cells[0], "degrees_of_freedom": fit_of_cells[1], "p_value": fit_of_cells[2]},
        "forecast": _forecast(found),
        "refit": _refit(found),
        "next_year": next_year(found),
        "simulation": {
            "customers": found.simulated.customers,
            "step_days": tested.cohort.step_days,
            "steps": tested.cohort.steps,
        },
    }


def _forecast(found: Forecast) -> dict[str, Any] | None:
    """Return how the fit to the window forecast what it had not seen; None where nothing was left to be forecast."""
    base, off, after = found.tested.base, found.off(), found.after()
    if off is None or after is None:
        return None
    return {
        "largest_gap_of_the_curve": off[0],
        "gap_at_the_end": off[1],
        "observed_after": after[0],
        "simulated_after": after[1],
        "after": _holdout(found),
        "not_in_whole_weeks": int(base.repeats.sum() + base.after.sum() - found.observed[-1]),
        "observed_total": float(found.observed[-1]),
        "simulated_total": float(found.simulated.weekly[-1]),
        "expected_total": float(found.weekly[-1]),
        "sd_parameters": float(found.parameter_spread[-1]),
        "sd_luck": _finite(float(found.simulated.luck[-1])),
        "simulation_error": _finite(float(found.simulated.spread[-1])),
    }


def _refit(found: Forecast) -> dict[str, Any]:
    """Return the fit to all of the file, on which the configuration, each customer and the year after rest."""
    used = found.used
    models = _models(used)
    for name, outlook in found.outlook.items():
        models[name] |= {
            "customers_at_the_end": _finite(float(outlook.alive.sum())),
            "purchases_next_year": _finite(float(outlook.ahead.sum())),
        }
    return {
        "customers": used.base.customers,
        "start": str(used.base.start),
        "end": str(used.base.end),
        "repeat_purchases": int(used.base.repeats.sum()),
        "expected_repeat_purchases": used.drawn()[0],
        "mean_amount": _finite(used.base.mean_amount),
        "mean_amount_next_year": used.cohort.spend if used.base.mean_amount > 0 else None,
        "parameters": _parameters(used),
        "models": models,
        "likeliest": used.choice.likeliest,
        "unbounded": list(used.fit.unbounded),
        "log_likelihood": used.fit.log_likelihood,
        "spend": _spend(used),
    }


def _parameters(fitted: FittedBase) -> dict[str, Any]:
    fit = fitted.fit
    values, errors = fit.model.as_array(), fit.errors
    return {
        name: {
            "estimate": float(value),
            "error": float(error) if np.isfinite(error) else None,
            "ci_low": float(value * np.exp(-NORMAL_WIDTH * error / value)) if np.isfinite(error) else None,
            "ci_high": float(value * np.exp(NORMAL_WIDTH * error / value)) if np.isfinite(error) else None,
        }
        for name, value, error in zip(fit.model.names(), values, errors, strict=True)
    }


def _spend(fitted: FittedBase) -> dict[str, Any] | None:
    if fitted.spend is None:
        return None
    return {
        "p": fitted.spend.p,
        "q": fitted.spend.q,
        "v": fitted.spend.v,
        "mean": _finite(fitted.spend.mean),
        "unbounded": list(fitted.spend.unbounded),
    }


def _models(fitted: FittedBase) -> dict[str, Any]:
    return {
        name: {
            "title": candidate.fit.model.TITLE,
            "parameters": dict(
                zip(candidate.fit.model.names(), map(float, candidate.fit.model.as_array()), strict=True)
            ),
            "log_likelihood": candidate.fit.log_likelihood,
            "alive_who_bought_once": _finite(candidate.once_alive),
            "used": name == fitted.choice.name,
        }
        for name, candidate in fitted.choice.candidates.items()
    }


def forecast_facts(found: Forecast) -> dict[str, Any]:
    """Return what the words of the report are made of."""
    tested, used, simulated = found.tested, found.used, found.simulated
    base, model = tested.base, tested.fit.model
    observed = base.histogram(found.histogram.size - 1)
    chi_square, freedom, chance = _chi_square(found)
    off, after = found.off(), found.after()
    return {
        "customers": base.customers,
        "start": base.start,
        "until": base.until,
        "window": base.window_weeks,
        "weeks": base.weeks,
        "never": float((base.repeats == 0).mean()),
        "yearly": 52.0 * model.r / model.alpha,
        "leaves": model.LEAVES,
        "leaving": _leaving(model),
        "bounded": not set(tested.fit.unbounded) - {"r", "alpha"},
        "model": model.TITLE,
        "choice": tested.choice,
        "clear": CLEAR,
        "misplaced": 0.5 * float(np.abs(observed - found.histogram).sum()) / base.customers,
        "chi_square": chi_square,
        "freedom": freedom,
        "chance": chance,
        "simulated_never": float(simulated.histogram[0]),
        "observed_never": int(observed[0]),
        "ahead": None
        if off is None or after is None or after[0] <= 0
        else {
            "simulated": float(simulated.weekly[-1]),
            "observed": float(found.observed[-1]),
            "largest_gap": off[0],
            "gap": off[1],
            "observed_after": after[0],
            "simulated_after": after[1],
            "holdout": _holdout(found),
            "lost": found.lost > 0.0,
            "formula_after": float(found.weekly[-1] - found.weekly[base.window_weeks - 1]),
        },
        "again": {
            "customers": used.base.customers,
            "later": base.later,
            "end": used.base.end,
            "repeats": int(used.base.repeats.sum()),
            "expected": used.drawn()[0],
            "choice": used.choice,
        }
        if found.refitted
        else None,
        "next_year": next_year(found),
        "currency": used.cohort.currency,
    }


def next_year(found: Forecast) -> dict[str, Any]:
    """Return what is expected of the customers in the year after the data, by the fit to all of them.

    Returns
    -------
    dict
        ``purchases`` and ``revenue`` (None without amounts) given what each customer did, ``ci_low`` and ``ci_high``
        (95 % interval of the purchases; None where a parameter is left open), ``drawn`` (purchases by the
        model alone, as the configuration's market has them), and ``half`` (smallest share of customers who make half of
        the purchases).
    """
    each, spend = found.ahead, found.used.spend_of_each()
    total = float(each.sum())
    so_far = np.cumsum(np.sort(each)[::-1])
    error = found.used.ahead_error(found.outlook[found.used.choice.name])
    return {
        "purchases": total,
        "ci_low": None if error is None else max(total - NORMAL_WIDTH * error, 0.0),
        "ci_high": None if error is None else total + NORMAL_WIDTH * error,
        "drawn": found.used.drawn()[1],
        "revenue": None if spend is None else float(each @ spend),
        "half": float(np.searchsorted(so_far, total / 2) + 1) / each.size if total > 0 else None,
    }


def _leaving(model: RepeatModel) -> float:
    """Return the mean chance to leave: after a purchase, or, where customers leave at any time, within a year."""
    if isinstance(model, ParetoNbd):
        return float(1.0 - (model.beta / (model.beta + WEEKS_A_YEAR)) ** model.s)
    return model.leaving(1.0)[0]


def _holdout(found: Forecast) -> dict[str, Any] | None:
    """Return how good the forecast of the purchases after the window was, in figures and in a word."""
    after = found.after()
    if after is None or after[0] <= 0:
        return None
    observed, simulated = after
    spread = NORMAL_WIDTH * found.after_error()
    low, high = max(simulated - spread, 0.0), simulated + spread
    gap = simulated / observed - 1.0
    return {
        "observed": observed,
        "simulated": simulated,
        "ci_low": low,
        "ci_high": high,
        "gap": gap,
        "rating": "good" if abs(gap) <= _GOOD else "fair" if abs(gap) <= _FAIR else "poor",
        "within_interval": low <= observed <= high,
    }


def holdout_words(found: Forecast) -> str:
    """Say how far off the forecast of the purchases after the window was; empty where there was none."""
    told = _holdout(found)
    if told is None:
        return ""
    few = "few" if told["gap"] < 0.0 else "many"
    base = found.tested.base
    return (
        f"fitted to weeks 1 to {base.window_weeks} alone, the same model forecast {exact_percent(abs(told['gap']), 1)}"
        f" too {few} repeat purchases in weeks {base.window_weeks + 1} to {base.weeks} ({told['rating']})"
    )


def forecast_lines(found: Forecast, warnings: Sequence[str]) -> list[str]:
    """Return the verdict: a few sentences a strategist can use."""
    return text_lines("forecast", **forecast_facts(found), warnings=warnings)


def estimate_lines(found: Forecast) -> list[str]:
    """Return the estimates of both fits with their standard errors."""
    lines = [f"{found.tested.fit.model.TITLE}, in weeks, ± standard error, fitted to {found.tested.base.until}:"]
    lines[0] += " " + _estimates(found.tested)
    if found.refitted:
        lines.append(f"Fitted to all of the file, to {found.used.base.end}: {_estimates(found.used)}")
    return lines


def _estimates(fitted: FittedBase) -> str:
    fit = fitted.fit
    return ", ".join(
        f"{name} = {_estimate(value, error, 3)}"
        for name, value, error in zip(fit.model.names(), fit.model.as_array(), fit.errors, strict=True)
    )


def _estimate(value: float, error: float, digits: int = 4) -> str:
    return significant(value, digits) + (f" ± {significant(error, 2)}" if np.isfinite(error) else " (not bounded)")


def forecast_document(found: Forecast, warnings: Sequence[str], ledger: Ledger, command: str, title: str) -> Document:
    """Lay out the report.

    Parameters
    ----------
    found : Forecast
    warnings : sequence of str
        What was odd about the file.
    ledger : Ledger
        Rows read, used and left out, and what was understood of the columns.
    command : str
        What runs the fitted cohort.
    title : str
        Heading of the page.

    Returns
    -------
    Document
    """
    tested, used = found.tested, found.used
    base, cohort = tested.base, used.cohort
    return Document(
        title=title,
        lead=tuple(forecast_lines(found, [])),
        template="forecast",
        pictures=tuple(forecast_pictures(found)),
        slots={
            **forecast_facts(found),
            "notes": warnings,
            "column_table": column_table(ledger.columns),
            "row_table": _row_table(ledger),
            "command": command,
            "simulated_customers": found.simulated.customers,
            "step_days": cohort.step_days,
            "end": base.end,
            "repeats": int(base.repeats.sum()),
            "after": int(base.after.sum()),
            "later": base.later,
            "parameter_table": _parameter_table(tested),
            "model_table": _model_table(tested),
            "fits_table": _fits_table(found),
            "outlook_table": _outlook_table(found),
            "cell_table": _cell_table(found),
            "totals": _totals(found),
            "mean_spend": used.base.mean_amount if used.base.mean_amount > 0 else None,
            "price": cohort.spend,
            "currency": cohort.currency,
            "spend": used.spend,
            "tiers": len(cohort.tiers),
            "together": _together(found),
        },
    )


def _row_table(ledger: Ledger) -> Table:
    """Return where the rows of the file went."""
    rows = [("Rows read", count(ledger.rows)), ("used", count(ledger.counts["rows_used"]))]
    rows += [(f"left out {what}", count(number)) for what, number in ledger.left_out.items()]
    return Table(("Rows", ""), tuple(rows))


def _parameter_table(fitted: FittedBase) -> Table:
    fit = fitted.fit
    rows = tuple(
        (name, significant(value), significant(error, 2) if np.isfinite(error) else "not bounded", _MEANINGS[name])
        for name, value, error in zip(fit.model.names(), fit.model.as_array(), fit.errors, strict=True)
    )
    return Table(("Parameter", "Estimate", "Standard error", "Meaning"), rows, words=(3,))


def _fits_table(found: Forecast) -> Table:
    """Return the two fits side by side, and what rests on which."""
    fits = (found.tested, found.used)
    rows: list[tuple[str, ...]] = [
        ("Purchases", *(f"{fitted.base.start} to {fitted.base.until}" for fitted in fits)),
        ("Customers", *(count(fitted.base.customers) for fitted in fits)),
        ("Their repeat purchases, observed", *(count(fitted.base.repeats.sum()) for fitted in fits)),
        ("Expected by the model", *(count(fitted.drawn()[0]) for fitted in fits)),
    ]
    for at, name in enumerate(found.used.fit.model.names()):
        found_by = ((fitted.fit.model.as_array()[at], fitted.fit.errors[at]) for fitted in fits)
        rows.append((name, *(_estimate(value, error) for value, error in found_by)))
    if found.used.base.mean_amount > 0:
        money = spaced(found.used.cohort.currency)
        rows.append(("Mean amount of a purchase", *(short_money(f.base.mean_amount, money) for f in fits)))
    return Table(("", "Fit to the calibration window", "Fit to all of the file"), tuple(rows))


def _model_table(fitted: FittedBase) -> Table:
    """Return the models side by side."""
    rows = []
    for name, candidate in fitted.choice.candidates.items():
        alive = exact_percent(candidate.once_alive, 1) if np.isfinite(candidate.once_alive) else "–"
        used = "used" if name == fitted.choice.name else ""
        model = candidate.fit.model
        rows.append((model.TITLE, _values(model), decimal(candidate.fit.log_likelihood, 1), alive, used))
    return Table(
        ("Model", "Estimates", "Log-likelihood", "Still a customer who bought once", ""), tuple(rows), words=(1,)
    )


def _outlook_table(found: Forecast) -> Table:
    """Return what every model lets expect after the data."""
    rows = []
    for name, outlook in found.outlook.items():
        fit = found.used.choice.candidates[name].fit
        sums = (float(np.sum(of)) for of in (outlook.alive, outlook.ahead))
        told = (count(number) if np.isfinite(number) else NOTHING for number in sums)
        used = "used" if name == found.used.choice.name else ""
        rows.append((fit.model.TITLE, _values(fit.model), decimal(fit.log_likelihood, 1), *told, used))
    heads = ("Model", "Estimates", "Log-likelihood", "Customers at the end", "Purchases in the year after", "")
    return Table(heads, tuple(rows), words=(1,))


def _values(model: RepeatModel) -> str:
    """Return a model's parameters."""
    return ", ".join(
        f"{key} = {significant(value)}" for key, value in zip(model.names(), model.as_array(), strict=True)
    )


def _cell_table(found: Forecast) -> Table:
    size, simulated = found.histogram.size, found.simulated
    columns = (
        cells(size),
        found.tested.base.histogram(size - 1),
        found.histogram,
        simulated.histogram,
        simulated.error,
    )
    rows = tuple(
        (name, count(observed), decimal(expected, 1), decimal(lived, 1), decimal(error, 1))
        for name, observed, expected, lived, error in zip(*columns, strict=True)
    )
    return Table(("Repeat purchases", "Observed", "Model", "Simulated", "Simulation's error"), rows)


def _totals(found: Forecast) -> dict[str, float | None]:
    """Return the repeat purchases to the last week, and how uncertain their simulated number is."""
    return {
        "observed": float(found.observed[-1]),
        "simulated": float(found.simulated.weekly[-1]),
        "formula": float(found.weekly[-1]),
        "parameters": float(found.parameter_spread[-1]),
        "random": _finite(float(found.simulated.luck[-1])),
        "error": _finite(float(found.simulated.spread[-1])),
    }


def _together(found: Forecast) -> float | None:
    """Return the correlation of how often customers buy and what they spend; None where it is undefined."""
    base = found.used.base
    paying = base.spend_count > 0
    counts, means = base.spend_count[paying], base.spend_mean[paying]
    if counts.size < 2 or np.ptp(counts) == 0 or np.ptp(means) == 0:
        return None
    return float(np.corrcoef(counts, means)[0, 1])


def _chi_square(found: Forecast) -> tuple[float, int, float]:
    """Return the chi-square of the histogram, its degrees of freedom and the chance of a worse fit."""
    from scipy.special import chdtrc  # scipy.stats takes longer to load than all that is computed here

    observed = found.tested.base.histogram(found.histogram.size - 1).astype(float)
    expected = found.histogram.copy()
    while expected.size > 1 and expected[-1] < 5.0:  # too few are expected there for a chi-square
        observed = np.r_[observed[:-2], observed[-2:].sum()]
        expected = np.r_[expected[:-2], expected[-2:].sum()]
    freedom = int(expected.size - 1 - len(found.tested.fit.model.names()))
    value = float(((observed - expected) ** 2 / np.maximum(expected, 1e-9)).sum())
    return value, freedom, float(chdtrc(freedom, value)) if freedom > 0 else 1.0


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
