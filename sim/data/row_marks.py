"""Row marks: rows that are no purchase, by what stands instead of a customer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.data.cells import which_match

__all__ = [
    "NOBODY",
    "customers_of_subtotals",
    "frames_table",
    "is_total",
    "names_nobody",
    "only_say_whether",
]

#: A row that adds up others.
_TOTAL = (
    r"(?i)^(?:(?:grand|sub|overall|report|sum)[ _-]*)?(?:totals?|sum|subtotals?|gesamt(?:summe|ergebnis)?|summe"
    r"|zwischensumme|insgesamt|totale|totaal|suma|somme|ensemble|total g[e\x{00E9}]n[e\x{00E9}]ral|total general"
    r"|итого|всего|разом|всього|общо|σύνολο|razem|ogółem|celkem|spolu|összesen|(?:genel )?toplam|yhteensä|totalt"
    r"|sammanlagt|summa|i alt|skupaj|ukupno|kokku|kopā|iš viso|totaux|totais|totali|soma|eindtotaal|subtotaal|合計|小計"
    r"|总计|合计|總計|합계|총계"
    r"|(?:amount|balance|total)?[ _-]*(?:carried|brought)[ _-]forward|balance [bc]/f|(?:opening|closing)[ _-]balance"
    r"|übertrag|saldovortrag|vortrag|anfangssaldo|endsaldo|à reporter|suma (?:anterior|y sigue)|riporto"
    r"|saldo (?:inicial|final|anterior|iniziale|finale)|solde (?:initial|final)"
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
_STAND_INS = (
    *("0" * digits for digits in range(1, 9)), *("9" * digits for digits in range(2, 11)), "-1", "-99", "-999", "-9999",
    "1900", "default", "default customer", "noid", "cash", "other", "(other)", "others", "misc", "dummy", "test", "x",
    "xx", "xxx", "xxxx", "*", "n", "no", "false", "#", "various", "diverse", "divers", "admin", "shop", "store", "pos",
)  # fmt: skip
#: Words in names of nobody in particular, in small letters: a counter, a guest, whoever was deleted or made for tests.
_STAND_IN_WORDS = (
    r"(?i)(?:^|[^\pL])(?:guests?|gast|g[äa]ste|invit[ée]s?|invitados?|convidado|ospite|go[śs][ćc]|anonym\pL*|anonim\pL*|walk-?in"
    r"|deleted|redacted|removed|geloescht|gel[öo]scht|gdpr|dsgvo|test|testing|tester|testkunde|testuser|dummy|fake|no-?reply"
    r"|nobody|cash|counter|one-?time|various|laufkund\pL*|thek\pL*|barverk\pL*|einmalkund\pL*|cpd|divers\pL*|sammelkonto"
    r"|sammelkund\pL*|endkunde|privatkunde|consumidor final|cliente final|p[úu]blico (?:en )?general|mostrador|contado"
    r"|client de pass\pL*|comptoir|particulier|detaliczny|paragonowy|balie|toonbank|kontant"
    r"|perakende|ön ?tanımlı|розничный|частное лицо|个人|散客|游客|匿名|一般客|ゲスト|店頭|비회원|일반고객"
    r"|unknown|unassigned|not logged in|logged out|none given|(?:no|without)[ _-]?(?:card|e?mail|loyalty|account|login)"
    r"|(?:keine|ohne) karte|sans carte|sin tarjeta|senza tessera|bez karty)(?:[^\pL]|$)"
    r"|^(?:gastbestellung|gastkonto|gastkunde|gastzugang)"
)


def names_nobody(cells: Any, compute: Any) -> NDArray[np.bool_]:
    """Return which ids may be those of nobody in particular: one that has the rows of many is to be asked about.

    Parameters
    ----------
    cells : pyarrow array of str
    compute : module
        Loaded by the caller.

    Examples
    --------
    >>> import pyarrow
    >>> from pyarrow import compute
    >>> names_nobody(pyarrow.array(["guest@shop.com", "Thekenverkauf", "[deleted]", "Testa GmbH"]), compute).tolist()
    [True, True, True, False]
    """
    few = compute.is_in(compute.utf8_lower(cells), _stand_ins())
    found = compute.or_(few, compute.match_substring_regex(cells, _STAND_IN_WORDS))
    return np.asarray(found.to_numpy(zero_copy_only=False))


def _stand_ins() -> Any:
    import pyarrow

    return pyarrow.array(_STAND_INS)


def frames_table(columns: Sequence[Any], compute: Any) -> NDArray[np.bool_]:
    """Return which rows only frame a table: dashes in all of some columns, or a count of rows such as (93 rows).

    Parameters
    ----------
    columns : sequence of pyarrow array of str
    compute : module
        Loaded by the caller.

    Examples
    --------
    >>> import pyarrow
    >>> from pyarrow import compute
    >>> columns = [pyarrow.array(cells) for cells in (["----", "ann", "(93"], ["---", "-", "rows)"])]
    >>> frames_table(columns, compute).tolist()
    [True, False, True]
    """
    ruled = np.all([which_match(cells, r"^:?[-=_*]{2,}:?$", compute) for cells in columns], axis=0)
    begun = np.any([which_match(cells, r"^\(\d+$", compute) for cells in columns], axis=0)
    if not begun.any():
        return np.asarray(ruled)
    counted = np.any([which_match(cells, r"(?i)^(?:rows?|records?)\)?$", compute) for cells in columns], axis=0)
    return np.asarray(ruled | (begun & counted))


def is_total(cells: Any, compute: Any) -> NDArray[np.bool_]:
    """Return which ids are those of a row that adds up others.

    Parameters
    ----------
    cells : pyarrow array of str
    compute : module
        Loaded by the caller.
    """
    return which_match(cells, _TOTAL, compute)


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
