"""Found market: brands, prices and choice as the log shows them, and the purchases of a found journey."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sim.discovery.purchases import Purchases
from sim.number_format import percent
from sim.scenario.market import Market

__all__ = ["MARGIN", "found_market", "market_sources", "not_counted", "with_purchases"]

#: Assumed: share of a purchase that is contribution.
MARGIN = 0.4
#: How a persona feels prices: all alike, since one log at one price list shows nothing of it.
PRICE_FEELING = {"mean": 0.5, "concentration": 1000.0}


def found_market(name: str, title: str, purchases: Purchases, *, customers: int, seconds: float) -> dict[str, Any]:
    """Return the content of a market file.

    Shares of brands over customers are a Dirichlet that has the log's shares and, with the habit of the journey, its
    share of repeated brands (Goodhardt, Ehrenberg & Chatfield 1984). Qualities make up for what prices would change in
    them.

    Parameters
    ----------
    name, title : str
    purchases : Purchases
    customers : int
        How many there really are.
    seconds : float
        Of a step.

    Returns
    -------
    dict
    """
    prices = [brand.price for brand in purchases.brands]
    middle = sum(prices) / len(prices)
    weight = -Market().price_elasticity
    brands = {
        brand.name: {
            "title": brand.title,
            "price": round(brand.price, 2),
            "unit_margin": round(brand.price * MARGIN, 2),
            "quality": round(min(weight * (brand.price / middle - 1.0), 20.0), 6),
            "salience": 1.0,
            "taste_shape": round(min(max(purchases.sum_of_shapes * brand.share, 0.001), 1000.0), 6),
        }
        for brand in purchases.brands
    }
    interval = 1.0 if purchases.interval is None else purchases.interval / seconds
    return {
        "title": title,
        "customers": customers,
        **({"economics": {"currency": purchases.currency}} if purchases.currency else {}),
        "focal": purchases.brands[0].name,
        "journey": name,
        "reference_price": max(round(middle, 6), 0.01),
        "brands": brands,
        "need": {"kind": "repeat", "mean_weeks": round(min(max(interval, 1.0), 5000.0), 3)},
        "consideration": {"recall_incumbent": 1.0},
        "choice": {
            "taste": "log_gamma",
            "error_scale": 1.0,
            "habit": 0.0,
            "satisfaction": 0.0,
            "reputation": 0.0,
            "novelty": 0.0,
        },
    }


def market_sources(purchases: Purchases) -> list[dict[str, str]]:
    """Return what of a market was taken from the log and what is assumed."""
    taken = ["purchases", "time between them"]
    if purchases.has_brands:
        taken += ["shares of brands", "how often the brand bought before is bought again"]
    if purchases.habit:
        taken.append(f"{percent(purchases.habit)} of next purchases without a choice (habit)")
    if purchases.has_amounts:
        taken.append("mean amounts as prices")
    assumed = [f"{MARGIN:.0%} of a purchase is contribution", f"the focal brand is {purchases.brands[0].title}"]
    if not purchases.has_amounts:
        assumed.append("a purchase costs 1, since the log has no amounts")
    return [
        {"what": f"Market: {', '.join(taken)}", "source": "journey discover"},
        {"what": f"Market: {'; '.join(assumed)}", "source": "assumption: replace it in the market's file"},
        {
            "what": f"Price elasticity {Market().price_elasticity:g}, the same for all customers",
            "source": "Bijmolt et al. 2005, mean of 1,851 estimates; a log at one price list shows none",
        },
        {
            "what": "market.need is the mean time between purchases; the journey's hazards say who returns when",
            "source": "journey discover",
        },
    ]


def not_counted(edges: Iterable[Mapping[str, Any]]) -> dict[str, bool]:
    """Return the key of a stage that no case of the log visits: it is not counted where the number of visits matters.

    Parameters
    ----------
    edges : iterable of mapping
        Of the journey.

    Returns
    -------
    dict

    Examples
    --------
    >>> not_counted([{"from": "a", "to": "b"}]), not_counted([{"from": "a", "to": "b", "by_visit": [[1, 2.0]]}])
    ({}, {'counted': False})
    """
    return {"counted": False} if any("by_visit" in edge for edge in edges) else {}


def with_purchases(
    journey: Mapping[str, Any], names: Sequence[str], *, several: bool, habit: float = 0.0, first: bool = False
) -> dict[str, Any]:
    """Return a journey in which some stages buy.

    A purchase takes no time: what a stage holds customers for follows in `STAGE__held`. With several brands all come to
    mind in the stages before; with a habit they do in `STAGE__choice`, which some customers pass by.

    Parameters
    ----------
    journey : mapping
        Content of a journey file.
    names : sequence of str
        Stages that buy.
    several : bool
        Whether there is a brand to be chosen.
    habit : float
        Share of those who bought before that buy the same brand without a choice.
    first : bool
        Whether who begins in a stage that buys has bought there. Who is put there has not: they enter it.

    Returns
    -------
    dict
    """
    buying = [name for name in names if name in journey["stages"]]
    held = {name: f"{name[:50]}__held" for name in buying if journey["stages"][name].get("weeks") != 0}
    edges = [{**edge, "from": held.get(edge["from"], edge["from"])} for edge in journey["edges"]]
    before = {edge["from"] for edge in edges if edge["to"] in buying} if several and not habit else set()
    stages: dict[str, Any] = {}
    beside = not_counted(edges)
    for name, content in journey["stages"].items():
        waits = held.get(name, name)
        if name in buying:
            # Who buys has arrived; what is held follows behind.
            stages[name] = {"does": "choose"} | {key: content[key] for key in ("goal",) if key in content}
            content = {key: value for key, value in content.items() if key != "goal"}
            content |= beside if waits != name else {}
        if waits not in stages:
            stages[waits] = {**content, "does": "recall"} if waits in before else content
    if several and habit:
        entered = {edge["to"] for edge in edges}
        begins = {name: f"{name[:50]}__begins" for name in buying if name in entered}
        edges = [{**edge, "to": begins.get(edge["to"], edge["to"])} for edge in edges]
        for name, begin in begins.items():
            choice = f"{name[:50]}__choice"
            stages |= {begin: {"weeks": 0} | beside, choice: {"weeks": 0, "does": "recall"} | beside}
            edges += [
                {"from": begin, "to": name, "probability": round(habit, 6), "only": "incumbent"},
                {"from": begin, "to": choice},
                {"from": choice, "to": name},
            ]
    edges += [{"from": name, "to": held[name]} for name in held]
    start = dict(journey["start"])
    for name in [name for name in buying if first and start.get(name)]:
        opening = f"{name[:50]}__first"
        start[opening] = start.pop(name)
        stages[opening] = {"weeks": 0} | ({"does": "recall"} if several else {}) | beside
        edges.append({"from": opening, "to": name})
    return {**journey, "start": start, "stages": stages, "edges": edges}
