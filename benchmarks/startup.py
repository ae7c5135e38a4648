"""From the shell to the finished report: cold, warm, and where the time of a warm run goes."""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.measure import Measure, seconds

__all__ = ["startup"]

ROOT = Path(__file__).resolve().parents[1]


def startup(size: str) -> list[Measure]:
    """Time commands as a user types them, in a folder of their own; cold is with an empty cache of compiled code."""
    words = [f"population={10_000 if size == 'quick' else 100_000}", "replicates=4"]
    told = f"journey compare {' '.join(words)}"
    rounds = 1 if size == "quick" else 3
    lines = []
    with tempfile.TemporaryDirectory() as place:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        for name in ("NUMBA_CACHE_DIR", "PYTHONDONTWRITEBYTECODE"):
            environment.pop(name, None)
        if size != "quick":
            environment["XDG_CACHE_HOME"] = str(Path(place) / "cache")

        def run(*arguments: str) -> None:
            command = [sys.executable, *arguments]
            subprocess.run(command, cwd=place, env=environment, check=True, stdout=subprocess.DEVNULL)

        compare = ("-m", "sim.cli", "compare", *words, "progress=false", f"output_dir={place}/results")
        small = ("-m", "sim.cli", "compare", "population=100", "replicates=1", f"output_dir={place}/results")
        first = seconds(lambda: run(*compare))
        if size != "quick":
            lines.append(Measure("startup", "cold", f"{told}: the first after an install", first, "s"))
        warm = min(seconds(lambda: run(*compare)) for _ in range(rounds))
        limit = None if size == "quick" else 8.0
        lines.append(Measure("startup", "warm", f"{told}: the next one", warm, "s", at_most=limit))
        least = min(seconds(lambda: run(*small)) for _ in range(rounds))
        lines.append(Measure("startup", "least", "journey compare population=100 replicates=1", least, "s"))
        for key, what, arguments, most in (
            ("help", "journey --help", ("-m", "sim.cli", "--help"), 1.0),
            ("import", 'python -c "import sim"', ("-c", "import sim"), 0.7),
        ):
            best = min(seconds(lambda arguments=arguments: run(*arguments)) for _ in range(rounds + 2))
            lines.append(Measure("startup", key, what, best, "s", at_most=most))
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.startup", *compare[3:]],
            cwd=place,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        )
        for what, took in json.loads(done.stderr.splitlines()[-1]).items():
            lines.append(Measure("startup", f"phase:{what}", f"    of a warm run: {what}", took, "s"))
    return lines


def _phases(words: list[str]) -> int:
    """Run the command line and tell, in JSON on standard error, how long each phase took."""
    began = time.perf_counter()
    spent: dict[str, float] = {}

    def mark(what: str) -> None:
        nonlocal began
        now = time.perf_counter()
        spent[what] = now - began
        began = now

    import sim.cli
    import sim.command_line.composer
    import sim.verbs.frame as frame

    assert sim.command_line.composer
    mark("importing the command line and Hydra")
    prepare, perform = frame.prepare, frame.perform

    def prepared(*given: Any) -> Any:
        mark("composing the configuration")
        return prepare(*given)

    def performed(job: Any) -> Any:
        import sim.experiments.compare as experiment
        import sim.results.answer
        from sim.engine.replicate import run_replicate

        mark("importing the engine and the analysis")
        run_replicate(replace(job.scenario, population=10, horizon=1, burn_in=1), seed=1, replicate=0)
        mark("loading compiled code")
        compare, write = experiment.compare, sim.results.answer.write_answer

        def compared(*given: Any, **options: Any) -> Any:
            result = compare(*given, **options)
            mark("simulating and measuring")
            from sim.reports import page

            assert page
            mark("importing what draws")
            return result

        def written(*given: Any, **options: Any) -> Any:
            folder = write(*given, **options)
            mark("tables, figures and the page")
            return folder

        experiment.compare, sim.results.answer.write_answer = compared, written
        return perform(job)

    frame.prepare, frame.perform = prepared, performed
    status = sim.cli.main(words)
    mark("the verdict on the terminal")
    print(json.dumps(spent), file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(_phases(["compare", *sys.argv[1:]]))
