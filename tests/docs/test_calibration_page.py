"""The page on calibration: its table is current, its refusal is what is said, its commands run."""

import runpy
from pathlib import Path

import pytest
import yaml

from sim.analysis.category import CATEGORY_METRICS
from sim.calibration.parameters import default_parameters, read_parameters
from sim.calibration.targets import read_targets
from sim.scenario.errors import ConfigError
from sim.scenario.scenario import Scenario

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "calibration.md"


def test_the_table_of_fits_is_current():
    measure = runpy.run_path(str(ROOT / "docs" / "measure_fits.py"))
    shown = PAGE.read_text("utf-8").split(measure["BEGIN"])[1].split(measure["END"])[0].strip()
    assert shown == measure["table"](), "run: python docs/measure_fits.py"
    assert "not met" not in shown


def test_every_figure_of_a_category_and_every_usual_parameter_is_explained():
    text = PAGE.read_text("utf-8")
    assert [metric for metric in CATEGORY_METRICS if f"`{metric}`" not in text] == []
    scenario = Scenario.load("average")
    usual = default_parameters(scenario, read_targets({"initial_share": 0.5}, scenario))
    stems = {"evaluate": "evaluate", "recall": "recalled"}
    assert [p.name for p in usual if f"*{stems.get(p.name, p.name)}*" not in text] == []


def test_the_shown_file_can_be_read(fences):
    _, _, text = next(block for block in fences(PAGE) if block[1] == "yaml")
    data, scenario = yaml.safe_load(text), Scenario.load("average")
    assert len(read_targets(data["targets"], scenario)) == 3
    assert len(read_parameters(data["parameters"], scenario)) == 4


def test_the_shown_refusal_is_the_one_that_is_given():
    figures = {"initial_share": "63 %", "evaluation_share": "30 %", "loop_share_category": "37 %"}
    with pytest.raises(ConfigError) as refusal:
        read_targets(figures, Scenario.load("average"))
    assert f"journey: {refusal.value}" in " ".join(PAGE.read_text("utf-8").split())


@pytest.mark.slow
def test_the_commands_run(folder, commands, capsys):
    from sim.cli import main

    few = ("population=300", "horizon=40", "burn_in=30", "replicates=2")
    small = ("scan=16", "rounds=1", "members=4", "fit_population=300", "executor=serial", "progress=false")
    calibrates, *compares = commands(PAGE)
    assert main([*calibrates, *small, *few]) == 0
    (run,) = (folder / "results" / "calibrate").iterdir()
    assert compares
    for words in compares:
        assert main([word.replace("results/calibrate/RUN", str(run)) for word in words] + list(few)) == 0
    capsys.readouterr()
