"""The environment: the checker, exact imitation, any split the same bytes, the same luck for every policy."""

import numpy as np
import pytest

gymnasium = pytest.importorskip("gymnasium")

from sim import Scenario  # noqa: E402
from sim.execution.replicates import run_replicates  # noqa: E402
from sim.gym import JourneyEnv  # noqa: E402
from sim.gym.journey_env import OBSERVATIONS  # noqa: E402
from sim.gym.policies import always, never, own_rule, recency, record_log  # noqa: E402
from sim.record.history import Money  # noqa: E402
from sim.scenario.errors import ConfigError  # noqa: E402

SIZE = {"customers": 300, "horizon": 40, "burn_in": 26}


def episode(policy, replicate=0, **changes):
    env = JourneyEnv("treadmill", **{**SIZE, **changes})
    observation, _ = env.reset(seed=3, options={"replicate": replicate})
    rewards, seen, fixed = [], [observation], 0.0
    for _ in range(env.scenario.horizon):
        observation, reward, terminated, truncated, info = env.step(policy(env, observation))
        rewards.append(reward)
        seen.append(observation)
        fixed += info["fixed_cost"]
        assert not terminated.any()
    assert truncated.all()
    return env, np.stack(rewards), np.stack(seen), fixed


def own_history():
    scenario = Scenario.load("treadmill", population=300, horizon=40, burn_in=26)
    ((_, histories),) = run_replicates(scenario, seed=3, replicates=(0,), threads=1)
    return histories["proactive"]


def test_the_strategys_own_rule_gives_its_own_history():
    env, rewards, _, fixed = episode(own_rule)
    made, own = env.weeks.history(), own_history()
    for name in ("purchases", "contacts", "money", "customers", "flows", "fixed", "opted_out", "satisfaction"):
        assert np.array_equal(getattr(made, name), getattr(own, name)), name
    focal = env.scenario.focal
    assert made.contacts[:, :, focal].sum() > 0
    assert fixed == pytest.approx(made.fixed[:, focal].sum() / 100.0)
    cents = own.money[:, :, focal].sum(axis=(0, 1))
    caused = cents[Money.MARGIN] + cents[Money.ANCILLARY] - cents[[Money.CONTACTS, Money.CHANNELS, Money.SERVICE]].sum()
    assert rewards.sum() == pytest.approx(caused / 100.0)


def test_any_split_gives_the_same_bytes():
    rule = recency(8)
    _, one, seen, _ = episode(rule)
    _, many, again, _ = episode(rule, parts=7)
    assert one.tobytes() == many.tobytes()
    assert seen.tobytes() == again.tobytes()


def test_policies_share_their_luck_and_contacts_make_the_difference():
    _, silent, _, _ = episode(never)
    _, again, _, _ = episode(never)
    env, loud, seen, _ = episode(always)
    assert silent.tobytes() == again.tobytes()
    assert loud.sum() != silent.sum()
    sent = seen[-1][:, OBSERVATIONS.index("contacts")]
    assert (sent[env.weeks.opted_out == 0] == 40).all()


def test_gymnasiums_own_checks():
    env = JourneyEnv("treadmill", **SIZE)
    assert env.observation_space.contains(env.reset(seed=1)[0])
    env.action_space.seed(4)
    observation, reward, terminated, truncated, info = env.step(env.action_space.sample())
    assert env.observation_space.contains(observation)
    assert observation.dtype == np.float32 and reward.shape == terminated.shape == truncated.shape == (300,)

    class OneCustomer(gymnasium.Env):
        """One customer of the batch; nobody else is contacted."""

        observation_space, action_space = env.single_observation_space, env.single_action_space
        metadata = {"render_modes": []}

        def reset(self, *, seed=None, options=None):
            super().reset(seed=seed)
            observation, info = env.reset(seed=seed, options=options)
            return observation[0], info

        def step(self, action):
            actions = np.zeros(env.num_envs, np.int64)
            actions[0] = action
            observation, reward, terminated, truncated, info = env.step(actions)
            return observation[0], float(reward[0]), bool(terminated[0]), bool(truncated[0]), info

    from gymnasium.utils.env_checker import check_env

    check_env(OneCustomer(), skip_render_check=True)


def test_the_step_after_the_end_begins_the_next_replicate():
    env, _, _, _ = episode(never)
    observation, reward, _, truncated, _ = env.step(np.ones(300, np.int64))
    assert not reward.any() and not truncated.any()
    following = JourneyEnv("treadmill", **SIZE).reset(seed=3, options={"replicate": 1})[0]
    assert np.array_equal(observation, following)


def test_rewards_are_scaled_by_one_episode_where_each_begins_with_a_reset():
    env = gymnasium.wrappers.vector.NormalizeReward(
        JourneyEnv("treadmill", customers=40, horizon=6, burn_in=2), gamma=0.99
    )
    sums = []
    for replicate in range(4):
        env.reset(seed=1 if replicate == 0 else None, options={"replicate": replicate})
        total = np.zeros(40)
        for _ in range(6):
            scaled = env.step(np.zeros(40, np.int64))[1]
            total = 0.99 * total + scaled * np.sqrt(env.return_rms.var + env.epsilon)
            sums.append(total)
    assert np.sqrt(env.return_rms.var) == pytest.approx(np.std(sums), rel=1e-3)


def test_a_log_has_propensities_and_nothing_hidden():
    env = JourneyEnv("treadmill", **SIZE)
    env.reset(seed=2)
    log = record_log(env, lambda seen: np.where(seen[:, 0] > 0, 0.3, 0.05), seed=5)
    table = log.table()
    assert table.column_names == ["week", "customer", *OBSERVATIONS, "action", "propensity", "reward"]
    assert len(table) == 40 * 300
    assert set(np.round(np.unique(log.propensities), 9)) == {0.05, 0.3, 0.7, 0.95}


@pytest.mark.parametrize("actions", [np.zeros(3, np.int64), np.full(300, 2), np.full(300, 0.5)])
def test_actions_of_another_shape_or_kind_are_refused(actions):
    env = JourneyEnv("treadmill", **SIZE)
    env.reset(seed=1)
    with pytest.raises(ConfigError, match="give 0 or 1"):
        env.step(actions)


def test_an_unknown_arm_is_refused():
    with pytest.raises(ConfigError, match="arm is 'nobody'"):
        JourneyEnv("treadmill", "nobody", **SIZE)
