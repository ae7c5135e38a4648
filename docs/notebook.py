"""Run the notebook at its full size and write what it says and shows, without its code, into docs/loyalty_loop.md.

python docs/notebook.py           a few minutes: docs/loyalty_loop.md, docs/figures/loyalty_loop_*.png
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import nbclient
import nbformat

DOCS = Path(__file__).resolve().parent
NOTEBOOK = DOCS.parent / "notebooks" / "loyalty_loop.ipynb"
PAGE, FIGURES = DOCS / "loyalty_loop.md", DOCS / "figures"
NOTE = (
    "> Written by `python docs/notebook.py` from [the notebook](../notebooks/loyalty_loop.ipynb), for readers"
    " without Python. `make notebook` opens it, to change and run.\n"
)


def page_of(notebook: Any, save: Any) -> str:
    """Return the page of a notebook that was run: its words and what its cells gave out.

    Parameters
    ----------
    notebook : NotebookNode
    save : callable
        Takes a picture's number and bytes, and returns the address of its file.

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
    return "\n\n".join([head, NOTE.strip(), words.strip(), *rest]).rstrip() + "\n"


def main() -> None:
    """Run the notebook and write the page."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbclient.NotebookClient(notebook, timeout=1800, resources={"metadata": {"path": str(NOTEBOOK.parent)}}).execute()

    def save(number: int, content: bytes) -> str:
        path = FIGURES / f"loyalty_loop_{number}.png"
        path.write_bytes(content)
        return f"figures/{path.name}"

    PAGE.write_text(page_of(notebook, save), encoding="utf-8")


if __name__ == "__main__":
    main()
