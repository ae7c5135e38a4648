"""Counts behind: of how many simulated customers or purchases a share is, and which shares are of few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sim.record.history import History

__all__ = ["FEW", "shares_of_few"]

#: A share of fewer customers or purchases a replicate is mostly 0 or 1 there, and its interval too narrow. In the
#: market `sungevity` of 500 households, where the brand has one or two customers, the 95 % interval of retention held
#: the true value 52 times in 100 and that of the loop share 66 times; with 8,000 households 94 to 96 times
#: (`benchmarks/interval_coverage.py`). Where between one and thirty the line lies is an assumption.
FEW = 10.0


def shares_of_few(histories: Sequence[Mapping[str, History]], focal: int) -> dict[str, dict[str, float]]:
    """Return the shares of everybody that few customers or purchases stand behind.

    Parameters
    ----------
    histories : sequence of mapping
        Of the arms, by replicate.
    focal : int
        Index of the focal brand.

    Returns
    -------
    dict of str to dict
        By arm and metric, the mean count a replicate, where it is below :data:`FEW` and above 0: of nothing at all
        there is no share. Arms without any are left out.
    """
    found: dict[str, dict[str, float]] = {}
    for arm in histories[0]:
        runs = [arms[arm] for arms in histories]
        bought = [float(run.purchases[:, :, focal].sum()) for run in runs]
        again = [float(run.switches[:, :, focal].sum() + run.repeats[:, :, focal].sum()) for run in runs]
        counts = {
            "retention": [float(run.retained[:, 0].sum()) for run in runs],
            "loop_share": bought,
            "evaluation_skipped_share": bought,
            "switch_rate": again,
        }
        means = {metric: sum(count) / len(count) for metric, count in counts.items()}
        few = {metric: mean for metric, mean in means.items() if 0.0 < mean < FEW}
        if few:
            found[arm] = few
    return found
