"""Field experiment: one row of the table of published experiments, read into numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from pathlib import Path
from statistics import NormalDist

from sim.data.amounts import read_number
from sim.data.figures import NUMBER, Figure, decimal_signs, plain_text, read_figures, read_people
from sim.data.layout import Layout, plain_head
from sim.data.small_table import SmallTable, read_small_table
from sim.scenario.errors import ConfigError
from sim.scenario.schema import show
from sim.validation.reported_error import NOT_SIGNIFICANT, read_error

__all__ = ["COLUMNS", "FieldExperiment", "read_experiments"]

#: Columns that a table of field experiments must have.
COLUMNS: tuple[str, ...] = ("id", "outcome", "unit", "control", "treated", "relative_effect", "n", "replay")
#: Columns that a table may have beside them.
_FURTHER = ("ci_or_se", "capability", "authors", "year")
_LARGEST_TABLE = 2_000_000
_WITHIN = re.compile(r"within +(\d[\d.,]*\d|\d)")
_PERCENTS = re.compile(rf"({NUMBER}) *%(?! ?-?po?i?u?nk?t)", re.IGNORECASE)
#: Units of levels that are percentages of customers, and of levels that are shares of them.
_IN_PERCENT = re.compile(r"%|(?:per ?cent|pct|prozent|percentage)\b", re.IGNORECASE)
_IN_SHARES = re.compile(r"(?:share|proportion|fraction|anteil)\b", re.IGNORECASE)
#: A stated effect contradicts control and treated where it is another one by so many points and such a factor.
_POINTS_APART, _TIMES_APART = 0.02, 1.5
_DOWN = re.compile(r"\b(down|drop\w*|fall\w*|fell|less|lower\w*|declin\w*|worse|decreas\w*|reduc\w*)\b")
_NIL = re.compile(r"\b(no|none|nil|zero|unchanged|same|flat|null|neutral)\b")
_UP = re.compile(r"\b(up|ris\w*|rose|higher|more|better|increas\w*|grow\w*|positive)\b")
_TWO_SIDED = NormalDist().inv_cdf(0.975)
#: Standard error of an effect that was published as nil or not significant, where none is given: log points.
_UNKNOWN = 0.1
#: Share of experiments that succeed: the best fifth, as `innovation.success` has it.
_BEST = 0.2
_ARMS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldExperiment:
    """One published experiment.

    Attributes
    ----------
    id, outcome, replay, source : str
        As in the table; ``source`` is authors and year.
    outcomes : tuple of str
        The outcome's parts, in lower case.
    effects : tuple of float or None
        Published effect on each outcome, relative to control: 0.1 is 10 % more. None where only its sign is known.
    signs : tuple of int
        Sign of each: -1, 0 or 1.
    interval : tuple of float or None
        95 % interval of the first effect, where it is reported or follows from the number of participants.
    interval_from : str
        Of these, which; '' without one.
    error : float
        Standard error of log(1 + effect): as reported, from the number of participants, or what a just significant
        effect has.
    """

    id: str
    source: str
    outcome: str
    replay: str
    outcomes: tuple[str, ...]
    effects: tuple[float | None, ...]
    signs: tuple[int, ...]
    interval: tuple[float, float] | None
    interval_from: str
    error: float


def read_experiments(path: Path, layout: Layout | None = None) -> tuple[FieldExperiment, ...]:
    """Read a table of field experiments; a replay that says `the same` repeats that of the row above.

    Parameters
    ----------
    path : Path
        CSV of any usual kind, or Parquet.
    layout : Layout, optional
        How it is written.

    Returns
    -------
    tuple of FieldExperiment
        In the order of the table.

    Raises
    ------
    ConfigError
        If a column is missing, there is no row, a row has no id or that of an earlier one, or a figure cannot be read
        or contradicts another one.
    """
    rows, decimals = _rows_of(path, layout or Layout())
    found, refused = [], None
    for decimal in decimals:
        try:
            found.append(_experiments(rows, decimal, str(path)))
        except ConfigError as error:
            refused = refused or error
    if not found:
        raise refused or ConfigError(f"{path} has no experiment; give a line for each")
    if any(experiments != found[0] for experiments in found):
        raise ConfigError(
            f"{path}: its numbers can be read in two ways, as thousands and as decimals; say which: decimal=point or"
            " decimal=comma"
        )
    return found[0]


def _rows_of(path: Path, layout: Layout) -> tuple[dict[int, dict[str, str]], Sequence[str]]:
    """Return the rows of a table by their numbers, and the decimal signs that its figures may have."""
    table = read_small_table(
        path, str(path), "a table of experiments", _LARGEST_TABLE, fewest=2, layout=layout, numbers=lambda head: False
    )
    head = [plain_head(name) for name in table.head]
    missing = [name for name in COLUMNS if name not in head]
    if missing:
        raise ConfigError(f"{path} has no column {missing[0]}; give the columns {', '.join(COLUMNS)}")
    for name in (*COLUMNS, *_FURTHER):
        if head.count(name) > 1:
            raise ConfigError(f"{path}: column {name!r} is there twice; keep one")
    if not table.rows:
        raise ConfigError(f"{path} has no experiment below its head; give a line for each")
    rows = {number: _cells(row, head, table) for number, row in zip(table.row_numbers, table.rows, strict=True)}
    figures = [row[name] for row in rows.values() for name in ("control", "treated", "relative_effect")]
    decimals = [table.decimal] if layout.decimal else decimal_signs(figures)
    return rows, decimals


def _cells(row: Sequence[str], head: Sequence[str], table: SmallTable) -> dict[str, str]:
    """Return what a row says by its column; an effect below a head with % is in per cent."""
    cells = {name: "" if table.is_nothing(cell) else cell for name, cell in zip(head, row, strict=True)}
    stated = cells["relative_effect"]
    if "%" in table.head[head.index("relative_effect")] and re.fullmatch(rf"{NUMBER}", plain_text(stated)):
        cells["relative_effect"] = f"{stated} %"
    return cells


def _experiments(rows: Mapping[int, Mapping[str, str]], decimal: str, where: str) -> tuple[FieldExperiment, ...]:
    found: list[FieldExperiment] = []
    seen: set[str] = set()
    before: dict[str, str] = {}
    _refuse_shares_below_percent(rows, decimal, where)
    for number, row in rows.items():
        if not row["id"]:
            raise ConfigError(f"{where}: row {number} has no id; give every experiment one")
        if not row["outcome"]:
            raise ConfigError(
                f"{where}: row {number} ({show(row['id'][:40])}) has no outcome; give every experiment one, and take"
                " out totals and notes"
            )
        if row["id"] in seen:
            raise ConfigError(f"{where}: row {number} has the id {row['id']!r} again; give every experiment its own")
        seen.add(row["id"])
        replay = row["replay"]
        capability = row.get("capability", "")
        if replay.lower().startswith("the same"):
            replay = before.get(capability, "")
        before[capability] = replay
        found.append(_experiment(_Row(row, decimal, f"{where}: row {number} ({row['id']})"), replay))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Row:
    """The cells of an experiment, and how their numbers are written."""

    cells: Mapping[str, str]
    decimal: str
    where: str

    def figures(self, name: str) -> tuple[Figure, ...]:
        try:
            return read_figures(self.cells[name], self.decimal)
        except ValueError as error:
            raise self.refused(name, str(error)) from None

    def refused(self, name: str, why: str) -> ConfigError:
        return ConfigError(f"{self.where}: {name} is {show(self.cells.get(name, '')[:60])}, which {why}")

    @property
    def percent(self) -> bool:
        return _IN_PERCENT.match(self.cells["unit"]) is not None

    @property
    def within(self) -> float | None:
        """Half of the width within which nine of ten effects lie, where the row says so: 0.012 is 1.2 %."""
        found = _WITHIN.search(self.cells["relative_effect"] + " " + self.cells["treated"])
        number = read_number(found[1], self.decimal) if found else None
        return None if number is None else number / 100.0


def _experiment(row: _Row, replay: str) -> FieldExperiment:
    cells = row.cells
    # Most rows measure one thing, whose name may have commas; a semicolon separates several.
    outcomes = tuple(part.strip().lower() for part in cells["outcome"].split(";") if part.strip()) or ("",)
    effects = _effects(row, len(outcomes))
    signs = tuple(_sign(effect) for effect in effects if effect is not None) or _signs(row, len(outcomes))
    if len(effects) != len(signs):
        effects = (None,) * len(signs)
    interval, interval_from, error = _interval(row, effects[0])
    return FieldExperiment(
        id=cells["id"],
        source=f"{cells.get('authors', '')} {cells.get('year', '')}".strip(),
        outcome=cells["outcome"],
        replay=replay,
        outcomes=outcomes,
        effects=effects,
        signs=signs,
        interval=interval,
        interval_from=interval_from,
        error=error,
    )


def _refuse_shares_below_percent(rows: Mapping[int, Mapping[str, str]], decimal: str, where: str) -> None:
    """Refuse levels of 1 at the most where all are to be per cent: a spreadsheet exports 10 % as 0.1."""
    in_percent = {number: row for number, row in rows.items() if _IN_PERCENT.match(row["unit"])}
    levels = {
        number: found
        for number, row in in_percent.items()
        if not _WITHIN.search(row["treated"])
        for name in ("control", "treated")
        for found in _Row(row, decimal, f"{where}: row {number} ({row['id']})").figures(name)[:1]
    }
    if levels and all(abs(found.value) <= 1.0 and found.unit != "%" for found in levels.values()):
        number, found = next(iter(levels.items()))
        raise ConfigError(
            f"{where}: row {number} has the unit {show(rows[number]['unit'][:40])} and the level {found.value:g}, as"
            " all are 1 at the most; write levels with %, such as 10 %, or the unit as a share of customers"
        )


def _effects(row: _Row, outcomes: int) -> tuple[float | None, ...]:
    """Return published effects, relative to control; of one outcome there may be several, against several arms."""
    if row.cells["unit"].lower() == "sign":
        return (None,) * outcomes
    if row.within is not None:
        return (_best_mean(row.within),)
    control, treated = row.figures("control")[:1], row.figures("treated")
    if control and treated and control[0].value > 0.0:
        if not row.percent and len({found.unit == "%" for found in (*control, *treated)}) > 1:
            raise row.refused(
                "treated",
                f"is written otherwise than control, {show(row.cells['control'][:40])}; write both with % or without",
            )
        several = max(outcomes, row.cells["treated"].count(";") + 1)
        effects = tuple(found.value / control[0].value - 1.0 for found in treated)[:several]
        _refuse_contradiction(row, effects)
        return effects
    if (stated := _stated_effect(row)) is not None:
        return (stated,)
    if treated and row.percent and row.cells["outcome"].lower().startswith("share of"):
        return (treated[0].value / 100.0,)
    if treated:
        raise row.refused(
            "control",
            "is no level above 0 to which the treated one can be held; give it, or a relative_effect such as +12 %",
        )
    return (None,) * outcomes


def _percents(row: _Row) -> list[float]:
    """Return the effects in per cent that the words of a row state."""
    text = plain_text(row.cells["relative_effect"])
    numbers = [read_number(found, row.decimal) for found in _PERCENTS.findall(text)]
    return [number / 100.0 for number in numbers if number is not None]


def _stated_effect(row: _Row) -> float | None:
    """Return the effect that is stated alone, relative to control; None where there is but a word."""
    figures = row.figures("relative_effect")
    if not figures:
        return None
    found = figures[0]
    if found.unit == "points":
        raise row.refused("relative_effect", "is in points; give the levels of control and treated")
    if found.unit == "times":
        return found.value - 1.0
    if found.unit != "%":
        raise row.refused("relative_effect", "may be a share, per cent or a ratio; write it in per cent, such as +12 %")
    return found.value / 100.0


def _refuse_contradiction(row: _Row, effects: Sequence[float]) -> None:
    """Refuse a stated effect that is another one than control and treated have."""
    stated = _percents(row)
    if not stated or not effects:
        return

    def apart(first: float, second: float) -> bool:
        far = abs(first - second) > _POINTS_APART
        return far and (first * second <= 0.0 or not 1.0 / _TIMES_APART < first / second < _TIMES_APART)

    if all(apart(one, other) for one in stated for other in effects):
        raise row.refused(
            "relative_effect",
            f"contradicts control {show(row.cells['control'][:40])} and treated {show(row.cells['treated'][:40])},"
            f" which differ by {100.0 * effects[0]:+.3g} %; correct one of them (differences of levels are 'points')",
        )


def _best_mean(half: float) -> float:
    """Return the mean of the best effects, where effects are normal around 0 and nine of ten lie within ``half``."""
    normal = NormalDist(0.0, half / NormalDist().inv_cdf(0.95))
    return normal.stdev**2 * normal.pdf(normal.inv_cdf(1.0 - _BEST)) / _BEST


def _sign(effect: float) -> int:
    return (effect > 0.0) - (effect < 0.0)


def _signs(row: _Row, outcomes: int) -> tuple[int, ...]:
    """Return the signs that words such as `up; up; down` or `sharp drop` state, one for each outcome."""
    words = row.cells["relative_effect"].lower()
    parts: Sequence[str] = words.split(";") if words.count(";") + 1 == outcomes else [words] * outcomes
    signs = tuple(_stated(part) for part in parts)
    if not any(signs) and not _NIL.search(words) and not NOT_SIGNIFICANT.search(words):
        raise row.refused(
            "relative_effect", "says neither a size nor a sign; write one such as +12 %, or up, down or no effect"
        )
    return signs


def _stated(words: str) -> int:
    down, up = _DOWN.search(words), _UP.search(words)
    if down and (not up or down.start() < up.start()):
        return -1
    return 1 if up else 0


def _interval(row: _Row, effect: float | None) -> tuple[tuple[float, float] | None, str, float]:
    """Return the 95 % interval of an effect, where it is from, and the standard error of its logarithm."""
    if effect is None or effect <= -1.0:
        return None, "", _UNKNOWN
    if row.within is not None:
        return None, "", effect / _TWO_SIDED
    reported = row.cells.get("ci_or_se", "")
    control = next((found.value for found in row.figures("control")), None)
    try:
        said = read_error(reported, effect, control, row.percent, row.decimal)
    except ValueError as why:
        raise row.refused("ci_or_se", str(why)) from None
    if said is not None:
        error, ends = said
        return ends or _around(effect, error), "as reported", error
    if NOT_SIGNIFICANT.search(reported):
        return None, "", max(_UNKNOWN, abs(log(1.0 + effect)))
    if (counted := _from_participants(row)) is not None:
        return _around(effect, counted), "from the participants", counted
    if effect == 0.0:
        return None, "", _UNKNOWN
    return None, "", abs(log(1.0 + effect)) / _TWO_SIDED


def _around(effect: float, error: float) -> tuple[float, float]:
    ratio = log(1.0 + effect)
    return exp(ratio - _TWO_SIDED * error) - 1.0, exp(ratio + _TWO_SIDED * error) - 1.0


def _from_participants(row: _Row) -> float | None:
    """Return the standard error of the logarithm of a ratio of two shares (Katz et al. 1978); None where it is open."""
    shares = _IN_SHARES.match(row.cells["unit"]) is not None
    if not row.percent and not shares:
        return None
    levels = [found[0] for name in ("control", "treated") if (found := row.figures(name))]
    if len(levels) < _ARMS:
        return None
    try:
        people = read_people(row.cells["n"])
    except ValueError as why:
        raise row.refused("n", str(why)) from None
    if people is None:
        return None
    parts = [found.value if shares and found.unit != "%" else found.value / 100.0 for found in levels]
    if min(parts) <= 0.0 or max(parts) >= 1.0 or min(people) * min(parts) < 1.0:
        return None
    return sqrt(sum((1.0 - part) / (count * part) for part, count in zip(parts, people, strict=True)))
