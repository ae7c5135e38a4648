"""Workbook and exported tables: real numbers that agree with summary.json, the same bytes, nothing merged."""

import io
import json

import openpyxl
import pandas as pd
import pytest

from sim.api import compare
from sim.cli import main
from sim.number_format import exact_money
from sim.reports.sheet import Column, Sheet, assumption_sheet
from sim.results.comparison import write
from sim.results.run_sheets import sheets_of, write_tables
from sim.results.workbook import TABLES, write_workbook
from sim.scenario.scenario import Scenario


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    scenario = Scenario.load("treadmill", population=120, horizon=12, burn_in=6)
    return write(compare(scenario, replicates=2, seed=3, threads=1), tmp_path_factory.mktemp("results"), report=False)


@pytest.fixture(scope="module")
def summary(folder):
    return json.loads((folder / "summary.json").read_text(encoding="utf-8"))


def rows(sheet):
    head, *body = list(sheet.iter_rows(values_only=True))
    return [dict(zip(head, row, strict=True)) for row in body if row[0] is not None]


def test_sheets_hold_what_the_summary_holds_as_numbers(folder, summary):
    book = openpyxl.load_workbook(folder / TABLES)
    assert book.sheetnames[:3] == ["Verdict", "Differences", "Per persona"]
    assert {"Cash by week", "Assumptions"} <= set(book.sheetnames)
    found = {row["Key in summary.json"]: row for row in rows(book["Differences"]) if row["Key in summary.json"]}
    for metric, entry in summary["differences"]["proactive - classic"].items():
        if metric not in found:
            continue
        for heading, key in (("Difference", "mean"), ("95 % from", "ci_low"), ("95 % to", "ci_high")):
            expected = entry[key]
            assert found[metric][heading] == (None if expected is None else pytest.approx(expected, rel=1e-14))
    assert len(found) >= 19
    assert all(not sheet.merged_cells.ranges for sheet in book)
    assert not any(cell.data_type == "f" for sheet in book for row in sheet.iter_rows() for cell in row)


def test_cash_adds_up_to_the_contribution(folder, summary):
    cash = rows(openpyxl.load_workbook(folder / TABLES)["Cash by week"])
    cash = [row for row in cash if isinstance(row["Week"], int)]
    assert len(cash) == summary["horizon"]
    for arm, metrics in summary["arms"].items():
        assert sum(row[arm] for row in cash) == pytest.approx(metrics["contribution"]["mean"])


def test_cash_of_a_long_horizon_is_by_several_steps(tmp_path, monkeypatch):
    """Each row of the weekly table stands for several steps then; cash by step would be null in between."""
    monkeypatch.setattr("sim.record.counters._MOST_PERIODS", 7)
    scenario = Scenario.load("treadmill", population=60, horizon=20, burn_in=2, start_date="2026-01-05")
    folder = write(compare(scenario, replicates=2, seed=3, threads=1), tmp_path, report=False)
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    found = list(openpyxl.load_workbook(folder / TABLES)["Cash by week"].iter_rows(values_only=True))
    rows_of_cash = [row for row in found if isinstance(row[0], int)]
    assert [row[0] for row in rows_of_cash] == [0, 3, 6, 9, 12, 15, 18]
    assert [row[1].strftime("%m-%d") for row in rows_of_cash[:2]] == ["01-05", "01-26"]
    assert sum(row[2] for row in rows_of_cash) == pytest.approx(summary["arms"]["classic"]["contribution"]["mean"])
    assert "in each period of 3 weeks" in found[-1][0]


def test_cash_says_where_the_luck_of_experiments_keeps_it_from_adding_up(tmp_path):
    scenario = Scenario.load("treadmill", population=120, horizon=52, burn_in=6)
    folder = write(compare(scenario, replicates=8, seed=3, threads=1), tmp_path, report=False)
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    found = list(openpyxl.load_workbook(folder / TABLES)["Cash by week"].iter_rows(values_only=True))
    note = found[-1][0]
    added_up = sum(row[2] for row in found if isinstance(row[0], int))
    told = summary["arms"]["proactive"]["contribution"]["mean"]
    assert abs(added_up - told) > 1.0, "nothing was taken out: the test asks nothing"
    assert f"The steps of proactive add up to {exact_money(added_up, '$')}" in note
    assert f"its contribution, {exact_money(told, '$')}, has the luck of the company's experiments taken out" in note
    assert "steps of classic" not in note


def test_the_same_result_gives_the_same_bytes(folder, summary, tmp_path):
    import shutil

    import yaml

    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    write_tables(copy, "compare", yaml.safe_load((folder / "config.yaml").read_text()), summary, [])
    assert (copy / TABLES).read_bytes() == (folder / TABLES).read_bytes()


def test_no_text_becomes_a_formula_and_no_infinity_a_number(tmp_path):
    columns = (Column("a", "A"), Column("b", "B", "number"), Column("c", "C", "money"))
    cells = (("=1+1", float("nan"), 2.5), ("@x", float("inf"), None), ("y" * 40_000, 1, -3.0))
    sheets = [Sheet(name, columns, cells, "EUR") for name in ("One: [a]", "one  a", "ONE: [A]", "x" * 40, "x" * 41)]
    book = openpyxl.load_workbook(write_workbook(tmp_path / "t.xlsx", sheets))
    assert len(book.sheetnames) == len(sheets)
    page = book[book.sheetnames[0]]
    assert (page["A2"].value, page["A2"].data_type) == ("=1+1", "s")
    assert page["B2"].value is None and page["B3"].value is None and page["C3"].value is None
    assert len(page["A4"].value) == 32_767 and page["C4"].number_format.startswith('"EUR "')


@pytest.mark.parametrize("table", ["differences", "summary", "personas", "cash", "weekly_wide"])
@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_every_derived_table_is_exported(folder, summary, tmp_path, table, format):
    target = tmp_path / f"t.{format}"
    words = ["results", "export", folder.name, f"of={table}", f"format={format}", f"to={target}"]
    assert main([*words, f"output_dir={folder.parent.parent}", "start_date=2026-01-05"]) == 0
    frame = pd.read_csv(target) if format == "csv" else pd.read_excel(target)
    if table == "differences":
        entry = summary["differences"]["proactive - classic"]["contribution"]
        assert frame.set_index("metric").loc["contribution", "difference"] == pytest.approx(entry["mean"])
    if table == "cash":
        assert pd.to_datetime(frame["date"]).dt.strftime("%Y-%m-%d").tolist()[:2] == ["2026-01-05", "2026-01-12"]
    if table == "weekly_wide":
        tidy = pd.read_parquet(folder / "weekly.parquet")
        assert len(frame) == len(tidy[["arm", "replicate", "week", "persona"]].drop_duplicates())
        assert frame["contribution.stride"].sum() == pytest.approx(
            tidy[(tidy.metric == "contribution") & (tidy.key == "stride")].value.sum()
        )
        assert "date" in frame


def test_a_minus_writes_text_on_standard_output(folder, summary, capsys):
    place = f"output_dir={folder.parent.parent}"
    assert main(["results", "export", "latest", "of=differences", "to=-", place]) == 0
    frame = pd.read_csv(io.StringIO(capsys.readouterr().out)).set_index("metric")
    gain = summary["differences"]["proactive - classic"]["contribution"]["mean"]
    assert frame.loc["contribution", "difference"] == pytest.approx(gain)
    assert main(["results", "export", "latest", "of=differences", "to=-", "format=xlsx", place]) == 2
    assert "xlsx is no text" in capsys.readouterr().err


def test_typed_and_charged_costs_have_a_sheet(folder, summary):
    more = {**summary, "costs": {"proactive": [{"what": "build automation", "typed": 200_000, "charged": 200_000.0}]}}
    sheet = next(sheet for sheet in sheets_of(folder, "compare", {}, more) if sheet.name.startswith("Costs"))
    assert sheet.rows == (("proactive", "build automation", 200_000, 200_000.0),)


@pytest.mark.parametrize("seed", [0, 1, 7])
def test_a_seed_is_a_number_whatever_it_is(seed):
    assert dict(assumption_sheet({"seed": seed, "one": True}).rows) == {"seed": str(seed), "one": "yes"}


def test_the_hazards_of_an_edge_are_one_assumption():
    edge = {"from": "a", "by_step": [[1, 0.25], [3, 0.5]], "personas": ["x", "y"], "more": [{"at": 1}, {"at": 2}]}
    assert dict(assumption_sheet({"edges": {"a_to_b": edge}}).rows) == {
        "edges.a_to_b.from": "a", "edges.a_to_b.by_step": "[1, 0.25], [3, 0.5]", "edges.a_to_b.personas": "x, y",
        "edges.a_to_b.more[0].at": 1, "edges.a_to_b.more[1].at": 2,
    }  # fmt: skip
