"""State words: what a column of states says of rows that are counted as purchases, where that may not mean one."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.data.back_words import AMONG, BUT
from sim.data.row_faults import count_rows
from sim.data.sale_words import SALE
from sim.scenario.schema import show

__all__ = ["StateWords"]

#: A sale that is done or under way, in the words of shops.
_DONE = (
    r"(?i)^(?:wc-)?(?:partial(?:ly)?[ _-])?(?:paid(?:[ _-]out)?|complete[d]?|closed?|ship(?:ped|ping)|unshipped"
    r"|delivered"
    r"|fulfil+ed|unfulfilled|process(?:ed|ing)|in[ _-](?:progress|process|transit)|succe(?:ss|eded|ssful)|settled"
    r"|captured|collected|approved|accepted|authori[sz]ed|confirmed|active|done|ok|open|sent|invoiced"
    r"|fully[ _-]invoiced"
    r"|booked|posted|cleared|ready(?:[ _-].*)?|packed|dispatched|created|new|placed|received|won|closed[ _-]won|valid"
    r"|awaiting[ _-](?:fulfil+ment|shipment|pickup)|sales?|sales?[ _-]order|purchases?|orders?|invoices?|charges?"
    r"|payments?|earn(?:ed|ing)?|accru(?:al|ed)|subscriptions?|renewals?|new business|expansions?|upgrades?|items?"
    r"|line[ _-]?items?|products?|services?|bezahlt|abgeschlossen"
    r"|erledigt|versendet|versandt|geliefert|zugestellt|in bearbeitung|offen|fertig"
    r"|best[äa]tigt|gebucht|rechnung|verkauf|pay[ée]e?|termin[ée]e?|livr[ée]e?|exp[ée]di[ée]e?|paiement accept[ée]"
    r"|valid[ée]e?"
    r"|factur[ée]e?|en cours.*|pagad[oa]|cobrad[oa]|completad[oa]|enviad[oa]|entregad[oa]|pag[oa]|conclu[ií]d[oa]"
    r"|entregue|atendido|pagat[oa]|completat[oa]|spedit[oa]|consegnat[oa]|evas[oa]|betaald|voltooid|verzonden"
    r"|afgerond|geleverd|op[łl]acon[ae]|zrealizowan[ae]|wys[łl]an[ae]|dostarczon[ae]|betald|slutf[öo]rd|levererad"
    r"|skickad"
    r"|betalt|afsluttet|sendt|leveret|maksettu|toimitettu|[öo]dendi|tamamland[ıi]|teslim edildi|kargoda|kifizetve"
    r"|teljes[íi]tve|zaplaceno|vy[řr][íi]zeno|odesl[áa]no|оплачен\pL*|выполнен\pL*|доставлен\pL*|отправлен\pL*"
    r"|завершен\pL*"
    r"|已完成|已付款|已支付|已发货|已签收|交易成功|完了|発送済み?|支払済み?|入金済み?|処理済み?|受注|결제완료|배송완료"
    r"|배송중|완료|selesai)$"
)
#: So few cells without a word, beside those of sales, are told.
_FEW = 0.5
#: Different words of a column from which it is none of states, and of which are told.
_MOST, _TOLD = 30, 4


class StateWords:
    """Words of columns of states, or of kinds, with the rows of each that are counted as purchases."""

    def __init__(self) -> None:
        self._rows: dict[str, Counter[str]] = {}
        #: Of each column of notes, how many rows speak of a return, and what the first one says.
        self._notes: dict[str, tuple[int, str]] = {}
        self._of_few: dict[str, bool] = {}

    def add(self, name: str, cells: Any, used: NDArray[np.bool_], *, of_few: bool = False) -> None:
        """Count the words of a block.

        Parameters
        ----------
        name : str
            Of the column.
        cells : pyarrow array of str
        used : bool (n,)
            Which rows are counted as purchases.
        of_few : bool
            Whether words are told only where fewer rows have them than have those of a sale: kinds may be of anything.
        """
        import pyarrow

        self._of_few[name] = of_few
        rows = self._rows.setdefault(name, Counter())
        if len(rows) > _MOST:
            return
        counts = cells.filter(pyarrow.array(used)).value_counts()
        rows.update(dict(zip(counts.field("values").to_pylist(), counts.field("counts").to_pylist(), strict=True)))

    def add_notes(self, name: str, cells: Any, used: NDArray[np.bool_]) -> None:
        """Count the rows of a block in which a column of free words speaks of a return or the like.

        Parameters
        ----------
        name, cells, used
            As for :meth:`add`.
        """
        import pyarrow
        import pyarrow.compute as compute

        cells = cells.filter(pyarrow.array(used))
        cells = cells.filter(compute.match_substring_regex(cells, AMONG))
        cells = cells.filter(compute.invert(compute.match_substring_regex(cells, BUT)))
        if len(cells):
            count, first = self._notes.get(name, (0, cells[0].as_py()))
            self._notes[name] = count + len(cells), first

    def _told_of_notes(self) -> list[str]:
        return [
            f"{name!r} speaks of returns or cancellations in {count_rows(count)}, such as {show(first[:60])}: counted"
            " as purchases; take such rows out if they are none"
            for name, (count, first) in self._notes.items()
        ]

    def told(self) -> list[str]:
        """Return a warning for each column with words that may mean no purchase, beside those of a sale.

        Examples
        --------
        >>> import pyarrow
        >>> words = StateWords()
        >>> words.add("Status", pyarrow.array(["paid", "paid", "no_show"]), np.ones(3, bool))
        >>> words.told()
        ["'Status' says 'no_show' in 1 row: counted as purchases; take such rows out if they are none"]
        """
        import pyarrow
        import pyarrow.compute as compute

        warnings = self._told_of_notes()
        for name, rows in self._rows.items():
            words = [word for word, _ in rows.most_common() if word]
            if not 0 < len(words) <= _MOST:
                continue
            done = compute.match_substring_regex(pyarrow.array(words), f"{_DONE}|{SALE}").to_pylist()
            open_words = [word for word, sure in zip(words, done, strict=True) if not sure]
            # Where no word is known it may be no column of states at all: a part of the country is an estado.
            of_sale = sum(rows[word] for word, sure in zip(words, done, strict=True) if sure)
            others = sum(rows[word] for word in open_words)
            # Codes without a word tell nothing, 1 and 0 as little as 1 and 2.
            told = of_sale > others if self._of_few[name] else of_sale > 0 or "".join(words).isdigit()
            blank = rows[""] if told and not self._of_few[name] and of_sale else 0
            if 0 < blank < _FEW * rows.total():
                warnings.append(
                    f"{name!r} says nothing in {count_rows(blank)}: counted as purchases; take such rows out if they"
                    " are none"
                )
            if open_words and told and len(words) > 1:
                said = ", ".join(f"{show(word[:30])} in {count_rows(rows[word])}" for word in open_words[:_TOLD])
                more = f" and {len(open_words) - _TOLD} more words" if len(open_words) > _TOLD else ""
                warnings.append(
                    f"{name!r} says {said}{more}: counted as purchases; take such rows out if they are none"
                )
        return warnings
