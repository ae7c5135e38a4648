"""All cases: what is told of every case of a log, beside the journey that is fitted to them."""

from __future__ import annotations

from typing import NamedTuple

from sim.data.event_log import EventLog
from sim.discovery.cases import Cases
from sim.discovery.funnel import ChannelUse, channel_use, funnel_counts, usual_funnel
from sim.discovery.lived_map import LivedEdge, LivedStage, lived_map
from sim.discovery.turning_points import TurningPoint, turning_points
from sim.discovery.variants import Variants, ranked_variants

__all__ = ["AllCases", "all_cases"]


class AllCases(NamedTuple):
    """Of all cases: the map, variants, turning points, funnel and channels, as of a discovery."""

    stages: tuple[LivedStage, ...]
    edges: tuple[LivedEdge, ...]
    variants: Variants
    points: tuple[TurningPoint, ...]
    funnel: tuple[tuple[int, int], ...]
    channels: tuple[ChannelUse, ...]


def all_cases(log: EventLog, cases: Cases, goal: int, steps: tuple[int, ...] | None) -> AllCases:
    """Find what is told of all cases.

    Parameters
    ----------
    log : EventLog
    cases : Cases
        Of the log.
    goal : int
        The stage that they are meant to reach.
    steps : tuple of int or None
        Stages of the funnel, in order; None: those that cases pass before the goal.

    Returns
    -------
    AllCases
    """
    steps = usual_funnel(cases, goal) if steps is None else steps
    return AllCases(
        *lived_map(cases),
        variants=ranked_variants(cases),
        points=turning_points(cases, goal),
        funnel=tuple(zip(steps, funnel_counts(cases, steps), strict=True)),
        channels=channel_use(cases, goal, log.extra["channel"]) if "channel" in log.extra else (),
    )
