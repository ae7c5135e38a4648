"""Rules about known regions: a box that is there is found, one that is not there is not."""

import numpy as np
import pytest

from sim.analysis.prim import Box, check_boxes, draw_inside, find_boxes
from sim.analysis.wilson import wilson


@pytest.fixture
def cube():
    return np.random.default_rng(1).random((6000, 4))


def test_a_box_is_found_with_its_bounds_and_nothing_else(cube):
    truth = (cube[:, 0] > 0.6) & (cube[:, 2] < 0.35)
    (box,) = find_boxes(cube, truth.astype(float))
    assert box.restricted == (0, 2)
    # Bounds lie within one peel (5 % of the points inside) of the truth.
    assert box.low[0] == pytest.approx(0.6, abs=0.04) and box.high[2] == pytest.approx(0.35, abs=0.04)
    (alone, together) = check_boxes([box], cube, truth)
    assert alone.coverage[0] > 0.9 and alone.density[0] > 0.8 and alone == together


def test_two_boxes_are_found_the_larger_first(cube):
    large = cube[:, 0] > 0.7
    small = (cube[:, 1] < 0.2) & (cube[:, 3] < 0.5)
    boxes = find_boxes(cube, (large | small).astype(float))
    assert len(boxes) == 2
    assert boxes[0].restricted == (0,) and boxes[0].low[0] == pytest.approx(0.7, abs=0.05)
    assert boxes[1].restricted == (1, 3)
    assert boxes[1].high[1] == pytest.approx(0.2, abs=0.05) and boxes[1].high[3] == pytest.approx(0.5, abs=0.08)
    assert check_boxes(boxes, cube, large | small)[-1].coverage[0] > 0.95


def test_a_slanted_boundary_is_covered_from_inside(cube):
    truth = cube[:, 0] + cube[:, 1] > 1.3
    boxes = find_boxes(cube, truth.astype(float))
    hits = check_boxes(boxes, cube, truth)
    # The largest box under a slanted line covers half of the triangle; at 95 % density somewhat more.
    assert hits[-1].coverage[0] > 0.6 and hits[-1].density[0] > 0.9
    assert all(set(box.restricted) <= {0, 1} for box in boxes)


def test_a_further_box_makes_all_of_them_better(cube):
    truth = (cube[:, 0] > 0.75) & (cube[:, 1] < 0.6) | (cube[:, 0] > 0.4) & (cube[:, 1] < 0.25) | (cube[:, 2] > 0.9)
    boxes = find_boxes(cube, truth.astype(float))
    assert len(boxes) == 3
    hits = [check_boxes(boxes[: count + 1], cube, truth)[-1] for count in range(3)]
    assert hits[0].coverage[0] < hits[1].coverage[0] < hits[2].coverage[0]
    assert hits[2].coverage[0] > 0.85 and hits[2].density[0] > 0.85


def test_pure_chance_gives_no_rule(cube):
    coin = np.random.default_rng(2).random(len(cube)) < 0.3
    assert find_boxes(cube, coin.astype(float)) == []


def test_a_majority_has_a_rule_too(cube):
    truth = (cube[:, 0] < 0.85) | (cube[:, 1] < 0.3)
    boxes = find_boxes(cube, truth.astype(float))
    assert 1 <= len(boxes) <= 2 and boxes[0].restricted in ((0,), (1,))
    assert check_boxes(boxes, cube, truth)[-1].density[0] > 0.95


def test_nowhere_and_everywhere(cube):
    assert find_boxes(cube, np.zeros(len(cube))) == []
    (box,) = find_boxes(cube, np.ones(len(cube)))
    assert box.restricted == ()


def test_a_probability_does_as_well_as_a_yes_or_no(cube):
    chance = 1.0 / (1.0 + np.exp(-(cube[:, 0] - 0.5) / 0.03))
    (box,) = find_boxes(cube, chance)
    assert box.restricted == (0,) and box.low[0] == pytest.approx(0.5, abs=0.12)


def test_held_out_points_are_counted(cube):
    box = Box((0.5, 0.0, 0.0, 0.0), (1.0,) * 4)
    truth = cube[:, 0] > 0.6
    alone, together = check_boxes([box], cube, truth)
    assert alone.inside == int((cube[:, 0] >= 0.5).sum()) and alone.caught == int(truth.sum()) == alone.right
    assert alone.coverage[0] == 1.0 and alone.density[1] < 0.8 < alone.density[2]
    assert together == alone
    (nothing,) = check_boxes([], cube, truth)
    assert nothing.inside == 0 and np.isnan(nothing.density[0]) and nothing.coverage[0] == 0.0


def test_points_drawn_inside_tell_density_alone(cube):
    boxes = [Box((0.5, 0.0, 0.0, 0.0), (1.0,) * 4), Box((0.0, 0.9, 0.0, 0.0), (1.0,) * 4)]
    more = draw_inside(boxes, 300, 4, 1)
    assert len(more) == 300 and all(boxes[0].holds(more) | boxes[1].holds(more))
    truth = cube[:, 0] > 0.6
    few, many = (
        check_boxes(boxes, cube[:200], truth[:200]),
        check_boxes(boxes, cube[:200], truth[:200], more, more[:, 0] > 0.6),
    )
    assert many[-1].coverage == few[-1].coverage and many[-1].inside == few[-1].inside + 300
    assert many[0].density[2] - many[0].density[1] < few[0].density[2] - few[0].density[1]
    # A fifth of the first box is no case.
    assert many[0].density[1] < 0.8 < many[0].density[2]
    assert len(draw_inside([], 10, 4, 1)) == 10


def test_wilson_is_wilson():
    # Figures of Newcombe 1998, Statistics in Medicine 17, table I, method 3.
    assert wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15 / 148, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0 / 20, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(1 / 29, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)
