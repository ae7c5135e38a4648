"""Regret of `journey optimize`: how far its plan is from the best of a full grid, measured on luck that chose neither.

python -m benchmarks.regret SCENARIO [SEEDS]     goes on; writes benchmarks/regret.json; SEEDS: 20, or 3,7
python -m benchmarks.regret sobol SCENARIO SEEDS     what Sobol' designs of 120 to 2,048 plans reach; SEEDS: 3, or 4,5

The grid has five levels of four levers, 625 plans. It is raced: all plans get 8 replicates, the best 80 then 32, the
best 16 then 128; the best of these by their means is the grid's. That plan and every plan that a search found are run
on 512 other replicates, the same for all, so that neither the best of the grid nor that of a search looks better than
it is. Every replicate has 1,000 customers.

Of a Sobol' design two plans are judged: the best by its 8 replicates, and the best once a part of its plans has raced
on further luck as the grid did (one in 32 gets 32 replicates, one in 128 of them 128), which finds a better one for
few runs more.

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
#: Plans of the Sobol' designs, and one of how many goes on to how many replicates, two at least.
DESIGNS = (120, 240, 480, 1024, 2048)
DESIGN_RACE = ((32, 32), (128, 128))
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
    began, counted = process_time(), Counter[str]()
    options_counted = {
        **options,
        "on_done": lambda done: counted.update(weeks=done.customer_weeks, runs=done.runs),
    }
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
            "customer_weeks": counted["weeks"],
            "runs": counted["runs"],
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
    for known in [*kept()[name].values(), *kept()[name].get("before_tried_neighbours", {}).values()]:
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
    """Keep what Sobol' designs reach: the best of so many plans by 8 replicates, and the best once they raced."""
    part = f"sobol {seed}"
    found = dict(kept().get(name, {}).get(part, {}))
    if str(DESIGNS[-1]) in found:
        return
    question = question_of(name, seed)
    shares = question.rounded(qmc.Sobol(len(LEVERS), rng=seed).random(DESIGNS[-1]))
    values = list(worth(question, shares, range(SIZES.replicates), options))

    def result(row: int) -> dict[str, Any]:
        return {"plan": shares[row].tolist(), **judged(name, shares[row], bool(values[row].mean() <= 0.0), options)}

    for plans in DESIGNS:
        left, had, runs = (
            best_of(values, np.arange(plans), SIZES.replicates),
            SIZES.replicates,
            plans * SIZES.replicates,
        )
        first = result(left[0])
        for part_of, replicates in DESIGN_RACE:
            left = left[: max(2, plans // part_of)]
            for row in left:
                more = range(len(values[row]), replicates)
                if more:
                    values[row] = np.append(values[row], worth(question, shares[[row]], more, options)[0])
            left, had, runs = best_of(values, left, replicates), replicates, runs + len(left) * (replicates - had)
        found[str(plans)] = {**first, "raced": {**result(left[0]), "runs": runs}}
        keep(name, part, found)
        raced = found[str(plans)]["raced"]["regret"][0]
        print(name, part, plans, f"{first['regret'][0]:.2%}, raced {raced:.2%} in {runs} runs", flush=True)


def best_of(values: list[np.ndarray], rows: np.ndarray, replicates: int) -> np.ndarray:
    """Return plans, the best by their first replicates first."""
    return rows[np.argsort([-values[row][:replicates].mean() for row in rows], kind="stable")]


def numbers(asked: str) -> list[int]:
    """Return seeds: 20 for the first so many, or 3,7."""
    return [int(one) for one in asked.split(",") if one] if "," in asked else list(range(1, int(asked) + 1))


def main(words: list[str]) -> None:
    """Run what the words ask for."""
    with make_executor("serial") as executor:
        options: dict[str, Any] = {"executor": executor, "engine": "numba"}
        if words[0] == "sobol":
            for seed in numbers(words[2]):
                sobol(words[1], seed, options)
            return
        race(words[0], options)
        for seed in numbers(words[1] if len(words) > 1 else "20"):
            search(words[0], seed, options)
            found = kept()[words[0]][f"seed {seed}"]
            print(words[0], seed, found["evaluations"], found["plan"], f"regret {found['regret'][0]:.2%}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
