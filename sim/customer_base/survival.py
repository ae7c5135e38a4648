"""Survival: how many subscribers are still there after each period, fitted, simulated and forecast.

References
----------
Fader & Hardie (2007), "How to project customer retention", *J. Interactive Marketing* 21(1).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.customer_base.shifted_beta_geometric import (
    ShiftedBetaGeometric,
    differ_beyond_chance,
    fit_shifted_beta_geometric,
)
from sim.customer_base.survival_heads import COLUMNS, FORECAST, JOINED, UNITS, YES, may_be
from sim.customer_base.survival_periods import (
    SIZES,
    Periods,
    has_periods_in_its_head,
    read_periods,
    with_periods_below,
)
from sim.data.amounts import read_number
from sim.data.as_typed import as_typed
from sim.data.column_read import ColumnRead, examples_of
from sim.data.layout import REQUIRED, Layout, plain_head
from sim.data.money_heads import parts_of_money, unit_of_head
from sim.data.role_heads import role_of_head
from sim.data.small_table import SmallTable, read_small_table, table_heads
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

LARGEST_FILE = 1_000_000
_WHAT = "a table of survivors"
_WHOLE = 100.0
#: Periods from which two figures can be estimated.
_FEWEST = 2
_MOST_SUBSCRIBERS = 1e10
#: A share of those at the start, and so many people, who do not all leave in one period.
_MANY, _FEW_PEOPLE = 0.05, 10
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
    notices : tuple of str
        What was left out of the file.
    """

    share: NDArray[np.float64]
    subscribers: float | None
    unit: str
    fitted: int
    columns: tuple[ColumnRead, ...] = ()
    notices: tuple[str, ...] = ()

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


def holds_survival(path: str, layout: Layout | None = None) -> bool:
    """Return whether a file is a table of survivors by period rather than one of transactions."""
    layout = layout or Layout()
    if isinstance(layout.columns, Mapping):
        return bool(set(layout.columns) & set(COLUMNS))
    if layout.columns is not None:
        return False
    # Anything but an ordinary file may never end.
    if not Path(path).is_file():
        return False
    try:
        names = [cell.strip() for cell in table_heads(Path(path), path, len(COLUMNS), layout)]
        head = [plain_head(name) for name in names]
    except (OSError, ConfigError):
        return False
    # How many customers a cohort has stands behind its name; in front there would be a row for each.
    others = [word for at, word in enumerate(head) if at == 0 or word not in SIZES]
    if has_periods_in_its_head(names) and not any(role_of_head(word, role) for role in REQUIRED for word in others):
        return True
    people = [word for word in head if role_of_head(word, "customer")]
    priced = any(role_of_head(word, "amount") for word in head)
    purchases = any(role_of_head(word, "date") for word in head) and any(
        priced or word not in COLUMNS["survivors"] for word in people
    )
    return not purchases and all(any(may_be(role, word) for word in head) for role in COLUMNS) and len(head) < 10


def read_survival(path: str, layout: Layout | None = None, until: int | None = None) -> Survival:
    """Read a table of survivors: a row per period, from the start on.

    Parameters
    ----------
    path : str
        CSV with a head line.
    layout : Layout, optional
        How it is written; its columns are heads by `period` and `survivors`.
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
    layout = layout or Layout()
    columns = layout.columns or {}

    def makes_sense(table: SmallTable) -> bool:
        try:
            table = _upright(table)
            _shares_of(table, _places(table.head, columns, where))
        except ConfigError:
            return False
        return True

    table = read_small_table(
        Path(path), where, _WHAT, LARGEST_FILE, fewest=len(COLUMNS), layout=layout, either=makes_sense
    )
    table = _without_forecasts(_upright(table))
    at = _places(table.head, columns, where)
    if "survivors" not in columns:
        _refuse_who_joined(table, at["survivors"])
    left, unit, kind, notices = _shares_of(table, at)
    periods = left.size - 1
    fitted = max(_FEWEST, -(-periods // 2)) if until is None else until
    if not _FEWEST <= fitted <= periods:
        raise ConfigError(f"until is {fitted}; give how many of the {periods} periods are fitted, {_FEWEST} at least")
    formats = {"period": kind, "survivors": _format(table.column(at["survivors"]), left[0])}
    return Survival(
        left / left[0],
        None if left[0] in (1.0, _WHOLE) else float(left[0]),
        unit,
        fitted,
        tuple(
            ColumnRead(role, table.head[position], formats[role], examples_of(table.column(position)), {})
            for role, position in at.items()
        ),
        (*table.notices, *notices),
    )


def _without_forecasts(table: SmallTable) -> SmallTable:
    """Return a table without the rows at its end that another column calls a forecast: the fit is to what was seen."""
    for at, head in enumerate(table.head):
        asked = FORECAST.search(plain_head(head).replace("_", " ")) is not None
        words = [cell.lower() for cell in table.column(at)]
        marks = [bool(FORECAST.match(word) or (asked and word in YES)) for word in words]
        if not any(marks) or any(re.search(r"\d", word) and word not in (*YES, "0") for word in words):
            continue
        first = marks.index(True)
        if not all(marks[first:]) or not first:
            raise ConfigError(
                f"{table.where}: row {table.row_numbers[first]} has {show(table.rows[first][at][:30])} as {head!r};"
                " take out rows that are no observations"
            )
        count = len(marks) - first
        said = f"left out: {count} row{'s' * (count > 1)} at the end that {head!r} calls {show(table.rows[first][at])}"
        return replace(
            table,
            rows=table.rows[:first],
            row_numbers=table.row_numbers[:first],
            notices=(*table.notices, said),
        )
    return table


def _upright(table: SmallTable) -> SmallTable:
    """Return a table with a row a period, the column of periods called as its head line says."""
    first = table.head[0]
    # A first period called month 1 says what all are.
    called = re.match(r"[A-Za-z]+", table.head[-1])
    known = [word for word in (first, called[0] if called else "") if plain_head(word) in COLUMNS["period"]]
    return with_periods_below(table, known[0] if known else "period")


def _shares_of(table: SmallTable, at: Mapping[str, int]) -> tuple[NDArray[np.float64], str, str, tuple[str, ...]]:
    """Return the survivors of each period, what a period is called, how it is written, and what was left out."""
    where, name = table.where, table.head[at["survivors"]]
    _refuse_mixed_signs(table, at["survivors"])
    figures = [table.number(row, at["survivors"]) for row in range(len(table.rows))]
    # Templates have a row for each period that is still to come.
    seen = next((row + 1 for row in reversed(range(len(figures))) if figures[row] is not None), 0)
    if None in figures[:seen]:
        row = table.row_numbers[figures.index(None)]
        raise ConfigError(f"{where}: row {row} has nothing as {name!r}; give a number")
    empty = len(figures) - seen
    notices: tuple[str, ...] = (
        (f"left out: {empty} row{'s' * (empty > 1)} at the end without {name!r}",) if empty else ()
    )
    left = np.array(figures[:seen], float) * (worth := unit_of_head(name))
    if worth != 1.0:
        notices = (*notices, f"{name!r} is in {parts_of_money(worth)}: subscribers are told in whole numbers")
    if left.size < _FEWEST + 1:
        raise ConfigError(f"{where} has {left.size} rows; give the start and at least {_FEWEST} periods")
    head = table.head[at["period"]]
    periods = _periods_of(table, at["period"], seen)
    period, unit, kind = periods.numbers, periods.unit, periods.kind
    if not periods.follow:
        again = np.flatnonzero(period[1:] == period[0])
        backwards = bool(np.allclose(np.diff(period), -1.0))
        remedy = "they run backwards: put the first one on top"
        if again.size:
            remedy = f"they begin again in row {table.row_numbers[again[0] + 1]}: keep the rows of one group or cohort"
        elif not backwards:
            off = int(np.argmax(~np.isclose(np.diff(period), 1.0)))
            pair = (show(table.rows[row][at["period"]][:30]) for row in (off, off + 1))
            remedy = f"row {table.row_numbers[off + 1]} goes from {' to '.join(pair)}: give one row for each, in order"
        raise ConfigError(f"{where}: its periods {head!r} do not follow one another; {remedy}")
    if not np.isfinite(left).all() or left[0] <= 0 or (left < 0).any() or (np.diff(left) > 0).any():
        raise ConfigError(
            f"{where}: {name!r} does not fall from period to period; give how many of those of the"
            " start are still there, not how many renew"
        )
    if left[0] > _MOST_SUBSCRIBERS:
        raise ConfigError(f"{where}: its first row says {left[0]:g} subscribers; give {_MOST_SUBSCRIBERS:g} at most")
    # Below 100 a first row counts subscribers where it is of period 0; later it may be what is left of 100 %.
    shares = left[0] < _WHOLE and ((left % 1.0 != 0.0).any() or period[0] > 0.0)
    percent = table.column(at["survivors"])[0].rstrip().endswith("%") and left[0] not in (1.0, _WHOLE)
    if left[0] < 1.0 or (left[0] > 1.0 and shares) or percent:
        raise ConfigError(f"{where}: its first row says {left[0]:g}; begin with the start, 100 % or all subscribers")
    counted = left[0] not in (1.0, _WHOLE)
    _refuse_sudden_end(table, left, at["survivors"], _FEW_PEOPLE if counted else 0)
    if counted and not unit and period[0] == 1.0:
        notices = (*notices, f"the {left[0]:,.0f} of the first row, period 1, are taken for all at the start")
    said = plain_head(re.sub(r"[()\[\]]", " ", head)).split("_")
    called = next((name for name, words in UNITS.items() if set(words) & set(said)), head)
    return left, unit or called, kind, notices


def _periods_of(table: SmallTable, at: int, rows: int) -> Periods:
    """Return the periods as numbers."""
    cells = table.column(at)[:rows]
    if found := read_periods(cells):
        return found
    odd = next((row for row, cell in enumerate(cells) if read_periods([cell]) is None), None)
    if odd is not None and not table.is_nothing(cells[odd]) and read_number(cells[odd], table.decimal) is None:
        raise ConfigError(
            f"{table.where}: row {table.row_numbers[odd]} has {show(cells[odd][:40])} as {table.head[at]!r}, which is"
            " no period; number them (0, 1, 2), or write months (2021-03, Mar 2021), quarters (2021Q1) or weeks"
            " (2021-W05); take out rows that add up others"
        )
    numbers = np.array([np.nan if (value := table.number(row, at)) is None else value for row in range(rows)])
    if np.isnan(numbers).any():
        row = table.row_numbers[int(np.argmax(np.isnan(numbers)))]
        raise ConfigError(f"{table.where}: row {row} has nothing as {table.head[at]!r}; give a number")
    return Periods(numbers, "", "whole numbers, one apart")


def _refuse_who_joined(table: SmallTable, at: int) -> None:
    """Refuse a table in which customers join later: how many there are is then not how many of the first are left."""
    for other, head in enumerate(table.head):
        if not JOINED.fullmatch(plain_head(head)):
            continue
        for row in range(1, len(table.rows)):
            if (read_number(table.rows[row][other], table.decimal) or 0.0) > 0.0:
                raise ConfigError(
                    f"{table.where}: row {table.row_numbers[row]} has {show(table.rows[row][other][:30])} as {head!r}:"
                    f" where customers join later, {table.head[at]!r} is not how many of the first are left; give those"
                    " of one cohort, or, if they are, say"
                    f" {as_typed('columns', {'survivors': table.head[at]})}"
                )


def _refuse_sudden_end(table: SmallTable, left: NDArray[np.float64], at: int, few: int) -> None:
    """Refuse zeros behind many who are still there: what a spreadsheet has for a period to come."""
    first = int(np.argmax(left == 0.0))
    if left[first] != 0.0 or left[first - 1] < max(_MANY * left[0], few):
        return
    before = show(table.column(at)[first - 1][:30])
    raise ConfigError(
        f"{table.where}: row {table.row_numbers[first]} has 0 as {table.head[at]!r}, the row before {before}; leave out"
        " periods that are still to come"
    )


def _refuse_mixed_signs(table: SmallTable, at: int) -> None:
    cells = table.column(at)
    held = [cell for cell in cells if cell]
    marked = ["%" in cell for cell in held]
    if any(marked) and not all(marked):
        row = cells.index(held[marked.index(False)])
        raise ConfigError(
            f"{table.where}: {table.head[at]!r} has figures with % and without, such as {show(cells[row][:30])} in row"
            f" {table.row_numbers[row]}; write all in one way"
        )


def _format(cells: list[str], first: float) -> str:
    if any("%" in cell for cell in cells) or first == _WHOLE:
        return "per cent of those at the start"
    return "shares of those at the start" if first == 1.0 else "numbers of subscribers"


def _places(head: Sequence[str], columns: Mapping[str, Any], where: str) -> dict[str, int]:
    """Return the column of periods and that of survivors: the one that is named, else the only one that fits."""
    for key in columns:
        if key not in COLUMNS:
            raise ConfigError(f"columns has the key {show(key)}; accepted for survivors: {', '.join(COLUMNS)}")
    return {role: _place(role, head, columns.get(role), where) for role in COLUMNS}


def _place(role: str, head: Sequence[str], wanted: object, where: str) -> int:
    if wanted is not None:
        if head.count(str(wanted)) == 1:
            return head.index(str(wanted))
        found = "is there twice" if str(wanted) in head else "is not there"
        raise ConfigError(
            f"{where}: columns.{role} is {show(wanted)}, which {found}; {suggest(wanted, head, 'there are')}"
        )
    plain = [plain_head(name) for name in head]
    known = [at for at, word in enumerate(plain) if word in COLUMNS[role]]
    formed = [at for at, word in enumerate(plain) if may_be(role, word) and at not in known]
    # Periods that are counted go before a cohort's month beside them. People beside a share of them are asked about:
    # of those who joined late not all can have been seen in later periods, so that their number falls by itself. Those
    # who are called survivors are no such people.
    fitting = (formed or known) if role == "period" else sorted(known + formed)
    if role == "survivors" and role in plain:
        fitting = [at for at, word in enumerate(plain) if word == role]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        raise ConfigError(
            f"{where}: no column is known as the {role}; the head line has {', '.join(head)}; say which it is:"
            f" {as_typed('columns', {role: 'HEAD'})}"
        )
    if len({head[at] for at in fitting}) < len(fitting):
        raise ConfigError(
            f"{where}: {len(fitting)} columns are called {head[fitting[0]]!r}; give the one that is not the"
            f" {role} another name"
        )
    raise ConfigError(
        f"{where}: {' and '.join(repr(head[at]) for at in fitting)} may each be the {role}; say which:"
        f" {' or '.join(as_typed('columns', {role: head[at]}) for at in fitting)}"
    )


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
