"""Money is counted in whole numbers of a minor unit, so that no order of adding changes a sum."""

__all__ = ["CENTS", "MILLICENTS", "as_typed", "is_counted", "to_minor"]

#: Cents of a unit of money: its minor unit, unless an amount is typed finer.
CENTS = 100.0
#: Thousandths of a cent of a unit of money: the finest amount that can be typed.
MILLICENTS = 100_000.0
#: Of a unit of money; 0.1 + 0.2 must still pass for 30 cents.
_TOLERANCE = 1e-9


def to_minor(money: float, minor_units: float = CENTS) -> int:
    """Round an amount of money to whole minor units, so many of which are a unit of money; halves to even.

    >>> to_minor(12.34), to_minor(0.001, MILLICENTS)
    (1234, 100)
    """
    return round(money * minor_units)


def is_counted(money: float, minor_units: float = CENTS) -> bool:
    """Say whether an amount is a whole number of minor units, so many of which are a unit of money.

    >>> is_counted(0.1 + 0.2), is_counted(0.001), is_counted(0.001, MILLICENTS)
    (True, False, True)
    """
    return abs(money - round(money * minor_units) / minor_units) <= _TOLERANCE


def as_typed(money: float) -> float:
    """Round an amount as a person would type it: to cents, and below one unit of money to a thousandth of a cent.

    >>> as_typed(12.3456), as_typed(0.0123456)
    (12.35, 0.01235)
    """
    return round(money, 2 if abs(money) >= 1.0 else 5)
