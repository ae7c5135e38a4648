"""Amounts: a column of money read with one decimal sign, each cell matched as a whole."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["find_decimal", "read_amounts"]

_NUMBER = re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$")


def find_decimal(amounts: Sequence[str]) -> str:
    """Tell the decimal sign: a comma that is not followed by three digits, or that comes after a point, is one."""
    for amount in amounts:
        kept = re.sub(r"[^\d.,]", "", amount)
        if "," in kept and ("." not in kept or kept.rindex(",") > kept.rindex(".")):
            after = len(kept) - kept.rindex(",") - 1
            if after != 3 or "." in kept:
                return ","
    return "."


def read_amounts(
    amount: Any, decimal: str, pyarrow: Any, compute: Any
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Read amounts, with or without currency, thousands signs or brackets for what was paid back."""
    if decimal == ".":
        try:
            values = compute.cast(amount, pyarrow.float64()).to_numpy(zero_copy_only=False)
            return values, np.ones(len(amount), bool)
        except pyarrow.ArrowInvalid:
            pass
    taken_back = compute.match_substring_regex(amount, r"^\(.*\)$|^[^\d]*-|-$")
    plain = compute.replace_substring_regex(amount, r"^\D{1,6}?([\d.,(+-])|", r"\1")
    plain = compute.replace_substring_regex(plain, r"[\s'\x{00A0}\x{202F}_()+-]|[^\d.,]+$", "")
    thousands = "," if decimal == "." else "."
    plain = compute.replace_substring(plain, thousands, "")
    if decimal == ",":
        plain = compute.replace_substring(plain, ",", ".")
    readable = compute.match_substring_regex(plain, _NUMBER.pattern)
    plain = compute.if_else(readable, plain, "0")
    values = compute.cast(plain, pyarrow.float64()).to_numpy(zero_copy_only=False)
    signs = np.where(np.asarray(taken_back.to_numpy(zero_copy_only=False)), -1.0, 1.0)
    return values * signs, np.asarray(readable.to_numpy(zero_copy_only=False))
