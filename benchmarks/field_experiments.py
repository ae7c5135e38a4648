"""Fit the effectiveness of each capability to the field experiments, and write it as configuration.

    python benchmarks/field_experiments.py

Writes `configs/data/fitted_effectiveness.csv`, what pattern P11 holds the model to, and
`configs/doubt/field_experiments.yaml`, the ranges that scenarios may use as doubt. Run it again after a change of the
model or of the table; say in CHANGELOG.md what moved.
"""

from __future__ import annotations

from agents.strategies import CAPABILITIES, EFFECTIVENESS_BOUNDS
from configs import FOLDER
from sim.validation.field_experiments import fit_capabilities, replay_all, words_of_range
from sim.validation.pattern import PatternRun

DOUBT_HEAD = """\
# The range of each capability's effectiveness that published field experiments leave open, as multiples of what is
# assumed: the 95 % interval of a further experiment (Student's t, two degrees of freedom less than there are
# experiments), within 0 to 2. The experiments are so few, and differ so much, that they bind none of the four: every
# range is all that the model admits, from no effect to twice the one assumed. Written by
# benchmarks/field_experiments.py; see docs/validation.md, P11.
#   journey compare arms.proactive.focal.strategy.doubt=field_experiments
name: field_experiments
title: What field experiments leave open
"""


#: Source of a range that is all that the model admits.
UNBOUND = "field_experiments.csv has too few experiments to narrow what the model admits"


def main() -> None:
    """Replay, fit, write."""
    fitted = fit_capabilities(replay_all(PatternRun()))
    rows, ranges = ["capability,effectiveness,low,high,experiments"], [DOUBT_HEAD.rstrip("\n")]
    for name in CAPABILITIES:
        if name not in fitted:
            continue
        pooled, implied = fitted[name]
        low, high = pooled.range()
        ids = ", ".join(each.id for each in implied)
        rows.append(f"{name},{pooled.mean:.2f},{low:.2f},{high:.2f},{len(implied)}")
        ranges.append(f"# {ids}: {words_of_range(pooled)}.")
        source = UNBOUND if (low, high) == EFFECTIVENESS_BOUNDS else f"{ids} of field_experiments.csv"
        ranges.append(f'{name}: {{low: {low:.2f}, high: {high:.2f}, source: "{source}"}}')
    (FOLDER / "data" / "fitted_effectiveness.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (FOLDER / "doubt").mkdir(exist_ok=True)
    (FOLDER / "doubt" / "field_experiments.yaml").write_text("\n".join(ranges) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
