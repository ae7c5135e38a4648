"""Summary: every metric of every arm and persona over the replicates, and every paired difference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.analysis.decomposition import decompose
from sim.analysis.metrics import (
    COUNTED,
    EVERYBODY,
    METRICS,
    OF_SOME,
    SHAPES,
    TERMS,
    Measures,
    low_point,
    payback_week,
)
from sim.analysis.paired import Estimate, Uncertainty, estimate, estimates, paired_differences
from sim.analysis.response import Response
from sim.analysis.sampling import INDEPENDENT, Sampling
from sim.analysis.shape import ANYTHING, COUNT, LOW_POINT, Shape
from sim.analysis.stage_moves import by_stage, stages_of
from sim.analysis.time_to_goal import BOTH_COME, PAIRED_SHAPES, TIMES, first_visits, goal_shapes, known_only
from sim.record.history import ORIGINS
from sim.scenario.journey import goal_stages

if TYPE_CHECKING:
    from sim.scenario.resolved import ResolvedScenario
    from sim.scenario.scenario import Scenario

__all__ = [
    "DoubtRuns",
    "brand_titles",
    "difference_name",
    "parts_of_uncertainty",
    "persona_titles",
    "size_of",
    "summarise",
]

_PAYBACK = METRICS.index("payback_week")
_LOW_POINT = METRICS.index("cash_low_point")
_CONTRIBUTION = METRICS.index("contribution")
_COUNTED_AT = {name: column for column, name in enumerate(COUNTED)}
#: What customers do, whatever it costs.
_OF_CUSTOMERS = [METRICS.index(name) for name in SHAPES if name not in ("revenue", "cash_low_point")]
#: Whole numbers of customers or purchases, or shares of all of them, and fewer replicates than make equal ones certain.
_COUNTS = [METRICS.index(name) for name in ("purchases", "market_share", "penetration", "opt_out_rate")]
_FEW = 4
_NOT_A_DIFFERENCE = dict.fromkeys(("p_better", "correlation", "variance_reduction", "variance_reduction_by"))


def difference_name(arm: str, baseline: str) -> str:
    """Return the key under which a difference stands: ``ARM - BASELINE``."""
    return f"{arm} - {baseline}"


def size_of(scenario: ResolvedScenario) -> dict[str, Any]:
    """Return of how many customers and over which time a result is, and how it is told: parts of `summary.json`."""
    dated = {} if scenario.start_date is None else {"start_date": scenario.start_date}
    starts = {arm.name: plan.strategy.start_week for arm in scenario.arms.values()
              if (plan := arm.plans.get(scenario.market.focal)) is not None}  # fmt: skip
    late = {name: start for name, start in starts.items() if start >= scenario.horizon}
    return {
        **({"never_started": late} if late else {}),
        "step": scenario.step,
        **dated,
        "renews": scenario.renews,
        "horizon": scenario.horizon,
        "burn_in": scenario.burn_in,
        "market_customers": scenario.market_customers,
        "simulated_customers": scenario.population,
    }


def brand_titles(scenario: ResolvedScenario) -> dict[str, str]:
    """Return readers' names of brands, up to the first comma: a description follows it."""
    return _cut({name: brand.title for name, brand in scenario.market.brands.items()})


def persona_titles(scenario: ResolvedScenario | Scenario) -> dict[str, str]:
    """Return readers' names of personas, up to the first comma: a description follows it.

    Those that are alike up to there, as *Women, under 30* and *Women, over 30*, keep their whole titles.
    """
    return _cut({persona.name: persona.title for persona in scenario.personas})


def _cut(titles: Mapping[str, str]) -> dict[str, str]:
    whole = {name: title or name for name, title in titles.items()}
    alike = Counter(whole.values())
    whole = {name: title if alike[title] == 1 else f"{title} ({name})" for name, title in whole.items()}
    first = {name: title.split(",")[0].strip() for name, title in whole.items()}
    alike = Counter(first.values())
    return {name: first[name] if alike[first[name]] == 1 else whole[name] for name, title in titles.items() if title}


@dataclass(frozen=True, slots=True)
class DoubtRuns:
    """One arm with other effectiveness, on the random numbers of the comparison.

    Attributes
    ----------
    response : Response
        The design.
    baseline, stated : sequence of Measures
        By replicate: the baseline and the arm, as effective as their strategies say.
    baseline_points, points : sequence of mapping of int to Measures
        By replicate, the same at points of the design, by their number: what a capability truly does, it does in both
        arms. Every point is there in some replicate.
    """

    response: Response
    baseline: Sequence[Measures]
    stated: Sequence[Measures]
    baseline_points: Sequence[Mapping[int, Measures]]
    points: Sequence[Mapping[int, Measures]]

    def shifts(self, of: Callable[[Measures, Measures], NDArray[np.float64]]) -> NDArray[np.float64]:
        """Return by how much something of the arm and the baseline shifts with the effectiveness (J, ...)."""
        gaps: list[list[NDArray[np.float64]]] = [[] for _ in self.response.design]
        for baseline, stated, before, after in zip(
            self.baseline, self.stated, self.baseline_points, self.points, strict=True
        ):
            own = of(stated, baseline)
            for number, point in after.items():
                gaps[number].append(of(point, before[number]) - own)
        runs = sum(len(found) for found in gaps) / len(gaps)
        return self.response.shifts(np.stack([np.mean(found, axis=0) for found in gaps]), runs)


def summarise(
    scenario: ResolvedScenario,
    replicates: Sequence[Mapping[str, Measures]],
    stages: Sequence[str],
    sampling: Sampling = INDEPENDENT,
    doubts: Mapping[str, DoubtRuns] | None = None,
    paired: Mapping[str, NDArray[np.float64]] | None = None,
) -> dict[str, Any]:
    """Return the estimates of `summary.json`: arms, differences, personas, and what the differences are made of.

    Parameters
    ----------
    scenario : ResolvedScenario
        Names arms, baseline, personas and the discount rate.
    replicates : sequence of mapping
        Measures by arm, one mapping per replicate.
    stages : sequence of str
        Names of the stages, in the order of their ids.
    sampling : Sampling
        How the replicates were drawn.
    doubts : mapping, optional
        By arm, its runs with other effectiveness: intervals of the arm and of its differences then cover them.
    paired : mapping, optional
        By arm, what :func:`sim.analysis.time_to_goal.paired_times` says of it and the baseline, by replicate.

    Returns
    -------
    dict
        JSON-ready: no NaN, no NumPy types. Beside ``arms``, ``differences`` and ``personas``: ``waterfall`` (money by
        term), ``origins`` (focal purchases by origin) and ``flows`` (customers per edge) of every difference;
        where states are parts of stages, ``moves`` (the same between stages); where stages are a goal, ``goal``:
        visits to them per customer, by arm and difference, and ``time_to_goal``: how soon customers come to them.
    """
    doubts = doubts or {}
    baseline = scenario.baseline
    rows = [EVERYBODY, *(persona.name for persona in scenario.personas)]
    rate = scenario.market.economics.discount_rate

    def payback(gain: NDArray[np.float64]) -> float:
        return payback_week(gain, rate, scenario.step)

    cases = {arm: ArmEstimates(arm, baseline, replicates, sampling, payback, doubts.get(arm)) for arm in scenario.arms}
    others = {difference_name(arm, baseline): case for arm, case in cases.items() if arm != baseline}

    metrics = {arm: case.arm_metrics() for arm, case in cases.items()}
    differences = {name: case.differences() for name, case in others.items()}

    def block(row: int) -> dict[str, Any]:
        return {
            "arms": {arm: found[row] for arm, found in metrics.items()},
            "differences": {name: found[row] for name, found in differences.items()},
        }

    summary = block(0)
    summary["personas"] = {name: block(row) for row, name in enumerate(rows) if row}
    for name, part, labels in (("waterfall", "terms", TERMS), ("origins", "origins", ORIGINS)):
        summary[name] = {}
        for difference, case in others.items():
            found = case.parts(part)
            summary[name][difference] = {
                who: {label: found(row, column) for column, label in enumerate(labels)} for row, who in enumerate(rows)
            }
    summary["flows"] = {difference: case.flows(stages) for difference, case in others.items()}
    if stages_of(stages) != list(stages):
        summary["moves"] = {name: case.flows(stages, between_stages=True) for name, case in others.items()}
    goals = goal_stages(scenario.journeys)
    if goals:
        at = [stages.index(name) for name in goals]
        summary["goal"] = {
            "stages": list(goals),
            "arms": {arm: case.visits(at, scenario.market_customers) for arm, case in cases.items()},
            "differences": {
                name: case.visits(at, scenario.market_customers, gained=True) for name, case in others.items()
            },
        }
        summary["time_to_goal"] = _times_to_goal(cases, baseline, rows, scenario.horizon, paired or {})
    return summary


def _times_to_goal(
    cases: Mapping[str, ArmEstimates],
    baseline: str,
    rows: Sequence[str],
    horizon: int,
    paired: Mapping[str, NDArray[np.float64]],
) -> dict[str, Any]:
    """Return how soon customers come to a goal, by arm and difference: of everybody, and under ``personas``."""
    arms = {arm: case.times_to_goal(horizon) for arm, case in cases.items()}
    gaps = {arm: case.times_to_goal(horizon, gained=True) for arm, case in cases.items() if arm != baseline}
    found = [
        {
            "arms": {arm: blocks[row] for arm, blocks in arms.items()},
            "differences": {difference_name(arm, baseline): blocks[row] for arm, blocks in gaps.items()},
        }
        for row in range(len(rows))
    ]
    same = {difference_name(arm, baseline): cases[arm].paired_times(values) for arm, values in paired.items()}
    return {**found[0], "same_customers": same, "personas": dict(zip(rows[1:], found[1:], strict=True))}


class ArmEstimates:
    """One arm against the baseline: every estimate, with luck and doubt."""

    def __init__(
        self,
        arm: str,
        baseline: str,
        replicates: Sequence[Mapping[str, Measures]],
        sampling: Sampling,
        payback: Callable[[NDArray[np.float64]], float],
        doubt: DoubtRuns | None,
    ) -> None:
        self.own = [measures[arm] for measures in replicates]
        self.base = [measures[baseline] for measures in replicates]
        self.is_baseline = arm == baseline
        self.sampling, self.doubt = sampling.of(arm), doubt
        self.values = np.stack([measures.values for measures in self.own])
        self.rows = range(self.values.shape[1])
        self.unknown = {name for name in OF_SOME if np.isnan(self.values[:, :, METRICS.index(name)]).all()}
        self.columns = [column for column, name in enumerate(METRICS) if name not in self.unknown]
        self.before = np.stack([measures.values for measures in self.base])
        own, base = (np.stack([measures.behind for measures in each]).sum(axis=0) for each in (self.own, self.base))
        self.behind, self.behind_both = own, np.minimum(own, base)
        # What the company's luck makes of the arm is read off the difference where the baseline has none.
        self.beside = sampling.beside(arm, {baseline: self.before})
        self.gains = np.stack([own.gain(base) for own, base in zip(self.own, self.base, strict=True)])
        self.paybacks = np.array([[payback(row) for row in replicate] for replicate in self.gains])
        weeks = self.gains.shape[-1]
        self.late = Shape(0.0, float(weeks), skewed=True)
        # A week that is not reached within the horizon counts as its end.
        self.shift_of_values = self._shifts(lambda own, base: own.values)
        self.shift_of_differences = self._shifts(lambda own, base: own.values - base.values)
        self.shift_of_lows = self._shifts(lambda own, base: low_point(own.gain(base)))
        self.shift_of_paybacks = self._shifts(
            lambda own, base: np.array([np.nan_to_num(payback(row), nan=weeks) for row in own.gain(base)])
        )

    def _shifts(self, of: Callable[[Measures, Measures], NDArray[np.float64]]) -> NDArray[np.float64] | None:
        return None if self.doubt is None else self.doubt.shifts(of)

    def arm_metrics(self) -> list[dict[str, Any]]:
        """Return the arm's metrics by row."""
        places, columns = self._places(_PAYBACK)
        shapes = [self._shape(row, METRICS[column], self.behind) for row, column in places]
        shifts = [_at(self.shift_of_values, *place) for place in places]
        beside = None if self.beside is None else _side_by_side(self.beside, columns)
        found = estimates(_side_by_side(self.values, columns), self.sampling, shapes, shifts, beside)
        out = {place: each.plain() for place, each in zip(places, found, strict=True)}
        # The baseline has nothing to pay back.
        nothing = {**Estimate(None, None, None).plain(), "share": None}
        paid = [dict(nothing) for _ in self.rows] if self.is_baseline else self.payback
        return self._by_row(out | {(row, _PAYBACK): each for row, each in enumerate(paid)})

    def _places(self, *without: int) -> tuple[list[tuple[int, int]], list[int]]:
        """Return rows and columns of all metrics but some, row by row, and the columns."""
        columns = [column for column in self.columns if column not in without]
        return [(row, column) for row in self.rows for column in columns], columns

    def _by_row(self, found: Mapping[tuple[int, int], dict[str, Any]]) -> list[dict[str, Any]]:
        return [{METRICS[column]: found[row, column] for column in self.columns} for row in self.rows]

    def _shape(self, row: int, name: str, behind: NDArray[np.float64]) -> Shape:
        """Return the shape of a metric: of events among few, with how far its interval reaches at least."""
        shape, at = SHAPES.get(name, ANYTHING), _COUNTED_AT.get(name)
        return shape if at is None else shape.of(float(behind[row, at]))

    @cached_property
    def payback(self) -> list[dict[str, Any]]:
        """Return the week from which the arm has paid back, by row, and in which share of the replicates it has."""
        shifts = [_at(self.shift_of_paybacks, row) for row in self.rows]
        found = estimates(self.paybacks, self.sampling, [self.late] * len(shifts), shifts)
        shares = (~np.isnan(self.paybacks)).mean(axis=0).tolist()
        return [{**each.plain(), "share": share} for each, share in zip(found, shares, strict=True)]

    def differences(self) -> list[dict[str, Any]]:
        """Return what differs from the baseline, by row."""
        places, columns = self._places(_PAYBACK, _LOW_POINT)
        found = dict(zip(places, self._paired(places, columns), strict=True))
        # The lowest point of the difference, not the difference of two lowest points.
        shifts = [_at(self.shift_of_lows, row) for row in self.rows]
        lows = estimates(low_point(self.gains), self.sampling, [LOW_POINT] * len(shifts), shifts)
        for row, (low, paid) in enumerate(zip(lows, self.payback, strict=True)):
            found[row, _LOW_POINT] = {**low.plain(), **_NOT_A_DIFFERENCE}
            found[row, _PAYBACK] = {**paid, **_NOT_A_DIFFERENCE}
        return self._by_row(found)

    def _paired(self, places: Sequence[tuple[int, int]], columns: Sequence[int]) -> list[dict[str, Any]]:
        """Return paired differences; of contribution also how much of its interval is luck, and how much doubt."""
        own, before = _side_by_side(self.values, columns), _side_by_side(self.before, columns)
        # Whether the arm does anything to the customers of a row: nothing at all differs by exactly 0.
        acts = [
            not np.array_equal(self.values[:, row, _OF_CUSTOMERS], self.before[:, row, _OF_CUSTOMERS], equal_nan=True)
            for row in self.rows
        ]
        plain = [SHAPES.get(METRICS[column], ANYTHING) for _, column in places]
        shapes = [
            (self._shape(row, METRICS[column], self.behind_both) if acts[row] else shape).difference()
            for (row, column), shape in zip(places, plain, strict=True)
        ]
        shifts = [_at(self.shift_of_differences, *place) for place in places]
        differences = paired_differences(own, before, self.sampling, shapes, shifts)
        never_varies = (before == before[:1]).all(axis=0).tolist()
        out = []
        for at, ((_, column), alone, difference) in enumerate(zip(places, plain, differences, strict=True)):
            found = difference.plain()
            if found["ci_low"] is not None and never_varies[at]:
                # Against a baseline that never varies, such as one without contacts, the arm alone sets the bounds.
                found["ci_low"] = max(found["ci_low"], alone.low - float(before[0, at]))
                found["ci_high"] = min(found["ci_high"], alone.high - float(before[0, at]))
            if len(own) < _FEW and column in _COUNTS and found["mean"] and found["ci_low"] == found["ci_high"]:
                # Two replicates of few customers that happen to count the same say nothing of how far others would be.
                found |= dict.fromkeys(("ci_low", "ci_high", "p_better"))
            if column == _CONTRIBUTION:
                spread = Uncertainty.of(own[:, at] - before[:, at], self.sampling, shapes[at])
                found |= {"luck": spread.luck, "doubt": spread.doubt(shifts[at])}
            out.append(found)
        return out

    def parts(self, part: str) -> Callable[[int, int], dict[str, Any]]:
        """Return what estimates one entry of a part that differences are made of."""

        def gap(own: Measures, base: Measures) -> NDArray[np.float64]:
            difference = np.subtract(getattr(own, part), getattr(base, part), dtype=np.float64)
            return difference / own.minor_units if part == "terms" else difference

        found = self._estimated(gap)
        return lambda row, column: found[row, column].plain()

    def _estimated(
        self, gap: Callable[[Measures, Measures], NDArray[np.float64]], *, only_changed: bool = False
    ) -> dict[tuple[int, int], Estimate]:
        """Estimate every entry of a table of differences, or each that is not 0 in every replicate, by its place."""
        values = np.stack([gap(own, base) for own, base in zip(self.own, self.base, strict=True)])
        shifts = self._shifts(gap)
        rows, columns = np.nonzero((values != 0.0).any(axis=0) | (not only_changed))
        places = list(zip(rows.tolist(), columns.tolist(), strict=True))
        at = [_at(shifts, *place) for place in places]
        found = estimates(values[:, rows, columns], self.sampling, [ANYTHING] * len(places), at)
        return dict(zip(places, found, strict=True))

    def flows(self, states: Sequence[str], *, between_stages: bool = False) -> list[dict[str, Any]]:
        """List the edges whose flow changed, the largest change first, between states or between their stages."""
        names = stages_of(states) if between_stages else states

        def gap(own: Measures, base: Measures) -> NDArray[np.float64]:
            changed = np.subtract(own.flows, base.flows, dtype=np.float64)
            return by_stage(changed, states) if between_stages else changed

        found = self._estimated(gap, only_changed=True)
        order = sorted(found, key=lambda edge: (-abs(found[edge].mean or 0.0), edge))
        return [{"from": names[edge[0]], "to": names[edge[1]], **found[edge].plain()} for edge in order]

    def times_to_goal(self, horizon: int, *, gained: bool = False) -> list[dict[str, Any]]:
        """Estimate by row how soon customers come to a goal, or by how much later than in the baseline.

        Parameters
        ----------
        horizon : int
            Steps.
        gained : bool
            Estimate the difference from the baseline.

        Returns
        -------
        list of dict
            Estimates under the names of :data:`sim.analysis.time_to_goal.TIMES`, None where it is not known.
        """

        def soon(own: Measures, base: Measures) -> NDArray[np.float64]:
            return first_visits(own) - first_visits(base) if gained else first_visits(own)

        values = np.stack([soon(own, base) for own, base in zip(self.own, self.base, strict=True)])
        shifts, out = self._shifts(soon), []
        for row in self.rows:
            # What never differs, of so many, differs by exactly 0.
            count = 0.0 if gained and not values[:, row].any() else sum(own.customers[row] for own in self.own)
            shapes = goal_shapes(horizon, count)
            shapes = [shape.difference() for shape in shapes] if gained else shapes
            at = [_at(shifts, row, column) for column in range(len(TIMES))]
            found = estimates(values[:, row], self.sampling, shapes, at)
            out.append(known_only(dict(zip(TIMES, found, strict=True)), values[:, row]))
        return out

    def paired_times(self, values: NDArray[np.float64]) -> dict[str, Any]:
        """Estimate what :func:`sim.analysis.time_to_goal.paired_times` says by replicate (R, len(BOTH_COME))."""
        found = estimates(values, self.sampling, PAIRED_SHAPES, [None] * len(BOTH_COME))
        return known_only(dict(zip(BOTH_COME, found, strict=True)), values)

    def visits(self, stages: Sequence[int], customers: float, *, gained: bool = False) -> dict[str, Any]:
        """Estimate how often a customer comes to any of some stages, or by how much more often than in the baseline.

        Parameters
        ----------
        stages : sequence of int
            Ids of the stages.
        customers : float
            How many there are, more than 0.
        gained : bool
            Estimate the difference from the baseline.

        Returns
        -------
        dict
            ``mean``, ``ci_low``, ``ci_high``, visits per customer over the horizon.
        """

        def count(own: Measures, base: Measures) -> NDArray[np.float64]:
            moves = np.subtract(own.flows, base.flows, dtype=np.float64) if gained else np.asarray(own.flows, float)
            return moves[:, stages].sum().reshape(1) / customers

        values = np.stack([count(own, base) for own, base in zip(self.own, self.base, strict=True)])
        shape = ANYTHING if gained else COUNT
        return estimate(values[:, 0], self.sampling, shape, _at(self._shifts(count), 0)).plain()


def _side_by_side(values: NDArray[np.float64], columns: Sequence[int]) -> NDArray[np.float64]:
    """Return some columns of all rows side by side, row by row: (R, rows, columns) as (R, n)."""
    return values[:, :, columns].reshape(len(values), -1)


def _at(shifts: NDArray[np.float64] | None, *index: int) -> NDArray[np.float64] | None:
    """Return the shifts of one quantity; None where there are none, or too few are known."""
    if shifts is None:
        return None
    found = shifts[:, index[0]] if len(index) == 1 else shifts[:, index[0], index[1]]
    return None if np.isnan(found).any() else found


def parts_of_uncertainty(
    scenario: ResolvedScenario, replicates: Sequence[Mapping[str, Measures]], sampling: Sampling
) -> dict[str, Any]:
    """Return how much of the interval of every difference is random variation, and how much parameter uncertainty.

    Parameters
    ----------
    scenario : ResolvedScenario
        Names arms, baseline and metrics.
    replicates : sequence of mapping
        Measures by arm, one mapping per replicate.
    sampling : Sampling
        Which parameters each replicate has.

    Returns
    -------
    dict
        By difference and metric: half-widths of 95 % intervals, whose squares add up to that of the whole interval, and
        standard deviations.
    """
    parts: dict[str, Any] = {}
    for arm in scenario.arms:
        if arm == scenario.baseline:
            continue
        entries: dict[str, Any] = {}
        for column, name in enumerate(METRICS):
            if column in (_PAYBACK, _LOW_POINT):
                continue
            if name in OF_SOME and all(np.isnan(item[arm].values[0, column]) for item in replicates):
                continue
            base = np.array([item[scenario.baseline].values[0, column] for item in replicates])
            gap = np.array([item[arm].values[0, column] for item in replicates]) - base
            drawn, beside = sampling.of(arm), sampling.beside(arm, {scenario.baseline: base})
            found = Uncertainty.of(gap, drawn, beside=beside)
            is_taken_out = found.plain is not None and found.luck != found.plain.luck
            split = decompose(drawn.adjusted(gap, beside) if is_taken_out else gap, sampling.members)
            entries[name] = {
                "luck": found.luck,
                "parameters": found.parameters,
                "luck_sd": split.luck_sd if split.members > 1 else None,
                "parameter_sd": split.parameter_sd if split.members > 1 else None,
            }
        parts[difference_name(arm, scenario.baseline)] = entries
    return parts
