"""Need clock (MODEL 4.1): weeks between needs by inverse transform, so that the same luck gives an ordered gap."""

import numpy as np

from agents.compiled import Int, rule

__all__ = ["NODES_PER_OCTAVE", "OCTAVES", "carried_over", "tail_position", "weeks_left", "whole_weeks"]

#: Quantile tables are even in -log2(1 - u), which follows the upper tail: this many nodes per halving of 1 - u.
NODES_PER_OCTAVE = 64
OCTAVES = 33


@rule
def tail_position(log_of_complement: float) -> float:
    """Position in a quantile table of a draw u, from log(1 - u)."""
    return -log_of_complement * (1.4426950408889634 * NODES_PER_OCTAVE)


@rule
def whole_weeks(gap: float, u: float) -> Int:
    """Whole weeks, at least 1, whose mean over ``u`` is the gap where it is a week or more; at most 60,000."""
    return max(np.int64(1), np.int64(min(gap, 60000.0) + u))


@rule
def carried_over(weeks_early: float, share: float, u: float) -> Int:
    """Weeks added to the next gap because the last need was met early."""
    return np.int64(max(weeks_early, 0.0) * share + u)


@rule
def weeks_left(gap: Int, since_need: Int) -> Int:
    """Weeks of a gap that are left where it began at the last need, ``since_need`` weeks ago; at least 1."""
    return max(np.int64(1), np.int64(gap) - np.int64(since_need))
