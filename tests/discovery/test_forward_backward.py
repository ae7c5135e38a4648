"""Forward and backward: what adding up all ways of phases one by one says."""

from __future__ import annotations

from itertools import product

import numpy as np

from sim.discovery.forward_backward import Counted, Model, Visits, count_phases

_STATES, _PACES, _PHASES = 2, 3, 3


def _drawn():
    luck = np.random.default_rng(_PHASES)
    first = np.array([0, 1, 5, 8])
    over = np.zeros(8)
    over[first[1:] - 1] = luck.random(3)
    pace = luck.integers(-1, _PACES, 8)
    pace[first[1:] - 1] = -1
    moving = np.triu(luck.random((_PHASES, _PHASES)))
    shares = luck.random((_STATES, _PACES, _PHASES))
    model = Model(
        luck.dirichlet(np.ones(_PHASES)),
        moving / moving.sum(axis=1, keepdims=True),
        luck.random((_STATES, _PHASES)),
        shares / shares.sum(axis=1, keepdims=True),
    )
    return Visits(first, luck.integers(0, _STATES, 8), pace, over), model


def _found(seen, model):
    size, room = seen.state.size, np.empty((2, _PHASES))
    found = Counted(
        np.zeros((_STATES, _PHASES)),
        np.zeros((_STATES, _PHASES)),
        np.zeros((_STATES, _PACES, _PHASES)),
        np.zeros(_PHASES),
        np.zeros((_PHASES, _PHASES)),
        np.empty((size, _PHASES)),
        np.empty(seen.first.size - 1),
        np.empty((size, _PHASES)),
        np.empty(size),
        room,
    )
    count_phases(seen, model, found)
    return found


def _chance(seen, model, rows, way):
    """Probability of one way of phases and of what is seen, and its part in which the case was over at the end."""
    chance = model.begin[way[0]]
    for before, after in zip(way[:-1], way[1:], strict=True):
        chance *= model.moving[before, after]
    over = 0.0
    for row, phase in zip(rows, way, strict=True):
        last, weight = model.last[seen.state[row], phase], seen.over[row]
        if seen.pace[row] >= 0:
            chance *= model.pace[seen.state[row], seen.pace[row], phase]
        if row == rows[-1]:
            over = weight * last / (weight * last + (1.0 - weight) * (1.0 - last))
            chance *= weight * last + (1.0 - weight) * (1.0 - last)
        else:
            chance *= 1.0 - last
    return chance, over


def test_phases_are_those_of_all_ways_added_up():
    seen, model = _drawn()
    found = _found(seen, model)
    phase, moves, ends = np.zeros_like(found.phase), np.zeros_like(found.moves), np.zeros_like(found.ends)
    for case, (begin, end) in enumerate(zip(seen.first[:-1], seen.first[1:], strict=True)):
        rows = list(range(begin, end))
        ways = {way: _chance(seen, model, rows, way) for way in product(range(_PHASES), repeat=len(rows))}
        total = sum(chance for chance, _ in ways.values())
        assert np.isclose(found.log_likelihood[case], np.log(total), rtol=1e-12)
        for way, (chance, over) in ways.items():
            phase[rows, way] += chance / total
            ends[seen.state[rows[-1]], way[-1]] += chance / total * over
            np.add.at(moves, (way[:-1], way[1:]), chance / total)
    assert np.allclose(found.phase, phase, rtol=1e-12)
    assert np.allclose(found.moves * model.moving, moves, rtol=1e-12)
    assert np.allclose(found.ends, ends, rtol=1e-12)
    assert np.allclose(found.begins, phase[seen.first[:-1]].sum(axis=0), rtol=1e-12)
    for state in range(_STATES):
        mine = seen.state == state
        assert np.allclose(found.visits[state], phase[mine].sum(axis=0), rtol=1e-12)
        for pace in range(_PACES):
            assert np.allclose(found.paces[state, pace], phase[mine & (seen.pace == pace)].sum(axis=0), rtol=1e-12)
