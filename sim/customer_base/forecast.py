"""Forecast: fit a cohort's repeat buying and spending, compare it with later observations, and fit it again to all.

References
----------
Fader, Hardie & Lee (2005), "Counting your customers" the easy way, *Marketing Science* 24(2).
Fader & Hardie (2013), "The Gamma-Gamma model of monetary value".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.customer_base.cohort import Cohort
from sim.customer_base.fitted_base import FittedBase, Outlook, fit_base, joining_days
from sim.customer_base.purchase_history import CustomerBase
from sim.customer_base.repeat_buying import RepeatModel
from sim.number_format import exact_percent
from sim.record.history import History
from sim.scenario.calendar import DAYS_A_WEEK
from sim.scenario.scenario import Scenario

__all__ = ["CELLS", "Forecast", "Simulated", "expected_weekly", "forecast"]

#: Last cell of the histogram of repeat purchases: so many or more.
CELLS = 10


#: A year that is so many times as long as the data is far beyond what was seen.
_FAR = 2.0
#: So much less of the purchases in the simulation than by the formula is no matter.
_LOST = 0.03


@dataclass(frozen=True, slots=True)
class Simulated:
    """What the simulated cohort did, scaled to as many customers as were observed.

    ``error`` and ``spread`` are standard errors of the simulation; ``luck`` is how much a cohort of the observed size
    would vary, and ``luck_after`` the same of the purchases after the window alone.
    """

    histogram: NDArray[np.float64]
    error: NDArray[np.float64]
    weekly: NDArray[np.float64]
    spread: NDArray[np.float64]
    luck: NDArray[np.float64]
    luck_after: float
    customers: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """A fit to the first part of a file, tested on the rest, and the fit to all of it.

    Attributes
    ----------
    tested : FittedBase
        The fit to the calibration window: whatever is compared with later observations rests on it.
    used : FittedBase
        The same model fitted again to all of the file, later customers included: whatever is used afterwards rests on
        it. The same fit where the window is the whole of the data.
    histogram : float64 (CELLS + 1,)
        Customers that the tested model expects by repeat purchases in the calibration window.
    weekly : float64 (W,)
        Repeat purchases that it expects up to the end of each week.
    member_weekly : float64 (members, W)
        What each of its near-best parameter sets expects.
    simulated : Simulated
        Of its cohort.
    outlook : mapping of str to Outlook
        What every model of the fit that is used lets expect of each customer from the end of the data on.
    """

    tested: FittedBase
    used: FittedBase
    histogram: NDArray[np.float64]
    weekly: NDArray[np.float64]
    member_weekly: NDArray[np.float64]
    simulated: Simulated
    outlook: Mapping[str, Outlook]

    @property
    def ahead(self) -> NDArray[np.float64]:
        """What each customer of the file is expected to buy in the year after it, given what it did."""
        return self.outlook[self.used.choice.name].ahead

    @property
    def refitted(self) -> bool:
        """Whether the file goes on after the calibration window, so that it is fitted twice."""
        return self.used.base is not self.tested.base

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was odd, and in which fit where it is not both."""
        first, second = self.tested.warnings, self.used.warnings
        times = self.used.year * DAYS_A_WEEK / self.used.base.days
        return (
            *((_far_beyond(times),) if times >= _FAR else ()),
            *((_lost(self.lost, self.tested.cohort.step),) if self.lost else ()),
            *(said if said in second else f"in the fit to the calibration window: {said}" for said in first),
            *(f"in the fit to all of the file: {said}" for said in second if said not in first),
        )

    @property
    def lost(self) -> float:
        """Share of the repeat purchases of the formula that the simulation has not; 0 where it is hardly any.

        A step has one purchase of a customer at the most, and customers may buy so often that this counts.
        """
        simulated, error, expected = self.simulated.weekly[-1], self.simulated.spread[-1], self.weekly[-1]
        clear = expected - simulated > max(_LOST * expected, 4.0 * float(np.nan_to_num(error)))
        return float(1.0 - simulated / expected) if clear else 0.0

    @property
    def observed(self) -> NDArray[np.float64]:
        """Repeat purchases observed up to the end of each week."""
        return np.cumsum(self.tested.base.weekly).astype(np.float64)

    @property
    def parameter_spread(self) -> NDArray[np.float64]:
        """Standard deviation over the members of what they expect by week."""
        weights = self.tested.weights
        return np.asarray(np.sqrt(weights @ (self.member_weekly - weights @ self.member_weekly) ** 2))

    def off(self) -> tuple[float, float] | None:
        """Return how far the simulated curve is off after the window, at its worst and at the end; None without any."""
        first = self.tested.base.window_weeks
        observed, simulated = self.observed[first:], self.simulated.weekly[first:]
        if observed.size == 0 or observed[-1] == 0:
            return None
        gaps = simulated / np.maximum(observed, 1.0) - 1.0
        return float(np.abs(gaps).max()), float(gaps[-1])

    def after(self) -> tuple[float, float] | None:
        """Return purchases observed and simulated after the window alone; None where the window is all."""
        base = self.tested.base
        first = base.window_weeks
        if first >= base.weeks or first == 0:
            return None
        return (
            float(self.observed[-1] - self.observed[first - 1]),
            float(self.simulated.weekly[-1] - self.simulated.weekly[first - 1]),
        )

    def after_error(self) -> float:
        """Return the standard deviation of the purchases after the window: open parameters and random variation."""
        first, weights = self.tested.base.window_weeks, self.tested.weights
        ahead = self.member_weekly[:, -1] - self.member_weekly[:, first - 1]
        luck = self.simulated.luck_after if np.isfinite(self.simulated.luck_after) else 0.0
        return float(np.sqrt(weights @ (ahead - weights @ ahead) ** 2 + luck**2))


def forecast(
    base: CustomerBase,
    whole: CustomerBase,
    *,
    name: str,
    title: str,
    seed: int,
    population: int,
    replicates: int,
    threads: int | None = None,
    currency: str = "$",
    model_name: str | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> Forecast:
    """Fit, simulate and compare; then fit the same model to all of the file.

    Parameters
    ----------
    base : CustomerBase
        The cohort of the calibration window.
    whole : CustomerBase
        The customers of the whole file, whose window is all of the data; ``base`` itself where that is so already.
    name, title : str
        Of the configuration that is made.
    seed, population, replicates, threads
        Of the simulation.
    currency : str
        Sign before amounts of money.
    model_name : str, optional
        The model that is used; by default the one that the calibration window speaks for.
    on_progress : callable, optional
        Called with the customer-steps simulated since its last call.

    Returns
    -------
    Forecast
        Expected, simulated and observed purchases, and both fits.
    """
    options: dict[str, Any] = {
        "name": name,
        "title": title,
        "seed": seed,
        "population": population,
        "currency": currency,
    }
    tested = fit_base(base, **options, model_name=model_name)
    used = tested if whole is base else fit_base(whole, **options, model_name=tested.choice.name)
    outlook = used.outlook()
    model, (days, customers) = tested.fit.model, joining_days(base)
    return Forecast(
        tested=tested,
        used=used.priced(outlook[used.choice.name].ahead),
        histogram=expected_histogram(model, days, customers, base.window),
        weekly=expected_weekly(model, days, customers, base.weeks),
        member_weekly=np.stack([expected_weekly(member, days, customers, base.weeks) for member in tested.members]),
        simulated=_simulate(tested.cohort, base, seed, replicates, threads, on_progress),
        outlook=outlook,
    )


def _far_beyond(times: float) -> str:
    return (
        f"the year after the data is {times:.1f} times as long as they are: what is said of it goes far beyond what was"
        " seen, and rests on how the model goes on"
    )


def _lost(share: float, step: str) -> str:
    return (
        f"the simulation has {exact_percent(share, 1)} fewer repeat purchases than the formula, as customers buy so"
        f" often that several purchases fall into one {step}, which has one at the most: the market that is written"
        " falls short by about as much"
    )


def expected_histogram(
    model: RepeatModel, days: NDArray[np.float64], customers: NDArray[np.float64], window: int
) -> NDArray[np.float64]:
    """Return the expected customers by repeat purchases in a window, of those who joined on given days.

    Parameters
    ----------
    model : RepeatModel
        Rates a week.
    days : float64 (n,)
        Days on which customers join, from 0.
    customers : float64 (n,)
        How many join on each day.
    window : int
        Length of the window, in days.

    Returns
    -------
    float64 (CELLS + 1,)
        Customers with 0, 1, ... repeat purchases; the last cell holds all higher numbers.
    """
    observed = (window - 1.0 - days) / DAYS_A_WEEK
    cells = model.probability(np.arange(CELLS)[:, None], observed[None, :]) @ customers
    return np.r_[cells, max(customers.sum() - cells.sum(), 0.0)]


def expected_weekly(
    model: RepeatModel, days: NDArray[np.float64], customers: NDArray[np.float64], weeks: int
) -> NDArray[np.float64]:
    """Return the expected repeat purchases up to the end of each week, of those who joined on given days.

    Parameters
    ----------
    model : RepeatModel
        Rates a week.
    days : float64 (n,)
        Days on which customers join, from 0.
    customers : float64 (n,)
        How many join on each day.
    weeks : int
        Number of weeks.

    Returns
    -------
    float64 (weeks,)
        Cumulative repeat purchases.
    """
    ends = DAYS_A_WEEK * np.arange(1, weeks + 1) - 1.0
    ages = np.maximum(ends[:, None] - days[None, :], 0.0) / DAYS_A_WEEK
    return np.asarray(model.expected(ages) @ customers)


def _simulate(
    cohort: Cohort,
    base: CustomerBase,
    seed: int,
    replicates: int,
    threads: int | None,
    on_progress: Callable[[int], None] | None,
) -> Simulated:
    from sim.execution.replicates import run_replicates  # compiles kernels: only when something runs

    whole = Scenario.from_dict(cohort.whole())
    # Each customer's own count is kept for the window only: at its end the histogram is taken.
    window = replace(whole, horizon=-(-base.window // int(cohort.step_days)))
    options: dict[str, Any] = {"seed": seed, "threads": threads, "on_progress": on_progress}

    def lived(scenario: Scenario) -> list[History]:
        runs = run_replicates(scenario, replicates=range(replicates), **options)
        return [history for _, histories in runs for history in histories.values()]

    total = cohort.population * replicates
    cells = np.zeros(CELLS + 1)
    for history in lived(window):
        repeats = np.clip(history.lives.purchases.astype(np.int64) - 1, 0, CELLS)
        cells += np.bincount(repeats, minlength=CELLS + 1)
    shares = cells / total
    curves = np.stack([_weekly(history, cohort.step_days, base.weeks) for history in lived(whole)])
    curves *= base.customers / cohort.population
    later = curves[:, -1] - (curves[:, base.window_weeks - 1] if base.window_weeks else 0.0)
    between = curves.std(axis=0, ddof=1) if replicates > 1 else np.full(base.weeks, np.nan)
    return Simulated(
        histogram=shares * base.customers,
        error=base.customers * np.sqrt(shares * (1.0 - shares) / total),
        weekly=curves.mean(axis=0),
        spread=between / np.sqrt(replicates),
        luck=between * np.sqrt(cohort.population / base.customers),
        luck_after=float(later.std(ddof=1) * np.sqrt(cohort.population / base.customers))
        if replicates > 1
        else float("nan"),
        customers=total,
    )


def _weekly(history: History, step_days: float, weeks: int) -> NDArray[np.float64]:
    """Repeat purchases up to the end of each week: all but everybody's first."""
    again = np.cumsum(history.purchases.sum(axis=(1, 2, 3)) - np.diff(history.adopters, prepend=0))
    last = (np.arange(1, weeks + 1) * DAYS_A_WEEK / step_days).astype(np.int64) - 1
    return np.asarray(again[np.minimum(last, again.size - 1)], dtype=np.float64)
