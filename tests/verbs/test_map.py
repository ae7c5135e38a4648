"""The verb `map`: what it draws, and what it refuses before it draws anything."""

from pathlib import Path

import pytest

from sim.cli import main
from sim.reports import journey_map, kept_figures
from sim.scenario.yaml_reader import write_yaml


def test_a_map_is_drawn_once_and_again_where_it_shows_something_else(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(kept_figures, "cache_home", lambda: str(tmp_path / "cache"))
    drawn = []
    draw = journey_map.map_figure
    monkeypatch.setattr(journey_map, "map_figure", lambda *args, **shown: drawn.append(shown) or draw(*args, **shown))
    texts = []
    for words in (["journey=classic"], ["journey=classic"], ["journey=classic", "other=proactive"]):
        assert main(["map", *words]) == 0
        texts.append((tmp_path / capsys.readouterr().out.split()[0]).read_bytes())
    assert len(drawn) == 2 and texts[0] == texts[1] != texts[2]


def test_a_journey_and_how_two_differ(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert main(["map", "journey=classic", "other=proactive"]) == 0
    path, page = capsys.readouterr().out.split()
    assert "<svg" in (tmp_path / page).read_text()
    assert path.endswith("_classic/classic_to_proactive.svg") and (tmp_path / path).read_text().startswith("<")
    assert [place.name[0] for place in (tmp_path / "results" / "map").iterdir()] == ["2"]


def found(folder, name, last=0.02):
    """Write a journey of 3 stages in 8 parts each, from every part to every part of the next one, and an end."""
    parts = {stage: [f"{stage}__after_{part}" for part in range(8)] for stage in ("look", "поиск", "buy")}
    look, search, buy = parts.values()
    ways = [(a, b, 0.1) for a in look for b in search] + [(a, b, 0.1) for a in search for b in buy]
    ways += [(a, buy[0], 0.001) for a in look] + [(name, "ended", last) for name in buy]
    data = {
        "start": dict.fromkeys(look, 0.125),
        "stages": dict.fromkeys([*look, *search, *buy, "ended"], {}),
        "edges": [{"from": a, "to": b, "probability": chance} for a, b, chance in ways],
    }
    (folder / "journey").mkdir(exist_ok=True, parents=True)
    (folder / f"journey/{name}.yaml").write_text(write_yaml(data), encoding="utf-8")


def test_a_journey_of_very_many_edges_is_drawn_between_stages(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    drawn = []
    for module in ("draw_journey", "draw_change"):
        draw = getattr(journey_map, module)
        monkeypatch.setattr(
            journey_map, module, lambda *args, draw=draw, **told: drawn.append((args, told)) or draw(*args, **told)
        )
    monkeypatch.setattr(kept_figures, "cache_home", lambda: str(tmp_path / "cache"))
    found(tmp_path / "mine", "as_found")
    found(tmp_path / "mine", "as_led", last=0.03)
    assert main(["map", "--config-dir", "mine", "journey=as_found"]) == 0
    ((journey,), told) = drawn[0]
    assert (
        list(journey.stages) == ["look", "поиск", "buy", "ended"]
        and "of simulated customers are not drawn" in told["note"]
    )
    assert [(edge.source, edge.target) for edge in journey.edges] == [
        ("look", "поиск"),
        ("поиск", "buy"),
        ("buy", "ended"),
    ]
    assert main(["map", "--config-dir", "mine", "journey=as_found", "other=as_led"]) == 0
    ((before, after), _) = drawn[1]
    altered = {(edge.source, edge.target) for edge in after.edges if edge not in before.edges}
    assert altered == {("buy", "ended")}
    capsys.readouterr()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["journey=clasic"], "did you mean 'classic'"),
        (["journey=classic", "other=nothing"], "there is no journey 'nothing'"),
        (["other=classic"], "give journey=NAME too"),
        (["run=latest"], "no finished run"),
        (["run=../x"], "run is '../x'"),
        (["run=latest", "journey=classic"], "leave one out"),
        (["run=latest", "population=500"], "population and run are both given"),
        (["output_dir=''"], "output_dir is empty"),
        (["colour=red"], "unknown key 'colour'"),
    ],
)
def test_refusals(arguments, says, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert main(["map", *arguments]) == 2
    err = capsys.readouterr().err
    assert says in err and len(err.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "argument", ["population=500", "scenario=cosmetics", "market=cars", "++arms.proactive.focal.strategy.innovation=1"]
)
def test_a_story_of_a_run_is_told_with_the_runs_own_scenario(argument, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert main(["story", argument, "run=latest"]) == 2
    key = argument.strip("+").partition("=")[0]
    err = capsys.readouterr().err
    assert err == f"journey: {key} and run are both given; a run comes with its own scenario, so leave one out\n"
    assert main(["story", "run=latest"]) == 2
    assert "no finished run" in capsys.readouterr().err


@pytest.mark.parametrize("argument", ["customer=-1", "customer=20000", "customer=x", "pick=best", "replicate=-1"])
def test_a_story_is_refused_before_it_is_lived(argument, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert main(["story", argument]) == 2
    assert argument.split("=")[0] in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        ["map", "scenario=cosmetics"],
        ["map", "journey=classic", "other=proactive"],
        ["story", "population=50", "horizon=10", "burn_in=2", "customer=7", "seed=3"],
    ],
)
def test_the_folder_of_a_map_or_story_says_how_to_make_it_again(words, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert main([*words, "output_dir=first"]) == 0
    (first,) = Path("first", words[0]).iterdir()
    assert main([words[0], f"from={first}", "output_dir=second"]) == 0
    (second,) = Path("second", words[0]).iterdir()
    names = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(second) for path in second.rglob("*") if path.is_file())
    for name in names:
        if name.name == "config.yaml":
            assert (first / name).read_text().replace("dir: first", "dir: second") == (second / name).read_text()
        elif name.name != "SHA256SUMS":
            assert (first / name).read_bytes() == (second / name).read_bytes(), name
