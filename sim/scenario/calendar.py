"""The calendar: what one step of the model is, how steps relate to days and years, and on which day a step begins."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.scenario.errors import ConfigError

__all__ = [
    "DAYS_A_WEEK",
    "STEPS",
    "STEPS_A_YEAR",
    "STEP_SECONDS",
    "WEEKS_A_YEAR",
    "day_beside",
    "day_in_words",
    "read_day",
    "step_date",
    "step_starts",
    "time_unit",
    "with_unit",
]

DAYS_A_WEEK = 7
#: What one step of a scenario may be.
STEPS: tuple[str, ...] = ("week", "day", "month", "hour", "minute", "second")
#: Yearly rates are divided by this: a year of so many steps is discounted once.
STEPS_A_YEAR: Mapping[str, float] = MappingProxyType(
    {"week": 52.0, "day": 365.0, "month": 12.0, "hour": 8_760.0, "minute": 525_600.0, "second": 31_536_000.0}
)
WEEKS_A_YEAR = STEPS_A_YEAR["week"]
#: Seconds of a step; a month is one of the calendar.
STEP_SECONDS: Mapping[str, int] = MappingProxyType(
    {"week": 604_800, "day": 86_400, "hour": 3_600, "minute": 60, "second": 1}
)
#: Units in which times of steps shorter than a day are told, the longest first.
_UNITS: Mapping[str, int] = MappingProxyType({"days": 86_400, "h": 3_600, "min": 60, "s": 1})
#: The longest horizon is 833 years, and dates end with the year 9999.
_LAST_YEAR = 9_000
# Not strftime: that speaks the language of the machine.
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def read_day(value: object, where: str = "") -> date:
    """Return the day that a text such as 2026-01-05 names.

    Parameters
    ----------
    value : object
        What was given.
    where : str
        File that it comes from; opens the message.

    Returns
    -------
    date

    Raises
    ------
    ConfigError
        If it is no such day.

    Examples
    --------
    >>> read_day("2026-01-05")
    datetime.date(2026, 1, 5)
    """
    try:
        day = date.fromisoformat(str(value))
    except ValueError:
        day = None
    if day is None or day.year > _LAST_YEAR:
        opening = f"{where}: " if where else ""
        remedy = f"give a day as YYYY-MM-DD, such as 2026-01-05, up to the year {_LAST_YEAR}"
        raise ConfigError(f"{opening}start_date is {value!r}; {remedy}")
    return day


def step_starts(steps: NDArray[np.int64], step: str, start: date) -> NDArray[Any]:
    """Return when steps begin.

    Parameters
    ----------
    steps : ndarray of int64 (n,)
        Numbers of the steps.
    step : {'week', 'day', 'month', 'hour', 'minute', 'second'}
        What one step is. A month that has no such day begins on its last.
    start : date
        Day on which step 0 begins.

    Returns
    -------
    ndarray of datetime64[us] (n,)

    Examples
    --------
    >>> step_starts(np.array([0, 1]), "month", date(2026, 1, 31)).astype("datetime64[D]").tolist()
    [datetime.date(2026, 1, 31), datetime.date(2026, 2, 28)]
    """
    if step != "month":
        length = np.timedelta64(STEP_SECONDS[step], "s").astype("timedelta64[us]")
        return np.datetime64(start, "us") + steps * length
    months = np.datetime64(start.replace(day=1), "M") + steps
    firsts = months.astype("datetime64[D]")
    lengths = ((months + 1).astype("datetime64[D]") - firsts).astype(np.int64)
    return (firsts + (np.minimum(start.day, lengths) - 1)).astype("datetime64[us]")


def step_date(start: date, number: int, step: str) -> date:
    """Return the day on which one step begins.

    Parameters
    ----------
    start : date
        Day on which step 0 begins.
    number : int
        Number of the step.
    step : str
        What one step is.

    Returns
    -------
    date

    Examples
    --------
    >>> step_date(date(2026, 1, 5), 2, "week")
    datetime.date(2026, 1, 19)
    """
    day: date = step_starts(np.array([number]), step, start)[0].astype("datetime64[D]").item()
    return day


def time_unit(steps: float, step: str) -> tuple[str, float]:
    """Return in which unit a time is told, and how many steps it has: steps of a second are hours where there are two.

    Parameters
    ----------
    steps : float
        The time, or the longest of those that are told together.
    step : str
        What one step is.

    Returns
    -------
    str, float

    Examples
    --------
    >>> time_unit(402.0, "second"), time_unit(3.0, "hour"), time_unit(30.0, "week")
    (('min', 60.0), ('h', 1.0), ('weeks', 1.0))
    """
    if step not in ("second", "minute", "hour"):
        return f"{step}s", 1.0
    size = STEP_SECONDS[step]
    whole = {unit: length for unit, length in _UNITS.items() if length >= size}
    unit = next((unit for unit, length in whole.items() if steps * size >= 2 * length), list(whole)[-1])
    return unit, whole[unit] / size


def with_unit(written: str, unit: str) -> str:
    """Put a unit of :func:`time_unit` behind a number that is written.

    Examples
    --------
    >>> with_unit("1", "weeks"), with_unit("+1.5", "weeks"), with_unit("1", "s")
    ('1 week', '+1.5 weeks', '1 s')
    """
    is_one = written.lstrip("+-\u2212") == "1" and len(unit) > 1
    return f"{written} {unit.removesuffix('s') if is_one else unit}"


def day_in_words(day: date) -> str:
    """Return a day as people write it.

    Examples
    --------
    >>> day_in_words(date(2026, 1, 5))
    '5 January 2026'
    """
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def day_beside(number: float, step: str, start_date: str | None) -> str:
    """Return in brackets the day on which a step begins, to stand behind its number.

    Parameters
    ----------
    number : float
        Of the step, rounded to a whole one.
    step : str
        What one step is.
    start_date : str or None
        Day on which step 0 begins; None: nothing is returned.

    Returns
    -------
    str

    Examples
    --------
    >>> day_beside(2.3, "week", "2026-01-05"), day_beside(2.3, "week", None)
    (' (19 January 2026)', '')
    """
    if start_date is None:
        return ""
    return f" ({day_in_words(step_date(read_day(start_date), round(number), step))})"
