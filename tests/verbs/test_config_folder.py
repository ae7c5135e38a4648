"""One's own folder and runs by name: before the verb, after it, in the environment; what is typed short is completed."""

from pathlib import Path

import pytest
import yaml

from sim.cli import main
from sim.command_line.config_folder import CONFIG_DIR, with_config_dir
from sim.scenario.errors import ConfigError

pytestmark = pytest.mark.usefixtures("undrawn")

SMALL = ["population=30", "horizon=4", "burn_in=2", "replicates=2", "threads=1", "quiet=true"]


@pytest.fixture
def gym(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(CONFIG_DIR, raising=False)
    assert main(["new", "gym", "like=subscription", "quiet=true"]) == 0
    return tmp_path


def shown(capsys, *words):
    capsys.readouterr()
    assert main([*words]) == 0
    return capsys.readouterr().out


def test_three_ways_to_name_the_folder_are_one(gym, capsys, monkeypatch):
    asked = ["compare", "scenario=gym", "--cfg", "job"]
    first = shown(capsys, "--config-dir", "gym", *asked)
    assert first == shown(capsys, *asked, "--config-dir", "gym") == shown(capsys, "--config-dir=gym", *asked)
    monkeypatch.setenv(CONFIG_DIR, "gym")
    assert first == shown(capsys, *asked)


@pytest.mark.parametrize("words", [["--config-dir"], ["--config-dir", "mine"], ["-cd=mine"]])
def test_a_folder_without_a_verb_is_refused(words):
    with pytest.raises(ConfigError, match="give"):
        with_config_dir(words)


@pytest.mark.parametrize(
    ("typed", "key", "value"),
    [
        ("currency=€", "market.economics.currency", "€"),
        ("market.economics.currency=€", "market.economics.currency", "€"),
    ],
)
def test_a_key_that_stands_at_one_place_is_completed(tmp_path, capsys, typed, key, value):
    folder = shown(capsys, "compare", typed, *SMALL, f"output_dir={tmp_path}").strip()
    said = yaml.safe_load(Path(folder, "config.yaml").read_text("utf-8"))
    for step in key.split("."):
        said = said[step]
    assert said == value


def test_a_result_runs_again_by_name_and_latest_is_of_the_kind_asked_for(tmp_path, capsys):
    place = f"output_dir={tmp_path}"
    first = shown(capsys, "compare", "automation=50%", *SMALL, place).strip()
    said = yaml.safe_load(Path(first, "config.yaml").read_text("utf-8"))
    strategies = [plan["strategy"] for plan in said["arms"]["proactive"].values() if isinstance(plan, dict)]
    assert any(strategy.get("automation") == 0.5 for strategy in strategies)
    assert main(["sweep", "levers={market.contact.fatigue: [0, 0.5]}", "points=2", *SMALL, place]) == 0
    summary = Path(first, "summary.json").read_text("utf-8")
    for words in (["compare", "from=latest"], ["results", "rerun", first.rpartition("/")[2]]):
        again = shown(capsys, *words, "quiet=true", place).strip()
        assert "/compare/" in again and Path(again, "summary.json").read_text("utf-8") == summary
    assert main(["results", "export", "sweep/latest", "of=events", place]) == 2
    assert "/compare/" in shown(capsys, "results", "export", "latest", "of=differences", "format=xlsx", place)


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (["compare", "scenerio=treadmill"], "did you mean 'scenario'?"),
        (["compare", "--format", "xlsx"], "tables.xlsx"),
        (["results", "show", "99"], "run"),
        (["compare", "from=nothing"], "result folder"),
    ],
)
def test_what_cannot_be_done_names_the_remedy(words, remedy, tmp_path, capsys):
    assert main([*words, f"output_dir={tmp_path}"]) == 2
    assert remedy in capsys.readouterr().err
