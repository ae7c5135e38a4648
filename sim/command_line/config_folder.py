"""The folder of one's own configuration, and the result folder of a run that is called by name."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from sim.scenario.errors import ConfigError
from sim.verbs import VERBS

__all__ = ["CONFIG_DIR", "config_of_run", "option_value", "rerun_of", "with_config_dir"]

#: Environment variable that stands for `--config-dir`, where none is given.
CONFIG_DIR = "JOURNEY_CONFIG_DIR"
_OPTIONS = ("--config-dir", "-cd")
_RESULTS = "results"


def with_config_dir(words: Sequence[str]) -> list[str]:
    """Return the words with the verb first: `--config-dir DIR` may stand before it, after it, or in the environment.

    Parameters
    ----------
    words : sequence of str
        What follows `journey`.

    Returns
    -------
    list of str

    Raises
    ------
    ConfigError
        If an option before the verb has no value, or no verb follows.

    Examples
    --------
    >>> with_config_dir(["--config-dir", "mine", "compare", "seed=2"])
    ['compare', 'seed=2', '--config-dir', 'mine']
    """
    rest = list(words)
    moved: list[str] = []
    while rest and rest[0].partition("=")[0] in _OPTIONS:
        option = rest.pop(0)
        if "=" not in option:
            if not rest:
                raise ConfigError(f"{option} has no value; give a folder, such as: journey {option} mine compare")
            moved += [option, rest.pop(0)]
        else:
            moved += list(option.partition("=")[::2])
    if moved and not rest:
        raise ConfigError(f"{moved[0]} {moved[1]} is given, but no verb; give one, such as: journey compare")
    given = bool(moved) or any(word.partition("=")[0] in (*_OPTIONS, "from") for word in rest)
    home = os.environ.get(CONFIG_DIR, "")
    if (
        home
        and not given
        and not any(word.startswith("scenario=") and word.endswith((".yaml", ".yml")) for word in rest)
    ):
        moved = ["--config-dir", home]
    return [*rest, *moved]


def option_value(words: Sequence[str], key: str, default: str) -> str:
    """Return the value of a key as it was typed last, or a default.

    Parameters
    ----------
    words : sequence of str
        What was typed.
    key, default : str

    Returns
    -------
    str
    """
    for word in reversed(words):
        name, equals, value = word.lstrip("-").partition("=")
        if equals and name.replace("-", "_") == key:
            return value.strip("'\"")
    return default


def config_of_run(verb: str, place: str, words: Sequence[str]) -> Path:
    """Return the `config.yaml` of a run that is given by its folder, that file, or its name.

    Parameters
    ----------
    verb : str
        The command that is to run it again; `latest` is the latest result of that command.
    place : str
        What was typed.
    words : sequence of str
        What else was typed: `output_dir` says where names are looked up.

    Returns
    -------
    Path

    Raises
    ------
    ConfigError
        If there is no such run.
    """
    path = Path(place).expanduser()
    if path.is_dir():
        path = path / "config.yaml"
    if path.suffix == ".yaml" and path.is_file():
        return path
    from sim.results.runs import LATEST, find_run

    output_dir = option_value(words, "output_dir", _RESULTS)
    name = f"{verb}/{LATEST}" if place == LATEST else place
    try:
        return find_run(output_dir, name).config
    except ConfigError as error:
        raise ConfigError(f"from is {place!r}; give a result folder, its config.yaml or its name: {error}") from None


def rerun_of(verb: str, words: Sequence[str]) -> tuple[str, list[str]]:
    """Return the command that `journey results rerun NAME` stands for, where NAME is a result folder.

    Parameters
    ----------
    verb : str
    words : sequence of str
        What follows the verb.

    Returns
    -------
    verb : str
    words : list of str
        As given, where NAME is the key of one run of the store or something else is asked for.
    """
    rest = list(words)
    if verb != "results" or not rest or rest[0] not in ("rerun", "action=rerun", "--action=rerun"):
        return verb, rest
    from sim.results.runs import find_run

    others = rest[1:]
    name = option_value(others, "run", "")
    if not name and others and "=" not in others[0] and not others[0].startswith("-"):
        name = others[0]
    name = name or "latest"
    kept = [word for word in others if word != name and not word.startswith("run=")]
    try:
        run = find_run(option_value(kept, "output_dir", _RESULTS), name)
    except ConfigError:
        return verb, rest
    return (run.verb, [f"from={run.path}", *kept]) if run.verb in VERBS else (verb, rest)
