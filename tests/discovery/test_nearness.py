"""Nearness: simulated cases are as near to real ones kept aside as other real ones are, in order and in time."""

from __future__ import annotations

import numpy as np
import pytest

from sim.discovery.discover import discover

#: Wanted of simulated cases' distances over those of resampled real ones.
_RATIO = 1.15
#: Shares so near are alike.
_ALIKE = 0.015


def _permits(luck):
    """Half of all cases take hours for each visit, the others days; a year is seen."""
    slow = luck.random(1200) < 0.5
    words = ["abc" + ("d" if luck.random() < 0.3 else "") + "ef" for _ in slow]
    gaps = [
        luck.exponential(5 * 86_400.0 if late else 36_000.0, len(word) - 1)
        for late, word in zip(slow, words, strict=True)
    ]
    return words, gaps, luck.uniform(0, 300 * 86_400.0, slow.size)


def _sessions(luck):
    """Visits of a session are sorted exponential moments: pauses grow, and more so near the end."""
    lengths = 1 + luck.negative_binomial(4, 0.4, 1200)
    words = ["".join(luck.choice(list("abcd"), length, p=[0.4, 0.3, 0.2, 0.1])) for length in lengths]
    gaps = [np.diff(np.sort(luck.exponential(300.0, length))) for length in lengths]
    return words, gaps, luck.uniform(0, 100 * 86_400.0, lengths.size)


@pytest.mark.parametrize("made", [_permits, _sessions])
def test_order_and_time_of_simulated_cases_are_as_near_as_those_of_real_ones(log_of, made):
    log = log_of(*made(np.random.default_rng(1)))
    found = discover(log, "made", "", goal=None, seed=1, threads=1)
    near = found.distances
    assert near.ngram3 <= max(_RATIO * near.ngram3_floor, _ALIKE)
    assert near.length <= _RATIO * near.length_floor
    assert near.goal <= _RATIO * near.goal_floor
