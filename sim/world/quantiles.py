"""Quantile tables: distributions that customers are drawn from by inverse transform."""

from __future__ import annotations

from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from agents.personas import Persona
from agents.rules.need import NODES_PER_OCTAVE, OCTAVES
from agents.traits import TRAITS
from sim.scenario.market import Market
from sim.world.kept_table import kept_table

__all__ = ["tail_quantiles", "taste_quantiles", "trait_quantiles"]

_TRAIT_NODES = 1024


@lru_cache(maxsize=64)
def tail_quantiles(shape: float | None) -> NDArray[np.float64]:
    """Quantiles of a Gamma of mean 1, even in -log2(1 - u), so that the upper tail is as fine as the middle.

    Kept: in a sweep thousands of short runs share a market, and the table costs more than the run.
    """
    # The most extreme draw stands on the last octave's end and still needs a node above it.
    nodes = NODES_PER_OCTAVE * OCTAVES + 2
    table = np.ones(nodes)
    if shape is not None:
        table = kept_table("tail", (shape, NODES_PER_OCTAVE), (nodes,), partial(_tail, shape, nodes))
    table.flags.writeable = False
    return table


def _tail(shape: float, nodes: int) -> NDArray[np.float64]:
    from scipy.special import gammainccinv, gammaincinv  # a seventh of a second, unless the table is kept

    complement = np.exp2(-np.arange(nodes) / NODES_PER_OCTAVE)
    upper = gammainccinv(shape, complement)
    lower = gammaincinv(shape, 1.0 - complement)
    return np.asarray(np.minimum(np.where(complement < 0.5, upper, lower) / shape, 1e6), dtype=np.float64)


def taste_quantiles(market: Market) -> NDArray[np.float64]:
    """Quantiles of the logarithm of Gamma(shape) of every brand, below the median by u and above it by 1 - u."""
    if market.choice.taste != "log_gamma":
        return np.zeros((0, 2, 0))
    nodes = NODES_PER_OCTAVE * OCTAVES + 2
    shapes = [brand.taste_shape for brand in market.brands.values()]
    return np.ascontiguousarray(
        [kept_table("taste", (shape, NODES_PER_OCTAVE), (2, nodes), partial(_taste, shape, nodes)) for shape in shapes]
    )


def _taste(shape: float, nodes: int) -> NDArray[np.float64]:
    from scipy.special import gammainccinv, gammaincinv, gammaln

    # The first octave of a half stands for the other half of the draws: never read.
    tail = np.minimum(np.exp2(-np.arange(nodes) / NODES_PER_OCTAVE), 0.5)
    halves = []
    for quantile, log_of_u in ((gammaincinv, np.log(tail)), (gammainccinv, np.log1p(-tail))):
        # Near zero G ~ (u Gamma(shape + 1)) ** (1 / shape), which a small shape makes too small for a float.
        near_zero = (log_of_u + gammaln(shape + 1.0)) / shape
        with np.errstate(divide="ignore"):
            halves.append(np.where(near_zero < -20.0, near_zero, np.log(quantile(shape, tail))))
    return np.asarray(halves, dtype=np.float64)


@lru_cache(maxsize=256)
def trait_quantiles(persona: Persona) -> NDArray[np.float64]:
    """Quantiles of every trait of a persona, even in u. Kept: they cost more than a short run, and are stacked anew."""
    rows = []
    for name in TRAITS:
        spread = getattr(persona, name)
        weight = spread.concentration if spread.concentration is not None else persona.concentration
        if spread.mean in (0.0, 1.0):
            rows.append(np.full(_TRAIT_NODES + 1, spread.mean))
        else:
            beta = (spread.mean * weight, (1.0 - spread.mean) * weight)
            rows.append(kept_table("beta", beta, (_TRAIT_NODES + 1,), partial(_beta, *beta)))
    return np.stack(rows)


def _beta(a: float, b: float) -> NDArray[np.float64]:
    from scipy.special import betaincinv

    return np.asarray(betaincinv(a, b, np.linspace(0.0, 1.0, _TRAIT_NODES + 1)), dtype=np.float64)
