"""Games: the theorems that define the Shapley value and the Shapley-Taylor index, on games made up at random."""

from fractions import Fraction
from itertools import permutations
from math import comb, factorial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.analysis.shapley import apportion, coalitions, divide

WIN = st.floats(-1e12, 1e12, allow_nan=False)


@st.composite
def games(draw, most=4):
    players = draw(st.integers(1, most))
    return [draw(WIN) for _ in coalitions(players)]


def by_orders(wins):
    """Shapley's own definition: what a player adds, averaged over all orders of arrival."""
    n = len(wins).bit_length() - 1
    shares = [Fraction(0)] * n
    for order in permutations(range(n)):
        here = 0
        for player in order:
            shares[player] += Fraction(wins[here | 1 << player]) - Fraction(wins[here])
            here |= 1 << player
    return [share / factorial(n) for share in shares]


def pair_by_definition(wins, one, other):
    """Eq. 9 of Sundararajan et al. (2020): 2/n x sum over T without both of the second difference / C(n - 1, |T|)."""
    n = len(wins).bit_length() - 1
    both = 1 << one | 1 << other
    total = Fraction(0)
    for rest in coalitions(n):
        if rest & both == 0:
            second = (
                Fraction(wins[rest | both])
                - Fraction(wins[rest | 1 << one])
                - Fraction(wins[rest | 1 << other])
                + Fraction(wins[rest])
            )
            total += second / comb(n - 1, rest.bit_count())
    return total * 2 / n


@settings(deadline=None, max_examples=60)
@given(games())
def test_shares_are_those_of_the_definition_and_sum_to_the_gain_exactly(wins):
    division = divide(wins)
    assert list(division.shapley) == by_orders(wins)
    assert sum(division.shapley) == division.gain == Fraction(wins[-1]) - Fraction(wins[0])


@settings(deadline=None, max_examples=60)
@given(games())
def test_alone_and_pairs_sum_to_the_gain_and_halves_of_pairs_make_the_share(wins):
    division = divide(wins)
    n = len(division.shapley)
    pairs = {(i, j): division.together[i][j] for i in range(n) for j in range(n)}
    for (i, j), value in pairs.items():
        assert value == pairs[j, i] == (pair_by_definition(wins, i, j) if i != j else 0)
    if n > 1:
        half = [sum(division.together[i]) / 2 for i in range(n)]
        assert all(division.shapley[i] == division.alone[i] + half[i] for i in range(n))
        assert sum(division.alone) + sum(half) == division.gain


@settings(deadline=None, max_examples=60)
@given(games(), st.data())
def test_a_player_who_never_adds_anything_gets_nothing(wins, data):
    n = len(wins).bit_length() - 1
    dummy = data.draw(st.integers(0, n - 1))
    wins = [wins[s & ~(1 << dummy)] for s in coalitions(n)]
    division = divide(wins)
    assert division.shapley[dummy] == division.alone[dummy] == division.last[dummy] == division.main[dummy] == 0
    assert set(division.together[dummy]) == {0}


@settings(deadline=None, max_examples=60)
@given(games(), st.data())
def test_players_who_add_the_same_get_the_same(wins, data):
    n = len(wins).bit_length() - 1
    one, other = data.draw(st.integers(0, n - 1)), data.draw(st.integers(0, n - 1))

    def swapped(s):
        bits = [s >> i & 1 for i in range(n)]
        bits[one], bits[other] = bits[other], bits[one]
        return sum(bit << i for i, bit in enumerate(bits))

    wins = [wins[min(s, swapped(s))] for s in coalitions(n)]
    division = divide(wins)
    for shares in (division.shapley, division.alone, division.last, division.main):
        assert shares[one] == shares[other]


@settings(deadline=None, max_examples=60)
@given(games(), st.data(), st.integers(-5, 5))
def test_the_division_of_a_sum_is_the_sum_of_the_divisions(wins, data, factor):
    others = [data.draw(WIN) for _ in wins]
    mixed = divide([Fraction(a) + factor * Fraction(b) for a, b in zip(wins, others, strict=True)])
    first, second = divide(wins), divide(others)
    for name in ("shapley", "alone", "last", "main"):
        parts = zip(getattr(first, name), getattr(second, name), strict=True)
        assert list(getattr(mixed, name)) == [a + factor * b for a, b in parts]
    n = len(first.shapley)
    assert all(
        mixed.together[i][j] == first.together[i][j] + factor * second.together[i][j]
        for i in range(n)
        for j in range(n)
    )


@settings(deadline=None, max_examples=100)
@given(st.lists(st.fractions(-(10**9), 10**9), min_size=1, max_size=8))
def test_whole_cents_sum_to_the_rounded_whole_and_move_no_part_by_a_cent(parts):
    cents = apportion(parts)
    assert sum(cents) == round(sum(parts, start=Fraction(0)))
    assert all(abs(cent - part) < 1 for cent, part in zip(cents, parts, strict=True))


def test_an_undefined_win_is_not_divided():
    assert divide([0.0, 1.0, float("nan"), 2.0]) is None
    with pytest.raises(ValueError, match="3 coalitions"):
        divide([0.0, 1.0, 2.0])
