"""PlanRace: the best plans of a search get more and more luck that they share, until it is told which is best.

A plan leaves the race once it is surely worse than the leader; the race ends where no plan left could be better by more
than a small part of what the leader is worth. Means are smoothed by the emulator, which knows a lucky plan by its
neighbours; after the first round the plans around its best answer enter too (:meth:`PlanSearch.around`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.analysis.expected_improvement import residual_noise
from sim.analysis.paired import NORMAL_WIDTH
from sim.experiments.plan_search import SAME, PlanModel, PlanSearch, RaceStanding, best_first

__all__ = ["PlanRace"]

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

#: Plans that enter from the search, and how many of them are confirmed afterwards.
_ENTRANTS, _BEST = 12, 5
#: Share of a lever's range by which two entrants, and two finalists, differ at least in one lever.
_DIFFERENT, _APART = 0.08, 0.02
#: Times as many replicates as in the search after the first round, and at most.
_RAISED, _MOST = 3, 24
#: Rounds after which plans around the best one enter.
_JOINED = 2
#: Part of what the leader is worth by which no rival may be better when the race ends.
_RESOLVED = 0.003
#: Plans that go on after a round.
_LEFT = 8


class PlanRace:
    """A race among the best plans of a search and plans that need none.

    Parameters
    ----------
    search : PlanSearch
        One that has ended; plans that the race tries are added to it.
    rules : float64 (n, k)
        Plans that enter in any case; they are among those of the search.
    """

    def __init__(self, search: PlanSearch, rules: Floats) -> None:
        self._search = search
        self._rules = self._found(rules)[self._is_run(rules)]
        self.model = PlanModel(search.question, search.runs)
        #: Number of each plan in the search; mean and noise of what it is worth, replicates, and whether it holds.
        self._rows = np.empty(0, np.int64)
        self._mean, self._noise, self._count = np.empty(0), np.empty(0), np.empty(0)
        self._holds = np.empty(0, bool)

    def finalists(self) -> Floats:
        """Run the race and return the best five plans, the best of them first, (at most 5, k)."""
        search = self._search
        searched = search.sizes.replicates
        done, most = _RAISED * searched, _MOST * searched
        self._enter(np.unique(np.concatenate([self._leading(), self._rules])))
        racing = np.arange(len(self._rows))
        worth = self._round(racing, range(searched, done))
        if search.question.robust != "mean":
            return self._apart(self._over_doubt(worth))
        self._update(racing, worth)
        joined = 0
        while True:
            if joined < _JOINED:
                racing, worth = self._joined(racing, worth, range(searched, done))
                joined += 1
            left = self._left(racing, worth)
            if done >= most or len(left) == 1:
                break
            racing = racing[left]
            more = self._round(racing, range(done, min(2 * done, most)))
            self._update(racing, more)
            worth, done = np.concatenate([worth[left], more], axis=1), min(2 * done, most)
        return self._apart(self._shares[self._ranked()])

    def ranked(self, shares: Floats, worth: Floats) -> Rows:
        """Return the order of finalists and rules, the best first, after a last round on other luck.

        Parameters
        ----------
        shares : float64 (n, k)
        worth : float64 (n, R)
            Their values on that luck.

        Returns
        -------
        int64 (n,)
        """
        racing = np.flatnonzero(np.isin(self._found(shares), self._rows) & self._is_run(shares))
        at = np.array([int(np.flatnonzero(self._rows == row)[0]) for row in self._found(shares[racing])], np.int64)
        self._update(at, worth[racing])
        standing = np.full(len(shares), -np.inf)
        standing[racing] = self.model.mean(shares[racing])
        return np.argsort(-standing, kind="stable")

    @property
    def _shares(self) -> Floats:
        return self._search.runs.shares[self._rows]

    def _found(self, shares: Floats) -> Rows:
        """Return the numbers of plans in the search, (n,)."""
        known = self._search.runs.shares
        return np.array([int(np.abs(known - point).max(axis=1).argmin()) for point in shares], dtype=np.int64)

    def _joined(self, racing: Rows, worth: Floats, replicates: range) -> tuple[Rows, Floats]:
        """Let the plans around the best one enter; return all that race and their values on the luck of the race."""
        known = len(self._rows)
        around = self._found(self._search.around(self.model, self._shares[self._ranked()[0]]))
        # One that the search has tried may have been kept out by a neighbour that was luckier.
        added = np.setdiff1d(around, self._rows)
        if len(added) == 0:
            return racing, worth
        self._enter(added)
        together = np.concatenate([racing, np.arange(known, len(self._rows))])
        more = self._round(together[len(racing) :], replicates)
        # Beside those that they meet on this luck.
        self._update(together[len(racing) :], more, float(self._mean[racing].mean() - worth.mean()))
        return together, np.concatenate([worth, more])

    def _is_run(self, shares: Floats) -> NDArray[np.bool_]:
        """Say which plans the search has run: all but those that break a limit on the levers."""
        known = self._search.runs.shares
        return np.asarray(np.abs(known[None, :, :] - shares[:, None, :]).max(axis=2).min(axis=1) <= SAME)

    def _leading(self) -> Rows:
        """Return the numbers of the plans that enter: the best by the emulator, none near another."""
        runs, question = self._search.runs, self._search.question
        order = best_first(question, runs)
        # Judged by what the emulator makes of all runs: it knows a lucky one by its neighbours.
        smoothed = self.model.mean(runs.shares)
        holding = order[question.holds(runs)[order]]
        chosen = holding[np.argsort(-smoothed[holding], kind="stable")] if len(holding) else order
        entrants: list[int] = []
        for row in chosen.tolist():
            if all(np.abs(runs.shares[row] - runs.shares[other]).max() > _DIFFERENT for other in entrants):
                entrants.append(row)
        return np.array(entrants[:_ENTRANTS], dtype=np.int64)

    def _enter(self, rows: Rows) -> None:
        """Let plans enter with what they did in the search."""
        question, runs = self._search.question, self._search.runs
        worth = question.worth(runs)
        self._rows = np.concatenate([self._rows, rows])
        self._mean = np.concatenate([self._mean, question.score(worth)[rows]])
        self._noise = np.concatenate([self._noise, residual_noise(worth)[rows]])
        self._count = np.concatenate([self._count, np.full(len(rows), float(worth.shape[1]))])
        self._holds = np.concatenate([self._holds, question.holds(runs)[rows]])

    def _round(self, at: Rows, replicates: range) -> Floats:
        """Run racing plans on luck that they share and return their values, (n, R)."""
        question = self._search.question
        runs = question.run(self._shares[at], replicates, **self._search.options)
        worth = question.worth(runs)
        self._holds[at] &= question.holds(runs)
        return worth

    def _over_doubt(self, worth: Floats) -> Floats:
        """Return racing plans, the best first, by their score over the states that all their runs met."""
        question = self._search.question
        before = question.worth(self._search.runs)[self._rows]
        score = question.score(np.concatenate([before, worth], axis=1))
        return np.asarray(self._shares[np.lexsort((-score, ~self._holds))])

    def _update(self, at: Rows, worth: Floats, level: float | None = None) -> None:
        """Take note of what racing plans are worth on further luck, and fit the emulator again.

        Parameters
        ----------
        at : int64 (n,)
        worth : float64 (n, R)
        level : float, optional
            By how much that luck makes all plans look worse; by default as it does to these.
        """
        question, count = self._search.question, float(worth.shape[1])
        score = question.score(worth)
        # What this luck gives to all of them is no difference between them and those that did not meet it.
        if level is None:
            level = float(self._mean[at].mean() - score.mean())
        before, after = self._count[at] / (self._count[at] + count), count / (self._count[at] + count)
        self._mean[at] = before * self._mean[at] + after * (score + level)
        self._noise[at] = before**2 * self._noise[at] + after**2 * residual_noise(worth)
        self._count[at] += count
        self.model = PlanModel(question, self._search.runs, RaceStanding(self._rows, self._mean, self._noise))

    def _ranked(self) -> Rows:
        """Return the numbers of racing plans, those that hold every limit first, and the best of them first.

        Where none holds them, those that break them least come first.
        """
        question, smoothed = self._search.question, self.model.mean(self._shares)
        if self._holds.any():
            return np.lexsort((-smoothed, ~self._holds))
        return np.lexsort((-smoothed, question.shortfall(question.excesses(self._search.runs))[self._rows]))

    def _left(self, racing: Rows, worth: Floats) -> Rows:
        """Return which of the racing plans go on, the leader among them; only that where it is told well enough."""
        ranked = self._ranked()
        leader = int(np.flatnonzero(racing == ranked[np.isin(ranked, racing)][0])[0])
        ahead = worth - worth[leader]
        reach = NORMAL_WIDTH * ahead.std(axis=1, ddof=1) / np.sqrt(worth.shape[1])
        most = ahead.mean(axis=1) + reach
        order = np.argsort(-self.model.mean(self._shares[racing]), kind="stable")
        rivals = [
            int(one)
            for one in order
            if one != leader and self._holds[racing[one]] and most[one] > _RESOLVED * abs(float(worth[leader].mean()))
        ]
        return np.array([leader, *rivals[: _LEFT - 1]])

    def _apart(self, shares: Floats) -> Floats:
        """Return the best five that are not of one kind, of plans in their order: more would say nothing new."""
        found: list[Floats] = []
        for point in shares:
            if all(np.abs(point - other).max() > _APART for other in found):
                found.append(point)
        return np.array(found[:_BEST])
