"""Targets: figures of a real market that a simulated one is to reproduce, read from YAML or CSV, and checked."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sim.analysis.category import CATEGORY_METRICS, CATEGORY_TITLES
from sim.calibration.target_metrics import PURCHASE_INTERVAL, SHARES, TARGET_KEYS, TARGET_METRICS, metric_of
from sim.calibration.target_table import read_target_table
from sim.data.column_read import ColumnRead
from sim.data.layout import Layout
from sim.number_format import in_words
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.scenario import Scenario
from sim.scenario.schema import read_name, show
from sim.scenario.yaml_reader import read_yaml

__all__ = [
    "SHARES",
    "TARGET_METRICS",
    "Target",
    "TargetFile",
    "check_targets",
    "read_target_file",
    "read_targets",
    "written",
]

#: Endings of files that hold a table.
_TABLES = (".csv", ".tsv", ".txt", ".parquet")
#: Three parts of one whole.
WHOLES: tuple[tuple[str, str, str], ...] = (
    ("initial_share", "evaluation_share", "loop_share_category"),
    ("loyal_without_shopping", "shopped_and_rebought", "switched"),
)
#: Standard errors where none is given: one point of a share, a twentieth of a brand, 2 % of anything else.
SHARE_ERROR = 0.01
BRANDS_ERROR = 0.05
RELATIVE_ERROR = 0.02
#: A figure counts as met within this many of its standard errors, unless it names a tolerance.
TOLERANCE_ERRORS = 2.0
#: Rounded percentages of one whole may miss 100 % by this much.
ROUNDING = 0.0205
MOST_TARGETS = 200
_WHOLE = 100.0
#: Errors of fewer points are rather shares.
_LEAST_POINTS = 0.1

#: Figures that say most about what five shares of a category leave open, with the metrics that tell each.
ASKED_FOR: Mapping[str, tuple[str, ...]] = {
    "the interval between purchases (purchase_interval)": (
        "purchases_per_customer",
        "purchases",
        "purchases_per_buyer",
        "purchase_frequency",
    ),
    "the share of the focal brand (market_share)": ("market_share",),
    "its retention (retention)": ("retention", "repeat_share", "switched", "switch_rate"),
}

_FILE_KEYS = ("name", "title", "targets", "parameters", "source")
_ALIASES = {"standard_error": "se", "error": "se", "note": "source"}
_PERCENT = re.compile(r"\s*([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)\s*%\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One figure to be reproduced.

    Attributes
    ----------
    metric : str
        One of `TARGET_METRICS`.
    value, error, tolerance : float
        The figure, its standard error, and how far off still counts as met.
    arm, persona, brand : str or None
        Of which part of the market it is the figure; None: the baseline, everybody, the focal brand.
    source : str
        Where it comes from.
    """

    metric: str
    value: float
    error: float
    tolerance: float
    arm: str | None = None
    persona: str | None = None
    brand: str | None = None
    source: str = ""

    @property
    def label(self) -> str:
        """How messages call it: by its key."""
        segment = [part for part in (self.arm, self.persona, self.brand) if part]
        return f"{self.metric} ({', '.join(segment)})" if segment else self.metric

    @property
    def title(self) -> str:
        """How reports call it."""
        segment = [in_words(part) for part in (self.arm, self.persona, self.brand) if part]
        called = CATEGORY_TITLES.get(self.metric, in_words(self.metric))
        return f"{called} ({', '.join(segment)})" if segment else called

    def plain(self) -> dict[str, Any]:
        """Return the target as it stands in a configuration."""
        said = {"metric": self.metric, "arm": self.arm, "persona": self.persona, "brand": self.brand}
        numbers = {"value": self.value, "se": self.error, "tolerance": self.tolerance}
        return {
            key: value for key, value in {**said, **numbers, "source": self.source}.items() if value not in (None, "")
        }

    @property
    def segment(self) -> tuple[str | None, str | None, str | None]:
        """Arm, persona and brand."""
        return self.arm, self.persona, self.brand


@dataclass(frozen=True, slots=True)
class TargetFile:
    """A file of targets: what it says beside them may be overridden on the command line."""

    name: str
    title: str
    targets: Any
    parameters: Any
    where: str
    columns: tuple[ColumnRead, ...] = ()
    notices: tuple[str, ...] = ()


def written(metric: str, value: float) -> str:
    """Write a figure as a reader expects it: shares in per cent, everything else as a number."""
    if not math.isfinite(value):
        return "–"
    if metric in SHARES:
        return f"{100.0 * value:.1f} %"
    return f"{value:,.2f}" if abs(value) < 1000 else f"{value:,.0f}"


def read_target_file(path: str | Path, layout: Layout | None = None) -> TargetFile:
    """Read a YAML, CSV or Parquet file of targets, not yet checked against a scenario.

    Parameters
    ----------
    path : str or Path
    layout : Layout, optional
        How a table is written.

    Raises
    ------
    ConfigError
        If the file cannot be read or has unknown keys.
    """
    path = Path(path)
    where = str(path)
    if path.suffix.lower() in _TABLES:
        rows, columns, notices = read_target_table(path, layout or Layout())
        return TargetFile(_name_of(path), "", rows, None, where, columns, notices)
    if path.suffix.lower() not in (".yaml", ".yml"):
        raise ConfigError(f"targets is {show(where)}; give a .yaml, .csv, .tsv or .parquet file of targets")
    data = read_yaml(path)
    for key in data:
        if key not in _FILE_KEYS:
            raise ConfigError(f"{where}: unknown key {show(key)}; {suggest(key, _FILE_KEYS)}")
    if "targets" not in data:
        raise ConfigError(
            f"{where}: targets is missing; give a mapping of figures, such as targets: {{switched: 58 %}}"
        )
    name = read_name(data.get("name", _name_of(path)), "the result", where=where, key="name")
    title = data.get("title", "")
    if not isinstance(title, str):
        raise ConfigError(f"{where}: title is {show(title)}; give text")
    return TargetFile(name, title, data["targets"], data.get("parameters"), where)


def read_targets(data: object, scenario: Scenario, *, where: str = "") -> tuple[Target, ...]:
    """Read targets and check each against a scenario and all against each other.

    Parameters
    ----------
    data : mapping or list
        ``{metric: value}``, ``{metric: {value, se, ...}}``, or a list of mappings with a key ``metric``.
    scenario : Scenario
        Its arms, personas and brands are the segments.
    where : str
        File the data comes from; opens every message.

    Returns
    -------
    tuple of Target
        In the order of the data.

    Raises
    ------
    ConfigError
        If a metric, segment, key or number cannot be used, or the targets contradict each other.
    """
    rows = _rows(data, where)
    percents = _in_percent(rows, where)
    targets = tuple(_target(row, f"targets.{key}", scenario, percents, where) for key, row in rows)
    seen: set[tuple[Any, ...]] = set()
    for target in targets:
        mark = (target.metric, *target.segment)
        if mark in seen:
            raise ConfigError(f"{_place(where)}the target {target.label} is given twice; keep one")
        seen.add(mark)
    check_targets(targets, scenario, where=where)
    return targets


def check_targets(targets: Sequence[Target], scenario: Scenario, *, where: str = "") -> None:
    """Refuse targets that no market can meet together, and say what the nearest possible ones are.

    Parameters
    ----------
    targets : sequence of Target
        Figures that one market is to reproduce.
    scenario : Scenario
        Its number of brands limits some figures.
    where : str
        File of the targets; opens every message.

    Raises
    ------
    ConfigError
        If parts of a whole do not sum to it, or a figure contradicts another one or the number of brands.
    """
    for segment in dict.fromkeys((target.arm, target.persona) for target in targets):
        given = {target.metric: target for target in targets if (target.arm, target.persona) == segment}
        given = {metric: target for metric, target in given.items() if target.brand is None}
        for whole in WHOLES:
            _check_whole([given[part] for part in whole if part in given], len(whole), where)
        _check_sets(given, len(scenario.brands), where)
        _check_amounts(given, where)
        shares = [
            target
            for target in targets
            if (target.arm, target.persona) == segment and target.brand and target.metric == "market_share"
        ]
        _check_whole(shares, len(scenario.brands), where)


def _check_whole(parts: Sequence[Target], members: int, where: str) -> None:
    total = math.fsum(part.value for part in parts)
    if len(parts) < 2 or (total <= 1.0 + ROUNDING and (len(parts) < members or total >= 1.0 - ROUNDING)):
        return
    nearest_parts = _on_simplex(parts)
    listed = ", ".join(f"{part.label} {written(part.metric, part.value)}" for part in parts)
    better = ", ".join(written(part.metric, value) for part, value in zip(parts, nearest_parts, strict=True))
    bound = "100 %" if len(parts) == members else "at most 100 %"
    raise ConfigError(
        f"{_place(where)}targets contradict each other: {listed} sum to {100 * total:.3g} %, but they are parts of one"
        f" whole and sum to {bound}; the nearest that do are {better}; give those, or leave one out"
    )


def _on_simplex(parts: Sequence[Target]) -> list[float]:
    """Return the nearest values that sum to 1, the less sure ones moved further; none below 0."""
    values = [part.value for part in parts]
    free = list(range(len(parts)))
    while free:
        room = sum(parts[at].error ** 2 for at in free)
        excess = sum(values) - 1.0
        moved = {at: values[at] - excess * parts[at].error ** 2 / room for at in free}
        negative = [at for at in free if moved[at] < 0.0]
        if not negative:
            for at in free:
                values[at] = moved[at]
            break
        for at in negative:
            values[at] = 0.0
            free.remove(at)
    return values


def _check_sets(given: Mapping[str, Target], brands: int, where: str) -> None:
    """Check the sizes of consideration sets against what they count, and against what is bought from them."""
    first, added = given.get("brands_initial"), given.get("brands_added")
    if first is not None and first.value < 1.0:
        raise ConfigError(
            f"{_place(where)}targets.brands_initial is {first.value:g}, but who considers at all considers at least one"
            " brand; the nearest that can be is 1"
        )
    together = (first.value if first else 1.0) + (added.value if added else 0.0)
    if together > brands:
        raise ConfigError(
            f"{_place(where)}targets contradict the market: {together:g} brands considered, initially and later, but it"
            f" has {brands} brands; give a market with more brands, or at most {brands} together"
        )
    initial, evaluation, loop = (given.get(name) for name in WHOLES[0])
    if added is None or evaluation is None:
        return
    shopped = 1.0 - loop.value if loop else (initial.value + evaluation.value if initial else None)
    if shopped is None or shopped <= 0.0:
        return
    share = evaluation.value / shopped
    slack = evaluation.tolerance / shopped + added.tolerance
    if share > added.value + slack:
        raise ConfigError(
            f"{_place(where)}targets contradict each other: {written('initial_share', share)} of the purchases outside"
            f" the loop go to a brand added in evaluation, so at least {share:.2g} brands are added on average, but"
            f" brands_added is {added.value:g}; the nearest that can be: brands_added {share:.2g}, or evaluation_share"
            f" {written('evaluation_share', added.value * shopped)}"
        )


def _check_amounts(given: Mapping[str, Target], where: str) -> None:
    loop, loyal = given.get("loop_share_category"), given.get("loyal_without_shopping")
    if loop and loyal and loop.value > loyal.value + loop.tolerance + loyal.tolerance:
        raise ConfigError(
            f"{_place(where)}targets contradict each other: loop_share_category {written(loop.metric, loop.value)} of"
            f" all purchases is more than loyal_without_shopping {written(loyal.metric, loyal.value)} of those by"
            " customers who bought before; the nearest that can be: both the same"
        )
    per_buyer = given.get("purchases_per_buyer")
    if per_buyer and per_buyer.value < 1.0:
        raise ConfigError(
            f"{_place(where)}targets.purchases_per_buyer is {per_buyer.value:g}, but a buyer buys at least once; the"
            " nearest that can be is 1"
        )
    share, each = given.get("category_penetration"), given.get("purchases_per_customer")
    if share and each and per_buyer:
        product = share.value * per_buyer.value
        slack = each.tolerance + share.tolerance * per_buyer.value + share.value * per_buyer.tolerance
        if abs(each.value - product) > slack:
            raise ConfigError(
                f"{_place(where)}targets contradict each other: purchases_per_customer {each.value:g} is not"
                f" category_penetration x purchases_per_buyer = {product:.3g}; give two of the three"
            )


def _rows(data: object, where: str) -> list[tuple[str, dict[str, Any]]]:
    rows: list[tuple[str, dict[str, Any]]] = []
    if isinstance(data, Mapping):
        for metric, value in data.items():
            row = dict(value) if isinstance(value, Mapping) else {"value": value}
            rows.append((str(metric), {**row, "metric": row.get("metric", metric)}))
    elif isinstance(data, list | tuple):
        for place, item in enumerate(data):
            if not isinstance(item, Mapping):
                raise ConfigError(
                    f"{_place(where)}targets.{place} is {show(item)}; give a mapping with metric and value"
                )
            rows.append((str(place), dict(item)))
    else:
        raise ConfigError(f"{_place(where)}targets is {show(data)}; give a file, a mapping of figures, or a list")
    if not rows:
        raise ConfigError(f"{_place(where)}targets is empty; give at least one figure, such as switched: 58 %")
    if len(rows) > MOST_TARGETS:
        raise ConfigError(f"{_place(where)}targets has {len(rows)} figures; give at most {MOST_TARGETS}")
    return [(key, {_ALIASES.get(str(name), str(name)): value for name, value in row.items()}) for key, row in rows]


def _in_percent(rows: Iterable[tuple[str, Mapping[str, Any]]], where: str) -> bool:
    """Whether plain numbers of shares are percentages: all are where one is above 1, and none may be below 1 then."""
    plain = {
        key: float(str(row.get("value")))
        for key, row in rows
        if metric_of(row.get("metric")) in SHARES
        and isinstance(row.get("value"), int | float)
        and not isinstance(row.get("value"), bool)
    }
    large = [key for key, value in plain.items() if value > 1.0]
    small = [key for key, value in plain.items() if 0.0 < value < 1.0]
    if large and small:
        raise ConfigError(
            f"{_place(where)}targets.{small[0]}.value is {plain[small[0]]:g} and targets.{large[0]}.value"
            f" {plain[large[0]]:g}: a share and a percentage, or two percentages; write shares with %"
        )
    return bool(large)


def _as_purchases(row: Mapping[str, Any], key: str, scenario: Scenario, where: str) -> Mapping[str, Any]:
    """Read an interval between purchases as purchases of a customer over the horizon; its errors move along."""
    weeks = _number(row.get("value"), PURCHASE_INTERVAL, False, f"{key}.value", where)
    if weeks is None or weeks <= 0.0:
        raise ConfigError(f"{_place(where)}{key}.value is {show(row.get('value'))}; give the interval in weeks")
    rate = scenario.horizon / weeks
    errors = {}
    for name in ("se", "tolerance"):
        error = _number(row.get(name), PURCHASE_INTERVAL, False, f"{key}.{name}", where)
        if error is not None:
            errors[name] = error * rate / weeks
    return {**row, **errors, "metric": "purchases_per_customer", "value": rate}


def _target(row: Mapping[str, Any], key: str, scenario: Scenario, percents: bool, where: str) -> Target:
    for name in row:
        if name not in TARGET_KEYS:
            raise ConfigError(f"{_place(where)}unknown key {show(f'{key}.{name}')}; {suggest(name, TARGET_KEYS)}")
    if metric_of(row.get("metric")) == PURCHASE_INTERVAL:
        row = _as_purchases(row, key, scenario, where)
    metric = metric_of(row.get("metric"))
    if not isinstance(metric, str) or metric not in TARGET_METRICS:
        raise ConfigError(f"{_place(where)}{key}.metric is {show(metric)}; {suggest(metric, TARGET_METRICS)}")
    if row.get("value") is None:
        raise ConfigError(f"{_place(where)}{key}.value is missing; give the figure")

    def number(name: str) -> float | None:
        if name in ("se", "tolerance") and metric not in SHARES and (part := _PERCENT.fullmatch(str(row.get(name)))):
            return abs(value or 0.0) * float(part[1]) / _WHOLE  # of the figure
        return _number(row.get(name), metric, percents and name != "weight", f"{key}.{name}", where)

    value: float | None = None
    value = number("value")
    assert value is not None  # refused above
    if metric in SHARES and not 0.0 <= value <= 1.0:
        raise ConfigError(f"{_place(where)}{key}.value is {show(row['value'])}; give a share from 0 % to 100 %")
    error, weight, tolerance = number("se"), number("weight"), number("tolerance")
    if metric in SHARES:
        if percents:
            _refuse_errors_of_shares(row, key, where)
        error, tolerance = (
            _share_error(found, row, name, key, where) for name, found in (("se", error), ("tolerance", tolerance))
        )
    for name, found in (("se", error), ("weight", weight), ("tolerance", tolerance)):
        if found is not None and found <= 0.0:
            raise ConfigError(f"{_place(where)}{key}.{name} is {show(row[name])}; give a number above 0")
    if error is not None and metric in CATEGORY_METRICS and metric not in SHARES and error > value > 0.0:
        raise ConfigError(
            f"{_place(where)}{key}.se is {show(row['se'])}, more than the figure {value:g} itself; give its standard"
            " error"
        )
    if error is not None and weight is not None:
        raise ConfigError(f"{_place(where)}{key} has both se and weight; give one of them")
    if error is None:
        error = _usual_error(metric, value) / math.sqrt(weight or 1.0)
    target = Target(
        metric=metric,
        value=value,
        error=error,
        tolerance=TOLERANCE_ERRORS * error if tolerance is None else tolerance,
        source=str(row.get("source") or ""),
    )
    return _in_segment(target, row, key, scenario, where)


def _refuse_errors_of_shares(row: Mapping[str, Any], key: str, where: str) -> None:
    """Refuse an error that may be a share beside a value in per cent without the sign: 0.02 beside 58."""
    for name in ("se", "tolerance"):
        found = row.get(name)
        if isinstance(found, int | float) and 0.0 < found < _LEAST_POINTS and isinstance(row["value"], int | float):
            raise ConfigError(
                f"{_place(where)}{key}.{name} is {found:g} beside {row['value']:g} per cent, so it may be points or a"
                f" share; write it with %, {100 * found:g} % or {found:g} %"
            )


def _share_error(error: float | None, row: Mapping[str, Any], name: str, key: str, where: str) -> float | None:
    """Read a plain error from 1 beside a value in per cent as points; beside a plain share, 1 is all of it at most."""
    value = row["value"]
    said = row.get(name)
    if isinstance(value, str) and "%" in value and isinstance(said, int | float) and _LEAST_POINTS <= said < 1.0:
        raise ConfigError(
            f"{_place(where)}{key}.{name} is {said:g} beside {value}, so it may be points or a share; write it with %,"
            f" {said:g} % or {100 * said:g} %"
        )
    if error is None or error < 1.0:
        return error
    if isinstance(value, str) and "%" in value and "%" not in str(row[name]) and error < _WHOLE:
        return error / _WHOLE
    if error == 1.0:
        return error
    raise ConfigError(f"{_place(where)}{key}.{name} is {show(row[name])}, more than a whole share; give '2 %' or 0.02")


def _usual_error(metric: str, value: float) -> float:
    if metric in SHARES:
        return SHARE_ERROR
    if metric in ("brands_initial", "brands_added"):
        return BRANDS_ERROR
    return RELATIVE_ERROR * abs(value) or RELATIVE_ERROR


def _in_segment(target: Target, row: Mapping[str, Any], key: str, scenario: Scenario, where: str) -> Target:
    personas = tuple(persona.name for persona in scenario.personas)
    known = {"arm": tuple(scenario.arms), "persona": personas, "brand": scenario.brands}
    chosen: dict[str, str] = {}
    segment = row.get("segment")
    if segment not in (None, "", "all"):
        kind, _, name = str(segment).rpartition(":")
        kinds = [kind] if kind else [kind for kind, names in known.items() if name in names]
        if len(kinds) != 1 or kinds[0] not in known:
            every = sorted({name for names in known.values() for name in names})
            wanted = "give all, or arm:NAME, persona:NAME or brand:NAME with a name among"
            raise ConfigError(f"{_place(where)}{key}.segment is {show(segment)}; {suggest(name, every, wanted)}")
        chosen[kinds[0]] = name
    for kind in known:
        if row.get(kind) not in (None, "", "all"):
            chosen[kind] = str(row[kind])
    for kind, name in chosen.items():
        if name not in known[kind]:
            raise ConfigError(
                f"{_place(where)}{key}.{kind} is {show(name)}, which is no {kind} of the scenario;"
                f" {suggest(name, known[kind], 'there are')}"
            )
    if "brand" in chosen and target.metric in CATEGORY_METRICS:
        raise ConfigError(
            f"{_place(where)}{key} is the figure {target.metric} of one brand, but that is a figure of the whole"
            " category; leave the brand out"
        )
    if target.metric == "adoption" and "persona" in chosen:
        raise ConfigError(f"{_place(where)}{key}: adoption is counted for everybody only; leave the persona out")
    return replace(target, arm=chosen.get("arm"), persona=chosen.get("persona"), brand=chosen.get("brand"))


def _remedy(value: str, key: str) -> str:
    """Return what to do about a figure that is no number."""
    if len(re.findall(r"\d[\d.,]*", value)) > 1 and key.endswith(".value"):
        return (
            "give one number, and how unsure it is as se, its standard error (half of a 95 % interval divided by 1.96)"
        )
    return "give a number, or a percentage as '7 %'"


def _number(value: object, metric: str, percents: bool, key: str, where: str) -> float | None:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        found = _PERCENT.fullmatch(value)
        try:
            number = float(found[1]) / 100.0 if found else float(value)
        except ValueError:
            raise ConfigError(f"{_place(where)}{key} is {show(value)}; {_remedy(value, key)}") from None
        if found and metric not in SHARES:
            raise ConfigError(f"{_place(where)}{key} is {show(value)}, but {metric} is no share; give a plain number")
        plain = found is None
    elif isinstance(value, int | float) and not isinstance(value, bool):
        number, plain = float(value), True
    else:
        raise ConfigError(f"{_place(where)}{key} is {show(value)}; give a number")
    if not math.isfinite(number):
        raise ConfigError(f"{_place(where)}{key} is {show(value)}; give a finite number")
    return number / 100.0 if plain and percents and metric in SHARES else number


def _name_of(path: Path) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "_", path.stem)[:64].strip("_") or "targets"


def _place(where: str) -> str:
    return f"{where}: " if where else ""
