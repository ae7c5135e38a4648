"""Lesson: a question, a prediction, a run, things to try. Its answer is computed from runs, never written down."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.quantity import quantity, text, whole
from sim.analysis.metrics import METRICS
from sim.analysis.summary import difference_name
from sim.app.question import Question
from sim.experiments.result import Result
from sim.number_format import decimal, exact_percent
from sim.record.history import History
from sim.scenario.config_path import ConfigPath
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.schema import read, show

__all__ = ["PICKS", "PICTURES", "Prediction", "Lesson", "lesson_names", "read_lesson"]

#: How many customers and replicates an answer is computed with.
CUSTOMERS, REPLICATES = 5_000, 8
_GROUP = "lesson"
#: Whose lives can be shown.
PICKS = ("winner", "typical", "loser")

#: Runs a scenario: name, population, replicates, seed.
Run = Callable[[Question], Result]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """One prediction: true where the measure lies below its bound and not below an earlier one's."""

    says: str = text("", "in words")
    below: float = math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One lesson of 45 minutes.

    Attributes
    ----------
    name : str
        Of its file in `configs/lesson`.
    number : int
        Its place among the lessons, from 1.
    measure : mapping
        What is computed: ``kind`` is one of `MEASURES`, the rest are its arguments.
    unit : {'share', 'multiple'}
        How the measure is written.
    values : mapping
        Keys of the command line that it sets at its scenario, before the answer and every try.
    choices : tuple of Prediction
        Predictions, by rising bound.
    tries : tuple of mapping
        Things to try: ``does`` in words, ``values`` that the levers take, ``scenario`` where it is another, ``life``
        (one of `PICKS`) where a customer's two lives are to be looked at, ``shows`` what its notebook shows instead of
        cash: names of pictures or of metrics, which are told by persona.
    teacher : tuple of mapping
        ``asks`` and ``answers``.
    """

    name: str
    number: int = whole(1, 1, 99, "place among the lessons")
    title: str = text("", "its title")
    scenario: str = text("", "scenario that it opens")
    idea: str = text("", "what it is about")
    question: str = text("", "what learners predict")
    measure: Mapping[str, Any] = quantity("what is computed", factory=dict)
    unit: str = text("share", "how the measure is written")
    values: Mapping[str, Any] = quantity("what it sets at its scenario", factory=dict)
    choices: tuple[Prediction, ...] = ()
    explain: str = text("", "why it came out so")
    tries: tuple[Mapping[str, Any], ...] = ()
    teacher: tuple[Mapping[str, Any], ...] = ()

    def asked(self, *, seed: int = 1, replicates: int = REPLICATES) -> Question:
        """Return the question from which the answer is computed."""
        values = dict(self.values)
        return Question(scenario=self.scenario, population=CUSTOMERS, replicates=replicates, seed=seed, values=values)

    def tried(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a try asks: its scenario, what the lesson sets there, and the values of the try.

        Parameters
        ----------
        values : mapping
            Keys of the command line; ``scenario`` where it is another than the lesson's.

        Returns
        -------
        dict
            As `read_question` takes it.
        """
        own = self.values if values.get("scenario", self.scenario) == self.scenario else {}
        return {"scenario": self.scenario, **own, **values}

    def answer(self, run: Run, *, seed: int = 1) -> tuple[float, int]:
        """Compute the answer.

        Parameters
        ----------
        run : callable
            Takes a question and returns its result.
        seed : int
            Seed of the runs.

        Returns
        -------
        tuple of float and int
            The measure, and the place of the choice that is right.
        """
        arguments = {key: value for key, value in self.measure.items() if key != "kind"}
        value = MEASURES[self.measure["kind"]](self, run, seed, **arguments)
        return value, next(place for place, choice in enumerate(self.choices) if value < choice.below)

    def written(self, value: float) -> str:
        """Write a measure with its unit."""
        return exact_percent(value) if self.unit == "share" else f"{decimal(value, 1)} times"


def lesson_names(config_path: ConfigPath) -> tuple[str, ...]:
    """Return the names of all lessons, by their number."""
    return tuple(sorted(config_path.names(_GROUP), key=lambda name: read_lesson(name, config_path).number))


def read_lesson(name: str, config_path: ConfigPath) -> Lesson:
    """Read a lesson by name.

    Parameters
    ----------
    name : str
        Name of a file in `lesson/`.
    config_path : ConfigPath
        Where it is looked up.

    Returns
    -------
    Lesson

    Raises
    ------
    ConfigError
        If there is no such lesson, or its file cannot be used.

    Examples
    --------
    >>> read_lesson("the_copy", ConfigPath.of()).number
    6
    """
    data, where = config_path.read(_GROUP, name, key="lesson")
    choices = tuple(read(Prediction, item, where=where, key="choices") for item in data.get("choices", ()))
    rest = {key: value for key, value in data.items() if key not in ("choices", "tries", "teacher", "values")}
    lesson = read(Lesson, {**rest, "name": name}, where=where)
    tries, teacher = (_items(data.get(key, ()), key, keys, where) for key, keys in _ITEMS.items())
    values = data.get("values", {})
    if not isinstance(values, Mapping) or not all(isinstance(value, str | int | float) for value in values.values()):
        raise ConfigError(
            f"{where}: values is {show(values)}; give keys of the command line with a number or a name each"
        )
    kind = lesson.measure.get("kind")
    if kind not in MEASURES:
        raise ConfigError(f"{where}: measure.kind is {kind!r}; {suggest(str(kind), MEASURES, 'give one of')}")
    if not choices or not math.isinf(choices[-1].below):
        raise ConfigError(f"{where}: the last of choices has a bound; leave it out, so that one choice is always right")
    return Lesson(
        **{
            **{key: getattr(lesson, key) for key in Lesson.__dataclass_fields__},
            "values": dict(values),
            "choices": choices,
            "tries": tries,
            "teacher": teacher,
        }
    )


#: What the notebook of a lesson can draw of a try.
PICTURES = ("cash", "personas", "loyalty", "effectiveness")
#: Keys of the things to try and of the questions for the teacher; scenario, life and shows may be left out.
_ITEMS = {"tries": ("does", "values", "scenario", "life", "shows"), "teacher": ("asks", "answers")}


def _items(said: Any, key: str, keys: tuple[str, ...], where: str) -> tuple[Mapping[str, Any], ...]:
    """Read a list of mappings with known keys."""
    if not isinstance(said, list | tuple):
        raise ConfigError(f"{where}: {key} is {show(said)}; give a list")
    for item in said:
        if not isinstance(item, Mapping) or not set(keys[:2]) <= set(item) <= set(keys):
            raise ConfigError(
                f"{where}: {key} holds {show(item)}; each has {', '.join(keys)}, texts with commas quoted"
            )
        if item.get("life", PICKS[0]) not in PICKS:
            raise ConfigError(f"{where}: {key} has the life {show(item['life'])}; give one of {', '.join(PICKS)}")
        shows = item.get("shows", [])
        for shown in shows if isinstance(shows, list | tuple) else [shows]:
            if shown not in (*PICTURES, *METRICS):
                names = f"pictures: {', '.join(PICTURES)}; or metrics: {', '.join(METRICS)}"
                raise ConfigError(f"{where}: {key} shows {show(shown)}; give {names}")
    return tuple(dict(item) for item in said)


def _arm(lesson: Lesson, run: Run, seed: int, *, arm: str, metric: str) -> float:
    """Return a metric of an arm, mean over replicates."""
    return float(run(lesson.asked(seed=seed)).summary_json["arms"][arm][metric]["mean"])


def _left(lesson: Lesson, run: Run, seed: int, *, arm: str, of: str) -> float:
    """Return the gain in contribution of an arm as a share of another arm's."""
    result = run(lesson.asked(seed=seed))
    gains = [_difference(result, name, "contribution")["mean"] for name in (arm, of)]
    return float(gains[0] / gains[1])


def _low_point(lesson: Lesson, run: Run, seed: int) -> float:
    """Return how far cash falls behind the baseline's, as a multiple of what the baseline earns."""
    result = run(lesson.asked(seed=seed))
    arm = next(name for name in result.arms if name != result.scenario.baseline)
    earned = result.summary_json["arms"][result.scenario.baseline]["contribution"]["mean"]
    return float(-_difference(result, arm, "cash_low_point")["mean"] / earned)


def _narrowing(lesson: Lesson, run: Run, seed: int, *, few: int, many: int) -> float:
    """Return how many times narrower the interval of contribution is with many replicates than with few."""
    widths = []
    for count in (few, many):
        result = run(lesson.asked(seed=seed, replicates=count))
        arm = next(name for name in result.arms if name != result.scenario.baseline)
        entry = _difference(result, arm, "contribution")
        widths.append(entry["ci_high"] - entry["ci_low"])
    return float(widths[0] / widths[1])


def _parted(lesson: Lesson, run: Run, seed: int, *, weeks: int) -> float:
    """Return the share of the logged customers whose events differ between the first two arms within so many weeks."""
    result = run(lesson.asked(seed=seed))
    parted, logged = 0, 0
    for arms in result.histories:
        first, second = (_events(arms[arm], weeks) for arm in result.arms[:2])
        customers = [int(customer) for customer in arms[result.arms[0]].starts[:, 0]]
        parted += sum(first.get(customer) != second.get(customer) for customer in customers)
        logged += len(customers)
    return parted / logged


def _events(history: History, weeks: int) -> dict[int, bytes]:
    """Return by customer what happened to it within so many weeks."""
    rows = history.events[history.events["week"] < weeks]
    cuts = np.flatnonzero(np.diff(rows["customer"])) + 1
    return {int(part["customer"][0]): part.tobytes() for part in np.split(rows, cuts) if part.size}


def _difference(result: Result, arm: str, metric: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = result.summary_json["differences"][difference_name(arm, result.scenario.baseline)][
        metric
    ]
    return found


MEASURES: Mapping[str, Callable[..., float]] = {
    "arm": _arm,
    "left": _left,
    "low_point": _low_point,
    "narrowing": _narrowing,
    "parted": _parted,
}
