"""A journey is checked before anybody sets out: one message per fault, and every sound Markov chain loads."""

import copy
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.population import MAX_STAGES
from sim.scenario.errors import ConfigError
from sim.scenario.journey import DOES, FEATURES, GATES, Does, read_journey, stage_names
from sim.scenario.market import Market
from sim.world.graph import compile_graph, start_shares

SOUND = {
    "title": "A sound journey",
    "start": {"idle": 1.0},
    "stages": {
        "idle": {"does": "wait"},
        "need": {"weeks": 0},
        "consider": {"does": "recall", "channels": {"web": 0.7, "store": 0.3}},
        "buy": {"does": "choose"},
        "use": {"does": "use", "weeks": 2},
    },
    "edges": [
        {"from": "idle", "to": "need", "on": "need"},
        {"from": "need", "to": "buy", "only": "incumbent", "logit": {"base": -1.0, "satisfaction": 0.5}},
        {"from": "need", "to": "consider"},
        {"from": "consider", "to": "buy", "logit": {"base": 0.2}},
        {"from": "consider", "to": "buy", "on": "contact", "logit": {"base": -0.4, "pull": 2.0}},
        {"from": "buy", "to": "use"},
        {"from": "use", "to": "idle"},
    ],
}
MANY = {f"s{at}": {} for at in range(MAX_STAGES + 1)}
CHAIN = {"start": {"a": 1.0}, "stages": {"a": {}, "b": {}}, "edges": [{"from": "a", "to": "b", "probability": 0.3}]}

#: What is changed in a sound journey (path and value; DROP removes), and what the message must say.
DROP = object()
FAULTS = {
    "an unknown key": ([("starts", {})], "unknown key 'starts'; did you mean 'start'?"),
    "no stages": ([("stages", DROP)], "stages is null; give a mapping of one stage or more"),
    "stages in a list": ([("stages", ["idle"])], "stages is .*; give a mapping of one stage or more"),
    "empty stages": ([("stages", {})], "stages is .*; give a mapping of one stage or more"),
    "too many stages": ([("stages", MANY)], f"{MAX_STAGES + 1} stages; at most {MAX_STAGES}"),
    "a stage with a bad name": ([("stages", {"a b": {}})], "a name under stages is 'a b'; name a stage with"),
    "a stage that is no mapping": ([("stages.idle", 3)], "stages.idle is 3; give a mapping with keys among does, weeks"),
    "an unknown key of a stage": ([("stages.idle.wekks", 3)], "unknown key 'stages.idle.wekks'; did you mean 'weeks'?"),
    "an unknown deed": ([("stages.use.does", "dance")], "stages.use.does is 'dance'"),
    "a stay below nothing": ([("stages.use.weeks", -1)], "stages.use.weeks is -1; give a whole number from 0 to 10000"),
    "half a week": ([("stages.use.weeks", 1.5)], "stages.use.weeks is 1.5"),
    "effort in words": ([("stages.use.effort", "much")], "stages.use.effort is 'much'"),
    "a cost of a millionth": ([("stages.use.cost", 0.0000015)], "stages.use.cost is 1.5e-06"),
    "a choice that takes weeks": ([("stages.buy.weeks", 2)], "stage 'buy' chooses and stays 2 weeks; .*leave weeks out"),
    "channels that do not sum": ([("stages.consider.channels.web", 0.8)], "stages.consider.channels sum to 1.1; make them"),
    "a channel's share above 1": ([("stages.consider.channels.web", 1.2)], "channels.web is 1.2; give a share from 0 to 1"),
    "no start": ([("start", DROP)], "start is null; give shares of customers by stage"),
    "a start by name alone": ([("start", "idle")], "start is 'idle'; give shares"),
    "a start nowhere": ([("start", {"idel": 1.0})], "start names unknown stage 'idel'; did you mean 'idle'?"),
    "shares that do not sum": ([("start", {"idle": 0.5})], "shares under start sum to 0.5; make them sum to 1"),
    "a negative share": ([("start", {"idle": 1.5, "use": -0.5})], "start.idle is 1.5; give a share from 0 to 1"),
    "a share in words": ([("start", {"idle": "all"})], "start.idle is 'all'; give a share"),
    "a share that is no number": ([("start", {"idle": float("nan")})], "start.idle is .*nan.*; give a share"),
    "edges in a mapping": ([("edges", {"from": "idle"})], "edges is .*; give a list of {from, to"),
    "an edge in words": ([("edges.0", "idle -> need")], "edges.0 is 'idle -> need'; give a mapping with keys from, to"),
    "an unknown key of an edge": ([("edges.0.form", "idle")], "edges.0 has unknown key 'form'; did you mean 'from'?"),
    "an edge from nowhere": ([("edges.0.from", DROP)], "edges.0 has no 'from'; name the stage it goes from"),
    "an edge to nowhere": ([("edges.0.to", DROP)], "edges.0 has no 'to'; name the stage it goes to"),
    "an unknown end": ([("edges.0.to", "nede")], "edges.0.to is unknown stage 'nede'; did you mean 'need'?"),
    "an unknown occasion": ([("edges.0.on", "monday")], r"edges.0 \(idle -> need\).on is 'monday'; accepted: contact, need"),
    "an unknown gate": ([("edges.1.only", "members")], "only is 'members'; accepted: incumbent, automation"),
    "both kinds of hazard": ([("edges.1.probability", 0.5)], "edges.1 .* has both logit and probability; give one"),
    "a contact without hazard": ([("edges.4.logit", DROP)], "edges.4 .* opens on contact but has no hazard"),
    "a hazard in words": ([("edges.1.logit", "high")], "edges.1 .*logit is 'high'; give {base: number"),
    "an unknown feature": (
        [("edges.1.logit.satisfactoin", 1)],
        "edges.1 .*logit has unknown feature 'satisfactoin'; did you mean 'satisfaction'?",
    ),
    "a coefficient in words": ([("edges.1.logit.trust", "high")], "logit.trust is 'high'; give a number"),
    "a coefficient without end": ([("edges.1.logit.trust", float("inf"))], "logit.trust is .*inf.*; give a number"),
    "a coefficient beyond sense": ([("edges.1.logit.trust", 1e7)], "logit.trust is 10000000.0; give a number from -1000000"),
    "a probability above 1": ([("edges.3", {"from": "consider", "to": "buy", "probability": 1.2})],
                              "probability is 1.2; give a probability from 0 to 1"),
    "a probability that is no trait": ([("edges.3", {"from": "consider", "to": "buy", "probability": "luck"})],
                                       "probability is 'luck'; give a number from 0 to 1 or one of deliberation"),
    "a base outside": ([("edges.3", {"from": "consider", "to": "buy", "probability": {"base": -0.1, "trust": 1}})],
                       "probability is -0.1; give a probability from 0 to 1"),
    "mixed hazards": ([("edges.4", {"from": "consider", "to": "buy", "probability": 0.1})],
                      "stage 'consider' mixes logit and probability edges; use one kind"),
    "a need where nobody waits": ([("edges.6.on", "need")], "stage 'use' has an edge on need but does 'use'; only a wait"),
    "a wait without need": ([("edges.0.on", DROP)], "stage 'idle' waits for a need, but no edge opens on need"),
    "two references": ([("edges.3.logit", DROP), ("edges.4", {"from": "consider", "to": "idle"})],
                       "stage 'consider' has 2 edges without hazard"),
    "an instant without way": ([("edges.2.logit", {"base": 1.0})], "stage 'need' resolves within the week but has no edge"),
    "an instant with a gate": ([("edges.5.only", "automation")], "stage 'buy' resolves within the week but has no edge"),
    "a stage nobody reaches": ([("stages.island", {})], "stage 'island' cannot be reached from the start; add an edge"),
    "a cycle within a week": (
        [("edges.1", {"from": "use", "to": "consider", "logit": {"base": 0.1}}), ("stages.use.weeks", 0),
         ("edges.6.to", "need"), ("edges.2.to", "buy"), ("edges.3.to", "idle")],
        "resolve within the week and form a cycle; give one of them weeks",
    ),
}  # fmt: skip


def changed(changes):
    journey = copy.deepcopy(SOUND)
    for path, value in changes:
        *way, last = (int(step) if step.isdigit() else step for step in path.split("."))
        inner = journey
        for step in way:
            inner = inner[step]
        if value is DROP:
            del inner[last]
        else:
            inner[last] = value
    return journey


def test_the_sound_journey_loads():
    journey = read_journey("sound", SOUND)
    assert list(journey.stages) == list(SOUND["stages"]) and len(journey.edges) == len(SOUND["edges"])


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_with_its_place_and_its_remedy(fault):
    changes, message = FAULTS[fault]
    with pytest.raises(ConfigError) as refusal:
        read_journey("mine", changed(changes), "journey/mine.yaml")
    said = str(refusal.value)
    assert said.startswith("journey/mine.yaml: ") and "\n" not in said
    assert re.search(message, said), said


@pytest.mark.parametrize("data", [None, 3, "chain", ["a"]])
def test_a_journey_that_is_no_mapping(data):
    with pytest.raises(ConfigError, match="journey 'mine': found .*; give a mapping with keys name, title, start"):
        read_journey("mine", data)


def test_probabilities_of_a_stage_sum_to_one_at_most():
    chain = copy.deepcopy(CHAIN)
    chain["edges"].append({"from": "a", "to": "a", "probability": 0.8})
    with pytest.raises(ConfigError, match="stage 'a' has probabilities that sum to 1.1; make them sum to 1 or less"):
        read_journey("chain", chain)


def test_a_cycle_that_leaves_the_week_is_no_cycle():
    journey = changed([("stages.need.weeks", 1), ("edges.5.to", "need")])
    journey["edges"] += [{"from": "need", "to": "use", "logit": {"base": 0.0}}]
    read_journey("round", journey)


def test_on_read_as_true_by_yaml_1_1_is_on():
    journey = changed([])
    journey["edges"][0] = {"from": "idle", "to": "need", True: "need"}
    assert read_journey("old", journey).edges[0].on == "need"


@pytest.mark.parametrize("name", FEATURES)
def test_every_feature_can_drive_a_hazard(name):
    chain = copy.deepcopy(CHAIN)
    chain["edges"][0]["probability"] = {"base": 0.01, name: 0.4}
    (edge,) = read_journey("chain", chain).edges
    assert edge.probability == {"base": 0.01, name: 0.4}
    chain["edges"][0]["probability"] = name
    (edge,) = read_journey("chain", chain).edges
    assert edge.probability == {"base": 0.0, name: 1.0}


@pytest.mark.parametrize("gate", GATES)
def test_every_gate_is_known(gate):
    assert read_journey("gated", changed([("edges.1.only", gate)])).edges[1].only == gate


def test_every_deed_has_a_number():
    assert [DOES.index(name) for name in DOES] == [int(item) for item in Does]


@st.composite
def chains(draw):
    """Markov chains that are sound by construction: every stage is reached from the one before it."""
    size = draw(st.integers(1, 8))
    weights = draw(st.lists(st.integers(0, 6), min_size=size * size, max_size=size * size))
    table = np.array(weights, dtype=float).reshape(size, size)
    for at in range(1, size):
        table[at - 1, at] += 1
    leaving = table / np.maximum(table.sum(axis=1, keepdims=True), 1.0)
    leaving *= draw(st.floats(0.05, 1.0))
    names = [f"stage-{at}" for at in range(size)]
    edges = [
        {"from": names[a], "to": names[b], "probability": float(leaving[a, b])}
        for a in range(size)
        for b in range(size)
        if leaving[a, b] > 0
    ]
    return {"start": {names[0]: 1.0}, "stages": {name: {} for name in names}, "edges": edges}


@given(chains())
def test_every_sound_markov_chain_loads_and_compiles_to_itself(data):
    journey = read_journey("chain", data)
    journeys = {"chain": journey}
    assert stage_names(journeys) == tuple(data["stages"])
    graph = compile_graph(journeys, Market())
    assert len(graph.edges) == len(data["edges"])
    for edge, given_edge in zip(graph.edges, data["edges"], strict=True):
        assert edge.intercept == given_edge["probability"] and edge.first_term == edge.end_term
    assert start_shares(journey, stage_names(journeys))[-1] == pytest.approx(1.0)
    for column in graph:
        with pytest.raises(ValueError):
            column[...] = column
