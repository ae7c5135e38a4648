"""Run every shipped scenario at its own size and write what was measured into the pages that quote it.

    python docs/measure.py            a few minutes: README.md, docs/scenarios.md, docs/luck.md, docs/figures/*.png
    python docs/measure.py NAME ...   print the rows of some scenarios and write nothing

Numbers in these pages are never typed: they stand between two marks, and come from here.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from configs import FOLDER
from sim import Scenario, compare
from sim.number_format import short_money
from sim.reports.style import png_bytes

ROOT = Path(__file__).resolve().parent.parent
README, SCENARIOS, LUCK = ROOT / "README.md", ROOT / "docs" / "scenarios.md", ROOT / "docs" / "luck.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
SEED, REPLICATES = 1, 8  # the defaults of `journey compare`
#: Scenarios whose overview is drawn, and those the README tells of.
DRAWN: tuple[str, ...] = ("treadmill", "sungevity")
QUOTED: tuple[str, ...] = ("treadmill", "phone_subscription", "cosmetics", "sungevity")
#: Metrics whose variance reduction is quoted.
REDUCED: dict[str, str] = {
    "contribution": "contribution",
    "purchases": "purchases",
    "market_share": "market share",
    "loop_share": "loop share",
    "retention": "retention",
    "weeks_to_purchase": "weeks to purchase",
}
_ALONE = {"arms.proactive.focal.strategy.innovation": 0.0}
#: Runs whose variance reductions are quoted.
SEEDS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("the default run", {}),
    ("without innovation", _ALONE),
    ("without, 1,000 customers, 104 weeks", {**_ALONE, "population": 1_000, "horizon": 104, "burn_in": 52}),
)
HEAD = (
    "| scenario | arm | contribution, baseline | difference | 95 % interval | market share | loop share | pays back"
    " | cash low point |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
)


def names() -> list[str]:
    """Return the names of all shipped scenarios, the default first."""
    found = sorted(path.stem for path in (FOLDER / "scenario").glob("*.yaml"))
    return sorted(found, key=lambda name: name != "treadmill")


def measured(name: str) -> Any:
    """Run a scenario at its own size, as `journey compare scenario=NAME` does."""
    return compare(Scenario.load(name), seed=SEED, replicates=REPLICATES)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def _relative(gain: float, before: float) -> str:
    share = 100 * gain / abs(before)
    return f"{share:+.{0 if abs(share) >= 1 else 1}f} %".replace("-", "−")


def _payback(entry: dict[str, Any]) -> str:
    share = entry["share"]
    if not share:
        return "no"
    week = "at once" if entry["mean"] < 0.5 else f"week {entry['mean']:.0f}"
    return week if share == 1 else f"{week}, in {100 * share:.0f} % of replicates"


def rows(name: str, summary: dict[str, Any]) -> list[str]:
    """Return one row of the table per arm that is compared with the baseline."""
    base, sign = summary["baseline"], summary["currency"]
    lines = []
    for arm in summary["arms"]:
        if arm == base:
            continue
        gain = summary["differences"][f"{arm} - {base}"]
        before, after = summary["arms"][base], summary["arms"][arm]
        contribution = gain["contribution"]
        relative = _relative(contribution["mean"], before["contribution"]["mean"])
        lines.append(
            f"| [`{name}`](SCENARIO/{name}.yaml) | {arm} | {short_money(before['contribution']['mean'], sign)} "
            f"| {short_money(contribution['mean'], sign, sign=True)} ({relative}) "
            f"| {short_money(contribution['ci_low'], sign, sign=True)} to "
            f"{short_money(contribution['ci_high'], sign, sign=True)} "
            f"| {_percent(before['market_share']['mean'])} → {_percent(after['market_share']['mean'])} "
            f"| {_percent(before['loop_share']['mean'])} → {_percent(after['loop_share']['mean'])} "
            f"| {_payback(gain['payback_week'])} | {short_money(gain['cash_low_point']['mean'], sign)} |"
        )
    return lines


def _table(lines: list[str], folder: str) -> str:
    return HEAD + "\n".join(lines).replace("SCENARIO/", folder) + "\n"


def _luck() -> str:
    """Return the variance reductions of the default run and of two runs without innovation."""
    results = {
        title: compare(Scenario.load("treadmill", **changes), seed=SEED, replicates=16) for title, changes in SEEDS
    }
    lines = [f"| metric | {' | '.join(results)} |", f"| --- |{' --- |' * len(results)}"]
    for metric, title in REDUCED.items():
        cells = []
        for result in results.values():
            gain = result.summary_json["differences"]["proactive - classic"][metric]
            by = gain["variance_reduction_by"]
            cells.append(f"{by['common_random_numbers']:.1f} ({gain['correlation']:.2f})".replace("-", "−"))
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _put(page: Path, text: str) -> None:
    head, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, _, tail = rest.partition(END)
    page.write_text(f"{head}{BEGIN}\n{text}{END}{tail}", encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Measure, and write or print."""
    found: dict[str, list[str]] = {}
    for name in arguments or names():
        result = measured(name)
        summary = result.summary_json
        found[name] = rows(name, summary)
        print("\n".join(found[name]), flush=True)
        if not arguments and name in DRAWN:
            (ROOT / "docs" / "figures" / f"{name}.png").write_bytes(png_bytes(result.plot.overview()))
    if not arguments:
        _put(LUCK, _luck())
        _put(SCENARIOS, _table([line for lines in found.values() for line in lines], "../configs/scenario/"))
        _put(README, _table([line for name in QUOTED for line in found[name]], "configs/scenario/"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
