"""What the engine asks of the machine beside arithmetic: memory ahead of time, and other threads.

Each of the functions is written twice: here for the interpreter, and in :mod:`sim.engine.machine` for the machine.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.compiled import Int

__all__ = ["VECTOR_WIDTH", "prefetch_l1", "compress_all", "release", "prefetch_l2", "acquire"]

#: Neighbours that :func:`compress_all` looks at together with AVX-512.
VECTOR_WIDTH = 16


def prefetch_l2(records: Any, index: Int) -> None:
    """Ask memory for a record that will be wanted soon, and go on: changes nothing but when it is there."""


def prefetch_l1(records: Any, index: Int) -> None:
    """Ask for a record that is wanted next, into the inner cache, and go on."""


def compress_all(
    kept: NDArray[np.uint32], count: Int, numbers: NDArray[np.uint32], chosen: NDArray[np.uint8], size: Int
) -> Int:
    """Append to ``kept``, behind its first ``count``, the chosen ones of the first ``size`` numbers.

    Parameters
    ----------
    kept : uint32 (n,)
        With room for 16 numbers behind the last one kept; what stands there is undefined. It may be ``numbers`` itself.
    count : int
        How many are there.
    numbers : uint32 (m,)
    chosen : uint8 (m,)
        Chosen unless 0. There is memory up to a multiple of 64; what stands there behind ``size`` is undefined.
    size : int
        Numbers to look at.

    Returns
    -------
    int
        How many are there now.
    """
    for index in range(size):
        if chosen[index] != 0:
            kept[count] = numbers[index]
            count += 1
    return count


def release(board: NDArray[np.int64], index: Int, value: Int) -> None:
    """Write a number for other threads to see, after everything that was written before it.

    Parameters
    ----------
    board : int64 (n,)
        Numbers that threads show each other.
    index : int
        Index in the array.
    value : int
        The number.
    """
    board[index] = value


def acquire(board: NDArray[np.int64], index: Int, value: Int) -> None:
    """Wait until another thread has released ``value`` or more; spins, for it will not be long.

    Parameters
    ----------
    board : int64 (n,)
        Numbers that threads show each other.
    index : int
        Index in the array.
    value : int
        Least number to wait for.
    """
    while board[index] < value:
        time.sleep(0.0)
