"""`journey sweep` and `journey results` as a user runs them: what is written, what is asked, what is refused."""

import hashlib
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from sim.cli import main
from sim.execution.executors import make_executor
from sim.execution.store import Store
from sim.execution.trials import Trial, run_trials
from sim.scenario.scenario import Scenario

pytestmark = pytest.mark.usefixtures("module_undrawn")

SMALL = ["population=60", "horizon=12", "burn_in=4", "record.events=10", "executor=serial", "replicates=1"]
FATIGUE = "market.contact.fatigue"


@pytest.fixture(scope="module")
def done(tmp_path_factory, module_undrawn):
    """Return a folder in which a sweep over levers, a grid and a run that fails was done once."""
    folder = tmp_path_factory.mktemp("done")
    design = folder / "mine.yaml"
    design.write_text(
        yaml.safe_dump(
            {
                "levers": {FATIGUE: [0.05, 0.4], "times:arms.proactive.focal.strategy.costs.build.*": [0.5, 2]},
                "grid": {"arms.proactive.focal.strategy.data_use": ["disclosed", "covert"]},
                "runs": [{"market.need.mean_weeks": 12}, {"market.need.mean_weeks": -1}],
                "points": 3,
            }
        )
    )
    assert main(["sweep", *SMALL, f"design={design}", f"output_dir={folder / 'results'}"]) == 0
    return folder


def newest(folder, verb="sweep"):
    return max((folder / "results" / verb).iterdir(), key=lambda place: place.stat().st_mtime_ns)


def refused(capsys, *words):
    assert main(list(words)) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and err.startswith("journey: ") and "Traceback" not in err, err
    return err


def test_the_folder_holds_the_design_in_order(done):
    folder = newest(done)
    assert {path.name for path in folder.iterdir()} == {
        *("config.yaml", "manifest.json", "summary.json", "report.html", "figures", "table.parquet"),
        *("differences.parquet", "tables.xlsx", "SHA256SUMS"),
    }
    table = pq.read_table(folder / "table.parquet").to_pandas()
    assert table["run"].is_monotonic_increasing and table["run"].nunique() == 12
    assert table[FATIGUE].between(0.05, 0.4).all() and set(table["market.need.mean_weeks"]) == {12.0, -1.0}
    failed = table[table["error"] != ""]
    assert list(failed["run"]) == list(range(6, 12)) and failed["contribution"].isna().all()
    assert "market.need.mean_weeks is -1" in failed["error"].iloc[0]
    # What is undefined is null, so that a query leaves it out.
    assert pq.read_table(folder / "differences.parquet")["payback_week"].null_count > 0
    differences = pq.read_table(folder / "differences.parquet").to_pandas()
    both = table[(table["run"] == 0) & (table["persona"] == "all")].set_index("arm")["contribution"]
    first = differences[(differences["run"] == 0) & (differences["persona"] == "all")].iloc[0]
    assert first["contribution"] == both["proactive"] - both["classic"]
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["runs"] == 12 and summary["failed"] == 6
    effects = summary["differences"]["proactive - classic"]["effects"]
    assert {effect["path"] for effect in effects} >= {FATIGUE, "arms.proactive.focal.strategy.data_use"}
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["model"] == Store(done / "results" / "store").model and manifest["runs"] == 12
    assert manifest["verb"] == "sweep" and "journey sweep from=." in (folder / "report.html").read_text()


def test_it_runs_again_to_the_byte_and_finds_what_it_did(done, tmp_path):
    before = newest(done)
    assert main(["sweep", f"from={before}", "executor=serial", f"output_dir={tmp_path / 'results'}"]) == 0
    anew = newest(tmp_path)
    assert main(["sweep", f"from={before}", "executor=serial", f"output_dir={done / 'results'}"]) == 0
    again = newest(done)
    for name in ("table.parquet", "differences.parquet", "summary.json", "report.html"):
        if name != "report.html":
            assert (before / name).read_bytes() == (anew / name).read_bytes() == (again / name).read_bytes(), name
    manifests = [json.loads((folder / "manifest.json").read_text()) for folder in (anew, again)]
    assert [item["lived"] - 6 for item in manifests] == [6, 0] and manifests[1]["held"] == 6
    assert manifests[0]["config_hash"] == json.loads((before / "manifest.json").read_text())["config_hash"]


def test_several_values_of_a_key_are_a_grid_and_of_a_group_cases(tmp_path, capsys):
    words = ["scenario=treadmill,cosmetics", "arms.proactive.focal.strategy.innovation=range(0,1.01,0.5)"]
    words += [f"{FATIGUE}=interval(0.1,0.2)", "points=2"]
    assert main(["sweep", *SMALL, *words, f"output_dir={tmp_path / 'results'}"]) == 0
    folder = newest(tmp_path)
    table = pq.read_table(folder / "table.parquet", columns=["run", "case", FATIGUE]).to_pandas()
    assert table["run"].nunique() == 12 and list(table["case"].unique()) == ["treadmill", "cosmetics"]
    assert table[FATIGUE].between(0.1, 0.2).all()
    assert main(["sweep", f"from={folder}", "executor=serial", f"output_dir={tmp_path / 'again'}"]) == 0
    again = next((tmp_path / "again" / "sweep").iterdir())
    assert (again / "table.parquet").read_bytes() == (folder / "table.parquet").read_bytes()
    capsys.readouterr()


REFUSED = {
    "nothing varied": ([], "nothing is varied"),
    "a value out of range": ([f"{FATIGUE}=0.1,-5"], "give a number from 0 to 10"),
    "a lever nowhere": (["levers.market.contact.fatige=[0,1]"], "did you mean 'market.contact.fatigue'"),
    "no such design": (["design=nowhere"], "there is no design 'nowhere'; .*automation_and_fatigue"),
    "a design that is no file": (["design=no/where.yaml"], "does not exist"),
    "no such metric": ([f"{FATIGUE}=0.1,0.2", "metric=contribtion"], "did you mean 'contribution'"),
    "no such executor": ([f"{FATIGUE}=0.1,0.2", "executor=lokal"], "did you mean 'local'"),
    "no such key": ([f"{FATIGUE}=0.1,0.2", "pionts=3"], "did you mean 'points'"),
    "an unwritable folder": ([f"{FATIGUE}=0.1,0.2", "output_dir=/dev/null/x"], "output_dir is '/dev/null/x'"),
    "different arms": (["scenario=treadmill,arms_race"], "sweep them one after the other"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_bad_input_is_refused_and_leaves_nothing(fault, tmp_path, monkeypatch, capsys):
    import re

    monkeypatch.chdir(tmp_path)
    words, message = REFUSED[fault]
    small = [word for word in SMALL if not any(other.split("=")[0] == word.split("=")[0] for other in words)]
    assert re.search(message, refused(capsys, "sweep", *small, *words))
    assert list(tmp_path.iterdir()) == []


def ask(capsys, folder, *words):
    capsys.readouterr()
    assert main(["results", *words, f"output_dir={folder / 'results'}"]) == 0, capsys.readouterr().err
    lines = capsys.readouterr().out.strip().split("\n")
    return [line.split("\t") for line in lines]


def test_results_are_tabulated_with_conditions(done, capsys):
    head, *rows = ask(
        capsys,
        done,
        "table",
        "sweep/latest",
        "where=arm=proactive, persona=all, data_use=covert, fatigue>0.1",
        "columns=run,fatigue,contribution",
        "sort=-contribution",
    )
    assert head == ["run", FATIGUE, "contribution"]
    money = [float(row[2]) for row in rows]
    assert money == sorted(money, reverse=True) and all(float(row[1]) > 0.1 for row in rows) and rows
    head, *rows = ask(capsys, done, "table", "store", "where=persona=all,arm=classic", "columns=key,fatigue", "limit=2")
    assert head == ["key", FATIGUE] and len(rows) == 2
    assert [row[0] for row in ask(capsys, done, "table", "of=folders", "columns=verb")[1:]][0] == "sweep"


def test_results_answer_sql_and_nothing_else(done, capsys):
    pytest.importorskip("duckdb")
    statement = "select arm, count(*) as n from runs where persona = 'all' group by arm order by arm"
    assert ask(capsys, done, "query", f"sql={statement}") == [["arm", "n"], ["classic", "6"], ["proactive", "6"]]
    assert ask(capsys, done, "query", statement)[1] == ["classic", "6"]
    levers = """select count(distinct "values"->>'$."market.contact.fatigue"') as n from runs"""
    assert ask(capsys, done, "query", f"sql={levers}")[1] == ["3"]
    secret = done / "secret.csv"
    secret.write_text("a\n1\n")
    for statement in (
        f"select * from read_csv('{secret}')",
        f"select * from '{secret}'",
        f"copy (select 1) to '{done / 'out.csv'}'",
        f"attach '{done / 'out.db'}'",
        "set enable_external_access = true",
        "install httpfs",
        "select 1; select 2",
        "select * from glob('/*')",
        "drop table runs",
        "selec",
        "",
    ):
        message = refused(capsys, "results", "query", f"sql={statement}", f"output_dir={done / 'results'}")
        assert "sql" in message
    assert not (done / "out.csv").exists() and not (done / "out.db").exists()


def test_results_are_exported_and_plotted(done, capsys):
    (path,) = ask(capsys, done, "export", "store", "--format", "parquet")[0]
    assert pq.read_table(path).num_rows == 6 * 2 * 5
    (path,) = ask(capsys, done, "export", "sweep/latest", "columns=run,contribution", "where=persona=all,arm=classic")[
        0
    ]
    assert Path(path).read_text().startswith('"run","contribution"\n0,')
    (path,) = ask(capsys, done, "plot", "sweep/latest", "x=fatigue", "y=market_share")[0]
    assert Path(path).read_text().startswith("<?xml")


@pytest.mark.slow
def test_a_run_is_run_again_to_the_bit(done, capsys):
    key = ask(capsys, done, "table", "store", "columns=key", "limit=1")[1][0]
    lines = ask(capsys, done, "rerun", key[:10])
    assert lines[0][0].endswith("simulated again: the same to the bit.")
    # What was changed by hand, name and all, is told: the check can fail.
    store = Store(done / "results" / "store")
    for shard in list(store.model_folder.glob("*.parquet")):
        table = pq.read_table(shard)
        at = table.column_names.index("contribution")
        import pyarrow.compute as pc

        pq.write_table(table.set_column(at, "contribution", pc.add(table["contribution"], 1.0)), shard)
        shard.rename(shard.with_name(f"{hashlib.sha256(shard.read_bytes()).hexdigest()[:32]}.parquet"))
    assert "NOT the same" in ask(capsys, done, "rerun", key[:10])[0][0]


def test_a_run_on_luck_of_its_own_is_run_again_on_that(tmp_path, capsys, monkeypatch):
    """Questions that confirm a plan number its replicates from 200,000 on: the page has as many from 0 on."""
    import sim.experiments.compare as comparing

    asked = []
    scenario = Scenario.load("treadmill", population=60, horizon=4, burn_in=2)
    trial = Trial(scenario, 1, (200_000, 200_001), {FATIGUE: 0.1})
    store = Store(tmp_path / "results" / "store")
    with make_executor("serial") as executor:
        list(run_trials([trial], executor=executor, store=store))
    key = ask(capsys, tmp_path, "table", "store", "columns=key", "limit=1")[1][0]
    compare = comparing.compare
    monkeypatch.setattr(
        comparing, "compare", lambda *given, **more: asked.append(more["replicates"]) or compare(*given, **more)
    )
    lines = ask(capsys, tmp_path, "rerun", key)
    assert lines[0][0].endswith("simulated again: the same to the bit.") and asked == [2]
    assert "on replicates 0 to 1; those simulated again are 200000 to 200001." in lines[1][0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["table", "sweep/latest", "where=nothing"], "write COLUMN=VALUE"),
        (["table", "sweep/latest", "where=contribution>much"], "give a number"),
        (["table", "sweep/latest", "columns=contribtion"], "did you mean 'contribution'"),
        (["table", "sweep/latest", "of=../table"], "holds a table '../table'"),
        (["plot", "sweep/latest", "x=data_use"], "holds words"),
        (["rerun", "abc"], "at least its first 6"),
        (["rerun", "0123456789"], "fits no run"),
        (["export", "sweep/latest", "--format", "xes"], "holds an event log"),
        (["show", "../x"], "give the name of a folder"),
    ],
)
def test_a_bad_question_is_refused(done, capsys, words, message):
    import re

    assert re.search(message, refused(capsys, "results", *words, f"output_dir={done / 'results'}"))
