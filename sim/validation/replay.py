"""Replay: the arms of a published field experiment, built from the words of its row, and what they do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from agents.strategies import CAPABILITIES
from sim.analysis.metrics import METRICS, TERMS, measure, of_market, with_total
from sim.record.history import History
from sim.scenario.errors import ConfigError
from sim.scenario.journey import stage_names
from sim.scenario.scenario import Scenario
from sim.scenario.yaml_reader import read_yaml
from sim.validation.field_experiment import FieldExperiment
from sim.validation.pattern import COUNTS_ALONE, PatternRun

if TYPE_CHECKING:
    from sim.engine.kept import KeptRuns

__all__ = ["SCANNED", "Replay", "effects_of", "plan_replay", "replay_kinds"]

Array = NDArray[np.float64]

#: Effectiveness at which every experiment is run: none, half, as assumed, twice.
SCANNED: tuple[float, ...] = (0.0, 0.5, 1.0, 2.0)
_CUSTOMERS, _BURN_IN, _REPLICATES = 6_000, 52, 4
#: Replicates of what few customers do.
_RARE = 16
_LONGEST = 104
_NONE, _CONTROL, _TREATED, _ALSO = "none", "control", "treated", "also"
_TOOL = "tool"
#: Log odds of an edge that nobody takes.
_CLOSED = -50.0
_EFFECTIVENESS = "effectiveness"
_ROUND = ("use", "wait")


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """How one experiment is replayed.

    Attributes
    ----------
    experiment : FieldExperiment
    scenario : Scenario or None
        Arms without contact, of control, and treated at every effectiveness of :data:`SCANNED`; None: not replayable.
    missing : str
        The mechanism that is missing where it cannot be replayed.
    capability : str
        Whose effectiveness it speaks of; empty where of none.
    metrics : tuple of str
        What stands for each outcome.
    digital : bool
        Whether the effect is that on the persona most at home in digital channels.
    successes : float
        Successful innovations the effect is divided by; 0 where it is not.
    sign : int
        Sign that the two treatments have against each other, where the words of the row speak of each alone; else 0.
    replicates : int
        Independent repetitions of every arm.
    lacks : str
        Mechanism that is missing where the size is not reproduced.
    """

    experiment: FieldExperiment
    scenario: Scenario | None = None
    missing: str = ""
    capability: str = ""
    metrics: tuple[str, ...] = ()
    digital: bool = False
    successes: float = 0.0
    sign: int = 0
    replicates: int = _REPLICATES
    lacks: str = ""


def replay_kinds(run: PatternRun) -> dict[str, Any]:
    """Read the dictionary of replays from the folder of data."""
    return read_yaml(run.data / "replay_kinds.yaml")


def plan_replay(run: PatternRun, experiment: FieldExperiment, kinds: Mapping[str, Any] | None = None) -> Replay:
    """Turn the words of a row into arms.

    Parameters
    ----------
    run : PatternRun
        Its size multiplies populations.
    experiment : FieldExperiment
    kinds : mapping, optional
        What :func:`replay_kinds` returns; read where it is not given.

    Returns
    -------
    Replay
    """
    kinds = replay_kinds(run) if kinds is None else kinds
    words = experiment.replay.lower()
    metrics = []
    for outcome in experiment.outcomes:
        known = _match(kinds["outcomes"], outcome)
        if known is None:
            return Replay(experiment=experiment, missing=f"no metric stands for the outcome {outcome!r}")
        if "missing" in known:
            return Replay(experiment=experiment, missing=known["missing"])
        # What the words of the row relate to contacts is related to contacts.
        per_contact = known["metric"] == "opt_out_rate" and "per contact" in words
        metrics.append("optouts_per_contact" if per_contact else known["metric"])
    kind = _match(kinds["kinds"], words)
    if kind is None:
        return Replay(experiment=experiment, missing=f"no lever of the model is named by {experiment.replay!r}")
    if "missing" in kind:
        return Replay(experiment=experiment, missing=kind["missing"])
    metrics = [kind.get("stands_for", {}).get(metric, metric) for metric in metrics]
    setting = next((name for name in kinds["settings"] if re.search(rf"\b{name}\b", words)), "average")
    base = run.scenario(kinds["settings"][setting])
    horizon = kind.get("horizon", _horizon(words))
    successes = 0.0
    if "per success" in words:
        innovation = base.market.innovation
        # Innovations come one by one: on average half of the horizon has each.
        successes = innovation.velocity * innovation.success * (horizon // innovation.cycle_weeks) / 2.0
    capability = kind.get("capability", "")
    asked = {**kind, "response": "response" in metrics, "returns": "returns" in metrics}
    return Replay(
        experiment=experiment,
        scenario=_scenario(run, base, asked, kinds, horizon),
        capability=capability if capability in CAPABILITIES else "",
        metrics=tuple(metrics),
        digital="most digital" in words,
        successes=successes,
        sign=kind.get("sign", 0),
        replicates=kind.get("replicates", _RARE if "returns" in metrics else _REPLICATES),
        lacks=kind.get("lacks", ""),
    )


def _scanned(kind: Mapping[str, Any]) -> tuple[float, ...]:
    """Return the effectiveness at which a kind is run: one where it is about no capability, which has none."""
    return SCANNED if kind.get("capability") in CAPABILITIES else (1.0,)


def _treated(effectiveness: float) -> str:
    return f"{_TREATED}_{round(100 * effectiveness)}"


def _match(entries: list[dict[str, Any]], words: str) -> dict[str, Any] | None:
    return next((entry for entry in entries if re.search(entry["says"], words)), None)


def _horizon(words: str) -> int:
    """Return the weeks that a replay names last, at least 4 and at most two years; numbers are added over a plus."""
    for part in reversed(words.split(";")):
        weeks = [int(number) for number in re.findall(r"(?<![\d./])\d+(?![\d./%])", part)]
        if weeks:
            return min(max(sum(weeks) if "+" in part else max(weeks), 4), _LONGEST)
    return 52


def _scenario(
    run: PatternRun, base: Scenario, kind: Mapping[str, Any], kinds: Mapping[str, Any], horizon: int
) -> Scenario:
    """Return a shipped scenario with the arms of a replay: all on the journey that the company leads."""
    last = list(base.arms)[-1]
    journey = base.arms[last].plans[base.market.focal].journey
    written = base.to_dict()
    led = written["journeys"][journey]
    control_journey = journey
    if "adds" in kind:
        led = _with_more(led, kind["adds"])
    if kind["returns"]:
        led = _with_more(led, _behind_use(led, kinds["returns"]))
    written["journeys"][journey] = led
    for key, value in kind.get("market", {}).items():
        group, name = key.split(".")
        written["market"][group][name] = value
    if {"drop", "lift", "effort"} & set(kind):
        control_journey = f"{journey}_control"
        written["journeys"][control_journey] = {**_without(led, kind.get("drop", ())), "name": control_journey}
        if "lift" in kind:
            written["journeys"][control_journey] = {**_lifted(led, -kind["lift"]), "name": control_journey}
            written["journeys"][journey] = _lifted(led, kind["lift"])
        if "effort" in kind:
            written["journeys"][journey] = _easier(led, kind["effort"])

    def arm(journey: str, effectiveness: float, *parts: str) -> dict[str, Any]:
        levels: dict[str, Any] = {}
        for part in parts:
            levels |= {name: kinds["tool"] if value == _TOOL else value for name, value in kind.get(part, {}).items()}
        if "contacts_per_week" in levels:
            levels["contacts_per_week"] = _in_stages(levels["contacts_per_week"], led)
        felt = {kind["capability"]: effectiveness} if kind.get("capability") in CAPABILITIES else {}
        rivals = {"competitors": {"strategy": kind["rivals"]}} if "rivals" in kind else {}
        return {"focal": {"journey": journey, "strategy": {**levels, _EFFECTIVENESS: felt}}, **rivals}

    arms = {_NONE: arm(control_journey, 1.0, "both"), _CONTROL: arm(control_journey, 1.0, "both", "control")}
    for effectiveness in _scanned(kind):
        arms[_treated(effectiveness)] = arm(journey, effectiveness, "both", "treated")
    if "also" in kind:
        arms[_ALSO] = arm(journey, 1.0, "both", "also")
    if kind["response"]:
        arms |= _without_contacts(arms)
    written |= {
        "arms": arms,
        "baseline": _NONE,
        "horizon": horizon,
        "burn_in": _BURN_IN,
        "record": dict(COUNTS_ALONE),
        "population": run.population(_CUSTOMERS),
    }
    return Scenario.from_dict(written)


def _without_contacts(arms: Mapping[str, Any]) -> dict[str, Any]:
    """Return the twins of arms whose levels are not those of the arm without any contact: as they are, uncontacted.

    What a company does beside its contacts is no response to them.
    """
    twins = {}
    for name, one in arms.items():
        strategy = {key: value for key, value in one["focal"]["strategy"].items() if key != "contacts_per_week"}
        if strategy != arms[_NONE]["focal"]["strategy"]:
            twins[f"{name}_{_NONE}"] = {"focal": {**one["focal"], "strategy": strategy}}
    return twins


def _in_stages(contacts: Mapping[str, Any], journey: Mapping[str, Any]) -> dict[str, Any]:
    """Return contacts made in stages that do something (`stages: [search]`) as contacts in stages by name."""
    names = [name for name, stage in journey["stages"].items() if stage["does"] in contacts.get("stages", ())]
    return {**contacts, "stages": names}


def _with_more(journey: Mapping[str, Any], adds: Mapping[str, Any]) -> dict[str, Any]:
    """Return a journey with further stages and edges behind its own; an edge may name a stage by what it does."""
    stages = {**journey["stages"], **adds.get("stages", {})}
    doing = {stage["does"]: name for name, stage in reversed(journey["stages"].items())}
    edges = {}
    for number, edge in enumerate(adds["edges"], len(journey["edges"])):
        ends = {end: edge[end] if edge[end] in stages else doing.get(edge[end], edge[end]) for end in ("from", "to")}
        edges[f"{ends['from']}_to_{ends['to']}_{number}"] = {**edge, **ends}
    return {**journey, "stages": stages, "edges": {**journey["edges"], **edges}}


def _behind_use(journey: Mapping[str, Any], adds: Mapping[str, Any]) -> dict[str, Any]:
    """Return the stage in which goods are returned, and the edges to it from where they are used and back to wait."""
    names = {does: [name for name, stage in journey["stages"].items() if stage["does"] == does] for does in _ROUND}
    (returned,) = adds["stages"]
    there = [{"from": name, "to": returned, "logit": adds["logit"]} for name in names["use"]]
    return {"stages": adds["stages"], "edges": [*there, {"from": returned, "to": names["wait"][0]}]}


def _easier(journey: Mapping[str, Any], times: float) -> dict[str, Any]:
    """Return a journey whose stages cost the customer so many times their effort."""
    stages = {name: {**stage, "effort": times * stage["effort"]} for name, stage in journey["stages"].items()}
    return {**journey, "stages": stages}


def _without(journey: Mapping[str, Any], stages: Any) -> dict[str, Any]:
    """Return a journey in which some edges, by name, or edges into stages, by name or deed, are as good as closed."""
    does = {name: stage["does"] for name, stage in journey["stages"].items()}
    edges = {
        name: {**edge, "logit": {**edge["logit"], "base": _CLOSED}}
        if {name, edge["to"], does[edge["to"]]} & set(stages) and edge.get("logit")
        else edge
        for name, edge in journey["edges"].items()
    }
    return {**journey, "edges": edges}


def _lifted(journey: Mapping[str, Any], lift: float) -> dict[str, Any]:
    """Return a journey whose product is better, or worse, by so much."""
    stages = {
        name: {**stage, "experience_lift": stage["experience_lift"] + lift} if stage["does"] == "use" else stage
        for name, stage in journey["stages"].items()
    }
    return {**journey, "stages": stages}


def effects_of(run: PatternRun, plan: Replay, kept: KeptRuns | None = None) -> Array:
    """Simulate a replay on common luck.

    Parameters
    ----------
    run : PatternRun
    plan : Replay
    kept : KeptRuns, optional
        Runs of other replays: several rows of a table may ask of the same arms.

    Returns
    -------
    float64 (replicates, outcomes, effectiveness scanned)
        Effects, relative to control.

    Raises
    ------
    ConfigError
        If the plan has no scenario.
    """
    scenario = plan.scenario
    if scenario is None:
        raise ConfigError(f"experiment {plan.experiment.id} is not replayable: {plan.missing}")
    if plan.metrics == ("failed_experiments",):
        share = 1.0 - scenario.market.innovation.success
        return np.full((2, 1, len(SCANNED)), share)
    persona = 0
    if plan.digital:
        affinity = [each.digital_affinity.mean for each in scenario.personas]
        persona = 1 + int(np.argmax(affinity))
    rows = []
    # The arm without contact gives the others their burn-in; only responses look at what becomes of it.
    wanted = [name for name in scenario.arms if name != _NONE or "response" in plan.metrics]
    for arms in run.replicates(scenario, plan.replicates, arms=wanted, kept=kept):
        found = {name: _outcomes(history, scenario, persona) for name, history in arms.items()}
        for name, outcomes in found.items():
            without = found.get(f"{name}_{_NONE}") or found.get(_NONE)
            outcomes["uncontacted"] = without["purchases"] if without else nan
        control = found[_CONTROL]
        treated = [found.get(_treated(each), found[_treated(1.0)]) for each in SCANNED]
        if _ALSO in found and len(plan.experiment.effects) > 1:
            # One outcome, two treatments against one control.
            (metric,) = plan.metrics
            pairs = [treated, [found[_ALSO]] * len(SCANNED)]
            rows.append([[_effect(metric, control, each) for each in some] for some in pairs])
        else:
            rows.append([[_effect(metric, control, each) for each in treated] for metric in plan.metrics])
    effects = np.array(rows)
    return effects / plan.successes if plan.successes > 0.0 else effects


def _outcomes(history: History, scenario: Scenario, persona: int) -> dict[str, float]:
    measures = measure(history, scenario)
    values = dict(zip(METRICS, measures.values[persona].tolist(), strict=True))
    values["churn"] = 1.0 - values["retention"]
    values["repeat_share"] = 1.0 - values["switch_rate"]
    values["channel_cost"] = -float(measures.terms[persona, TERMS.index("channels")])
    heads = history.population.sum() if persona == 0 else history.population[persona - 1]
    values["contacts"] = values["contacts_per_customer"] * float(heads)
    own = with_total(history.returns[:, :, scenario.focal].sum(axis=0))
    for name in ("complaints", "praise"):
        values[name] = float(with_total(getattr(history, name)[:, :, scenario.focal].sum(axis=0))[persona])
    values["returns"] = float(of_market(own, scenario)[persona])
    visited = [stage_names(scenario.journeys).index(name) for name in _visits(scenario)]
    moves = with_total(history.flows)[persona]
    values["visits"] = float(moves[:, visited].sum()) if visited else values["purchases"]
    values["optouts"] = values["opt_out_rate"] * float(heads)
    return values


def _visits(scenario: Scenario) -> list[str]:
    """Return the stages that are visited between two needs."""
    named = {name: stage for journey in scenario.journeys.values() for name, stage in journey.stages.items()}
    return [name for name, stage in named.items() if stage.does == "visit"]


def _effect(metric: str, control: Mapping[str, float], treated: Mapping[str, float]) -> float:
    """Return how much more a treated arm has than the control, relative; NaN where the control has none."""

    def value(arm: Mapping[str, float]) -> float:
        if metric == "response":
            more = arm["purchases"] - arm["uncontacted"]
            return more / arm["contacts"] if arm["contacts"] else float("nan")
        if metric == "optouts_per_contact":
            return arm["optouts"] / arm["contacts"] if arm["contacts"] else float("nan")
        return arm[metric]

    before, after = value(control), value(treated)
    if metric == "satisfaction":
        return after - before
    return after / before - 1.0 if before > 0.0 else float("nan")
