"""Large logs: seconds and memory of `journey discover`, beside DuckDB grouping and sorting the same file.

    python -m benchmarks.large_log                # writes benchmarks/large_log.json, a line a size as it goes

A log of a web shop: visits to nine stages, about ten a case, in the order of time, cases mixed. DuckDB counts
`GROUP BY case, activity` and sorts the groups, on as many threads. Memory is the most that the process
held. Seconds depend on what else the machine does, seconds of processor time hardly.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc

from benchmarks.machine import machine

_RESULT = Path(__file__).with_suffix(".json")
_SIZES = (10_000_000, 1_000_000)
_STAGES = np.array(["home", "search", "list", "product", "cart", "address", "pay", "help", "account"])
_VISITS = 10
_SQL = "SELECT case_id, activity, count(*) AS n FROM read_csv('{path}') GROUP BY case_id, activity ORDER BY n, case_id"


def write_log(path: Path, events: int) -> None:
    """Write a log of so many events: a Markov chain over the stages, minutes apart, over a year."""
    luck = np.random.default_rng(events)
    shares = luck.dirichlet(np.full(_STAGES.size, 0.6), _STAGES.size).cumsum(axis=1)
    lengths = luck.geometric(1.0 / _VISITS, events)
    lengths = lengths[: int(np.searchsorted(np.cumsum(lengths), events)) + 1]
    lengths[-1] -= lengths.sum() - events
    case = np.repeat(np.arange(lengths.size), lengths)
    first = np.r_[0, np.cumsum(lengths)[:-1]]
    stage = np.zeros(events, np.int64)
    for visit in range(1, int(lengths.max())):
        rows = first[lengths > visit] + visit
        stage[rows] = (shares[stage[rows - 1]] < luck.random(rows.size)[:, None]).sum(axis=1).clip(0, _STAGES.size - 1)
    gaps = luck.exponential(240.0, events)
    begin = luck.uniform(0, 365 * 86_400.0, lengths.size)
    clock = np.cumsum(gaps)
    seconds = (clock - np.repeat(clock[first], lengths) + np.repeat(begin, lengths)).astype(np.int64)
    order = np.argsort(seconds, kind="stable")
    moment = (seconds[order] + 1_704_067_200).astype("datetime64[s]")
    columns = {
        "case_id": pa.array(case[order] + 100_000),
        "activity": pa.DictionaryArray.from_arrays(stage[order].astype(np.int32), _STAGES).dictionary_decode(),
        "timestamp": pa.array(moment).cast(pa.string()),
    }
    pc.write_csv(pa.table(columns), path)


def _timed(command: list[str]) -> dict[str, float]:
    """Run a command in a process of its own, under one that only waits: seconds, and the most memory it held."""
    inner = (
        "import json, resource, subprocess, sys, time; t = time.perf_counter();"
        "done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL);"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN);"
        "print(json.dumps({'seconds': time.perf_counter() - t, 'cpu': used.ru_utime + used.ru_stime,"
        " 'kib': used.ru_maxrss, 'status': done.returncode}))"
    )
    said = subprocess.run([sys.executable, "-c", inner, *command], capture_output=True, text=True, check=True)
    found = json.loads(said.stdout.splitlines()[-1])
    if found["status"]:
        raise SystemExit(f"{command[0]} ended with {found['status']}: {said.stderr[-500:]}")
    return {
        "seconds": round(found["seconds"], 1),
        "cpu_seconds": round(found["cpu"], 1),
        "gib": round(found["kib"] / 2**20, 2),
    }


def measure(events: int, what: str) -> dict[str, Any]:
    """Measure one of `read`, `duckdb`, `discover` on a file of so many events, which is written and deleted."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.csv"
        write_log(path, events)
        counted = f"CREATE TABLE counted AS {_SQL.format(path=path)}"
        read = "import sys; from sim.data.log_file import read_event_log; read_event_log(sys.argv[1])"
        commands = {
            "read": [sys.executable, "-c", read, str(path)],
            "duckdb": [sys.executable, "-c", f"import duckdb; duckdb.connect().execute({counted!r})"],
            "discover": [
                *[sys.executable, "-m", "sim.cli", "discover", f"log={path}", f"output_dir={folder}/results"],
                *["quiet=true", "progress=false"],
            ],
        }
        return {
            "events": events,
            "what": what,
            "megabytes": round(path.stat().st_size / 1e6),
            **_timed(commands[what]),
            "date": time.strftime("%Y-%m-%d", time.gmtime()),
        }


def main() -> None:
    """Measure what is not in the result yet."""
    done = json.loads(_RESULT.read_text())["runs"] if _RESULT.exists() else []
    for events in _SIZES:
        for what in ("read", "duckdb", "discover"):
            if (events, what) in {(row["events"], row["what"]) for row in done}:
                continue
            done.append(measure(events, what))
            _RESULT.write_text(json.dumps({"machine": machine(), "runs": done}, indent=1) + "\n")
            print(json.dumps(done[-1]), flush=True)


if __name__ == "__main__":
    main()
