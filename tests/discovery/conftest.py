"""Logs that tests of discovery write."""

from __future__ import annotations

import numpy as np
import pytest

from sim.data.log_file import read_event_log


@pytest.fixture
def log_of(tmp_path):
    """Write a log of cases and read it: of each the letters of its stages, seconds between, and when it begins."""

    def write(words, gaps, begin):
        rows = ["case,activity,time"]
        for case, (word, mine) in enumerate(zip(words, gaps, strict=True)):
            times = begin[case] + np.r_[0.0, np.cumsum(mine)]
            rows += [
                f"{case},{letter},{np.datetime64('2024-01-01') + np.timedelta64(int(time), 's')}"
                for letter, time in zip(word, times, strict=True)
            ]
        path = tmp_path / "log.csv"
        path.write_text("\n".join(rows) + "\n")
        return read_event_log(path)

    return write
