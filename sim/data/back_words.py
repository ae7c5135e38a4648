"""Back words: what says of a row that it was taken back, failed or never was a sale, in the languages of exports."""

from __future__ import annotations

__all__ = ["AMONG", "BUT", "WHOLE", "WORD"]

#: A cell that is such a word and no more, in English, German, French, Spanish and Portuguese, Italian, Dutch, the
#: languages of the north, Polish.
WORD = (
    r"(?:wc-)?(?:partial(?:ly)?[ _-]*|teilweise[ ])?(?:refund(?:s|ed)?|return(?:s|ed)?|cancel(?:l?ed|lation)?"
    r"|void(?:ed)?|charge(?:d)?[ _-]?backs?|revers(?:al|ed)|fail(?:ed|ure)?|declined?|denied|rejected|abandoned|draft"
    r"|expired|unpaid|disputed|deleted|dropped|error(?:ed)?|unavailable|missing orders?|credit[ _-](?:note|memo)"
    r"|quot(?:e"
    r"|ation)(?: sent)?|pro[ -]?forma(?:[ -]invoice)?|angebot|devis"
    r"|stornierung|storniert|storno(?:rechnung)?|gutschrift|rechnungskorrektur|gutgeschrieben|retoure|retourniert"
    r"|(?:r(?:ü|ue)ck|zur(?:ü|ue)ck)?erstatte[tn]|(?:r(?:ü|ue)ck)?erstattung|r(?:ü|ue)ckgabe"
    r"|zur(?:ü|ue)ckgegeben|abgebrochen|fehlgeschlagen|abgelehnt"
    r"|annul(?:ée?|ado|ato)?|rembours(?:ée?|ement)|avoir|retourn(?:ée?)|refus(?:ée?)"
    r"|échou(?:ée?)|reembolso|reembolsad[oa]|cancelad[oa]|anulad[oa]|devuelt[oa]|devolvid[oa]|rechazad[oa]"
    r"|fallid[oa]|estorn(?:o|ado)|devoluci(?:ó|o)n|annullat[oa]|rimborso|rimborsat[oa]|reso|restituit[oa]"
    r"|retour|geretourneerd|geannuleerd|terugbetaald|terugbetaling|mislukt|creditnota|cxl|cncl"
    r"|återbetald|makulerad|refunderet|annulleret|zwrot|zwr(?:ó|o)cone|anulowane)"
)
WHOLE = rf"(?i)^{WORD}(?:[ _-](?:sale|order|payment|item|purchase|transaction))?$"
#: Words that tell in the midst of others, where words are parted by anything but letters.
_AMONG_LETTERS = (
    r"(?:refund(?:s|ed)?|return(?:s|ed)?|cancel(?:l?ed|lation)?|voided|charged?[ _-]?backs?|revers(?:al|ed)"
    r"|fail(?:ed|ure)|declined?|denied|rejected|abandoned|unpaid|disputed|credit[ _-](?:note|memo)|credit_?note"
    r"|storn(?:o|iert|ierung|orechnung|at)|gutschrift|retoure|retourniert|(?:r(?:ü|ue)ck|zur(?:ü|ue)ck)?erstattet"
    r"|(?:r(?:ü|ue)ck)?erstattung|zur(?:ü|ue)ckgegeben|abgelehnt|fehlgeschlagen|abgebrochen"
    r"|annul(?:ée?|ation)|rembours(?:ée?|ement)|retournée?|refusée?|échouée?|reembols(?:o|ad[oa])|cancelad[oa]"
    r"|anulad[oa]|(?:anula|cancela)ci(?:ó|o)n|devuelt[oa]|devolvid[oa]|devoluci(?:ó|o)n|rechazad[oa]|fallid[oa]|estorn(?:o|ado)|annullat[oa]"
    r"|annullamento|rimbors(?:o|at[oa])|restituit[oa]|geannuleerd|terugbetaald|terugbetaling|geretourneerd|mislukt|creditnota"
    r"|återbetald|makulerad|returnerad|refunderet|annulleret|peruutettu|palautettu|zwrot\pL*|zwróc\pL*|anulowan\pL*"
    r"|odrzucon\pL*|[iİ]ptal|[iİ]ade|reddedildi|başarısız|rambursat|anulat|zrušen\pL*|vrácen\pL*|dobropis|törölt"
    r"|törölve|sztornó\pL*|visszatérít\pL*|ακυρώ\pL*|ακύρωσ\pL*|επιστροφ\pL*|отмен[её]н\pL*|отмена|возврат\pL*"
    r"|r(?:ü|ue)cklastschrift\pL*|cxl|not[ae] d[ei] cr[ée]dito|note de cr[ée]dit|korekta|kreditnota|kreditfaktura"
    r"|hyvityslasku|no[ _-]?show"
    r"|dibatalkan|batal|возвращ\pL*|отклон[её]н\pL*|аннулир\pL*|скасован\pL*|повернен\pL*|dikembalikan|đã hủy"
    r"|hoàn tiền)"
)
#: Words of scripts that do not part words.
_AMONG_SIGNS = (
    r"(?:退款|退货|退貨|取消|撤销|作废|交易关闭|已关闭"
    r"|返品|返金|キャンセル|취소|환불|반품|ยกเลิก|คืนเงิน|ملغ|مسترد|مرتجع|בוטל|הוחזר)"
)
AMONG = rf"(?i)(?:^|[^\pL]){_AMONG_LETTERS}(?:[^\pL]|$)|{_AMONG_SIGNS}"
#: What takes such a word back, or makes it one of something else.
BUT = (
    r"(?i)(?:^|[^\pL])(?:not|no|non|never|without|until|till|unless|if|nicht|nie|kein\pL*|ohne|pas|sans|jamais|sin|não"
    r"|sem|senza|mai|niet|geen|ikke|inte|nie|bez|не|без)[ _-]+(?:(?:yet|be|been|be[ _-]en|a|was|has)[ _-]+)*"
    rf"{_AMONG_LETTERS}(?:[^\pL]|$)|[未无無不没非]{_AMONG_SIGNS}|{_AMONG_SIGNS}(?:不|なし|불가|안)"
    r"|return(?:ing)?[ _-](?:customer|visitor|visit|buyer|client|user|guest|ticket|flight|trip)"
    r"|(?:refund|return|returns|cancellation)[ _-](?:policy|insurance|protection|fee|window|label)"
    r"|free[ _-]cancellation"
)
