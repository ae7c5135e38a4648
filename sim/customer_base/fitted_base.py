"""Fitted base: one customer base with all that is estimated from it, and the cohort that simulates it.

A file is fitted twice: its first part, to be tested on the rest, and then all of it, which is what is used afterwards
(Fader & Hardie's order of work: calibrate, validate on a hold-out, estimate again on all data).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from sim.customer_base.candidates import ModelChoice, choose_model
from sim.customer_base.cohort import Cohort, Simulable, group_joinings, stagger
from sim.customer_base.gamma_gamma import GammaGamma, fit_gamma_gamma
from sim.customer_base.purchase_history import CustomerBase
from sim.customer_base.repeat_buying import Fit, RepeatModel
from sim.scenario.calendar import DAYS_A_WEEK, STEPS_A_YEAR
from sim.scenario.errors import ConfigError
from sim.scenario.journey import MOST_BURN_IN

__all__ = ["FittedBase", "Outlook", "fit_base", "joining_days"]

#: Near-best parameter sets that carry the uncertainty of the estimate.
MEMBERS = 32
#: Groups of customers by what they spend.
TIERS = 5
#: Points of time at which customers join, where expectations are added up.
_JOININGS = 400
#: What a market file accepts.
_LONGEST_GAP = 5000.0
_SHAPES = (0.05, 1000.0)
_CONCENTRATIONS = (0.01, 1e6)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What one model lets expect of each customer, in the order of the base.

    Attributes
    ----------
    alive : float64 (C,)
        Probability of being still a customer at the window's end.
    ahead : float64 (C,)
        Purchases expected in the year after it.
    """

    alive: NDArray[np.float64]
    ahead: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FittedBase:
    """A customer base and what was fitted to its window.

    Attributes
    ----------
    base : CustomerBase
    choice : ModelChoice
        The models fitted, and the one that is used.
    spend : GammaGamma or None
        None where amounts tell too little.
    cohort : Cohort
        What simulates it, over all the days of the data.
    members, weights
        Near-best parameter sets and their weights, which sum to 1.
    warnings : tuple of str
    """

    base: CustomerBase
    choice: ModelChoice
    spend: GammaGamma | None
    cohort: Cohort
    members: tuple[RepeatModel, ...]
    weights: NDArray[np.float64]
    warnings: tuple[str, ...]

    @property
    def fit(self) -> Fit[RepeatModel]:
        """The fit that is used."""
        return self.choice.fit

    @property
    def year(self) -> float:
        """Weeks of the year after the data: as long as the horizon of the scenario that is written."""
        return round(STEPS_A_YEAR[self.cohort.step]) * self.cohort.step_days / DAYS_A_WEEK

    def spend_of_each(self) -> NDArray[np.float64] | None:
        """Return what each customer is expected to spend a purchase (Fader & Hardie 2013); None without amounts.

        The model is of purchases that cost something; what customers come back for and get for nothing lowers the mean.
        """
        base, spend = self.base, self.spend
        if not base.mean_amount > 0:
            return None
        paid, repeats = int(base.spend_count.sum()), int(base.repeats.sum())
        if not paid:
            return np.full(base.customers, base.mean_amount)
        if spend is None or spend.unbounded or spend.q <= 1.0:
            return np.full(base.customers, float(base.spend_count @ base.spend_mean) / repeats)
        return spend.expected(base.spend_count, base.spend_mean) * (paid / repeats)

    def priced(self, ahead: NDArray[np.float64]) -> FittedBase:
        """Return the same with a cohort that spends a purchase what is expected of those of the year after.

        Parameters
        ----------
        ahead : float64 (C,)
            Purchases expected of each customer in that year.
        """
        spend = self.spend_of_each()
        if spend is None or not ahead.sum() > 0:
            return self
        return replace(self, cohort=replace(self.cohort, spend=float(ahead @ spend) / float(ahead.sum())))

    def outlook(self) -> Mapping[str, Outlook]:
        """Return by every model what to expect of each customer from the window's end on, given what it did."""
        seen = self.base.single()
        models = {name: candidate.fit.model for name, candidate in self.choice.candidates.items()}
        return MappingProxyType(
            {name: Outlook(model.alive(seen), model.expected_after(self.year, seen)) for name, model in models.items()}
        )

    def drawn(self, model: RepeatModel | None = None) -> tuple[float, float]:
        """Return repeat purchases expected of as many customers, drawn by a model alone, who joined when these did.

        That is what the market of the configuration is: it knows when customers joined, not what each did since.

        Parameters
        ----------
        model : RepeatModel, optional
            By default the one that is used.

        Returns
        -------
        float, float
            To the window's end, and in the year after it.
        """
        days, customers = joining_days(self.base)
        ages = (self.base.window - 1.0 - days) / DAYS_A_WEEK
        so_far, later = ((model or self.fit.model).expected(ages + more) for more in (0.0, self.year))
        return float(so_far @ customers), float((later - so_far) @ customers)

    def ahead_error(self, outlook: Outlook) -> float | None:
        """Return the standard deviation of all purchases of the year after: open parameters and random variation.

        Near-best parameter sets say how open the sum is, in parts of it. Each customer's purchases vary as those of a
        rate that is Gamma given what was seen, until the customer has left.

        Parameters
        ----------
        outlook : Outlook
            By the model that is used.

        Returns
        -------
        float or None
            None where the data leave a parameter open.
        """
        total = float(outlook.ahead.sum())
        if self.fit.unbounded or not total > 0:
            return None
        sums = np.array([self.drawn(member)[1] for member in self.members])
        mean = float(self.weights @ sums)
        open_part = np.sqrt(self.weights @ (sums - mean) ** 2) / mean
        of_alive = np.divide(outlook.ahead, outlook.alive, out=np.zeros_like(outlook.ahead), where=outlook.alive > 0)
        square = of_alive + of_alive**2 * (1.0 + 1.0 / (self.fit.model.r + self.base.repeats))
        chance = float((outlook.alive * square - outlook.ahead**2).sum())
        return float(np.sqrt((open_part * total) ** 2 + chance))


def fit_base(
    base: CustomerBase, *, name: str, title: str, seed: int, population: int, currency: str, model_name: str | None
) -> FittedBase:
    """Fit buying, leaving and spending to a customer base.

    Parameters
    ----------
    base : CustomerBase
        Its window is fitted.
    name, title : str
        Of the configuration that is made.
    seed : int
        Key of the draws of near-best parameter sets.
    population : int
        Customers that are simulated.
    currency : str
        Sign before amounts of money.
    model_name : str or None
        The model that is used; None: the one that the data speak for.

    Returns
    -------
    FittedBase

    Raises
    ------
    ConfigError
        If the model that is used cannot be fitted.
    """
    summary = base.summary()
    choice = choose_model(summary, model_name)
    members, weights = choice.fit.members(MEMBERS, seed, summary)
    warnings = list(_fit_warnings(choice.fit))
    spend, tiers = _spending(base, warnings)
    model, step_days = _simulable(choice.fit.model, base, warnings)
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
        steps=-(-base.days // int(step_days)),
        step_days=step_days,
        population=population,
        currency=currency,
    )
    return FittedBase(base, choice, spend, cohort, members, weights, tuple(warnings))


def joining_days(base: CustomerBase) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return days on which customers joined and how many, neighbours put together where there are very many.

    Parameters
    ----------
    base : CustomerBase

    Returns
    -------
    float64 (n,), float64 (n,)
        Days from 0, and customers who joined on them.
    """
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
    if gap * DAYS_A_WEEK > _LONGEST_GAP or base.days + 1 > MOST_BURN_IN:
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
