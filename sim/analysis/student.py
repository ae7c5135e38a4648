"""Student: the t distribution, from SciPy, which is imported where a probability or a quantile is first asked for.

A comparison of one replicate, a map and a list of runs have no interval, and do without the seventh of a second that it
takes to import SciPy's special functions.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import Any

__all__ = ["student_cdf", "student_quantile"]


def student_cdf(freedom: Any, t: Any) -> Any:
    """Return the probability that a t variable is at most ``t``.

    Parameters
    ----------
    freedom : float or array
        Degrees of freedom, positive.
    t : float or array

    Returns
    -------
    float or array

    Examples
    --------
    >>> float(student_cdf(3, 0.0))
    0.5
    """
    return _special().stdtr(freedom, t)


def student_quantile(freedom: Any, probability: Any) -> Any:
    """Return the t below which a t variable lies with a probability.

    Parameters
    ----------
    freedom : float or array
        Degrees of freedom, positive.
    probability : float or array
        In (0, 1).

    Returns
    -------
    float or array

    Examples
    --------
    >>> round(float(student_quantile(10, 0.975)), 3)
    2.228
    """
    return _special().stdtrit(freedom, probability)


@lru_cache(maxsize=1)
def _special() -> Any:
    """SciPy's special functions: a statement in the function would look for the package in every call."""
    return import_module("scipy.special")
