"""Headlines claim nothing that is not resolved."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sim.analysis.prim import BoxQuality
from sim.experiments.border import LeverBreakEven
from sim.experiments.frontier import KINDS_OF_RUN
from sim.reports import frontier
from sim.reports.document import text_lines

UNRESOLVED: dict[str, Any] = {
    "arm": "proactive",
    "baseline": "passive",
    "outcome": "difference in contribution per customer",
    "levers": 2,
    "stands": "",
    "own": {"mean": "-$0.10", "low": "-$2.00", "high": "+$1.80"},
    "beyond": [],
    "losing": 0.65,
    "held_out_losing": 2,
    "undecided": 2,
    "sides_right": 1,
    "tested": 3,
    "failed": 0,
    "lost": {"mean": "$0.01", "most": "$0.01"},
    "kept": {"mean": "$5.00", "most": "$5.00"},
    "all": {"mean": "+$1.66", "low": "-$5.52", "high": "+$8.84", "resolved": False},
    "region": "ruled",
    "rules": [
        {
            "words": "price above 2",
            "inside": 4,
            "density": (0.5, 0.15, 0.85),
            "coverage": (0.5, 0.1, 0.9),
            "resolved": False,
        }
    ],
    "together": None,
    "few": True,
    "margins": [],
    "open": ["price"],
    "strong": [{"label": "price", "share": 0.5}, {"label": "cost", "share": 0.4}],
    "ranked": False,
    "kind": "trees",
    "explained": 0.5,
    "ceiling": 0.9,
    "poor": False,
    "judgement": "fair",
}


def _found(monkeypatch: pytest.MonkeyPatch, means: list[float]) -> SimpleNamespace:
    monkeypatch.setattr(frontier, "writer", lambda response, *, sign=True: ("{:+.2f}" if sign else "{:.2f}").format)
    return SimpleNamespace(
        response=SimpleNamespace(factors=(SimpleNamespace(label="price", at=lambda share: share),)),
        values=np.array(means).reshape(-1, 1),
        kinds=np.full(len(means), KINDS_OF_RUN.index("held out")),
        break_even=[LeverBreakEven(0, 0.4, 0.0, 1.0, True, 0)],
    )


def test_frontier_claims_nothing_that_is_unresolved() -> None:
    text = "\n".join(text_lines("frontier", **UNRESOLVED))
    for claim in (" pays", "proactive loses", "It loses with", "it loses with", "strongest first", "still "):
        assert claim not in text, claim
    assert "its sign is not resolved" in text and "for 2 of the 3 the sign is not resolved" in text
    assert "whether losses exceed gains is not resolved" in text
    assert "whether most runs there lose is not resolved" in text
    assert "Which of them is the strongest is not resolved" in text
    assert "break-even point of price is not resolved" in text


def test_frontier_without_break_even_names_a_side_only_where_it_is_resolved() -> None:
    bare = {**UNRESOLVED, "open": []}
    assert "which side the scenario stands is not resolved" in "\n".join(text_lines("frontier", **bare))
    assert "proactive still pays" in "\n".join(text_lines("frontier", **{**bare, "stands": "pays"}))


def test_frontier_warns_of_a_poor_emulator_before_its_rules() -> None:
    lines = text_lines("frontier", **{**UNRESOLVED, "poor": True, "judgement": "poor"})
    text = "\n".join(lines)
    assert "What decides most" not in text and "loses with" not in text and "are not resolved" in text
    places = [next(at for at, line in enumerate(lines) if words in line) for words in ("That is poor", "price above")]
    assert places == sorted(places)


@pytest.mark.parametrize(("means", "resolved"), [([-0.01, -0.01, 5.0], False), ([4.9, 5.0, 5.1], True)])
def test_frontier_says_how_much_is_lost(monkeypatch: pytest.MonkeyPatch, means: list[float], resolved: bool) -> None:
    facts = frontier._amounts(_found(monkeypatch, means))
    assert facts["all"]["resolved"] is resolved and facts["tested"] == 3
    assert facts["lost"] == (None if resolved else {"mean": "0.01", "most": "0.01"})


@pytest.mark.parametrize("means", [[], [1.0]])
def test_frontier_gives_no_interval_of_fewer_than_two_runs(monkeypatch: pytest.MonkeyPatch, means: list[float]) -> None:
    assert frontier._amounts(_found(monkeypatch, means))["all"] is None


def test_a_break_even_point_whose_interval_is_the_whole_range_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    assert frontier._margins(_found(monkeypatch, [1.0])) == {"margins": [], "open": ["price"]}


@pytest.mark.parametrize(("low", "resolved"), [(0.15, False), (0.6, True), (np.nan, False)])
def test_a_rule_is_resolved_where_surely_more_than_half_lose(low: float, resolved: bool) -> None:
    hit = BoxQuality(9, 7, 9, 7, (np.nan,) * 3, (0.8, low, 0.95))
    assert frontier._judged(hit)["resolved"] is resolved and frontier._judged(hit)["coverage"] is None
