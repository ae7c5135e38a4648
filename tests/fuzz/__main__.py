"""Fuzz: change what comes in, thousands of times, and count what ends badly.

make fuzz MINUTES=2 SEED=1                                    a share of the time for each kind of input
python -m tests.fuzz --only shards --cases 10000 --seed 1     so many cases of one kind
python -m tests.fuzz --only shards --case 17 --seed 1         one case again, with its traceback

A case is a function of the seed and of its number alone. It may be refused with a message, or used; what is used must
be what it was before it was changed, where that can be known. Exit status 1: a traceback, a hang, or a wrong number.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import io
import json
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

from sim.execution.checked_file import DamagedFile
from sim.scenario.errors import ConfigError
from tests.fuzz.inputs import KINDS, Kind

#: A case that takes so much processor time hangs; one that waits hangs after `_WAITS` times as long, since a busy
#: machine may let it wait as well.
HANG_SECONDS = 60
_WAITS = 10
_MEMORY = 12 << 30
_GOOD = ("refused", "used", "the same")


class Hang(BaseException):
    """A case took too long."""


def _ring(number: int, frame: object) -> None:
    raise Hang


def run_case(kind: Kind, seed: int, number: int, *, show: bool = False) -> str:
    """Run one case and return what came of it."""
    luck = random.Random(f"{seed}/{kind.name}/{number}")
    signal.setitimer(signal.ITIMER_PROF, HANG_SECONDS)
    signal.setitimer(signal.ITIMER_REAL, _WAITS * HANG_SECONDS)
    faulthandler.dump_traceback_later(2 * _WAITS * HANG_SECONDS, exit=True)
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            outcome = kind.run(luck)
        return "refused" if outcome == "used" and kind.tells and said.getvalue() else outcome
    except (ConfigError, DamagedFile) as error:
        return "refused" if str(error).strip() else "refused without a word"
    except Hang:
        return f"hang over {HANG_SECONDS} s"
    except Exception as error:
        if show:
            traceback.print_exc()
        return f"traceback {type(error).__name__}: {str(error)[:120]}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        faulthandler.cancel_dump_traceback_later()


def fuzz(kind: Kind, seed: int, first: int, cases: int | None, seconds: float | None) -> tuple[Counter[str], int]:
    """Run cases until there are enough or the time is over; print what ends badly, and return the counts."""
    told: Counter[str] = Counter()
    number, end = first, None if seconds is None else time.monotonic() + seconds
    while (cases is None or number < first + cases) and (end is None or time.monotonic() < end):
        outcome = run_case(kind, seed, number)
        told[outcome if outcome in _GOOD else outcome.partition(":")[0]] += 1
        if outcome not in _GOOD:
            print(f"  {kind.name} --seed {seed} --case {number}: {outcome}", flush=True)
        number += 1
    return told, number


def main() -> int:
    """Fuzz and print a line for each kind of input."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz", description=__doc__.splitlines()[0] if __doc__ else ""
    )
    parser.add_argument("--minutes", type=float, default=None)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--cases", type=int, default=None)
    parser.add_argument("--case", type=int, default=None)
    parser.add_argument("--json", type=Path, default=None, help="write the counts there")
    asked = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    for rings in (signal.SIGALRM, signal.SIGPROF):
        signal.signal(rings, _ring)
    names = [name for name in KINDS if asked.only in ("", name)]
    if not names:
        parser.error(f"--only is {asked.only}; give one of {', '.join(KINDS)}")
    counts: dict[str, Any] = {}
    bad = 0
    for name in names:
        with tempfile.TemporaryDirectory() as place:
            kind = KINDS[name](Path(place), asked.seed)
            if asked.case is not None:
                print(run_case(kind, asked.seed, asked.case, show=True))
                continue
            minutes = asked.minutes if asked.cases is None else None
            seconds = None if minutes is None else 60.0 * minutes / len(names)
            cases = asked.cases if seconds is None else None
            began = time.monotonic()
            told, done = fuzz(kind, asked.seed, 0, cases if seconds is not None or cases else 200, seconds)
        wrong = sum(count for outcome, count in told.items() if outcome not in _GOOD)
        bad += wrong
        counts[name] = {"cases": done, "seconds": round(time.monotonic() - began), **dict(sorted(told.items()))}
        print(f"{name}: {done:,} cases, {wrong} bad: {dict(told)}", flush=True)
    if asked.json is not None:
        asked.json.write_text(json.dumps({"seed": asked.seed, "kinds": counts}, indent=1) + "\n")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
