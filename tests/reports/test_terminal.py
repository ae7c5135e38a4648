"""Tables in a terminal: no number is cut, however narrow the terminal and however long the numbers."""

import io

import pytest
from rich.console import Console

from sim.reports.terminal import _table

HEADINGS = ["", "classic", "proactive", "difference", "95 % interval"]
LINES = [
    ["Contribution", "EUR\xa01.98 M", "EUR\xa02.01 M", "+EUR\xa025,729", "−EUR\xa0189,660 to +EUR\xa0241,118"],
    ["Value per customer", "EUR\xa094.10", "EUR\xa0122.11", "+EUR\xa028.01 *", "+EUR\xa017.61 to +EUR\xa038.40"],
    ["Payback day", "–", "–", "day 345", "0 to 400"],
]


def drawn(lines: list[list[str]], width: int) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    with console.capture() as text:
        console.print(_table(HEADINGS, lines, width, ascii_only=False))
    return text.get()


@pytest.mark.parametrize("width", [60, 70, 80, 100])
def test_no_number_is_cut_and_no_name_is_lost(width: int) -> None:
    text = drawn(LINES, width)
    assert "…" not in text
    for name, *_, difference, interval in LINES:
        assert all(part in text for part in (*name.split(), difference, *interval.split(" to "))), name
    assert max(map(len, text.splitlines())) <= width


def test_the_numbers_of_the_arms_go_last() -> None:
    assert "EUR\xa0122.11" in drawn(LINES, 80) and "0 to 400" in drawn(LINES, 80)
    assert "EUR\xa0122.11" not in drawn(LINES, 60)
