"""Amounts: a column of money read with one decimal sign, each cell matched as a whole."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["find_decimal", "read_amounts"]

#: Currency before or after a number: a sign, or a short word such as CHF or kr.
_CURRENCY = r"(?:\p{L}{0,4}\p{Sc}|\p{L}{1,4}\.?)?"
#: A number in one notation, after signs and blanks were made plain; %t and %d stand for thousands and decimal sign.
_NUMBER = r"^(?:\d+|\d{1,3}(?:%t\d{3})+)?(?:%d\d*)?(?:[eE][-+]?\d+)?$"
_BLANKS = r"[\s\x{00A0}\x{2009}\x{202F}]"


def find_decimal(amounts: Sequence[str]) -> str | None:
    """Tell the decimal sign from what most amounts show; None where every sign could also part thousands.

    Examples
    --------
    >>> find_decimal(["43.25", "9,5", "1,200.00"])
    '.'
    >>> find_decimal(["4.325", "1.200"]) is None
    True
    """
    votes = {".": 0, ",": 0}
    open_both_ways = False
    for amount in amounts:
        kept = re.sub(r"[^\d.,]", "", amount).strip(".,")
        signs = [sign for sign in ".," if sign in kept]
        if len(signs) == 2:
            votes[max(signs, key=kept.rindex)] += 1
        elif signs and kept.count(signs[0]) > 1:
            votes["." if signs[0] == "," else ","] += 1
        elif signs and re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", kept):
            open_both_ways = True
        elif signs:
            votes[signs[0]] += 1
    if open_both_ways and not any(votes.values()):
        return None
    return "," if votes[","] > votes["."] else "."


def read_amounts(
    amount: Any, decimal: str, pyarrow: Any, compute: Any
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Read amounts, with or without currency, thousands signs or brackets for what was paid back.

    Parameters
    ----------
    amount : pyarrow array of str
        Cells without blanks around them.
    decimal : {'.', ','}
        Decimal sign of the column.
    pyarrow, compute : module
        Loaded by the caller.

    Returns
    -------
    values, readable : float64 (n,), bool (n,)
        0 where a cell as a whole is no number.
    """
    if decimal == ".":
        try:
            values = compute.cast(amount, pyarrow.float64()).to_numpy(zero_copy_only=False)
            return values, np.ones(len(amount), bool)
        except pyarrow.ArrowInvalid:
            pass

    def replaced(column: Any, pattern: str, by: str) -> Any:
        return compute.replace_substring_regex(column, pattern, by)

    # "CR" and "DR" after a number mean opposite things at different banks.
    unclear = compute.match_substring_regex(amount, r"(?i)\d" + _BLANKS + r"*(?:cr|dr|db)\.?$")
    plain = replaced(amount, r"[\x{2212}\x{2012}-\x{2015}]", "-")
    # 43.- is 43 whole francs.
    plain = replaced(replaced(plain, r"(\d)[.,]-{1,2}", r"\1"), _BLANKS, "")
    plain = replaced(plain, r"^(-?)\((.*)\)$", r"-\2")
    plain = replaced(plain, rf"^{_CURRENCY}\(([^()]*)\){_CURRENCY}$", r"-\1")
    plain = replaced(plain, rf"^([-+]?){_CURRENCY}([-+]?[\d.,].*?)$", r"\1\2")
    plain = replaced(plain, rf"^([-+]?[\d.,'\x{{2019}}_]+){_CURRENCY}(-?){_CURRENCY}$", r"\2\1")
    taken_back = compute.starts_with(plain, "-")
    plain = replaced(replaced(plain, r"^[-+]", ""), r"(\d)['\x{2019}_](\d{3})", r"\1\2")
    plain = replaced(plain, r"(\d)['\x{2019}_](\d{3})", r"\1\2")
    thousands = "," if decimal == "." else "."
    pattern = _NUMBER.replace("%t", re.escape(thousands)).replace("%d", re.escape(decimal))
    fits = compute.and_(compute.match_substring_regex(plain, pattern), compute.match_substring_regex(plain, r"\d"))
    readable = compute.and_not(fits, unclear)
    plain = compute.replace_substring(compute.replace_substring(plain, thousands, ""), decimal, ".")
    values = compute.cast(compute.if_else(readable, plain, "0"), pyarrow.float64()).to_numpy(zero_copy_only=False)
    signs = np.where(np.asarray(taken_back.to_numpy(zero_copy_only=False)), -1.0, 1.0)
    return values * signs, np.asarray(readable.to_numpy(zero_copy_only=False))
