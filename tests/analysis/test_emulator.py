"""The stand-in for the simulation: right where it can be, and honest where it cannot."""

import numpy as np
import pytest

from sim.analysis.emulator import KINDS, fit_emulator, noise_of
from sim.scenario.errors import ConfigError

pytest.importorskip("sklearn")


def surface(points):
    return 20.0 * points[:, 0] - 30.0 * points[:, 1] * points[:, 2] - 4.0


def runs(count, *, noise=1.0, replicates=4, inputs=4, seed=1, function=surface):
    generator = np.random.default_rng(seed)
    points = generator.random((count, inputs))
    return points, function(points)[:, None] + noise * generator.normal(size=(count, replicates))


@pytest.fixture(scope="module")
def fitted():
    return fit_emulator(*runs(80), seed=1)


def test_a_smooth_surface_is_learnt(fitted):
    points, _ = runs(500, seed=2)
    mean, doubt = fitted.predict(points)
    assert fitted.skill.kind == "Gaussian process" and len(fitted.tried) == len(KINDS)
    assert np.sqrt(((mean - surface(points)) ** 2).mean()) < 0.8
    assert fitted.skill.words == "good" and fitted.skill.explained <= fitted.skill.ceiling + 0.02
    assert fitted.skill.sides > fitted.skill.guess
    # 95 % bands cover the truth nearly everywhere.
    assert (np.abs(mean - surface(points)) < 1.96 * doubt).mean() > 0.85


def test_where_it_loses(fitted):
    points, _ = runs(500, seed=3)
    chance = fitted.chance_below(points)
    truth = surface(points) < 0.0
    assert chance[truth & (surface(points) < -4.0)].min() > 0.9
    assert chance[surface(points) > 4.0].max() < 0.1


def test_runs_are_worth_most_near_the_boundary(fitted):
    points, _ = runs(2000, seed=4)
    worth = fitted.regret(points)
    best = points[np.argsort(-worth)[:50]]
    assert np.abs(surface(best)).mean() < 0.3 * np.abs(surface(points)).mean()
    assert (worth >= 0.0).all()


def test_what_is_luck_is_not_called_skill():
    found = fit_emulator(*runs(60, function=lambda points: np.zeros(len(points))), seed=1, kinds=KINDS[:1])
    assert found.skill.poor and found.skill.words == "poor" and found.skill.explained < 0.2


def test_a_step_is_learnt_better_by_trees():
    found = fit_emulator(
        *runs(150, noise=0.3, function=lambda p: np.where((p[:, 0] > 0.5) & (p[:, 1] > 0.3), 10.0, -10.0)), seed=1
    )
    by_kind = {skill.kind: skill.explained for skill in found.tried}
    assert found.skill.kind == max(by_kind, key=by_kind.get)
    assert found.skill.explained > 0.6


def test_it_is_the_same_each_time(fitted):
    again = fit_emulator(*runs(80), seed=1)
    points, _ = runs(20, seed=5)
    assert again.skill == fitted.skill
    assert again.predict(points)[0].tobytes() == fitted.predict(points)[0].tobytes()


def test_noise_of_a_point_leans_on_that_of_all():
    values = np.zeros((3, 4))
    values[0] = [-3.0, 3.0, -3.0, 3.0]
    noise = noise_of(values)
    assert noise[0] > noise[1] == noise[2] > 0.0


def test_too_little_to_fit():
    with pytest.raises(ConfigError, match="needs 10 runs of 2 replicates, and there are 4 of 4"):
        fit_emulator(*runs(4), seed=1)
