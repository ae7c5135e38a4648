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
