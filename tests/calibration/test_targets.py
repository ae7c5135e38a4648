"""Targets: read in every form, refused where wrong or where no market can meet them together."""

import re

import pytest

from configs import FOLDER
from sim.calibration.parameters import default_parameters, read_parameters
from sim.calibration.targets import SHARES, TARGET_METRICS, read_target_file, read_targets
from sim.scenario.config_path import ConfigPath
from sim.scenario.errors import ConfigError
from sim.scenario.scenario import Scenario


@pytest.fixture(scope="module")
def scenario():
    return Scenario.load("average", population=500)


CARS = {
    "initial_share": 63,
    "evaluation_share": 30,
    "loop_share_category": 7,
    "brands_initial": 3.8,
    "brands_added": 2.2,
}


def test_five_figures_typed_in_as_a_magazine_prints_them(scenario):
    targets = read_targets(CARS, scenario)
    assert [target.value for target in targets] == pytest.approx([0.63, 0.30, 0.07, 3.8, 2.2])
    assert [target.error for target in targets] == pytest.approx([0.01, 0.01, 0.01, 0.05, 0.05])
    assert [target.tolerance for target in targets] == pytest.approx([0.02, 0.02, 0.02, 0.1, 0.1])


@pytest.mark.parametrize("value", ["58 %", "58%", 58, 0.58, "0.58"])
def test_a_share_is_written_as_one_likes(scenario, value):
    (target,) = read_targets({"switched": value}, scenario)
    assert target.value == pytest.approx(0.58)


def test_weight_standard_error_tolerance_segment_and_source(scenario):
    rows = [
        {"metric": "switched", "value": "58 %", "weight": 4, "segment": "steady", "source": "a panel"},
        {"metric": "market_share", "value": "20 %", "se": "0.5 %", "tolerance": "3 %", "brand": "boreal"},
        {"metric": "contacts_per_customer", "value": 4, "segment": "arm:proactive"},
    ]
    first, second, third = read_targets(rows, scenario)
    assert (first.persona, first.error, first.source) == ("steady", pytest.approx(0.005), "a panel")
    assert (second.brand, second.error, second.tolerance) == ("boreal", pytest.approx(0.005), pytest.approx(0.03))
    assert (third.arm, third.error) == ("proactive", pytest.approx(0.08))


def test_plain_data_are_read_back_as_they_were(scenario):
    targets = read_targets(CARS, scenario)
    assert read_targets([target.plain() for target in targets], scenario) == targets
    parameters = default_parameters(scenario, targets)
    assert read_parameters([parameter.plain() for parameter in parameters], scenario) == parameters


def test_a_csv_file_says_the_same_as_a_yaml_file(tmp_path, scenario):
    (tmp_path / "a.csv").write_text("metric,segment,value,se\nswitched,all,58 %,1 %\nbrands_initial,steady,2.5,\n")
    (tmp_path / "a.yaml").write_text(
        "targets:\n  - {metric: switched, value: 58 %, se: 1 %}\n  - {metric: brands_initial, segment: steady, value: 2.5}\n"
    )
    csv, yaml = (read_target_file(tmp_path / f"a.{ending}") for ending in ("csv", "yaml"))
    assert read_targets(csv.targets, scenario) == read_targets(yaml.targets, scenario)
    assert csv.name == yaml.name == "a"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        # what is written is wrong
        ({}, "targets is empty"),
        (3, "give a file, a mapping"),
        ({"switchd": 58}, "did you mean 'switched'"),
        ({"switched": {"value": 58, "sigma": 2}}, "unknown key"),
        ({"switched": {"se": 2}}, "value is missing"),
        ({"switched": "many"}, "give a number"),
        ({"switched": -0.1}, "from 0 % to 100 %"),
        ({"switched": float("nan")}, "finite"),
        ({"switched": True}, "give a number"),
        ({"brands_initial": "3 %"}, "no share"),
        ({"switched": {"value": 0.5, "se": 0}}, "above 0"),
        ({"switched": {"value": 0.5, "se": 0.1, "weight": 2}}, "both se and weight"),
        ([{"metric": "switched", "value": 0.5, "segment": "stedy"}], "did you mean 'steady'"),
        ([{"metric": "switched", "value": 0.5, "brand": "boreal"}], "whole category"),
        ([{"metric": "switched", "value": 0.5}, {"metric": "switched", "value": 0.6}], "given twice"),
        # no market can be like this
        ({"initial_share": 63, "evaluation_share": 30, "loop_share_category": 37}, "sum to 130 %.*nearest that do are 53.0 %, 20.0 %, 27.0 %"),
        ({"initial_share": 0.7, "loop_share_category": 0.5}, "at most 100 %"),
        ({"loyal_without_shopping": 13, "shopped_and_rebought": 29, "switched": 40}, "sum to 82 %"),
        ({"brands_initial": 0.5}, "nearest that can be is 1"),
        ({"brands_initial": 5.0, "brands_added": 4.5}, "9.5 brands.*8 brands"),
        ({"initial_share": 40, "evaluation_share": 50, "loop_share_category": 10, "brands_added": 0.1}, "at least 0.56 brands"),
        ({"loop_share_category": 0.5, "loyal_without_shopping": 0.2}, "contradict"),
        ({"purchases_per_buyer": 0.5}, "nearest that can be is 1"),
        ({"purchases_per_customer": 9, "category_penetration": 0.5, "purchases_per_buyer": 4}, "give two of the three"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_in_one_line(scenario, data, words):
    with pytest.raises(ConfigError, match=words) as refusal:
        read_targets(data, scenario)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.csv", "metrik;value\nswitched;3\n", "column 'metric' is missing"),
        ("a.csv", "", "is empty; give a file of targets"),
        ("a.csv", "metric,value\nswitched,1,2\n", "line 2"),
        ("a.csv", 'metric,value\n"switched,1\n', "line"),
        ("a.csv", "metric,value\n", "targets is empty"),
        ("a.doc", "x", "give a .yaml, .csv, .tsv or .parquet"),
        ("a.yaml", "target: {switched: 3}\n", "did you mean 'targets'"),
        ("a.yaml", "name: ../x\ntargets: {switched: 3}\n", "letters from A to Z, digits"),
        ("a.yaml", "name: x\n", "targets is missing"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path, scenario, name, text, words):
    (tmp_path / name).write_text(text)
    with pytest.raises(ConfigError, match=re.escape(words)):
        read_targets(read_target_file(tmp_path / name).targets, scenario)


def test_a_file_that_is_not_there_or_not_text(tmp_path):
    with pytest.raises(ConfigError, match="does not exist"):
        read_target_file(tmp_path / "none.csv")
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="UTF-8"):
        read_target_file(tmp_path / "a.csv")


def test_every_metric_that_is_a_share_is_a_target():
    assert set(TARGET_METRICS) >= SHARES


SHIPPED = {
    "cars": "car",
    "skin_care": "skin_care",
    "cosmetics": "cosmetics",
    "telecom": "telecom",
    "carriers": "phone_subscription",
    "average": "average",
    "groceries": "recipe_app",
}


@pytest.mark.parametrize("name", ConfigPath.of().names("targets"))
def test_every_shipped_file_of_targets_fits_its_scenario(name):
    scenario = Scenario.load(SHIPPED[name])
    given = read_target_file(FOLDER / "targets" / f"{name}.yaml")
    targets = read_targets(given.targets, scenario)
    assert all(target.source for target in targets)
    assert read_parameters(given.parameters, scenario)


def test_an_error_in_points_beside_a_share_in_per_cent(scenario):
    (target,) = read_targets([{"metric": "switched", "value": "20 %", "tolerance": 2, "se": "1 %"}], scenario)
    assert (target.tolerance, target.error) == pytest.approx((0.02, 0.01))
    with pytest.raises(ConfigError, match="more than a whole share"):
        read_targets([{"metric": "switched", "value": 0.2, "tolerance": 2}], scenario)
    for value, tolerance in ((0.2, 1.0), ("20 %", "100 %")):
        (target,) = read_targets([{"metric": "switched", "value": value, "tolerance": tolerance}], scenario)
        assert target.tolerance == 1.0
    (target,) = read_targets([{"metric": "switched", "value": "20 %", "tolerance": 1}], scenario)
    assert target.tolerance == pytest.approx(0.01)


def test_an_interval_between_purchases_is_read_as_purchases_over_the_horizon(scenario):
    (target,) = read_targets({"purchase_interval": {"value": 26, "se": 1}}, scenario)
    assert target.metric == "purchases_per_customer"
    assert target.value == pytest.approx(scenario.horizon / 26)
    assert target.error == pytest.approx(scenario.horizon / 26**2)
    for bad in (0, -3, "often"):
        with pytest.raises(ConfigError, match="purchase_interval|weeks"):
            read_targets({"purchase_interval": bad}, scenario)


def table_of(tmp_path, scenario, text, name="a.csv"):
    """Return the figures of a table by metric."""
    (tmp_path / name).write_text(text)
    file = read_target_file(tmp_path / name)
    return {target.metric: target for target in read_targets(file.targets, scenario, where=file.where)}


def test_a_head_in_per_cent_says_that_shares_are(tmp_path, scenario):
    text = "metric;Value (%);SE (%)\nswitched;58;2\nloyal_without_shopping;1;0,5\nbrands_initial;2,2;\n"
    found = table_of(tmp_path, scenario, text)
    assert {metric: (target.value, target.error) for metric, target in found.items()} == {
        "switched": (0.58, 0.02), "loyal_without_shopping": (0.01, 0.005), "brands_initial": (2.2, 0.05)}  # fmt: skip
    with pytest.raises(
        ConfigError, match=r"says per cent, and row 1 has 0.58, .* write the figures with %, such as 58 %"
    ):
        table_of(tmp_path, scenario, "metric,Value (%)\nswitched,0.58\nloyal_without_shopping,0.13\n")


@pytest.mark.parametrize("metric", ["Switched", "switched brand", "SWITCHED"])
@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
def test_a_metric_may_be_called_as_reports_call_it(tmp_path, scenario, metric, name):
    found = table_of(
        tmp_path, scenario, f"metric,value\n{metric},58 %\n".replace(",", "\t" if name == "a.tsv" else ","), name
    )
    assert found["switched"].value == 0.58


def test_a_message_names_the_row_of_the_table(tmp_path, scenario):
    with pytest.raises(ConfigError, match=r"a\.csv: targets\.row 3\.metric is 'Total'"):
        table_of(
            tmp_path,
            scenario,
            "metric,value\nswitched,58 %\n,\nloyal_without_shopping,13 %\nTotal,71 %\n".replace("\n,\n", "\n"),
        )


def test_a_share_as_error_of_a_figure_in_per_cent_is_asked_about(tmp_path, scenario):
    with pytest.raises(ConfigError, match=r"row 1\.se is 0\.02 beside 58 per cent, .* 2 % or 0\.02 %"):
        table_of(tmp_path, scenario, "metric,value,se\nswitched,58,0.02\n")
    assert table_of(tmp_path, scenario, "metric,value,se\nswitched,58,0.02 %\n")["switched"].error == pytest.approx(
        0.0002
    )
