"""Alluvial: flows from one stage do not cross each other on their way."""

import pytest

from sim.reports.figures.alluvial import _Flow, _lay_out


@pytest.mark.parametrize("turned", [False, True])
def test_of_two_flows_from_one_stage_that_which_ends_sooner_lies_nearer_to_where_it_ends(turned):
    rows = [["before:idle"], ["at:need"], ["at:help"], ["at:consider"], ["at:buy"]]
    row_of = {name: row for row, (name,) in enumerate(rows)}
    straight = _Flow("at:need", "at:buy", 70.0, "green")
    considered = _Flow("at:need", "at:consider", 29.0, "grey")
    others = [
        _Flow("before:idle", "at:need", 99.0, "grey"),
        _Flow("before:idle", "at:help", 1.0, "grey"),
        _Flow("at:help", "at:consider", 1.0, "grey"),
        _Flow("at:consider", "at:buy", 30.0, "blue"),
    ]
    both = [considered, straight] if turned else [straight, considered]
    spots = _lay_out(rows, row_of, [*both, *others]).spots
    assert spots[2][straight][0] < spots[2][considered][0]
    assert spots[3][straight][0] < spots[3]["at:consider"][0]
