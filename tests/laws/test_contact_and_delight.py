"""Contact pressure is an inverted U, and delight fades (pattern P9), in markets built to show each alone."""

import numpy as np
import pytest
from scipy.stats import t as student

from sim.experiments.compare import compare
from sim.record.history import FIXED_POINT
from sim.scenario.scenario import Scenario

#: Error rate of each comparison of means: a right model would fail so often with another seed.
ALPHA = 0.005


RATES = (0.0, 0.05, 0.15, 0.4, 1.0)


def arm_of(rate):
    return f"rate-{round(100 * rate)}"


def reminded(rate):
    """An arm whose only deed is to remind customers of a need before it comes, free of charge."""
    strategy = {"context": 0.5, "contacts_per_week": {"customers": rate, "prospects": 0.0}}
    return {"focal": {"journey": "round", "strategy": strategy}}


@pytest.fixture(scope="module")
def pressed():
    """Arms that differ in the contact rate alone, in a market of one brand where contacts tire."""
    journey = {
        "start": {"idle": 1.0},
        "stages": {"idle": {"does": "wait"}, "buy": {"does": "choose"}, "use": {"does": "use", "weeks": 1}},
        "edges": [
            {"from": "idle", "to": "buy", "on": "need"},
            {"from": "idle", "to": "buy", "on": "contact", "logit": {"base": -4.0, "pull": 8.0}},
            {"from": "buy", "to": "use"},
            {"from": "use", "to": "idle"},
        ],
    }
    scenario = Scenario.from_dict(
        {
            "name": "pressed",
            "market": {
                "name": "one",
                "focal": "only",
                "journey": "round",
                "brands": {"only": {"price": 10.0, "unit_margin": 3.0, "salience": 1.0}},
                "need": {"mean_weeks": 12, "carry_over": 0.0},
                "contact": {"fatigue": 0.5, "fatigue_half_life": 8.0, "near_weeks": 8, "optout_fatigue": 0.002},
            },
            "personas": "everyone",
            "journeys": {"round": journey},
            "arms": {arm_of(rate): reminded(rate) for rate in RATES},
            "baseline": arm_of(0.0),
            "population": 3000,
            "horizon": 104,
            "burn_in": 26,
            "record": {"events": 0},
        }
    )
    result = compare(scenario, replicates=6, seed=1, threads=2)
    return {rate: result.cash(arm_of(rate)).sum(axis=1) for rate in RATES}, result


def surely_positive(differences):
    """One-sided paired t test at ALPHA."""
    error = differences.std(ddof=1) / np.sqrt(differences.size)
    return differences.mean() > student.isf(ALPHA, differences.size - 1) * error


def test_contribution_over_contact_rate_rises_then_falls(pressed):
    """Reminders bring needs forward, until the tired no longer feel them and the disturbed have left."""
    series, _ = pressed
    best = 0.15
    for less in (rate for rate in RATES if rate < best):
        assert surely_positive(series[best] - series[less]), f"more contact than {less} a week earns more"
    for more in (rate for rate in RATES if rate > best):
        assert surely_positive(series[best] - series[more]), f"less contact than {more} a week earns more"


def test_fatigue_and_opting_out_only_rise_with_contact(pressed):
    _, result = pressed
    rates = list(result.scenario.arms)
    left = [result.summary_json["arms"][arm]["opt_out_rate"]["mean"] for arm in rates]
    tired = [result.series(arm, lambda history: history.fatigue.mean()).mean() for arm in rates]
    assert left == sorted(left) and left[0] == 0.0
    assert tired == sorted(tired) and tired[0] == 0.0


def one_brand(lift, rate):
    """Everybody buys the one brand every four weeks; nothing but a lasting lift of experience is felt."""
    journey = {
        "start": {"idle": 1.0},
        "stages": {
            "idle": {"does": "wait"},
            "buy": {"does": "choose"},
            "use": {"does": "use", "weeks": 1, "experience_lift": lift},
        },
        "edges": [
            {"from": "idle", "to": "buy", "on": "need"},
            {"from": "buy", "to": "use"},
            {"from": "use", "to": "idle"},
        ],
    }
    brand = {"price": 10.0, "unit_margin": 3.0, "salience": 1.0}
    return Scenario.from_dict(
        {
            "name": "fading",
            "market": {
                "name": "one",
                "focal": "only",
                "journey": "round",
                "brands": {"only": brand},
                "need": {"kind": "cyclical", "mean_weeks": 4},
                "experience": {"noise_sd": 0.0, "expectation_rate": rate},
            },
            "personas": "everyone",
            "journeys": {"round": journey},
            "arms": {"only": {"focal": {"journey": "round"}}},
            "baseline": "only",
            "population": 500,
            "horizon": 300,
            "burn_in": 0,
        }
    )


@pytest.mark.parametrize("lift", [0.5, 1.5])
def test_a_lasting_delight_fades_as_expectations_adapt(lift, live):
    history = live(one_brand(lift, 0.3))["only"]
    there = FIXED_POINT * np.maximum(history.incumbents.sum(axis=(1, 2)), 1)
    satisfaction, trust = (sums.sum(axis=(1, 2)) / there for sums in (history.satisfaction, history.trust))
    peak = int(satisfaction.argmax())
    assert satisfaction[peak] > 0.2 * lift
    assert 0 < peak < 40
    assert (np.diff(satisfaction[peak + 8 :]) <= 1e-3).all(), "it never comes back"
    assert abs(satisfaction[-1]) < 0.01 * satisfaction[peak]
    assert trust[-1] > trust[8], "what delight has won in trust stays"


def test_without_adaptation_delight_lasts(live):
    history = live(one_brand(1.0, 0.0))["only"]
    satisfaction = history.satisfaction.sum(axis=(1, 2)) / FIXED_POINT / history.population.sum()
    assert satisfaction[-1] == pytest.approx(1.0, abs=1e-3)


def test_a_lasting_disappointment_hurts_more_than_the_same_delight_pleases(live):
    up, down = (live(one_brand(lift, 0.3))["only"].satisfaction.sum(axis=(1, 2)) for lift in (1.0, -1.0))
    assert -down.min() == pytest.approx(2.0 * up.max(), rel=1e-3), "loss aversion is 2 by default"
