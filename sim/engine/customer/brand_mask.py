"""Sets of brands as bits of one number."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.compiled import Int, rule

__all__ = ["bit_of", "count_brands", "has"]


@rule
def bit_of(brand: Int) -> Any:
    """Mask of one brand."""
    return np.uint64(1) << np.uint64(brand)


@rule
def has(mask: Any, brand: Int) -> bool:
    """Whether a brand, if it is one, is in a mask."""
    return ((np.uint64(mask) >> (np.uint64(brand) & np.uint64(63))) & np.uint64(1)) != np.uint64(0)


@rule
def count_brands(mask: Any) -> Int:
    """Number of brands in a mask: sums of neighbouring bits, of pairs, of fours ..."""
    pairs = mask - ((mask >> np.uint64(1)) & np.uint64(0x5555555555555555))
    fours = (pairs & np.uint64(0x3333333333333333)) + ((pairs >> np.uint64(2)) & np.uint64(0x3333333333333333))
    eights = (fours + (fours >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    # The product adds up all eight bytes in the highest; written so, it becomes one instruction.
    return np.int64((eights * np.uint64(0x0101010101010101)) >> np.uint64(56))
