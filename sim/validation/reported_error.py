"""Reported error: how sure an experiment's own paper or sheet is of its effect, from the words of a cell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import log
from statistics import NormalDist

from sim.data.amounts import read_number
from sim.data.figures import UNSIGNED, plain_text

__all__ = ["NOT_SIGNIFICANT", "read_error"]

#: Words for an effect that may be chance.
NOT_SIGNIFICANT = re.compile(
    r"\bnot (?:statistically )?significant|\bn\.? ?s\.?(?:$|\W)|\binsignificant|nicht signifikant|no significativ"
    r"|non signific|non significativ|ei merkitsev",
    re.IGNORECASE,
)
_SIGNED = rf"[-+]?{UNSIGNED}"
_CALLED = r"(?:ci|c\.i\.|ki|k\.i\.|ic|i\.c\.|confidence interval|interval|konfidenzintervall|intervalle?o?)"
_LEVEL = rf"(?:(?P<level>\d{{2}}(?:[.,]\d)?)\s*-?\s*%\s*-?\s*{_CALLED}?|{_CALLED}\s*(?:\(?(?P<behind>\d{{2}})\s*%\)?)?)"
_INTERVAL = re.compile(
    rf"(?:{_LEVEL}\s*[:=]?\s*)?[\[(]?\s*(?P<low>{_SIGNED})\s*(?P<first>%?)\s*(?P<between>;|,\s|\bto\b|\bbis\b|\ba\b|\bà\b"
    rf"|\.\.|-|\band\b|\bund\b)\s*(?P<high>[-+]?{UNSIGNED})\s*(?P<second>%?)\s*[\])]?\.?",
    re.IGNORECASE,
)
_P = re.compile(rf"p(?:[- ]?(?:value|wert))?\s*(?P<than>[<>=≤≥]|<=|>=|:)?\s*(?P<p>{UNSIGNED})", re.IGNORECASE)
_SE = re.compile(
    r"(?:s\.?e\.?m?\.?|std\.? ?err(?:or)?\.?|standard error|standardfehler|±|\+/-)\s*(?:of the effect)?\s*[=:]?\s*"
    rf"(?P<se>{UNSIGNED})\s*(?P<unit>%|p\.?p\.?|points?|%-?punkte?|prozentpunkte?)?",
    re.IGNORECASE,
)
#: Spreads of single customers, and tests without what they are of.
_OTHER = re.compile(
    r"\b(?:s\.?d\.?|std\.? ?dev\w*|standard deviation|standardabweichung|variance|var|varianz|[tz] ?=|chi)\b",
    re.IGNORECASE,
)
_REMEDY = "give the 95 % interval of the effect, such as 95 % CI +3 % to +21 %, or its p-value, such as p = 0.03"
_USUAL, _MIN_LEVEL, _WHOLE = 95.0, 50.0, 100.0
#: Readings of an interval that differ by less are one.
_ALIKE = 1.25
#: Half widths by which an estimate may lie beside the middle of its interval.
_BESIDE = 0.5


def read_error(
    cell: str, effect: float, control: float | None, percent: bool, decimal: str
) -> tuple[float, tuple[float, float] | None] | None:
    """Return the standard error of log(1 + effect) that a cell reports, None where it reports none.

    Parameters
    ----------
    cell : str
        An interval, a standard error or a p-value, in words; other remarks say nothing.
    effect : float
        Relative to control, above -1: 0.1 is 10 % more.
    control : float or None
        Level of the control group, None where it is not known.
    percent : bool
        Whether levels are percentages of customers, so that a standard error may be of points.
    decimal : {'.', ','}

    Returns
    -------
    tuple or None
        The error, above 0, and the ends of the 95 % interval of the effect where these are reported.

    Raises
    ------
    ValueError
        If it says an error that cannot be read, or can be meant otherwise; says what to do.

    Examples
    --------
    >>> [round(read_error(cell, 0.12, 10.0, True, ".")[0], 3) for cell in ("95 % CI +3 % to +21 %", "p = 0.03")]
    [0.041, 0.052]
    >>> read_error("not in the abstract", 0.12, 10.0, True, ".") is None
    True
    """
    text = plain_text(cell)
    found = _INTERVAL.fullmatch(text)
    if found:
        return _of_interval(found, effect, control, percent, decimal)
    if found := _P.fullmatch(text):
        chance = read_number(found["p"], decimal)
        chance = read_number(found["p"], ".") if chance is None else chance
        if chance is None or not 0.0 <= chance < 1.0:
            raise ValueError(f"is no p-value; {_REMEDY}")
        if effect == 0.0 or (found["than"] or "=") in (">", ">=", "≥") or chance == 0.0:
            return None
        return abs(log(1.0 + effect)) / NormalDist().inv_cdf(1.0 - chance / 2.0), None
    if found := _SE.fullmatch(text):
        return _of_standard_error(found, effect, control, percent, decimal), None
    if re.search(r"\d", text) and (
        _OTHER.search(text) or re.search(rf"\b{_CALLED}\b|\bs\.?e\.?\b|\bp\s*[<=>]|±", text, re.IGNORECASE)
    ):
        raise ValueError(f"cannot be read as the error of the effect; {_REMEDY}")
    return None


def _of_interval(
    found: re.Match[str], effect: float, control: float | None, percent: bool, decimal: str
) -> tuple[float, tuple[float, float] | None] | None:
    ends = [read_number(found[end], decimal) for end in ("low", "high")]
    if None in ends:
        raise ValueError(f"has numbers that differ in their decimal sign from the others'; {_REMEDY}")
    low, high = (float(end) for end in ends if end is not None)
    level = read_number(found["level"] or found["behind"] or "95", decimal) or 0.0
    if not _MIN_LEVEL <= level < _WHOLE:
        raise ValueError(f"is an interval of {level:g} %; {_REMEDY}")
    told = found["level"] or found["behind"] or "[" in found[0] or re.match(_CALLED, found[0], re.IGNORECASE)
    signed = found["low"][0] in "+-" or found["high"][0] in "+-"
    marked = "%" in found["first"] + found["second"]
    times = NormalDist().inv_cdf(0.5 + level / 200.0)
    fitting: list[tuple[float, tuple[float, float]]] = []
    for first, last in _meanings(low, high, control, signed, marked, percent):
        if -1.0 < first < last:
            start, end, at = log(1.0 + first), log(1.0 + last), log(1.0 + effect)
            if abs(at - (start + end) / 2.0) <= _BESIDE * (end - start) / 2.0:
                fitting.append(((end - start) / 2.0 / times, (first, last)))
    if not fitting and not told:
        return None  # a remark such as '18-25 %', of something else
    if not fitting:
        raise ValueError(f"is an interval in which the effect of {100.0 * effect:+.3g} % does not lie; {_REMEDY}")
    widest = max(fitting)
    if widest[0] > _ALIKE * min(fitting)[0]:
        raise ValueError(f"can be the interval of the effect or of a level; {_REMEDY}")
    return widest[0], widest[1] if level == _USUAL else None


def _meanings(
    low: float, high: float, control: float | None, signed: bool, marked: bool, percent: bool
) -> Iterator[tuple[float, float]]:
    """Yield what the ends of an interval may be, as relative effects."""
    yield low / 100.0, high / 100.0
    if not marked:
        yield low, high
    if signed:
        return
    if not marked:
        yield low - 1.0, high - 1.0
    if control is not None and control > 0.0 and (percent or not marked):
        yield low / control - 1.0, high / control - 1.0


def _of_standard_error(
    found: re.Match[str], effect: float, control: float | None, percent: bool, decimal: str
) -> float:
    size = read_number(found["se"], decimal)
    if size is None or size <= 0.0:
        raise ValueError(f"is no standard error; {_REMEDY}")
    unit = (found["unit"] or "").lower()
    if unit not in ("", "%"):
        if control is None or control <= 0.0:
            raise ValueError(f"is a standard error in points without a level of control; {_REMEDY}")
        return size / control / (1.0 + effect)
    if percent:
        raise ValueError(f"can be points or a share of the effect; write SE 0.4 points, or {_REMEDY}")
    if control not in (None, 1.0) and not unit:
        raise ValueError(f"can be of the effect or of a level; {_REMEDY}")
    return (size / 100.0 if unit else size) / (1.0 + effect)
