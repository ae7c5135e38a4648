"""Classroom: the predictions of many browsers, counted for the teacher. Nothing of it is written to disk."""

from __future__ import annotations

from collections import OrderedDict

from sim.app.lesson import Lesson
from sim.scenario.errors import ConfigError

__all__ = ["Classroom"]

#: Pupils of one lesson whose answers are kept.
MOST_PUPILS = 2_000
_LONGEST = 64


class Classroom:
    """Predictions by lesson and pupil; a pupil's first prediction stands, since the second is made knowing the answer.

    Examples
    --------
    >>> from sim.app.lesson import read_lesson
    >>> from sim.scenario.config_path import ConfigPath
    >>> room, lesson = Classroom(), read_lesson("the_copy", ConfigPath.of())
    >>> room.predict(lesson, "one", 2), room.predict(lesson, "two", 1), room.predict(lesson, "one", 1)
    (2, 1, 2)
    >>> room.counts(lesson)
    [0, 1, 1, 0]
    """

    def __init__(self) -> None:
        self._said: dict[str, OrderedDict[str, int]] = {}

    def predict(self, lesson: Lesson, pupil: object, choice: object) -> int:
        """Remember a prediction, unless there is one of this pupil already.

        Parameters
        ----------
        lesson : Lesson
        pupil : object
            A browser's name for itself, at most 64 characters.
        choice : object
            Place of a choice of the lesson.

        Returns
        -------
        int
            Place of the choice that stands.

        Raises
        ------
        ConfigError
            If either cannot be used.
        """
        if not isinstance(pupil, str) or not 0 < len(pupil) <= _LONGEST:
            raise ConfigError(f"pupil is no text of 1 to {_LONGEST} characters")
        if not isinstance(choice, int) or isinstance(choice, bool) or not 0 <= choice < len(lesson.choices):
            raise ConfigError(f"choice is no whole number from 0 to {len(lesson.choices) - 1}")
        said = self._said.setdefault(lesson.name, OrderedDict())
        stands = said.setdefault(pupil, choice)
        while len(said) > MOST_PUPILS:
            said.popitem(last=False)
        return stands

    def counts(self, lesson: Lesson) -> list[int]:
        """Return how many predicted each choice of a lesson."""
        said = list(self._said.get(lesson.name, {}).values())
        return [said.count(place) for place in range(len(lesson.choices))]
