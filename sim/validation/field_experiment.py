"""Field experiment: one row of the table of published experiments, read into numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from pathlib import Path
from statistics import NormalDist

from sim.scenario.errors import ConfigError
from sim.validation.published import read_table

__all__ = ["COLUMNS", "FieldExperiment", "read_experiments"]

#: Columns that a table of field experiments must have.
COLUMNS: tuple[str, ...] = ("id", "outcome", "unit", "control", "treated", "relative_effect", "n", "replay")
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")
_PERCENT = re.compile(r"([-+]?\d+(?:\.\d+)?) *%")
_WITHIN = re.compile(r"within +(\d+(?:\.\d+)?)")
_DOWN = re.compile(r"\b(down|drop\w*|fall\w*|fell|less|lower\w*|declin\w*|worse|decreas\w*|reduc\w*)\b")
_UP = re.compile(r"\b(up|ris\w*|rose|higher|more|better|increas\w*|grow\w*|positive)\b")
_TWO_SIDED = NormalDist().inv_cdf(0.975)
#: Standard error of an effect that was published as nil or not significant, where none is given: log points.
_UNKNOWN = 0.1
#: Share of experiments that succeed: the best fifth, as `innovation.success` has it.
_BEST = 0.2


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
        95 % interval of the first effect, where it follows from the number of participants.
    error : float
        Standard error of log(1 + effect): from the number of participants, or what a just significant effect has.
    """

    id: str
    source: str
    outcome: str
    replay: str
    outcomes: tuple[str, ...]
    effects: tuple[float | None, ...]
    signs: tuple[int, ...]
    interval: tuple[float, float] | None
    error: float


def read_experiments(path: Path) -> tuple[FieldExperiment, ...]:
    """Read a table of field experiments; a replay that says `the same` repeats that of the row above.

    Raises
    ------
    ConfigError
        If a column is missing, there is no row, or a row has no id or that of an earlier one.
    """
    table = read_table(path)
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        raise ConfigError(f"{path} has no column {missing[0]}; give the columns {', '.join(COLUMNS)}")
    rows = [{name: str(column[at]).strip() for name, column in table.items()} for at in range(len(table["id"]))]
    if not rows:
        raise ConfigError(f"{path} has no experiment below its head; give a line for each")
    found: list[FieldExperiment] = []
    seen: set[str] = set()
    before: dict[str, str] = {}
    for number, row in enumerate(rows, 2):
        if not row["id"]:
            raise ConfigError(f"{path}: line {number} has no id; give every experiment one")
        if row["id"] in seen:
            raise ConfigError(f"{path}: line {number} has the id {row['id']!r} again; give every experiment its own")
        seen.add(row["id"])
        replay = row["replay"]
        capability = row.get("capability", "")
        if replay.lower().startswith("the same"):
            replay = before.get(capability, "")
        before[capability] = replay
        found.append(_experiment(row, replay))
    return tuple(found)


def _experiment(row: Mapping[str, str], replay: str) -> FieldExperiment:
    # Most rows measure one thing, whose name may have commas; a semicolon separates several.
    outcomes = tuple(part.strip().lower() for part in row["outcome"].split(";") if part.strip()) or ("",)
    effects = _effects(row, len(outcomes))
    signs = tuple(_sign(effect) for effect in effects if effect is not None) or _signs(row, len(outcomes))
    if len(effects) != len(signs):
        effects = (None,) * len(signs)
    interval, error = _interval(row, effects[0])
    return FieldExperiment(
        id=row["id"],
        source=f"{row.get('authors', '')} {row.get('year', '')}".strip(),
        outcome=row["outcome"],
        replay=replay,
        outcomes=outcomes,
        effects=effects,
        signs=signs,
        interval=interval,
        error=error,
    )


def _effects(row: Mapping[str, str], outcomes: int) -> tuple[float | None, ...]:
    """Return published effects, relative to control; of one outcome there may be several, against several arms."""
    if row["unit"] == "sign":
        return (None,) * outcomes
    within = _WITHIN.search(row["relative_effect"] + " " + row["treated"])
    if within:
        return (_best_mean(float(within[1]) / 100.0),)
    control, treated = _numbers(row["control"])[:1], _numbers(row["treated"])
    if control and treated and control[0] > 0.0:
        several = max(outcomes, row["treated"].count(";") + 1)
        parts = [_numbers(part)[:1] for part in row["treated"].split(";")]
        return tuple(part[0] / control[0] - 1.0 for part in parts if part)[:several]
    percents = [float(text) / 100.0 for text in _PERCENT.findall(row["relative_effect"])]
    if percents:
        return (percents[0],)
    if treated:
        return (treated[0] / 100.0,)
    return (None,) * outcomes


def _best_mean(half: float) -> float:
    """Return the mean of the best effects, where effects are normal around 0 and nine of ten lie within ``half``."""
    normal = NormalDist(0.0, half / NormalDist().inv_cdf(0.95))
    return normal.stdev**2 * normal.pdf(normal.inv_cdf(1.0 - _BEST)) / _BEST


def _numbers(text: str) -> list[float]:
    return [float(found) for found in _NUMBER.findall(text.replace(",", ""))]


def _sign(effect: float) -> int:
    return (effect > 0.0) - (effect < 0.0)


def _signs(row: Mapping[str, str], outcomes: int) -> tuple[int, ...]:
    """Return the signs that words such as `up; up; down` or `sharp drop` state, one for each outcome."""
    words = row["relative_effect"].lower()
    parts: Sequence[str] = words.split(";") if words.count(";") + 1 == outcomes else [words] * outcomes
    return tuple(_stated(part) for part in parts)


def _stated(words: str) -> int:
    down, up = _DOWN.search(words), _UP.search(words)
    if down and (not up or down.start() < up.start()):
        return -1
    return 1 if up else 0


def _interval(row: Mapping[str, str], effect: float | None) -> tuple[tuple[float, float] | None, float]:
    """Return the 95 % interval of an effect on a share (Katz et al. 1978), and the standard error of its logarithm."""
    if effect is None or effect <= -1.0:
        return None, _UNKNOWN
    within = _WITHIN.search(row["relative_effect"] + " " + row["treated"])
    if within:
        return None, effect / _TWO_SIDED
    people, before, after = _numbers(row["n"]), _numbers(row["control"]), _numbers(row["treated"])
    if row["unit"].startswith("%") and before and after and people and "million" not in row["n"]:
        each, first, second = people[0] / 2.0, before[0] / 100.0, after[0] / 100.0
        if each * min(first, second) >= 1.0 and max(first, second) < 1.0:
            # Arms of equal size: the table does not say how participants were divided.
            error = sqrt((1.0 - first) / (each * first) + (1.0 - second) / (each * second))
            ratio = log(1.0 + effect)
            low, high = ratio - _TWO_SIDED * error, ratio + _TWO_SIDED * error
            return (exp(low) - 1.0, exp(high) - 1.0), error
    if effect == 0.0 or "not significant" in row.get("ci_or_se", ""):
        return None, max(_UNKNOWN, abs(log(1.0 + effect)))
    return None, abs(log(1.0 + effect)) / _TWO_SIDED
