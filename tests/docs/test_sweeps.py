"""The page on sweeps: its commands run as they stand, at a small size."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from sim.execution.store import Store

PAGE = Path(__file__).resolve().parents[2] / "docs" / "sweeps.md"


@pytest.mark.slow
def test_the_commands_run_and_what_they_promise_happens(show_files, commands, run_small, folder, capsys):
    show_files(PAGE)
    lived = {}
    for words in commands(PAGE):
        run_small(words)
        if words[0] == "sweep":
            newest = max((folder / "results" / "sweep").iterdir(), key=lambda place: place.stat().st_mtime_ns)
            manifest = json.loads((newest / "manifest.json").read_text("utf-8"))
            lived[" ".join(words)] = (manifest["lived"], manifest["held"])
    # The same again runs nothing; more points and more replicates only what is new.
    first = lived["sweep design=automation_and_fatigue points=4"]
    assert first == (0, 4), "the page runs it twice"
    assert lived["sweep design=automation_and_fatigue points=8"] == (4, 4)
    assert lived["sweep design=automation_and_fatigue points=8 replicates=2"] == (8, 8)
    key = pq.read_table(newest / "table.parquet", columns=["key"])["key"][0].as_py()
    assert len(Store(folder / "results" / "store")) > 20
    capsys.readouterr()
    run_small(["results", "rerun", key[:12]])
    assert "the same to the bit" in capsys.readouterr().out
