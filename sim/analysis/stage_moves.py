"""Moves between stages: states that tell a stage apart by what came before, or by time, are that stage to a reader."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.number_format import in_words

__all__ = ["by_stage", "move_in_words", "moves_of", "stage_of", "stages_of", "with_width"]

#: What `discover` puts behind the name of a stage that is told apart by what came before, or by time.
_PART = re.compile(r"__(at_once|since_goal|last|held|phase_\d+|from_\d+|after_\w+)(?=__|$)")


def stage_of(state: str) -> str:
    """Return the stage that a state of a found journey is a part of; of another journey the name itself.

    Examples
    --------
    >>> stage_of("order_paid__phase_2__after_basket"), stage_of("order_paid__at_once"), stage_of("sign__up")
    ('order_paid', 'order_paid', 'sign__up')
    """
    return _PART.split(state)[0]


def stages_of(states: Sequence[str]) -> list[str]:
    """Return the stages that states are parts of, in the order of their first states.

    Examples
    --------
    >>> stages_of(["search__last", "buy", "search"])
    ['search', 'buy']
    """
    return list(dict.fromkeys(map(stage_of, states)))


def by_stage(flows: NDArray[np.float64], states: Sequence[str]) -> NDArray[np.float64]:
    """Add up flows between states by the stages that these are parts of.

    Parameters
    ----------
    flows : float64 (K, K)
        From the state of the row to that of the column.
    states : sequence of str
        K names.

    Returns
    -------
    float64 (S, S)
        Flows between stages, in the order of `stages_of`.

    Examples
    --------
    >>> by_stage(np.array([[0.0, 2.0, 3.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]), ["a", "b", "b__last"]).tolist()
    [[0.0, 5.0], [1.0, 0.0]]
    """
    stages = stages_of(states)
    part = (np.array([stages.index(stage_of(state)) for state in states]) == np.arange(len(stages))[:, None]) * 1.0
    return np.asarray(part @ flows @ part.T, np.float64)


def moves_of(summary: Mapping[str, Any], difference: str) -> Sequence[Mapping[str, Any]]:
    """Return the moves between stages that changed, of a `summary.json`: by state where there are no parts of stages.

    Parameters
    ----------
    summary : mapping
        Content of `summary.json`.
    difference : str
        Such as ``proactive - classic``.

    Returns
    -------
    sequence of mapping
        ``from``, ``to``, ``mean``, and ``ci_low`` and ``ci_high`` as of `with_width`; the largest change first.
    """
    return [with_width(entry) for entry in summary.get("moves", summary["flows"])[difference]]


def move_in_words(source: str, target: str) -> str:
    """Write a step from one stage to another; names of stages may have a *to* of their own.

    Examples
    --------
    >>> move_in_words("add_to_cart", "cart")
    'add to cart → cart'
    """
    return f"{in_words(source)} → {in_words(target)}"


def with_width(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a difference of counts, without its interval where this has no width.

    Replicates that happen to count the same, of few customers, say nothing of how far others would be.

    Examples
    --------
    >>> with_width({"mean": 2.0, "ci_low": 2.0, "ci_high": 2.0})
    {'mean': 2.0, 'ci_low': None, 'ci_high': None}
    """
    return entry if entry["ci_low"] != entry["ci_high"] else {**entry, "ci_low": None, "ci_high": None}
