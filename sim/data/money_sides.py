"""Money sides: columns that say on which side of a ledger a row is, debit or credit, in or out, and the C of a state.

Which side has the purchases hangs on whose ledger it is: most rows tell, once all are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.data.cells import which_match
from sim.data.no_sale import says_how_paid

__all__ = ["MoneySides", "is_nameless", "says_side"]

#: Heads of columns of sides.
_HEAD = re.compile(
    r"(?:(?:transaction|booking|posting|entry|payment|money|cash|balance)_)?"
    r"(?:s_h|h_s|sh|d_c|c_d|dc|cd|d_h|dr_cr|cr_dr|drcr|crdr|debit_credit|credit_debit|debitcredit|creditdebit"
    r"|debit_or_credit|soll_haben|haben_soll|sollhaben|shkzg|shkz|debe_haber|debito_credito|debet_credit|af_bij"
    r"|in_out|inout|direction|cash_flow|richtung|sens|sentido|impact)"
    r"(?:_(?:indicator|ind|flag|kz|kennzeichen|mark|sign|code|type|id))?"
)
#: The one side and the other, in a column of sides.
_CREDIT = (
    r"(?i)^(?:credit|cr|crdt|c|cred|h|haben|haber|in|inflow|incoming|inbound|money in|bij|eingang|entrada|entree)\.?$"
)
_DEBIT = (
    r"(?i)^(?:debit|dr|dbit|d|deb|db|debe|s|soll|out|outflow|outgoing|outbound|money out|af|ausgang|salida|sortie"
    r"|sa[ií]da)\.?$"
)
#: In a column of states or kinds fewer words do: a C may be cancelled, complete or closed, a D delivered.
_SHORT, _OPPOSITE = r"(?i)^(?:credit|cr|c|h|haben)$", r"(?i)^(?:debit|dr|soll)$"


def says_side(head: str) -> bool:
    """Return whether a column says on which side of a ledger a row is, by its head in small letters with underscores.

    Examples
    --------
    >>> says_side("s_h"), says_side("debit_credit_indicator"), says_side(""), says_side("status")
    (True, True, True, False)
    """
    return _HEAD.fullmatch(head) is not None or is_nameless(head)


def is_nameless(head: str) -> bool:
    """Return whether a head is none, or what tools write for none: such a column may hold what is behind an amount.

    Examples
    --------
    >>> is_nameless(""), is_nameless("unnamed_3"), is_nameless("column_4"), is_nameless("note")
    (True, True, True, False)
    """
    return re.fullmatch(r"(?:(?:unnamed|column|col|field)_?\d+)?", head) is not None


class MoneySides:
    """Takes the blocks of columns of sides, states and kinds."""

    def __init__(self) -> None:
        self._sided: dict[str, bool] = {}
        #: By role, words of a side with whether it is that of credits; and of each row the number of its word, from 1,
        #: 0 for none and for one that is not used.
        self._words: dict[str, dict[str, bool]] = {}
        self._rows: dict[str, list[NDArray[np.int16]]] = {}

    def add(self, role: str, head: str, cells: Any, used: NDArray[np.bool_], *, of_states: bool) -> None:
        """Take a block of a column.

        Parameters
        ----------
        role : str
        head : str
            In small letters with underscores.
        cells : pyarrow array of str
        used : bool (n,)
            Which rows may be purchases.
        of_states : bool
            Whether it is a column of states or kinds, if it is none of sides.
        """
        import pyarrow.compute as compute

        sided = self._sided.setdefault(role, says_side(head))
        if not sided and not of_states:
            return
        encoded = cells.dictionary_encode()
        words = encoded.dictionary
        credit = which_match(words, _CREDIT if sided else _SHORT, compute)
        debit = which_match(words, _DEBIT if sided else _OPPOSITE, compute)
        # Credit beside cash is a way to pay.
        if not sided and len(words) and says_how_paid(words, compute):
            credit[:] = debit[:] = False
        known = self._words.setdefault(role, {})
        numbers = np.zeros(len(words) + 1, np.int16)
        for at in np.flatnonzero(credit | debit):
            known.setdefault(words[int(at)].as_py(), bool(credit[at]))
            numbers[at] = list(known).index(words[int(at)].as_py()) + 1
        of_row = numbers[encoded.indices.to_numpy(zero_copy_only=False)] if len(words) else np.zeros(0, np.int16)
        self._rows.setdefault(role, []).append(np.where(used, of_row, 0).astype(np.int16))

    def fewer(self, keys: NDArray[np.uint64]) -> Iterator[tuple[str, NDArray[np.int64], list[str]]]:
        """Yield of each column the rows on the side that fewer have, with their words.

        In a column of states they are those of C and the like, or, where more than half of all are, their opposites.

        Parameters
        ----------
        keys : uint64 (n,)
            Of customers; 0 marks a row that is not used.

        Yields
        ------
        role, rows, words
        """
        for role, blocks in self._rows.items():
            rows = np.where(keys != 0, np.concatenate(blocks), 0)
            words = list(self._words[role])
            is_credit = np.array([False, *self._words[role].values()])
            credits, debits = is_credit[rows], ~is_credit[rows] & (rows > 0)
            used = np.count_nonzero(keys)
            odd = debits if 2 * credits.sum() > used else credits
            if odd.any() and (odd.sum() < used or not self._sided[role]):
                at = np.flatnonzero(odd)
                yield role, at, [words[number - 1] for number in rows[at]]

    def taken_for_done(self, keys: NDArray[np.uint64]) -> list[str]:
        """Return the columns of states in which most rows say C or the like, which is no word of a side there.

        Parameters
        ----------
        keys : uint64 (n,)
            As for :meth:`fewer`.

        Returns
        -------
        list of str
            Their roles.
        """
        found = []
        for role, blocks in self._rows.items():
            rows = np.where(keys != 0, np.concatenate(blocks), 0)
            letters = [number for number, word in enumerate(self._words[role], 1) if word in ("C", "c")]
            if not self._sided[role] and 2 * np.isin(rows, letters).sum() > np.count_nonzero(keys):
                found.append(role)
        return found
