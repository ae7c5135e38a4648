"""Touchpoint effects: the effects of equal improvements over replicates, ranked, with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.analysis.metrics import EVERYBODY, LESS_IS_BETTER
from sim.analysis.multiple_tests import beyond_chance
from sim.analysis.paired import Uncertainty, estimate
from sim.analysis.sampling import INDEPENDENT, Sampling
from sim.analysis.shape import ANYTHING
from sim.analysis.summary import persona_titles, size_of
from sim.analysis.tables import arrow_table

if TYPE_CHECKING:
    from sim.scenario.resolved import ResolvedScenario

__all__ = ["Touchpoint", "summarise_touchpoints"]

_DIRECTIONS = ("better", "worse")

Numbers = dict[str, Any]
#: By place and direction, (R, 1 + P).
Effects = Mapping[tuple[int, str], NDArray[np.float64]]


class Touchpoint(NamedTuple):
    """A stage or an edge of a journey and how it is changed; see :class:`sim.experiments.journey_changes.Change`."""

    kind: str
    name: str
    source: str
    target: str
    how: str
    amount: float


def summarise_touchpoints(
    scenario: ResolvedScenario,
    *,
    arm: str,
    metric: str,
    improvement: float,
    places: Sequence[Touchpoint],
    effects: Mapping[str, Effects],
    level: NDArray[np.float64],
    visits: Sequence[float],
    heads: NDArray[np.float64],
    seed: int,
    sampling: Sampling = INDEPENDENT,
) -> tuple[Numbers, Any]:
    """Rank the places of a journey by what an improvement there is worth.

    Parameters
    ----------
    scenario : ResolvedScenario
    arm, metric : str
        The arm whose journey is changed, and the metric by which the places are ranked.
    improvement : float
        Size of every change, in utility units.
    places : sequence of Touchpoint
        Every stage and edge, in the order of the journey.
    effects : mapping
        By metric, by place and direction (``better``: more of it, ``worse``: less), (R, 1 + P).
    level : float64 (R, 1 + P)
        The metric of the unchanged journey.
    visits : sequence of float
        How often an average customer passes each place.
    heads : float64 (P,)
        Customers per persona.
    seed : int
    sampling : Sampling
        How the replicates were drawn.

    Returns
    -------
    dict
        Content of `summary.json` but for the verdict. ``moments`` are ranked by ``gain``: of a stage the effect of the
        improvement, of an edge that of the direction that pays; what cannot be changed comes last. An effect is
        ``beyond_chance`` where it stands out among all of them; see :mod:`sim.analysis.multiple_tests`.
    pyarrow.Table
        Every effect: ``kind, name, from, to, how, direction, replicate, persona, metric, effect``.
    """
    rows = [EVERYBODY, *(persona.name for persona in scenario.personas)]
    sign = -1.0 if metric in LESS_IS_BETTER else 1.0
    entries = []
    for number, place in enumerate(places):
        found = {way: effects[metric][number, way] for way in _DIRECTIONS if (number, way) in effects[metric]}
        entries.append(_entry(place, found, visits[number], sign, rows, sampling))
    _mark_beyond_chance(entries)
    summary = {
        "scenario": scenario.name,
        "title": scenario.title,
        "focal": scenario.market.focal,
        "persona_titles": persona_titles(scenario),
        "arm": arm,
        "metric": metric,
        "improvement": improvement,
        "currency": scenario.market.economics.currency,
        **size_of(scenario),
        "persona_customers": dict(zip(rows[1:], heads.tolist(), strict=True)),
        "seed": seed,
        "replicates": int(level.shape[0]),
        "precision_method": scenario.precision_method,
        "level": asdict(estimate(level[:, 0], sampling)),
        "moments": sorted(entries, key=lambda entry: (entry["gain"] is None, -(entry["gain"] or 0.0))),
        "ways": _ways(places, effects[metric], sampling),
    }
    return summary, _table(places, effects, rows)


def _entry(
    place: Touchpoint,
    found: Mapping[str, NDArray[np.float64]],
    visits: float,
    sign: float,
    rows: Sequence[str],
    sampling: Sampling,
) -> Numbers:
    """Return the estimates of one place."""
    entry: Numbers = {
        "kind": place.kind,
        "name": place.name,
        "from": place.source,
        "to": place.target,
        "how": place.how,
        "amount": place.amount,
        "visits": visits,
        "pays": None,
        "gain": None,
        **{way: _effect(found[way][:, 0], sampling) if way in found else None for way in _DIRECTIONS},
        "personas": {
            persona: {way: asdict(estimate(values[:, row], sampling)) for way, values in found.items()}
            for row, persona in enumerate(rows)
            if row
        },
    }
    if entry["better"] is not None and entry["better"]["mean"] is not None:
        ways = ("better",) if place.kind == "stage" else tuple(found)
        known = [way for way in ways if entry[way]["mean"] is not None]
        entry["pays"] = max(known, key=lambda way: sign * entry[way]["mean"])
        entry["gain"] = sign * entry[entry["pays"]]["mean"]
    return entry


def _effect(values: NDArray[np.float64], sampling: Sampling) -> Numbers:
    """Return an effect with its interval and ``chance``: how likely one at least as large is where there is none."""
    spread = Uncertainty.of(values, sampling)
    above = None if values.shape[0] < 2 else spread.above_zero()
    chance = None if above is None else 2.0 * min(above, 1.0 - above)
    low, high = spread.ends(ANYTHING)
    return {"mean": spread.mean, "ci_low": low, "ci_high": high, "chance": chance}


def _mark_beyond_chance(entries: Sequence[Numbers]) -> None:
    """Mark the effects that stand out from chance among all that were measured."""
    effects = [entry[way] for entry in entries for way in _DIRECTIONS if entry[way] is not None]
    for effect, found in zip(effects, beyond_chance([effect["chance"] for effect in effects]), strict=True):
        effect["beyond_chance"] = found


def _ways(places: Sequence[Touchpoint], effects: Effects, sampling: Sampling) -> list[Numbers]:
    """Return the effect of more customers from stage to stage: edges that join the same two are added up."""
    sums: dict[tuple[str, str], NDArray[np.float64] | None] = {}
    for number, place in enumerate(places):
        if place.kind != "edge":
            continue
        ends = place.source, place.target
        before = sums.setdefault(ends, None)
        if (number, "better") in effects:
            effect = effects[number, "better"][:, 0]
            sums[ends] = effect if before is None else before + effect
    return [
        {"from": source, "to": target, "better": None if effect is None else asdict(estimate(effect, sampling))}
        for (source, target), effect in sums.items()
    ]


def _table(places: Sequence[Touchpoint], effects: Mapping[str, Effects], rows: Sequence[str]) -> Any:
    import pyarrow as pa

    names = ("kind", "name", "from", "to", "how", "direction", "replicate", "persona", "metric", "effect")
    columns: dict[str, list[Any]] = {name: [] for name in names}
    for metric, found in effects.items():
        for (number, way), values in found.items():
            kind, name, source, target, how, _ = places[number]
            fixed = {
                "kind": kind, "name": name, "from": source, "to": target, "how": how, "direction": way, "metric": metric
            }  # fmt: skip
            for column, word in fixed.items():
                columns[column] += [word] * values.size
            columns["replicate"] += np.repeat(np.arange(values.shape[0]), values.shape[1]).tolist()
            columns["persona"] += list(rows) * values.shape[0]
            columns["effect"] += [None if np.isnan(value) else float(value) for value in values.ravel()]
    return arrow_table(columns, {"replicate": pa.int32(), "effect": pa.float64()})
