"""Each pattern alone: it passes, a wrong published figure makes it fail, and so does a sample too small to tell."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from sim.scenario.scenario import Scenario
from sim.validation import double_jeopardy, logit, losing_region, null_effect, origins, pressure
from sim.validation.double_jeopardy import household_panel, theory_of
from sim.validation.logit import LOGIT, exact_shares
from sim.validation.losing_region import LOSING_REGION
from sim.validation.null_effect import count_differences, powerless
from sim.validation.pattern import PatternRun
from sim.validation.published import DATA


def failing(finding):
    return [check.what for check in finding.checks if not check.passed]


@pytest.fixture
def forged(tmp_path):
    """Return a function that copies the published figures and puts one text in the place of another in one file."""

    def forge(name, before, after):
        folder = tmp_path / "data"
        shutil.copytree(DATA, folder)
        text = (folder / name).read_text("utf-8")
        assert text.count(before) == 1
        (folder / name).write_text(text.replace(before, after), encoding="utf-8")
        return folder

    return forge


def test_logit_shares_are_exact_at_a_quarter_of_the_size():
    finding = LOGIT.run(PatternRun(size=0.25, threads=1))
    assert failing(finding) == []
    with_taste = [check for check in finding.checks if "taste sd" in check.what and "change" in check.what]
    assert with_taste and abs(with_taste[0].published) > with_taste[0].tolerance, "dependence that could not be seen"


def test_logit_fails_where_the_exact_shares_are_wrong(monkeypatch):
    right = exact_shares

    def wrong(qualities, taste_sd, scale=1.0):
        return right(qualities * 1.1, taste_sd, scale)

    monkeypatch.setattr(logit, "exact_shares", wrong)
    assert failing(LOGIT.run(PatternRun(size=0.05, threads=1)))


def test_logit_is_undecidable_and_so_fails_with_a_handful_of_customers():
    finding = LOGIT.run(PatternRun(size=0.001, threads=1))
    assert not finding.passed
    assert any(check.verdict == "undecidable" for check in finding.checks)


def test_exact_shares_are_the_softmax_and_spread_less_with_taste():
    qualities = np.array([1.0, 0.0, -1.0])
    assert exact_shares(qualities, 0.0) == pytest.approx(np.exp(qualities) / np.exp(qualities).sum())
    mixed = exact_shares(qualities, 2.0)
    assert mixed.sum() == pytest.approx(1.0) and np.ptp(mixed) < np.ptp(exact_shares(qualities, 0.0))
    assert exact_shares(np.zeros(4), 3.0) == pytest.approx(np.full(4, 0.25), abs=1e-3)


def test_null_effect_is_found_out_where_a_capability_stays(monkeypatch):
    """Sabotage: one contact rate is left above 0."""

    def careless(scenario):
        arms = {}
        for name, arm in powerless(scenario).arms.items():
            plan = arm.plans[scenario.market.focal]
            if name != scenario.baseline:
                contacts = replace(plan.strategy.contacts_per_week, customers=0.2)
                plan = replace(plan, strategy=replace(plan.strategy, contacts_per_week=contacts))
            arms[name] = replace(arm, plans={**arm.plans, scenario.market.focal: plan})
        return replace(scenario, arms=arms)

    monkeypatch.setattr(null_effect, "powerless", careless)
    monkeypatch.setattr(null_effect, "shipped", lambda: ("treadmill",))
    finding = null_effect.run(PatternRun(size=0.3, threads=1))
    assert failing(finding) == ["treadmill: figures that differ"]


def test_null_effect_is_undecidable_where_arms_never_differ(monkeypatch):
    monkeypatch.setattr(null_effect, "shipped", lambda: ("treadmill",))
    monkeypatch.setattr(null_effect, "_early", powerless)
    (check,) = null_effect.run(PatternRun(size=0.1, threads=1)).checks
    assert check.verdict == "undecidable"


def test_differences_are_counted_one_by_one(treadmill, live):
    history = live(replace(treadmill, population=50, horizon=5, burn_in=0))["classic"]
    assert count_differences(history, history) == 0
    money = history.money.copy()
    money[0, 0, 0, 0] += 1
    assert count_differences(replace(history, money=money), history) == 1
    assert count_differences(replace(history, events=history.events[:-1]), history) == history.events.size


def test_pressure_fails_where_contacts_never_tire(monkeypatch):
    """Sabotage: without fatigue more contact earns more, and the best rate lies at the end."""
    scenario = Scenario.load("pressure")
    contact = replace(scenario.market.contact, fatigue=0.0, optout=0.0, optout_fatigue=0.0)
    tireless = replace(scenario, population=150, market=replace(scenario.market, contact=contact))
    monkeypatch.setattr(PatternRun, "scenario", lambda self, name, **more: tireless)
    finding = pressure.contacts(PatternRun(threads=1))
    assert "best contact rate" in failing(finding)[0]


@pytest.mark.slow
def test_pressure_is_an_inverted_u_at_a_fifth_of_the_size():
    run = PatternRun(size=0.2, threads=1)
    assert failing(pressure.contacts(run) + pressure.delight(run)) == []


@pytest.mark.slow
def test_pressure_is_an_inverted_u_in_a_shipped_scenario_and_not_where_contacts_never_tire(monkeypatch):
    assert failing(pressure.shipped_market(PatternRun(threads=2), "average")) == []
    found = PatternRun.scenario

    def tireless(self, name, **more):
        contact = {"fatigue": 0.0, "optout": 0.0, "optout_fatigue": 0.0, "optout_intrusion": 0.0}
        return found(self, name, **{f"market.contact.{key}": value for key, value in contact.items()}, **more)

    monkeypatch.setattr(PatternRun, "scenario", tireless)
    assert "contact every week" in failing(pressure.shipped_market(PatternRun(threads=2), "average"))[0]


@pytest.mark.slow
def test_a_rate_that_is_not_the_best_does_not_beat_both_ends(forged):
    """Sabotage: the record names half a contact a week, which in the treadmill market earns less than none."""
    folder = forged("contact_rates.csv", "treadmill,0.5,128.771", "treadmill,0.5,138.771")
    assert "no contact" in failing(pressure.shipped_market(PatternRun(threads=2, data=folder), "treadmill"))[0]


def test_contact_rates_on_record_are_those_of_the_model():
    """What rates earn more than no contact, in a few populations of one market, at four standard errors."""
    record = PatternRun().table("contact_rates")
    assert tuple(dict.fromkeys(record["scenario"])) == pressure.SHIPPED
    rows = record["scenario"] == "telecom"
    rates, earned = pressure.contribution_at_rates(PatternRun(size=0.25, threads=2), "telecom", range(6))
    assert record["contacts_per_week"][rows].tolist() == list(rates)
    leads = earned[:, 1:] - earned[:, :1]
    known = record["contribution"][rows][1:] - record["contribution"][rows][0]
    room = 4.0 * leads.std(axis=0, ddof=1) / np.sqrt(len(leads) - 3)
    assert (np.abs(leads.mean(axis=0) - known) < room).all()


def test_toothpaste_is_the_dirichlet_it_is_meant_to_be():
    scenario = Scenario.load("toothpaste_1973")
    theory = theory_of(scenario)
    assert theory.purchases == pytest.approx(1.456) and theory.strength == pytest.approx(1.3)
    assert theory.shares[:3] == pytest.approx((0.25, 0.19, 0.10)) and sum(theory.shares) == pytest.approx(1.0)


def test_a_household_panel_passes_and_a_forged_one_fails(forged):
    """Yogurt's double jeopardy at a fifth of the size; with the small brand's frequency tripled its slope is another."""
    assert failing(household_panel(PatternRun(size=0.2, threads=1), "yogurt")) == []
    folder = forged("panel_brand_performance.csv", "hiland,0.0294,0.26,2.7308", "hiland,0.0294,0.26,12.7308")
    assert failing(household_panel(PatternRun(size=0.2, threads=1, data=folder), "yogurt"))


@pytest.mark.slow
def test_toothpaste_fails_where_the_published_figure_is_forged(forged):
    folder = forged("dirichlet_toothpaste_uk1973.csv", "Macleans,0.19,0.17,0.1569", "Macleans,0.19,0.17,0.1769")
    missed = failing(double_jeopardy.toothpaste(PatternRun(size=0.25, threads=1, data=folder)))
    assert "Macleans: penetration" in missed and "Colgate DC: penetration" not in missed


@pytest.mark.slow
def test_the_losing_region_loses_and_another_does_not(forged):
    """Sabotage: where capabilities and contacts are almost free the region is none."""
    folder = forged("losing_region.csv", "costs.run.*,0.667,1.333", "costs.run.*,0.01,0.02")
    text = (folder / "losing_region.csv").read_text("utf-8")
    text = text.replace("costs.build.*,0.667,1.333", "costs.build.*,0.01,0.02").replace(
        "contact,0.25,0.5", "contact,0,0.01"
    )
    (folder / "losing_region.csv").write_text(text.replace("mean,0.6,0.85", "mean,0.1,0.2"), encoding="utf-8")
    assert failing(LOSING_REGION.run(PatternRun(size=0.4, threads=1, data=folder)))
    assert losing_region.LOSING_REGION.scenarios[0] == "losing_region"


def test_origins_fail_where_the_published_figure_is_forged(forged, monkeypatch):
    figures = np.full(len(origins.CATEGORY_METRICS), 0.3)
    monkeypatch.setattr(origins, "_measure", lambda run, name: (figures, np.full(figures.size, 0.001)))
    honest = {check.what: check.verdict for check in origins.run(PatternRun()).checks}
    assert honest["autos: won in active evaluation"] == "passes"
    assert honest["autos: won in the loyalty loop"] == "fails"
    folder = forged("mckinsey_2009.csv", "autos,63,30,7", "autos,63,33,7")
    forged_verdicts = {check.what: check.verdict for check in origins.run(PatternRun(data=folder)).checks}
    assert forged_verdicts["autos: won in active evaluation"] == "fails"
