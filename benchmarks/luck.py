"""What common luck is worth: the variance it takes out of a difference, and the replicates that saves."""

from benchmarks.measure import Measure, scenario_of
from sim.experiments.compare import compare

__all__ = ["luck"]

QUOTED = {
    "contribution": "contribution",
    "purchases": "purchases",
    "market_share": "market share",
    "loop_share": "loop share",
    "weeks_to_purchase": "weeks to purchase",
}
#: Experiments succeed or fail in one arm only, so no luck can be common there: shown with and without.
CASES = {
    "the default strategy": {},
    "without innovation": {"arms.proactive.focal.strategy.innovation": 0.0},
}


def luck(size: str) -> list[Measure]:
    """Measure variance reduction: the variance of a difference of independent runs over that of paired ones."""
    people, replicates = {"quick": (500, 8), "usual": (5_000, 32), "full": (20_000, 64)}[size]
    span = (52, 26) if size == "quick" else (260, 104)
    lines = []
    for case, changes in CASES.items():
        scenario = scenario_of(people, *span, **changes)
        summary = compare(scenario, replicates=replicates, seed=1).summary_json
        for metric, title in QUOTED.items():
            found = summary["differences"]["proactive - classic"][metric]["variance_reduction_by"]
            if found is None:
                continue
            what = f"{title}, {case}: one paired replicate is worth"
            lines.append(Measure("luck", f"{metric}:{case}", what, found["common_random_numbers"], "unpaired"))
    return lines
