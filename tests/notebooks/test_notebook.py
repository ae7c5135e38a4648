"""The notebook runs, its two files say the same, and it is kept without what a run left in it."""

import re
from pathlib import Path

import jupytext
import nbclient
import nbformat
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
PAIRS = sorted(FOLDER.glob("*.py"))


#: Every line of the tour runs, over fewer cells of its last table.
_SMALLER = {
    "rates = [0.0, 0.05, 0.15, 0.3, 0.6, 1.0]": "rates = [0.0, 0.3]",
    "margins = [15, 30, 60, 90]": "margins = [15, 90]",
}


def _cells(notebook):
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


@pytest.mark.parametrize("script", PAIRS, ids=lambda script: script.stem)
def test_the_two_files_say_the_same(script):
    written = nbformat.read(script.with_suffix(".ipynb"), as_version=4)
    assert _cells(jupytext.read(script)) == _cells(written), f"run: jupytext --sync notebooks/{script.name}"


@pytest.mark.parametrize("script", PAIRS, ids=lambda script: script.stem)
def test_no_output_is_kept(script):
    written = nbformat.read(script.with_suffix(".ipynb"), as_version=4)
    code = [cell for cell in written.cells if cell.cell_type == "code"]
    assert code and all(not cell.outputs and cell.execution_count is None for cell in code)


@pytest.mark.parametrize(
    "script",
    [pytest.param(script, marks=pytest.mark.slow if script.stem != "loyalty_loop" else ()) for script in PAIRS],
    ids=lambda script: script.stem,
)
def test_it_runs(script, monkeypatch, tmp_path):
    monkeypatch.setenv("NOTEBOOK_CUSTOMERS", "2000")
    monkeypatch.setenv("PYTHONPATH", str(FOLDER.parent))
    notebook = nbformat.read(script.with_suffix(".ipynb"), as_version=4)
    smaller = _SMALLER if script.stem == "loyalty_loop" else {}
    for shown, small in {"prediction = None": "prediction = 1", **smaller}.items():
        assert shown not in smaller or any(shown in cell.source for cell in notebook.cells)
        for cell in notebook.cells:
            cell.source = cell.source.replace(shown, small)
    client = nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    if script.stem.startswith("lesson"):
        said = "".join(output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", []))
        assert "You predicted: " in said and "The run says: " in said
    pictures = [
        output
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    ]
    drawn = sum(".plot." in cell.source for cell in notebook.cells if cell.cell_type == "code")
    assert len(pictures) == {"loyalty_loop": 5, "next_best_action": 2}.get(script.stem, drawn) and len(pictures) > 1
    if script.stem == "loyalty_loop":
        said = "".join(output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", []))
        # Amounts are of the whole market, twenty times the thousand customers that are simulated.
        assert abs(float(re.search(r"all costs paid: \$(-?[\d.]+)", said)[1])) < 25.0
    if script.stem == "lesson_1_two_lives":
        assert said.count("In proactive the customer is worth") >= 3
    assert list(tmp_path.iterdir()) == []
