"""Context: where what came before a stage tells what comes next, so that the stage is split by it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sim.discovery.at_once import AtOnce, no_time_told
from sim.discovery.cases import START, Cases

__all__ = ["Contexts", "fewer_contexts", "find_contexts", "states_of"]

#: Visits that a context of its own needs.
FEWEST = 25
#: Stages that a journey may have, less one for those who left.
MOST_STATES = 120
#: Held-out log likelihood that a split must gain, per parameter that it adds and at least.
_LEAST_GAIN = 2.0
_DEPTH = 3
_SMOOTHING = 0.5


@dataclass(frozen=True, slots=True)
class Contexts:
    """Which histories a stage is split by.

    Attributes
    ----------
    keys : tuple of tuple of int
        A stage as it is told apart by time, then stages of the log that came before it, nearest first (START:
        nothing); the stage alone always is there.
    gains : tuple of float
        Held-out log likelihood gained by each, nats; 0 for a stage alone.
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
    time (in octaves of seconds), so a split by time alone counts too.

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
    luck = np.random.default_rng([seed, 11])
    half = luck.random(cases.count) < 0.5
    in_half = half[cases.case]
    octave = np.floor(np.log2(np.maximum(cases.stay, 1.0))).astype(np.int64) // 2
    outcome = np.where(cases.following < 0, 0, 1 + cases.following * 32 + np.minimum(octave, 31))
    history = _history(cases, at_once)
    keys: list[tuple[int, ...]] = [(int(stage),) for stage in np.unique(cases.stage)]
    gains, parameters = [0.0] * len(keys), [0] * len(keys)
    candidates: list[tuple[float, int, tuple[int, ...]]] = []
    level = [(key, np.flatnonzero(cases.stage == key[0])) for key in keys]
    for depth in range(1, _DEPTH + 1):
        deeper = []
        for key, rows in level:
            # Nothing comes before the start.
            if rows.size < 2 * FEWEST or (len(key) > 1 and key[-1] == START):
                continue
            before = history[rows, depth]
            order = np.argsort(before, kind="stable")
            ends = np.flatnonzero(np.diff(before[order])) + 1
            parts = [part for part in np.split(order, ends) if FEWEST <= part.size < rows.size]
            # Where next and when, or where alone: time has many classes, in which a gain is lost where visits are few.
            when, where = (_gains(of[rows], parts, in_half[rows]) for of in (outcome, cases.following + 1))
            for part, (gain, added) in zip(parts, map(max, when, where), strict=True):
                child = (*key, int(before[part[0]]))
                deeper.append((child, rows[part]))
                if gain > max(_LEAST_GAIN, 0.5 * np.sqrt(added)):
                    candidates.append((gain, added, child))
        level = deeper
    candidates.sort(key=lambda item: (-item[0], item[2]))
    for gain, added, child in candidates[: max(most - len(keys), 0)]:
        keys.append(child)
        gains.append(gain)
        parameters.append(added)
    return Contexts(tuple(keys), tuple(gains), tuple(parameters), at_once)


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


def _gains(
    outcome: NDArray[np.int64], parts: list[NDArray[np.int64]], half: NDArray[np.bool_]
) -> list[tuple[float, int]]:
    """Held-out log likelihood of the rows of each context, by their own counts less by those of the whole stage.

    Parameters
    ----------
    outcome : int64 (n,)
        Of the rows of the stage, from 0.
    parts : list of int64 array
        Which of these rows each context has.
    half : bool (n,)
        Whether the row is of the first half of the cases.

    Returns
    -------
    list of (float, int)
        Gain, and how many parameters more.
    """
    if not parts:
        return []
    present = np.flatnonzero(np.bincount(outcome))
    codes = np.searchsorted(present, outcome)
    size, strength = present.size, 4.0
    bases = []
    for learned in (half, ~half):
        whole = np.bincount(codes[learned], minlength=size).astype(float)
        bases.append((whole + _SMOOTHING) / (whole.sum() + _SMOOTHING * size))
    found = []
    for part in parts:
        own, first = codes[part], half[part]
        counts = [np.bincount(own[side], minlength=size).astype(float) for side in (first, ~first)]
        total = 0.0
        for base, learned, test in zip(bases, counts, counts[::-1], strict=True):
            split = (learned + strength * base) / (learned.sum() + strength)
            total += float(test @ (np.log(split) - np.log(base)))
        found.append((total, int((counts[0] + counts[1] > 0).sum()) - 1))
    return found


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
    state = np.full(cases.stage.size, -1, np.int64)
    ages = contexts.ages
    for at in sorted(range(len(contexts.keys)), key=lambda at: (len(contexts.keys[at]), ages[at])):
        key = contexts.keys[at]
        fits = steps >= ages[at]
        for depth, value in enumerate(key):
            fits &= history[:, depth] == value
        state[fits] = at
    return state
