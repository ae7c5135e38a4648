"""Heap: memory that was used and is free again, given back to the system."""

from __future__ import annotations

import ctypes
import gc
import sys

__all__ = ["give_back", "settle"]


def settle() -> None:
    """Leave what a process has loaded out of every later search for garbage.

    A search through all modules takes tens of milliseconds, in the middle of a move; none of them is ever garbage.
    """
    gc.collect()
    gc.freeze()


def give_back() -> bool:
    """Give freed memory back to the system, where its allocator can be asked to (`malloc_trim` of glibc).

    What many threads allocate and free leaves holes, which the allocator keeps: hundreds of megabytes after a day.

    Returns
    -------
    bool
        Whether anything was given back.

    Examples
    --------
    >>> give_back() in (True, False)
    True
    """
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    return trim is not None and bool(trim(0))
