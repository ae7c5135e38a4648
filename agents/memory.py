"""Memory: arrays on lines of the cache of their own."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

__all__ = ["LINE", "aligned_zeros"]

#: 64-bit words of a line of the cache; processors fetch lines in pairs.
LINE = 16
_BYTES = 8 * LINE


def aligned_zeros(shape: int | Sequence[int], dtype: DTypeLike) -> NDArray[Any]:
    """Return zeros that begin on a line of the cache and share none with any other array.

    Two threads that write to neighbours on one line take it from each other at every write.
    """
    kind = np.dtype(dtype)
    size = int(np.prod(shape, dtype=np.int64)) * kind.itemsize
    room = np.zeros(size + 2 * _BYTES, np.uint8)
    start = -room.ctypes.data % _BYTES
    return room[start : start + size].view(kind).reshape(shape)
