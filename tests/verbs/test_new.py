"""The verb `new`: every template runs as it is, and nothing is written where something is wrong."""

import os
import re

import pytest

from sim.cli import main
from sim.results import folder as results_folder
from sim.scenario.scenario import Scenario
from sim.scenario.template import read_templates
from sim.scenario.yaml_reader import read_yaml

pytestmark = pytest.mark.usefixtures("undrawn")

TEMPLATES = read_templates()
SMALL = ("population=60", "horizon=10", "burn_in=4", "replicates=1", "threads=1", "progress=false")


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """Return an empty folder that is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_alone_it_shows_the_templates(capsys, place):
    assert main(["new"]) == 0
    out = capsys.readouterr().out
    for name, template in TEMPLATES.items():
        assert f" {name} " in out and template.fits.split()[0] in out
    for interval in ("13 weeks", "(renewal)", "about 9 weeks", "about 4 years", "journey new gym like=subscription"):
        assert interval in out
    assert list(place.iterdir()) == []


@pytest.mark.parametrize("kind", TEMPLATES)
def test_every_template_runs_as_it_is(kind, capsys, place):
    assert main(["new", f"my_{kind}", f"like={kind}"]) == 0
    out = capsys.readouterr().out
    assert files(place / f"my_{kind}") == [
        "README.md",
        f"journey/my_{kind}_classic.yaml",
        f"journey/my_{kind}_proactive.yaml",
        f"market/my_{kind}.yaml",
        f"personas/my_{kind}.yaml",
        f"scenario/my_{kind}.yaml",
    ]
    told = [line.split() for line in out.splitlines() if line.startswith("  my_")]
    assert [(place / words[0]).is_file() for words in told] == [True] * 4, "the files to edit are there"
    (command,) = [line.split()[1:] for line in out.splitlines() if line.startswith("  journey ")]
    assert main([*command, *SMALL]) == 0
    journeys = [f"journey=my_{kind}_classic", f"other=my_{kind}_proactive"]
    assert main(["map", "--config-dir", f"my_{kind}", *journeys]) == 0
    capsys.readouterr()


@pytest.mark.parametrize("kind", TEMPLATES)
def test_no_token_is_left_and_the_commands_of_the_files_are_right(kind, place):
    assert main(["new", "mine", f"like={kind}", "title=Gym & Söhne", "quiet=true"]) == 0
    for path in (place / "mine").rglob("*.*"):
        text = path.read_text(encoding="utf-8")
        assert not re.search("NAME|FOLDER|TEMPLATE", text), path
        assert text.count("--config-dir") == text.count("--config-dir mine "), path
    market = read_yaml(place / "mine" / "market" / "mine.yaml")
    assert market["brands"]["mine"]["title"] == "Gym & Söhne"
    assert Scenario.load("mine", config_dir=place / "mine").market.focal == "mine"


@pytest.mark.parametrize("kind", TEMPLATES)
def test_with_nothing_done_the_led_journey_is_the_classic_one(kind, live, assert_same_history, place):
    assert main(["new", "mine", f"like={kind}", "quiet=true"]) == 0
    nothing = dict.fromkeys(("automation", "personalization", "context", "innovation"), 0)
    strategy = {**nothing, "contacts_per_week.customers": 0, "contacts_per_week.prospects": 0, "costs": {}}
    changes = {f"arms.proactive.focal.strategy.{key}": value for key, value in strategy.items() if key != "costs"}
    size = {"population": 60, "horizon": 20, "burn_in": 10}
    arms = live(Scenario.load("mine", config_dir=place / "mine", **size, **changes))
    assert (arms["classic"].purchases == arms["proactive"].purchases).all()


@pytest.mark.parametrize("kind", [name for name in TEMPLATES if name in ("subscription", "b2b", "bank")])
def test_a_contract_renews_in_its_own_period(kind):
    need = TEMPLATES[kind].market()["need"]
    assert need["kind"] == "cyclical" and need["counted_from"] == "need"


def test_columns_stay_columns_whatever_the_name(place):
    assert main(["new", "gym", "like=subscription", "title=Gym", "quiet=true"]) == 0
    lines = (place / "gym" / "market" / "gym.yaml").read_text().splitlines()
    rows = [line for line in lines if "unit_margin: " in line and line.startswith("  ")]
    assert len({line.index("{") for line in rows}) == len({line.index("price:") for line in rows}) == 1


def test_a_place_of_its_own_with_blanks(capsys, place):
    (place / "my markets").mkdir()
    assert main(["new", "gym", "like=subscription", "folder=my markets"]) == 0
    assert "--config-dir 'my markets/gym' scenario=gym" in capsys.readouterr().out
    assert "--config-dir 'my markets/gym'" in (place / "my markets" / "gym" / "README.md").read_text()
    assert main(["new", "other", "subscription", "quiet=true"]) == 0
    assert capsys.readouterr().out == "other\n"


def test_a_folder_that_was_not_named_is(capsys, place):
    assert main(["new", "gym", "like=subscription", "quiet=true"]) == 0
    for typed in ("gym", "./gym", "gym/"):
        assert main(["compare", f"scenario={typed}"]) == 2
        assert "lies in the folder gym: write --config-dir gym scenario=gym" in capsys.readouterr().err


BAD = {
    "gym": "like is missing; give like=TEMPLATE, one of subscription, shop, durable, travel, b2b, bank",
    "gym like=insurance": "there is no template 'insurance'; like=bank fits that",
    "gym like=subscripton": "there is no template 'subscripton'; did you mean 'subscription'? there are subscription",
    "like=shop": "name is missing; give one, such as journey new my_shop like=shop",
    "2gym like=shop": "name is '2gym'; give a letter from a to z and up to 47 more",
    "Été like=shop": "name is 'Été'; give a letter from a to z",
    "../gym like=shop": "name is '../gym'; give a letter",
    "name=24 like=shop": "name is 24; give a letter",
    "name=true like=shop": "name is true; give a letter",
    "null like=shop": "name is missing",
    f"{'g' * 49} like=shop": "give a letter from a to z and up to 47 more",
    "focal like=shop": "name is 'focal', which another thing in the folder is called",
    "chain like=shop": "name is 'chain', which another thing",
    "treadmill like=shop": "name is 'treadmill', and there is a scenario 'treadmill' already; give another, or my_t",
    "cosmetics like=shop": "there is a scenario 'cosmetics' already",
    "gym like=shop title='a\"b'": "give words without",
    f"gym like=shop title={'x' * 61}": "title has 61 characters; give up to 60",
    "gym like=shop folder=nowhere": "folder is 'nowhere', which is no folder; make it first",
    "gym like=shop scenario=treadmill": "is given, but a template brings its own",
    "gym lik=shop": "unknown key 'lik'; did you mean 'like'?",
    "here like=shop": "'here' exists already; give another name, or remove it first",
}


@pytest.mark.parametrize("words", BAD)
def test_refusals(words, capsys, place):
    (place / "here").mkdir()
    assert main(["new", *words.split()]) == 2
    out, err = capsys.readouterr()
    assert BAD[words] in err and len(err.strip().splitlines()) == 1 and out == ""
    assert [path.name for path in place.iterdir()] == ["here"] and list((place / "here").iterdir()) == []


#: A file, what is replaced in it by what, what the message says, and the files that it tells to edit.
MISMATCHES = [
    ("market", "  desk:", "  counter:", "its channels are app, counter", "journey/gym_classic or market/gym"),
    ("market", "focal: gym", "focal: gim", "did you mean 'gym'? the brands are gym, chain, discount", "market/gym"),
    ("market", "  gym: ", "  gymm:", "market.focal is 'gym', which is no brand; did you mean 'gymm'?", "market/gym"),
    ("market", "journey: gym_c", "journey: gim_c", "there is no journey 'gim_classic'; did you mean", "market/gym"),
    ("scenario", "market: gym ", "market: gymm", "there is no market 'gymm'; did you mean 'gym'", "scenario/gym"),
    ("scenario", "personas: gym ", "personas: gymm", "there is no personas 'gymm'; did you mean", "scenario/gym"),
    ("scenario", "journey: gym_p", "journey: gim_p", "there is no journey 'gim_proactive'", "scenario/gym"),
    ("scenario", "strategy: reactive", "strategy: reactiv", "there is no strategy 'reactiv'", "scenario/gym"),
    ("scenario", "    focal: {", "    gim: {", "a plan for 'gim', which is no brand of the market", "scenario/gym"),
    ("scenario", "name: lead", "personas: {sleper: {}}", "scenario; did you mean 'sleeper'?", "scenario/gym"),
    ("scenario", "baseline: classic", "baseline: clasic", "did you mean 'classic'? the arms are", "scenario/gym"),
]


@pytest.mark.parametrize(("group", "old", "new", "says", "edit"), MISMATCHES)
def test_where_names_do_not_match_the_message_names_the_file_to_edit(group, old, new, says, edit, capsys, place):
    assert main(["new", "gym", "like=subscription", "quiet=true"]) == 0
    path = place / "gym" / group / "gym.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    capsys.readouterr()
    assert main(["compare", "--config-dir", "gym", "scenario=gym", *SMALL]) == 2
    err = capsys.readouterr().err
    files = " or ".join(str(place / "gym" / f"{name}.yaml") for name in edit.split(" or "))
    assert says in err and err.endswith(f"; edit {files}\n") and len(err.splitlines()) == 1


def test_a_name_that_was_typed_names_no_file(capsys, place):
    assert main(["new", "gym", "like=subscription", "quiet=true"]) == 0
    capsys.readouterr()
    assert main(["compare", "--config-dir", "gym", "scenario=gym", "market=gimm"]) == 2
    assert "there is no market 'gimm'" in (err := capsys.readouterr().err) and "edit" not in err


def test_a_stage_that_does_not_match_is_looked_for_in_its_own_file(capsys, place):
    assert main(["new", "gym", "like=subscription", "quiet=true"]) == 0
    path = place / "gym" / "journey" / "gym_proactive.yaml"
    path.write_text(path.read_text().replace("  compare: ", "  compair: "))
    capsys.readouterr()
    assert main(["compare", "--config-dir", "gym", "scenario=gym", *SMALL]) == 2
    assert f"{path}: edges.5.to is unknown stage 'compare'; did you mean 'compair'" in capsys.readouterr().err


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_the_folder_is_whole_or_absent(error, capsys, monkeypatch, place):
    monkeypatch.setattr(results_folder.Path, "rename", lambda *_: (_ for _ in ()).throw(error))
    assert main(["new", "gym", "like=shop"]) == (2 if isinstance(error, OSError) else 130)
    assert os.listdir(place) == []
    capsys.readouterr()
