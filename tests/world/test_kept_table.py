"""Kept tables: the same numbers as made anew, made anew where they are damaged, and never needed."""

import os
from itertools import count

import numpy as np
import pytest

from sim.scenario.scenario import Scenario
from sim.world import kept_table as module
from sim.world.kept_table import kept_table
from sim.world.quantiles import tail_quantiles, taste_quantiles, trait_quantiles


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """Keep tables in a folder of the test."""
    monkeypatch.setattr(module, "cache_home", lambda: str(tmp_path))
    monkeypatch.setattr(module, "_written", count())
    return tmp_path / module.TABLES


def _tables():
    market = Scenario.load("treadmill").market
    for function in (tail_quantiles, trait_quantiles):
        function.cache_clear()
    personas = [trait_quantiles(persona) for persona in Scenario.load("treadmill").personas]
    return [tail_quantiles(market.need.shape), taste_quantiles(market), *personas]


def test_tables_that_were_kept_are_those_that_are_made(cache, monkeypatch):
    made = _tables()
    assert len(list(cache.iterdir())) > 10
    monkeypatch.setattr(module, "write_kept", lambda *_: pytest.fail("a table was made that is there"))
    for one, other in zip(_tables(), made, strict=True):
        assert one.tobytes() == other.tobytes() and one.shape == other.shape
    monkeypatch.setattr(module, "_made_by", lambda: None)
    for one, other in zip(_tables(), made, strict=True):
        assert one.tobytes() == other.tobytes()


def test_a_damaged_table_is_made_anew(cache):
    def made(values):
        return kept_table("some", (1.5,), (3,), lambda: np.array(values))

    assert made([1.0, 2.0, 3.0]).tolist() == made([0.0, 0.0, 0.0]).tolist() == [1.0, 2.0, 3.0]
    (place,) = cache.iterdir()
    whole = place.read_bytes()
    for damaged in (whole[:-1], b"", whole[:-8], whole[:-1] + b"x", whole + bytes(8)):
        place.write_bytes(damaged)
        assert made([4.0, 5.0, 6.0]).tolist() == [4.0, 5.0, 6.0]


def test_other_parameters_are_another_table(cache):
    asked = (("a", (1.0,), (1,)), ("b", (1.0,), (1,)), ("a", (1.0 + 1e-16, 2.0), (1,)), ("a", (1.5,), (1,)))
    for number, (name, parameters, shape) in enumerate(asked):
        made = kept_table(name, parameters, shape, lambda number=number: np.array([float(number)]))
        assert made.tolist() == [float(number)]


def test_a_full_cache_loses_what_was_not_used_for_longest(cache, monkeypatch):
    monkeypatch.setattr(module, "MOST_KEPT", 3)
    made = []

    def table(number):
        def compute():
            made.append(number)
            return np.array([float(number)])

        kept_table("some", (number,), (1,), compute)
        for place in cache.iterdir():  # an hour goes by
            status = place.stat()
            os.utime(place, (status.st_atime, status.st_mtime - 3600))

    for number in (1, 2, 3, 1, 4, 1, 2):
        table(number)
    assert made == [1, 2, 3, 4, 2]


def test_one_process_writes_only_so_many(cache, monkeypatch):
    monkeypatch.setattr(module, "_written", count(module.MOST_WRITTEN - 1))
    for number in range(3):
        kept_table("some", (number,), (1,), lambda: np.array([1.0]))
    assert len(list(cache.iterdir())) == 1


def test_a_full_or_unwritable_cache_is_no_failure(cache, monkeypatch, tmp_path):
    monkeypatch.setattr(module, "MOST_KEPT", 1)
    for number in range(3):
        assert kept_table("some", (number,), (1,), lambda number=number: np.array([number + 0.5]))[0] == number + 0.5
    assert len(list(cache.iterdir())) == 1
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(module, "cache_home", lambda: str(tmp_path / "file"))
    assert kept_table("other", (1.0,), (1,), lambda: np.array([2.0]))[0] == 2.0
