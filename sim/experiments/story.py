"""Story: one customer's life in every arm, replayed alone from the recorded weekly state of the market."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.customer import Customer, Decision
from agents.population import NOBODY, allocate_accounts
from sim.analysis.clv import pick_customers
from sim.execution.replicates import run_replicates
from sim.record.counters import Counters, allocate_counters
from sim.record.events import EventKind
from sim.record.history import ORIGINS, MarketTrace
from sim.reference.environment import Around, be_born
from sim.scenario.journey import stage_names
from sim.scenario.scenario import Scenario
from sim.world.birth import compile_birth
from sim.world.compile import compile_world
from sim.world.market import MarketState, allocate_market, market_week, start_from
from sim.world.world import World

__all__ = ["Life", "Story", "replay", "story"]


@dataclass(frozen=True, slots=True)
class Told:
    """One moment of a life. ``event`` is its row in the event log , ``text`` says it in words."""

    week: int
    event: tuple[int, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Weighed:
    """One decision of luck: in which week and stage, and what was decided."""

    week: int
    stage: int
    decision: Decision


@dataclass(frozen=True, slots=True)
class Life:
    """A customer's horizon in one arm. Money in cents; ``value`` is discounted contribution to the focal brand."""

    arm: str
    moments: tuple[Told, ...]
    decisions: tuple[Weighed, ...]
    purchases: int
    focal_purchases: int
    spend: int
    value: int


@dataclass(frozen=True, slots=True)
class Story:
    """Lives of one customer in every arm; ``str()`` tells them side by side.

    ``divergence`` is the week of the horizon in which the first two lives part, or None; ``reason`` says why.
    """

    scenario: Scenario
    customer: int
    persona: str
    traits: Mapping[str, float]
    lives: tuple[Life, ...]
    divergence: int | None
    reason: str

    def __str__(self) -> str:
        return _tell(self)


class _Witness(Around):
    """Surroundings that remember every moment and every decision of one customer."""

    def __init__(
        self, world: World, market: MarketState, counters: Counters, phase_start: int, customer_id: int
    ) -> None:
        super().__init__(world, market, counters, phase_start, customer_id)
        self.sampled = frozenset({customer_id})
        self.decisions: list[Weighed] = []

    def decided(self, customer: Customer, decision: Decision) -> None:
        """Keep the decision."""
        self.decisions.append(Weighed(self.row, customer.stage, decision))


def _meet(around: Around, trace: MarketTrace, week: int, fixed: NDArray[np.int64]) -> None:
    """Put the market of a week before the customer: strategies by their calendar, all else as recorded."""
    market = around.market
    market_week(week, around.phase_start, around.world, market, around.counters.talk, 0, fixed)
    market.standing.reputation = trace.reputation[week]
    market.standing.recall = trace.recall_odds[week]
    market.brands.delight = trace.delight[week]
    market.totals.adoption = trace.adoption[week]
    around.begin(week)


def replay(
    scenario: Scenario, traces: Mapping[str, MarketTrace], *, seed: int, replicate: int, customer: int
) -> tuple[Customer, tuple[Life, ...]]:
    """Live one customer alone in every arm.

    Parameters
    ----------
    scenario : Scenario
    traces : mapping of arm to MarketTrace
        Weekly state of the market of a full run with the same scenario, seed and replicate.
    seed, replicate, customer : int
        Keys of the customer's luck.

    Returns
    -------
    tuple of Customer and tuple of Life
        The customer as it was when the horizon began, and a life per arm, in the scenario's order.
    """
    born = compile_birth(scenario)
    stages = stage_names(scenario.journeys)
    brands = len(scenario.brands)

    def world_of(arm: str) -> World:
        return compile_world(scenario, scenario.arms[arm], seed, replicate)

    def counters_of(market: MarketState, weeks: int) -> Counters:
        sizes = (len(scenario.personas), len(stages), brands, market.standing.shape[0])
        return allocate_counters(weeks, *sizes, allocate_accounts(1))

    def life(arm: str) -> tuple[Customer, Life]:
        world = world_of(scenario.baseline)
        market = allocate_market(world)
        past = Around(world, market, counters_of(market, scenario.burn_in), 0, customer)
        person = Customer(customer, past)
        be_born(person, born)
        fixed = np.zeros((max(scenario.burn_in, scenario.horizon), brands, 3), np.int64)
        for week in range(scenario.burn_in):
            _meet(past, traces[arm], week, fixed)
            person.live_week()
        counters = counters_of(market, scenario.horizon)
        witness = _Witness(world_of(arm), start_from(market), counters, scenario.burn_in, customer)
        person.world = witness
        person.begin_horizon(scenario.focal)
        before = person.remembered()
        for week in range(scenario.burn_in, scenario.burn_in + scenario.horizon):
            _meet(witness, traces[arm], week, fixed)
            person.live_week()
        account = counters.accounts[0]
        told = tuple(Told(row[1], tuple(row), _words(scenario, stages, row)) for row in witness.events)
        return before, Life(
            arm,
            told,
            tuple(witness.decisions),
            int(account.purchases),
            int(account.focal_purchases),
            int(account.spend),
            int(account.value),
        )

    lives = [life(arm) for arm in scenario.arms]
    return lives[0][0], tuple(one for _, one in lives)


def story(
    scenario: Scenario,
    *,
    seed: int = 1,
    replicate: int = 0,
    customer: int | None = None,
    pick: str = "typical",
    engine: str = "numba",
    threads: int | None = None,
    on_progress: Callable[[int], None] | None = None,
    traces: Mapping[str, MarketTrace] | None = None,
) -> Story:
    """Tell one customer's life in every arm.

    Parameters
    ----------
    scenario : Scenario
    seed, replicate : int
        Keys of luck.
    customer : int, optional
        Number of the customer; otherwise the one picked.
    pick : {"winner", "loser", "typical"}
        By what the first arm beside the baseline is worth to the company.
    engine, threads, on_progress
        As for :func:`sim.execution.replicates.run_replicates`.
    traces : mapping of arm to MarketTrace, optional
        Recorded markets of a full run; with them and a customer's number nothing else is run.

    Returns
    -------
    Story
        ``str()`` of it is the text.
    """
    if traces is None or customer is None:
        run = run_replicates(
            scenario, seed=seed, replicates=[replicate], engine=engine, threads=threads, on_progress=on_progress
        )
        ((_, histories),) = run
        traces = {arm: history.trace for arm, history in histories.items()}
        if customer is None:
            other = next((arm for arm in scenario.arms if arm != scenario.baseline), scenario.baseline)
            picks = pick_customers(histories[other].lives, histories[scenario.baseline].lives)
            customer = picks[pick] if picks else 0
    person, lives = replay(scenario, traces, seed=seed, replicate=replicate, customer=customer)
    ordered = sorted(lives, key=lambda one: one.arm != scenario.baseline)
    week, reason = _divergence(scenario, ordered)
    persona = scenario.personas[person.persona]
    return Story(scenario, customer, persona.title or persona.name, dict(person.traits), tuple(ordered), week, reason)


# -- words -------------------------------------------------------------------------------------------------------------


def _money(scenario: Scenario, cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{scenario.market.economics.currency}{abs(cents) / 100:,.2f}"


def _brand(scenario: Scenario, brand: int) -> str:
    if brand == NOBODY:
        return "nobody"
    found = tuple(scenario.market.brands.values())[brand]
    return found.title or found.name


def _plainly(name: str) -> str:
    return name.replace("_", " ")


def _words(scenario: Scenario, stages: tuple[str, ...], row: tuple[int, ...]) -> str:
    """One moment in words."""
    _, _, _, kind, stage, brand, channel, origin, cents = row
    name, who = _plainly(stages[stage]), _brand(scenario, brand)
    where = f" ({tuple(scenario.market.channels)[channel]})" if channel != NOBODY else ""
    if kind == EventKind.PURCHASE:
        how = {
            "initial": "a brand thought of first",
            "evaluation": "found while searching",
            "loop": "without comparing",
        }
        return f"buys {who} for {_money(scenario, cents)}{where}, {how[ORIGINS[origin]]}"
    if kind == EventKind.TIMELY_CONTACT:
        return f"{who} makes contact at the right moment"
    if kind == EventKind.MISTIMED_CONTACT:
        return f"{who} makes contact at the wrong moment"
    if kind == EventKind.OPT_OUT:
        return f"opts out of {who}'s contacts"
    if kind == EventKind.PRAISE:
        return f"recommends {who}"
    if kind == EventKind.COMPLAINT:
        return f"complains about {who}"
    return f"{name}{where}"


def _decision_key(weighed: Weighed) -> tuple[Any, ...]:
    decision = weighed.decision
    return (weighed.week, weighed.stage, decision.kind, decision.brand, decision.taken)


def _decision_words(scenario: Scenario, stages: tuple[str, ...], weighed: Weighed | None) -> str:
    """One decision in words, with its draw and what the options weighed."""
    if weighed is None:
        return "nothing was decided then"
    decision, stage = weighed.decision, _plainly(stages[weighed.stage])
    if decision.kind == "contact":
        (_, share), *_ = decision.options
        verdict = "timely" if decision.taken else "mistimed"
        return (
            f"in '{stage}', {_brand(scenario, decision.brand)} made contact; the draw {decision.draw:.4f} against a"
            f" context of {share:.2f} made it {verdict}"
        )
    if decision.kind == "opt-out":
        (_, chance), *_ = decision.options
        return f"the draw {decision.draw:.4f} fell below the chance {chance:.4f} of opting out"
    if decision.kind == "choice":
        worth = ", ".join(f"{_brand(scenario, brand)} {value:.2f}" for brand, value in decision.options)
        return f"in '{stage}', utilities were {worth}: {_brand(scenario, decision.taken)} was chosen"
    options = ", ".join(f"{_plainly(stages[target])} {chance:.3f}" for target, chance in decision.options)
    taken = "stayed" if decision.taken is None else f"went to {_plainly(stages[decision.taken])}"
    return f"in '{stage}', the draw {decision.draw:.4f} against {options or 'no open way'}: the customer {taken}"


def _divergence(scenario: Scenario, lives: list[Life]) -> tuple[int | None, str]:
    """First week in which the second life parts from the first, and the decision behind it."""
    if len(lives) < 2:
        return None, "There is one arm only."
    base, other = lives[0], lives[1]
    stages = stage_names(scenario.journeys)
    for mine, theirs in zip_longest(base.decisions, other.decisions):
        if mine is not None and theirs is not None and _decision_key(mine) == _decision_key(theirs):
            continue
        # Where a decision is missing in one life, the other life's is the earlier one.
        week = min(one.week for one in (mine, theirs) if one is not None)
        mine = mine if mine is not None and mine.week == week else None
        theirs = theirs if theirs is not None and theirs.week == week else None
        return week, (
            f"{base.arm}: {_decision_words(scenario, stages, mine)}.\n"
            f"{other.arm}: {_decision_words(scenario, stages, theirs)}."
        )
    return None, f"{base.arm} and {other.arm} do not part: the same draws led to the same decisions every week."


def _tell(told: Story, width: int = 100) -> str:
    """Lives side by side, a row a week in which anything happens."""
    scenario = told.scenario
    title = scenario.title or scenario.name
    traits = ", ".join(f"{_plainly(name)} {value:.2f}" for name, value in told.traits.items())
    lines = [
        f"{title}: customer {told.customer}, {told.persona}",
        *textwrap.wrap(f"Traits: {traits}.", width),
        "",
    ]
    column = max(24, (width - 6) // len(told.lives) - 2)
    lines.append(f"{'week':>5} " + "  ".join(f"{life.arm:<{column}}" for life in told.lives).rstrip())
    lines.append(f"{'':>5} " + "  ".join("-" * column for _ in told.lives))
    busy = {moment.week for life in told.lives for moment in life.moments}
    weeks = sorted(busy if told.divergence is None else busy | {told.divergence})
    for week in weeks:
        cells = []
        for life in told.lives:
            said = "; ".join(moment.text for moment in life.moments if moment.week == week)
            cells.append(textwrap.wrap(said, column) or ["."])
        if week == told.divergence:
            lines.append(f"{'':>5} {'=' * (width - 6)}")
            lines.append(f"{'>>>':>5} Week {week}: here the lives part. Same customer, same luck, another world.")
            for part in told.reason.split("\n"):
                lines += textwrap.wrap(part, width - 6, initial_indent=" " * 6, subsequent_indent=" " * 8)
            lines.append(f"{'':>5} {'=' * (width - 6)}")
        for at, row in enumerate(zip_longest(*cells, fillvalue="")):
            mark = f"{week:>5}" if at == 0 else " " * 5
            lines.append(f"{mark} " + "  ".join(f"{cell:<{column}}" for cell in row).rstrip())
    if told.divergence is None:
        lines += ["", told.reason]
    lines.append("")
    for life in told.lives:
        lines.append(
            f"{life.arm}: {life.purchases} purchase{'' if life.purchases == 1 else 's'}, {life.focal_purchases} of"
            f" {_brand(scenario, scenario.focal)}; spent {_money(scenario, life.spend)} there;"
            f" worth {_money(scenario, life.value)} to it today."
        )
    base = told.lives[0]
    for life in told.lives[1:]:
        change = life.value - base.value
        how = f"{_money(scenario, abs(change))} {'more' if change > 0 else 'less'} than" if change else "exactly what"
        lines.append(f"In {life.arm} the customer is worth {how}{'' if change else ' it is'} in {base.arm}.")
    return "\n".join(lines)
