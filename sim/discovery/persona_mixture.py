"""Persona mixture: kinds of cases by where they go and how long they stay, as many as held-out cases speak for, or one.

Memory looks like kinds: where some cases end with a stage and those that came another way never do, two kinds that
forget explain what one kind does that remembers. So kinds that forget count only where cases kept aside are likelier by
them than by kinds that know what came before a stage, of which there may be one. Likewise, stays of a case are alike
where they go by its age, the date or the hour: kinds count as quick or slow only beyond what those tell of all cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.discovery.case_counts import CaseCounts, counted
from sim.discovery.cases import Cases, subset
from sim.discovery.context import Contexts, find_contexts, states_of
from sim.discovery.hazards import ended_weights
from sim.discovery.held_out_gain import HeldOutGain, gain_of
from sim.discovery.stay_classes import StayClasses, stay_classes
from sim.record.order import distinct

__all__ = ["Mixture", "find_personas"]

_MOST = 5
_STARTS = 6
_ROUNDS = 200
#: Rounds of every start, and starts that climb on, the likeliest ones by then (Biernacki, Celeux & Govaert 2003).
_SHORT, _KEPT = 50, 2
_SMOOTHING = 1.0
_FEWEST_CASES = 40
#: Of the probability that a case is over: cases that are alike stay alike, which makes them quick to fit.
_DIGITS = 1
#: Of a kind that a case is less likely of, it is not.
_UNLIKELY = 0.01
#: Cases that the kinds are found in, drawn by the seed; all are then said to be of one.
_MOST_CASES = 10_000
#: Classes of stays of those who go from one stage to another, and of what else may tell of them: ages, dates, hours.
_STAYS, _GIVEN = 8, 4
#: Cases in which it is found whether kinds differ in pace.
_MOST_PACED = 4_000
_DAY = 86_400.0
#: What stands beside the counts of all cases: hardly anything for a way that none of them goes, half a visit for a
#: class of stays, of which any may happen (Krichevsky & Trofimov 1981).
_WAYS_BESIDE, _STAYS_BESIDE = 1e-3, 0.5


@dataclass(frozen=True, slots=True)
class Mixture:
    """Kinds of cases.

    Attributes
    ----------
    shares : float64 (kinds,)
        Largest first.
    shares_low, shares_high : float64 (kinds,)
        95 % interval of each share, by how clearly cases belong and how many there are.
    belongs : float64 (cases, kinds)
        How likely each case is of each kind.
    gains : tuple of float
        Held-out log likelihood a case of 2, 3 ... kinds over one fewer, with its standard error.
    by_pace : bool
        Whether kinds are told apart by how long they stay too.
    """

    shares: NDArray[np.float64]
    shares_low: NDArray[np.float64]
    shares_high: NDArray[np.float64]
    belongs: NDArray[np.float64]
    gains: tuple[HeldOutGain, ...]
    by_pace: bool = False

    @property
    def member(self) -> NDArray[np.int64]:
        """The kind each case most likely is of: (cases,)."""
        return self.belongs.argmax(axis=1)


def find_personas(cases: Cases, seed: int) -> Mixture:
    """Fit mixtures of (semi-)Markov chains and keep the number of kinds that held-out cases support.

    Half of the cases are learned from and half judge, then they change places; a further kind is kept while the mean
    gain per held-out case is above 0 by two standard errors. Where that leaves several, chains that know what came
    before each stage (:func:`~sim.discovery.context.find_contexts`) are mixed likewise. Of the two mixtures that with
    fewer kinds counts, of as many the one that forgets, unless held-out cases are likelier by the other, by two
    standard errors. Stays are then mixed too, in classes that hold alike many of those who go from one stage to the
    same next one: kinds by ways and pace count where held-out cases are likelier by them, by two standard errors, than
    by kinds by their ways that all have one pace, given the age of the case, the date, the hour or what came before.

    Parameters
    ----------
    cases : Cases
    seed : int

    Returns
    -------
    Mixture
    """
    sample = cases
    if cases.count > _MOST_CASES:
        luck = np.random.default_rng([seed, 17])
        sample = subset(cases, np.sort(luck.permutation(cases.count)[:_MOST_CASES]))
    found = _Search(sample, seed).found()
    belongs = np.ones((cases.count, 1))
    if found.kinds.number > 1:
        moves = found.moves
        if moves.counts.cases < cases.count:
            moves = _moves(cases, found.contexts, moves.values, found.pace)
        belongs = _posterior(moves.counts, found.kinds.shares, found.kinds.logs)
        belongs[belongs < _UNLIKELY] = 0.0
        belongs /= belongs.sum(axis=1, keepdims=True)
    size = belongs.mean(axis=0)
    order = np.argsort(-size, kind="stable")
    belongs, size = belongs[:, order], size[order]
    # Chance of cases, and of which kind each is.
    error = np.sqrt((belongs * belongs).sum(axis=0) / cases.count - size**2 + (belongs * (1 - belongs)).mean(axis=0))
    half_width = 1.96 * error / np.sqrt(cases.count)
    return Mixture(
        shares=size,
        shares_low=np.maximum(size - half_width, 0.0) if found.kinds.number > 1 else size,
        shares_high=np.minimum(size + half_width, 1.0) if found.kinds.number > 1 else size,
        belongs=belongs,
        gains=found.kinds.gains,
        by_pace=found.pace is not None,
    )


class _Columns(NamedTuple):
    """Kinds of moves: which of them are ways out of one state, and what stands beside the counts of all cases."""

    groups: NDArray[np.int64]
    beside: NDArray[np.float64]


class _Moves(NamedTuple):
    """The moves of all cases, the end of each among them, and perhaps how long they stay before each.

    ``counts`` has a row for each case and a column for each kind of move that there is; ``values`` has the number of
    each column among all that there could be.
    """

    counts: CaseCounts
    columns: _Columns
    values: NDArray[np.int64]


class _Pace(NamedTuple):
    """Classes of stays among those who go from one stage to the same next one.

    Kinds stay in them by where they are, or ``by_next`` by where they go next as well.
    """

    classes: StayClasses
    by_next: bool


def _moves(
    cases: Cases,
    contexts: Contexts | None = None,
    values: NDArray[np.int64] | None = None,
    pace: _Pace | None = None,
) -> _Moves:
    """Count the moves of every case, from stages or from stages in the contexts; of some values alone.

    With a pace every stay counts too, by its class.
    """
    # Narrow numbers, and no sorting: a log may have ten million visits.
    stage = cases.stage.astype(np.int32)
    state, states = stage, len(cases.stages)
    if contexts is not None:
        state = states_of(cases, contexts, np.zeros(stage.size, np.int64)).astype(np.int32)
        states = len(contexts.keys)
    size = len(cases.stages) + 1
    before = np.r_[state[:1], state[:-1]]
    before[cases.first[:-1]] = states
    last = cases.first[1:] - 1
    code = np.r_[before * size + stage, state[last] * size + (size - 1)]
    rows = np.arange(cases.count, dtype=np.int32)
    # Where a case stands when its log ends is no way that it goes: only as far as it is over does it count.
    over = np.round(ended_weights(cases, cases.stage)[last], _DIGITS)
    number, case = np.r_[np.ones(stage.size), over], np.r_[np.repeat(rows, cases.lengths), rows]
    apart = (states + 1) * size
    if pace is not None:
        goes = cases.following >= 0
        where = state[goes] * size + cases.following[goes] if pace.by_next else state[goes]
        stayed = apart + where * _STAYS + pace.classes.of(*_stays(cases))
        number, case = np.r_[number, np.ones(stayed.size)], np.r_[case, case[: stage.size][goes]]
        code = np.r_[code, stayed]
    if values is None:
        values = np.flatnonzero(np.bincount(code))
    column = np.full(max(int(code.max()), int(values.max())) + 1, -1, np.int32)
    column[values] = np.arange(values.size)
    at = column[code]
    if not (known := at >= 0).all():
        number, case, at = number[known], case[known], at[known]
    counts = counted(case, at, number, (cases.count, values.size))
    groups = np.where(values < apart, values // size, apart + (values - apart) // _STAYS)
    beside = np.where(values < apart, _WAYS_BESIDE, _STAYS_BESIDE)
    return _Moves(counts, _Columns(np.unique(groups, return_inverse=True)[1], beside), values)


def _stays(cases: Cases) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return of each visit that goes on from which stage to which, and how long it stayed."""
    goes = cases.following >= 0
    return cases.stage[goes] * len(cases.stages) + cases.following[goes], cases.stay[goes]


class _Kinds(NamedTuple):
    """So many kinds as held-out cases support.

    ``held_out`` is the log likelihood of each case by what the other half says, ``gains`` as of a mixture, ``shares``
    and ``logs`` of all cases.
    """

    held_out: NDArray[np.float64]
    gains: tuple[HeldOutGain, ...]
    shares: NDArray[np.float64]
    logs: NDArray[np.float64]

    @property
    def number(self) -> int:
        """How many kinds there are."""
        return int(self.shares.size)


class _Found(NamedTuple):
    """Kinds, and by which moves they were found: after what came before, and with which pace."""

    kinds: _Kinds
    moves: _Moves
    contexts: Contexts | None = None
    pace: _Pace | None = None


class _Search:
    """The search for kinds of cases by the ways they go, with memory, and with pace."""

    def __init__(self, cases: Cases, seed: int) -> None:
        self._cases, self._seed = cases, seed
        self._contexts: Contexts | None = None

    def found(self) -> _Found:
        """Return the kinds that cases kept aside speak for."""
        return self._by_pace(self._remembered(self._kinds(self._cases), self._cases))

    def _kinds(self, cases: Cases, contexts: Contexts | None = None, pace: _Pace | None = None) -> _Found:
        moves = _moves(cases, contexts, pace=pace)
        return _Found(_find_kinds(moves, np.random.default_rng([self._seed, 17])), moves, contexts, pace)

    def _remembered(self, found: _Found, cases: Cases) -> _Found:
        """Return kinds as found, or those of chains that know what came before."""
        if found.kinds.number == 1:
            return found
        if self._contexts is None:
            self._contexts = find_contexts(self._cases, self._seed)
        remembering = self._kinds(cases, self._contexts, found.pace)
        return found if _speaks_for(found.kinds, remembering.kinds) else remembering

    def _by_pace(self, found: _Found) -> _Found:
        """Return kinds as found by their ways, or those by ways and pace where held-out cases are likelier by these."""
        cases, plain = self._cases, found.kinds.held_out
        if cases.count > _MOST_PACED:
            few = np.random.default_rng([self._seed, 61]).permutation(cases.count)[:_MOST_PACED]
            few.sort()
            cases, plain = subset(cases, few), plain[few]
        if not (cases.following >= 0).any():
            return found
        classes = stay_classes(*_stays(cases), _STAYS)
        stayed = classes.of(*_stays(cases))
        givens = _givens(cases)
        if known := self._contexts is not None:
            givens.append(self._memory_of(cases))
        each = [self._stays_alone(cases, stayed, given, 1) for given in givens]
        best = int(np.argmax([alone.sum() for alone in each]))
        alike = each[best]
        two = (self._stays_alone(cases, stayed, givens[at], 2, alike) for at in {0, best})
        if not any(gain_of(now, alike).sure for now in two):
            return found
        paced = self._kinds(cases, None, _Pace(classes, by_next=False))
        if paced.kinds.number > 1:
            by_next = self._kinds(cases, None, _Pace(classes, by_next=True))
            paced = self._remembered(paced if _speaks_for(paced.kinds, by_next.kinds) else by_next, cases)
        if paced.kinds.number == 1:
            return found
        if not known:
            alike = max(alike, self._stays_alone(cases, stayed, self._memory_of(cases), 1), key=np.sum)
        return paced if gain_of(paced.kinds.held_out, plain + alike).sure else found

    def _memory_of(self, cases: Cases) -> NDArray[np.int64]:
        """Return what came before each visit, as far as contexts tell, which are known by now."""
        assert self._contexts is not None
        return states_of(cases, self._contexts, np.zeros(cases.stage.size, np.int64))

    def _stays_alone(
        self,
        cases: Cases,
        stayed: NDArray[np.int64],
        given: NDArray[np.int64],
        kinds: int,
        before: NDArray[np.float64] | None = None,
    ) -> NDArray[np.float64]:
        """Log likelihood of the stays of each held-out case, by kinds whose stays go by stage and what is given."""
        goes = cases.following >= 0
        state = given[goes] * len(cases.stages) + cases.stage[goes]
        cells, column = distinct(state * _STAYS + stayed)
        counts = counted(cases.case[goes], column, None, (cases.count, cells.size))
        groups = distinct(cells // _STAYS)[1]
        luck = np.random.default_rng([self._seed, 17])
        half = luck.permutation(cases.count) < cases.count // 2
        columns = _Columns(groups, np.full(cells.size, _STAYS_BESIDE))
        return _held_out(counts, columns, half, kinds, luck, before)


def _givens(cases: Cases) -> list[NDArray[np.int64]]:
    """Return what else than kinds may tell of stays: nothing, the age of the case, the date, the hour."""
    pair = cases.stage * (len(cases.stages) + 1) + cases.following
    told = [stay_classes(pair, value, _GIVEN).of(pair, value) for value in (cases.age, cases.time, cases.time % _DAY)]
    return [np.zeros(pair.size, np.int64), *told]


def _find_kinds(moves: _Moves, luck: np.random.Generator) -> _Kinds:
    counts, columns, _ = moves
    cases = counts.cases
    kinds, gains, before = 1, [], np.zeros(cases)
    if cases >= _FEWEST_CASES:
        half = luck.permutation(cases) < cases // 2
        before = _held_out(counts, columns, half, 1, luck)
        for number in range(2, _MOST + 1):
            now = _held_out(counts, columns, half, number, luck, before)
            gains.append(gain_of(now, before))
            if not gains[-1].sure:
                break
            kinds, before = number, now
    fitted = _Fit(counts, columns, _starts(cases, kinds, luck)).finished()
    return _Kinds(before, tuple(gains), *fitted)


def _speaks_for(found: _Kinds, other: _Kinds) -> bool:
    """Whether held-out cases speak for kinds beside others that know more; no more kinds than these need no proof."""
    if found.number > other.number:
        return gain_of(found.held_out, other.held_out).sure
    return not gain_of(other.held_out, found.held_out).sure


def _held_out(
    moves: CaseCounts,
    columns: _Columns,
    half: NDArray[np.bool_],
    kinds: int,
    luck: np.random.Generator,
    before: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Log likelihood of each case by what the other half says; nan where that of ``before`` surely is no less.

    What short climbs from the first half bring to the other by then longer ones do not make good: they fit the half
    that they learn from more closely. The second half is not asked then.
    """
    out = np.zeros(half.size)
    if half.all() or not half.any():
        # Of very few cases all may be in one half: nothing speaks for any number of kinds.
        return out
    parts = [np.flatnonzero(half), np.flatnonzero(~half)]
    starts = [_starts(part.size, kinds, luck) for part in parts]
    for learned, judged, start in zip(parts, parts[::-1], starts, strict=True):
        of_judged, fit = moves.of(judged), _Fit(moves.of(learned), columns, start)
        if before is not None and learned is parts[0]:
            now = _likelihood(of_judged, *fit.best())[0]
            if gain_of(now, before[judged]).surely_less:
                out[judged], out[learned] = now, np.nan
                return out
        out[judged] = _likelihood(of_judged, *fit.finished())[0]
    return out


def _starts(cases: int, kinds: int, luck: np.random.Generator) -> list[NDArray[np.float64]]:
    """Draw to which kinds cases belong (cases, kinds) where climbs start; one kind needs none."""
    return [luck.dirichlet(np.full(kinds, 0.3), size=cases) for _ in range(_STARTS if kinds > 1 else 0)]


class _Fit:
    """Kinds fitted by expectation-maximization: short climbs from every start, then longer ones from the likeliest."""

    def __init__(self, moves: CaseCounts, columns: _Columns, starts: Sequence[NDArray[np.float64]]) -> None:
        self._columns, self._base = columns, moves.total()
        self._climbs: list[_Climb] = []
        if not starts:
            one = _log_rows(self._base[None, :], self._base, columns)
            self._climbs.append(_Climb(np.ones((1, 1)), np.ones(1), one))
            return
        # Cases with the same moves are told apart by chance alone, when a start is drawn.
        self._distinct, same, self._number = _distinct(moves)
        for belongs in starts:
            drawn = [np.bincount(same, weights=kind, minlength=self._number.size) for kind in belongs.T]
            self._climbs.append(_Climb(np.stack(drawn).astype(np.float64)))
            self._climb(self._climbs[-1], _SHORT)

    def best(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return shares and logarithms of probabilities of the likeliest climb so far."""
        best = max(self._climbs, key=lambda climb: climb.total)
        return best.shares, best.logs

    def finished(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return those of the likeliest climb after longer ones."""
        if len(self._climbs) > _KEPT:
            self._climbs = sorted(self._climbs, key=lambda climb: -climb.total)[:_KEPT]
            for climb in self._climbs:
                self._climb(climb, _ROUNDS)
        return self.best()

    def _climb(self, climb: _Climb, rounds: int) -> None:
        """Climb for so many rounds at the most, or until the likelihood hardly rises."""
        distinct, number = self._distinct, self._number
        count = float(number.sum())
        for _ in range(rounds):
            last = climb.total
            climb.shares = np.maximum(climb.belongs.sum(axis=1) / count, 1e-12)
            climb.logs = _log_rows(distinct.by_column(climb.belongs), self._base, self._columns)
            each, weights = _likelihood(distinct, climb.shares, climb.logs)
            climb.total = float(each @ number)
            climb.belongs = np.asarray(np.exp(weights - each) * number)
            if climb.total - last < 1e-4 * count**0.5:
                break


@dataclass(slots=True)
class _Climb:
    """How far expectation and maximization has come from one start.

    ``belongs`` are the cases of each kind among those that are alike, (kinds, distinct); ``total`` is the log
    likelihood.
    """

    belongs: NDArray[np.float64]
    shares: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    logs: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    total: float = -np.inf


def _distinct(moves: CaseCounts) -> tuple[CaseCounts, NDArray[np.int64], NDArray[np.float64]]:
    """Return the different counts of moves, which of them each case has, and how many cases have each."""
    known: dict[tuple[bytes, bytes], int] = {}
    ends = moves.first.tolist()
    same = np.array(
        [
            known.setdefault((moves.column[a:b].tobytes(), moves.number[a:b].tobytes()), len(known))
            for a, b in zip(ends[:-1], ends[1:], strict=True)
        ]
    )
    _, first = np.unique(same, return_index=True)
    return moves.of(first), same, np.bincount(same).astype(np.float64)


def _likelihood(
    moves: CaseCounts, shares: NDArray[np.float64], logs: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the log likelihood of each case, and that of its being of each kind and as it is: (kinds, cases)."""
    weights = moves.by_case(logs) + np.log(shares)[:, None]
    largest = np.maximum.reduce(weights)
    return largest + np.log(np.add.reduce(np.exp(weights - largest))), weights


def _log_rows(counts: NDArray[np.float64], base: NDArray[np.float64], columns: _Columns) -> NDArray[np.float64]:
    """Log probabilities of the ways out of each state, drawn to those of all cases where a kind has few."""
    groups, whole = columns.groups, base + columns.beside
    size = int(groups.max()) + 1
    prior = whole / np.bincount(groups, weights=whole, minlength=size)[groups]
    own = np.stack([np.bincount(groups, weights=row, minlength=size) for row in counts])
    return np.log((counts + _SMOOTHING * prior) / (own[:, groups] + _SMOOTHING))


def _posterior(moves: CaseCounts, shares: NDArray[np.float64], logs: NDArray[np.float64]) -> NDArray[np.float64]:
    each, weights = _likelihood(moves, shares, logs)
    return np.ascontiguousarray(np.exp(weights - each).T)
