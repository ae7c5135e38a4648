"""Month names: a date with its month in words, in the languages of Europe, as one plain form."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

__all__ = ["ENGLISH_MONTHS", "plain_month", "plain_months"]

#: Unicode CLDR (as in Babel 2.19; Unicode License v3), wide and abbreviated forms in dates and alone: English, German,
#: French, Spanish, Italian, Portuguese, Dutch, Danish and Norwegian, Swedish, Russian; Polish, Czech, Slovak,
#: Slovenian, Croatian, Hungarian, Romanian, Turkish, Finnish, Estonian, Latvian, Lithuanian, Ukrainian, Bulgarian,
#: Greek, Catalan.
_NAMES = (
    "jan january januar jänner jän janvier janv enero ene gennaio gen janeiro januari января янв stycznia sty "
    "styczeń ledna led leden januára január siječnja sij siječanj ianuarie ian ocak oca tammikuuta tammi "
    "tammikuu jaanuar jaan janvāris sausio saus sausis січня січ січень януари яну ιανουαρίου ιαν ιανουάριοσ "
    "gener январь",
    "feb february februar feber février févr fév febrero febbraio fevereiro fev februari февраля февр lutego "
    "lut luty února úno únor februára február veljače velj veljača febr februarie şubat şub helmikuuta helmi "
    "helmikuu veebruar veebr februāris vasario vas vasaris лютого лют лютий февруари фев φεβρουαρίου φεβ "
    "φεβρουάριοσ febrer февраль",
    "mar march märz mär mrz mars marzo março maart mrt marts марта мар marca marzec března bře březen marec "
    "ožujka ožu ožujak március márc martie mart maaliskuuta maalis maaliskuu märts kovo kov kovas березня бер "
    "березень март μαρτίου μαρ μάρτιοσ μάρ març",
    "apr april avril avr abril abr aprile апреля апр kwietnia kwi kwiecień dubna dub duben apríla apríl "
    "travnja tra travanj április ápr aprilie nisan nis huhtikuuta huhti huhtikuu aprill aprīlis balandžio bal "
    "balandis квітня квіт квітень април απριλίου απρ απρίλιοσ апрель",
    "may mai mayo maggio mag maio mei maj мая maja května kvě květen mája máj svibnja svi svibanj május mayıs "
    "toukokuuta touko toukokuu maijs gegužės geg gegužė травня трав травень май μαΐου μαΐ μάιοσ μάι maig",
    "jun june juni juin junio giugno giu junho июня июн czerwca cze czerwiec června čvn červen júna jún junij "
    "lipnja lipanj június iunie iun haziran haz kesäkuuta kesä kesäkuu juuni jūnijs jūn birželio birž birželis "
    "червня черв червень юни ιουνίου ιουν ιούνιοσ ιούν juny июнь",
    "jul july juli juillet juil julio luglio lug julho июля июл lipca lipiec července čvc červenec júla júl "
    "julij srpnja srpanj július iulie iul temmuz tem heinäkuuta heinä heinäkuu juuli jūlijs jūl liepos liep "
    "liepa липня лип липень юли ιουλίου ιουλ ιούλιοσ ιούλ juliol июль",
    "aug august août agosto ago augustus augusti августа авг sierpnia sie sierpień srpna srpen augusta avgust "
    "avg kolovoza kol kolovoz augusztus ağustos ağu elokuuta elo elokuu augusts rugpjūčio rugp rugpjūtis "
    "серпня серп серпень август αυγούστου αυγ αύγουστοσ αύγ agost ag",
    "sep sept september septembre septiembre settembre set setembro сентября сент września wrz wrzesień září "
    "zář septembra rujna ruj rujan szeptember szept septembrie eylül eyl syyskuuta syys syyskuu septembris "
    "rugsėjo rugs rugsėjis вересня вер вересень септември сеп σεπτεμβρίου σεπ σεπτέμβριοσ setembre сентябрь",
    "oct october oktober okt octobre octubre ottobre ott outubro out октября окт października paź październik "
    "října říj říjen októbra október octombrie ekim eki lokakuuta loka lokakuu oktoober oktobris spalio spal "
    "spalis жовтня жовт жовтень октомври οκτωβρίου οκτ οκτώβριοσ октябрь",
    "nov november novembre noviembre novembro ноября нояб listopadu novembra studenoga stu studeni noiembrie "
    "kasım kas marraskuuta marras marraskuu novembris lapkričio lapkr lapkritis листопада лист листопад "
    "ноември ное νοεμβρίου νοε νοέμβριοσ νοέ ноябрь",
    "dec december dezember dez décembre déc diciembre dic dicembre dezembro desember des декабря дек grudnia "
    "gru grudzień prosince pro prosinec decembra prosinca prosinac decembrie aralık ara joulukuuta joulu "
    "joulukuu detsember dets decembris gruodžio gruod gruodis грудня груд грудень декември δεκεμβρίου δεκ "
    "δεκέμβριοσ desembre декабрь",
)  # fmt: skip
ENGLISH_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
#: Words that are one month in Croatian and another one in Polish or Czech: October and November, June and July, July
#: and August. They are told by the other months of their column.
_CROATIAN = {"listopad": "Oct", "listopada": "Oct", "lis": "Oct", "lip": "Jun", "srp": "Jul"}
_POLISH = {"listopad": "Nov", "listopada": "Nov", "lis": "Nov", "lip": "Jul", "srp": "Aug"}
_CROATIAN_WORDS = (
    "siječnja sij siječanj veljače velj veljača ožujka ožu ožujak travnja tra travanj svibnja svi svibanj lipnja "
    "lipanj srpnja srpanj kolovoza kol kolovoz rujna ruj rujan studenoga stu studeni prosinca prosinac"
)
_POLISH_WORDS = (
    "stycznia sty styczeń lutego lut luty marzec kwietnia kwi kwiecień czerwca cze czerwiec lipca lipiec sierpnia sie "
    "sierpień września wrz wrzesień października paź październik grudnia gru grudzień ledna led leden února úno únor "
    "března bře březen dubna dub duben května kvě květen června čvn červen července čvc červenec srpna srpen září zář "
    "října říj říjen listopadu prosince prosinec"
)


def _folded(word: str) -> str:
    """Return a word in small letters; a Turkish capital I with its dot is an i."""
    folded = unicodedata.normalize("NFC", word).casefold().replace("i\u0307", "i")
    # Folding takes some Greek letters apart.
    return unicodedata.normalize("NFC", folded)


def _without_accents(name: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c))
    return plain.replace("ı", "i").replace("ł", "l")


def _both_ways(names: str) -> frozenset[str]:
    """Return words with their accents and without."""
    return frozenset(names.split()) | frozenset(map(_without_accents, names.split()))


_ONLY_CROATIAN, _ONLY_POLISH = _both_ways(_CROATIAN_WORDS), _both_ways(_POLISH_WORDS)
_MONTHS = {_folded(name): word for word, names in zip(ENGLISH_MONTHS, _NAMES, strict=True) for name in names.split()}
_MONTHS |= {_without_accents(name): word for name, word in _MONTHS.items()}
#: Words of a date that say nothing more: days of the week, and "of" and "the".
_WORDS = (
    "of the de del do da di le el il den der am st nd rd th er "
    "mon tue tues wed thu thur thurs fri sat sun monday tuesday wednesday thursday friday saturday sunday "
    "mo di mi do fr sa so montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag "
    "lun mar mer jeu ven sam dim lundi mardi mercredi jeudi vendredi samedi dimanche "
    "mié mie jue vie sáb sab dom lunes martes miércoles miercoles jueves viernes sábado sabado domingo "
    "gio lunedì martedì mercoledì giovedì venerdì lunedi martedi mercoledi giovedi venerdi sabato domenica "
    "seg ter qua qui sex segunda terça quarta quinta sexta feira "
    "ma wo vr za zo maandag dinsdag woensdag donderdag vrijdag zaterdag zondag "
    "man tir ons tor fre lør søn mandag tirsdag onsdag torsdag fredag lørdag søndag måndag tisdag lördag söndag "
    "niedziela poniedziałek wtorek środa czwartek piątek sobota niedz pon wt śr czw pt sob neděle pondělí úterý "
    "středa čtvrtek pátek ne po út čt pá nedeľa pondelok utorok streda štvrtok piatok ut št pi nedelja ponedeljek "
    "torek sreda četrtek petek ned sre čet pet nedjelja ponedjeljak utorak srijeda četvrtak petak subota uto sri "
    "sub vasárnap hétfő kedd szerda csütörtök péntek szombat sze cs szo duminică luni marți miercuri joi vineri "
    "sâmbătă dum vin sâm pazar pazartesi salı çarşamba perşembe cuma cumartesi paz pzt sal çar per cum cmt "
    "sunnuntaina maanantaina tiistaina keskiviikkona torstaina perjantaina lauantaina su ti ke to pe la sunnuntai "
    "maanantai tiistai keskiviikko torstai perjantai lauantai pühapäev esmaspäev teisipäev kolmapäev neljapäev "
    "reede laupäev svētdiena pirmdiena otrdiena trešdiena ceturtdiena piektdiena sestdiena svētd pirmd otrd trešd "
    "ceturtd piektd sestd sekmadienis pirmadienis antradienis trečiadienis ketvirtadienis penktadienis šeštadienis "
    "sk pr an tr kt pn неділя понеділок вівторок середа четвер пʼятниця субота нд пн вт ср чт пт сб неделя "
    "понеделник вторник сряда четвъртък петък събота κυριακή δευτέρα τρίτη τετάρτη πέμπτη παρασκευή σάββατο κυρ δευ "
    "τρί τετ πέμ παρ σάβ diumenge dilluns dimarts dimecres dijous divendres dissabte dg dl dt dc dj dv ds "
    "воскресенье понедельник среда четверг пятница суббота вс "
    "gada m d r roku г р"
)
_FILLERS = _both_ways(_WORDS)
#: 5 January 2021: day, month, year, with nothing but blanks and the usual signs between them.
_PARTS = re.compile(r"\d+|[^\W\d_]+|[\s.,/'\u2019\u02bc\u00ba-]+|.")
#: A word before a date of three numbers.
_DAY_OF_WEEK = re.compile(r"([^\W\d_]+)[.,]*\s+(\d+(?:[./ -]+\d+){2}\.?)")


def plain_months(words: Sequence[str]) -> list[str]:
    """Return the dates of a column as :func:`plain_month` does; a month of two languages is told by the other months.

    Examples
    --------
    >>> plain_months(["5 listopada 2021", "6 grudnia 2021"]), plain_months(["5 listopada 2021", "6 rujna 2021"])
    (['5 Nov 2021', '6 Dec 2021'], ['5 Oct 2021', '6 Sep 2021'])
    >>> plain_months(["5 listopada 2021"])
    ['5 listopada 2021']
    """
    plain = [plain_month(word) for word in words]
    open_words = [at for at, word in enumerate(plain) if not _CROATIAN.keys().isdisjoint(_PARTS.findall(_folded(word)))]
    if not open_words:
        return plain
    seen = {part for word in words for part in _PARTS.findall(_folded(word))}
    croatian = not seen.isdisjoint(_ONLY_CROATIAN)
    if croatian != (not seen.isdisjoint(_ONLY_POLISH)):
        for at in open_words:
            plain[at] = plain_month(words[at], _CROATIAN if croatian else _POLISH)
    return plain


def plain_month(word: str, more: Mapping[str, str] | None = None) -> str:
    """Return a date with its month in words as ``5 Jan 2021``, in the order of its parts; any other word as it is.

    Parameters
    ----------
    word : str
    more : mapping, optional
        Further names of months.

    Returns
    -------
    str

    Examples
    --------
    >>> plain_month("Dienstag, 5. Januar 2021"), plain_month("January 5th, 2021"), plain_month("05JAN21")
    ('5 Jan 2021', 'Jan 5 2021', '05 Jan 21')
    >>> plain_month("Sa. 09.01.2021"), plain_month("Paid 09.01.2021")
    ('09.01.2021', 'Paid 09.01.2021')
    >>> plain_month("Mar 09 2021"), plain_month("mar. 09.03.2021")
    ('Mar 09 2021', '09.03.2021')
    >>> plain_month("5 janv. 2021"), plain_month("2021-01-05"), plain_month("5. 1. 2021"), plain_month("5 Jan or so")
    ('5 Jan 2021', '2021-01-05', '5.1.2021', '5 Jan or so')
    """
    if word.isascii() and not any(sign.isalpha() for sign in word):
        return re.sub(r"(?<=\d)\. (?=\d)", ".", word)
    if (behind := _DAY_OF_WEEK.fullmatch(word)) and _folded(behind[1]) in _FILLERS:
        # Sa. 09.01.2021
        return plain_month(behind[2])
    asian = re.fullmatch(r"(\d{4})年(\d{1,2})月(\d{1,2})日", word)
    if asian:
        return "-".join(asian.groups())
    names = _MONTHS if more is None else {**_MONTHS, **more}
    parts = [part for part in _PARTS.findall(_folded(word)) if part[0].isalnum() or not _is_blank(part)]
    digits = [part for part in parts if part.isdecimal()]
    months = [part for part in parts if part in names]
    if len(months) > 1:
        # "mar. 5 janv." is a Tuesday in January.
        months = [part for part in months if part not in _FILLERS]
    if len(digits) != 2 or len(months) != 1:
        return word
    if any(part not in _FILLERS and part not in digits and part != months[0] for part in parts):
        return word
    return " ".join(names[part] if part == months[0] else part for part in parts if part in (*digits, months[0]))


def _is_blank(part: str) -> bool:
    return re.fullmatch(r"[\s.,/'\u2019\u02bc\u00ba-]+", part) is not None
