"""Numbers, signs and units are written in one way everywhere."""

import re
from pathlib import Path

import pytest

from sim import number_format
from sim.number_format import FILTERS, MINUS, ascii_text, compact, decimal, exact_percent, money, points, short_money

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("write", [compact, decimal, exact_percent, points])
def test_a_number_below_zero_has_the_one_minus(write):
    assert write(-12.5).startswith(MINUS) and "-" not in write(-12.5)


@pytest.mark.parametrize("write", [money, short_money])
def test_the_sign_of_money_stands_before_the_currency(write):
    assert write(-12.5, "$").startswith(f"{MINUS}$") and write(12.5, "$", sign=True).startswith("+$")
    assert not write(0.0, "$", sign=True).startswith("+") and MINUS not in write(-1e-9, "$")


@pytest.mark.parametrize(("amount", "written"), [(999_999.6, "$1.00 M"), (999_999.0, "$999,999"), (1e9, "$1.00 bn")])
def test_an_amount_is_rounded_before_its_unit_is_chosen(amount, written):
    assert money(amount, "$") == written


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (25.54, "$25.54"),
        (32.04, "$32.04"),
        (0.5, "$0.50"),
        (0.125, "$0.125"),
        (12.0, "$12"),
        (99.96, "$99.96"),
        (99.996, "$100"),
    ],
)
def test_cents_are_two_digits_where_an_amount_is_short(amount, written):
    assert short_money(amount, "$") == written


def test_what_writes_a_number_is_a_filter():
    functions = {name for name in number_format.__all__ if callable(getattr(number_format, name))}
    assert functions - set(FILTERS) == {"ascii_text", "bracket", "listed", "spaced", "tied"}


def test_plain_letters_only():
    assert ascii_text(money(-1.5, "EUR")) == "-EUR 1.50"


def test_no_figure_replaces_a_minus_by_hand():
    for path in (ROOT / "sim/reports/figures").glob("*.py"):
        text = path.read_text("utf-8")
        assert not re.search(r"replace\(\s*[\"']-[\"']", text), path.name
