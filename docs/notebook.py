"""Run a notebook at its full size and write what it says and shows, without its code, into docs/NAME.md.

python docs/notebook.py                    a few minutes: docs/loyalty_loop.md, docs/figures/loyalty_loop_*.png
python docs/notebook.py next_best_action   docs/next_best_action.md, docs/figures/next_best_action_*.png
"""

from __future__ import annotations

import base64
import sys
from pathlib import Path
from typing import Any

import nbclient
import nbformat

DOCS = Path(__file__).resolve().parent
FIGURES = DOCS / "figures"
USUAL = "loyalty_loop"
NOTE = (
    "> Written by `python docs/notebook.py{name}` from [the notebook](../notebooks/{file}.ipynb), for readers"
    " without Python. `make notebook` opens {which}, to change and run.\n"
)


def page_of(notebook: Any, save: Any, name: str = USUAL) -> str:
    """Return the page of a notebook that was run: its words and what its cells gave out.

    Parameters
    ----------
    notebook : NotebookNode
    save : callable
        Takes a picture's number and bytes, and returns the address of its file.
    name : str
        Of the notebook's file.

    Returns
    -------
    str
    """
    parts: list[str] = []
    pictures = 0
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(cell.source)
            continue
        for output in cell.outputs:
            data = output.get("data", {})
            if "image/png" in data:
                pictures += 1
                address = save(pictures, base64.b64decode(data["image/png"]))
                parts.append(f"![Picture {pictures} of the notebook]({address})")
            else:
                said = output.get("text") if output.output_type == "stream" else data.get("text/plain", "")
                if said and output.get("name") != "stderr" and not said.startswith("<"):
                    parts.append(f"```text\n{said.rstrip()}\n```")
    title, *rest = parts
    head, _, words = title.partition("\n")
    usual = name == USUAL
    note = NOTE.format(name="" if usual else f" {name}", file=name, which="it" if usual else "JupyterLab")
    return "\n\n".join([head, note.strip(), words.strip(), *rest]).rstrip() + "\n"


def main(name: str = USUAL) -> None:
    """Run the notebook and write the page."""
    file = DOCS.parent / "notebooks" / f"{name}.ipynb"
    notebook = nbformat.read(file, as_version=4)
    nbclient.NotebookClient(notebook, timeout=1800, resources={"metadata": {"path": str(file.parent)}}).execute()

    def save(number: int, content: bytes) -> str:
        path = FIGURES / f"{name}_{number}.png"
        path.write_bytes(content)
        return f"figures/{path.name}"

    (DOCS / f"{name}.md").write_text(page_of(notebook, save, name), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:2])
