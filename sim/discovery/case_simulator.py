"""Case simulator: cases of a found journey, seen for as long as those of the log, and how far they are from these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.discovery.cases import Cases
from sim.discovery.distance import CaseTable, case_table, distances_to, simulated_table
from sim.discovery.found_config import found_scenario, state_names
from sim.discovery.hazards import TimedJourney, ended_weights
from sim.discovery.product_limit import aalen_johansen
from sim.discovery.time_step import UNITS
from sim.scenario.journey import stage_names
from sim.scenario.scenario import Scenario

__all__ = ["MOST_SAMPLES", "CaseSimulator"]

#: Samples of simulated cases.
MOST_SAMPLES = 12
#: Cases that are simulated at the most to tell which of several journeys is nearer, and samples of these.
_MOST_TRIED, _FEWER_SAMPLES = 20_000, 6
#: Key of the luck by which it is drawn how long these are seen.
_KEY = 53


@dataclass(frozen=True, slots=True)
class CaseSimulator:
    """What simulates cases of journeys that were found in a log.

    Attributes
    ----------
    slugs : sequence of str
        Names of the stages.
    unit : str
        Of a step.
    goal : int
        Stage that cases are meant to reach.
    seed : int
    threads : int or None
    """

    slugs: Sequence[str]
    unit: str
    goal: int
    seed: int
    threads: int | None

    def cases(
        self,
        journeys: Mapping[str, TimedJourney],
        shares: Mapping[str, float],
        learned: Cases,
        size: int,
        samples: int,
        luck: np.random.Generator,
    ) -> list[CaseTable]:
        """Simulate cases, each cut where its window ends: real cases are seen until their log ends.

        Parameters
        ----------
        journeys : mapping of str to TimedJourney
            By persona.
        shares : mapping of str to float
            Of the personas.
        learned : Cases
            Which say for how long cases are seen.
        size, samples : int
            How many cases a sample has, and how many samples there are.
        luck : numpy.random.Generator
            By which it is drawn how long each is seen.

        Returns
        -------
        list of CaseTable
        """
        seconds = UNITS[self.unit]
        tables = self._whole(journeys, shares, size, samples)
        over = ended_weights(learned, learned.stage)[learned.first[1:] - 1]
        return [_censored(table, _windows(learned, over, seconds, len(table.first) - 1, luck)) for table in tables]

    def away(self, journeys: Mapping[str, TimedJourney], shares: Mapping[str, float], cases: Cases) -> float:
        """Return how far simulated cases are from those of the log: the mean logarithm of all distances.

        Parameters
        ----------
        journeys, shares
            As of :meth:`cases`.
        cases : Cases
            That the journeys were fitted to.

        Returns
        -------
        float
        """
        size = min(cases.count, _MOST_TRIED)
        luck = np.random.default_rng([self.seed, _KEY])
        tables = self.cases(journeys, shares, cases, size, min(_MOST_TRIED // size, _FEWER_SAMPLES), luck)
        found = distances_to(case_table(cases, UNITS[self.unit]), tables, len(cases.stages), self.goal)
        # Less than one case in all that is off by one tells nothing: else, where all are alike, it would decide.
        return float(np.mean([np.log(max(one, 1.0 / cases.count)) for one in found if one is not None]))

    def _whole(
        self, journeys: Mapping[str, TimedJourney], shares: Mapping[str, float], size: int, samples: int
    ) -> list[CaseTable]:
        """Simulate cases for as long as the longest one lasts."""
        from sim.execution.executors import usable_threads
        from sim.execution.replicates import run_replicates  # compiles kernels: only when something runs

        files = found_scenario(
            "judged", "", self.slugs, journeys, shares, step=self.unit, customers=size, goal=self.goal
        )
        (scenario,) = files["scenario"].values()
        (personas,) = files["personas"].values()
        # Customers are independent without a market: all samples are one run, which takes half as long or less.
        data = {
            **scenario,
            "population": samples * size,
            "name": "judged",
            "arms": {"classic": scenario["arms"]["classic"]},
            "personas": personas,
            "journeys": files["journey"],
            "record": {"events": samples * size},
        }
        built = Scenario.from_dict(data)
        first = next(iter(journeys.values()))
        known = {state: at for at, state in enumerate(state_names(first, self.slugs))}
        states = [known.get(stage, -1) for stage in stage_names(built.journeys)]
        look = np.array([first.contexts.stage_at(at) if at >= 0 else -1 for at in states], np.int64)
        quick = np.array([at in first.instant for at in states])
        # Two journeys are fitted at a time, of all cases and of those learned from: one core is the other's.
        left = max(usable_threads(self.threads) - 1, 1)
        ((_, histories),) = run_replicates(built, seed=self.seed, replicates=range(1), threads=left)
        events, begun = histories["classic"].events, histories["classic"].starts
        # A case begins one step before the first in which it can move on.
        starts = np.column_stack([begun[:, 0], look[begun[:, 1]], np.where(quick[begun[:, 1]], 0, -1)])
        customer, week = events["customer"].astype(np.int64), events["week"].astype(np.int64)
        stage, sample_of = look[events["stage"]], customer // size
        tables = []
        for sample in range(samples):
            mine, begins = sample_of == sample, starts[starts[:, 0] // size == sample]
            tables.append(simulated_table(customer[mine], week[mine], stage[mine], begins))
        return tables


def _windows(
    cases: Cases, over: NDArray[np.float64], seconds: float, count: int, luck: np.random.Generator
) -> NDArray[np.float64]:
    """Draw for how many steps cases are seen: product limit of those cut by the end of the log; inf where none is.

    How long the others could have been seen says nothing where a log has cases only that are over.
    """
    last, begin = cases.first[1:] - 1, cases.time[cases.first[:-1]]
    cut = luck.random(cases.count) >= over
    seen = aalen_johansen(np.where(cut, cases.end, cases.time[last]) - begin, np.where(cut, 0, -1), 1)
    at = np.searchsorted(-seen.staying, -luck.random(count), side="left")
    return np.asarray(np.r_[seen.times / seconds, np.inf][at])


def _censored(table: CaseTable, windows: NDArray[np.float64]) -> CaseTable:
    """Cut every case where its window ends."""
    lengths = np.diff(table.first)
    since = table.time - np.repeat(table.time[table.first[:-1]], lengths)
    kept = since <= np.repeat(windows, lengths)
    case = np.repeat(np.arange(len(lengths)), lengths)[kept]
    first = np.r_[0, np.cumsum(np.bincount(case, minlength=len(lengths)))]
    return CaseTable(first, table.stage[kept], table.time[kept])
