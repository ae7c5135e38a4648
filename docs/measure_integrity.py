"""Damage what the simulator wrote in thousands of ways, and count what is found: docs/reliability.md.

python docs/measure_integrity.py [CASES]         10,000 of each by default
"""

from __future__ import annotations

import contextlib
import io
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from sim import Scenario, compare
from sim.execution.checked_file import DamagedFile
from sim.execution.executors import make_executor
from sim.execution.store import Store, check_chunk_file, chunk_files
from sim.execution.trials import Trial, run_trials
from sim.results import export_events, list_runs, show_run, write
from sim.results.catalog import Catalog
from sim.results.table import read_table
from sim.scenario.errors import ConfigError


def mutated(content: bytes, luck: random.Random) -> bytes:
    """Return bytes that differ: bits flipped, cut, a stretch zeroed, doubled or taken out."""
    at, size = luck.randrange(len(content)), luck.randint(1, 64)
    kind = luck.randrange(5)
    if kind == 0:
        changed = bytearray(content)
        changed[at] ^= 1 << luck.randrange(8)
        return bytes(changed)
    if kind == 1:
        return content[:at]
    middle = {2: b"\0" * size, 3: content[at : at + size] * 2, 4: b""}[kind]
    return content[:at] + middle + content[at + size :]


def count(path: Path, ask: Callable[[], object], cases: int, luck: random.Random) -> Counter[str]:
    """Damage a file again and again; return how often that was found, changed nothing, was used, or ended badly."""
    content = path.read_bytes()
    told: Counter[str] = Counter()
    for _ in range(cases):
        bad = mutated(content, luck)
        path.write_bytes(bad)
        try:
            with contextlib.redirect_stderr(io.StringIO()) as said:
                ask()
            told["the same" if bad == content else "named" if said.getvalue() else "used"] += 1
        except (ConfigError, DamagedFile):
            told["named"] += 1
        except Exception as error:
            told[f"traceback {type(error).__name__}"] += 1
    path.write_bytes(content)
    return told


def main(cases: int = 10_000) -> None:
    """Measure and print."""
    luck = random.Random(15)
    scenario = Scenario.load("treadmill", population=60, horizon=12, burn_in=4, record={"events": 10})
    with tempfile.TemporaryDirectory() as place, make_executor("serial") as executor:
        root = Path(place)
        list(run_trials([Trial(scenario, 1, (0,))], executor=executor, store=Store(root / "store")))
        folder = write(compare(scenario, replicates=1, seed=1), root, report=False)
        file = next(chunk_files(root / "store"))

        def ask_folder() -> None:
            list_runs(root)
            Catalog(root).folders()
            Catalog(root).figures()
            show_run(root)

        print("file of the store", dict(count(file, lambda: check_chunk_file(file), cases, luck)))
        for name in ("weekly", "flows", "events", "market"):
            table = folder / f"{name}.parquet"
            told = count(table, lambda name=name: read_table(folder, name), cases // 4, luck)  # type: ignore[misc]
            print(table.name, dict(told))
        for name in ("summary.json", "manifest.json"):
            print(name, dict(count(folder / name, ask_folder, cases // 2, luck)))
        print(
            "config.yaml", dict(count(folder / "config.yaml", lambda: export_events(folder, "xes"), cases // 10, luck))
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
