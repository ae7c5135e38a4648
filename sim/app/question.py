"""Question: what the page asks, which is also its address and a command line.

A question is a scenario, how it is run, and the values that differ from the scenario's own, under the names of the
command line. A third arm in which the competitors copy the strategy is part of it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from sim.experiments.factors import NAMED, named_values
from sim.scenario.config_path import ConfigPath
from sim.scenario.dotted_key import with_values
from sim.scenario.errors import ConfigError
from sim.scenario.factor import flatten
from sim.scenario.journey import MOST_BURN_IN, MOST_STEPS
from sim.scenario.scenario import Scenario
from sim.scenario.schema import show, typed_number

__all__ = ["COPIED", "Book", "Question", "read_question"]

#: Name of the arm in which every competitor copies the strategy.
COPIED = "copied"
#: Customers that are simulated where nothing is said: the first of these that a page may ask for.
_CUSTOMERS: tuple[int, ...] = (5_000, 2_000, 1_000, 500, 200, 100)
#: Keys of a question that are whole numbers: lowest, highest, and where they stand by default.
_RUN: Mapping[str, tuple[int, int, int]] = {
    "population": (100, 50_000, _CUSTOMERS[0]),
    "replicates": (2, 32, 8),
    "seed": (0, 2**32 - 1, 1),
    "horizon": (1, MOST_STEPS, 0),
    "burn_in": (0, MOST_BURN_IN, -1),
}
_COPY = "copy_after"
_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?")
_WHOLE = re.compile(r"[-+]?[0-9]{1,18}")
#: Customer-weeks that one question may ask for, about ten seconds of two cores.
MOST_WORK = 400_000_000
#: Values that may differ at once.
_MOST_VALUES = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One state of the page.

    Attributes
    ----------
    scenario : str
        Name of a scenario, shipped or in the user's folder.
    population, replicates, seed : int
        As on the command line.
    horizon, burn_in : int or None
        Steps; None where the scenario's own are meant.
    copy_after : int or None
        Steps after which every competitor copies the strategy, in an arm of its own; None without that arm.
    values : mapping of str to number or text
        What differs from the scenario, by named factor or dotted key.
    """

    scenario: str
    population: int = 5_000
    replicates: int = 8
    seed: int = 1
    horizon: int | None = None
    burn_in: int | None = None
    copy_after: int | None = None
    values: Mapping[str, Any]

    def pairs(self) -> list[tuple[str, Any]]:
        """Return what the question says, as keys and values, those that say nothing new left out."""
        run = [(key, getattr(self, key)) for key in ("population", "replicates", "seed", "horizon", "burn_in")]
        pairs = [("scenario", self.scenario), *((key, value) for key, value in run if value is not None)]
        if self.copy_after is not None:
            pairs.append((_COPY, self.copy_after))
        return [*pairs, *sorted(self.values.items())]

    def address(self) -> str:
        """Return the query of the page's address; opening it asks the same question."""
        return urlencode([(key, _written(value)) for key, value in self.pairs()])


@dataclass(frozen=True, slots=True)
class Book:
    """The scenarios that can be asked about, read once each.

    Attributes
    ----------
    config_path : ConfigPath
        Where they lie.
    """

    config_path: ConfigPath
    _read: dict[str, Scenario]
    _typed: dict[str, Mapping[str, Any]]

    @classmethod
    def of(cls, config_path: ConfigPath) -> Book:
        """Return the book of a config path."""
        return cls(config_path, {}, {})

    def names(self) -> tuple[str, ...]:
        """Return the names of all scenarios."""
        return self.config_path.names("scenario")

    def own(self, name: str) -> Scenario:
        """Return a scenario as its file says it.

        Raises
        ------
        ConfigError
            If there is none of that name, it cannot be read, or it compares nothing.
        """
        if name not in self._read:
            data, where = self.config_path.read_scenario(name, key="scenario")
            scenario = Scenario.from_dict(data, config_path=self.config_path, where=where, name=name)
            if len(scenario.arms) < 2 or not scenario.market.focal:
                raise ConfigError(f"scenario is {name!r}, which compares nothing; give one with two arms and a market")
            self._read[name] = scenario
            self._typed[name] = data
        return self._read[name]

    def arm(self, name: str) -> str:
        """Return the arm of a scenario whose strategy the levers move: the first beside the baseline."""
        own = self.own(name)
        return next(arm for arm in own.arms if arm != own.baseline)

    def opening(self, scenario: Scenario, *, replicates: int, seed: int) -> Question:
        """Return the question with which the page opens: a scenario of the book, with what a command line changed.

        Parameters
        ----------
        scenario : Scenario
            As it was composed.
        replicates, seed : int

        Returns
        -------
        Question

        Raises
        ------
        ConfigError
            If something is changed that a page cannot set.
        """
        own = self.own(scenario.name)
        remedy = "which a page cannot be opened with; write a scenario file that has it, and open that"
        if list(scenario.arms) != list(own.arms):
            raise ConfigError(f"arms are {', '.join(scenario.arms)} and were {', '.join(own.arms)}, {remedy}")
        before, after = (dict(flatten(each.to_dict())) for each in (own, scenario))
        changed = {key: value for key, value in after.items() if key not in before or before[key] != value}
        other = [key for key, value in changed.items() if not isinstance(value, str | int | float | bool)]
        data = {key: value for key, value in changed.items() if key not in other}
        question = read_question({**data, "replicates": replicates, "seed": seed}, self, scenario=scenario.name)
        if replace(self.scenario(question), population=scenario.population) != scenario:
            keys = sorted({*other, *before} - ({*after} - {*other})) or sorted(changed)
            raise ConfigError(f"{', '.join(keys[:3])} {'is' if len(keys) == 1 else 'are'} changed, {remedy}")
        return question

    def scenario(self, question: Question) -> Scenario:
        """Return the scenario that a question asks about.

        Raises
        ------
        ConfigError
            If a key or value cannot be used, or it is more work than a page should ask for.
        """
        scenario = self._asked(question)
        work = scenario.customer_weeks(question.replicates)
        if work > MOST_WORK:
            raise ConfigError(
                f"population is {question.population} and replicates is {question.replicates}: {work / 1e6:,.0f}"
                f" million customer-{scenario.step}s, more than the {MOST_WORK / 1e6:,.0f} million of a page;"
                " ask for fewer, or use the command"
            )
        return scenario

    def fitted(self, question: Question) -> Question:
        """Return a question with fewer customers where it would be more work than a page should ask for."""
        scenario = self._asked(question)
        each = scenario.customer_weeks(question.replicates) // scenario.population
        fits = [customers for customers in _CUSTOMERS if customers * each <= MOST_WORK]
        return replace(question, population=min(question.population, fits[0] if fits else _CUSTOMERS[-1]))

    def _asked(self, question: Question) -> Scenario:
        scenario = self._with_keys(question)
        if question.copy_after is not None:
            scenario = self._with_arm(scenario, self._copied_arm(scenario, question))
        factors = {key: value for key, value in question.values.items() if key in NAMED}
        if factors:
            scenario = with_values(scenario, named_values(factors, scenario), config_path=self.config_path)
        return scenario

    def _with_keys(self, question: Question) -> Scenario:
        """Return the scenario with the values that have a dotted key; as on the command line, factors come last."""
        own = self.own(question.scenario)
        if question.copy_after is not None:
            if COPIED in own.arms:
                raise ConfigError(f"{_COPY} is {question.copy_after}, but there is an arm {COPIED!r}; leave it out")
            if len(own.brands) < 2:
                raise ConfigError(f"{_COPY} is {question.copy_after}, but the market has no competitor; leave it out")
        values = {key: getattr(question, key) for key in ("population", "horizon", "burn_in")}
        values = {key: value for key, value in values.items() if value is not None}
        values |= {key: value for key, value in question.values.items() if key not in NAMED}
        return with_values(own, values, config_path=self.config_path)

    def _with_arm(self, scenario: Scenario, arm: Mapping[str, Any]) -> Scenario:
        data = scenario.to_dict()
        return Scenario.from_dict({**data, "arms": {**data["arms"], COPIED: arm}}, config_path=self.config_path)

    def _copied_arm(self, scenario: Scenario, question: Question) -> dict[str, Any]:
        """Return an arm in which every competitor does what the focal brand does, so much later."""
        focal = scenario.to_dict()["arms"][self.arm(question.scenario)]["focal"]
        start = focal["strategy"]["start_week"] + (question.copy_after or 0)
        return {"focal": focal, "competitors": {**focal, "strategy": {**focal["strategy"], "start_week": start}}}

    def _short_arm(self, question: Question) -> dict[str, Any]:
        """Return the copied arm with its strategy as the scenario types it, where that and the levers say all of it."""
        scenario = self._with_keys(question)
        arm = self._copied_arm(scenario, question)
        opening = f"arms.{self.arm(question.scenario)}.focal.strategy."
        typed = self._typed[question.scenario]["arms"][self.arm(question.scenario)]["focal"].get("strategy")
        strategy: dict[str, Any] = deepcopy(typed) if isinstance(typed, dict) else {"use": typed}
        for key, value in question.values.items():
            if key.startswith(opening):
                *groups, last = key.removeprefix(opening).split(".")
                place = strategy
                for group in groups:
                    place = place.setdefault(group, {})
                    if not isinstance(place, dict):
                        return arm
                place[last] = value
        start = arm["competitors"]["strategy"]["start_week"]
        own = {key: value for key, value in arm["focal"].items() if value is not None}
        short = {
            "focal": {**own, "strategy": strategy},
            "competitors": {**own, "strategy": {**strategy, "start_week": start}},
        }
        try:
            return short if self._with_arm(scenario, short) == self._with_arm(scenario, arm) else arm
        except ConfigError:
            return arm

    def command(self, question: Question) -> str:
        """Return the command line that prints the numbers of a question to the digit."""
        words = ["journey", "compare"]
        own_folders = [str(folder) for folder in self.config_path.folders[:-1]]
        words += [word for folder in own_folders for word in ("--config-dir", folder)]
        pairs = [(key, value) for key, value in question.pairs() if key != _COPY and key not in question.values]
        words += [f"{key}={_written(value)}" for key, value in pairs]
        if question.copy_after is not None:
            words.append(f"+arms.{COPIED}={_flow(self._short_arm(question))}")
        words += [f"{key}={_written(value)}" for key, value in sorted(question.values.items())]
        return " ".join(shlex.quote(word) for word in words)


def read_question(data: Mapping[str, Any], book: Book, *, scenario: str) -> Question:
    """Read a question from an address or a request.

    Parameters
    ----------
    data : mapping of str to text or number
        What was asked, by the keys of the command line.
    book : Book
        The scenarios.
    scenario : str
        Which one is meant where none is named.

    Returns
    -------
    Question

    Raises
    ------
    ConfigError
        If a key is unknown, or a value cannot be used.

    Examples
    --------
    >>> book = Book.of(ConfigPath.of())
    >>> asked = read_question({"contact_rate": "0.3", "population": "500"}, book, scenario="treadmill")
    >>> book.command(asked)
    'journey compare scenario=treadmill population=500 replicates=8 seed=1 contact_rate=0.3'
    """
    run: dict[str, Any] = {}
    values: dict[str, Any] = {}
    name = data.get("scenario", scenario)
    if not isinstance(name, str):
        raise ConfigError(f"scenario is {show(name)}; give the name of one")
    for key, said in data.items():
        if key == "scenario":
            continue
        if key in (*_RUN, _COPY):
            run[key] = _whole(key, said)
        else:
            values[key] = _value(key, said)
    if len(values) > _MOST_VALUES:
        raise ConfigError(f"{len(values)} values differ from the scenario; a page sets {_MOST_VALUES} at most")
    question = Question(scenario=name, values=values, **run)
    if "population" not in run:
        question = book.fitted(question)
    book.scenario(question)
    return question


def _typed(said: object) -> object:
    """Return what a text of an address stands for: a number, a truth, or the text."""
    if not isinstance(said, str):
        return said
    if _NUMBER.fullmatch(said):
        return int(said) if _WHOLE.fullmatch(said) else float(said)
    return {"true": True, "false": False}.get(said, typed_number(said))


def _whole(key: str, said: object) -> int:
    low, high, _ = _RUN.get(key, (0, 10_000, 0))
    number = _typed(said)
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    if not isinstance(number, int) or isinstance(number, bool) or not low <= number <= high:
        raise ConfigError(f"{key} is {show(said)}; give a whole number from {low:,} to {high:,}")
    return number


def _value(key: str, said: object) -> Any:
    value = _typed(said)
    if not isinstance(key, str) or not isinstance(value, str | int | float | bool) or len(str(value)) > 200:
        raise ConfigError(f"{key} is {show(said)}; give a number or a name")
    return value


def _written(value: object) -> str:
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _flow(value: object) -> str:
    """Write plain data as a value of Hydra's command line."""
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{key}:{_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_flow(item) for item in value) + "]"
    if value is None:
        return "null"
    return (
        _written(value) if not isinstance(value, str) else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    )
