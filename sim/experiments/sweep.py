"""Sweep: every point of a design lived in every arm, as one table in the order of the design, and what moves it.

Runs go through a store, so that a sweep that was killed goes on where it stopped, and one that is extended does only
what is new. The table is put together from the runs in the order of the design: its bytes do not depend on how often it
was interrupted, on the executor, or on what lay in the store before.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from sim.analysis.metrics import METRICS
from sim.analysis.paired import estimate, paired_difference
from sim.execution.chunk import RUN_METRICS
from sim.execution.executors import Executor
from sim.execution.store import Store
from sim.execution.trials import Finished, Outcome, run_trials
from sim.experiments.design import Design, Point, Trials

__all__ = ["Effect", "Level", "SweepResult", "SweepRun", "effects_of", "sweep"]

#: Points whose rows make one row group of the table; fixed, so that its bytes are.
_BLOCK = 256
#: A lever with more different values than this is cut into so many classes with as many runs each.
_MOST_LEVELS = 8
_CLASSES = 5
#: Keys are 32 hexadecimal digits.
_KEY_BYTES = 16
_NOT_A_DIFFERENCE = ("payback_week", "cash_low_point")


@dataclass(frozen=True, slots=True)
class SweepRun:
    """One point of a sweep: its place in the design, the key of its runs, its values, and why it failed if it did."""

    number: int
    key: str
    point: Point
    error: str = ""


@dataclass(frozen=True, slots=True)
class Level:
    """A value of a lever, or a class of values: its name, where it lies, and the mean difference there."""

    name: str
    at: float | None
    runs: int
    mean: float
    ci_low: float | None
    ci_high: float | None


@dataclass(frozen=True, slots=True)
class Effect:
    """What one lever does to the difference, averaged over all others.

    ``explains`` is the share of the variance of the difference that lies between the lever's levels (omega squared,
    Hays 1963), in [0, 1].
    """

    path: str
    levels: tuple[Level, ...]
    explains: float
    scale: str = "linear"


class SweepResult:
    """A finished sweep: what the report needs of every run, a few numbers each, so that memory hardly grows with them.

    Attributes
    ----------
    design : Design
    metric : str
        The headline figure.
    baseline : str
    arms : tuple of str
        All others.
    errors : dict of int to str
        Why runs failed, by their number.
    """

    def __init__(self, design: Design, metric: str, baseline: str, arms: tuple[str, ...]) -> None:
        self.design, self.metric, self.baseline, self.arms = design, metric, baseline, arms
        self.errors: dict[int, str] = {}
        self._keys = bytearray()
        self._ends = array("d")

    def __len__(self) -> int:
        return len(self._keys) // _KEY_BYTES

    def add(self, outcome: Outcome, ends: Sequence[Sequence[float | None]]) -> None:
        """Add the next run: for each arm the mean difference and the ends of its interval."""
        if outcome.error:
            self.errors[len(self)] = outcome.error
        self._keys += bytes.fromhex(outcome.key)
        self._ends.extend(math.nan if end is None else end for of_arm in ends for end in of_arm)

    def ends(self, arm: str) -> NDArray[np.float64]:
        """Return mean, lower and upper end of an arm's difference in every run: (runs, 3), NaN where undefined."""
        ends = np.frombuffer(self._ends, np.float64).reshape(len(self), len(self.arms), 3)
        return np.array(ends[:, self.arms.index(arm)])

    def means(self, arm: str) -> NDArray[np.float64]:
        """Return the mean difference of every run; NaN where undefined."""
        return self.ends(arm)[:, 0]

    def run(self, number: int) -> SweepRun:
        """Return one run."""
        point: Point = self.design[number]
        key = bytes(self._keys[_KEY_BYTES * number : _KEY_BYTES * (number + 1)]).hex()
        return SweepRun(number, key, point, self.errors.get(number, ""))


def sweep(
    design: Design,
    *,
    seed: int,
    replicates: int,
    executor: Executor,
    store: Store,
    table: IO[bytes],
    differences: IO[bytes],
    metric: str = "contribution",
    engine: str = "numba",
    on_done: Callable[[Finished], None] | None = None,
) -> SweepResult:
    """Live every point of a design.

    Parameters
    ----------
    design : Design
    seed : int
        Seed of all luck, the same at every point: points are compared on common luck.
    replicates : int
    executor : Executor
    store : Store
        Holds the runs; what it holds already is not lived again.
    table, differences : binary files
        Parquet is written there: a row for each run, replicate, arm and persona with every figure; and a row for each
        run, arm and persona with the mean differences from the baseline.
    metric : str
        The headline figure, whose differences get an interval.
    engine : {'numba', 'mesa'}
    on_done : callable, optional
        See :func:`sim.execution.trials.run_trials`.

    Returns
    -------
    SweepResult
    """
    first = next(iter(design.cases.values()))
    others = tuple(arm for arm in first.arms if arm != first.baseline)
    swept = SweepResult(design, metric, first.baseline, others)
    place = RUN_METRICS.index(metric)
    trials = Trials(design, seed, replicates)
    with _Writer(table, design) as rows, _Writer(differences, design) as gaps:
        outcomes = run_trials(trials, executor=executor, store=store, on_done=on_done, engine=engine)
        for number, outcome in enumerate(outcomes):
            point = design[number]
            case = design.cases[point.case]
            rows.add(_rows(number, point, outcome, trials.replicates), number)
            gaps.add(_gaps(number, point, outcome, case.baseline, place), number)
            swept.add(outcome, [_headline(outcome, arm, case.baseline, place) for arm in others])
    return swept


def _headline(outcome: Outcome, arm: str, baseline: str, place: int) -> tuple[float | None, float | None, float | None]:
    """Return the mean difference of one arm in the headline figure, and its interval."""
    if outcome.error:
        return None, None, None
    values = outcome.metrics[outcome.arms.index(arm), :, 0, place]
    if RUN_METRICS[place] in _NOT_A_DIFFERENCE:
        of_arm = estimate(values)
        return of_arm.mean, of_arm.ci_low, of_arm.ci_high
    gap = paired_difference(values, outcome.metrics[outcome.arms.index(baseline), :, 0, place])
    return gap.mean, gap.ci_low, gap.ci_high


def _rows(number: int, point: Point, outcome: Outcome, replicates: Sequence[int]) -> dict[str, Any]:
    """Return the rows of the table of one point, as columns."""
    if outcome.error:
        count, words = len(replicates), {"arm": [""] * len(replicates), "persona": [""] * len(replicates)}
        figures = np.full((count, len(RUN_METRICS)), np.nan)
        order = list(replicates)
    else:
        arms, personas = outcome.arms, outcome.personas
        figures = np.moveaxis(outcome.metrics, 1, 0).reshape(-1, len(RUN_METRICS))
        count = len(figures)
        words = {
            "arm": [arm for _ in replicates for arm in arms for _ in personas],
            "persona": list(personas) * (len(arms) * len(replicates)),
        }
        order = [replicate for replicate in replicates for _ in range(len(arms) * len(personas))]
    columns = {"run": [number] * count, "case": [point.case] * count, "key": [outcome.key] * count}
    return {
        "columns": columns,
        "point": point,
        "rest": {"replicate": order, **words, "error": [outcome.error] * count},
        "figures": figures,
        "names": RUN_METRICS,
    }


def _gaps(number: int, point: Point, outcome: Outcome, baseline: str, place: int) -> dict[str, Any]:
    """Return the mean differences of one point, as columns."""
    names = (*(name for name in RUN_METRICS if name not in _NOT_A_DIFFERENCE), "payback_week")
    if outcome.error:
        figures = np.full((1, len(names) + 3), np.nan)
        columns = {"run": [number], "case": [point.case], "key": [outcome.key]}
        rest = {"arm": [""], "persona": [""], "error": [outcome.error]}
    else:
        base = outcome.arms.index(baseline)
        others = [row for row, arm in enumerate(outcome.arms) if arm != baseline]
        gap = outcome.metrics[others] - outcome.metrics[base]  # (others, replicates, personas, figures)
        gap[..., METRICS.index("payback_week")] = outcome.metrics[others][..., METRICS.index("payback_week")]
        means = _mean_over_replicates(gap)[..., [RUN_METRICS.index(name) for name in names]]
        ends = np.full((*means.shape[:2], 3), np.nan)
        for row in range(len(others)):
            for who in range(means.shape[1]):
                if RUN_METRICS[place] in _NOT_A_DIFFERENCE:
                    continue
                found = paired_difference(
                    outcome.metrics[others[row], :, who, place], outcome.metrics[base, :, who, place]
                )
                ends[row, who] = [
                    math.nan if value is None else value for value in (found.ci_low, found.ci_high, found.p_better)
                ]
        figures = np.concatenate([means, ends], axis=2).reshape(-1, len(names) + 3)
        count = len(figures)
        columns = {"run": [number] * count, "case": [point.case] * count, "key": [outcome.key] * count}
        rest = {
            "arm": [outcome.arms[row] for row in others for _ in outcome.personas],
            "persona": list(outcome.personas) * len(others),
            "error": [""] * count,
        }
    written = (
        *names,
        f"{RUN_METRICS[place]}_ci_low",
        f"{RUN_METRICS[place]}_ci_high",
        f"{RUN_METRICS[place]}_p_better",
    )
    return {"columns": columns, "point": point, "rest": rest, "figures": figures, "names": written}


def _mean_over_replicates(gap: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean over the second axis of the replicates that have a value; NaN where none has."""
    there = ~np.isnan(gap)
    counts = there.sum(axis=1)
    sums = np.where(there, gap, 0.0).sum(axis=1)
    out = np.full(counts.shape, np.nan)
    np.divide(sums, counts, out=out, where=counts > 0)
    return out


class _Writer:
    """A Parquet file that grows row group by row group, each of so many points."""

    def __init__(self, file: IO[bytes], design: Design) -> None:
        self.file, self.design = file, design
        self.paths = design.paths
        self.waiting: list[dict[str, Any]] = []
        self.writer: Any = None
        #: A path whose values all are numbers is a column of numbers.
        self.numeric = {path: _is_numeric(design, path) for path in self.paths}

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, *error: object) -> None:
        if error[0] is None:
            self._flush()
        if self.writer is not None:
            self.writer.close()

    def add(self, rows: dict[str, Any], number: int) -> None:
        self.waiting.append(rows)
        if (number + 1) % _BLOCK == 0:
            self._flush()

    def _flush(self) -> None:
        if not self.waiting:
            return
        import pyarrow as pa
        import pyarrow.parquet as pq

        columns: dict[str, Any] = {}
        for name in self.waiting[0]["columns"]:
            columns[name] = [value for rows in self.waiting for value in rows["columns"][name]]
        for path in self.paths:
            values = [_cell(rows["point"].values.get(path), self.numeric[path]) for rows in self.waiting]
            counts = [len(rows["figures"]) for rows in self.waiting]
            kind = pa.float64() if self.numeric[path] else pa.string()
            # A path may be called as a column already is.
            name = path if path not in columns else f"lever {path}"
            columns[name] = pa.array(
                [value for value, count in zip(values, counts, strict=True) for _ in range(count)], kind
            )
        for name in self.waiting[0]["rest"]:
            columns[name] = [value for rows in self.waiting for value in rows["rest"][name]]
        figures = np.concatenate([rows["figures"] for rows in self.waiting])
        for place, name in enumerate(self.waiting[0]["names"]):
            columns[name] = figures[:, place]
        table = pa.table(columns)
        if self.writer is None:
            words = [field.name for field in table.schema if pa.types.is_string(field.type)]
            self.writer = pq.ParquetWriter(self.file, table.schema, compression="zstd", use_dictionary=words)
        self.writer.write_table(table, row_group_size=len(table))
        self.waiting = []


def _is_numeric(design: Design, path: str) -> bool:
    if any(lever.name == path for lever in design.levers):
        return True
    values = [*(design.grid or {}).get(path, ()), *(run[path] for run in design.listed if path in run)]
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _cell(value: Any, numeric: bool) -> Any:
    if value is None or isinstance(value, str):
        return value
    if numeric:
        return float(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def effects_of(swept: SweepResult, arm: str) -> list[Effect]:
    """Return what each lever does to an arm's difference, the one that explains most first."""
    means = swept.means(arm)
    effects = []
    scales = {lever.name: lever.scale for lever in swept.design.levers}
    paths = (*(["case"] if len(swept.design.cases) > 1 else []), *swept.design.paths)
    for path in paths:
        # One lever at a time: a large design has more values than are kept.
        points = (swept.design[number] for number in range(len(swept)))
        values = [point.case if path == "case" else point.values.get(path) for point in points]
        levels = _levels(values, means)
        if len(levels) > 1:
            explained = _explained([group for _, group in levels])
            scale = scales.get(path, "linear")
            effects.append(Effect(path, tuple(level for level, _ in levels), explained, scale))
    return sorted(effects, key=lambda effect: -effect.explains)


def _levels(values: Sequence[Any], means: NDArray[np.float64]) -> list[tuple[Level, NDArray[np.float64]]]:
    defined = ~np.isnan(means)
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    distinct = list(dict.fromkeys(str(value) if not numbers else float(value) for value in values))
    groups: list[tuple[str, float | None, NDArray[np.bool_]]] = []
    if not numbers:
        words = np.array([str(value) for value in values], dtype=object)
        groups = [(str(word), None, words == word) for word in distinct]
    else:
        column = np.array([float(value) for value in values])
        if len(distinct) <= _MOST_LEVELS:
            groups = [(f"{value:.6g}", float(value), column == value) for value in sorted(float(v) for v in distinct)]
        else:
            edges = np.quantile(column, np.linspace(0.0, 1.0, _CLASSES + 1))
            places = np.clip(np.searchsorted(edges, column, side="right") - 1, 0, _CLASSES - 1)
            for place in range(_CLASSES):
                inside = places == place
                if inside.any():
                    name = f"{column[inside].min():.3g} to {column[inside].max():.3g}"
                    groups.append((name, float(column[inside].mean()), inside))
    found = []
    for name, at, inside in groups:
        group = means[inside & defined]
        if group.size:
            interval = estimate(group)
            mean = interval.mean if interval.mean is not None else math.nan
            found.append((Level(name, at, int(group.size), mean, interval.ci_low, interval.ci_high), group))
    return found


def _explained(groups: Sequence[NDArray[np.float64]]) -> float:
    """Return omega squared of a one-way analysis of variance, cut at 0."""
    everything = np.concatenate(groups)
    total = float(((everything - everything.mean()) ** 2).sum())
    within = float(sum(((group - group.mean()) ** 2).sum() for group in groups))
    left = everything.size - len(groups)
    if total <= 0.0 or left <= 0:
        return 0.0
    error = within / left
    return min(1.0, max(0.0, (total - within - (len(groups) - 1) * error) / (total + error)))
