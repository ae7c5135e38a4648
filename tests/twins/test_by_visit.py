"""Weights of edges by visit: theorems, refusals, and the two engines bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from agents.population import MOST_VISITS
from sim import compare
from sim.analysis.markov import chain_of
from sim.engine.partition import Partition
from sim.experiments.journey_changes import changes
from sim.reports.figures.journey_map import draw_journey
from sim.scenario.errors import ConfigError
from sim.scenario.journey import read_journey
from sim.scenario.market import Market
from sim.scenario.normal_form import normalize_journey
from sim.scenario.scenario import Scenario
from sim.world.graph import compile_graph


def journey_of(edges, start=None, **stages):
    """A journey of stages that do nothing, some of them with more keys."""
    start = start or {"a": 1.0}
    names = dict.fromkeys([*start, *(edge[end] for edge in edges for end in ("from", "to"))])
    return {"start": start, "stages": {name: stages.get(name, {}) for name in names}, "edges": edges}


def scenario_of(journey, *, personas="everyone", horizon=20, population=400, burn_in=0, other=None):
    journeys = {"visits": journey} | ({} if other is None else {"other": other})
    return Scenario.from_dict({
        "name": "visits", "market": "none", "personas": personas, "baseline": "one",
        "arms": {name: {"focal": {"journey": key}} for name, key in zip(("one", "two"), journeys, strict=False)},
        "journeys": journeys, "population": population, "horizon": horizon, "burn_in": burn_in,
    })  # fmt: skip


def run(journey, *, engine="numba", threads=1, **options):
    result = compare(scenario_of(journey, **options), replicates=1, seed=3, threads=threads, engine=engine)
    return result.flows.sort_values(["arm", "persona", "from", "to"]).reset_index(drop=True), result.weekly


def counts(journey, **options):
    """How many go from stage to stage."""
    flows, _ = run(journey, **options)
    return {pair: int(count) for pair, count in flows.groupby(["from", "to"])["count"].sum().items()}


def standing(journey, stage, **options):
    """How many customers stand in a stage at the end of each step."""
    _, weekly = run(journey, **options)
    mine = weekly[(weekly["metric"] == "customers") & (weekly["key"] == stage)]
    return mine.groupby("week")["value"].sum().to_numpy()


def is_near(count, share, people):
    """Whether a count is that of a share, by four standard errors."""
    return abs(count - share * people) <= 4 * np.sqrt(people * share * (1 - share)) + 1e-9


MIX = {"quick": {"share": 0.5}, "slow": {"share": 0.5}}
#: Timed and instant stages, references and none, features, personas, parts of the run, a stage that does not count.
MANY = journey_of(
    [
        {"from": "a", "to": "b", "probability": 0.4, "by_visit": [[1, 0.4], [4, 1.0], [9, 2.5]]},
        {"from": "a", "to": "c", "by_step": [0.1, 0.3], "by_visit": [[1, 0.0], [3, 2.0]]},
        {"from": "a", "to": "d", "probability": 0.2, "personas": "quick"},
        {"from": "b", "to": "gate", "probability": {"base": 0.1, "deliberation": 0.9}, "by_visit": [[1, 3.0], [5, 0.0]]},
        {"from": "b", "to": "a", "by_visit": [[1, 1.0], [2, 0.25], [6, 0.0]]},
        {"from": "c", "to": "at_once", "probability": 0.6, "during": [3, 12]},
        {"from": "c", "to": "a", "probability": 0.3, "by_visit": [[1, 5.0], [7, 0.2]]},
        {"from": "at_once", "to": "b", "probability": "patience", "by_visit": [[1, 0.5], [6, 0.0]]},
        {"from": "at_once", "to": "c", "probability": 0.3, "by_visit": [[1, 0.1], [3, 4.0], [10, 0.0]]},
        {"from": "at_once", "to": "a", "by_visit": [[1, 0.3], [2, 0.0], [12, 1.5]]},
        {"from": "at_once", "to": "d", "probability": 0.5, "during": [4, 9]},
        {"from": "gate", "to": "a", "probability": 0.5, "by_visit": [[1, 1.0], [4, 7.0]]},
        {"from": "gate", "to": "c", "probability": 0.5},
        {"from": "d", "to": "a", "probability": {"base": 0.7, "sociability": 0.9}, "by_visit": [[1, 0.2]]},
        {"from": "d", "to": "b", "probability": 0.9, "by_visit": [[1, 1.0], [12, 0.0]]},
    ],
    start={"a": 0.6, "gate": 0.1, "c": 0.3},
    b={"weeks": 0}, gate={"weeks": 1, "counted": False}, d={"weeks": 2},
)  # fmt: skip


def test_engines_agree_bit_for_bit():
    other = {**MANY, "edges": [{key: edge[key] for key in edge if key != "by_visit"} for edge in MANY["edges"]]}
    options = {"personas": MIX, "population": 150, "burn_in": 7, "horizon": 15, "other": other}
    fast, weekly = run(MANY, **options)
    readable, weekly_too = run(MANY, engine="mesa", **options)
    assert fast.equals(readable) and weekly.equals(weekly_too)
    parted, weekly_parted = run(MANY, threads=3, **options)
    assert fast.equals(parted) and weekly.equals(weekly_parted)
    with_weights, without = (fast[fast["arm"] == arm]["count"].sum() for arm in ("one", "two"))
    assert with_weights != without


END = [[1, 0.0], [3, 1.0], [5, 4.0], [9, 0.5]]


def test_the_number_of_visits_follows_its_closed_form():
    """At its visit n to `a` a customer ends with p(n) = c w(n) / (c w(n) + 1 - c): N = 2k + 1 with p(2k + 1) x prod (1 - p)."""
    edges = [
        {"from": "a", "to": "b"},
        {"from": "a", "to": "end", "probability": 0.3, "by_visit": END},
        {"from": "b", "to": "a", "probability": 1.0},
    ]
    people, left = 20_000, 1.0
    # `b` takes a step, `a` none: who ends in step k had 2k - 1 visits before it.
    journey = journey_of(edges, a={"weeks": 0})
    ended = np.diff([0, *standing(journey, "end", population=people, horizon=8)])
    for at, weight in enumerate([0.0, 1.0, 4.0, 4.0, 0.5, 0.5, 0.5, 0.5]):
        ends = 0.3 * weight / (0.3 * weight + 0.7)
        assert is_near(ended[at], left * ends, people), at
        left *= 1.0 - ends
    assert 0.02 < left < 0.3


@pytest.mark.parametrize(
    ("weight", "to_b", "to_c"), [(0.25, 0.025, 0.05), (4.0, 0.4, 0.05), (19.0, 1.9 / 1.95, 0.05 / 1.95)]
)
def test_a_weight_multiplies_a_hazard_as_far_as_there_is_room(weight, to_b, to_c):
    edges = [{"from": "a", "to": "b", "by_step": [0.1, 0.2]}, {"from": "a", "to": "c", "probability": 0.05}]
    people = 20_000
    weighted = journey_of([{**edges[0], "by_visit": [[1, weight]]}, edges[1]])
    gone = counts(weighted, population=people, horizon=1)
    assert is_near(gone["a", "b"], to_b, people) and is_near(gone["a", "c"], to_c, people)
    later = counts(weighted, population=people, horizon=2)
    stayed = people - sum(gone.values())
    assert is_near(later["a", "b"] - gone["a", "b"], min(0.2 * weight, 1.0), stayed)
    even = [{**edge, "by_visit": [[1, 1.0]]} for edge in edges]
    assert run(journey_of(even))[0].equals(run(journey_of(edges))[0])


def test_nobody_whom_a_weight_lets_leave_is_taken_to_stay():
    """The bound of a stage is no less than the probabilities with the largest weights."""
    edges = [{"from": "a", "to": "b", "by_step": [0.1, 0.2], "by_visit": [[1, 0.5], [2, 3.0], [3, 1.0]]}]
    edges += [{"from": "a", "to": "c", "probability": 0.05, "by_visit": [[1, 2.0]]}]
    graph = compile_graph({"t": read_journey("t", journey_of(edges))}, Market())
    node = graph.nodes[0]
    stay, ahead = (graph.bounds[node.first_bound : node.first_ahead], graph.bounds[node.first_ahead : node.end_bound])
    assert np.allclose(stay + ahead, [0.1 * 3.0 + 0.05 * 2.0, 0.2 * 3.0 + 0.05 * 2.0])


def test_a_reference_has_the_rest_and_its_own_weight():
    """In a stage that takes no time 0.3 x 2 : 0.2 x 1 : 0.5 x w go three ways; where all weights are 0, all take the reference."""
    first = {"from": "a", "to": "gate", "probability": 1.0}
    people = 10_000
    for rest_weight in (0.0, 1.0, 3.0):
        edges = [
            first,
            {"from": "gate", "to": "x", "probability": 0.3, "by_visit": [[1, 9.0], [2, 2.0], [3, 9.0]]},
            {"from": "gate", "to": "rest", "by_visit": [[1, 9.0], [2, rest_weight]]},
            {"from": "gate", "to": "y", "probability": 0.2},
        ]
        gone = counts(journey_of(edges, gate={"weeks": 0}), population=people, horizon=1)
        below = 0.6 + 0.2 + 0.5 * rest_weight
        for target, share in (("x", 0.6), ("y", 0.2), ("rest", 0.5 * rest_weight)):
            assert is_near(gone.get(("gate", target), 0), share / below, people)
    nowhere = [edge | ({"by_visit": [[1, 0.0]]} if edge["from"] == "gate" else {}) for edge in edges]
    for engine in ("numba", "mesa"):
        gone = counts(journey_of(nowhere, gate={"weeks": 0}), population=50, horizon=1, engine=engine)
        assert gone == {("a", "gate"): 50, ("gate", "rest"): 50}


def test_where_all_weights_are_0_customers_stay():
    """From visit 3 on nobody leaves `a` again."""
    edges = [
        {"from": "a", "to": "b", "probability": 1.0, "by_visit": [[1, 1.0], [3, 0.0]]},
        {"from": "b", "to": "a", "probability": 1.0},
    ]
    for engine in ("numba", "mesa"):
        assert counts(journey_of(edges), population=50, engine=engine) == {("a", "b"): 50, ("b", "a"): 50}


@pytest.mark.parametrize(
    ("uncounted", "visit"), [((), 3), (("gate",), 2), (("a",), 2), (("a", "gate"), 1), (("end",), 3)]
)
def test_stages_that_are_not_counted_are_no_visits(uncounted, visit):
    edges = [
        {"from": "a", "to": "gate", "probability": 1.0},
        {"from": "gate", "to": "fork"},
        {
            "from": "fork",
            "to": "other",
            "probability": 0.5,
            "by_visit": [[1, 1.0], [visit, 0.0], [visit + 1, 1.0]][visit == 1 :],
        },
        {"from": "fork", "to": "end", "probability": 0.5, "by_visit": [[1, 2.0]]},
    ]
    stages = {"gate": {"weeks": 0}} | {name: {"counted": False} for name in uncounted if name != "gate"}
    stages["gate"] |= {"counted": "gate" not in uncounted}
    for engine in ("numba", "mesa"):
        gone = counts(journey_of(edges, **stages), population=60, horizon=9, engine=engine)
        assert ("fork", "other") not in gone and gone["fork", "end"] == 60


def test_who_begins_in_a_stage_that_is_not_counted_has_its_weights_of_the_first_visit():
    edges = [
        {"from": "a", "to": "b", "probability": 0.5, "by_visit": [[1, 0.0], [2, 1.0]]},
        {"from": "a", "to": "c", "probability": 0.5, "by_visit": [[1, 2.0]]},
    ]
    assert counts(journey_of(edges, a={"counted": False}), horizon=1) == {("a", "c"): 400}


def test_the_burn_in_counts_and_arms_share_it():
    """All were in three stages when the horizon begins, in which one arm sends them back and the other does not."""
    edges = [
        {"from": "a", "to": "b", "probability": 1.0},
        {"from": "b", "to": "a", "probability": 0.5, "by_visit": [[1, 2.0], [4, 0.0]]},
        {"from": "b", "to": "end", "probability": 0.5, "by_visit": [[1, 0.0], [4, 2.0]]},
    ]
    never = [*edges[:1], {**edges[1], "by_visit": [[1, 2.0]]}, {**edges[2], "by_visit": [[1, 0.0]]}]
    for engine in ("numba", "mesa"):
        flows, _ = run(journey_of(edges), other=journey_of(never), burn_in=3, horizon=1, population=40, engine=engine)
        gone = {(row["arm"], row["from"], row["to"]): row["count"] for row in flows.to_dict("records") if row["count"]}
        assert gone == {("one", "b", "end"): 40, ("two", "b", "a"): 40}


def test_visits_are_counted_as_far_as_two_bytes_reach_and_only_where_weights_ask():
    edges = [{"from": "a", "to": "b", "probability": 1.0}, {"from": "b", "to": "a", "probability": 1.0}]
    weighted = [{**edges[0], "by_visit": [[1, 1.0]]}, edges[1]]
    part = Partition(scenario_of(journey_of(weighted), burn_in=5, population=9), 1, 0, 0, 9)
    assert part.population.visits.tolist() == [1] * 9
    part.population.visits[:] = MOST_VISITS - 1
    for week in range(4):
        part.week(week, np.zeros_like(part.counters.talk), 0)
    assert part.population.visits.tolist() == [MOST_VISITS] * 9
    assert Partition(scenario_of(journey_of(edges), population=9), 1, 0, 0, 9).population.visits.size == 0


@pytest.mark.parametrize(
    ("by_visit", "word"),
    [
        ([], "by_visit is a list of 0; give pairs"),
        ("often", "by_visit is 'often'"),
        ([0.5, 1.0], "by_visit.0 is 0.5"),
        ([[2, 1.0]], r"by_visit.0 is \[2, 1.0\]; .* rising from 1"),
        ([[1, 1.0], [1, 2.0]], "by_visit.1 is"),
        ([[1, 1.0], [3.0, 2.0]], "by_visit.1 is"),
        ([[True, 1.0]], "by_visit.0 is"),
        ([[1, -0.1]], "weights from 0 to"),
        ([[1, float("inf")]], "weights from 0 to"),
        ([[1, float("nan")]], "weights from 0 to"),
        ([[1, True]], "weights from 0 to"),
        ([[1, 1.0, 2.0]], "by_visit.0 is"),
        ([[1, 1.0], [10_001, 2.0]], "to 10000 at most"),
        ([[visit, 1.0] for visit in range(1, 66)], "has 65 pairs; at most 64"),
    ],
)
def test_what_cannot_be_used_is_refused(by_visit, word):
    with pytest.raises(ConfigError, match=word):
        read_journey("t", journey_of([{"from": "a", "to": "b", "probability": 0.1, "by_visit": by_visit}]))


def test_edges_whose_weights_would_mean_nothing_are_refused():
    weighted = {"from": "a", "to": "b", "by_visit": [[1, 2.0]]}
    with pytest.raises(ConfigError, match=r"stage 'a' has by_visit \(a -> b\) beside a logit \(a -> c\)"):
        read_journey("t", journey_of([weighted, {"from": "a", "to": "c", "logit": 0.5}]))
    with pytest.raises(ConfigError, match=r"beside on: contact \(a -> c\); .* take by_visit away"):
        read_journey("t", journey_of([weighted, {"from": "a", "to": "c", "on": "contact", "probability": 0.5}]))
    with pytest.raises(ConfigError, match="beside on: need"):
        waiting = journey_of([{**weighted, "on": "need"}], a={"does": "wait"})
        read_journey("t", waiting)
    half = [{"from": "a", "to": to, "probability": 0.5, "by_visit": [[1, 1.0], [4, 0.0]]} for to in "bc"]
    with pytest.raises(ConfigError, match="at visit 4 by_visit gives each of its edges the weight 0"):
        read_journey("t", journey_of(half, a={"weeks": 0}))
    assert len(read_journey("t", journey_of(half)).edges) == 2
    with pytest.raises(ConfigError, match="counted"):
        read_journey("t", journey_of(half, a={"counted": "often"}))


def test_what_is_read_is_written_and_kept_where_edges_are_changed():
    scenario = scenario_of(MANY, personas=MIX)
    journey = scenario.journeys["visits"]
    assert journey.edges[0].by_visit == ((1, 0.4), (4, 1.0), (9, 2.5)) and not journey.stages["gate"].counted
    assert read_journey("visits", normalize_journey(journey)).edges == journey.edges
    moved = [
        item for change in changes(journey, scenario.market, 0.1) for item in (change.better, change.worse) if item
    ]
    assert len(moved) > 8
    assert all([edge.by_visit for edge in other.edges] == [edge.by_visit for edge in journey.edges] for other in moved)
    assert draw_journey(journey) is not None
    with pytest.raises(ConfigError, match="no constant probability"):
        chain_of(read_journey("t", journey_of([{"from": "a", "to": "b", "probability": 0.1, "by_visit": [[1, 1.0]]}])))
