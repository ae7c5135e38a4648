"""Laid out: what was made of parts of a scenario, kept as long as it is used."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

__all__ = ["LaidOut"]

Made = TypeVar("Made")


class LaidOut(Generic[Made]):
    """Things by the parts that they were made of; the least recently used ones are dropped.

    Parts of a scenario are never changed in place, and are held as long as what was made of them: so the same object
    is the same content, which would take longer to compare than most things take to make.

    Parameters
    ----------
    limit : int
        How many are kept.

    Examples
    --------
    >>> kept, part = LaidOut(2), ["a part"]
    >>> kept.find((part,), 3, lambda: part * 3) is kept.find((part,), 3, lambda: part * 3)
    True
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._found: OrderedDict[Hashable, tuple[Made, tuple[object, ...]]] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, parts: tuple[object, ...], values: Hashable, make: Callable[[], Made]) -> Made:
        """Return what was made of the same parts and equal values, or make it.

        Parameters
        ----------
        parts : tuple
            Objects that are never changed.
        values : hashable
            What else it depends on.
        make : callable
            Makes it.

        Returns
        -------
        object
            Shared: not to be changed.
        """
        key = (tuple(map(id, parts)), values)
        # Made under the lock: threads that want the same at the same time would otherwise each make it.
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key][0]
            made = make()
            self._found[key] = (made, parts)
            while len(self._found) > self.limit:
                self._found.popitem(last=False)
        return made
