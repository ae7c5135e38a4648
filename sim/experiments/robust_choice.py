"""Robust choice: which of several plans to take over the doubt.

The plan that is best on average stands, unless another one, or doing nothing, is shown to do better by what is judged.
So what robustness costs on average is paid only where it is shown to buy something.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.experiments.plan import PlanQuestion

__all__ = ["enough_luck", "robust_choice"]

Floats = NDArray[np.float64]

#: Replicates of each state at least, so that luck within a state can be told from the state.
_EACH = 4
#: Resamples, and standard errors of the gain in score by which another plan has to be ahead.
_RESAMPLED, _SURE = 200, 3.0


def enough_luck(question: PlanQuestion, replicates: int) -> int:
    """Return so many replicates, or more, that every state meets as many as any other, and enough of them.

    Parameters
    ----------
    question : PlanQuestion
    replicates : int
        What was asked for.

    Returns
    -------
    int
    """
    states = len(question.states)
    return states * max(_EACH, -(-replicates // states))


def robust_choice(
    question: PlanQuestion, worth: Floats, holds: NDArray[np.bool_], nominal: int | None
) -> tuple[int | None, Floats]:
    """Choose a plan by how it stands over the doubt.

    Parameters
    ----------
    question : PlanQuestion
        One that is judged by more than the mean.
    worth : float64 (n, R)
        Value of every run of plans on luck that they share; each state is met by as many replicates.
    holds : bool (n,)
        Which keep the budget and every limit.
    nominal : int or None
        The plan that is best on average; None where that is to do nothing.

    Returns
    -------
    tuple of int or None and float64 (n + 1,)
        The plan, None for doing nothing; and what all are judged by, doing nothing last.
    """
    idle = len(worth)
    rows = np.concatenate([worth, np.zeros((1, worth.shape[1]))])
    score = question.score(rows)
    may = np.append(holds, not question.goal.without_baseline)
    if not may.any():
        return None, score
    best = int(np.argmax(np.where(may, score, -np.inf)))
    start = idle if nominal is None else nominal
    if not may[start]:
        start = idle if may[idle] else best
    chosen = best if best != start and _is_shown(question, rows, best, start) else start
    return (None if chosen == idle else chosen), score


def _is_shown(question: PlanQuestion, worth: Floats, better: int, other: int) -> bool:
    """Say whether one plan's score is ahead of another's by more than luck: the replicates of each state resampled."""
    count, states = worth.shape[1], len(question.states)
    each = count // states
    generator = np.random.default_rng([question.seed, 0xB5])
    drawn = generator.integers(each, size=(_RESAMPLED, each, states))
    columns = (drawn * states + np.arange(states)).reshape(_RESAMPLED, each * states)
    ahead = np.array([(found := question.score(worth[:, row]))[better] - found[other] for row in columns])
    # Resampling so few replicates shows a part of their variance: (each - 1) / each of it.
    error = float(ahead.std(ddof=1)) * np.sqrt(each / (each - 1.0))
    score = question.score(worth)
    return bool(score[better] - score[other] > _SURE * error)
