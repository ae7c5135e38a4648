"""A customer's memory: small, and wide enough for what it holds."""

import numpy as np
import pytest

from agents.population import (
    AHEAD,
    MAX_BRANDS,
    MAX_STAGES,
    MAX_WEEK,
    NEVER,
    NOBODY,
    WEEKLY,
    allocate,
    allocate_accounts,
    bytes_per_customer,
    clear,
    customer_record,
    free,
    take,
)
from agents.rules.due import due_in, weeks_until
from agents.traits import TRAITS

SIZES = [(1, 1), (5, 13), (8, 255), (9, 255), (8, 256), (MAX_BRANDS, MAX_STAGES)]


@pytest.mark.parametrize("sizes", SIZES[:3])
def test_live_state_of_an_ordinary_market_is_small(sizes):
    assert bytes_per_customer(*sizes) <= 64


def test_live_state_of_the_widest_market_is_small():
    assert bytes_per_customer(MAX_BRANDS, MAX_STAGES) <= 96


@pytest.mark.parametrize("sizes", SIZES)
def test_what_is_allocated_is_what_is_promised(sizes):
    population = allocate(1000, *sizes)
    assert sum(column.nbytes for column in population) == 1000 * bytes_per_customer(*sizes)
    assert set(TRAITS) <= set(population.people.dtype.names)


@pytest.mark.parametrize(("brands", "stages"), SIZES)
def test_a_record_holds_every_brand_and_every_stage(brands, stages):
    record = customer_record(brands, stages)
    assert 8 * record["considered"].itemsize >= brands
    assert np.iinfo(record["stage"]).max >= stages - 1


def test_there_are_two_records_and_no_more():
    """Each is compiled for once."""
    assert len({customer_record(*sizes) for sizes in SIZES}) == 2


def test_clocks_reach_the_last_week_and_tell_it_from_never():
    assert np.iinfo(customer_record(4, 9)["need_at"]).max == NEVER > MAX_WEEK


@pytest.mark.parametrize("week", [0, 1, AHEAD, AHEAD + 1, 1_000, MAX_WEEK])
def test_a_byte_tells_the_weeks_that_are_near(week):
    codes = [int(due_in(week + ahead)) for ahead in range(AHEAD + 1)]
    assert len(set(codes)) == len(codes) and min(codes) == WEEKLY
    assert max(codes) == np.iinfo(allocate(1, 4, 9).due.dtype).max
    assert [int(weeks_until(code, week)) for code in codes] == list(range(AHEAD + 1))


def test_memory_is_used_again_by_as_many_customers_with_the_same_record():
    population = allocate(1003, 5, 9)
    population.people.stage, population.due[:] = 3, 7
    free(population)
    assert take(1003, 9, 9).people.dtype != population.people.dtype and take(1004, 5, 9).due.size == 1004
    again = take(1003, 8, 20)
    assert again.people is population.people and take(1003, 8, 20).people is not population.people
    clear(again)
    assert not again.due.any() and not again.people.tobytes().strip(b"\0")


def test_nobody_can_be_stored():
    people = allocate(1, 4, 9).people
    people.incumbent[0] = NOBODY
    assert people.incumbent[0] == NOBODY


def test_accounts_begin_empty():
    assert len(allocate_accounts(0)) == 0
    assert not any(allocate_accounts(3)[name].any() for name in allocate_accounts(3).dtype.names)
