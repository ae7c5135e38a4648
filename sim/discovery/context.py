"""Context: where what came before a stage tells what comes next, so that the stage is split by it."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sim.discovery.at_once import AtOnce, no_time_told
from sim.discovery.cases import START, Cases, rows_by

__all__ = ["Contexts", "fewer_contexts", "find_contexts", "gains_by_stage", "states_of"]

#: Visits that a context of its own needs.
FEWEST = 25
#: States that a journey may have; what is led and what buys takes a few more of its stages.
MOST_STATES = 350
#: Held-out log likelihood that a split must gain, per parameter that it adds and at least.
_LEAST_GAIN = 2.0
_DEPTH = 3
#: Visits that stand beside those of all, for each thing that became of any.
_SMOOTHING = 0.5
#: Visits with the shares of all that stand beside those of each context.
_STRENGTH = 4.0
#: From so many visits on compiled code, which takes longer to load than fewer take, holds them against each other.
_MANY = 20_000


@dataclass(frozen=True, slots=True)
class Contexts:
    """Which histories a stage is split by.

    Attributes
    ----------
    keys : tuple of tuple of int
        A stage as it is told apart by time, then stages of the log that came before it, nearest first (START:
        nothing); the stage alone always is there.
    gains : tuple of float
        Held-out log likelihood gained by each, nats; 0 for a stage alone. Contexts that are there for one another share
        what they gain.
    parameters : tuple of int
        Free probabilities of where to go next that each adds.
    at_once : AtOnce
        How stages are told apart by time.
    phase : tuple of int
        Of a journey whose states are told apart by phase as well: beside each of the keys.
    since : tuple of int
        Where states are parted by the age of their case: beside each of the keys the age in steps from which on cases
        enter it and no longer those before with the same key.
    forward : tuple of bool
        Beside each of the keys whether its hazards are by the age of the case and not by time in the state.
    """

    keys: tuple[tuple[int, ...], ...]
    gains: tuple[float, ...]
    parameters: tuple[int, ...]
    at_once: AtOnce
    phase: tuple[int, ...] = ()
    since: tuple[int, ...] = ()
    forward: tuple[bool, ...] = ()

    def stage_at(self, state: int) -> int:
        """Return the stage of the log of a state."""
        return int(self.at_once.stage_of[self.keys[state][0]])

    def since_goal(self, state: int) -> bool:
        """Return whether whoever is in a state has been at the goal, where that is told apart."""
        return bool(self.at_once.since_goal[self.keys[state][0]])

    @property
    def ages(self) -> tuple[int, ...]:
        """Age from which on cases enter each state, in steps."""
        return self.since or (0,) * len(self.keys)

    def parts(self) -> dict[tuple[tuple[int, ...], int], tuple[int, ...]]:
        """States of each key and phase, in order of the age at which they are entered."""
        found: dict[tuple[tuple[int, ...], int], tuple[int, ...]] = {}
        phase = self.phase or (0,) * len(self.keys)
        for state in sorted(range(len(self.keys)), key=lambda state: self.ages[state]):
            found[self.keys[state], phase[state]] = (*found.get((self.keys[state], phase[state]), ()), state)
        return found


def find_contexts(cases: Cases, seed: int, most: int = MOST_STATES, at_once: AtOnce | None = None) -> Contexts:
    """Split stages by what came before where that makes cases that were kept aside more likely.

    Half of the cases are learned from, the other half judges; then the halves change places. A split is kept where both
    together gain more than its parameters could by chance. Each stage goes to the next with its own probabilities and
    time (in octaves of seconds), so a split by time alone counts too. The stages that lie between what came before and
    the stage that is split are split as well, for a journey that went through them without knowing would have
    forgotten; a split is kept where all that it takes gain enough together.

    Parameters
    ----------
    cases : Cases
    seed : int
        Of the halves.
    most : int
        Contexts that there may be, those for every stage alone among them.
    at_once : AtOnce, optional
        How the stages of these cases are told apart by time.

    Returns
    -------
    Contexts
    """
    at_once = no_time_told(len(cases.stages)) if at_once is None else at_once
    in_half = _halves(cases, seed)
    history = _history(cases, at_once)
    keys: list[tuple[int, ...]] = [(int(stage),) for stage in np.flatnonzero(np.bincount(cases.stage))]
    gains, parameters = [0.0] * len(keys), [0] * len(keys)
    candidates: list[tuple[float, int, tuple[int, ...]]] = []
    judged: dict[tuple[int, ...], tuple[float, int]] = {}
    # Sorted once by stage and all that came before, visits with the same history lie together, however far back.
    width = int(history.max()) + 2
    path = np.zeros(cases.stage.size, np.int64)
    for depth in range(_DEPTH + 1):
        path = path * width + (history[:, depth] + 1)
    order = np.argsort(path)
    path, halves = path[order], in_half[order]
    outcomes = _outcomes(cases, order, halves)
    begins = np.searchsorted(path, [(key[0] + 1 + one) * width**_DEPTH for key in keys for one in (0, 1)])
    level = list(zip(keys, *begins.reshape(-1, 2).T.tolist(), strict=True))
    for depth in range(1, _DEPTH + 1):
        deeper = []
        before = path // width ** (_DEPTH - depth)
        changes = np.flatnonzero(np.diff(before)) + 1
        for key, begin, end in level:
            # Nothing comes before the start.
            if end - begin < 2 * FEWEST or (len(key) > 1 and key[-1] == START):
                continue
            inner = changes[np.searchsorted(changes, begin, side="right") : np.searchsorted(changes, end)].tolist()
            edges = zip([begin, *inner], [*inner, end], strict=True)
            parts = [(a, b) for a, b in edges if FEWEST <= b - a < end - begin]
            if not inner:
                # All came the same way, and may have parted before.
                deeper.append(((*key, int(before[begin] % width) - 1), begin, end))
            found = (each.gains((begin, end), parts) for each in outcomes)
            for (a, b), (gain, added) in zip(parts, map(max, *found), strict=True):
                child = (*key, int(before[a] % width) - 1)
                deeper.append((child, a, b))
                judged[child] = gain, added
                if _enough(gain, added):
                    candidates.append((gain, added, child))
        level = deeper
    candidates.sort(key=lambda item: (-item[0], item[2]))
    told = set(keys)
    for _, _, child in candidates:
        new = [key for key in (*_known_before(child, at_once, judged), child) if key not in told]
        gain, added = (sum(each) for each in zip(*(judged[key] for key in new), strict=True)) if new else (0.0, 0)
        if len(keys) + len(new) > most or not _enough(gain, added):
            continue
        # What the stages before have to know gains together what this one does.
        keys += new
        gains += [gain / len(new)] * len(new)
        parameters += [judged[key][1] for key in new]
        told.update(new)
    return Contexts(tuple(keys), tuple(gains), tuple(parameters), at_once)


def _halves(cases: Cases, seed: int) -> NDArray[np.bool_]:
    """Return in which half of the cases each visit is: one judges the other."""
    return (np.random.default_rng([seed, 11]).random(cases.count) < 0.5)[cases.case]


def _outcomes(cases: Cases, rows: NDArray[np.int64], half: NDArray[np.bool_]) -> list[_Outcomes]:
    """Return what became of some visits: where they went and when, and where alone.

    Time has many classes, in which a gain is lost where visits are few.
    """
    octave = np.floor(np.log2(np.maximum(cases.stay, 1.0))).astype(np.int64) // 2
    both = np.where(cases.following < 0, 0, 1 + cases.following * 32 + np.minimum(octave, 31))
    return [_Outcomes.of(each[rows], half) for each in (both, cases.following + 1)]


def gains_by_stage(cases: Cases, apart: NDArray[np.bool_], seed: int) -> dict[int, tuple[float, int]]:
    """Return what it gains to tell visits of a stage apart, where enough of them are and enough are not.

    Parameters
    ----------
    cases : Cases
    apart : bool (n,)
        Which visits are told from the others of their stage.
    seed : int
        Of the halves that judge each other.

    Returns
    -------
    dict
        By stage, held-out log likelihood gained (nats) and parameters added: by where cases go next and when, or by
        where alone, whichever gains more.
    """
    part = 2 * cases.stage + apart
    order, bounds = rows_by(part, 2 * len(cases.stages))
    outcomes = _outcomes(cases, order, _halves(cases, seed)[order])
    found = {}
    for stage in range(len(cases.stages)):
        begin, middle, end = bounds[2 * stage : 2 * stage + 3].tolist()
        if min(middle - begin, end - middle) < FEWEST:
            continue
        parts = [(begin, middle), (middle, end)]
        found[stage] = max(
            (sum(gain for gain, _ in both), sum(added for _, added in both))
            for both in (each.gains((begin, end), parts) for each in outcomes)
        )
    return found


def _enough(gain: float, added: int) -> bool:
    """Return whether what is held out gains more than so many parameters could by chance."""
    return gain > max(_LEAST_GAIN, 0.5 * float(np.sqrt(added)))


def _known_before(
    context: tuple[int, ...], at_once: AtOnce, judged: Container[tuple[int, ...]]
) -> tuple[tuple[int, ...], ...]:
    """Return contexts of the stage before, and of those before it, without which nobody knows who comes to this one.

    A journey goes from state to state: where *experience* is split by what came before *buy*, and *buy* is not, whoever
    leaves *buy* enters one of the parts by chance.
    """
    if len(context) < 3:
        return ()
    _, before, *earlier = context
    # Who has not been at the goal comes from none who has.
    mine = ~at_once.last & (at_once.since_goal <= at_once.since_goal[context[0]])
    same = np.flatnonzero((at_once.stage_of == before) & mine).tolist()
    found: dict[tuple[int, ...], None] = {}
    for key in ((at, *earlier) for at in same):
        found.update(dict.fromkeys(_known_before(key, at_once, judged)))
        if key in judged:
            found[key] = None
    return tuple(found)


def fewer_contexts(contexts: Contexts, most: int) -> Contexts:
    """Return contexts without those that gain least, so that there are so many at the most, or one for every stage."""
    most = max(most, len({key for key in contexts.keys if len(key) == 1}))
    return replace(
        contexts,
        keys=contexts.keys[:most],
        gains=contexts.gains[:most],
        parameters=contexts.parameters[:most],
        since=contexts.since[:most],
        forward=contexts.forward[:most],
    )


def _history(cases: Cases, at_once: AtOnce) -> NDArray[np.int16]:
    """Return each visit's stage, and the stages of the log before it."""
    # Few stages and many visits: narrow numbers.
    stage_of = np.r_[at_once.stage_of, START].astype(np.int16)
    earlier = (stage_of[cases.before(back)] for back in range(1, _DEPTH + 1))
    return np.stack([cases.stage.astype(np.int16), *earlier], axis=1)


@dataclass(frozen=True, slots=True)
class _Outcomes:
    """What became of visits, in an order in which those with the same history lie together.

    Attributes
    ----------
    code : int64 (n,)
        Twice the outcome, and one more where the case is of the first half.
    kinds : int
        Of outcomes.
    """

    code: NDArray[np.int64]
    kinds: int

    @classmethod
    def of(cls, outcome: NDArray[np.int64], half: NDArray[np.bool_]) -> _Outcomes:
        """Return outcomes, from 0, and halves."""
        seen = np.bincount(outcome) > 0
        return cls((np.cumsum(seen) - 1)[outcome] * 2 + half, int(seen.sum()))

    def gains(self, whole: tuple[int, int], parts: list[tuple[int, int]]) -> list[tuple[float, int]]:
        """Held-out log likelihood of the visits of each context, by their own counts less by those of the whole.

        Parameters
        ----------
        whole : (int, int)
            Where the visits that are split begin and end.
        parts : list of (int, int)
            Where those of each context do.

        Returns
        -------
        list of (float, int)
            Gain, and how many parameters more.
        """
        if not parts:
            return []
        if self.code.size >= _MANY:
            from sim.discovery.outcome_gains import add_gains

            gains, added = np.empty(len(parts)), np.empty(len(parts), np.int64)
            of_all, room = np.empty((2, 2, self.kinds))
            add_gains(self.code, _SMOOTHING, _STRENGTH, np.array([whole, *parts]), of_all, room, gains, added)
            return list(zip(gains.tolist(), added.tolist(), strict=True))
        of_all = self._counted(*whole)
        present = np.flatnonzero(of_all.sum(axis=0))
        of_all = of_all[:, present]
        base = (of_all + _SMOOTHING) / (of_all.sum(axis=1, keepdims=True) + _SMOOTHING * present.size)
        counts = np.stack([self._counted(*part)[:, present] for part in parts])
        split = (counts + _STRENGTH * base) / (counts.sum(axis=2, keepdims=True) + _STRENGTH)
        better = np.log(split) - np.log(base)
        ways = (counts.sum(axis=1) > 0).sum(axis=1) - 1
        # What the first half says judges the second, then the other way round.
        return [
            (0.0 + float(two @ by_one) + float(one @ by_two), more)
            for (two, one), (by_two, by_one), more in zip(counts, better, ways.tolist(), strict=True)
        ]

    def _counted(self, begin: int, end: int) -> NDArray[np.float64]:
        """Count the outcomes of some visits: (2, kinds), the second half first."""
        counts = np.bincount(self.code[begin:end], minlength=2 * self.kinds)
        return counts.reshape(self.kinds, 2).T.astype(np.float64)


def states_of(cases: Cases, contexts: Contexts, steps: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the state of every visit: the longest of the contexts that fits its history, and the last of its ages.

    Parameters
    ----------
    cases : Cases
    contexts : Contexts
    steps : int64 (n,)
        Age of the case at each visit.

    Returns
    -------
    int64 (n,)
    """
    history = _history(cases, contexts.at_once)
    # A tree of histories; beside each of its nodes stands one at which the way of a visit ends.
    nodes: dict[tuple[int, ...], int] = {(): 0}
    for key in contexts.keys:
        for depth in range(1, len(key) + 1):
            nodes.setdefault(key[:depth], len(nodes))
    first = {key: states for (key, _), states in reversed(contexts.parts().items())}
    state_of = np.full(len(nodes), -1, np.int64)
    width = int(max(history.max(), *(max(key) for key in contexts.keys))) + 2
    ended = np.repeat(np.arange(len(nodes), 2 * len(nodes), dtype=np.int32)[:, None], width, axis=1)
    step = ended.copy()
    for key, node in sorted(nodes.items(), key=lambda item: len(item[0])):
        if key:
            parent = nodes[key[:-1]]
            step[parent, key[-1] + 1] = node
            state_of[node] = first[key][0] if key in first else state_of[parent]
    step = np.concatenate([step, ended])
    at = np.zeros(cases.stage.size, np.int32)
    for depth in range(history.shape[1]):
        at = step[at, history[:, depth] + 1]
    state = np.tile(state_of, 2)[at]
    ages = np.array(contexts.ages)
    for states in first.values():
        if len(states) > 1:
            rows = np.flatnonzero(state == states[0])
            state[rows] = np.array(states)[np.searchsorted(ages[list(states)], steps[rows], side="right") - 1]
    return state
