"""Memory: arrays aligned to cache lines, and memory of runs that ended, which the next ones use again."""

import threading
from collections.abc import Callable, Hashable, Sequence
from functools import lru_cache
from math import prod
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

__all__ = ["LINE", "Freed", "aligned_zeros", "as_records"]

Memory = TypeVar("Memory")

#: 64-bit words of a pair of cache lines: processors prefetch lines in pairs.
LINE = 16
_BYTES = 8 * LINE


def aligned_zeros(shape: int | Sequence[int], dtype: DTypeLike) -> NDArray[Any]:
    """Return an array of zeros that begins on a cache line and shares none with any other array.

    This prevents false sharing: threads that write to one cache line invalidate it for each other at every write.

    Examples
    --------
    >>> columns = aligned_zeros((3, 5), np.float64)
    >>> columns.shape, columns.ctypes.data % 128
    ((3, 5), 0)
    """
    kind = np.dtype(dtype)
    size = (prod(shape) if isinstance(shape, Sequence) else int(shape)) * kind.itemsize
    room = np.zeros(size + 2 * _BYTES, np.uint8)
    start = -room.__array_interface__["data"][0] % _BYTES
    return np.ndarray(shape, kind, room, start)


def as_records(array: NDArray[Any]) -> np.recarray[Any, Any]:
    """Return an array of structures as one whose fields are attributes, as ``array.view(np.recarray)`` is.

    Its type is the same object for every array of such structures: to tell whether two are equal, and which compiled
    code is for them, would otherwise take as long as a week of a small population.

    Examples
    --------
    >>> kind = np.dtype([("weeks", np.int64), ("share", np.float64)])
    >>> one, other = as_records(np.zeros(3, kind)), as_records(np.ones(2, kind))
    >>> other.share.tolist(), one.dtype is other.dtype, one.dtype == np.zeros(3, kind).view(np.recarray).dtype
    ([1.0, 1.0], True, True)
    """
    return array.view(_of_records(array.dtype)).view(np.recarray)


@lru_cache(maxsize=256)
def _of_records(kind: np.dtype[Any]) -> np.dtype[Any]:
    return np.dtype((np.record, kind))


class Freed(Generic[Memory]):
    """Memory that was freed, latest last, for those who want the same shape.

    Parameters
    ----------
    most : int
        How much is kept; of more the oldest is let go.
    size : callable, optional
        How much one is; 1 each by default.

    Examples
    --------
    >>> freed = Freed(2)
    >>> for name in "abc":
    ...     freed.leave((3, 4), name)
    >>> freed.take((9, 9)), freed.take((3, 4)), freed.take((3, 4)), freed.take((3, 4))
    (None, 'c', 'b', None)
    """

    def __init__(self, most: int, size: Callable[[Memory], int] = lambda _: 1) -> None:
        self._most, self._size = most, size
        self._left: list[tuple[Hashable, Memory]] = []
        self._lock = threading.Lock()

    def take(self, shape: Hashable) -> Memory | None:
        """Return the latest of a shape, with whatever stands there, or None; it is the caller's then."""
        with self._lock:
            for index in reversed(range(len(self._left))):
                if self._left[index][0] == shape:
                    return self._left.pop(index)[1]
        return None

    def leave(self, shape: Hashable, memory: Memory) -> None:
        """Leave memory to the next one; nothing else may refer to it any more."""
        with self._lock:
            self._left.append((shape, memory))
            while sum(self._size(left) for _, left in self._left) > self._most:
                self._left.pop(0)
