"""Memory on lines of its own, memory ahead of time, and threads that wait for each other."""

import threading

import numpy as np
import pytest

from agents.compiled import before_compiling, loop
from agents.memory import LINE, aligned_zeros
from agents.population import allocate, customer_record
from sim.engine.intrinsics import VECTOR_WIDTH, acquire, compress_all, prefetch_l1, prefetch_l2, release

BYTES = 8 * LINE
# As the workspace does, which nothing here imports.
before_compiling("sim.engine.machine")


@pytest.mark.parametrize("shape", [0, 1, 5, (3, 4), (2, 0, 7), 100_000])
@pytest.mark.parametrize("kind", [np.int64, np.uint16, np.float64, customer_record(5, 9)])
def test_arrays_share_no_line(shape, kind):
    arrays = [aligned_zeros(shape, kind) for _ in range(4)]
    for array in arrays:
        assert array.shape == (shape if isinstance(shape, tuple) else (shape,)) and array.dtype == kind
        assert (
            (array.ctypes.data % BYTES == 0 or array.size == 0) and array.flags.c_contiguous and array.flags.writeable
        )
        assert array.tobytes() == bytes(array.nbytes)
    if not arrays[0].size:
        return
    lines = [range(array.ctypes.data // BYTES, -(-(array.ctypes.data + array.nbytes) // BYTES)) for array in arrays]
    for one in range(4):
        for other in range(one):
            assert not set(lines[one]) & set(lines[other])


@loop
def _ask(people, place):
    prefetch_l2(people, place)
    prefetch_l1(people, place)
    return people[place].persona


def test_reading_ahead_changes_nothing():
    people = allocate(10, 5, 9).people
    people.persona = np.arange(10)
    before = people.tobytes()
    assert [_ask(people, np.int64(place)) for place in range(10)] == list(range(10))
    assert people.tobytes() == before
    prefetch_l2(people, 3)
    prefetch_l1(people, 3)


def _keep_all(kept, numbers, chosen):
    return compress_all(kept, np.int64(0), numbers, chosen, numbers.size)


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.97, 1.0])
def test_those_chosen_close_ranks(compiled, share):
    close = loop(_keep_all) if compiled else _keep_all
    luck = np.random.default_rng(3)
    for size in (1, 16, 63, 64, 65, 1024):
        numbers = luck.integers(0, 2**32, size + VECTOR_WIDTH, dtype=np.uint32)[:size]
        # Any mark but 0 counts; there are marks behind the last one, which do not.
        marks = np.full((size + 63) & -64, 1, np.uint8)
        chosen = marks[:size]
        chosen[:] = (luck.random(size) < share) * luck.integers(1, 256, size)
        kept = np.full(numbers.size + 2 * VECTOR_WIDTH, 7, np.uint32)
        count = close(kept, numbers, chosen)
        assert count == np.count_nonzero(chosen)
        np.testing.assert_array_equal(kept[:count], numbers[chosen != 0])
        # Room is needed for one side behind the last; what lies behind that is nobody's.
        assert (kept[numbers.size + VECTOR_WIDTH :] == 7).all()
        there = np.concatenate([numbers, np.zeros(VECTOR_WIDTH, np.uint32)])
        assert close(there, there[: numbers.size], chosen) == count
        np.testing.assert_array_equal(there[:count], numbers[chosen != 0])


def _count_in_turn(board, numbers, me, turns):
    """Add one to a plain number whenever it is this thread's turn; what the other wrote must be there to see."""
    for turn in range(turns):
        acquire(board, (1 - me) * LINE, turn + me)
        numbers[0] += 1
        numbers[1] += numbers[0]
        release(board, me * LINE, turn + 1)


@pytest.mark.parametrize("compiled", [True, False])
def test_threads_that_take_turns_see_what_the_other_wrote(compiled):
    turns = 20_000 if compiled else 200
    count = loop(_count_in_turn) if compiled else _count_in_turn
    board, numbers = aligned_zeros(2 * LINE, np.int64), np.zeros(2, np.int64)
    pair = [
        threading.Thread(target=count, args=(board, numbers, np.int64(me), np.int64(turns)), daemon=True)
        for me in range(2)
    ]
    for thread in pair:
        thread.start()
    for thread in pair:
        thread.join(60)
        assert not thread.is_alive()
    assert numbers[0] == 2 * turns and numbers[1] == turns * (2 * turns + 1)
