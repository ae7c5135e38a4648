"""Ranges of effectiveness: which interval of a further experiment holds its level, with so few experiments?

Six intervals are made of what the field experiments imply for each capability (pattern P11). Each is held to two
things: how many experiments lie where the others on their capability put them (leave-one-out), and how often it holds
the truth of a further experiment when as many are simulated, with their standard errors, and their truths differ as
much as is stated.

    python -m benchmarks.doubt_ranges             two minutes: benchmarks/doubt_ranges.json
    python -m benchmarks.doubt_ranges --out -     print alone
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from math import inf, log, sqrt
from pathlib import Path
from typing import Any

import numpy as np

from sim.analysis.student import student_quantile
from sim.validation.effectiveness import Implied, Pooled, pool
from sim.validation.field_experiments import fit_capabilities, replay_all
from sim.validation.pattern import PatternRun

Groups = dict[str, list[Implied]]
Ends = tuple[float, float]
NORMAL, NONE = 1.96, (-inf, inf)
#: Of the simulation: how often, and by name the standard deviation of truths within each capability, in P11's order.
TIMES = 2000
SPREADS = {"all alike": (0.0,) * 4, "0.5 each": (0.5,) * 4, "1.6 each": (1.6,) * 4, "unequal": (3.4, 1.6, 0.6, 0.6)}


def t(freedom: int) -> float:
    """Return the 97.5 % quantile of Student's t; infinite without a degree of freedom."""
    return float(student_quantile(freedom, 0.975)) if freedom > 0 else inf


def around(pooled: Pooled, times: float, error: float) -> Ends:
    """Return the interval of so many standard deviations of a further experiment."""
    half = times * sqrt(pooled.error**2 + pooled.between**2 + error**2)
    return pooled.mean - half, pooled.mean + half


def alone(times: Callable[[int], float]) -> Callable[[Groups, str, float], Ends]:
    """Return the interval of one capability's own experiments, by a quantile of their number."""

    def interval(groups: Groups, name: str, error: float) -> Ends:
        pooled = pool(groups[name])
        reach = inf if pooled is None else times(pooled.experiments)
        return NONE if pooled is None or reach == inf else around(pooled, reach, error)

    return interval


def hartung_knapp(groups: Groups, name: str, error: float) -> Ends:
    """Return the interval with the error of the mean from the weighted spread (Hartung & Knapp 2001)."""
    pooled, own = pool(groups[name]), groups[name]
    if pooled is None or len(own) < 2:
        return NONE
    weights = [1.0 / (each.error**2 + pooled.between**2) for each in own]
    spread = sum(weight * (each.value - pooled.mean) ** 2 for weight, each in zip(weights, own, strict=True))
    half = t(len(own) - 1) * sqrt(spread / (len(own) - 1) / sum(weights) + pooled.between**2 + error**2)
    return pooled.mean - half, pooled.mean + half


def one_spread(groups: Groups, name: str, error: float) -> Ends:
    """Return the interval with one spread between experiments for all capabilities, each with its own mean."""
    found = room = freedom = 0.0
    for group in groups.values():
        weights = np.array([1.0 / each.error**2 for each in group])
        values = np.array([each.value for each in group])
        if len(group) > 1:
            found += float((weights * (values - np.average(values, weights=weights)) ** 2).sum())
            room += float(weights.sum() - (weights**2).sum() / weights.sum())
            freedom += len(group) - 1
    own = groups[name]
    if not own or not room:
        return NONE
    between = max(0.0, (found - freedom) / room)
    weights = np.array([1.0 / (each.error**2 + between) for each in own])
    mean = float(np.average([each.value for each in own], weights=weights))
    return around(
        Pooled(mean=mean, error=float(weights.sum()) ** -0.5, between=sqrt(between), experiments=0),
        t(int(freedom)),
        error,
    )


def one_mean(groups: Groups, name: str, error: float) -> Ends:
    """Return the interval of all experiments together, whatever their capability."""
    together = [each for group in groups.values() for each in group]
    pooled = pool(together)
    return NONE if pooled is None else around(pooled, t(len(together) - 2), error)


INTERVALS: dict[str, Callable[[Groups, str, float], Ends]] = {
    "normal quantile": alone(lambda count: NORMAL),
    "t, k - 2": alone(lambda count: t(count - 2)),
    "t, k - 1": alone(lambda count: t(count - 1)),
    "Hartung-Knapp, k - 1": hartung_knapp,
    "one spread for all, t": one_spread,
    "one mean and spread for all, t": one_mean,
}


def left_out(groups: Groups, interval: Callable[[Groups, str, float], Ends]) -> tuple[int, int]:
    """Return how many experiments lie where the others put them, and of how many that can be said."""
    held = said = 0
    for name, group in groups.items():
        for each in group:
            low, high = interval({**groups, name: [other for other in group if other is not each]}, name, each.error)
            said += low > -inf
            held += low > -inf and low <= each.value <= high
    return held, said


def simulated(groups: Groups, spreads: Sequence[float]) -> dict[str, dict[str, float | None]]:
    """Return by interval and capability the share of further truths that it holds; None where it has no ends."""
    generator = np.random.default_rng(1)
    held = {kind: dict.fromkeys(groups, 0) for kind in INTERVALS}
    ended = {kind: dict.fromkeys(groups, False) for kind in INTERVALS}
    for _ in range(TIMES):
        drawn = {
            name: [
                Implied(
                    id="", value=1.0 + spread * generator.normal() + each.error * generator.normal(), error=each.error
                )
                for each in group
            ]
            for (name, group), spread in zip(groups.items(), spreads, strict=True)
        }
        for name, spread in zip(groups, spreads, strict=True):
            truth = 1.0 + spread * generator.normal()
            for kind, interval in INTERVALS.items():
                low, high = interval(drawn, name, 0.0)
                held[kind][name] += low <= truth <= high
                ended[kind][name] |= low > -inf
    return {
        kind: {name: count / TIMES if ended[kind][name] else None for name, count in found.items()}
        for kind, found in held.items()
    }


def logarithms(groups: Groups) -> Groups:
    """Return what is implied on the scale of logarithms (delta method): all values are above 0."""
    return {
        name: [Implied(id=each.id, value=log(each.value), error=each.error / each.value) for each in group]
        for name, group in groups.items()
    }


def main() -> None:
    """Replay, and judge every interval."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", default=str(Path(__file__).with_suffix(".json")), help="a file, or - for none")
    options = parser.parse_args()
    groups = {name: implied for name, (_, implied) in fit_capabilities(replay_all(PatternRun())).items()}
    found: dict[str, Any] = {
        "experiments": {name: [[each.id, each.value, each.error] for each in group] for name, group in groups.items()},
        "intervals": {},
        "simulated": {label: simulated(groups, spreads) for label, spreads in SPREADS.items()},
    }
    for scale, of in (("as it is", groups), ("logarithm", logarithms(groups))):
        for kind, interval in INTERVALS.items():
            held, said = left_out(of, interval)
            ends = {name: [round(end, 3) if abs(end) < inf else None for end in interval(of, name, 0.0)] for name in of}
            found["intervals"][f"{kind}, {scale}"] = {"held": held, "said": said, "ends": ends}
            print(f"{kind}, {scale}: {held} of {said} left out are held; {ends}")
    for label, kinds in found["simulated"].items():
        for kind, shares in kinds.items():
            print(f"{label}, {kind}: {shares}")
    if options.out != "-":
        Path(options.out).write_text(json.dumps(found, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
