"""Strategies: how far a company goes with each capability, how often it makes contact, and what that costs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any, ClassVar

from agents.quantity import choice, money, number, quantity, text, whole

__all__ = [
    "EFFECTIVENESS_BOUNDS",
    "CAPABILITIES",
    "CAPABILITIES_IN_WORDS",
    "Capability",
    "CapabilityCosts",
    "Contacts",
    "Costs",
    "Doubt",
    "EffectRange",
    "Effectiveness",
    "MESSAGES",
    "PERIODS",
    "PersonaStrategy",
    "Strategy",
    "StrategyPhase",
    "TypedCost",
    "highest_level",
    "level_of",
    "with_phase",
    "with_typed_levels",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """What a company can do to a customer's journey, as far as a level in [0, 1].

    Attributes
    ----------
    title : str
        A reader's name for it.
    about : str
        What its level means.
    settings : tuple of str
        Other fields of a strategy that act through this capability alone, and are switched on and off with it.
    costs : tuple of str
        Fields of :class:`Costs`, beside ``build`` and ``run``, that are paid only with it.
    """

    title: str
    about: str
    settings: tuple[str, ...] = ()
    costs: tuple[str, ...] = ()


#: Effectiveness that the model admits, and multiples of it: from none to twice what is assumed.
EFFECTIVENESS_BOUNDS = (0.0, 2.0)
#: Every capability by name (Edelman & Singer 2015). Levels, costs, gates of edges, players of an attribution, factors
#: and tables of reports are enumerated from here.
CAPABILITIES: Mapping[str, Capability] = MappingProxyType(
    {
        "automation": Capability(
            title="automation",
            about="steps of the journey digitised and streamlined",
        ),
        "personalization": Capability(
            title="personalization",
            about="what is known of the customer tailors the next step",
            # What is known of strangers, and how openly it is used, act through personalization alone.
            settings=("prospect_knowledge", "data_use"),
        ),
        "context": Capability(
            title="contextual interaction",
            about="share of contacts timed by knowing where the customer is",
        ),
        "innovation": Capability(
            title="innovation",
            about="size of the journey team that experiments",
            costs=("experiment",),
        ),
    }
)
#: How often a running cost may be paid.
PERIODS: tuple[str, ...] = ("step", "day", "week", "month", "year")
_PER_PERIOD = re.compile(rf"([0-9][0-9_,]*(?:\.[0-9]+)?) ?(?:/ ?|per |an? )({'|'.join(PERIODS)})")
#: What contacts say.
MESSAGES: tuple[str, ...] = ("invitation", "recommendation", "help")
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
#: "four capabilities", for sentences.
CAPABILITIES_IN_WORDS = f"{_NUMBERS[len(CAPABILITIES)]} capabilities"


def _level(name: str) -> Any:
    return number(0.0, 0.0, 1.0, CAPABILITIES[name].about)


def _persona_level(name: str) -> Any:
    return number(None, 0.0, 1.0, f"{CAPABILITIES[name].title}, where it differs", optional=True)


def _effectiveness(name: str) -> Any:
    return number(1.0, *EFFECTIVENESS_BOUNDS, f"effectiveness of {CAPABILITIES[name].title}")


def _range(name: str) -> Any:
    return quantity(f"range of the effectiveness of {CAPABILITIES[name].title}", default=None, optional=True)


def _cost(name: str) -> Any:
    return quantity(f"cost of {CAPABILITIES[name].title}, as it is paid", factory=TypedCost)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contacts:
    """Contacts per week, as the probability that a week brings one (at most one a week)."""

    customers: float = number(0.0, 0.0, 1.0, "chance a week of contacting a customer of the brand", "per week")
    prospects: float = number(0.0, 0.0, 1.0, "chance a week of contacting anybody else", "per week")
    weeks: int | None = whole(
        None,
        1,
        65000,
        "weeks from the start in which contacts are made: 1 is a single wave; null is without end",
        "weeks",
        optional=True,
    )
    stages: tuple[str, ...] = quantity("stages in which contacts are made, by name; none named: all", default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedCost:
    """An amount as it is paid, and the level of the capability at which it was typed.

    In YAML and on the command line a number, the cost at the level that stands beside it, or for a running cost a text
    such as `5000/month`. The level is kept with the amount, so that the charge follows when the level alone is moved.
    """

    SHORTHAND: ClassVar[tuple[str, ...]] = ("amount",)

    amount: float = money(0.0, 0.0, 1e12, "what is paid at the level typed")
    level: float | None = number(
        None, 0.0, 1.0, "level of which the amount is the cost; null: the strategy's own", optional=True
    )
    personas: Mapping[str, float] = quantity("levels typed for single personas", factory=dict)
    every: str = choice("step", PERIODS, "how often a running cost is paid; step: what one step of the scenario is")

    @classmethod
    def of_text(cls, text: str) -> dict[str, Any] | None:
        """Return the fields that a text such as `5000/month` stands for; None where it is no such text.

        Examples
        --------
        >>> TypedCost.of_text("5_000 a month"), TypedCost.of_text("5000/fortnight")
        ({'amount': 5000.0, 'every': 'month'}, None)
        """
        found = _PER_PERIOD.fullmatch(text.strip())
        if found is None:
            return None
        return {"amount": float(found[1].replace("_", "").replace(",", "")), "every": found[2]}


@dataclass(frozen=True, slots=True, kw_only=True)
class CapabilityCosts:
    """A cost of each capability, as it is paid for the whole market at the level typed."""

    automation: TypedCost = _cost("automation")
    personalization: TypedCost = _cost("personalization")
    context: TypedCost = _cost("context")
    innovation: TypedCost = _cost("innovation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What a strategy costs its brand, in amounts as they are paid."""

    build: CapabilityCosts = quantity("paid once, in the step in which the strategy starts", factory=CapabilityCosts)
    run: CapabilityCosts = quantity(
        "paid every step, or as often as typed, while the strategy runs", factory=CapabilityCosts
    )
    convexity: float = number(
        2.0,
        1.0,
        10.0,
        "power of a level by which its cost changes when it is moved away from the one typed",
    )
    contact: float = money(0.0, 0.0, 1e6, "cost of one contact")
    experiment: float = money(0.0, 0.0, 1e9, "cost of one innovation experiment")


@dataclass(frozen=True, slots=True, kw_only=True)
class Effectiveness:
    """Multiplier of what each capability does to customers, and of nothing that it costs.

    1 is as assumed, 0.5 half the effect at full cost. In YAML a number stands for every capability. A level times its
    effectiveness acts up to 1 and no further.
    """

    SHORTHAND: ClassVar[tuple[str, ...]] = tuple(CAPABILITIES)

    automation: float = _effectiveness("automation")
    personalization: float = _effectiveness("personalization")
    context: float = _effectiveness("context")
    innovation: float = _effectiveness("innovation")


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectRange:
    """How well a capability may really work: multiples of what is assumed, and where they come from."""

    low: float = number(1.0, *EFFECTIVENESS_BOUNDS, "lowest multiple of the effectiveness assumed")
    high: float = number(1.0, *EFFECTIVENESS_BOUNDS, "highest multiple of the effectiveness assumed")
    source: str = text("assumption", "where the range comes from")


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """The range in which the effectiveness of each capability lies; ``None`` where no doubt is stated.

    A multiple is as likely anywhere in its range, and those of two capabilities say nothing of each other.
    """

    automation: EffectRange | None = _range("automation")
    personalization: EffectRange | None = _range("personalization")
    context: EffectRange | None = _range("context")
    innovation: EffectRange | None = _range("innovation")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonaStrategy:
    """Levels for one persona that differ from the strategy's own; ``None`` keeps the strategy's."""

    automation: float | None = _persona_level("automation")
    personalization: float | None = _persona_level("personalization")
    context: float | None = _persona_level("context")
    innovation: float | None = _persona_level("innovation")
    customers: float | None = number(None, 0.0, 1.0, "contacts a week, customers", "per week", optional=True)
    prospects: float | None = number(None, 0.0, 1.0, "contacts a week, prospects", "per week", optional=True)
    prospect_knowledge: float | None = number(None, 0.0, 1.0, "knowledge of prospects", optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyPhase(PersonaStrategy):
    """What changes some time after a strategy has started; ``None`` keeps what is in force.

    A persona for which the strategy has a level of its own keeps it, unless the phase names the persona. A higher level
    is built then, for what it costs more than what stands.
    """

    weeks: int = whole(1, 1, 65000, "steps after the strategy's start from which it is in force", "steps")
    personas: Mapping[str, PersonaStrategy] = quantity("levels that differ per persona from then on", factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """How a company leads its customers (Edelman & Singer 2015): capabilities, contacts, data use, cost."""

    name: str = text("", "name of the strategy file it came from")
    title: str = text("", "a reader's name for it")
    automation: float = _level("automation")
    personalization: float = _level("personalization")
    context: float = _level("context")
    innovation: float = _level("innovation")
    effectiveness: Effectiveness = quantity(
        "multiplies what the capabilities do to customers, and nothing that they cost", factory=Effectiveness
    )
    doubt: Any = quantity(
        "range of the effectiveness, as multiples of it: [low, high], a mapping by capability, or the name of a file",
        default=None,
        optional=True,
    )
    contacts_per_week: Contacts = quantity("contacts a week", factory=Contacts)
    prospect_knowledge: float = number(0.0, 0.0, 1.0, "knowledge of people who are not customers")
    data_use: str = choice("disclosed", ("disclosed", "covert"), "whether customers are told what is known about them")
    only: tuple[str, ...] = quantity("personas that it is for, by name; none named: everybody", default=())
    message: str = choice(
        "invitation",
        MESSAGES,
        "what contacts say: an invitation to buy; a recommendation to look for a better plan, which may remind of "
        "leaving; or help with what was bought",
    )
    caller: str = choice(
        "person", ("person", "machine"), "who makes contacts: a person, or a machine that says that it is one"
    )
    promise: float = number(
        0.0,
        -5.0,
        5.0,
        "what customers are told to expect above what they get: who did not buy the brand last chooses by it, and "
        "every experience disappoints by as much; it acts as far as contextual interaction works",
        "utility",
    )
    start_week: int = whole(0, 0, 65000, "week of the horizon in which the strategy starts", "weeks")
    costs: Costs = quantity("what it costs", factory=Costs)
    personas: Mapping[str, PersonaStrategy] = quantity("levels that differ per persona", factory=dict)
    phases: Mapping[str, StrategyPhase] = quantity("what changes later, by a name of one's own", factory=dict)


def with_typed_levels(strategy: Strategy) -> Strategy:
    """Return a strategy in which every cost of a capability says at which level it was typed.

    A cost that says so already keeps its level. One that does not was typed beside the levels that the strategy has
    now; where those are all 0, it is the cost of full level (1.0).

    Examples
    --------
    >>> costs = Costs(build=CapabilityCosts(automation=TypedCost(amount=200_000.0)))
    >>> with_typed_levels(Strategy(automation=0.7, costs=costs)).costs.build.automation.level
    0.7
    """
    kinds: dict[str, Any] = {}
    for kind in ("build", "run"):
        costs: CapabilityCosts = getattr(strategy.costs, kind)
        found = {name: getattr(costs, name) for name in CAPABILITIES}
        changed = {
            name: replace(cost, **_levels_of(strategy, name))
            for name, cost in found.items()
            if cost.amount > 0.0 and cost.level is None
        }
        if changed:
            kinds[kind] = replace(costs, **changed)
    return replace(strategy, costs=replace(strategy.costs, **kinds)) if kinds else strategy


def level_of(strategy: Strategy, name: str, persona: str) -> float:
    """Return a level or a contact rate of a strategy for one persona.

    Parameters
    ----------
    strategy : Strategy
    name : str
        A capability, ``prospect_knowledge``, or ``customers`` and ``prospects`` for contacts.
    persona : str
        Name of the persona.

    Returns
    -------
    float
        In [0, 1]; 0 for who is not among those that the strategy is for.
    """
    if strategy.only and persona not in strategy.only:
        return 0.0
    own = strategy.personas.get(persona)
    value = getattr(own, name) if own is not None else None
    if value is not None:
        return float(value)
    if name in ("customers", "prospects"):
        return float(getattr(strategy.contacts_per_week, name))
    return float(getattr(strategy, name))


def with_phase(strategy: Strategy, phase: StrategyPhase) -> Strategy:
    """Return a strategy as it is from the start of one of its phases on.

    Examples
    --------
    >>> phase = StrategyPhase(weeks=26, automation=0.8, customers=0.1)
    >>> later = with_phase(Strategy(automation=0.2, context=0.5), phase)
    >>> later.automation, later.context, later.contacts_per_week.customers
    (0.8, 0.5, 0.1)
    """
    contacts = {name: getattr(phase, name) for name in ("customers", "prospects") if getattr(phase, name) is not None}
    levels = (*CAPABILITIES, "prospect_knowledge")
    personas = dict(strategy.personas)
    for name, own in phase.personas.items():
        said = {item.name: getattr(own, item.name) for item in fields(own) if getattr(own, item.name) is not None}
        personas[name] = replace(personas.get(name, PersonaStrategy()), **said)
    return replace(
        strategy,
        **{name: getattr(phase, name) for name in levels if getattr(phase, name) is not None},
        contacts_per_week=replace(strategy.contacts_per_week, **contacts),
        personas=personas,
    )


def highest_level(strategy: Strategy, name: str) -> float:
    """Return the highest level or contact rate that a strategy ever has, for any persona and in any phase.

    Parameters
    ----------
    strategy : Strategy
    name : str
        As for :func:`level_of`.

    Returns
    -------
    float
        In [0, 1].
    """
    contacts = strategy.contacts_per_week
    own = getattr(contacts if name in ("customers", "prospects") else strategy, name)
    stated = [*strategy.personas.values(), *strategy.phases.values()]
    stated += [each for phase in strategy.phases.values() for each in phase.personas.values()]
    return max([float(own), *(float(getattr(each, name) or 0.0) for each in stated)])


def _levels_of(strategy: Strategy, name: str) -> dict[str, Any]:
    named = dict.fromkeys((*strategy.only, *strategy.personas))
    personas = {persona: level_of(strategy, name, persona) for persona in named}
    level = 0.0 if strategy.only else float(getattr(strategy, name))
    if level == 0.0 and not any(personas.values()):
        return {"level": 1.0, "personas": dict.fromkeys(personas, 1.0)}
    return {"level": level, "personas": personas}


for _kind in (Strategy, CapabilityCosts, PersonaStrategy, Effectiveness, Doubt):
    _missing = [name for name in CAPABILITIES if name not in {item.name for item in fields(_kind)}]
    if _missing:
        raise TypeError(f"{_kind.__name__} has no field for the capability {', '.join(_missing)}; declare one")
