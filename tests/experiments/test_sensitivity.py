"""What is said of a known surface: which levers decide, in which direction, and which not."""

from dataclasses import replace

import numpy as np
import pytest

from sim.experiments import sensitivity as module
from sim.experiments.factor_response import FactorResponse, Failed
from sim.experiments.factors import choose_factors
from sim.experiments.sensitivity import sensitivity
from sim.reports.document import write_document
from sim.reports.sensitivity import sensitivity_document, sensitivity_lines, sensitivity_summary
from sim.scenario.errors import ConfigError
from sim.scenario.scenario import Scenario

pytest.importorskip("SALib")

NAMES = ["privacy_concern", "contact_rate", "capability_cost", "product_quality"]


@pytest.fixture(scope="module")
def question():
    scenario = Scenario.load("treadmill", population=500)
    return FactorResponse(
        scenario, "proactive", "contribution", choose_factors(NAMES, scenario, "proactive", names=()), 1
    )


@pytest.fixture
def found(question, monkeypatch):
    """Return a function: what sensitivity finds of a surface whose replicates differ by luck of points' own."""

    def find(surface, *, method="morris", size=12, noise=1.0, replicates=4, failed=()):
        def evaluate_points(response, shares, numbers, **options):
            assert set(numbers) == {tuple(range(replicates))}  # the same luck at every point
            luck = np.random.default_rng(3).normal(size=(len(shares), replicates))
            values = surface(shares)[:, None] + noise * luck
            values[list(failed)] = np.nan
            return values, ()

        monkeypatch.setattr(module, "evaluate_points", evaluate_points)
        return sensitivity(question, method=method, size=size, replicates=replicates, executor=None)

    return find


def surface(shares):
    return -30.0 * shares[:, 2] + 12.0 * (shares[:, 3] - 0.5) + 60.0 * (shares[:, 0] - 0.5) * (shares[:, 3] - 0.5) + 8.0


def test_words_of_a_screening(found, tmp_path):
    done = found(surface, noise=0.5)
    lines = sensitivity_lines(done)
    assert lines[0].startswith("What decides whether it pays")
    words = "\n".join(lines)
    assert "Worse for proactive the higher: capability cost." in words
    assert "Contact rate: no influence over the range given is resolved" in words
    assert "privacy concern" in words and "depends on the other levers" in words
    page = write_document(sensitivity_document(done, lines), tmp_path).read_text("utf-8")
    assert lines[0].replace("$", "$")[:40] in page.replace("\u2060", "")
    assert {path.stem for path in (tmp_path / "figures").iterdir()} == {"tornado", "interactions", "spread"}


@pytest.mark.parametrize("level", [500.0, -500.0])
def test_where_it_always_pays_no_lever_decides_whether_it_does(found, level):
    line = sensitivity_lines(found(lambda shares: surface(shares) + level, noise=0.5))[0]
    assert line.startswith("What decides it") and "capability cost" in line


def test_words_of_a_decomposition(found, tmp_path):
    done = found(surface, method="sobol", size=256, noise=0.5)
    lines = sensitivity_lines(done)
    assert "capability cost (6" in lines[0] and "of the variance" in lines[0]
    assert "Privacy concern and product quality matter most together" in "\n".join(lines)
    summary = sensitivity_summary(done)
    assert summary["ranking"][0] == "capability_cost" and len(summary["pairs"]) == 6
    write_document(sensitivity_document(done, lines), tmp_path)
    assert (tmp_path / "figures" / "interactions.svg").is_file()


def test_where_nothing_matters_nothing_is_claimed(found, tmp_path):
    for noise in (0.0, 1.0):
        done = found(lambda shares: np.full(len(shares), 25.0), noise=noise)
        lines = sensitivity_lines(done)
        assert lines[0].startswith("None of the 4 levers has an influence")
        write_document(sensitivity_document(done, lines), tmp_path)


def test_one_lever_is_no_several_and_its_figure_says_what_its_table_says(question, monkeypatch, tmp_path):
    lone = replace(question, factors=question.factors[2:3])

    def evaluate_points(response, shares, numbers, **options):
        return -57.4377 * shares + np.zeros((len(shares), 4)), ()

    monkeypatch.setattr(module, "evaluate_points", evaluate_points)
    done = sensitivity(lone, method="morris", size=12, replicates=4, executor=None)
    document = sensitivity_document(done, sensitivity_lines(done))
    page = write_document(document, tmp_path).read_text("utf-8").replace("\u2060", "")
    assert " · 1 lever · 24 points of 4 replicates · " in page
    assert "$57.44" in document.pictures[0].alt and page.count("$57.44") > 2 and "$57.40" not in page


def test_the_cure_is_named(found):
    by_luck = sensitivity_lines(found(lambda shares: -30.0 * shares[:, 2], noise=8.0, replicates=12))[-1]
    by_design = sensitivity_lines(found(surface, noise=0.1))[-1]
    assert "replicates=24" in by_luck and "size=24" in by_design
    assert "One replicate cannot tell random variation" in sensitivity_lines(found(surface, replicates=1))[-1]


def test_a_hole_in_the_design_is_refused(found, question, monkeypatch):
    with pytest.raises(ConfigError, match="undefined at 2 of 60 points, such as privacy concern"):
        found(surface, failed=(3, 7))

    def evaluate_points(response, shares, numbers, **options):
        return np.full((len(shares), 2), np.nan), (Failed(0, "some reason"),)

    monkeypatch.setattr(module, "evaluate_points", evaluate_points)
    with pytest.raises(ConfigError, match="1 of 10 points failed, the first at .*some reason"):
        sensitivity(question, method="morris", size=2, replicates=2, executor=None)
