"""The page about a market of one's own: its commands run in their order, and its lines fit the files it names."""

import re
from pathlib import Path

from sim.scenario.scenario import Scenario

PAGE = Path(__file__).resolve().parents[2] / "docs" / "own_market.md"


def replace_lines(path, lines):
    """Replace each line of a file that begins with the same key."""
    text = path.read_text(encoding="utf-8")
    for line in lines:
        key = re.match(r" *\w+:", line)[0]
        text, found = re.subn(rf"^{key}.*$", lambda _, line=line: line, text, flags=re.MULTILINE)
        assert found == 1, f"{path}: {key} stands there {found} times"
    path.write_text(text, encoding="utf-8")


def test_the_gym_is_made_edited_and_run(commands, fences, run_small, folder):
    listed = commands(PAGE)
    for words in listed[:3]:
        run_small(words)
    for name, _, text in fences(PAGE):
        if name:
            replace_lines(folder / name, text.splitlines())
    gym = Scenario.load("gym", config_dir=folder / "gym")
    assert gym.market_customers == 12_000 and gym.market.brands["gym"].price == 99
    costs = gym.arms["proactive"].plans["gym"].strategy.costs
    assert costs.build.automation.amount == 200_000 and costs.build.automation.level == 0.6
    for words in listed[3:]:
        run_small(words)


def test_the_files_it_lists_are_the_files_there_are(run_small, folder):
    run_small(["new", "gym", "like=subscription"])
    listed = re.findall(r"^\| `(gym/\S+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert {folder / name for name in listed} == {path for path in (folder / "gym").rglob("*.*")}
