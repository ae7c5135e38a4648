"""Money is counted in whole cents, so that no order of adding changes a sum."""

__all__ = ["CENTS", "to_cents"]

#: Cents of a unit of money.
CENTS = 100.0


def to_cents(money: float) -> int:
    """Round an amount of money to whole cents, halves to even.

    >>> to_cents(12.34)
    1234
    """
    return round(money * CENTS)
