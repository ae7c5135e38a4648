"""Environment: what a customer of the readable engine reads from the world, and what it counts and pays there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from agents.purposes import Purpose

__all__ = ["Decision", "EdgeView", "Environment", "NodeView"]


@dataclass(frozen=True, slots=True)
class EdgeView:
    """An edge of the journey. ``hazard`` is "logit", "probability" or "reference".

    ``by_step`` are probabilities by time in stage, or by week of the run where ``forward``; empty where it has none.
    ``opens`` is the first week in which it is open, ``closes`` the first in which it no longer is; ``personas`` the
    indices of those to whom it is open, or None: all; ``visits`` whether it leads to a visit. ``by_visit`` are weights
    by visit, empty where no edge of its stage has any.
    """

    target: int
    on: str | None
    only: str | None
    hazard: str
    base: float
    terms: tuple[tuple[str, float], ...]
    by_step: tuple[float, ...] = ()
    forward: bool = False
    opens: int = 0
    closes: int = 2**62
    personas: frozenset[int] | None = None
    visits: bool = False
    by_visit: tuple[float, ...] = ()

    def is_there(self, week: int, persona: int) -> bool:
        """Return whether the edge exists in a week, for a persona."""
        return self.opens <= week < self.closes and (self.personas is None or persona in self.personas)

    def probability_at(self, week: int, since: int) -> float:
        """Return the probability by time, of who is in the stage since a week; the last value goes on."""
        spent = week if self.forward else week - since
        return self.by_step[min(max(spent, 0), len(self.by_step) - 1)]

    def weight_at(self, visit: int) -> float:
        """Return the weight by visit; the last value goes on."""
        return self.by_visit[min(max(visit, 1), len(self.by_visit)) - 1]


@dataclass(frozen=True, slots=True)
class NodeView:
    """A stage of one journey. ``weeks`` is None, 0 (within the week) or a fixed stay.

    ``mix`` are cumulative shares of channels, empty where the stage has none; ``cost`` and ``ancillary`` are money, in
    minor units; ``keeps`` is whether who stands here is a customer of the brand bought last; ``by_visit`` whether its
    edges have weights by visit; ``counted`` whether entering it counts as a visit; ``goal`` whether it is one.
    """

    journey: int
    stage: int
    does: str
    weeks: int | None
    weekly: bool
    effort: float
    lift: float
    cost: int
    ancillary: int
    mix: tuple[float, ...]
    edges: tuple[EdgeView, ...]
    keeps: bool = True
    by_visit: bool = False
    counted: bool = True
    goal: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """A random decision: a draw in (0, 1), the weights of the options, and the option taken.

    ``options`` are (name or number, weight) in the order tried; ``taken`` is one of the names, or None for staying.
    """

    kind: str
    brand: int
    draw: float
    options: tuple[tuple[Any, float], ...]
    taken: Any


class Environment(Protocol):
    """What a customer reads from the world, and counts and pays there. Brands, stages and channels are ids."""

    week: int
    brands: int
    constants: Any  # single numbers, named as in sim.world.world.CONSTANTS

    def draw(self, customer_id: int, purpose: Purpose, period: int, index: int, which: int) -> float:
        """Uniform draw of the customer.

        Parameters
        ----------
        customer_id : int
            Id of the customer.
        purpose : Purpose
            What is decided.
        period, index : int
            Further keys of the draw (:class:`agents.purposes.Purpose`).
        which : int
            Which of the four words of the block, 0 to 3.

        Returns
        -------
        float
            In (0, 1).
        """
        ...

    def is_reached(self, customer_id: int, brand: int, threshold: int) -> bool:
        """Whether this week brings a contact of the brand, at ``threshold`` weeks in 65,536.

        Parameters
        ----------
        customer_id : int
            Id of the customer.
        brand : int
            Id of the brand.
        threshold : int
            Contacts per 65,536 weeks.

        Returns
        -------
        bool
        """
        ...

    def contacting(self) -> Sequence[int]:
        """Brands that make contact at all."""
        ...

    def level(self, brand: int, persona: int) -> Any:
        """Levels of the brand's present strategy for a persona, named as in sim.world.world.LEVEL."""
        ...

    def segment(self, brand: int) -> Any:
        """The brand's present plan, named as in sim.world.world.SEGMENT."""
        ...

    def brand(self, brand: int) -> Any:
        """The brand, named as in sim.world.world.BRAND."""
        ...

    def delight(self, brand: int) -> float:
        """How much the brand's innovations delight this week."""
        ...

    def standing(self, customer_id: int, brand: int) -> Any:
        """Reputation and recall of the brand in the customer's community."""
        ...

    def persona(self, persona: int) -> Any:
        """The persona, named as in sim.world.world.PERSONA."""
        ...

    def offer(self, persona: int, brand: int) -> Any:
        """Revenue and margin of a purchase, minor units."""
        ...

    def channel(self, channel: int) -> Any:
        """A channel, named as in sim.world.graph.CHANNEL."""
        ...

    def node(self, host: int, stage: int) -> NodeView:
        """A stage on the host brand's journey (or on that of customers without a host brand)."""
        ...

    def has_stage(self, brand: int, stage: int) -> bool:
        """Whether the brand's journey has a stage of its own like this."""
        ...

    def is_reachable(self, brand: int, stage: int) -> bool:
        """Whether the brand makes contacts in this stage."""
        ...

    def adoption(self) -> float:
        """Share of customers who ever bought in the category."""
        ...

    def gap(self, position: float) -> float:
        """Gap of mean 1 at a position of the quantile table."""
        ...

    def taste(self, brand: int, above: bool, position: float) -> float:
        """Log-Gamma taste for a brand at a position of its quantile table, above the median or below.

        Parameters
        ----------
        brand : int
            Id of the brand.
        above : bool
            Whether the draw lies above the median.
        position : float
            In nodes of the table, >= 0.

        Returns
        -------
        float
            Utility.
        """
        ...

    def fatigue_left(self, weeks: int) -> float:
        """Share of fatigue left after so many weeks."""
        ...

    def habit_left(self, weeks: int) -> float:
        """Share of habit left after so many weeks."""
        ...

    def count(self, customer: Any, brand: int, what: str, amount: int) -> None:
        """Count something for a brand, this week; ``what`` is named as in sim.record.counters.ByBrand.

        Parameters
        ----------
        customer
            The :class:`agents.customer.Customer` it happens to.
        brand : int
            Id of the brand.
        what : str
            Name of the counter.
        amount : int
            What is added.
        """
        ...

    def count_persona(self, customer: Any, what: str, amount: int) -> None:
        """Count something for the persona, this week.

        Parameters
        ----------
        customer
            The :class:`agents.customer.Customer` it happens to.
        what : str
            Name of a counter of sim.record.counters.ByPersona.
        amount : int
            What is added.
        """
        ...

    def pay(self, customer: Any, brand: int, what: str, amount: int) -> None:
        """Book money; ``what`` is named as in sim.record.history.Money.

        Parameters
        ----------
        customer
            The :class:`agents.customer.Customer` it happens to.
        brand : int
            Id of the brand.
        what : str
            Name of the kind of money.
        amount : int
            Amount.
        """
        ...

    def say(self, customer: Any, brand: int, *, good: bool) -> None:
        """Count word of mouth about the brand.

        Parameters
        ----------
        customer
            The :class:`agents.customer.Customer` it happens to.
        brand : int
            Id of the brand.
        good : bool
            Praise, or else a complaint.
        """
        ...

    def moved(self, customer: Any, source: int, target: int) -> None:
        """Count a move from stage to stage.

        Parameters
        ----------
        customer
            The :class:`agents.customer.Customer` it happens to.
        source, target : int
            Ids of the stages.
        """
        ...

    def bought(self, customer: Any, brand: int, *, switched: bool) -> None:
        """Add a purchase to the customer's account.

        Parameters
        ----------
        customer
            The :class:`agents.customer.Customer` it happens to.
        brand : int
            Id of the brand.
        switched : bool
            Whether another brand was bought before.
        """
        ...

    def note(self, customer: Any, kind: str, brand: int, channel: int, origin: int, amount: int) -> None:
        """Log an event; ``kind`` is named as in sim.record.events.EventKind.

        Parameters
        ----------
        customer
            The :class:`agents.customer.Customer` it happens to.
        kind : str
            Kind of the event.
        brand, channel, origin : int
            Ids, or NOBODY.
        amount : int
            Amount of a purchase, else 0.
        """
        ...

    def decided(self, customer: Any, decision: Decision) -> None:
        """Receive a decision of luck; only a story records it."""
        ...
