"""Attribute: how much of what an arm gains or loses each of its capabilities causes, alone and together.

Every combination of the capabilities is an arm of one scenario, so that all of them share luck and burn-in. What a
combination comes to is a game with the capabilities as players; :mod:`sim.analysis.shapley` divides it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from agents.strategies import CAPABILITIES, CapabilityCosts, PersonaStrategy, Strategy
from sim.analysis.attribution import summarise_attribution
from sim.analysis.metrics import EVERYBODY
from sim.analysis.shapley import coalitions
from sim.experiments.arm_metrics import COLUMNS, ArmMetrics, check_metric, run_arms
from sim.scenario.errors import ConfigError
from sim.scenario.scenario import Arm, Plan, Scenario
from sim.scenario.schema import nearest, show

if TYPE_CHECKING:
    from sim.execution.executors import Executor

__all__ = ["CONTACTS", "Attribution", "Design", "attribute", "design", "pick_arm"]

#: What becomes of the contacts: they stand in every combination, or are a fifth player.
CONTACTS: tuple[str, ...] = ("base", "player")
#: What each player brings along beside its level: a strategy's fields, and a persona's.
_BRINGS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "automation": (("automation",), ("automation",)),
    # What is known of strangers, and how openly it is used, act through personalization alone.
    "personalization": (
        ("personalization", "prospect_knowledge", "data_use"),
        ("personalization", "prospect_knowledge"),
    ),
    "context": (("context",), ("context",)),
    "innovation": (("innovation",), ("innovation",)),
    "contacts": (("contacts_per_week",), ("customers", "prospects")),
}
_BASELINE = "baseline"


@dataclass(frozen=True, slots=True)
class Design:
    """The arms that an attribution lives.

    Attributes
    ----------
    scenario : Scenario
        With one arm per step and combination; arms that would be alike are one.
    arm, baseline : str
        The arms of the scenario that was asked about.
    players : tuple of str
        What is switched on and off.
    steps : tuple of (str, str)
        What leads from the baseline to the combination with no player on, in this order: what changes, and the arm
        in which it and all before it have changed.
    combinations : tuple of str, 2 ** players
        Arm of each coalition, in the order of :func:`sim.analysis.shapley.coalitions`.
    """

    scenario: Scenario
    arm: str
    baseline: str
    players: tuple[str, ...]
    steps: tuple[tuple[str, str], ...]
    combinations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Attribution:
    """A finished attribution.

    Attributes
    ----------
    scenario : Scenario
        What was asked about.
    design : Design
        The arms that were lived.
    metric : str
        The metric that the question is about.
    arm_metrics : ArmMetrics
        Every metric of every arm of the design.
    shares : Any
        Arrow table: metric, replicate, persona, part, share, cents.
    summary_json : dict
        Content of `summary.json` but for the verdict.
    seed : int
    started : str
    wall_seconds : float
    """

    scenario: Scenario
    design: Design
    metric: str
    arm_metrics: ArmMetrics
    shares: Any
    summary_json: dict[str, Any]
    seed: int
    started: str
    wall_seconds: float

    def combinations(self) -> Any:
        """Return every metric of every combination as an Arrow table: what any other division can start from.

        Columns ``arm`` (``baseline``, the steps, then ``combination``), one per player (whether it is on),
        ``replicate``, ``persona``, ``metric`` (the terms of contribution as ``term_NAME``), ``value`` (null where
        undefined).
        """
        import pyarrow as pa

        laid, values = self.design, self.arm_metrics.values
        people = [EVERYBODY, *(persona.name for persona in self.scenario.personas)]
        lived: list[tuple[str, str, tuple[bool, ...]]] = [(_BASELINE, _BASELINE, (False,) * len(laid.players))]
        lived += [(step, arm, (False,) * len(laid.players)) for step, arm in laid.steps]
        lived += [
            ("combination", arm, tuple(bool(coalition >> place & 1) for place in range(len(laid.players))))
            for coalition, arm in enumerate(laid.combinations)
        ]
        shape = (len(lived), values.shape[0], len(people), len(COLUMNS))
        which, replicate, person, metric = (axis.ravel() for axis in np.indices(shape))
        rows = values[:, [self.arm_metrics.arms.index(arm) for _, arm, _ in lived]].swapaxes(0, 1).ravel()

        def named(codes: NDArray[np.int64], names: Sequence[str]) -> Any:
            return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int16)), pa.array(names, pa.string()))

        kinds = list(dict.fromkeys(kind for kind, _, _ in lived))
        kind_codes = np.array([kinds.index(kind) for kind, _, _ in lived])
        on = np.array([switches for _, _, switches in lived])
        return pa.table(
            {
                "arm": named(kind_codes[which], kinds),
                **{player: pa.array(on[which, place]) for place, player in enumerate(laid.players)},
                "replicate": pa.array(replicate.astype(np.int32)),
                "persona": named(person, people),
                "metric": named(metric, COLUMNS),
                "value": pa.array(rows, mask=np.isnan(rows)),
            }
        )


def pick_arm(scenario: Scenario, arm: str | None) -> str:
    """Return the arm to be explained: the one named, or the first that is not the baseline.

    Raises
    ------
    ConfigError
        If there is no such arm, or none beside the baseline.
    """
    others = [name for name in scenario.arms if name != scenario.baseline]
    if arm is None:
        if not others:
            raise ConfigError(f"arms has {scenario.baseline} alone; give a second arm, whose effect is to be explained")
        return others[0]
    if arm in others:
        return arm
    if arm == scenario.baseline:
        raise ConfigError(f"arm is {arm!r}, the baseline; give another arm: {', '.join(others) or 'there is none'}")
    match = nearest(arm, others)
    hint = f"did you mean {match!r}? " if match else ""
    raise ConfigError(f"arm is {show(arm)}, which is no arm; {hint}give one of {', '.join(others) or 'none'}")


def design(scenario: Scenario, arm: str | None = None, *, contacts: str = "base") -> Design:
    """Lay out the arms that explain what an arm does.

    Parameters
    ----------
    scenario : Scenario
    arm : str, optional
        The arm to be explained; left out, the first that is not the baseline.
    contacts : {'base', 'player'}
        Whether the arm's contacts stand in every combination, their effect being a step of its own, or are switched on
        and off like a capability.

    Raises
    ------
    ConfigError
        If there is no such arm, or the market has no brand to lead anybody.

    Notes
    -----
    A player that is off stands where the baseline has it, at the baseline's cost: nothing is paid for what is not
    there. Levels of single personas are switched along.
    """
    arm = pick_arm(scenario, arm)
    if contacts not in CONTACTS:
        raise ConfigError(f"contacts is {show(contacts)}; give one of {', '.join(CONTACTS)}")
    focal, before, after = scenario.market.focal, scenario.arms[scenario.baseline], scenario.arms[arm]
    old, new = before.plans[focal], after.plans[focal]
    players = CAPABILITIES if contacts == "base" else (*CAPABILITIES, "contacts")
    arms = _Arms(before)

    def led(*on: str) -> str:
        return arms.add(
            {**after.plans, focal: Plan(journey=new.journey, strategy=_mixed(old.strategy, new.strategy, on))}
        )

    steps = []
    others = {**after.plans, focal: old}
    if others != dict(before.plans):
        steps.append(("competitors", arms.add(others)))
    steps.append(("journey", led()))
    standing: tuple[str, ...] = ()
    if contacts == "base":
        standing = ("contacts",)
        steps.append(("contacts", led(*standing)))
    combinations = [
        led(*standing, *(player for place, player in enumerate(players) if coalition >> place & 1))
        for coalition in coalitions(len(players))
    ]
    laid = replace(scenario, arms=arms.made, baseline=_BASELINE)
    return Design(laid, arm, scenario.baseline, players, tuple(steps), tuple(combinations))


def attribute(
    scenario: Scenario,
    *,
    arm: str | None = None,
    metric: str = "contribution",
    contacts: str = "base",
    replicates: int = 8,
    seed: int = 1,
    engine: str = "numba",
    threads: int | None = None,
    precision: float | None = None,
    executor: Executor | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> Attribution:
    """Explain the difference between an arm and the baseline by the arm's capabilities.

    Parameters
    ----------
    scenario : Scenario
    arm : str, optional
        The arm; left out, the first that is not the baseline.
    metric : str
        What is divided, one of :data:`sim.experiments.arm_metrics.ARM_METRICS`.
    contacts : {'base', 'player'}
        See :func:`design`.
    replicates, seed, engine, threads, precision, on_progress
        As for :func:`sim.experiments.compare.compare`; the precision is that of the arm's difference in the metric.
    executor : Executor, optional
        Where replicates are lived; left out, in the threads of this process. The numbers do not depend on it.

    Raises
    ------
    ConfigError
        If the arm or the metric cannot be used.
    """
    check_metric(metric)
    laid = design(scenario, arm, contacts=contacts)
    started, clock = datetime.now(UTC).isoformat(timespec="seconds"), perf_counter()

    def headline(arm_metrics: ArmMetrics) -> NDArray[np.float64]:
        difference: NDArray[np.float64] = arm_metrics.of(laid.combinations[-1], metric) - arm_metrics.of(
            _BASELINE, metric
        )
        return difference[:, 0]

    arm_metrics = run_arms(
        [laid.scenario],
        seed=seed,
        replicates=replicates,
        engine=engine,
        threads=threads,
        precision=scenario.precision if precision is None else precision,
        headline=headline,
        executor=executor,
        on_progress=on_progress,
    )
    wins = {name: np.stack([arm_metrics.of(each, name) for each in laid.combinations], axis=2) for name in COLUMNS}
    steps = {
        name: np.stack([arm_metrics.of(each, name) for each in (_BASELINE, *(to for _, to in laid.steps))], axis=2)
        for name in COLUMNS
    }
    summary, shares = summarise_attribution(
        scenario,
        arm=laid.arm,
        metric=metric,
        players=laid.players,
        steps=tuple(what for what, _ in laid.steps),
        wins=wins,
        stepwise=steps,
        heads=arm_metrics.heads,
        seed=seed,
    )
    return Attribution(scenario, laid, metric, arm_metrics, shares, summary, seed, started, perf_counter() - clock)


class _Arms:
    """Arms gathered by what they do: an arm that would be the same as another is that other."""

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
    for player, (fields, _) in _BRINGS.items():
        source = on if player in players else off
        levels |= {field: getattr(source, field) for field in fields}
        if player in CAPABILITIES:
            build[player] = getattr(source.costs.build, player)
            run[player] = getattr(source.costs.run, player)
    costs = replace(
        on.costs,
        build=CapabilityCosts(**build),
        run=CapabilityCosts(**run),
        contact=(on if "contacts" in players else off).costs.contact,
        experiment=(on if "innovation" in players else off).costs.experiment,
    )
    personas = {}
    for persona in (*on.personas, *(name for name in off.personas if name not in on.personas)):
        own: dict[str, float | None] = {}
        for player, (_, fields) in _BRINGS.items():
            said = (on if player in players else off).personas.get(persona, PersonaStrategy())
            own |= {field: getattr(said, field) for field in fields}
        personas[persona] = PersonaStrategy(**own)
    return replace(on, **levels, costs=costs, personas=personas)
