"""Forecast: what a fit to transactions says, in words, in figures and on a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.paired import NORMAL_WIDTH
from sim.customer_base.buy_till_you_die import BuyTillYouDie
from sim.number_format import exact_percent, p_value, short_money, spaced
from sim.reports.document import Document, Section, Table
from sim.reports.figures.repeat_buying import draw_comebacks, draw_repeats, draw_tiers, draw_tracking, draw_weeks
from sim.reports.picture import Picture
from sim.scenario.calendar import DAYS_A_WEEK

if TYPE_CHECKING:
    from sim.customer_base.forecast import Forecast

__all__ = ["estimate_line", "forecast_lines", "forecast_document", "forecast_summary"]

_MEANINGS = {
    "r": "shape of the buying rates over customers: the smaller, the more they differ",
    "alpha": "their scale, weeks: the mean rate is r / alpha a week",
    "a": "leaving after a repeat purchase: mean chance a / (a + b)",
    "b": "how alike customers are in it: a + b",
}


def forecast_summary(found: Forecast, warnings: Sequence[str], counts: dict[str, int]) -> dict[str, Any]:
    """Return the content of `summary.json`.

    Parameters
    ----------
    found : Forecast
    warnings : sequence of str
        What was odd about the file.
    counts : dict of str to int
        Rows read, used and left out.

    Returns
    -------
    dict
    """
    base, fit = found.base, found.fit
    values, errors = fit.model.as_array(), fit.errors
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
            "mean_amount": base.mean_amount,
            "repeat_purchases_in_window": int(base.repeats.sum()),
            "repeat_purchases_after": int(base.after.sum()),
            "counts": counts,
        },
        "warnings": list(warnings),
        "parameters": {
            field.name: {
                "estimate": float(value),
                "error": float(error) if np.isfinite(error) else None,
                "ci_low": float(value * np.exp(-NORMAL_WIDTH * error / value)) if np.isfinite(error) else None,
                "ci_high": float(value * np.exp(NORMAL_WIDTH * error / value)) if np.isfinite(error) else None,
            }
            for field, value, error in zip(fields(BuyTillYouDie), values, errors, strict=True)
        },
        "unbounded": list(fit.unbounded),
        "log_likelihood": fit.log_likelihood,
        "spend": None
        if found.spend is None
        else {"p": found.spend.p, "q": found.spend.q, "v": found.spend.v, "mean": _finite(found.spend.mean)},
        "fit": {"chi_square": fit_of_cells[0], "degrees_of_freedom": fit_of_cells[1], "p_value": fit_of_cells[2]},
        "forecast": None
        if off is None or after is None
        else {
            "largest_gap_of_the_curve": off[0],
            "gap_at_the_end": off[1],
            "observed_after": after[0],
            "simulated_after": after[1],
            "observed_total": float(found.observed[-1]),
            "simulated_total": float(found.simulated.weekly[-1]),
            "expected_total": float(found.weekly[-1]),
            "sd_parameters": float(found.parameter_spread[-1]),
            "sd_luck": _finite(float(found.simulated.luck[-1])),
            "simulation_error": _finite(float(found.simulated.spread[-1])),
        },
        "simulation": {
            "customers": found.simulated.customers,
            "step_days": found.cohort.step_days,
            "steps": found.cohort.steps,
        },
    }


def forecast_lines(found: Forecast, warnings: Sequence[str]) -> list[str]:
    """Return the verdict: a few sentences a strategist can use."""
    base, model = found.base, found.fit.model
    never = float((base.repeats == 0).mean())
    lines = [
        f"{base.customers:,} customers who first bought from {base.start} to {base.until}; "
        f"{exact_percent(never, 0)} of them did not"
        f" come back by then."
    ]
    rate = 52.0 * model.r / model.alpha
    leaving = model.a / (model.a + model.b)
    if "a" in found.fit.unbounded or "b" in found.fit.unbounded:
        stays = "no sign that customers leave for good" if leaving < 1e-3 else "how readily they leave is not bounded"
    else:
        stays = f"after a repeat purchase {exact_percent(leaving, 0)} leave for good"
    lines.append(f"On average a customer wants to buy {rate:.3g} times a year; {stays}.")
    chi, freedom, chance = _chi_square(found)
    observed = base.histogram(found.histogram.size - 1)
    misplaced = 0.5 * float(np.abs(observed - found.histogram).sum()) / base.customers
    tested = "" if freedom <= 0 else f" (chi-square {chi:.1f} on {freedom}, p {p_value(chance)})"
    lines.append(
        f"By how often they came back the model misplaces {exact_percent(misplaced, 1)} of them{tested}; "
        f"the simulation gives"
        f" {found.simulated.histogram[0]:,.0f} who never came back, {observed[0]:,} were observed."
    )
    off, after = found.off(), found.after()
    if off is not None and after is not None and after[0] > 0:
        total, later = (exact_percent(gap, 1, sign=True) for gap in (off[1], after[1] / after[0] - 1.0))
        lines.append(
            f"Forecast to week {base.weeks}: {found.simulated.weekly[-1]:,.0f} repeat purchases in all,"
            f" {found.observed[-1]:,.0f} were observed ({total}); the curve is off by "
            f"{exact_percent(off[0], 1)} at most"
            f" after week {base.window_weeks}. In those weeks alone: {after[1]:,.0f} against {after[0]:,.0f}"
            f" ({later})."
        )
    lines += [f"Note: {warning}." for warning in warnings]
    return lines


def estimate_line(found: Forecast) -> str:
    """Return the estimates with their standard errors."""
    written = ", ".join(
        f"{field.name} = {value:.3g}" + (f" ± {error:.2g}" if np.isfinite(error) else " (not bounded)")
        for field, value, error in zip(fields(BuyTillYouDie), found.fit.model.as_array(), found.fit.errors, strict=True)
    )
    return f"BG/NBD, in weeks, ± standard error: {written}"


def forecast_document(found: Forecast, warnings: Sequence[str], command: str, title: str) -> Document:
    """Lay out the report.

    Parameters
    ----------
    found : Forecast
    warnings : sequence of str
        What was odd about the file.
    command : str
        What runs the fitted cohort.
    title : str
        Heading of the page.

    Returns
    -------
    Document
    """
    return Document(
        title=title,
        lead=tuple(forecast_lines(found, [])),
        facts=f"{found.base.customers:,} customers observed · {found.simulated.customers:,} simulated ·"
        f" one step is {'a day' if found.cohort.step_days == 1 else 'a week'}",
        sections=tuple(
            filter(None, (_data(found, warnings), _fit(found), _ahead(found), _spend(found), _use(command)))
        ),
    )


def _data(found: Forecast, warnings: Sequence[str]) -> Section:
    base = found.base
    rows = (
        ("First and last day", f"{base.start} to {base.end}"),
        ("Calibration window", f"to {base.until}, {base.window_weeks} whole weeks"),
        ("Customers who first bought in it", f"{base.customers:,}"),
        ("Their repeat purchases in it", f"{int(base.repeats.sum()):,}"),
        ("Their purchases after it", f"{int(base.after.sum()):,}"),
        ("Customers who first bought later (left out)", f"{base.later:,}"),
    )
    paragraphs = tuple(f"Note: {warning}." for warning in warnings) or ("Every row of the file could be used.",)
    return Section("What the file holds", paragraphs, tables=(Table(("", ""), rows),))


def _fit(found: Forecast) -> Section:
    base, fit = found.base, found.fit
    names = _cells(found.histogram.size)
    observed = base.histogram(found.histogram.size - 1)
    rows = tuple(
        (
            field.name,
            f"{value:.4g}",
            f"{error:.2g}" if np.isfinite(error) else "not bounded",
            _MEANINGS[field.name],
        )
        for field, value, error in zip(fields(BuyTillYouDie), fit.model.as_array(), fit.errors, strict=True)
    )
    cells = tuple(
        (name, f"{count:,}", f"{expected:,.1f}", f"{simulated:,.1f}", f"{error:.1f}")
        for name, count, expected, simulated, error in zip(
            names, observed, found.histogram, found.simulated.histogram, found.simulated.error, strict=True
        )
    )
    return Section(
        "How customers come back",
        (
            "Each customer buys at a rate of its own and leaves for good after a repeat purchase with a chance of its"
            " own (BG/NBD: Fader, Hardie & Lee 2005), estimated by maximum likelihood on the calibration window.",
            "The model's column is the formula's; the simulated one is what the engine's customers did, scaled to as"
            " many as were observed.",
        ),
        pictures=(
            Picture(
                "repeats",
                draw_repeats(
                    names, observed.astype(float), found.histogram, found.simulated.histogram, found.simulated.error
                ),
                "Bars of customers by number of repeat purchases, observed, expected and simulated",
                "Three bars of about the same height in every group mean that the model holds. Whisker: 95 % interval"
                " of the simulation.",
                "How customers come back",
            ),
        ),
        tables=(
            Table(("Parameter", "Estimate", "Standard error", "Meaning"), rows, words=(3,)),
            Table(("Repeat purchases", "Observed", "Model", "Simulated", "Simulation's error"), cells),
        ),
    )


def _ahead(found: Forecast) -> Section | None:
    base = found.base
    if base.weeks < 2:
        return None
    spread = np.sqrt(found.parameter_spread**2 + np.nan_to_num(found.simulated.luck) ** 2)
    pictures = [
        Picture(
            "tracking",
            draw_tracking(
                found.observed,
                found.weekly,
                found.simulated.weekly,
                np.maximum(found.simulated.weekly - NORMAL_WIDTH * spread, 0.0),
                found.simulated.weekly + NORMAL_WIDTH * spread,
                base.window_weeks,
            ),
            "Lines of cumulative repeat purchases by week, observed, expected and simulated, with a forecast band",
            "Left of the line is what the model was fitted to, right of it is forecast. The band covers what the"
            " parameters leave open and the luck of as many customers as were observed.",
            "Week by week",
        ),
        Picture(
            "weeks",
            draw_weeks(base.weekly.astype(float), np.diff(found.simulated.weekly, prepend=0.0), base.window_weeks),
            "Lines of repeat purchases in each week, observed and simulated",
            "Seasons and campaigns stand out from the simulated curve, which knows neither.",
            "Week by week",
        ),
    ]
    if base.after.any():
        pictures.append(_comebacks(found))
    last = -1
    rows = (
        ("Observed", f"{found.observed[last]:,.0f}"),
        ("Simulated", f"{found.simulated.weekly[last]:,.0f}"),
        ("Formula", f"{found.weekly[last]:,.0f}"),
        ("Standard deviation: parameters", f"{found.parameter_spread[last]:,.0f}"),
        ("Standard deviation: luck of so many customers", _known(found.simulated.luck[last])),
        ("Standard error of the simulation", _known(found.simulated.spread[last])),
    )
    return Section(
        "Week by week",
        pictures=tuple(pictures),
        tables=(Table((f"Repeat purchases to week {base.weeks}", ""), rows),),
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
        "Week by week",
    )


def _spend(found: Forecast) -> Section:
    currency = spaced(found.cohort.currency)
    amounts = found.cohort.tiers * found.cohort.spend
    mean = f"Purchases of the calibration window cost {short_money(found.cohort.spend, currency)} on average."
    if found.spend is None or len(amounts) == 1:
        return Section("What they spend", (mean,))
    spend = found.spend
    return Section(
        "What they spend",
        (
            f"{mean} Customers differ (Gamma-Gamma: Fader & Hardie 2013; p = {spend.p:.3g}, q = {spend.q:.3g},"
            f" v = {spend.v:.4g}), which the configuration carries as {len(amounts)} personas of equal size."
            f" {_together(found)}",
        ),
        pictures=(
            Picture(
                "tiers",
                draw_tiers(amounts, found.cohort.spend, currency),
                "Bars of the mean spend a purchase by fifth of the customers",
                "What the next fifth of the customers spends a purchase, on average of each fifth.",
                "What they spend",
            ),
        ),
    )


def _together(found: Forecast) -> str:
    base = found.base
    paying = base.spend_count > 0
    together = float(np.corrcoef(base.spend_count[paying], base.spend_mean[paying])[0, 1])
    return (
        f"Whoever buys often does not spend otherwise: correlation {together:+.2f}."
        if abs(together) < 0.2
        else f"Beware: frequency and spend go together (correlation {together:+.2f}), which the model does not know."
    )


def _use(command: str) -> Section:
    return Section(
        "Using it",
        (
            f"The configuration lies in the folder config beside this page: {command}",
            "Its one step is what the facts above say, so read days for weeks in reports of it where a step is a day.",
        ),
    )


def _chi_square(found: Forecast) -> tuple[float, int, float]:
    """Return the chi-square of the histogram, its degrees of freedom and the chance of a worse fit."""
    from scipy.stats import chi2

    observed = found.base.histogram(found.histogram.size - 1).astype(float)
    expected = found.histogram.copy()
    while expected.size > 1 and expected[-1] < 5.0:  # too few are expected there for a chi-square
        observed = np.r_[observed[:-2], observed[-2:].sum()]
        expected = np.r_[expected[:-2], expected[-2:].sum()]
    freedom = int(expected.size - 1 - len(fields(BuyTillYouDie)))
    value = float(((observed - expected) ** 2 / np.maximum(expected, 1e-9)).sum())
    return value, freedom, float(chi2.sf(value, freedom)) if freedom > 0 else 1.0


def _cells(count: int) -> list[str]:
    return [*map(str, range(count - 1)), f"{count - 1}+"]


def _known(value: float) -> str:
    return f"{value:,.0f}" if np.isfinite(value) else "not known from one replicate"


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
