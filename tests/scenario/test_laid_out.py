"""What was laid out is found by the very same parts, made once, and dropped when it was not asked for longest."""

import threading

import pytest

from sim.scenario.errors import ConfigError
from sim.scenario.laid_out import LaidOut


def test_the_same_parts_and_values_are_made_once_by_any_number_of_threads():
    kept, part, made = LaidOut(4), ["part"], []

    def make():
        made.append(1)
        return object()

    found = []
    threads = [threading.Thread(target=lambda: found.append(kept.find((part,), 1, make))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1 and len(set(map(id, found))) == 1
    kept.find((part,), 2, make)
    kept.find((["part"],), 1, make)
    assert len(made) == 3, "other values, and an equal part that is another object, are made anew"


def test_the_least_recently_used_is_dropped_and_a_failure_is_not_kept():
    kept, parts = LaidOut(2), [["a"], ["b"], ["c"]]
    first = kept.find((parts[0],), 0, object)
    kept.find((parts[1],), 0, object)
    assert kept.find((parts[0],), 0, object) is first
    kept.find((parts[2],), 0, object)
    assert kept.find((parts[0],), 0, object) is first

    def fail():
        raise ConfigError("no")

    with pytest.raises(ConfigError):
        kept.find((parts[1],), 5, fail)
    assert kept.find((parts[1],), 5, lambda: 7) == 7
