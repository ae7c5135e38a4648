"""Rewrite the golden results after a deliberate change of the model: `make golden`.

Say in CHANGELOG.md, under "Results change", what moved and why. The scenario is frozen beside the results, so that
tuning a shipped configuration moves nothing here; `--scenario` takes the shipped one anew.
"""

import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sim.execution.replicates import run_replicates
from sim.record.events import KINDS
from sim.record.history import ORIGINS, Fixed, History, Money
from sim.scenario.scenario import Scenario
from sim.scenario.yaml_reader import write_yaml

HERE = Path(__file__).parent
SCENARIO, FIGURES = HERE / "scenario.yaml", HERE / "figures.json"
SEED = 20_261_122


def frozen_scenario() -> Scenario:
    """One small market in which every mechanism of the model works."""
    return Scenario.load(
        "treadmill",
        population=1500,
        horizon=78,
        burn_in=39,
        record={"events": 300},
        **{
            "market.word_of_mouth.structure": "communities",
            "market.word_of_mouth.communities": 9,
            "market.choice.novelty": 0.3,
            "personas.veronica.adapt_digital": 0.2,
            "personas.wary.adapt_privacy": 0.3,
            "arms.proactive.focal.strategy.data_use": "covert",
            "arms.proactive.focal.strategy.start_week": 5,
        },
    )


def figures(history: History, scenario: Scenario) -> dict[str, Any]:
    """Key figures of one history, all whole numbers, and a digest of every count."""

    def by_brand(counts: np.ndarray) -> Mapping[str, int]:
        return dict(zip(scenario.brands, counts.tolist(), strict=True))

    digest = hashlib.sha256()
    for name in ("initial", "customers", "flows", "purchases", "skipped", "decision_weeks", "switches", "repeats",
                 "considered", "buyers", "retained", "incumbents", "satisfaction", "trust", "contacts", "timely",
                 "opted_out", "praise", "complaints", "money", "fixed", "adopters"):  # fmt: skip
        digest.update(np.ascontiguousarray(getattr(history, name), dtype="<i8").tobytes())
    kinds = np.bincount(history.events["kind"], minlength=len(KINDS))
    return {
        "purchases": by_brand(history.purchases.sum(axis=(0, 1, 3))),
        "purchases_by_origin": dict(zip(ORIGINS, history.purchases.sum(axis=(0, 1, 2)).tolist(), strict=True)),
        "money_cents": {kind.name.lower(): by_brand(history.money[..., kind].sum(axis=(0, 1))) for kind in Money},
        "fixed_cents": {kind.name.lower(): by_brand(history.fixed[..., kind].sum(axis=0)) for kind in Fixed},
        "contacts": by_brand(history.contacts.sum(axis=(0, 1))),
        "timely_contacts": by_brand(history.timely.sum(axis=(0, 1))),
        "opted_out": by_brand(history.opted_out[-1].sum(axis=0)),
        "customers_of": by_brand(history.incumbents[-1].sum(axis=0)),
        "satisfaction_fixed_point": by_brand(history.satisfaction[-1].sum(axis=0)),
        "trust_fixed_point": by_brand(history.trust[-1].sum(axis=0)),
        "praise": by_brand(history.praise.sum(axis=(0, 1))),
        "complaints": by_brand(history.complaints.sum(axis=(0, 1))),
        "in_stage": history.customers[-1].sum(axis=0).tolist(),
        "adopters": int(history.adopters[-1]),
        "value_cents": int(history.lives.value.sum()),
        "moments": dict(zip(KINDS, kinds.tolist(), strict=True)),
        "digest_of_counts": digest.hexdigest()[:16],
    }


def run(engine: str = "numba") -> dict[str, Any]:
    """Key figures of every arm of the frozen scenario."""
    scenario = Scenario.from_yaml(SCENARIO)
    ((_, arms),) = run_replicates(scenario, seed=SEED, replicates=[0], engine=engine, threads=1)
    return {arm: figures(history, scenario) for arm, history in arms.items()}


def main() -> None:
    """Rewrite the files."""
    if "--scenario" in sys.argv[1:] or not SCENARIO.exists():
        head = "# Frozen by tests/golden/refresh.py --scenario; not meant to be edited.\n"
        SCENARIO.write_text(head + write_yaml(frozen_scenario().to_dict()), encoding="utf-8")
    FIGURES.write_text(json.dumps(run(), indent=1) + "\n", encoding="utf-8")
    print(f"wrote {FIGURES}; say in CHANGELOG.md, under 'Results change', what moved and why")


if __name__ == "__main__":
    main()
