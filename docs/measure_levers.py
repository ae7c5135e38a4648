"""Write the named levers, and what sensitivity and frontier found, into their pages; numbers there are never typed.

python docs/measure_levers.py                run both on `treadmill` and quote them, minutes on an idle machine
python docs/measure_levers.py results        quote the latest finished runs in a folder of results instead
python docs/measure_levers.py --levers       write the table of levers alone
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from pathlib import Path

from sim.experiments.factors import NAMED

HOME = Path(__file__).resolve().parent
COMMANDS = {
    "sensitivity": ["sensitivity"],
    "frontier": ["frontier", "levers=[capability_cost,product_quality,loyalty,competitors_answer]"],
}


def table() -> str:
    """Return the named levers as a table."""
    rows = ["| name | range | what its numbers mean |", "| --- | --- | --- |"]
    for name, kind in NAMED.items():
        scale = " (log)" if kind.scale == "log" else ""
        rows.append(f"| `{name}` | {kind.low:g} to {kind.high:g}{scale} | {kind.title} |")
    return "\n".join(rows)


def quoted(verb: str, results: Path) -> str:
    """Return the verdict of the latest run of a verb, with what was run."""
    runs = sorted(path for path in (results / verb).iterdir() if not path.name.startswith("."))
    summary = json.loads((runs[-1] / "summary.json").read_text("utf-8"))
    words = "\n".join(f"> {line}  " for line in summary["verdict"].split("\n"))
    size = f"{summary['points']} points of {summary['replicates']} replicates, seed {summary['seed']}"
    command = " ".join(["journey", *COMMANDS[verb]])
    return f"`{command}`: {size}.\n\n{words}".replace("  \n", "\n>\n").rstrip()


def put(page: Path, mark: str, text: str) -> None:
    """Write a text between two marks of a page."""
    before = page.read_text("utf-8")
    begin, end = f"<!-- {mark}: begin -->", f"<!-- {mark}: end -->"
    after = re.sub(f"{begin}.*?{end}", lambda _: f"{begin}\n{text}\n{end}", before, flags=re.DOTALL)
    page.write_text(after, encoding="utf-8")


def main(words: list[str]) -> None:
    """Write what the words ask for."""
    put(HOME / "sensitivity.md", "levers", table())
    if words == ["--levers"]:
        return
    if words:
        results = Path(words[0])
    else:
        from sim.cli import main as journey

        results = Path(tempfile.mkdtemp())
        for command in COMMANDS.values():
            journey([*command, f"output_dir={results}"])
    for verb in COMMANDS:
        put(HOME / f"{verb}.md", verb, quoted(verb, results))


if __name__ == "__main__":
    main(sys.argv[1:])
