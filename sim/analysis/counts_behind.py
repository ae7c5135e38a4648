"""Counts behind: of how many simulated customers or purchases a share is, and which shares are of few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from sim.analysis.metrics import COUNTED, METRICS, SHAPES, Measures
from sim.analysis.shape import SHARE

__all__ = ["FEW", "shares_of_few"]

#: A share of fewer customers or purchases a replicate is mostly 0 or 1 there: its interval holds the true value
#: (`benchmarks/interval_coverage.py`), but is so wide that it says little. Where the line lies is an assumption.
FEW = 10.0


def shares_of_few(replicates: Sequence[Mapping[str, Measures]]) -> dict[str, dict[str, float]]:
    """Return the shares of everybody that few customers or purchases stand behind.

    Parameters
    ----------
    replicates : sequence of mapping
        Measures by arm, one mapping per replicate.

    Returns
    -------
    dict of str to dict
        By arm and metric, the mean count a replicate, where it is below :data:`FEW` and above 0: of nothing at all
        there is no share. Arms without any are left out.
    """
    found: dict[str, dict[str, float]] = {}
    for arm in replicates[0]:
        runs = [measures[arm] for measures in replicates]
        means = np.mean([run.behind[0] for run in runs], axis=0).tolist()
        few = {
            metric: mean
            for metric, mean in zip(COUNTED, means, strict=True)
            if SHAPES.get(metric) is SHARE
            and 0.0 < mean < FEW
            and not all(np.isnan(run.values[0, METRICS.index(metric)]) for run in runs)
        }
        if few:
            found[arm] = few
    return found
