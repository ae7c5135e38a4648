"""Survival: what a fit of churn says, in words, in figures and on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.number_format import decimal, exact_percent
from sim.reports.document import Document, Section, Table
from sim.reports.figures.survival import draw_survival
from sim.reports.picture import Picture

if TYPE_CHECKING:
    from sim.customer_base.survival import Projection

__all__ = ["survival_lines", "survival_document", "survival_summary"]


def survival_lines(found: Projection) -> list[str]:
    """Return the verdict: a few sentences a strategist can use."""
    survival, model = found.survival, found.model
    last, fitted = survival.periods, survival.fitted
    lines = [
        f"{exact_percent(model.mean, 0)} of new subscribers leave at the first renewal; of those who stayed "
        f"{fitted} periods {exact_percent(1.0 - float(model.retention(fitted + 1)), 0)} leave at the next: "
        "they differ, and the readiest leave first.",
    ]
    if model.concentration > 100.0:
        lines.append("They hardly differ in how readily they leave: retention is nearly constant.")
    if found.off is not None:
        lines.append(
            f"Fitted to periods 1 to {fitted}, forecast to {last}: {exact_percent(found.simulated[-1], 1)} still there,"
            f" {exact_percent(survival.share[-1], 1)} were observed; off by "
            f"{decimal(100 * found.off, 1)} points at most."
        )
    else:
        lines.append("All periods were fitted: nothing is left to test a forecast on; say until=PERIODS to keep some.")
    return lines


def survival_summary(found: Projection, name: str) -> dict[str, Any]:
    """Return the content of `summary.json`."""
    survival, errors = found.survival, found.errors
    return {
        "scenario": name,
        "verdict": "\n".join(survival_lines(found)),
        "data": {"periods": survival.periods, "fitted": survival.fitted, "subscribers": survival.subscribers},
        "parameters": {
            "gamma": {"estimate": found.model.gamma, "error": errors[0] if errors else None},
            "delta": {"estimate": found.model.delta, "error": errors[1] if errors else None},
        },
        "mean_churn": found.model.mean,
        "forecast": {"largest_gap": found.off} if found.off is not None else None,
        "simulation": {"customers": found.customers},
    }


def survival_document(found: Projection, command: str, title: str) -> Document:
    """Lay out the report.

    Parameters
    ----------
    found : Projection
    command : str
        What runs the fitted subscription.
    title : str
        Heading of the page.

    Returns
    -------
    Document
    """
    survival = found.survival
    rows = tuple(
        (
            str(at),
            exact_percent(survival.share[at], 2),
            exact_percent(found.expected[at], 2),
            exact_percent(found.simulated[at], 2),
            exact_percent(found.simulation_error[at], 2),
            "fitted" if 0 < at <= survival.fitted else ("forecast" if at else ""),
        )
        for at in range(survival.periods + 1)
    )
    errors = found.errors
    about = f"gamma = {found.model.gamma:.4g}, delta = {found.model.delta:.4g}"
    if errors is not None:
        about += f" (standard errors {errors[0]:.2g} and {errors[1]:.2g})"
    else:
        about += " (the file holds shares and no counts, so no standard errors)"
    pictures = tuple(
        Picture(
            "retention" if rates else "survival",
            draw_survival(survival.share, found.simulated, survival.fitted, survival.unit, rates=rates),
            "Lines of the share that renews by period" if rates else "Lines of the share still there by period",
            "Nobody changes: who leaves readily has left." if rates else "Right of the line is forecast.",
            "Period by period",
        )
        for rates in (False, True)
    )
    return Document(
        title=title,
        lead=tuple(survival_lines(found)),
        facts=f"{found.customers:,} subscribers simulated · one step is one period ({survival.unit})",
        sections=(
            Section(
                "Period by period",
                (
                    "Each subscriber leaves at a renewal with a chance of its own, the same for life, Beta over"
                    f" subscribers (shifted beta-geometric: Fader & Hardie 2007), by maximum likelihood: {about}.",
                ),
                pictures=pictures,
                tables=(
                    Table(
                        (survival.unit, "Observed", "Formula", "Simulated", "Simulation's error", ""), rows, words=(5,)
                    ),
                ),
            ),
            Section("Using it", (f"The configuration lies in the folder config beside this page: {command}",)),
        ),
    )
