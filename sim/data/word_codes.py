"""Word codes: blocks of cells as numbers, for the different words in the order in which the rows have them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["WordCodes", "words_of_rows"]


def words_of_rows(cells: Any) -> tuple[NDArray[np.int32], Any]:
    """Return which of the different words each cell is, and the words in the order of their first cells.

    Parameters
    ----------
    cells : pyarrow array of str, or of words by their codes

    Examples
    --------
    >>> import pyarrow
    >>> index, words = words_of_rows(pyarrow.array(["b", "a", "b"]))
    >>> index.tolist(), words.to_pylist()
    ([0, 1, 0], ['b', 'a'])
    """
    if not hasattr(cells, "dictionary"):
        encoded = cells.dictionary_encode()
        return encoded.indices.to_numpy(zero_copy_only=False), encoded.dictionary
    index = cells.indices.to_numpy(zero_copy_only=False)
    first = np.full(len(cells.dictionary), index.size)
    np.minimum.at(first, index, np.arange(index.size))
    present = np.flatnonzero(first < index.size)
    present = present[np.argsort(first[present], kind="stable")]
    mine = np.zeros(len(cells.dictionary), np.int32)
    mine[present] = np.arange(present.size, dtype=np.int32)
    return mine[index], cells.dictionary.take(present)


class WordCodes:
    """Takes blocks of words of which there may be millions; they get their codes when all are read."""

    def __init__(self) -> None:
        self._words: list[Any] = []

    def add(self, cells: Any) -> NDArray[np.int32]:
        """Return which of the block's different words each cell is.

        Parameters
        ----------
        cells : pyarrow array of str, or of words by their codes
        """
        index, words = words_of_rows(cells)
        self._words.append(words)
        return index

    def finish(self) -> tuple[list[NDArray[np.int32]], list[str]]:
        """Return the code of each block's words, and all words in the order of their codes.

        Examples
        --------
        >>> import pyarrow
        >>> codes = WordCodes()
        >>> added = [codes.add(pyarrow.array(words)).tolist() for words in (["b", "a", "b"], ["c", "a"])]
        >>> blocks, words = codes.finish()
        >>> added, [block.tolist() for block in blocks], words
        ([[0, 1, 0], [0, 1]], [[0, 1], [2, 1]], ['b', 'a', 'c'])
        """
        import pyarrow

        if not self._words:
            return [], []
        ends = np.cumsum([len(words) for words in self._words])[:-1]
        encoded = pyarrow.chunked_array(self._words, pyarrow.string()).dictionary_encode()
        self._words = []
        if not encoded.num_chunks:
            return [np.zeros(0, np.int32) for _ in range(ends.size + 1)], []
        # Arrow drops chunks of nothing.
        codes = np.concatenate([chunk.indices.to_numpy(zero_copy_only=False) for chunk in encoded.chunks])
        return np.split(codes, ends), encoded.chunks[-1].dictionary.to_pylist()
