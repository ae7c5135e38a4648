"""A loop that calls kernels can be called from several threads at once, the first time too."""

import subprocess
import sys

import numba
import pytest

RACE = """
from __future__ import annotations
import threading
import numpy as np
import agents.kernel as own

@own.kernel(values=("int64", 1))
def total(values: np.ndarray) -> Int:
    out = 0
    for value in values:
        out += value
    return out

@own.calls(total)
def twice(values):
    return 2 * total(values)

load, second, found = total.load, [], []

def load_late(takes):
    # The loop is compiled and its kernel has no address yet: here another thread asks for the loop.
    thread = threading.Thread(target=lambda: found.append(twice(np.arange(5))))
    thread.start()
    thread.join(0.2)
    second.append(thread)
    load(takes)

total.load = load_late
print(twice(np.arange(4)))
for thread in second:
    thread.join()
print(found)
"""


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
def test_a_loop_is_not_called_before_its_kernels_have_their_addresses(tmp_path):
    file = tmp_path / "race.py"
    file.write_text(RACE)
    done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["12", "[20]"]
