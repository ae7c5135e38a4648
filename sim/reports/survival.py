"""Survival: what a fit of churn says, in words, in figures and on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.number_format import decimal, exact_percent
from sim.reports.columns import column_table
from sim.reports.document import Document, Table, text_lines
from sim.reports.figures.survival import draw_survival
from sim.reports.picture import Picture

if TYPE_CHECKING:
    from sim.customer_base.survival import Projection

__all__ = ["survival_document", "survival_facts", "survival_lines", "survival_summary"]

#: Concentration (alpha + beta) from which subscribers hardly differ.
NEARLY_ALIKE = 100.0


def survival_facts(found: Projection) -> dict[str, Any]:
    """Return what the words of the report are made of."""
    survival, model = found.survival, found.model
    return {
        "first_churn": exact_percent(model.mean, 0),
        "later_churn": exact_percent(1.0 - float(model.retention(survival.fitted + 1)), 0),
        "alike": model.concentration > NEARLY_ALIKE,
        "differ": found.differ,
        "fitted": survival.fitted,
        "periods": survival.periods,
        "off": None if found.off is None else decimal(100 * found.off, 1),
        "simulated": exact_percent(found.simulated[-1], 1),
        "observed": exact_percent(survival.share[-1], 1),
        "gamma": model.gamma,
        "delta": model.delta,
        "errors": found.errors,
        "counted": survival.subscribers is not None,
        "customers": found.customers,
        "unit": survival.unit,
    }


def survival_lines(found: Projection) -> list[str]:
    """Return the verdict: a few sentences a strategist can use."""
    notes = (f"Note: {notice}." for notice in found.survival.notices)
    return [*text_lines("survival", **survival_facts(found)), *notes]


def survival_summary(found: Projection, name: str) -> dict[str, Any]:
    """Return the content of `summary.json`."""
    survival, errors = found.survival, found.errors
    return {
        "scenario": name,
        "verdict": "\n".join(survival_lines(found)),
        "data": {
            "periods": survival.periods,
            "fitted": survival.fitted,
            "subscribers": survival.subscribers,
            "warnings": list(survival.notices),
            "columns": [column.plain() for column in survival.columns],
        },
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
        template="survival",
        pictures=pictures,
        slots={
            **survival_facts(found),
            "column_table": column_table(found.survival.columns),
            "period_table": Table(
                (survival.unit, "Observed", "Formula", "Simulated", "Simulation's error", ""), rows, words=(5,)
            ),
            "command": command,
        },
    )
