"""Off-policy: what a policy would earn, estimated from the log of another that contacted at random.

Every customer of a log is a trajectory. A reward counts with the chance that the policy in question would have done
what was done so far, over the chance with which it was done. Long logs make such weights wild: estimate over few weeks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from sim.analysis.paired import Estimate, estimate
from sim.gym.policies import LoggedWeeks
from sim.scenario.errors import ConfigError

__all__ = ["Chance", "doubly_robust", "importance_sampling", "off_policy_estimates", "self_normalised"]

Floats = NDArray[np.float64]

#: From observations (N, 8) to the chance of a contact (N,), 0 and 1 included.
Chance = Callable[[NDArray[np.float32]], Floats]
#: Added to the diagonal of the regressions, in units of the features' own spread.
_RIDGE = 1.0
#: Parts of the customers; each part is judged with a model that was fitted to the others.
_FOLDS = 2


def importance_sampling(log: LoggedWeeks, policy: Chance) -> Estimate:
    """Estimate what a policy earns per customer over a log's weeks, by inverse propensity (Precup et al. 2000).

    Parameters
    ----------
    log : LoggedWeeks
    policy : callable
        From observations (N, 8) to the chance of a contact (N,).

    Returns
    -------
    Estimate
        In money, with a 95 % interval over customers; without bias, and wide where the policies differ.

    References
    ----------
    Precup, Sutton & Singh 2000, *ICML*: per-decision importance sampling, equation 5.
    """
    weights = np.cumprod(_ratios(log, policy), axis=0)
    return estimate((weights * log.rewards).sum(axis=0))


def self_normalised(log: LoggedWeeks, policy: Chance) -> Estimate:
    """Estimate what a policy earns per customer, each week's weights divided by their mean (Swaminathan 2015).

    Parameters
    ----------
    log : LoggedWeeks
    policy : callable
        From observations (N, 8) to the chance of a contact (N,).

    Returns
    -------
    Estimate
        With the interval of a ratio by the delta method; a little biased, and less wide than without dividing.

    References
    ----------
    Swaminathan & Joachims 2015, *NeurIPS* 28, equation 8, week by week.
    """
    weights = np.cumprod(_ratios(log, policy), axis=0)
    means = weights.mean(axis=1, keepdims=True)
    if not (means > 0.0).all():
        raise ConfigError("no customer of the log was treated as the policy would have; log more, or fewer weeks")
    shares = weights / means
    ratios = (shares * log.rewards).mean(axis=1, keepdims=True)
    # The influence of a customer on a ratio of two means; the estimate is the sum of the weeks' ratios.
    return estimate((ratios + shares * (log.rewards - ratios)).sum(axis=0))


def doubly_robust(log: LoggedWeeks, policy: Chance) -> Estimate:
    """Estimate what a policy earns per customer with a model of what is still to come (Jiang & Li 2016).

    A linear model of the value of contact and of none, fitted backwards from the last week to other customers, stands
    for the expected reward; weights are needed only for what it misses. It may be wrong: then it only helps less.

    Parameters
    ----------
    log : LoggedWeeks
    policy : callable
        From observations (N, 8) to the chance of a contact (N,).

    Returns
    -------
    Estimate

    References
    ----------
    Jiang & Li 2016, *ICML*, equation 10, with cross-fitting (Chernozhukov et al. 2018).
    """
    weeks, customers = log.actions.shape
    ratios, chances = _ratios(log, policy), _chances(log, policy)
    fold = np.arange(customers) % _FOLDS
    values = np.empty(customers)
    for part in range(_FOLDS):
        others, own = fold != part, fold == part
        ahead, robust = np.zeros(int(others.sum())), np.zeros(int(own.sum()))
        for week in range(weeks - 1, -1, -1):
            features = _features(log.observations[week])
            target = log.rewards[week, others] + ahead
            models = [_fit(features[others], target, log.actions[week, others] == action) for action in (0, 1)]
            silent, contact = (features @ model for model in models)
            expected = (1.0 - chances[week]) * silent + chances[week] * contact
            taken = np.where(log.actions[week] == 1, contact, silent)
            # What a customer of the others is worth from here on, the policy followed.
            ahead = expected[others]
            missed = log.rewards[week, own] + robust - taken[own]
            robust = expected[own] + ratios[week, own] * missed
        values[own] = robust
    return estimate(values)


def off_policy_estimates(log: LoggedWeeks, policy: Chance) -> Mapping[str, Estimate]:
    """Return every estimate of what a policy earns per customer, by name.

    Parameters
    ----------
    log : LoggedWeeks
    policy : callable
        From observations (N, 8) to the chance of a contact (N,).

    Returns
    -------
    mapping of str to Estimate

    Raises
    ------
    ConfigError
        If a propensity of the log is no chance above 0.

    Examples
    --------
    >>> log = LoggedWeeks(
    ...     np.zeros((1, 4, 8), np.float32),
    ...     np.array([[0, 1, 0, 1]], np.int8),
    ...     np.full((1, 4), 0.5),
    ...     np.array([[1.0, 3.0, 1.0, 3.0]]),
    ... )
    >>> found = off_policy_estimates(log, lambda seen: np.ones(len(seen)))
    >>> found["inverse propensity"].mean, found["self-normalised"].mean
    (3.0, 3.0)
    """
    return {
        "inverse propensity": importance_sampling(log, policy),
        "self-normalised": self_normalised(log, policy),
        "doubly robust": doubly_robust(log, policy),
    }


def _chances(log: LoggedWeeks, policy: Chance) -> Floats:
    chances = np.stack([np.asarray(policy(seen), dtype=np.float64) for seen in log.observations])
    if chances.shape != log.actions.shape or not ((chances >= 0.0) & (chances <= 1.0)).all():
        raise ConfigError(f"the policy gives {chances.shape} chances; give one from 0 to 1 for each customer")
    return chances


def _ratios(log: LoggedWeeks, policy: Chance) -> Floats:
    """Return the chance of what was done under the policy over that with which it was done, (W, N)."""
    if not ((log.propensities > 0.0) & (log.propensities <= 1.0)).all():
        raise ConfigError("propensities of the log are not all above 0 and at most 1; give the chance of each action")
    chances = _chances(log, policy)
    return np.asarray(np.where(log.actions == 1, chances, 1.0 - chances) / log.propensities)


def _features(seen: NDArray[np.float32]) -> Floats:
    """Return what the model sees of customers: everything observed, long times flattened, and a constant."""
    columns = np.log1p(np.maximum(seen.astype(np.float64), 0.0))
    spread = columns.std(axis=0)
    centred = (columns - columns.mean(axis=0)) / np.where(spread > 0.0, spread, 1.0)
    return np.column_stack([np.ones(len(seen)), centred])


def _fit(features: Floats, target: Floats, chosen: NDArray[np.bool_]) -> Floats:
    """Fit a linear model to those for whom one action was taken; the mean of all where that is nobody."""
    if not chosen.any():
        return np.concatenate([[float(target.mean())], np.zeros(features.shape[1] - 1)])
    own = features[chosen]
    penalty = np.diag([0.0, *([_RIDGE] * (features.shape[1] - 1))])
    return np.asarray(np.linalg.solve(own.T @ own + penalty, own.T @ target[chosen]))
