"""Survival: how many subscribers are still there after each period, fitted, simulated and forecast.

References
----------
Fader & Hardie (2007), "How to project customer retention", *J. Interactive Marketing* 21(1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.customer_base.shifted_beta_geometric import (
    ShiftedBetaGeometric,
    differ_beyond_chance,
    fit_shifted_beta_geometric,
)
from sim.data.column_read import ColumnRead, examples_of
from sim.data.layout import REQUIRED, ROLES
from sim.data.small_table import read_small_table, table_heads
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.scenario import Scenario
from sim.scenario.schema import show

__all__ = [
    "COLUMNS",
    "LEAVING_TRAIT",
    "Projection",
    "Survival",
    "holds_survival",
    "project",
    "read_survival",
    "subscription",
]

#: What a row must say, and under which heads files say it.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "period": ("period", "year", "month", "week", "quarter", "renewal", "renewals", "tenure", "t", "age"),
    "survivors": (
        "survivors", "survival", "surviving", "remaining", "subscribers", "active", "retained", "retention",
        "customers", "share", "pct", "percent", "actual", "actual_pct", "survival_pct", "survival_rate",
        "retention_pct",
    ),
}  # fmt: skip
LARGEST_FILE = 1_000_000
_WHAT = "a table of survivors"
_WHOLE = 100.0
#: Periods from which two figures can be estimated.
_FEWEST = 2
LEAVING_TRAIT = "novelty_seeking"


@dataclass(frozen=True, slots=True)
class Survival:
    """Share of subscribers still there after 0, 1, 2, ... periods.

    Attributes
    ----------
    share : float64 (T + 1,)
        From 1.
    subscribers : float or None
        How many there were at the start, where the file holds counts.
    unit : str
        What a period is called in the file.
    fitted : int
        Periods that the fit sees.
    columns : tuple of ColumnRead
        What was understood of the columns.
    """

    share: NDArray[np.float64]
    subscribers: float | None
    unit: str
    fitted: int
    columns: tuple[ColumnRead, ...] = ()

    @property
    def periods(self) -> int:
        """How many periods there are after the start."""
        return int(self.share.size) - 1


@dataclass(frozen=True, slots=True)
class Projection:
    """A fit of churn, what its formula and its simulation expect, and what was observed."""

    survival: Survival
    model: ShiftedBetaGeometric
    errors: tuple[float, float] | None
    expected: NDArray[np.float64]
    simulated: NDArray[np.float64]
    simulation_error: NDArray[np.float64]
    customers: int

    @property
    def off(self) -> float | None:
        """Largest distance of the simulated from the observed share after the fit, in shares; None without any."""
        first = self.survival.fitted + 1
        if first > self.survival.periods:
            return None
        return float(np.abs(self.simulated[first:] - self.survival.share[first:]).max())

    @property
    def differ(self) -> bool | None:
        """Whether subscribers differ in how readily they leave, beyond chance; None for shares without counts."""
        if self.survival.subscribers is None:
            return None
        observed = self.survival.share[: self.survival.fitted + 1]
        return differ_beyond_chance(self.model, self.survival.subscribers * observed)


def holds_survival(path: str, columns: object = None) -> bool:
    """Return whether a file is a table of survivors by period rather than one of transactions."""
    if isinstance(columns, Mapping):
        return bool(set(columns) & set(COLUMNS))
    if columns is not None:
        return False
    # Anything but an ordinary file may never end.
    if not Path(path).is_file():
        return False
    try:
        found = table_heads(Path(path), path, len(COLUMNS))
    except (OSError, ConfigError):
        return False
    head = _plain(found)
    purchases = all(any(word in head for word in ROLES[role]) for role in REQUIRED)
    return not purchases and all(any(word in head for word in known) for known in COLUMNS.values()) and len(head) < 10


def read_survival(path: str, columns: Mapping[str, Any] | None = None, until: int | None = None) -> Survival:
    """Read a table of survivors: a row per period, from the start on.

    Parameters
    ----------
    path : str
        CSV with a head line.
    columns : mapping, optional
        Heads by `period` and `survivors`.
    until : int, optional
        Periods that the fit sees; by default the first half.

    Returns
    -------
    Survival
        Shares by period, from 1 at the start.

    Raises
    ------
    ConfigError
        If a column is missing, a figure is no number, periods do not follow one another, or shares rise.
    """
    where = f"data {path!r}"
    table = read_small_table(Path(path), where, _WHAT, LARGEST_FILE, fewest=len(COLUMNS))
    head = list(table.head)
    at = {role: _place(role, head, columns or {}, where) for role in COLUMNS}
    _refuse_mixed_signs(table.column(at["survivors"]), head[at["survivors"]], where)
    figures: dict[str, list[float]] = {role: [] for role in COLUMNS}
    for number in range(len(table.rows)):
        for role, position in at.items():
            value = table.number(number, position)
            if value is None:
                raise ConfigError(f"{where}: row {number + 1} has nothing as {head[position]!r}; give a number")
            figures[role].append(value)
    period, left = np.array(figures["period"]), np.array(figures["survivors"])
    if period.size < _FEWEST + 1:
        raise ConfigError(f"{where} has {period.size} rows; give the start and at least {_FEWEST} periods")
    if not np.isfinite(period).all() or not np.allclose(np.diff(period), 1.0):
        raise ConfigError(f"{where}: its periods {head[at['period']]!r} do not follow one another; give a row for each")
    if not np.isfinite(left).all() or left[0] <= 0 or (left < 0).any() or (np.diff(left) > 0).any():
        raise ConfigError(
            f"{where}: {head[at['survivors']]!r} does not fall from period to period; give how many of those of the"
            " start are still there, not how many renew"
        )
    # Below 100 a first row counts subscribers where it is of period 0; later it may be what is left of 100 %.
    shares = left[0] < _WHOLE and ((left % 1.0 != 0.0).any() or period[0] > 0.0)
    if left[0] < 1.0 or (left[0] > 1.0 and shares):
        raise ConfigError(f"{where}: its first row says {left[0]:g}; begin with the start, 100 % or all subscribers")
    periods = period.size - 1
    fitted = -(-periods // 2) if until is None else until
    if not _FEWEST <= fitted <= periods:
        raise ConfigError(f"until is {fitted}; give how many of the {periods} periods are fitted, {_FEWEST} at least")
    share = left / left[0]
    formats = {"period": "whole numbers, one apart", "survivors": _format(table.column(at["survivors"]), left[0])}
    return Survival(
        share,
        None if left[0] in (1.0, _WHOLE) else float(left[0]),
        head[at["period"]],
        fitted,
        tuple(
            ColumnRead(role, head[position], formats[role], examples_of(table.column(position)), {})
            for role, position in at.items()
        ),
    )


def _refuse_mixed_signs(cells: list[str], name: str, where: str) -> None:
    marked = ["%" in cell for cell in cells]
    if any(marked) and not all(marked):
        row = marked.index(False)
        raise ConfigError(
            f"{where}: {name!r} has figures with % and without, such as {show(cells[row][:30])} in row {row + 1}; write"
            " all in one way"
        )


def _format(cells: list[str], first: float) -> str:
    if any("%" in cell for cell in cells) or first == _WHOLE:
        return "per cent of those at the start"
    return "shares of those at the start" if first == 1.0 else "numbers of subscribers"


def _plain(head: list[str]) -> list[str]:
    return [cell.strip().lower().replace(" ", "_").replace("%", "pct") for cell in head]


def _place(role: str, head: list[str], columns: Mapping[str, Any], where: str) -> int:
    for key in columns:
        if key not in COLUMNS:
            raise ConfigError(f"columns has the key {show(key)}; accepted for survivors: {', '.join(COLUMNS)}")
    wanted = columns.get(role)
    if wanted is not None:
        if str(wanted) in head:
            return head.index(str(wanted))
        raise ConfigError(
            f"{where}: columns.{role} is {show(wanted)}, which is not there; {suggest(wanted, head, 'there are')}"
        )
    plain = _plain(head)
    known = next((plain.index(word) for word in COLUMNS[role] if word in plain), None)
    if known is not None and plain.count(plain[known]) > 1:
        raise ConfigError(
            f"{where}: {plain.count(plain[known])} columns are called {head[known]!r}; give the one that is not the"
            f" {role} another name"
        )
    if known is None:
        raise ConfigError(
            f"{where}: no column is known as the {role}; the head line has {', '.join(head)}; say which it is:"
            f" columns={{{role}: HEAD}}"
        )
    return known


def subscription(name: str, title: str, model: ShiftedBetaGeometric, periods: int, population: int) -> dict[str, Any]:
    """Return the content of the files of a subscription by group: personas, journey, scenario.

    Parameters
    ----------
    name : str
        Of the journey, personas and scenario.
    title : str
        Title of the journey and the scenario.
    model : ShiftedBetaGeometric
        Distribution of the probability to leave.
    periods : int
        Horizon, in periods.
    population : int
        Simulated customers.

    Returns
    -------
    dict
        Content by group.
    """
    # A configuration accepts a concentration from 0.01 to a million; a mean of 0 or 1 is a constant.
    concentration = float(np.clip(model.concentration, 0.01, 1e6))
    return {
        "personas": {
            "subscriber": {"title": "Subscribers", LEAVING_TRAIT: {"mean": model.mean, "concentration": concentration}}
        },
        "journey": {
            "name": name,
            "title": title,
            "start": {"subscribed": 1.0},
            "stages": {"subscribed": {}, "left": {}},
            "edges": [{"from": "subscribed", "to": "left", "probability": LEAVING_TRAIT}],
        },
        "scenario": {
            "name": name,
            "title": title,
            "market": "none",
            "personas": name,
            "baseline": "today",
            "arms": {"today": {"focal": {"journey": name}}},
            "population": population,
            "horizon": periods,
            "burn_in": 0,
            "record": {"events": 0},
        },
    }


def project(
    survival: Survival,
    *,
    name: str,
    title: str,
    seed: int,
    population: int,
    replicates: int,
    threads: int | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> Projection:
    """Fit churn to the first periods (Fader & Hardie 2007), simulate all of them, and compare.

    Parameters
    ----------
    survival : Survival
        Data, and how many periods the fit sees.
    name, title : str
        Of the configuration that is made.
    seed : int
        Key of all luck.
    population, replicates : int
        Simulated customers, and number of replicates.
    threads : int, optional
        All cores by default.
    on_progress : callable, optional
        Called with the customer-periods simulated since its last call.

    Returns
    -------
    Projection
        Fitted, simulated and observed survival.
    """
    from sim.execution.replicates import run_replicates  # compiles kernels: only when something runs

    model = fit_shifted_beta_geometric(survival.share[: survival.fitted + 1])
    files = subscription(name, title, model, survival.periods, population)
    scenario = Scenario.from_dict(
        {**files["scenario"], "personas": files["personas"], "journeys": {name: files["journey"]}}
    )
    left = np.zeros(survival.periods)
    for _, histories in run_replicates(
        scenario, seed=seed, replicates=range(replicates), threads=threads, on_progress=on_progress
    ):
        for history in histories.values():
            left += history.customers.sum(axis=1)[:, 0]
    total = population * replicates
    simulated = np.r_[1.0, left / total]
    return Projection(
        survival=survival,
        model=model,
        errors=_errors(survival, model),
        expected=model.survival(np.arange(survival.periods + 1)),
        simulated=simulated,
        simulation_error=np.sqrt(simulated * (1.0 - simulated) / total),
        customers=total,
    )


def _errors(survival: Survival, model: ShiftedBetaGeometric) -> tuple[float, float] | None:
    """Return standard errors of gamma and delta by the curvature of the likelihood; None for shares without counts."""
    if survival.subscribers is None:
        return None
    periods = np.arange(survival.fitted + 1)
    observed = survival.share[: survival.fitted + 1]
    counts = survival.subscribers * np.r_[-np.diff(observed), observed[-1]]

    def value(point: NDArray[np.float64]) -> float:
        expected = ShiftedBetaGeometric(*np.exp(point)).survival(periods)
        return float(counts @ np.log(np.maximum(np.r_[-np.diff(expected), expected[-1]], 1e-300)))

    point, step = np.log([model.gamma, model.delta]), 1e-3
    steps = np.eye(2) * step
    curvature = np.array(
        [
            [
                (
                    value(point + one + other)
                    - value(point + one - other)
                    - value(point - one + other)
                    + value(point - one - other)
                )
                / (4.0 * step**2)
                for other in steps
            ]
            for one in steps
        ]
    )
    try:
        covariance = np.linalg.inv(-curvature)
    except np.linalg.LinAlgError:
        return None
    spread = np.diag(covariance)
    if not (spread > 0).all():
        return None
    gamma, delta = np.exp(point) * np.sqrt(spread)
    return float(gamma), float(delta)
