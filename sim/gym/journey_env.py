"""JourneyEnv: a Gymnasium vector environment for next-best-action, each week for a batch of customers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.optional_package import import_optional
from sim.scenario.errors import ConfigError
from sim.scenario.resolved import Record
from sim.scenario.scenario import Scenario

if TYPE_CHECKING:
    from sim.gym.decided_weeks import DecidedWeeks

__all__ = ["OBSERVATIONS", "JourneyEnv"]

_gymnasium: Any = import_optional("gymnasium", "JourneyEnv", "gym")
_vector: Any = import_optional("gymnasium.vector", "JourneyEnv", "gym")

#: What a company can see of a customer: nothing of the hidden traits, of feelings, or of what is bought elsewhere.
OBSERVATIONS: tuple[str, ...] = (
    "has_bought",
    "weeks_since_purchase",
    "purchases",
    "spend",
    "weeks_since_contact",
    "contacts",
    "opted_out",
    "elapsed",
)
#: Weeks since something that never was.
_LONG_AGO = 520.0


class JourneyEnv(_vector.VectorEnv):
    """Contact or not: each week an action for every customer of a market, each customer an environment of the batch.

    The customers live in one market, so that they talk to each other and rivals act as in the arm. Luck is keyed by
    seed, replicate, customer, purpose and week: two policies meet the same luck, as two arms do, and are compared
    customer by customer. An episode is the horizon; it ends for all at once (truncated). Autoreset is that of the next
    step: the step after the end ignores its actions and begins the next replicate.

    Parameters
    ----------
    scenario : str or Scenario
    arm : str, optional
        Whose journey and strategy are in force, but for its contacts; by default the first that is not the baseline.
    customers : int, optional
        By default as many as the scenario simulates.
    seed, replicate : int
        Keys of luck of the first episode.
    parts : int
        Parts of the batch that run one after the other; the bytes do not depend on it.
    **changes
        What differs from the scenario, such as ``horizon`` or ``burn_in``; dotted keys as well.

    Attributes
    ----------
    observation_space : Box (N, 8)
        Columns are `OBSERVATIONS`: has bought the brand (1 or 0), weeks since the last purchase of it and since the
        last contact, purchases and money spent since the episode began, contacts, opted out, share of the horizon gone.
    action_space : MultiDiscrete (N,)
        0: no contact, 1: contact.
    weeks : DecidedWeeks
        The customers behind it, hidden traits included: the truth, for those who judge a policy.

    Notes
    -----
    The reward is contribution in money that the customer causes that week: margin and ancillary income less contacts,
    channels and service. What the company pays whoever its customers are is ``info["fixed_cost"]``.

    Examples
    --------
    >>> env = JourneyEnv("treadmill", customers=40, horizon=4, burn_in=2)
    >>> observation, info = env.reset(seed=1)
    >>> observation, reward, terminated, truncated, info = env.step(np.zeros(40, dtype=np.int64))
    >>> observation.shape, reward.shape, bool(truncated.any())
    ((40, 8), (40,), False)
    """

    metadata = {"autoreset_mode": _vector.AutoresetMode.NEXT_STEP, "render_modes": []}
    render_mode = None

    def __init__(
        self,
        scenario: str | Scenario = "treadmill",
        arm: str | None = None,
        *,
        customers: int | None = None,
        seed: int = 1,
        replicate: int = 0,
        parts: int = 1,
        **changes: Any,
    ) -> None:
        from sim.scenario.dotted_key import with_values

        given = Scenario.load(scenario) if isinstance(scenario, str) else scenario
        changed = with_values(given, {**changes, **({} if customers is None else {"population": customers})})
        others = [name for name in changed.arms if name != changed.baseline]
        self.arm = arm if arm is not None else next(iter(others), changed.baseline)
        if self.arm not in changed.arms:
            raise ConfigError(f"arm is {arm!r}; give one of {', '.join(changed.arms)}")
        if not changed.has_market:
            raise ConfigError(f"scenario {changed.name!r} has no market, so there is nobody to contact")
        if not 1 <= parts <= changed.population:
            raise ConfigError(f"parts is {parts}; give a whole number from 1 to {changed.population}")
        arms = {name: changed.arms[name] for name in dict.fromkeys((changed.baseline, self.arm))}
        self.scenario = replace(changed, arms=arms, record=Record(customers=True, events=0, lives=0))
        self.num_envs = self.scenario.population
        self._seed, self._replicate, self._parts = seed, replicate, parts
        spaces = _gymnasium.spaces
        high = np.array([1.0, 1e5, 1e6, 1e12, 1e5, 1e6, 1.0, 1.0], np.float32)
        self.single_observation_space = spaces.Box(np.zeros(len(high), np.float32), high, dtype=np.float32)
        self.single_action_space = spaces.Discrete(2)
        self.observation_space = _vector.utils.batch_space(self.single_observation_space, self.num_envs)
        self.action_space = _vector.utils.batch_space(self.single_action_space, self.num_envs)
        self._ended = False
        self.weeks: DecidedWeeks

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode.

        Parameters
        ----------
        seed : int, optional
            Key of luck; by default that of the last episode. A seed begins with replicate 0.
        options : dict, optional
            ``{"replicate": 3}``: number of the replicate.

        Returns
        -------
        float32 (N, 8)
        dict
        """
        from sim.gym.decided_weeks import DecidedWeeks

        super().reset(seed=None if seed is None else int(seed))
        if seed is not None:
            self._seed, self._replicate = int(seed), 0
        self._replicate = int((options or {}).get("replicate", self._replicate))
        self.weeks = DecidedWeeks(self.scenario, self.arm, self._seed, self._replicate, self._parts)
        self._ended = False
        self._start = self.weeks.week
        own = self.weeks.column("incumbent") == self.scenario.focal
        since = self._start - self.weeks.column("last_purchase").astype(np.float32)
        self._observed = np.zeros((self.num_envs, len(OBSERVATIONS)), np.float32)
        self._observed[:, 0] = own
        self._observed[:, 1] = np.where(own, since, _LONG_AGO)
        self._observed[:, 4] = _LONG_AGO
        self._observed[:, 6] = self.weeks.opted_out
        self._earned = np.zeros(self.num_envs, np.int64)
        return self._observed.copy(), {"fixed_cost": 0.0}

    def step(self, actions: NDArray[np.integer[Any]]) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """Run one week.

        Parameters
        ----------
        actions : int (N,)
            0: no contact, 1: contact.

        Returns
        -------
        float32 (N, 8)
            Observations.
        float64 (N,)
            Rewards, in money.
        bool (N,), bool (N,)
            Terminated (never) and truncated (all at the end of the horizon).
        dict
            ``fixed_cost``: what the company paid this week whoever its customers are.
        """
        never = np.zeros(self.num_envs, bool)
        if self._ended:
            observation, info = self.reset(options={"replicate": self._replicate + 1})
            return observation, np.zeros(self.num_envs), never, never.copy(), info
        chosen = np.asarray(actions)
        if chosen.shape != (self.num_envs,) or not ((chosen == 0) | (chosen == 1)).all():
            raise ConfigError(f"actions are of shape {chosen.shape}; give 0 or 1 for each of {self.num_envs} customers")
        contacts = chosen.astype(np.uint8)
        sent = (contacts != 0) & (self._observed[:, 6] == 0.0)
        self.weeks.step(contacts)
        reward = self._observe(sent)
        self._ended = self.weeks.week - self._start >= self.scenario.horizon
        truncated = np.full(self.num_envs, self._ended)
        # A running total of minor units: exact, and the sum over an episode is the account.
        fixed = self.weeks.fixed / self.scenario.minor_units
        return self._observed.copy(), reward, never, truncated, {"fixed_cost": fixed}

    def _observe(self, sent: NDArray[np.bool_]) -> NDArray[np.float64]:
        seen, weeks = self._observed, self.weeks
        bought = weeks.account("focal_purchases")
        new = bought > seen[:, 2]
        seen[:, 0] = np.maximum(seen[:, 0], new)
        seen[:, 1] = np.where(new, 0.0, seen[:, 1] + 1.0)
        seen[:, 2] = bought
        seen[:, 3] = weeks.account("spend") / self.scenario.minor_units
        seen[:, 4] = np.where(sent, 0.0, seen[:, 4] + 1.0)
        seen[:, 5] += sent
        seen[:, 6] = weeks.opted_out
        seen[:, 7] = (weeks.week - self._start) / self.scenario.horizon
        earned = weeks.account("contribution")
        reward = (earned - self._earned) / self.scenario.minor_units
        self._earned = earned.copy()
        return np.asarray(reward)
