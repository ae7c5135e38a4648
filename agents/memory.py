"""Memory: arrays aligned to cache lines."""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

__all__ = ["LINE", "aligned_zeros"]

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
    start = -room.ctypes.data % _BYTES
    return room[start : start + size].view(kind).reshape(shape)
