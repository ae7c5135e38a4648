"""Lesson run: a lesson outside the browser. What a notebook asks, reveals and tries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.api import ComparisonResult, compare
from sim.app.explorer import Explorer
from sim.app.lesson import Lesson, read_lesson
from sim.app.question import Book, Question, read_question
from sim.experiments.story import story
from sim.scenario.config_path import ConfigPath

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["LessonRun"]


@dataclass(frozen=True, slots=True)
class LessonRun:
    """A lesson that is gone through in Python; :meth:`open` finds it by name.

    Attributes
    ----------
    lesson : Lesson
    book : Book
        The scenarios that it can ask about.
    """

    lesson: Lesson
    book: Book

    @classmethod
    def open(cls, name: str) -> LessonRun:
        """Open a lesson by the name that `journey app lesson=NAME` takes.

        Raises
        ------
        ConfigError
            If there is none of this name.

        Examples
        --------
        >>> LessonRun.open("luck_or_effect").lesson.number
        5
        """
        book = Book.of(ConfigPath.of())
        return cls(read_lesson(name, book.config_path), book)

    def reveal(self, prediction: int | None) -> None:
        """Compute the answer, and print it beside the prediction, with why it came out so.

        Parameters
        ----------
        prediction : int or None
            Number of a choice, from 1. Without one nothing is computed, and what is missing is printed.

        Examples
        --------
        >>> LessonRun.open("luck_or_effect").reveal(None)
        Commit to a prediction first: a number from 1 to 4.
        """
        choices = self.lesson.choices
        if prediction is None or not 1 <= prediction <= len(choices):
            print(f"Commit to a prediction first: a number from 1 to {len(choices)}.")
            return
        explorer = Explorer(self.book)
        value, right = self.lesson.answer(lambda question: explorer.compare(question, question.replicates))
        print("You predicted:", choices[prediction - 1].says)
        print("The run says:", self.lesson.written(value), "-", choices[right].says)
        print(self.lesson.explain)

    def ask(self, **values: Any) -> ComparisonResult:
        """Run the lesson's scenario with other values, print what is said first of each arm, and return the result.

        Parameters
        ----------
        **values
            Levers by the names of the command line; ``scenario``, ``population``, ``replicates`` and ``seed`` too.

        Returns
        -------
        ComparisonResult

        Raises
        ------
        ConfigError
            If a lever is not known, or its value is out of range.
        """
        question = self._question(values)
        result = compare(self.book.scenario(question), replicates=question.replicates, seed=question.seed)
        said = result.verdict.splitlines()
        lines = {name: [line for line in said if line.startswith(f"{name}: ")] for name in result.arms}
        print("\n\n".join(found[0] for found in lines.values() if found) or said[0])
        return result

    def life(self, pick: str, **values: Any) -> None:
        """Print the lives of one customer in every arm side by side.

        Parameters
        ----------
        pick : {'winner', 'typical', 'loser'}
            Whose, by what the customer is worth to the company beside the baseline.
        **values
            As of :meth:`ask`.
        """
        question = self._question(values)
        print(story(self.book.scenario(question), seed=question.seed, pick=pick))

    def by_persona(self, result: ComparisonResult, metric: str) -> DataFrame:
        """Return a metric's mean of every arm, by persona.

        Parameters
        ----------
        result : ComparisonResult
        metric : str

        Returns
        -------
        DataFrame
            Rows are personas, and ``all``; columns are arms.
        """
        table = result.summary()
        found = table[(table["kind"] == "arm") & (table["metric"] == metric)]
        return found.pivot(index="persona", columns="name", values="mean")

    def _question(self, values: dict[str, Any]) -> Question:
        return read_question(self.lesson.tried(values), self.book, scenario=self.lesson.scenario)
