"""Against: two checkouts side by side on this machine, so that no change slows anything unseen.

    make bench AGAINST=REV               every subject, five rounds
    make bench AGAINST=REV BENCH=--quick two rounds
    make bench AGAINST=REV BENCH=--full  nine rounds, and once each the first comparison after an install

REV is checked out into a worktree in a temporary folder, which is removed afterwards. Its code and that of the working
tree, changes not committed included, take turns with the same interpreter and packages, each a first time unmeasured,
so that compiled code is there. A ratio is this tree : REV within one round, below 1 where this tree is quicker; of all
rounds the median is told, with the lowest and the highest. What else runs on the machine slows both.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

__all__ = ["SUBJECTS", "Subject", "compare_checkouts", "worktree"]

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = {"quick": 2, "usual": 5, "full": 9}

#: Times what a warm process does, and prints seconds of wall and of processor time. Old checkouts know fewer options.
_IN_PROCESS = """
import inspect, json, sys, time
from sim import Scenario
from sim.experiments.compare import compare
values, options, times = json.loads(sys.argv[1])
known = inspect.signature(compare).parameters
options = {name: value for name, value in options.items() if name in known}
scenario = Scenario.load("treadmill", **values)
compare(scenario, **options, seed=1)
began = time.perf_counter(), time.process_time()
for number in range(times):
    compare(scenario, **options, seed=2 + number)
print(time.perf_counter() - began[0], time.process_time() - began[1])
"""

#: The same for the runs of a sweep of one lever, each with another value of it. Old checkouts have them elsewhere.
_SWEEP = """
import json, sys, time
from sim import Scenario
try:
    from sim.execution.executors import SerialExecutor
    from sim.execution.trials import Trial, run_trials
except ImportError:
    from sim.experiments.executors import SerialExecutor
    from sim.experiments.trials import Trial, run_trials
values, lever, times = json.loads(sys.argv[1])
scenario = Scenario.load("treadmill", **values)
[(path, (low, high))] = lever.items()

def run(seed, times):
    points = [low + (high - low) * point / times for point in range(times)]
    trials = [Trial(scenario, seed, (0,), {path: value}) for value in points]
    if any(outcome.error for outcome in run_trials(trials, executor=SerialExecutor())):
        sys.exit("a run failed")

run(1, 5)
began = time.perf_counter(), time.process_time()
run(2, times)
print(time.perf_counter() - began[0], time.process_time() - began[1])
"""


@dataclass(frozen=True)
class Subject:
    """What is timed: a command from the shell to its end, or comparisons or a sweep in a process that is warm."""

    name: str
    words: tuple[str, ...] = ()
    values: tuple[tuple[str, Any], ...] = ()
    options: tuple[tuple[str, Any], ...] = ()
    times: int = 1
    #: The lever of a sweep by its path, from a value to another.
    lever: tuple[tuple[str, tuple[float, float]], ...] = ()

    def command(self, checkout: Path, output: Path) -> list[str]:
        """Return the command line that runs it."""
        if self.words:
            return [sys.executable, "-m", "sim.cli", *self.words, f"output_dir={output}"]
        asked = json.dumps([dict(self.values), dict(self.lever or self.options), self.times])
        return [sys.executable, "-c", _SWEEP if self.lever else _IN_PROCESS, asked]


_PLAIN = (("effectiveness", False),)
_SMALL = (("population", 1_000), ("horizon", 104))
SUBJECTS: tuple[Subject, ...] = (
    Subject("journey compare population=100 replicates=1", ("compare", "population=100", "replicates=1")),
    Subject("journey story population=2000", ("story", "population=2000")),
    Subject("journey map journey=proactive", ("map", "journey=proactive")),
    Subject("journey results", ("results",)),
    Subject(
        "in one process: compare, 2,000 customers x 2 replicates, all that it tells",
        values=(("population", 2_000), ("horizon", 260)),
        options=(("replicates", 2),),
        times=5,
    ),
    Subject(
        "the same, nothing but the arms, as compare() in Python does until it is asked what to tell of them",
        values=(("population", 2_000), ("horizon", 260)),
        options=(("replicates", 2), ("at_once", False)),
        times=10,
    ),
    Subject(
        "in one process: compare, 2,000 customers x 2 replicates, without the arms of doubt and break-even",
        values=(("population", 2_000), ("horizon", 260)),
        options=(("replicates", 2), *_PLAIN),
        times=10,
    ),
    Subject(
        "in one process: 1,000 customers x 1 replicate, one thread, without those",
        values=_SMALL,
        options=(("replicates", 1), ("threads", 1), *_PLAIN),
        times=20,
    ),
    Subject(
        "a sweep in one process: a run of 1,000 customers, a lever of an arm",
        values=_SMALL,
        lever=(("arms.proactive.focal.strategy.automation", (0.2, 0.8)),),
        times=40,
    ),
    Subject(
        "the same, a lever of the market",
        values=_SMALL,
        lever=(("market.price_elasticity", (-1.0, -2.0)),),
        times=40,
    ),
    Subject(
        "engine: 100,000 customers x 52 weeks, one thread",
        values=(("population", 100_000), ("horizon", 52), ("burn_in", 26)),
        options=(("replicates", 1), ("threads", 1), *_PLAIN),
    ),
)
#: With a cache of its own each time.
COLD = Subject("first journey compare after an install (population=100)", SUBJECTS[0].words)


@contextmanager
def worktree(revision: str, root: Path = ROOT) -> Iterator[tuple[Path, str]]:
    """Check a revision out into a temporary folder, and remove it at the end whatever happens.

    Parameters
    ----------
    revision : str
        Anything that git knows: a commit, a tag, a branch.
    root : Path
        The checkout whose revision it is.

    Yields
    ------
    tuple of Path and str
        The folder and the commit.

    Raises
    ------
    ValueError
        If git does not know the revision, or there is no checkout.
    """
    asked = subprocess.run(
        ["git", "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"],
        cwd=root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if asked.returncode:
        raise ValueError(f"AGAINST is {revision!r}, which is no revision of this checkout; git log names them")
    commit = asked.stdout.strip()
    home = Path(tempfile.mkdtemp(prefix="journey-against-"))
    place = home / "checkout"
    git = ["git", "-c", "core.hooksPath=/dev/null", "worktree"]
    try:
        subprocess.run([*git, "add", "--detach", "--quiet", place, commit], cwd=root, check=True)
        yield place, commit
    finally:
        subprocess.run([*git, "remove", "--force", place], cwd=root, check=False, capture_output=True)
        shutil.rmtree(home, ignore_errors=True)
        subprocess.run([*git, "prune"], cwd=root, check=False)


def compare_checkouts(
    revision: str, size: str, told: dict[str, Any], subjects: tuple[Subject, ...] = SUBJECTS, root: Path = ROOT
) -> None:
    """Time every subject in both checkouts, in turns; print a line for each, and put all into ``told``.

    Parameters
    ----------
    revision : str
        What this tree is held against.
    size : {'quick', 'usual', 'full'}
        How many rounds.
    told : dict
        Gets ``against``, the commit, and ``subjects``: all times and ratios.
    subjects : tuple of Subject
        What is timed.
    root : Path
        This tree.

    Raises
    ------
    ValueError
        If git does not know the revision, or a checkout cannot run a subject.
    """
    with worktree(revision, root) as (there, commit), tempfile.TemporaryDirectory(prefix="journey-bench-") as folder:
        told["against"], told["subjects"] = commit, []
        checkouts = {"there": there, "here": root}
        print(f"\nthis tree : {commit[:10]}, medians of ratios within a round (lowest to highest)\n", flush=True)
        cold = [COLD] if size == "full" else []
        for subject in (*subjects, *cold):
            rounds = 1 if subject is COLD else ROUNDS[size]
            times: dict[str, list[tuple[float, float]]] = {name: [] for name in checkouts}
            for number in range(rounds if subject is COLD else rounds + 1):
                for name, checkout in checkouts.items():
                    took = _time(subject, checkout, Path(folder) / name)
                    if subject is COLD or number:  # the first time compiles and fills caches
                        times[name].append(took)
            line = _line(subject, times)
            told["subjects"].append(line)
            print(_written(line), flush=True)


def _time(subject: Subject, checkout: Path, output: Path) -> tuple[float, float]:
    """Return seconds of wall and of processor time."""
    output.mkdir(exist_ok=True)
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    # As users run it: what a shell says about byte code would have every command compile its sources.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    if subject is COLD:
        shutil.rmtree(output / "cache", ignore_errors=True)
        environment["NUMBA_CACHE_DIR"] = str(output / "cache")
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = subject.command(checkout, output / "results")
    done = subprocess.run(command, cwd=output, env=environment, capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise ValueError(f"{subject.name}: failed in {checkout}: {done.stderr.strip()[-500:]}")
    if subject.words:
        return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    wall, processor = map(float, done.stdout.split()[-2:])
    return wall / subject.times, processor / subject.times


def _line(subject: Subject, times: dict[str, list[tuple[float, float]]]) -> dict[str, Any]:
    line: dict[str, Any] = {"name": subject.name, "rounds": len(times["here"])}
    for at, clock in enumerate(("wall", "processor")):
        here, there = ([took[at] for took in times[name]] for name in ("here", "there"))
        ratios = [mine / theirs for mine, theirs in zip(here, there, strict=True)]
        line[clock] = {
            "here": median(here),
            "there": median(there),
            "ratio": {"median": median(ratios), "lowest": min(ratios), "highest": max(ratios)},
        }
    return line


def _written(line: dict[str, Any]) -> str:
    parts = [line["name"]]
    for clock in ("wall", "processor"):
        found, ratio = line[clock], line[clock]["ratio"]
        parts.append(
            f"    {clock:<9} {found['here']:8.3f} s : {found['there']:8.3f} s = {ratio['median']:5.2f}"
            f"   ({ratio['lowest']:.2f} to {ratio['highest']:.2f})"
        )
    return "\n".join(parts)
