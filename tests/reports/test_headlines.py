"""Headlines claim nothing that is not resolved."""

from types import SimpleNamespace

import numpy as np
import pytest

from sim.experiments.frontier import KINDS_OF_RUN
from sim.reports import frontier


def _found(monkeypatch: pytest.MonkeyPatch, means: list[float], chance: float = 0.5) -> SimpleNamespace:
    monkeypatch.setattr(frontier, "writer", lambda response: "{:+.2f}".format)
    return SimpleNamespace(
        response=SimpleNamespace(factors=()),
        values=np.array(means)[:, None],
        kinds=np.full(len(means), KINDS_OF_RUN.index("held out")),
        own=(-0.1, 1.0, chance),
        break_even=[],
    )


def test_frontier_says_how_much_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    line = frontier._amounts(_found(monkeypatch, [-0.01, -0.01, 5.0]))
    assert "-0.01 on average" in line and "+5.00 at best" in line
    assert "whether losses exceed gains is not resolved" in line


def test_frontier_says_nothing_of_doubt_where_the_mean_is_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "not resolved" not in frontier._amounts(_found(monkeypatch, [4.9, 5.0, 5.1]))


@pytest.mark.parametrize(("chance", "claims"), [(0.5, False), (0.999, True)])
def test_frontier_names_a_side_only_where_it_is_resolved(
    monkeypatch: pytest.MonkeyPatch, chance: float, claims: bool
) -> None:
    line = frontier._break_even_words(_found(monkeypatch, [1.0], chance))
    assert ("would still" in line) is claims
    assert ("not resolved" in line) is not claims
