"""The customer as a Mesa agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mesa

from agents.customer import Customer

if TYPE_CHECKING:
    from agents.customer import Surroundings

__all__ = ["CustomerAgent"]


class CustomerAgent(Customer, mesa.Agent):
    """A :class:`agents.customer.Customer` whom a Mesa model steps: one step is one week.

    Parameters
    ----------
    model : mesa.Model
        The model, usually a :class:`sim.JourneyModel`.
    who : int
        The customer's number: with it come its luck and its traits.
    world : Surroundings
        What the customer sees and leaves.
    """

    def __init__(self, model: Any, who: int, world: Surroundings) -> None:
        mesa.Agent.__init__(self, model)
        Customer.__init__(self, who, world)

    def step(self) -> None:
        """Live one week."""
        self.live_week()
