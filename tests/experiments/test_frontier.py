"""The boundary of a known surface is found, said and drawn; what was held out stays unseen."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from sim.experiments import frontier as module
from sim.experiments import standing
from sim.experiments.factor_response import FactorResponse, Failed
from sim.experiments.factors import choose_factors
from sim.experiments.frontier import KINDS_OF_RUN, SampleSizes, frontier
from sim.reports.document import write_document
from sim.reports.frontier import frontier_document, frontier_lines, frontier_summary, rule_words
from sim.scenario.scenario import Scenario

pytest.importorskip("sklearn")
pytest.importorskip("SALib")

NAMES = ["privacy_concern", "contact_rate", "capability_cost", "product_quality"]
EFFORT = SampleSizes(first=64, batches=2, batch=12, held_out=200, inside=40, replicates=4)
SMALL = replace(EFFORT, first=40, batches=1, batch=8, held_out=30, inside=8)


@pytest.fixture(scope="module")
def question():
    scenario = Scenario.load("treadmill", population=500)
    return FactorResponse(
        scenario, "proactive", "contribution", choose_factors(NAMES, scenario, "proactive", names=()), 1
    )


def corner(shares):
    """Lose smoothly beyond a corner: with much of the third and little of the fourth."""
    return 40.0 * np.maximum(0.7 - shares[:, 2], shares[:, 3] - 0.4) + 3.0 * shares[:, 0]


@pytest.fixture
def pretend(monkeypatch):
    """Put a surface in the place of the simulation: ``pretend(surface)``; lists the points that were run."""

    return partial(_pretend, monkeypatch)


def _pretend(patch, surface, *, noise=2.0, broken=()):
    ran = []

    def evaluate_points(response, shares, replicates, settings=(), **options):
        values = np.empty((len(shares), len(replicates[0]) if len(replicates) else EFFORT.replicates))
        for row, (point, numbers) in enumerate(zip(shares, replicates, strict=True)):
            for column, number in enumerate(numbers):
                luck = np.random.default_rng([number, 5]).normal()
                values[row, column] = surface(point[None, :])[0] + noise * luck
        failed = []
        for row in range(len(shares)):
            if len(ran) + row in broken:
                values[row] = np.nan
                failed.append(Failed(row, "broken"))
        ran.extend(zip(shares, replicates, strict=True))
        return values, tuple(failed)

    for place in (module, standing):
        patch.setattr(place, "evaluate_points", evaluate_points)
    # Growing trees takes most of the time, and on a smooth surface they are not kept.
    patch.setattr(module, "KINDS", module.KINDS[:1])
    return ran


def run(question, effort=EFFORT, **options):
    return frontier(question, effort, executor=None, **options)


@pytest.fixture(scope="module")
def found(question):
    with pytest.MonkeyPatch.context() as patch:
        kinds = module.KINDS
        _pretend(patch, corner)
        patch.setattr(module, "KINDS", kinds)
        return run(question)


def test_the_losing_region_is_stated(found):
    generator = np.random.default_rng(0)
    truth = float((corner(generator.random((20_000, 4))) < 0.0).mean())
    assert found.losing == pytest.approx(truth, abs=0.03)
    first = found.boxes[0]
    assert set(first.restricted) <= {0, 2, 3} and {2, 3} <= set(first.restricted)
    assert first.low[2] == pytest.approx(0.72, abs=0.08) and first.high[3] == pytest.approx(0.36, abs=0.08)
    # The rules hold on runs that nobody has seen; the emulator's own account lies in their intervals.
    together = found.checked[-1]
    assert together.density[0] > 0.75 and together.inside >= EFFORT.inside
    assert together.density[1] - 0.05 <= found.claimed[-1].density[0] <= together.density[2] + 0.05
    assert found.emulator.skill.words == "good"


def test_break_even_is_where_it_is(question, found):
    own = question.own
    # At the scenario's own levers only the third can take it over the boundary or back.
    at = {item.lever: item for item in found.break_even}
    surface = [corner(np.where(np.arange(4) == 3, share, own)[None, :])[0] for share in (0.0, 1.0)]
    assert (at[3].at is None) == (surface[0] * surface[1] > 0.0)
    assert found.own.low - 0.5 <= corner(own[None, :])[0] <= found.own.high + 0.5 and 0.0 <= found.own.losing <= 1.0


def test_runs_near_the_boundary_are_near_it(found):
    near = found.kinds == KINDS_OF_RUN.index("near the boundary")
    first = found.kinds == KINDS_OF_RUN.index("first")
    distance = np.abs(corner(found.shares))
    assert distance[near].mean() < 0.5 * distance[first].mean()
    assert near.sum() == EFFORT.batches * EFFORT.batch and set(found.batches[near]) == {1, 2}
    # A batch does not crowd into one spot.
    batch = found.shares[found.batches == 1]
    gaps = np.sqrt(((batch[:, None] - batch[None]) ** 2).sum(axis=2)) + np.eye(len(batch)) * 9
    assert gaps.min() > 0.05


def test_no_two_points_share_luck(question, pretend):
    ran = pretend(corner)
    run(question, SMALL)
    points = 40 + 8 + 30 + 8
    numbers = [number for _, replicates in ran[:points] for number in replicates]
    assert len(numbers) == len(set(numbers)) == 4 * points
    # The scenario as it stands is run last, on the random numbers of a comparison, and again within the doubt.
    halves = [(0, 2, 4, 6), (1, 3, 5, 7)]
    assert [numbers for _, numbers in ran[points:]] == [tuple(range(8))] + [
        half for half in halves for _ in range(1 + 8)
    ]


def test_what_is_held_out_changes_nothing_that_is_fitted(question, pretend, monkeypatch):
    pretend(corner)
    one = run(question, replace(SMALL, inside=0))
    unseen = []

    def otherwise(shares):
        return corner(shares) if not unseen else -corner(shares)

    ran = pretend(otherwise)
    real = module.evaluate_points

    def evaluate_points(response, shares, replicates, settings=(), **options):
        # Held-out points are asked for second.
        unseen[:] = [1] if len(ran) == SMALL.first else []
        return real(question, shares, replicates, settings, **options)

    for place in (module, standing):
        monkeypatch.setattr(place, "evaluate_points", evaluate_points)
    other = run(question, replace(SMALL, inside=0))
    assert other.boxes == one.boxes and other.losing == one.losing
    assert other.held_out_losing != one.held_out_losing


@pytest.mark.slow
def test_it_is_the_same_each_time(question, pretend):
    results = []
    for _ in range(2):
        pretend(corner)
        results.append(run(question, SMALL))
    one, other = results
    assert one.shares.tobytes() == other.shares.tobytes() and one.boxes == other.boxes
    assert frontier_summary(one) == frontier_summary(other)


def test_points_that_fail_are_left_out(question, pretend):
    pretend(corner, broken={3, 50})
    found = run(question, SMALL)
    assert found.failed == 2 and len(found.shares) == 40 + 8 + 30 + 8 - 2
    assert any("2 points failed" in line for line in frontier_lines(found))


@pytest.mark.parametrize(
    ("surface", "words"),
    [
        pytest.param(lambda shares: np.full(len(shares), 30.0), "loses next to nowhere", marks=pytest.mark.slow),
        pytest.param(lambda shares: np.full(len(shares), -30.0), "loses nearly everywhere", marks=pytest.mark.slow),
        (lambda shares: np.zeros(len(shares)), "That is poor"),
    ],
)
def test_nowhere_everywhere_and_pure_luck_are_said_so(surface, words, question, pretend, tmp_path):
    pretend(surface)
    found = run(question, SMALL)
    assert words in "\n".join(frontier_lines(found))
    write_document(frontier_document(found, frontier_lines(found)), tmp_path)


def test_words_and_report(question, found, tmp_path):
    lines = frontier_lines(found)
    assert lines[0].startswith("As the scenario stands, proactive pays")
    assert "capability cost above ×" in lines[2] and "product quality below" in lines[2]
    page = write_document(frontier_document(found, lines), tmp_path).read_text("utf-8")
    assert "Break-even maps" in page and (tmp_path / "figures" / "rules.svg").is_file()
    assert len(found.slices) == 3 and len(list((tmp_path / "figures").glob("map_*.svg"))) == 3
    summary = frontier_summary(found)
    assert summary["rules"][0]["held_out"]["density"]["share"] == found.checked[0].density[0]
    assert rule_words(found.boxes[0], question.factors) in page


def test_maps_that_are_asked_for(question, pretend):
    pretend(corner)
    found = run(question, SMALL, maps=[(3, 0)])
    (drawn,) = found.slices
    assert (drawn.one, drawn.other) == (3, 0)
    own = question.own
    row, column = 30, 12
    point = own.copy()
    point[3], point[0] = drawn.across[column], drawn.up[row]
    assert drawn.mean[row, column] == pytest.approx(corner(point[None, :])[0], abs=4.0)
    # With the other levers anywhere: the chance at a spot is the share of their range in which it loses.
    anywhere = np.random.default_rng(1).random((4000, 4))
    anywhere[:, 3], anywhere[:, 0] = drawn.across[column], drawn.up[row]
    assert drawn.anywhere[row, column] == pytest.approx(float((corner(anywhere) < 0.0).mean()), abs=0.08)


def test_a_scenario_outside_the_ranges_is_said_so(pretend):
    scenario = Scenario.load("treadmill", population=500)
    factors = choose_factors({"contact_rate": [0.3, 0.6], "product_quality": None}, scenario, "proactive", names=())
    pretend(lambda shares: 20.0 * (shares[:, 1] - 0.5))
    found = run(FactorResponse(scenario, "proactive", "contribution", factors, 1), SMALL)
    assert "outside the range of contact rate" in frontier_lines(found)[1]
