"""Chart: one picture of a finding, as data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Chart", "Curve"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One series of a chart.

    ``x`` are numbers, or positions 0, 1, ... of the chart's ticks; ``error`` is one standard error or None.
    """

    label: str
    x: Floats
    y: Floats
    error: Floats | None = None
    published: bool = False

    @classmethod
    def of_replicates(cls, label: str, x: Floats, samples: Floats) -> Curve:
        """Return the mean of replicates with its standard error.

        Parameters
        ----------
        label : str
        x : float64 (N,)
        samples : float64 (R, N)

        Returns
        -------
        Curve
        """
        error = samples.std(axis=0, ddof=1) / np.sqrt(len(samples))
        return cls(label=label, x=x, y=samples.mean(axis=0), error=error)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One picture of a finding, as data: the report draws it.

    Attributes
    ----------
    heading : str
        What it shows, a line.
    reading : str
        What the reader should see, a sentence.
    x, y : str
        What the axes measure, with unit.
    curves : tuple of Curve
        Published ones are drawn as reference.
    kind : {'lines', 'bars', 'points'}
        Lines for something that unfolds; bars for a figure per name; points for published (x) against simulated (y).
    ticks : tuple of str
        Names of the positions 0, 1, ... on the x axis.
    """

    heading: str
    reading: str
    x: str
    y: str
    curves: tuple[Curve, ...]
    kind: str = "lines"
    ticks: tuple[str, ...] = ()

    @classmethod
    def beside(
        cls,
        heading: str,
        reading: str,
        *,
        x: str,
        y: str,
        names: Sequence[str],
        published: Floats,
        simulated: Floats,
        error: Floats | None = None,
        label: str = "published",
    ) -> Chart:
        """Return bars of published and simulated figures side by side.

        Parameters
        ----------
        heading, reading, x, y : str
            As for the class.
        names : sequence of str, N
            One per pair of bars.
        published, simulated : float64 (N,)
        error : float64 (N,), optional
            Standard errors of the simulated figures.
        label : str
            Of the published ones.

        Returns
        -------
        Chart
        """
        positions = np.arange(len(names), dtype=np.float64)
        curves = (
            Curve(label=label, x=positions, y=published, published=True),
            Curve(label="simulated", x=positions, y=simulated, error=error),
        )
        return cls(heading=heading, reading=reading, x=x, y=y, curves=curves, kind="bars", ticks=tuple(names))
