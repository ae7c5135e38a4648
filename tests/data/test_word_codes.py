"""Word codes: the size of a block makes no difference to what is read."""

import numpy as np
import pytest

from sim.data.event_log import LogLayout
from sim.data.log_file import read_event_log

HEAD = "case_id,activity,timestamp,channel\n"
#: Rows of the first part are left out whole, so that blocks of nothing stand between others.
ROWS = [
    *("NA,visit,2024-01-01 10:00:00,web" for _ in range(30)),
    *(f"u{at % 7},visit,2024-01-02 10:{at % 60:02d}:00,web" for at in range(40)),
    *("case_id,activity,timestamp,channel" for _ in range(30)),
    *(f"U{at % 9},buy,2024-01-03 10:{at % 60:02d}:00,NA" for at in range(40)),
    *(f"u{at % 11},visit,2024-01-0{4 + at % 2} 10:00:00.{at:06d},app" for at in range(40)),
]
WORDS = [row.replace("2024-01-0", "January 0").replace(" 10:", ", 2024 10:") for row in ROWS]


def quote(row):
    case, activity, rest = row.split(",", 2)
    return ",".join(f'"{cell}"' for cell in (case, activity, *rest.rsplit(",", 1)))


@pytest.mark.parametrize("rows", [ROWS, WORDS], ids=["iso", "words"])
def test_a_log_in_many_blocks_is_the_log_in_one(tmp_path, monkeypatch, rows):
    path = tmp_path / "log.csv"
    quoted = [quote(row) for row in rows]
    path.write_text(HEAD + "\n".join(quoted))
    whole = read_event_log(path, LogLayout())
    assert whole.left_out == {"without a case": 30, "repeating the head line": 30} and whole.case.size == 120
    assert whole.case_names[:8] == ("u0", "u1", "u2", "u3", "u4", "u5", "u6", "U0") and whole.cases == 20
    for size in (120, 300, 1_000):
        monkeypatch.setattr("sim.data.event_table._BLOCK_BYTES", size)
        parts = read_event_log(path, LogLayout())
        assert list(parts.left_out) == list(whole.left_out)
        for name in ("case", "activity", "time", "begun"):
            assert np.array_equal(getattr(parts, name), getattr(whole, name)), name
        assert np.array_equal(parts.extra["channel"][0], whole.extra["channel"][0])
        assert (parts.case_names, parts.activities, parts.left_out, parts.notices, parts.duplicates, parts.extra["channel"][1]) == (
            whole.case_names, whole.activities, whole.left_out, whole.notices, whole.duplicates, whole.extra["channel"][1],
        )  # fmt: skip
