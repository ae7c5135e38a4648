"""Personas found in logs with one, two and three planted kinds: how often one is said to be one, who is told from whom.

    python -m benchmarks.discovered_personas      # writes benchmarks/discovered_personas.json, a line a log as it goes

Cases are Markov chains over five stages. Kinds differ by a factor of two or more in some edges. The adjusted Rand index
is that of Hubert & Arabie (1985).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import adjusted_rand_score

from sim.discovery.cases import Cases
from sim.discovery.persona_mixture import find_personas

_RESULT = Path(__file__).with_suffix(".json")
_STAGES = ("browse", "compare", "cart", "pay", "help")
_CASES, _VISITS = 400, 60
_LOGS = {1: 100, 2: 10, 3: 10}
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
    stage = np.concatenate(walks).astype(np.int64)
    first = np.r_[0, np.cumsum(lengths)].astype(np.int64)
    following = np.roll(stage, -1)
    following[first[1:] - 1] = -1
    time = (np.arange(stage.size) - np.repeat(first[:-1], lengths)).astype(float)
    return Cases(
        first, np.arange(_CASES), stage, time, following, np.ones(stage.size), _STAGES, float(time.max())
    ), truth


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
    print(json.dumps(_summary(done), indent=1))


def _summary(done: list[dict[str, Any]]) -> dict[str, Any]:
    one = [row for row in done if row["kinds"] == 1]
    out: dict[str, Any] = {"cases": _CASES, "one_said_to_be_one": sum(row["found"] == 1 for row in one), "of": len(one)}
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
