"""Field experiments (P11): published experiments with single tools, replayed as arms on common luck."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, log, nan
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agents.strategies import CAPABILITIES, EFFECTIVENESS_BOUNDS
from sim.number_format import compact
from sim.validation.chart import Chart, Curve
from sim.validation.check import SHOWN, Check
from sim.validation.effectiveness import FEWEST, Implied, Pooled, at_effectiveness, implied_by, pool
from sim.validation.field_experiment import FieldExperiment, read_experiments
from sim.validation.pattern import Finding, Pattern, PatternRun
from sim.validation.replay import SCANNED, Replay, effects_of, plan_replay, replay_kinds

__all__ = [
    "FIELD_EXPERIMENTS",
    "LeftOut",
    "Replayed",
    "fit_capabilities",
    "predict_left_out",
    "replay_all",
    "words_of_range",
]

Array = NDArray[np.float64]

_TABLE, _FURTHER, _FITTED = "field_experiments", "further_experiments", "fitted_effectiveness"
#: Share of a published effect within which a simulated one counts as reproduced, where its interval is unknown.
_SIZE = 0.5
#: Monte-Carlo standard errors beyond which a sign is resolved.
_RESOLVED = 2.0
#: Relative distance of a capability's fitted effectiveness from the one on record: an effect twice as strong halves it.
_STRENGTH, _WRONG = 0.3, 0.5
#: Share of the replayable experiments whose sign the model may miss, and one that must not pass unnoticed.
_MISSED, _MANY = 0.2, 0.5
_ONE = SCANNED.index(1.0)
REPRODUCED, SIGN_ONLY, FAILS, NOT_REPLAYABLE = "reproduced", "sign only", "FAILS", "not replayable"
#: Effectiveness within which what experiments imply is drawn.
_DRAWN = (-2.0, 6.0)
#: Log points up to which half an interval is drawn: longer ones would hide the points.
_LONGEST_BAR = 100.0
_SOURCE = "configs/data/field_experiments.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """One experiment with what its replay gave.

    Attributes
    ----------
    plan : Replay
    effects, errors : float64 (outcomes, S)
        Simulated effect at each scanned effectiveness, relative, and its Monte-Carlo standard error; empty where the
        experiment is not replayable.
    """

    plan: Replay
    effects: Array
    errors: Array

    @property
    def experiment(self) -> FieldExperiment:
        """The published experiment."""
        return self.plan.experiment

    @property
    def simulated(self) -> float:
        """Simulated effect on the first outcome, at the model's own strength."""
        return float(self.effects[0, _ONE]) if self.effects.size else nan

    @property
    def published(self) -> float:
        """Published effect on the first outcome; NaN where only its sign is known."""
        effect = self.experiment.effects[0]
        return nan if effect is None else effect

    @property
    def tolerance(self) -> float:
        """Distance from the published effect that counts as reproduced, without the Monte-Carlo error."""
        interval = self.experiment.interval
        if interval is not None:
            return (interval[1] - interval[0]) / 2.0
        return _SIZE * abs(self.published)

    @property
    def error(self) -> float:
        """Standard error of the published effect; that of its logarithm, times the ratio."""
        return self.experiment.error * (1.0 + self.published)

    @property
    def has_signs(self) -> bool:
        """Whether every published sign is reproduced, beyond the Monte-Carlo error."""
        signs = (self.plan.sign,) if self.plan.sign else self.experiment.signs
        return all(self._has_sign(sign, at) for at, sign in enumerate(signs[: len(self.effects)]))

    def _has_sign(self, sign: int, outcome: int) -> bool:
        effect, error = float(self.effects[outcome, _ONE]), float(self.errors[outcome, _ONE])
        if not isfinite(effect):
            return False
        if sign == 0:
            return abs(effect) <= max(_RESOLVED * error, 0.02)
        return sign * effect > _RESOLVED * error

    @property
    def implied(self) -> Implied | None:
        """Effectiveness of the capability at which the model has the published effect, where it depends on it."""
        if not self.plan.capability or not self.effects.size or not isfinite(self.published):
            return None
        id, effects, errors = self.experiment.id, self.effects[0], self.errors[0]
        return implied_by(id, SCANNED, effects, errors, self.published, self.error)

    @property
    def verdict(self) -> str:
        """`reproduced`, `sign only`, `FAILS` or `not replayable`."""
        if not self.effects.size:
            return NOT_REPLAYABLE
        if not self.has_signs:
            return FAILS
        if not isfinite(self.published):
            return REPRODUCED
        room = self.tolerance + _RESOLVED * float(self.errors[0, _ONE])
        return REPRODUCED if abs(self.simulated - self.published) <= room else SIGN_ONLY


def replay_all(run: PatternRun, table: str | Path = _TABLE) -> tuple[Replayed, ...]:
    """Replay every experiment of a table.

    Parameters
    ----------
    run : PatternRun
        Its folder of data has the published tables and the replay kinds.
    table : str or Path
        Name of a published table, or a file.

    Returns
    -------
    tuple of Replayed
        In the order of the table.
    """
    from sim.engine.kept import KeptRuns  # compiles kernels: only when something runs

    found = []
    kinds, kept = replay_kinds(run), KeptRuns()
    path, layout = (table, run.layout) if isinstance(table, Path) else (run.data / f"{table}.csv", None)
    for experiment in read_experiments(path, layout):
        plan = plan_replay(run, experiment, kinds)
        if plan.scenario is None:
            found.append(Replayed(plan=plan, effects=np.empty((0, 0)), errors=np.empty((0, 0))))
            continue
        samples = effects_of(run, plan, kept)
        spread = samples.std(axis=0, ddof=1) / np.sqrt(len(samples))
        found.append(Replayed(plan=plan, effects=samples.mean(axis=0), errors=spread))
    return tuple(found)


def fit_capabilities(replayed: Sequence[Replayed], without: str = "") -> dict[str, tuple[Pooled, list[Implied]]]:
    """Fit the effectiveness of each capability to the experiments on it that give a size.

    Parameters
    ----------
    replayed : sequence of Replayed
    without : str
        Id of an experiment that is left out.

    Returns
    -------
    dict
        By capability, the pooled effectiveness and what each experiment implies; capabilities without any are missing.
    """
    fitted = {}
    for capability in CAPABILITIES:
        implied = []
        for each in replayed:
            if each.plan.capability != capability or each.experiment.id == without:
                continue
            if each.implied is not None:
                implied.append(each.implied)
        pooled = pool(implied)
        if pooled is not None:
            fitted[capability] = (pooled, implied)
    return fitted


def run(run: PatternRun) -> Finding:
    """Replay the table, fit the strengths, and hold them to those on record; or replay a reader's own table."""
    if run.experiments is not None:
        return _own(replay_all(run, run.experiments), run.experiments)
    replayed = replay_all(run)
    further = replay_all(run, _FURTHER)
    fitted = fit_capabilities(replayed)
    rows = [
        _row(each, f"configs/data/{table}.csv")
        for table, found in ((_TABLE, replayed), (_FURTHER, further))
        for each in found
    ]
    able = [each for each in replayed if each.effects.size]
    return Finding(
        checks=(*rows, *_strengths(run, fitted), _signs(able)),
        charts=(_effects_chart(able), *_strength_charts(fitted), *_left_out_chart(replayed)),
        notes=(*_notes(replayed, fitted), *_words_of_further(further)),
    )


def _own(replayed: Sequence[Replayed], path: Path) -> Finding:
    """Show a reader's own experiments: nothing is fitted to them, and nothing is held to them."""
    able = [each for each in replayed if each.effects.size]
    sized = [each for each in able if isfinite(each.published) and isfinite(each.simulated)]
    return Finding(
        checks=tuple(_row(each, path.name) for each in replayed),
        charts=(_effects_chart(able),) if sized else (),
        notes=(*_counts(replayed), *_words_of_settings(able), *_words_of_missing(replayed)),
    )


def _words_of_settings(able: Sequence[Replayed]) -> list[str]:
    """Return which scenario each experiment was replayed in: one whose setting has no scenario is in `average`."""
    if not able:
        return []
    names = [f"{each.experiment.id} {each.plan.scenario.name}" for each in able if each.plan.scenario is not None]
    return [f"Replayed in the scenario: {', '.join(names)}. What names no setting of the dictionary is in average."]


def _row(each: Replayed, source: str) -> Check:
    experiment, plan = each.experiment, each.plan
    error = float(each.errors[0, _ONE]) if each.effects.size else nan
    words = each.verdict
    why = plan.missing if words == NOT_REPLAYABLE else plan.lacks if words in (SIGN_ONLY, FAILS) else ""
    interval = experiment.interval
    room = "within half of the published effect; its interval is not published"
    if interval is not None:
        low, high = (f"{100 * end:.0f}" for end in interval)
        room = f"within the published interval, {low} to {high} % ({experiment.interval_from})"
    elif not isfinite(each.published):
        sides = ("above" if sign > 0 else "below" if sign < 0 else "at" for sign in experiment.signs)
        room = f"on the published side of zero: {', '.join(sides)}"
    return Check(
        what=f"{experiment.id} {experiment.outcome}" + (f" ({experiment.source})" if experiment.source else ""),
        published=each.published,
        simulated=each.simulated,
        error=error,
        tolerance=each.tolerance,
        meaningful=nan,
        rule=room + (f"; missing: {why}" if why else ""),
        source=source,
        kind=SHOWN,
        found=words,
    )


def _strengths(run: PatternRun, fitted: dict[str, tuple[Pooled, list[Implied]]]) -> list[Check]:
    """Hold the effectiveness fitted to the experiments to that on record, which scenarios use as doubt."""
    table = run.table(_FITTED)
    checks = []
    for name, recorded in zip(table["capability"], table["effectiveness"], strict=True):
        pooled = fitted[str(name)][0] if str(name) in fitted else None
        checks.append(
            Check.near(
                f"effectiveness of {name} that its experiments imply",
                float(recorded),
                pooled.mean if pooled is not None else nan,
                relative=_STRENGTH,
                meaningful=_WRONG * abs(float(recorded)),
                source="fitted to the experiments (random effects, DerSimonian & Laird 1986)",
            )
        )
    return checks


def _signs(able: Sequence[Replayed]) -> Check:
    return Check.near(
        "share of the replayable experiments whose signs are reproduced",
        1.0,
        sum(each.has_signs for each in able) / len(able) if able else nan,
        absolute=_MISSED,
        meaningful=_MANY,
        source=_SOURCE,
    )


def _effects_chart(able: Sequence[Replayed]) -> Chart:
    known = [each for each in able if isfinite(each.published) and isfinite(each.simulated)]
    published = np.array([_log_points(each.published) for each in known])
    errors = np.array([100.0 * float(each.errors[0, _ONE]) / _left(each.simulated) for each in known])
    return Chart(
        heading="Effects of single tools, published and simulated",
        reading="On a square the model has the published effect; off it, on the same side of zero, its sign.",
        x="published effect, log points (10 = 10.5 % more)",
        y="simulated effect, log points",
        kind="points",
        curves=(
            Curve(label="equal", x=published, y=published, published=True),
            Curve(
                label="simulated, 2 standard errors",
                x=published,
                y=np.array([_log_points(each.simulated) for each in known]),
                error=errors,
            ),
        ),
    )


def _log_points(effect: float) -> float:
    return 100.0 * log(_left(effect))


def _left(effect: float) -> float:
    """Return the treated arm's share of the control's, 0.01 at least: an arm of few customers may have none."""
    return max(1.0 + effect, 0.01)


def _strength_charts(fitted: dict[str, tuple[Pooled, list[Implied]]]) -> tuple[Chart, ...]:
    """Draw what each experiment implies for the effectiveness of its capability, 1 being the model's own strength."""
    charts = []
    for name, (pooled, implied) in fitted.items():
        place = np.arange(len(implied) + 1, dtype=np.float64)
        charts.append(
            Chart(
                heading=f"Effectiveness of {name} that each experiment implies",
                reading="1 is what scenarios assume; the spread is the doubt. Drawn from -2 to 6, errors up to 4.",
                x="experiment",
                y="effectiveness",
                kind="points",
                ticks=(*(each.id for each in implied), "pooled"),
                curves=(
                    Curve(label="as assumed", x=place, y=np.ones(place.size), published=True),
                    Curve(
                        label="implied, 2 standard errors",
                        x=place,
                        y=np.clip([*(each.value for each in implied), pooled.mean], *_DRAWN),
                        error=np.minimum([*(each.error for each in implied), pooled.error], 4.0),
                    ),
                ),
            )
        )
    return tuple(charts)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A published effect predicted from the other experiments on its capability, with a 95 % interval.

    Attributes
    ----------
    experiment : FieldExperiment
    published, predicted, low, high : float
        Relative effects; the interval is that of a further experiment, its own error included.
    holds : bool
        Whether the interval holds the published effect.
    others : int
        How many experiments it was predicted from; of fewer than three there is no interval.
    """

    experiment: FieldExperiment
    published: float
    predicted: float
    low: float
    high: float
    holds: bool
    others: int


def predict_left_out(replayed: Sequence[Replayed]) -> list[LeftOut]:
    """Predict every experiment that implies an effectiveness from the others on its capability."""
    found = []
    for each in replayed:
        implied = each.implied
        if implied is None:
            continue
        fitted = fit_capabilities(replayed, without=each.experiment.id).get(each.plan.capability)
        if fitted is None:
            continue
        pooled = fitted[0]
        low, high = pooled.predicted(implied.error)
        ends = [
            at_effectiveness(SCANNED, each.effects[0], end) if isfinite(end) else end
            for end in (low, pooled.mean, high)
        ]
        found.append(
            LeftOut(
                experiment=each.experiment,
                published=each.published,
                predicted=ends[1],
                low=max(min(ends), -1.0),
                high=max(ends),
                holds=low <= implied.value <= high,
                others=pooled.experiments,
            )
        )
    return found


def _left_out_chart(replayed: Sequence[Replayed]) -> tuple[Chart, ...]:
    predictions = predict_left_out(replayed)
    if not predictions:
        return ()
    index = np.arange(len(predictions), dtype=np.float64)
    predicted = np.array([_log_points(each.predicted) for each in predictions])
    ends = np.array([[_log_points(min(end, _DRAWN[1])) for end in (each.low, each.high)] for each in predictions])
    # A figure draws two errors each way.
    bars = np.minimum(np.ptp(ends, axis=1) / 2.0, _LONGEST_BAR) / 2.0
    return (
        Chart(
            heading="Each experiment predicted from the others",
            reading="The effectiveness is fitted to the other experiments on the same capability. Bars are half the "
            "width of the 95 % interval of a further experiment, drawn up to 100 log points.",
            x="experiment left out",
            y="effect, log points",
            kind="points",
            ticks=tuple(each.experiment.id for each in predictions),
            curves=(
                Curve(
                    label="published",
                    x=index,
                    y=np.array([_log_points(each.published) for each in predictions]),
                    published=True,
                ),
                Curve(label="predicted", x=index, y=predicted, error=bars),
            ),
        ),
    )


def _words_of(predictions: Sequence[LeftOut]) -> list[str]:
    """Return how well experiments are predicted from others, in sentences; none where nothing can be predicted."""
    if not predictions:
        return []
    several = [each for each in predictions if each.others >= FEWEST]
    shown = [
        f"{each.experiment.id} {100 * each.predicted:+.1f} % for {100 * each.published:+.1f} % published"
        + (f" [{100 * each.low:+.0f} to {100 * each.high:+.0f} %]" if each.others >= FEWEST else " [no interval]")
        for each in predictions
    ]
    near = sum(abs(each.predicted - each.published) <= _SIZE * abs(each.published) for each in predictions)
    held = sum(each.holds for each in several)
    return [
        f"Each predicted from the others on its capability: {'; '.join(shown)}.",
        f"{near} of {len(predictions)} predictions lie within half of the published effect. The 95 % interval of a "
        f"further experiment (Student's t, spread between experiments included) holds {held} of the {len(several)} "
        "that three or more others predict; how wide it is says how little the others tell. Fewer give none.",
    ]


def _words_of_further(further: Sequence[Replayed]) -> list[str]:
    """Return what became of experiments to which nothing was fitted."""
    able = [each for each in further if each.effects.size]
    signs = sum(each.has_signs for each in able)
    lacking = [f"{each.plan.missing}: {each.experiment.id}" for each in further if not each.effects.size]
    return [
        f"{len(further)} further published findings, to which nothing was fitted ({_FURTHER}.csv): {len(able)} "
        f"replayed, {signs} with their sign" + (f"; not sayable: {'; '.join(lacking)}." if lacking else "."),
    ]


def _counts(replayed: Sequence[Replayed]) -> list[str]:
    counts = {word: sum(each.verdict == word for each in replayed) for word in (REPRODUCED, SIGN_ONLY, FAILS)}
    left = len(replayed) - sum(counts.values())
    return [
        f"{len(replayed)} experiments: {counts[REPRODUCED]} reproduced, {counts[SIGN_ONLY]} in sign only, "
        f"{counts[FAILS]} not, {left} not replayable. Where the number of participants gives an effect an interval, "
        "arms are taken to be of equal size. Without one an effect counts as reproduced within half of its size.",
    ]


def _notes(replayed: Sequence[Replayed], fitted: dict[str, tuple[Pooled, list[Implied]]]) -> list[str]:
    notes = [*_counts(replayed), "Most published effects are from abstracts, without an interval."]
    for name, (pooled, implied) in fitted.items():
        notes.append(
            f"Effectiveness of {name}: {pooled.mean:.2f}, standard error {pooled.error:.2f}, between experiments "
            f"{pooled.between:.2f} ({len(implied)} experiments); {words_of_range(pooled)}."
        )
    notes += _words_of(predict_left_out(replayed))
    return [*notes, *_words_of_missing(replayed)]


def words_of_range(pooled: Pooled) -> str:
    """Return in words in which range a further experiment lies, and what is left of it within the bounds of the model.

    Examples
    --------
    >>> words_of_range(Pooled(mean=1.0, error=0.3, between=0.0, experiments=2))
    'too few to say where a further experiment would lie'
    >>> words_of_range(Pooled(mean=1.0, error=0.3, between=2.0, experiments=5))
    'a further experiment would lie between −5.4 and 7.4 (95 %), wider than what the model admits'
    """
    if pooled.experiments < FEWEST:
        return "too few to say where a further experiment would lie"
    low, high = (compact(end, 2) for end in pooled.predicted())
    bounded = ", wider than what the model admits" if pooled.range() == EFFECTIVENESS_BOUNDS else ""
    return f"a further experiment would lie between {low} and {high} (95 %){bounded}"


def _words_of_missing(replayed: Sequence[Replayed]) -> list[str]:
    """Return which mechanisms are missing, and for which experiments."""
    missing: dict[str, list[str]] = {}
    for each in replayed:
        why = each.plan.missing if each.verdict == NOT_REPLAYABLE else each.plan.lacks
        if why and each.verdict != REPRODUCED:
            missing.setdefault(why, []).append(f"{each.experiment.id} ({each.verdict})")
    return [f"Missing: {why}: {', '.join(names)}." for why, names in missing.items()]


FIELD_EXPERIMENTS = Pattern(
    id="P11",
    noun="field_experiments",
    title="Published field experiments with single tools, replayed",
    reference="34 experiments, 2011 to 2023; configs/data/README.md",
    scenarios=(),
    effort=205.0,
    run=run,
)
