"""ScopedLever: a level or a contact rate for one persona, or from some week on: `contact_rate for wary from 26`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from agents.strategies import CAPABILITIES, Strategy, StrategyPhase, level_of, with_phase
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.scenario import Scenario
from sim.scenario.schema import show

__all__ = ["ScopedLever", "lever_base", "read_scope", "spread_over_personas", "with_phases"]

#: Levers that may differ by persona and phase, and the field of a strategy's levels that each of them sets.
_FIELDS: Mapping[str, str] = {
    **{name: name for name in CAPABILITIES},
    "contact_rate": "customers",
    "prospect_contact_rate": "prospects",
    "prospect_knowledge": "prospect_knowledge",
}
_WRITTEN = re.compile(r"(\w+)(?: +for +([\w-]+|\*))?(?: +from +(\d+))?")
#: Stands for every persona.
_EVERY = "*"
_LATEST = 65_000


@dataclass(frozen=True, slots=True)
class ScopedLever:
    """A lever for one persona, from a step after the strategy's start on, or both.

    Attributes
    ----------
    base : str
        Name of the lever for everybody from the start.
    persona : str
        Empty for everybody.
    weeks : int
        Steps after the strategy's start; 0 for the start itself.
    """

    base: str
    persona: str
    weeks: int

    def check(self, name: str, scenario: Scenario) -> None:
        """Raise ConfigError if the scenario has no such persona, or ends before the lever begins."""
        personas = [persona.name for persona in scenario.personas]
        if self.persona and self.persona not in personas:
            raise ConfigError(
                f"levers names {name}, and {self.persona!r} is no persona of {scenario.name!r};"
                f" {suggest(self.persona, personas, 'the personas are')}"
            )
        if self.weeks >= scenario.horizon:
            raise ConfigError(
                f"levers names {name}, which begins after the horizon of {scenario.horizon} steps; give an earlier one"
            )

    def path(self, scenario: Scenario, arm: str) -> str:
        """Return the dotted key that it sets in an arm whose strategy has the phase."""
        place = f"arms.{arm}.focal.strategy"
        if self.weeks:
            place += f".phases.{_phase_name(_strategy(scenario, arm), self.weeks)}"
        if self.persona:
            place += f".personas.{self.persona}"
        return f"{place}.{_FIELDS[self.base]}"

    def own(self, scenario: Scenario, arm: str) -> float:
        """Return the level that is in force there as the arm stands."""
        strategy = _strategy(scenario, arm)
        for phase in sorted(strategy.phases.values(), key=lambda phase: phase.weeks):
            if phase.weeks <= self.weeks:
                strategy = with_phase(strategy, phase)
        return level_of(strategy, _FIELDS[self.base], self.persona)

    def words(self, label: str, step: str) -> str:
        """Return what it is called: the label of the lever, for whom, and from when."""
        who = f" for {self.persona.replace('_', ' ')}" if self.persona else ""
        when = f" from {step} {self.weeks}" if self.weeks else ""
        return f"{label}{who}{when}"


def read_scope(name: str) -> ScopedLever | None:
    """Read the name of a lever; None where it names neither persona nor phase.

    Raises
    ------
    ConfigError
        If what it names cannot differ by persona or phase.

    Examples
    --------
    >>> read_scope("contact_rate for wary from 26")
    ScopedLever(base='contact_rate', persona='wary', weeks=26)
    """
    found = _WRITTEN.fullmatch(name.strip())
    if found is None or (found[2] is None and found[3] is None):
        return None
    base, persona, weeks = found.groups()
    if base not in _FIELDS:
        raise ConfigError(
            f"levers names {show(name)}, and {base} is the same for every persona and phase;"
            f" {suggest(base, _FIELDS, 'what may differ is')}"
        )
    if weeks is not None and not 1 <= int(weeks) <= _LATEST:
        raise ConfigError(
            f"levers names {show(name)}; a phase begins 1 to {_LATEST} steps after the start, so give such a number"
        )
    return ScopedLever(base, persona or "", int(weeks or 0))


def lever_base(name: str) -> str:
    """Return the lever of which a name is a part: `contact_rate` of `contact_rate for wary`; else the name.

    Examples
    --------
    >>> lever_base("contact_rate for wary"), lever_base("market.contact.fatigue")
    ('contact_rate', 'market.contact.fatigue')
    """
    found = _WRITTEN.fullmatch(name.strip())
    return name if found is None else found[1]


def spread_over_personas(name: str, personas: Iterable[str]) -> tuple[str, ...]:
    """Return the names that a name with `for *` stands for, one for each persona; any other name as it is.

    Examples
    --------
    >>> spread_over_personas("contact_rate for *", ["wary", "busy"])
    ('contact_rate for wary', 'contact_rate for busy')
    """
    found = _WRITTEN.fullmatch(name.strip())
    if found is None or found[2] != _EVERY:
        return (name,)
    when = f" from {found[3]}" if found[3] else ""
    return tuple(f"{found[1]} for {persona}{when}" for persona in personas)


def with_phases(scenario: Scenario, arm: str, names: Iterable[str]) -> Scenario:
    """Return the scenario with a phase in the arm's strategy for every step that a lever names.

    A phase that says nothing changes nothing.

    Parameters
    ----------
    scenario : Scenario
    arm : str
    names : iterable of str
        Of levers.

    Returns
    -------
    Scenario
    """
    strategy = _strategy(scenario, arm)
    there = {phase.weeks for phase in strategy.phases.values()}
    asked = dict.fromkeys(scope.weeks for scope in map(read_scope, names) if scope is not None and scope.weeks)
    added = {_phase_name(strategy, weeks): StrategyPhase(weeks=weeks) for weeks in asked if weeks not in there}
    if not added:
        return scenario
    focal, own = scenario.market.focal, scenario.arms[arm]
    plan = replace(own.plans[focal], strategy=replace(strategy, phases={**strategy.phases, **added}))
    return replace(scenario, arms={**scenario.arms, arm: replace(own, plans={**own.plans, focal: plan})})


def _strategy(scenario: Scenario, arm: str) -> Strategy:
    return scenario.arms[arm].plans[scenario.market.focal].strategy


def _phase_name(strategy: Strategy, weeks: int) -> str:
    return next((name for name, phase in strategy.phases.items() if phase.weeks == weeks), f"from_{weeks}")
