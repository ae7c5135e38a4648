"""Write the six lessons: a notebook each, and the printable pages of `docs/lessons.md`, with their computed answers.

python docs/lessons.py            rewrite them
python docs/lessons.py --check    exit with 1 where they are not current, or an answer has changed
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jupytext

from sim.app.explorer import Explorer
from sim.app.lesson import CUSTOMERS, PICKS, PICTURES, REPLICATES, Lesson, lesson_names, read_lesson
from sim.app.question import Book, read_question
from sim.scenario.config_path import ConfigPath

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "lessons.md"
PLAN = (
    "5 minutes for the idea, 5 for the predictions, 10 for the answer and why, 15 for the three things to try in pairs,"
    " 10 for the questions."
)
_HEAD = """# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---
"""


def _words(*paragraphs: str) -> str:
    lines = "\n\n".join(paragraphs).splitlines()
    return "# %% [markdown]\n" + "\n".join(f"# {line}".rstrip() for line in lines) + "\n"


def _code(text: str) -> str:
    return f"# %%\n{text.strip()}\n"


def _arguments(asked: dict[str, Any]) -> str:
    """Write named arguments; keys with dots have to be unpacked."""
    if all(name.isidentifier() for name in asked):
        return ", ".join(f"{name}={value!r}" for name, value in asked.items())
    return f"**{asked!r}"


def _choices(lesson: Lesson) -> str:
    return "\n".join(f"{place}. {choice.says}" for place, choice in enumerate(lesson.choices, start=1))


def _tried(item: Mapping[str, Any], arguments: str) -> list[str]:
    """Return the code of a thing to try: what it shows, each in a cell of its own, and whose lives."""
    usual = () if "life" in item and not arguments else ("cash",)
    asked, cells = f"lesson.ask({arguments})", []
    for at, shown in enumerate(item.get("shows", usual)):
        before = f"result = {asked}\n" if at == 0 and len(item.get("shows", usual)) > 1 else ""
        result = "result" if len(item.get("shows", usual)) > 1 else asked
        drawn = f"{result}.plot.{shown}()" if shown in PICTURES else f"lesson.by_persona({result}, {shown!r})"
        cells.append(before + drawn)
    if "life" in item:
        picks = [item["life"]] if arguments else PICKS
        cells += [f"lesson.life({', '.join(filter(None, [repr(pick), arguments]))})" for pick in picks]
    return cells


def notebook(lesson: Lesson, book: Book) -> str:
    """Return the notebook of a lesson as a script of jupytext's percent format."""
    cells = [
        _words(f"# Lesson {lesson.number}. {lesson.title}", lesson.idea, f"**{lesson.question}**", _choices(lesson)),
        _words("Commit to a prediction before you run the next cell: write its number in place of `None`."),
        _code("prediction = None"),
        _code(f"""from sim.lesson_run import LessonRun

lesson = LessonRun.open("{lesson.name}")
lesson.reveal(prediction)"""),
        _words("Cumulative cash of every arm against the baseline, with 95 % intervals."),
        _code("lesson.ask().plot.cash()"),
        _words("## Three things to try"),
    ]
    for number, item in enumerate(lesson.tries, start=1):
        asked = {**({"scenario": item["scenario"]} if "scenario" in item else {}), **item["values"]}
        read_question(lesson.tried(asked), book, scenario=lesson.scenario)
        cells += [_words(f"{number}. {item['does']}"), *map(_code, _tried(item, _arguments(asked)))]
    questions = "\n\n".join(f"*{item['asks']}* {item['answers']}" for item in lesson.teacher)
    cells.append(_words("## For the teacher", PLAN, questions))
    return _HEAD + "\n" + "\n".join(cells)


def page(lessons: list[Lesson], explorer: Explorer) -> str:
    """Return `docs/lessons.md`: a printable page for each lesson, with the answer as it was computed."""
    parts = [
        "# Six lessons of 45 minutes",
        f"Written by `python docs/lessons.py`, never by hand; answers are computed with {REPLICATES} replicates of"
        f" {CUSTOMERS:,} customers. In the browser: `journey app lesson=NAME` ([app.md](app.md)); as notebooks:"
        " [notebooks](../notebooks).",
    ]
    for lesson in lessons:
        value, right = lesson.answer(lambda question: explorer.compare(question, question.replicates))
        tries = "\n".join(f"{number}. {item['does']}" for number, item in enumerate(lesson.tries, start=1))
        questions = "\n".join(f"- *{item['asks']}* {item['answers']}" for item in lesson.teacher)
        parts += [
            f"## {lesson.number}. {lesson.title} (`{lesson.name}`)",
            lesson.idea,
            f"**Predict:** {lesson.question}",
            _choices(lesson),
            "**Try:**",
            tries,
            f"**Answer, for the teacher:** {lesson.written(value)}, {lesson.choices[right].says}. {lesson.explain}",
            f"**45 minutes:** {PLAN}",
            questions,
        ]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Write or check all files."""
    book = Book.of(ConfigPath.of())
    explorer = Explorer(book)
    lessons = [read_lesson(name, book.config_path) for name in lesson_names(book.config_path)]
    files = {PAGE: page(lessons, explorer)}
    for lesson in lessons:
        files[ROOT / "notebooks" / f"lesson_{lesson.number}_{lesson.name}.py"] = notebook(lesson, book)
    stale = [path for path, text in files.items() if not path.is_file() or path.read_text("utf-8") != text]
    if "--check" in sys.argv[1:]:
        sys.exit(f"not current: {', '.join(path.name for path in stale)}; run: python docs/lessons.py" if stale else 0)
    for path, text in files.items():
        path.write_text(text, "utf-8")
        if path.suffix == ".py":
            cells = jupytext.reads(text, fmt="py:percent")
            for place, cell in enumerate(cells.cells):
                cell["id"] = f"cell-{place}"  # else a name by chance, and the file differs each time
            jupytext.write(cells, path.with_suffix(".ipynb"))


if __name__ == "__main__":
    main()
