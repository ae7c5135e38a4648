"""The recipes of docs/extending.md that change code, applied to a copy of the sources and run by both engines."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "extending.md").read_text("utf-8")

JOURNEY = """
name: recipe
start: {idle: 1.0}
stages:
  idle: {does: wait}
  buy: {does: choose}
  use: {does: use, weeks: 1, experience_lift: 1.0}
  talk: {does: talk, weeks: 2}
  club: {does: nothing, weeks: 1}
edges:
  - {from: idle, to: buy, on: need}
  - {from: buy, to: use}
  - {from: use, to: talk}
  - {from: talk, to: club, GATE}
  - {from: talk, to: idle}
  - {from: club, to: idle}
"""
SCENARIO = """
name: recipe
market: {use: fitness, word_of_mouth: {talk_rate: 0.1}}
personas: active
baseline: without
arms:
  without: {focal: {journey: recipe, strategy: reactive}}
  with: {focal: {journey: recipe, strategy: STRATEGY}}
population: 60
horizon: 40
burn_in: 20
"""
RUN = """
import numpy as np
from sim import Scenario
from sim.engine.replicate import run_replicate as numba
from sim.scenario.journey import stage_names
from sim.reference.model import run_replicate as mesa

scenario = Scenario.load("recipe", config_dir="mine")
readable, fast = (live(scenario, seed=1, replicate=0) for live in (mesa, numba))
for arm in scenario.arms:
    for name in fast[arm].__dataclass_fields__:
        one, other = getattr(readable[arm], name), getattr(fast[arm], name)
        if isinstance(one, np.ndarray):
            assert np.array_equal(one, other), (arm, name)
"""
FIFTH = """
from agents.strategies import CAPABILITIES, CAPABILITIES_IN_WORDS
from sim.experiments.attribute import factorial_design
from sim.scenario.journey import GATES

# Charged as typed.
build, run, _ = fast["with"].fixed[:, scenario.focal].T
assert build[0] == 450 and not build[1:].any(), build
assert (run == 30).all(), run
assert CAPABILITIES_IN_WORDS == "five capabilities" and "community" in GATES
assert "community" in factorial_design(scenario).players
praise = {arm: int(fast[arm].praise[..., scenario.focal].sum()) for arm in scenario.arms}
assert praise["with"] > praise["without"], praise
club = stage_names(scenario.journeys).index("club")
visits = {arm: int(fast[arm].flows[:, :, club].sum()) for arm in scenario.arms}
assert visits["with"] > 0 and visits["without"] == 0, visits
print("agreed")
"""


def edits(title: str) -> list[tuple[str, str, str]]:
    """Return (path, old, new) of every edit in a section of the page."""
    section = PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]
    found = []
    for path, block in re.findall(r"<!-- edit: (\S+) -->\n```diff\n(.*?)```", section, re.DOTALL):
        lines = block.splitlines()
        old = "\n".join(line[1:] for line in lines if line[:1] != "+")
        new = "\n".join(line[1:] for line in lines if line[:1] != "-")
        found.append((path, old, new))
    return found


def live(tmp_path: Path, title: str, gate: str, strategy: str, script: str, *, leave_out: str = "") -> str:
    """Apply a section's edits to a copy of the sources and run the script there; return what it printed."""
    for folder in ("agents", "sim", "configs"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for path, old, new in edits(title):
        text = (tmp_path / path).read_text("utf-8")
        assert text.count(old) == 1, f"{path} has {text.count(old)} places like\n{old}"
        if path != leave_out:
            (tmp_path / path).write_text(text.replace(old, new), "utf-8")
    for folder, text in (
        ("journey", JOURNEY.replace("GATE", gate)),
        ("scenario", SCENARIO.replace("STRATEGY", strategy)),
    ):
        (tmp_path / "mine" / folder).mkdir(parents=True)
        (tmp_path / "mine" / folder / "recipe.yaml").write_text(text, "utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600
    )
    return done.stdout if done.returncode == 0 else done.stderr


def test_a_fifth_capability_takes_four_files(tmp_path):
    """Its level, cost, gate and effect; both engines agree."""
    assert len({path for path, _, _ in edits("A capability")}) <= 4
    strategy = "{use: reactive, community: 0.5, costs: {build: {community: 4.50}, run: {community: 0.30}}}"
    said = live(tmp_path, "A capability", "only: community, logit: {base: 8.0}", strategy, RUN + FIFTH)
    assert "agreed" in said, said


def test_a_feature_takes_two_files(tmp_path):
    assert len({path for path, _, _ in edits("A feature of edges")}) <= 2
    strategy = "{use: reactive, automation: 0.5}"
    said = live(
        tmp_path, "A feature of edges", "logit: {base: -1.0, knowledge: 3.0}", strategy, RUN + 'print("agreed")'
    )
    assert "agreed" in said, said


def test_a_feature_that_the_fast_engine_lacks_is_refused(tmp_path):
    said = live(
        tmp_path, "A feature of edges", "logit: {base: 1.0, knowledge: 3.0}", "reactive", RUN,
        leave_out="sim/engine/features.py",
    )  # fmt: skip
    assert "NotImplementedError" in said and "knowledge" in said
