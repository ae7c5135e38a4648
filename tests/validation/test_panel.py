"""What a household panel reports, on purchases small enough to count by hand."""

import numpy as np
import pytest

from sim.analysis.panel import (
    Panel,
    duplication_coefficient,
    jackknife,
    jeopardy_slope,
    panel_of,
    purchases_by_customer,
)

#: Four customers, three brands.
COUNTS = np.array([[2, 1, 0], [0, 3, 0], [0, 0, 0], [1, 1, 2]])


def test_four_customers_by_hand():
    panel = panel_of(COUNTS)
    assert panel.penetration.tolist() == [0.5, 0.75, 0.25]
    assert panel.frequency == pytest.approx([1.5, 5 / 3, 2.0])
    assert panel.category_frequency == pytest.approx([3.5, 10 / 3, 4.0])
    assert panel.share_of_requirements == pytest.approx([3 / 7, 0.5, 0.5])
    assert panel.sole_buyers == pytest.approx([0.0, 1 / 3, 0.0])
    assert panel.duplication[0] == pytest.approx([1.0, 1.0, 0.5])
    assert panel.market_share == pytest.approx([3 / 10, 5 / 10, 2 / 10])


def test_panels_add_up_and_take_away():
    one, other = panel_of(COUNTS[:2]), panel_of(COUNTS[2:])
    together, back = one + other, one + other - other
    for name in Panel.__dataclass_fields__:
        assert np.array_equal(getattr(together, name), getattr(panel_of(COUNTS), name)), name
        assert np.array_equal(getattr(back, name), getattr(one, name)), name


def test_the_jackknife_of_a_mean_is_its_standard_error():
    generator = np.random.default_rng(3)
    panels = [panel_of((generator.random((50, 2)) < 0.4).astype(int)) for _ in range(20)]
    value, error = jackknife(panels, lambda panel: panel.penetration)
    samples = np.array([panel.penetration for panel in panels])
    assert value == pytest.approx(samples.mean(axis=0))
    assert error == pytest.approx(samples.std(axis=0, ddof=1) / np.sqrt(20))
    assert np.isnan(jackknife(panels[:1], lambda panel: panel.penetration)[1]).all()


def test_slope_and_coefficient_find_what_was_put_in():
    penetration = np.array([0.6, 0.3, 0.1])
    assert jeopardy_slope(penetration, 5.0 * penetration**0.4) == pytest.approx(0.4)
    duplication = np.tile(1.3 * penetration, (3, 1))
    np.fill_diagonal(duplication, 1.0)
    assert duplication_coefficient(penetration, duplication) == pytest.approx(1.3)


def test_purchases_are_counted_from_the_event_log(treadmill, live):
    history = live(treadmill)["classic"]
    counts = purchases_by_customer(history, treadmill.population, len(treadmill.brands))
    assert counts.sum(axis=0).tolist() == history.purchases.sum(axis=(0, 1, 3)).tolist()
    assert counts.sum(axis=1).tolist() == history.lives.purchases.tolist()
    assert counts[:, treadmill.focal].tolist() == history.lives.focal_purchases.tolist()
