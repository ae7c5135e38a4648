"""Case age: where how long a case has lasted tells what comes next, and when.

By time in the stage alone (clock reset) a case forgets how old it is. Real ones do not: tickets that are closed at the
end of a month wait the less the longer they were worked on. So a state may be parted by the age at which it is
entered, and hazards may be by the age of the case instead (clock forward): of all states together, but of those in
which cases are over. Then a state that takes no time has shares by age (:mod:`sim.discovery.age_shares`). Cases kept
aside decide on both. Partings come first, each judged by the better clock on each side of it, which need not be the
clock that is chosen then.

References
----------
Putter, Fiocco & Geskus (2007), Tutorial in biostatistics: competing risks and multi-state models, Statistics in
Medicine 26, 2389-2430 (clock forward, clock reset, and the state arrival extended Markov model).
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.discovery.age_shares import shares_by_age
from sim.discovery.cases import Cases, rows_by
from sim.discovery.context import Contexts, states_of
from sim.discovery.time_bins import step_counts, time_bins, times_log
from sim.discovery.time_step import steps_of
from sim.record.order import distinct

__all__ = ["with_ages"]

#: Visits that are looked at of a state, and that each part of it needs; those that leave in each half.
_MOST_VISITS, _FEWEST, _FEWEST_LEAVE = 20_000, 60, 10
#: Quantiles of the age at which a state may be parted, and how often one after another.
_AGES, _DEPTH = 7, 3
#: Held-out log likelihood that a parting, and another clock, must gain at least; visits that stand for the whole state.
_LEAST_GAIN, _LEAST_CLOCK, _STRENGTH = 20.0, 20.0, 2.0
#: Share of visits with which cases are over from which on a clock is always reset.
_OVER = 0.02
_HIGHEST = 1.0 - 1e-6


class _Lived(NamedTuple):
    """Visits to a state: age at entry and stay in steps, the exit (-1: none), the half of the case, who is over."""

    entry: NDArray[np.int64]
    stay: NDArray[np.int64]
    exit: NDArray[np.int64]
    half: NDArray[np.int64]
    over: NDArray[np.float64]

    def those(self, mine: NDArray[np.bool_]) -> _Lived:
        """Return some of the visits."""
        return _Lived(self.entry[mine], self.stay[mine], self.exit[mine], self.half[mine], self.over[mine])


class _Parting(NamedTuple):
    """The best parting of a state: what it gains, the age from which visits are apart, the parameters it adds."""

    gain: float
    begin: int
    added: int


_NONE = _Parting(0.0, 0, 0)
_NO_AGES = np.zeros(0, np.int64)


class _HeldOut(NamedTuple):
    """By one clock, log likelihoods: of the whole, and of what is before and from each age on; cells that it fills."""

    whole: float
    early: NDArray[np.float64]
    late: NDArray[np.float64]
    filled: NDArray[np.int64]


class _Clocks(NamedTuple):
    """Of some visits: the part of each by age at entry, and what is held out by each clock."""

    part: NDArray[np.int64]
    reset: _HeldOut
    ahead: _HeldOut

    def age_tells(self) -> bool:
        """Return whether cases kept aside are likelier by the forward clock, or where visits are parted by age."""
        best = max(self.ahead.whole, float((self.reset.early + self.reset.late).max(initial=-np.inf)))
        return best > self.reset.whole + _LEAST_CLOCK


def with_ages(
    cases: Cases, contexts: Contexts, over: NDArray[np.float64], seconds: float, seed: int, most: int
) -> Contexts:
    """Part states by the age at which cases enter them, beside the contexts that there are, and choose the clock.

    The clock is forward where states are parted, or the age of a case tells more than the time in a state, in any
    state. Then that of all states is, however rare, but of those in which cases are over: how many cases are where
    at each age, how long cases take and when they reach a stage come out by it although the process is no Markov chain.
    By time in the state they do not.

    Parameters
    ----------
    cases : Cases
        Whose stages are told apart by time as the contexts say.
    contexts : Contexts
    over : float64 (n,)
        Probability that a case was over with a visit.
    seconds : float
        Of a step.
    seed : int
        Of the halves.
    most : int
        States that there may be.

    Returns
    -------
    Contexts
        Stages alone first, then contexts and parts, those that gain most first; a part never before its whole.

    References
    ----------
    Datta & Satten (2001), Validity of the Aalen-Johansen estimators of stage occupation probabilities and Nelson-Aalen
    estimators of integrated transition hazards for non-Markov models, Statistics & Probability Letters 55, 403-411.
    """
    lived = _lived(cases, contexts, over, seconds, seed)
    found, tells = _parted(contexts, lived, most)
    if not tells and not any(age and gain > _LEAST_GAIN for age, gain in zip(found.ages, found.gains, strict=True)):
        return replace(contexts, forward=(False,) * len(contexts.keys))
    state = states_of(cases, found, steps_of(cases, seconds, found.at_once.instant))
    ended, visits = (np.bincount(state, weights=each, minlength=len(found.keys)) for each in (over, None))
    return replace(found, forward=tuple((ended <= _OVER * visits).tolist()))


def _parted(contexts: Contexts, lived: list[tuple[int, _Lived]], most: int) -> tuple[Contexts, bool]:
    """Part states by age, and return whether in any that is not parted the age tells more than the time in it."""
    found = [
        (gain if len(key) > 1 else np.inf, added, key, 0)
        for key, gain, added in zip(contexts.keys, contexts.gains, contexts.parameters, strict=True)
    ]
    quick, tells = contexts.at_once.instant, False
    for at, seen in lived:
        if quick[contexts.keys[at][0]]:
            tells = tells or _shares_by_age(seen) > _LEAST_CLOCK
            continue
        waiting = [(seen, _DEPTH, 0, found[at][0])]
        while waiting:
            mine, depth, since, limit = waiting.pop()
            ages = _ages_of(mine) if depth else _NO_AGES
            # Held against each other once, the clocks say both.
            asked = mine is seen and not tells and seen.over.mean() <= _OVER
            clocks = _by_both_clocks(mine, ages) if ages.size or asked else None
            part = _NONE if clocks is None else _best_parting(mine, ages, clocks)
            tells |= bool(asked and clocks is not None and clocks.age_tells())
            if part.gain <= 0.0:
                continue
            late = mine.entry >= part.begin
            limit = min(limit, part.gain)
            found.append((limit, part.added, contexts.keys[at], part.begin))
            waiting += [(mine.those(~late), depth - 1, since, limit), (mine.those(late), depth - 1, part.begin, limit)]
    alone = sum(item[0] == np.inf for item in found)
    order = sorted(range(len(found)), key=lambda at: (-found[at][0], at))[: max(most, alone)]
    kept = [found[at] for at in order]
    parted = replace(
        contexts,
        keys=tuple(key for _, _, key, _ in kept),
        gains=tuple(float(gain) if gain < np.inf else 0.0 for gain, _, _, _ in kept),
        parameters=tuple(added for _, added, _, _ in kept),
        since=tuple(begin for _, _, _, begin in kept),
    )
    return parted, tells


def _lived(
    cases: Cases, contexts: Contexts, over: NDArray[np.float64], seconds: float, seed: int
) -> list[tuple[int, _Lived]]:
    """Return the visits to each state of which enough leave."""
    instant = contexts.at_once.instant
    steps = steps_of(cases, seconds, instant)
    state = states_of(cases, contexts, steps)
    goes = cases.following >= 0
    stay = np.where(goes, np.roll(steps, -1) - steps, np.floor(cases.stay / seconds).astype(np.int64))
    whole = np.arange(len(contexts.keys))
    for parts in contexts.parts().values():
        whole[list(parts)] = parts[0]
    exit = np.where(goes, np.roll(whole[state], -1), -1)
    luck = np.random.default_rng([seed, 43])
    half = (luck.random(cases.count) < 0.5).astype(np.int64)[cases.case]
    order, bounds = rows_by(state, len(contexts.keys))
    found = []
    for at in range(len(contexts.keys)):
        rows = order[bounds[at] : bounds[at + 1]]
        leave = np.bincount(half[rows[goes[rows]]], minlength=2).min()
        if leave < _FEWEST_LEAVE:
            continue
        if rows.size > _MOST_VISITS:
            rows = np.sort(luck.permutation(rows)[:_MOST_VISITS])
        found.append((at, _Lived(steps[rows], np.maximum(stay[rows], goes[rows]), exit[rows], half[rows], over[rows])))
    return found


def _by_both_clocks(seen: _Lived, ages: NDArray[np.int64]) -> _Clocks:
    part = np.searchsorted(ages, seen.entry, side="right")
    return _Clocks(part, *(_likelihoods(seen, part, ages.size + 1, clock) for clock in (False, True)))


def _best_parting(seen: _Lived, ages: NDArray[np.int64], clocks: _Clocks) -> _Parting:
    part, reset, ahead = clocks
    best = _NONE
    for at, age in enumerate(ages.tolist()):
        sides = (part > at, part <= at)
        leaves = [np.bincount(seen.half[(seen.exit >= 0) & mine], minlength=2).min() for mine in sides]
        gain = _clocked(reset.early[at], ahead.early[at], seen) + _clocked(reset.late[at], ahead.late[at], seen)
        gain -= _clocked(reset.whole, ahead.whole, seen)
        if min(leaves) >= _FEWEST_LEAVE and gain > max(best.gain, _LEAST_GAIN):
            best = _Parting(float(gain), int(age), int(reset.filled[at]))
    return best


def _shares_by_age(seen: _Lived) -> float:
    """Return what the shares of where cases go by age gain over the same at all ages."""
    goes = seen.exit >= 0
    targets, exit = distinct(seen.exit[goes])
    return shares_by_age(seen.entry[goes], exit, targets.size, _DEPTH).gain


def _ages_of(seen: _Lived) -> NDArray[np.int64]:
    """Return the ages at which a state may be parted."""
    ages = np.unique(np.quantile(seen.entry, np.arange(1, _AGES + 1) / (_AGES + 1), method="higher"))
    ages = ages[ages > seen.entry.min()]
    late = np.array([(seen.entry >= age).sum() for age in ages])
    return ages[(late >= _FEWEST) & (seen.entry.size - late >= _FEWEST)] if ages.size else ages


def _clocked(reset: float, ahead: float, seen: _Lived) -> float:
    """Return the likelihood by the better clock."""
    return ahead if seen.over.mean() <= _OVER and ahead > reset + _LEAST_CLOCK else reset


def _likelihoods(seen: _Lived, part: NDArray[np.int64], parts: int, forward: bool) -> _HeldOut:
    """Hold the visits of some parts, in order of age, against each other by halves."""
    goes = seen.exit >= 0
    begin = seen.entry if forward else np.zeros_like(seen.entry)
    weight = np.where(goes, 1.0, 1.0 - seen.over)
    bins = time_bins(step_counts(begin + seen.stay, goes, weight, begin), 4)
    targets, exit = distinct(seen.exit[goes])
    group = part * 2 + seen.half
    leave = np.searchsorted(bins, (begin + seen.stay)[goes], side="right") - 1
    shape = (parts, 2, targets.size, bins.size)
    cell = (group[goes] * targets.size + exit) * bins.size + leave
    events = np.bincount(cell, minlength=int(np.prod(shape))).astype(np.float64).reshape(shape)
    risk = _exposure(bins, group, parts * 2, (begin, -weight), (begin + seen.stay, weight))
    lived = risk.reshape(parts, 2, bins.size)
    whole, whole_lived = events.sum(axis=0), lived.sum(axis=0)
    late, late_lived = events[::-1].cumsum(axis=0)[::-1][1:], lived[::-1].cumsum(axis=0)[::-1][1:]
    return _HeldOut(
        whole=float(_held_out(whole, whole_lived)),
        early=_held_out(whole - late, whole_lived - late_lived),
        late=_held_out(late, late_lived),
        filled=(late.sum(axis=1) > 0).sum(axis=(1, 2)),
    )


def _exposure(
    bins: NDArray[np.int64],
    group: NDArray[np.int64],
    groups: int,
    *until: tuple[NDArray[np.int64], NDArray[np.float64]],
) -> NDArray[np.float64]:
    """Steps lived through by each group in bins with given first steps, the last without an end: (groups, bins).

    ``until`` are steps up to which visits are there, and their weights; what was not there yet has one below zero.
    """
    edges = bins - 1
    size = (groups, bins.size + 1)
    total = np.zeros(size)
    for step, weight in until:
        cell = group * size[1] + np.searchsorted(bins, step, side="right")
        heavy = np.bincount(cell, weights=weight, minlength=groups * size[1]).reshape(size).cumsum(axis=1)
        lived = np.bincount(cell, weights=weight * step, minlength=groups * size[1]).reshape(size).cumsum(axis=1)
        total[:, :-1] += lived[:, :-1] + edges * (heavy[:, -1:] - heavy[:, :-1])
        total[:, -1] += lived[:, -1]
    return np.maximum(np.diff(total, axis=1), 0.0)


def _held_out(events: NDArray[np.float64], lived: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log likelihood of each half's exits by the hazards of the other: events (..., 2, exits, bins), steps lived."""
    total = np.zeros(events.shape[:-3])
    for learned, judged in ((0, 1), (1, 0)):
        mine, risk = events[..., learned, :, :], lived[..., learned, :]
        left = mine.sum(axis=-2)
        mean = (left.sum(axis=-1) + 0.5) / (risk.sum(axis=-1) + 1.0)
        rate = np.minimum((left + _STRENGTH * mean[..., None]) / (risk + _STRENGTH), _HIGHEST)
        usual = mine.sum(axis=-1) + 0.5
        usual /= usual.sum(axis=-1, keepdims=True)
        share = (mine + _STRENGTH * usual[..., None]) / (left[..., None, :] + _STRENGTH)
        seen, at_risk = events[..., judged, :, :], lived[..., judged, :]
        leaves = seen.sum(axis=-2)
        total += (seen * np.log(share)).sum(axis=(-2, -1)) + times_log(leaves, rate).sum(axis=-1)
        total += (np.maximum(at_risk - leaves, 0.0) * np.log1p(-rate)).sum(axis=-1)
    return total
