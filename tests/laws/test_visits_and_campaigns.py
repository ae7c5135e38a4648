"""Visits leave the need clock alone, a wave reaches whom it names, and strangers hear what they can use."""

import pytest

from sim.experiments.compare import compare
from sim.record.history import Money
from sim.scenario.dotted_key import with_values
from sim.scenario.errors import ConfigError
from sim.scenario.journey import stage_names
from sim.scenario.scenario import Scenario

CLUB = {
    "start": {"idle": 1.0},
    "stages": {
        "idle": {"does": "wait"},
        "consider": {"does": "recall"},
        "evaluate": {"does": "search", "channels": {"web": 0.7, "store": 0.3}},
        "buy": {"does": "choose"},
        "use": {"does": "use", "weeks": 2, "experience_lift": 0.3},
        "workout": {"does": "visit", "weeks": 0, "effort": 0.1, "channels": {"web": 0.4, "store": 0.6}},
        "course": {"does": "visit", "weeks": 2, "ancillary": 3.0},
        "returned": {"does": "use", "weeks": 1, "cost": 2.0, "ancillary": -10.0, "experience_lift": -0.5},
    },
    "edges": [
        {"from": "idle", "to": "consider", "on": "need"},
        {"from": "consider", "to": "buy", "only": "incumbent", "logit": {"base": -0.5, "satisfaction": 1.0}},
        {"from": "consider", "to": "evaluate"},
        {"from": "evaluate", "to": "buy", "logit": {"base": -0.5, "relevance": 0.5}},
        {"from": "evaluate", "to": "buy", "on": "contact", "logit": {"base": -1.0, "pull": 2.0}},
        {"from": "buy", "to": "returned", "logit": -3.0},
        {"from": "buy", "to": "use"},
        {"from": "returned", "to": "idle"},
        {"from": "use", "to": "idle"},
        {"from": "idle", "to": "workout", "only": "incumbent", "logit": {"base": -1.5, "habit": 1.0}},
        {"from": "idle", "to": "workout", "on": "contact", "logit": {"base": -1.0, "pull": 2.0}},
        {"from": "workout", "to": "course", "logit": -1.0},
        {"from": "workout", "to": "idle"},
        {"from": "course", "to": "idle"},
    ],
}
WITHOUT = {**CLUB, "edges": [{**e, "logit": -50.0} if e["to"] == "workout" else e for e in CLUB["edges"]]}


def club(strategies, *, journey=CLUB, **changes):
    """A scenario in which the focal brand's strategy is all that differs between arms."""
    arms = {
        name: {"focal": {"journey": "club", "strategy": strategy}, "competitors": {"journey": "club"}}
        for name, strategy in {"quiet": {}, **strategies}.items()
    }
    base = Scenario.from_dict(
        {
            "name": "club",
            "market": "average",
            "personas": "balanced",
            "journeys": {"club": {**journey, "name": "club"}},
            "arms": arms,
            "baseline": "quiet",
            "population": 1500,
            "horizon": 40,
            "burn_in": 40,
            "record": {"events": 0},
        }
    )
    return with_values(base, {"market.journey": "club", **changes})


def entered(scenario, history, stage):
    """How often a stage was entered over the horizon."""
    return int(history.flows[:, :, stage_names(scenario.journeys).index(stage)].sum())


def focal_purchases(scenario, history):
    return int(history.purchases[:, :, scenario.focal].sum())


def test_visits_bring_no_need_nearer_or_further(live):
    """Customers who come in between two needs buy as often as where nobody ever comes.

    Of thousands of needs the difference is within 3 %: a visit of two weeks may hold one up; a clock that began anew at each visit would lose most.
    """
    busy, idle = club({}), club({}, journey=WITHOUT)
    with_visits, without = live(busy)["quiet"], live(idle)["quiet"]
    assert entered(busy, with_visits, "workout") > 2000 and entered(idle, without, "workout") == 0
    needs = entered(busy, with_visits, "consider"), entered(idle, without, "consider")
    assert needs[1] > 2000 and needs[0] == pytest.approx(needs[1], rel=0.03)


def test_reminders_raise_visits_and_a_machine_that_says_so_raises_them_less(live):
    wave = {"context": 0.5, "contacts_per_week": {"customers": 1.0, "weeks": 4}}
    scenario = club({"person": wave, "machine": {**wave, "caller": "machine"}})
    visits = {name: entered(scenario, history, "workout") for name, history in live(scenario).items()}
    assert visits["person"] - visits["quiet"] > 3 * (visits["machine"] - visits["quiet"]) > 0


def test_contacts_are_made_in_the_stages_and_weeks_named_alone(live):
    everywhere = {"customers": 1.0, "prospects": 1.0, "weeks": 2}
    stages = {"everywhere": [], "there": ["evaluate"], "rarely": ["returned"]}
    scenario = club({name: {"contacts_per_week": {**everywhere, "stages": where}} for name, where in stages.items()})
    made = {name: history.contacts.sum(axis=(1, 2)) for name, history in live(scenario).items()}
    assert 0 == made["quiet"].sum() < made["rarely"].sum() < made["there"].sum() < made["everywhere"].sum()
    assert all(contacts[2:].sum() == 0 for contacts in made.values())


def test_a_refund_takes_revenue_back_and_no_purchase(live):
    returned = CLUB["stages"]["returned"]
    kept = {**CLUB, "stages": {**CLUB["stages"], "returned": {**returned, "ancillary": 0.0}}}
    one, other = live(club({}))["quiet"], live(club({}, journey=kept))["quiet"]
    assert (one.purchases == other.purchases).all()
    assert one.money[..., Money.REVENUE].sum() < other.money[..., Money.REVENUE].sum()


TOLD = {"context": 0.5, "personalization": 1.0, "prospect_knowledge": 0.8, "contacts_per_week": {"prospects": 0.5}}


@pytest.mark.parametrize("change", [{"market.contact.forming_weeks": 520}, {"market.contact.rejection": 3.0}])
def test_strangers_buy_less_before_preferences_are_formed_or_where_they_reject(live, change):
    """Known strangers are contacted: what is said wins fewer of them than by default, and more than saying nothing."""
    as_usual, changed = club({"told": TOLD}), club({"told": TOLD}, **change)
    usual = {name: focal_purchases(as_usual, history) for name, history in live(as_usual).items()}
    less = {name: focal_purchases(changed, history) for name, history in live(changed).items()}
    assert usual["quiet"] == less["quiet"] < less["told"] < usual["told"]


def test_the_readable_engine_agrees(live, assert_same_history):
    """Everything above at once, in both engines, to the last bit."""
    strategy = {**TOLD, "automation": 0.5, "caller": "machine"}
    strategy["contacts_per_week"] = {"customers": 0.5, "prospects": 0.5, "stages": ["idle", "workout", "evaluate"]}
    changes = {"market.contact.forming_weeks": 2, "market.contact.rejection": 1.0, "population": 120}
    scenario = club({"told": strategy}, **changes)
    fast, slow = live(scenario), live(scenario, engine="mesa")
    assert entered(scenario, fast["told"], "course") > 0 and fast["told"].contacts.sum() > 0
    for arm, history in fast.items():
        assert_same_history(history, slow[arm])


def test_nobody_opts_out_less_than_where_nobody_is_contacted():
    """Of few customers hardly any opts out: the interval ends at 0, which the baseline has without contacts."""
    few = club({"rarely": {"context": 0.5, "contacts_per_week": {"customers": 0.1}}}, population=60)
    found = compare(few, replicates=2, effectiveness=False).summary_json["differences"]["rarely - quiet"]
    for metric in ("opt_out_rate", "contacts_per_customer"):
        assert 0.0 <= found[metric]["ci_low"] <= found[metric]["mean"] <= found[metric]["ci_high"]


def test_an_unknown_stage_of_contacts_is_named():
    with pytest.raises(ConfigError, match=r"contacts_per_week\.stages names 'workuot', which is no stage.*workout"):
        club({"odd": {"contacts_per_week": {"customers": 1.0, "stages": ["workuot"]}}})
