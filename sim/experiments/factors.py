"""Dials: what a question is asked about, each a lever or several that move together, with a name a strategist knows.

`contact_rate` is one value of one strategy; `privacy_concern` shifts the mean of that trait in every persona;
`capability_cost` multiplies everything that the capabilities cost. A dial of one's own is a path of
:mod:`sim.scenario.dotted_key`, with `*`, `times:` and `plus:` as there; a space may stand for the colon.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agents.strategies import CAPABILITIES, Strategy
from sim.scenario.dotted_key import RELATIVE, value_at
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.factor import Lever, flatten, read_levers
from sim.scenario.normal_form import normalize_journey
from sim.scenario.resolved import Plan
from sim.scenario.scenario import Scenario
from sim.scenario.schema import show

__all__ = ["NAMED", "Dial", "ready", "read_dials", "resolved_dials", "short_title", "written"]


@dataclass(frozen=True, slots=True)
class Dial:
    """A change of the scenario that one number says.

    Attributes
    ----------
    name : str
        As the user gave it: a name of `NAMED`, or a path.
    title : str
        In words, with what its numbers mean.
    lever : Lever
        Its range and scale.
    paths : tuple of (str, float)
        Paths that it sets, and by what its number is multiplied there.
    own : float
        Where the scenario itself stands.
    """

    name: str
    title: str
    lever: Lever
    paths: tuple[tuple[str, float], ...]
    own: float

    def values(self, share: float) -> dict[str, Any]:
        """Return what it sets, by path, at a share of its range."""
        return self.settings(self.lever.at(share))

    def settings(self, number: float) -> dict[str, Any]:
        """Return what it sets, by path, at one of its numbers."""
        return {path: number if factor == 1.0 else float(f"{number * factor:.12g}") for path, factor in self.paths}

    @property
    def own_share(self) -> float:
        """Where in its range the scenario itself stands; at the nearer end where it stands outside."""
        return self.lever.share(self.own)


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a named dial is made of a scenario: its paths, its range and scale, and where the scenario stands."""

    title: str
    about: str
    low: float
    high: float
    scale: str
    own: float | None
    paths: Callable[[Scenario, str], Sequence[tuple[str, float]]]


def _alone(path: str) -> tuple[tuple[str, float], ...]:
    return ((path, 1.0),)


def _strategy(scenario: Scenario, arm: str) -> Strategy:
    return scenario.arms[arm].plans[scenario.market.focal].strategy


def _priced(scenario: Scenario, arm: str) -> list[tuple[str, float]]:
    costs = _strategy(scenario, arm).costs
    place = f"times:arms.{arm}.focal.strategy.costs"
    found = [
        (f"{place}.{kind}.{name}", 1.0)
        for kind in ("build", "run")
        for name in CAPABILITIES
        if getattr(getattr(costs, kind), name) > 0.0
    ]
    return [*found, (f"{place}.experiment", 1.0)] if costs.experiment > 0.0 else found


def _contact_price(scenario: Scenario, arm: str) -> list[tuple[str, float]]:
    price = _strategy(scenario, arm).costs.contact
    return [(f"times:arms.{arm}.focal.strategy.costs.contact", 1.0)] if price > 0.0 else []


def _contacts(scenario: Scenario, arm: str) -> tuple[tuple[str, float], ...]:
    if scenario.market.name == "none":
        return ()
    return _alone(f"arms.{arm}.focal.strategy.contacts_per_week.customers")


def _levels(scenario: Scenario, arm: str) -> list[tuple[str, float]]:
    strategy = _strategy(scenario, arm)
    place = f"times:arms.{arm}.focal.strategy"
    return [(f"{place}.{name}", 1.0) for name in CAPABILITIES if getattr(strategy, name) > 0.0]


def _shortcuts(scenario: Scenario, arm: str) -> list[tuple[str, float]]:
    """Return the edges by which the last brand is bought again without a look at the market."""
    found = []
    for name, journey in scenario.journeys.items():
        edges = normalize_journey(journey)["edges"]
        for edge, said in edges.items():
            loop = said.get("only") == "incumbent" and said.get("on") is None and "logit" in said
            if loop and journey.stages[said["to"]].does == "choose":
                found.append((f"plus:journeys.{name}.edges.{edge}.logit.base", 1.0))
    return found


def _answers(scenario: Scenario, arm: str) -> list[tuple[str, float]]:
    """Return what the competitors copy: capabilities, contacts and what is known of prospects."""
    if len(scenario.brands) < 2:
        return []
    strategy = _strategy(scenario, arm)
    place = f"arms.{arm}.competitors.strategy"
    levels = {name: getattr(strategy, name) for name in (*CAPABILITIES, "prospect_knowledge")}
    levels |= {
        f"contacts_per_week.{who}": getattr(strategy.contacts_per_week, who) for who in ("customers", "prospects")
    }
    return [(f"{place}.{name}", level) for name, level in levels.items() if level > 0.0]


#: Named dials. Ranges are assumptions, wide enough to hold what EVIDENCE leaves open; give your own beside the name.
NAMED: Mapping[str, _Kind] = {
    "privacy_concern": _Kind(
        "privacy concern, shift of every persona's mean", "privacy concern", -0.3, 0.4, "linear", 0.0,
        lambda scenario, arm: _alone("plus:personas.*.privacy_concern.mean"),
    ),
    "contact_rate": _Kind(
        "contacts per customer and week", "contact rate", 0.0, 0.6, "linear", None,
        _contacts,
    ),
    "capability_cost": _Kind(
        "cost of the capabilities, multiple of the scenario's", "capability cost", 0.125, 8.0, "log", 1.0,
        _priced,
    ),
    "contact_cost": _Kind(
        "cost of a contact, multiple of the scenario's", "contact cost", 0.5, 4.0, "log", 1.0,
        _contact_price,
    ),
    "product_quality": _Kind(
        "quality of the brand's product, shift in utility", "product quality", -0.8, 0.6, "linear", 0.0,
        lambda scenario, arm: _alone(f"plus:market.brands.{scenario.market.focal}.quality"),
    ),
    "margin": _Kind(
        "margin of one purchase, multiple of the scenario's", "margin", 0.4, 1.6, "linear", 1.0,
        lambda scenario, arm: _alone(f"times:market.brands.{scenario.market.focal}.unit_margin"),
    ),
    "deliberation": _Kind(
        "deliberation, shift of every persona's mean", "deliberation", -0.3, 0.3, "linear", 0.0,
        lambda scenario, arm: _alone("plus:personas.*.deliberation.mean"),
    ),
    "loyalty": _Kind(
        "loyalty-drivenness of the category, shift in log odds of buying again unasked", "loyalty of the category",
        -1.5, 2.5, "linear", 0.0,
        _shortcuts,
    ),
    "fatigue": _Kind(
        "fatigue from a contact, multiple of the scenario's", "contact fatigue", 0.25, 4.0, "log", 1.0,
        lambda scenario, arm: _alone("times:market.contact.fatigue"),
    ),
    "capability_level": _Kind(
        "level of the capabilities, multiple of the scenario's", "capability level", 0.0, 1.4, "linear", 1.0,
        _levels,
    ),
    "competitors_answer": _Kind(
        "how far competitors copy, share of the brand's own levels", "competitors' answer", 0.0, 1.0, "linear", 0.0,
        _answers,
    ),
}  # fmt: skip


def short_title(dial: Dial) -> str:
    """Return a name of two or three words, for an axis or a sentence."""
    kind = NAMED.get(dial.name)
    if kind is not None:
        return kind.about
    _, _, path = dial.name.rpartition(":")
    return " ".join(step.replace("_", " ") for step in path.split(".")[-2:] if step not in ("*", "mean", "base"))


def written(dial: Dial, number: float) -> str:
    """Write one of a dial's numbers with what it means: `x2.5`, `+0.2`, `0.15`."""
    size = f"{abs(number):.3g}"
    relative = dial.paths[0][0]
    if relative.startswith("times:"):
        return f"×{size}"
    if relative.startswith("plus:"):
        return f"{'−' if number < 0 and size != '0' else '+' if number > 0 else '±'}{size}"
    return f"{'−' if number < 0 and size != '0' else ''}{size}"


def read_dials(data: object, scenario: Scenario, arm: str, *, names: Sequence[str]) -> tuple[Dial, ...]:
    """Read the dials of a question and check that the scenario accepts both ends of each.

    Parameters
    ----------
    data : object
        None for those of ``names`` that the scenario has; a list of names; or a mapping of names or paths to
        ``[low, high]``, ``{low, high, scale}``, or null for a name's own range.
    scenario : Scenario
        As :func:`ready` leaves it.
    arm : str
        The arm whose strategy is in question.
    names : sequence of str
        Names used where none are given.

    Raises
    ------
    ConfigError
        If a name or path leads nowhere, or a range cannot be used.
    """
    if data is None:
        return tuple(dial for name in names if (dial := _named(name, None, scenario, arm, strict=False)) is not None)
    if isinstance(data, str):
        data = [data]
    if isinstance(data, list | tuple):
        for item in data:
            if not isinstance(item, str):
                raise ConfigError(f"levers holds {show(item)}; give names, or a mapping of names or paths to ranges")
        data = dict.fromkeys(data)
    if not isinstance(data, Mapping) or not data:
        raise ConfigError(
            f"levers is {show(data)}; give null, a list of names, or a mapping of names or paths to ranges"
        )
    dials = []
    for written_name, said in flatten(data):
        # A colon is hard to write on the command line: `times PATH` is `times:PATH`.
        how, _, path = written_name.partition(" ")
        name = f"{how}:{path.strip()}" if path and f"{how}:" in RELATIVE else written_name
        if name in NAMED:
            dial = _named(name, said, scenario, arm, strict=True)
        elif "." not in name and name not in ("population", "horizon", "burn_in"):
            raise ConfigError(
                f"levers names {show(name)}; {suggest(name, NAMED, 'give one of')},"
                " or a path such as market.contact.fatigue"
            )
        elif said is None:
            raise ConfigError(f"levers.{name} has no range; give [low, high]")
        else:
            dial = _path(name, said, scenario)
        if dial is not None:
            dials.append(dial)
    taken: dict[str, str] = {}
    for dial in dials:
        for path, _ in dial.paths:
            if path in taken:
                raise ConfigError(f"levers names {taken[path]} and {dial.name}, which both set {path}; leave one out")
            taken[path] = dial.name
    return tuple(dials)


def resolved_dials(dials: Sequence[Dial]) -> dict[str, Any]:
    """Return dials as they stand in a configuration, every range written out."""
    return {dial.name: dial.lever.plain() for dial in dials}


def ready(scenario: Scenario, arm: str, data: object) -> Scenario:
    """Return the scenario with only the baseline and one arm, ready for its dials.

    For `competitors_answer` competitors get the brand's own journey in that arm, where they do nothing so far: with
    every level at 0 that journey is the classic one to the bit (pattern P8), so this changes no number.
    """
    names = {scenario.baseline, arm}
    small = replace(scenario, arms={name: scenario.arms[name] for name in scenario.arms if name in names})
    asked = data is None or (isinstance(data, str | list | tuple | Mapping) and "competitors_answer" in data)
    if not asked or len(scenario.brands) < 2:
        return small
    focal = scenario.market.focal
    own = small.arms[arm].plans[focal]
    plans = {
        brand: Plan(journey=own.journey, strategy=plan.strategy) if brand != focal and _idle(plan.strategy) else plan
        for brand, plan in small.arms[arm].plans.items()
    }
    return replace(small, arms={**small.arms, arm: replace(small.arms[arm], plans=plans)})


def _idle(strategy: Strategy) -> bool:
    levels = [getattr(strategy, name) for name in CAPABILITIES]
    levels += [strategy.contacts_per_week.customers, strategy.contacts_per_week.prospects]
    return not any(levels) and not strategy.personas


def _named(name: str, said: object, scenario: Scenario, arm: str, *, strict: bool) -> Dial | None:
    kind = NAMED[name]
    paths = tuple(kind.paths(scenario, arm))
    if not paths:
        if strict:
            raise ConfigError(
                f"levers names {name}, but the arm {arm!r} of {scenario.name!r} has nothing it could move"
            )
        return None
    given: Any = {"low": kind.low, "high": kind.high, "scale": kind.scale}
    if isinstance(said, Mapping):
        given |= said
    elif said is not None:
        if not isinstance(said, list | tuple) or len(said) != 2:
            raise ConfigError(f"levers.{name} is {show(said)}; give [low, high], {{low, high, scale}}, or null")
        given |= {"low": said[0], "high": said[1]}
        if given["scale"] == "log" and isinstance(said[0], int | float) and said[0] <= 0:
            given["scale"] = "linear"
    for path, factor in paths:
        _check(name, path, given, factor, scenario)
    if kind.own is None:
        own = float(value_at(scenario, paths[0][0]))
        lever = read_levers({paths[0][0]: given}, scenario, key=f"levers.{name}")[0]
    else:
        own = kind.own
        lever = Lever(name, float(given["low"]), float(given["high"]), given["scale"])
    return Dial(name, kind.title, replace(lever, path=name), paths, own)


def _check(name: str, path: str, given: Mapping[str, Any], factor: float, scenario: Scenario) -> None:
    scaled: Any = given
    if factor != 1.0 and all(isinstance(given.get(key), int | float) for key in ("low", "high")):
        scaled = {**given, "low": given["low"] * factor, "high": given["high"] * factor}
    try:
        read_levers({path: scaled}, scenario, key="levers")
    except ConfigError as error:
        raise ConfigError(f"levers.{name}: {error}") from None


def _path(name: str, said: object, scenario: Scenario) -> Dial:
    (lever,) = read_levers({name: said}, scenario)
    if name.startswith(("times:", "plus:")):
        own = 1.0 if name.startswith("times:") else 0.0
    else:
        own = float(value_at(scenario, lever.path) or 0.0)
    title = name.replace("times:", "multiple of ").replace("plus:", "shift of ")
    return Dial(name, title, replace(lever, path=name), ((lever.path, 1.0),), own)
