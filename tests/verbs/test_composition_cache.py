"""Kept compositions: the same answer as from Hydra, and composed anew after any change of what it is made of."""

import json

import pytest

import sim.command_line.composer as composer
from sim.cli import main
from sim.command_line import composition_cache
from sim.command_line.composition_cache import composition_key, find, keep
from sim.verbs import frame

WORDS = ("compare", "population=50", "horizon=10", "arms.proactive.focal.strategy.automation=0.3", "contact_rate=0.2")


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """Keep compositions in a folder of the test."""
    folder = tmp_path / "cache"
    monkeypatch.setattr(composition_cache, "cache_home", lambda: str(folder))
    return folder / composition_cache.COMPOSED


def test_the_second_time_it_does_without_hydra_and_asks_the_same(cache, monkeypatch):
    jobs = []
    monkeypatch.setattr(frame, "perform", jobs.append)
    assert main([*WORDS]) == 0
    assert len(list(cache.iterdir())) == 1
    monkeypatch.setattr(composer, "start_hydra", lambda *_: pytest.fail("Hydra was started"))
    assert main([*WORDS]) == 0
    first, second = jobs
    assert first == second and first.scenario.population == 50


def test_another_number_of_the_same_type_is_laid_over_what_was_composed(cache, monkeypatch):
    jobs = []
    monkeypatch.setattr(frame, "perform", jobs.append)
    assert main([*WORDS]) == 0
    others = [
        "compare",
        "population=60",
        "horizon=12",
        "arms.proactive.focal.strategy.automation=0.9",
        "contact_rate=0.5",
    ]
    with monkeypatch.context() as patch:
        patch.setattr(composer, "start_hydra", lambda *_: pytest.fail("Hydra was started"))
        assert main(others) == 0
    for path in cache.iterdir():
        path.unlink()
    assert main(others) == 0
    kept, composed = jobs[1:]
    assert kept == composed and kept.scenario.population == 60 and kept != jobs[0]
    assert main([*WORDS[:3], "arms.proactive.focal.strategy.automation=1", "contact_rate=0.2"]) == 0
    assert len(list(cache.iterdir())) == 2  # a whole number where a decimal one stood is composed


def test_another_file_and_another_folder_are_laid_over_what_was_composed(cache, monkeypatch, tmp_path):
    jobs, logs = [], [tmp_path / "some.csv", tmp_path / "other" / "2024_03.csv"]
    logs[1].parent.mkdir()
    for log in logs:
        log.write_text("case,activity,time\n1,a,2024-01-01\n")
    monkeypatch.setattr(frame, "perform", jobs.append)
    words = [["discover", f"log={log}", f"output_dir={log.parent}", "seed=3"] for log in logs]
    assert main(words[0]) == 0
    with monkeypatch.context() as patch:
        patch.setattr(composer, "start_hydra", lambda *_: pytest.fail("Hydra was started"))
        assert main(words[1]) == 0
    for path in cache.iterdir():
        path.unlink()
    assert main(words[1]) == 0
    kept, composed = jobs[1:]
    assert kept == composed and kept.plan.path == logs[1] and kept.output_dir == logs[1].parent


@pytest.mark.parametrize("value", ["a/b", "/x.1/2.csv", "./visits.xes.gz", "Visits.csv", "../ab"])
def test_what_names_a_place_is_a_path_whatever_it_is(value):
    assert composition_key("discover", [f"log={value}"]) == composition_key("discover", ["log=one/two.csv"])


@pytest.mark.parametrize(
    "word",
    ["log=null", "log=1/2", "log=1.5", "log=.inf", "log='a/b'", "log=a,b/c", "log=[a/b]", "log=a b/c", "log=-.inf"]
    + ["scenario=a/b", "log=a=b/c", "log=2024.csv", "log=true", "log=ü/a", "goal=a/b", "log=~/a"],
)
def test_what_may_be_something_else_counts_as_it_is_written(word):
    key = word.partition("=")[0]
    assert composition_key("discover", [word]) not in (
        composition_key("discover", [f"{key}=one/two.csv"]),
        composition_key("discover", ["log=one/two.csv"]),
    )


def test_a_number_out_of_range_is_refused_as_when_it_is_composed(cache, monkeypatch, capsys):
    monkeypatch.setattr(frame, "perform", lambda _: None)
    messages = []
    for _ in range(2):
        assert main(["compare", "population=-5"]) == 2
        messages.append(capsys.readouterr().err)
        assert main(["compare", "population=5"]) == 0
    assert messages[0] == messages[1] != ""


def test_other_words_are_another_composition(cache):
    words = ([], ["seed=2"], ["seed=2", "horizon=5"], ["horizon=5"], ["seed=2.0"], ["seed=02"], ["scenario=telecom"])
    keys = {composition_key("compare", given) for given in words}
    assert len(keys) == len(words) and None not in keys
    assert composition_key("story", []) not in keys


def test_a_number_that_is_not_where_the_word_says_is_not_kept(cache):
    for data in ({}, {"seed": 2}, {"seed": 1.0}, {"seed": {"a": 1}}, {"seed": True}):
        keep("key", ["seed=1"], data)
        assert find("key", ["seed=1"]) is None
    keep("key", ["+a.b=1", "c=0.5"], {"a": {"b": 1}, "c": 0.5})
    assert find("key", ["a.b=7", "c=0.25"]) == {"a": {"b": 7}, "c": 0.25}
    assert find("key", ["a.b=7"]) is None


@pytest.mark.parametrize("words", [["--cfg", "job"], ["-m", "seed=1,2"], ["--help"], ["title=${oc.env:HOME}"]])
def test_what_is_not_a_plain_run_is_composed_in_any_case(words):
    assert composition_key("compare", words) is None


def test_any_change_in_a_users_folder_is_another_composition(tmp_path):
    words = ["--config-dir", str(tmp_path), "scenario=mine"]
    place = tmp_path / "scenario" / "mine.yaml"
    place.parent.mkdir()
    place.write_text("population: 5\n")
    keys = [composition_key("compare", words)]
    place.write_text("population: 6\n")
    keys.append(composition_key("compare", words))
    (tmp_path / "market").mkdir()
    (tmp_path / "market" / "own.yaml").write_text("a: 1\n")
    keys.append(composition_key("compare", words))
    (tmp_path / "notes.txt").write_text("no configuration")
    assert composition_key("compare", words) == keys[-1]
    assert len(set(keys)) == 3 and None not in keys
    place.unlink()
    place.symlink_to(tmp_path / "nowhere.yaml")
    assert composition_key("compare", words) is None


def test_a_change_of_a_shipped_file_or_of_a_source_counts(tmp_path, monkeypatch):
    (tmp_path / "one.yaml").write_text("a: 1\n")
    monkeypatch.setattr(composition_cache, "_own_files", lambda: iter([tmp_path / "one.yaml"]))
    before = composition_key("compare", [])
    (tmp_path / "one.yaml").write_text("a: 2\n")
    assert composition_key("compare", []) not in (before, None)


def test_shipped_files_sources_and_versions_are_among_what_counts():
    names = {"/".join(path.parts[-2:]) for path in composition_cache._own_files()}
    assert {
        "scenario/treadmill.yaml", "configs/compare.yaml", "scenario/normal_form.py", "agents/strategies.py",
        "hydra/__init__.py", "omegaconf/version.py",
    } <= names  # fmt: skip


def test_what_json_would_change_is_not_kept(cache):
    for number, data in enumerate(({"a": {1: 2}}, {"a": (1, 2)}, {"a": float("nan")}, {"a": object()})):
        keep(str(number), [], data)
        assert find(str(number), []) is None
    data = {"a": [1, 1.0, True, None, "ü", float("inf")], "b": {}}
    keep("good", [], data)
    assert find("good", []) == data


def test_a_damaged_file_is_composed_anew(cache):
    keep("key", [], {"seed": 1})
    (place,) = cache.iterdir()
    whole = place.read_text()
    for damaged in (whole[:-3], "", "[" * 100_000, json.dumps({"sum": "0", "data": {"seed": 1}}), "[]"):
        place.write_text(damaged)
        assert find("key", []) is None
    place.write_text(whole)
    assert find("key", []) == {"seed": 1}


def test_a_cache_that_cannot_be_written_is_no_failure(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(composition_cache, "cache_home", lambda: str(tmp_path / "file"))
    keep("key", [], {"seed": 1})
    assert find("key", []) is None


def test_only_so_many_are_kept(cache, monkeypatch):
    monkeypatch.setattr(composition_cache, "MOST_KEPT", 3)
    for number in range(5):
        keep(str(number), [], {"seed": number})
    assert len(list(cache.iterdir())) == 3 and find("4", []) == {"seed": 4}
