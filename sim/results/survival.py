"""Survival: the files that a fit of churn leaves: configuration to be run by name, and a table."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import sim
from sim.analysis.tables import write_parquet
from sim.customer_base.survival import Projection, subscription
from sim.results.forecast import write_commented

__all__ = ["write_subscription", "write_survival"]


def write_subscription(found: Projection, folder: Path, name: str, title: str, source: str, population: int) -> None:
    """Write `personas/`, `journey/` and `scenario/` into a folder for `--config-dir`."""
    survival, model = found.survival, found.model
    errors = "" if found.errors is None else f" (standard errors {found.errors[0]:.2g}, {found.errors[1]:.2g})"
    fit = [
        f"Fitted by `journey calibrate` {sim.__version__} to {source}, periods 1 to {survival.fitted} of"
        f" {survival.periods}. One step stands for a period ({survival.unit}).",
        f"Shifted beta-geometric (Fader & Hardie 2007): gamma = {model.gamma:.4g}, delta = {model.delta:.4g}{errors}.",
    ]
    titles = {
        "personas": "Subscribers of a fit to survival: how readily they leave differs between them.",
        "journey": "The journey of a fit to survival: stay, or leave.",
        "scenario": f"journey compare --config-dir FOLDER scenario={name}",
    }
    for group, content in subscription(name, title, model, survival.periods, population).items():
        write_commented(folder / group / f"{name}.yaml", [titles[group], *fit], content)


def write_survival(found: Projection, folder: Path) -> None:
    """Write the share still there by period, observed, expected and simulated, as Parquet."""
    import pyarrow as pa

    columns = {
        "period": np.arange(found.survival.periods + 1),
        "observed": found.survival.share,
        "expected": found.expected,
        "simulated": found.simulated,
        "simulation_error": found.simulation_error,
    }
    write_parquet([pa.table(columns)], folder / "survival.parquet")
