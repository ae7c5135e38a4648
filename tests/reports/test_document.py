"""The report page of the smaller verbs."""

import json
from dataclasses import replace

import pytest
from matplotlib.figure import Figure

from sim.execution.partial_name import PARTIAL
from sim.reports.document import Document, Table, write_document
from sim.reports.picture import Picture
from sim.results.folder import publish, write_config, write_json
from sim.results.manifest import provenance
from sim.scenario.errors import ConfigError


def sheet() -> Document:
    figure = Figure(figsize=(2, 1))
    figure.add_subplot().plot([0, 1])
    picture = Picture("line", figure, "a line", "It rises <always>.", "")
    table = Table(("what", "value"), (("<b>bold</b>", "-3"),), caption="Numbers & words")
    slots = {
        "counted": True,
        "column_table": table,
        "customers": 1,
        "unit": "months",
        "gamma": 1.0,
        "delta": 1.0,
        "errors": None,
        "command": "",
        "period_table": table,
    }
    return Document(
        "A <script>title</script>", ("It is so.",), "facts", template="survival", pictures=(picture,), slots=slots
    )


def test_all_text_is_escaped_and_every_figure_is_a_file(tmp_path):
    write_json(tmp_path / "manifest.json", provenance({"seed": 1}, started="now", wall_seconds=1.0, verb="validate"))
    page = write_document(sheet(), tmp_path).read_text(encoding="utf-8")
    assert "<script" not in page and "<b>bold" not in page and "&lt;b&gt;bold" in page
    assert "journey validate from=." in page and "It rises &lt;always&gt;." in page
    assert (tmp_path / "figures" / "line.svg").is_file() and page.count('<svg class="drawing"') == 1
    assert "http" not in page.replace("http-equiv", "")


def test_a_folder_is_whole_or_absent(tmp_path):
    def fill(folder):
        write_config(folder, {"seed": 1, "levers": ("a", "b")})
        assert folder.name.startswith(PARTIAL)

    def fail(folder):
        fill(folder)
        raise KeyboardInterrupt

    folder = publish(tmp_path / "results", "sweep", "a name/../x", fill)
    assert folder.parent == tmp_path / "results" / "sweep" and (folder / "config.yaml").is_file()
    with pytest.raises(KeyboardInterrupt):
        publish(tmp_path / "results", "sweep", "y", fail)
    assert [place.name for place in (tmp_path / "results" / "sweep").iterdir()] == [folder.name]


def test_what_cannot_change_the_data_does_not_change_the_hash():
    made = [
        provenance(config, started="", wall_seconds=0.0)
        for config in ({"seed": 1}, {"seed": 1, "threads": 3, "executor": {"kind": "local"}}, {"seed": 2})
    ]
    assert made[0]["config_hash"] == made[1]["config_hash"] != made[2]["config_hash"]
    assert json.dumps(made[1]["threads"]) == "3"


def test_a_number_that_is_not_finite_is_null(tmp_path):
    write_json(tmp_path / "x.json", {"a": float("nan"), "b": [1.5, float("inf")], "c": {"d": (float("-inf"),)}})
    assert json.loads((tmp_path / "x.json").read_text()) == {"a": None, "b": [1.5, None], "c": {"d": [None]}}


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="output_dir"):
        publish(tmp_path / "file", "sweep", "x", lambda folder: None)


def test_a_column_of_short_words_is_as_narrow_as_they_are(tmp_path):
    table = Table(("stage", "visits", "why"), (("Home", "6", "x" * 25), ("Pay", "7", "yes")), words=(2,))
    document = sheet()
    page = write_document(replace(document, slots={**document.slots, "period_table": table}), tmp_path).read_text(
        "utf-8"
    )
    assert '<th scope="col" class="short">stage</th><th scope="col">visits</th>' in page
    assert '<th scope="row" class="short">Home</th><td>6</td><td class="words">xxx' in page
    assert '<td class="short">yes</td>' in page


def test_nothing_of_a_table_is_cut_off_on_paper(tmp_path):
    """What can be moved sideways on a screen has no scroll bar in print."""
    page = write_document(sheet(), tmp_path).read_text("utf-8")
    paper = page.partition("@media print {")[2].partition("\n}")[0]
    assert ".scroll { overflow: visible; }" in paper and "white-space: normal" in paper


def test_on_paper_headings_stay_with_what_they_head_and_folded_parts_are_open(tmp_path):
    page = write_document(sheet(), tmp_path).read_text("utf-8")
    paper = page.partition("@media print {")[2].partition("\n}")[0]
    assert "h2, h3, dt, caption, thead { break-after: avoid; }" in paper
    assert "svg.drawing { max-height: 20cm; }" in paper and "details::details-content { content-visibility" in paper
