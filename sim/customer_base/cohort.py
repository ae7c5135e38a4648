"""Cohort: buy-till-you-die customers as a market, a persona mix and a journey that any verb can run.

Customers join on the days on which they first bought, need again after exponential gaps at a rate of their own, and
leave for good after a repeat purchase with a probability of their own. One step of such a scenario is a day where it
can be: several needs may fall into one week, and the engine meets one need a step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.customer_base.repeat_buying import RepeatModel
from sim.number_format import short_money
from sim.scenario.calendar import DAYS_A_WEEK

__all__ = ["LEAVING", "MOST_JOININGS", "Cohort", "Joining", "Simulable", "group_joinings", "stagger"]

#: Stages in which customers wait to join: a journey with more of them is no picture any more.
MOST_JOININGS = 26
#: Trait that holds the chance to leave after a repeat purchase.
LEAVING = "novelty_seeking"


@dataclass(frozen=True, slots=True)
class Joining:
    """A share of the customers and the step, counted from 0, in which they buy for the first time."""

    step: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulable:
    """A model of repeat buying in the terms of a market file.

    Attributes
    ----------
    mean_gap : float
        Weeks between needs at the mean rate.
    heterogeneity : float
        Shape of the Gamma of rates over customers.
    leaving, concentration : float
        Mean and concentration of the Beta of chances to leave.
    leaves : {'after_repeat', 'after_purchase', 'any_time'}
        When the chance is taken: after each repeat purchase, after the first one too, or in each step of waiting.
    """

    mean_gap: float
    heterogeneity: float
    leaving: float
    concentration: float
    leaves: str

    @classmethod
    def of(cls, model: RepeatModel, step_days: float) -> Simulable:
        """Return a model, in weeks, for steps of so many days."""
        leaving, concentration = model.leaving(step_days / DAYS_A_WEEK)
        return cls(
            mean_gap=model.alpha / model.r,
            heterogeneity=model.r,
            leaving=leaving,
            concentration=concentration,
            leaves=model.LEAVES,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """Everything that a scenario of buy-till-you-die customers is made of.

    Attributes
    ----------
    name, title : str
    model : Simulable
    joinings : tuple of Joining
        Shares sum to 1.
    days : tuple of float
        Where customers join by the week: the share of a week's joiners on each of its days. (1,) where they join
        in the very steps of ``joinings``.
    spend : float
        Mean money a purchase.
    tiers : float64 array
        Spending of equal groups of customers, in multiples of ``spend``; their mean is 1.
    steps : int
        Length of the horizon.
    step_days : float
        Days that one step stands for.
    population : int
    discount_rate : float
        A year.
    currency : str
    """

    name: str
    title: str
    model: Simulable
    joinings: tuple[Joining, ...]
    spend: float
    tiers: NDArray[np.float64]
    steps: int
    step_days: float
    population: int
    days: tuple[float, ...] = (1.0,)
    discount_rate: float = 0.10
    currency: str = "$"

    @property
    def step(self) -> str:
        """What a scenario calls its step."""
        return "day" if self.step_days == 1 else "week"

    def market(self) -> dict[str, Any]:
        """Return the content of the market's file."""
        steps_a_week = DAYS_A_WEEK / self.step_days
        price = round(self.spend, 2)
        return {
            "name": self.name,
            "title": self.title,
            "focal": "shop",
            "journey": self.name,
            "brands": {"shop": {"title": "The shop", "price": price, "unit_margin": price, "salience": 1.0}},
            "need": {
                "kind": "repeat",
                "mean_weeks": self.model.mean_gap * steps_a_week,
                "shape": 1.0,
                "heterogeneity": self.model.heterogeneity,
                "carry_over": 0.0,
            },
            "economics": {"discount_rate": self.discount_rate, "ancillary_margin": 0.5, "currency": self.currency},
        }

    def personas(self) -> dict[str, Any]:
        """Return the content of the persona mix's file: groups of equal size by what they spend."""
        leaving = {"mean": self.model.leaving, "concentration": self.model.concentration}
        if len(self.tiers) == 1:
            return {"customer": {"title": "Customers", "share": 1.0, LEAVING: leaving, "spend": float(self.tiers[0])}}
        return {
            f"spender_{at}": {
                "title": f"customers of {short_money(self.spend * tier, self.currency)} a purchase",
                "share": 1.0,
                LEAVING: leaving,
                "spend": float(tier),
            }
            for at, tier in enumerate(self.tiers, 1)
        }

    def journey(self) -> dict[str, Any]:
        """Return the content of the journey's file."""
        width = len(str(max(joining.step for joining in self.joinings)))
        names = [f"joins_{joining.step:0{width}d}" for joining in self.joinings]
        later = range(1, len(self.days))
        into = "joins" if later else "first_purchase"
        stages: dict[str, Any] = {
            # The step before the horizon is the burn-in, hence one more.
            name: {"weeks": joining.step + 1}
            for name, joining in zip(names, self.joinings, strict=True)
        }
        edges: list[dict[str, Any]] = [{"from": name, "to": into} for name in names]
        if later:
            stages["joins"] = {"weeks": 0}
            stages |= {f"joins_day_{day}": {"weeks": day} for day in later}
            for day in later:
                # Rounded down, so that together they never exceed 1.
                share = int(self.days[day] * 1e9) / 1e9
                edges.append({"from": "joins", "to": f"joins_day_{day}", "probability": share})
                edges.append({"from": f"joins_day_{day}", "to": "first_purchase"})
            edges.append({"from": "joins", "to": "first_purchase"})
        if self.model.leaves == "any_time":
            leaving = [
                {"from": "waiting", "to": "gone", "probability": LEAVING},
                {"from": "purchase", "to": "waiting"},
            ]
        else:
            leaving = [
                {"from": "purchase", "to": "decides"},
                {"from": "decides", "to": "gone", "probability": LEAVING},
                {"from": "decides", "to": "waiting"},
            ]
        return {
            "name": self.name,
            "title": "Buy till you die",
            "start": dict(zip(names, _shares([joining.share for joining in self.joinings]), strict=True)),
            "stages": {
                **stages,
                "first_purchase": {"does": "choose"},
                "waiting": {"does": "wait"},
                "purchase": {"does": "choose"},
                **({} if self.model.leaves == "any_time" else {"decides": {"weeks": 0}}),
                "gone": {},
            },
            "edges": [
                *edges,
                {"from": "first_purchase", "to": "decides" if self.model.leaves == "after_purchase" else "waiting"},
                {"from": "waiting", "to": "purchase", "on": "need"},
                *leaving,
            ],
        }

    def scenario(self) -> dict[str, Any]:
        """Return the content of the scenario's file, which names the other three."""
        return {
            "name": self.name,
            "title": self.title,
            "market": self.name,
            "personas": self.name,
            "baseline": "today",
            "arms": {"today": {"focal": {"journey": self.name, "strategy": "reactive"}}},
            "step": self.step,
            "population": self.population,
            "horizon": self.steps,
            "burn_in": 1,
            "record": {"events": 0},
        }

    def whole(self) -> dict[str, Any]:
        """Return one file that holds all four."""
        return {
            **self.scenario(),
            "market": self.market(),
            "personas": self.personas(),
            "journeys": {self.name: self.journey()},
        }


def stagger(first: NDArray[np.int64], step_days: float) -> tuple[tuple[Joining, ...], tuple[float, ...]]:
    """Return in which steps customers join, and how a week's joiners spread over its days.

    Where customers join on many days, a stage for each would bury the journey. So they join by the week (or by
    several weeks, neighbours put together), and within a week on its days as all of them do.

    Parameters
    ----------
    first : int64 array
        Day of each customer's first purchase, from 0.
    step_days : float
        Days that one step stands for.
    """
    steps = np.bincount(first // int(step_days))
    at = np.flatnonzero(steps)
    if step_days != 1.0 or at.size <= MOST_JOININGS:
        return group_joinings(at, steps[at].astype(np.float64)), (1.0,)
    week, day = first // DAYS_A_WEEK, first % DAYS_A_WEEK
    # A last week that is not whole would reach beyond the last day: it begins earlier instead.
    begins = np.minimum(week * DAYS_A_WEEK, int(first.max()) - DAYS_A_WEEK + 1)
    weeks = np.bincount(begins)
    at = np.flatnonzero(weeks)
    spread = np.bincount(day, minlength=DAYS_A_WEEK) / first.size
    return group_joinings(at, weeks[at].astype(np.float64)), tuple(float(share) for share in spread)


def group_joinings(
    steps: NDArray[np.int64], customers: NDArray[np.float64], most: int = MOST_JOININGS
) -> tuple[Joining, ...]:
    """Return shares of customers by the step in which they join, neighbours put together where there are too many.

    Parameters
    ----------
    steps : int64 array
        Ascending, without gaps that matter: steps in which anybody joins.
    customers : float64 array
        How many join in each.
    most : int
        Steps at most. Groups are of about equal size, and each keeps its mean step.

    Returns
    -------
    tuple of Joining
        Shares sum to 1.
    """
    total = float(customers.sum())
    if steps.size <= most:
        return tuple(Joining(int(s), float(n) / total) for s, n in zip(steps, customers, strict=True))
    count = most // 2  # each may stand on two steps
    group = np.minimum(((np.cumsum(customers) - customers / 2.0) / total * count).astype(np.int64), count - 1)
    joined: dict[int, float] = {}
    for at in np.unique(group):
        inside = group == at
        weight = float(customers[inside].sum())
        mean = float((steps[inside] * customers[inside]).sum()) / weight
        below, part = int(mean), mean - int(mean)
        # A mean between two steps is shared between them, so that it is kept.
        for step, share in ((below, 1.0 - part), (below + 1, part)):
            if share > 0:
                joined[step] = joined.get(step, 0.0) + share * weight / total
    return tuple(Joining(step, share) for step, share in sorted(joined.items()))


def _shares(shares: list[float]) -> list[float]:
    """Round shares to nine digits so that they are readable and sum to 1 exactly enough."""
    rounded = [round(share, 9) for share in shares]
    largest = int(np.argmax(rounded))
    rounded[largest] = round(rounded[largest] + 1.0 - sum(rounded), 9)
    return rounded
