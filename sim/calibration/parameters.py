"""Parameters: what a calibration may move, within which bounds, and how one number moves several values together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from sim.calibration.targets import Target
from sim.scenario.dotted_key import value_at
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.factor import Factor, flatten, read_factors
from sim.scenario.journey import Edge, Journey, edge_names
from sim.scenario.scenario import Scenario
from sim.scenario.schema import read_name, show, typed_number

__all__ = ["Parameter", "default_parameters", "read_parameters", "values_at"]

#: Width of the prior around the start, as a share of the distance between the bounds.
PRIOR_WIDTH = 0.25
#: Keeps a probability off its ends, where log odds are infinite.
_EDGE = 1e-4
_KEYS = ("low", "high", "scale", "along")
MOST_PARAMETERS = 40
#: Markets that are unlike others this way are possible, but rare.
_WIDTHS = {"contrast": 0.15, "fame": 0.2}
#: Steps of a journey that are calibrated: bounds of the shift of their log odds, and what they mean.
_STEPS: Mapping[str, tuple[float, float, str]] = {
    "loop": (-3.0, 6.0, "how readily the next need goes straight to the last brand (log odds)"),
    "evaluate": (-3.0, 4.0, "how many go on to evaluate (log odds)"),
    "decide": (-2.5, 4.0, "how soon an evaluation ends (log odds a week)"),
}
_SALIENCE = "market.brands.*.salience"
#: What else is calibrated by default: dotted key, bounds, and what it means.
_USUAL: Mapping[str, tuple[str, Any, str]] = {
    "awareness": (_SALIENCE, [-3.0, 3.0], "how well known all brands are (log odds of coming to mind)"),
    "search": ("market.consideration.search_rate", [0.02, 1.0], "brands met in a week of searching"),
    "recall": ("market.consideration.recall_incumbent", [0.02, 0.995], "chance that the last brand is recalled"),
    "novelty": ("market.choice.novelty", [0.0, 4.0], "pull of brands that are not the last one"),
    "contrast": (
        _SALIENCE,
        {"low": -1.0, "high": 5.0, "along": _SALIENCE},
        "how much better known brands stand out (log odds)",
    ),
    "fame": (
        "market.brands.*.quality",
        # Brands that are better known and worse would turn double jeopardy upside down (Ehrenberg et al. 1990).
        {"low": 0.0, "high": 8.0, "along": _SALIENCE},
        "how far better known brands are the better ones (utility)",
    ),
    "habit": ("market.choice.habit", [0.0, 5.0], "pull of the last brand at full habit"),
    # Its bounds are those around the scenario's own.
    "need": ("market.need.mean_weeks", None, "weeks between needs"),
    "heterogeneity": (
        "market.need.heterogeneity",
        {"low": 0.1, "high": 20.0, "scale": "log"},
        "how alike customers are in their rates of need",
    ),
}
_RATES = ("category_penetration", "penetration", "purchases_per_buyer", "purchase_frequency")
#: Parameters that only these targets can tell.
_ONLY_FOR: Mapping[str, tuple[str, ...]] = {
    "habit": ("repeat_share", "switched", "switch_rate", "shopped_and_rebought", "retention"),
    "need": ("purchases", "purchases_per_customer", "revenue", *_RATES),
    "heterogeneity": _RATES,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter(Factor):
    """A factor that a calibration moves from where the scenario stands (``own``, which changes nothing).

    ``paths`` are single values, each with how far it moves when the number moves by 1.

    Attributes
    ----------
    key : str
        Dotted key, as the user wrote it; a `*` in it stands for several, which move together.
    bases : tuple of float
        What stands at the paths now.
    how : {'set', 'add', 'odds'}
        Set the one value; add to all of them; add to the log odds of all of them.
    width : float
        Width of the prior around the start, as a share of the distance between the bounds.
    along : str
        The key in proportion to whose values the paths are moved apart, or empty.
    """

    key: str
    bases: tuple[float, ...]
    how: str
    width: float = PRIOR_WIDTH
    along: str = ""

    def at(self, share: float) -> float:
        """Return the number at a share in [0, 1] of the way from low to high, with every figure that it has."""
        share = min(max(float(share), 0.0), 1.0)
        if self.scale == "log":
            return float(math.exp(math.log(self.low) + share * (math.log(self.high) - math.log(self.low))))
        number = self.low + share * (self.high - self.low)
        return float(round(number)) if self.scale == "whole" else number

    def share(self, value: float) -> float:
        """Return where between its bounds a number lies, in [0, 1]."""
        if self.scale == "log":
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return min(max(share, 0.0), 1.0)

    def plain(self) -> dict[str, Any]:
        """Return the parameter as it stands in a configuration."""
        said: dict[str, Any] = {"path": self.key, "name": self.name, "low": self.low, "high": self.high}
        if self.how == "set":
            said["scale"] = self.scale
        said |= {key: value for key, value in (("along", self.along), ("about", self.title)) if value}
        return said | {"width": self.width}


def values_at(parameters: Sequence[Parameter], shares: NDArray[np.float64]) -> dict[str, Any]:
    """Return what stands at every path where each parameter is at its share in [0, 1].

    Shifts of the same values add up.
    """
    values: dict[str, Any] = {}
    moved: dict[tuple[str, str], float] = {}
    bases: dict[str, float] = {}
    for parameter, share in zip(parameters, shares, strict=True):
        number = parameter.at(float(share))
        if parameter.how == "set":
            values[parameter.paths[0][0]] = int(number) if parameter.scale == "whole" else number
            continue
        for (path, weight), base in zip(parameter.paths, parameter.bases, strict=True):
            bases[path] = base
            moved[path, parameter.how] = moved.get((path, parameter.how), 0.0) + number * weight
    for (path, how), step in moved.items():
        base = bases[path]
        value = _odds_moved(base, step) if how == "odds" else base + step
        # Twelve digits are more than any figure decides, and leave readable files.
        values[path] = float(f"{value:.12g}")
    return values


def _odds_moved(base: float, step: float) -> float:
    return float(expit(logit(min(max(base, _EDGE), 1.0 - _EDGE)) + step))


def read_parameters(data: object, scenario: Scenario, *, where: str = "") -> tuple[Parameter, ...]:
    """Read parameters: a mapping of dotted paths to bounds.

    Parameters
    ----------
    data : mapping
        ``{path: [low, high]}`` or ``{path: {low, high, scale, along}}``. With a ``*`` in the path all that it fits move
        together, and the bounds are those of a shift: of log odds where values lie in [0, 1], of the value elsewhere.
        ``along: PATH`` moves them apart instead, in proportion to what stands at a path with a ``*`` (in standard
        deviations, of its log odds where it lies in [0, 1]).
    scenario : Scenario
        What is calibrated.

    Returns
    -------
    tuple of Parameter
        In the order in which they are given, each with a name of its own.

    Raises
    ------
    ConfigError
        If a path leads nowhere or a bound cannot be used.
    """
    place = f"{where}: " if where else ""
    if not isinstance(data, Mapping | list | tuple) or not data:
        raise ConfigError(f"{place}parameters is {show(data)}; give a mapping of paths to bounds, [low, high]")
    entries = list(flatten(data)) if isinstance(data, Mapping) else [_entry(item, place) for item in data]
    if len(entries) > MOST_PARAMETERS:
        raise ConfigError(f"{place}parameters has {len(entries)} entries; give at most {MOST_PARAMETERS}")
    read: list[Parameter] = []
    for key, said in entries:
        bounds, aside = _aside(key, said, place)
        one = _shift(key, bounds, scenario, place) if "*" in key else _single(key, bounds, scenario, where)
        one = replace(one, **aside)
        names = {parameter.name for parameter in read}
        number = 2
        while one.name in names:
            one = replace(one, name=f"{one.name.removesuffix(f'_{number - 1}')}_{number}")
            number += 1
        read.append(one)
    taken: dict[str, Parameter] = {}
    for parameter in read:
        for path, _ in parameter.paths:
            other = taken.setdefault(path, parameter)
            if other is not parameter and "set" in (other.how, parameter.how):
                raise ConfigError(f"{place}parameters {other.key!r} and {parameter.key!r} both set {path}; keep one")
    return tuple(read)


def _entry(item: object, place: str) -> tuple[str, object]:
    """Return path and bounds of a parameter that is written as an entry of a list: one path may stand there twice."""
    if not isinstance(item, Mapping) or not isinstance(item.get("path"), str):
        raise ConfigError(f"{place}parameters holds {show(item)}; give mappings with path, low and high")
    return item["path"], {key: value for key, value in item.items() if key != "path"}


def _aside(key: str, said: object, place: str) -> tuple[object, dict[str, Any]]:
    """Split what is said about a parameter into its bounds and what only describes it."""
    if not isinstance(said, Mapping):
        return said, {}
    aside: dict[str, Any] = {name: said[name] for name in ("name", "about", "width") if said.get(name) is not None}
    for name in ("name", "about"):
        if name in aside and not isinstance(aside[name], str):
            raise ConfigError(f"{place}parameters.{key}.{name} is {show(aside[name])}; give text")
    if "name" in aside:
        read_name(aside["name"], "a parameter", key=f"parameters.{key}.name")
    width = aside.get("width", PRIOR_WIDTH)
    if isinstance(width, bool) or not isinstance(width, int | float) or not 0.0 < width <= 10.0:
        raise ConfigError(f"{place}parameters.{key}.width is {show(width)}; give a number above 0, up to 10")
    bounds = {name: value for name, value in said.items() if name not in aside and value is not None}
    return bounds, {"title" if name == "about" else name: value for name, value in aside.items()}


def default_parameters(scenario: Scenario, targets: Sequence[Target]) -> tuple[Parameter, ...]:
    """Return the parameters that usually decide the figures of a category, as far as its journey has them.

    Whoever types in a few figures need not know the model: the strength of the loop, awareness and its reach in
    search, who evaluates and how long, and whether the last brand is recalled or others attract.

    Raises
    ------
    ConfigError
        If the scenario has no market.
    """
    market = scenario.market
    if not scenario.has_market:
        raise ConfigError("market is 'none', which has nothing that is calibrated by itself; give parameters")
    chosen: dict[str, tuple[str, Any, str]] = {}
    journey = scenario.journeys[scenario.arms[scenario.baseline].plans[market.focal].journey]
    for name, (edge, sign) in _steps(journey).items():
        low, high, about = _STEPS[name]
        bounds = [low, high] if sign > 0 else [-high, -low]
        chosen[name] = (f"journeys.*.edges.{edge}.logit.base", bounds, about)
    wanted = {target.metric for target in targets}
    brands = dict.fromkeys(target.brand or market.focal for target in targets if target.metric == "market_share")
    salience = np.array([brand.salience for brand in market.brands.values()])
    differ = salience.size > 1 and salience.std() > 0.0
    left_out = {name for name, metrics in _ONLY_FOR.items() if wanted.isdisjoint(metrics)}
    left_out |= set() if differ else {"contrast", "fame"}
    # Both would move the same qualities.
    left_out |= {"fame"} if brands else set()
    if market.need.heterogeneity is None or market.need.kind == "cyclical":
        left_out.add("heterogeneity")
    chosen |= {name: entry for name, entry in _USUAL.items() if name not in left_out}
    if "need" in chosen:
        weeks = market.need.mean_weeks
        bounds_of_need = {"low": max(1.0, weeks / 5.0), "high": min(5000.0, weeks * 5.0), "scale": "log"}
        chosen["need"] = (chosen["need"][0], bounds_of_need, chosen["need"][2])
    for brand in brands:
        quality = market.brands[brand].quality
        bounds = [max(-20.0, quality - 4.0), min(20.0, quality + 4.0)]
        chosen[f"quality_{brand}"] = (f"market.brands.{brand}.quality", bounds, f"how good {brand} is")
    # One by one: two of them may have the same key.
    return tuple(
        replace(
            read_parameters({key: bounds}, scenario)[0], name=name, title=about, width=_WIDTHS.get(name, PRIOR_WIDTH)
        )
        for name, (key, bounds, about) in chosen.items()
    )


def _steps(journey: Journey) -> dict[str, tuple[str, int]]:
    """Find by what stages do which edges decide loop, evaluation and its end; and whether more of it means less."""
    names = edge_names(journey.edges)
    does = {name: stage.does for name, stage in journey.stages.items()}
    entered = {edge.target for edge in journey.edges if edge.on == "need"}
    found: dict[str, tuple[str, int]] = {}

    def is_free(edge: Edge) -> bool:
        return edge.logit is not None and edge.on is None

    for name, edge in zip(names, journey.edges, strict=True):
        if edge.source in entered and edge.only == "incumbent" and is_free(edge):
            found.setdefault("loop", (name, 1))
        if does[edge.source] == "recall" and edge.on is None and edge.only is None:
            if does[edge.target] == "search" and is_free(edge):
                found["evaluate"] = (name, 1)
            elif does[edge.target] not in ("search", "wait") and is_free(edge):
                # Where evaluating is what happens otherwise, the way past it decides.
                found.setdefault("evaluate", (name, -1))
        leaves = does[edge.source] == "search" and does[edge.target] not in ("search", "wait", "recall")
        if leaves and edge.only is None and is_free(edge):
            found.setdefault("decide", (name, 1))
    return {name: found[name] for name in ("loop", "evaluate", "decide") if name in found}


def _single(key: str, bounds: object, scenario: Scenario, where: str) -> Parameter:
    (factor,) = read_factors({key: bounds}, scenario, where, key="parameters")
    start = value_at(scenario, key)
    if isinstance(start, bool) or not isinstance(start, int | float):
        raise ConfigError(f"{where}: " * bool(where) + f"parameters.{key}: {show(start)} stands there; name a number")
    return Parameter(
        name=_short(key),
        key=key,
        low=float(factor.low),
        high=float(factor.high),
        scale=factor.scale,
        paths=factor.paths,
        own=min(max(float(start), float(factor.low)), float(factor.high)),
        bases=(float(start),),
        how="set",
    )


def _shift(key: str, bounds: object, scenario: Scenario, place: str) -> Parameter:
    low, high, along = _bounds(key, bounds, place)
    paths = _matching(key, scenario, place)
    bases = tuple(_number(scenario, path, place) for path in paths)
    is_share = _is_share(key)
    weights: tuple[float, ...] = (1.0,) * len(paths)
    how = "odds" if is_share else "add"
    if along is not None:
        others = _matching(along, scenario, place)
        if len(others) != len(paths):
            raise ConfigError(f"{place}parameters.{key}.along fits {len(others)} values for {len(paths)}; give as many")
        size = np.array([_number(scenario, path, place) for path in others])
        if _is_share(along):
            size = logit(np.clip(size, _EDGE, 1.0 - _EDGE))
        if size.std() == 0.0:
            raise ConfigError(f"{place}parameters.{key}.along: all values at {along} are the same; leave it out")
        weights = tuple(float(f"{weight:.12g}") for weight in (size - size.mean()) / size.std())
    return Parameter(
        name=_short(key) if along is None else f"{_short(key)}_apart",
        key=key,
        low=low,
        high=high,
        paths=tuple(zip(paths, weights, strict=True)),
        own=0.0,
        bases=bases,
        how=how,
        along=along or "",
    )


def _bounds(key: str, bounds: object, place: str) -> tuple[float, float, str | None]:
    along = None
    if isinstance(bounds, Mapping):
        for name in bounds:
            if name not in _KEYS:
                raise ConfigError(f"{place}unknown key 'parameters.{key}.{name}'; {suggest(name, _KEYS)}")
        if bounds.get("scale", "linear") != "linear":
            raise ConfigError(f"{place}parameters.{key}.scale is {show(bounds['scale'])}; a shift is linear")
        along = bounds.get("along")
        if along is not None and (not isinstance(along, str) or "*" not in along):
            raise ConfigError(f"{place}parameters.{key}.along is {show(along)}; give a path with a *")
        bounds = [bounds.get("low"), bounds.get("high")]
    good = isinstance(bounds, list | tuple) and len(bounds) == 2
    numbers: list[Any] = [typed_number(bound) for bound in bounds] if isinstance(bounds, list | tuple) else []
    if not good or any(isinstance(x, bool) or not isinstance(x, int | float) or not math.isfinite(x) for x in numbers):
        raise ConfigError(f"{place}parameters.{key} is {show(bounds)}; give bounds of the shift, such as [-2, 2]")
    low, high = float(numbers[0]), float(numbers[1])
    if not low <= 0.0 <= high or low == high:
        raise ConfigError(f"{place}parameters.{key} is [{low:g}, {high:g}]; a shift needs 0 within its bounds")
    return low, high, along


def _matching(key: str, scenario: Scenario, place: str) -> tuple[str, ...]:
    """Return the paths that a pattern fits; a `*` stands for one name between two dots."""
    steps = key.split(".")
    fits: list[list[str]] = [[]]
    for step in steps:
        if "*" not in step:
            fits = [[*fit, step] for fit in fits]
            continue
        fits = [[*fit, name] for fit in fits for name in _names_under(scenario, fit) if fnmatchcase(name, step)]
    paths = []
    for fit in fits:
        path = ".".join(fit)
        try:
            value_at(scenario, path)
        except ConfigError:
            continue
        paths.append(path)
    if not paths:
        raise ConfigError(f"{place}parameters.{key} fits nothing in scenario {scenario.name!r}; {_hint(key, scenario)}")
    return tuple(paths)


def _names_under(scenario: Scenario, fit: Sequence[str]) -> tuple[str, ...]:
    if fit == ["market", "brands"]:
        return scenario.brands
    if fit == ["market", "channels"]:
        return tuple(scenario.market.channels)
    if fit == ["personas"]:
        return tuple(persona.name for persona in scenario.personas)
    if fit == ["journeys"]:
        return tuple(scenario.journeys)
    if fit == ["arms"]:
        return tuple(scenario.arms)
    if len(fit) == 3 and fit[0] == "journeys":
        journey = scenario.journeys[fit[1]]
        return tuple(journey.stages) if fit[2] == "stages" else edge_names(journey.edges)
    return ()


def _hint(key: str, scenario: Scenario) -> str:
    steps = key.split(".")
    if steps[0] == "journeys" and len(steps) > 3 and steps[2] == "edges":
        every = sorted({name for journey in scenario.journeys.values() for name in edge_names(journey.edges)})
        return suggest(steps[3], every, "edges are")
    return "a * stands for the name of a brand, channel, persona, journey, stage or edge"


def _number(scenario: Scenario, path: str, place: str) -> float:
    value = value_at(scenario, path)
    if isinstance(value, Mapping) and "mean" in value:
        value = value["mean"]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConfigError(f"{place}parameters: {path} holds {show(value)}; name a number")
    return float(value)


def _is_share(key: str) -> bool:
    """Whether values at a path lie in [0, 1], so that all can be shifted on the scale of log odds."""
    last = key.rsplit(".", 1)[-1]
    if key.startswith("personas."):
        return last not in ("share", "need_rate", "spend", "concentration")
    return last in ("salience", "probability") or ".channels." in key and key.startswith("journeys.")


def _short(key: str) -> str:
    steps = [step for step in key.split(".") if step not in ("*", "market", "edges", "logit", "base", "journeys")]
    return "_".join(steps[-2:]) or key
