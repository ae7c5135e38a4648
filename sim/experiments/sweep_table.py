"""Sweep table: the rows of a sweep and its mean differences, written to Parquet in blocks of points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from sim.analysis.metrics import METRICS
from sim.analysis.paired import paired_difference
from sim.analysis.sampling import INDEPENDENT, Sampling
from sim.execution.chunk import RUN_METRICS
from sim.execution.trials import Outcome
from sim.experiments.design import Design, Point

__all__ = ["NOT_A_DIFFERENCE", "TableWriter", "difference_rows", "run_rows"]

#: Points whose rows make one row group of the table; fixed, so that its bytes are.
_BLOCK = 256
#: Metrics of an arm that already compare it with the baseline.
NOT_A_DIFFERENCE: tuple[str, ...] = ("payback_week", "cash_low_point")


def run_rows(number: int, point: Point, outcome: Outcome, replicates: Sequence[int]) -> dict[str, Any]:
    """Return the rows of one point: one per replicate, arm and persona, with every metric.

    Parameters
    ----------
    number : int
        Of the point in its design.
    point : Point
    outcome : Outcome
        Of its trial.
    replicates : sequence of int

    Returns
    -------
    dict
        Rows as :meth:`TableWriter.add` takes them.
    """
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


def difference_rows(
    number: int, point: Point, outcome: Outcome, baseline: str, metric_at: int, sampling: Sampling = INDEPENDENT
) -> dict[str, Any]:
    """Return the mean differences of one point: one row per arm and persona.

    Parameters
    ----------
    number : int
        Of the point in its design.
    point : Point
    outcome : Outcome
        Of its trial.
    baseline : str
        The arm that all others are compared with.
    metric_at : int
        Number of the headline metric, which gets an interval.
    sampling : Sampling
        How the replicates of the point were drawn.

    Returns
    -------
    dict
        Rows as :meth:`TableWriter.add` takes them.
    """
    names = (*(name for name in RUN_METRICS if name not in NOT_A_DIFFERENCE), "payback_week")
    if outcome.error:
        figures = np.full((1, len(names) + 3), np.nan)
        columns = {"run": [number], "case": [point.case], "key": [outcome.key]}
        rest = {"arm": [""], "persona": [""], "error": [outcome.error]}
    else:
        base = outcome.arms.index(baseline)
        others = [row for row, arm in enumerate(outcome.arms) if arm != baseline]
        gap = outcome.metrics[others] - outcome.metrics[base]  # (others, replicates, personas, figures)
        gap[..., METRICS.index("payback_week")] = outcome.metrics[others][..., METRICS.index("payback_week")]
        for row, other in enumerate(others):
            drawn = sampling.of(outcome.arms[other])
            if drawn.control is not None:
                gap[row] = _adjusted(gap[row], drawn)
        means = _mean_over_replicates(gap)[..., [RUN_METRICS.index(name) for name in names]]
        ends = np.full((*means.shape[:2], 3), np.nan)
        for row in range(len(others)):
            for who in range(means.shape[1]):
                if RUN_METRICS[metric_at] in NOT_A_DIFFERENCE:
                    continue
                found = paired_difference(
                    outcome.metrics[others[row], :, who, metric_at],
                    outcome.metrics[base, :, who, metric_at],
                    sampling.of(outcome.arms[others[row]]),
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
        f"{RUN_METRICS[metric_at]}_ci_low",
        f"{RUN_METRICS[metric_at]}_ci_high",
        f"{RUN_METRICS[metric_at]}_p_better",
    )
    return {"columns": columns, "point": point, "rest": rest, "figures": figures, "names": written}


def _adjusted(gap: NDArray[np.float64], sampling: Sampling) -> NDArray[np.float64]:
    """Return differences (R, ...) with the company's luck taken out; it is linear, so one matrix does all at once."""
    size = len(gap)
    matrix = np.stack([sampling.adjusted(unit) for unit in np.eye(size)], axis=1)
    columns = gap.reshape(size, -1)
    out = np.where(np.isnan(columns).any(axis=0) | (columns == columns[0]).all(axis=0), columns, matrix @ columns)
    for at in np.flatnonzero(np.isnan(columns).any(axis=0) & ~np.isnan(columns).all(axis=0)):
        out[:, at] = sampling.adjusted(columns[:, at])
    return np.asarray(out.reshape(gap.shape))


def _mean_over_replicates(gap: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean over the second axis of the replicates that have a value; NaN where none has."""
    there = ~np.isnan(gap)
    counts = there.sum(axis=1)
    sums = np.where(there, gap, 0.0).sum(axis=1)
    out = np.full(counts.shape, np.nan)
    np.divide(sums, counts, out=out, where=counts > 0)
    return out


class TableWriter:
    """A Parquet file that is written in row groups of a fixed number of points."""

    def __init__(self, file: IO[bytes], design: Design) -> None:
        self.file, self.design = file, design
        self.paths = design.paths
        self.waiting: list[dict[str, Any]] = []
        self.writer: Any = None
        #: A path whose values all are numbers is a column of numbers.
        self.numeric = {path: _is_numeric(design, path) for path in self.paths}

    def __enter__(self) -> TableWriter:
        return self

    def __exit__(self, *error: object) -> None:
        if error[0] is None:
            self._flush()
        if self.writer is not None:
            self.writer.close()

    def add(self, rows: dict[str, Any], number: int) -> None:
        """Add the rows of the next point of the design, which has this number."""
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
        for column, name in enumerate(self.waiting[0]["names"]):
            columns[name] = pa.array(figures[:, column], from_pandas=True)  # what is undefined is null
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
