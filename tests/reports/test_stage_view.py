"""Stage views: a map of a journey of many edges shows ways between stages, and counts those it does not show."""

import numpy as np
import pytest
from matplotlib.text import Text
from matplotlib.textpath import TextPath

from sim.reports.figures.journey_graph import MARGIN, NOTE
from sim.reports.figures.journey_map import draw_difference, draw_flows, draw_journey
from sim.reports.stage_view import StageView, between_stages, stage_view
from sim.scenario.journey import Edge, Journey, Stage

#: A hub that is left and come back to from twenty stages, of which each stands twice; one rare way leads to the goal.
NAMES = [f"s{at:02}" for at in range(20)]


@pytest.fixture
def found():
    states = ["hub", *NAMES, *(f"{name}__last" for name in NAMES), "goal"]
    pairs = [("hub", name) for name in NAMES] + [(name, "hub") for name in NAMES]
    pairs += [(name, f"{name}__last") for name in NAMES] + [("hub", f"{name}__last") for name in NAMES]
    pairs.append(("s19", "goal"))
    edges = tuple(Edge(source=one, target=two, probability={"base": 0.01}) for one, two in pairs)
    journey = Journey(name="found", start={"hub": 1.0}, stages={name: Stage() for name in states}, edges=edges)
    flows = {pair: np.full(3, 100.0 - 4.0 * (at % 20)) for at, pair in enumerate(pairs)}
    flows["s19", "goal"] = np.full(3, 1.0)
    return journey, flows


def test_the_most_taken_ways_are_shown_and_one_to_the_goal(found):
    journey, flows = found
    view = stage_view([journey], [flows], ["goal"])
    assert all("__" not in name for pair in view.pairs for name in pair)
    # Thirty ways, that to the goal, and the one by which most come to where it begins.
    assert {("s19", "goal"), ("hub", "s19"), ("hub", "s00")} <= view.pairs and 31 <= len(view.pairs) <= 33
    between = between_stages(flows)
    total = sum(counts.mean() for counts in between.values())
    assert ("s00", "s00") not in between and between["hub", "s00"].tolist() == [200.0] * 3
    assert view.left_out == pytest.approx(1 - sum(between[pair].mean() for pair in view.pairs) / total)
    (short,) = view.journeys([journey])
    assert set(short.stages) == {name for pair in view.pairs for name in pair}
    assert {(edge.source, edge.target) for edge in short.edges} == view.pairs and short.start == {"hub": 1.0}


def test_a_journey_of_few_edges_is_shown_as_it_is(found):
    journey, flows = found
    few = Journey(name="few", start=journey.start, stages=journey.stages, edges=journey.edges[:60])
    assert stage_view([few], [flows]) is None and stage_view([few, journey], [flows]) is not None


def test_boxes_count_all_who_come_and_not_those_drawn_alone(found):
    journey, flows = found
    view = stage_view([journey], [flows], ["goal"])
    between, short = between_stages(flows), view.journeys([journey])
    shown = {"shown": view.pairs, "note": view.note, "title": "map"}
    figure = draw_flows(short, between, customers=100.0, **shown)
    said = [text.get_text() for text in figure.findobj(Text)]
    back = sum(counts.mean() for (_, target), counts in between.items() if target == "hub") / 100.0
    assert any(f"{back:.2g} × per customer" in text for text in said) and any(view.note in text for text in said)
    more = {pair: counts + 10.0 for pair, counts in between.items()}
    figure = draw_difference(short, more, between, customers=100.0, **shown)
    said = [text.get_text() for text in figure.findobj(Text)]
    # Twenty ways back to the hub, ten more by each, per hundred customers.
    assert "+200 visits" in said


def test_a_note_that_is_longer_than_the_map_is_broken():
    """Of a map of the likeliest ways the last words were cut at its edge."""
    note = StageView(frozenset(), 0.29, counted=False).note
    short = Journey(name="short", start={"a": 1.0}, stages={"a": Stage()}, edges=())
    figure = draw_journey(short, note=note)
    notes = [text for text in figure.findobj(Text) if text.get_fontsize() == NOTE and text.get_text()]
    assert " ".join(text.get_text() for text in reversed(notes)).startswith(note)
    wide = [TextPath((0.0, 0.0), text.get_text(), size=NOTE).get_extents().x1 / 72.0 for text in notes]
    assert len(notes) > 1 and MARGIN + max(wide) < figure.get_figwidth()
