"""Looks: repeated looks err no more often than one would, and stop where a question is decided."""

import subprocess
import sys

import numpy as np
import pytest

from sim.validation.check import SIGMAS, Check
from sim.validation.looks import judge, two_looks
from sim.validation.losing_region import _REPLICATES as REGION
from sim.validation.pressure import _JUDGED, _JUDGING

#: One-sided error rate of three standard errors.
_RATE = 0.00135


def _lead(values, spent):
    return Check.mean_beyond("lead", 0.0, values, kind="below", spent=spent, source="")


@pytest.mark.parametrize("looks", [_JUDGING, _JUDGED, REGION])
def test_looks_err_no_more_often_than_one_look(looks):
    """A lead that is none passes at either look in 0.135 % of 400,000 samples, at four standard errors."""
    draws, luck = 400_000, np.random.default_rng(7)
    values = luck.normal(size=(draws, looks[-1].replicates))
    passed = np.zeros(draws, dtype=bool)
    for look in looks:
        seen = values[:, : look.replicates]
        error = seen.std(axis=1, ddof=1) / np.sqrt(look.replicates)
        check = _lead(seen[0], look.spent)
        passed |= seen.mean(axis=1) < -check.tolerance / check.error * error
    assert sum(look.spent for look in looks) == pytest.approx(1.0)
    room = 4.0 * np.sqrt(_RATE / draws)
    assert 0.6 * _RATE - room < passed.mean() < _RATE + room


def test_a_question_that_is_decided_is_asked_no_further():
    asked = []

    def sample(added, still):
        asked.append((added, still))
        return {
            name: np.full(len(added), means[name]) + np.random.default_rng(1).normal(size=len(added)) for name in still
        }

    means = {"far": -50.0, "near": 0.0}
    found = judge(tuple(means), two_looks(5, 12), sample, lambda name, values, spent: (_lead(values, spent),))
    assert asked == [(range(5), ("far", "near")), (range(5, 12), ("near",))]
    assert {name: (len(values), checks[0].passed) for name, (values, checks) in found.items()} == {
        "far": (5, True),
        "near": (12, False),
    }
    assert "20 % of it at this look" in found["far"][1][0].rule and "80 % of it" in found["near"][1][0].rule


def test_a_look_with_a_share_of_the_error_rate_asks_for_more():
    values = np.random.default_rng(3).normal(-1.0, 1.0, 20)
    whole, part = (_lead(values, spent) for spent in (1.0, 0.2))
    assert part.tolerance > whole.tolerance > SIGMAS * whole.error
    known = [Check.beyond("lead", 0.0, -1.0, 0.1, kind="below", spent=spent).tolerance for spent in (1.0, 0.2)]
    assert known == pytest.approx([0.3, 0.34607], abs=1e-4)


def test_nothing_slow_is_imported_before_a_pattern_runs():
    """SciPy's distributions take longer to import than many a pattern to run."""
    script = "import sys, sim.validation; print('scipy.stats' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
