"""Run attribution and moments of truth and write the results into `docs/attribution.md`.

    python docs/measure_questions.py             a few minutes on an idle machine
    python docs/measure_questions.py results     quote the latest finished runs in a folder of results instead

Numbers in the page are never typed: they stand between two marks, and come from here.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agents.strategies import CAPABILITIES
from sim.number_format import interval, quantity
from sim.reports.attribution import words_of

PAGE = Path(__file__).resolve().parent / "attribution.md"
SCENARIOS: tuple[str, ...] = ("treadmill", "sungevity", "cosmetics")
SEED, REPLICATES = 1, 8  # the defaults of the verbs
#: Some fifty arms: fewer customers than the scenario has.
SIZES: Mapping[str, Mapping[str, int]] = {"attribute": {}, "moments": {"population": 8_000}}
_PLAYERS = tuple(CAPABILITIES)

Numbers = Mapping[str, Any]


def summaries(verb: str, folder: Path | None) -> list[Numbers]:
    """Return the summaries of a verb's runs, by scenario."""
    if folder is not None:
        found = [sorted((folder / verb).glob(f"*_{name}/summary.json"))[-1] for name in SCENARIOS]
        return [json.loads(path.read_text(encoding="utf-8")) for path in found]
    from sim import Scenario
    from sim.experiments.attribute import attribute
    from sim.experiments.touchpoints import touchpoints

    run: Any = attribute if verb == "attribute" else touchpoints
    return [
        run(Scenario.load(name, **SIZES[verb]), seed=SEED, replicates=REPLICATES).summary_json for name in SCENARIOS
    ]


def _written(summary: Numbers, entry: Numbers) -> str:
    kind, sign = words_of(summary["metric"]).kind, summary["currency"]
    sure = interval(entry["ci_low"], entry["ci_high"], kind, sign)
    return f"{quantity(entry['mean'], kind, sign, sign=True)} [{sure}]"


def attribution_rows(found: list[Numbers]) -> list[str]:
    """Return a table of shares, a row per scenario."""
    lines = [
        f"| scenario | contacts alone | {' | '.join(_PLAYERS)} | whole effect | strongest pair |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for summary in found:
        block = summary["metrics"][summary["metric"]]["all"]
        pair, entry = max(block["together"].items(), key=lambda item: abs(item[1]["mean"]))
        cells = [_written(summary, block["parts"][part]) for part in ("contacts", *_PLAYERS)]
        lines.append(
            f"| `{summary['scenario']}` | {' | '.join(cells)} | {_written(summary, block['whole'])} |"
            f" {pair.replace(' + ', ' and ')} {_written(summary, entry)} |"
        )
    return lines


def moments_rows(found: list[Numbers]) -> list[str]:
    """Return a table of the moments of truth, a row per scenario."""
    lines = [
        "| scenario | value per customer | stage worth most | next | edge worth most | hurts most |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    words = {"better": "more", "worse": "fewer"}
    for summary in found:
        moved = [moment for moment in summary["moments"] if moment["gain"] is not None]
        stages = [item for item in moved if item["kind"] == "stage" and item["how"] in ("experience", "effort")]
        edge = next(item for item in moved if item["kind"] == "edge")
        cells = [f"{item['name']} {_written(summary, item['better'])}" for item in stages[:2]]
        worst = min(stages, key=lambda item: item["worse"]["mean"])
        level = quantity(summary["level"]["mean"], words_of(summary["metric"]).kind, summary["currency"])
        lines.append(
            f"| `{summary['scenario']}` | {level} | {' | '.join(cells)} |"
            f" {words[edge['pays']]} {edge['from']} → {edge['to']} {_written(summary, edge[edge['pays']])} |"
            f" a worse {worst['name']} {_written(summary, worst['worse'])} |"
        )
    return lines


def put(part: str, lines: list[str]) -> None:
    """Put lines between the two marks of a part of the page."""
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(f"<!-- {part}: begin -->\n")
    _, after = rest.split(f"<!-- {part}: end -->")
    body = "\n".join(lines)
    PAGE.write_text(f"{before}<!-- {part}: begin -->\n{body}\n<!-- {part}: end -->{after}", encoding="utf-8")


def main() -> None:
    """Measure, and write the page."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    put("attribution", attribution_rows(summaries("attribute", folder)))
    put("moments", moments_rows(summaries("moments", folder)))


if __name__ == "__main__":
    main()
