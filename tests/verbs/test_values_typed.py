"""Values typed on the command line: what would be run with another value than the one that was meant is refused."""

import re

import pytest

from configs import FOLDER
from sim.cli import main
from sim.command_line.arguments import translate
from sim.verbs import frame
from sim.verbs.results import _USED_BY


@pytest.fixture
def refused(monkeypatch, tmp_path, capsys):
    """Return what runs a command that must be refused, leaving nothing behind, and gives its message."""
    done = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(frame, "perform", done.append)

    def run(*words):
        assert main(list(words)) == 2
        out, err = capsys.readouterr()
        (line,) = err.strip().splitlines()
        assert not out and not done and not list(tmp_path.iterdir())
        return line.removeprefix("journey: ")

    return run


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("market=[fitness,telecom]", "market is [fitness,telecom]; give the name of one file; several run one after"),
        ("scenario=[]", "scenario is []; give the name of one file"),
        ("personas=[1]", "personas is [1]; give the name of one file"),
        ("scenario=treadmill,cosmetics", "-m scenario=treadmill,cosmetics"),
        (
            "+market.brands.bad name={price: 5}",
            "cannot read '+market.brands.bad name={price: 5}' on the command line; write",
        ),
        ("arms=[x]", "arms is [x], and a mapping stands there; name the key to be changed, such as arms.KEY=VALUE"),
        ("assumptions={a: 1}", "assumptions is {a: 1}, and a list stands there"),
        ("personas={a: {share: 1}}", "unknown key 'personas.a'; accepted under personas: veronica"),
        ("arms.proactive.focal.strategy={automaton: 1}", "did you mean 'arms.proactive.focal.strategy.automation'"),
    ],
)
def test_what_cannot_be_laid_over_what_stands_there_is_told_by_its_key(word, told, refused):
    assert told in refused("compare", word)
    assert told in refused("compare", word, "--cfg", "job")


def test_an_empty_mapping_that_changes_nothing_is_refused(refused):
    assert "market.channels is {}, which changes nothing" in refused("compare", "market.channels={}")
    assert "journeys.classic.edges is {}, which" in refused("compare", "journeys.classic.edges={}")


def test_what_is_typed_is_not_blamed_on_a_file(refused):
    typed = "parameters=[{path: market.contact.fatigue, low: 1, high: 0}]"
    told = refused("calibrate", "targets=average", typed)
    assert told == "parameters.market.contact.fatigue goes from 1 to 0; give low below high"


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("range(0,1,0)", "no end"),
        ("range(0,inf,1)", "no end"),
        ("range(0,nan,1)", "no end"),
        ("range(0,1,1e-320)", "no end"),
        ("range(0,1,-0.1)", "no values"),
        ("range(1,1)", "no values"),
        ("range(0,1e9,0.1)", "more than 1,000,000 values"),
    ],
)
def test_a_range_that_cannot_be_written_out_is_refused(written, found, refused):
    told = f"is {written}, which has {found}; give range(START,STOP,STEP)"
    assert f"market.contact.fatigue {told}" in refused("sweep", f"market.contact.fatigue={written}")
    assert f"seed {told}" in refused("compare", "-m", f"seed={written}")


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("effectiveness=2.5", "effectiveness is 2.5; give a number from 0 to 2 (effectiveness of the capabilities"),
        ("capability_level=-1", "capability_level is -1; give a number from 0 to 1.428571 (level of"),
        ("capability_level=1.5", "capability_level is 1.5; give a number from 0 to 1.428571 (level of"),
        ("capability_level=200%", "capability_level is '200%'; give a number from 0 to 1.428571 (level of"),
        ("privacy_concern=9", "privacy_concern is 9; give a number from -0.85 to 0.7 (privacy"),
        ("capability_cost=-1", "capability_cost is -1; give a number from 0 to"),
        ("automation=150%", "automation is '150%', and so arms.proactive.focal.strategy.automation is 1.5; give"),
        (
            "competitors_answer=2",
            "competitors_answer is 2, and so arms.proactive.competitors.strategy.automation is 1.4",
        ),
        ("contact_rate for nobody=0.1", "'nobody' is no persona of 'treadmill'; the personas are veronica"),
        ("automation from 400=0.5", "automation from 400, which begins after the horizon of 260 steps"),
    ],
)
def test_a_number_of_a_factor_that_would_be_cut_is_refused(word, told, refused):
    assert told in refused("compare", word)


LEVEL = "give a number from 0 to 1.428571 (level of the capabilities, multiple of the scenario's)"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("story", "capability_level=2"), f"capability_level is 2; {LEVEL}"),
        (("sweep", "capability_level=1,2"), f"capability_level is 2; {LEVEL}"),
        (("sensitivity", "levers={capability_level:[0,2]}"), f"levers.capability_level.high is 2; {LEVEL}"),
        (("frontier", "levers={capability_level:[0,2]}"), f"levers.capability_level.high is 2; {LEVEL}"),
        (("optimize", "levers={capability_level:[0,200%]}"), f"levers.capability_level.high is '200%'; {LEVEL}"),
        (("sweep", "runs=[{capability_level: 2}]"), f"runs.0: capability_level is 2; {LEVEL}"),
        (("sweep", "effectiveness=1,3"), "grid.effectiveness: effectiveness is 3; give a number from 0 to 2"),
        (("attribute", "capability_level=2"), f"capability_level is 2; {LEVEL}"),
        (
            ("compare", "+arms.proactive.focal.strategy.personas.veronica.context=2"),
            "context is 2; give a number from 0 to 1",
        ),
    ],
)
def test_a_level_beyond_its_range_is_refused_wherever_it_comes_in(words, told, refused):
    assert told in refused(*words)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("sweep", "levers={margin:[1,0.5]}"), "levers.margin goes from 1 to 0.5; give low below high"),
        (("sweep", "levers={margn:[0.5,1]}"), "levers names 'margn'; did you mean 'margin'"),
        (("sweep", "capability_cost=1,2,1"), "grid.capability_cost has 1 twice; leave one out"),
        (("sweep", "seed=1,2"), "grid.seed is a list of 2, but a sweep has one seed; give replicates=N"),
        (("sweep", "capability_cost=range(1,2,0)"), "journey: capability_cost is range(1,2,0), which has no end"),
        (("compare", "doubt=[0.5]"), "doubt is [0.5]; give the lower and the higher multiple of the effectiveness"),
        (("compare", "doubt=[0.5,1.5]"), "it belongs to a strategy: arms.ARM.BRAND.strategy.doubt=[0.5,1.5]"),
        (("story", "pick=winner", "customer=3"), "customer is 3 and pick is 'winner', which both say whose story"),
        (
            ("app", "lesson=two_lives", "scenario=average"),
            "scenario is 'average', but lesson 'two_lives' is of 'treadmill'; leave one out",
        ),
    ],
)
def test_what_would_be_ignored_or_misread_is_refused_with_its_key(words, told, refused):
    assert told in f"journey: {refused(*words)}"


def test_numbers_of_factors_within_reach_run(monkeypatch, tmp_path):
    done = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(frame, "perform", done.append)
    words = (
        "effectiveness=0",
        "effectiveness=2",
        "capability_level=1.428",
        "privacy_concern=0.7",
        "margin=0",
        "loyalty=3",
    )
    for word in words:
        assert main(["compare", word]) == 0
    assert len(done) == len(words)


def test_a_word_that_stands_for_a_key_is_not_dropped_for_the_key(refused):
    told = refused("new", "gym", "gym2", "like=subscription")
    assert told == "'gym2' stands for like=gym2, and like=subscription is given as well; leave one out"
    assert translate("results", ["query", "drop table runs"]) == ["action=query", "sql='drop table runs'"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("lags=[26,-1]",), "lags holds -1; give whole numbers of steps"),
        (("lags=[]",), "lags is a list of 0; give whole numbers of steps"),
        (("answer=true", "strategies=[nosuch]"), "strategies names 'nosuch', and so"),
        (("levers=[automation,automation]",), "levers names automation twice"),
        (("goal=spent",), "goal is 'spent', the least that reaches a limit, and limits is empty"),
        (("doubt=abc",), "give the range of the effectiveness, such as doubt=[0.5,1.5]"),
    ],
)
def test_optimize_names_the_value_that_is_wrong(words, told, refused):
    assert told in refused("optimize", *words)


def test_the_keys_of_results_are_said_to_go_with_the_actions_that_take_them():
    text = (FOLDER / "results.yaml").read_text(encoding="utf-8")
    for key, actions in _USED_BY.items():
        (said,) = re.findall(rf"^{key}: .*?# (.+?): ", text, re.MULTILINE)
        assert said.split(", ") == list(actions), key
