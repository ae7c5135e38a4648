"""Case names: who an event is of, by one column or by several of which the first that is there says it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.data.word_codes import WordCodes

__all__ = ["CaseNames"]

_NOBODY = -1


class CaseNames:
    """Takes blocks of the columns that name a case; all get their codes when they are read.

    Parameters
    ----------
    heads : sequence of str
        The column that counts where it has a name first. A name of a later column that is seen with one name of those
        before it, and with no other, is that one's: a device on which one customer signed in.
    """

    def __init__(self, heads: Sequence[str]) -> None:
        self._heads = tuple(heads)
        self._codes = [WordCodes() for _ in heads]
        self._rows: list[list[NDArray[np.int32]]] = []
        #: Names of devices and the like on which several customers were seen, and rows of which it is not known who.
        self.shared = 0

    def add(self, columns: Sequence[Any]) -> None:
        """Take a block, a column for each head; what has no name is ''.

        Parameters
        ----------
        columns : sequence of pyarrow array of str, or of words by their codes
        """
        self._rows.append([codes.add(column) for codes, column in zip(self._codes, columns, strict=True)])

    def finish(self) -> tuple[list[NDArray[np.int32]], list[str]]:
        """Return the case of each row of each block, and the names of all cases.

        Examples
        --------
        >>> import pyarrow
        >>> names = CaseNames(["user", "device"])
        >>> names.add([pyarrow.array(["", "ann", "", "bob"]), pyarrow.array(["d1", "d1", "d2", "d3"])])
        >>> blocks, cases = names.finish()
        >>> [cases[code] for code in blocks[0]]
        ['ann', 'ann', 'd2', 'bob']
        """
        if len(self._heads) == 1:
            codes, names = self._codes[0].finish()
            return [of_word[row[0]] for row, of_word in zip(self._rows, codes, strict=True)], names
        ends = np.cumsum([rows[0].size for rows in self._rows])[:-1]
        case, names = self._column(0)
        for at in range(1, len(self._heads)):
            code, words = self._column(at)
            known = set(names)
            case = self._with_further(case, code, len(names), len(words))
            names += [f"{self._heads[at]} {word}" if word in known else word for word in words]
        used, case = np.unique(case, return_inverse=True)
        order = np.argsort(np.unique(case, return_index=True)[1])
        place = np.argsort(order)
        return np.split(place[case].astype(np.int32), ends), [names[code] for code in used[order].tolist()]

    def _column(self, at: int) -> tuple[NDArray[np.int64], list[str]]:
        codes, names = self._codes[at].finish()
        # The last entry stands for no code at all, as of blocks without rows.
        named = np.array([*(code if name else _NOBODY for code, name in enumerate(names)), _NOBODY], np.int64)
        rows = [named[of_word[row[at]]] for row, of_word in zip(self._rows, codes, strict=True)]
        return np.concatenate([np.zeros(0, np.int64), *rows]), names

    def _with_further(
        self, case: NDArray[np.int64], code: NDArray[np.int64], cases: int, words: int
    ) -> NDArray[np.int64]:
        """Return the cases of rows of which a further column names those that have none."""
        both = (case != _NOBODY) & (code != _NOBODY)
        pairs = np.unique(np.stack([code[both], case[both]]), axis=1)
        seen = np.bincount(pairs[0], minlength=words)
        self.shared += int((seen > 1).sum())
        of_word = np.arange(words) + cases
        once = seen[pairs[0]] == 1
        of_word[pairs[0, once]] = pairs[1, once]
        further = np.append(of_word, _NOBODY)[code]
        return np.where(case == _NOBODY, further, case)
