"""Figures: numbers among words, such as 'about +12.5 %' or '0.68 (4 e-mails); 0.84 (10)', each part read as a whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sim.data.amounts import count_decimal_signs, decide_decimal, read_number
from sim.data.plain_times import plain_word

__all__ = [
    "NUMBER",
    "UNSIGNED",
    "Figure",
    "decimal_signs",
    "is_missing_part",
    "plain_text",
    "read_figures",
    "read_people",
]

#: A number in any notation; blanks part thousands alone.
UNSIGNED = r"(?:\d{1,3}(?:[ '’]\d{3})+(?!\d)(?:[.,]\d+)?|\d[\d.,]*\d|\d|[.,]\d+)(?:[eE][-+]?\d{1,3})?(?!\d)"
#: The same with a sign close before it, and no sign of a word or number before that.
NUMBER = rf"(?<![\w.,])[-+]?{UNSIGNED}"
_DASHES = re.compile(r"[\u2010-\u2015\u2212\ufe63\uff0d]")
_BLANKS = re.compile(r"[\u00a0\u2007-\u2009\u202f]")
_BETWEEN_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
#: 11.2**: marks of significance, and signs of footnotes.
_MARKS = re.compile(r"(?<=[\d%\u2030])\s*(?:\*+|[†‡§¹²³])")
_SPREAD = re.compile(rf"\s*(?:±|\+/-|\+-)\s*{UNSIGNED}\s*%?")
_PERCENT = r"%|\bper ?cent\b|\bpct\b|\bprozent\b|\bprocent\b|\bpour ?cent\b|\bpor ciento\b|\bpor cento\b|\bper cento\b"
_POINTS = (
    r"\bp\.?p\.?t?s?\b|\bpoints?\b|\bpuntos?\b|\bpunti\b|\bpunkten?\b|\bpunkte?\b|prozentpunkte?n?|%-?punkte?"
    r"|prosenttiyks"
)
_TIMES = r"^\s*(?:times|x\b|×|-?fold\b|mal\b|fois\b|veces\b)"
_EACH = (
    r"\b(?:per|in each|each|je|pro|par|por|in every) ?(?:arm|group|cell|variant|gruppe|arm|groupe|grupo|variante)?s?\b"
)
_SCALES = {"k": 1e3, "thousand": 1e3, "tsd": 1e3, "tausend": 1e3, "mille": 1e3, "m": 1e6, "mio": 1e6, "mn": 1e6,
           "million": 1e6, "millions": 1e6, "millionen": 1e6, "millones": 1e6}  # fmt: skip
_ARMS = 2


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, and what stands behind it.

    Attributes
    ----------
    value : float
        Per mille are told in per cent.
    unit : {'', '%', 'points', 'times'}
    """

    value: float
    unit: str = ""


def plain_text(cell: str) -> str:
    """Return a cell with the usual digits, blanks and minus signs, without marks of significance.

    Examples
    --------
    >>> plain_text("\u221212\u00a0%**")
    '-12 %'
    """
    return _MARKS.sub("", _DASHES.sub("-", _BLANKS.sub(" ", plain_word(cell)))).strip()


def decimal_signs(cells: Iterable[str]) -> Sequence[str]:
    """Return the decimal signs that the numbers of cells may have: one, or both where all can be read in two ways.

    Examples
    --------
    >>> decimal_signs(["about 0,5", "+12 %"]), decimal_signs(["6 (digest: 6.4)"]), decimal_signs(["1,120"])
    ([','], ['.'], ['.', ','])
    """
    numbers = [found for cell in cells for found in re.findall(NUMBER, plain_text(cell))]
    decimal = decide_decimal(count_decimal_signs(numbers))
    return [".", ","] if decimal is None else [decimal]


def is_missing_part(part: str) -> bool:
    """Return whether a part of a cell has no digit."""
    return not re.search(r"\d", plain_word(part))


def read_figures(cell: str, decimal: str) -> tuple[Figure, ...]:
    """Return the figure of each part of a cell that has one; remarks in brackets and what is behind ± are passed over.

    Parameters
    ----------
    cell : str
        Parts are parted by semicolons.
    decimal : {'.', ','}

    Returns
    -------
    tuple of Figure

    Raises
    ------
    ValueError
        If a part has several numbers, or one that is none with this decimal sign; says what to do.

    Examples
    --------
    >>> read_figures("0.68 (4 e-mails); about 0.84", "."), read_figures("-12,5 Prozent", ",")
    ((Figure(value=0.68, unit=''), Figure(value=0.84, unit='')), (Figure(value=-12.5, unit='%'),))
    >>> read_figures("11-12", ".")
    Traceback (most recent call last):
    ValueError: has several numbers; write one, and remarks in brackets
    """
    parts = [part for part in cell.split(";") if not is_missing_part(part)]
    return tuple(found for part in parts if (found := _figure(part, decimal)) is not None)


def _figure(part: str, decimal: str) -> Figure | None:
    text = plain_text(part)
    if re.fullmatch(rf"[^\w(]*\(\s*[^\w(]?[-+]?{UNSIGNED}\s*(?:%|‰)?\s*\)[^\w)]*", text):
        raise ValueError(
            "is a number in brackets; write it with its sign, such as -12 %, and remarks alone in brackets"
        )
    text = _SPREAD.sub(" ", _BETWEEN_BRACKETS.sub(" ", text))
    found = list(re.finditer(NUMBER, text))
    if not found:
        if re.search(r"\d", text):
            raise ValueError("has no number that stands by itself; write it as one, such as 12.5")
        return None
    if len(found) > 1:
        raise ValueError("has several numbers; write one, and remarks in brackets")
    value = read_number(found[0][0], decimal)
    if value is None:
        raise ValueError(
            f"has {found[0][0]!r}, which is no number with a decimal {'point' if decimal == '.' else 'comma'} as the"
            " others have it; write all in one way"
        )
    before, behind = text[: found[0].start()], text[found[0].end() :]
    if re.search(_POINTS, behind, re.IGNORECASE):
        return Figure(value, "points")
    if re.search("‰|per ?mille|promille", behind, re.IGNORECASE):
        return Figure(value / 10.0, "%")
    if re.search(_PERCENT, behind, re.IGNORECASE):
        return Figure(value, "%")
    if re.search(_TIMES, behind, re.IGNORECASE) or re.search(r"(?:^|\s)[x×]\s*$", before):
        return Figure(value, "times")
    return Figure(value)


def read_people(cell: str) -> tuple[float, float] | None:
    """Return how many people were in the control and in the treated group of an experiment; None where no number is.

    One number is of both together, half in each: how they were divided is then not said.

    Parameters
    ----------
    cell : str

    Raises
    ------
    ValueError
        If its numbers can be meant otherwise; says what to do.

    Examples
    --------
    >>> read_people("about 65,000 (digest)"), read_people("2.000 je Gruppe"), read_people("366 treated of 2,673")
    ((32500.0, 32500.0), (2000.0, 2000.0), (2307.0, 366.0))
    >>> read_people("1900/2100"), read_people("1.2 million"), read_people("not in the abstract")
    ((1900.0, 2100.0), (600000.0, 600000.0), None)
    """
    text = _BETWEEN_BRACKETS.sub(" ", plain_text(cell))
    numbers = list(re.finditer(NUMBER, text))
    if not numbers:
        return None
    people = [_count(text, number) for number in numbers]
    if len(people) == 1:
        each = people[0] if re.search(_EACH, text, re.IGNORECASE) else people[0] / 2.0
        return each, each
    between = text[numbers[0].end() : numbers[1].start()]
    if len(people) == _ARMS and people[0] == _ARMS and re.fullmatch(r"\s*[x×*]\s*", between):
        return people[1], people[1]
    if len(people) == _ARMS and re.fullmatch(r"\s*treated (?:out )?of( the)?\s*", between) and people[0] < people[1]:
        return people[1] - people[0], people[0]
    if len(people) == _ARMS and re.fullmatch(r"\s*(?:/|\+|and|und|et|y|vs\.?|:)\s*", between):
        return people[0], people[1]
    raise ValueError(
        "has several numbers; write how many took part, such as 4000, or those of control and treated, such as"
        " 1900/2100"
    )


def _count(text: str, number: re.Match[str]) -> float:
    """Return a number of people: whole, so that any sign in it parts thousands, unless a word behind it scales it."""
    word = re.match(r"\s?([^\W\d_]+)", text[number.end() :])
    scale = _SCALES.get(word[1].lower() if word else "", 1.0)
    (decimal, *_) = decimal_signs([number[0]])
    if scale == 1.0 and re.fullmatch(r"\d{1,3}(?:[.,' ’]\d{3})+", number[0]):
        return float(re.sub(r"\D", "", number[0]))
    found = read_number(number[0], decimal)
    if found is None or found <= 0.0 or (scale == 1.0 and found % 1.0):
        raise ValueError("is no number of people; write how many took part, such as 4000")
    return found * scale
