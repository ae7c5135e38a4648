"""Validate: hold the model to known patterns, print the table, write a result folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.quantity import number
from sim.progress import Progress
from sim.scenario.config_path import ConfigPath
from sim.scenario.errors import ConfigError
from sim.scenario.scenario import Scenario
from sim.scenario.schema import plain, read, show
from sim.scenario.settings import Settings, check_writable, read_settings

if TYPE_CHECKING:
    from sim.validation.pattern import Pattern
    from sim.validation.validate import Validation

__all__ = ["Measure", "Work", "perform", "prepare"]

#: Keys of a scenario, which a pattern brings along itself.
_INDIFFERENT: tuple[str, ...] = ("population", "horizon", "burn_in", "precision")
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """How large the populations are."""

    size: float = number(1.0, 0.001, 100.0, "multiplier of every population")


@dataclass(frozen=True, slots=True)
class Work:
    """Patterns to be run."""

    patterns: tuple[Pattern, ...]
    size: float
    settings: Settings
    output_dir: Path


def prepare(data: Mapping[str, Any], config_path: ConfigPath) -> Work:
    """Check the whole configuration.

    Raises
    ------
    ConfigError
        If any key or value cannot be used, or results cannot be written where they are to go.
    """
    from sim.validation.validate import ALL, pick_patterns

    settings, rest = read_settings(data)
    names = rest.pop("pattern", ALL)
    if not isinstance(names, str | list) or not all(isinstance(name, str) for name in names):
        raise ConfigError(f"pattern is {show(names)}; give an id such as P2, several such as P2,P7, or {ALL}")
    measure = read(Measure, {"size": rest.pop("size", 1.0)})
    _check_common({key: rest[key] for key in _INDIFFERENT if rest.get(key) is not None})
    # A scenario chosen here, with all that it brings along, is checked by Hydra and means nothing.
    return Work(pick_patterns(names), measure.size, settings, check_writable(settings.output_dir))


def _check_common(given: Mapping[str, Any]) -> None:
    from sim.scenario.schema import read_value

    for key, value in given.items():
        read_value(Scenario, key, value)


def perform(work: Work) -> Path:
    """Run the patterns and return the result folder; end with status 1 where a pattern is not reproduced."""
    from sim.reports.validation import table_lines, verdict_lines
    from sim.results.folder import publish
    from sim.validation.pattern import PatternRun
    from sim.validation.validate import validate

    settings = work.settings
    total = round(_MILLION * work.size * sum(pattern.effort for pattern in work.patterns))
    with Progress(total, settings, "validate") as progress:
        run = PatternRun(seed=settings.seed, threads=settings.threads, size=work.size, on_progress=progress.advance)
        done = validate(work.patterns, run, say=progress.say)
        progress.say("writing the report")
        name = work.patterns[0].id if len(work.patterns) == 1 else f"{len(work.patterns)}-patterns"
        folder = publish(work.output_dir, "validate", name, lambda place: _fill(place, work, done))
    if settings.quiet:
        print(folder, flush=True)
    else:
        print("\n".join([*table_lines(done), "", *verdict_lines(done)]))
        print(f"\n{folder / 'report.html'}", flush=True)
    if not done.passed:
        # Not an error of the command: it did what it was asked for, and the answer is no.
        raise SystemExit(1)
    return folder


def _fill(folder: Path, work: Work, done: Validation) -> None:
    import pyarrow as pa

    from sim.analysis.tables import write_parquet
    from sim.reports.document import write_document
    from sim.reports.validation import validation_document, verdict_lines
    from sim.results.folder import write_config, write_json
    from sim.results.manifest import provenance

    config = _resolved(work)
    write_config(folder, config)
    summary = done.summary()
    write_json(folder / "summary.json", {**summary, "verdict": "\n".join(verdict_lines(done))})
    rows = [{"pattern": name, **check} for name, pattern in summary["patterns"].items() for check in pattern["checks"]]
    write_parquet([pa.Table.from_pylist(rows)], folder / "checks.parquet")
    curves = [
        {
            "pattern": pattern.id,
            "panel": panel.heading,
            "curve": curve.label,
            "published": curve.published,
            "x": float(x),
            "y": float(y),
            "error": None if curve.error is None else float(curve.error[at]),
        }
        for pattern, finding in zip(done.patterns, done.findings, strict=True)
        for panel in finding.charts
        for curve in panel.curves
        for at, (x, y) in enumerate(zip(curve.x, curve.y, strict=True))
    ]
    if curves:
        write_parquet([pa.Table.from_pylist(curves)], folder / "curves.parquet")
    manifest = provenance(
        config,
        started=done.started,
        wall_seconds=done.wall_seconds,
        verb="validate",
        patterns=[pattern.id for pattern in done.patterns],
        seconds={pattern.id: round(spent, 1) for pattern, spent in zip(done.patterns, done.seconds, strict=True)},
        customer_weeks=done.customer_weeks,
        customer_weeks_per_second=round(done.customer_weeks / max(done.wall_seconds, 1e-9)),
    )
    write_json(folder / "manifest.json", manifest)
    write_document(validation_document(done), folder)


def _resolved(work: Work) -> dict[str, Any]:
    """Return the whole configuration as it can be run again; how a run is shown on a terminal is no part of it."""
    settings = {
        key: value for key, value in plain(work.settings).items() if key not in ("progress", "quiet", "replicates")
    }
    return {"pattern": [pattern.id for pattern in work.patterns], "size": work.size, **settings}
