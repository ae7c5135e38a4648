"""Hazards by time in stage and in the run, edges of single personas and of a part of the run: theorems, refusals, and the two engines bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from agents.population import MAX_STAGES
from sim import compare
from sim.scenario.errors import ConfigError
from sim.scenario.journey import read_journey
from sim.scenario.market import Market
from sim.scenario.scenario import Scenario
from sim.world.graph import compile_graph


def chain(edges, start=None):
    start = start or {"a": 1.0}
    names = dict.fromkeys([*start, *(edge[end] for edge in edges for end in ("from", "to"))])
    return {"start": start, "stages": {name: {} for name in names}, "edges": edges}


def flows(edges, *, start=None, **options):
    return flows_of(chain(edges, start), **options)


def flows_of(journey, *, engine="numba", personas="everyone", horizon=12, population=400):
    data = {
        "name": "timed", "market": "none", "personas": personas, "baseline": "one",
        "arms": {"one": {"focal": {"journey": "timed"}}}, "journeys": {"timed": journey},
        "population": population, "horizon": horizon, "burn_in": 0,
    }  # fmt: skip
    result = compare(Scenario.from_dict(data), replicates=1, seed=3, threads=1, engine=engine)
    return result.flows.sort_values(["persona", "from", "to"]).reset_index(drop=True), result.weekly


TIMED = [
    {"from": "a", "to": "b", "by_step": [0.1, 0.5, 0.02]},
    {"from": "a", "to": "c", "by_step": [[1, 0.0], [4, 0.3]]},
    {"from": "b", "to": "a", "by_step": [[1, 0.2], [3, 0.9]], "personas": ["quick"]},
    {"from": "b", "to": "a", "probability": 0.05, "personas": "slow", "during": [1, 7]},
    {"from": "b", "to": "c", "by_step": [[1, 0.0], [8, 0.1]], "clock": "forward", "during": [4, None]},
]
MIX = {"quick": {"share": 0.5}, "slow": {"share": 0.5}}


def test_engines_agree_bit_for_bit():
    fast, weekly = flows(TIMED, personas=MIX, population=150)
    readable, weekly_too = flows(TIMED, personas=MIX, population=150, engine="mesa")
    assert fast.equals(readable) and weekly.equals(weekly_too)


def test_engines_agree_where_a_stage_that_takes_no_time_sends_customers_on_by_their_age():
    """Up to step 4 a third of those who come by go to c, then three quarters, and the others to d."""
    edges = [
        {"from": "a", "to": "b", "by_step": [0.3, 0.6]},
        {"from": "b", "to": "c", "by_step": [[1, 1 / 3], [5, 0.75]], "clock": "forward"},
        {"from": "b", "to": "d"},
        {"from": "c", "to": "a", "probability": 0.5},
        {"from": "d", "to": "a", "probability": 0.5},
    ]
    journey = chain(edges)
    journey["stages"]["b"] = {"weeks": 0}
    counts = {}
    for horizon in (4, 20):
        runs = [flows_of(journey, engine=engine, population=900, horizon=horizon) for engine in ("numba", "mesa")]
        assert runs[0][0].equals(runs[1][0]) and runs[0][1].equals(runs[1][1])
        counts[horizon] = runs[0][0].query("`from` == 'b'").groupby("to")["count"].sum()
    for part, share in ((counts[4], 1 / 3), (counts[20] - counts[4], 0.75)):
        visits = part.sum()
        assert abs(part["c"] - share * visits) < 4 * np.sqrt(visits * share * (1 - share))


def test_engines_agree_on_as_many_stages_as_there_may_be():
    """A circle of all stages, some of them left by time in stage: customers come to every one of them."""
    names = [f"s{at}" for at in range(MAX_STAGES)]
    edges = [
        {"from": one, "to": other, **({"by_step": [0.2, 0.9]} if at % 3 else {"probability": 0.8})}
        for at, (one, other) in enumerate(zip(names, [*names[1:], names[0]], strict=True))
    ]
    start = dict.fromkeys(names[::50], 0.05)
    runs = [flows(edges, start=start, horizon=150, population=200, engine=engine) for engine in ("numba", "mesa")]
    assert runs[0][0].equals(runs[1][0]) and runs[0][1].equals(runs[1][1])
    assert set(runs[0][0].query("count > 0")["to"]) == set(names)


def test_a_constant_list_is_a_constant_probability():
    assert flows([{"from": "a", "to": "b", "by_step": [0.3, 0.3]}])[0].equals(
        flows([{"from": "a", "to": "b", "probability": 0.3}])[0]
    )


def test_time_in_stage_follows_the_hazard():
    """Customers enter b in the first step and leave it by 0.1, 0.5, then 1: shares 0.1, 0.45, 0.45 (z < 4)."""
    edges = [{"from": "a", "to": "b", "probability": 1.0}, {"from": "b", "to": "c", "by_step": [0.1, 0.5, 1.0]}]
    people = 4000
    left = np.diff(
        [0]
        + [
            flows(edges, horizon=weeks, population=people)[0].query("`from` == 'b'")["count"].sum()
            for weeks in (2, 3, 4)
        ]
    )
    expected = np.array([0.1, 0.45, 0.45]) * people
    assert (np.abs(left - expected) < 4 * np.sqrt(expected)).all()
    begun = [{"from": "a", "to": "b", "by_step": [0.1, 0.5, 1.0]}]
    left = np.diff([0] + [flows(begun, horizon=weeks, population=people)[0]["count"].sum() for weeks in (1, 2, 3)])
    assert (np.abs(left - expected) < 4 * np.sqrt(expected)).all()


def test_a_forward_clock_runs_from_the_beginning_of_the_run():
    """Whenever b was entered it is left in the fourth step, and only there: an edge that is there in that step alone."""
    to_b = {"from": "a", "to": "b", "by_step": [0.3, 0.2]}
    by_clock = {"from": "b", "to": "c", "by_step": [[1, 0.0], [4, 0.5], [5, 0.0]], "clock": "forward"}
    in_step = {"from": "b", "to": "c", "probability": 0.5, "during": [4, 4]}
    assert flows([to_b, by_clock])[0].equals(flows([to_b, in_step])[0])
    left, _ = flows([to_b, by_clock], population=4000)
    entered = flows([to_b], horizon=3, population=4000)[0]["count"].sum()
    count = left.query("`from` == 'b'")["count"].sum()
    assert abs(count - 0.5 * entered) < 4 * np.sqrt(0.25 * entered)
    assert flows([to_b, by_clock], horizon=3)[0].query("`from` == 'b'")["count"].sum() == 0


def test_an_edge_for_one_persona_is_taken_by_it_alone():
    found, _ = flows([{"from": "a", "to": "b", "probability": 0.5, "personas": ["slow"]}], personas=MIX)
    assert found[found["count"] > 0]["persona"].unique().tolist() == ["slow"]


def test_nobody_who_may_leave_is_taken_to_stay():
    """The bound of a stage is no less than all its edges, open or not, at every time in it and in the run."""
    free = {"from": "c", "to": "a", "probability": {"base": 0.1, "effort": 0.1}}
    timed = [*TIMED, {"from": "c", "to": "b", "by_step": [0.1]}, free]
    graph = compile_graph({"timed": read_journey("timed", chain(timed))}, Market(), ("quick", "slow"))
    for node in graph.nodes[:2]:
        edges = graph.edges[node.first_edge : node.end_edge]
        bins = graph.step_bins[node.first_step : node.first_ahead_step]
        ahead_bins = graph.step_bins[node.first_ahead_step : node.end_ahead_step]
        for spent, week in np.ndindex(12, 12):
            total = 0.0
            for edge in edges:
                bin = ahead_bins[min(week, ahead_bins.size - 1)] if edge.forward else bins[min(spent, bins.size - 1)]
                at = edge.first_step + np.int64(bin) * edge.step_edges
                total += graph.by_step[at] if edge.step_edges else edge.intercept
            stay, ahead = (
                graph.bounds[node.first_bound : node.first_ahead],
                graph.bounds[node.first_ahead : node.end_bound],
            )
            bound = stay[bins[min(spent, bins.size - 1)]] + ahead[ahead_bins[min(week, ahead_bins.size - 1)]]
            assert total <= bound <= total * (1 + 1e-8)
    assert graph.nodes[2].first_bound == graph.nodes[2].end_bound


def test_both_forms_of_the_list_are_read():
    journey = read_journey("t", chain([{"from": "a", "to": "b", "by_step": [0.5, 0.25]}]))
    assert journey.edges[0].by_step == ((1, 0.5), (2, 0.25))
    journey = read_journey("t", chain([{"from": "a", "to": "b", "by_step": [[1, 0.5], [9, 0.25]]}]))
    assert journey.edges[0].by_step == ((1, 0.5), (9, 0.25))


@pytest.mark.parametrize(
    ("edge", "word"),
    [
        ({"by_step": []}, "by_step is"),
        ({"by_step": [1.5]}, "by_step.0 is 1.5"),
        ({"by_step": [[2, 0.1]]}, "rise from 1"),
        ({"by_step": [[1, 0.1], [1, 0.2]]}, "rise from 1"),
        ({"by_step": "often"}, "by_step is"),
        ({"by_step": [0.1], "probability": 0.1}, "both probability and by_step"),
        ({"by_step": [0.1], "personas": 3}, "name one persona"),
        ({"by_step": [0.1], "clock": "back"}, "clock is 'back'"),
        ({"probability": 0.1, "clock": "forward"}, "without by_step"),
        ({"probability": 0.1, "during": [0, 3]}, "during is"),
        ({"probability": 0.1, "during": [4, 3]}, "during is"),
        ({"probability": 0.1, "during": "summer"}, "during is"),
        ({"probability": 0.1, "during": [2.0, 3]}, "during is"),
    ],
)
def test_what_cannot_be_used_is_refused(edge, word):
    with pytest.raises(ConfigError, match=word):
        read_journey("t", chain([{"from": "a", "to": "b", **edge}]))


def test_probabilities_of_a_step_sum_to_one_at_most():
    edges = [{"from": "a", "to": "b", "by_step": [0.5, 0.6]}, {"from": "a", "to": "c", "by_step": [0.5, 0.3, 0.6]}]
    with pytest.raises(ConfigError, match="sum to 1.2 in step 3"):
        read_journey("t", chain(edges))
    apart = [{**edges[0], "personas": "x"}, {**edges[1], "personas": "y"}]
    assert len(read_journey("t", chain(apart)).edges) == 2
    apart = [{**edges[0], "during": [1, 9]}, {**edges[1], "during": [10, None]}]
    assert len(read_journey("t", chain(apart)).edges) == 2
    ahead = [{**edges[0], "during": [3, 9]}, {**edges[1], "clock": "forward"}]
    with pytest.raises(ConfigError, match="sum to 1.2 in step 3 of the run"):
        read_journey("t", chain(ahead))
    assert len(read_journey("t", chain([{**edges[0], "during": [2, 2]}, ahead[1]])).edges) == 2


def test_an_unknown_persona_of_an_edge_is_refused():
    with pytest.raises(ConfigError, match="persona 'nobody'"):
        flows([{"from": "a", "to": "b", "probability": 0.5, "personas": ["nobody"]}])
