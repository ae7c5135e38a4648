"""Goal times: how many steps of the horizon pass until each customer first comes to a goal."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.population import NEVER
from sim.world.world import World

__all__ = ["GoalTimes", "AtStart", "goal_times", "put_together", "standing_at"]


class AtStart:
    """How customers stand when the horizon begins."""

    ELSEWHERE = 0
    AT_ONCE = 1  # in a stage that takes no time, so that the first step takes them further at its beginning
    AT_GOAL = 2


class GoalTimes(NamedTuple):
    """First visits to a goal. N customers, or 0 where no stage is a goal; T steps, P personas.

    ``steps`` is from 0 (who stands there when the horizon begins) to T, and NEVER of those who do not come;
    ``arrivals`` counts customers by persona and steps; there are no columns where no stage is a goal.
    """

    steps: NDArray[np.uint16]  # (N,)
    arrivals: NDArray[np.int64]  # (P, T + 1) or (P, 0)


def standing_at(world: World, stages: NDArray[Any]) -> NDArray[np.uint8]:
    """Return how customers stand when the horizon begins: :class:`AtStart`.

    Parameters
    ----------
    world : World
        Of the burn-in.
    stages : array of int (N,)
        In which they stand.

    Returns
    -------
    uint8 (N,)
    """
    nodes = world.nodes[world.node_of[int(world.constants[0].journey)]]
    codes = np.where(nodes.goal, AtStart.AT_GOAL, np.where(nodes.weeks == 0, AtStart.AT_ONCE, AtStart.ELSEWHERE))
    return codes.astype(np.uint8)[stages]


def goal_times(
    reached: NDArray[np.uint16], standing: NDArray[np.uint8], personas: NDArray[Any], span: tuple[int, int], count: int
) -> GoalTimes:
    """Return when customers first come to a goal.

    Who moves in the first step of the horizon has spent one step in the stage before, unless that takes no time.

    Parameters
    ----------
    reached : uint16 (N,)
        The step behind the one in which each first came there within the horizon, counted from the burn-in's first;
        0: not yet.
    standing : uint8 (N,)
        How they stood when the horizon began.
    personas : array of int (N,)
        Theirs.
    span : tuple of int
        The horizon's first step and the one behind its last.
    count : int
        Number of personas.

    Returns
    -------
    GoalTimes

    Examples
    --------
    >>> who = np.zeros(4, np.uint8)
    >>> times = goal_times(np.array([11, 11, 0, 0], np.uint16), np.array([0, 1, 0, 2], np.uint8), who, (10, 13), 1)
    >>> times.steps.tolist(), times.arrivals.tolist()
    ([1, 0, 65535, 0], [[2, 1, 0, 0]])
    """
    if not reached.size:
        return GoalTimes(np.zeros(0, np.uint16), np.zeros((count, 0), np.int64))
    start, end = span
    after = reached.astype(np.int64) - start - (standing == AtStart.AT_ONCE)
    steps = np.where(reached == 0, NEVER, after)
    steps[standing == AtStart.AT_GOAL] = 0
    came, width = steps != NEVER, end - start + 1
    at = personas[came].astype(np.int64) * width + steps[came]
    arrivals = np.bincount(at, minlength=count * width).reshape(count, width)
    return GoalTimes(steps.astype(np.uint16), arrivals.astype(np.int64))


def put_together(parts: list[GoalTimes]) -> GoalTimes:
    """Return the times of the customers of several partitions."""
    return GoalTimes(np.concatenate([one.steps for one in parts]), np.sum([one.arrivals for one in parts], axis=0))
