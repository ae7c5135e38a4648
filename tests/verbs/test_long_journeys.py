"""Long journeys are composed as short ones are; Hydra is handed a word for their edges."""

import pytest
import yaml

from sim.cli import main
from sim.command_line import composition_cache
from sim.command_line.config_source import JourneySource
from sim.command_line.long_journeys import composing
from sim.verbs import frame

STAGES = [f"s{at}" for at in range(16)]


@pytest.fixture
def folder(tmp_path):
    """A chain in which every stage leads to every other one: 240 edges, with hazards by time."""
    edges = [
        {"from": one, "to": two, "by_step": [[1 + 2 * at, 0.001 * (1 + at % 3)] for at in range(20)]}
        for one in STAGES
        for two in STAGES
        if one != two
    ]
    journey = {"start": {"s0": 1.0}, "stages": {name: {} for name in STAGES}, "edges": edges}
    arms = {name: {"focal": {"journey": "chain"}} for name in ("one", "two")}
    scenario = {"market": "none", "baseline": "one", "arms": arms, "population": 50, "horizon": 5}
    for group, name, content in (("journey", "chain", journey), ("scenario", "case", scenario)):
        (tmp_path / group).mkdir()
        (tmp_path / group / f"{name}.yaml").write_text(yaml.safe_dump(content))
    return tmp_path


@pytest.fixture
def jobs(monkeypatch, tmp_path):
    """What is composed, by Hydra each time."""
    monkeypatch.setattr(composition_cache, "cache_home", lambda: str(tmp_path / "cache"))
    found = []
    monkeypatch.setattr(frame, "perform", found.append)
    return found


def test_edges_come_out_as_they_are_in_the_file(folder, jobs):
    words = ["compare", "--config-dir", str(folder), "scenario=case"]
    assert main(words) == 0
    # A word that names edges may change some: nothing is set aside.
    assert main([*words, "journeys.chain.edges.s0_to_s1.by_step=[0.5]", "replicates=2"]) == 0
    plain, changed = (job.scenario.journeys["chain"] for job in jobs)
    assert len(plain.edges) == 240 and plain.edges[0].by_step[1] == (3, 0.002)
    assert changed.edges[0].by_step == ((1, 0.5),) and changed.edges[1:] == plain.edges[1:]
    assert plain.stages == changed.stages and jobs[0].scenario.population == 50


def test_hydra_is_handed_a_word_for_them(folder):
    source = JourneySource("test", f"journey://compare:{folder}")
    with composing(["replicates=2"]):
        short = source.load_config("journey/chain").config
    with composing(["~journeys.chain.edges.s0_to_s1"]):
        long = source.load_config("journey/chain").config
    assert isinstance(short.edges, str) and len(short.stages) == 16
    assert len(long.edges) == len(source.load_config("journey/chain").config.edges) == 240


def test_a_sweep_and_a_rerun_have_them_too(folder, jobs, tmp_path):
    words = ["compare", "--multirun", "--config-dir", str(folder), "scenario=case", "population=50,60"]
    assert main(words) == 0
    first, second = (job.scenario for job in jobs)
    assert (first.population, second.population) == (50, 60) and first.journeys == second.journeys
    again = tmp_path / "again"
    again.mkdir()
    from sim.results.folder import write_config

    write_config(again, jobs[0].config())
    assert main(["compare", "--config-dir", str(again), "--config-name", "config"]) == 0
    assert jobs[2].scenario == first
