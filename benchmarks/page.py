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
from typing import Any

from benchmarks.measure import RATE, Measure

__all__ = ["write_page"]

ROOT = Path(__file__).resolve().parents[1]
PUBLISHED = ROOT / "benchmarks" / "published.json"
PAGE = ROOT / "docs" / "performance.md"
_MARK = re.compile(r"(<!-- measured: (\w+) -->\n).*?(<!-- measured: end -->)", re.DOTALL)


class _Found:
    """The measures of a file, by group and key."""

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


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    if not rows:
        return "Not measured in this run.\n"
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _verdict(line: Measure) -> str:
    return {True: "met", False: "**not met**", None: ""}[line.met]


def _wanted(line: Measure) -> str:
    return line.wanted.replace(">=", "≥").replace("<=", "≤")


def _plain(lines: list[Measure]) -> list[tuple[str, ...]]:
    return [(line.what.strip(), line.written) for line in lines]


def _judged(lines: list[Measure]) -> list[tuple[str, ...]]:
    return [(line.what.strip(), line.written, _wanted(line), _verdict(line)) for line in lines]


def _machine(found: _Found) -> str:
    told = found.told["machine"]
    caches = ", ".join(f"{name} {size}" for name, size in told["caches"].items())
    rows = [
        ("processor", f"{told['processor']}, {told['cores']} cores, {caches}"),
        ("memory", f"{told['memory_gib']} GiB"),
        ("system", f"{told['system']}, Python {told['python']}"),
        ("packages", ", ".join(f"{name} {told[name]}" for name in ("numba", "numpy", "mesa"))),
        ("measured", f"{found.told['measured']}, sizes `{found.told['size']}`, load before {told['load']}"),
    ]
    return _table(("", ""), rows)


def _promises(found: _Found) -> str:
    lines = [line for line in found.lines if line.met is not None]
    return _table(("promise", "measured", "wanted", ""), _judged(lines))


def _rivals(found: _Found) -> str:
    lines = [line for line in found.group("rivals") if line.unit == RATE]
    return _table(("way of doing it", "speed"), _plain(lines))


def _limit(found: _Found) -> str:
    lines = [line for line in found.group("limit") if not line.key.startswith("blocks:")]
    purposes = found.group("limit", "blocks:")
    told = ", ".join(f"{line.what.removeprefix('blocks for ')} {line.value:.3f}" for line in purposes)
    return _table(("", "measured"), _plain(lines)) + (f"\nBlocks by purpose: {told}.\n" if told else "")


def _scaling(found: _Found) -> str:
    rows = [line for line in found.group("scaling", "customers", "weeks", "brands", "arms", "threads")]
    return _table(("size", "speed"), _plain(rows))


def _memory(found: _Found) -> str:
    return _table(("", ""), _plain(found.group("scaling", "bytes") + found.group("huge")))


def _mechanisms(found: _Found) -> str:
    rows = []
    for line in found.group("mechanisms"):
        if line.key.startswith("+"):
            continue
        more = found.get("mechanisms", f"+{line.key}")
        name = line.what.removesuffix(", per customer-week")
        rows.append((name, line.written, f"{more.value:+.1f} ns".replace("-", "−") if more else ""))
    return _table(("with", "a customer-week costs", "against the classic arm"), rows)


def _startup(found: _Found) -> str:
    return _table(("", "wall time"), _plain(found.group("startup")))


def _watching(found: _Found) -> str:
    return _table(("", "measured"), _plain(found.group("watching")))


def _luck(found: _Found) -> str:
    lines = found.group("luck")
    cases = list(dict.fromkeys(line.key.partition(":")[2] for line in lines))
    rows = []
    for metric in dict.fromkeys(line.key.partition(":")[0] for line in lines):
        of = {line.key.partition(":")[2]: line for line in lines if line.key.startswith(f"{metric}:")}
        title = next(iter(of.values())).what.partition(",")[0]
        rows.append((title, *(f"{of[case].value:.1f}" if case in of else "–" for case in cases)))
    return _table(("metric", *cases), rows)


PARTS: dict[str, Callable[[_Found], str]] = {
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


def write_page(source: Path = PUBLISHED, page: Path = PAGE) -> Path:
    """Put a measurement into the page and return the page."""
    found = _Found(json.loads(source.read_text(encoding="utf-8")))
    text = page.read_text(encoding="utf-8")
    text = _MARK.sub(lambda mark: f"{mark[1]}{PARTS[mark[2]](found)}{mark[3]}", text)
    page.write_text(text, encoding="utf-8")
    return page


if __name__ == "__main__":
    print(write_page(*(Path(word) for word in sys.argv[1:2])).name)
