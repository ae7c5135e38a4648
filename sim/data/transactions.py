"""Transactions: who bought when and for how much, read from a file of any size in one pass.

Rows are read in blocks; kept are one number for the customer, one for the day and one for the amount. Whatever cannot
be used is counted, named with its row, and either stops the reading or is left out and reported: nothing is dropped
silently.
"""

from __future__ import annotations

import io
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from agents.quantity import choice, quantity
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.schema import show

__all__ = ["ROLES", "Layout", "Ledger", "check_layout", "read_transactions"]

#: What a row must say, and under which heads files say it; the first that fits counts.
ROLES: Mapping[str, tuple[str, ...]] = {
    "customer": (
        "customer", "customer_id", "customerid", "cust", "cust_id", "custid", "client", "client_id", "user", "user_id",
        "userid", "member", "member_id", "household", "household_id", "account", "account_id", "buyer", "buyer_id",
        "id", "case_id", "person",
    ),
    "date": (
        "date", "day", "datetime", "timestamp", "time", "order_date", "orderdate", "purchase_date", "invoice_date",
        "invoicedate", "transaction_date", "trans_date", "bought_at", "ordered_at", "created_at", "when",
    ),
    "amount": (
        "amount", "spend", "spent", "value", "sales", "revenue", "total", "price", "money", "turnover", "order_value",
        "order_total", "total_price", "net", "gross", "paid", "dollars", "euro", "amt",
    ),
}  # fmt: skip
_DELIMITERS = (",", ";", "\t", "|")
_BLANK = "whitespace"
_DECIMALS = {"point": ".", "comma": ","}
_FORMATS = (
    "%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%Y.%m.%d",
    "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y",
    "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%y", "%m-%d-%y",
    "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y", "%d-%b-%y",
)  # fmt: skip
_CLOCK = r"[ T]\d{1,2}:\d{2}.*$"
_NUMBER = re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$")
_FIRST_YEAR, _LAST_YEAR = 1900, 2200
#: More different dates than three centuries have days are no dates.
_MOST_DATES = 120_000
_BLOCK_BYTES = 4 << 20
_SNIFFED_BYTES = 1 << 16
_SHOWN = 3
#: Money is kept to this part of a unit, so that no order of adding up matters.
_PARTS = 10_000
#: Largest amount of one row.
_MOST_MONEY = 1e11


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a file of transactions is to be read; what is left out is guessed from the file."""

    columns: Any = quantity(
        "null: guess from the head line; {customer: HEAD, date: HEAD, amount: HEAD}; or, for a file without a head"
        " line, the names of all its columns in order, customer, date and amount among them",
        default=None,
        optional=True,
    )
    delimiter: str | None = quantity(
        "sign between columns, or the word whitespace; null: guess", default=None, optional=True
    )
    date_format: str | None = quantity("such as %d/%m/%Y; null: guess", default=None, optional=True)
    decimal: str | None = quantity(
        "decimal sign of amounts; null: guess", default=None, optional=True, choices=tuple(_DECIMALS)
    )
    bad_rows: str = choice("stop", ("stop", "skip"), "rows that cannot be read: stop, or leave them out and count them")
    duplicates: str = choice(
        "keep",
        ("keep", "drop"),
        "rows alike in customer, date and amount: keep them (an order has lines), or drop them",
    )


@dataclass(frozen=True, slots=True)
class Ledger:
    """Purchases, one row per customer and day, sorted by both.

    Attributes
    ----------
    customer : int64 array
        Number of the customer, from 0.
    day : int64 array
        Day of the purchase, from the first day of the file.
    amount : float64 array
        Money spent on that day.
    start : date
        The first day.
    rows : int
        Rows of the file.
    warnings : tuple of str
        What a reader must know about the data, with counts.
    counts : mapping
        The same in numbers.
    """

    customer: NDArray[np.int64]
    day: NDArray[np.int64]
    amount: NDArray[np.float64]
    start: date
    rows: int
    warnings: tuple[str, ...]
    counts: Mapping[str, int]

    @property
    def customers(self) -> int:
        """How many customers there are."""
        return int(self.customer[-1]) + 1

    @property
    def days(self) -> int:
        """Days from the first to the last purchase, both counted."""
        return int(self.day.max()) + 1


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"


@dataclass(slots=True)
class _Trouble:
    """Rows that cannot be used, by what is wrong with them."""

    counts: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def add(self, what: str, count: int, examples: Iterator[str]) -> None:
        if count == 0:
            return
        self.counts[what] = self.counts.get(what, 0) + count
        shown = self.examples.setdefault(what, [])
        for example in examples:
            if len(shown) >= _SHOWN:
                break
            shown.append(example)

    def __str__(self) -> str:
        return "; ".join(
            f"{_rows(count)} {what} ({', '.join(self.examples[what])})" for what, count in self.counts.items()
        )


@dataclass(frozen=True, slots=True)
class _Shape:
    """What the first lines of a file tell."""

    delimiter: str
    head: tuple[str, ...]
    has_head: bool
    columns: Mapping[str, int]
    decimal: str


def read_transactions(path: str | Path, layout: Layout | None = None) -> Ledger:
    """Read a file of transactions.

    Parameters
    ----------
    path : path
        A text file with a row per transaction, plain or compressed (.gz, .bz2, .zst).
    layout : Layout, optional

    Raises
    ------
    ConfigError
        If the file is missing, empty, no text, lacks a column, has dates that can be read in two ways, or has rows
        that cannot be read (and ``layout.bad_rows`` is not `skip`).
    """
    layout = layout or Layout()
    place = Path(path)
    where = f"data {str(path)!r}"
    _check_file(place, where)
    shape = _look(place, where, layout)
    trouble = _Trouble()
    codes: dict[str, int] = {}
    parts: list[tuple[NDArray[np.uint64], NDArray[np.int32], NDArray[np.int64]]] = []
    rows = 0
    for batch, refused in _batches(place, where, shape):
        trouble.add("with another number of columns", refused.count, iter(refused.shown))
        parts.append(_take(batch, rows, shape, codes, trouble, where))
        rows += batch.num_rows + refused.count
    if rows == 0:
        raise ConfigError(f"{where} has no rows{' below its head line' if shape.has_head else ''}; give transactions")
    who = np.concatenate([part[0] for part in parts])
    code = np.concatenate([part[1] for part in parts])
    money = np.concatenate([part[2] for part in parts])
    parts.clear()
    if not codes:
        raise ConfigError(f"{where}: none of its {rows:,} rows can be read: {trouble}; see to quotes and delimiters")
    days = _read_dates(list(codes), code, layout, where, trouble)
    if trouble.counts and layout.bad_rows == "stop":
        raise ConfigError(
            f"{where}: of {rows:,} rows {trouble}; mend them, or say bad_rows=skip to leave them out and count them"
        )
    return _ledger(who, code, money, days, rows, layout, trouble, where)


def check_layout(path: str, layout: Layout) -> None:
    """Check, before anything is done, that a file is there and that its first lines hold the columns.

    Raises
    ------
    ConfigError
        As :func:`read_transactions`, of what can be told by then.
    """
    where = f"data {path!r}"
    _check_file(Path(path), where)
    _look(Path(path), where, layout)


def _check_file(path: Path, where: str) -> None:
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        reason = "does not exist" if isinstance(error, FileNotFoundError) else f"cannot be read: {error}"
        raise ConfigError(f"{where} {reason}; give the path of a file of transactions") from None
    if not stat.S_ISREG(status.st_mode):
        raise ConfigError(f"{where} is no ordinary file; give the path of a file of transactions")
    if status.st_size == 0:
        raise ConfigError(f"{where} is empty; give a file with a row per transaction: customer, date, amount")


def _open(path: Path, where: str) -> BinaryIO:
    import pyarrow

    try:
        stream: BinaryIO = pyarrow.input_stream(str(path), compression="detect")
    except (OSError, ValueError, pyarrow.ArrowException) as error:
        raise ConfigError(f"{where} cannot be read: {_reason(error)}; give a text file that may be read") from None
    return stream


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).splitlines()[0]


def _look(path: Path, where: str, layout: Layout) -> _Shape:
    """Tell delimiter, columns and decimal sign from the first lines."""
    try:
        with _open(path, where) as stream:
            raw = stream.read(_SNIFFED_BYTES)
    except OSError as error:
        raise ConfigError(f"{where} cannot be read: {_reason(error)}; give a text file that may be read") from None
    if b"\0" in raw:
        raise ConfigError(f"{where} is no UTF-8 text (it holds zero bytes); save it as CSV in UTF-8")
    whole = len(raw) < _SNIFFED_BYTES
    text = raw.decode("utf-8-sig", errors="replace")
    lines = [line.rstrip("\r") for line in text.split("\n")]
    lines = [line for line in (lines if whole else lines[:-1]) if line.strip()]
    if not lines:
        raise ConfigError(f"{where} has only blank lines; give a file with a row per transaction")
    delimiter = _delimiter(lines[:50], layout, where)
    cells = [_split(line, delimiter) for line in lines[:500]]
    head, has_head, columns = _columns(cells[0], layout, where)
    amounts = [row[columns["amount"]] for row in cells[has_head:] if len(row) > columns["amount"]]
    return _Shape(
        delimiter, head, has_head, columns, _DECIMALS[layout.decimal] if layout.decimal else _decimal(amounts)
    )


def _delimiter(lines: Sequence[str], layout: Layout, where: str) -> str:
    given = layout.delimiter
    if given is not None:
        if given != _BLANK and (not isinstance(given, str) or len(given) != 1 or given in "\"'\r\n"):
            raise ConfigError(f"delimiter is {show(given)}; give one sign, such as ';', or the word {_BLANK}")
        return given
    fitting = []
    for sign in _DELIMITERS:
        widths = [len(_split(line, sign)) for line in lines]
        usual = max(set(widths), key=widths.count)
        if usual >= len(ROLES):
            fitting.append((widths.count(usual), -_DELIMITERS.index(sign), sign))
    if fitting:
        return max(fitting)[2]
    if len(lines[0].split()) >= len(ROLES):
        return _BLANK
    raise ConfigError(
        f"{where}: its first line {show(lines[0][:80])} has fewer than three columns;"
        " a transaction needs customer, date and amount. If they are there, say delimiter='SIGN'"
    )


def _split(line: str, delimiter: str) -> list[str]:
    if delimiter == _BLANK:
        return line.split()
    import csv

    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]


def _columns(first: list[str], layout: Layout, where: str) -> tuple[tuple[str, ...], bool, dict[str, int]]:
    """Return the names of the columns, whether the file has a head line, and where each role stands."""
    given = layout.columns
    if isinstance(given, list | tuple):
        names = tuple("" if name is None else str(name) for name in given)
        if len(names) != len(first):
            raise ConfigError(
                f"{where}: columns names {len(names)} columns, but the first line has {len(first)}"
                f" ({', '.join(show(cell[:20]) for cell in first[:8])}); name every column in order, any word for"
                " those that are not needed"
            )
        return names, False, _places(names, {}, where, "columns")
    if given is not None and not isinstance(given, Mapping):
        raise ConfigError(
            f"columns is {show(given)}; give {{customer: HEAD, date: HEAD, amount: HEAD}}, or, for a file without a"
            " head line, the names of all its columns: [customer, date, amount]"
        )
    chosen = dict(given or {})
    for role in chosen:
        if role not in ROLES:
            raise ConfigError(f"columns has the key {show(role)}; accepted: {', '.join(ROLES)}")
    if not chosen and any(_looks_like_date(cell) for cell in first):
        raise ConfigError(
            f"{where}: its first line {show(', '.join(first)[:80])} is no head line; name its {len(first)} columns in"
            f" order: columns=[{','.join(_guess_order(first))}]"
        )
    return tuple(first), True, _places(tuple(first), chosen, where, "the head line")


def _guess_order(first: list[str]) -> list[str]:
    """Return an example of names for columns without a head line."""
    if len(first) == len(ROLES):
        return list(ROLES)
    return ["customer", "date", "amount", *(f"other{at}" for at in range(1, len(first) - len(ROLES) + 1))]


def _looks_like_date(cell: str) -> bool:
    plain = re.sub(_CLOCK, "", cell)
    return any(_parse(plain, pattern) is not None for pattern in _FORMATS)


def _places(names: tuple[str, ...], chosen: Mapping[str, Any], where: str, source: str) -> dict[str, int]:
    plain = [re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") for name in names]
    places = {}
    for role, known in ROLES.items():
        wanted = chosen.get(role)
        if wanted is not None:
            if names.count(str(wanted)) != 1:
                found = "is there twice" if str(wanted) in names else "is not there"
                raise ConfigError(
                    f"{where}: columns.{role} is {show(wanted)}, which {found};"
                    f" {suggest(wanted, names, 'the columns are')}"
                )
            places[role] = names.index(str(wanted))
            continue
        at = next((plain.index(word) for word in known if word in plain), None)
        if at is None:
            raise ConfigError(
                f"{where}: no column is known as the {role}; {source} has {', '.join(names)};"
                f" say which it is: columns={{{role}: HEAD}}"
            )
        if plain.count(plain[at]) > 1:
            raise ConfigError(
                f"{where}: {plain.count(plain[at])} columns are called {names[at]!r}; call the one that is not the"
                f" {role} otherwise, in {source}"
            )
        places[role] = at
    if len(set(places.values())) < len(ROLES):
        raise ConfigError(
            f"{where}: one column would be two of {', '.join(ROLES)}; say which is which:"
            " columns={customer: HEAD, date: HEAD, amount: HEAD}"
        )
    return places


def _decimal(amounts: Sequence[str]) -> str:
    """Tell the decimal sign: a comma that is not followed by three digits, or that comes after a point, is one."""
    for amount in amounts:
        kept = re.sub(r"[^\d.,]", "", amount)
        if "," in kept and ("." not in kept or kept.rindex(",") > kept.rindex(".")):
            after = len(kept) - kept.rindex(",") - 1
            if after != 3 or "." in kept:
                return ","
    return "."


class _Squeezed(io.RawIOBase):
    """A stream whose runs of blanks become one tab each, without any at the ends of a line."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._rest = b""
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready:
            raw = self._stream.read(_SNIFFED_BYTES)
            if not raw and not self._rest:
                return 0
            block = self._rest + raw
            cut = block.rfind(b"\n") + 1 if raw else len(block)
            self._rest = block[cut:]
            squeezed = re.sub(rb"[ \t\r]+", b"\t", block[:cut])
            self._ready = re.sub(rb"^\t|\t$", b"", squeezed, flags=re.MULTILINE)
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size


@dataclass(slots=True)
class _Refused:
    """Rows of another width than the first."""

    count: int = 0
    shown: list[str] = field(default_factory=list)


def _batches(path: Path, where: str, shape: _Shape) -> Iterator[tuple[Any, _Refused]]:
    """Yield blocks of rows, the three columns as text, with the rows between them that have another width."""
    import pyarrow
    from pyarrow import csv

    refused = _Refused()

    def refuse(row: Any) -> str:
        refused.count += 1
        if len(refused.shown) < _SHOWN:
            refused.shown.append(f"{row.actual_columns} instead of {row.expected_columns}: {show(str(row.text)[:40])}")
        return "skip"

    names = [f"column{at}" for at in range(len(shape.head))]
    kept = [names[shape.columns[role]] for role in ROLES]
    stream: Any = _open(path, where)
    if shape.delimiter == _BLANK:
        stream = io.BufferedReader(_Squeezed(stream), _SNIFFED_BYTES)
    try:
        reader = csv.open_csv(
            stream,
            read_options=csv.ReadOptions(
                column_names=names, skip_rows=int(shape.has_head), block_size=_BLOCK_BYTES, use_threads=False
            ),
            parse_options=csv.ParseOptions(
                delimiter="\t" if shape.delimiter == _BLANK else shape.delimiter, invalid_row_handler=refuse
            ),
            convert_options=csv.ConvertOptions(
                include_columns=kept, column_types=dict.fromkeys(names, pyarrow.string()), strings_can_be_null=False
            ),
        )
        for batch in reader:
            seen, refused = refused, _Refused()
            yield batch, seen
        if refused.count:
            yield pyarrow.record_batch([pyarrow.array([], pyarrow.string())] * len(kept), kept), refused
    except pyarrow.ArrowInvalid as error:
        reason = _reason(error)
        if "Empty CSV" in reason:
            return
        if "UTF8" in reason or "UTF-8" in reason:
            raise ConfigError(f"{where} is not UTF-8 text; save it as UTF-8") from None
        raise ConfigError(
            f"{where} cannot be read: {reason}; see that every row has the columns of the first"
        ) from None
    except OSError as error:
        raise ConfigError(f"{where} cannot be read: {_reason(error)}; give a text file that may be read") from None


def _take(
    batch: Any, before: int, shape: _Shape, codes: dict[str, int], trouble: _Trouble, where: str
) -> tuple[NDArray[np.uint64], NDArray[np.int32], NDArray[np.int64]]:
    """Turn a block of rows into numbers; a customer of 0 marks a row that cannot be used."""
    import pyarrow
    import pyarrow.compute as compute
    from pandas.util import hash_array

    customer, moment, amount = (compute.utf8_trim_whitespace(column) for column in batch.columns)
    encoded = customer.dictionary_encode()
    words = np.array(encoded.dictionary.to_pylist(), dtype=object)
    # One number per name: among ten million customers two share one with a chance of one in 370,000.
    keys = hash_array(words, categorize=False) if words.size else np.zeros(0, np.uint64)
    keys = np.where(keys == 0, np.uint64(1), keys)
    who = keys[encoded.indices.to_numpy(zero_copy_only=False)] if words.size else np.zeros(0, np.uint64)
    _refuse(
        who,
        np.asarray(compute.equal(customer, "").to_numpy(zero_copy_only=False)),
        "without a customer",
        before,
        trouble,
        None,
    )

    if compute.any(compute.match_substring(moment, ":")).as_py():
        moment = compute.replace_substring_regex(moment, _CLOCK, "")
    dates = moment.dictionary_encode()
    mine = np.array([codes.setdefault(word, len(codes)) for word in dates.dictionary.to_pylist()], dtype=np.int32)
    if len(codes) > _MOST_DATES:
        raise ConfigError(
            f"{where}: the column {shape.head[shape.columns['date']]!r} has more than {_MOST_DATES:,} different values,"
            f" such as {show(next(reversed(codes)))}, which are no dates; say which column is the date:"
            " columns={date: HEAD}"
        )
    code = mine[dates.indices.to_numpy(zero_copy_only=False)] if mine.size else np.zeros(0, np.int32)

    values, readable = _amounts(amount, shape.decimal, pyarrow, compute)
    bad = ~(readable & np.isfinite(values) & (np.abs(values) <= _MOST_MONEY))
    _refuse(who, bad, "with an amount that is no number", before, trouble, amount)
    return who, code, np.rint(np.where(bad, 0.0, values) * _PARTS).astype(np.int64)


def _refuse(
    who: NDArray[np.uint64], bad: NDArray[np.bool_], what: str, before: int, trouble: _Trouble, column: Any
) -> None:
    rows = np.flatnonzero(bad & (who != 0))
    shown = (
        f"row {before + at + 1}{'' if column is None else f': {show(column[int(at)].as_py()[:30])}'}" for at in rows
    )
    trouble.add(what, rows.size, shown)
    who[rows] = 0


def _amounts(amount: Any, decimal: str, pyarrow: Any, compute: Any) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
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


def _parse(word: str, pattern: str) -> date | None:
    try:
        found = datetime.strptime(word, pattern).date()
    except ValueError:
        return None
    # %Y%m%d takes 1997111 as well, and %d/%m/%y takes what %Y should.
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR or (pattern == "%Y%m%d" and len(word) != 8):
        return None
    return found


def _read_dates(
    words: list[str], code: NDArray[np.int32], layout: Layout, where: str, trouble: _Trouble
) -> NDArray[np.int64]:
    """Return the day (as an ordinal, 0 where it cannot be read) of each different date, in the one format that fits."""
    pattern = layout.date_format
    if pattern is None:
        pattern = _guess_format(words, where)
    else:
        try:
            datetime.strptime(datetime(2001, 2, 3).strftime(pattern), pattern)
        except ValueError:
            raise ConfigError(
                f"date_format is {show(pattern)}, which is no format; give one such as %d/%m/%Y"
            ) from None
    found = [_parse(word, pattern) for word in words]
    days = np.array([0 if day is None else day.toordinal() for day in found], dtype=np.int64)
    bad = np.flatnonzero(days == 0)
    if bad.size:
        unreadable = np.isin(code, bad)
        rows = np.flatnonzero(unreadable)
        shown = (f"row {at + 1}: {show(words[code[at]][:30])}" for at in rows)
        if rows.size == code.size:
            raise ConfigError(
                f"{where}: no date can be read as {pattern}, such as {show(words[0][:30])} in row 1;"
                " say how they are written: date_format=%d/%m/%Y, say"
            )
        trouble.add(f"with a date that cannot be read as {pattern}", rows.size, shown)
    return days


def _guess_format(words: list[str], where: str) -> str:
    """Return the format that most dates fit; where day and month could change places, ask."""
    few = words[:: max(1, len(words) // 400)]
    scores = {pattern: sum(_parse(word, pattern) is not None for word in few) for pattern in _FORMATS}
    likely = [pattern for pattern in _FORMATS if scores[pattern] > 0]
    if not likely:
        raise ConfigError(
            f"{where}: no date can be read, such as {show(words[0][:30])} in row 1; say how they are written:"
            " date_format=%d/%m/%Y, say, or say which column is the date: columns={date: HEAD}"
        )
    fits = {pattern: sum(_parse(word, pattern) is not None for word in words) for pattern in likely}
    most = max(fits.values())
    best = [pattern for pattern in likely if fits[pattern] == most]
    for other in best[1:]:
        differing = next(
            (word for word in words if _parse(word, best[0]) != _parse(word, other)),
            None,
        )
        if differing is not None:
            raise ConfigError(
                f"{where}: the dates can be read in two ways, {best[0]} and {other}, such as {show(differing)};"
                f" say which: date_format={best[0]} or date_format={other}"
            )
    return best[0]


def _ledger(
    who: NDArray[np.uint64],
    code: NDArray[np.int32],
    money: NDArray[np.int64],
    days: NDArray[np.int64],
    rows: int,
    layout: Layout,
    trouble: _Trouble,
    where: str,
) -> Ledger:
    """Put the rows of a customer and day together, and say what was found on the way."""
    warnings, counts = [], {"rows": rows}
    if trouble.counts:
        warnings.append(f"left out: {trouble}")
        counts |= {f"rows {what}": count for what, count in trouble.counts.items()}
    usable = who != 0
    usable &= days[code] != 0
    returned = usable & (money < 0)
    if returned.any():
        count = int(returned.sum())
        counts["negative_amounts"] = count
        warnings.append(
            f"{_rows(count)} of {rows:,} with a negative amount ({int(np.unique(who[returned]).size):,} customers):"
            " taken as returns and left out; no purchase is taken back"
        )
        usable &= ~returned
    if not usable.all():
        who, code, money = who[usable], code[usable], money[usable]
    if who.size == 0:
        raise ConfigError(f"{where}: none of its {rows:,} rows can be used; {'; '.join(warnings)}")
    day = days[code]
    order = np.lexsort((money, day, who))
    who, day, money = who[order], day[order], money[order]
    same = (np.diff(who) == 0) & (np.diff(day) == 0)
    twice = np.r_[False, same & (np.diff(money) == 0)]
    if twice.any():
        count = int(twice.sum())
        counts["duplicates"] = count
        done = (
            "dropped"
            if layout.duplicates == "drop"
            else "kept, their amounts added; say duplicates=drop if they are copies"
        )
        warnings.append(f"{_rows(count)} with another one's customer, date and amount: {done}")
        if layout.duplicates == "drop":
            who, day, money = who[~twice], day[~twice], money[~twice]
            same = (np.diff(who) == 0) & (np.diff(day) == 0)
    starts = np.flatnonzero(np.r_[True, ~same])
    if starts.size < who.size:
        counts["merged_within_a_day"] = int(who.size - starts.size)
        warnings.append(
            f"{_rows(int(who.size - starts.size))} of a customer who already bought that day: put together as one"
            " purchase"
        )
    amount = np.add.reduceat(money, starts) / _PARTS
    who, day = who[starts], day[starts]
    customer = np.cumsum(np.r_[0, (np.diff(who) != 0).astype(np.int64)])
    if (amount == 0).any():
        counts["free_purchases"] = int((amount == 0).sum())
        warnings.append(f"{counts['free_purchases']:,} purchases cost nothing: counted as purchases, not as spending")
    first = int(day.min())
    counts |= {"purchases": int(who.size), "customers": int(customer[-1]) + 1}
    return Ledger(customer, day - first, amount, date.fromordinal(first), rows, tuple(warnings), counts)
