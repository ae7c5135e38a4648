"""Compare: the arms of a scenario on common random numbers, replicate by replicate, and their differences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from math import isfinite
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.analysis.clv import ValueDifferences, pick_customers
from sim.analysis.costs import cost_table
from sim.analysis.counts_behind import shares_of_few
from sim.analysis.metrics import METRICS, Measures, measure
from sim.analysis.paired import estimate, relative_half_width
from sim.analysis.precision import FEWEST, MAX_REPLICATES, run_until_precise
from sim.analysis.sampling import INDEPENDENT, Sampling
from sim.analysis.summary import (
    DoubtRuns,
    brand_titles,
    difference_name,
    parts_of_uncertainty,
    persona_titles,
    size_of,
    summarise,
)
from sim.analysis.time_to_goal import paired_times
from sim.analysis.verdict import verdict
from sim.calibration.ensemble import SEEDS, Ensemble
from sim.experiments.best_responses import ArmAnswer, best_responses
from sim.experiments.break_even import break_even
from sim.experiments.controls import controls_of
from sim.experiments.doubt import doubt_runs, doubt_sources
from sim.experiments.findings import Findings, FindOnce
from sim.experiments.result import Result
from sim.record.history import History, Lives
from sim.scenario.errors import ConfigError
from sim.scenario.journey import stage_names
from sim.scenario.scenario import Scenario
from sim.scenario.schema import read, read_value, show
from sim.scenario.settings import Settings

if TYPE_CHECKING:
    from sim.engine.kept import KeptRuns
    from sim.execution.executors import Executor

__all__ = ["compare"]

_CONTRIBUTION = METRICS.index("contribution")
#: Bytes of burn-ins that are kept until every curve over effectiveness is found: those of a hundred replicates.
_BURN_IN_BYTES = 64_000_000


def compare(
    scenario: Scenario,
    *,
    replicates: int = 8,
    seed: int = 1,
    engine: str = "numba",
    threads: int | None = None,
    precision: float | None = None,
    on_progress: Callable[[int], None] | None = None,
    executor: Executor | None = None,
    ensemble: Ensemble | None = None,
    kept: KeptRuns | None = None,
    effectiveness: bool = True,
    on_arms: Callable[[Result], None] | None = None,
    at_once: bool = True,
) -> Result:
    """Run every arm of a scenario on common random numbers and measure the differences.

    Parameters
    ----------
    scenario : Scenario
        What to run.
    replicates : int
        Independent repetitions of every arm.
    seed : int
        Seed of all random draws, 0 to 4294967295.
    engine : {'numba', 'mesa'}
        Which engine; the data are the same.
    threads : int, optional
        Threads of the numba engine; None is all. The data are the same.
    precision : float, optional
        Run as many replicates, at most `MAX_REPLICATES`, as make the 95 % interval of the difference in contribution
        this narrow in every arm (half its width, relative to the mean); a pilot of others says how many. Default: the
        scenario's.
    on_progress : callable, optional
        Called with numbers of customer-weeks done.
    executor : Executor, optional
        Where replicates are run; this process by default. The data are the same.
    ensemble : Ensemble, optional
        Near-best parameter sets of a calibration: ``replicates`` of them, each with two seeds of its own, so that the
        intervals cover parameter uncertainty beside random variation.
    kept : KeptRuns, optional
        Runs of earlier comparisons, which are not run again. The data are the same.
    effectiveness : bool
        Whether it is looked for how well the capabilities must work, and intervals cover the doubt about it: both run
        further arms. Without, every interval covers random variation alone, and the verdict says so.
    on_arms : callable, optional
        Called with the result when every arm is run, before doubt and break-even are looked for; of its summary, what
        they add is not there yet.
    at_once : bool
        Whether the summary is made, and doubt and break-even are looked for, before this returns. False: when the
        result is first asked for them, in this process and without a word of progress. The data are the same.

    Returns
    -------
    Result

    Raises
    ------
    ConfigError
        If a number lies outside its range.
    """
    _check(scenario, replicates, seed, engine, threads, precision)
    precision = _precision(scenario, precision, ensemble)
    started, clock = datetime.now(UTC).isoformat(timespec="seconds"), perf_counter()
    scenario, answers = best_responses(scenario, seed=seed, engine=engine, executor=executor)
    collected = _Collected(scenario, kept)
    options: dict[str, Any] = dict(
        seed=seed, engine=engine, threads=threads, on_progress=on_progress, executor=executor
    )
    width = 0.0
    if ensemble is not None:
        collected.run_ensemble(ensemble, replicates, options)
    elif precision is None:
        collected.run(scenario, range(replicates), options)
    else:
        width = _run_until_precise(collected, max(replicates, FEWEST), precision, options)

    collected.look(seed)
    collected.kept = None
    if not at_once:
        # What was handed in may be gone when somebody asks.
        options |= {"executor": None, "on_progress": None}
    elif on_progress is not None:
        # Customer-weeks of further arms are not counted: how many is not known. A caller can still interrupt.
        options["on_progress"] = lambda _: on_progress(0)
    summed_up = _SummedUp(collected, options, ensemble, effectiveness, precision, width, answers)
    found = Result(
        scenario=scenario,
        seed=seed,
        engine=engine,
        threads=threads,
        findings=FindOnce(summed_up.findings),
        histories=tuple(collected.histories),
        measures=tuple(collected.measures),
        started=started,
        arms_seconds=perf_counter() - clock,
        ensemble=ensemble,
        sampling=collected.sampling,
    )
    if on_arms is not None:
        on_arms(replace(found, findings=FindOnce.known(Findings(collected.summary(seed, ensemble, {})))))
    if at_once:
        found.findings()
    return found


def _check(
    scenario: object, replicates: int, seed: int, engine: str, threads: int | None, precision: float | None
) -> None:
    """Check what a caller from Python hands in as strictly as what a file or the command line says."""
    if not isinstance(scenario, Scenario):
        raise ConfigError(f"scenario is {show(scenario)}; give a Scenario, such as Scenario.load('treadmill')")
    read(Settings, {"replicates": replicates, "seed": seed, "engine": engine, "threads": threads})
    if precision is not None:
        read_value(Scenario, "precision", precision)


def _precision(scenario: Scenario, asked: float | None, ensemble: Ensemble | None) -> float | None:
    """Return how narrow the interval is to be, after checking that it can be."""
    precision = scenario.precision if asked is None else asked
    if ensemble is not None and precision is not None:
        raise ConfigError(
            f"precision is {precision:g}, but with an ensemble no number of replicates makes the interval as narrow as"
            " one likes; leave one of them out"
        )
    return precision


def _run_until_precise(collected: _Collected, replicates: int, precision: float, options: Mapping[str, Any]) -> float:
    """Run as many replicates as a pilot asks for, at least so many; return the relative half-width."""
    pilot = _Collected(collected.scenario)

    def width_of(which: _Collected, first: int, wanted: int) -> float:
        which.run(which.scenario, range(first + len(which.histories), first + wanted), options)
        which.look(options["seed"])
        return which.half_width()

    return run_until_precise(
        precision,
        replicates,
        lambda wanted: width_of(pilot, MAX_REPLICATES, wanted),
        lambda wanted: width_of(collected, 0, wanted),
        most=MAX_REPLICATES,
    )


def _reached(wanted: float, width: float) -> dict[str, Any]:
    return {"wanted": wanted, "reached": width <= wanted, "half_width": width if isfinite(width) else None}


@dataclass(frozen=True, slots=True)
class _SummedUp:
    """What is told of arms that are run; ``options`` say how further ones are."""

    collected: _Collected
    options: Mapping[str, Any]
    ensemble: Ensemble | None
    effectiveness: bool
    precision: float | None
    width: float
    answers: Sequence[ArmAnswer]

    def findings(self) -> Findings:
        """Make the summary; look for doubt and break-even where that is wanted."""
        collected = self.collected
        doubts = doubt_runs(collected.runs, options=self.options) if self.effectiveness else {}
        summary = collected.summary(self.options["seed"], self.ensemble, doubts)
        if few := shares_of_few(collected.measures):
            summary["shares_of_few"] = few
        if self.precision is not None:
            summary["precision"] = _reached(self.precision, self.width)
        if self.effectiveness:
            self._add_break_even(summary)
        if self.answers:
            summary["best_responses"] = {answer.arm: answer.plain() for answer in self.answers}
        summary["verdict"] = verdict(summary)
        return Findings(summary, doubts)

    def _add_break_even(self, summary: dict[str, Any]) -> None:
        """Add the break-even effectiveness of every difference to a summary, and contribution over effectiveness."""
        from sim.engine.kept import KeptRuns

        collected, scenario = self.collected, self.collected.scenario
        summary["effectiveness"] = {}
        # Curves of all arms, and each one's closer look, begin where the first look at the first arm did.
        options = {**self.options, "kept": KeptRuns(_BURN_IN_BYTES, arms=False)}
        for arm in collected.others:
            name = difference_name(arm, scenario.baseline)
            summary["differences"][name]["break_even_effectiveness"] = None
            if scenario.arms[arm].plans == scenario.arms[scenario.baseline].plans:
                continue
            sampling = collected.sampling.of(arm)
            earned = [collected.contribution(name) for name in (arm, scenario.baseline)]
            found = break_even(collected.runs, arm, *earned, options=options, sampling=sampling)
            if found is None:
                continue
            if found.at.mean is not None:
                summary["differences"][name]["break_even_effectiveness"] = asdict(found.at)
            summary["effectiveness"][name] = {
                "grid": list(found.grid),
                "contribution": [asdict(estimate(column, sampling)) for column in found.curves.T],
            }


@dataclass(slots=True)
class _Collected:
    """What is kept of the replicates so far. Accounts of single customers are large: they are used and dropped."""

    scenario: Scenario
    kept: KeptRuns | None = None
    histories: list[Mapping[str, History]] = field(default_factory=list)
    measures: list[Mapping[str, Measures]] = field(default_factory=list)
    picks: dict[str, dict[str, int | None] | None] = field(default_factory=dict)
    values: dict[str, ValueDifferences] = field(default_factory=dict)
    goal_times: dict[str, list[NDArray[np.float64]]] = field(default_factory=dict)
    runs: list[tuple[Scenario, Sequence[int]]] = field(default_factory=list)
    sampling: Sampling = INDEPENDENT

    @property
    def others(self) -> list[str]:
        return [arm for arm in self.scenario.arms if arm != self.scenario.baseline]

    def run(self, scenario: Scenario, replicates: Sequence[int], options: Mapping[str, Any]) -> None:
        """Run replicates of the scenario, or of a member of its ensemble, and keep what is needed of them."""
        from sim.execution.replicates import run_replicates  # compiles kernels: only when something runs

        baseline, keep = scenario.baseline, scenario.record.customers
        self.runs.append((scenario, replicates))
        kept: dict[str, Any] = {} if self.kept is None else {"kept": self.kept}
        for replicate, arms in run_replicates(scenario, replicates=replicates, **kept, **options):
            self.measures.append({arm: measure(history, scenario) for arm, history in arms.items()})
            reference = arms[baseline].lives
            for arm in self.others:
                name = difference_name(arm, baseline)
                if arms[arm].goal_times.size:
                    both = paired_times(arms[arm].goal_times, arms[baseline].goal_times)
                    self.goal_times.setdefault(arm, []).append(both)
                if replicate == 0:
                    self.picks[name] = pick_customers(arms[arm].lives, reference)
                values = self.values.setdefault(name, ValueDifferences())
                values.add(arms[arm].lives, reference, len(scenario.personas), scenario.minor_units)
            self.histories.append({arm: history if keep else _without_lives(history) for arm, history in arms.items()})

    def run_ensemble(self, ensemble: Ensemble, count: int, options: Mapping[str, Any]) -> None:
        """Run members of an ensemble as often as their weights ask for, with fresh random numbers each time."""
        picks = ensemble.picks(count)
        self.sampling = Sampling(tuple(member for member in picks for _ in range(SEEDS)))
        for number, member in enumerate(picks):
            self.run(ensemble.scenario(self.scenario, member), range(number * SEEDS, (number + 1) * SEEDS), options)

    def look(self, seed: int) -> None:
        """Take the company's luck in the replicates so far into how they were drawn."""
        self.sampling = replace(self.sampling, controls=controls_of(self.runs, seed), baseline=self.scenario.baseline)

    def half_width(self) -> float:
        """Return the widest relative half-width of the arms' differences in contribution."""
        return max(
            (relative_half_width(self.difference(arm), self.sampling.of(arm)) for arm in self.others), default=0.0
        )

    def difference(self, arm: str) -> NDArray[np.float64]:
        """Return an arm's difference in contribution from the baseline by replicate, in money (R,)."""
        return self.contribution(arm) - self.contribution(self.scenario.baseline)

    def contribution(self, arm: str) -> NDArray[np.float64]:
        """Return what an arm earns by replicate, in money (R,)."""
        return np.array([item[arm].values[0, _CONTRIBUTION] for item in self.measures])

    def summary(self, seed: int, ensemble: Ensemble | None, doubts: Mapping[str, DoubtRuns]) -> dict[str, Any]:
        scenario = self.scenario
        personas = [persona.name for persona in scenario.personas]
        heads = np.stack([item[scenario.baseline].population for item in self.histories]).mean(axis=0)
        uncertainty: dict[str, Any] = {}
        paired = {arm: np.stack(found) for arm, found in self.goal_times.items()}
        if ensemble is not None:
            uncertainty["ensemble"] = {
                "name": ensemble.name,
                "members": len(ensemble.rows),
                "simulations": len(self.histories),
                "uncertainty": parts_of_uncertainty(scenario, self.measures, self.sampling),
            }
            uncertainty["members"] = {"used": self.sampling.used, "effective": self.sampling.effective}
        return {
            "scenario": scenario.name,
            "title": scenario.title,
            "case": scenario.case,
            "focal": scenario.market.focal,
            "titles": brand_titles(scenario),
            "persona_titles": persona_titles(scenario),
            "baseline": scenario.baseline,
            "currency": scenario.market.economics.currency,
            **size_of(scenario),
            "persona_customers": dict(zip(personas, (heads * scenario.scale).tolist(), strict=True)),
            "seed": seed,
            "replicates": len(self.histories),
            "precision_method": scenario.precision_method,
            **summarise(scenario, self.measures, stage_names(scenario.journeys), self.sampling, doubts, paired),
            "doubt": doubt_sources(scenario) if doubts else {},
            "clv_differences": {name: values.summary(personas) for name, values in self.values.items()},
            "picks": self.picks,
            "costs": {arm: cost_table(scenario, arm, self.histories, self.sampling) for arm in scenario.arms},
            **uncertainty,
        }


def _without_lives(history: History) -> History:
    lives = history.lives
    return replace(
        history,
        lives=Lives(*(getattr(lives, name)[:0].copy() for name in Lives.__dataclass_fields__)),
        goal_times=history.goal_times[:0].copy(),
    )
