"""Forward weights: who is where no case of the log was after as many visits, ends as those with as many did."""

from __future__ import annotations

import numpy as np
import pytest

from sim.discovery.forward_weights import Made, run_forward
from sim.discovery.visit_weights import CLASS_BEGINS, VisitCounts, class_of_visit

_CASES, _STAGES, _LAST = 20_000, 6, 6
_CLASSES = CLASS_BEGINS.size


def _once_each(luck):
    """Of three stages in any order, then of three others, each passed once; one case in four ends between the two."""
    for _ in range(_CASES):
        word = [int(stage) for stage in luck.permutation(3)]
        yield [*word, *((int(stage) + 3 for stage in luck.permutation(3)) if luck.random() < 0.75 else ()), _LAST]


def _forgetful(luck):
    """A chain: any of the stages, or with one in five the last."""
    for _ in range(_CASES):
        yield [*(int(stage) for stage in luck.integers(0, _STAGES, luck.geometric(0.2))), _LAST]


def _counted(words):
    """What a chain that knows the stage alone lets expect of these cases, and their visits."""
    seen, visits = np.zeros((_CLASSES, _STAGES, _STAGES + 1)), np.zeros((_CLASSES, _STAGES + 1))
    begins = np.zeros(_STAGES + 1)
    for word in words:
        at = class_of_visit(np.arange(1, len(word) + 1))
        np.add.at(visits, (at, word), 1.0)
        np.add.at(seen, (at[:-1], word[:-1], word[1:]), 1.0)
        begins[word[0]] += 1.0 / len(words)
    targets, counts = {}, []
    for state in range(_STAGES):
        to = np.flatnonzero(seen[:, state].any(axis=0))
        mine = seen[:, state][:, to]
        share = mine.sum(axis=0) / mine.sum()
        targets[state] = to
        counts.append(VisitCounts(mine, mine.sum(axis=1, keepdims=True) * share, to, to == _LAST, False))
    return Made(begins, visits, []), targets, counts


def _lived(made, targets, counts, weights, luck):
    """Number of visits of cases that go by the shares and these weights."""
    ways = np.zeros((_CLASSES, _STAGES + 1, _STAGES + 1))
    for state, table, by_visit in zip(targets, counts, weights, strict=True):
        ways[:, state, targets[state]] = table.expected.sum(axis=0) * (1.0 if by_visit is None else by_visit)
    until = ways.cumsum(axis=2)
    here = luck.choice(_STAGES + 1, _CASES, p=made.begins)
    number = np.ones(_CASES, np.int64)
    while (on := np.flatnonzero(here != _LAST)).size:
        mine = until[class_of_visit(number[on]), here[on]]
        here[on] = (mine <= luck.random(on.size)[:, None] * mine[:, -1:]).sum(axis=1)
        number[on] += 1
    return number


@pytest.mark.parametrize("most", [20])
def test_cases_that_forget_what_they_passed_have_as_many_visits_as_the_log(most):
    """By chance alone two such samples differ by 0.015 at the most, once in a thousand (Kolmogorov and Smirnov: 0.02)."""
    luck = np.random.default_rng(7)
    words = list(_once_each(luck))
    real = np.array([len(word) for word in words])
    made, targets, counts = _counted(words)
    weights = run_forward(made, targets, counts, [None] * _STAGES)

    def away(number):
        return max(abs(np.mean(real <= at) - np.mean(number <= at)) for at in range(1, most))

    assert away(_lived(made, targets, counts, [None] * _STAGES, luck)) > 0.15
    assert away(_lived(made, targets, counts, weights, luck)) < 0.02


def test_a_log_without_memory_runs_forward_as_it_is():
    made, targets, counts = _counted(list(_forgetful(np.random.default_rng(8))))
    factors = [by_visit for by_visit in run_forward(made, targets, counts, [None] * _STAGES) if by_visit is not None]
    assert max((float(np.abs(by_visit[:4] - 1.0).max()) for by_visit in factors), default=0.0) < 0.1


def test_as_many_leave_each_state_as_without_the_weights():
    """Weights are of where cases go: those of a state's ways, by their shares, are 1 on the average."""
    made, targets, counts = _counted(list(_once_each(np.random.default_rng(9))))
    for table, by_visit in zip(counts, run_forward(made, targets, counts, [None] * _STAGES), strict=True):
        shares = table.expected.sum(axis=0) / table.expected.sum()
        assert by_visit is not None
        seen = np.flatnonzero(table.seen.any(axis=1))
        assert (by_visit[seen] @ shares) == pytest.approx(1.0, rel=1e-6)
