"""Record what contact rates earn in the shipped scenarios of pattern P9, and write it as a table.

    python -m benchmarks.contact_rates

Writes `configs/data/contact_rates.csv`, from which pattern P9 takes the rate that it judges, on other populations. Run
it again after a change of the model that moves the best rate; say in CHANGELOG.md what moved.
"""

from __future__ import annotations

from configs import FOLDER
from sim.validation.check import mean_and_error
from sim.validation.pattern import PatternRun
from sim.validation.pressure import SHIPPED, contribution_at_rates

#: Populations that `journey validate` never runs with the same seed.
POPULATIONS = range(1_000, 1_048)


def main() -> None:
    """Run, write."""
    rows = ["scenario,contacts_per_week,contribution,error"]
    for name in SHIPPED:
        rates, earned = contribution_at_rates(PatternRun(), name, POPULATIONS)
        for rate, column in zip(rates, earned.T, strict=True):
            mean, error = mean_and_error(column)
            rows.append(f"{name},{rate:g},{mean:.3f},{error:.3f}")
    (FOLDER / "data" / "contact_rates.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
