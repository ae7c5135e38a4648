"""Checks: what passes, what fails, and what could not have been found out."""

import math

import pytest

from sim.scenario.errors import ConfigError
from sim.validation import PATTERNS
from sim.validation.check import ABOVE, BELOW, Check, mean_and_error
from sim.validation.pattern import Finding
from sim.validation.published import DATA, read_table
from sim.validation.validate import pick_patterns


def test_a_figure_passes_within_its_tolerance_and_fails_beyond():
    near = Check.near("x", 10.0, 10.2, 0.1, meaningful=1.0)
    assert near.tolerance == pytest.approx(0.3) and near.passed and near.verdict == "passes"
    assert Check.near("x", 10.0, 10.4, 0.1, meaningful=1.0).verdict == "fails"
    assert Check.near("x", 10.0, 10.4, 0.1, meaningful=1.0, relative=0.05).passed
    assert Check.near("x", 10.0, 10.4, 0.0, meaningful=1.0, absolute=0.5).passed
    exact = Check.near("x", 0.0, 0.0, meaningful=1.0)
    assert exact.passed and exact.rule == "exact" and not Check.near("x", 0.0, 1e-300, meaningful=1.0).met


def test_a_check_that_could_not_fail_is_undecidable_and_no_success():
    """The smallest deviation it detects (with a chance of 95 %) must be one that matters at most."""
    blind = Check.near("x", 10.0, 10.0, 1.0, meaningful=1.0)
    assert blind.met and not blind.decidable and blind.verdict == "undecidable" and not blind.passed
    assert blind.smallest == pytest.approx(3.0 + 1.645)
    generous = Check.near("x", 10.0, 10.0, 0.0, relative=0.5, meaningful=1.0)
    assert generous.verdict == "undecidable"
    unknown = Check.near("x", 10.0, 10.0, math.nan, meaningful=1.0)
    assert not unknown.passed
    assert not Finding(checks=(blind,)).passed and not Finding(checks=()).passed


def test_a_missing_figure_never_passes():
    assert not Check.near("x", 1.0, math.nan, 0.1, meaningful=1.0).passed
    assert not Check.beyond("x", 1.0, math.nan, 0.1, kind=ABOVE).passed


def test_a_bound_must_be_cleared():
    assert Check.beyond("x", 0.0, 0.31, 0.1, kind=ABOVE).passed
    assert not Check.beyond("x", 0.0, 0.29, 0.1, kind=ABOVE).passed
    assert Check.beyond("x", 0.0, -0.31, 0.1, kind=BELOW).passed
    assert not Check.beyond("x", 0.0, 0.31, 0.1, kind=BELOW).passed
    assert not Check.beyond("x", 0.0, 0.4, 0.1, kind=ABOVE, freedom=3).passed, "an error of four replicates is no 0.1"


def test_errors_of_few_replicates_get_more_room_and_the_same_error_rate():
    few = Check.near("x", 0.0, 0.0, 1.0, freedom=7, meaningful=100.0)
    assert few.tolerance > 4.0 and few.false_alarm == pytest.approx(0.0027, rel=0.01)
    assert Check.near("x", 0.0, 0.0, 1.0, meaningful=100.0).false_alarm == pytest.approx(0.0027, rel=0.01)


def test_the_stated_false_alarm_rate_is_the_true_one():
    """2,000 right models of eight replicates each: a rate of 5 % is met within 4 standard errors of a binomial."""
    import numpy as np

    generator = np.random.default_rng(11)
    alarms = 0
    for sample in generator.normal(size=(2000, 8)):
        mean, error = mean_and_error(sample)
        alarms += not Check.near("x", 0.0, mean, error, sigmas=1.96, freedom=7, meaningful=100.0).met
    assert abs(alarms / 2000 - 0.05) < 4.0 * math.sqrt(0.05 * 0.95 / 2000)


def test_every_pattern_is_there_once():
    assert [pattern.id for pattern in PATTERNS] == ["P1", "P2", "P2b", *(f"P{number}" for number in range(3, 12))]
    assert len({pattern.noun for pattern in PATTERNS}) == 12


def test_patterns_are_picked_by_id_noun_and_list():
    assert [pattern.id for pattern in pick_patterns("P7,P2")] == ["P2", "P7"]
    assert [pattern.id for pattern in pick_patterns(["logit", "p2", "P7"])] == ["P2", "P7"]
    assert pick_patterns("all") == PATTERNS
    with pytest.raises(ConfigError, match=r"'P12', which is no pattern; .*P11 \(field_experiments\), and all"):
        pick_patterns("P12")
    with pytest.raises(ConfigError, match="did you mean 'diffusion'"):
        pick_patterns("difusion")
    with pytest.raises(ConfigError, match="pattern is empty"):
        pick_patterns([])


def test_every_data_file_has_its_source():
    text = (DATA / "README.md").read_text("utf-8")
    for path in DATA.glob("*.csv"):
        named = path.name in text or any(
            path.match(glob) and glob in text for glob in ("scanner_duplication_*.csv", "scanner_switching_*.csv")
        )
        assert named, path.name
        assert read_table(path)


def test_tables_that_cannot_be_read_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        read_table(tmp_path / "none.csv")
    ragged = tmp_path / "ragged.csv"
    ragged.write_text("a,b\n1,2\n3\n")
    with pytest.raises(ConfigError, match="line 3 has 1 entries; the head has 2"):
        read_table(ragged)
    empty = tmp_path / "empty.csv"
    empty.write_text("")
    with pytest.raises(ConfigError, match="empty"):
        read_table(empty)
