"""Survival heads: the words of a table of survivors, for its periods, its survivors, and for what are neither."""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["COLUMNS", "FORECAST", "JOINED", "UNITS", "YES", "may_be"]

#: What a row must say, and under which heads files say it, as :func:`sim.data.layout.plain_head` writes them.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "period": (
        "period", "date", "datum", "fecha",
        "year", "month", "week", "quarter", "renewal", "renewals", "tenure", "t", "age", "periode", "jahr",
        "monat", "woche", "quartal", "annee", "mois", "semaine", "trimestre", "ano", "mes", "anno", "mese", "jaar",
        "maand", "months", "weeks", "years", "quarters", "days", "day", "time", "monate", "jahre", "wochen", "tag",
        "tage",
        "semana", "meses", "mesi", "giorno", "giorni", "dia", "jour", "jours", "kwartaal", "manad", "vecka", "maned",
        "uge",
        "miesiac", "tydzien", "rok", "ay", "hafta", "kuukausi", "месяц", "неделя", "月", "月数", "経過月数", "週",
        "月份", "周",
        "월", "개월", "months_since_signup", "months_since_start", "month_number", "month_no", "timeline",
    ),
    "survivors": (
        "ueberlebende", "verbleib", "verbliebene",
        "survivors", "survival", "surviving", "km_estimate", "survival_function",
        "remaining", "subscribers", "active", "retained", "retention",
        "customers", "share", "pct", "percent", "actual", "actual_pct", "survival_pct", "survival_rate",
        "retention_pct", "active_customers", "active_subscribers", "remaining_customers", "remaining_subscribers",
        "anteil", "kunden", "abonnenten", "verbleibend", "clients", "abonnes", "clientes", "abonados", "clienti",
        "klanten", "retained_users", "retained_customers", "active_users", "active_members", "still_subscribed",
        "still_active", "remaining_users", "aktive", "aktive_kunden", "aktive_abonnenten", "verbleibende",
        "verbleibende_kunden", "clients_actifs", "abonnes_actifs", "abonnes_restants", "clientes_activos",
        "abonados_activos", "suscriptores", "clientes_ativos", "assinantes", "clienti_attivi", "abbonati", "abonnees",
        "actieve_klanten", "prenumeranter", "aktiva_kunder", "kunder", "abonnenter", "klienci", "aktywni_klienci",
        "abonenci", "tilaajat", "aboneler", "подписчики", "клиенты", "継続者数", "残存数", "契約者数", "会員数",
        "継続率",
        "残存率", "留存", "留存用户", "留存人数", "留存率", "구독자", "구독자수", "유지율",
    ),
}  # fmt: skip
#: The same in heads of several words: of periods such as days_since_install, cohort_age or month_index, which count
#: rather than a date or a cohort's month beside them; of survivors such as rolling_retention.
FORMS: Mapping[str, re.Pattern[str]] = {
    "period": re.compile(
        r"(?:days?|weeks?|months?|quarters?|years?|periods?|tage|wochen|monate|jahre|jours|semaines|mois|dias|semanas"
        r"|meses|giorni|mesi)_(?:since|after|seit|nach|depuis|apres|desde|despues|dal|dopo)(?:_\w+)?"
        r"|(?:cohort|customer|account|user|subscriber)_age"
        r"|(?:day|week|month|quarter|year|period|cohort|cohort_period)_(?:number|no|nr|index|idx|n)"
    ),
    "survivors": re.compile(r"(?:\w+_)?(?:retention|survival)(?:_(?:rate|pct|percent|share))?"),
}
#: Heads of who came in a period.
JOINED = re.compile(
    r"new|joined|joins|gained|acquired|additions|added|sign_?ups|neu|neukunden|zugaenge|nouveaux|nuev[oa]s|nuov[io]|nieuw"
    r"|(?:new|gained|added|acquired|neue|nouveaux|nuev[oa]s|nov[oa]s|nuov[io]|nieuwe|nya|nowi|новые)"
    r"_(?:customers?|users?|subscribers?|members?|clients?|accounts?|kunden|nutzer|abonnenten|mitglieder|abonn[ée]s"
    r"|clientes|suscriptores|assinantes|clienti|abbonati|klanten|abonnees|kunder|klienci|клиенты)|新規\w*|新增\w*"
)
#: Steps of a scenario by the heads that say them.
UNITS: Mapping[str, tuple[str, ...]] = {
    "year": ("year", "years", "jahr", "jahre", "annee", "ano", "anno", "jaar", "rok", "年"),
    "quarter": ("quarter", "quarters", "quartal", "trimestre", "kwartaal"),
    "month": ("month", "months", "monat", "monate", "mois", "mes", "meses", "mese", "mesi", "maand", "manad", "maned",
              "miesiac", "ay", "kuukausi", "месяц", "月", "月数", "経過月数", "月份", "월", "개월"),
    "week": ("week", "weeks", "woche", "wochen", "semaine", "semana", "vecka", "uge", "tydzien", "hafta", "неделя",
             "週", "周"),
    "day": ("day", "days", "tag", "tage", "dia", "jour", "jours", "giorno", "giorni"),
}  # fmt: skip
#: Words for what was not seen, and for yes below a head that has one.
FORECAST = re.compile(
    r"\b(?:forecast|fcst|projected|projection|predicted|prediction|expected|budget|planned|plan|prognose|vorhersage"
    r"|pr[ée]vision|previsi[óo]n|previsione|ennuste|prognos|proyecci[óo]n|proyectado|prevu|prévu)"
)
YES = ("1", "true", "yes", "y", "x", "t", "ja", "oui", "si", "sí")


def may_be(role: str, plain: str) -> bool:
    """Return whether a head, in small letters with underscores, is one of periods or of survivors.

    Examples
    --------
    >>> may_be("period", "days_since_install"), may_be("survivors", "rolling_retention"), may_be("survivors", "churn")
    (True, True, False)
    """
    return plain in COLUMNS[role] or FORMS[role].fullmatch(plain) is not None
