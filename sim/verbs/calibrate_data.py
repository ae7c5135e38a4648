"""Transactions: the part of `journey calibrate` that fits a file (`data=`) instead of target figures.

The file holds purchases, a row each, or how many subscribers are still there after each period.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Any

from agents.quantity import quantity, text
from sim.customer_base.survival import Survival, holds_survival, read_survival
from sim.data.transactions import Layout, check_layout
from sim.progress import Progress
from sim.scenario.config_path import ConfigPath
from sim.scenario.errors import ConfigError
from sim.scenario.scenario import Scenario
from sim.scenario.schema import plain, read, read_name, show
from sim.scenario.settings import Settings, check_writable, lasting, read_settings

__all__ = ["KEYS", "Source", "Work", "perform", "prepare"]

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What is fitted, beside how the file is laid out."""

    data: str = text("", "file of transactions: customer, date, amount")
    save_as: str | None = quantity("name of what is written; null: that of the file", default=None, optional=True)
    save_title: str | None = quantity("its title", default=None, optional=True)
    currency: str = text("$", "sign of the currency")


_OWN = tuple(field.name for field in fields(Source))
_UNTIL = "until"
_LAYOUT = tuple(field.name for field in fields(Layout))
#: Keys of `configs/calibrate.yaml` that belong to transactions.
KEYS: tuple[str, ...] = (*_OWN, _UNTIL, *_LAYOUT)


@dataclass(frozen=True, slots=True)
class Work:
    """A fit to be made. ``scenario`` lends the population, and is carried along so that the run can be repeated.

    ``survival`` is what the file holds where it holds no transactions.
    """

    source: Source
    layout: Layout
    name: str
    until: date | None
    scenario: Scenario
    settings: Settings
    output_dir: Path
    survival: Survival | None = None

    @property
    def title(self) -> str:
        """A reader's name for what is written."""
        return self.source.save_title or f"Customers of {self.name}"


def prepare(data: Mapping[str, Any], config_path: ConfigPath, others: tuple[str, ...] = ()) -> Work:
    """Check the whole configuration, the file's existence included.

    Parameters
    ----------
    data : mapping
        The composed configuration.
    config_path : ConfigPath
    others : tuple of str
        Further keys of the verb, which have no consequence here.

    Raises
    ------
    ConfigError
        If any key or value cannot be used, or results cannot be written where they are to go.
    """
    settings, rest = read_settings(data)
    source = read(Source, {key: rest.pop(key) for key in _OWN if key in rest})
    columns, until = rest.pop("columns", None), rest.pop(_UNTIL, None)
    layout = read(Layout, {key: rest.pop(key) for key in _LAYOUT if key in rest})
    layout = replace(layout, columns=columns)
    for key in others:
        rest.pop(key, None)
    scenario = Scenario.from_dict(rest, config_path=config_path)
    survival = None
    if holds_survival(source.data, columns):
        survival = read_survival(source.data, columns, _periods(until))
    else:
        check_layout(source.data, layout)
    name = (
        source.save_as
        or re.sub(r"[^A-Za-z0-9_-]+", "_", Path(source.data).name.split(".")[0]).strip("_")
        or "customers"
    )
    return Work(
        source=source,
        layout=layout,
        name=read_name(name[:64], "the result", key="save_as"),
        until=None if survival is not None else _day(until),
        scenario=scenario,
        settings=settings,
        output_dir=check_writable(settings.output_dir),
        survival=survival,
    )


def _periods(until: object) -> int | None:
    if until is None or (isinstance(until, int) and not isinstance(until, bool)):
        return until
    raise ConfigError(f"until is {show(until)}; give how many periods are fitted, a whole number such as 7")


def _day(word: object) -> date | None:
    if word is None:
        return None
    try:
        return date.fromisoformat(str(word))
    except ValueError:
        raise ConfigError(f"until is {show(word)}; give a day as YYYY-MM-DD, such as 1997-09-30") from None


def perform(work: Work) -> Path:
    """Read, fit, simulate, and write the result folder, which is returned."""
    return _follow_purchases(work) if work.survival is None else _follow_subscribers(work, work.survival)


def _follow_purchases(work: Work) -> Path:
    from sim.customer_base.forecast import forecast
    from sim.customer_base.purchase_history import survey
    from sim.data.transactions import read_transactions
    from sim.reports.forecast import estimate_line, forecast_document, forecast_lines, forecast_summary
    from sim.results.answer import publish_answer
    from sim.results.forecast import write_configuration, write_tables

    settings, name = work.settings, work.name
    started, clock = datetime.now(UTC).isoformat(timespec="seconds"), perf_counter()
    ledger = read_transactions(work.source.data, work.layout)
    base, about = survey(ledger, work.until)
    population = work.scenario.population
    total = population * settings.replicates * (base.window + base.days + 2)
    with Progress(total, settings, name) as progress:
        found = forecast(
            base,
            name=name,
            title=work.title,
            seed=settings.seed,
            population=population,
            replicates=settings.replicates,
            threads=settings.threads,
            currency=work.source.currency,
            on_progress=progress.advance,
        )
        progress.say("writing the report")
        warnings = (*ledger.warnings, *about, *found.warnings)
        source = Path(work.source.data).name
        command = f"journey compare --config-dir RESULT/config scenario={name}"

        def tables(folder: Path) -> None:
            write_tables(found, folder)
            write_configuration(found, folder / "config", source, warnings)

        folder = publish_answer(
            work.output_dir,
            "calibrate",
            name,
            config=_resolved(work),
            summary=forecast_summary(found, warnings, dict(ledger.counts)),
            tables=tables,
            document=forecast_document(found, warnings, command, f"{source}: who comes back"),
            started=started,
            wall_seconds=perf_counter() - clock,
            scenario=name,
            data=source,
            data_sha256=_fingerprint(Path(work.source.data)),
            customer_steps=total,
        )
    if not settings.quiet:
        print("\n".join([*forecast_lines(found, warnings), estimate_line(found)]))
        print(f"\nRun it:  journey compare --config-dir {folder / 'config'} scenario={name}")
    print(folder if settings.quiet else f"\n{folder / 'report.html'}", flush=True)
    return folder


def _follow_subscribers(work: Work, survival: Survival) -> Path:
    """Fit churn to survivors by period, simulate, and write the result folder."""
    from sim.customer_base.survival import project
    from sim.reports.survival import survival_document, survival_lines, survival_summary
    from sim.results.answer import publish_answer
    from sim.results.survival import write_subscription, write_survival

    settings, name, population = work.settings, work.name, work.scenario.population
    started, clock = datetime.now(UTC).isoformat(timespec="seconds"), perf_counter()
    total = population * settings.replicates * survival.periods
    with Progress(total, settings, name) as progress:
        found = project(
            survival,
            name=name,
            title=work.title,
            seed=settings.seed,
            population=population,
            replicates=settings.replicates,
            threads=settings.threads,
            on_progress=progress.advance,
        )
        progress.say("writing the report")
        source = Path(work.source.data).name
        command = f"journey compare --config-dir RESULT/config scenario={name}"

        def tables(folder: Path) -> None:
            write_survival(found, folder)
            write_subscription(found, folder / "config", name, work.title, source, population)

        folder = publish_answer(
            work.output_dir,
            "calibrate",
            name,
            config=_resolved(work),
            summary=survival_summary(found, name),
            tables=tables,
            document=survival_document(found, command, f"{source}: who stays"),
            started=started,
            wall_seconds=perf_counter() - clock,
            scenario=name,
            data=source,
            data_sha256=_fingerprint(Path(work.source.data)),
            customer_steps=total,
        )
    if not settings.quiet:
        print("\n".join(survival_lines(found)))
        print(f"\nRun it:  journey compare --config-dir {folder / 'config'} scenario={name}")
    print(folder if settings.quiet else f"\n{folder / 'report.html'}", flush=True)
    return folder


def _fingerprint(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _resolved(work: Work) -> dict[str, Any]:
    """Return the whole configuration as it can be run again; how a run is shown on a terminal is no part of it."""
    until: Any = None if work.until is None else work.until.isoformat()
    if work.survival is not None:
        until = work.survival.fitted
    layout = {key: getattr(work.layout, key) for key in _LAYOUT}
    return {
        **work.scenario.to_dict(),
        **plain(work.source),
        "save_as": work.name,
        _UNTIL: until,
        **layout,
        **lasting(work.settings),
    }
