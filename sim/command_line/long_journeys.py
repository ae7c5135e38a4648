"""Set aside: what is long in a journey, and no word changes, while Hydra composes.

Hydra makes a node of every value, and copies all nodes several times. A journey found in a log has thousands of edges
with fifty thousand numbers, by time in a stage and by visit: while it is composed a word stands for its edges.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

__all__ = ["composing", "put_back", "set_aside"]

#: The key of what is set aside, and how many edges are composed as they are.
_KEY, _MOST = "edges", 200
#: A word that no file holds: YAML has no such sign.
_WORD = "\0set aside "

_aside: ContextVar[list[Any] | None] = ContextVar("set_aside", default=None)


@contextmanager
def composing(words: Sequence[str]) -> Iterator[None]:
    """Set edges aside in the block, unless one of the words of the command line may change some.

    Parameters
    ----------
    words : sequence of str
        Overrides. What they compose is put together again in the block, by :func:`put_back`.
    """
    token = _aside.set(None if any(_KEY in word for word in words) else [])
    try:
        yield
    finally:
        _aside.reset(token)


def set_aside(data: Any) -> Any:
    """Return plain data with a word in place of the edges of a long journey; outside of `composing` as they are.

    Parameters
    ----------
    data : mapping, list or value

    Returns
    -------
    mapping, list or value

    Examples
    --------
    >>> journey = {"name": "long", "edges": [{"from": "a", "to": "b"}] * 500}
    >>> with composing(["replicates=2"]):
    ...     short = set_aside(journey)
    ...     again = put_back(short)
    >>> len(short["edges"]), again == journey, set_aside(journey) is journey
    (12, True, True)
    """
    aside = _aside.get()
    return data if aside is None else _shortened(data, aside)


def put_back(data: Any) -> Any:
    """Return plain data with what :func:`set_aside` took out.

    Parameters
    ----------
    data : mapping, list or value

    Returns
    -------
    mapping, list or value
    """
    aside = _aside.get()
    return _whole(data, aside) if aside else data


def _shortened(data: Any, aside: list[Any]) -> Any:
    if not isinstance(data, Mapping):
        return data
    out = {}
    for key, value in data.items():
        if key == _KEY and isinstance(value, Mapping | list) and len(value) > _MOST:
            out[key] = f"{_WORD}{len(aside)}"
            aside.append(value)
        else:
            out[key] = _shortened(value, aside)
    return out


def _whole(data: Any, aside: list[Any]) -> Any:
    if isinstance(data, Mapping):
        return {key: _whole(value, aside) for key, value in data.items()}
    return aside[int(data[len(_WORD) :])] if isinstance(data, str) and data.startswith(_WORD) else data
