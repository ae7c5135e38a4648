"""Validate: hold the model to known patterns, print the table, write a result folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.quantity import number, quantity
from sim.data.format_options import check_words, decimal_option, encoding_option, missing_option
from sim.scenario.errors import ConfigError
from sim.scenario.scenario import Scenario
from sim.scenario.schema import read_value, show
from sim.verbs.frame import Command, Job, Session

if TYPE_CHECKING:
    from sim.data.layout import Layout
    from sim.results.answer import Answer
    from sim.validation.pattern import Pattern
    from sim.validation.validate import Validation

__all__ = ["COMMAND", "ValidateKeys"]

#: Keys of a scenario, which a pattern brings along itself: checked, and of no consequence.
_INDIFFERENT: tuple[str, ...] = ("population", "horizon", "burn_in", "precision")
_MILLION = 1_000_000
#: The pattern that replays experiments.
_REPLAYED = "P11"


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidateKeys:
    """Which patterns, and how large their populations are."""

    pattern: Any = quantity("ids of patterns, or all", default=None)
    size: float = number(1.0, 0.001, 100.0, "multiplier of every population")
    experiments: str | None = quantity("a table of one's own field experiments", default=None, optional=True)
    encoding: str | None = encoding_option()
    delimiter: str | None = quantity("sign between columns; null: from the first lines", default=None, optional=True)
    decimal: str | None = decimal_option()
    missing: Any = missing_option()


def _layout(keys: ValidateKeys) -> Layout:
    from sim.data.layout import Layout

    return Layout(encoding=keys.encoding, delimiter=keys.delimiter, decimal=keys.decimal, missing=keys.missing)


def _prepare(job: Job[ValidateKeys, None]) -> tuple[Pattern, ...]:
    from sim.validation.field_experiment import read_experiments
    from sim.validation.validate import ALL, pick_patterns

    names = ALL if job.keys.pattern is None else job.keys.pattern
    if not isinstance(names, str | list) or not all(isinstance(name, str) for name in names):
        raise ConfigError(f"pattern is {show(names)}; give an id such as P2, several such as P2,P7, or {ALL}")
    for key in _INDIFFERENT:
        if job.rest.get(key) is not None:
            read_value(Scenario, key, job.rest[key])
    if job.keys.experiments is None:
        return pick_patterns(names)
    (pattern,) = pick_patterns(_REPLAYED)
    if names != ALL and pick_patterns(names) != (pattern,):
        raise ConfigError(f"pattern is {show(names)}, but experiments= is read by {_REPLAYED} alone; leave pattern out")
    path = Path(job.keys.experiments).expanduser()
    check_words(job.keys.missing)
    own = f"{len(read_experiments(path, _layout(job.keys)))} rows of {path.name}"
    return (replace(pattern, title="Field experiments of one's own, replayed", reference=own),)


def _run(job: Job[ValidateKeys, tuple[Pattern, ...]], session: Session) -> Answer:
    """Run the patterns; the status is 1 where one is not reproduced."""
    import pyarrow as pa

    from sim.reports.quick_matplotlib import load_matplotlib

    load_matplotlib()
    from sim.reports.validation import table_lines, validation_document, verdict_lines
    from sim.results.answer import Answer
    from sim.validation.pattern import PatternRun
    from sim.validation.validate import validate

    patterns, size, settings = job.plan, job.keys.size, job.settings
    progress = session.progress(round(_MILLION * size * sum(pattern.effort for pattern in patterns)), "validate")
    own = job.keys.experiments
    run = PatternRun(
        seed=settings.seed,
        threads=settings.threads,
        size=size,
        on_progress=progress.advance,
        experiments=None if own is None else Path(own).expanduser(),
        layout=_layout(job.keys),
    )
    done = validate(patterns, run, say=progress.say)
    summary = done.summary()
    rows = [{"pattern": name, **check} for name, pattern in summary["patterns"].items() for check in pattern["checks"]]
    curves = list(_curves(done))
    tables = {"checks": rows} | ({"curves": curves} if curves else {})
    config = job.config(
        {"pattern": [pattern.id for pattern in patterns], "size": size, "experiments": own, **_written(job.keys)}
    )
    config.pop("replicates")  # a pattern says itself how many it takes
    verdict = verdict_lines(done)
    return Answer(
        name=patterns[0].id if len(patterns) == 1 else f"{len(patterns)}-patterns",
        config=config,
        summary={**summary, "verdict": "\n".join(verdict)},
        tables={name: [pa.Table.from_pylist(content)] for name, content in tables.items()},
        report=validation_document(done),
        manifest={
            "patterns": [pattern.id for pattern in done.patterns],
            "seconds": {
                pattern.id: round(spent, 1) for pattern, spent in zip(done.patterns, done.seconds, strict=True)
            },
            "customer_weeks": done.customer_weeks,
        },
        started=done.started,
        wall_seconds=done.wall_seconds,
        lines=[*table_lines(done), "", *verdict],
        # Not an error of the command: it did what it was asked for, and the answer is no.
        status=0 if done.passed else 1,
    )


def _written(keys: ValidateKeys) -> dict[str, Any]:
    """Return how the table is written, for the configuration of the result."""
    return {name: getattr(keys, name) for name in ("encoding", "delimiter", "decimal", "missing")}


def _curves(done: Validation) -> Iterator[dict[str, Any]]:
    """Yield a row for each point of each curve of a report."""
    for pattern, finding in zip(done.patterns, done.findings, strict=True):
        for panel in finding.charts:
            for curve in panel.curves:
                for at, (x, y) in enumerate(zip(curve.x, curve.y, strict=True)):
                    yield {
                        "pattern": pattern.id,
                        "panel": panel.heading,
                        "curve": curve.label,
                        "published": curve.published,
                        "x": float(x),
                        "y": float(y),
                        "error": None if curve.error is None else float(curve.error[at]),
                    }


COMMAND = Command(keys=ValidateKeys, prepare=_prepare, run=_run, scenario=False)
