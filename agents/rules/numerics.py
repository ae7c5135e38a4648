"""Exponential, logarithm, normal quantile: written out, so that compiled and interpreted code give the same bits."""

import math

import numpy as np

from agents.compiled import Int, rule

__all__ = ["decode_unit", "encode_unit", "exp", "gumbel", "log", "normal_quantile", "uniform"]

_LOG2E = 1.4426950408889634
_LN2_HIGH = 6.93147180369123816490e-01
_LN2_LOW = 1.90821492927058770002e-10
_SQRT_HALF = 0.7071067811865476
_MANTISSA = np.int64(0x000FFFFFFFFFFFFF)
_ONE_BITS = np.int64(0x3FF0000000000000)
_UNIT = 65535.0
_PER_UNIT = 1.0 / 65535.0


@rule
def exp(x: float) -> float:
    """Exponential of ``x``, clipped to [-700, 700]; relative error below 1e-14.

    Cody and Waite (1980) range reduction, then a Taylor polynomial of degree 11 on [-ln2/2, ln2/2].
    """
    x = min(max(x, -700.0), 700.0)
    k = np.floor(x * _LOG2E + 0.5)
    r = (x - k * _LN2_HIGH) - k * _LN2_LOW
    # Estrin's scheme: pairs, then pairs of pairs, so that nothing waits for a long chain of products.
    r2 = r * r
    r4 = r2 * r2
    low = (1.0 + r) + r2 * (0.5 + r * (1.0 / 6.0))
    middle = (1.0 / 24.0 + r * (1.0 / 120.0)) + r2 * (1.0 / 720.0 + r * (1.0 / 5040.0))
    high = (1.0 / 40320.0 + r * (1.0 / 362880.0)) + r2 * (1.0 / 3628800.0 + r * (1.0 / 39916800.0))
    p = low + r4 * (middle + r4 * high)
    return p * np.int64((np.int64(k) + 1023) << 52).view(np.float64)


@rule
def log(x: float) -> float:
    """Natural logarithm of a positive normal ``x``; absolute error below 1e-14 near 1, relative elsewhere.

    log m = 2 artanh((m - 1) / (m + 1)) for a mantissa m in [sqrt(1/2), sqrt(2)).
    """
    bits = np.float64(x).view(np.int64)
    exponent = np.float64((bits >> 52) - 1023)
    m = np.int64((bits & _MANTISSA) | _ONE_BITS).view(np.float64)
    high = m > 2.0 * _SQRT_HALF
    m = m * 0.5 if high else m
    exponent = exponent + 1.0 if high else exponent
    f = (m - 1.0) / (m + 1.0)
    g = f * f
    g2 = g * g
    g4 = g2 * g2
    low = (1.0 + g * (1.0 / 3.0)) + g2 * (1.0 / 5.0 + g * (1.0 / 7.0))
    middle = (1.0 / 9.0 + g * (1.0 / 11.0)) + g2 * (1.0 / 13.0 + g * (1.0 / 15.0))
    last = (1.0 / 17.0 + g * (1.0 / 19.0)) + g2 * (1.0 / 21.0)
    p = low + g4 * (middle + g4 * last)
    return exponent * _LN2_HIGH + (exponent * _LN2_LOW + 2.0 * f * p)


@rule
def uniform(word: Int) -> float:
    """Uniform in the open interval (0, 1) out of a 32-bit word."""
    return (np.float64(word) + 0.5) * 2.3283064365386963e-10


@rule
def gumbel(u: float) -> float:
    """Standard Gumbel variate of a uniform ``u`` in (0, 1)."""
    return -log(-log(u))


@rule
def normal_quantile(u: float) -> float:
    """Standard normal quantile of ``u`` in [1e-10, 1 - 1e-10], as :func:`uniform` gives it; relative error about 1e-7.

    Wichura (1988), Applied Statistics 37, algorithm AS 241, PPND7, without its third piece, which is for smaller ``u``.
    Both pieces are worked out and one is kept, so that loops over it become vector instructions.
    """
    q = u - 0.5
    r = 0.180625 - q * q
    middle = (
        q
        * (((59.109374720 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179)
        / (((67.187563600 * r + 78.757757664) * r + 17.895169469) * r + 1.0)
    )
    r = math.sqrt(-log(u if q < 0.0 else 1.0 - u)) - 1.6
    tail = (((0.17023821103 * r + 1.3067284816) * r + 2.7568153900) * r + 1.4234372777) / (
        (0.12021132975 * r + 0.73700164250) * r + 1.0
    )
    tail = -tail if q < 0.0 else tail
    return middle if abs(q) <= 0.425 else tail


@rule
def encode_unit(x: float) -> Int:
    """Nearest stored code, 0 to 65535, of a number that is clipped to [0, 1]."""
    return np.int64(min(max(x, 0.0), 1.0) * _UNIT + 0.5)


@rule
def decode_unit(code: Int) -> float:
    """Number in [0, 1] behind a stored code."""
    return np.float64(code) * _PER_UNIT
