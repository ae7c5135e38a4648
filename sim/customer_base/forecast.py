"""Forecast: fit a cohort's repeat buying and spending, simulate it, and compare both with later observations.

References
----------
Fader, Hardie & Lee (2005), "Counting your customers" the easy way, *Marketing Science* 24(2).
Fader & Hardie (2013), "The Gamma-Gamma model of monetary value".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.customer_base.candidates import ModelChoice, choose_model
from sim.customer_base.cohort import Cohort, Simulable, group_joinings, stagger
from sim.customer_base.gamma_gamma import GammaGamma, fit_gamma_gamma
from sim.customer_base.purchase_history import CustomerBase
from sim.customer_base.repeat_buying import Fit, RepeatModel
from sim.record.history import History
from sim.scenario.calendar import DAYS_A_WEEK, WEEKS_A_YEAR
from sim.scenario.errors import ConfigError
from sim.scenario.scenario import Scenario

__all__ = ["CELLS", "Forecast", "Simulated", "forecast", "spend_of_each"]

#: Last cell of the histogram of repeat purchases: so many or more.
CELLS = 10
#: Near-best parameter sets that carry the uncertainty of the estimate.
MEMBERS = 32
#: Groups of customers by what they spend.
TIERS = 5
#: Points of time at which customers join, where expectations are added up.
_JOININGS = 400
#: What a market file accepts.
_LONGEST_GAP, _MOST_STEPS = 5000.0, 10_000
_SHAPES = (0.05, 1000.0)
_CONCENTRATIONS = (0.01, 1e6)


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
    """A fit, its simulation, and what was observed.

    Attributes
    ----------
    base : CustomerBase
    choice : ModelChoice
        The models fitted, and the one that is used.
    spend : GammaGamma or None
        None where amounts tell too little.
    cohort : Cohort
        What is simulated.
    histogram : float64 (CELLS + 1,)
        Customers that the model expects by repeat purchases in the calibration window.
    weekly : float64 (W,)
        Repeat purchases that it expects up to the end of each week.
    members, weights, member_weekly
        Near-best parameter sets, their weights, and what each expects (members, W).
    simulated : Simulated
    warnings : tuple of str
    """

    base: CustomerBase
    choice: ModelChoice
    spend: GammaGamma | None
    cohort: Cohort
    histogram: NDArray[np.float64]
    weekly: NDArray[np.float64]
    members: tuple[RepeatModel, ...]
    weights: NDArray[np.float64]
    member_weekly: NDArray[np.float64]
    simulated: Simulated
    warnings: tuple[str, ...]

    @property
    def fit(self) -> Fit[RepeatModel]:
        """The fit that is used."""
        return self.choice.fit

    @property
    def observed(self) -> NDArray[np.float64]:
        """Repeat purchases observed up to the end of each week."""
        return np.cumsum(self.base.weekly).astype(np.float64)

    @property
    def parameter_spread(self) -> NDArray[np.float64]:
        """Standard deviation over the members of what they expect by week."""
        mean = self.weights @ self.member_weekly
        return np.asarray(np.sqrt(self.weights @ (self.member_weekly - mean) ** 2))

    def off(self) -> tuple[float, float] | None:
        """Return how far the simulated curve is off after the window, at its worst and at the end; None without any."""
        first = self.base.window_weeks
        observed, simulated = self.observed[first:], self.simulated.weekly[first:]
        if observed.size == 0 or observed[-1] == 0:
            return None
        gaps = simulated / np.maximum(observed, 1.0) - 1.0
        return float(np.abs(gaps).max()), float(gaps[-1])

    def after(self) -> tuple[float, float] | None:
        """Return purchases observed and simulated after the window alone; None where the window is all."""
        first = self.base.window_weeks
        if first >= self.base.weeks or first == 0:
            return None
        return (
            float(self.observed[-1] - self.observed[first - 1]),
            float(self.simulated.weekly[-1] - self.simulated.weekly[first - 1]),
        )

    def year_ahead(self) -> tuple[float, float]:
        """Return purchases expected in the year after the data: given what each customer did, and by the model alone.

        The second is what the market of the configuration is: its customers are drawn anew, as many as joined when.
        """
        year, days = int(WEEKS_A_YEAR), _points(self.base)
        each = self.fit.model.expected_after(WEEKS_A_YEAR, self.base.single(whole=True))
        drawn = expected_weekly(self.fit.model, *days, self.base.weeks + year)
        return float(each.sum()), float(drawn[-1] - drawn[-1 - year])

    def after_error(self) -> float:
        """Return the standard deviation of the purchases after the window: open parameters and random variation."""
        first = self.base.window_weeks
        ahead = self.member_weekly[:, -1] - self.member_weekly[:, first - 1]
        mean = self.weights @ ahead
        luck = self.simulated.luck_after if np.isfinite(self.simulated.luck_after) else 0.0
        return float(np.sqrt(self.weights @ (ahead - mean) ** 2 + luck**2))


def forecast(
    base: CustomerBase,
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
    """Fit, simulate and compare.

    Parameters
    ----------
    base : CustomerBase
        The cohort.
    name, title : str
        Of the configuration that is made.
    seed, population, replicates, threads
        Of the simulation.
    currency : str
        Sign before amounts of money.
    model_name : str, optional
        The model that is used; by default the one that the data speak for.
    on_progress : callable, optional
        Called with the customer-steps simulated since its last call.

    Returns
    -------
    Forecast
        Expected, simulated and observed purchases.
    """
    summary = base.summary()
    choice = choose_model(summary, model_name)
    fit = choice.fit
    members, weights = fit.members(MEMBERS, seed, summary)
    warnings = list(_fit_warnings(fit))
    spend, tiers = _spending(base, warnings)
    model, step_days = _simulable(fit.model, base, warnings)
    steps = -(-base.days // int(step_days))
    joinings, spread = stagger(base.first, step_days)
    cohort = Cohort(
        name=name,
        title=title,
        model=model,
        joinings=joinings,
        days=spread,
        # Without amounts every purchase counts as 1.
        spend=base.mean_amount if base.mean_amount > 0 else 1.0,
        tiers=tiers,
        steps=steps,
        step_days=step_days,
        population=population,
        currency=currency,
    )
    days, customers = _points(base)
    return Forecast(
        base=base,
        choice=choice,
        spend=spend,
        cohort=cohort,
        histogram=expected_histogram(fit.model, days, customers, base.window),
        weekly=expected_weekly(fit.model, days, customers, base.weeks),
        members=members,
        weights=weights,
        member_weekly=np.stack([expected_weekly(member, days, customers, base.weeks) for member in members]),
        simulated=_simulate(cohort, base, seed, replicates, threads, on_progress),
        warnings=tuple(warnings),
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


def _points(base: CustomerBase) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Days on which customers joined and how many, neighbours put together where there are very many."""
    day = np.flatnonzero(base.joined)
    groups = group_joinings(day, base.joined[day].astype(np.float64), _JOININGS)
    return (
        np.array([group.step for group in groups], dtype=np.float64),
        np.array([group.share for group in groups]) * base.customers,
    )


def _fit_warnings(fit: Fit[RepeatModel]) -> list[str]:
    if not fit.unbounded:
        return []
    names = ", ".join(fit.unbounded)
    if set(fit.unbounded) - {"r", "alpha"}:
        what = "whether and how readily customers leave for good cannot be told from these data"
    else:
        what = "how much customers differ in their rate of buying cannot be told from these data"
    return [f"{names} not bounded by the data: {what}"]


def _spending(base: CustomerBase, warnings: list[str]) -> tuple[GammaGamma | None, NDArray[np.float64]]:
    """Fit spending; return it with the groups' multiples of the mean."""
    if not np.isfinite(base.mean_amount):
        return None, np.ones(1)
    paying = base.spend_count > 0
    if base.mean_amount <= 0:
        warnings.append("no amount is above 0: spending is not fitted")
        return None, np.ones(1)
    try:
        spend = fit_gamma_gamma(base.spend_count[paying], base.spend_mean[paying])
    except ConfigError as error:
        warnings.append(f"{error}: everybody spends the mean")
        return None, np.ones(1)
    if spend.unbounded:
        warnings.append(
            f"{', '.join(spend.unbounded)} of the spending model not bounded by the data: a customer's amounts hardly"
            " vary, or customers hardly differ, so that everybody spends the mean"
        )
        return spend, np.ones(1)
    if spend.q <= 1.0:
        warnings.append("spending differs so much between customers that its mean is not bounded: everybody spends it")
        return spend, np.ones(1)
    tiers = spend.tiers(TIERS) / spend.mean
    return spend, tiers / tiers.mean()


def _simulable(model: RepeatModel, base: CustomerBase, warnings: list[str]) -> tuple[Simulable, float]:
    """Return the model within what a configuration accepts, and the days that a step stands for."""
    step_days = 1.0
    gap = model.alpha / model.r
    if gap * DAYS_A_WEEK > _LONGEST_GAP or base.days + 1 > _MOST_STEPS:
        step_days = float(DAYS_A_WEEK)
        warnings.append(
            "customers buy so rarely, or the data run so long, that one step stands for a week: several purchases"
            " within one week count as one"
        )
    fitted = Simulable.of(model, step_days)
    fitting = replace(
        fitted,
        heterogeneity=float(np.clip(fitted.heterogeneity, *_SHAPES)),
        concentration=float(np.clip(fitted.concentration, *_CONCENTRATIONS)),
    )
    if fitting != fitted:
        warnings.append("an estimate lies beyond what a configuration accepts: what is simulated stands at that end")
    return fitting, step_days


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


def spend_of_each(found: Forecast) -> NDArray[np.float64] | None:
    """Return what each customer is expected to spend a purchase (Fader & Hardie 2013); None without amounts."""
    base, spend = found.base, found.spend
    if not base.mean_amount > 0:
        return None
    if spend is None or spend.unbounded or spend.q <= 1.0:
        return np.full(base.customers, base.mean_amount)
    return spend.expected(base.spend_count, base.spend_mean)
