"""The page on purchases and survivors keeps its word: its commands run, and its figures are those of a run."""

import json
import re
import shutil
from pathlib import Path

from configs import FOLDER
from sim.data.layout import ROLES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "transactions.md"


def test_its_commands_run_and_its_figures_are_current(commands, run_small, folder):
    shutil.copytree(FOLDER / "data", folder / "configs" / "data")
    listed = commands(PAGE)
    assert [words[0] for words in listed] == ["calibrate", "calibrate"]
    for words in listed:
        run_small([*words, "threads=1"])
    text = PAGE.read_text(encoding="utf-8")
    results = {path.name.split("_")[-1]: path for path in (folder / "results" / "calibrate").iterdir()}
    found = json.loads((results["cdnow"] / "summary.json").read_text(encoding="utf-8"))
    for name, entry in found["parameters"].items():
        assert re.search(
            rf"^\| {name}\b.*\| {entry['estimate']:.4g} \| {entry['error']:.2g} \|$", text, re.MULTILINE
        ), name
    forecast = found["forecast"]
    told = f"{forecast['simulated_total']:,.0f} simulated, {-100 * forecast['gap_at_the_end']:.1f} % below"
    assert told in text
    assert f"off by {100 * forecast['largest_gap_of_the_curve']:.1f} % at most" in text
    assert f"sees {100 * (1 - forecast['simulated_after'] / forecast['observed_after']):.0f} % too few" in text
    regular = json.loads((results["regular"] / "summary.json").read_text(encoding="utf-8"))
    assert f"within {100 * regular['forecast']['largest_gap']:.1f} points" in text


def test_the_heads_it_names_are_known():
    named = re.findall(r"`(customer_id|order_date|total)`", PAGE.read_text(encoding="utf-8"))
    known = {word for words in ROLES.values() for word in words}
    assert set(named) <= known and named
