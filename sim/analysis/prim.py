"""PRIM: a few boxes, such as "a above 3 and b below 7", in which a case is likely.

The patient rule induction method (PRIM) of Friedman & Fisher 1999: from the whole space a thin slice is peeled off
again and again, always the one whose removal leaves the highest density; then slices are pasted back while that
helps; the points inside are removed, and the next box is searched among the rest. Bryant & Lempert 2010 call the share
of all cases inside a box its *coverage*, and the share of cases among the points inside its *density*. Of the boxes on
the way the one is taken that does best by both, density counting twice (F measure of van Rijsbergen 1979 with beta one
half): a false alarm is worse than a missed case. A further box is judged by what it adds to those before it.

References
----------
Friedman & Fisher 1999, *Statistics and Computing* 9, 123-143; Bryant & Lempert 2010, *Technological Forecasting and
Social Change* 77, 34-49; van Rijsbergen 1979, *Information Retrieval*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.analysis.wilson import wilson

__all__ = ["Box", "BoxQuality", "check_boxes", "draw_inside", "find_boxes"]

Floats = NDArray[np.float64]

#: Share of the points inside that one peel takes off: small is patient.
PEEL = 0.05
#: Share of all points that a box must hold.
SMALLEST = 0.01
#: What a restriction or a further box must add to the F measure to be worth a clause or a rule.
WORTH = 0.01
#: Weight of coverage against density in the F measure.
BETA = 0.5
#: A rule must be right more often than not, and take this share of the way from a guess to certainty.
LEAST_DENSITY = 0.5
LEAST_LIFT = 0.2
#: Share of all cases left over that is too small for another rule.
LEFT_OVER = 0.1
#: Where this share of everything is a case, that is the rule.
EVERYWHERE = 0.95


@dataclass(frozen=True, slots=True)
class Box:
    """A box in the unit cube: ``low <= x <= high`` in every dimension.

    Attributes
    ----------
    low, high : tuple of float
        Bounds; 0 and 1 where a dimension is free.
    """

    low: tuple[float, ...]
    high: tuple[float, ...]

    def holds(self, points: Floats) -> NDArray[np.bool_]:
        """Return which points (n, k) lie inside."""
        return np.asarray(((points >= np.array(self.low)) & (points <= np.array(self.high))).all(axis=1))

    @property
    def restricted(self) -> tuple[int, ...]:
        """Dimensions in which the box has a bound."""
        return tuple(
            dimension
            for dimension, (low, high) in enumerate(zip(self.low, self.high, strict=True))
            if low > 0.0 or high < 1.0
        )


@dataclass(frozen=True, slots=True)
class BoxQuality:
    """Coverage and density of a box, or of several together, each with its 95 % interval (Wilson 1927).

    Attributes
    ----------
    inside, right : int
        Points inside, and how many of them are cases.
    cases, caught : int
        Cases anywhere, and how many of them lie inside.
    coverage, density : tuple of float
        Share, low, high; NaN where there is nothing to take a share of.
    """

    inside: int
    right: int
    cases: int
    caught: int
    coverage: tuple[float, float, float]
    density: tuple[float, float, float]


def find_boxes(points: Floats, chance: Floats, *, most: int = 3) -> list[Box]:
    """Find boxes in which a case is likely.

    Parameters
    ----------
    points : float64 (n, k)
        Points of the unit cube, evenly spread: a box's share of them is its volume.
    chance : float64 (n,)
        Probability that a point is a case, or 0 and 1.
    most : int
        Boxes to find at most.

    Returns
    -------
    list of Box
        In the order in which they were found. Empty where there are no cases, or no box is denser than the rest; the
        whole cube where nearly every point is a case.
    """
    inputs = points.shape[1]
    everything = Box((0.0,) * inputs, (1.0,) * inputs)
    total = float(chance.sum())
    if float(chance.mean()) >= EVERYWHERE:
        return [everything]
    found: list[Box] = []
    left = np.ones(len(points), dtype=bool)
    before = _Account(0.0, 0, total)
    while len(found) < most and total > 0.0:
        rest, cases = points[left], chance[left]
        if float(cases.sum()) < LEFT_OVER * total:
            break
        box = _peel(rest, cases, everything, len(points), before)
        box = _simplify(rest, cases, _paste(rest, cases, box, before), before)
        inside = box.holds(rest)
        density, guess = float(cases[inside].mean()), float(cases.mean())
        after = _Account(before.caught + float(cases[inside].sum()), before.inside + int(inside.sum()), total)
        better = after.measure >= before.measure + WORTH
        if not box.restricted or not better or density < max(LEAST_DENSITY, guess + LEAST_LIFT * (1.0 - guess)):
            break
        found.append(box)
        before = after
        left &= ~box.holds(points)
    return found


def check_boxes(
    boxes: Sequence[Box],
    points: Floats,
    happened: NDArray[np.bool_],
    more: Floats | None = None,
    happened_more: NDArray[np.bool_] | None = None,
) -> list[BoxQuality]:
    """Return coverage and density of boxes, each alone and, last, all together.

    Parameters
    ----------
    boxes : sequence of Box
    points : float64 (n, k)
        Points that were not used to find the boxes, drawn from the whole cube: coverage is counted among them.
    happened : bool (n,)
        Whether a point is a case.
    more, happened_more : float64 (m, k), bool (m,), optional
        Further points, drawn from inside the boxes: density is counted among all.

    Returns
    -------
    list of BoxQuality, len(boxes) + 1
    """
    every, happened_every = points, happened
    if more is not None and happened_more is not None:
        every, happened_every = np.concatenate([points, more]), np.concatenate([happened, happened_more])
    hits = []
    for held, held_every in zip(_holding(boxes, points), _holding(boxes, every), strict=True):
        cases, caught = int(happened.sum()), int((held & happened).sum())
        inside, right = int(held_every.sum()), int((held_every & happened_every).sum())
        hits.append(BoxQuality(inside, right, cases, caught, _share_of(caught, cases), _share_of(right, inside)))
    return hits


def draw_inside(boxes: Sequence[Box], count: int, inputs: int, seed: int) -> Floats:
    """Draw points uniformly from the union of the boxes; from the whole cube where there are no boxes.

    Parameters
    ----------
    boxes : sequence of Box
    count, inputs : int
        Number of points, and of dimensions.
    seed : int

    Returns
    -------
    float64 (count, inputs)
    """
    generator = np.random.default_rng([seed, 0xB1])
    found = np.empty((0, inputs))
    while len(found) < count:
        points = generator.random((1024, inputs))
        held = _holding(boxes, points)[-1] if boxes else np.ones(len(points), dtype=bool)
        found = np.concatenate([found, points[held]])
    return found[:count]


def _holding(boxes: Sequence[Box], points: Floats) -> list[NDArray[np.bool_]]:
    """Return which points each box holds and, last, which any of them does."""
    each = [box.holds(points) for box in boxes]
    return [*each, np.any(each, axis=0) if each else np.zeros(len(points), dtype=bool)]


def _share_of(count: int, total: int) -> tuple[float, float, float]:
    """Return a share with its 95 % interval; NaN where there is nothing."""
    if total == 0:
        return float("nan"), float("nan"), float("nan")
    return (count / total, *wilson(count / total, total))


@dataclass(frozen=True, slots=True)
class _Account:
    """What the boxes so far hold, by which a further one is judged."""

    caught: float
    inside: int
    cases: float

    @property
    def measure(self) -> float:
        """The F measure: how much is covered and how densely, in one number."""
        if self.caught == 0.0:
            return 0.0
        return (1.0 + BETA**2) * self.caught / (BETA**2 * self.cases + self.inside)

    def rank(self, chance: Floats, inside: NDArray[np.bool_]) -> float:
        """Return the measure with some more points inside."""
        return _Account(self.caught + float(chance[inside].sum()), self.inside + int(inside.sum()), self.cases).measure


def _peel(points: Floats, chance: Floats, start: Box, everybody: int, before: _Account) -> Box:
    """Peel one slice after the other; return the best box on the way."""
    low, high = np.array(start.low), np.array(start.high)
    inside = np.ones(len(points), dtype=bool)
    best, best_rank = start, before.rank(chance, inside)
    while True:
        choices = []
        within, weights = points[inside], chance[inside]
        mean = float(weights.mean())
        for dimension in range(points.shape[1]):
            column = within[:, dimension]
            for side, edge in ((0, float(np.quantile(column, PEEL))), (1, float(np.quantile(column, 1.0 - PEEL)))):
                kept = column > edge if side == 0 else column < edge
                count = int(kept.sum())
                if count < max(SMALLEST * everybody, 2) or count == len(column):
                    continue
                # The gain in density for each point given up, so that a thick slice does not win by its thickness.
                gain = (float(weights[kept].mean()) - mean) / (len(column) - count)
                choices.append((gain, -dimension, -side, edge))
        if not choices:
            return best
        _, dimension, side, edge = max(choices)
        if side == 0:
            low[-dimension] = edge
            inside &= points[:, -dimension] > edge
        else:
            high[-dimension] = edge
            inside &= points[:, -dimension] < edge
        rank = before.rank(chance, inside)
        if rank > best_rank:
            best, best_rank = Box(tuple(low.tolist()), tuple(high.tolist())), rank


def _paste(points: Floats, chance: Floats, box: Box, before: _Account) -> Box:
    """Move bounds outward, a slice at a time, while the box gains by it."""
    best, rank = box, before.rank(chance, box.holds(points))
    while True:
        thickness = max(1, int(PEEL * int(best.holds(points).sum())))
        wider = [_widen(points, best, dimension, side, thickness) for dimension in best.restricted for side in (0, 1)]
        ranked = [
            (before.rank(chance, other.holds(points)), -number, other) for number, other in enumerate(wider) if other
        ]
        if not ranked:
            return best
        new, _, other = max(ranked, key=lambda item: item[:2])
        if new <= rank:
            return best
        best, rank = other, new


def _widen(points: Floats, box: Box, dimension: int, side: int, slice_size: int) -> Box | None:
    bound = (box.low, box.high)[side][dimension]
    if bound == float(side):
        return None
    others = Box(
        tuple(0.0 if each == dimension else value for each, value in enumerate(box.low)),
        tuple(1.0 if each == dimension else value for each, value in enumerate(box.high)),
    )
    column = points[others.holds(points), dimension]
    beyond = np.sort(column[column < bound])[::-1] if side == 0 else np.sort(column[column > bound])
    edge = float(beyond[slice_size - 1]) if len(beyond) >= slice_size else float(side)
    return _moved(box, dimension, side, edge)


def _simplify(points: Floats, chance: Floats, box: Box, before: _Account) -> Box:
    """Drop bounds that add next to nothing: each is a clause of the rule."""
    best = box
    while True:
        rank = before.rank(chance, best.holds(points))
        freer = [
            _moved(best, dimension, side, float(side))
            for dimension in best.restricted
            for side in (0, 1)
            if (best.low, best.high)[side][dimension] != float(side)
        ]
        ranked = [(before.rank(chance, other.holds(points)), -number, other) for number, other in enumerate(freer)]
        if not ranked:
            return best
        new, _, other = max(ranked, key=lambda item: item[:2])
        if new < rank - WORTH:
            return best
        best = other


def _moved(box: Box, dimension: int, side: int, edge: float) -> Box:
    low, high = list(box.low), list(box.high)
    (low, high)[side][dimension] = edge
    return Box(tuple(low), tuple(high))
