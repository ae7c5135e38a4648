"""Sale words: which columns say what a row is, a sale or none, by their words alone, whatever their heads are."""

from __future__ import annotations

from collections.abc import Sequence

from sim.data.cells import which_match
from sim.data.no_sale import says_how_paid
from sim.data.taken_back import KIND, is_taken_back, says_whole

__all__ = ["SALE", "tell_of_sales"]

#: A sale, its papers and what becomes of it, in words that stand for little else.
SALE = (
    r"(?i)^(?:wc-)?(?:(?:online|web|pos|new|cash|credit|sales|tax|vat|customer|purchase|final|line|full(?:y)?)[ _-]?)?"
    r"(?:paid|completed?|shipped|delivered|fulfilled|captured?|settled|sales?|purchases?|orders?|invoices?|inv|charges?"
    r"|line[ _-]?items?|items?|bought|buy|sold|transaction"
    r"|bezahlt|abgeschlossen|geliefert|versendet|versandt|verk(?:auf|äufe)|kauf|bestellung|rechnung|vk|artikel|position"
    r"|pay[ée]e?|livr[ée]e?|ventes?|achats?|commandes?|factures?|encaiss[ée]e?"
    r"|pagad[oa]|entregad[oa]|completad[oa]|cobrad[oa]|ventas?|compras?|pedidos?|facturas?"
    r"|pag[oa]|entregue|conclu[ií]d[oa]|vendas?|faturas?|pagat[oa]|consegnat[oa]|vendit[ae]|acquist[oi]|ordin[ei]"
    r"|fattur[ae]|betaald|geleverd|verkoop|aankoop|bestelling|factuur|op[łl]acon[ae]|dostarczon[ae]|zrealizowan[ae]"
    r"|sprzeda[żz]|zakup|zam[óo]wienie|faktura|betal[dt]|levere(?:rad|t)|f[öo]rs[äa]ljning|k[öo]p|salg|kj?øb"
    r"|maksettu|toimitettu|myynti|osto|tilaus|lasku|[öo]dendi|teslim edildi|sat[ıi][şs]|sipari[şs]|fatura"
    r"|zaplaceno|prodej|n[áa]kup|objedn[áa]vka|kifizetve|elad[áa]s|v[áa]s[áa]rl[áa]s|sz[áa]mla"
    r"|оплачен\pL*|доставлен\pL*|выполнен\pL*|продажа|покупка|заказ|売上|購入|注文|販売|支払済み?|已付款|已支付|已完成"
    r"|交易成功|销售|购买|订单|消费|판매|구매|주문|결제완료)$"
)
#: What only goes on well, and says so of sales where others failed.
_WELL = r"(?i)^(?:ok|okay|success(?:ful)?|succeeded|approved|accepted|valid|cleared|posted|booked|done|closed|gebucht)$"
#: More different words are names of things.
_MOST_WORDS = 12
#: Of filled cells, the share that such words have.
_NEARLY_ALL = 0.8


def tell_of_sales(cells: Sequence[str]) -> bool:
    """Return whether nearly all words of a column say that a row is a sale, or that it is none.

    Parameters
    ----------
    cells : sequence of str
        Of some rows.

    Returns
    -------
    bool

    Examples
    --------
    >>> tell_of_sales(["Invoice", "Invoice", "Quotation"]), tell_of_sales(["OK", "OK", "VOID"])
    (True, True)
    >>> tell_of_sales(["adult", "return"]), tell_of_sales(["sale", "new", "vip"]), tell_of_sales(["OK", "OK"])
    (False, False, False)
    >>> tell_of_sales(["", "STORNO", "", ""]), tell_of_sales(["card", "invoice", "invoice", "invoice", "invoice"])
    (True, False)
    """
    import pyarrow
    from pyarrow import compute

    filled = [cell for cell in cells if cell]
    words = list(dict.fromkeys(filled))
    if not 0 < len(words) <= _MOST_WORDS:
        return False
    array = pyarrow.array(words, pyarrow.string())
    odd, whole = is_taken_back(array, KIND, compute), says_whole(array, compute)
    if says_how_paid(array, compute):
        # Beside cash and cards a refund is none of these.
        return bool(whole.any())
    if whole.all():
        # Most rows say nothing, and few that they are none.
        return 2 * len(filled) < len(cells)
    sale = which_match(array, SALE, compute) & ~odd
    if whole.any():
        sale |= which_match(array, _WELL, compute)
    rows = [filled.count(word) for word in words]
    known = sum(count for count, sure in zip(rows, sale | odd, strict=True) if sure)
    return bool(sale.any()) and known >= _NEARLY_ALL * len(filled)
