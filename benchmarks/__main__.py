"""How fast: `make bench`, or `python -m benchmarks`.

    --quick          everything at small sizes, a minute: for continuous integration; what is wanted is not judged
    --full           the sizes of docs/performance.md, for an idle machine: a quarter of an hour
    --huge           also 10,000,000 customers x 52 weeks x two arms (1.3 GiB), in a process of their own
    --largest        also 100,000,000 customers x 52 weeks x two arms (13 GiB)
    --publish        write benchmarks/published.json, and docs/performance.md from it
    --strict         exit status 1 where something wanted is not met
    --against REV    this tree and another revision side by side, in turns: ratios with their spread, nothing else
    GROUP ...        only some of: rivals, scaling, mechanisms, startup, watching, luck

Prints a table and writes `results/bench/speed.json`. Ratios are taken within one run, in turns.
"""

import argparse
import json
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.against import compare_checkouts
from benchmarks.luck import luck
from benchmarks.machine import machine
from benchmarks.measure import Measure
from benchmarks.mechanisms import mechanisms
from benchmarks.rivals import rivals
from benchmarks.scaling import huge, scaling
from benchmarks.startup import startup
from benchmarks.watching import watching

ROOT = Path(__file__).resolve().parents[1]
GROUPS: dict[str, Callable[[str], Iterable[Measure]]] = {
    "startup": startup,
    "rivals": rivals,
    "scaling": scaling,
    "mechanisms": mechanisms,
    "watching": watching,
    "luck": luck,
}


def main(words: list[str]) -> int:
    """Measure, print and write down."""
    asked = _parse(words)
    size = "quick" if asked.quick else "full" if asked.full else "usual"
    told: dict[str, Any] = {
        "measured": datetime.now(UTC).strftime("%Y-%m-%d"),
        "size": size,
        "machine": machine(),
        "measures": [],
    }
    print(", ".join(f"{name} {value}" for name, value in told["machine"].items()))
    place = ROOT / "results" / "bench" / "speed.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    if asked.against:
        # A kill ends it as Ctrl-C does: the worktree is removed.
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
        try:
            compare_checkouts(asked.against, size, told)
        except ValueError as problem:
            print(f"benchmarks: {problem}", file=sys.stderr)
            return 2
        place = place.with_name("against.json")
        place.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        print(f"\n{place.relative_to(ROOT)}")
        return 0
    missed = False
    for name, measure, judged in _plan(asked, size):
        began = time.perf_counter()
        missed |= _tell(name, measure(), told, judged=judged)
        print(f"  ({time.perf_counter() - began:.0f} s)", flush=True)
        # After every group: a run that is broken off keeps what it has.
        text = json.dumps(told, indent=1) + "\n"
        place.write_text(text, encoding="utf-8")
    print(f"\n{place.relative_to(ROOT)}")
    if asked.publish:
        from benchmarks.page import publish, write_page

        publish(told)
        print(write_page().relative_to(ROOT))
    return int(asked.strict and missed)


def _plan(asked: argparse.Namespace, size: str) -> Iterator[tuple[str, Callable[[], Iterable[Measure]], bool]]:
    """Yield what is to be measured: its group, how, and whether it is judged."""
    for name in asked.groups or GROUPS:
        yield name, partial(GROUPS[name], size), size != "quick"
    for wanted, people in ((asked.huge, 10_000_000), (asked.largest, 100_000_000)):
        if wanted:
            yield "huge", partial(huge, people), True


def _tell(group: str, lines: Iterable[Measure], told: dict[str, Any], *, judged: bool) -> bool:
    """Print and keep a group's lines; say whether one missed what is wanted."""
    print(f"\n{group}", flush=True)
    missed = False
    for line in lines:
        print(line.line() if judged else line.line().removesuffix(" NOT MET").removesuffix(" met"), flush=True)
        told["measures"].append(asdict(line) | {"met": line.met if judged else None})
        missed |= judged and line.met is False
    return missed


def _parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=", ".join(GROUPS))
    sizes = parser.add_mutually_exclusive_group()
    for name in ("quick", "full"):
        sizes.add_argument(f"--{name}", action="store_true")
    for name in ("huge", "largest", "publish", "strict"):
        parser.add_argument(f"--{name}", action="store_true")
    parser.add_argument("--against", metavar="REV")
    asked = parser.parse_args(words)
    for name in asked.groups:
        if name not in GROUPS:
            parser.error(f"there is no group {name!r}; there are {', '.join(GROUPS)}")
    return asked


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
