"""The calendar: how steps of the model relate to days and years."""

__all__ = ["DAYS_A_WEEK", "WEEKS_A_YEAR"]

DAYS_A_WEEK = 7
#: Yearly rates are divided by this; a year of 52 steps is discounted once, whatever a step stands for.
WEEKS_A_YEAR = 52.0
