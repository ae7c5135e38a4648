"""Attribute: how much of an arm's difference from the baseline each of its capabilities causes, alone and together.

Every combination of the capabilities is an arm of one scenario (a full factorial design), so that all of them share
random draws and burn-in. The combinations are a cooperative game with the capabilities as players;
:mod:`sim.analysis.shapley` divides it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from agents.strategies import CAPABILITIES, CapabilityCosts, PersonaStrategy, Strategy, StrategyPhase
from sim.analysis.attribution import DoubtedGame, summarise_attribution
from sim.analysis.metrics import EVERYBODY
from sim.analysis.response import Response
from sim.analysis.sampling import Sampling
from sim.analysis.shapley import coalitions
from sim.experiments.arm_metrics import COLUMNS, ArmMetrics, RunOptions, check_metric, pick_arm, run_arms
from sim.experiments.controls import difference_control
from sim.experiments.doubt import MAX_CUSTOMERS, MAX_REPLICATES, doubt_ranges, doubt_sources, replicates_by_points
from sim.experiments.measured import scaled_arm
from sim.scenario.errors import ConfigError
from sim.scenario.resolved import Arm, Plan
from sim.scenario.scenario import Scenario
from sim.scenario.schema import show

__all__ = ["CONTACTS", "Attribution", "FactorialDesign", "attribute", "factorial_design"]

#: Whether contacts are part of every combination, or a player of their own.
CONTACTS: tuple[str, ...] = ("base", "player")
#: The fields that are switched with each player: a strategy's, and a persona's.
_SWITCHED: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    **{
        name: (
            (name, *capability.settings),
            (name, *(item for item in capability.settings if item in PersonaStrategy.__slots__)),
        )
        for name, capability in CAPABILITIES.items()
    },
    "contacts": (("contacts_per_week",), ("customers", "prospects")),
}
_BASELINE = "baseline"


@dataclass(frozen=True, slots=True)
class FactorialDesign:
    """The arms of an attribution.

    Attributes
    ----------
    scenario : Scenario
        With one arm per step and combination; equal arms are one.
    arm, baseline : str
        The arm that is explained, and the arm that it is compared with.
    players : tuple of str
        What is switched on and off.
    steps : tuple of (str, str)
        From the baseline to the combination with no player on: what changes, and the arm in which it and all before
        it have changed.
    combinations : tuple of str, 2 ** players
        Arm of each coalition, in the order of :func:`sim.analysis.shapley.coalitions`.
    explained : Scenario
        With the baseline and the arm that is explained alone.
    """

    scenario: Scenario
    arm: str
    baseline: str
    players: tuple[str, ...]
    steps: tuple[tuple[str, str], ...]
    combinations: tuple[str, ...]
    explained: Scenario


@dataclass(frozen=True, slots=True)
class Attribution:
    """A finished attribution.

    Attributes
    ----------
    scenario : Scenario
        The scenario with the two arms.
    design : FactorialDesign
        The arms that were run.
    metric : str
        The metric whose difference is divided.
    arm_metrics : ArmMetrics
        Every metric of every arm of the design.
    shares : Any
        Arrow table: metric, replicate, persona, part, share, cents.
    summary_json : dict
        Content of `summary.json` but for the verdict.
    """

    scenario: Scenario
    design: FactorialDesign
    metric: str
    arm_metrics: ArmMetrics
    shares: Any
    summary_json: dict[str, Any]

    def combinations(self) -> Any:
        """Return every metric of every combination as an Arrow table.

        Columns ``arm`` (``baseline``, the steps, then ``combination``), one per player (whether it is on),
        ``replicate``, ``persona``, ``metric`` (the terms of contribution as ``term_NAME``), ``value`` (null where
        undefined).
        """
        import pyarrow as pa

        design, values = self.design, self.arm_metrics.values
        personas = [EVERYBODY, *(item.name for item in self.scenario.personas)]
        arms: list[tuple[str, str, tuple[bool, ...]]] = [(_BASELINE, _BASELINE, (False,) * len(design.players))]
        arms += [(step, arm, (False,) * len(design.players)) for step, arm in design.steps]
        arms += [
            ("combination", arm, tuple(bool(coalition >> player & 1) for player in range(len(design.players))))
            for coalition, arm in enumerate(design.combinations)
        ]
        shape = (len(arms), values.shape[0], len(personas), len(COLUMNS))
        which, replicate, persona, metric = (axis.ravel() for axis in np.indices(shape))
        rows = values[:, [self.arm_metrics.arms.index(arm) for _, arm, _ in arms]].swapaxes(0, 1).ravel()

        def named(codes: NDArray[np.int64], names: Sequence[str]) -> Any:
            return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int16)), pa.array(names, pa.string()))

        kinds = list(dict.fromkeys(kind for kind, _, _ in arms))
        kind_codes = np.array([kinds.index(kind) for kind, _, _ in arms])
        on = np.array([switches for _, _, switches in arms])
        return pa.table(
            {
                "arm": named(kind_codes[which], kinds),
                **{name: pa.array(on[which, player]) for player, name in enumerate(design.players)},
                "replicate": pa.array(replicate.astype(np.int32)),
                "persona": named(persona, personas),
                "metric": named(metric, COLUMNS),
                "value": pa.array(rows, mask=np.isnan(rows)),
            }
        )


def factorial_design(scenario: Scenario, arm: str | None = None, *, contacts: str = "base") -> FactorialDesign:
    """Return the arms by which the difference of an arm is explained.

    Parameters
    ----------
    scenario : Scenario
    arm : str, optional
        The arm to be explained; left out, the first that is not the baseline.
    contacts : {'base', 'player'}
        Whether the arm's contacts are part of every combination, their effect being a step of its own, or are switched
        on and off like a capability.

    Returns
    -------
    FactorialDesign

    Raises
    ------
    ConfigError
        If there is no such arm, or `contacts` is neither.

    Notes
    -----
    A player that is off has the baseline's level at the baseline's cost. Levels of single personas are switched along.
    """
    arm = pick_arm(scenario, arm)
    if contacts not in CONTACTS:
        raise ConfigError(f"contacts is {show(contacts)}; give one of {', '.join(CONTACTS)}")
    focal, before, after = scenario.market.focal, scenario.arms[scenario.baseline], scenario.arms[arm]
    old, new = before.plans[focal], after.plans[focal]
    players = tuple(CAPABILITIES) if contacts == "base" else (*CAPABILITIES, "contacts")
    arms = _Arms(before)

    def with_players(*on: str) -> str:
        return arms.add(
            {**after.plans, focal: Plan(journey=new.journey, strategy=_mixed(old.strategy, new.strategy, on))}
        )

    steps = []
    others = {**after.plans, focal: old}
    if others != dict(before.plans):
        steps.append(("competitors", arms.add(others)))
    steps.append(("journey", with_players()))
    always: tuple[str, ...] = ()
    if contacts == "base":
        always = ("contacts",)
        steps.append(("contacts", with_players(*always)))
    combinations = [
        with_players(*always, *(name for player, name in enumerate(players) if coalition >> player & 1))
        for coalition in coalitions(len(players))
    ]
    design = replace(scenario, arms=arms.made, baseline=_BASELINE)
    explained = replace(scenario, arms={name: scenario.arms[name] for name in (scenario.baseline, arm)})
    return FactorialDesign(design, arm, scenario.baseline, players, tuple(steps), tuple(combinations), explained)


def attribute(
    scenario: Scenario,
    *,
    arm: str | None = None,
    metric: str = "contribution",
    contacts: str = "base",
    **options: Unpack[RunOptions],
) -> Attribution:
    """Explain the difference between an arm and the baseline by the arm's capabilities.

    Parameters
    ----------
    scenario : Scenario
    arm : str, optional
        The arm; left out, the first that is not the baseline.
    metric : str
        The metric whose difference is divided, one of :data:`sim.experiments.arm_metrics.ARM_METRICS`.
    contacts : {'base', 'player'}
        See :func:`factorial_design`.
    **options
        Those of :func:`sim.experiments.arm_metrics.run_arms`; a precision is that of the arm's difference.

    Returns
    -------
    Attribution

    Raises
    ------
    ConfigError
        If the arm or the metric cannot be used.
    """
    check_metric(metric)
    design = factorial_design(scenario, arm, contacts=contacts)

    def headline(found: ArmMetrics) -> NDArray[np.float64]:
        return np.asarray((found.of(design.combinations[-1], metric) - found.of(_BASELINE, metric))[:, 0])

    control = partial(difference_control, scenario, design.arm)
    found = run_arms([design.scenario], headline=headline, control=control, **options)

    def stacked(arms: Sequence[str]) -> dict[str, NDArray[np.float64]]:
        return {name: np.stack([found.of(arm, name) for arm in arms], axis=2) for name in COLUMNS}

    summary, shares = summarise_attribution(
        scenario,
        arm=design.arm,
        metric=metric,
        players=design.players,
        steps=tuple(name for name, _ in design.steps),
        wins=stacked(design.combinations),
        stepwise=stacked((_BASELINE, *(arm for _, arm in design.steps))),
        heads=found.heads,
        seed=found.seed,
        sampling=Sampling(control=control(found.seed, range(found.replicates))),
        doubt=_doubt(design, found.replicates, options),
    )
    summary["doubt"] = doubt_sources(design.explained)
    return Attribution(scenario, design, metric, found, shares, summary)


def _doubt(design: FactorialDesign, replicates: int, options: RunOptions) -> DoubtedGame | None:
    """Run the combinations again with other effectiveness, one truth for all arms at a time; None without doubt."""
    ranges = doubt_ranges(design.explained)
    if not ranges:
        return None
    response = Response.of(ranges)
    few = design.scenario.simulating(min(design.scenario.population, MAX_CUSTOMERS))
    points: list[Mapping[str, float] | None] = [None]
    points += [dict(zip(response.names, row, strict=True)) for row in response.design.tolist()]
    scenarios = []
    for number, multiples in enumerate(points):
        arms = {f"{name} {number}": scaled_arm(few, name, multiples) for name in few.arms}
        scenarios.append(replace(few, arms=arms, baseline=f"{_BASELINE} {number}", precision=None))
    few_replicates = min(replicates, MAX_REPLICATES)
    run_in = replicates_by_points(len(response.design), few_replicates)
    alike = [next(own for own in run_in if point in own) for point in range(len(response.design))]
    asked: RunOptions = {**options, "replicates": few_replicates, "precision": None}
    found = run_arms(
        scenarios, is_run=lambda place, replicate: place == 0 or replicate in run_in[alike[place - 1]], **asked
    )
    # Each point beside what is stated in the same replicates.
    rows = [(0, own) for own in run_in] + [(1 + point, own) for point, own in enumerate(alike)]

    def stacked(arms: Sequence[str]) -> dict[str, NDArray[np.float64]]:
        def mean(arm: str, name: str, own: range) -> NDArray[np.float64]:
            return np.asarray(found.of(arm, name)[run_in[own]].mean(axis=0))

        return {
            name: np.stack(
                [np.stack([mean(f"{arm} {number}", name, own) for arm in arms], axis=1) for number, own in rows]
            )
            for name in COLUMNS
        }

    combinations, steps = design.combinations, (_BASELINE, *(arm for _, arm in design.steps))
    runs = sum(len(run_in[own]) for own in alike) / len(alike)
    stated = [list(run_in).index(own) for own in alike]
    return DoubtedGame(response, runs, stated, stacked(combinations), stacked(steps))


class _Arms:
    """The distinct arms of a design: equal plans are added once."""

    def __init__(self, baseline: Arm) -> None:
        self.made: dict[str, Arm] = {_BASELINE: Arm(name=_BASELINE, plans=baseline.plans)}

    def add(self, plans: Mapping[str, Plan]) -> str:
        for name, arm in self.made.items():
            if dict(arm.plans) == dict(plans):
                return name
        name = f"arm{len(self.made):02d}"
        self.made[name] = Arm(name=name, plans=plans)
        return name


def _mixed(off: Strategy, on: Strategy, players: Collection[str]) -> Strategy:
    """Return a strategy with the named players as in ``on`` and all others as in ``off``; the rest as in ``on``."""
    levels: dict[str, Any] = {}
    build, run = {}, {}
    other: dict[str, float] = {}
    for player, (fields, _) in _SWITCHED.items():
        source = on if player in players else off
        levels |= {field: getattr(source, field) for field in fields}
        if player in CAPABILITIES:
            build[player] = getattr(source.costs.build, player)
            run[player] = getattr(source.costs.run, player)
            other |= {cost: getattr(source.costs, cost) for cost in CAPABILITIES[player].costs}
    costs = replace(
        on.costs,
        build=CapabilityCosts(**build),
        run=CapabilityCosts(**run),
        contact=(on if "contacts" in players else off).costs.contact,
        **other,
    )
    personas = _mixed_personas(off.personas, on.personas, players)
    return replace(on, **levels, costs=costs, personas=personas, phases=_mixed_phases(off, on, players))


def _mixed_levels(off: PersonaStrategy, on: PersonaStrategy, players: Collection[str]) -> dict[str, float | None]:
    own: dict[str, float | None] = {}
    for player, (_, fields) in _SWITCHED.items():
        source = on if player in players else off
        own |= {field: getattr(source, field) for field in fields}
    return own


def _mixed_personas(
    off: Mapping[str, PersonaStrategy], on: Mapping[str, PersonaStrategy], players: Collection[str]
) -> dict[str, PersonaStrategy]:
    none = PersonaStrategy()
    return {
        persona: PersonaStrategy(**_mixed_levels(off.get(persona, none), on.get(persona, none), players))
        for persona in dict.fromkeys((*on, *off))
    }


def _mixed_phases(off: Strategy, on: Strategy, players: Collection[str]) -> dict[str, StrategyPhase]:
    """Return the phases of both, those that begin at the same time as one."""
    by_start = [{phase.weeks: phase for phase in strategy.phases.values()} for strategy in (off, on)]
    found = {}
    for weeks in sorted({*by_start[0], *by_start[1]}):
        one, other = (phases.get(weeks, StrategyPhase(weeks=weeks)) for phases in by_start)
        found[f"from_{weeks}"] = StrategyPhase(
            weeks=weeks,
            personas=_mixed_personas(one.personas, other.personas, players),
            **_mixed_levels(one, other, players),
        )
    return found
