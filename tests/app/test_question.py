"""A question of the page, its address and its command say the same."""

import json
import random
import shlex
from urllib.parse import parse_qsl

import pytest

from sim.app.levers import levers_of
from sim.app.question import Book, read_question
from sim.cli import main
from sim.scenario.config_path import ConfigPath
from sim.scenario.errors import ConfigError
from sim.scenario.journey import MOST_STEPS
from sim.verbs import frame

SCENARIOS = ("treadmill", "cosmetics", "phone_subscription", "arms_race", "sungevity")


@pytest.fixture(scope="module")
def book():
    return Book.of(ConfigPath.of())


def _drawn(draw, book):
    name = draw.choice(SCENARIOS)
    asked = {"scenario": name, "population": draw.choice((500, 2_000)), "seed": draw.choice((1, 7))}
    for lever in levers_of(book, name):
        if draw.random() < 0.25:
            share = draw.random()
            log = lever["scale"] == "log"
            value = (
                lever["low"] * (lever["high"] / lever["low"]) ** share
                if log
                else lever["low"] + share * (lever["high"] - lever["low"])
            )
            asked[lever["key"]] = (
                float(f"{value:.3g}") if log else round(round(value / lever["step"]) * lever["step"], 6)
            )
    if draw.random() < 0.3:
        asked["copy_after"] = draw.choice((0, 26, 104))
    if lever["key"].startswith("personas"):
        shares = [key for key in asked if key.startswith("personas.")]
        if len(shares) > 3:
            asked[shares[0]] = 0.5
    return asked


@pytest.mark.parametrize("number", range(50))
def test_the_command_composes_the_scenario_of_the_page(number, book, monkeypatch, tmp_path):
    question = read_question(_drawn(random.Random(number), book), book, scenario="treadmill")
    done = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(frame, "perform", done.append)
    assert main(shlex.split(book.command(question))[1:]) == 0
    (job,) = done
    asked = book.scenario(question)
    # The order of arms, personas and brands is that of the words and tables.
    assert job.scenario == asked and json.dumps(job.scenario.to_dict()) == json.dumps(asked.to_dict())
    assert (job.settings.replicates, job.settings.seed) == (question.replicates, question.seed)


@pytest.mark.parametrize("name", ["telecom", "privacy_backlash"])
def test_the_command_of_a_third_arm_is_as_short_as_what_the_scenario_types(name, book):
    asked = {"scenario": name, "copy_after": 26, "contact_rate": 0.2}
    assert len(book.command(read_question(asked, book, scenario=name))) < 500


@pytest.mark.parametrize("number", range(20))
def test_an_address_asks_the_same_question(number, book):
    question = read_question(_drawn(random.Random(number), book), book, scenario="treadmill")
    assert read_question(dict(parse_qsl(question.address())), book, scenario="cosmetics") == question


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"scenario": "treadmil"}, "treadmill"),
        ({"scenario": "../../etc/passwd"}, "scenario"),
        ({"scenario": ["treadmill"]}, "scenario"),
        ({"population": 10}, "population is 10; give a whole number from 100 to 50,000"),
        ({"population": "1e9"}, "population"),
        ({"population": 2.5}, "population"),
        ({"population": True}, "population"),
        ({"population": 50_000, "replicates": 32}, "million customer-weeks"),
        ({"replicates": 1}, "replicates is 1"),
        ({"seed": -1}, "seed is -1"),
        ({"copy_after": "soon"}, "copy_after"),
        ({"arms.proactive.focal.strategy.automatio": 0.5}, "automation"),
        ({"arms.proactive.focal.strategy.automation": 1.5}, "automation"),
        ({"arms.proactive.focal.strategy.automation": float("nan")}, "automation"),
        ({"contact_rate": "many"}, "contact_rate"),
        ({"contact_rate": [0.1]}, "contact_rate"),
        ({"contact_rate": {"a": 1}}, "contact_rate"),
        ({"market": "x" * 500}, "market"),
        ({f"personas.p{i}.share": 0.1 for i in range(80)}, "60 at most"),
        ({"output_dir": "/tmp"}, "output_dir"),
        ({"__class__": 1}, "__class__"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_its_key(asked, message, book):
    with pytest.raises(ConfigError, match=message.replace("(", r"\(")):
        read_question(asked, book, scenario="treadmill")


def test_a_page_takes_every_horizon_that_a_run_may_have(book):
    asked = {"population": 100, "replicates": 2, "horizon": MOST_STEPS}
    assert book.scenario(read_question(asked, book, scenario="treadmill")).horizon == MOST_STEPS
    with pytest.raises(ConfigError, match="give a whole number from 1 to 40,000"):
        read_question({**asked, "horizon": MOST_STEPS + 1}, book, scenario="treadmill")


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_lever_can_be_moved_to_both_ends(name, book):
    for lever in levers_of(book, name):
        for value in (lever["low"], lever["high"]):
            read_question({lever["key"]: value}, book, scenario=name)
        assert lever["low"] <= lever["own"] <= lever["high"] or lever["key"].endswith("start_week")


def _composed(words):
    """Return the scenario of a command line."""
    jobs = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frame, "perform", jobs.append)
        assert main(["compare", *words]) == 0
    return jobs[0].scenario


def test_the_page_opens_with_what_the_command_line_changed(book):
    assert book.opening(_composed([]), replicates=8, seed=1) == read_question({}, book, scenario="treadmill")
    words = ["population=2000", "horizon=104", "arms.proactive.focal.strategy.automation=0.8", "contact_rate=0.3"]
    scenario = _composed(words)
    question = book.opening(scenario, replicates=4, seed=9)
    assert (question.replicates, question.seed, book.scenario(question)) == (4, 9, scenario)
    assert read_question(dict(parse_qsl(question.address())), book, scenario="") == question


@pytest.mark.parametrize(
    "words, said",
    [
        (["population=200000"], "population is 200000"),
        (["~arms.proactive.focal.strategy.start_week"], None),
        (["arms.proactive.focal.strategy.costs.contact=0.5", "market.customers=5000000"], None),
        (["++arms.third={focal: {journey: classic}}"], "arms are classic, proactive, third"),
        (["market.customers=null"], "market.customers is changed, which a page"),
    ],
)
def test_what_a_page_cannot_set_is_refused_not_dropped(book, words, said):
    scenario = _composed(words)
    if said is None:
        assert book.scenario(book.opening(scenario, replicates=8, seed=1)).arms == scenario.arms
    else:
        with pytest.raises(ConfigError, match=said):
            book.opening(scenario, replicates=8, seed=1)
