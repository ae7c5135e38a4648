"""Lesson view: what the page shows of a lesson before the prediction, and after it."""

from __future__ import annotations

from typing import Any

from sim.app.lesson import CUSTOMERS, REPLICATES, Lesson, Run
from sim.app.question import Book, read_question

__all__ = ["lesson_answer", "lesson_view"]


def lesson_view(lesson: Lesson) -> dict[str, Any]:
    """Return a lesson without its answer."""
    return {
        "name": lesson.name,
        "number": lesson.number,
        "title": lesson.title,
        "idea": lesson.idea,
        "question": lesson.question,
        "choices": [choice.says for choice in lesson.choices],
    }


def lesson_answer(lesson: Lesson, book: Book, run: Run) -> dict[str, Any]:
    """Return the computed answer of a lesson, the things to try as addresses, and the questions for the teacher.

    Parameters
    ----------
    lesson : Lesson
    book : Book
        The scenarios.
    run : callable
        Takes a question and returns its result.

    Returns
    -------
    dict
        JSON-ready.
    """
    value, place = lesson.answer(run)
    tries = []
    for item in lesson.tries:
        own = {"scenario": item["scenario"]} if "scenario" in item else {}
        asked = lesson.tried({**own, **item["values"]})
        address = read_question(asked, book, scenario=lesson.scenario).address()
        tries.append({"does": item["does"], "address": address, "life": item.get("life")})
    return {
        "choice": place,
        "value": lesson.written(value),
        "run": f"{REPLICATES} replicates of {CUSTOMERS:,} customers",
        "explain": lesson.explain,
        "tries": tries,
        "teacher": [dict(item) for item in lesson.teacher],
    }
