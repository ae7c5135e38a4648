"""Kept rows: which rows of a log count, by what a column says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sim.data.as_typed import as_typed
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.schema import show

__all__ = ["kept_rows"]


def kept_rows(keep: Any, heads: Sequence[str], where: str) -> dict[str, tuple[str, ...]]:
    """Return which rows count, as given: words by head.

    Parameters
    ----------
    keep : mapping or None
        As the user gave it: a word, or a list of words, by head.
    heads : sequence of str
        Of the file.
    where : str
        Opens every message.

    Returns
    -------
    dict

    Raises
    ------
    ConfigError
        If it is no mapping, or names no head.

    Examples
    --------
    >>> kept_rows({"field": ["stage", 7], "deleted": False}, ["field", "deleted"], "log 'changes.csv'")
    {'field': ('stage', '7'), 'deleted': ('false', 'False', 'FALSE')}
    """
    if keep is None:
        return {}
    if not isinstance(keep, Mapping):
        raise ConfigError(f"keep is {show(keep)}; give {as_typed('keep', {'HEAD': 'WORD'})}, or a list of words")
    kept = {}
    for head, words in keep.items():
        if head not in heads:
            raise ConfigError(f"{where}: keep has {show(head)}, which is no head; {suggest(str(head), heads)}")
        listed = words if isinstance(words, list | tuple) else (words,)
        kept[str(head)] = tuple(dict.fromkeys(spelled for word in listed for spelled in _as_in_files(word)))
    return kept


def _as_in_files(word: Any) -> tuple[str, ...]:
    """Return how files write a word: yes and no of YAML in small and large letters."""
    said = str(word)
    return (said.lower(), said, said.upper()) if isinstance(word, bool) else (said,)
