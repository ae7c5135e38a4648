"""Strategies: how far a company goes with the four capabilities, how often it makes contact, and what that costs."""

from collections.abc import Mapping
from dataclasses import dataclass

from agents.quantity import choice, number, quantity, text, whole

__all__ = ["CAPABILITIES", "CapabilityCosts", "Contacts", "Costs", "PersonaStrategy", "Strategy"]

CAPABILITIES: tuple[str, ...] = ("automation", "personalization", "context", "innovation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contacts:
    """Contacts per week, as the probability that a week brings one (at most one a week)."""

    customers: float = number(0.0, 0.0, 1.0, "chance a week of contacting a customer of the brand", "per week")
    prospects: float = number(0.0, 0.0, 1.0, "chance a week of contacting anybody else", "per week")


@dataclass(frozen=True, slots=True, kw_only=True)
class CapabilityCosts:
    """A cost of each capability at full level (1.0), per 1,000 customers of the market."""

    automation: float = number(0.0, 0.0, 1e9, "cost of full automation", "money per 1,000 customers")
    personalization: float = number(0.0, 0.0, 1e9, "cost of full personalization", "money per 1,000 customers")
    context: float = number(0.0, 0.0, 1e9, "cost of full contextual interaction", "money per 1,000 customers")
    innovation: float = number(0.0, 0.0, 1e9, "cost of a full journey team", "money per 1,000 customers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What a strategy costs its brand."""

    build: CapabilityCosts = quantity("paid once, in the week the strategy starts", factory=CapabilityCosts)
    run: CapabilityCosts = quantity("paid every week while the strategy runs", factory=CapabilityCosts)
    convexity: float = number(2.0, 1.0, 10.0, "capability cost is cost x level ** convexity")
    contact: float = number(0.0, 0.0, 1e6, "cost of one contact, in whole cents", "money")
    experiment: float = number(0.0, 0.0, 1e9, "cost of one innovation experiment", "money per 1,000 customers")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonaStrategy:
    """Levels for one persona that differ from the strategy's own; ``None`` keeps the strategy's."""

    automation: float | None = number(None, 0.0, 1.0, "automation for this persona", optional=True)
    personalization: float | None = number(None, 0.0, 1.0, "personalization for this persona", optional=True)
    context: float | None = number(None, 0.0, 1.0, "contextual interaction for this persona", optional=True)
    innovation: float | None = number(None, 0.0, 1.0, "innovation for this persona", optional=True)
    customers: float | None = number(None, 0.0, 1.0, "contacts a week, customers", "per week", optional=True)
    prospects: float | None = number(None, 0.0, 1.0, "contacts a week, prospects", "per week", optional=True)
    prospect_knowledge: float | None = number(None, 0.0, 1.0, "knowledge of prospects", optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """How a company leads its customers (Edelman & Singer 2015): four capabilities, contacts, data use, cost."""

    name: str = text("", "name of the strategy file it came from")
    title: str = text("", "a reader's name for it")
    automation: float = number(0.0, 0.0, 1.0, "steps of the journey digitised and streamlined")
    personalization: float = number(0.0, 0.0, 1.0, "what is known of the customer tailors the next step")
    context: float = number(0.0, 0.0, 1.0, "share of contacts timed by knowing where the customer is")
    innovation: float = number(0.0, 0.0, 1.0, "size of the journey team that experiments")
    contacts_per_week: Contacts = quantity("contacts a week", factory=Contacts)
    prospect_knowledge: float = number(0.0, 0.0, 1.0, "knowledge of people who are not customers")
    data_use: str = choice("disclosed", ("disclosed", "covert"), "whether customers are told what is known of them")
    start_week: int = whole(0, 0, 65000, "week of the horizon in which the strategy starts", "weeks")
    costs: Costs = quantity("what it costs", factory=Costs)
    personas: Mapping[str, PersonaStrategy] = quantity("levels that differ per persona", factory=dict)
