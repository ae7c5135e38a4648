"""Plan: the files that a search for the best plan leaves: the plans as a table, and a strategy to be run by name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.experiments.plan import planned
from sim.results.configuration import write_configuration
from sim.scenario.schema import plain

if TYPE_CHECKING:
    from sim.experiments.optimize import Optimum

__all__ = ["plans_table", "write_strategy"]


def plans_table(found: Optimum) -> Any:
    """Return a row for each plan of the search: its levers, value, spending, and whether it holds every limit.

    Parameters
    ----------
    found : Optimum

    Returns
    -------
    pyarrow.Table
    """
    import pyarrow as pa

    question, runs = found.question, found.runs
    settings = [question.settings(point) for point in runs.shares]
    columns: dict[str, Any] = {"plan": np.arange(len(runs), dtype=np.int64)}
    columns |= {factor.name: np.array([float(item[factor.name]) for item in settings]) for factor in question.factors}
    columns["value"] = question.worth(runs).mean(axis=1)
    columns["score"] = question.score(question.worth(runs))
    columns["spent"] = question.spending(runs).mean(axis=1)
    columns["most_spent"] = question.most_spent(runs)
    columns["holds"] = question.holds(runs)
    return pa.table(columns)


def write_strategy(found: Optimum, name: str, folder: Path) -> None:
    """Write the plan as a strategy that `--config-dir FOLDER/config` finds by name.

    Parameters
    ----------
    found : Optimum
    name : str
        Of the strategy.
    folder : Path
        Of the result.
    """
    question = found.question
    scenario = question.scenario
    own = scenario.arms[scenario.baseline].plans[scenario.market.focal]
    strategy = (own if found.nothing else planned(question, found.plan.shares)).strategy
    content = {key: value for key, value in plain(strategy).items() if value not in (None, {}, "")}
    value = found.plan.value
    write_configuration(
        folder / "config" / "strategy" / f"{name}.yaml",
        [
            f"{'Doing nothing' if found.nothing else 'The best plan'} for {question.goal.name} in {scenario.name!r},"
            " found by journey optimize.",
            f"Value on fresh luck {value.mean:,.0f}, spending {found.plan.spent:,.0f}.",
        ],
        {**content, "name": name, "title": f"Plan {name}"},
    )
