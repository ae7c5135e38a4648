"""Funnel: how many cases reach one stage after another, in this order; and what each channel carries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.discovery.cases import Cases

__all__ = ["ChannelUse", "channel_use", "funnel_counts", "usual_funnel"]

_MOSTLY = 0.5
_LONGEST = 8
#: Of the cases that reach the goal, those that must pass all stages of a usual funnel.
_PASS_ALL = 0.8


@dataclass(frozen=True, slots=True)
class ChannelUse:
    """A channel: its visits, cases that use it, how many of these reach the goal, and the stage it is used in most."""

    name: str
    visits: int
    cases: int
    reach: int
    stage: int


def funnel_counts(cases: Cases, stages: Sequence[int]) -> tuple[int, ...]:
    """Count the cases that visit the first stage, then, later in the same case, the second, and so on.

    Parameters
    ----------
    cases : Cases
    stages : sequence of int
        In the order of the funnel.

    Returns
    -------
    tuple of int
        One for each stage, never rising.
    """
    never = np.iinfo(np.int64).max
    case = cases.case
    reached = np.full(cases.count, -1, np.int64)
    counts = []
    for stage in stages:
        visits = np.flatnonzero(cases.stage == stage)
        visits = visits[visits > reached[case[visits]]]
        first = np.full(cases.count, never)
        np.minimum.at(first, case[visits], visits)
        reached = first
        counts.append(int((first < never).sum()))
    return tuple(counts)


def usual_funnel(cases: Cases, goal: int) -> tuple[int, ...]:
    """Return the stages that cases pass before they first reach the goal, in their usual order, then the goal.

    Most cases that reach it pass each of them, and four of five pass all in this order: were a stage among them that
    many leave out, the funnel would end with fewer cases than reach the goal.

    Parameters
    ----------
    cases : Cases
    goal : int

    Returns
    -------
    tuple of int
        Eight at the most.
    """
    first = _first_places(cases)
    first = first[first[:, goal] >= 0]
    if not first.size:
        return (goal,)
    before = (first >= 0) & (first < first[:, [goal]])
    share = before.mean(axis=0)
    usual = [stage for stage in np.argsort(-share, kind="stable").tolist() if share[stage] >= _MOSTLY]
    order = {stage: float(np.median(first[before[:, stage], stage])) for stage in usual}
    funnel: tuple[int, ...] = (goal,)
    for stage in usual:
        longer = (*sorted([*funnel[:-1], stage], key=lambda stage: (order[stage], stage)), goal)
        if funnel_counts(cases, longer)[-1] >= _PASS_ALL * len(first):
            funnel = longer
        if len(funnel) == _LONGEST:
            break
    return funnel


def _first_places(cases: Cases) -> NDArray[np.int64]:
    """Return which place among its visits each case's first one to each stage has; -1 where it never comes."""
    new = np.flatnonzero(cases.comes_new)
    case = cases.case[new]
    first = np.full((cases.count, len(cases.stages)), -1)
    first[case, cases.stage[new]] = new - cases.first[case]
    return first


def channel_use(cases: Cases, goal: int, channel: tuple[NDArray[np.int64], tuple[str, ...]]) -> tuple[ChannelUse, ...]:
    """Return what each channel carries, the most used first.

    Parameters
    ----------
    cases : Cases
    goal : int
    channel : (int64 (n,), tuple of str)
        Of each visit, -1 where not said; and names.

    Returns
    -------
    tuple of ChannelUse
    """
    codes, names = channel
    reaches = np.zeros(cases.count, bool)
    reaches[cases.case[cases.stage == goal]] = True
    found = []
    for code, name in enumerate(names):
        mine = codes == code
        if mine.any():
            users = np.unique(cases.case[mine])
            most = int(np.bincount(cases.stage[mine]).argmax())
            found.append(ChannelUse(name, int(mine.sum()), users.size, int(reaches[users].sum()), most))
    return tuple(sorted(found, key=lambda use: (-use.visits, use.name)))
