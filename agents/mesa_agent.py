"""The customer as a Mesa agent."""

from __future__ import annotations

from typing import Any

import mesa

from agents.customer import Customer
from agents.environment import Environment

__all__ = ["CustomerAgent"]


class CustomerAgent(Customer, mesa.Agent):
    """A :class:`agents.customer.Customer` that a Mesa model steps: one step is one week.

    Parameters
    ----------
    model : mesa.Model
        The model, usually a :class:`sim.JourneyModel`.
    customer_id : int
        Id of the customer, from 0; a key of all its draws.
    world : Environment
        What the customer reads, counts and pays.
    """

    def __init__(self, model: Any, customer_id: int, world: Environment) -> None:
        mesa.Agent.__init__(self, model)
        Customer.__init__(self, customer_id, world)

    def step(self) -> None:
        """Simulate one week."""
        self.simulate_week()
