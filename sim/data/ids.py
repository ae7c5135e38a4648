"""Ids: customers and cases by name; what is missing however it is written, and which names are spellings of one."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.data.cells import plain_cells
from sim.scenario.schema import show

__all__ = [
    "MISSING",
    "ROUNDED",
    "Spellings",
    "are_codes",
    "is_missing",
    "masked_ids",
    "missing_words",
    "name_keys",
    "plain_ids",
]

#: How tools write that there is no value, in small letters. What may be an answer or a code is not: ND, geen.
MISSING = (
    "", "na", "n/a", "n.a.", "#n/a", "<na>", "nan", "null", "#null!", "#value!", "#ref!", "none", "nil", "\\n", "-",
    "--", "?", ".", "(not set)", "(none)", "(null)", "(blank)", "(empty)", "(unknown)", "undefined", "missing", "nat",
    "#na", "<null>", "unknown", "0000-00-00", "not available", "---", "\u2013", "\u2014", "\u2212", "''", '""',
    "[null]", "{null}", "#nv", "#n/d", "#div/0!", "#name?", "#num!", "(not provided)", "not provided", "not set",
    "(leer)", "(vide)", "(en blanco)", "(vuoto)", "n.d.", "n.v.", "k.a.", "k. a.", "keine angabe", "s/d",
    "not applicable", "no value", "\\null", "(no value)", "(n/a)", "n\\a", "unspecified", "(unspecified)", "no data",
    "__invalid__", "??", "???", "..", "...", "____", "' '", "n/d", "#n/a n/a", "-nan", "1.#ind", "-1.#ind", "1.#qnan",
    "-1.#qnan", "null null", "none none", "nan nan", "{}", "[]", "undefined undefined", "[object object]", "unbekannt",
    "inconnu", "desconocido", "sconosciuto", "sin datos", "onbekend", "okänd",
    "non renseigné", "non défini", "non disponible", "sin dato", "sin especificar", "no disponible", "no informado",
    "não informado", "nao informado", "desconhecido", "non specificato", "non disponibile", "nicht angegeben",
    "nicht verfügbar", "ohne angabe", "niet ingevuld", "niet bekend", "ukendt", "ukjent", "tuntematon", "ei tietoa",
    "nieznany", "nieznane", "brak danych", "nie podano", "neznámý", "neznámé", "neznáme", "nezadáno", "neznano",
    "nepoznato", "nepoznat", "ismeretlen", "nincs adat", "necunoscut", "bilinmiyor", "belirtilmemiş", "belirtilmemis",
    "teadmata", "nezināms", "nežinoma", "невідомо", "неизвестен", "неизвестный", "не указано", "άγνωστο", "άγνωστος",
    "desconegut", "不详", "未設定", "미상", "알 수 없음",
    "\u043d\u0435\u0442 \u0434\u0430\u043d\u043d\u044b\u0445",
    "\u043d\u0435\u0438\u0437\u0432\u0435\u0441\u0442\u043d\u043e", "\u4e0d\u660e", "\u672a\u77e5",
)  # fmt: skip
#: So many words that differ in their last letter alone are codes.
_MOST_LETTERS = 20
#: A name of which signs are hidden: **** 1234, XXXX1234, a***@b.com; and how many are looked at.
_MASKED, _LOOKED_AT = r"[*\u2022\u25cf]{2,}|[xX#]{4,}[ -]?\d", 1_000
#: An id that a table tool has rounded: its last digits are gone. 5e10 is none: tools write a sign or decimals.
ROUNDED = r"^\d(?:[.,]\d+[eE]\+?|[eE]\+)\d{2,3}$"


def is_missing(cells: Any, words: Sequence[str] | None, pyarrow: Any, compute: Any) -> NDArray[np.bool_]:
    """Return which cells say that there is no value.

    Parameters
    ----------
    cells : pyarrow array of str
        Without blanks around them.
    words : sequence of str or None
        What says so beside an empty cell; None: the usual words.
    pyarrow, compute : module
        Loaded by the caller.

    Returns
    -------
    bool (n,)
    """
    found = compute.is_in(compute.utf8_lower(cells), pyarrow.array(missing_words(words)))
    return np.asarray(found.to_numpy(zero_copy_only=False))


def masked_ids(names: Sequence[str]) -> list[str]:
    """Say that names are masked, where those of most of the first customers or cases are.

    Examples
    --------
    >>> masked_ids(["**** 1234", "**** 1235"])
    ["names such as '**** 1234' are masked: those that are alike behind the mask count as one"]
    >>> masked_ids(["1234", "*1235"])
    []
    """
    some = names[:_LOOKED_AT]
    if 2 * sum(re.search(_MASKED, name) is not None for name in some) <= len(some):
        return []
    return [f"names such as {show(some[0])} are masked: those that are alike behind the mask count as one"]


def are_codes(words: Sequence[str], among: Sequence[str]) -> set[str]:
    """Return the words that are names among names in capitals: NA where NB, NC and so on are there.

    Parameters
    ----------
    words : sequence of str
        That usually say that there is no value.
    among : sequence of str
        The different names of a column.

    Examples
    --------
    >>> names = [f"N{letter}" for letter in string.ascii_uppercase]
    >>> are_codes(["NA", "null"], names), are_codes(["NA"], ["NA", "NB", "Anna"])
    ({'NA'}, set())
    """
    there = set(among)
    return {
        word
        for word in words
        if re.fullmatch("[A-Z]{2,3}", word)
        and sum(word[:-1] + letter in there for letter in string.ascii_uppercase) >= _MOST_LETTERS
    }


def missing_words(words: Sequence[str] | None) -> tuple[str, ...]:
    """Return what says that there is no value, in small letters: the usual words, or those given."""
    return MISSING if words is None else ("", *(str(word).lower() for word in words))


def plain_ids(cells: Any, compute: Any) -> Any:
    """Return ids as :func:`sim.data.cells.plain_cells` gives them, and 1001.0 as 1001.

    A table tool that makes numbers of ids with gaps writes them with a decimal zero.

    Parameters
    ----------
    cells : pyarrow array of str
    compute : module
        Loaded by the caller.
    """
    return compute.replace_substring_regex(plain_cells(cells, compute), r"^(\d+)(?:\.0+|,0{1,2})$", r"\1")


def name_keys(words: NDArray[np.object_]) -> NDArray[np.uint64]:
    """Return one number per name: among ten million customers two share one with a chance of one in 370,000."""
    from pandas.util import hash_array

    keys = hash_array(words, categorize=False) if words.size else np.zeros(0, np.uint64)
    return np.where(keys == 0, np.uint64(1), keys)


class Spellings:
    """Ids that are another one's but for capitals, or but for zeros, thousands signs, quotes, blanks or such."""

    def __init__(self) -> None:
        self._pairs: dict[str, list[NDArray[np.uint64]]] = {"case": [], "zeros": []}

    def add(self, words: NDArray[np.object_], keys: NDArray[np.uint64]) -> None:
        """Remember the words that a fold changes."""
        for name, fold in (("case", str.lower), ("zeros", _fold_zeros)):
            folded = np.array([fold(word) for word in words], dtype=object)
            if (differs := np.flatnonzero(folded != words)).size:
                self._pairs[name].append(np.column_stack([keys[differs], name_keys(folded[differs])]))

    def alike(self, name: str, used: NDArray[np.uint64]) -> int:
        """Return how many ids fewer there are where a spelling makes no difference.

        Parameters
        ----------
        name : {'case', 'zeros'}
        used : uint64 array
            Keys of the ids that are used.
        """
        if not self._pairs[name]:
            return 0
        keys = np.unique(used)
        pairs = np.unique(np.concatenate(self._pairs[name]), axis=0)
        pairs = pairs[np.isin(pairs[:, 0], keys)]
        folded = np.concatenate([np.setdiff1d(keys, pairs[:, 0]), pairs[:, 1]])
        return int(folded.size - np.unique(folded).size)


def _fold_zeros(word: str) -> str:
    if word.isascii() and word.isalnum() and word[0] != "0":
        return word
    folded = word if word.isascii() else unicodedata.normalize("NFKC", word)
    folded = re.sub(r"^'(.*?)'?$", r"\1", " ".join(folded.split()))
    if re.fullmatch(r"\d{1,3}(?:[,.' ]\d{3})+", folded):
        folded = re.sub(r"\D", "", folded)
    return re.sub(r"^0+(?=\d+$)", "", folded)
