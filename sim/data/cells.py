"""Cells: a block of cells without what copying and spreadsheets put around a value."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["plain_cells", "which_match"]

#: Signs without width that come along when cells are copied.
_INVISIBLE = r"[\x{200B}-\x{200F}\x{202A}-\x{202E}\x{2060}\x{2066}-\x{2069}\x{FEFF}\x{00AD}]"
#: ="1001": a value that a spreadsheet is to take as text.
_AS_TEXT = r'^="(.*)"$'
#: A quoted cell behind a blank, which readers of CSV take as it stands, and one in the quotes of SQL.
_QUOTED = r'^"([^"]*)"$'
_IN_SQL = "^'([^']*)'$"


def plain_cells(cells: Any, compute: Any) -> Any:
    """Return cells without blanks around them and signs without width, and ="1001", "1001" or '1001' as 1001.

    Parameters
    ----------
    cells : pyarrow array of str
    compute : module
        Loaded by the caller.
    """
    if compute.any(compute.invert(compute.string_is_ascii(cells))).as_py():
        cells = compute.replace_substring_regex(cells, _INVISIBLE, "")
    cells = compute.utf8_trim_whitespace(cells)
    if compute.any(compute.starts_with(cells, '="')).as_py():
        cells = compute.replace_substring_regex(cells, _AS_TEXT, r"\1")
    if compute.any(compute.starts_with(cells, '"')).as_py():
        cells = compute.replace_substring_regex(cells, _QUOTED, r"\1")
    if compute.any(compute.starts_with(cells, "'")).as_py():
        cells = compute.replace_substring_regex(cells, _IN_SQL, r"\1")
    return cells


def which_match(cells: Any, pattern: str, compute: Any) -> NDArray[np.bool_]:
    """Return which cells have a place that a pattern fits.

    Parameters
    ----------
    cells : pyarrow array of str
    pattern : str
        A regular expression of RE2.
    compute : module
        Loaded by the caller.

    Returns
    -------
    bool (n,)

    Examples
    --------
    >>> import pyarrow
    >>> from pyarrow import compute
    >>> which_match(pyarrow.array(["12.50 CR", "12.50"]), "CR$", compute).tolist()
    [True, False]
    """
    return np.asarray(compute.match_substring_regex(cells, pattern).to_numpy(zero_copy_only=False))
