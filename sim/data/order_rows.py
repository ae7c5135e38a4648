"""Order rows: rows that belong to one order, told by its number, and what they say again."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.data.ids import is_missing, name_keys, plain_ids

__all__ = [
    "find_order",
    "further_lines",
    "is_of_return",
    "may_number_orders",
    "number_of_return",
    "order_keys",
    "repeated_run",
    "sums_of_groups",
    "told_for_each_line",
]

#: Heads of numbers of orders, the likeliest first.
_HEADS = (
    "order_id", "orderid", "order_no", "order_nr", "order_number", "ordernumber", "order_num", "order", "sales_order",
    "amazon_order_id", "increment_id", "order_reference", "order_ref", "bestellnummer", "bestellnr", "bestell_nr",
    "bestell_id", "auftragsnummer", "auftragsnr", "auftrag", "commande", "n_commande", "numero_commande",
    "numero_de_commande", "id_commande", "pedido", "id_pedido", "n_pedido", "no_pedido", "numero_pedido",
    "numero_de_pedido", "numero_do_pedido", "ordine", "numero_ordine", "id_ordine", "n_ordine", "ordernummer",
    "ordernr", "ordrenummer", "ordrenr", "zamowienie", "numer_zamowienia", "nr_zamowienia", "id_zamowienia",
    "siparis", "siparis_no", "tilausnumero", "cislo_objednavky", "номер_заказа", "заказ", "注文番号", "受注番号",
    "注文id", "订单号", "订单编号", "订单id", "訂單編號", "주문번호", "invoice_no", "invoiceno", "invoice_nr",
    "invoice_number", "invoice_id", "invoice", "rechnungsnummer", "rechnungsnr", "rechnungs_nr", "re_nr", "facture",
    "n_facture", "numero_facture", "factura", "fattura", "numero_fattura", "factuurnummer", "fakturanummer",
    "numer_faktury", "belegnummer", "belegnr", "beleg_nr", "document_no", "document_number", "vbeln", "receipt",
    "receipt_no", "receipt_number", "receipt_id", "bon_nr", "bonnr", "ticket", "ticket_no", "ticket_number",
    "bill_no", "bill_number", "basket_id", "checkout_id", "merchant_reference", "transaction_id", "transactionid",
)  # fmt: skip
#: How Shopify numbers orders, in a column that is called Name.
_SHOPIFY = re.compile(r"#\w*\d\w*")
#: A number of a return, a credit note or a cancellation.
_OF_RETURN = re.compile(
    r"(?:(?:RMA|RET|RTN|RETURN|REF|REFUND|CN|CRN|CM|GS|GU|GUT|ST|STORNO|AV|AVOIR|NC|CREDIT)[-_ /]?\d+|C\d{4,})"
)
#: So many orders, or groups of rows, and this share of all, are no chance.
_FEWEST, _MOST = 3, 0.9
#: Amounts of which two are so often the same say nothing.
_OFTEN_ALIKE = 0.2
#: So many different rows one after the other, told again in the same order, are a piece of the file told twice.
_RUN = 5


def find_order(heads: Sequence[str], sample: Sequence[Sequence[str]], used: Collection[int]) -> int | None:
    """Return the column of the number of the order that a row belongs to, None where there is none.

    Parameters
    ----------
    heads : sequence of str
        In small letters with underscores.
    sample : sequence of sequence of str
        Cells of some rows.
    used : collection of int
        Columns that are something else.

    Returns
    -------
    int or None

    Examples
    --------
    >>> find_order(["name", "invoice_no", "order_id"], [], [])
    2
    >>> find_order(["name", "email"], [["#1001", "a@b"], ["#1002", "c@d"]], [1])
    0
    >>> find_order(["name", "receipt_number"], [["#1001", ""], ["#1002", ""]], [])
    0
    """
    filled = [at for at in range(len(heads)) if not sample or any(len(row) > at and row[at] for row in sample)]
    free = {heads[at]: at for at in filled if at not in used and heads.count(heads[at]) == 1}
    for head in _HEADS:
        if head in free:
            return free[head]
    at = free.get("name")
    cells = [] if at is None else [row[at] for row in sample if len(row) > at and row[at]]
    if cells and all(_SHOPIFY.fullmatch(cell) for cell in cells):
        return at
    # Whatever it is called, where some of its numbers are those of returns.
    numbers = {at: [row[at] for row in sample if len(row) > at and row[at]] for at in free.values()}
    return next((at for at, cells in numbers.items() if _are_numbers(cells) and number_of_return(cells)), None)


def _are_numbers(cells: Sequence[str]) -> bool:
    """Return whether all cells are letters and a number, and each another one."""
    return len(set(cells)) == len(cells) and all(re.fullmatch(r"[A-Z]{1,8}[-_ /]?\d+", cell) for cell in cells)


def may_number_orders(head: str) -> bool:
    """Return whether a column may number orders by its head, in small letters with underscores."""
    return head in _HEADS or head == "name"


def number_of_return(cells: Sequence[str]) -> re.Pattern[str] | None:
    """Return the pattern of numbers of returns, where a few of a column have one and all others begin alike.

    Parameters
    ----------
    cells : sequence of str
        Of some rows.

    Examples
    --------
    >>> number_of_return(["SO1", "SO2", "RMA3"]) is None, number_of_return(["CN1", "DE2", "FR3"]) is None
    (False, True)
    """
    different = {cell for cell in cells if cell}
    returns = {cell for cell in different if _OF_RETURN.fullmatch(cell)}
    others = {re.match(r"\D*", cell)[0] for cell in different - returns}  # type: ignore[index]
    return _OF_RETURN if returns and 2 * len(returns) < len(different) and len(others) == 1 else None


def order_keys(cells: Any, missing: Sequence[str] | None, compute: Any) -> NDArray[np.uint64]:
    """Return one number per order for each row of a block, 0 for none.

    Parameters
    ----------
    cells : pyarrow array of str
    missing : sequence of str or None
        As :func:`sim.data.ids.is_missing` takes it.
    compute : module
        Loaded by the caller.

    Returns
    -------
    uint64 (n,)
    """
    import pyarrow

    encoded = plain_ids(cells, compute).dictionary_encode()
    keys = name_keys(np.array(encoded.dictionary.to_pylist(), dtype=object))
    keys = np.where(is_missing(encoded.dictionary, missing, pyarrow, compute), np.uint64(0), keys)
    return np.asarray(keys[encoded.indices.to_numpy(zero_copy_only=False)], dtype=np.uint64)


def further_lines(
    orders: NDArray[np.uint64], nothing: NDArray[np.bool_], last: np.uint64
) -> tuple[NDArray[np.bool_], np.uint64]:
    """Return which rows are lines of an order behind the one that has its amount.

    Parameters
    ----------
    orders : uint64 (n,)
        Key of the order of each row of a block, 0 for none.
    nothing : bool (n,)
        Which rows have no amount.
    last : uint64
        Order of the last row before the block that had one.

    Returns
    -------
    bool (n,), uint64
        These rows, and the order of the last row with an amount.

    Examples
    --------
    >>> orders, nothing = np.array([7, 8, 8, 9], np.uint64), np.array([True, False, True, True])
    >>> further_lines(orders, nothing, np.uint64(7))[0]
    array([ True, False,  True, False])
    """
    begins = np.maximum.accumulate(np.where(nothing | (orders == 0), -1, np.arange(orders.size)))
    before = np.where(begins < 0, last, orders[begins])
    return nothing & (orders != 0) & (orders == before), before[-1]


def is_of_return(cells: Any, pattern: re.Pattern[str], compute: Any) -> NDArray[np.bool_]:
    """Return which cells of a block are numbers of returns as a whole.

    Parameters
    ----------
    cells : pyarrow array of str
    pattern : re.Pattern
        As :func:`number_of_return` gives it.
    compute : module
        Loaded by the caller.

    Returns
    -------
    bool (n,)
    """
    found = compute.match_substring_regex(cells, f"^(?:{pattern.pattern})$")
    return np.asarray(found.to_numpy(zero_copy_only=False))


def told_for_each_line(
    groups: NDArray[np.int64], money: NDArray[np.int64], known: NDArray[np.bool_], fewest: int = _FEWEST
) -> tuple[int, int, int] | None:
    """Return how many groups of several rows have one amount in all of them, of how many, and the first row of one.

    Parameters
    ----------
    groups : int64 (g,)
        Where each begins, such as an order, or a customer's day.
    money : int64 (n,)
        By row.
    known : bool (g,)
        Which are groups.
    fewest : int
        Fewer are chance.

    Returns
    -------
    tuple of int or None
        None where amounts differ within groups as much as between them.

    Examples
    --------
    >>> money = np.array([3, 3, 5, 5, 5, 7, 8, 8])
    >>> told_for_each_line(np.array([0, 2, 5, 6]), money, np.ones(4, bool))
    (3, 3, 0)
    >>> told_for_each_line(np.array([0, 2, 5]), money, np.ones(3, bool)) is None
    True
    """
    several = (np.append(groups[1:], money.size) - groups > 1) & known
    alike = several & (np.minimum.reduceat(money, groups) == np.maximum.reduceat(money, groups))
    if alike.sum() < max(fewest, _MOST * several.sum()):
        return None
    _, counts = np.unique(money[groups], return_counts=True)
    if ((counts / counts.sum()) ** 2).sum() > _OFTEN_ALIKE + 1.0 / groups.size:
        return None
    return int(alike.sum()), int(several.sum()), int(groups[np.argmax(alike)])


def sums_of_groups(of_row: NDArray[np.uint64], money: NDArray[np.int64], *, singles: bool) -> NDArray[np.int64]:
    """Return the rows that add up all others of their group, if nearly every group has one.

    Parameters
    ----------
    of_row : uint64 (n,)
        Group of each row, such as its customer or its order.
    money : int64 (n,)
    singles : bool
        Whether there may be groups of one row, which have no sum.

    Returns
    -------
    int64 (k,)

    Examples
    --------
    >>> of_row = np.array([1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4], np.uint64)
    >>> money = np.array([1, 2, 3, 4, 3, 7, 2, 5, 7, 6, 6])
    >>> sums_of_groups(of_row, money, singles=False)
    array([ 2,  5,  8, 10])
    """
    order = np.lexsort((np.arange(of_row.size), money, of_row))
    starts = np.flatnonzero(np.r_[True, np.diff(of_row[order]) != 0])
    ends = np.append(starts[1:], order.size)
    sizes = ends - starts
    fits = (sizes > 1) & (np.add.reduceat(money[order], starts) == 2 * money[order][ends - 1])
    asked = fits.size if not singles else int((sizes > 1).sum())
    if (fits & (sizes > 2)).sum() < _FEWEST or fits.sum() < _MOST * asked or money.min() <= 0:
        return np.zeros(0, np.int64)
    return np.sort(order[ends[fits] - 1])


def repeated_run(
    first: NDArray[np.int64], again: NDArray[np.int64], kind: NDArray[np.int64]
) -> tuple[int, int, int] | None:
    """Return the longest piece of a file that it tells again: where it stands first and again, and how many rows.

    Parameters
    ----------
    first, again : int64 (n,)
        Rows that are alike.
    kind : int64 (n,)
        Different for rows that are not alike.

    Returns
    -------
    tuple of int or None

    Examples
    --------
    >>> repeated_run(np.arange(3, 9), np.arange(20, 26), np.arange(6))
    (3, 20, 6)
    >>> repeated_run(np.arange(3, 9), np.arange(20, 26), np.zeros(6)) is None
    True
    """
    order = np.argsort(again, kind="stable")
    first, again, kind = first[order], again[order], kind[order]
    breaks = (np.diff(again) != 1) | (np.diff(first) != 1)
    starts = np.flatnonzero(np.r_[True, breaks]) if again.size else np.zeros(0, np.int64)
    lengths = np.diff(np.append(starts, again.size))
    for at in np.argsort(-lengths, kind="stable"):
        begin, length = int(starts[at]), int(lengths[at])
        if length < _RUN:
            return None
        if np.unique(kind[begin : begin + length]).size >= _RUN:
            return int(first[begin]), int(again[begin]), length
    return None
