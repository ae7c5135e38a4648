"""MBG/NBD and Pareto/NBD beside BG/NBD: published figures, theorems, and which of them is used."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import gammaln

from sim.customer_base.candidates import CLEAR, MODELS, choose_model
from sim.customer_base.modified_bg_nbd import ModifiedBgNbd
from sim.customer_base.pareto_nbd import ParetoNbd
from sim.customer_base.purchase_history import survey
from sim.customer_base.repeat_buying import Summary
from sim.data.layout import Layout
from sim.data.transactions import read_transactions
from sim.validation.published import DATA

SHAPES = st.floats(0.2, 10.0)
NAMES = sorted(MODELS)


@pytest.fixture(scope="module")
def cdnow():
    layout = Layout(columns=["master", "customer", "date", "units", "amount"])
    base, _ = survey(read_transactions(DATA / "CDNOW_sample.txt", layout))
    return base.summary()


@pytest.fixture(scope="module")
def choice(cdnow):
    return choose_model(cdnow)


#: Fader, Hardie & Lee (2005), table 2; MBG/NBD as every public implementation reports it for the same customers.
PUBLISHED = {
    "bg_nbd": ((0.243, 4.414, 0.793, 2.426), -9582.4),
    "pareto_nbd": ((0.553, 10.578, 0.606, 11.669), -9595.0),
    "mbg_nbd": ((0.525, 6.183, 0.891, 1.614), None),
}


@pytest.mark.parametrize("name", NAMES)
def test_published_estimates_on_cdnow_to_the_last_digit(choice, name):
    values, likelihood = PUBLISHED[name]
    fit = choice.candidates[name].fit
    assert np.round(fit.model.as_array(), 3).tolist() == pytest.approx(values, abs=1.01e-3)
    if likelihood is not None:
        assert round(fit.log_likelihood, 1) == likelihood
    assert not fit.unbounded and (fit.errors > 0).all()


def test_who_bought_once_39_weeks_ago_is_alive_as_the_models_disagree(choice):
    once = Summary.of([0], [0.0], [39.0])
    alive = {name: float(one.fit.model.alive(once)[0]) for name, one in choice.candidates.items()}
    assert alive["bg_nbd"] == 1.0
    assert alive["mbg_nbd"] == pytest.approx(0.389, abs=0.001)
    assert alive["pareto_nbd"] == pytest.approx(0.294, abs=0.001)


def test_bg_nbd_is_kept_where_another_is_hardly_likelier(choice, cdnow):
    assert choice.name == "bg_nbd" and choice.likeliest == "mbg_nbd" and 0 < choice.lead < CLEAR
    assert choose_model(cdnow, "pareto_nbd").fit.model == choice.candidates["pareto_nbd"].fit.model


def _drawn(kind, customers=6000, seed=5):
    """Customers of MBG/NBD or Pareto/NBD, drawn by their definition."""
    generator = np.random.default_rng(seed)
    rows = []
    for rate in generator.gamma(0.8, 1.0 / 4.0, customers):
        time, last, repeats, observed = 0.0, 0.0, 0, 39.0
        if kind is ModifiedBgNbd:
            leaves = generator.beta(0.6, 0.9)
        else:
            leaves = generator.exponential(1.0 / generator.gamma(0.8, 1.0 / 8.0))
        if kind is ModifiedBgNbd and generator.random() < leaves:
            rate = 0.0
        while rate > 0:
            time += generator.exponential(1.0 / rate)
            if time > (observed if kind is ModifiedBgNbd else min(observed, leaves)):
                break
            repeats, last = repeats + 1, time
            if kind is ModifiedBgNbd and generator.random() < leaves:
                break
        rows.append((repeats, last, observed))
    return Summary.of(*np.array(rows).T)


@pytest.mark.parametrize("kind", [ModifiedBgNbd, ParetoNbd])
def test_the_model_that_made_the_data_is_used(kind):
    assert choose_model(_drawn(kind)).name == kind.NAME


@pytest.mark.parametrize("kind", [ModifiedBgNbd, ParetoNbd])
@settings(deadline=None, max_examples=12)
@given(r=SHAPES, alpha=st.floats(1.0, 10.0), one=st.floats(1.2, 10.0), two=SHAPES, t=st.floats(0.5, 20.0))
def test_the_expectation_is_that_of_the_probabilities(kind, r, alpha, one, two, t):
    model = kind(r, alpha, one, two)
    x = np.arange(1500)
    p = model.probability(x, t)
    assert p.sum() == pytest.approx(1.0, abs=1e-6)
    assert float(model.expected(t)) == pytest.approx(float(p @ x), rel=1e-5, abs=1e-9)


@pytest.mark.filterwarnings("error")
@settings(deadline=None, max_examples=25)
@given(r=SHAPES, alpha=SHAPES, s=SHAPES, beta=SHAPES, repeats=st.integers(0, 20), share=st.floats(0.05, 1.0))
@example(r=1.0, alpha=1.0, s=2.0, beta=4.0, repeats=2, share=0.9999999999999999)
def test_the_likelihood_of_pareto_is_the_integral_over_the_time_of_leaving(r, alpha, s, beta, repeats, share):
    last = share * 30.0 if repeats else 0.0
    power = r + repeats
    known = gammaln(power) - gammaln(r) + r * np.log(alpha)

    def leaves(t):
        return s * beta**s * (beta + t) ** (-s - 1) * ((alpha + t) / (alpha + last)) ** -power

    gone, _ = quad(leaves, last, 30.0, epsabs=0, epsrel=1e-10)
    still = (beta / (beta + 30.0)) ** s * ((alpha + 30.0) / (alpha + last)) ** -power
    expected = known - power * np.log(alpha + last) + np.log(gone + still)
    model, summary = ParetoNbd(r, alpha, s, beta), Summary.of([repeats], [last], [30.0])
    assert model.log_likelihood(summary) == pytest.approx(expected, rel=1e-7, abs=1e-7)
    assert model.alive(summary)[0] == pytest.approx(still / (gone + still), rel=1e-6)


@pytest.mark.parametrize(
    ("kind", "made"), [(ModifiedBgNbd, ModifiedBgNbd(0.8, 4.0, 0.6, 0.9)), (ParetoNbd, ParetoNbd(0.8, 4.0, 0.8, 8.0))]
)
def test_what_is_expected_of_each_customer_averages_to_what_is_expected_of_all(kind, made):
    """Law of total expectation over 8,000 customers drawn, for weeks 40 to 78; four standard errors."""
    summary = _drawn(kind, customers=8000)
    ahead, heads = made.expected_after(39.0, summary), summary.customers / summary.customers.sum()
    mean = float(ahead @ heads)
    error = float(np.sqrt((ahead - mean) ** 2 @ heads / 8000))
    assert mean == pytest.approx(float(made.expected(78.0) - made.expected(39.0)), abs=4 * error)


SLOW = Summary(
    np.array([0.0, 5.0, 40.0, 3.0]),
    np.array([0.0, 100.0, 364.0, 90.0]),
    np.array([300.0, 350.0, 364.0, 90.0]),
    np.ones(4),
)


@pytest.mark.parametrize("parameters", [(1.7, 68.5, 0.889, 129.6), (1.35, 55.6, 0.5, 5000.0), (0.5, 2000.0, 0.6, 12.0)])
def test_the_series_of_pareto_nbd_and_its_integral_are_one(parameters, monkeypatch):
    found = []
    for near in (0.0, 1.0):
        monkeypatch.setattr("sim.customer_base.pareto_nbd._NEAR_ONE", near)
        found.append(ParetoNbd.likelihood(np.log(parameters), SLOW)[0])
    assert found[0] == pytest.approx(found[1], rel=1e-10)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("parameters", [(1.35, 55.6, 456.0, 1e5), (1e-5, 1e5, 1e5, 1e-5), (1e5, 1e-5, 1e-5, 1e5)])
def test_pareto_nbd_is_a_number_at_the_bounds_of_its_search_also_for_who_bought_at_the_very_end(parameters):
    value, slope = ParetoNbd.likelihood(np.log(parameters), SLOW)
    assert np.isfinite(value) and np.isfinite(slope).all()
