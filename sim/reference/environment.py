"""Environment: what a customer of the readable engine reads from a compiled world, and counts and pays there."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.customer import Customer, single
from agents.environment import Decision, EdgeView, NodeView
from agents.need_clock import set_need_clock
from agents.population import NOBODY
from agents.purposes import Purpose
from agents.rules.need import tail_position
from agents.rules.numerics import log, nearest_unit
from agents.traits import TRAITS
from sim.luck import contact_bits, uniform_draw
from sim.record.counters import ByBrand, ByPersona, Counters, period_of
from sim.record.events import EventKind
from sim.record.history import Money
from sim.scenario.journey import DOES, FEATURES, GATES
from sim.world.birth import Birth
from sim.world.graph import ALL_PERSONAS, ALWAYS, Kind, On
from sim.world.market import MarketState
from sim.world.world import World

__all__ = ["WorldEnvironment", "draw_customer"]

_ON = {On.WEEK: None, On.CONTACT: "contact", On.NEED: "need"}
_HAZARD = {Kind.LOGIT: "logit", Kind.PROBABILITY: "probability", Kind.REFERENCE: "reference"}


def _plain(record: Any) -> SimpleNamespace:
    """Turn a record into plain Python numbers under the same names."""
    return SimpleNamespace(**dict(zip(record.dtype.names, record.item(), strict=True)))


def _all_plain(records: NDArray[np.void]) -> list[SimpleNamespace]:
    """Turn every record of a row into plain Python numbers."""
    names = records.dtype.names or ()
    return [SimpleNamespace(**dict(zip(names, row, strict=True))) for row in records.tolist()]


def _personas(mask: int) -> frozenset[int] | None:
    """Personas of a mask of bits, or None where it has all."""
    return None if mask == ALL_PERSONAS else frozenset(at for at in range(64) if mask >> at & 1)


def _by_step(world: World, node: SimpleNamespace, edge: SimpleNamespace) -> tuple[float, ...]:
    """Return the probability of an edge in each step by its clock, the last going on; of none where it has no clock."""
    if not edge.step_edges:
        return ()
    begin, end = (
        (node.first_ahead_step, node.end_ahead_step) if edge.forward else (node.first_step, node.first_ahead_step)
    )
    return tuple(
        world.by_step[edge.first_step + world.step_bins[begin:end].astype(np.int64) * edge.step_edges].tolist()
    )


def _views(world: World) -> dict[int, NodeView]:
    """Every node of the graph, by number."""
    stages = world.node_of.shape[1]
    terms, by_visit = _all_plain(world.terms), world.by_visit.tolist()
    ways = _all_plain(world.edges)
    views: dict[int, NodeView] = {}
    for at, node in enumerate(_all_plain(world.nodes)):
        edges = [
            EdgeView(
                target=edge.target,
                on=_ON[edge.on],
                only=None if edge.only == ALWAYS else GATES[edge.only],
                hazard=_HAZARD[edge.kind],
                base=edge.intercept,
                terms=tuple(
                    (FEATURES[term.feature], term.coefficient) for term in terms[edge.first_term : edge.end_term]
                ),
                by_step=_by_step(world, node, edge),
                forward=bool(edge.forward),
                opens=edge.opens,
                closes=edge.closes,
                personas=_personas(edge.personas),
                visits=bool(edge.visits),
                by_visit=tuple(by_visit[edge.first_visit : edge.end_visit]),
            )
            for edge in ways[node.first_edge : node.end_edge]
        ]
        views[at] = NodeView(
            journey=at // stages,
            stage=at % stages,
            does=DOES[node.does],
            weeks=None if node.weeks < 0 else node.weeks,
            weekly=bool(node.weekly),
            effort=node.effort,
            lift=node.lift,
            cost=node.cost,
            ancillary=node.ancillary,
            mix=tuple(world.mix[at].tolist()) if node.has_channels else (),
            edges=tuple(edges),
            keeps=bool(node.keeps),
            by_visit=bool(node.by_visit),
            counted=bool(node.counted),
            goal=bool(node.goal),
        )
    return views


class WorldEnvironment:
    """The :class:`agents.environment.Environment` of a compiled world and its counters.

    Parameters
    ----------
    world : World
        One arm as compiled numbers.
    market : MarketState
        State of the market; read again at the start of each week.
    counters : Counters
        Where what customers do is counted.
    phase_start : int
        Week of the counters' first row.
    first : int
        Id of the customer of the first account.
    """

    def __init__(self, world: World, market: MarketState, counters: Counters, phase_start: int, first: int = 0) -> None:
        self.world, self.market, self.counters, self.first = world, market, counters, first
        self.phase_start = phase_start
        self.week = phase_start
        self.row = 0
        self.brands = len(world.brands)
        self.constants = _plain(world.constants[0])
        self.sampled: frozenset[int] = frozenset()
        self.events: list[tuple[int, ...]] = []
        self._views = _views(world)
        self._node_of = world.node_of.tolist()
        self._brands = _all_plain(world.brands)
        self._personas = _all_plain(world.personas)
        self._offers = [_all_plain(row) for row in world.offers]
        self._channels = _all_plain(world.channels)
        self._segments = [_all_plain(row) for row in world.segments]
        self._levels = [[_all_plain(row) for row in plane] for plane in world.levels]
        self._fatigue_left = world.fatigue_left.tolist()
        self._habit_left = world.habit_left.tolist()
        self._gaps = world.gap_quantiles.tolist()
        self._tastes = world.taste_quantiles.tolist()
        self.read_market()

    def read_market(self) -> None:
        """Read the state of the market for this week."""
        market = self.market
        self._states = _all_plain(market.brands)
        self._standing = [_all_plain(row) for row in market.standing]
        self._contacting = market.contacting[: market.totals[0].contacting].tolist()
        self._adoption = float(market.totals[0].adoption)

    def begin(self, week: int) -> None:
        """Begin a week of the phase."""
        self.week = week
        self.row = week - self.phase_start
        self.read_market()

    def draw(self, customer_id: int, purpose: Purpose, period: int, index: int, which: int) -> float:
        """Uniform draw of a customer: a function of its key alone.

        Parameters
        ----------
        customer_id : int
            Id of the customer.
        purpose : Purpose
            What the draw decides.
        period, index : int
            Further keys (:class:`agents.purposes.Purpose`).
        which : int
            Word of the block, 0 to 3.

        Returns
        -------
        float
            In (0, 1).
        """
        constants = self.constants
        return uniform_draw(constants.seed, constants.replicate, customer_id, purpose, period, index, which)

    def is_reached(self, customer_id: int, brand: int, threshold: int) -> bool:
        """Whether this week brings a contact of the brand.

        Parameters
        ----------
        customer_id : int
            Id of the customer.
        brand : int
            Id of the brand.
        threshold : int
            Contacts per 65,536 weeks, 0 to 65,536.

        Returns
        -------
        bool
            Whether the week's 16 random bits are below the threshold.
        """
        if threshold == 0:
            return False
        constants = self.constants
        bits = contact_bits(constants.seed, constants.replicate, customer_id, Purpose.CONTACT, self.week, brand)
        return bool(bits < threshold)

    def contacting(self) -> Sequence[int]:
        """Brands that make contact at all."""
        return self._contacting

    def level(self, brand: int, persona: int) -> Any:
        """Levels of the brand's present strategy for a persona."""
        return self._levels[brand][self._states[brand].active][persona]

    def segment(self, brand: int) -> Any:
        """The brand's present plan."""
        return self._segments[brand][self._states[brand].active]

    def brand(self, brand: int) -> Any:
        """The brand."""
        return self._brands[brand]

    def delight(self, brand: int) -> float:
        """How much the brand's innovations delight this week."""
        return float(self._states[brand].delight)

    def standing(self, customer_id: int, brand: int) -> Any:
        """Reputation and recall of the brand in the customer's community."""
        return self._standing[customer_id % self.constants.groups][brand]

    def persona(self, persona: int) -> Any:
        """The persona."""
        return self._personas[persona]

    def offer(self, persona: int, brand: int) -> Any:
        """Revenue and margin of a purchase, minor units."""
        return self._offers[persona][brand]

    def channel(self, channel: int) -> Any:
        """A channel."""
        return self._channels[channel + 1]

    def node(self, host: int, stage: int) -> NodeView:
        """A stage on the host brand's journey."""
        journey = self.constants.journey if host < 0 else self.segment(host).journey
        return self._views[self._node_of[journey][stage]]

    def is_focal(self, customer: Customer) -> bool:
        """Whether a customer bought the focal brand last, and has neither lapsed nor gone for good."""
        return bool(customer.incumbent == self.constants.focal) and self.node(NOBODY, customer.stage).keeps

    def has_stage(self, brand: int, stage: int) -> bool:
        """Whether the brand's journey has a stage of its own like this."""
        journey = self.segment(brand).journey
        return bool(self._node_of[journey][stage] // self.constants.stages == journey)

    def is_reachable(self, brand: int, stage: int) -> bool:
        """Whether the brand makes contacts in this stage."""
        return bool(int(self.segment(brand).stages[stage >> 6]) >> (stage & 63) & 1)

    def adoption(self) -> float:
        """Share of customers who ever bought in the category."""
        return self._adoption

    def gap(self, position: float) -> float:
        """Gap of mean 1 at a position of the quantile table."""
        below = int(position)
        share = position - below
        return self._gaps[below] * (1.0 - share) + self._gaps[below + 1] * share

    def taste(self, brand: int, above: bool, position: float) -> float:
        """Log-Gamma taste for a brand, by linear interpolation in its quantile table.

        Parameters
        ----------
        brand : int
            Id of the brand.
        above : bool
            Whether the draw is above the median.
        position : float
            Position in nodes of the table, >= 0 (:func:`agents.rules.need.tail_position`).

        Returns
        -------
        float
            Taste, utility.
        """
        below = int(position)
        share = position - below
        table = self._tastes[brand][int(above)]
        return table[below] * (1.0 - share) + table[below + 1] * share

    def fatigue_left(self, weeks: int) -> float:
        """Share of fatigue left after so many weeks."""
        return self._fatigue_left[weeks]

    def habit_left(self, weeks: int) -> float:
        """Share of habit left after so many weeks."""
        return self._habit_left[weeks]

    def count(self, customer: Customer, brand: int, what: str, amount: int) -> None:
        """Add to a counter of a brand and the customer's persona in this week.

        Parameters
        ----------
        customer : Customer
            The customer.
        brand : int
            Id of the brand.
        what : str
            Name of the counter in :class:`sim.record.counters.ByBrand`.
        amount : int
            Number to add.
        """
        self.counters.by_brand[self.row, customer.persona, brand, ByBrand[what]] += amount

    def count_persona(self, customer: Customer, what: str, amount: int) -> None:
        """Add to a counter of the customer's persona in this week.

        Parameters
        ----------
        customer : Customer
            The customer.
        what : str
            Name of the counter in :class:`sim.record.counters.ByPersona`.
        amount : int
            Number to add.
        """
        self.counters.by_persona[self.row, customer.persona, ByPersona[what]] += amount

    def pay(self, customer: Customer, brand: int, what: str, amount: int) -> None:
        """Book money to a brand in this week, and to the customer's account if it is the focal brand.

        Parameters
        ----------
        customer : Customer
            The customer.
        brand : int
            Id of the brand.
        what : str
            Kind of money, named as in :class:`sim.record.history.Money`.
        amount : int
            Amount, minor units.
        """
        if amount == 0:
            return
        self.counters.by_brand[self.row, customer.persona, brand, ByBrand.MONEY + Money[what]] += amount
        if brand == self.constants.focal and self.counters.accounts.size:
            account = self._account(customer)
            if what == "REVENUE":
                account.spend += amount
            else:
                signed = amount if what in ("MARGIN", "ANCILLARY") else -amount
                account.contribution += signed
                account.value += int(np.floor(signed * self.world.discount[self.row] + 0.5))

    def _account(self, customer: Customer) -> Any:
        return self.counters.accounts[customer.customer_id - self.first]

    def say(self, customer: Customer, brand: int, *, good: bool) -> None:
        """Count word of mouth about a brand in the customer's community.

        Parameters
        ----------
        customer : Customer
            The customer.
        brand : int
            Id of the brand.
        good : bool
            Whether it is praise; else a complaint.
        """
        self.counters.talk[customer.customer_id % self.constants.groups, brand, 0 if good else 1] += 1

    def moved(self, customer: Customer, source: int, target: int) -> None:
        """Count a move from stage to stage.

        Parameters
        ----------
        customer : Customer
            The customer.
        source, target : int
            Ids of the stages.
        """
        self.counters.flows[customer.persona, source, target] += 1
        occupancy = self.counters.occupancy
        period = period_of(self.row, len(self.counters.by_persona), len(occupancy))
        occupancy[period, customer.persona, source] -= 1
        occupancy[period, customer.persona, target] += 1

    def bought(self, customer: Customer, brand: int, *, switched: bool) -> None:
        """Add a purchase to the customer's account, if there is one.

        Parameters
        ----------
        customer : Customer
            The customer.
        brand : int
            Id of the brand bought.
        switched : bool
            Whether another brand was bought before.
        """
        if self.counters.accounts.size:
            account = self._account(customer)
            account.purchases += 1
            account.focal_purchases += int(brand == self.constants.focal)
            account.switches += int(switched)

    def note(self, customer: Customer, kind: str, brand: int, channel: int, origin: int, amount: int) -> None:
        """Log an event if the customer is in the sample.

        Parameters
        ----------
        customer : Customer
            The customer.
        kind : str
            Kind, named as in :class:`sim.record.events.EventKind`.
        brand, channel, origin : int
            Ids, or NOBODY.
        amount : int
            Amount of a purchase, else 0.
        """
        if customer.customer_id in self.sampled:
            at = (customer.customer_id, self.row, 0)
            self.events.append((*at, int(EventKind[kind]), customer.stage, brand, channel, origin, amount))

    def decided(self, customer: Customer, decision: Decision) -> None:
        """Ignore a decision; the observer of a story records it."""

    def log(self) -> NDArray[np.int64]:
        """Return the logged events, int64 (events, 9), in the columns of the counters' event log."""
        return np.array(self.events, np.int64).reshape(len(self.events), 9)


def _quantile(table: Any, position: float) -> float:
    """Interpolate linearly in a quantile table."""
    below = int(position)
    share = position - below
    return float(table[below] + (table[below + 1] - table[below]) * share)


def _category(shares: Any, u: float) -> int:
    """Category of a uniform by cumulative shares; the last catches what rounding leaves."""
    return next((at for at, share in enumerate(shares[:-1]) if u < share), len(shares) - 1)


def draw_customer(customer: Customer, born: Birth) -> None:
    """Draw a new customer's persona, traits, need rate, first stage, and time to the first need."""
    world, customer_id = customer.world, customer.customer_id
    customer.persona = _category(born.persona_shares, world.draw(customer_id, Purpose.BIRTH, 0, 0, 0))
    customer.stage = _category(born.start, world.draw(customer_id, Purpose.BIRTH, 0, 0, 1))
    at = tail_position(log(1.0 - world.draw(customer_id, Purpose.BIRTH, 0, 0, 2)))
    below = int(at)
    share = at - below
    rate = float(born.rate_quantiles[below] * (1.0 - share) + born.rate_quantiles[below + 1] * share)
    customer.gap = single(1.0 / max(rate * float(born.persona_rate[customer.persona]), 1e-9))
    for trait, name in enumerate(TRAITS):
        table = born.trait_quantiles[customer.persona, trait]
        position = world.draw(customer_id, Purpose.TRAITS, 0, trait // 4, trait % 4) * (len(table) - 1)
        customer.traits[name] = nearest_unit(_quantile(table, position))
    node = world.node(customer.host, customer.stage)
    customer.visits = int(node.counted)
    if node.does == "wait":
        set_need_clock(customer, first=True)
