"""Row marks: rows that are no purchase, by what stands beside the amount or instead of a customer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "NOBODY",
    "STAND_INS",
    "STATUS_HEADS",
    "customers_of_subtotals",
    "is_taken_back",
    "is_total",
    "only_say_whether",
]

#: Heads of columns that say what became of a row, the most telling first.
STATUS_HEADS = (
    "financial_status", "payment_status", "order_status", "status", "transaction_type", "transactiontype",
    "trans_type", "type", "order_type", "record_type", "event_type", "event", "kind", "state", "d_c", "dc", "dr_cr",
    "cr_dr", "debit_credit", "credit_debit", "soll_haben", "buchungsart", "is_refund", "is_return", "is_returned",
    "is_cancelled", "is_canceled", "refunded", "returned", "cancelled", "canceled", "void", "voided", "return",
    "refund", "sign", "vorzeichen", "signo", "signe", "transaction_status", "sale_type", "document_type", "doc_type",
    "line_type", "typ", "art", "vorgang", "vorgangsart", "belegart", "transaktionsart", "transaktionstyp",
    "bestellstatus", "zahlungsstatus", "auftragsstatus", "statut", "type_transaction", "tipo", "tipo_transaccion",
    "estado", "stato", "soort",
)  # fmt: skip
#: Words of such a column for what is no purchase, or not in full: English, German, French, Spanish and Portuguese,
#: Italian, Dutch, the languages of the north, Polish.
_TAKEN_BACK = (
    r"(?i)^(?:wc-)?(?:partial(?:ly)?[ _-]*|teilweise[ ])?(?:refund(?:s|ed)?|return(?:s|ed)?|cancel(?:l?ed|lation)?"
    r"|void(?:ed)?|charge(?:d)?[ _-]?backs?|revers(?:al|ed)|fail(?:ed|ure)?|declined|denied|rejected|abandoned|draft"
    r"|expired|unpaid|disputed|credit(?:[ _-](?:note|memo))?|cr|c|h|haben"
    r"|stornierung|storniert|storno(?:rechnung)?|gutschrift|rechnungskorrektur|gutgeschrieben|retoure|retourniert"
    r"|(?:r(?:\x{00FC}|ue)ck|zur(?:\x{00FC}|ue)ck)?erstatte[tn]|(?:r(?:\x{00FC}|ue)ck)?erstattung|r(?:\x{00FC}|ue)ckgabe"
    r"|zur(?:\x{00FC}|ue)ckgegeben|abgebrochen|fehlgeschlagen|abgelehnt"
    r"|annul(?:\x{00E9}e?|ado|ato)?|rembours(?:\x{00E9}e?|ement)|avoir|retourn(?:\x{00E9}e?)|refus(?:\x{00E9}e?)"
    r"|\x{00E9}chou(?:\x{00E9}e?)|reembolso|reembolsad[oa]|cancelad[oa]|anulad[oa]|devuelt[oa]|devolvid[oa]|rechazad[oa]"
    r"|fallid[oa]|estorn(?:o|ado)|devoluci(?:\x{00F3}|o)n|annullat[oa]|rimborso|rimborsat[oa]|reso|restituit[oa]"
    r"|retour|geretourneerd|geannuleerd|terugbetaald|terugbetaling|mislukt|creditnota"
    r"|\x{00E5}terbetald|makulerad|refunderet|annulleret|zwrot|zwr(?:\x{00F3}|o)cone|anulowane)"
    r"(?:[ _-](?:sale|order|payment|item|purchase|transaction))?$"
)
#: In a column whose head says it, a plain yes does.
_YES = r"(?i)^(?:true|t|yes|y|1|x|ja|oui|s\x{00ED}|si)$"
_YES_HEADS = frozenset(STATUS_HEADS[STATUS_HEADS.index("is_refund") : STATUS_HEADS.index("refund") + 1])
#: In a column of signs, a minus does.
_MINUS = r"^[-\x{2010}-\x{2015}\x{2212}](?:1(?:\.0*)?)?$"
_SIGN_HEADS = frozenset({"sign", "vorzeichen", "signo", "signe"})
#: A row that adds up others.
_TOTAL = (
    r"(?i)^(?:(?:grand|sub|overall|report|sum)[ _-]*)?(?:totals?|sum|subtotals?|gesamt(?:summe|ergebnis)?|summe"
    r"|zwischensumme|insgesamt|totale|totaal|suma|somme|ensemble|total g[e\x{00E9}]n[e\x{00E9}]ral|total general"
    r"|итого|всего|разом|всього|общо|σύνολο|razem|ogółem|celkem|spolu|összesen|(?:genel )?toplam|yhteensä|totalt"
    r"|sammanlagt|summa|i alt|skupaj|ukupno|kokku|kopā|iš viso|totaux|totais|totali|soma|eindtotaal|subtotaal|合計|小計"
    r"|总计|合计|總計|합계|총계"
    r"|average|avg|mean|count|mittelwert|durchschnitt|anzahl|moyenne|promedio|gemiddelde)"
    r"(?:[ _-]*(?:total|result|general|(?:19|20)\d{2}))?[ :]*$"
)
#: A row that adds up those of one customer, as a spreadsheet's subtotals do, and who that is.
_SUBTOTAL = r"(?i)^(.+?)[ _:-]+(?:sub)?(?:total|totals|sum|summe|ergebnis|totale|totaal|suma|somme)$"
#: Words for yes and no, in small letters.
_FLAGS = ("true", "false", "yes", "no", "y", "n", "t", "f", "ja", "nein", "nee", "oui", "non", "si", "sí")
#: What shops write for a customer they do not know, in small letters.
NOBODY = (
    "guest", "guests", "guest checkout", "guest user", "guest customer", "anonymous", "anon", "anonymus", "anonym",
    "anonyme", "anonimo", "walk-in", "walk in", "walkin", "walk-in customer", "walk-in customers", "cash customer",
    "cash sale", "gast", "barverkauf", "laufkundschaft", "invité", "invitado", "nobody", "no customer", "no id",
    "no_id", "not a member", "non-member", "nonmember", "unbekannt", "inconnu", "desconocido", "sconosciuto",
    "empty", "blank", "leer", "tbd", "t.b.d.", "tba", "ninguno", "ninguna", "nessuno", "aucun", "aucune", "brak",
    "nincs", "geen", "\u043d\u0435\u0442", "kh\u00f4ng", "\u7121", "\u306a\u3057", "\u7a7a", "\uc5c6\uc74c",
    "00000000-0000-0000-0000-000000000000", "null@null.com", "none@none.com", "noemail@noemail.com",
)  # fmt: skip
#: Ids that may stand for many people, or be one who is really called so, in small letters.
STAND_INS = (
    *("0" * digits for digits in range(1, 9)), *("9" * digits for digits in range(2, 11)), "-1", "-99", "-999", "-9999",
    "1900", "default", "default customer", "noid", "cash", "other", "(other)", "others", "misc", "dummy", "test", "x",
    "xx", "xxx", "xxxx", "*", "n", "no", "false", "#", "various", "diverse", "divers", "admin", "shop", "store", "pos",
)  # fmt: skip


def is_taken_back(cells: Any, head: str, compute: Any) -> NDArray[np.bool_]:
    """Return which cells of a column of states say that a row is no purchase, or not in full.

    Parameters
    ----------
    cells : pyarrow array of str
    head : str
        Of the column, in small letters with underscores.
    compute : module
        Loaded by the caller.

    Returns
    -------
    bool (n,)
    """
    found = compute.match_substring_regex(cells, _TAKEN_BACK)
    if head in _YES_HEADS:
        found = compute.or_(found, compute.match_substring_regex(cells, _YES))
    elif head in _SIGN_HEADS:
        found = compute.match_substring_regex(cells, _MINUS)
    return np.asarray(found.to_numpy(zero_copy_only=False))


def is_total(cells: Any, compute: Any) -> NDArray[np.bool_]:
    """Return which ids are those of a row that adds up others.

    Parameters
    ----------
    cells : pyarrow array of str
    compute : module
        Loaded by the caller.
    """
    return np.asarray(compute.match_substring_regex(cells, _TOTAL).to_numpy(zero_copy_only=False))


def customers_of_subtotals(cells: Any, compute: Any) -> Any:
    """Return of each id the customer whose rows it would add up, null where it adds up none.

    Parameters
    ----------
    cells : pyarrow array of str
    compute : module
        Loaded by the caller.

    Examples
    --------
    >>> import pyarrow
    >>> from pyarrow import compute
    >>> customers_of_subtotals(pyarrow.array(["1001", "1001 Total", "Total"]), compute).to_pylist()
    [None, '1001', None]
    """
    stems = compute.replace_substring_regex(cells, _SUBTOTAL, r"\1")
    return compute.if_else(compute.not_equal(stems, cells), stems, None)


def only_say_whether(words: Sequence[str]) -> bool:
    """Whether the different words of a column only say yes or no of something, instead of naming it.

    Examples
    --------
    >>> only_say_whether(["Yes", "no"]), only_say_whether(["yes", "Ann"]), only_say_whether([])
    (True, False, False)
    """
    return 0 < len(words) <= len(_FLAGS) and all(word.lower() in _FLAGS for word in words)
