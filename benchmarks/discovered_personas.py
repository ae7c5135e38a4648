"""Personas found in logs with one, two and three planted kinds: how often one is said to be one, who is told from whom.

Kinds differ by where they go, or by how long they stay alone. Of one kind there are logs that forget (the next stage
goes by the stage alone), logs that remember (by the stage before it as well), logs of a few fixed orders, and logs with
times: stays that go by the stage and the next one, by the date, by the hour of the day, or by the age of the case.

    python -m benchmarks.discovered_personas      # writes benchmarks/discovered_personas.json, a line a log as it goes

Cases are Markov chains over five stages. Kinds differ by a factor of two or more in some edges. The adjusted Rand index
is that of Hubert & Arabie (1985).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score

from sim.discovery.cases import Cases
from sim.discovery.persona_mixture import find_personas

_RESULT = Path(__file__).with_suffix(".json")
_STAGES = ("browse", "compare", "cart", "pay", "help")
_CASES, _VISITS = 400, 60
#: Cases of logs of one kind that is no Markov chain of its stages, and the chance of an end after each visit.
_REMEMBERING, _ENDS = 1_000, 0.1
#: Logs of each form with one kind, and with planted kinds.
_ONE_KIND, _PLANTED = 100, 10
#: Hours that a visit to each stage takes on average, and by kind how many times as long it takes.
_HOURS = np.array([2.0, 5.0, 1.0, 0.5, 24.0])
_PACES = np.array([[1.0, 1.0, 1.0, 1.0, 1.0], [2.0, 2.0, 2.0, 2.0, 2.0], [0.5, 0.5, 2.0, 2.0, 1.0]])
#: Days over which cases begin in logs with times.
_DAYS = 200.0
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
    return _cases_of(_walks(_KINDS[truth], luck)), truth


def paced(kinds: int, seed: int) -> tuple[Cases, Any]:
    """Return cases of kinds that go the same ways, each at its own pace, and the kind of each."""
    luck = np.random.default_rng([seed, kinds, 7])
    truth = luck.integers(0, kinds, _CASES)
    walks = _walks(_KINDS[np.zeros(_CASES, int)], luck)
    stays = [luck.exponential((_HOURS * _PACES[kind])[walk]) for kind, walk in zip(truth, walks, strict=True)]
    return _cases_of(walks, stays, luck.uniform(0.0, 24.0 * _DAYS, _CASES)), truth


def _walks(ways: NDArray[np.float64], luck: np.random.Generator) -> list[list[int]]:
    """Return a walk for each case, by its own ways: (cases, from, to)."""
    walks = []
    for mine, length in zip(ways, luck.integers(_VISITS // 2, _VISITS * 3 // 2, len(ways)), strict=True):
        stage, walk = 0, []
        for u in luck.random(length):
            walk.append(stage)
            stage = int(min(np.searchsorted(np.cumsum(mine[stage]), u, side="right"), 4))
        walks.append(walk)
    return walks


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


def timed(seed: int) -> Cases:
    """Return cases of one kind whose stays go by the stage and the next one."""

    def stay(luck: np.random.Generator, hour: float, age: float, stage: int, following: int) -> float:
        return float(luck.lognormal(np.log(_HOURS[stage] * (1 + following)), 1.0))

    return _timed(seed, 8, stay)


def dated(seed: int) -> Cases:
    """Return cases of one kind that becomes four times as quick, little by little, while the log goes on."""

    def stay(luck: np.random.Generator, hour: float, age: float, stage: int, following: int) -> float:
        return float(luck.exponential(_HOURS[stage] * 4.0 ** (-hour / (24.0 * _DAYS))))

    return _timed(seed, 9, stay)


def opening(seed: int) -> Cases:
    """Return cases of one kind that goes on from nine to five alone."""

    def stay(luck: np.random.Generator, hour: float, age: float, stage: int, following: int) -> float:
        until = hour + luck.exponential(_HOURS[stage] / 3.0)
        of_day = until % 24.0
        return float(until - hour + (max(9.0 - of_day, 0.0) if of_day < 17.0 else 33.0 - of_day))

    return _timed(seed, 10, stay)


def aged(seed: int) -> Cases:
    """Return cases of one kind that become the slower the older they are."""

    def stay(luck: np.random.Generator, hour: float, age: float, stage: int, following: int) -> float:
        return float(luck.exponential(_HOURS[stage] * (0.25 + age / 100.0)))

    return _timed(seed, 11, stay)


def _timed(seed: int, number: int, stay: Callable[[np.random.Generator, float, float, int, int], float]) -> Cases:
    luck = np.random.default_rng([seed, number])
    walks = _walks(_KINDS[np.zeros(_CASES, int)], luck)
    begins = luck.uniform(0.0, 24.0 * _DAYS, _CASES)
    stays = []
    for walk, begin in zip(walks, begins.tolist(), strict=True):
        age, mine = 0.0, []
        for stage, following in zip(walk, [*walk[1:], 0], strict=True):
            mine.append(stay(luck, begin + age, age, stage, following))
            age += mine[-1]
        stays.append(np.array(mine))
    return _cases_of(walks, stays, begins)


def _cases_of(
    walks: Sequence[Sequence[int]], hours: Sequence[NDArray[np.float64]] | None = None, begins: Any = 0.0
) -> Cases:
    """Return cases of such stages, with such stays and beginnings in hours, or in steps of a second."""
    lengths = np.array([len(walk) for walk in walks])
    stage = np.concatenate(walks).astype(np.int64)
    first = np.r_[0, np.cumsum(lengths)].astype(np.int64)
    following = np.roll(stage, -1)
    following[first[1:] - 1] = -1
    stay = np.ones(stage.size) if hours is None else 3600.0 * np.concatenate(hours)
    since = np.cumsum(stay) - stay
    time = since - np.repeat(since[first[:-1]], lengths) + np.repeat(3600.0 * begins * np.ones(len(walks)), lengths)
    if hours is not None:
        time -= time.min()
    end = float(time.max())
    stay[first[1:] - 1] = end - time[first[1:] - 1] if hours is not None else 1.0
    return Cases(first, np.arange(len(walks)), stage, time, following, stay, _STAGES, end)


def main() -> None:
    """Run what is not in the result yet."""
    done = json.loads(_RESULT.read_text())["logs"] if _RESULT.exists() else []
    known = {(row["kinds"], row["seed"]) for row in done}
    for what, (kinds, make, logs) in _MADE.items():
        for seed in range(logs):
            if (what, seed) in known:
                continue
            cases, truth = make(seed)
            found = find_personas(cases, seed)
            index = None if truth is None else float(adjusted_rand_score(truth, found.member))
            done.append({"kinds": what, "planted": kinds, "seed": seed, "found": len(found.shares), "rand": index})
            _write(done)
    print(json.dumps(_summary(done), indent=1))


def _planted(kinds: int, make: Callable[[int, int], tuple[Cases, Any]]) -> Callable[[int], tuple[Cases, Any]]:
    return lambda seed: make(kinds, seed)


def _alone(make: Callable[[int], Cases]) -> Callable[[int], tuple[Cases, Any]]:
    return lambda seed: (make(seed), None)


#: By name: how many kinds there are, the cases of a seed with the kind of each, and how many logs are made.
_MADE: dict[str, tuple[int, Callable[[int], tuple[Cases, Any]], int]] = {
    "chain": (1, lambda seed: (planted(1, seed)[0], None), _ONE_KIND),
    **{make.__name__: (1, _alone(make), _ONE_KIND) for make in (remembering, ordered, timed, dated, opening, aged)},
    **{f"ways_{kinds}": (kinds, _planted(kinds, planted), _PLANTED) for kinds in (2, 3)},
    **{f"pace_{kinds}": (kinds, _planted(kinds, paced), _PLANTED) for kinds in (2, 3)},
}


def _summary(done: list[dict[str, Any]]) -> dict[str, Any]:
    out: dict[str, Any] = {"cases": _CASES}
    for what in _MADE:
        mine = [row for row in done if row["kinds"] == what]
        if mine:
            rand = [row["rand"] for row in mine if row["rand"] is not None]
            out[what] = {"right": sum(row["found"] == row["planted"] for row in mine), "of": len(mine)}
            if rand:
                out[what] |= {"rand_mean": float(np.mean(rand)), "rand_least": min(rand)}
    return out


def _write(done: list[dict[str, Any]]) -> None:
    _RESULT.write_text(json.dumps({"summary": _summary(done), "logs": done}, indent=1) + "\n")


if __name__ == "__main__":
    main()
