"""Labels: what every metric is called in reports, what it measures, and what it means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents.strategies import CAPABILITIES
from sim.number_format import in_renewals, in_steps, in_words

__all__ = ["COST_WORDS", "METRIC_WORDS", "Words", "metric_words", "sentence", "titled", "words_of"]


@dataclass(frozen=True, slots=True)
class Words:
    """A metric's name, how it is written (money, share, weeks, number), and what it means.

    ``good`` is 1 where more is better for the company, -1 where less is, 0 where it depends.
    """

    name: str
    kind: str
    about: str
    good: int = 1


def sentence(text: str) -> str:
    """Return a text with a capital first letter and the rest as it is.

    Examples
    --------
    >>> sentence("price of a TV set")
    'Price of a TV set'
    """
    return text[:1].upper() + text[1:]


_CAPABILITY = re.compile(rf"\b({'|'.join(CAPABILITIES)})\b")


def titled(name: str) -> str:
    """Write a name, or words with the keys of capabilities among them, as people read it.

    Examples
    --------
    >>> titled("build context"), titled("all_four")
    ('build contextual interaction', 'all four')
    """
    return _CAPABILITY.sub(lambda found: CAPABILITIES[found[1]].title, in_words(name))


METRIC_WORDS: Mapping[str, Words] = {
    "contribution": Words("Contribution", "money", "margin and ancillary income less every cost, over the horizon"),
    "revenue": Words("Revenue", "money", "price of all purchases of the brand"),
    "npv": Words("Net present value", "money", "contribution, discounted to the first week"),
    "purchases": Words("Purchases", "number", "purchases of the brand"),
    "market_share": Words("Market share", "share", "share of all purchases in the market"),
    "penetration": Words("Penetration", "share", "customers who bought the brand at least once"),
    "purchase_frequency": Words("Purchases per buyer", "number", "among those who bought at all"),
    "loop_share": Words("Loop share", "share", "purchases won in the loyalty loop, without consideration"),
    "evaluation_skipped_share": Words("Evaluation skipped", "share", "purchases without a search for alternatives"),
    "weeks_to_purchase": Words("Weeks to purchase", "weeks", "from need to purchase", -1),
    "retention": Words("Retention", "share", "customers of the first week who still are at the end"),
    "clv": Words("Value per customer", "money", "discounted contribution a customer causes, without fixed costs"),
    "switch_rate": Words("Switch rate", "share", "purchases by the brand's customers that went elsewhere", -1),
    "advocacy": Words("Advocacy", "number", "praise less complaints per 1,000 customers"),
    "contacts_per_customer": Words("Contacts", "number", "per customer over the horizon", 0),
    "opt_out_rate": Words("Opted out", "share", "customers who want no contact, at the end", -1),
    "satisfaction": Words("Satisfaction", "number", "mean of the brand's customers; 0 is as expected"),
    "payback_week": Words("Payback week", "weeks", "from then on the discounted difference stays above zero", -1),
    "cash_low_point": Words("Cash low point", "money", "lowest point of cumulative contribution"),
    "return_rate": Words("Returned", "share", "purchases given back", -1),
}


#: Columns of a sweep beside the metrics of a summary: what was spent, by kind.
COST_WORDS: Mapping[str, Words] = {
    "cost_contacts": Words("Cost of contacts", "money", "paid for contacts over the horizon", -1),
    "cost_channels": Words("Cost of channels", "money", "paid for channel use over the horizon", -1),
    "cost_service": Words("Cost of service", "money", "paid for service stages over the horizon", -1),
    "cost_build": Words("Cost to build", "money", "paid for building capabilities over the horizon", -1),
    "cost_run": Words("Cost to run", "money", "paid for running capabilities over the horizon", -1),
    "cost_experiments": Words("Cost of experiments", "money", "paid for experiments over the horizon", -1),
}


#: Metrics that a business whose customers renew calls by other words than purchase and renewal swapped.
_RENEWAL_WORDS: Mapping[str, Words] = {
    "purchases": Words("Renewals", "number", "periods sold by the brand, joining and coming back included"),
    "purchase_frequency": Words("Renewals per customer", "number", "among those who renewed at all"),
    "weeks_to_purchase": Words("Weeks to renewal", "weeks", "from the day it is due to the renewal", -1),
    "retention": Words(
        "Retention", "share", "customers of the first week who still are at the end; the others are the churn"
    ),
}


def metric_words(told: Mapping[str, Any]) -> Mapping[str, Words]:
    """Return how the metrics of a summary are called; ``told`` is as for :func:`words_of`."""
    return {metric: words_of(metric, told) for metric in METRIC_WORDS}


def words_of(metric: str, told: Mapping[str, Any] | None = None) -> Words:
    """Return how a metric is called and written.

    Parameters
    ----------
    metric : str
        Of a summary, or a column of costs; one without words of its own is a plain number.
    told : mapping, optional
        A `summary.json`, of which ``step`` (what one step is) and ``renews`` (whether customers renew) are heeded.

    Returns
    -------
    Words

    Examples
    --------
    >>> words_of("weeks_to_purchase", {"step": "month", "renews": True}).name
    'Months to renewal'
    """
    told = told or {}
    step, renews = str(told.get("step") or "week"), bool(told.get("renews"))
    words = METRIC_WORDS.get(metric) or COST_WORDS.get(metric)
    if words is None:
        words = Words(metric.replace("_", " ").capitalize(), "number", "")
    if renews:
        words = _RENEWAL_WORDS.get(metric, words)

    def written(text: str) -> str:
        return in_renewals(in_steps(text, step), renews)

    return Words(written(words.name), words.kind, written(words.about), words.good)
