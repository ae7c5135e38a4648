"""Journey innovation as risky experiments (MODEL 4.7; most experiments fail: success is a parameter)."""

from agents.compiled import Int, rule
from agents.rules.numerics import exp, log

__all__ = ["delight_of", "exponential_uplift", "is_run"]


@rule
def is_run(experiment: Int, planned: float, u: float) -> bool:
    """Whether experiment number ``experiment`` (from 0) is run in a cycle with ``planned`` experiments on average."""
    return experiment + u < planned


@rule
def exponential_uplift(u: float, mean: float) -> float:
    """Uplift of a success, Exponential with the given mean."""
    return -mean * log(u)


@rule
def delight_of(stock: float) -> float:
    """Delight in [0, 1) felt from an innovation stock: 1 - exp(-J), so that more of it delights less and less."""
    return 1.0 - exp(-stock)
