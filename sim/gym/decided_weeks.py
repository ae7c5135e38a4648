"""DecidedWeeks: an arm run week by week, the focal brand's contacts decided from outside.

Everything else is the engine's own week: the same customers, luck, journeys and rivals. A decision takes the place of
the draw that the strategy's contact rate is compared with; who has opted out is not contacted whatever is decided, and
a company that knows where a customer is still holds back what would not be timely.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.compiled import Int
from agents.kernel import calls
from agents.memory import as_records
from agents.population import WEEKLY
from agents.purposes import Purpose
from agents.rules.due import due_in
from sim.engine.partition import ArmResult, BurnIn, Partition, histories_of
from sim.engine.workspace import Clock
from sim.luck import blocks
from sim.record.history import History
from sim.scenario.resolved import ResolvedScenario

__all__ = ["DecidedWeeks"]

#: Contacts in 65,536 weeks of a brand that always may.
_ALWAYS = 65_536
_CONTACT = np.int64(Purpose.CONTACT)


@calls(blocks)
def _draw_contacts(
    seed: Int,
    replicate: Int,
    ids: NDArray[np.uint32],
    period: NDArray[np.uint32],
    brand: Int,
    count: Int,
    words: NDArray[np.uint32],
) -> None:
    """Draw the contacts of a window of eight weeks, as :func:`sim.engine.contact.contact_active` does."""
    blocks(seed, replicate, ids, _CONTACT, period, brand, count, words, 0)


class DecidedWeeks:
    """Customers of one replicate, cut into parts that run one after the other; any cut gives the same bytes.

    Parameters
    ----------
    scenario : ResolvedScenario
        With the baseline and the arm; accounts of single customers must be kept.
    arm : str
        Whose strategy is in force, but for its contacts.
    seed, replicate : int
        Keys of luck.
    parts : int
        At most as many as customers.
    """

    def __init__(self, scenario: ResolvedScenario, arm: str, seed: int, replicate: int, parts: int) -> None:
        self.scenario, self.arm, self._keys = scenario, arm, (seed, replicate)
        edges = np.linspace(0, scenario.population, parts + 1).astype(np.int64).tolist()
        self._slices = [slice(first, last) for first, last in zip(edges[:-1], edges[1:], strict=True)]
        self._parts = [Partition(scenario, seed, replicate, cut.start, cut.stop) for cut in self._slices]
        self._talk = np.zeros_like(self._parts[0].counters.talk)
        self._adopted, self.week = 0, 0
        for _ in range(scenario.burn_in):
            self._run()
        self._burn_ins: list[BurnIn] = []
        for part in self._parts:
            self._burn_ins.append(part.finish_burn_in())
            part.begin_arm(arm)
        self._levels = self._parts[0].world.levels
        for part in self._parts:
            self._take_over(part)
        self._ids = np.arange((scenario.population + 7) & -8, dtype=np.uint32)
        self._period = np.zeros(self._ids.size, np.uint32)
        self._words = np.zeros((4, self._ids.size), np.uint32)

    def _take_over(self, part: Partition) -> None:
        """Let the decisions say whom the focal brand contacts: its rates are those of a brand that always may."""
        focal = self.scenario.focal
        levels, segments = as_records(part.world.levels.copy()), as_records(part.world.segments.copy())
        levels.customers[focal], levels.prospects[focal] = _ALWAYS, _ALWAYS
        segments.makes_contact[focal] = 1
        part.world = part.world._replace(levels=levels, segments=segments)
        part.workspace.clock[Clock.DECIDED] = focal + 1
        market = part.market
        # The market lists who makes contact where a strategy starts; the focal brand may from the first week on.
        listed = market.contacting[: market.totals.contacting[0]].tolist()
        brands = sorted({*listed, focal})
        market.contacting[: len(brands)] = brands
        market.totals.contacting[0] = len(brands)

    def _run(self) -> None:
        reports = [part.week(self.week, self._talk, self._adopted) for part in self._parts]
        self._talk = sum((report.talk for report in reports[1:]), reports[0].talk)
        self._adopted = sum(report.adopted for report in reports)
        self.week += 1

    def step(self, contacts: NDArray[np.uint8]) -> None:
        """Run one week.

        Parameters
        ----------
        contacts : uint8 (N,)
            1 for customers whom the focal brand contacts.
        """
        for part, cut in zip(self._parts, self._slices, strict=True):
            chosen = contacts[cut]
            part.workspace.decided[:] = chosen
            # A customer who would only wait is visited: a visit in which nothing happens leaves no trace.
            due = part.population.due
            due[(chosen != 0) & (due >= WEEKLY)] = due_in(self.week)
        self._run()

    def column(self, name: str) -> NDArray[Any]:
        """Return one field of every customer's record, (N,)."""
        return self._joined([part.population.people[name] for part in self._parts])

    def account(self, name: str) -> NDArray[Any]:
        """Return one field of every customer's account with the focal brand, (N,)."""
        return self._joined([part.counters.accounts[name] for part in self._parts])

    @staticmethod
    def _joined(columns: list[NDArray[Any]]) -> NDArray[Any]:
        return columns[0] if len(columns) == 1 else np.concatenate(columns)

    @property
    def opted_out(self) -> NDArray[np.bool_]:
        """Who wants no contact from the focal brand, (N,)."""
        mask = self.column("opted_out")
        return np.asarray((mask >> mask.dtype.type(self.scenario.focal)) & mask.dtype.type(1), dtype=bool)

    @property
    def fixed(self) -> int:
        """What building, running and experiments cost the focal brand in the last week, in minor units."""
        part = self._parts[0]
        return int(part.fixed[self.week - 1 - part.start, self.scenario.focal].sum())

    def drawn(self) -> NDArray[np.int64]:
        """Return this week's draw of every customer's contact, of 65,536, (N,): the strategy's own luck."""
        self._period[:] = self.week >> 3
        count = self.scenario.population
        _draw_contacts(*self._keys, self._ids, self._period, self.scenario.focal, count, self._words)
        row, shift = (self.week & 7) >> 1, np.uint32(16 * (self.week & 1))
        return np.asarray((self._words[row, :count] >> shift) & np.uint32(0xFFFF), dtype=np.int64)

    def own_rates(self) -> NDArray[np.int64]:
        """Return how often the arm's own strategy contacts every customer this week, of 65,536, (N,)."""
        part, focal = self._parts[0], self.scenario.focal
        segment = int(np.flatnonzero(part.world.segments.start[focal] <= self.week)[-1])
        levels = self._levels[focal, segment]
        persona = self.column("persona")
        own = self.column("incumbent") == focal
        return np.where(own, levels.customers[persona], levels.prospects[persona]).astype(np.int64)

    def history(self) -> History:
        """Return what the arm left, once every week of the horizon was run."""
        results: list[ArmResult] = [part.finish_arm() for part in self._parts]
        return histories_of(self.scenario, *self._keys, self._burn_ins, {self.arm: results}, 0.0)[self.arm]
