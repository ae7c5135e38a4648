"""Features: what the hazard of an edge may depend on, by name, and how the readable engine computes each.

Their meaning is in docs/model.md 7.2.

The fast engine computes the same numbers in :mod:`sim.engine.features`, which refuses to start where one is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from operator import attrgetter
from typing import Any, TypeAlias

from agents.population import NOBODY
from agents.traits import TRAITS

__all__ = ["FEATURES", "TOWARD_INCUMBENT", "Feature", "relevance_counts"]

#: Value of a feature from the customer (:class:`agents.customer.Customer`), the node the customer stands on
#: (:class:`agents.environment.NodeView`), and the strongest pull and worst intrusion of this week's contacts.
Feature: TypeAlias = Callable[[Any, Any, float, float], float]

#: Memories of the incumbent: 0 unless the host brand is the incumbent.
TOWARD_INCUMBENT: tuple[str, ...] = ("satisfaction", "trust", "habit")


def _trait(name: str, customer: Any, node: Any, pull: float, intrusion: float) -> float:
    return float(customer.traits[name])


def _of_incumbent(value: Callable[[Any], float]) -> Feature:
    def feature(customer: Any, node: Any, pull: float, intrusion: float) -> float:
        return value(customer) if customer.host != NOBODY and customer.host == customer.incumbent else 0.0

    return feature


def _of_host(value: Callable[[Any], float]) -> Feature:
    def feature(customer: Any, node: Any, pull: float, intrusion: float) -> float:
        return value(customer) if customer.host != NOBODY else 0.0

    return feature


def relevance_counts(customer: Any, brand: int) -> bool:
    """Whether what a brand says can be relevant: preferences are formed, by use or some time after the need (7.3)."""
    world, forming = customer.world, customer.world.constants.forming_weeks
    if not forming or customer.incumbent == brand:
        return True
    needs = world.node(customer.host, customer.stage).does != "wait" and not customer.visiting
    return bool(needs and world.week - customer.need_week >= forming)


def _ease_elsewhere(customer: Any) -> float:
    """Greatest ease that a brand other than the host brand has for the customer."""
    from agents.rules.feelings import eased  # Numba, which names of features do without

    world, affinity, most = customer.world, customer.traits["digital_affinity"], 0.0
    for brand in range(world.brands):
        if brand != customer.host and world.brand(brand).enters <= world.week:
            automation = world.level(brand, customer.persona).automation
            most = max(most, eased(automation, affinity, world.constants.human_touch))
    return most


FEATURES: dict[str, Feature] = {
    **{name: partial(_trait, name) for name in TRAITS},
    "satisfaction": _of_incumbent(attrgetter("satisfaction")),
    "trust": _of_incumbent(attrgetter("trust")),
    "habit": _of_incumbent(lambda customer: customer.present_habit()),
    "fatigue": lambda customer, *_: customer.present_fatigue(),
    "weeks_in_stage": lambda customer, *_: float(customer.world.week - customer.since),
    "ease": lambda customer, *_: customer.ease_with(customer.host),
    "relevance": lambda customer, *_: customer.relevance_of(customer.host),
    "pull": lambda customer, node, pull, intrusion: pull,
    "delight": _of_host(lambda customer: customer.world.delight(customer.host)),
    "intrusion": lambda customer, node, pull, intrusion: intrusion,
    "effort": lambda customer, node, *_: customer.effort_of(node, customer.ease_with(customer.host)),
    "reputation": _of_host(lambda customer: customer.world.standing(customer.customer_id, customer.host).reputation),
    "price": _of_host(lambda customer: customer.world.brand(customer.host).relative_price),
    "adoption": lambda customer, *_: customer.world.adoption(),
    "evaluated": lambda customer, *_: float(customer.searched),
    "ease_elsewhere": lambda customer, *_: _ease_elsewhere(customer),
}
