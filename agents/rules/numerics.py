"""Exponential, logarithm, normal quantile: written out, so that compiled and interpreted code give the same bits."""

import math

import numpy as np

from agents.compiled import Int, rule

__all__ = ["decode_unit", "encode_unit", "exp", "gumbel", "log", "nearest_unit", "normal_quantile", "uniform"]

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
    """Exponential of ``x``.

    Cody and Waite (1980) range reduction, then a Taylor polynomial of degree 11 on [-ln2/2, ln2/2].

    Parameters
    ----------
    x : float
        Any number; clipped to [-700, 700].

    Returns
    -------
    float
        exp(x), with a relative error below 1e-14.

    Examples
    --------
    >>> print(exp(0.0), round(exp(1.0), 12))
    1.0 2.718281828459
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
    # By 32 bits: without AVX-512 no instruction turns a vector of numbers into whole ones of 64.
    return p * np.int64((np.int64(np.int32(k)) + 1023) << 52).view(np.float64)


@rule
def log(x: float) -> float:
    """Natural logarithm of ``x``.

    log m = 2 artanh((m - 1) / (m + 1)) for a mantissa m in [sqrt(1/2), sqrt(2)), by its series to the 21st power.

    Parameters
    ----------
    x : float
        Positive normal number (2.3e-308 or more).

    Returns
    -------
    float
        log(x), with an absolute error below 1e-14 near 1 and a relative one elsewhere.

    Examples
    --------
    >>> print(log(1.0), round(log(10.0), 12))
    0.0 2.302585092994
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
    """Uniform number out of a random word: (word + 1/2) / 2**32.

    Parameters
    ----------
    word : int
        Random word, 0 to 2**32 - 1.

    Returns
    -------
    float
        In the open interval (0, 1).

    Examples
    --------
    >>> print(uniform(2**31))
    0.5000000001164153
    """
    return (np.float64(word) + 0.5) * 2.3283064365386963e-10


@rule
def gumbel(u: float) -> float:
    """Standard Gumbel variate by inverse transform: -log(-log(u)).

    Parameters
    ----------
    u : float
        Uniform draw in (0, 1).

    Returns
    -------
    float
        Variate with mean 0.5772 (Euler's constant) and variance pi**2 / 6.

    Examples
    --------
    >>> print(round(gumbel(0.5), 4))
    0.3665
    """
    return -log(-log(u))


@rule
def normal_quantile(u: float) -> float:
    """Standard normal quantile.

    Wichura (1988), Applied Statistics 37, algorithm AS 241, PPND7, without its third piece, which is for smaller ``u``.
    Both pieces are computed and one is kept, so that loops over it become vector instructions.

    Parameters
    ----------
    u : float
        Probability in [1e-10, 1 - 1e-10]; draws of :func:`uniform` are.

    Returns
    -------
    float
        Quantile, with a relative error of about 1e-7.

    Examples
    --------
    >>> print(normal_quantile(0.5), round(normal_quantile(0.975), 4))
    0.0 1.96
    """
    q = u - 0.5
    r = 0.180625 - q * q
    middle = q * (((59.109374720 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179)
    by_middle = ((67.187563600 * r + 78.757757664) * r + 17.895169469) * r + 1.0
    r = math.sqrt(-log(u if q < 0.0 else 1.0 - u)) - 1.6
    tail = ((0.17023821103 * r + 1.3067284816) * r + 2.7568153900) * r + 1.4234372777
    by_tail = (0.12021132975 * r + 0.73700164250) * r + 1.0
    tail = -tail if q < 0.0 else tail
    is_middle = abs(q) <= 0.425
    # One division, the dearest instruction here, for both.
    return (middle if is_middle else tail) / (by_middle if is_middle else by_tail)


@rule
def encode_unit(x: float) -> Int:
    """Nearest stored code of a number in [0, 1].

    Parameters
    ----------
    x : float
        Any number; clipped to [0, 1].

    Returns
    -------
    int
        Code, 0 to 65,535.

    Examples
    --------
    >>> print(encode_unit(0.5), encode_unit(-3.0), encode_unit(7.0))
    32768 0 65535
    """
    return np.int64(min(max(x, 0.0), 1.0) * _UNIT + 0.5)


@rule
def decode_unit(code: Int) -> float:
    """Number behind a stored code.

    Parameters
    ----------
    code : int
        Code, 0 to 65,535.

    Returns
    -------
    float
        In [0, 1].

    Examples
    --------
    >>> print(decode_unit(0), decode_unit(65535), encode_unit(decode_unit(1234)))
    0.0 1.0 1234
    """
    return np.float64(code) * _PER_UNIT


@rule
def nearest_unit(x: float) -> float:
    """Round a number in [0, 1] to the nearest that has a stored code.

    Parameters
    ----------
    x : float
        Any number; clipped to [0, 1].

    Returns
    -------
    float
        In [0, 1].

    Examples
    --------
    >>> print(nearest_unit(0.0), nearest_unit(1.0), nearest_unit(nearest_unit(0.3)) == nearest_unit(0.3))
    0.0 1.0 True
    """
    return decode_unit(encode_unit(x))
