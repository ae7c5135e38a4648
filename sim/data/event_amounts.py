"""Event amounts: a column of money beside events, read with the one decimal sign that all its values decide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.data.amounts import Amounts, count_decimal_signs, currency_code, decide_decimal, read_amounts
from sim.data.ids import is_missing
from sim.data.money_heads import parts_of_money
from sim.data.row_faults import RowFaults
from sim.scenario.errors import ConfigError
from sim.scenario.schema import show

__all__ = ["EventAmounts"]

_REMEDY = "mend them, or say columns={amount: null} to leave amounts out"


class EventAmounts:
    """Reads the blocks of one column; the decimal sign is decided when all are read.

    Parameters
    ----------
    where : str
        Opens every message.
    decimal : {'.', ','}, optional
        Decimal sign, where it is known.
    words : sequence of str, optional
        Words that say that there is no amount; by default the usual ones.
    unit : float
        What one unit of an amount is worth in whole units of money.
    """

    def __init__(self, where: str, decimal: str | None, words: Sequence[str] | None = None, unit: float = 1.0) -> None:
        self._where, self._given, self._words, self._unit = where, decimal, words, unit
        self._signs = np.zeros(4, np.int64)
        self._open: tuple[str, int] | None = None
        self._blocks: list[dict[str, NDArray[np.float64]]] = []
        self._bad: dict[str, list[tuple[int, str]]] = {".": [], ",": []}
        self._counts = {".": 0, ",": 0}
        self._currencies: dict[str, tuple[int, str]] = {}
        self._decimal = "."

    @property
    def currency(self) -> str:
        """The currency that amounts have, where they say one."""
        return next(iter(self._currencies), "")

    @property
    def format(self) -> str:
        """How the amounts are written, for a reader."""
        currency = self.currency
        sign = "point" if self._decimal == "." else "comma"
        unit = "" if self._unit == 1.0 else f", in {parts_of_money(self._unit)}"
        return f"decimal {sign}{f', currency {currency}' if currency else ''}{unit}"

    def add(self, cells: Any, rows: NDArray[np.uint32], pyarrow: Any, compute: Any) -> NDArray[np.float64]:
        """Take a block; what is returned only keeps its length until :meth:`finish`.

        Parameters
        ----------
        cells : pyarrow array
            Text without blanks around it, or numbers.
        rows : uint32 (n,)
            Row of each, from 0.
        pyarrow, compute : module
            Loaded by the caller.

        Returns
        -------
        float64 (n,)
        """
        missing = is_missing(cells, self._words, pyarrow, compute)
        words = compute.if_else(pyarrow.array(missing), "0", cells)
        self._signs += count_decimal_signs(words.unique().to_pylist())
        if self._open is None and self._signs[2:].any():
            at = next(at for at, cell in enumerate(words.to_pylist()) if any(count_decimal_signs([cell])[2:]))
            self._open = (words[at].as_py(), int(rows[at]))
        point = read_amounts(words, ".", pyarrow, compute)
        both = {".": point, ",": point}
        if not bool(point.readable.all()) or self._signs[1:].any():
            both[","] = read_amounts(words, ",", pyarrow, compute)
        for decimal, found in both.items():
            odd = np.flatnonzero(~found.readable | ~np.isfinite(found.values))
            self._counts[decimal] += odd.size
            self._bad[decimal] += [(int(rows[at]), words[int(at)].as_py()) for at in odd[:3]]
        self._note_currencies(point, rows, words)
        self._blocks.append({sign: np.where(missing, np.nan, found.values) for sign, found in both.items()})
        return np.zeros(len(rows))

    def _note_currencies(self, found: Amounts, rows: NDArray[np.uint32], words: Any) -> None:
        if found.currency is None:
            return
        for code, name in enumerate(found.currencies):
            if name and name not in self._currencies and (at := np.flatnonzero(found.currency == code)).size:
                self._currencies[name] = (int(rows[at[0]]), words[int(at[0])].as_py())

    def note_currencies(self, named: Any, amounts: Any, rows: NDArray[np.uint32], pyarrow: Any, compute: Any) -> None:
        """Take the currencies that another column names, of rows with an amount other than 0.

        Parameters
        ----------
        named, amounts : pyarrow array of str
            Cells of a block.
        rows : uint32 (n,)
            As for :meth:`add`.
        pyarrow, compute : module
            Loaded by the caller.
        """
        free = np.asarray(compute.match_substring_regex(amounts, r"^[0.,]*$").to_numpy(zero_copy_only=False))
        known = ~free & ~is_missing(amounts, self._words, pyarrow, compute) & ~is_missing(named, None, pyarrow, compute)
        there = np.flatnonzero(known)
        words = named.take(pyarrow.array(there)).dictionary_encode()
        different, first = np.unique(words.indices.to_numpy(zero_copy_only=False), return_index=True)
        for code, at in zip(different, there[first], strict=True):
            word = words.dictionary[int(code)].as_py()
            self._currencies.setdefault(currency_code(word), (int(rows[at]), word))

    def finish(self, faults: RowFaults) -> list[NDArray[np.float64]]:
        """Return the amounts of all blocks, NaN where there is none.

        Raises
        ------
        ConfigError
            If an amount is no number, the decimal sign is open, or there are two currencies.
        """
        points, commas, open_points, open_commas = self._signs.tolist()
        decimal = self._given or decide_decimal((points, commas, open_points, open_commas))
        if decimal is None:
            cell, row = self._open or ("", 0)
            raise ConfigError(
                f"{self._where}: amounts such as {show(cell[:30])} in row {faults.row(row):,} can be read in two ways,"
                " as thousands and as decimals; say which: decimal=point or decimal=comma"
            )
        self._decimal = decimal
        if self._counts[decimal]:
            shown = ", ".join(f"row {faults.row(row):,}: {show(cell[:30])}" for row, cell in self._bad[decimal][:3])
            raise ConfigError(
                f"{self._where}: {self._counts[decimal]:,} of the amounts cannot be read as numbers with a decimal"
                f" {'point' if decimal == '.' else 'comma'} ({shown}); {_REMEDY}"
            )
        if len(self._currencies) > 1:
            shown = ", ".join(f"row {faults.row(row):,}: {show(cell[:30])}" for row, cell in self._currencies.values())
            raise ConfigError(f"{self._where}: amounts are in several currencies ({shown}); {_REMEDY}")
        return [block[decimal] if self._unit == 1.0 else block[decimal] * self._unit for block in self._blocks]
