"""Lessons: every answer is computed, lies clear of the bounds of its choice, and does not flip with the seed."""

import subprocess
import sys

import pytest

from sim.app.explorer import Explorer
from sim.app.lesson import CUSTOMERS, REPLICATES, lesson_names, read_lesson
from sim.app.lesson_view import lesson_answer
from sim.app.question import Book, Question
from sim.record.events import EventKind
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


@pytest.fixture(scope="module")
def ask():
    """Return what runs a scenario as a lesson does."""
    explorer = Explorer(Book.of(PATH))

    def run(scenario, **values):
        number = {key: values.pop(key) for key in ("population", "seed") if key in values}
        question = Question(**{"scenario": scenario, "population": CUSTOMERS, **number}, values=values)
        return explorer.compare(question, REPLICATES).summary_json

    return run


def gain(summary, arm):
    return summary["differences"][f"{arm} - classic"]["contribution"]


def width(summary):
    entry = gain(summary, "proactive")
    return entry["ci_high"] - entry["ci_low"]


def of_arms(summary, metric):
    return [summary["arms"][arm][metric]["mean"] for arm in ("classic", "proactive")]


@pytest.mark.slow
class TestWhatALessonSaysIsWhatItsRunsShow:
    """Each assertion is a sentence of a lesson: its explanation, or the answer to a try or to a teacher's question."""

    def test_from_the_funnel_to_the_loop(self, ask):
        own = ask("cosmetics")
        classic, proactive = of_arms(own, "loop_share")
        assert classic < proactive < 0.1 and gain(own, "proactive")["ci_high"] < 0
        flow = next(
            item for item in own["flows"]["proactive - classic"] if (item["from"], item["to"]) == ("need", "buy")
        )
        assert flow["ci_low"] > 0
        loyal = ask("cosmetics", loyalty=2.5)
        assert of_arms(loyal, "loop_share")[0] > 0.3 and gain(loyal, "proactive")["ci_high"] < 0
        assert gain(ask("cosmetics", capability_cost=0.25), "proactive")["ci_low"] > 0
        phone = ask("phone_subscription")
        classic, proactive = of_arms(phone, "loop_share")
        assert 0.75 < classic < 0.85 and proactive < classic and gain(phone, "proactive")["ci_low"] > 0

    def test_when_it_does_not_pay(self, ask):
        own = ask("sungevity")
        classic, proactive = of_arms(own, "purchases")
        assert proactive > 2 * classic and of_arms(own, "payback_week")[1] is None
        parts = {name: entry["mean"] for name, entry in own["waterfall"]["proactive - classic"]["all"].items()}
        assert min(parts, key=parts.get) == "channels" and -parts["channels"] > parts["margin"]
        assert gain(ask("sungevity", capability_cost=0.125), "proactive")["ci_high"] < 0

    def test_who_pays_for_personalization(self, ask):
        own = ask("privacy_backlash")
        assert own["arms"]["disclosed"]["opt_out_rate"]["mean"] < 0.65 * own["arms"]["covert"]["opt_out_rate"]["mean"]
        means = {name: gain(block, "disclosed")["mean"] for name, block in own["personas"].items()}
        gained, lost = (sum(abs(mean) for mean in means.values() if (mean > 0) == side) for side in (True, False))
        assert abs(gained - lost) < 0.4 * min(gained, lost)
        opted_out = {
            name: block["arms"]["disclosed"]["opt_out_rate"]["mean"] for name, block in own["personas"].items()
        }
        assert max(opted_out[name] for name in means if means[name] > 0) < min(
            opted_out[name] for name in means if means[name] < 0
        )

    def test_luck_or_effect(self, ask):
        luck = read_lesson("luck_or_effect", PATH).values
        own = width(ask("treadmill", **luck))
        assert width(ask("treadmill", population=1_000, **luck)) < 1.4 * own
        assert width(ask("treadmill", **luck, **{"arms.proactive.focal.strategy.innovation": 0})) < own / 3
        assert width(ask("treadmill")) < own / 2

    def test_the_competitor_copies(self, ask):
        def left(start_week):
            summary = ask("arms_race", **{"arms.answered.peak.strategy.start_week": start_week})
            return gain(summary, "answered")["mean"] / gain(summary, "unanswered")["mean"]

        at_once, after_a_year, after_three = (left(week) for week in (0, 52, 156))
        assert 0.4 < at_once < 0.6 and at_once + 0.05 < after_a_year and after_a_year + 0.1 < after_three
        part, full = (gain(ask("treadmill", competitors_answer=share), "proactive") for share in (0.5, 1))
        assert part["ci_low"] > full["ci_high"]
        answered = "arms.answered.focal."
        waiting = ask("arms_race", **{f"{answered}journey": "classic", f"{answered}strategy": "reactive"})
        assert gain(waiting, "answered")["ci_high"] < 0


@pytest.mark.slow
def test_most_lives_that_part_buy_the_same_brands_and_about_one_in_five_does_not():
    result = Explorer(Book.of(PATH)).compare(read_lesson("two_lives", PATH).asked(), REPLICATES)
    parted, brands = 0, 0
    for arms in result.histories:
        first, second = (arms[arm].events[arms[arm].events["week"] < 52] for arm in result.arms)
        for customer in arms[result.arms[0]].starts[:, 0]:
            lives = [events[events["customer"] == customer] for events in (first, second)]
            if lives[0].tobytes() == lives[1].tobytes():
                continue
            parted += 1
            bought = [life["brand"][life["kind"] == EventKind.PURCHASE].tolist() for life in lives]
            brands += bought[0] != bought[1]
    assert 0.15 < brands / parted < 0.3


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
        (
            "measure: {kind: parted}\nchoices: [{says: a}]\ntries: [{does: a, values: {}, shows: [cash, people]}]",
            "tries shows 'people'; give pictures: cash, personas, loyalty, effectiveness; or metrics: contribution, ",
        ),
        ("measure: {kind: parted}\nchoices: [{says: a}]\nteacher: {asks: one}", "give a list"),
    ],
)
def test_a_lesson_of_ones_own_is_checked(text, message, tmp_path):
    (tmp_path / "lesson").mkdir()
    (tmp_path / "lesson" / "mine.yaml").write_text(text)
    with pytest.raises(ConfigError, match=message):
        read_lesson("mine", ConfigPath.of(tmp_path))
