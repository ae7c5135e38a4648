"""Factor: a value of a scenario that is moved between two bounds, read from configuration and checked."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agents.personas import Spread
from sim.scenario.dotted_key import RELATIVE, field_at, value_at, with_values
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.resolved import ResolvedScenario
from sim.scenario.schema import is_money, show, typed_number

__all__ = ["SCALES", "Factor", "flatten", "read_factor", "read_factors"]

SCALES: tuple[str, ...] = ("linear", "log", "whole")
_CENT, _MILLICENT = 0.01, 0.00001


@dataclass(frozen=True, slots=True)
class Factor:
    """A change of the scenario that one number between two bounds says.

    Attributes
    ----------
    name : str
        As the user gave it: the name of a factor, or a dotted key.
    low, high : float
        Bounds, both reached.
    scale : {'linear', 'log', 'whole'}
        How the way between the bounds is divided; ``whole``: the whole numbers, each as likely as the others.
    step : float or None
        Values are rounded to multiples of it; money has a step of 0.01, and of 0.00001 below 1.
    paths : tuple of (str, float)
        Dotted keys that it sets, and by what its number is multiplied there.
    own : float
        Where the scenario itself stands.
    title : str
        In words, with what its numbers mean.
    label : str
        Two or three words, for an axis or a sentence.
    """

    name: str
    low: float
    high: float
    scale: str = "linear"
    step: float | None = None
    paths: tuple[tuple[str, float], ...] = ()
    own: float = math.nan
    title: str = ""
    label: str = ""

    def at(self, share: float) -> float | int:
        """Return the value at a share of the way from low to high.

        Examples
        --------
        >>> Factor("market.contact.fatigue", 0.1, 0.4, "log").at(0.5)
        0.2
        >>> [Factor("horizon", 1, 4, "whole").at(share) for share in (0.0, 0.49, 0.5, 1.0)]
        [1, 2, 3, 4]
        """
        share = min(1.0, max(0.0, float(share)))
        if self.scale == "whole":
            count = math.floor(self.high) - math.ceil(self.low) + 1
            return math.ceil(self.low) + min(count - 1, int(share * count))
        if share in (0.0, 1.0):
            return float(self.high if share else self.low)
        if self.scale == "log":
            value = self.low * (self.high / self.low) ** share
        else:
            value = self.low + (self.high - self.low) * share
        if self.step is not None:
            value = round(value / self.step) * self.step
            value = round(value, 10)
        else:
            # Twelve figures: what is written down is what was run.
            value = float(f"{value:.12g}")
        return min(self.high, max(self.low, value))

    def share(self, value: float) -> float:
        """Return where a value lies between low and high: the inverse of :meth:`at`, in [0, 1]."""
        if self.high == self.low:
            return 0.0
        if self.scale == "whole":
            count = math.floor(self.high) - math.ceil(self.low) + 1
            share = (value - math.ceil(self.low) + 0.5) / count
        elif self.scale == "log":
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return min(1.0, max(0.0, share))

    @property
    def own_share(self) -> float:
        """Where in its range the scenario itself stands; at the nearer end where it stands outside."""
        return self.share(self.own)

    def values(self, number: float) -> dict[str, Any]:
        """Return what it sets, by dotted key, at one of its numbers."""
        return {path: number if weight == 1.0 else float(f"{number * weight:.12g}") for path, weight in self.paths}

    def plain(self) -> dict[str, Any]:
        """Return its range as it stands in a configuration."""
        return {"low": self.low, "high": self.high, "scale": self.scale}


def read_factors(
    data: object, scenario: ResolvedScenario, where: str = "", *, key: str = "levers"
) -> tuple[Factor, ...]:
    """Read factors that are dotted keys, and check that the scenario accepts both ends of each.

    Parameters
    ----------
    data : mapping
        By dotted key ``[low, high]`` or ``{low, high, scale}``; keys may be dotted or nested.
    scenario : ResolvedScenario
        What the factors change.
    where : str
        File that the data comes from; opens every message.
    key : str
        Key under which the factors stand.

    Returns
    -------
    tuple of Factor
        In the order of the data.

    Raises
    ------
    ConfigError
        If a key leads nowhere, bounds are no numbers, change places, or lie outside what the value may be.
    """
    place = f"{where}: " if where else ""
    if not isinstance(data, Mapping):
        raise ConfigError(f"{place}{key} is {show(data)}; give a mapping of paths to [low, high]")
    return tuple(read_factor(path, given, scenario, f"{place}{key}.{path}") for path, given in flatten(data))


def flatten(data: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield what a mapping of paths says, path by path, whether they are dotted keys or nested mappings."""
    for name, value in data.items():
        path = f"{before}.{name}" if before else str(name)
        if isinstance(value, Mapping) and not {"low", "high"} & set(value):
            yield from flatten(value, path)
        else:
            yield path, value


def read_factor(path: str, given_range: object, scenario: ResolvedScenario, at: str) -> Factor:
    """Read a factor that is one dotted key.

    Parameters
    ----------
    path : str
        The key; a trait stands for its mean.
    given_range : object
        ``[low, high]`` or ``{low, high, scale}``.
    scenario : ResolvedScenario
        What the factor changes.
    at : str
        Where the range stands; opens every message.

    Returns
    -------
    Factor

    Raises
    ------
    ConfigError
        If the key leads nowhere or the range cannot be used.
    """
    given = _read_range(given_range, at)
    low, high = given["low"], given["high"]
    try:
        now = value_at(scenario, path)
        if isinstance(now, Mapping) and set(now) == {field.name for field in dataclasses.fields(Spread)}:
            # A trait's distribution is moved by its mean and keeps its concentration.
            (moved,) = Spread.SHORTHAND
            path, now = f"{path}.{moved}", now[moved]
    except ConfigError as error:
        raise ConfigError(f"{at}: {error}") from None
    field = field_at(scenario, path)
    if isinstance(now, bool | str | Mapping | list):
        raise ConfigError(f"{at}: {path} is {show(now)}, which is no number; a lever moves a number")
    is_whole = field is not None and "int" in str(field.type)
    scale = given.get("scale", "whole" if is_whole and not path.startswith(RELATIVE) else "linear")
    if scale not in SCALES:
        raise ConfigError(f"{at}.scale is {show(scale)}; {suggest(scale, SCALES)}")
    if scale == "log" and low <= 0:
        raise ConfigError(f"{at}.low is {show(low)}; a log scale begins above 0")
    if scale == "whole" and math.ceil(low) > math.floor(high):
        raise ConfigError(f"{at} holds no whole number between {show(low)} and {show(high)}; give wider bounds")
    if is_whole and scale != "whole" and not path.startswith(RELATIVE):
        raise ConfigError(f"{at}.scale is {scale!r}, but {path} is a whole number; give scale whole")
    in_money = field is not None and is_money(field.metadata) and not path.startswith(RELATIVE)
    step = None if not in_money else _CENT if high >= 1.0 else _MILLICENT
    own = {"times:": 1.0, "plus:": 0.0}.get(path.partition(":")[0] + ":", float(now or 0.0))
    title = path.replace("times:", "multiple of ").replace("plus:", "shift of ")
    steps = path.rpartition(":")[2].split(".")[-2:]
    label = " ".join(step.replace("_", " ") for step in steps if step not in ("*", "mean", "base"))
    factor = Factor(path, low, high, scale, step, ((path, 1.0),), own, title, label)
    for share in (0.0, 1.0):
        try:
            with_values(scenario, {path: factor.at(share)})
        except ConfigError as error:
            raise ConfigError(f"{at}: {error}") from None
    return factor


def _read_range(said: object, at: str) -> dict[str, Any]:
    """Return low, high and, if it is given, scale."""
    if isinstance(said, Mapping):
        given: dict[str, Any] = dict(said)
        for name in given:
            if name not in ("low", "high", "scale"):
                raise ConfigError(f"{at} has unknown key {show(name)}; accepted: low, high, scale")
        if not {"low", "high"} <= set(given):
            raise ConfigError(f"{at} gives only {', '.join(given)}; give both low and high")
    elif isinstance(said, list | tuple) and len(said) == 2:
        given = {"low": said[0], "high": said[1]}
    else:
        raise ConfigError(f"{at} is {show(said)}; give [low, high] or {{low, high, scale}}")
    for name in ("low", "high"):
        value = given[name] = typed_number(given[name])
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ConfigError(f"{at}.{name} is {show(value)}; give a number")
    if not given["low"] < given["high"]:
        raise ConfigError(f"{at} goes from {show(given['low'])} to {show(given['high'])}; give low below high")
    return given
