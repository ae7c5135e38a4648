"""The page of a journey found in a log: as many customers as fit a long horizon, the goal in place of money."""

import pytest
import yaml

from sim.app.explorer import Explorer
from sim.app.levers import levers_of
from sim.app.question import MOST_WORK, Book, read_question
from sim.app.view import view
from sim.cli import main
from sim.scenario.config_path import ConfigPath
from sim.scenario.errors import ConfigError

JOURNEY = {
    "name": "visits",
    "start": {"Home": 1.0},
    "stages": {"Home": {}, "Product_page__after_Home": {}, "Pay": {"goal": True}, "ended": {}},
    "edges": [
        {"from": "Home", "to": "Product_page__after_Home", "probability": 0.01},
        {"from": "Home", "to": "ended", "probability": 0.005},
        {"from": "Product_page__after_Home", "to": "Pay", "by_step": [[1, 0.02], [50, 0.01]]},
        {"from": "Product_page__after_Home", "to": "ended", "probability": 0.01},
        {"from": "Pay", "to": "ended", "probability": 1.0},
    ],
}
SCENARIO = {
    "name": "found",
    "market": "none",
    "arms": {"classic": {"focal": {"journey": "visits"}}, "proactive": {"focal": {"journey": "led"}}},
    "baseline": "classic",
    "step": "second",
    "population": 1000,
    "horizon": 12_000,
}


@pytest.fixture
def folder(tmp_path):
    led = {**JOURNEY, "name": "led", "edges": [*JOURNEY["edges"][:3], *JOURNEY["edges"][4:]]}
    for group, name, data in (("journey", "visits", JOURNEY), ("journey", "led", led), ("scenario", "found", SCENARIO)):
        (tmp_path / group).mkdir(exist_ok=True)
        (tmp_path / group / f"{name}.yaml").write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
    return tmp_path


@pytest.fixture
def book(folder):
    return Book.of(ConfigPath.of(folder))


def test_a_page_opens_with_fewer_customers_where_the_horizon_is_long(book):
    question = read_question({}, book, scenario="found")
    assert question.population == 2_000
    assert book.scenario(question).customer_weeks(question.replicates) <= MOST_WORK
    assert read_question({"horizon": 40_000}, book, scenario="found").population == 500
    assert read_question({}, book, scenario="treadmill").population == 5_000
    # What is typed is taken or refused.
    with pytest.raises(ConfigError, match="population is 5000 and replicates is 8: 960 million customer-seconds"):
        read_question({"population": 5_000}, book, scenario="found")


def test_the_command_that_opens_the_page_takes_a_long_scenario(folder, monkeypatch):
    pytest.importorskip("starlette")
    pytest.importorskip("uvicorn")
    served = []
    monkeypatch.setattr("sim.app.server.serve", lambda server, taken, ready: (taken.close(), served.append(True)))
    assert main(["app", "--config-dir", str(folder), "scenario=found", "port=0", "open=false"]) == 0
    assert served


def test_where_nothing_is_bought_the_page_shows_who_comes_to_the_goal(book):
    question = read_question({"horizon": 400, "population": 200, "replicates": 4}, book, scenario="found")
    result = Explorer(book).compare(question, 4)
    shown = view(result)
    (head,) = shown["headline"]
    reached = result.summary_json["time_to_goal"]["differences"]["proactive - classic"]["reached"]
    assert (head["mean"], head["low"], head["high"]) == (reached["mean"], reached["ci_low"], reached["ci_high"])
    assert head["text"].startswith("+") and head["text"].endswith(" points")
    assert head["of"] == "share of customers who come to Pay, proactive against classic"
    assert shown["cash"] is None and shown["breakEven"] is None
    (series,) = shown["series"]
    assert series["title"] == "Customers who have come to Pay"
    ends = [series["lines"][arm]["mean"][-1] for arm in ("classic", "proactive")]
    assert ends[1] - ends[0] == pytest.approx(reached["mean"], abs=1e-4)
    assert series["weeks"][0] == 0.0 and series["weeks"][-1] == 400.0
    assert [row["title"] for row in shown["personas"]["proactive"]][0] == "Everybody"
    titles = [row["title"] for row in shown["metrics"]["proactive"]]
    assert titles[0] == "Customers who reach it at all" and "Contribution" not in titles


def test_a_journey_that_no_company_changes_has_no_levers_of_a_company(book):
    assert levers_of(book, "found") == []
    assert {lever["group"] for lever in levers_of(book, "treadmill")} == {
        "The company",
        "The market",
        "The customers",
    }
