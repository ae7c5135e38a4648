"""Design: which points of a space of levers are run. Lists, grids, and samples that fill a space evenly."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.analysis.latin_hypercube import latin_hypercube
from sim.execution.trials import Trial
from sim.experiments.factors import is_named, is_no_lever, named_values, read_named_factor, unknown_lever
from sim.scenario.config_path import ConfigPath
from sim.scenario.dotted_key import value_at, with_values
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.factor import Factor, flatten, read_factor, read_factors
from sim.scenario.scenario import Scenario
from sim.scenario.schema import plain, show

__all__ = ["METHODS", "MOST_POINTS", "Design", "Point", "Trials", "read_design"]

METHODS: tuple[str, ...] = ("sobol", "latin_hypercube", "random", "grid")
#: Points of one design: more is a mistake in a grid.
MOST_POINTS = 1_000_000


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a design: the case it starts from, and the values that are laid over it."""

    case: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Design(Sequence[Point]):
    """Points to be run: every case x every run of the list x every combination of the grid x every sampled point.

    Attributes
    ----------
    cases : mapping of str to Scenario
        Scenarios to start from, by a label; usually one.
    listed : tuple of mapping
        Values by path, written out run by run; one empty mapping where none are.
    grid : mapping of str to tuple
        Values of each path, all combined with all.
    levers : tuple of Factor
        What is sampled between two bounds.
    method : str
        One of `METHODS`. ``sobol`` and ``random`` go on where they stopped when more points are asked for; ``grid``
        divides every lever into so many levels and combines them all.
    points : int
        Sampled points; levels of each lever for ``grid``.
    seed : int
        Of the sample: it says where the points lie, nothing about the luck of the runs.
    """

    cases: Mapping[str, Scenario]
    listed: tuple[Mapping[str, Any], ...] = ({},)
    grid: Mapping[str, tuple[Any, ...]] | None = None
    levers: tuple[Factor, ...] = ()
    method: str = "sobol"
    points: int = 64
    seed: int = 1

    @property
    def sampled(self) -> int:
        """Number of sampled points."""
        if not self.levers:
            return 1
        return int(self.points ** len(self.levers)) if self.method == "grid" else self.points

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path that any point sets, in the order of lists, grid, levers."""
        names = [path for run in self.listed for path in run]
        return tuple(dict.fromkeys([*names, *(self.grid or {}), *(lever.name for lever in self.levers)]))

    def __len__(self) -> int:
        combined = math.prod(len(values) for values in (self.grid or {}).values())
        return len(self.cases) * len(self.listed) * combined * self.sampled

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return [self[place] for place in range(*at.indices(len(self)))]
        if not -len(self) <= at < len(self):
            raise IndexError(at)
        at, sampled = divmod(at % len(self), self.sampled)
        values: dict[str, Any] = {}
        chosen: list[tuple[str, Any]] = []
        for path, levels in reversed(tuple((self.grid or {}).items())):
            at, place = divmod(at, len(levels))
            chosen.append((path, levels[place]))
        case, place = divmod(at, len(self.listed))
        values.update(self.listed[place])
        values.update(reversed(chosen))
        if self.levers:
            shares = _shares(self.method, self.points, len(self.levers), self.seed)[sampled]
            values.update((lever.name, lever.at(share)) for lever, share in zip(self.levers, shares, strict=True))
        return Point(list(self.cases)[case], values)


class Trials(Sequence[Trial]):
    """The points of a design as trials, each made when it is asked for: a design may be larger than memory."""

    def __init__(self, design: Design, seed: int, replicates: int) -> None:
        self.design, self.seed, self.replicates = design, seed, tuple(range(replicates))

    def __len__(self) -> int:
        return len(self.design)

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return [self[place] for place in range(*at.indices(len(self)))]
        point = self.design[at]
        scenario = self.design.cases[point.case]
        return Trial(scenario, self.seed, self.replicates, named_values(point.values, scenario, checked=True))


@lru_cache(maxsize=4)
def _shares(method: str, points: int, levers: int, seed: int) -> NDArray[np.float64]:
    """Return sampled points of the unit cube (points, levers), read-only."""
    if method == "grid":
        level = np.linspace(0.0, 1.0, points) if points > 1 else np.array([0.5])
        mesh = np.meshgrid(*[level] * levers, indexing="ij")
        shares = np.stack([axis.ravel() for axis in mesh], axis=1)
    elif method == "random":
        # Keyed, as all draws are: a point is the same however many are asked for.
        shares = np.array([[_keyed(seed, point, lever) for lever in range(levers)] for point in range(points)])
    elif method == "latin_hypercube":
        shares = latin_hypercube(levers, points, np.random.default_rng(seed))
    else:
        from scipy.stats import qmc  # slow to import: only where it is asked for

        # A whole power of two fills the cube evenly; what is beyond the wanted number is cut off behind.
        sampler = qmc.Sobol(levers, scramble=True, rng=seed)
        shares = sampler.random_base2(math.ceil(math.log2(points)) if points > 1 else 0)[:points]
    shares = np.asarray(shares, np.float64)
    shares.flags.writeable = False
    return shares


def _keyed(seed: int, point: int, lever: int) -> float:
    """Return a uniform number in [0, 1) that depends on its key alone."""
    digest = hashlib.sha256(f"design {seed} {point} {lever}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2.0**64


def read_design(
    data: Mapping[str, Any], cases: Mapping[str, Scenario], config_path: ConfigPath, *, where: str = ""
) -> Design:
    """Read a design from configuration and check it against every scenario it starts from.

    Parameters
    ----------
    data : mapping
        Keys ``levers``, ``grid``, ``runs``, ``method``, ``points``, ``design_seed``; null is left out.
    cases : mapping of str to Scenario
        Scenarios to start from.
    config_path : ConfigPath
        Where values that are names of files are looked up.
    where : str
        File that the data comes from; opens every message.

    Returns
    -------
    Design

    Raises
    ------
    ConfigError
        If a path leads nowhere, a value cannot be used, or nothing is to be varied.
    """
    place = f"{where}: " if where else ""
    method = data.get("method") or "sobol"
    if method not in METHODS:
        raise ConfigError(f"{place}method is {show(method)}; {suggest(method, METHODS, 'give one of')}")
    levers: tuple[Factor, ...] = ()
    for scenario in cases.values():
        levers = _read_levers(data.get("levers") or {}, scenario, where)
    points = _whole(data.get("points"), "points", 64 if method != "grid" else 3, 1, MOST_POINTS, place)
    seed = _whole(data.get("design_seed"), "design_seed", 1, 0, 2**32 - 1, place)
    listed = _read_runs(data.get("runs"), cases, place)
    grid = _read_grid(data.get("grid") or {}, cases, config_path, place)
    twice = ({*grid} | {path for run in listed for path in run}) & {lever.name for lever in levers}
    if twice:
        raise ConfigError(f"{place}{sorted(twice)[0]} is a lever and has values of its own besides; give one of them")
    if not levers and not grid and listed == ({},) and len(cases) == 1:
        raise ConfigError(
            f"{place}nothing is varied; give levers (levers.market.contact.fatigue=[0.05,0.4]), a grid"
            " (arms.proactive.focal.strategy.automation=0,0.5,1), or design=FILE"
        )
    if method == "grid" and levers and len(levers) * math.log(points) > math.log(MOST_POINTS) + 1e-9:
        count = f"{points} levels of {len(levers)} levers"
        raise ConfigError(f"{place}{count} are more than {MOST_POINTS:,} points; give fewer, or method=sobol")
    design = Design(cases, listed, grid, levers, method, points, seed)
    if len(design) > MOST_POINTS:
        raise ConfigError(f"{place}the design has {len(design):,} points; a design may have {MOST_POINTS:,}")
    return design


def _read_levers(data: object, scenario: Scenario, where: str) -> tuple[Factor, ...]:
    """Read what is sampled: named factors and dotted keys."""
    if not isinstance(data, Mapping):
        return read_factors(data, scenario, where)
    place = f"{where}: " if where else ""
    arm = next((name for name in scenario.arms if name != scenario.baseline), scenario.baseline)
    for name, _ in flatten(data):
        if is_no_lever(name):
            raise ConfigError(f"{place}{unknown_lever(name)}")
    return tuple(
        read_named_factor(path, given, scenario, arm)
        if is_named(path)
        else read_factor(path, given, scenario, f"{place}levers.{path}")
        for path, given in flatten(data)
    )


def _whole(value: object, key: str, default: int, low: int, high: int, place: str) -> int:
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ConfigError(f"{place}{key} is {show(value)}; give a whole number from {low} to {high}")
    return value


def _read_runs(data: object, cases: Mapping[str, Scenario], place: str) -> tuple[Mapping[str, Any], ...]:
    if data is None or data == []:
        return ({},)
    if not isinstance(data, list | tuple):
        raise ConfigError(f"{place}runs is {show(data)}; give a list of mappings of paths to values")
    listed = []
    for number, run in enumerate(data):
        if not isinstance(run, Mapping):
            raise ConfigError(f"{place}runs.{number} is {show(run)}; give a mapping of paths to values")
        values = {path: plain(value) for path, value in flatten(run)}
        # Only that every path leads somewhere is asked here: a value that is refused is recorded with its run.
        _check_paths(values, cases, f"{place}runs.{number}")
        listed.append(values)
    return tuple(listed)


def _read_grid(
    data: object, cases: Mapping[str, Scenario], config_path: ConfigPath, place: str
) -> dict[str, tuple[Any, ...]]:
    if not isinstance(data, Mapping):
        raise ConfigError(f"{place}grid is {show(data)}; give a mapping of paths to lists of values")
    grid = {}
    for path, levels in flatten(data):
        if not isinstance(levels, list | tuple) or not levels:
            raise ConfigError(f"{place}grid.{path} is {show(levels)}; give a list of values")
        if path in ("seed", "replicates"):
            raise ConfigError(
                f"{place}grid.{path} is {show(levels)}, but a sweep has one {path}; give replicates=N for more luck at"
                f" every point, or several sweeps by -m {path}={','.join(map(str, levels))}"
            )
        for at, level in enumerate(levels):
            if level in levels[:at]:
                raise ConfigError(f"{place}grid.{path} has {show(level)} twice; leave one out")
            for scenario in cases.values():
                try:
                    with_values(scenario, named_values({path: level}, scenario), config_path=config_path)
                except ConfigError as error:
                    raise ConfigError(f"{place}grid.{path}: {error}") from None
        grid[path] = tuple(plain(level) for level in levels)
    return grid


def _check_paths(values: Mapping[str, Any], cases: Mapping[str, Scenario], at: str) -> None:
    for scenario in cases.values():
        try:
            for path in named_values(values, scenario):
                value_at(scenario, path)
        except ConfigError as error:
            raise ConfigError(f"{at}: {error}") from None
