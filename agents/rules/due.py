"""When a customer who only waits is due: a week in one byte, which comes round again."""

from agents.compiled import Int, rule
from agents.population import AHEAD, WEEKLY

__all__ = ["due_in", "weeks_until"]


@rule
def due_in(week: Int) -> Int:
    """Return what stands for a week in ``Population.due``: one byte, which comes round again.

    Parameters
    ----------
    week : int
        From the first of the burn-in; at most ``AHEAD`` weeks from now.

    Returns
    -------
    int
        WEEKLY to 255.

    Examples
    --------
    >>> int(due_in(3)), int(due_in(127)), int(due_in(131))
    (131, 255, 131)
    """
    return WEEKLY + (week & AHEAD)


@rule
def weeks_until(due: Int, week: Int) -> Int:
    """Return in how many weeks from ``week`` a customer is due who is not due every week.

    Parameters
    ----------
    due : int
        WEEKLY to 255.
    week : int
        From the first of the burn-in.

    Returns
    -------
    int
        0 to ``AHEAD``.

    Examples
    --------
    >>> int(weeks_until(due_in(130), 120))
    10
    """
    return (due - week) & AHEAD
