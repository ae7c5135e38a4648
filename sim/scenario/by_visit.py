"""By visit: weights of edges by how many stages a customer has entered (docs/model.md 7.2)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from sim.scenario.errors import ConfigError
from sim.scenario.schema import show, typed_number

__all__ = ["check_by_visit", "read_by_visit"]

#: Pairs of one edge.
_MOST_PAIRS = 64
#: The last visit from which a weight may hold.
_LAST_VISIT = 10_000
#: Numbers of a list that a message shows.
_SHOWN = 4
#: Of weights: their ratio is what counts.
_LARGEST_WEIGHT = 1e9


def read_by_visit(given: object, place: str, where: str) -> tuple[tuple[int, float], ...]:
    """Read weights by visit.

    Parameters
    ----------
    given : object
        Pairs of a visit and the weight that holds from it on.
    place, where : str
        Key and file, for messages.

    Returns
    -------
    tuple of (int, float)

    Raises
    ------
    ConfigError
        If it is no list of 1 to 64 pairs, visits do not rise from 1, or a weight is negative or no number.

    Examples
    --------
    >>> read_by_visit([[1, 0.4], [4, 2.5]], "edges.0.by_visit", "journey.yaml")
    ((1, 0.4), (4, 2.5))
    """
    wanted = f"give pairs [visit, weight] such as [[1, 0.4], [4, 2.5]], visits rising from 1 to {_LAST_VISIT} at most"
    if not isinstance(given, list | tuple) or not given:
        raise ConfigError(f"{where}: {place} is {show(given)}; {wanted}")
    if len(given) > _MOST_PAIRS:
        raise ConfigError(f"{where}: {place} has {len(given)} pairs; at most {_MOST_PAIRS} are allowed")
    pairs: list[tuple[int, float]] = []
    for at, item in enumerate(given):
        pair = item if isinstance(item, list | tuple) and len(item) == 2 else (None, None)
        visit, weight = pair[0], typed_number(pair[1])
        rises = type(visit) is int and (visit == 1 if at == 0 else pairs[-1][0] < visit <= _LAST_VISIT)
        if not rises or not _is_weight(weight):
            raise ConfigError(
                f"{where}: {place}.{at} is {_shown(item)}; {wanted}, weights from 0 to {_LARGEST_WEIGHT:.0f}"
            )
        pairs.append((int(visit), float(weight)))  # type: ignore[arg-type]
    return tuple(pairs)


def _shown(item: object) -> str:
    """Show what stands where a pair is wanted."""
    is_short = isinstance(item, list | tuple) and len(item) <= _SHOWN
    return f"[{', '.join(map(show, item))}]" if is_short else show(item)  # type: ignore[call-overload]


def _is_weight(value: object) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and 0.0 <= value <= _LARGEST_WEIGHT  # type: ignore[arg-type,operator]


def check_by_visit(edges: Sequence[Any], place: str, *, instant: bool) -> None:
    """Check the weights by visit of the edges out of one stage.

    Parameters
    ----------
    edges : sequence of sim.scenario.journey.Edge
        All out of the stage.
    place : str
        File and stage, for messages.
    instant : bool
        Whether the stage resolves within the week.

    Raises
    ------
    ConfigError
        If an edge beside them has a logit, or opens on contact or need; or if nobody could leave a stage that
        resolves within the week at some visit.
    """
    weighted = next((edge for edge in edges if edge.by_visit), None)
    if weighted is None:
        return
    for edge in edges:
        found = "a logit" if edge.logit is not None else f"on: {edge.on}" if edge.on else None
        if found is not None:
            raise ConfigError(
                f"{place} has by_visit ({weighted.source} -> {weighted.target}) beside {found} ({edge.source} ->"
                f" {edge.target}); by_visit needs edges with probability, by_step or no hazard that open in any week:"
                " take by_visit away, or change the other edge"
            )
    sure = [edge for edge in edges if not edge.personas and edge.only is None and edge.during is None]
    if not instant or any(edge.is_reference for edge in sure):
        return
    sure = [edge for edge in sure if edge.probability and edge.probability.get("base", 0.0) > 0.0]
    for visit in sorted({1, *(visit for edge in sure for visit, _ in edge.by_visit)}):
        if not any(_weight_at(edge, visit) > 0.0 for edge in sure):
            raise ConfigError(
                f"{place} resolves within the week, and at visit {visit} by_visit gives each of its edges the weight 0;"
                " give one of them a weight above 0"
            )


def _weight_at(edge: Any, visit: int) -> float:
    """Return the weight of an edge at a visit, counted from 1."""
    return [1.0, *(weight for begin, weight in edge.by_visit if begin <= visit)][-1]
