"""Own hazards: kinds of cases share those of a stage that all leave alike, and have their own where they differ."""

from __future__ import annotations

import numpy as np

from sim.discovery.at_once import no_time_told
from sim.discovery.cases import Cases
from sim.discovery.context import Contexts
from sim.discovery.hazards import fit_hazards, free_parameters
from sim.discovery.own_hazards import own_hazards, states_apart, with_own

_CASES, _ROUNDS, _AGED = 300, 6, 1_500
#: Stages: a choice that kinds make, where it leads, a choice that all make alike, where that leads.
_CHOICE, _ALIKE = 0, 3


def _lived(luck, chances):
    """Every case makes both choices some times, the first with a chance of its own."""
    once = np.array([_CHOICE, 0, _ALIKE, 0])
    stage = np.tile(once, (_CASES, _ROUNDS))
    stage[:, 1::4] = np.where(luck.random((_CASES, _ROUNDS)) < chances[:, None], 1, 2)
    stage[:, 3::4] = np.where(luck.random((_CASES, _ROUNDS)) < 0.5, 4, 5)
    size = 4 * _ROUNDS
    following = np.column_stack([stage[:, 1:], np.full(_CASES, -1)]).ravel()
    first = np.arange(_CASES + 1) * size
    time = np.tile(np.arange(size, dtype=float), _CASES)
    cases = Cases(
        first,
        np.arange(_CASES),
        stage.ravel(),
        time,
        following,
        np.ones(time.size),
        tuple("abcdef"),
        float(size),
        False,
    )
    keys = tuple((at,) for at in range(6))
    return cases, Contexts(keys, (0.0,) * 6, (0,) * 6, no_time_told(6))


def test_kinds_have_hazards_of_their_own_where_they_differ_and_share_the_others():
    luck = np.random.default_rng(5)
    kind = luck.integers(0, 2, _CASES)
    cases, contexts = _lived(luck, np.where(kind == 1, 0.9, 0.1))
    own = own_hazards(cases, contexts, np.eye(2)[kind], 1.0, 1)
    assert own[_CHOICE] and not own[_ALIKE]
    shared = fit_hazards(cases, contexts, 1.0)
    journey = with_own(shared, fit_hazards(cases, contexts, 1.0, wanted=own[:-1]), own)
    from_alike = [edge for edge in shared.edges if edge.source == _ALIKE]
    assert all(any(edge is known for known in journey.edges) for edge in from_alike)
    assert states_apart([shared, shared]) == 0 < states_apart([shared, journey])
    assert free_parameters([shared, shared]) == free_parameters([shared])
    assert free_parameters([shared, journey]) > free_parameters([shared])


def test_kinds_told_by_what_a_case_did_itself_have_none():
    luck = np.random.default_rng(6)
    cases, contexts = _lived(luck, np.full(_CASES, 0.5))
    often = (cases.stage.reshape(_CASES, -1) == 1).sum(axis=1)
    # All of one kind: those who by chance took one way more often are not likelier to take it elsewhere.
    assert not own_hazards(cases, contexts, np.eye(2)[(often > _ROUNDS / 2).astype(np.int64)], 1.0, 1).any()


def test_who_is_older_than_all_that_left_a_state_goes_where_late_ones_went():
    """By the last one alone, who came back to the state and stayed, all who are older would come back for ever."""
    luck = np.random.default_rng(7)
    ages = np.r_[np.sort(luck.integers(2, 40, 59)), 60]
    stage = np.tile([0, 1], 60)
    stage[-1] = 0
    following = stage.copy()
    following[0::2], following[1::2] = stage[1::2], -1
    time = np.zeros(120)
    time[1::2] = ages
    stay = np.where(following >= 0, np.repeat(ages, 2), 0.5)
    cases = Cases(np.arange(61) * 2, np.arange(60), stage, time, following, stay, ("a", "b"), 70.0, False)
    contexts = Contexts(((0,), (1,)), (0.0, 0.0), (0, 0), no_time_told(2), forward=(True, False))
    back, on = sorted(
        (edge for edge in fit_hazards(cases, contexts, 1.0).edges if edge.source == 0), key=lambda e: e.target
    )
    assert back.target == 0 and 0.05 < back.by_step[-1][1] < 0.2 < on.by_step[-1][1]
    assert back.by_step[-1][1] + on.by_step[-1][1] > 0.5


def test_kinds_share_hazards_by_age():
    """Cases wait, some kinds for longer, and are then refused if they are 20 steps old or older, whatever their kind."""
    luck = np.random.default_rng(8)
    kind = luck.integers(0, 2, _AGED)
    wait = luck.integers(1, 31, _AGED) + 10 * kind
    stage = np.column_stack([np.zeros(_AGED, np.int64), np.ones(_AGED, np.int64), np.where(wait < 20, 2, 3)])
    time = np.column_stack([np.zeros(_AGED), wait, wait + 1.0])
    stay = np.column_stack([wait, np.ones(_AGED), np.ones(_AGED)]).astype(float)
    following = np.column_stack([stage[:, 1:], np.full(_AGED, -1)])
    cases = Cases(
        np.arange(_AGED + 1) * 3,
        np.arange(_AGED),
        stage.ravel(),
        time.ravel(),
        following.ravel(),
        stay.ravel(),
        tuple("abcd"),
        100.0,
        False,
    )
    keys = tuple((at,) for at in range(4))
    forward = Contexts(keys, (0.0,) * 4, (0,) * 4, no_time_told(4), forward=(True,) * 4)
    assert not own_hazards(cases, forward, np.eye(2)[kind], 1.0, 1).any()
    reset = Contexts(keys, (0.0,) * 4, (0,) * 4, no_time_told(4), forward=(False,) * 4)
    assert own_hazards(cases, reset, np.eye(2)[kind], 1.0, 1)[1]
