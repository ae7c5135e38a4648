"""The fuzzer itself: it finds what it is there to find, a case can be run again, and a few cases of each kind end well."""

import itertools
import random
import signal
import time

import pytest

from tests.fuzz import __main__ as fuzzer
from tests.fuzz.inputs import KINDS, Kind
from tests.fuzz.mutation import changed_bytes, changed_tree, odd_values


@pytest.mark.parametrize("name", list(KINDS))
def test_a_few_cases_end_well(name, tmp_path):
    kind = KINDS[name](tmp_path, 1)
    outcomes = [fuzzer.run_case(kind, 1, number) for number in range(20)]
    assert set(outcomes) <= {"refused", "used", "the same"}, outcomes
    assert outcomes[7] == fuzzer.run_case(kind, 1, 7)


class Broken(Kind):
    name = "broken"

    def __init__(self, fault):
        self.fault = fault

    def run(self, luck):
        return self.fault()


def test_a_traceback_a_hang_and_a_wrong_number_are_found(monkeypatch):
    def fail():
        raise KeyError("x")

    assert fuzzer.run_case(Broken(fail), 1, 0).startswith("traceback KeyError")
    assert fuzzer.run_case(Broken(lambda: "wrong numbers: 2"), 1, 0) == "wrong numbers: 2"
    monkeypatch.setattr(fuzzer, "HANG_SECONDS", 0.05)
    before = {rings: signal.signal(rings, fuzzer._ring) for rings in (signal.SIGALRM, signal.SIGPROF)}
    try:
        for hang in (lambda: time.sleep(60), lambda: all(True for _ in itertools.count())):
            assert fuzzer.run_case(Broken(hang), 1, 0).startswith("hang")
    finally:
        for rings, handler in before.items():
            signal.signal(rings, handler)


def test_a_shard_that_is_read_without_its_checksum_is_found(tmp_path, monkeypatch):
    """The fuzzer finds what the checksum is there for."""
    monkeypatch.setattr("sim.execution.checked_file.hold", lambda found, checksum: None)
    kind = KINDS["shards"](tmp_path, 1)
    outcomes = [fuzzer.run_case(kind, 1, number) for number in range(200)]
    assert any(outcome.startswith("wrong numbers") for outcome in outcomes)


def test_the_same_seed_draws_the_same():
    assert [repr(value) for value in odd_values(3)] == [repr(value) for value in odd_values(3)]
    tree = {"a": {"b": [1, 2.5, {"c": "x"}]}, "d": True}
    changed = [repr(changed_tree(tree, random.Random(5), [None, "odd"])) for _ in range(2)]
    assert changed[0] == changed[1] and tree == {"a": {"b": [1, 2.5, {"c": "x"}]}, "d": True}
    assert changed_bytes(b"abc" * 50, random.Random(2)) == changed_bytes(b"abc" * 50, random.Random(2))
