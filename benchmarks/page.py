"""Write `docs/performance.md` from `benchmarks/published.json`: no number in that page is typed.

    python -m benchmarks.page        after `make bench BENCH="--full --huge --publish"`, which calls it
    python -m benchmarks.page FILE   from another file, such as results/bench/speed.json

What is between two marks comes from the measurement; the rest of the page is written by hand and left as it is.
"""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from benchmarks.machine import INSTRUCTION_SETS
from benchmarks.measure import RATE, Measure

__all__ = ["publish", "write_page"]

ROOT = Path(__file__).resolve().parents[1]
PUBLISHED = ROOT / "benchmarks" / "published.json"
PAGE = ROOT / "docs" / "performance.md"
_MARK = re.compile(r"(<!-- measured: (\w+) -->\n).*?(<!-- measured: end -->)", re.DOTALL)


class _Found:
    """The measures taken with one instruction set, by group and key."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.told = told
        self.lines = [Measure(**{k: v for k, v in line.items() if k != "met"}) for line in told["measures"]]
        self._by = {(line.group, line.key): line for line in self.lines}

    def group(self, group: str, *starts: str) -> list[Measure]:
        """Lines of a group whose key starts with one of these."""
        return [line for line in self.lines if line.group == group and line.key.startswith(starts or ("",))]

    def get(self, group: str, key: str) -> Measure | None:
        """One line, or None where it was not measured."""
        return self._by.get((group, key))


#: What was found with each instruction set, in the order of the columns; None where nothing was measured with it.
_Columns: TypeAlias = dict[str, _Found | None]
_MISSING = "not measured"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    if not rows:
        return "Not measured in this run.\n"
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _by_set(
    columns: _Columns,
    first: str,
    lines: Callable[[_Found], list[Measure]],
    cell: Callable[[Measure], str] = lambda line: line.written,
) -> str:
    """Return a table with a row for every line that any instruction set has, and a column for each of the sets."""
    found = [[] if column is None else lines(column) for column in columns.values()]
    rows = {(line.group, line.key): line.what.strip() for column in found for line in column}
    cells = [{(line.group, line.key): cell(line) for line in column} for column in found]
    return _table(
        (first, *columns), [(what, *(column.get(key, _MISSING) for column in cells)) for key, what in rows.items()]
    )


def _judged(line: Measure) -> str:
    wanted = line.wanted.replace(">=", "≥").replace("<=", "≤")
    return f"{line.written}, {wanted}: {'met' if line.met else '**not met**'}"


def _machine(columns: _Columns) -> str:
    def rows(found: _Found | None) -> dict[str, str]:
        if found is None:
            return {}
        told = found.told["machine"]
        caches = ", ".join(f"{name} {size}" for name, size in told["caches"].items())
        return {
            "processor": f"{told['processor']}, {told['cores']} cores, {caches}",
            "compiled for": _compiled_for(told),
            "memory": f"{told['memory_gib']} GiB",
            "system": f"{told['system']}, Python {told['python']}",
            "packages": ", ".join(f"{name} {told[name]}" for name in ("numba", "numpy", "mesa")),
            "measured": f"{found.told['measured']}, sizes `{found.told['size']}`, load before {told['load']}",
        }

    cells = [rows(found) for found in columns.values()]
    names = dict.fromkeys(name for column in cells for name in column)
    return _table(("", *columns), [(name, *(column.get(name, _MISSING) for column in cells)) for name in names])


def _compiled_for(told: dict[str, Any]) -> str:
    """Say whether the processor itself was compiled for, or another one whose instructions are fewer."""
    name = told.get("compiled_for", "host")
    return "this processor" if name == "host" else f"`NUMBA_CPU_NAME={name}`: emulated on the processor above"


def _promises(columns: _Columns) -> str:
    return _by_set(columns, "promise", lambda found: [line for line in found.lines if line.met is not None], _judged)


def _rivals(columns: _Columns) -> str:
    return _by_set(
        columns, "way of doing it", lambda found: [line for line in found.group("rivals") if line.unit == RATE]
    )


def _limit(columns: _Columns) -> str:
    table = _by_set(
        columns, "", lambda found: [line for line in found.group("limit") if not line.key.startswith("blocks:")]
    )
    purposes = next((lines for found in columns.values() if found and (lines := found.group("limit", "blocks:"))), [])
    told = ", ".join(f"{line.what.removeprefix('blocks for ')} {line.value:.3f}" for line in purposes)
    return table + (f"\nBlocks by purpose: {told}.\n" if told else "")


def _scaling(columns: _Columns) -> str:
    starts = ("customers", "weeks", "brands", "arms", "threads")
    return _by_set(columns, "size", lambda found: found.group("scaling", *starts))


def _memory(columns: _Columns) -> str:
    return _by_set(columns, "", lambda found: found.group("scaling", "bytes") + found.group("huge"))


def _mechanisms(columns: _Columns) -> str:
    def cells(found: _Found | None) -> dict[str, str]:
        out = {}
        for line in [] if found is None else found.group("mechanisms"):
            if line.key.startswith("+"):
                continue
            more = found.get("mechanisms", f"+{line.key}") if found else None
            against = f" ({more.value:+.1f} ns)".replace("-", "−") if more else ""
            out[line.what.removesuffix(", per customer-week")] = f"{line.written}{against}"
        return out

    by_set = [cells(found) for found in columns.values()]
    names = dict.fromkeys(name for column in by_set for name in column)
    rows = [(name, *(column.get(name, _MISSING) for column in by_set)) for name in names]
    return _table(("a customer-week with (against the classic arm)", *columns), rows)


def _startup(columns: _Columns) -> str:
    return _by_set(columns, "wall time", lambda found: found.group("startup"))


def _watching(columns: _Columns) -> str:
    return _by_set(columns, "", lambda found: found.group("watching"))


def _luck(columns: _Columns) -> str:
    # Draws are the same with every instruction set, and so is this.
    lines = next((lines for found in columns.values() if found and (lines := found.group("luck"))), [])
    cases = list(dict.fromkeys(line.key.partition(":")[2] for line in lines))
    rows = []
    for metric in dict.fromkeys(line.key.partition(":")[0] for line in lines):
        of = {line.key.partition(":")[2]: line for line in lines if line.key.startswith(f"{metric}:")}
        title = next(iter(of.values())).what.partition(",")[0]
        rows.append((title, *(f"{of[case].value:.1f}" if case in of else "–" for case in cases)))
    return _table(("metric", *cases), rows)


PARTS: dict[str, Callable[[_Columns], str]] = {
    "machine": _machine,
    "promises": _promises,
    "rivals": _rivals,
    "limit": _limit,
    "scaling": _scaling,
    "memory": _memory,
    "mechanisms": _mechanisms,
    "startup": _startup,
    "watching": _watching,
    "luck": _luck,
}


def publish(told: dict[str, Any], source: Path = PUBLISHED) -> None:
    """Keep a measurement as the published one of its instruction set; that of another set stays."""
    kept = json.loads(source.read_text(encoding="utf-8")) if source.exists() else {}
    kept[told["machine"]["instructions"]] = told
    source.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def write_page(source: Path = PUBLISHED, page: Path = PAGE) -> Path:
    """Put measurements into the page and return the page.

    Parameters
    ----------
    source : Path
        What :func:`publish` keeps, or one measurement, such as `results/bench/speed.json`.
    page : Path
        The page.
    """
    told = json.loads(source.read_text(encoding="utf-8"))
    if "measures" in told:
        told = {told["machine"]["instructions"]: told}
    columns = {name: _Found(told[name]) if name in told else None for name in dict.fromkeys([*INSTRUCTION_SETS, *told])}
    text = page.read_text(encoding="utf-8")
    text = _MARK.sub(lambda mark: f"{mark[1]}{PARTS[mark[2]](columns)}{mark[3]}", text)
    page.write_text(text, encoding="utf-8")
    return page


if __name__ == "__main__":
    print(write_page(*(Path(word) for word in sys.argv[1:2])).name)
