"""Headlines claim nothing that is not resolved."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sim.analysis.global_sensitivity import GlobalSensitivity, Index
from sim.analysis.paired import Estimate
from sim.analysis.prim import BoxQuality
from sim.analysis.verdict import verdict
from sim.data.log_file import read_event_log
from sim.discovery.discover import discover
from sim.discovery.distance import Distances
from sim.experiments.boundary import LeverBreakEven
from sim.experiments.design import Design
from sim.experiments.frontier import KINDS_OF_RUN
from sim.experiments.main_effects import main_effects
from sim.experiments.plan_advice import Interaction
from sim.experiments.sweep import SweepResult
from sim.reports import forecast, frontier, optimize, sensitivity
from sim.reports.attribution import attribution_lines
from sim.reports.discovery import _nearness, discovery_lines
from sim.reports.document import Table, _environment, text_lines
from sim.reports.figures.gap import Gap, is_sure
from sim.reports.figures.sweep import draw_effects
from sim.reports.sweep import verdict_of
from sim.reports.touchpoints import moments_lines
from sim.scenario.scenario import Scenario

UNRESOLVED: dict[str, Any] = {
    "arm": "proactive",
    "baseline": "passive",
    "outcome": "difference in contribution per customer",
    "levers": 2,
    "stands": "",
    "own": {"mean": "−$0.10", "low": "−$2.00", "high": "+$1.80"},
    "doubted": False,
    "beyond": [],
    "losing": 0.65,
    "held_out_losing": 2,
    "held_out_between": (0.21, 0.94),
    "apart": None,
    "undecided": 2,
    "sides_right": 1,
    "tested": 3,
    "failed": 0,
    "by_amount": (0.03, 0.0, 0.2),
    "lost": {"mean": "$0.01", "most": "$0.01"},
    "kept": {"mean": "$5.00", "most": "$5.00"},
    "all": {"mean": "+$1.66", "low": "−$5.52", "high": "+$8.84", "resolved": False},
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


def test_frontier_says_what_it_expects_of_runs_that_lie_elsewhere_than_the_space_does() -> None:
    said = "Of just these runs it expects 3 to lose"
    plain, told = ("\n".join(text_lines("frontier", **{**UNRESOLVED, "apart": apart})) for apart in (
        {"expected": 3, "where": None}, {"expected": 3, "where": "more"}))  # fmt: skip
    assert f"{said}." in plain
    assert f"{said}: by chance they lie more often where it loses than the whole space does." in told
    assert "Of just these" not in "\n".join(text_lines("frontier", **UNRESOLVED))


@pytest.mark.parametrize(
    ("losing", "expected", "apart"),
    [(0.65, 0.65, None), (0.5, 0.64, ("more", 61)), (0.8, 0.66, ("less", 63)), (0.5, 0.5, (None, 48))],
)
def test_frontier_compares_the_runs_held_out_with_what_is_expected_of_just_them(
    losing: float, expected: float, apart: tuple[str | None, int] | None
) -> None:
    emulator = SimpleNamespace(chance_below=lambda points: np.full(len(points), expected))
    found: Any = SimpleNamespace(
        losing=losing,
        held_out_losing=62,
        shares=np.zeros((100, 2)),
        kinds=np.repeat([0, KINDS_OF_RUN.index("held out")], [4, 96]),
        emulator=emulator,
    )
    told = frontier._apart(found, 96)
    assert (told and (told["where"], told["expected"])) == apart


def _found(monkeypatch: pytest.MonkeyPatch, means: list[float]) -> SimpleNamespace:
    monkeypatch.setattr(frontier, "writer", lambda response, *, sign=True: ("{:+.2f}" if sign else "{:.2f}").format)
    return SimpleNamespace(
        response=SimpleNamespace(factors=(SimpleNamespace(label="price", at=lambda share: share),)),
        controlled=np.array(means).reshape(-1, 1),
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
    share = facts["by_amount"]
    assert (
        share[0] == pytest.approx(0.0 if resolved else 0.02 / 5.02) and 0.0 <= share[1] <= share[0] <= share[2] <= 1.0
    )
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


def _entry(mean: float, low: float | None = None, high: float | None = None) -> dict[str, Any]:
    return {"mean": mean, "ci_low": low, "ci_high": high}


#: Whatever its size, an effect of these is undecided: its interval covers 0, or there is none.
UNDECIDED = [_entry(900.0, -100.0, 1900.0), _entry(900.0)]


@pytest.mark.parametrize("gain", UNDECIDED)
def test_a_comparison_claims_nothing_that_is_undecided(gain: dict[str, Any]) -> None:
    luck = None if gain["ci_low"] is None else 1000.0
    difference = {**gain, "p_better": None if luck is None else 0.94, "luck": luck, "doubt": luck and 0.0}
    share = {**gain, "mean": 0.02}
    share = share if luck is None else {**share, "ci_low": -0.01, "ci_high": 0.05}
    name = "led - classic"
    arm = {metric: _entry(0.3) for metric in ("market_share", "loop_share", "contribution")}
    metrics = {
        "contribution": difference,
        "npv": gain,
        "market_share": share,
        "loop_share": share,
        "purchases": gain,
        "payback_week": {**_entry(12.0), "share": 1.0},
        "cash_low_point": _entry(-5.0),
    }
    people = {who: {"differences": {name: {"contribution": gain}}} for who in ("keen", "wary")}
    summary = {
        "arms": {"classic": arm, "led": arm},
        "baseline": "classic",
        "currency": "$",
        "differences": {name: metrics},
        "effectiveness": {name: {"grid": [0.0, 2.0], "contribution": [gain, gain]}},
        "flows": {name: [{"from": "a", "to": "b", **gain}]},
        "focal": "ours",
        "horizon": 52,
        "market_customers": 100,
        "origins": {name: {"all": dict.fromkeys(("initial", "evaluation", "loop"), gain)}},
        "persona_customers": {"keen": 50, "wary": 50},
        "personas": people,
        "replicates": 1 if luck is None else 8,
        "step": "week",
        "waterfall": {name: {"all": {"margin": gain, "build": _entry(-10.0)}}},
    }
    text = verdict(summary)
    claims = ("It pays for", "does not pay for", "The gain comes mostly", "Why it loses", "changed most", "Discounted")
    for claim in claims:
        assert claim not in text, claim
    assert "is open" in text or "in one replicate" in text
    assert ("on average; some of the intervals cover 0" in text) is (luck is not None)
    assert ("from 0 to 200 % of what is assumed; there are no intervals." in text) is (luck is None)


@pytest.mark.parametrize("effect", UNDECIDED)
def test_moments_claim_nothing_that_is_undecided(effect: dict[str, Any]) -> None:
    moved = {**effect, "beyond_chance": False}
    places = [
        {"kind": "stage", "name": "use", "from": "", "to": "use", "how": "experience", "better": moved, "worse": None},
        {"kind": "edge", "name": "a_to_b", "from": "a", "to": "b", "how": "logit", "better": moved, "worse": moved},
    ]
    summary = {
        "arm": "led",
        "metric": "contribution",
        "currency": "$",
        "improvement": 0.1,
        "level": _entry(5.0),
        "moments": [{**place, "pays": "better", "gain": effect["mean"], "personas": {}} for place in places],
        "replicates": 1 if effect["ci_low"] is None else 8,
        "simulated_customers": 100,
        "market_customers": 100,
        "horizon": 52,
        "step": "week",
        "seed": 1,
    }
    text = "\n".join(moments_lines(summary))
    assert "no single improvement of this journey can be told from chance" in text
    for claim in ("worth most at", "it pays most to lead", "largest loss"):
        assert claim not in text, claim


@pytest.mark.parametrize("effect", UNDECIDED)
def test_an_attribution_claims_nothing_that_is_undecided(effect: dict[str, Any]) -> None:
    parts = {name: {**effect, "of_whole": 0.8} for name in ("automation", "context")}
    block = {
        "whole": effect,
        "parts": parts,
        "alone": parts,
        "together": {"automation + context": effect},
        "last": parts,
    }
    summary = {
        "arm": "led",
        "baseline": "classic",
        "currency": "$",
        "focal": "ours",
        "titles": {},
        "persona_titles": {},
        "players": ["automation", "context"],
        "metric": "contribution",
        "metrics": {"contribution": {"all": block, "keen": block, "wary": block}},
        "terms": {name: {"margin": effect} for name in parts},
        "steps": [],
        "replicates": 1 if effect["ci_low"] is None else 8,
    }
    text = "\n".join(attribution_lines(summary))
    for claim in ("largest part", "What earns", "costs more than", "Together:", "Leaving out", "Why ", "weighs most"):
        assert claim not in text, claim
    assert "Not statistically significant" in text and "is not resolved" in text


def _index(value: float, low: float, high: float) -> Index:
    return Index(value=value, design=1.0, luck=1.0, low=low, high=high)


def _influence(method: str, leading: tuple[Index, Index], other: Index, sigma: Index) -> GlobalSensitivity:
    kinds = {"mu_star": leading, "mu": (other,) * 2, "sigma": (sigma,) * 2}
    if method == "sobol":
        kinds = {"total": leading, "first": (other,) * 2}
    return GlobalSensitivity(
        method=method,
        names=("price", "cost"),
        indices=kinds,
        pairs={(0, 1): _index(0.3, -0.1, 0.7)} if method == "sobol" else {},
        floor=(1.0, 1.0),
        noise_share=0.4,
        shares=np.zeros((12, 2)),
        values=np.linspace(-1.0, 1.0, 48).reshape(12, 4),
    )


def _sensitivity_text(monkeypatch: pytest.MonkeyPatch, influence: GlobalSensitivity) -> str:
    monkeypatch.setattr(sensitivity, "writer", lambda response, *, sign=True: "{:+.2f}".format)
    monkeypatch.setattr(sensitivity, "outcome_name", lambda question: "difference in contribution")
    response = SimpleNamespace(
        arm="led",
        metric="contribution",
        seed=1,
        scenario=SimpleNamespace(baseline="classic"),
        factors=tuple(SimpleNamespace(label=name) for name in influence.names),
    )
    found: Any = SimpleNamespace(
        response=response,
        global_sensitivity=influence,
        replicates=4,
        means=influence.values.mean(axis=1),
        losing=0.5,
    )
    return "\n".join(sensitivity.sensitivity_lines(found))


#: What a verdict of a sensitivity analysis may only say where an interval supports it.
SENSITIVITY_CLAIMS = (
    "the strongest first",
    "Better for",
    "Worse for",
    "Better or worse, depending",
    "acts much the same",
    "How much",
    "matter most together",
)


@pytest.mark.parametrize("method", ["morris", "sobol"])
def test_a_sensitivity_analysis_claims_nothing_of_levers_that_are_undecided(
    monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    # As large as can be, but no interval keeps off what luck alone would show.
    undecided = _index(9.0, -1.0, 19.0)
    text = _sensitivity_text(monkeypatch, _influence(method, (undecided, undecided), undecided, undecided))
    assert text.startswith("None of the 2 levers has an influence")
    assert not [claim for claim in (*SENSITIVITY_CLAIMS, "What decides") if claim in text]


def test_a_sensitivity_analysis_says_no_more_of_a_lever_than_its_intervals(monkeypatch: pytest.MonkeyPatch) -> None:
    matters = (_index(9.0, 4.0, 14.0), _index(8.0, 4.0, 12.0))
    text = _sensitivity_text(monkeypatch, _influence("morris", matters, _index(5.0, -3.0, 13.0), _index(4.5, 1.0, 8.0)))
    assert "What decides whether it pays: price (+9.00 over its range), cost" in text
    assert not [claim for claim in SENSITIVITY_CLAIMS if claim in text]
    assert "which of them is the strongest is not resolved" in text
    assert "Not resolved with so few points, whether better or worse the higher: price and cost." in text
    assert "Whether it depends on the other levers how much price and cost matter is not resolved" in text


def test_a_sensitivity_analysis_says_what_its_intervals_support(monkeypatch: pytest.MonkeyPatch) -> None:
    matters = (_index(9.0, 8.0, 10.0), _index(4.0, 3.5, 4.5))
    one_way = _sensitivity_text(monkeypatch, _influence("morris", matters, _index(9.0, 8.0, 10.0), _index(1, 0.5, 1.5)))
    assert "the strongest first" in one_way and "Better for led the higher: price and cost." in one_way
    assert "acts much the same" in one_way
    turning = _sensitivity_text(
        monkeypatch, _influence("morris", matters, _index(0.0, -1.0, 1.0), _index(9, 8.0, 10.0))
    )
    assert "Better or worse, depending" in turning and "look at them together" in turning
    assert "acts much the same" not in turning and "Better for" not in turning


def test_a_plan_claims_nothing_that_is_undecided() -> None:
    open_ = {"mean": "$900", "low": "−$100", "high": "$1,900", "resolved": False}
    facts: dict[str, Any] = {
        "arm": "led",
        "baseline": "classic",
        "goal": "contribution",
        "difference": True,
        "nothing": False,
        "settings": ["automation 0.4"],
        "tried_settings": ["automation 0.4"],
        "value": open_,
        "tried": open_,
        "tried_holds": True,
        "tried_limited": [],
        "limited": ["payback_week <= 104: 80 (95 %: 60 to 99)"],
        "chosen_on": None,
        "unpaid": None,
        "unit": None,
        "tried_spent": "$10",
        "spent": "$10",
        "parts": [],
        "budget": None,
        "left": None,
        "why_left": "",
        "cheapest": None,
        "limits": [],
        "rules": [{"name": "all at half", "gain": open_, "spent": "$9", "holds": True, "same": False}],
        "evaluations": 64,
        "confirm": 8,
        "states": 1,
        "robust": "mean",
        "judged": "the mean",
        "doubts": [],
        "score": "$900",
        "price": None,
        "marginal": [{"label": "automation", "mean": "0.4", "low": "−1", "high": "1.8"}],
        "together": {"one": "automation", "other": "context", "size": "$50", "adds": True, "resolved": False},
        "assumption": {"name": "margin", "low": "×0.8", "high": "×1.2", "ends": [open_, open_], "resolved": False},
        "turning": [],
        "called": "the plan",
        "answers": None,
    }
    text = "\n".join(text_lines("optimize", **facts))
    for claim in ("by acting together", "What it rests on most", "changes the choice"):
        assert claim not in text, claim
    assert text.count("not resolved") == 4
    sure = {**facts, "together": {**facts["together"], "resolved": True}}
    sure["assumption"] = {**facts["assumption"], "resolved": True}
    text = "\n".join(text_lines("optimize", **sure))
    assert "Automation and context gain most by acting together" in text and "What it rests on most: margin." in text
    none_holds = {**sure, "nothing": True, "tried_holds": False, "called": "the nearest plan"}
    text = "\n".join(text_lines("optimize", **none_holds))
    assert "Do nothing: no plan that was tried holds every limit." in text
    assert "What the nearest plan rests on most: margin. At ×0.8 the nearest plan is worth" in text
    assert "the plan is worth" not in text


def test_a_plan_rests_on_an_assumption_only_where_its_ends_are_apart() -> None:
    def ends(low: float, high: float) -> Estimate:
        return Estimate((low + high) / 2.0, low, high)

    assert optimize._is_apart(ends(0.0, 1.0), ends(2.0, 3.0)) and optimize._is_apart(ends(2.0, 3.0), ends(0.0, 1.0))
    assert not optimize._is_apart(ends(0.0, 2.0), ends(1.0, 3.0))
    assert not optimize._is_apart(Estimate(5.0, None, None), ends(1.0, 3.0))
    assert Interaction(0, 1, 5.0, 2.0).is_clear and not Interaction(0, 1, -5.0, 3.0).is_clear


@pytest.mark.parametrize("does", [0.0, 500.0])
def test_a_sweep_names_a_lever_only_where_it_does_something(does: float) -> None:
    """Twenty sweeps of four levers and 24 runs that differ by chance: hardly one lever is named; one that acts always is."""
    rng = np.random.default_rng(3)
    paths = [f"market.contact.{name}" for name in ("fatigue", "help", "resistance", "rejection")]
    design = Design(
        {"": Scenario.load("treadmill")}, grid={path: (0.1, 0.2) for path in paths[:3]} | {paths[3]: (0.1, 0.2, 0.3)}
    )
    named = 0
    for _ in range(20):
        swept = SweepResult(design, "contribution", "classic", ("proactive",))
        for number, point in enumerate(design):
            mean = 100.0 * rng.normal() + does * (point.values[paths[0]] > 0.1)
            swept.add(SimpleNamespace(error="", key=f"{number:032x}"), [[mean, mean - 300.0, mean + 300.0]])
        words = " ".join(verdict_of(swept))
        named += "What moves it most" in words
        assert ("not resolved with so few runs" in words) is ("What moves it most" not in words)
        assert ("the intervals of these two overlap" in words) is bool(np.ptp(swept.means("proactive")) < 600.0)
    assert named == 20 if does else named <= 4


@pytest.mark.parametrize("end", [0.0, np.nan])
def test_a_sweep_says_where_an_arm_never_differs(end: float) -> None:
    design = Design({"": Scenario.load("treadmill")}, grid={"market.contact.fatigue": (0.1, 0.2)})
    swept = SweepResult(design, "contribution", "classic", ("proactive",))
    for number in range(len(design)):
        swept.add(SimpleNamespace(error="", key=f"{number:032x}"), [[0.0, end, end]])
    assert verdict_of(swept) == ["Contribution of proactive is exactly that of classic in each of the 2 runs."]


def test_of_values_run_once_no_share_is_told() -> None:
    """Four levels, a run each, intervals far apart: nothing explains 0 %, and nothing is said to be unresolved."""
    path = "market.contact.fatigue"
    design = Design({"": Scenario.load("treadmill")}, grid={path: (0.1, 0.2, 0.3, 0.4)})
    swept = SweepResult(design, "contribution", "classic", ("proactive",))
    for number in range(len(design)):
        mean = 1000.0 * (number + 1)
        swept.add(SimpleNamespace(error="", key=f"{number:032x}"), [[mean, mean - 300.0, mean + 300.0]])
    words = " ".join(verdict_of(swept))
    assert "Every value was run once" in words and "the intervals of these two runs lie apart" in words
    assert "not resolved" not in words
    (effect,) = main_effects(swept, "proactive")
    assert effect.explains is None
    drawn = draw_effects([effect], title="", label="", write=str)
    assert [axes.get_title(loc="left") for axes in drawn.axes] == ["contact.fatigue"]


def _undecided() -> dict[str, Any]:
    """What is told of a log in which nothing stands out."""
    return {
        **{"source": "log.csv", "cases": 9, "empty": 0, "events": 30, "stages": 3, "variants": 5, "top_share": "30 %"},
        **{"span": "from 2026-01-01 to 2026-02-01", "kinds": 1, "goal": "pay", "goal_why": "ends", "splits": 0},
        "goal_lost": False,
        **{
            "goal_last": "60 %",
            "last_anywhere": "30 %",
            "goal_reached": "40 %",
            "goal_within": ["2.0 h", "3.0 h", "5.0 d"],
            "goal_reach": None,
            "goal_of_all": [],
            "alike": True,
            "told_apart": "100 %",
            "point": None,
            "compared": 12,
            "drawn": None,
            "distances": None,
        },
        **{
            "phases": 1,
            "forward": 0,
            "by_visit": 0,
            "states": 3,
            "aged": 0,
            "parameters": 9,
            "gained": "0",
            "drifting": {},
            "who": [],
        },
        **{"left_out": {}, "duplicates": 0, "folded": (0, 0.0), "notices": (), "bought": None, "tied": "0 %"},
    }


def test_a_goal_that_nobody_wants_is_told_as_that() -> None:
    told = [" ".join(text_lines("discovery", **(_undecided() | {"goal_lost": lost}))) for lost in (True, False)]
    assert ["name what they are meant to reach by goal=STAGE" in text for text in told] == [True, False]
    assert ["goal=STAGE names another" in text for text in told] == [False, True]


def test_a_step_from_the_goal_brings_there_again() -> None:
    point = {"source": "pay", "target": "look", "gap": "20", "low": "10", "high": "30", "more": True}
    told = [
        " ".join(text_lines("discovery", **(_undecided() | {"point": point | {"again": again}})))
        for again in (True, False)
    ]
    assert ["20 points more get there again than of others" in text for text in told] == [True, False]
    assert ["20 points more get there than of others" in text for text in told] == [False, True]


def test_a_log_in_which_nothing_is_decided_claims_nothing() -> None:
    text = "\n".join(text_lines("discovery", **_undecided()))
    for claim in (
        "kinds of customers",
        "more often",
        "lives part",
        "split",
        "Cases differ",
        "goes by the age",
        "no trait",
    ):
        assert claim not in text, claim
    assert "speak for no second one" in text and "how near the journey is to real ones is not known" in text


@pytest.mark.parametrize(("alike", "said"), [(1, "1 event is alike"), (1_200, "1,200 events are alike")])
def test_events_that_are_alike_another_one_are_counted(alike, said) -> None:
    assert said in "\n".join(text_lines("discovery", **{**_undecided(), "duplicates": alike}))


def test_where_no_two_cases_go_the_same_way_it_is_said() -> None:
    said = text_lines("discovery", **{**_undecided(), "variants": 9, "alike": False, "top_share": "11 %"})[0]
    assert said.endswith("no two cases go the same way.")
    later = {**_undecided(), "goal_reach": "73 %", "goal_of_all": ["a quarter within 3.0 d", "half within 9.0 d"]}
    text = " ".join(text_lines("discovery", **later))
    assert "73 % reach it, of all a quarter within 3.0 d and half within 9.0 d." in text


@pytest.mark.parametrize("near", [True, False])
def test_a_simulation_that_is_off_in_time_is_not_called_near(near) -> None:
    """Three stages in a row are not all that a journey is held against."""
    close = Distances(0.2, 0.21 if near else 0.1, 9.2, 4.0, 3.0, 3.0, 8.0, 0.0, held_out=90)
    found = SimpleNamespace(
        distances=close, cases=SimpleNamespace(stages=("look", "pay")), goal=SimpleNamespace(stage=1)
    )
    said = _nearness(found)
    assert said["near"] is near
    assert said["further"] == [
        "how long they take (2.3 times as far)",
        "when they come to pay (in which real ones are alike)",
    ]
    facts = {**_undecided(), **said}
    off, all_near = (" ".join(text_lines("discovery", **few)) for few in (facts, facts | {"further": []}))
    assert (
        "Further from cases kept aside than real ones are: how long they take (2.3 times as far) and when they come to pay"
        in off
    )
    assert "How many visits they have, how long they take and when they come to pay are as near" in all_near
    assert ("is as near to cases" in off) is near and ("is further from cases" in off) is not near


@pytest.mark.parametrize(
    ("compared", "rows", "says"),
    [
        (0, 0, "No step could be compared"),
        (1, 0, "who reaches pay: 1 step was compared"),
        (2, 0, "who reaches pay: 2 steps were compared"),
        (1, 1, "One step was compared, and its difference stands out"),
        (2, 1, "Of 2 steps compared, those are shown"),
    ],
)
def test_the_page_of_a_discovery_counts_the_steps_compared(compared, rows, says):
    names = ("stages", "edges", "variants", "funnel", "channels", "points", "personas")
    tables = {name: Table(("a",), (("b",),) * (rows if name == "points" else 0)) for name in names}
    made = _environment(html=True)
    page, macros = (made.get_template(f"{name}.html.jinja") for name in ("discovery", "macros"))
    slots = {"figures": [], "tables": tables, "column_table": tables["stages"], "compared": compared, "goal": "pay"}
    slots |= {"kinds": 1}
    slots |= {name: getattr(macros.module, name) for name in ("table", "drawings")}
    nothing = dict.fromkeys(
        ("finished", "loops", "bought", "by_pace", "gap_table", "drawn", "distances", "unit", "tied", "name")
    )
    text = "".join(page.blocks["main"](page.new_context({**slots, **nothing})))
    assert says in text and "1 steps" not in text and "0 steps" not in text


@pytest.mark.slow
def test_a_log_of_one_memoryless_kind_is_told_as_that(tmp_path) -> None:
    """Who is anywhere goes on by chance alone: no kinds, phases, splits or ages are told, at the seed that is fixed."""
    rng, ways, lines = np.random.default_rng(4), {"a": "bbcc", "b": "acce", "c": "abee"}, ["case,activity,time"]
    for case in range(500):
        at, when = "a", np.datetime64("2026-01-01T00:00:00")
        while at:
            lines.append(f"{case},{at},{when}")
            when += np.timedelta64(1 + int(rng.exponential(3.0 * 86_400.0)), "s")
            at = "" if at == "e" else ways[at][rng.integers(4)]
    path = tmp_path / "log.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = discover(read_event_log(path), "made", "", goal="e", seed=1, threads=1)
    text = "\n".join(discovery_lines(found, "log.csv"))
    assert "One kind of customer" in text
    for claim in ("split", "Cases differ", "goes by the age"):
        assert claim not in text, claim


@pytest.mark.parametrize(("observed", "word"), [(100, "explain"), (300, "something changed")])
def test_a_forecast_blames_a_change_only_where_chance_does_not_explain_it(
    monkeypatch: pytest.MonkeyPatch, observed: float, word: str
) -> None:
    found: Any = SimpleNamespace(after=lambda: (observed, 120.0), after_error=lambda: 15.0)
    ahead = forecast._holdout(found)
    assert ahead is not None and ahead["within_interval"] is (observed == 100)
    kept: Any = SimpleNamespace(after=lambda: None)
    assert forecast._holdout(kept) is None


def test_a_validation_that_decides_nothing_reproduces_nothing() -> None:
    facts = {"reproduced": 0, "patterns": 1, "passed": 0, "checks": 3, "false_alarm": "1 %"}
    failing = {"id": "P1", "title": "x", "missed": 0, "worst": "", "undecidable": 3, "checks": 3}
    text = "\n".join(text_lines("validation", **facts, failing=[failing]))
    assert "0 of 1 pattern is reproduced" in text and "3 cannot be decided with so small a sample" in text


def test_a_map_of_flows_brackets_what_is_undecided() -> None:
    assert not is_sure(Gap(900.0, -100.0, 1900.0)) and not is_sure(Gap(900.0, None, None))
    assert is_sure(Gap(900.0, 100.0, 1700.0))
