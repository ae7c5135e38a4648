"""Survivors by period: what is read, refused, fitted and forecast."""

import json

import numpy as np
import pyarrow.parquet as parquet
import pytest

from sim.cli import main
from sim.customer_base.shifted_beta_geometric import (
    ShiftedBetaGeometric,
    differ_beyond_chance,
    fit_shifted_beta_geometric,
)
from sim.customer_base.survival import holds_survival, project, read_survival
from sim.data.layout import Layout
from sim.reports.survival import survival_lines
from sim.scenario.errors import ConfigError
from sim.scenario.scenario import Scenario
from sim.validation.published import DATA

pytestmark = pytest.mark.usefixtures("undrawn")

REGULAR = DATA / "sbg_retention_regular.csv"


@pytest.fixture
def write(tmp_path):
    def put(text):
        path = tmp_path / "survivors.csv"
        path.write_text(text)
        return str(path)

    return put


def test_a_table_of_survivors_is_told_from_transactions(write):
    assert holds_survival(str(REGULAR))
    assert not holds_survival(str(DATA / "CDNOW_sample.txt"))
    assert not holds_survival(write("customer,date,amount\nA,2021-01-01,3\n"))
    assert holds_survival(write("x,y\n0,1\n"), Layout(columns={"period": "x", "survivors": "y"}))
    assert not holds_survival("nowhere.csv")


def test_counts_and_shares_say_the_same_and_counts_give_errors(write):
    shares = read_survival(write("year,survival\n0,100 %\n1,60 %\n2,45 %\n3,40 %\n4,37 %\n"), until=3)
    counts = read_survival(write("Year,Subscribers\n2019,2000\n2020,1200\n2021,900\n2022,800\n2023,740\n"), until=3)
    np.testing.assert_allclose(shares.share, counts.share)
    assert (shares.subscribers, counts.subscribers) == (None, 2000.0)
    options = {"name": "x", "title": "X", "seed": 1, "population": 2000, "replicates": 1, "threads": 1}
    one, other = project(shares, **options), project(counts, **options)
    assert one.model == other.model
    assert one.errors is None
    assert all(error > 0 for error in other.errors)
    np.testing.assert_array_equal(one.simulated, other.simulated)


def test_errors_shrink_with_the_root_of_the_subscribers(write):
    truth = ShiftedBetaGeometric(0.8, 2.0).survival(np.arange(7))
    rows = {
        n: "period,survivors\n" + "".join(f"{t},{n * s:.0f}\n" for t, s in enumerate(truth)) for n in (10**4, 10**6)
    }
    found = {
        n: project(read_survival(write(text), until=6), name="x", title="X", seed=1, population=100, replicates=1)
        for n, text in rows.items()
    }
    few, many = found[10**4], found[10**6]
    assert few.errors[0] / many.errors[0] == pytest.approx(10.0, rel=0.1)
    assert abs(many.model.gamma - 0.8) < 4.0 * many.errors[0]
    assert many.off is None


BAD = {
    "rising": ("year,survival\n0,100\n1,60\n2,70\n", {}, "does not fall"),
    "rates": ("year,retention\n1,63\n2,74\n3,82\n", {}, "does not fall"),
    "no start": ("year,survival\n1,60\n2,50\n3,45\n", {}, "begin with the start"),
    "zeros for what is to come": ("month,survivors\n0,9000\n1,7000\n2,6100\n3,0\n4,0\n", {}, "row 4 has 0 .*to come"),
    "a gap": ("year,survival\n0,100\n1,60\n3,50\n", {}, "do not follow one another"),
    "a word": ("year,survival\n0,100\n1,some\n2,50\n", {}, "row 2 has 'some'"),
    "a short row": ("year,survival\n0,100\n1\n2,50\n", {}, "row 2 .line 3 with the head. has 1 value,"),
    "two rows": ("year,survival\n0,100\n1,60\n", {}, "2 rows"),
    "nobody leaves": ("year,survival\n0,100\n1,100\n2,100\n", {"until": 2}, "must fall"),
    "too many fitted": ("year,survival\n0,100\n1,60\n2,50\n", {"until": 9}, "until is 9"),
    "a column that is not there": (
        "a,b\n0,100\n1,60\n2,50\n",
        {"layout": Layout(columns={"period": "c"})},
        "is not there",
    ),
    "a column that is not known": (
        "a,b\n0,100\n1,60\n2,50\n",
        {"layout": Layout(columns={"period": "a"})},
        "no column is known",
    ),
    "a role that is none": (
        "a,b\n0,100\n1,60\n2,50\n",
        {"layout": Layout(columns={"period": "a", "x": "b"})},
        "accepted for survivors",
    ),
}


def test_what_the_first_row_is_taken_for_is_told(write):
    (notice,) = read_survival(write("period,survivors\n1,9000\n2,7000\n3,6100\n"), until=2).notices
    assert notice == "the 9,000 of the first row, period 1, are taken for all at the start"
    assert read_survival(write("period,survivors\n0,9000\n1,7000\n2,6100\n"), until=2).notices == ()
    assert read_survival(write("period,survivors\n0,30\n1,9\n2,2\n3,0\n")).share[-1] == 0.0


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_used_is_named(write, case):
    text, options, said = BAD[case]
    with pytest.raises(ConfigError, match=said):
        project(read_survival(write(text), **options), name="x", title="X", seed=1, population=10, replicates=1)


def test_the_regular_segment_from_end_to_end(tmp_path, capsys):
    """Seven years fitted: the published estimates, and years 8 to 12 within half a point of what was observed."""
    words = [f"data={REGULAR}", "until=7", "save_as=regular", f"output_dir={tmp_path}", "threads=1", "executor=serial"]
    assert main(["calibrate", *words]) == 0
    assert "37 %" in capsys.readouterr().out
    (folder,) = (tmp_path / "calibrate").iterdir()
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["parameters"]["gamma"]["estimate"] == pytest.approx(0.704, abs=5e-4)
    assert summary["parameters"]["delta"]["estimate"] == pytest.approx(1.182, abs=5e-4)
    assert summary["forecast"]["largest_gap"] < 0.005
    table = parquet.read_table(folder / "survival.parquet").to_pandas()
    inside = np.abs(table.simulated - table.expected) <= 4.0 * table.simulation_error
    assert inside.all()
    scenario = Scenario.load("regular", config_dir=folder / "config")
    assert scenario.personas[0].novelty_seeking.mean == pytest.approx(0.3733, abs=1e-4)
    assert main(["calibrate", f"data={REGULAR}", "until=soon", f"output_dir={tmp_path}"]) == 2
    assert "whole number" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("left", "churn"), [([100, 90, 81, 72.9], 0.1), ([80, 70, 61], 0.1267), ([1000, 500, 250], 0.5)]
)
def test_where_subscribers_hardly_differ_the_mean_churn_is_kept(left, churn):
    """Constant and rising churn drive both parameters to the end of their range; the survival must not move."""
    model = fit_shifted_beta_geometric(np.array(left, float))
    assert model.mean == pytest.approx(churn, abs=1e-3)
    assert model.survival(np.arange(len(left))) == pytest.approx(np.array(left) / left[0], abs=0.003)


@pytest.mark.parametrize("unit", ["month", "year"])
def test_survivors_are_written_as_two_arms_that_compare_runs(tmp_path, unit):
    path = tmp_path / "survivors.csv"
    path.write_text(f"{unit},subscribers\n0,4000\n1,3000\n2,2500\n3,2200\n4,2000\n")
    common = ["population=2000", "replicates=2", "executor=serial", "threads=1", "quiet=true"]
    assert (
        main(["calibrate", f"data={path}", "until=3", "save_as=plan", *common, f"output_dir={tmp_path / 'fit'}"]) == 0
    )
    (folder,) = (tmp_path / "fit" / "calibrate").glob("[!.]*")
    words = ["compare", "--config-dir", str(folder / "config"), "scenario=plan", *common]
    assert main([*words, f"output_dir={tmp_path / 'out'}"]) == 0
    (result,) = (tmp_path / "out" / "compare").glob("[!.]*")
    summary = json.loads((result / "summary.json").read_text())
    assert summary["market_customers"] == 4000 and summary["step"] == ("month" if unit == "month" else "week")
    assert summary["differences"]["proactive - classic"]["purchases"]["mean"] > 0
    weekly = parquet.read_table(result / "weekly.parquet").to_pandas()
    stage = weekly[(weekly.metric == "customers") & (weekly.arm == "classic") & (weekly.key == "left")]
    gone = stage.groupby("week").value.mean().to_numpy() / 4000
    fit = parquet.read_table(folder / "survival.parquet").to_pandas()
    # 4,000 subscribers are simulated: four standard errors.
    assert np.abs(1.0 - gone[1:] - fit.expected[1 : gone.size]).max() < 4 * 0.5 / np.sqrt(4000)


def test_subscribers_who_are_all_alike_are_seldom_said_to_differ():
    """A false alarm in one of twenty, and three standard errors; those who do differ are found."""
    drawn = np.random.default_rng(4)

    def told(chances):
        lives = drawn.geometric(chances)
        left = [int((lives > period).sum()) for period in range(6)]
        return differ_beyond_chance(fit_shifted_beta_geometric(left), left)

    assert sum(told(np.full(400, 0.2)) for _ in range(60)) <= 8
    assert all(told(drawn.beta(0.7, 1.2, 400)) for _ in range(10))


@pytest.mark.parametrize(
    ("survivors", "said"),
    [
        ((200, 155, 125, 105), "is open"),
        ((2000, 1200, 900, 800), "they differ, and those most ready to leave do so first"),
        (("100 %", "60 %", "45 %", "40 %"), "how sure that is cannot be told from shares"),
    ],
)
def test_the_verdict_says_that_subscribers_differ_only_where_counts_show_it(write, survivors, said):
    rows = "".join(f"{period},{left}\n" for period, left in enumerate(survivors))
    found = project(
        read_survival(write(f"period,survivors\n{rows}"), until=3),
        name="x", title="X", seed=1, population=100, replicates=1, threads=1,
    )  # fmt: skip
    text = " ".join(survival_lines(found))
    assert said in text and ("they differ" in text) is ("they differ" in said)


#: Subscribers of a thousand after none to six periods, and under which heads and periods people write them.
LEFT = (1000, 869, 743, 653, 593, 551, 517)
TABLES = {
    "all periods in the head line": (",".join(f"Month {at}" for at in range(7)), None, ",".join(map(str, LEFT))),
    "days": ("Day,Retained", "Day {}", None), "Spanish": ("Mes;Clientes activos", "{}", None),
    "Portuguese": ("Mês;Assinantes", "{}", None), "Polish": ("Miesiąc;Klienci", "{}", None),
    "Japanese": ("月,継続者数", "{}", None), "French": ("Mois;Abonnés actifs", "{}", None),
    "words": ("Months since signup,Still subscribed", "{}", None), "quarters": ("Quartal;Kunden", "quarter", None),
    "weeks": ("Woche;Kunden", "week", None),
}  # fmt: skip


@pytest.mark.parametrize("way", TABLES)
def test_tables_as_people_have_them(tmp_path, way):
    head, period, row = TABLES[way]
    names = {"quarter": [f"{at % 4 + 1}. Quartal {2022 + at // 4}" for at in range(7)],
             "week": [f"KW {51 + at}/2022" if at < 2 else f"KW {at - 1}/2023" for at in range(7)]}  # fmt: skip
    sign = ";" if ";" in head else ","
    cells = names.get(period) or [str(period).format(at) for at in range(7)]
    rows = [row] if row else [f"{name}{sign}{left}" for name, left in zip(cells, LEFT, strict=True)]
    path = tmp_path / "left.csv"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    assert holds_survival(str(path))
    found = read_survival(str(path))
    assert found.subscribers == 1000 and (1000 * found.share).round().astype(int).tolist() == list(LEFT)


def test_a_ledger_of_a_column_of_customers_is_no_table_of_survivors(tmp_path):
    path = tmp_path / "sales.csv"
    path.write_text("Datum;Kunden;Betrag\n03.01.2023;17;5,00\n04.01.2023;18;6,00\n05.01.2023;17;7,00\n")
    assert not holds_survival(str(path))
