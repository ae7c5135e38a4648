"""Config path: the folders in which named configuration files are looked up, a user's before the shipped one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from configs import FOLDER
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.schema import read_name, show
from sim.scenario.yaml_reader import read_yaml

__all__ = ["GROUPS", "ConfigPath"]

#: Folders of a config path that a user may add to; `engine` and the verbs' own files ship with the simulator only.
GROUPS: tuple[str, ...] = ("scenario", "market", "personas", "journey", "strategy", "doubt")
#: Folder of scenarios that are found by name but not listed.
PATTERN = "pattern"
#: Folders whose files name something of a group, the likeliest first, where that is not the scenario alone.
_NAMING: Mapping[str, tuple[str, ...]] = {
    "journey": ("scenario", "market"),
    "focal": ("market", "scenario"),
    "persona": ("scenario", "strategy"),
    "doubt": ("strategy", "scenario"),
}
_MOST_FILES = 3
#: A file that is larger says nothing that is worth the search.
_LARGEST_SEARCHED = 1_000_000


@dataclass(frozen=True, slots=True)
class ConfigPath:
    """Named files in `scenario/`, `market/`, `personas/`, `journey/`, `strategy/` and `doubt/`.

    Attributes
    ----------
    folders : tuple of Path
        Searched in this order; the first file of a name is the one that counts.
    """

    folders: tuple[Path, ...] = (FOLDER,)

    @classmethod
    def of(cls, *folders: str | Path) -> ConfigPath:
        """Return the shipped folder with a user's folders before it.

        Raises
        ------
        ConfigError
            If a folder does not exist or is none.
        """
        return cls((*(_folder(folder) for folder in folders), FOLDER))

    def names(self, group: str) -> tuple[str, ...]:
        """Return the names in a group, sorted."""
        return tuple(sorted({path.stem for folder in self.folders for path in _files(folder / group)}))

    def find(self, group: str, name: str) -> Path | None:
        """Return the file of a name, or None; a link that leads nowhere is found, so that reading it can say so.

        The scenarios of the patterns (`journey validate`) lie in `pattern/`: they run like any other, but they are no
        examples to start from, and so are not listed among them.
        """
        for place in (group, PATTERN) if group == "scenario" else (group,):
            for folder in self.folders:
                path = folder / place / f"{name}.yaml"
                if path.exists() or path.is_symlink():
                    return path
        return None

    def read(self, group: str, name: object, *, key: str = "", where: str = "") -> tuple[dict[str, Any], str]:
        """Read a named file; return its data and how messages call it.

        Parameters
        ----------
        group : str
            Folder of the file, one of `GROUPS`.
        name : object
            Name of the file, without its ending.
        key : str
            Key that names the file; opens the message where there is no such file.
        where : str
            File that names it.

        Returns
        -------
        data : dict
            What the file says.
        title : str
            How messages call the file.

        Raises
        ------
        ConfigError
            If the name is none, no file has it, or the file leads out of its folder or cannot be read.
        """
        word = read_name(name, f"a {group}", where=where, key=key)
        path = self.find(group, word)
        if path is None:
            place = f"{where}: " if where else ""
            asked = f"{key} is {word!r}, but " if key else ""
            remedy = suggest(word, self.names(group), "there are")
            raise ConfigError(f"{place}{asked}there is no {group} {word!r}; {remedy}{self.edit(group, word)}")
        where = self.title(path)
        folder = path.parent.parent.resolve()
        if not path.resolve().is_relative_to(folder) and path.exists():
            raise ConfigError(f"{where} is a link that leads out of its folder; copy the file there")
        return read_yaml(path, where=where), where

    def read_scenario(self, name: object, *, key: str = "") -> tuple[dict[str, Any], str]:
        """Read the file of a scenario, which bears the name of its file; return its data and how messages call it."""
        data, where = self.read("scenario", name, key=key)
        if data.get("name", name) != name:
            raise ConfigError(f"{where}: name is {show(data['name'])}, but the file is called {name!r}; rename one")
        return data, where

    def edit(self, group: str, word: str) -> str:
        """Return the end of a remedy for a name that nothing has: the file of a user that says it, or nothing.

        Parameters
        ----------
        group : str
            Of what it is the name: one of `GROUPS`, or of what a scenario or a market says, such as `brands`.
        word : str
            The name; where it was typed on the command line, no file says it.

        Returns
        -------
        str
            Such as ``; edit mine/market/gym.yaml``, several files with commas between.
        """
        if group == "scenario":
            return ""
        saying = re.compile(rf"^[^#]*(?<![\w-]){re.escape(word)}(?![\w-])", re.MULTILINE)
        own = [folder for folder in self.folders if folder != FOLDER]
        for place in _NAMING.get(group, ("scenario",)):
            paths = [path for folder in own for path in sorted(_files(folder / place))]
            files = [self.title(path) for path in paths if saying.search(_text(path))]
            if files:
                return f"; edit {', '.join(files[:_MOST_FILES])}"
        return ""

    def own_file(self, group: str, name: str) -> str:
        """Return how messages call a user's file of a name; nothing where it ships or there is none."""
        path = self.find(group, name)
        return "" if path is None or path.is_relative_to(FOLDER) else self.title(path)

    def title(self, path: Path) -> str:
        """Return how messages call a file: shipped ones by their place in `configs`."""
        return f"configs/{path.relative_to(FOLDER).as_posix()}" if path.is_relative_to(FOLDER) else str(path)


def _folder(folder: str | Path) -> Path:
    try:
        path = Path(folder).expanduser().absolute()
        if path.is_dir():
            return path
        found = "is not a folder" if path.exists() else "does not exist"
    except (OSError, ValueError, RuntimeError) as error:
        found = f"cannot be read: {getattr(error, 'strerror', None) or error}"
    wanted = f"give a folder with {'/, '.join(GROUPS)}/ in it"
    raise ConfigError(f"the configuration folder {str(folder)!r} {found}; {wanted}")


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace") if path.is_file() and path.stat().st_size < _LARGEST_SEARCHED else ""
    except OSError:
        return ""


def _files(folder: Path) -> Iterable[Path]:
    try:
        return [path for path in folder.iterdir() if path.suffix == ".yaml"]
    except OSError:
        return []
