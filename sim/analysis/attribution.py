"""Attribution: every player's share of a difference, in every replicate and for every persona, with intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from agents.money import CENTS
from sim.analysis.metrics import EVERYBODY, TERMS
from sim.analysis.paired import estimate
from sim.analysis.response import Response
from sim.analysis.sampling import INDEPENDENT, Sampling
from sim.analysis.shapley import ShapleyDivision, apportion, divide
from sim.analysis.summary import brand_titles, persona_titles, size_of
from sim.analysis.tables import arrow_table

if TYPE_CHECKING:
    from sim.scenario.resolved import ResolvedScenario

__all__ = ["DIVIDED", "IN_CENTS", "DoubtedGame", "pair_name", "summarise_attribution"]

#: Metrics that every attribution divides, beside the one it is asked about.
DIVIDED: tuple[str, ...] = (
    "contribution",
    "npv",
    "clv",
    "revenue",
    "purchases",
    "market_share",
    "loop_share",
    "retention",
    "satisfaction",
    "opt_out_rate",
)
#: Metrics that are sums of money: divided in cents, and written in whole cents that add up.
IN_CENTS: tuple[str, ...] = ("contribution", "revenue", "npv", "cash_low_point", *(f"term_{name}" for name in TERMS))
#: Money passed through floats; nearer than this to a whole cent it is one.
_NEAR = 1e-4

Parts = tuple[Fraction, ...]
Numbers = dict[str, Any]
#: A number that a division has.
Value = Callable[[Parts, ShapleyDivision], Fraction]


@dataclass(frozen=True, slots=True)
class DoubtedGame:
    """The combinations again with other effectiveness.

    Attributes
    ----------
    response : Response
        The design.
    replicates : float
        Behind the mean at a point, on average.
    stated : sequence of int
        By point (D,), which row is as effective as stated in the replicates that the point was run in.
    wins, stepwise : mapping
        By metric, means over replicates: every combination (S + D, 1 + P, 2 ** players), and the baseline and the arm
        after each step (S + D, 1 + P, 1 + steps); S rows as effective as stated, then one for each point of the design.
    """

    response: Response
    replicates: float
    stated: Sequence[int]
    wins: Mapping[str, NDArray[np.float64]]
    stepwise: Mapping[str, NDArray[np.float64]]

    def shifts(self, found: Sequence[float]) -> NDArray[np.float64] | None:
        """Return the shifts of a quantity that was found in every row; None where not all are known."""
        values = np.array(found)
        own = values[-len(self.stated) :] - values[list(self.stated)]
        shifts = self.response.shifts(own, self.replicates)
        return None if np.isnan(shifts).any() else shifts


def pair_name(one: str, other: str) -> str:
    """Return the key under which a pair of players stands."""
    return f"{one} + {other}"


def summarise_attribution(
    scenario: ResolvedScenario,
    *,
    arm: str,
    metric: str,
    players: Sequence[str],
    steps: Sequence[str],
    wins: Mapping[str, NDArray[np.float64]],
    stepwise: Mapping[str, NDArray[np.float64]],
    heads: NDArray[np.float64],
    seed: int,
    sampling: Sampling = INDEPENDENT,
    doubt: DoubtedGame | None = None,
) -> tuple[Numbers, Any]:
    """Divide the difference between an arm and the baseline.

    Parameters
    ----------
    scenario : ResolvedScenario
        The scenario with the two arms.
    arm, metric : str
        The arm that is explained, and the metric whose difference is divided.
    players, steps : sequence of str
        What is switched on and off, and what changes between the baseline and the combination with no player on.
    wins : mapping
        By metric, every combination (R, 1 + P, 2 ** players), in the order of :func:`sim.analysis.shapley.coalitions`.
    stepwise : mapping
        By metric, the baseline and the arm after each step (R, 1 + P, 1 + steps); the last is the first combination.
    heads : float64 (P,)
        Customers per persona.
    seed : int
    sampling : Sampling
        How the replicates were drawn: one control variate for all parts, so that they still add up.
    doubt : DoubtedGame, optional
        The combinations with other effectiveness: every interval then covers it.

    Returns
    -------
    dict
        Content of `summary.json` but for the verdict. ``metrics`` holds every division by metric and persona, ``terms``
        what each share of contribution is made of.
    pyarrow.Table
        Every share: ``metric, replicate, persona, part, share, cents``. Of one metric, replicate and persona the shares
        sum to the whole difference, the cents (of metrics in money; else null) do so without any rounding.
    """
    import pyarrow as pa

    rows = [EVERYBODY, *(persona.name for persona in scenario.personas)]
    parts = (*steps, *players)
    divided = tuple(name for name in wins if name in DIVIDED or name == metric)

    def found(name: str, row: int) -> list[tuple[Parts, ShapleyDivision] | None]:
        return [_divide(name, *pair) for pair in zip(wins[name][:, row], stepwise[name][:, row], strict=True)]

    def block_of(name: str, row: int, divisions: Sequence[tuple[Parts, ShapleyDivision] | None]) -> Numbers:
        return _block(name, divisions, parts, players, sampling, _shifting(doubt, name, row))

    blocks: dict[str, Numbers] = {name: {} for name in divided}
    columns: dict[str, list[Any]] = {name: [] for name in ("metric", "replicate", "persona", "part", "share", "cents")}
    for name in divided:
        for row, persona in enumerate(rows):
            divisions = found(name, row)
            blocks[name][persona] = block_of(name, row, divisions)
            _add_shares(columns, name, persona, parts, divisions)
    terms = {}
    for term in TERMS:
        block = block_of(f"term_{term}", 0, found(f"term_{term}", 0))
        terms[term] = {part: _interval(entry) for part, entry in (*block["parts"].items(), ("whole", block["whole"]))}
    summary = {
        "scenario": scenario.name,
        "title": scenario.title,
        "focal": scenario.market.focal,
        "titles": brand_titles(scenario),
        "persona_titles": persona_titles(scenario),
        "baseline": scenario.baseline,
        "arm": arm,
        "metric": metric,
        "players": list(players),
        "steps": list(steps),
        "currency": scenario.market.economics.currency,
        **size_of(scenario),
        "persona_customers": dict(zip(rows[1:], heads.tolist(), strict=True)),
        "seed": seed,
        "replicates": int(wins[metric].shape[0]),
        "precision_method": scenario.precision_method,
        "metrics": blocks,
        "terms": {part: {term: terms[term][part] for term in TERMS} for part in (*parts, "whole")},
        "combinations": _combinations(players, wins[metric], stepwise[metric], sampling, _doubted_gains(doubt, metric)),
    }
    return summary, arrow_table(columns, {"replicate": pa.int32(), "share": pa.float64(), "cents": pa.int64()})


def _doubted_gains(doubt: DoubtedGame | None, metric: str) -> list[NDArray[np.float64] | None]:
    """Return the shifts of every combination's difference; empty without doubt."""
    if doubt is None:
        return []
    gains = doubt.wins[metric][:, 0] - doubt.stepwise[metric][:, :1, 0]
    return [doubt.shifts(column.tolist()) for column in gains.T]


def _combinations(
    players: Sequence[str],
    wins: NDArray[np.float64],
    stepwise: NDArray[np.float64],
    sampling: Sampling,
    shifts: Sequence[NDArray[np.float64] | None],
) -> list[Numbers]:
    """Return what is on in every combination, and its difference from the baseline."""
    gains = wins[:, 0] - stepwise[:, :1, 0]
    return [
        {
            "on": [name for player, name in enumerate(players) if coalition >> player & 1],
            "difference": asdict(estimate(gains[:, coalition], sampling, shifts=shifts[coalition] if shifts else None)),
        }
        for coalition in range(gains.shape[1])
    ]


def _add_shares(
    columns: dict[str, list[Any]],
    metric: str,
    persona: str,
    parts: Sequence[str],
    divisions: Sequence[tuple[Parts, ShapleyDivision] | None],
) -> None:
    """Add the rows of one metric and persona; a replicate in which something is undefined has none."""
    in_cents = metric in IN_CENTS
    for replicate, item in enumerate(divisions):
        if item is None:
            continue
        columns["metric"] += [metric] * len(parts)
        columns["replicate"] += [replicate] * len(parts)
        columns["persona"] += [persona] * len(parts)
        columns["part"] += parts
        columns["share"] += [float(share) / (CENTS if in_cents else 1.0) for share in item[0]]
        columns["cents"] += apportion(item[0]) if in_cents else (None,) * len(parts)


def _interval(entry: Numbers) -> Numbers:
    return {key: entry[key] for key in ("mean", "ci_low", "ci_high")}


def _exact(name: str, value: float) -> float:
    """Return a metric as it is divided: money in cents, whole where it only left the whole cent by rounding."""
    if name not in IN_CENTS:
        return value
    cents = value * CENTS
    return round(cents) if abs(cents - np.rint(cents)) < _NEAR else cents


def _divide(
    name: str, wins: NDArray[np.float64], stepwise: NDArray[np.float64]
) -> tuple[Parts, ShapleyDivision] | None:
    """Return the parts, which sum to the whole difference exactly, and what the players win among them."""
    if np.isnan(wins).any() or np.isnan(stepwise).any():
        return None
    division = divide([_exact(name, float(win)) for win in wins])
    levels = [Fraction(_exact(name, float(level))) for level in stepwise]
    if division is None:
        return None
    step_effects = tuple(after - before for before, after in zip(levels, levels[1:], strict=False))
    return (*step_effects, *division.shapley), division


def _shifting(doubt: DoubtedGame | None, name: str, row: int) -> Callable[[Value], NDArray[np.float64] | None]:
    """Return what tells the shifts of a value of a division of one metric and persona; None of each without doubt."""
    if doubt is None:
        return lambda value: None
    found = [_divide(name, *pair) for pair in zip(doubt.wins[name][:, row], doubt.stepwise[name][:, row], strict=True)]
    known = [item for item in found if item is not None]
    scale = CENTS if name in IN_CENTS else 1.0
    if len(known) < len(found):
        return lambda value: None
    return lambda value: doubt.shifts([float(value(*item)) / scale for item in known])


def _block(
    name: str,
    found: Sequence[tuple[Parts, ShapleyDivision] | None],
    parts: Sequence[str],
    players: Sequence[str],
    sampling: Sampling,
    shifting: Callable[[Value], NDArray[np.float64] | None],
) -> Numbers:
    """Return the estimates of one metric and persona over the replicates in which everything is defined."""
    defined = [item for item in found if item is not None]
    scale = CENTS if name in IN_CENTS else 1.0

    def over(value: Value) -> Numbers:
        values = [np.nan if item is None else float(value(*item)) / scale for item in found]
        return asdict(estimate(np.array(values), sampling, shifts=shifting(value)))

    whole = over(lambda values, _: sum(values, start=Fraction(0)))
    shares = {part: over(lambda values, _, index=index: values[index]) for index, part in enumerate(parts)}  # type: ignore[misc]
    if name in IN_CENTS and defined:
        # The means, to the cent, so that what a report writes down adds up as well.
        weights = sampling.mean_weights(np.array([item is not None for item in found]))
        counts = [Fraction(1, len(defined))] * len(defined) if sampling.control is None else map(Fraction, weights)
        shared = list(zip(counts, (values for values, _ in defined), strict=True))
        means = [sum((count * values[index] for count, values in shared), Fraction(0)) for index in range(len(parts))]
        for part, cents in zip(parts, apportion(means), strict=True):
            shares[part]["cents"] = cents
        whole["cents"] = round(sum(means, start=Fraction(0)))
    sure = whole["ci_low"] is not None and (whole["ci_low"] > 0.0 or whole["ci_high"] < 0.0)
    for part in parts:
        mean = shares[part]["mean"]
        shares[part]["of_whole"] = mean / whole["mean"] if sure and mean is not None else None
    block: Numbers = {"replicates": len(defined), "whole": whole, "parts": shares}
    for kind in ("alone", "last", "main"):
        block[kind] = {
            player: over(lambda _, division, kind=kind, index=index: getattr(division, kind)[index])  # type: ignore[misc]
            for index, player in enumerate(players)
        }
    block["together"] = {
        pair_name(players[one], players[other]): over(
            lambda _, division, one=one, other=other: division.together[one][other]  # type: ignore[misc]
        )
        for one, other in combinations(range(len(players)), 2)
    }
    return block
