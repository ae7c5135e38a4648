"""The page of a story: both lives side by side, the parting marked once, nothing that is not on the terminal."""

from pathlib import Path

from sim.cli import main


def test_the_page_marks_where_the_lives_part(tmp_path, capsys):
    words = ["population=60", "horizon=30", "burn_in=10", "pick=winner", "threads=1", f"output_dir={tmp_path}"]
    assert main(["story", *words]) == 0
    out = capsys.readouterr().out
    page = Path(out.split()[-1]).read_text("utf-8")
    assert page.count('<tr class="parting">') == out.count("here the lives diverge") == 1
    assert page.count("<tr><th") >= 2 and 'id="glossary"' in page
    for line in out.splitlines():
        if line.startswith("In proactive the customer"):
            assert line.split("is worth ")[1].split()[0] in page


CHAIN = "name: rest\nstart: {wait: 1.0}\nstages:\n  wait: {does: nothing}\n  gone: {does: nothing}\nedges:\n"
SCENARIO = """name: rest
market: none
personas: everyone
baseline: slow
arms: {slow: {journey: rest}, quick: {journey: haste}}
"""


def without_a_market(folder: Path, quick: float) -> list[str]:
    """Write a scenario of two chains and return the words that tell a story of it."""
    for kind in ("journey", "scenario"):
        (folder / "own" / kind).mkdir(parents=True)
    for name, chance in (("rest", 0.01), ("haste", quick)):
        edge = f"  - {{from: wait, to: gone, probability: {chance}}}\n"
        (folder / "own" / "journey" / f"{name}.yaml").write_text(CHAIN.replace("rest", name) + edge)
    (folder / "own" / "scenario" / "rest.yaml").write_text(SCENARIO)
    few = ("population=60", "horizon=20", "burn_in=0", "threads=1")
    return ["story", "--config-dir", str(folder / "own"), "scenario=rest", *few, f"output_dir={folder / 'results'}"]


def test_without_a_market_nobody_wins_and_a_life_that_parts_is_told(tmp_path, capsys):
    words = without_a_market(tmp_path, 0.02)
    assert main([*words, "pick=winner"]) == 2
    assert "pick is 'winner', but without a market no customer is worth anything" in capsys.readouterr().err
    assert not (tmp_path / "results").exists()
    assert main(words) == 0
    assert "here the lives diverge" in capsys.readouterr().out


def test_arms_that_do_not_differ_have_no_loser(tmp_path, capsys):
    words = ["story", "population=60", "horizon=8", "burn_in=4", "threads=1", "arms.proactive.focal.strategy=reactive"]
    same = "arms.proactive.focal.journey=classic"
    assert main([*words, same, "pick=loser", f"output_dir={tmp_path / 'results'}"]) == 2
    assert "pick is 'loser', but no customer is worth less in 'proactive' than in 'classic'" in capsys.readouterr().err
