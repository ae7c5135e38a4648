"""A customer base that is fitted: what the year after it holds, and how sure that is."""

from datetime import date, timedelta

import numpy as np
import pytest

from sim.customer_base.buy_till_you_die import BuyTillYouDie
from sim.customer_base.fitted_base import fit_base
from sim.customer_base.purchase_history import CustomerBase

#: Weeks of the data, and of the year after them.
WEEKS, YEAR = 52, 365 / 7


@pytest.fixture(autouse=True)
def one_model_alone(monkeypatch):
    """The others would be fitted beside it, and are not asked about."""
    monkeypatch.setattr("sim.customer_base.candidates.MODELS", {"bg_nbd": BuyTillYouDie})


def _lived(generator, truth, customers):
    """Customers who joined within the data, and how many purchases they really make in the year after."""
    rate, leaving = generator.gamma(truth.r, 1.0 / truth.alpha, customers), generator.beta(truth.a, truth.b, customers)
    first = generator.integers(0, 7 * WEEKS, customers)
    observed = (7 * WEEKS - 1 - first) / 7.0
    repeats, last, ahead = np.zeros((3, customers))
    at, alive = np.zeros(customers), np.ones(customers, bool)
    while alive.any():
        at = at + generator.exponential(1.0 / np.maximum(rate, 1e-12))
        alive &= at < observed + YEAR
        seen = alive & (at < observed)
        repeats, last, ahead = repeats + seen, np.where(seen, at, last), ahead + (alive & ~seen)
        alive &= generator.random(customers) > leaving
    return first, repeats.astype(np.int64), last, int(ahead.sum())


def _base(first, repeats, last, start=date(2024, 1, 1)):
    nothing = np.zeros(first.size, np.int64)
    end = start + timedelta(days=7 * WEEKS - 1)
    return CustomerBase(
        start=start, until=end, end=end, first=first, repeats=repeats, last=7.0 * last, after=nothing,
        spend_count=nothing, spend_mean=nothing.astype(float), weekly=np.zeros(WEEKS, np.int64),
        joined=np.bincount(first, minlength=7 * WEEKS), mean_amount=float("nan"), later=0, ids=None, purchases={},
    )  # fmt: skip


def _fitted(base):
    return fit_base(base, name="x", title="X", seed=1, population=10, currency="$", model_name="bg_nbd")


@pytest.mark.parametrize("truth", [BuyTillYouDie(0.25, 4.4, 0.8, 2.4), BuyTillYouDie(0.8, 6.0, 0.6, 5.0)])
def test_the_year_after_lies_within_its_interval(truth):
    """Of 20 worlds at least 16: at a coverage of 95 % one suite in 390 has fewer."""
    generator = np.random.default_rng(7)
    within, shares = 0, []
    for _ in range(20):
        *seen, ahead = _lived(generator, truth, 400)
        fitted = _fitted(_base(*seen))
        outlook = fitted.outlook()["bg_nbd"]
        error = fitted.ahead_error(outlook)
        assert error is not None and error > np.sqrt(outlook.ahead.sum())
        within += abs(ahead - outlook.ahead.sum()) < 1.96 * error
        shares.append(ahead / outlook.ahead.sum())
    assert within >= 16
    assert np.mean(shares) == pytest.approx(1.0, abs=0.15)


def test_the_year_after_by_the_model_alone_is_what_it_expects_of_each_joining_day():
    first, repeats, last, _ = _lived(np.random.default_rng(7), BuyTillYouDie(0.8, 6.0, 0.6, 5.0), 400)
    fitted = _fitted(_base(first, repeats, last))
    age, model = (7 * WEEKS - 1 - first) / 7.0, fitted.fit.model
    so_far, ahead = fitted.drawn()
    assert so_far == pytest.approx(model.expected(age).sum())
    assert ahead == pytest.approx((model.expected(age + YEAR) - model.expected(age)).sum())
    assert fitted.drawn(BuyTillYouDie(0.8, 3.0, 0.6, 5.0))[1] > ahead


def test_what_the_data_leave_open_has_no_interval():
    """All alike, and nobody has left: the shapes run to their ends."""
    first = np.arange(40) * 3
    repeats = (7 * WEEKS - 1 - first) // 9
    fitted = _fitted(_base(first, repeats, 9.0 * repeats / 7.0))
    assert fitted.fit.unbounded and fitted.ahead_error(fitted.outlook()["bg_nbd"]) is None
