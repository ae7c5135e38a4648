"""Point labels: words beside marked points of a panel, none over another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

__all__ = ["PointLabels", "Spot"]

_FONT_SIZE = 8.0
#: Of letters of that size, in points: mean width, and how far they reach above and below the line they stand on.
_LETTER, _ABOVE, _BELOW = 4.7, 8.0, 2.5
_GROUND = {"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.75}


class Spot(NamedTuple):
    """Where words may stand: from the point to their nearest end, in points, and which end that is."""

    right: float
    up: float
    end: Literal["left", "right"]


class _Box(NamedTuple):
    left: float
    bottom: float
    right: float
    top: float

    def common(self, other: _Box) -> float:
        """Return the area that both cover."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self.top, other.top) - max(self.bottom, other.bottom)
        return max(wide, 0.0) * max(high, 0.0)

    def outside(self, other: _Box) -> float:
        """Return the area that lies outside of another box."""
        return (self.right - self.left) * (self.top - self.bottom) - self.common(other)


class PointLabels:
    """Words beside the points of one panel, whose limits are set already."""

    def __init__(self, axes: Axes) -> None:
        self._axes = axes
        self._taken: list[_Box] = []

    def write(self, words: str, at: tuple[float, float], colour: str, spots: Iterable[Spot]) -> None:
        """Write words at the first spot where they touch no others and stay in the panel; else where least is covered.

        Parameters
        ----------
        words : str
        at : (x, y)
            The point, in the units of the axes.
        colour : str
        spots : iterable of Spot
            At least one, the best first.
        """
        choice = list(spots)
        places = [self._box(words, at, spot) for spot in choice]
        panel = self._panel()
        covered = [box.outside(panel) + sum(box.common(taken) for taken in self._taken) for box in places]
        number = covered.index(min(covered))
        self._taken.append(places[number])
        self._axes.annotate(
            words,
            at,
            xytext=choice[number][:2],
            textcoords="offset points",
            ha=choice[number].end,
            fontsize=_FONT_SIZE,
            color=colour,
            bbox=_GROUND,
        )

    def _box(self, words: str, at: tuple[float, float], spot: Spot) -> _Box:
        x, y = self._points(self._axes.transData.transform(at))
        wide = _LETTER * len(words)
        left = x + spot.right - (wide if spot.end == "right" else 0.0)
        return _Box(left, y + spot.up - _BELOW, left + wide, y + spot.up + _ABOVE)

    def _panel(self) -> _Box:
        (left, bottom), (right, top) = (self._points(self._axes.transAxes.transform(end)) for end in ((0, 0), (1, 1)))
        return _Box(left, bottom, right, top)

    def _points(self, pixels: NDArray[np.float64]) -> tuple[float, float]:
        figure = self._axes.get_figure(root=True)
        scale = 72.0 / figure.dpi if figure is not None else 1.0
        return float(pixels[0]) * scale, float(pixels[1]) * scale
