"""What was bought may be given back, and a promise is chosen by and then disappoints."""

from dataclasses import replace

import numpy as np
import pytest

from sim.analysis.metrics import METRICS, measure
from sim.experiments.compare import compare
from sim.experiments.measured import scaled_arm
from sim.record.history import Money
from sim.scenario.journey import stage_names
from sim.scenario.scenario import Scenario

SHOP = {
    "name": "shop",
    "start": {"idle": 1.0},
    "stages": {
        "idle": {"does": "wait"},
        "consider": {"does": "recall"},
        "evaluate": {"does": "search", "channels": {"web": 0.7, "store": 0.3}},
        "buy": {"does": "choose"},
        "use": {"does": "use", "weeks": 1},
        "give_back": {"does": "return", "weeks": 1, "cost": 2.0, "experience_lift": -0.5},
        "again": {"does": "return", "weeks": 0},
    },
    "edges": [
        {"from": "idle", "to": "consider", "on": "need"},
        {"from": "consider", "to": "buy", "logit": {"base": -1.0}},
        {"from": "consider", "to": "buy", "only": "automation", "logit": {"base": -2.0, "ease_elsewhere": 1.0}},
        {"from": "consider", "to": "evaluate"},
        {"from": "evaluate", "to": "buy", "logit": {"base": 0.0, "pull": 1.0}},
        {"from": "buy", "to": "use"},
        {
            "from": "use",
            "to": "give_back",
            "logit": {"base": -1.0, "satisfaction": -2.0, "evaluated": -1.5, "relevance": -1.0},
        },
        {"from": "use", "to": "idle"},
        {"from": "give_back", "to": "again", "logit": {"base": 0.0}},
        {"from": "give_back", "to": "idle"},
        {"from": "again", "to": "idle"},
    ],
}
KEEPS = {
    **SHOP,
    "name": "keeps",
    "stages": {
        **SHOP["stages"],
        "give_back": {**SHOP["stages"]["give_back"], "does": "nothing"},
        "again": {"weeks": 0},
    },
}


def shop(strategies, *, journey=SHOP, **settings):
    """A scenario in which the focal brand's strategy is all that differs between arms."""
    arms = {
        name: {"focal": {"journey": journey["name"], "strategy": strategy}, "competitors": {"journey": journey["name"]}}
        for name, strategy in {"plain": {}, **strategies}.items()
    }
    market = {**Scenario.load("average").to_dict()["market"], "journey": journey["name"]}
    given = {"population": 1500, "horizon": 60, "burn_in": 40, "record": {"events": 0}, **settings}
    return Scenario.from_dict(
        {
            "name": "shop",
            "market": market,
            "personas": "balanced",
            "journeys": {journey["name"]: journey},
            "arms": arms,
            "baseline": "plain",
            **given,
        }
    )


def rate(scenario, history, persona=0):
    return measure(history, scenario).values[persona, METRICS.index("return_rate")]


def test_each_return_takes_a_purchase_back_once(live):
    """Money is that of the purchases kept, to the cent; a second return of the same thing gives nothing back."""
    scenario = shop({}, burn_in=0)
    history = live(scenario)["plain"]
    names = list(stage_names(scenario.journeys))
    entered = {name: history.flows[:, :, names.index(name)].sum() for name in ("give_back", "again")}
    assert history.returns.sum() == entered["give_back"] > 300 < 3 * entered["again"]
    kept = history.purchases.sum(axis=(0, 3)) - history.returns.sum(axis=0)
    for column, name in ((Money.REVENUE, "price"), (Money.MARGIN, "unit_margin")):
        each = np.array([getattr(brand, name) for brand in scenario.market.brands.values()])
        spend = np.array([persona.spend for persona in scenario.personas])
        assert (history.money[..., column].sum(axis=0) == kept * np.rint(100 * np.outer(spend, each))).all()
    own = history.lives
    assert own.spend.sum() == history.money[:, :, scenario.focal, Money.REVENUE].sum()


def test_the_rate_is_a_figure_of_runs_with_returns_alone():
    result = compare(shop({"told": {"promise": 0.3}}, population=300), replicates=2, effectiveness=False)
    found = result.summary_json
    assert 0.0 < found["arms"]["plain"]["return_rate"]["mean"] < 1.0
    assert all(0.0 < persona["arms"]["plain"]["return_rate"]["mean"] < 1.0 for persona in found["personas"].values())
    weekly = result.weekly
    assert weekly[weekly.metric == "returns"].value.sum() > 0
    without = compare(shop({}, journey=KEEPS, population=300), replicates=2, effectiveness=False)
    assert "return_rate" not in without.summary_json["arms"]["plain"]
    assert not (without.weekly.metric == "returns").any()


def test_better_information_and_a_second_look_lower_returns(live):
    """Who looked around before buying, and to whom the offer was relevant, keeps more; a promise not kept costs."""
    known = {"automation": 0.8, "personalization": 1.0, "prospect_knowledge": 0.8}
    scenario = shop({"relevant": known, "promising": {"promise": 0.5}}, population=6000)
    found = {name: rate(scenario, history) for name, history in live(scenario).items()}
    assert found["relevant"] < 0.9 * found["plain"] and found["promising"] > 1.1 * found["plain"]
    blind = {
        **SHOP,
        "edges": [
            {**edge, "logit": {"base": 50.0}} if edge["to"] == "buy" and edge["from"] == "consider" else edge
            for edge in SHOP["edges"]
        ],
    }
    hasty = shop({}, journey=blind, population=6000)
    assert rate(hasty, live(hasty)["plain"]) > 1.1 * found["plain"]


def test_a_promise_sells_at_first_and_disappoints(live):
    scenario = shop({"promising": {"promise": 0.4}}, journey=KEEPS, population=6000)
    found = {name: measure(history, scenario).values[0] for name, history in live(scenario).items()}
    plain, promising = (dict(zip(METRICS, found[name], strict=True)) for name in ("plain", "promising"))
    assert promising["purchases"] > 1.02 * plain["purchases"]
    assert promising["satisfaction"] < plain["satisfaction"]


LOOKING = {
    **SHOP,
    "name": "looking",
    "stages": {**SHOP["stages"], "look": {"does": "visit", "weeks": 0}},
    "edges": [
        *SHOP["edges"],
        {"from": "idle", "to": "look", "on": "contact", "logit": {"base": 0.0, "pull": 2.0}},
        {"from": "idle", "to": "consider", "on": "contact", "only": "recommendation", "logit": {"base": -1.0}},
        {"from": "look", "to": "idle"},
    ],
}
TALKATIVE = {
    "automation": 0.7,
    "personalization": 0.5,
    "context": 0.5,
    "innovation": 0.5,
    "promise": 0.4,
    "contacts_per_week": {"customers": 0.4, "prospects": 0.2},
    "costs": {"build": {"automation": 5_000}, "run": {"context": 20}, "contact": 0.1},
}


@pytest.mark.parametrize("message", ["invitation", "recommendation", "help"])
@pytest.mark.parametrize("caller", ["person", "machine"])
def test_without_effect_the_plain_history_is_paid_for(live, message, caller):
    """Effectiveness 0: contacts, promises, visits and returns change nothing, and what they cost is paid."""
    led = {**TALKATIVE, "message": message, "caller": caller}
    scenario = shop({"led": led}, journey=LOOKING, population=600)
    works = live(scenario)
    scenario = replace(scenario, arms={**scenario.arms, "led": scaled_arm(scenario, "led", 0.0)})
    plain, led = live(scenario).values()
    for name in ("purchases", "returns", "customers", "flows", "satisfaction", "trust", "incumbents"):
        assert (getattr(plain, name) == getattr(led, name)).all(), name
    assert (works["led"].satisfaction != plain.satisfaction).any() and led.contacts.sum() > 0
    costs = led.fixed.sum() + led.money[..., Money.CONTACTS].sum() * scenario.scale
    gain = [measure(history, scenario).values[0, 0] for history in (led, plain)]
    assert gain[0] == pytest.approx(gain[1] - costs / 100)


def test_doubt_about_what_does_not_work_is_none():
    """Where the capabilities have no effect, no multiple of it has any: the interval has no part that is doubt."""
    led = {**TALKATIVE, "effectiveness": 0.0, "doubt": [0.0, 2.0]}
    scenario = shop({"led": led}, journey=LOOKING, population=300)
    found = compare(scenario, replicates=2).summary_json["differences"]["led - plain"]
    assert found["contribution"]["doubt"] == pytest.approx(0.0, abs=1e-6)
    assert found["purchases"]["mean"] == found["purchases"]["ci_low"] == found["purchases"]["ci_high"] == 0.0


def test_the_readable_engine_agrees(live, assert_same_history):
    told = {"automation": 0.6, "personalization": 1.0, "promise": 0.4, "contacts_per_week": {"customers": 0.5}}
    scenario = shop({"told": told}, population=150)
    fast, slow = live(scenario), live(scenario, engine="mesa")
    assert fast["told"].returns.sum() > 0
    for arm, history in fast.items():
        assert (history.returns == slow[arm].returns).all()
        assert_same_history(history, slow[arm])
