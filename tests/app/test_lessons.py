"""Lessons: every answer is computed, lies clear of the bounds of its choice, and does not flip with the seed."""

import subprocess
import sys

import pytest

from sim.app.explorer import Explorer
from sim.app.lesson import lesson_names, read_lesson
from sim.app.lesson_view import lesson_answer
from sim.app.question import Book
from sim.scenario.config_path import ConfigPath
from sim.scenario.errors import ConfigError

PATH = ConfigPath.of()
NAMES = lesson_names(PATH)


def test_there_are_six_in_order():
    assert [read_lesson(name, PATH).number for name in NAMES] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("name", NAMES)
def test_every_lesson_has_three_things_to_try_and_three_questions(name):
    lesson = read_lesson(name, PATH)
    assert len(lesson.tries) == 3 and len(lesson.teacher) >= 3 and len(lesson.choices) == 4
    assert all({"asks", "answers"} == set(item) for item in lesson.teacher)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_no_answer_flips_with_the_seed(name):
    lesson, explorer = read_lesson(name, PATH), Explorer(Book.of(PATH))
    places = {
        lesson.answer(lambda asked: explorer.compare(asked, asked.replicates), seed=seed)[1] for seed in (1, 2, 3, 4)
    }
    assert len(places) == 1, places
    shown = lesson_answer(lesson, explorer.book, lambda asked: explorer.compare(asked, asked.replicates))
    assert shown["choice"] in places and len(shown["tries"]) == 3


@pytest.mark.slow
def test_the_written_lessons_are_current():
    done = subprocess.run([sys.executable, "docs/lessons.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("measure: {kind: guess}\nchoices: [{says: a}]", "measure.kind is 'guess'"),
        ("measure: {kind: parted}\nchoices: [{says: a, below: 1}]", "last of choices"),
        ("measure: {kind: parted}\nchoices: [{says: a}]\nmeasured: 1", "measured"),
        (
            "measure: {kind: parted}\nchoices: [{says: a}]\ntries: [{does: one, two, values: {}}]",
            "texts with commas quoted",
        ),
        (
            "measure: {kind: parted}\nchoices: [{says: a}]\ntries: [{does: a, values: {}, life: best}]",
            "has the life 'best'; give one of winner, typical, loser",
        ),
        ("measure: {kind: parted}\nchoices: [{says: a}]\nteacher: {asks: one}", "give a list"),
    ],
)
def test_a_lesson_of_ones_own_is_checked(text, message, tmp_path):
    (tmp_path / "lesson").mkdir()
    (tmp_path / "lesson" / "mine.yaml").write_text(text)
    with pytest.raises(ConfigError, match=message):
        read_lesson("mine", ConfigPath.of(tmp_path))
