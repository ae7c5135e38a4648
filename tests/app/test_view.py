"""What the page draws are the numbers of its headline, with and without doubt about the effects."""

import pytest

from sim.app.explorer import Explorer
from sim.app.question import Book, read_question
from sim.app.view import view
from sim.experiments.compare import compare
from sim.reports.difference_table import difference_rows
from sim.scenario.config_path import ConfigPath


@pytest.mark.parametrize("with_doubt", [False, True])
def test_the_line_of_cash_ends_at_the_headline(with_doubt):
    book = Book.of(ConfigPath.of())
    asked = read_question({"population": 300, "replicates": 6}, book, scenario="treadmill")
    run = compare(book.scenario(asked), replicates=6, seed=1) if with_doubt else Explorer(book).compare(asked, 6)
    assert bool(run.doubts) == with_doubt
    shown = view(run)
    (head,), line = shown["headline"], shown["cash"]["lines"]["proactive"]
    ends = [line[name][-1] for name in ("mean", "low", "high")]
    assert ends == pytest.approx([head["mean"], head["low"], head["high"]], rel=1e-3)
    for series in shown["series"]:
        bounds = [value for line in series["lines"].values() for key in ("low", "high") for value in line[key]]
        assert all(value is None or 0.0 <= value <= 1.0 for value in bounds)
        assert series["note"] == "Bands: luck alone."


def test_lines_speak_of_renewals_where_customers_renew():
    book = Book.of(ConfigPath.of())
    asked = read_question({"population": 200, "replicates": 2}, book, scenario="telecom")
    titles = [series["title"] for series in view(Explorer(book).compare(asked, 2))["series"]]
    assert titles == [
        "Market share",
        "Renewals won in the loyalty loop",
        "Customers whose last renewal was of the brand",
    ]


@pytest.mark.parametrize("scenario", ["treadmill", "cosmetics"])
def test_the_table_says_what_the_report_says(scenario):
    book = Book.of(ConfigPath.of())
    asked = read_question({"population": 200, "replicates": 2}, book, scenario=scenario)
    run = Explorer(book).compare(asked, 2)
    shown = {row["key"]: row for row in view(run)["metrics"]["proactive"]}
    rows = difference_rows(run.summary_json, "proactive", run.scenario.market.economics.currency)
    assert list(shown) == [row.metric for row in rows]
    for row in rows:
        told = shown[row.metric]
        found = (told["baseline"], told["arm"], told["difference"]["text"], told["difference"]["interval"])
        assert found == (row.baseline, row.arm, f"{row.difference}{row.beside}", row.interval)
    assert shown["payback_week"]["arm"] == "–"
    assert shown["payback_week"]["difference"]["text"].startswith("never" if scenario == "cosmetics" else "week ")
