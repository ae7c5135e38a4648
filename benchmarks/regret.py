"""Regret of `journey optimize`: how far its plan is from the best of a full grid, measured on luck that chose neither.

python -m benchmarks.regret SCENARIO [SEEDS]     goes on; writes benchmarks/regret.json; SEEDS: 20, or 3,7
python -m benchmarks.regret sobol SCENARIO SEEDS     what a Sobol' design of 120, 240, 480 and 1,200 plans reaches

The grid has five levels of four levers, 625 plans. It is raced: all plans get 8 replicates, the best 80 then 32, the
best 16 then 128; the best of these by their means is the grid's. That plan and every plan that a search found are run
on 512 other replicates, the same for all, so that neither the best of the grid nor that of a search looks better than
it is. Every replicate has 1,000 customers.

A seed with `tried_neighbours` was measured since plans around the best one that had been tried already enter the race
too; `before_tried_neighbours` has what was measured again since, and `before_the_race` what was measured before there
was a race.
"""

import json
import sys
from collections import Counter
from dataclasses import replace
from itertools import product
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
from scipy.stats import qmc

from sim import Scenario
from sim.analysis.paired import estimate
from sim.execution.executors import make_executor
from sim.experiments.factors import choose_factors, isolate_arm
from sim.experiments.optimize import optimize
from sim.experiments.plan import PlanQuestion, read_goal
from sim.experiments.plan_search import SearchSizes
from sim.scenario.resolved import Record

HERE = Path(__file__).parent
FILE = HERE / "regret.json"
LEVERS = ["automation", "personalization", "context", "contact_rate"]
POPULATION, EVALUATIONS = 1_000, 120
SIZES = SearchSizes(evaluations=EVALUATIONS, batch=4, replicates=8, confirm=32)
#: Plans left and replicates that each has then had, in the race over the grid.
RACE = ((625, 8), (80, 32), (16, 128))
#: Plans of the Sobol' designs.
DESIGNS = (120, 240, 480, 1200)
#: Luck of the race, which no search meets, and of the final judgement.
RACED, JUDGED = 500_000, range(900_000, 900_512)


def question_of(name: str, seed: int) -> PlanQuestion:
    """Return what is asked of a scenario."""
    scenario = replace(Scenario.load(name, population=POPULATION), record=Record(customers=False, events=0, lives=0))
    arm = next(arm for arm in scenario.arms if arm != scenario.baseline)
    small = isolate_arm(scenario, arm, LEVERS)
    factors = choose_factors(LEVERS, small, arm, names=())
    return PlanQuestion(small, arm, factors, read_goal("npv"), None, (), "mean", ({},), seed)


def kept() -> dict[str, Any]:
    """Return what was measured so far."""
    return json.loads(FILE.read_text()) if FILE.exists() else {}


def keep(name: str, part: str, value: object) -> None:
    """Keep one measurement."""
    found = kept()
    found.setdefault(name, {})[part] = value
    FILE.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")


def worth(question: PlanQuestion, shares: np.ndarray, replicates: range, options: dict[str, Any]) -> np.ndarray:
    """Return the value of every run of plans, judged with the same luck whatever the search's seed was."""
    return question.worth(question.run(shares, replicates, **options))


def race(name: str, options: dict[str, Any]) -> list[float]:
    """Return the best plan of the grid."""
    known = kept().get(name, {}).get("grid")
    if known is not None:
        return list(known["best"])
    question = question_of(name, 1)
    shares = np.array(list(product(np.linspace(0.0, 1.0, 5), repeat=len(LEVERS))))
    values = np.empty((len(shares), 0))
    for left, replicates in RACE:
        best = np.argsort(-values.mean(axis=1), kind="stable")[:left] if values.size else np.arange(len(shares))
        shares, values = shares[best], values[best]
        more = range(RACED + values.shape[1], RACED + replicates)
        values = np.concatenate([values, worth(question, shares, more, options)], axis=1)
    order = np.argsort(-values.mean(axis=1), kind="stable")
    top = [{"plan": shares[at].tolist(), "value": float(values[at].mean())} for at in order[:5]]
    keep(name, "grid", {"best": shares[order[0]].tolist(), "top": top, "race": RACE})
    return list(shares[order[0]])


def search(name: str, seed: int, options: dict[str, Any]) -> None:
    """Search with one seed and keep what was found, judged beside the best of the grid."""
    part = f"seed {seed}"
    if part in kept().get(name, {}):
        return
    began, weeks = process_time(), Counter[str]()
    options_counted = {**options, "on_done": lambda done: weeks.update(all=done.customer_weeks)}
    found = optimize(question_of(name, seed), SIZES, options_counted)
    spent = process_time() - began
    promised = found.plan.value
    keep(
        name,
        part,
        {
            "plan": found.plan.shares.tolist(),
            "nothing": found.nothing,
            "evaluations": len(found.runs),
            "customer_weeks": weeks["all"],
            "processor_seconds": round(spent, 1),
            "promised": [promised.mean, promised.ci_low, promised.ci_high],
            "tried_neighbours": True,
            **judged(name, found.plan.shares, found.nothing, options),
        },
    )


def judged(name: str, shares: np.ndarray, nothing: bool, options: dict[str, Any]) -> dict[str, Any]:
    """Return the value of a plan and its regret beside the best of the grid, or doing nothing, on the judging luck."""
    best = np.array(race(name, options))
    question = question_of(name, 1)
    if "grid_value" not in kept().get(name, {}):
        values = worth(question, best[None, :], JUDGED, options)[0]
        keep(name, "grid_value", [round(value, 2) for value in values.tolist()])
    for known in kept()[name].values():
        # The same plan on the same luck has the same value.
        if isinstance(known, dict) and known.get("plan") == shares.tolist() and known["nothing"] == nothing:
            return {part: known[part] for part in ("value", "regret")}
    grid = np.array(kept()[name]["grid_value"])
    grid = grid if grid.mean() > 0 else np.zeros_like(grid)
    own = np.zeros(len(grid)) if nothing else worth(question, shares[None, :], JUDGED, options)[0]
    gap = estimate(grid - own)
    scale = max(grid.mean(), 1e-9) if grid.any() else 1.0
    ends = (gap.mean, gap.ci_low, gap.ci_high)
    return {
        "value": float(own.mean()),
        "regret": [0.0 if not grid.any() and nothing else (end or 0.0) / scale for end in ends],
    }


def sobol(name: str, seed: int, options: dict[str, Any]) -> None:
    """Keep what Sobol' designs reach with the same replicates: the best by its mean of so many plans."""
    part = f"sobol {seed}"
    if str(DESIGNS[-1]) in kept().get(name, {}).get(part, {}):
        return
    question = question_of(name, seed)
    shares = question.rounded(qmc.Sobol(len(LEVERS), rng=seed).random(2048)[: DESIGNS[-1]])
    values = worth(question, shares, range(SIZES.replicates), options).mean(axis=1)
    found = {}
    for plans in DESIGNS:
        at = int(np.argmax(values[:plans]))
        found[str(plans)] = judged(name, shares[at], bool(values[at] <= 0.0), options)
    keep(name, part, found)


def main(words: list[str]) -> None:
    """Run what the words ask for."""
    with make_executor("serial") as executor:
        options: dict[str, Any] = {"executor": executor, "engine": "numba"}
        if words[0] == "sobol":
            for seed in range(1, int(words[2]) + 1):
                sobol(words[1], seed, options)
            return
        race(words[0], options)
        asked = words[1] if len(words) > 1 else "20"
        for seed in map(int, asked.split(",")) if "," in asked else range(1, int(asked) + 1):
            search(words[0], seed, options)
            found = kept()[words[0]][f"seed {seed}"]
            print(words[0], seed, found["evaluations"], found["plan"], f"regret {found['regret'][0]:.2%}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
