"""`journey discover`: a log in, a configuration that runs out; what cannot be used is refused in one message."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from configs import FOLDER
from sim.cli import main
from sim.number_format import in_steps
from sim.scenario.config_path import ConfigPath
from sim.scenario.errors import ConfigError
from sim.scenario.scenario import Scenario
from sim.verbs.discover import _read_against

VISITS = Path(__file__).parents[2] / "configs/data/visits.csv"


def discover(tmp_path, *words):
    code = main(["discover", f"output_dir={tmp_path / 'results'}", "progress=false", "threads=1", *words])
    folders = sorted((tmp_path / "results" / "discover").glob("*")) if (tmp_path / "results").exists() else []
    return code, folders


def test_rows_left_out_are_told_once(tmp_path, capsys):
    rows = [f"{case},{letter},2020-01-{1 + at + case:02}" for case in range(20) for at, letter in enumerate("abc")]
    rows[5], rows[8] = "1,c,never", "2,,2020-01-03"
    (tmp_path / "odd.csv").write_text("\n".join(["case,activity,time", *rows]) + "\n")
    code, folders = discover(tmp_path, f"log={tmp_path / 'odd.csv'}")
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Left out: ")]
    left_out = json.loads((folders[0] / "summary.json").read_text())["log"]["rows_left_out"]
    assert code == 0 and len(left_out) == 2 and sum(left_out.values()) == 2
    assert all(sum(reason in line for line in told) == 1 for reason in left_out)


@pytest.mark.parametrize(
    "words", [["abc"], ["abc", "ab"], ["abc"] * 3, ["a"] * 50], ids=["one case", "two", "three", "one event each"]
)
def test_logs_of_hardly_anything_are_found_too(tmp_path, words):
    """One case, which no half is left of to judge; cases of one event each, that go nowhere."""
    rows = [f"{case},{letter},2020-01-{1 + at + case % 7:02}" for case, word in enumerate(words)
            for at, letter in enumerate(word)]  # fmt: skip
    (tmp_path / "few.csv").write_text("\n".join(["case,activity,time", *rows]) + "\n")
    for seed in (1, 2, 3):
        code, folders = discover(tmp_path / f"{seed}", f"log={tmp_path / 'few.csv'}", "save_as=few", f"seed={seed}")
        summary = json.loads((folders[0] / "summary.json").read_text())
        assert code == 0 and summary["log"]["cases"] == len(words) and len(summary["personas"]) == 1
    scenario = Scenario.from_yaml(folders[0] / "config" / "scenario" / "few.yaml")
    assert list(scenario.arms) == ["classic", "proactive"]


def test_a_map_of_few_edges_leaves_none_out(tmp_path):
    rows = [f"{case},{name},2020-01-01 00:{at:02}" for case in range(60)
            for at, name in enumerate(("Call", "Talk", "Done" if case % 20 else "Abandoned"))]  # fmt: skip
    (tmp_path / "few.csv").write_text("\n".join(["case,activity,time", *rows]) + "\n")
    for number, (words, said) in enumerate((([], False), (["drawn=50%"], True))):
        code, folders = discover(tmp_path / f"{number}", f"log={tmp_path / 'few.csv'}", *words)
        text = (folders[0] / "report.html").read_text("utf-8").replace("\u2060", "")
        assert code == 0 and ("of moves, the rarest, are not drawn" in text) is said


def test_stages_keep_the_names_of_the_log_in_any_script(tmp_path, capsys):
    """They were called *stage 1* and so on wherever a name had no letter of A to Z, and *M nchen* for München."""
    names = ("поиск товара", "Größe wählen", "καλάθι", "оплата") * 2
    rows = [
        f"{case},{name},2020-01-{1 + at:02}"
        for case in range(60)
        for at, name in enumerate(names[case % 2 :][: 2 + case % 3])
    ]
    (tmp_path / "log.csv").write_text("\n".join(["case,activity,time", *rows]) + "\n", encoding="utf-8")
    code, (folder,) = discover(tmp_path, f"log={tmp_path / 'log.csv'}", "save_as=shop", "goal=оплата")
    stages = yaml.safe_load((folder / "config/journey/shop.yaml").read_text("utf-8"))["stages"]
    assert code == 0 and {"поиск_товара", "Größe_wählen", "καλάθι", "оплата"} <= {
        name.split("__")[0] for name in stages
    }
    words = [f"--config-dir={folder / 'config'}", "scenario=shop", "population=50", "replicates=2", "progress=false"]
    capsys.readouterr()
    assert main(["compare", *words, f"output_dir={tmp_path / 'results'}"]) == 0
    said = capsys.readouterr().out
    assert "Größe wählen → καλάθι" in said and "the goal, оплата," in said and not re.search(r"stage \d", said)
    assert main(["compare", *words, "journeys.shop.stages.оплата.weeks=2"]) == 2
    assert "keys are of the letters A to Z, so change it in the file" in capsys.readouterr().err


def test_a_log_becomes_a_scenario_that_loads(tmp_path, capsys):
    code, (folder,) = discover(tmp_path, f"log={VISITS}", "goal=Pay", "save_as=shop", "attributes=[device]")
    assert code == 0
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["log"]["cases"] == 600 and summary["log"]["rows_left_out"] == {}
    assert summary["distance"]["ngram3"] <= 1.3 * summary["distance"]["floor"]
    assert abs(sum(item["share"] for item in summary["personas"]) - 1) < 1e-9
    names = pq.read_table(folder / "map.parquet").column_names
    assert names == ["from", "to", "count", "share", "ci_low", "ci_high", "median_time"]
    scenario = Scenario.load("shop", config_dir=folder / "config")
    assert list(scenario.arms) == ["classic", "proactive"]
    # DISCOVER 27: what the proactive arm does is an assumption and named one; words claim no cause.
    written = yaml.safe_load((folder / "config/scenario/shop.yaml").read_text())
    assert any("shows the effect of none" in item["source"] for item in written["assumptions"])
    assert "not cause" in (folder / "report.html").read_text()
    assert summary["phases"] >= 1
    assert "<html" in (folder / "report.html").read_text()


def test_a_drawn_stage_is_that_of_the_log_however_it_is_spelled(tmp_path, capsys):
    drawn = tmp_path / "drawn.yaml"
    drawn.write_text(
        "title: Our <drawing>\nstart: {HOME: 1}\nstages: {HOME: {}, product-page: {}, ReadReviews: {}, Newsletter: {}}\n"
        "edges:\n- {from: HOME, to: product-page, probability: 0.9}\n"
        "- {from: product-page, to: ReadReviews, probability: 0.5}\n"
        "- {from: HOME, to: Newsletter, probability: 0.1}\n",
        "utf-8",
    )
    code, (folder,) = discover(tmp_path, f"log={VISITS}", f"against={drawn}")
    assert code == 0
    told = json.loads((folder / "summary.json").read_text())["inside_view"]
    assert told["stages_not_lived"] == ["Newsletter"]
    assert sorted(told["stages_not_drawn"]) == ["Ask_for_help", "Basket", "Pay", "Search"]
    # Nobody goes from Home to a product page at once.
    assert told["edges_not_lived"] == 2 and told["edges_with_another_share"] == 1 and told["edges_not_drawn"] == 11
    said = "Beside Our <drawing>, as drawn: in no case of the log is Newsletter; 4 stages of the log are not drawn."
    assert said in " ".join(capsys.readouterr().out.split())
    page = (folder / "report.html").read_text("utf-8")
    assert "Our &lt;drawing&gt;" in page and "Our <drawing>" not in page


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "log is missing"),
        (["log=nowhere.csv"], "does not exist"),
        ([f"log={VISITS}", "goal=Fly"], "goal is 'Fly'"),
        ([f"log={VISITS}", "columns={case: nobody}"], "no head"),
        ([f"log={VISITS}", "against=nothing"], "nothing"),
        ([f"log={VISITS}", "against=nowhere/drawn.yaml"], "nowhere/drawn.yaml"),
        ([f"log={VISITS}", "save_as=../x"], "save_as"),
    ],
)
def test_what_cannot_be_used_is_refused(tmp_path, capsys, words, said):
    code, folders = discover(tmp_path, *words)
    assert code == 2 and not folders
    error = capsys.readouterr().err
    assert said in error and "Traceback" not in error


def test_what_was_drawn_is_a_name_or_a_file_wherever_it_lies(tmp_path):
    drawn = tmp_path / "drawn on a wall.yml"
    drawn.write_text((FOLDER / "journey" / "classic.yaml").read_text("utf-8"), "utf-8")
    by_name, by_file = (_read_against(word, ConfigPath.of()) for word in ("classic", str(drawn)))
    assert by_name == by_file
    drawn.write_text("start: {a: 1}\nstages: {a: {}}\nedges: []\nwhat: 1\n", "utf-8")
    with pytest.raises(ConfigError, match="drawn on a wall.yml.*what"):
        _read_against(str(drawn), ConfigPath.of())


@pytest.mark.parametrize("step", ["hour", "minute", "second"])
def test_every_step_has_words(step):
    assert in_steps("Weekly difference, payback week", step).endswith(f"payback {step}")
