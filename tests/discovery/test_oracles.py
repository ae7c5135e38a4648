"""Oracles: our counts are those of pm4py and retentioneering, each in a process of its own; skipped where not installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim.data.log_file import read_event_log
from sim.discovery.cases import cases_of
from sim.discovery.lived_map import lived_map

VISITS = Path(__file__).parents[2] / "configs/data/visits.csv"

#: pm4py counts on frames sorted by case and time.
_PM4PY = """
import json, sys, pandas, pm4py
frame = pandas.read_csv(sys.argv[1])
case, activity, time = sys.argv[2:5]
frame[time] = pandas.to_datetime(frame[time], utc=True)
frame = frame.sort_values([case, time], kind="stable")
found = pm4py.discover_dfg(frame, activity_key=activity, timestamp_key=time, case_id_key=case)
print(json.dumps([[[*pair, int(n)] for pair, n in found[0].items()], {k: int(v) for k, v in found[1].items()}]))
"""
_RETENTIONEERING = """
import json, sys, pandas
from retentioneering.eventstream import Eventstream
frame = pandas.read_csv(sys.argv[1])
case, activity, time = sys.argv[2:5]
frame = frame.rename(columns={case: "user_id", activity: "event", time: "timestamp"})[["user_id", "event", "timestamp"]]
table = Eventstream(frame).transition_graph_data(edge_weight="count")
counts = table.stack()
print(json.dumps([[*pair, int(n)] for pair, n in counts.items() if n > 0]))
"""


def _asked(package: str, script: str) -> list:
    """What another tool says; its Python is that of the variable ORACLE_PYTHON, or this one."""
    python = os.environ.get("ORACLE_PYTHON", sys.executable)
    if subprocess.run([python, "-c", f"import {package}"], capture_output=True).returncode:
        pytest.skip(f"{package} is not installed; ORACLE_PYTHON names a Python that has it")
    words = [python, "-c", script, str(VISITS), *(_heads())]
    done = subprocess.run(words, capture_output=True, text=True, env={**os.environ, "RETENTIONEERING_NO_TRACK": "1"})
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


def _heads() -> tuple[str, str, str]:
    columns = {column.role: column.column for column in read_event_log(VISITS).columns}
    return columns["case"], columns["activity"], columns["time"]


def test_edges_and_starts_are_those_of_pm4py():
    edges, starts = _asked("pm4py", _PM4PY)
    cases = cases_of(read_event_log(VISITS))
    stages, ours = lived_map(cases)
    name = cases.stages
    assert {(a, b): n for a, b, n in edges} == {(name[e.source], name[e.target]): e.count for e in ours}
    assert starts == {name[s.stage]: s.starts for s in stages if s.starts}


def test_transitions_are_those_of_retentioneering():
    theirs = {(a, b): n for a, b, n in _asked("retentioneering", _RETENTIONEERING)}
    cases = cases_of(read_event_log(VISITS))
    stages, edges = lived_map(cases)
    name = cases.stages
    ours = {(name[edge.source], name[edge.target]): edge.count for edge in edges}
    ours |= {("path_start", name[stage.stage]): stage.starts for stage in stages if stage.starts}
    ours |= {(name[stage.stage], "path_end"): stage.last for stage in stages if stage.last}
    assert theirs == ours
