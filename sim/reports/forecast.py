"""Forecast report: what a fit to transactions says, in words, figures and tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.paired import NORMAL_WIDTH
from sim.customer_base.candidates import CLEAR
from sim.customer_base.forecast import spend_of_each
from sim.customer_base.pareto_nbd import ParetoNbd
from sim.number_format import NOTHING, count, decimal, exact_percent, significant, spaced
from sim.reports.columns import column_table
from sim.reports.document import Document, Table, text_lines
from sim.reports.figures.repeat_buying import draw_comebacks, draw_repeats, draw_tiers, draw_tracking, draw_weeks
from sim.reports.picture import Picture
from sim.scenario.calendar import DAYS_A_WEEK, WEEKS_A_YEAR

if TYPE_CHECKING:
    from sim.customer_base.forecast import Forecast
    from sim.customer_base.repeat_buying import RepeatModel
    from sim.data.ledger import Ledger

__all__ = [
    "estimate_line",
    "forecast_document",
    "forecast_facts",
    "forecast_lines",
    "forecast_summary",
    "holdout_words",
    "next_year",
]

#: How far a forecast of the purchases after the window may be off to be called so.
_GOOD, _FAIR = 0.05, 0.10
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
    base, fit = found.base, found.fit
    off, after = found.off(), found.after()
    fit_of_cells = _chi_square(found)
    return {
        "scenario": found.cohort.name,
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
        "parameters": _parameters(found),
        "model": found.choice.name,
        "models": _models(found),
        "unbounded": list(fit.unbounded),
        "log_likelihood": fit.log_likelihood,
        "spend": _spend(found),
        "fit": {"chi_square": fit_of_cells[0], "degrees_of_freedom": fit_of_cells[1], "p_value": fit_of_cells[2]},
        "forecast": None
        if off is None or after is None
        else {
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
        },
        "next_year": next_year(found),
        "simulation": {
            "customers": found.simulated.customers,
            "step_days": found.cohort.step_days,
            "steps": found.cohort.steps,
        },
    }


def _parameters(found: Forecast) -> dict[str, Any]:
    fit = found.fit
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


def _spend(found: Forecast) -> dict[str, Any] | None:
    if found.spend is None:
        return None
    return {
        "p": found.spend.p,
        "q": found.spend.q,
        "v": found.spend.v,
        "mean": _finite(found.spend.mean),
        "unbounded": list(found.spend.unbounded),
    }


def _models(found: Forecast) -> dict[str, Any]:
    return {
        name: {
            "title": candidate.fit.model.TITLE,
            "parameters": dict(
                zip(candidate.fit.model.names(), map(float, candidate.fit.model.as_array()), strict=True)
            ),
            "log_likelihood": candidate.fit.log_likelihood,
            "alive_who_bought_once": _finite(candidate.once_alive),
            "used": name == found.choice.name,
        }
        for name, candidate in found.choice.candidates.items()
    }


def forecast_facts(found: Forecast) -> dict[str, Any]:
    """Return what the words of the report are made of."""
    base, model, simulated = found.base, found.fit.model, found.simulated
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
        "bounded": not set(found.fit.unbounded) - {"r", "alpha"},
        "model": model.TITLE,
        "choice": found.choice,
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
        },
        "next_year": next_year(found),
        "currency": found.cohort.currency,
    }


def next_year(found: Forecast) -> dict[str, Any]:
    """Return what is expected of the customers in the year after the data.

    Returns
    -------
    dict
        ``purchases`` and ``revenue`` (None without amounts) given what each customer did, ``drawn`` (purchases by the
        model alone, as the configuration's market has them), and ``half`` (smallest share of customers who make half of
        the purchases).
    """
    base = found.base
    each = found.fit.model.expected_after(WEEKS_A_YEAR, base.single(whole=True))
    spend = spend_of_each(found)
    total, drawn = found.year_ahead()
    so_far = np.cumsum(np.sort(each)[::-1])
    return {
        "purchases": total,
        "drawn": drawn,
        "revenue": None if spend is None else float(each @ spend),
        "half": float(np.searchsorted(so_far, total / 2) + 1) / base.customers if total > 0 else None,
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
    tested = _holdout(found)
    if tested is None:
        return ""
    few = "few" if tested["gap"] < 0.0 else "many"
    base = found.base
    return (
        f"of weeks {base.window_weeks + 1} to {base.weeks}, which the fit had not seen, it forecast"
        f" {exact_percent(abs(tested['gap']), 1)} too {few} repeat purchases ({tested['rating']})"
    )


def forecast_lines(found: Forecast, warnings: Sequence[str]) -> list[str]:
    """Return the verdict: a few sentences a strategist can use."""
    return text_lines("forecast", **forecast_facts(found), warnings=warnings)


def estimate_line(found: Forecast) -> str:
    """Return the estimates with their standard errors."""
    written = ", ".join(
        f"{name} = {significant(value, 3)}"
        + (f" ± {significant(error, 2)}" if np.isfinite(error) else " (not bounded)")
        for name, value, error in zip(
            found.fit.model.names(), found.fit.model.as_array(), found.fit.errors, strict=True
        )
    )
    return f"{found.fit.model.TITLE}, in weeks, ± standard error: {written}"


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
    base, cohort = found.base, found.cohort
    return Document(
        title=title,
        lead=tuple(forecast_lines(found, [])),
        template="forecast",
        pictures=tuple(_pictures(found)),
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
            "parameter_table": _parameter_table(found),
            "model_table": _model_table(found),
            "cell_table": _cell_table(found),
            "totals": _totals(found),
            "mean_spend": cohort.spend if base.mean_amount > 0 else None,
            "currency": cohort.currency,
            "spend": found.spend,
            "tiers": len(cohort.tiers),
            "together": _together(found),
        },
    )


def _row_table(ledger: Ledger) -> Table:
    """Return where the rows of the file went."""
    rows = [("Rows read", count(ledger.rows)), ("used", count(ledger.counts["rows_used"]))]
    rows += [(f"left out {what}", count(number)) for what, number in ledger.left_out.items()]
    return Table(("Rows", ""), tuple(rows))


def _parameter_table(found: Forecast) -> Table:
    rows = tuple(
        (name, significant(value), significant(error, 2) if np.isfinite(error) else "not bounded", _MEANINGS[name])
        for name, value, error in zip(
            found.fit.model.names(), found.fit.model.as_array(), found.fit.errors, strict=True
        )
    )
    return Table(("Parameter", "Estimate", "Standard error", "Meaning"), rows, words=(3,))


def _model_table(found: Forecast) -> Table:
    """Return the models side by side."""
    rows, whole = [], found.base.single(whole=True)
    for name, candidate in found.choice.candidates.items():
        model = candidate.fit.model
        written = ", ".join(
            f"{key} = {significant(value)}" for key, value in zip(model.names(), model.as_array(), strict=True)
        )
        alive = exact_percent(candidate.once_alive, 1) if np.isfinite(candidate.once_alive) else "–"
        used = "used" if name == found.choice.name else ""
        by_model = (float(np.sum(of)) for of in (model.alive(whole), model.expected_after(WEEKS_A_YEAR, whole)))
        ahead = (count(number) if np.isfinite(number) else NOTHING for number in by_model)
        rows.append((model.TITLE, written, decimal(candidate.fit.log_likelihood, 1), alive, *ahead, used))
    alive_heads = ("Still a customer who bought once", "Customers at the end", "Purchases in the year after")
    return Table(("Model", "Estimates", "Log-likelihood", *alive_heads, ""), tuple(rows), words=(1,))


def _cell_table(found: Forecast) -> Table:
    size, simulated = found.histogram.size, found.simulated
    columns = (_cells(size), found.base.histogram(size - 1), found.histogram, simulated.histogram, simulated.error)
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


def _pictures(found: Forecast) -> list[Picture]:
    pictures = [_repeats(found)]
    if found.base.weeks >= 2:
        pictures += [_tracking(found), _weeks(found)]
        if found.base.after.any():
            pictures.append(_comebacks(found))
    if found.spend is not None and len(found.cohort.tiers) > 1:
        pictures.append(_tiers(found))
    return pictures


def _repeats(found: Forecast) -> Picture:
    size, simulated = found.histogram.size, found.simulated
    observed = found.base.histogram(size - 1).astype(float)
    return Picture(
        "repeats",
        draw_repeats(_cells(size), observed, found.histogram, simulated.histogram, simulated.error),
        "Bars of customers by number of repeat purchases, observed, expected and simulated",
        "Three bars of about the same height in every group mean that the model holds. Whisker: 95 % interval of the"
        " simulation.",
        "repeats",
    )


def _tracking(found: Forecast) -> Picture:
    lived = found.simulated.weekly
    spread = NORMAL_WIDTH * np.sqrt(found.parameter_spread**2 + np.nan_to_num(found.simulated.luck) ** 2)
    low = np.maximum(lived - spread, 0.0)
    return Picture(
        "tracking",
        draw_tracking(found.observed, found.weekly, lived, low, lived + spread, found.base.window_weeks),
        "Lines of cumulative repeat purchases by week, observed, expected and simulated, with a forecast band",
        "Left of the line is what the model was fitted to, right of it is forecast. The band covers what the"
        " parameters leave open and the random variation of as many customers as were observed.",
        "weeks",
    )


def _weeks(found: Forecast) -> Picture:
    base = found.base
    return Picture(
        "weeks",
        draw_weeks(base.weekly.astype(float), np.diff(found.simulated.weekly, prepend=0.0), base.window_weeks),
        "Lines of repeat purchases in each week, observed and simulated",
        "Seasons and campaigns stand out from the simulated curve, which knows neither.",
        "weeks",
    )


def _tiers(found: Forecast) -> Picture:
    cohort = found.cohort
    return Picture(
        "tiers",
        draw_tiers(cohort.tiers * cohort.spend, cohort.spend, spaced(cohort.currency)),
        "Bars of the mean spend a purchase by fifth of the customers",
        "What the next fifth of the customers spends a purchase, on average of each fifth.",
        "spend",
    )


def _comebacks(found: Forecast) -> Picture:
    base = found.base
    days = base.days - base.window
    model = found.fit.model
    last = min(7, int(base.repeats.max()))
    groups = np.minimum(base.repeats, last)
    summary = base.summary()
    ahead = model.expected_after(days / DAYS_A_WEEK, summary)
    weight = summary.customers
    of_group = np.minimum(summary.repeats, last).astype(np.int64)
    expected = np.bincount(of_group, ahead * weight, last + 1) / np.maximum(
        np.bincount(of_group, weight, last + 1), 1.0
    )
    counts = np.bincount(groups, minlength=last + 1)
    mean = np.bincount(groups, base.after, last + 1) / np.maximum(counts, 1)
    square = np.bincount(groups, base.after.astype(float) ** 2, last + 1) / np.maximum(counts, 1)
    error = np.sqrt(np.maximum(square - mean**2, 0.0) / np.maximum(counts - 1, 1))
    return Picture(
        "comebacks",
        draw_comebacks(_cells(last + 1), mean, error, expected),
        "Lines of purchases after the calibration window by repeat purchases within it, observed and expected",
        "For each group of customers: how often they bought in the time that the model had not seen.",
        "weeks",
    )


def _together(found: Forecast) -> float | None:
    """Return the correlation of how often customers buy and what they spend; None where it is undefined."""
    base = found.base
    paying = base.spend_count > 0
    counts, means = base.spend_count[paying], base.spend_mean[paying]
    if counts.size < 2 or np.ptp(counts) == 0 or np.ptp(means) == 0:
        return None
    return float(np.corrcoef(counts, means)[0, 1])


def _chi_square(found: Forecast) -> tuple[float, int, float]:
    """Return the chi-square of the histogram, its degrees of freedom and the chance of a worse fit."""
    from scipy.special import chdtrc  # scipy.stats takes longer to load than all that is computed here

    observed = found.base.histogram(found.histogram.size - 1).astype(float)
    expected = found.histogram.copy()
    while expected.size > 1 and expected[-1] < 5.0:  # too few are expected there for a chi-square
        observed = np.r_[observed[:-2], observed[-2:].sum()]
        expected = np.r_[expected[:-2], expected[-2:].sum()]
    freedom = int(expected.size - 1 - len(found.fit.model.names()))
    value = float(((observed - expected) ** 2 / np.maximum(expected, 1e-9)).sum())
    return value, freedom, float(chdtrc(freedom, value)) if freedom > 0 else 1.0


def _cells(size: int) -> list[str]:
    return [*map(str, range(size - 1)), f"{size - 1}+"]


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
