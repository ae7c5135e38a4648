"""Off-policy estimates: right where the truth is known, and intervals that hold it as often as they say."""

import numpy as np
import pytest

pytest.importorskip("gymnasium")

from sim.gym.off_policy import off_policy_estimates
from sim.gym.policies import LoggedWeeks
from sim.scenario.errors import ConfigError

WEEKS, CUSTOMERS = 4, 600


def planted(chance, customers, seed):
    """A world in which a contact earns 2 more of those who have bought, costs 1, and makes the next week's one tired."""
    draws = np.random.default_rng(seed)
    bought = draws.random(customers) < 0.4
    tired = np.zeros(customers)
    rows = []
    for week in range(WEEKS):
        seen = np.zeros((customers, 8), np.float32)
        seen[:, 0], seen[:, 4], seen[:, 7] = bought, np.where(tired > 0, 0, 8), week / WEEKS
        propensity = np.clip(chance(seen), 0.0, 1.0)
        action = (draws.random(customers) < propensity).astype(np.int8)
        reward = draws.normal(5.0 * bought, 3.0) + action * (2.0 * bought * (1.0 - 0.8 * tired) - 1.0)
        rows.append((seen, action, np.where(action == 1, propensity, 1.0 - propensity), reward))
        tired = action.astype(float)
    return LoggedWeeks(*(np.stack(column) for column in zip(*rows, strict=True)))


def logging(seen):
    return np.where(seen[:, 0] > 0, 0.5, 0.3)


def target(seen):
    return np.where(seen[:, 0] > 0, np.where(seen[:, 4] > 0, 0.8, 0.2), 0.1)


def test_intervals_hold_the_truth_in_at_least_85_of_100_logs():
    # A 95 % interval holds it in fewer than 85 of 100 with a chance below 1 in 10,000; the seeds are fixed.
    truth = planted(target, 400_000, 0).rewards.sum(axis=0).mean()
    held = dict.fromkeys(("inverse propensity", "self-normalised", "doubly robust"), 0)
    width = dict.fromkeys(held, 0.0)
    for seed in range(1, 101):
        for name, found in off_policy_estimates(planted(logging, CUSTOMERS, seed), target).items():
            held[name] += found.ci_low <= truth <= found.ci_high
            width[name] += found.ci_high - found.ci_low
    assert all(count >= 85 for count in held.values()), held
    assert width["doubly robust"] < width["inverse propensity"]
    assert width["self-normalised"] < width["inverse propensity"]


def test_the_logging_policy_itself_is_worth_what_was_logged():
    log = planted(logging, CUSTOMERS, 7)
    mean = log.rewards.sum(axis=0).mean()
    for name, found in off_policy_estimates(log, logging).items():
        assert found.mean == pytest.approx(mean, rel=0.01), name
    assert off_policy_estimates(log, logging)["inverse propensity"].mean == pytest.approx(mean, rel=1e-12)


def test_propensities_and_policies_that_are_no_chances_are_refused():
    log = planted(logging, 20, 1)
    with pytest.raises(ConfigError, match="chances"):
        off_policy_estimates(log, lambda seen: np.full(len(seen), 1.5))
    with pytest.raises(ConfigError, match="propensities"):
        off_policy_estimates(
            LoggedWeeks(log.observations, log.actions, np.zeros_like(log.propensities), log.rewards), target
        )


def test_a_policy_that_was_never_followed_is_said_to_be_unknown():
    log = planted(lambda seen: np.zeros(len(seen)), 50, 1)
    with pytest.raises(ConfigError, match="no customer of the log"):
        off_policy_estimates(log, lambda seen: np.ones(len(seen)))
