"""Need clock (docs/model.md 7.1): weeks between needs by inverse transform; a higher rate shortens every gap."""

import numpy as np

from agents.compiled import Int, rule

__all__ = ["NODES_PER_OCTAVE", "OCTAVES", "carried_over", "tail_position", "weeks_left", "whole_weeks"]

#: Quantile tables are even in -log2(1 - u), which follows the upper tail: this many nodes per halving of 1 - u.
NODES_PER_OCTAVE = 64
OCTAVES = 33


@rule
def tail_position(log_of_complement: float) -> float:
    """Position in a quantile table: -log2(1 - u) x NODES_PER_OCTAVE.

    Parameters
    ----------
    log_of_complement : float
        log(1 - u) of a uniform draw u in (0, 1), < 0.

    Returns
    -------
    float
        Position in nodes of the table, > 0; below OCTAVES x NODES_PER_OCTAVE for a draw of 32 bits.

    Examples
    --------
    >>> print(round(tail_position(-0.6931471805599453), 9))
    64.0
    """
    return -log_of_complement * (1.4426950408889634 * NODES_PER_OCTAVE)


@rule
def whole_weeks(gap: float, u: float) -> Int:
    """Round a gap to whole weeks, at least 1, so that gaps of a week or more keep their mean over ``u``.

    Parameters
    ----------
    gap : float
        Weeks to the next need, >= 0; counts up to 60,000.
    u : float
        Uniform draw in (0, 1) of the occasion.

    Returns
    -------
    int
        max(1, floor(gap + u)).

    Examples
    --------
    >>> print(whole_weeks(2.5, 0.25), whole_weeks(2.5, 0.75), whole_weeks(0.1, 0.1))
    2 3 1
    """
    return max(np.int64(1), np.int64(min(gap, 60000.0) + u))


@rule
def carried_over(weeks_early: float, share: float, u: float) -> Int:
    """Weeks added to the next gap because the last need was met early.

    Parameters
    ----------
    weeks_early : float
        Week in which the need was due less the week in which it was met; negative counts as 0.
    share : float
        Share that is carried over, in [0, 1].
    u : float
        Uniform draw in (0, 1) of the occasion.

    Returns
    -------
    int
        floor(share x weeks_early + u), >= 0.

    Examples
    --------
    >>> print(carried_over(3.0, 0.5, 0.25), carried_over(3.0, 0.5, 0.75), carried_over(-3.0, 0.5, 0.75))
    1 2 0
    """
    return np.int64(max(weeks_early, 0.0) * share + u)


@rule
def weeks_left(gap: Int, since_need: Int) -> Int:
    """Weeks left of a gap that is counted from the last need.

    Parameters
    ----------
    gap : int
        Weeks between the two needs, >= 1.
    since_need : int
        Weeks since the last need, >= 0.

    Returns
    -------
    int
        max(1, gap - since_need).

    Examples
    --------
    >>> print(weeks_left(10, 4), weeks_left(3, 4))
    6 1
    """
    return max(np.int64(1), np.int64(gap) - np.int64(since_need))
