"""Lived map: stages and edges of real cases, with shares, intervals and times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.analysis.wilson import wilson
from sim.discovery.cases import Cases, rows_by
from sim.discovery.product_limit import aalen_johansen, share_gone
from sim.record.order import distinct

__all__ = ["LivedEdge", "LivedStage", "lived_map"]


@dataclass(frozen=True, slots=True)
class LivedEdge:
    """A way from one stage to the next: how often, which share of those who go on, and after how many seconds."""

    source: int
    target: int
    count: int
    share: float
    ci_low: float
    ci_high: float
    median_time: float


@dataclass(frozen=True, slots=True)
class LivedStage:
    """A stage: visits, cases that start there, cases whose last event it is, and who of its visitors never goes on.

    ``median_time`` are seconds until the next stage, of those who go on; None where nobody does.
    """

    stage: int
    visits: int
    cases: int
    starts: int
    last: int
    leaves: float
    median_time: float | None


def lived_map(cases: Cases) -> tuple[tuple[LivedStage, ...], tuple[LivedEdge, ...]]:
    """Estimate the map: every edge seen, none left out.

    Shares are those of an Aalen-Johansen estimate among visitors who go on: who was still there at the end of the log
    is censored, not gone. In a log of finished cases nobody was: who does not go on is gone, and shares are counted.

    Parameters
    ----------
    cases : Cases

    Returns
    -------
    tuple of LivedStage, tuple of LivedEdge
        In the order of the stages; edges by how often they are taken.
    """
    starts = np.bincount(cases.stage[cases.first[:-1]], minlength=len(cases.stages))
    come = np.bincount(cases.stage[cases.comes_new], minlength=len(cases.stages))
    stages, edges = [], []
    order, ends = rows_by(cases.stage, len(cases.stages))
    for stage in range(len(cases.stages)):
        rows = order[ends[stage] : ends[stage + 1]]
        following, stay = cases.following[rows], cases.stay[rows]
        goes = following >= 0
        targets, exit = distinct(following[goes])
        code = np.full(rows.size, -1, np.int64)
        code[goes] = exit
        watched = goes if cases.finished else slice(None)
        found = aalen_johansen(stay[watched], code[watched], max(targets.size, 1))
        final = found.final
        share_on = float(final.sum())
        passed = np.searchsorted(found.cumulative.sum(axis=1), share_on / 2)
        if cases.finished:
            gone = 1.0 - float(goes.mean()) if rows.size else 1.0
        else:
            gone = share_gone(stay, goes, found) if cases.may_end or not goes.any() else 0.0
        stages.append(
            LivedStage(
                stage=stage,
                visits=rows.size,
                cases=int(come[stage]),
                starts=int(starts[stage]),
                last=int((following < 0).sum()),
                leaves=gone,
                median_time=float(found.times[passed]) if share_on > 0.0 else None,
            )
        )
        by_target, begins = rows_by(exit, targets.size)
        stayed = stay[goes][by_target]
        for at, target in enumerate(targets.tolist()):
            mine = stayed[begins[at] : begins[at + 1]]
            share = float(final[at] / final.sum()) if final.sum() > 0 else 0.0
            low, high = wilson(share, float(exit.size))
            edges.append(LivedEdge(stage, int(target), mine.size, share, low, high, float(np.median(mine))))
    return tuple(stages), tuple(sorted(edges, key=lambda edge: (-edge.count, edge.source, edge.target)))
