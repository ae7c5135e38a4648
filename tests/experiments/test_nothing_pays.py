"""Doing nothing is the answer on the shipped cases where nothing pays, with a budget and without, whatever the seed."""

import json

import pytest

from sim.cli import main

pytest.importorskip("sklearn")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        ("sungevity", ["seed=1"]),
        ("sungevity", ["seed=2", "budget=200_000"]),
        ("cosmetics", ["seed=3"]),
        ("cosmetics", ["seed=4", "budget=20_000/year"]),
    ],
)
def test_nothing_is_done_as_shipped(scenario, words, tmp_path, capsys):
    small = ["population=500", "evaluations=20", "replicates=4", "confirm=12", "executor=serial", "advice=false"]
    assert main(["optimize", f"scenario={scenario}", *words, *small, f"output_dir={tmp_path}"]) == 0
    assert capsys.readouterr().out.startswith("Do nothing: no plan is shown to be worth more than classic.")
    (folder,) = (tmp_path / "optimize").iterdir()
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    assert summary["nothing"] and summary["spent"] == 0.0
    assert summary["value"] == {"mean": 0.0, "ci_low": 0.0, "ci_high": 0.0}
    # Not because luck hides a gain: the best plan that spends is shown to lose.
    assert summary["best_with_spending"]["value"]["ci_high"] < 0.0
