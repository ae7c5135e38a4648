"""Subscription what if: subscribers fitted to a table of survivors as a scenario of two arms.

The arm `classic` is the subscribers as fitted: in each period everybody renews or leaves. The arm `proactive` is the
same subscribers led: an easy, relevant or delightful renewal makes leaving less likely. A table of survivors holds no
money, so a renewal counts as 1. Strengths and costs are assumptions, as in :mod:`sim.customer_base.what_if`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents.strategies import CAPABILITIES
from sim.customer_base.shifted_beta_geometric import ShiftedBetaGeometric
from sim.customer_base.survival import LEAVING_TRAIT, subscription
from sim.scenario.calendar import STEPS

__all__ = ["SubscriptionWhatIf"]

_LEVELS = {"automation": 0.6, "personalization": 0.5, "context": 0.0, "innovation": 0.3}
#: A fully easy, relevant or delightful renewal takes off this share of the mean chance to leave, each.
_STAYING = 0.2
#: Of a period's renewals of everybody: what a capability costs to build, and to run for a period.
_BUILD, _RUN = 0.02, 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionWhatIf:
    """Fitted subscribers, and what is asked of them.

    Attributes
    ----------
    name, title : str
    model : ShiftedBetaGeometric
    periods : int
        Horizon.
    unit : str
        What the file calls a period.
    population : int
        Subscribers simulated.
    subscribers : int or None
        How many there really were; None where the file holds shares.
    margin : float
        Share of a renewal that is contribution.
    """

    name: str
    title: str
    model: ShiftedBetaGeometric
    periods: int
    unit: str
    population: int
    subscribers: int | None
    margin: float

    def files(self) -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
        """Return the content of the files, by group and name."""
        plain = subscription(self.name, self.title, self.model, self.periods, self.population)
        return {
            "market": {self.name: self._market()},
            "personas": {self.name: plain["personas"]},
            "journey": {
                self.name: self._journey(self.name, self.title, LEAVING_TRAIT),
                f"{self.name}_proactive": self._journey(f"{self.name}_proactive", f"{self.title}, led", self._led()),
            },
            "scenario": {self.name: self._scenario(plain["scenario"])},
        }

    def _led(self) -> dict[str, float]:
        staying = -round(_STAYING * self.model.mean, 9)
        return {LEAVING_TRAIT: 1.0, "ease": staying, "relevance": staying, "delight": staying}

    def _market(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "title": self.title,
            "focal": "plan",
            "journey": self.name,
            **({} if self.subscribers is None else {"customers": self.subscribers}),
            "brands": {"plan": {"title": "The plan", "price": 1.0, "unit_margin": self.margin, "salience": 1.0}},
            "channels": {"web": {"digital": True, "cost": 0.0, "effort": 1.0}},
        }

    def _journey(self, name: str, title: str, leaving: object) -> dict[str, Any]:
        return {
            "name": name,
            "title": title,
            "start": {"subscribed": 1.0},
            "stages": {
                "subscribed": {"weeks": 1},
                "renews": {"does": "choose", "weeks": 0, "channels": {"web": 1.0}},
                "left": {},
            },
            "edges": [
                {"from": "subscribed", "to": "left", "probability": leaving},
                {"from": "subscribed", "to": "renews"},
                {"from": "renews", "to": "subscribed"},
            ],
        }

    def _scenario(self, plain: Mapping[str, Any]) -> dict[str, Any]:
        renewals = float(self.subscribers or self.population)
        costs = {
            kind: {name: max(round(share * renewals, 2), 0.01) for name in CAPABILITIES if _LEVELS[name]}
            for kind, share in (("build", _BUILD), ("run", _RUN))
        }
        strategy = {
            "name": "lead",
            **_LEVELS,
            "contacts_per_week": {"customers": 0.0, "prospects": 0.0},
            "costs": costs,
        }
        return {
            **plain,
            "case": "The subscribers of the file: what if the company led them instead of waiting?",
            "market": self.name,
            "baseline": "classic",
            "arms": {
                "classic": {"focal": {"journey": self.name, "strategy": "reactive"}},
                "proactive": {"focal": {"journey": f"{self.name}_proactive", "strategy": strategy}},
            },
            **({"step": self.unit} if self.unit in STEPS else {}),
            "assumptions": [
                {"what": "How readily subscribers leave", "source": "fitted to the file"},
                {"what": f"A renewal is 1, and {100 * self.margin:g} % of it contribution", "source": "assumption"},
                {"what": "What capabilities do to subscribers, and what they cost", "source": "assumption: replace it"},
            ],
        }
