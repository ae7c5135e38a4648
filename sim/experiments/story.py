"""Story: the lives of one customer in every arm, side by side in words, with the decision at which they diverge."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from agents.population import NOBODY
from sim.analysis.clv import pick_customers
from sim.execution.replicates import run_replicates
from sim.experiments.life import Life, WeekDecision, replay
from sim.number_format import MINUS, counted, in_renewals, in_words, spaced
from sim.record.events import EventKind
from sim.record.history import ORIGINS, MarketTrace
from sim.scenario.errors import ConfigError
from sim.scenario.journey import stage_names
from sim.scenario.scenario import Scenario
from sim.text_width import padded, wrapped_lines

__all__ = ["Story", "need_in_words", "nobody_picked", "story", "timeline", "totals"]

_WIDTH = 100
#: Customers whose events are logged, by hash: among them one is looked for whose lives part, where nobody is worth
#: another amount.
_LOOKED_AT = 1_000
_HOW_WON = {"initial": "a brand thought of first", "evaluation": "found while searching", "loop": "without comparing"}


@dataclass(frozen=True, slots=True)
class Story:
    """Lives of one customer in every arm; ``str()`` writes them side by side.

    Attributes
    ----------
    scenario : Scenario
    customer : int
        Number of the customer.
    persona : str
        Its reader's name.
    traits : mapping of str to float
        When the horizon began, each in [0, 1].
    lives : tuple of Life
        The baseline's first.
    divergence : int or None
        Week of the horizon in which the first two lives diverge; None where they do not.
    reason : str
        The decision behind it, in words.
    """

    scenario: Scenario
    customer: int
    persona: str
    traits: Mapping[str, float]
    lives: tuple[Life, ...]
    divergence: int | None
    reason: str

    def __str__(self) -> str:
        return "\n".join([*_head(self), *_weeks(self), "", *totals(self)])


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
    """Write one customer's life in every arm.

    Parameters
    ----------
    scenario : Scenario
    seed, replicate : int
        Keys of the random draws.
    customer : int, optional
        Number of the customer; otherwise the one picked.
    pick : {"winner", "loser", "typical"}
        By what the first arm beside the baseline is worth to the company. Where nobody is worth another amount there,
        typical is the first customer, of a thousand by hash, whose lives part.
    engine, threads, on_progress
        As for :func:`sim.execution.replicates.run_replicates`.
    traces : mapping of arm to MarketTrace, optional
        Recorded markets of a full run; with them and a customer's number nothing else is run.

    Returns
    -------
    Story

    Raises
    ------
    ConfigError
        If a winner or loser is asked for, and nobody is worth more, or less.
    """
    if traces is None or customer is None:
        ran = scenario
        if customer is None:
            ran = replace(scenario, record=replace(scenario.record, events=max(scenario.record.events, _LOOKED_AT)))
        ((_, histories),) = run_replicates(
            ran,
            seed=seed,
            replicates=[replicate],
            engine=engine,
            threads=threads,
            on_progress=on_progress,
        )
        traces = {arm: history.trace for arm, history in histories.items()}
        if customer is None:
            other = _compared(scenario)
            picks = pick_customers(histories[other].lives, histories[scenario.baseline].lives) or {}
            customer = picks.get(pick)
            if customer is None and pick != "typical":
                raise ConfigError(nobody_picked(scenario, pick))
            if customer is None:
                customer = _first_parted(histories[other].events, histories[scenario.baseline].events)
    person, lives = replay(scenario, traces, seed=seed, replicate=replicate, customer=customer)
    ordered = sorted(lives, key=lambda one: one.arm != scenario.baseline)
    week, reason = _Words(scenario).divergence(ordered)
    persona = scenario.personas[person.persona]
    return Story(scenario, customer, persona.title or persona.name, dict(person.traits), tuple(ordered), week, reason)


def _compared(scenario: Scenario) -> str:
    """Return the arm whose customers are picked: the first that is not the baseline, or the one there is."""
    return next((arm for arm in scenario.arms if arm != scenario.baseline), scenario.baseline)


def nobody_picked(scenario: Scenario, pick: str) -> str:
    """Say why there is no winner, or no loser, and what may be asked for instead.

    Parameters
    ----------
    scenario : Scenario
    pick : {"winner", "loser"}
    """
    more = "more" if pick == "winner" else "less"
    why = (
        f"no customer is worth {more} in {in_words(_compared(scenario))!r} than in {in_words(scenario.baseline)!r}"
        if scenario.has_market
        else "without a market no customer is worth anything"
    )
    return f"pick is {pick!r}, but {why}; leave it out, or give customer=NUMBER"


def _first_parted(events: NDArray[np.void], others: NDArray[np.void]) -> int:
    """Return the first customer to whom other things happen in two arms, by their event logs; 0 where none differs."""
    alike = min(events.size, others.size)
    rows = np.flatnonzero(events[:alike] != others[:alike])
    first = int(rows[0]) if rows.size else alike
    # Logs are in the order of customers: a row that one of them lacks is of the first customer who differs.
    return min((int(log["customer"][first]) for log in (events, others) if first < log.size), default=0)


class _Words:
    """Events and decisions of a scenario in words."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.stages = [in_words(name) for name in stage_names(scenario.journeys)]

    def money(self, amount: int) -> str:
        sign = MINUS if amount < 0 else ""
        return f"{sign}{spaced(self.scenario.market.economics.currency)}{abs(amount) / self.scenario.minor_units:,.2f}"

    def brand(self, brand: int) -> str:
        if brand == NOBODY:
            return "nobody"
        found = tuple(self.scenario.market.brands.values())[brand]
        return found.title or in_words(found.name)

    def event(self, row: tuple[int, ...]) -> str:
        _, _, _, kind, stage, brand, channel, origin, amount = row
        name = self.brand(brand)
        where = f" ({in_words(tuple(self.scenario.market.channels)[channel])})" if channel != NOBODY else ""
        if kind == EventKind.STAGE:
            return f"{self.stages[stage]}{where}"
        if kind == EventKind.PURCHASE:
            loop = ORIGINS[origin] == "loop"
            does = "buys" if not self.scenario.renews else "renews with" if loop else "signs with"
            return f"{does} {name} for {self.money(amount)}{where}, {_HOW_WON[ORIGINS[origin]]}"
        return {
            EventKind.TIMELY_CONTACT: f"{name} makes contact at the right moment",
            EventKind.MISTIMED_CONTACT: f"{name} makes contact at the wrong moment",
            EventKind.OPT_OUT: f"opts out of {name}'s contacts",
            EventKind.PRAISE: f"recommends {name}",
            EventKind.COMPLAINT: f"complains about {name}",
        }[EventKind(kind)]

    def decision(self, made: WeekDecision | None) -> str:
        """Describe a decision with its random draw and its options."""
        if made is None:
            return "nothing was decided then"
        decision, stage = made.decision, self.stages[made.stage]
        if decision.kind == "contact":
            (_, share), *_ = decision.options
            outcome = "timely" if decision.taken else "mistimed"
            return (
                f"in '{stage}', {self.brand(decision.brand)} made contact; the draw {decision.draw:.4f} against a"
                f" contextual interaction of {share:.2f} made it {outcome}"
            )
        if decision.kind == "opt-out":
            (_, chance), *_ = decision.options
            return f"the draw {decision.draw:.4f} fell below the chance {chance:.4f} of opting out"
        if decision.kind == "choice":
            utilities = ", ".join(f"{self.brand(brand)} {value:.2f}" for brand, value in decision.options)
            return f"in '{stage}', utilities were {utilities}: {self.brand(decision.taken)} was chosen"
        options = ", ".join(f"{self.stages[target]} {chance:.3f}" for target, chance in decision.options)
        taken = "stayed" if decision.taken is None else f"went to {self.stages[decision.taken]}"
        return f"in '{stage}', the draw {decision.draw:.4f} against {options or 'no open way'}: the customer {taken}"

    def divergence(self, lives: Sequence[Life]) -> tuple[int | None, str]:
        """Return the first week in which the second life differs from the first, and the decision behind it."""
        if len(lives) < 2:
            return None, "There is one arm only."
        base, other = lives[0], lives[1]
        first, second = in_words(base.arm), in_words(other.arm)
        for mine, theirs in zip_longest(base.decisions, other.decisions):
            if mine is not None and theirs is not None and _same(mine, theirs):
                continue
            # Where a decision is missing in one life, the other life's is the earlier one.
            week = min(made.week for made in (mine, theirs) if made is not None)
            mine, theirs = (made if made is not None and made.week == week else None for made in (mine, theirs))
            return week, f"{first}: {self.decision(mine)}.\n{second}: {self.decision(theirs)}."
        every = f"every {self.scenario.step}"
        return None, f"{first} and {second} are the same: the same draws led to the same decisions {every}."


def _same(mine: WeekDecision, theirs: WeekDecision) -> bool:
    one, other = mine.decision, theirs.decision
    return (mine.week, mine.stage, one.kind, one.brand, one.taken) == (
        theirs.week, theirs.stage, other.kind, other.brand, other.taken
    )  # fmt: skip


def _head(told: Story) -> list[str]:
    title = told.scenario.title or told.scenario.name
    traits = ", ".join(f"{in_words(name)} {value:.2f}" for name, value in told.traits.items())
    lines = [*filter(None, [need_in_words(told)]), f"Traits: {traits}."]
    written = [part for line in lines for part in wrapped_lines(line, _WIDTH)]
    return [f"{title}: customer {told.customer}, {told.persona}", *written, ""]


def need_in_words(told: Story) -> str:
    """Say what is bought in the market, and how often customers of this persona need it on average.

    Parameters
    ----------
    told : Story

    Returns
    -------
    str
        A sentence; empty where there is no market.
    """
    scenario, need = told.scenario, told.scenario.market.need
    if not scenario.has_market:
        return ""
    persona = next((item for item in scenario.personas if (item.title or item.name) == told.persona), None)
    every = need.mean_weeks / (persona.need_rate if persona is not None and not scenario.renews else 1.0)
    what = "is due for renewal" if scenario.renews else "needs something"
    market = scenario.market.title or in_words(scenario.market.name)
    return f"{market}: here such a customer {what} about every {counted(max(round(every), 1), scenario.step)}."


def _weeks(told: Story) -> list[str]:
    """Write the lives side by side, with a row for every week in which anything happens."""
    lives, step = told.lives, told.scenario.step.capitalize()
    column = max(24, (_WIDTH - 6) // len(lives) - 2)
    lines = [
        f"{told.scenario.step:>5} " + "  ".join(padded(in_words(life.arm), column) for life in lives).rstrip(),
        f"{'':>5} " + "  ".join("-" * column for _ in lives),
    ]
    for week, by_life in timeline(told):
        if week == told.divergence:
            rule = f"{'':>5} {'=' * (_WIDTH - 6)}"
            lines += [
                rule,
                f"{'>>>':>5} {step} {week}: here the lives diverge. Same customer, same draws, another arm.",
            ]
            for part in told.reason.split("\n"):
                lines += wrapped_lines(part, _WIDTH - 6, first=" " * 6, further=" " * 8)
            lines.append(rule)
        cells = [wrapped_lines("; ".join(happened), column) or ["."] for happened in by_life]
        for at, row_of_cells in enumerate(zip_longest(*cells, fillvalue="")):
            mark = f"{week:>5}" if at == 0 else " " * 5
            lines.append(f"{mark} " + "  ".join(padded(cell, column) for cell in row_of_cells).rstrip())
    return lines if told.divergence is not None else [*lines, "", told.reason]


def timeline(told: Story) -> list[tuple[int, list[list[str]]]]:
    """Return by week in which anything happens what happens in each life, in words.

    Parameters
    ----------
    told : Story

    Returns
    -------
    list of (week, cells)
        A cell for each life, in the order of the lives: sentences, none where nothing happens.
    """
    words = _Words(told.scenario)
    texts: list[dict[int, list[str]]] = [{} for _ in told.lives]
    for life, by_week in zip(told.lives, texts, strict=True):
        for row in life.events:
            by_week.setdefault(row[1], []).append(words.event(row))
    weeks = {week for by_week in texts for week in by_week} | (
        {told.divergence} if told.divergence is not None else set()
    )
    return [(week, [by_week.get(week, []) for by_week in texts]) for week in sorted(weeks)]


def totals(told: Story) -> list[str]:
    """Write what the customer bought in every arm, and what the difference to the baseline is worth.

    Where there is no market, in which stage each life ends.
    """
    if not told.scenario.has_market:
        return [_last_stage(told, life) for life in told.lives]
    words, (base, *others) = _Words(told.scenario), told.lives
    before = in_words(base.arm)
    renews = told.scenario.renews
    of = "with" if renews else "of"
    brand = words.brand(told.scenario.focal)
    lines = [
        f"{in_words(life.arm)}: {in_renewals(counted(life.purchases, 'purchase'), renews)}, {life.focal_purchases} {of}"
        f" {brand}; spent {words.money(life.spend)} there{_beside_purchases(told, life)};"
        f" worth {words.money(life.value)} to {brand}, discounted to the first {told.scenario.step}."
        for life in told.lives
    ]
    for life in others:
        change = life.value - base.value
        how = f"{words.money(abs(change))} {'more' if change > 0 else 'less'} than" if change else "exactly what"
        lines.append(f"In {in_words(life.arm)} the customer is worth {how}{'' if change else ' it is'} in {before}.")
    return lines


def _beside_purchases(told: Story, life: Life) -> str:
    """Say how much of what was spent is ancillary revenue, which no purchase in the timeline shows."""
    paid = sum(row[8] for row in life.events if row[3] == EventKind.PURCHASE and row[5] == told.scenario.focal)
    return f", {_Words(told.scenario).money(life.spend - paid)} of it beside purchases" if life.spend != paid else ""


def _last_stage(told: Story, life: Life) -> str:
    words = _Words(told.scenario)
    moves = [row for row in life.events if row[3] == EventKind.STAGE]
    end = f"ends in {words.stages[moves[-1][4]]}" if moves else "stays where it began"
    return f"{in_words(life.arm)}: {counted(len(moves), 'move')}; the customer {end}."
