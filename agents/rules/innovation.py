"""Journey innovation as risky experiments (docs/model.md 7.7); the chance of success is a parameter."""

from agents.compiled import Int, rule
from agents.rules.numerics import exp, log

__all__ = ["delight_of", "exponential_uplift", "is_run"]


@rule
def is_run(experiment: Int, planned: float, u: float) -> bool:
    """Whether an experiment is run in a cycle with ``planned`` experiments on average.

    An experiment is run where experiment + u < planned: all of the whole ones, the last with the probability of the
    rest.

    Parameters
    ----------
    experiment : int
        Number of the experiment in the cycle, from 0.
    planned : float
        Experiments a cycle, >= 0.
    u : float
        Uniform draw in (0, 1) of the brand, the cycle and the experiment.

    Returns
    -------
    bool
        Whether it is run.

    Examples
    --------
    >>> [is_run(experiment, 1.5, 0.25) for experiment in range(3)]
    [True, True, False]
    >>> [is_run(experiment, 1.5, 0.75) for experiment in range(3)]
    [True, False, False]
    """
    return experiment + u < planned


@rule
def exponential_uplift(u: float, mean: float) -> float:
    """Uplift of a successful experiment, Exponential by inverse transform: -mean x log(u).

    Parameters
    ----------
    u : float
        Uniform draw in (0, 1) of the experiment.
    mean : float
        Mean uplift of the innovation stock, >= 0.

    Returns
    -------
    float
        Uplift, >= 0.

    Examples
    --------
    >>> print(round(exponential_uplift(0.5, 2.0), 4))
    1.3863
    """
    return -mean * log(u)


@rule
def delight_of(stock: float) -> float:
    """Delight felt from an innovation stock J: 1 - exp(-J), so that further innovations add less and less.

    Parameters
    ----------
    stock : float
        Innovation stock J, >= 0.

    Returns
    -------
    float
        Delight, in [0, 1).

    Examples
    --------
    >>> print(delight_of(0.0), round(delight_of(1.0), 4))
    0.0 0.6321
    """
    return 1.0 - exp(-stock)
