"""Small tables: survivors and targets come out right however they are written, or are refused with the remedy."""

from datetime import date, timedelta

import pytest

from sim.calibration.targets import read_target_file, read_targets
from sim.customer_base.survival import holds_survival, read_survival
from sim.data.layout import Layout
from sim.scenario.errors import ConfigError
from sim.scenario.scenario import Scenario

#: 12,000 subscribers, 9,500 and so on, in columns as people have them.
SURVIVORS = {
    "thousands": 'month,subscribers\n0,"12,000"\n1,"9,500"\n2,"8,100"\n3,"7,200"\n',
    "thousands with points": "Monat;Kunden\n0;12.000\n1;9.500\n2;8.100\n3;7.200\n",
    "apostrophes": "month;survivors\n0;12'000\n1;9\u2019500\n2;8'100\n3;7'200\n",
    "months of the calendar": "Month,Subscribers\n2021-11,12000\n2021-12,9500\n2022-01,8100\n2022-02,7200\n",
    "ends of months": "month,active\n2021-01-31,12000\n2021-02-28,9500\n2021-03-31,8100\n2021-04-30,7200\n",
    "months without a sign": "month,active\n202111,12000\n202112,9500\n202201,8100\n202202,7200\n",
    "months in words": "Month,Subscribers\nNov 2021,12000\nDec 2021,9500\nJan 2022,8100\nFeb 2022,7200\n",
    "months in German": "Monat;Abonnenten\nNov-21;12000\nDez-21;9500\nJan-22;8100\nFeb-22;7200\n",
    "months without a year": "Month,Subscribers\nNovember,12000\nDecember,9500\nJanuary,8100\nFebruary,7200\n",
    "first days of months": "date;active\n01.11.2021;12000\n01.12.2021;9500\n01.01.2022;8100\n01.02.2022;7200\n",
    "ends of months in America": "month,active\n11/30/2021,12000\n12/31/2021,9500\n1/31/2022,8100\n2/28/2022,7200\n",
    "midnights": "month,active\n2021-11-01T00:00:00Z,12000\n2021-12-01T00:00:00Z,9500\n2022-01-01T00:00:00Z,8100\n"
    "2022-02-01T00:00:00Z,7200\n",
    "thousands by the head": "month,subscribers (thousands)\n0,12\n1,9.5\n2,8.1\n3,7.2\n",
    "German words": "Monat;Überlebende\n0;12000\n1;9500\n2;8100\n3;7200\n",
    "nobody joined": "month,active,new\n0,12000,12000\n1,9500,0\n2,8100,0\n3,7200,0\n",
    "months side by side": "month,2021-11,2021-12,2022-01,2022-02\nsubscribers,12000,9500,8100,7200\n",
    "named periods side by side": "cohort;Month 0;Month 1;Month 2;Month 3\n2021;12.000;9.500;8.100;7.200\n",
    "a cohort's size beside its periods": "cohort;size;Month 1;Month 2;Month 3\n2021;12.000;9.500;8.100;7.200\n",
    "named periods": "month,survivors\nMonth 0,12000\nMonth 1,9500\nMonth 2,8100\nMonth 3,7200\n",
    "units in heads": "Period (months),Survivors (31.12.2021)\n0,12000\n1,9500\n2,8100\n3,7200\n",
    "a head over two lines": '"month\n(since the start)",survivors\n0,12000\n1,9500\n2,8100\n3,7200\n',
    "a remark over two lines": 'month,survivors,note\n0,12000,"a\nb"\n1,9500,\n2,8100,\n3,7200,\n',
    "periods to come": "month,survivors\n0,12000\n1,9500\n2,8100\n3,7200\n4,\n5,-\n",
    "heads again and empty rows": "month,survivors\n0,12000\n1,9500\n,\nmonth,survivors\n2,8100\n3,7200\n,\n",
}
REFUSED = {
    "two columns": ("year,subscribers,survival\n0,1000,100%\n1,800,80%\n2,650,60%\n", "may each be the survivors"),
    "two groups": (
        "group,period,survivors\na,0,10\na,1,8\na,2,7\nb,0,10\nb,1,9\nb,2,8\n",
        "begin again in row 4: keep the rows of one group",
    ),
    "cohorts": ("cohort,0,1,2,3\n2021,10,9,8,7\n2022,11,9,8,\n", "2 rows are cohorts; keep the head line and one row"),
    "days or months": (
        "date,active\n1/1/2021,10\n2/1/2021,9\n3/1/2021,8\n",
        "row 1 has '1/1/2021' as 'date', which is no",
    ),
    "who joined": (
        "month,active,New customers\n0,10,10\n1,9,2\n2,8,1\n3,7,0\n",
        "row 2 has '2' as 'New customers': where customers join later, 'active' is not how many of the first are left",
    ),
    "a total": ("month,active\n0,10\n1,9\n2,8\nTotal,27\n", "row 4 has 'Total' .*take out rows that add up others"),
    "both make sense": ('period,survivors\n0,"100,000"\n1,"80,000"\n2,"65,000"\n', "decimal=point or decimal=comma"),
    "more than there are people": ("period,survivors\n0,1e300\n1,8e299\n2,6e299\n", "1e.10 at most"),
    "more than all": (
        "month,survival\n0,110%\n1,80%\n2,65%\n3,55%\n",
        "its first row says 110; begin with the start, 100 %",
    ),
    "the last month on top": (
        "month,active\n2021-03,7\n2021-02,9\n2021-01,10\n",
        "they run backwards: put the first one on top",
    ),
    "a gap": ("period,survivors\n0,10\n1,-\n2,7\n", "row 2 has nothing"),
    "an open quote": ('period,survivors,note\n0,10,"a\n1,8,b\n2,7,c"\n3,6,d\n', "takes rows into one cell"),
}


@pytest.mark.parametrize("case", SURVIVORS)
def test_survivors_however_they_are_written(tmp_path, case):
    path = tmp_path / "survivors.csv"
    path.write_text(SURVIVORS[case])
    assert holds_survival(str(path))
    found = read_survival(str(path))
    assert found.subscribers == 12_000 and found.unit == "month"
    assert found.share.tolist() == pytest.approx([1.0, 9.5 / 12, 8.1 / 12, 0.6])
    told = {
        "periods to come": 1,
        "thousands by the head": 1,
        "heads again and empty rows": 2,
        "a cohort's size beside its periods": 2,
    }
    assert len(found.notices) == told.get(case, "side by side" in case)


@pytest.mark.parametrize(("first", "days"), [("2021-01-04", 7), ("2021-03-29", 1)])
def test_survivors_by_weeks_and_days(tmp_path, first, days):
    begins = [date.fromisoformat(first) + timedelta(days=days * number) for number in range(4)]
    path = tmp_path / "survivors.csv"
    rows = (f"{day},{left}" for day, left in zip(begins, (12000, 9500, 8100, 7200), strict=True))
    path.write_text("\n".join(["period,active", *rows]) + "\n")
    found = read_survival(str(path))
    assert found.subscribers == 12_000 and found.unit == {7: "week", 1: "day"}[days]


@pytest.mark.parametrize("case", REFUSED)
def test_survivors_that_can_be_meant_otherwise_are_refused(tmp_path, case):
    text, said = REFUSED[case]
    path = tmp_path / "survivors.csv"
    path.write_text(text)
    with pytest.raises(ConfigError, match=said):
        read_survival(str(path))


def test_what_a_message_advises_is_heeded(tmp_path):
    path = tmp_path / "survivors.csv"
    path.write_bytes("période;survivors\n0;1000\n1;800\n2;650\n".encode("cp1252"))
    with pytest.raises(ConfigError, match="encoding=cp1252"):
        read_survival(str(path))
    columns = {"period": "période", "survivors": "survivors"}
    assert read_survival(str(path), Layout(encoding="cp1252", columns=columns), 2).subscribers == 1000
    path.write_text('period,survivors\n0,"100,000"\n1,"80,000"\n2,"65,000"\n3,"55,000"\n')
    assert read_survival(str(path), Layout(decimal="point")).subscribers == 100_000
    assert read_survival(str(path), Layout(decimal="comma")).subscribers is None
    path.write_text("period|survivors\n0|1000\n1|gone\n2|650\n")
    with pytest.raises(ConfigError, match="row 2 has nothing"):
        read_survival(str(path), Layout(delimiter="|", missing=["gone"]))


TARGETS = {
    "capitals and units": "Metric,Value (%),SE\ninitial_share,49,2\nbrands_initial,1.7,0.1\n",
    "apostrophes": "metric,value,note\nrevenue,1'234'567,\ninitial_share,49 %,\n",
    "heads again and empty rows": "metric,value\ninitial_share,49 %\n,\nmetric,value\nbrands_initial,1.7\n",
    "a remark over two lines": 'metric,value,source\ninitial_share,49 %,"a survey\nof 400"\n',
    "per cent in words": "metric;value\ninitial_share;49,0 Prozent\nbrands_initial;1,7\n",
    "numbers of rows": ",metric,value\n0,initial_share,49 %\n1,brands_initial,1.7\n",
    "names of rows": '"metric","value"\n"1","initial_share",0.49\n"2","brands_initial",1.7\n',
    "units below the heads": "metric,value,se\n,%,%\ninitial_share,49,2\n",
    "per cent in a head's words": "metric,value_pct\ninitial_share,49\n",
    "in per cent": "metric;Value in %\ninitial_share;49,0\n",
    "currency": 'metric,value\nrevenue,"$1,234,567.00"\ninitial_share,49 %\n',
    "currency behind": "metric;value\nrevenue;1.234.567,00 €\ninitial_share;49 %\n",
    "powers of ten": "metric,value\nrevenue,1.234567E+06\ninitial_share,49 %\n",
    "wide signs": "metric,value\ninitial_share,49\uff05\n",
}


@pytest.mark.parametrize("case", TARGETS)
def test_targets_however_they_are_written(tmp_path, case):
    path = tmp_path / "targets.csv"
    path.write_text(TARGETS[case])
    found = read_targets(read_target_file(path).targets, Scenario.load("treadmill"))
    values = {target.metric: target.value for target in found}
    assert values["initial_share"] == 0.49 and values.get("revenue", 1_234_567) == 1_234_567
    assert values.get("brands_initial", 1.7) == 1.7


@pytest.mark.parametrize(("cohort", "size", "period"), [("cohort", "users", "M"), ("Kohorte", "Kunden", "Monat ")])
def test_shares_beside_the_size_of_a_cohort_begin_with_all(tmp_path, cohort, size, period):
    path = tmp_path / "survivors.csv"
    periods = ",".join(f"{period}{number}" for number in range(1, 5))
    path.write_text(f"{cohort},{size},{periods}\n2021-01,500,80%,65%,55%,50%\n")
    assert holds_survival(str(path))
    found = read_survival(str(path))
    assert found.share.tolist() == [1.0, 0.8, 0.65, 0.55, 0.5] and f"'{size}' is taken for all" in found.notices[1]


def test_a_customer_in_front_of_months_is_no_cohort(tmp_path):
    path = tmp_path / "sums.csv"
    path.write_text("Kunden,Monat 1,Monat 2,Monat 3\nx,5,0,3\n")
    assert not holds_survival(str(path))


def test_values_of_targets_in_thousands_are_refused(tmp_path):
    path = tmp_path / "targets.csv"
    path.write_text("metric,value (thousands)\nrevenue,12\n")
    with pytest.raises(ConfigError, match="is in thousands; write whole units"):
        read_target_file(path)


def test_a_share_beside_a_percentage_is_asked_about(tmp_path):
    path = tmp_path / "targets.csv"
    path.write_text("metric,value\nmarket_share,0.49\nswitched,24\n")
    with pytest.raises(
        ConfigError, match=r"row 1\.value is 0\.49 and targets\.row 2\.value 24: .* write shares with %"
    ):
        read_targets(read_target_file(path).targets, Scenario.load("treadmill"))
    path.write_text('metric,value,se,se\nswitched,24 %,"1 %","2 %"\n')
    with pytest.raises(ConfigError, match="'se' is there twice"):
        read_target_file(path)
    path.write_text("metric,value\nrevenue,250.725\n")
    with pytest.raises(ConfigError, match="decimal=point or decimal=comma"):
        read_target_file(path)
    assert read_target_file(path, Layout(decimal="point")).targets["row 1"]["value"] == 250.725


ERRORS = {
    "standard errors in words": ("metric,value,Std. Error\ninitial_share,49 %,2 %\n", 0.02),
    "points": ("metric,value,se\ninitial_share,49 %,2 pp\n", 0.02),
    "plus or minus": ("metric,value,se\ninitial_share,49 %,±2 %\n", 0.02),
    "an interval": ("metric,value,ci_low,ci_high\ninitial_share,49 %,45.08 %,52.92 %\n", 0.02),
    "an interval of a number": ("metric,value,ci_low,ci_high\nbrands_initial,1.7,1.504,1.896\n", 0.1),
    "a part of the figure": ("metric,value,se\nrevenue,1000000,3 %\n", 30_000.0),
}


@pytest.mark.parametrize("case", ERRORS)
def test_errors_of_targets_however_they_are_written(tmp_path, case):
    path = tmp_path / "targets.csv"
    path.write_text(ERRORS[case][0])
    (found,) = read_targets(read_target_file(path).targets, Scenario.load("treadmill"))
    assert found.error == pytest.approx(ERRORS[case][1], rel=1e-3)


NO_ERRORS = {
    "a standard deviation": ("metric,value,Std. Dev.\ninitial_share,49 %,20 %\n", "how single customers differ"),
    "a variance": ("metric,value,variance\nbrands_initial,1.7,0.01\n", "how single customers differ"),
    "points or a share": ("metric,value,se\ninitial_share,49 %,0.5\n", "write it with %, 0.5 % or 50 %"),
    "more than the figure": ("metric,value,se\nbrands_initial,1.7,17\n", "more than the figure 1.7 itself"),
    "half an interval": ("metric,value,ci_low\nbrands_initial,1.7,1.5\n", "give both ends of a 95 % interval"),
    "outside": ("metric,value,ci_low,ci_high\nbrands_initial,1.7,1.8,1.9\n", "does not lie in its interval"),
    "two in a cell": ("metric,value\nbrands_initial,1.2 (0.8–1.6)\n", "give one number, and how unsure it is as se"),
    "a column without a name": ("metric,,value\nbrands_initial,x,1.7\n", "column 2 has no name"),
}


@pytest.mark.parametrize("case", NO_ERRORS)
def test_what_is_no_error_of_a_target_is_refused(tmp_path, case):
    path = tmp_path / "targets.csv"
    path.write_text(NO_ERRORS[case][0])
    with pytest.raises(ConfigError, match=NO_ERRORS[case][1]):
        read_targets(read_target_file(path).targets, Scenario.load("treadmill"))


def test_figures_say_which_decimal_sign_they_have(tmp_path):
    path = tmp_path / "targets.csv"
    path.write_text('metric,value\nbrands_initial,"1,725"\nbrands_added,"1,125"\n')
    found = {row["metric"]: row["value"] for row in read_target_file(path).targets.values()}
    assert found == {"brands_initial": 1.725, "brands_added": 1.125}


def test_numbers_of_parquet_have_a_point(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = tmp_path / "survivors.parquet"
    parquet.write_table(pyarrow.table({"month": [0, 1, 2, 3], "survival": [100.0, 79.167, 67.125, 60.125]}), path)
    assert read_survival(str(path)).share.tolist() == pytest.approx([1.0, 0.79167, 0.67125, 0.60125])


LATER = {
    "a kind of row": "month,survivors,type\n0,100,actual\n1,80,actual\n2,65,Actual\n3,60,forecast\n4,55,forecast\n",
    "yes and no": "month,survivors,is_forecast\n0,100,0\n1,80,0\n2,65,0\n3,60,1\n4,55,1\n",
    "in German": "Monat;Kunden;Art\n0;100;Ist\n1;80;Ist\n2;65;Ist\n3;60;Prognose\n4;55;Prognose\n",
}


@pytest.mark.parametrize("case", LATER)
def test_forecasts_are_no_survivors(tmp_path, case):
    path = tmp_path / "survivors.csv"
    path.write_text(LATER[case])
    found = read_survival(str(path))
    assert found.share.tolist() == [1.0, 0.8, 0.65]
    assert "left out: 2 rows at the end" in found.notices[-1]


@pytest.mark.parametrize(
    "periods", ["Q3/23 Q4/23 Q1/24 Q2/24", "T3-2023 T4-2023 T1-2024 T2-2024", "3T23 4T23 1T24 2T24"]
)
def test_quarters_in_other_words(tmp_path, periods):
    path = tmp_path / "survivors.csv"
    rows = zip(periods.split(), (12000, 9500, 8100, 7200), strict=True)
    path.write_text("\n".join(["trimestre;clientes", *(f"{period};{left}" for period, left in rows)]))
    assert read_survival(str(path)).unit == "quarter"


def test_units_below_the_heads_and_rows_out_of_order(tmp_path):
    path = tmp_path / "survivors.csv"
    path.write_text("month,survival\n,%\n0,100.00\n1,80.5\n2,65.2\n3,60.1\n")
    found = read_survival(str(path))
    assert found.share.tolist() == pytest.approx([1.0, 0.805, 0.652, 0.601])
    assert found.notices == ("the units in the line below the head line belong to it",)
    path.write_text("month,survivors\n0,100\n1,80\n1,80\n2,65\n3,60\n")
    with pytest.raises(ConfigError, match="row 3 goes from '1' to '1': give one row for each, in order"):
        read_survival(str(path))
