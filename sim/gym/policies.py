"""Policies: baselines for the environment, and the log that off-policy evaluation starts from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.gym.journey_env import OBSERVATIONS, JourneyEnv

__all__ = ["LoggedWeeks", "always", "never", "own_rule", "record_log", "recency"]

Policy = Callable[[JourneyEnv, NDArray[np.float32]], NDArray[np.int64]]
_SINCE_PURCHASE, _SINCE_CONTACT = OBSERVATIONS.index("weeks_since_purchase"), OBSERVATIONS.index("weeks_since_contact")


def never(env: JourneyEnv, observation: NDArray[np.float32]) -> NDArray[np.int64]:
    """Contact nobody."""
    return np.zeros(env.num_envs, np.int64)


def always(env: JourneyEnv, observation: NDArray[np.float32]) -> NDArray[np.int64]:
    """Contact everybody every week."""
    return np.ones(env.num_envs, np.int64)


def recency(weeks: float, rest: float = 4.0) -> Policy:
    """Contact customers whose last purchase is so many weeks ago, at most once in ``rest`` weeks."""

    def policy(env: JourneyEnv, observation: NDArray[np.float32]) -> NDArray[np.int64]:
        due = (observation[:, 0] > 0) & (observation[:, _SINCE_PURCHASE] >= weeks)
        return np.asarray(due & (observation[:, _SINCE_CONTACT] >= rest), dtype=np.int64)

    return policy


def own_rule(env: JourneyEnv, observation: NDArray[np.float32]) -> NDArray[np.int64]:
    """Contact whom the arm's own strategy contacts, by its own luck: it gives that arm's own history exactly."""
    return np.asarray(env.weeks.drawn() < env.weeks.own_rates(), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class LoggedWeeks:
    """What a randomised policy did and what came of it. W weeks, N customers.

    Attributes
    ----------
    observations : float32 (W, N, 8)
    actions : int8 (W, N)
    propensities : float64 (W, N)
        Probability with which the action taken was taken.
    rewards : float64 (W, N)
        In money.
    """

    observations: NDArray[np.float32]
    actions: NDArray[np.int8]
    propensities: NDArray[np.float64]
    rewards: NDArray[np.float64]

    def table(self) -> Any:
        """Return a row for each week and customer as a pyarrow Table; nothing in it that a company cannot see."""
        import pyarrow as pa

        weeks, customers = self.actions.shape
        columns: dict[str, Any] = {
            "week": np.repeat(np.arange(weeks), customers),
            "customer": np.tile(np.arange(customers), weeks),
        }
        columns |= {name: self.observations[:, :, at].ravel() for at, name in enumerate(OBSERVATIONS)}
        columns |= {
            "action": self.actions.ravel(),
            "propensity": self.propensities.ravel(),
            "reward": self.rewards.ravel(),
        }
        return pa.table(columns)


def record_log(
    env: JourneyEnv, probability: Callable[[NDArray[np.float32]], NDArray[np.float64]], *, seed: int
) -> LoggedWeeks:
    """Run one episode of a policy that contacts at random, and keep what a company would.

    Parameters
    ----------
    env : JourneyEnv
        Already reset.
    probability : callable
        From observations (N, 8) to the probability of a contact (N,), strictly between 0 and 1.
    seed : int
        Of the policy's own draws; the customers' luck is the environment's.

    Returns
    -------
    LoggedWeeks
    """
    draws = np.random.default_rng([seed, 0x6F])
    observation = env._observed.copy()
    rows: list[tuple[Any, ...]] = []
    ended = False
    while not ended:
        chance = np.clip(probability(observation), 1e-6, 1.0 - 1e-6)
        action = (draws.random(env.num_envs) < chance).astype(np.int8)
        following, reward, _, truncated, _ = env.step(action)
        rows.append((observation, action, np.where(action == 1, chance, 1.0 - chance), reward))
        observation, ended = following, bool(truncated.all())
    return LoggedWeeks(*(np.stack(column) for column in zip(*rows, strict=True)))
