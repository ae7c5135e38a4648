"""`journey optimize`: its folder, its strategy by name, and one message for bad input."""

import json

import pytest
import yaml

from sim.cli import main

pytestmark = pytest.mark.usefixtures("undrawn")

pytest.importorskip("sklearn")
SMALL = (
    "population=100",
    "horizon=12",
    "burn_in=4",
    "replicates=2",
    "evaluations=8",
    "confirm=4",
    "executor=serial",
    "levers=[automation,contact_rate]",
)


def test_the_folder_has_the_plan_and_the_answers(tmp_path, capsys):
    place = f"output_dir={tmp_path}"
    assert main(["optimize", *SMALL, place, "budget=9_000", "answer=true", "lags=[4]", "save_as=mine"]) == 0
    printed = capsys.readouterr().out
    (folder,) = (tmp_path / "optimize").iterdir()
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    assert set(summary["plan"]) == {"automation", "contact_rate"}
    assert set(summary["value"]) == {"mean", "ci_low", "ci_high"}
    assert summary["spent"] <= summary["most_spent"] <= 9_000
    # Of what no lever moves alone more is spent.
    assert summary["nothing"] and summary["cheapest"]["most_spent"] > 9_000
    assert 1 <= summary["evaluations"] <= 8
    assert all({"strategies", "regret"} <= set(item) for item in summary["equilibria"])
    # The scenario's own plan spends more than the budget: only the competitor may follow it.
    assert len(summary["payoffs"]) == 2 * 3
    strategy = yaml.safe_load((folder / "config" / "strategy" / "mine.yaml").read_text("utf-8"))
    assert strategy["name"] == "mine"
    assert "journey compare --config-dir" in printed
    command = ["compare", "--config-dir", str(folder / "config"), "arms.proactive.focal.strategy=mine"]
    assert main([*command, *SMALL[:4], place]) == 0


@pytest.mark.parametrize(
    ("levers", "words"),
    [
        # Prospects are contacted at the scenario's rate, whatever the levers are.
        ("[automation,contact_rate]", "these as well: personalization, context, innovation, prospect_contact_rate."),
        ("{automation: [0.5, 0.8]}", "these as well: personalization, context, innovation, contact_rate, prospect"),
    ],
)
def test_a_budget_that_no_plan_keeps_is_told_with_what_is_spent_all_the_same(levers, words, tmp_path, capsys):
    small = [word for word in SMALL if not word.startswith("levers")]
    assert main(["optimize", *small, f"levers={levers}", "budget=100", "advice=false", f"output_dir={tmp_path}"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "The budget of $100.00 is less than any plan spends that was tried. The cheapest (automation" in printed
    assert words in printed and "is left" not in printed
    (folder,) = (tmp_path / "optimize").iterdir()
    cheapest = json.loads((folder / "summary.json").read_text("utf-8"))["cheapest"]
    assert 100 < cheapest["charged"] <= cheapest["most_spent"]
    assert sum(cheapest["spent_by_kind"].values()) == pytest.approx(cheapest["charged"])


def test_levers_whose_ranges_begin_too_high_for_the_budget_are_told(tmp_path, capsys):
    free = [f"{name}: [0, 1]" for name in ("personalization", "context", "innovation")]
    ranges = ", ".join(["automation: [0.5, 0.8]", *free, "contact_rate: null", "prospect_contact_rate: null"])
    small = [word for word in SMALL if not word.startswith("levers")]
    words = [*small, f"levers={{{ranges}}}", "budget=100/year", "advice=false", f"output_dir={tmp_path}"]
    assert main(["optimize", *words]) == 0
    assert "Give a larger budget, or ranges of the levers that begin lower." in " ".join(
        capsys.readouterr().out.split()
    )


def test_a_plan_that_is_the_scenarios_own_stands_once_among_the_answers(tmp_path, monkeypatch):
    own = "sim.experiments.plan_race.PlanRace._apart"
    monkeypatch.setattr(own, lambda race, _: race._search.question.own[None, :])
    monkeypatch.setattr("sim.experiments.optimize.rules_of_thumb", lambda question, _: {"own": question.own})
    assert main(["optimize", *SMALL, f"output_dir={tmp_path}", "answer=true", "lags=[4]", "advice=false"]) == 0
    (folder,) = (tmp_path / "optimize").iterdir()
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    payoffs = summary["payoffs"]
    assert summary["cheapest"] is None
    assert len(payoffs) == 2 * 2 and "scenario's own" not in json.dumps(payoffs)


def test_a_range_of_the_doubt_is_typed_as_a_list(tmp_path):
    small = [word for word in SMALL if not word.startswith(("replicates", "population", "levers"))]
    words = ["robust=worst_tenth", "replicates=10", "doubt=[0.6, 1.4]", "advice=false", "population=40"]
    words.append("levers=[automation]")
    assert main(["optimize", *small, *words, f"output_dir={tmp_path}"]) == 0
    (folder,) = (tmp_path / "optimize").iterdir()
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    assert summary["states"] == 10 and summary["nominal"] is not None
    assert any(line.startswith(("It was chosen by", "That was chosen by")) for line in summary["verdict"].splitlines())
    assert ".It" not in summary["verdict"] and ".Beside" not in summary["verdict"]
    assert main(["optimize", f"from={folder}", f"output_dir={tmp_path}", "quiet=true"]) == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["goal=profit"], "goal is 'profit'"),
        (["budget=-1"], "budget is -1"),
        (["budget=5000/month"], "budget is per 'month'"),
        (["budget={amount: 5000, every: year}"], "unknown key 'every'"),
        (["limits=[automation]"], "write METRIC or LEVER"),
        (["limits=[automation >= 0.8, automation <= 0.2]"], "none holds them all"),
        (["robust=worst_tenth"], "replicates=10 or more"),
        (["doubt=[2,1]"], "give [low, high] within 0 to 2"),
        (["ensemble=no_such"], "no_such"),
        (["ensemble={name: e, paths: [market.contact.fatigue], members: [{values: [9999]}]}"], "does not fit"),
        (["answer=true", "competitor=nobody"], "competitor is 'nobody'"),
        (["answer=true", "strategies=[no_such]"], "no_such"),
        (["lags=[soon]"], "lags holds"),
        (["answer=true"], "lags is [26, 52], and the horizon has 12 weeks: nobody follows within it"),
        (["save_as=../x"], "save_as"),
        (["replicates=1"], "at least 2"),
        (["levers=[automatio]"], "automatio"),
        (["levers={start_week: [30, 40]}"], "beyond the horizon of 12"),
    ],
)
def test_bad_input_gets_one_message(words, message, tmp_path, capsys):
    given = {word.split("=")[0] for word in words}
    small = [word for word in SMALL if word.split("=")[0] not in given]
    assert main(["optimize", *small, f"output_dir={tmp_path}", *words]) == 2
    error = capsys.readouterr().err
    assert message in error and "Traceback" not in error
    assert not (tmp_path / "optimize").exists()
