"""Normal form: what a configuration file says, written in one way whatever shorthand the file uses.

A scenario file names other files and lists a few differences. Its normal form says the same as *parts* (named files and
the key under which each belongs) and a *body* that is laid over them. Every field that a file leaves out is filled in,
so that any value can be reached by its dotted key.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents.personas import Persona
from agents.strategies import CAPABILITIES, Strategy, with_typed_levels
from sim.scenario.config_path import ConfigPath
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.journey import LAST_STEP, Edge, Journey, edge_names, read_journey
from sim.scenario.market import NO_MARKET, Market
from sim.scenario.resolved import Arm, BestResponse, ResolvedScenario
from sim.scenario.schema import check, plain, read, read_name, read_value, show

__all__ = [
    "REACTIVE",
    "ROLES",
    "SCENARIO_KEYS",
    "VALUES",
    "NormalForm",
    "Part",
    "compose",
    "normalize_scenario",
    "normalize_file",
    "normalize_journey",
    "merge",
    "read_named_journey",
    "written_out",
    "written_part",
]

#: Keys of a scenario that stand for themselves, in the order in which they are written.
VALUES: tuple[str, ...] = (
    "title",
    "case",
    "step",
    "start_date",
    "population",
    "horizon",
    "burn_in",
    "precision",
    "precision_method",
    "record",
    "assumptions",
)
SCENARIO_KEYS: tuple[str, ...] = ("name", "market", "personas", "journeys", "baseline", "arms", *VALUES)
#: Keys of an arm that stand for brands by their role.
ROLES: tuple[str, ...] = ("focal", "competitors")
PLAN_KEYS: tuple[str, ...] = ("journey", "strategy", "best_response")
#: What a company does that leads nobody: no capability, no contact.
REACTIVE = "reactive"


@dataclass(frozen=True, slots=True)
class Part:
    """A named file, the dotted key under which its content belongs, and the dotted key that names it."""

    group: str
    name: str
    key: str
    asked: str = ""


@dataclass(frozen=True, slots=True)
class NormalForm:
    """Named files, and what is laid over them."""

    parts: tuple[Part, ...]
    body: Mapping[str, Any]


def normalize_file(group: str, name: str, config_path: ConfigPath, *, key: str = "", where: str = "") -> dict[str, Any]:
    """Read a named file of any group but `scenario` and fill in every field that it leaves out.

    Parameters
    ----------
    group : str
        Any group but `scenario`.
    name : str
        Name of the file.
    config_path : ConfigPath
        Where named files are looked up.
    key : str
        Key that names the file.
    where : str
        File that names it.

    Returns
    -------
    dict
        Plain data with every field.
    """
    data, where = config_path.read(group, name, key=key, where=where)
    if group == "personas":
        return _fill_personas(data, where)
    if group == "doubt":
        return data
    if data.get("name", name) != name:
        raise ConfigError(f"{where}: name is {show(data['name'])}, but the file is called {name!r}; rename one")
    if group == "journey":
        return normalize_journey(read_named_journey(name, data, where))
    if group == "market":
        return dict(plain(read(Market, {**data, "name": name}, where=where)))
    return dict(plain(with_typed_levels(read(Strategy, {**data, "name": name}, where=where))))


def normalize_journey(journey: Journey) -> dict[str, Any]:
    """Return a journey as a journey file writes it, every field of every stage filled in."""
    return {
        "name": journey.name,
        "title": journey.title,
        "start": dict(journey.start),
        "stages": plain(journey.stages),
        # By name, so that every coefficient can be reached by a dotted key; files may keep their list.
        "edges": dict(zip(edge_names(journey.edges), map(_normalize_edge, journey.edges), strict=True)),
    }


def read_named_journey(name: str, data: object, where: str) -> Journey:
    """Read a journey that stands under a name, and check that it calls itself so.

    Parameters
    ----------
    name : str
        The name under which it stands.
    data : object
        A mapping with start, stages and edges.
    where : str
        File that the data comes from; opens every message.

    Returns
    -------
    Journey
    """
    if not isinstance(data, Mapping):
        raise ConfigError(f"{where} is {show(data)}; give a mapping with start, stages and edges")
    if data.get("name", name) != name:
        raise ConfigError(f"{where}: name is {show(data['name'])} but stands under {name!r}; rename one")
    if "title" in data:
        read_value(Journey, "title", data["title"], where=where)
    return read_journey(name, data, where)


def normalize_scenario(
    data: Mapping[str, Any], config_path: ConfigPath, *, where: str = "", name: str = "scenario"
) -> NormalForm:
    """Bring a scenario file, or a whole resolved configuration, into normal form.

    Parameters
    ----------
    data : mapping
        The keys of a scenario file.
    config_path : ConfigPath
        Where a strategy is looked up to learn the level at which a cost that is laid over it was typed.
    where : str
        File that the data comes from; opens every message.
    name : str
        Name of the scenario where the data gives none.

    Returns
    -------
    NormalForm

    Raises
    ------
    ConfigError
        If a key is unknown or missing, or a value cannot be used on its own.
    """
    place = f"{where}: " if where else ""
    for key in data:
        if key not in SCENARIO_KEYS:
            raise ConfigError(f"{place}unknown key {show(key)}; {suggest(key, SCENARIO_KEYS)}")
    for key in ("market", "arms"):
        if data.get(key) is None:
            raise ConfigError(f"{place}{key} is missing; every scenario needs one" + _example(key))
    parts: list[Part] = []
    body: dict[str, Any] = {"name": read_name(data.get("name", name), "a scenario", where=where, key="name")}
    body |= {key: plain(read_value(ResolvedScenario, key, data[key], where=where)) for key in VALUES if key in data}
    body["market"] = _normalize_market(data["market"], parts, where)
    personas = data.get("personas")
    alone = _is_no_market(data["market"])
    if personas is None:
        if not alone:
            raise ConfigError(f"{place}personas is missing; every scenario needs one" + _example("personas"))
        personas = "everyone"
    body["personas"] = _normalize_personas(personas, parts, where)
    arms = data["arms"]
    if not isinstance(arms, Mapping) or not arms:
        raise ConfigError(f"{place}arms is {show(arms)}; give a mapping of one or more arms" + _example("arms"))
    body["arms"] = {
        read_name(arm, "an arm", where=where, key="a name under arms"): _normalize_arm(
            plans, f"arms.{arm}", parts, where, config_path
        )
        for arm, plans in arms.items()
    }
    baseline = data.get("baseline")
    body["baseline"] = (
        next(iter(body["arms"])) if baseline is None else read_name(baseline, "an arm", where=where, key="baseline")
    )
    body["journeys"] = _normalize_journeys(data.get("journeys"), body["arms"], parts, where)
    if alone:
        # A journey alone has no market that must settle: customers are where it says that they begin.
        body.setdefault("burn_in", 0)
    for key in VALUES:
        if key not in body:
            body[key] = plain(_default(key))
    ordered = {key: body[key] for key in SCENARIO_KEYS}
    return NormalForm(tuple(parts), ordered)


def written_out(scenario: ResolvedScenario) -> dict[str, Any]:
    """Return a scenario as plain data in normal form: every field, and no name of a file."""
    return {key: written_part(scenario, key) for key in SCENARIO_KEYS}


def written_part(scenario: ResolvedScenario, key: str) -> Any:
    """Return what stands under one of the keys of a scenario, as plain data in normal form."""
    if key == "personas":
        return {persona.name: plain(persona) for persona in scenario.personas}
    if key == "journeys":
        return {name: normalize_journey(journey) for name, journey in scenario.journeys.items()}
    if key == "arms":
        return {name: _written_arm(arm, scenario.market.focal) for name, arm in scenario.arms.items()}
    return plain(getattr(scenario, key))


def _written_arm(arm: Arm, focal: str) -> dict[str, Any]:
    """Write an arm by role where its competitors all do the same, by brand where they differ."""
    plans = {brand: plain(plan) for brand, plan in arm.plans.items()}
    written = {"focal": plans.pop(focal)}
    rest = list(plans.values())
    if rest and all(plan == rest[0] for plan in rest):
        return written | {"competitors": rest[0]}
    return written | plans


def compose(form: NormalForm, config_path: ConfigPath, *, where: str = "") -> dict[str, Any]:
    """Read the parts of a normal form and lay its body over them.

    Parameters
    ----------
    form : NormalForm
        What the scenario says.
    config_path : ConfigPath
        Where named files are looked up.
    where : str
        File that the data comes from; opens every message.

    Returns
    -------
    dict
        Plain data by the keys of a scenario, every field written out.
    """
    composed: dict[str, Any] = {}
    for part in form.parts:
        inner = normalize_file(part.group, part.name, config_path, key=part.asked or part.key, where=where)
        for step in reversed(part.key.split(".")):
            inner = {step: inner}
        merge(composed, inner)
    merge(composed, form.body)
    # A file of an arm's strategy is read before the arms are laid over it, and would put that arm first.
    composed["arms"] = {name: composed["arms"][name] for name in form.body["arms"]}
    return {key: composed[key] for key in (*SCENARIO_KEYS, *composed) if key in composed}


def merge(below: dict[str, Any], above: Mapping[str, Any]) -> None:
    """Merge one nested mapping into another, in place; where both say something, ``above`` counts."""
    for key, value in above.items():
        if isinstance(value, Mapping):
            inner = below.get(key)
            if not isinstance(inner, dict):
                inner = below[key] = {}
            merge(inner, value)
        else:
            below[key] = value


def _example(key: str) -> str:
    examples = {
        "market": ", such as 'market: fitness'",
        "personas": ", such as 'personas: active'",
        "arms": ", such as 'arms: {classic: {focal: {journey: classic, strategy: reactive}}}'",
    }
    return examples[key]


def _default(key: str) -> Any:
    for field in dataclasses.fields(ResolvedScenario):
        if field.name == key:
            return field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
    raise KeyError(key)


def _normalize_steps(edge: Edge) -> list[Any] | None:
    """Write probabilities by time in stage as a plain list where no step is left out, else as pairs."""
    if not edge.by_step:
        return None
    if edge.by_step[-1][0] == len(edge.by_step):
        return [value for _, value in edge.by_step]
    return [[step, value] for step, value in edge.by_step]


def _normalize_during(edge: Edge) -> list[int | None] | None:
    """Write the first and the last step in which an edge is open; null where it never closes."""
    if edge.during is None:
        return None
    return [edge.during[0], None if edge.during[1] == LAST_STEP else edge.during[1]]


def _normalize_edge(edge: Edge) -> dict[str, Any]:
    said: dict[str, Any] = {"on": edge.on, "only": edge.only}
    said |= {"logit": plain(edge.logit), "probability": plain(edge.probability)}
    said |= {"personas": list(edge.personas) or None, "during": _normalize_during(edge)}
    said |= {"by_step": _normalize_steps(edge), "clock": "forward" if edge.forward else None}
    said |= {"by_visit": [[visit, weight] for visit, weight in edge.by_visit] or None}
    return {"from": edge.source, "to": edge.target} | {key: value for key, value in said.items() if value is not None}


def _named(data: object, group: str, what: str, key: str, parts: list[Part], where: str) -> dict[str, Any] | None:
    """Note a named file as a part and return what is laid over it; None where the data is written out instead."""
    if isinstance(data, str):
        parts.append(Part(group, read_name(data, what, where=where, key=key), key))
        return {}
    if isinstance(data, Mapping) and "use" in data:
        parts.append(Part(group, read_name(data["use"], what, where=where, key=f"{key}.use"), key))
        return {name: value for name, value in data.items() if name != "use"}
    return None


def _is_no_market(data: object) -> bool:
    """Whether a scenario says that nothing can be bought: by name, by a file that it uses, or written out."""
    return (data.get("use", data.get("name")) if isinstance(data, Mapping) else data) == NO_MARKET


def _normalize_market(data: object, parts: list[Part], where: str) -> dict[str, Any]:
    changes = _named(data, "market", "a market", "market", parts, where)
    if changes is not None:
        return check(Market, changes, where=where, key="market", partial=True)
    return dict(plain(read(Market, data, where=where, key="market")))


def _normalize_personas(data: object, parts: list[Part], where: str) -> dict[str, Any]:
    changes = _named(data, "personas", "a persona mix", "personas", parts, where)
    if changes is None:
        return _fill_personas(data, where, key="personas")
    return {
        read_name(persona, "a persona", where=where, key="a name under personas"): {
            "name": persona,
            **check(Persona, change, where=where, key=f"personas.{persona}", partial=True),
        }
        for persona, change in changes.items()
    }


def _fill_personas(data: object, where: str, key: str = "") -> dict[str, Any]:
    place = f"{where}: " if where else ""
    if not isinstance(data, Mapping):
        found = f"{key} is {show(data)}" if key else f"found {show(data)}"
        raise ConfigError(f"{place}{found}; give a mapping of personas by name")
    filled = {}
    for name, persona in data.items():
        inside = f"{key}.{name}" if key else str(name)
        read_name(name, "a persona", where=where, key="the name of a persona")
        if isinstance(persona, Mapping):
            if persona.get("name", name) not in (name, ""):
                raise ConfigError(
                    f"{place}{inside}.name is {show(persona['name'])} but stands under {name!r}; rename one"
                )
            persona = {**persona, "name": name}
        filled[name] = plain(read(Persona, persona, where=where, key=inside))
    return filled


def _normalize_arm(data: object, key: str, parts: list[Part], where: str, config_path: ConfigPath) -> dict[str, Any]:
    place = f"{where}: " if where else ""
    if data is None:
        data = {}
    if not isinstance(data, Mapping):
        raise ConfigError(f"{place}{key} is {show(data)}; give a mapping of focal, competitors or brands to plans")
    if data and all(name in PLAN_KEYS for name in data):
        # The plan of the only brand, or of the focal one, without saying so.
        data = {"focal": data}
    elif "focal" not in data or "competitors" not in data:
        data = {**{role: None for role in ROLES if role not in data}, **data}
    return {
        read_name(brand, "a brand", where=where, key=f"a name under {key}"): _normalize_plan(
            plan, f"{key}.{brand}", parts, where, config_path, role=brand in ROLES
        )
        for brand, plan in data.items()
    }


def _normalize_plan(
    data: object, key: str, parts: list[Part], where: str, config_path: ConfigPath, *, role: bool
) -> dict[str, Any]:
    place = f"{where}: " if where else ""
    if data is None:
        data = {}
    if not isinstance(data, Mapping):
        raise ConfigError(f"{place}{key} is {show(data)}; give a mapping with journey and strategy")
    for name in data:
        if name not in PLAN_KEYS:
            raise ConfigError(f"{place}unknown key '{key}.{name}'; {suggest(name, PLAN_KEYS)}")
    journey = data.get("journey")
    if journey is not None:
        read_name(journey, "a journey", where=where, key=f"{key}.journey")
    strategy = data.get("strategy")
    answer = _normalize_best_response(data.get("best_response"), f"{key}.best_response", parts, where, config_path)
    if strategy is None and not role:
        return {"journey": journey, "strategy": None, "best_response": answer}
    written = _normalize_strategy(strategy, f"{key}.strategy", parts, where, config_path)
    return {"journey": journey, "strategy": written, "best_response": answer}


def _normalize_best_response(
    data: object, key: str, parts: list[Part], where: str, config_path: ConfigPath
) -> dict[str, Any] | None:
    """Write out among what a competitor chooses: a list of strategies, or a mapping with more than that."""
    if data is None:
        return None
    place = f"{where}: " if where else ""
    if isinstance(data, str | list | tuple):
        data = {"strategies": data}
    said = check(BestResponse, data, where=where, key=key)
    named = said.get("strategies")
    if isinstance(named, str):
        named = [named]
    if isinstance(named, list | tuple):
        named = {read_name(name, "a strategy", where=where, key=f"{key}.strategies"): name for name in named}
    if not isinstance(named, Mapping) or not named:
        raise ConfigError(
            f"{place}{key}.strategies is {show(named)}; give names of files in strategy/, such as [all_four]"
        )
    strategies = {
        read_name(name, "a strategy", where=where, key=f"a name under {key}.strategies"): _normalize_strategy(
            strategy, f"{key}.strategies.{name}", parts, where, config_path
        )
        for name, strategy in named.items()
    }
    values = {
        field.name: plain(field.default) for field in dataclasses.fields(BestResponse) if field.name != "strategies"
    }
    for name, value in said.items():
        if name != "strategies":
            values[name] = plain(read_value(BestResponse, name, value, where=where, key=f"{key}.{name}"))
    if values["journey"] is not None:
        read_name(values["journey"], "a journey", where=where, key=f"{key}.journey")
    return {"strategies": strategies, **values}


def _normalize_strategy(
    data: object, key: str, parts: list[Part], where: str, config_path: ConfigPath
) -> dict[str, Any]:
    changes = _named(data, "strategy", "a strategy", key, parts, where)
    if changes is None:
        strategy = Strategy(name=REACTIVE) if data is None else read(Strategy, data, where=where, key=key)
        return dict(plain(with_typed_levels(strategy)))
    checked = check(Strategy, changes, where=where, key=key, partial=True)
    typed = [
        (kind, name)
        for kind in ("build", "run")
        for name in CAPABILITIES
        if checked.get("costs", {}).get(kind, {}).get(name) is not None
    ]
    if typed:
        # The file that types a cost may leave its level to the strategy that it uses.
        for kind, name in typed:
            checked["costs"][kind][name].setdefault("level", None)
        below = normalize_file("strategy", parts[-1].name, config_path, key=f"{key}.use", where=where)
        merge(below, checked)
        costs = plain(with_typed_levels(read(Strategy, below, where=where, key=key)).costs)
        for kind, name in typed:
            checked["costs"][kind][name] = costs[kind][name]
    return checked


def _normalize_journeys(data: object, arms: Mapping[str, Any], parts: list[Part], where: str) -> dict[str, Any]:
    """Return the journeys written out in the data, and name as parts those that an arm names beside them."""
    place = f"{where}: " if where else ""
    if data is None:
        data = {}
    if not isinstance(data, Mapping):
        raise ConfigError(f"{place}journeys is {show(data)}; give a mapping of journeys by name")
    written = {}
    for name, journey in data.items():
        read_name(name, "a journey", where=where, key="a name under journeys")
        written[name] = normalize_journey(read_named_journey(name, journey, f"{place}journeys.{name}"))
    named: dict[str, str] = {}
    for arm, plans in arms.items():
        for brand, plan in plans.items():
            if plan["journey"] is not None:
                named.setdefault(plan["journey"], f"arms.{arm}.{brand}.journey")
            answer = plan["best_response"]
            if answer is not None and answer["journey"] is not None:
                named.setdefault(answer["journey"], f"arms.{arm}.{brand}.best_response.journey")
    parts.extend(
        Part("journey", name, f"journeys.{name}", asked) for name, asked in named.items() if name not in written
    )
    return written
