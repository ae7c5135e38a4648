"""Compare without an engine, and result folders: whole or absent, found, exported, replayable."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
import yaml

from sim.analysis.precision import MAX_REPLICATES
from sim.execution.partial_name import PARTIAL
from sim.experiments.compare import compare
from sim.results import export_events, find_run, list_runs, read_trace, show_run, write
from sim.results.answer import write_answer
from sim.results.catalog import Catalog
from sim.results.comparison import comparison
from sim.results.manifest import config_hash, provenance
from sim.scenario.errors import ConfigError

METRIC_KEYS = {"mean", "ci_low", "ci_high", "p_better", "correlation", "variance_reduction", "variance_reduction_by"}
DATA = ("weekly.parquet", "flows.parquet", "events.parquet", "market.parquet", "summary.json", "config.yaml")


@pytest.fixture
def result(pretend_runs, scenario):
    pretend_runs(better=50, noise=20)
    return compare(scenario, replicates=4, seed=7)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*")}


def test_a_statement_about_runs_is_told_that_there_are_none(tmp_path):
    pytest.importorskip("duckdb")
    with pytest.raises(ConfigError, match="the tables are folders, figures, and runs where a sweep was made"):
        Catalog(tmp_path).query("select * from runs")


# --- compare


def test_an_arm_that_differs_in_nothing_differs_by_exactly_zero(pretend_runs, scenario):
    pretend_runs(better=0)
    result = compare(scenario, replicates=3)
    for block in (result.summary_json, *result.summary_json["personas"].values()):
        for metric, entry in block["differences"]["proactive - classic"].items():
            assert entry is None or entry["mean"] == 0.0, metric
    assert "exactly 0" in result.verdict
    assert result.summary_json["clv_differences"]["proactive - classic"]["shares"]["all"]["unchanged"] == 1.0


def test_summary_has_every_metric_and_no_nan(result, scenario):
    summary = json.loads(json.dumps(result.summary_json, allow_nan=False))
    for block in (summary, *summary["personas"].values()):
        assert set(block["arms"]) == set(scenario.arms)
        for metric, entry in block["differences"]["proactive - classic"].items():
            assert metric == "break_even_effectiveness" or set(entry) >= METRIC_KEYS
    gain = summary["differences"]["proactive - classic"]["contribution"]
    arms = [summary["arms"][arm]["contribution"]["mean"] for arm in ("proactive", "classic")]
    assert gain["mean"] == pytest.approx(arms[0] - arms[1])
    assert gain["correlation"] > 0.9 and gain["variance_reduction"] > 2
    terms = summary["waterfall"]["proactive - classic"]
    assert sum(entry["mean"] for entry in terms["all"].values()) == pytest.approx(gain["mean"])
    assert set(terms) == {"all", "keen", "calm"}


def test_clv_differences_count_every_customer_of_every_replicate(result, scenario):
    found = result.summary_json["clv_differences"]["proactive - classic"]
    counted = sum(found["counts"]) + found["below"] + found["above"]
    assert counted == found["shares"]["all"]["customers"] == scenario.population * result.replicates
    assert 0.0 in found["edges"] and np.all(np.diff(found["edges"]) > 0)
    picks = result.summary_json["picks"]["proactive - classic"]
    assert set(picks) == {"winner", "loser", "typical"}


def test_frames(result):
    assert isinstance(result.summary(), pd.DataFrame)
    assert set(result.weekly.arm) == {"classic", "proactive"} and result.weekly.replicate.nunique() == 4
    assert result.weekly is result.weekly
    assert len(result.flows) and len(result.events) and result.customers.empty
    assert result.cash("classic", "keen").shape == (4, 30)
    series = result.series("classic", lambda history: history.contacts.sum(axis=(1, 2)))
    assert series.shape == (4, 30)


def test_records_customers_where_asked(pretend_runs, scenario):
    pretend_runs()
    recording = replace(scenario, record=replace(scenario.record, customers=True))
    assert len(compare(recording, replicates=2).customers) == 2 * 2 * scenario.population


def test_precision_adds_replicates_until_narrow_enough(pretend_runs, scenario):
    ran = pretend_runs(better=60, noise=30)
    result = compare(scenario, replicates=2, precision=0.2)
    pilot = [number for number in ran if number >= MAX_REPLICATES]
    assert len(pilot) >= 8 and ran == [*pilot, *range(result.replicates)] and result.replicates > 2
    gain = result.summary_json["differences"]["proactive - classic"]["contribution"]
    assert (gain["ci_high"] - gain["mean"]) / abs(gain["mean"]) <= 0.2
    assert "was reached" in result.verdict


def test_precision_that_cannot_be_reached_says_so(pretend_runs, scenario, monkeypatch):
    monkeypatch.setattr("sim.experiments.compare.MAX_REPLICATES", 12)
    assert MAX_REPLICATES == 1000
    pretend_runs(better=0, noise=30)
    result = compare(scenario, replicates=2, precision=1e-6)
    assert result.replicates == 12 and "was not reached" in result.verdict


def test_three_arms_and_one(pretend_runs, three_arms, scenario):
    pretend_runs(better=10)
    assert set(compare(three_arms, replicates=2).summary_json["differences"]) == {
        "proactive - classic",
        "eager - classic",
    }
    alone = replace(scenario, arms={"classic": scenario.arms["classic"]})
    result = compare(alone, replicates=1)
    assert result.summary_json["differences"] == {} and "One arm alone" in result.verdict


@pytest.mark.parametrize(
    "options", [{"replicates": 0}, {"seed": -1}, {"seed": 2**32}, {"threads": 0}, {"precision": 0.0}]
)
def test_numbers_out_of_range_are_refused_before_anything_runs(pretend_runs, scenario, options):
    ran = pretend_runs()
    with pytest.raises(ConfigError, match=next(iter(options))):
        compare(scenario, **options)
    assert ran == []


# --- folder


def test_a_folder_holds_what_was_promised(result, tmp_path):
    folder = write(result, tmp_path, config=None, report=False)
    assert folder.parent == tmp_path / "compare" and folder.name.endswith("_toy")
    assert names(folder) == {*DATA, "manifest.json", "tables.xlsx", "SHA256SUMS"}
    manifest = json.loads((folder / "manifest.json").read_text())
    assert set(manifest) >= {
        "version", "git_commit", "config_hash", "seed", "engine", "threads", "packages", "started", "wall_seconds",
        "customer_weeks", "customer_weeks_per_second",
    }  # fmt: skip
    assert json.loads((folder / "summary.json").read_text()) == json.loads(json.dumps(result.summary_json))
    back = pd.read_parquet(folder / "weekly.parquet")
    assert len(back) == len(result.weekly) and back.value.sum() == result.weekly.value.sum()
    assert names(tmp_path / "compare") == {folder.name, *names(folder)}


def test_the_same_run_writes_the_same_bytes(pretend_runs, scenario, tmp_path):
    pretend_runs(better=30)
    folders = [write(compare(scenario, replicates=2), tmp_path / place, report=False) for place in "ab"]
    for name in DATA:
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes(), name


def test_config_is_the_whole_scenario(result, tmp_path):
    config = yaml.safe_load((write(result, tmp_path, report=False) / "config.yaml").read_text())
    assert (config.pop("seed"), config.pop("replicates"), config.pop("engine"), config.pop("threads")) == (
        7, 4, "numba", None,
    )  # fmt: skip
    assert config["population"] == 400 and list(config["arms"]) == ["classic", "proactive"]


def test_config_hash_is_of_what_decides_the_data(result, scenario):
    same = replace(result, engine="mesa", threads=2)
    other = replace(result, scenario=replace(scenario, population=401))
    assert config_hash(result) == config_hash(same)
    assert len({config_hash(result), config_hash(other), config_hash(replace(result, seed=8))}) == 3


def test_two_runs_of_one_second_get_two_folders(result, tmp_path):
    folders = [write(result, tmp_path, report=False) for _ in range(3)]
    assert len(set(folders)) == 3 and len(list_runs(tmp_path)) == 3


@pytest.mark.parametrize("blow", [KeyboardInterrupt, RuntimeError, OSError])
def test_an_interrupted_write_leaves_nothing(result, tmp_path, monkeypatch, blow):
    def fail(*_):
        raise blow("enough")

    page = ModuleType("sim.reports.page")
    page.write_report = fail  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sim.reports.page", page)
    with pytest.raises(ConfigError if blow is OSError else blow):
        write(result, tmp_path / "new" / "results")
    assert list(tmp_path.iterdir()) == []
    earlier = write(result, tmp_path, report=False)
    with pytest.raises(ConfigError if blow is OSError else blow):
        write(result, tmp_path)
    assert [path.name for path in (tmp_path / "compare").iterdir()] == [earlier.name]


def test_the_report_is_drawn_before_the_folder_appears(result, tmp_path, monkeypatch):
    def draw(given, folder):
        assert given is result and folder.name.startswith(PARTIAL)
        assert (folder / "manifest.json").is_file()
        (folder / "report.html").write_text("<html>")

    page = ModuleType("sim.reports.page")
    page.write_report = draw  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sim.reports.page", page)
    assert (write(result, tmp_path) / "report.html").is_file()


def test_a_folder_that_cannot_be_made_is_one_message(result, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="output_dir"):
        write(result, tmp_path / "file", report=False)


def test_a_scenario_cannot_name_its_folder_elsewhere(result, tmp_path):
    sly = replace(result, scenario=replace(result.scenario, name="../../sly"))
    folder = write_answer(comparison(sly, report=False), tmp_path / "results", "../up")
    assert folder.is_relative_to(tmp_path / "results") and names(tmp_path) >= {"results", "up"}


# --- runs


def test_leftovers_and_strangers_are_not_listed(result, tmp_path):
    folder = write(result, tmp_path, report=False)
    folder.rename(folder.with_name(f"{PARTIAL}killed-1"))
    (tmp_path / "compare" / "notes").mkdir()
    (tmp_path / "stray.txt").write_text("")
    assert list_runs(tmp_path) == [] == list_runs(tmp_path / "nowhere")
    with pytest.raises(ConfigError, match="no finished run"):
        find_run(tmp_path)


def test_runs_are_found_by_name_by_part_and_as_the_latest(result, tmp_path):
    first = write(replace(result, started="2026-01-01T00:00:00+00:00"), tmp_path, report=False)
    second = write(replace(result, started="2026-01-02T00:00:00+00:00"), tmp_path, report=False)
    assert find_run(tmp_path).path == second
    assert find_run(tmp_path, first.name).path == find_run(tmp_path, f"compare/{first.name}").path == first
    assert find_run(tmp_path, second.name[2:]).path == second
    assert [run.path for run in list_runs(tmp_path)] == [first, second]
    with pytest.raises(ConfigError, match="fits 2"):
        find_run(tmp_path, "_toy")
    with pytest.raises(ConfigError, match="or compare/latest"):
        find_run(tmp_path, "compare")
    with pytest.raises(ConfigError, match="did you mean"):
        find_run(tmp_path, first.name.replace("toy", "tow"))
    shown = show_run(tmp_path, first.name)
    assert "contribution" in shown and "None" not in shown and "?" not in shown.splitlines()[1]


def test_a_run_is_found_by_the_path_that_is_printed(result, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = write(result, "results", report=False)
    for path in (made, made / "report.html", made.resolve(), made.resolve() / "report.html"):
        assert find_run("results", str(path)).path == made
    other = write(result, "elsewhere", report=False)
    with pytest.raises(
        ConfigError, match=f"as `journey results list` shows it, or latest; .*output_dir={other.parent.parent}"
    ):
        find_run("results", str(other))


@pytest.mark.parametrize(
    "name", ["..", "../secret", "compare/../../secret", "/etc", "", "a/b/c", ".", "results/../secret"]
)
def test_names_that_leave_the_folder_are_refused(result, tmp_path, name):
    write(result, tmp_path / "results", report=False)
    with pytest.raises(ConfigError):
        find_run(tmp_path / "results", name)


def test_links_that_leave_the_folder_are_refused(result, tmp_path):
    outside = write(result, tmp_path / "elsewhere", report=False)
    (tmp_path / "results" / "compare").mkdir(parents=True)
    (tmp_path / "results" / "compare" / "link").symlink_to(outside)
    with pytest.raises(ConfigError, match="leads out"):
        find_run(tmp_path / "results", "link")


# --- trace and export


def test_the_market_can_be_read_back_for_a_replay(result, tmp_path):
    folder = write(result, tmp_path, report=False)
    trace = result.histories[2]["proactive"].trace
    back = read_trace(folder, "proactive", 2)
    assert np.array_equal(back.reputation, trace.reputation) and np.array_equal(back.delight, trace.delight)
    assert np.array_equal(back.recall_odds, trace.recall_odds) and np.array_equal(back.adoption, trace.adoption)
    with pytest.raises(ConfigError, match="replicate 9"):
        read_trace(folder, "proactive", 9)


def test_csv_keeps_every_moment(result, tmp_path):
    folder = write(result, tmp_path, report=False)
    frame = pd.read_csv(export_events(folder))
    assert len(frame) == len(result.events) and list(frame.columns) == list(result.events.columns)
    assert set(frame.brand.dropna()) == {"ours"}


def test_xes_is_well_formed_and_escaped(result, tmp_path, scenario):
    market = scenario.market
    hostile = {'<script>"&\x01': market.brands["ours"], "b": market.brands["a & b"], "c": market.brands["c"]}
    arms = {
        name: replace(arm, plans=dict(zip(hostile, arm.plans.values(), strict=True)))
        for name, arm in scenario.arms.items()
    }
    named = replace(scenario, market=replace(market, focal='<script>"&\x01', brands=hostile), arms=arms)
    folder = write(replace(result, scenario=named), tmp_path, report=False)
    path = export_events(folder, "xes", tmp_path / "log.xes")
    space = "{http://www.xes-standard.org/}"
    log = ElementTree.parse(path).getroot()
    traces = log.findall(f"{space}trace")
    assert len(traces) == 2 * 4 * 4  # arms, replicates, customers
    events = [event for trace in traces for event in trace.findall(f"{space}event")]
    assert len(events) == len(result.events)
    attributes = {item.get("key"): item.get("value") for item in events[2]}
    assert attributes["brand"] == '<script>"&?' and attributes["time:timestamp"].startswith("2001-01-08")
    assert {path.name for path in tmp_path.iterdir()} == {"compare", "log.xes"}


def test_other_formats_and_places_are_refused(result, tmp_path):
    folder = write(result, tmp_path, report=False)
    with pytest.raises(ConfigError, match="csv, xes"):
        export_events(folder, "xlsx")
    with pytest.raises(ConfigError, match="is not there"):
        export_events(tmp_path)
    with pytest.raises(ConfigError, match="cannot be written"):
        export_events(folder, "csv", tmp_path / "no" / "such.csv")


# --- the package


def test_import_sim_is_light():
    code = (
        "import sys; import sim; print([name for name in ('mesa', 'numba', 'pandas', 'numpy') if name in sys.modules])"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[0] == "[]"


def test_another_distributions_agents_is_refused(tmp_path):
    (tmp_path / "agents").mkdir()
    (tmp_path / "agents" / "__init__.py").write_text("")
    root = Path(__file__).parents[2]
    code = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(root)!r}]; import sim"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode and str(tmp_path / "agents") in done.stderr and "ImportError" in done.stderr


def test_latest_follows_no_link_out_of_the_results(result, tmp_path):
    inside, outside = tmp_path / "results", tmp_path / "elsewhere"
    ours = write(result, inside, report=False)
    theirs = write(replace(result, started="2999-01-01T00:00:00+00:00"), outside, report=False)
    (inside / "compare" / "2999-01-01_00-00-00_linked").symlink_to(theirs)
    (inside / "linked").symlink_to(outside / "compare")
    assert [run.path for run in list_runs(inside)] == [ours]
    assert find_run(inside).path == find_run(inside, "compare/latest").path == ours
    for name in ("2999-01-01_00-00-00_linked", f"linked/{theirs.name}"):
        with pytest.raises(ConfigError, match="leads out of"):
            find_run(inside, name)


def test_a_whole_name_goes_before_a_part_of_one(result, tmp_path):
    first = write(result, tmp_path, report=False)
    longer = first.with_name(f"{first.name}-2")
    first.rename(longer)
    again = write(result, tmp_path, report=False)
    again.rename(first)
    assert find_run(tmp_path, first.name).path == first
    other = replace(result, scenario=replace(result.scenario, name=f"{result.scenario.name}_more"))
    for path in (longer, first):
        path.rename(tmp_path / path.name)
    only = write(result, tmp_path, report=False)
    write(other, tmp_path, report=False)
    assert find_run(tmp_path, result.scenario.name).path == only


def test_every_manifest_says_how_many_customer_weeks_were_simulated_where_they_were_counted():
    when = {"started": "2026-01-01T00:00:00", "wall_seconds": 2.0}
    counted, uncounted = provenance({}, customer_weeks=500, **when), provenance({}, **when)
    assert (counted["customer_weeks"], counted["customer_weeks_per_second"]) == (500, 250)
    assert uncounted["customer_weeks"] is uncounted["customer_weeks_per_second"] is None
