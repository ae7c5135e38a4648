"""Luck: every draw is a pure function of (seed, replicate, customer, purpose, week or occasion, index).

Philox4x32-10, a counter-based generator (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").
Counter words: customer id, period, purpose + 256 x index, 0. Key words: seed, replicate. There is no state.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from agents.compiled import Int, rule, typed_rule
from agents.kernel import kernel
from agents.rules.numerics import uniform

__all__ = ["NOBODY", "Words", "block", "blocks", "contact_bits", "philox", "sixteen_bits", "uniform_draw"]

Words: TypeAlias = tuple[np.uint64, np.uint64, np.uint64, np.uint64]

#: Stands for the customer in draws that belong to the market (experiments).
NOBODY = 0xFFFFFFFF

_M0 = np.uint64(0xD2511F53)
_M1 = np.uint64(0xCD9E8D57)
_W0 = np.uint64(0x9E3779B9)
_W1 = np.uint64(0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)


@rule
def philox(
    c0: np.uint64, c1: np.uint64, c2: np.uint64, c3: np.uint64, k0: np.uint64, k1: np.uint64, rounds: Int
) -> Words:
    """Philox4x32 block cipher (Salmon et al. 2011).

    Parameters
    ----------
    c0, c1, c2, c3 : uint64
        Counter words, each below 2**32.
    k0, k1 : uint64
        Key words, each below 2**32.
    rounds : int
        10 is the published choice.

    Returns
    -------
    tuple of uint64
        Four words below 2**32.

    Examples
    --------
    The known answer of the reference implementation for a counter and a key of zeros.

    >>> zero = np.uint64(0)
    >>> [hex(word) for word in philox(zero, zero, zero, zero, zero, zero, 10)]
    ['0x6627e8d5', '0xe169c58d', '0xbc57ac4c', '0x9b00dbd8']
    """
    for _ in range(rounds):
        p0 = _M0 * c0
        p1 = _M1 * c2
        c0 = (p1 >> _32) ^ c1 ^ k0
        c1 = p1 & _LOW
        c2 = (p0 >> _32) ^ c3 ^ k1
        c3 = p0 & _LOW
        k0 = (k0 + _W0) & _LOW
        k1 = (k1 + _W1) & _LOW
    return c0, c1, c2, c3


@rule
def block(seed: Int, replicate: Int, customer_id: Int, purpose: Int, period: Int, index: Int) -> Words:
    """Four random 32-bit words for one customer, purpose, period and index.

    Parameters
    ----------
    seed, replicate, customer_id, period : int
        Each in [0, 2**32); the period is a week, an occasion, a window or a cycle (:class:`agents.purposes.Purpose`).
    purpose : int
        An :class:`agents.purposes.Purpose`.
    index : int
        Stage, brand or group of four brands, in [0, 2**24).

    Returns
    -------
    tuple of uint64
        Four words below 2**32.
    """
    return philox(
        np.uint64(customer_id),
        np.uint64(period),
        np.uint64(purpose + 256 * index),
        np.uint64(0),
        np.uint64(seed),
        np.uint64(replicate),
        10,
    )


@typed_rule
def uniform_draw(
    seed: Int, replicate: Int, customer_id: Int, purpose: Int, period: Int, index: Int, which: Int
) -> float:
    """Uniform number out of one word of a customer's block.

    Parameters
    ----------
    seed, replicate, customer_id, purpose, period, index : int
        As in :func:`block`.
    which : int
        Word of the block, 0 to 3.

    Returns
    -------
    float
        In the open interval (0, 1).

    Examples
    --------
    >>> uniform_draw(1, 0, 5, 2, 7, 3, 1) == uniform(int(block(1, 0, 5, 2, 7, 3)[1]))
    True
    """
    return uniform(np.int64(block(seed, replicate, customer_id, purpose, period, index)[which]))


@kernel(customer_id=("uint32", 1), period=("uint32", 1), words=("uint32", 2))
def blocks(
    seed: Int,
    replicate: Int,
    customer_id: NDArray[np.uint32],
    purpose: Int,
    period: NDArray[np.uint32],
    index: Int,
    count: Int,
    words: NDArray[np.uint32],
    row: Int,
) -> None:
    """Random words of ``count`` customers, each for its own period, eight customers at once in a vector.

    Parameters
    ----------
    seed, replicate, purpose, index : int
        As in :func:`block`.
    customer_id, period : uint32 (LANES,)
        Ids and periods of the customers; lanes up to the next multiple of eight behind ``count`` are filled too.
    count : int
        Customers.
    words : uint32 (rows, LANES)
        Filled: the four words of a block go to rows ``row`` to ``row + 3``.
    row : int
        First row.
    """
    first, second, third, fourth = words[row], words[row + 1], words[row + 2], words[row + 3]
    for lane in range((count + 7) & -8):
        a, b, c, d = philox(
            np.uint64(customer_id[lane]),
            np.uint64(period[lane]),
            np.uint64(purpose + 256 * index),
            np.uint64(0),
            np.uint64(seed),
            np.uint64(replicate),
            10,
        )
        first[lane] = a
        second[lane] = b
        third[lane] = c
        fourth[lane] = d


@rule
def sixteen_bits(words: Words, week: Int) -> Int:
    """Return the 16 bits of a week out of the block of its window of eight weeks."""
    slot = week & 7
    if slot < 2:
        word = words[0]
    elif slot < 4:
        word = words[1]
    elif slot < 6:
        word = words[2]
    else:
        word = words[3]
    return (np.int64(word) >> (16 * (slot & 1))) & 0xFFFF


@typed_rule
def contact_bits(seed: Int, replicate: Int, customer_id: Int, purpose: Int, week: Int, brand: Int) -> Int:
    """Return the 16 bits that say whether a week brings a customer a contact of a brand.

    Parameters
    ----------
    seed, replicate, customer_id, purpose : int
        As in :func:`block`.
    week : int
        Week, >= 0.
    brand : int
        Id of the brand.

    Returns
    -------
    int
        0 to 65,535.

    Examples
    --------
    >>> contact_bits(1, 0, 5, 2, 7, 3) == sixteen_bits(block(1, 0, 5, 2, 0, 3), 7)
    True
    """
    return sixteen_bits(block(seed, replicate, customer_id, purpose, week >> 3, brand), week)
