"""Personas found in logs with one, two and three planted kinds: how often one is said to be one, who is told from whom.

Of one kind there are logs that forget (the next stage goes by the stage alone), logs that remember (by the stage before
it as well) and logs of a few fixed orders.

    python -m benchmarks.discovered_personas      # writes benchmarks/discovered_personas.json, a line a log as it goes

Cases are Markov chains over five stages. Kinds differ by a factor of two or more in some edges. The adjusted Rand index
is that of Hubert & Arabie (1985).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import adjusted_rand_score

from sim.discovery.cases import Cases
from sim.discovery.persona_mixture import find_personas

_RESULT = Path(__file__).with_suffix(".json")
_STAGES = ("browse", "compare", "cart", "pay", "help")
_CASES, _VISITS = 400, 60
#: Cases of logs of one kind that is no Markov chain of its stages, and the chance of an end after each visit.
_REMEMBERING, _ENDS = 1_000, 0.1
_LOGS = {1: 100, 2: 10, 3: 10}
_ONE_KIND = {"remembering": 100, "ordered": 100}
#: Rows: from; columns: to. Each kind has other edges.
_KINDS = np.array(
    [
        [[0.1, 0.4, 0.3, 0.1, 0.1],
         [0.3, 0.1, 0.4, 0.1, 0.1],
         [0.2, 0.2, 0.1, 0.4, 0.1],
         [0.6, 0.1, 0.1, 0.1, 0.1],
         [0.4, 0.2, 0.2, 0.1, 0.1]],
        [[0.4, 0.2, 0.2, 0.1, 0.1],
         [0.5, 0.1, 0.2, 0.1, 0.1],
         [0.4, 0.2, 0.1, 0.2, 0.1],
         [0.6, 0.1, 0.1, 0.1, 0.1],
         [0.4, 0.2, 0.2, 0.1, 0.1]],
        [[0.1, 0.2, 0.2, 0.1, 0.4],
         [0.2, 0.1, 0.2, 0.1, 0.4],
         [0.1, 0.2, 0.1, 0.2, 0.4],
         [0.3, 0.1, 0.1, 0.1, 0.4],
         [0.2, 0.2, 0.2, 0.1, 0.3]],
    ]
)  # fmt: skip


def planted(kinds: int, seed: int) -> tuple[Cases, Any]:
    """Return cases of so many kinds, alike in number, and the kind of each; cases have 30 to 90 visits."""
    luck = np.random.default_rng([seed, kinds])
    truth = luck.integers(0, kinds, _CASES)
    lengths = luck.integers(_VISITS // 2, _VISITS * 3 // 2, _CASES)
    walks = []
    for kind, length in zip(truth, lengths, strict=True):
        stage, walk = 0, []
        for u in luck.random(length):
            walk.append(stage)
            stage = int(min(np.searchsorted(np.cumsum(_KINDS[kind][stage]), u, side="right"), 4))
        walks.append(walk)
    return _cases_of(walks), truth


def remembering(seed: int) -> Cases:
    """Return cases of one kind that go by their stage and the one before, and end after any with the same chance."""
    luck = np.random.default_rng([seed, 5])
    stages = len(_STAGES)
    ways = luck.dirichlet(np.ones(stages), size=(stages + 1, stages))
    walks = []
    for _ in range(_REMEMBERING):
        before, stage, walk = stages, 0, [0]
        while luck.random() > _ENDS:
            before, stage = stage, int(luck.choice(stages, p=ways[before, stage]))
            walk.append(stage)
        walks.append(walk)
    return _cases_of(walks)


def ordered(seed: int) -> Cases:
    """Return cases of one kind that each draw one of five orders of stages."""
    luck = np.random.default_rng([seed, 6])
    orders = [luck.integers(0, len(_STAGES), luck.integers(3, 8)).tolist() for _ in range(5)]
    shares = luck.dirichlet(np.full(len(orders), 3.0))
    return _cases_of([orders[at] for at in luck.choice(len(orders), size=_REMEMBERING, p=shares)])


def _cases_of(walks: Sequence[Sequence[int]]) -> Cases:
    lengths = np.array([len(walk) for walk in walks])
    stage = np.concatenate(walks).astype(np.int64)
    first = np.r_[0, np.cumsum(lengths)].astype(np.int64)
    following = np.roll(stage, -1)
    following[first[1:] - 1] = -1
    time = (np.arange(stage.size) - np.repeat(first[:-1], lengths)).astype(float)
    number, stay = np.arange(len(walks)), np.ones(stage.size)
    return Cases(first, number, stage, time, following, stay, _STAGES, float(time.max()))


def main() -> None:
    """Run what is not in the result yet."""
    done = json.loads(_RESULT.read_text())["logs"] if _RESULT.exists() else []
    known = {(row["kinds"], row["seed"]) for row in done}
    for kinds, logs in _LOGS.items():
        for seed in range(logs):
            if (kinds, seed) in known:
                continue
            cases, truth = planted(kinds, seed)
            found = find_personas(cases, seed)
            index = float(adjusted_rand_score(truth, found.member)) if kinds > 1 else None
            done.append({"kinds": kinds, "seed": seed, "found": len(found.shares), "rand": index})
            _write(done)
    for what, logs in _ONE_KIND.items():
        for seed in range(logs):
            if (what, seed) in known:
                continue
            found = find_personas(remembering(seed) if what == "remembering" else ordered(seed), seed)
            done.append({"kinds": what, "seed": seed, "found": len(found.shares), "rand": None})
            _write(done)
    print(json.dumps(_summary(done), indent=1))


def _summary(done: list[dict[str, Any]]) -> dict[str, Any]:
    one = [row for row in done if row["kinds"] == 1]
    out: dict[str, Any] = {"cases": _CASES, "one_said_to_be_one": sum(row["found"] == 1 for row in one), "of": len(one)}
    for what in _ONE_KIND:
        mine = [row for row in done if row["kinds"] == what]
        if mine:
            out[what] = {"said_to_be_one": sum(row["found"] == 1 for row in mine), "of": len(mine)}
    for kinds in (2, 3):
        mine = [row for row in done if row["kinds"] == kinds]
        if mine:
            rand = [row["rand"] for row in mine]
            right = sum(row["found"] == kinds for row in mine)
            out[f"planted_{kinds}"] = {
                "found": right,
                "of": len(mine),
                "rand_mean": np.mean(rand),
                "rand_least": min(rand),
            }
    return out


def _write(done: list[dict[str, Any]]) -> None:
    _RESULT.write_text(json.dumps({"summary": _summary(done), "logs": done}, indent=1) + "\n")


if __name__ == "__main__":
    main()
