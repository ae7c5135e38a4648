"""Moments of truth: the effects of equal improvements over replicates, ranked, with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.analysis.metrics import EVERYBODY
from sim.analysis.paired import estimate

if TYPE_CHECKING:
    from sim.scenario.scenario import Scenario

__all__ = ["LESS_IS_BETTER", "summarise_touchpoints"]

#: Metrics of which the company wants less.
LESS_IS_BETTER: tuple[str, ...] = (
    "weeks_to_purchase",
    "switch_rate",
    "opt_out_rate",
    "contacts_per_customer",
    "weeks_to_purchase_category",
)
_DIRECTIONS = ("better", "worse")

Numbers = dict[str, Any]
#: kind, name, source, target, how, amount
Place = tuple[str, str, str, str, str, float]
Effects = Mapping[tuple[int, str], NDArray[np.float64]]


def summarise_touchpoints(
    scenario: Scenario,
    *,
    arm: str,
    metric: str,
    step: float,
    places: Sequence[Place],
    effects: Mapping[str, Effects],
    level: NDArray[np.float64],
    visits: Sequence[float],
    heads: NDArray[np.float64],
    seed: int,
) -> tuple[Numbers, Any]:
    """Rank the places of a journey by what an improvement there is worth.

    Parameters
    ----------
    scenario : Scenario
    arm, metric : str
    step : float
    places : sequence of (kind, name, source, target, how, amount)
        Every stage and edge, in the order of the journey.
    effects : mapping
        By metric, by place and direction (``better``: more of it, ``worse``: less), (R, 1 + P).
    level : float64 (R, 1 + P)
        The metric without any improvement.
    visits : sequence of float
        How often an average customer passes each place.
    heads : float64 (P,)
        Customers per persona.
    seed : int

    Returns
    -------
    dict
        Content of `summary.json` but for the verdict. ``moments`` are ranked by ``gain``: of a stage the effect of the
        improvement, of an edge that of the direction that pays; what cannot be moved comes last.
    pyarrow.Table
        Every effect: ``kind, name, from, to, how, direction, replicate, persona, metric, effect``.
    """
    people = [EVERYBODY, *(persona.name for persona in scenario.personas)]
    sign = -1.0 if metric in LESS_IS_BETTER else 1.0
    entries = []
    for place, (kind, name, source, target, how, amount) in enumerate(places):
        found = {way: effects[metric][place, way] for way in _DIRECTIONS if (place, way) in effects[metric]}
        entry: Numbers = {
            "kind": kind,
            "name": name,
            "from": source,
            "to": target,
            "how": how,
            "amount": amount,
            "visits": visits[place],
            "pays": None,
            "gain": None,
        }
        for way in _DIRECTIONS:
            entry[way] = asdict(estimate(found[way][:, 0])) if way in found else None
        entry["personas"] = {
            who: {way: asdict(estimate(values[:, row])) for way, values in found.items()}
            for row, who in enumerate(people)
            if row
        }
        if entry["better"] is not None and entry["better"]["mean"] is not None:
            ways = ("better",) if kind == "stage" else tuple(found)
            known = [way for way in ways if entry[way]["mean"] is not None]
            entry["pays"] = max(known, key=lambda way: sign * entry[way]["mean"])
            entry["gain"] = sign * entry[entry["pays"]]["mean"]
        entries.append(entry)
    ranked = sorted(entries, key=lambda entry: (entry["gain"] is None, -(entry["gain"] or 0.0)))
    summary = {
        "scenario": scenario.name,
        "title": scenario.title,
        "focal": scenario.market.focal,
        "titles": {persona.name: persona.title.split(",")[0] for persona in scenario.personas if persona.title},
        "arm": arm,
        "metric": metric,
        "step": step,
        "currency": scenario.market.economics.currency,
        "population": scenario.population,
        "persona_customers": dict(zip(people[1:], heads.tolist(), strict=True)),
        "horizon": scenario.horizon,
        "burn_in": scenario.burn_in,
        "seed": seed,
        "replicates": int(level.shape[0]),
        "level": asdict(estimate(level[:, 0])),
        "moments": ranked,
        "ways": _ways(places, effects[metric]),
    }
    return summary, _table(places, effects, people)


def _ways(places: Sequence[Place], effects: Effects) -> list[Numbers]:
    """Return the effect of more customers on each way, edges that join the same stages added up."""
    sums: dict[tuple[str, str], NDArray[np.float64] | None] = {}
    for place, (kind, _, source, target, _, _) in enumerate(places):
        if kind != "edge":
            continue
        sums.setdefault((source, target), None)
        if (place, "better") in effects:
            here, effect = sums[source, target], effects[place, "better"][:, 0]
            sums[source, target] = effect if here is None else here + effect
    return [
        {"from": source, "to": target, "better": None if effect is None else asdict(estimate(effect))}
        for (source, target), effect in sums.items()
    ]


def _table(places: Sequence[Place], effects: Mapping[str, Effects], people: Sequence[str]) -> Any:
    import pyarrow as pa

    columns: dict[str, list[Any]] = {
        name: []
        for name in ("kind", "name", "from", "to", "how", "direction", "replicate", "persona", "metric", "effect")
    }
    for metric, found in effects.items():
        for (place, way), values in found.items():
            kind, name, source, target, how, _ = places[place]
            count = values.size
            fixed = {
                "kind": kind, "name": name, "from": source, "to": target, "how": how, "direction": way, "metric": metric
            }  # fmt: skip
            for column, word in fixed.items():
                columns[column] += [word] * count
            columns["replicate"] += np.repeat(np.arange(values.shape[0]), values.shape[1]).tolist()
            columns["persona"] += list(people) * values.shape[0]
            columns["effect"] += [None if np.isnan(value) else float(value) for value in values.ravel()]
    numbers = {"replicate": pa.int32(), "effect": pa.float64()}
    return pa.table(
        {
            name: pa.array(values, numbers[name])
            if name in numbers
            else pa.array(values, pa.string()).dictionary_encode()
            for name, values in columns.items()
        }
    )
