"""Month names: a date with its month in words, in the usual languages of exports, as one plain form."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["plain_month"]

#: Unicode CLDR 45, wide and abbreviated forms in dates: English, German, French, Spanish, Italian, Portuguese, Dutch,
#: Danish and Norwegian, Swedish, Russian. A word that is one month here and another one there (listopad) is left out.
_NAMES = (
    "jan january januar jänner jän janvier janv enero ene gennaio gen janeiro januari января янв",
    "feb february februar feber février févr fév febrero febbraio fevereiro fev februari февраля февр",
    "mar march märz mär mrz mars marzo março maart mrt marts марта мар",
    "apr april avril avr abril abr aprile апреля апр",
    "may mai mayo maggio mag maio mei maj мая",
    "jun june juni juin junio giugno giu junho июня июн",
    "jul july juli juillet juil julio luglio lug julho июля июл",
    "aug august août agosto ago augustus augusti августа авг",
    "sep sept september septembre septiembre settembre set setembro сентября сент",
    "oct october oktober okt octobre octubre ottobre ott outubro out октября окт",
    "nov november novembre noviembre novembro ноября нояб",
    "dec december dezember dez décembre déc diciembre dic dicembre dezembro desember des декабря дек",
)
_ENGLISH = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS = {name: word for word, names in zip(_ENGLISH, _NAMES, strict=True) for name in names.split()}
#: Also without their accents.
_MONTHS |= {"".join(c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c)): word
            for name, word in _MONTHS.items() if name.isalpha() and name[0].isascii()}  # fmt: skip
#: Words of a date that say nothing more: days of the week, and "of" and "the".
_WORDS = (
    "of the de del do da di le el il den der am st nd rd th er "
    "mon tue tues wed thu thur thurs fri sat sun monday tuesday wednesday thursday friday saturday sunday "
    "mo di mi do fr sa so montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag "
    "lun mar mer jeu ven sam dim lundi mardi mercredi jeudi vendredi samedi dimanche "
    "mié mie jue vie sáb sab dom lunes martes miércoles miercoles jueves viernes sábado sabado domingo "
    "gio lunedì martedì mercoledì giovedì venerdì lunedi martedi mercoledi giovedi venerdi domenica "
    "seg ter qua qui sex segunda terça quarta quinta sexta feira "
    "ma wo vr za zo maandag dinsdag woensdag donderdag vrijdag zaterdag zondag "
    "man tir ons tor fre lør søn mandag tirsdag onsdag torsdag fredag lørdag søndag måndag tisdag lördag söndag"
)
_FILLERS = frozenset(_WORDS.split())
#: 5 January 2021: day, month, year, with nothing but blanks and the usual signs between them.
_PARTS = re.compile(r"\d+|[^\W\d_]+|[\s.,/'\u2019\u00ba-]+|.")


def plain_month(word: str) -> str:
    """Return a date with its month in words as ``5 Jan 2021``, in the order of its parts; any other word as it is.

    Examples
    --------
    >>> plain_month("Dienstag, 5. Januar 2021"), plain_month("January 5th, 2021"), plain_month("05JAN21")
    ('5 Jan 2021', 'Jan 5 2021', '05 Jan 21')
    >>> plain_month("5 janv. 2021"), plain_month("2021-01-05"), plain_month("5. 1. 2021"), plain_month("5 Jan or so")
    ('5 Jan 2021', '2021-01-05', '5.1.2021', '5 Jan or so')
    """
    if word.isascii() and not any(sign.isalpha() for sign in word):
        return re.sub(r"(?<=\d)\. (?=\d)", ".", word)
    found = unicodedata.normalize("NFC", word)
    asian = re.fullmatch(r"(\d{4})年(\d{1,2})月(\d{1,2})日", found)
    if asian:
        return "-".join(asian.groups())
    parts = [part for part in _PARTS.findall(found.casefold()) if part[0].isalnum() or not _is_blank(part)]
    digits = [part for part in parts if part.isdecimal()]
    months = [part for part in parts if part in _MONTHS]
    if len(months) > 1:
        # "mar. 5 janv." is a Tuesday in January.
        months = [part for part in months if part not in _FILLERS]
    if len(digits) != 2 or len(months) != 1:
        return word
    if any(part not in _FILLERS and part not in digits and part != months[0] for part in parts):
        return word
    return " ".join(_MONTHS[part] if part == months[0] else part for part in parts if part in (*digits, months[0]))


def _is_blank(part: str) -> bool:
    return re.fullmatch(r"[\s.,/'\u2019\u00ba-]+", part) is not None
