"""The calendar: what one step of the model is, and how steps relate to days and years."""

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["DAYS_A_WEEK", "STEPS", "STEPS_A_YEAR", "WEEKS_A_YEAR"]

DAYS_A_WEEK = 7
#: What one step of a scenario may be.
STEPS: tuple[str, ...] = ("week", "day", "month", "hour", "minute", "second")
#: Yearly rates are divided by this: a year of so many steps is discounted once.
STEPS_A_YEAR: Mapping[str, float] = MappingProxyType(
    {"week": 52.0, "day": 365.0, "month": 12.0, "hour": 8_760.0, "minute": 525_600.0, "second": 31_536_000.0}
)
WEEKS_A_YEAR = STEPS_A_YEAR["week"]
