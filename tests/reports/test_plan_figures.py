"""Pictures of a plan: every lever has its own range."""

import numpy as np

from sim.reports.figures.plan import ResponseCurve, draw_responses


def test_each_lever_is_drawn_over_its_own_range_with_its_own_numbers():
    ends = [(0.0, 1.0), (0.0, 0.6), (0.0, 52.0)]
    flat = np.ones(5)
    curves = [ResponseCurve(f"lever {high}", np.linspace(low, high, 5), flat, flat, low) for low, high in ends]
    panels = draw_responses(curves, value="net present value", currency="$").axes[:3]
    assert [panel.get_xlim() for panel in panels] == ends
    assert all(any(label.get_visible() for label in panel.get_xticklabels()) for panel in panels)
