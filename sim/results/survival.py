"""Survival: the files that a fit of churn leaves: configuration to be run by name, and a table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import sim
from sim.customer_base.subscription_what_if import SubscriptionWhatIf
from sim.customer_base.survival import Projection
from sim.number_format import significant
from sim.results.configuration import write_configuration

__all__ = ["survival_table", "write_subscription"]


def write_subscription(
    found: Projection, folder: Path, name: str, title: str, source: str, population: int, margin: float
) -> None:
    """Write `market/`, `personas/`, `journey/` and `scenario/` into a folder for `--config-dir`.

    Parameters
    ----------
    found : Projection
    folder : Path
        Folder of the result.
    name : str
        Name of scenario, personas and journey.
    title : str
        A reader's name for it.
    source : str
        What it was fitted to; opens every file.
    population : int
        Customers of the scenario.
    margin : float
        Share of a renewal that is contribution.
    """
    survival, model = found.survival, found.model
    errors = " and ".join(significant(error, 2) for error in found.errors or ())
    estimates = f"gamma = {significant(model.gamma)}, delta = {significant(model.delta)}"
    fit = [
        f"Fitted by `journey calibrate` {sim.__version__} to {source}, periods 1 to {survival.fitted} of"
        f" {survival.periods}. One step stands for a period ({survival.unit}).",
        f"Shifted beta-geometric (Fader & Hardie 2007): {estimates}{f' (standard errors {errors})' if errors else ''}.",
    ]
    titles = {
        "personas": "Subscribers of a fit to survival: how readily they leave differs between them.",
        "market": "The market of a fit to survival; a renewal counts as 1.",
        "journey": "The journey of a fit to survival: renew, or leave.",
        "scenario": f"journey compare --config-dir FOLDER scenario={name}",
    }
    asked = SubscriptionWhatIf(
        name=name,
        title=title,
        model=model,
        periods=survival.periods,
        unit=survival.unit,
        population=population,
        subscribers=None if survival.subscribers is None else round(survival.subscribers),
        margin=margin,
    )
    for group, files in asked.files().items():
        for file, content in files.items():
            write_configuration(folder / group / f"{file}.yaml", [titles[group], *fit], content)


def survival_table(found: Projection) -> Any:
    """Return the share still there by period, observed, expected and simulated."""
    import pyarrow as pa

    columns = {
        "period": np.arange(found.survival.periods + 1),
        "observed": found.survival.share,
        "expected": found.expected,
        "simulated": found.simulated,
        "simulation_error": found.simulation_error,
    }
    return pa.table(columns)
