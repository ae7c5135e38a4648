"""Need clock: when the next need of a customer arises, and what a visit leaves as it is (docs/model.md 7.1)."""

from __future__ import annotations

from typing import Any

from agents.population import NEVER
from agents.purposes import OF_VISITS, Purpose
from agents.rules.need import carried_over, tail_position, weeks_left, whole_weeks
from agents.rules.numerics import log

__all__ = ["BEGINS_NEED", "begin_need", "luck_period", "set_need_clock"]

#: What a visitor does only with a need: it has come early then.
BEGINS_NEED = ("recall", "search", "choose")


def begin_need(customer: Any) -> None:
    """Let a need arise this week, early or due."""
    customer.occasion = (customer.occasion + 1) & 0xFFFF
    customer.need_week = customer.world.week
    customer.searched = customer.visiting = False


def luck_period(customer: Any) -> int:
    """Period of the draws that are tied to an occasion; during a visit, of which there may be many, the week's own."""
    return OF_VISITS + int(customer.world.week) if customer.visiting else int(customer.occasion)


def set_need_clock(customer: Any, *, first: bool = False) -> None:
    """Start the need clock (docs/model.md 7.1); the ``first`` gap is entered at a uniform point.

    Who comes back from a visit has had no need: the clock goes on.
    """
    world, constants = customer.world, customer.world.constants
    if customer.visiting:
        customer.visiting = False
        customer.need_at = max(customer.need_at, world.week + 1)
        return

    def draw(which: int) -> float:
        return float(world.draw(customer.customer_id, Purpose.NEED, customer.occasion, 0, which))

    if constants.cyclical:
        gap = constants.mean_gap
    else:
        gap = constants.mean_gap * customer.gap * world.gap(tail_position(log(1.0 - draw(0))))
    if first:
        weeks = int(min(gap, 60000.0) * draw(2))
    else:
        weeks = int(whole_weeks(gap, draw(1)))
        weeks += int(carried_over(float(customer.need_at - customer.need_week), constants.carry_over, draw(3)))
        if constants.from_need:
            weeks = int(weeks_left(weeks, world.week - customer.need_week))
    customer.need_at = min(world.week + weeks, NEVER - 1)
