"""What if: a fitted cohort as a scenario of two arms, in the file's own time unit, money and size.

The arm `classic` is the cohort as fitted. The arm `proactive` is the same cohort led: the journey has its stages and
edges, plus terms and one edge that only capabilities and contacts open, so that with all of them at 0 both arms have
one history. How strongly they act and what they cost are assumptions, taken over from the template `shop`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents.strategies import CAPABILITIES
from sim.customer_base.cohort import LEAVING, Cohort
from sim.scenario.calendar import DAYS_A_WEEK, STEPS_A_YEAR
from sim.scenario.market import Contact, Innovation

__all__ = ["WhatIf", "lay_out"]

#: Levels, contacts a week and strengths of the template `shop`.
_LEVELS = {"automation": 0.6, "personalization": 0.5, "context": 0.5, "innovation": 0.3}
_CONTACTS_A_WEEK = 0.2
_PULLED = {"base": -3.5, "pull": 2.0, "relevance": 1.0}
#: A fully easy or fully delightful purchase takes off this share of the mean chance to leave.
_STAYING = 0.2
#: Of a year's expected revenue: what all capabilities cost to build, and to run for a year. Of it, by capability.
_BUILD, _RUN = 0.05, 0.02
_PARTS = {"automation": 0.35, "personalization": 0.25, "context": 0.15, "innovation": 0.25}
#: Of the mean amount of a purchase: a contact. Of a year's expected revenue: an experiment.
_CONTACT, _EXPERIMENT = 0.0005, 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """A cohort, and what is asked of it.

    Attributes
    ----------
    cohort : Cohort
    customers : int
        How many customers there really are.
    margin : float
        Share of a purchase that is contribution.
    yearly_purchases : float
        Purchases of all of them expected in the year after the data.
    tested : str
        How well the model, fitted to the first part alone, forecast the rest; empty where nothing was left to be
        forecast.
    """

    cohort: Cohort
    customers: int
    margin: float
    yearly_purchases: float
    tested: str = ""

    @property
    def steps_a_week(self) -> float:
        """Steps of the scenario in a week."""
        return DAYS_A_WEEK / self.cohort.step_days

    def market(self) -> dict[str, Any]:
        """Return the content of the market's file."""
        market = self.cohort.market()
        shop = market["brands"]["shop"]
        shop["unit_margin"] = round(shop["price"] * self.margin, 2)
        weeks = self.steps_a_week
        return {
            **market,
            "customers": self.customers,
            "channels": {"web": {"digital": True, "cost": 0.0, "effort": 1.0}},
            # A purchase that a contact brought forward is one that would have come: the next gap is longer by as much.
            "need": {**market["need"], "carry_over": 1.0},
            # Durations of a market file are in steps; the usual ones are in weeks.
            "contact": {
                "near_weeks": round(Contact().near_weeks * weeks),
                "fatigue_half_life": Contact().fatigue_half_life * weeks,
            },
            "innovation": {
                "cycle_weeks": round(Innovation().cycle_weeks * weeks),
                "half_life": Innovation().half_life * weeks,
            },
        }

    def proactive_journey(self) -> dict[str, Any]:
        """Return the content of the journey's file of the arm that leads."""
        classic = self.cohort.journey()
        stages = {
            name: {**stage, "channels": {"web": 1.0}} if name in ("purchase", "first_purchase") else stage
            for name, stage in classic["stages"].items()
        }
        staying = -round(_STAYING * self.cohort.model.leaving, 9)
        edges = [
            {**edge, "probability": {LEAVING: 1.0, "ease": staying, "delight": staying}}
            if edge.get("probability") == LEAVING
            else edge
            for edge in classic["edges"]
        ]
        led = {"from": "waiting", "to": "purchase", "on": "contact", "logit": dict(_PULLED)}
        if self.cohort.model.leaves == "any_time":
            # A stage has logits or probabilities, not both: about the chance that the logit gives a timely contact.
            led = {"from": "waiting", "to": "purchase", "on": "contact", "probability": {"base": 0.03, "pull": 0.12}}
        return {
            **classic,
            "name": f"{self.cohort.name}_proactive",
            "title": "Buy till you die, led",
            "stages": stages,
            "edges": [*edges, led],
        }

    def strategy(self) -> dict[str, Any]:
        """Return the strategy of the arm that leads."""
        yearly = self.yearly_purchases * self.cohort.spend
        steps_a_year = STEPS_A_YEAR[self.cohort.step]
        return {
            "name": "lead",
            **_LEVELS,
            "contacts_per_week": {"customers": round(_CONTACTS_A_WEEK / self.steps_a_week, 6), "prospects": 0.0},
            "costs": {
                "build": {name: _rounded(_BUILD * yearly * _PARTS[name]) for name in CAPABILITIES},
                "run": {name: _rounded(_RUN * yearly * _PARTS[name] / steps_a_year) for name in CAPABILITIES},
                "contact": _rounded(_CONTACT * self.cohort.spend),
                "experiment": _rounded(_EXPERIMENT * yearly),
            },
        }

    def scenario(self) -> dict[str, Any]:
        """Return the content of the scenario's file: the data's time is its burn-in, its horizon the year after."""
        name, cohort = self.cohort.name, self.cohort
        return {
            "name": name,
            "title": cohort.title,
            "case": "The customers of the file, a year on: what if the shop led them instead of waiting?",
            "market": name,
            "personas": name,
            "baseline": "classic",
            "arms": {
                "classic": {"focal": {"journey": name, "strategy": "reactive"}},
                "proactive": {"focal": {"journey": f"{name}_proactive", "strategy": self.strategy()}},
            },
            "step": cohort.step,
            "population": cohort.population,
            "horizon": round(STEPS_A_YEAR[cohort.step]),
            "burn_in": cohort.steps + 1,
            "record": {"events": 0},
            "assumptions": [
                {
                    "what": "Needs, leaving, spending, joining",
                    "source": f"fitted to all of the file{self.tested and '; ' + self.tested}",
                },
                {
                    "what": f"{100 * self.margin:g} % of a purchase is contribution",
                    "source": "assumption: margin_share=",
                },
                {"what": "What capabilities and contacts do to customers", "source": "assumption: template shop"},
                {
                    "what": f"Costs: {100 * _BUILD:g} % of a year's revenue to build, {100 * _RUN:g} % a year to run",
                    "source": "assumption: replace them",
                },
            ],
        }


def _rounded(amount: float) -> float:
    """Return an amount with three digits, in whole cents and at least one, as a person would type it."""
    return max(round(float(f"{amount:.3g}"), 2), 0.01)


def lay_out(what_if: WhatIf) -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    """Return the files of a what-if, by group and name."""
    name = what_if.cohort.name
    return {
        "market": {name: what_if.market()},
        "personas": {name: what_if.cohort.personas()},
        "journey": {name: what_if.cohort.journey(), f"{name}_proactive": what_if.proactive_journey()},
        "scenario": {name: what_if.scenario()},
    }
