"""A customer's memory: small, and wide enough for what it holds."""

import numpy as np
import pytest

from agents.population import (
    MAX_WEEK,
    NEVER,
    NOBODY,
    WEEKLY,
    allocate,
    allocate_accounts,
    bytes_per_customer,
    customer_record,
)
from agents.traits import TRAITS


@pytest.mark.parametrize("brands", [1, 5, 8])
def test_live_state_of_an_ordinary_market_is_small(brands):
    assert bytes_per_customer(brands) <= 96


def test_live_state_of_the_widest_market_is_small():
    assert bytes_per_customer(64) <= 96


@pytest.mark.parametrize("brands", [1, 8, 9, 64])
def test_what_is_allocated_is_what_is_promised(brands):
    population = allocate(1000, brands)
    assert sum(column.nbytes for column in population) == 1000 * bytes_per_customer(brands)
    assert set(TRAITS) <= set(population.people.dtype.names)


@pytest.mark.parametrize("brands", [1, 8, 9, 64])
def test_a_mask_holds_every_brand(brands):
    mask = customer_record(brands)["considered"]
    assert 8 * mask.itemsize >= brands


def test_clocks_reach_the_last_week_and_tell_it_from_never():
    assert np.iinfo(customer_record(4)["need_at"]).max == NEVER > MAX_WEEK
    assert np.iinfo(allocate(1, 4).due.dtype).max == NEVER > WEEKLY + MAX_WEEK


def test_nobody_can_be_stored():
    people = allocate(1, 4).people
    people.incumbent[0] = NOBODY
    assert people.incumbent[0] == NOBODY


def test_accounts_begin_empty():
    assert len(allocate_accounts(0)) == 0
    assert not any(allocate_accounts(3)[name].any() for name in allocate_accounts(3).dtype.names)
