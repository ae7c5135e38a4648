"""Template: a scenario with market, personas and journeys to begin with, from which `journey new` writes a folder."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from configs import FOLDER
from sim.scenario.yaml_reader import read_yaml

__all__ = ["Template", "read_templates"]

_PLACE = FOLDER / "template"
#: Where each file of a template lies in the new folder.
_FILES: Mapping[str, str] = {
    "README.md": "README.md",
    "scenario.yaml": "scenario/NAME.yaml",
    "market.yaml": "market/NAME.yaml",
    "personas.yaml": "personas/NAME.yaml",
    "classic.yaml": "journey/NAME_classic.yaml",
    "proactive.yaml": "journey/NAME_proactive.yaml",
}
#: So many letters of a word are the same in its other forms: insurance, insurers.
_STEM = 5
#: A token, what closes it, and the blanks after it that keep a column.
_TOKEN = re.compile(r"(NAME_TITLE|NAME|TEMPLATE|FOLDER)(?:(?P<end>\w*[\":,]*)(?P<blanks> {2,}))?")


@dataclass(frozen=True, slots=True)
class Template:
    """One template.

    Attributes
    ----------
    name : str
        Its folder below `configs/template`.
    fits : str
        The businesses that it fits.
    """

    name: str
    fits: str

    def is_for(self, business: str) -> bool:
        """Say whether the template names a business, in this form of the word or another.

        Examples
        --------
        >>> read_templates()["bank"].is_for("insurance"), read_templates()["shop"].is_for("insurance")
        (True, False)
        """
        stem = business.casefold()[:_STEM]
        return any(word.startswith(stem) for word in re.findall(r"\w+", self.fits.casefold()))

    def market(self) -> dict[str, Any]:
        """Return what its market file says."""
        return self._read("market")

    def stages(self) -> tuple[str, ...]:
        """Return the stages of its classic journey, in the order of the file."""
        return tuple(self._read("classic")["stages"])

    def write(self, folder: Path, *, name: str, title: str, called: str) -> None:
        """Write the files into a folder.

        Parameters
        ----------
        folder : Path
            An empty folder.
        name : str
            Name of the brand, of the scenario, of the market and of the personas.
        title : str
            How people read it.
        called : str
            How the commands in the files call the folder.
        """
        words = {"NAME": name, "NAME_TITLE": title, "TEMPLATE": self.name, "FOLDER": called}
        for source, place in _FILES.items():
            text = self._path(source).read_text(encoding="utf-8")
            path = folder / place.replace("NAME", name)
            path.parent.mkdir(exist_ok=True)
            path.write_text(_TOKEN.sub(lambda found: _put_in(found, words), text), encoding="utf-8")

    def _path(self, file: str) -> Path:
        return _PLACE / file if file == "README.md" else _PLACE / self.name / file

    def _read(self, file: str) -> dict[str, Any]:
        return read_yaml(self._path(f"{file}.yaml"), trusted=True)


def _put_in(found: re.Match[str], words: Mapping[str, str]) -> str:
    """Return what stands for a token; the blanks after it grow or shrink, so that columns stay columns."""
    word = words[found[1]]
    if found["blanks"] is None:
        return word
    blanks = max(1, len(found["blanks"]) + len(found[1]) - len(word))
    return word + found["end"] + " " * blanks


def read_templates() -> Mapping[str, Template]:
    """Return all templates by name.

    Examples
    --------
    >>> list(read_templates())
    ['subscription', 'shop', 'durable', 'travel', 'b2b', 'bank']
    """
    fits = read_yaml(_PLACE / "templates.yaml", trusted=True)
    return {name: Template(name, text) for name, text in fits.items()}
