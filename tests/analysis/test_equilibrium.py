"""Equilibria of planted games, against nashpy; ties and noise are no reason to deviate."""

import numpy as np
import pytest

from sim.analysis.equilibrium import best_response, dynamics, leader_follower, pure_equilibria

nashpy = pytest.importorskip("nashpy")


def table(first, second):
    return np.stack([np.asarray(first, float), np.asarray(second, float)], axis=-1)[None]


def oracle(first, second):
    """Return the pure profiles among all equilibria that nashpy enumerates."""
    game = nashpy.Game(np.asarray(first, float), np.asarray(second, float))
    found = set()
    for row in range(game.payoff_matrices[0].shape[0]):
        for column in range(game.payoff_matrices[0].shape[1]):
            rows, columns = np.zeros(game.payoff_matrices[0].shape[0]), np.zeros(game.payoff_matrices[0].shape[1])
            rows[row], columns[column] = 1.0, 1.0
            if all(game.is_best_response(rows, columns)):
                found.add((row, column))
    return found


def test_planted_games_with_ties_agree_with_nashpy():
    generator = np.random.default_rng(18)
    kinds = set()
    for turn in range(100):
        shape = (int(generator.integers(2, 4)), int(generator.integers(2, 6)))
        most = 3 if turn % 2 else 50  # many ties, few ties
        first, second = generator.integers(0, most, shape), generator.integers(0, most, shape)
        found = {item.profile for item in pure_equilibria(table(first, second))}
        assert found == oracle(first, second)
        kinds.add(min(len(found), 2))
    assert kinds == {0, 1, 2}  # none, one, several


def test_noise_that_profiles_share_or_not_is_not_taken_for_a_gain():
    # 100 games, luck of a fifth of a unit of payoff in each cell, 16 replicates: a gain of 1 is 14 standard errors.
    generator = np.random.default_rng(81)
    right = 0
    for _ in range(100):
        shape = (2, 5)
        first, second = generator.integers(0, 6, shape), generator.integers(0, 6, shape)
        true = table(first, second)
        noisy = true + generator.normal(0.0, 5.0, (16, 1, 1, 1)) + generator.normal(0.0, 0.2, (16, *shape, 2))
        found = {item.profile for item in pure_equilibria(noisy)}
        right += found == oracle(first, second)
    assert right >= 99


def test_decimal_sums_tie():
    assert {item.profile for item in pure_equilibria(table([[0.1 + 0.2], [0.3]], [[0.0], [0.0]]))} == {(0, 0), (1, 0)}


def test_matching_pennies_has_no_stable_pair_and_goes_round():
    payoffs = table([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
    assert pure_equilibria(payoffs) == ()
    path = dynamics(payoffs)
    assert path[-1] in path[:-1]
    assert len(set(path)) == 4


def test_dynamics_end_where_nobody_moves():
    path = dynamics(table([[2, 0], [3, 1]], [[2, 3], [0, 1]]))
    assert path[-1] == path[-2] == (1, 1)


def test_best_response_stays_where_no_gain_is_sure():
    payoffs = table([[1, 0], [1, 0]], [[0, 0], [0, 0]])
    assert best_response(payoffs, (0, 0), 0) == 0


def test_the_leader_reckons_with_the_answer():
    # Alone the second row looks best (5); answered it is worth 1, the first row 3.
    found = leader_follower(table([[4, 3], [5, 1]], [[0, 1], [0, 1]]))
    assert found.profile == (0, 1)
    assert found.value.mean == 3.0


def test_regret_is_measured_on_fresh_luck():
    chosen, fresh = table([[1.0], [1.0]], [[0.0], [0.0]]), table([[1.0], [1.5]], [[0.0], [0.0]])
    found = {item.profile: item.regret.mean for item in pure_equilibria(chosen, fresh)}
    assert found == {(0, 0): 0.5, (1, 0): 0.0}
