"""Lesson run: a lesson outside the browser. What a notebook asks, reveals and tries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sim.api import ComparisonResult, compare
from sim.app.explorer import Explorer
from sim.app.lesson import Lesson, read_lesson
from sim.app.question import Book, read_question
from sim.scenario.config_path import ConfigPath

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
        """Run the lesson's scenario with other values, print the first line of the verdict, and return the result.

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
        question = read_question(self.lesson.tried(values), self.book, scenario=self.lesson.scenario)
        result = compare(self.book.scenario(question), replicates=question.replicates, seed=question.seed)
        print(result.verdict.splitlines()[0])
        return result
