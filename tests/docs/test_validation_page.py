"""The commands of the page on validation run; its Python examples are run with those of the other pages."""

from pathlib import Path

from sim.cli import main
from sim.validation import PATTERNS
from sim.validation.field_experiment import read_experiments
from sim.validation.pattern import PatternRun
from sim.validation.replay import plan_replay

PAGE = Path(__file__).resolve().parents[2] / "docs" / "validation.md"


def test_the_commands_about_validation_run(folder, commands, run_small):
    listed = commands(PAGE)
    assert {words[0] for words in listed} == {"validate", "compare", "map"}
    for words in listed:
        run_small(words)


def test_too_small_a_sample_ends_with_status_one(folder, capsys):
    assert "validate pattern=P7 size=0.001      # too few customers to tell: exit status 1" in PAGE.read_text("utf-8")
    assert main(["validate", "pattern=P7", "size=0.001"]) == 1
    assert "UNDECIDABLE" in capsys.readouterr().out


def test_every_pattern_is_on_the_page():
    text = PAGE.read_text("utf-8")
    for pattern in PATTERNS:
        assert f"| {pattern.id} `{pattern.noun}` |" in text, pattern.id


def test_the_experiments_that_the_page_shows_are_replayable(fences, tmp_path):
    (text,) = (text for name, _, text in fences(PAGE) if name == "my_experiments.csv")
    path = tmp_path / "my_experiments.csv"
    path.write_text(text, encoding="utf-8")
    plans = [plan_replay(PatternRun(size=0.01), each) for each in read_experiments(path)]
    assert [plan.scenario.name for plan in plans] == ["recipe_app", "starwood"]
    assert all(plan.experiment.effects[0] > 0.0 for plan in plans)
