"""Luck: the published known answers, uniform in every part that is used, and no two decisions with one draw."""

import csv
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from agents.purposes import WINDOW, Purpose
from sim.luck import NOBODY, block, philox, sixteen_bits

KNOWN = Path(__file__).parents[1] / "data" / "philox4x32_10_kat.csv"
WORD = st.integers(0, 2**32 - 1)
#: Error rate of each test of uniformity: a right generator with another seed would fail so often.
ALPHA = 1e-4


def _known():
    with KNOWN.open() as file:
        for row in csv.DictReader(file):
            rounds = int(row["rounds"])
            counter, key, answer = ([int(row[name], 16) for name in names.split()] for names in (
                "c0 c1 c2 c3", "k0 k1", "o0 o1 o2 o3",
            ))  # fmt: skip
            yield pytest.param(rounds, counter, key, answer, id=f"{rounds}-{row['c0']}")


@pytest.mark.parametrize(("rounds", "counter", "key", "answer"), list(_known()))
def test_known_answers(rounds, counter, key, answer):
    words = philox(*(np.uint64(word) for word in (*counter, *key)), rounds)
    assert [int(word) for word in words] == answer


@given(WORD, WORD, WORD, st.sampled_from(Purpose), WORD, st.integers(0, 2**24 - 1))
def test_a_block_is_philox_of_its_key_and_nothing_else(seed, replicate, customer, purpose, when, index):
    words = block(seed, replicate, customer, int(purpose), when, index)
    counter = (customer, when, int(purpose) + 256 * index, 0, seed, replicate)
    assert words == philox(*(np.uint64(word) for word in counter), 10)
    assert all(0 <= int(word) < 2**32 for word in words)
    assert words == block(seed, replicate, customer, int(purpose), when, index)


def test_purposes_and_indices_never_share_a_counter():
    """The word is purpose + 256 x index: one-to-one while purposes fit in a byte and indices in three."""
    assert max(Purpose) < 256 and min(Purpose) >= 0
    assert len(set(Purpose)) == len(Purpose.__members__)
    widest = 64 + 64 * 64  # experiments of a brand: the widest index in use
    assert widest < 2**24
    words = {int(purpose) + 256 * index for purpose, index in product(Purpose, range(300))}
    assert len(words) == len(Purpose) * 300


def test_whatever_part_of_the_key_differs_the_luck_differs():
    base = (1, 0, 5, int(Purpose.WEEK), 3, 2)
    near = {base} | {tuple(base[:at] + (base[at] + 1,) + base[at + 1 :]) for at in range(len(base))}
    near |= {(0, 1, 5, base[3], 3, 2), (1, 0, 3, base[3], 5, 2), (1, 0, 5, base[3], 2, 3)}
    assert len({block(*key) for key in near}) == len(near)


def test_the_markets_luck_is_nobodys():
    customers_at_most = 4_000_000_000
    assert customers_at_most < NOBODY < 2**32


def test_no_two_of_many_draws_coincide():
    """100,000 blocks of 128 bits: any coincidence at all would be a fault of the layout (chance below 1e-28)."""
    seen = {
        block(seed, replicate, customer, purpose, when, index)
        for seed, replicate, customer, purpose, when, index in product(
            range(2), range(2), range(10), map(int, Purpose), range(18), range(10)
        )
    }
    assert len(seen) == 2 * 2 * 10 * len(Purpose) * 18 * 10


def _blocks(count, seed=1):
    return np.array([block(seed, 0, who, int(Purpose.CONTACT), 7, 1) for who in range(count)], dtype=np.uint64)


def _uniform(observed):
    expected = observed.sum() / observed.size
    statistic = ((observed - expected) ** 2 / expected).sum()
    assert statistic < chi2.isf(ALPHA, observed.size - 1)


@pytest.mark.parametrize("word", range(4))
def test_each_word_is_uniform(word):
    _uniform(np.bincount((_blocks(40_000)[:, word] >> np.uint64(24)).astype(int), minlength=256))


@pytest.mark.parametrize("week", range(WINDOW))
def test_each_weeks_sixteen_bits_are_uniform(week):
    bits = np.array([sixteen_bits(tuple(words), week) for words in _blocks(40_000)])
    assert bits.min() >= 0 and bits.max() < 65_536
    _uniform(np.bincount(bits >> 8, minlength=256))
    _uniform(np.bincount(bits & 255, minlength=256))


def test_the_weeks_of_a_window_have_bits_of_their_own():
    words = block(1, 0, 5, int(Purpose.CONTACT), 3, 0)
    parts = [sixteen_bits(words, week) for week in range(WINDOW)]
    whole = b"".join(int(word).to_bytes(4, "little") for word in words)
    assert b"".join(part.to_bytes(2, "little") for part in parts) == whole
    assert [sixteen_bits(words, week + WINDOW) for week in range(WINDOW)] == parts


def test_neighbouring_customers_and_weeks_are_uncorrelated():
    """Correlation of 40,000 pairs has a standard error of 1/200; five of them are allowed (error rate 6e-7 each)."""
    table = np.array(
        [[int(block(1, 0, who, int(Purpose.WEEK), week, 0)[0]) for week in range(100)] for who in range(400)]
    )
    flat = table / 2.0**32
    for one, other in ((flat[1:], flat[:-1]), (flat[:, 1:], flat[:, :-1])):
        assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 5 / np.sqrt(one.size)
