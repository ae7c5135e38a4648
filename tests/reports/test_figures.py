"""Figures: labelled, the same bytes each time, safe with any name, and drawable from very little."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.text import Text

from sim.analysis.bands import band_of, periods, ratio
from sim.api import compare
from sim.data.log_file import read_event_log
from sim.discovery.discover import discover
from sim.discovery.inside_view import inside_view
from sim.experiments.result import Result
from sim.reports import plots
from sim.reports.discovery import discovery_document
from sim.reports.figures.alluvial import draw_alluvial
from sim.reports.figures.effectiveness import EffectivenessCurve, draw_effectiveness
from sim.reports.figures.frontier import draw_found
from sim.reports.figures.gap import Gap
from sim.reports.figures.journey_graph import order_stages
from sim.reports.figures.journey_map import draw_change, draw_difference, draw_flows, draw_journey
from sim.reports.figures.money import draw_cash, draw_waterfall
from sim.reports.figures.personas import draw_personas, draw_values
from sim.reports.figures.repeat_buying import draw_weeks
from sim.reports.journey_map import draw_map, flows_of
from sim.reports.pictures import pictures
from sim.reports.style import _checked_settings, look, png_bytes, style, svg_text
from sim.scenario.errors import ConfigError
from sim.scenario.journey import Edge, Journey, Stage
from sim.scenario.scenario import Scenario

HOSTILE = "<script>$x_{1}$ & \"'"

LOOP = Journey(
    name="loop",
    start={"idle": 1.0},
    stages={
        "idle": Stage(does="wait"),
        "need": Stage(weeks=0),
        "consider": Stage(does="recall"),
        "evaluate": Stage(does="search", effort=0.6),
        "buy": Stage(does="choose"),
        "use": Stage(does="use", weeks=2),
        "bond": Stage(does="bond"),
    },
    edges=(
        Edge(source="idle", target="need", on="need"),
        Edge(source="need", target="buy", only="incumbent", logit={"base": -1.0, "trust": 1.0}),
        Edge(source="need", target="consider"),
        Edge(source="consider", target="evaluate", logit={"base": 0.2, "deliberation": 1.0}),
        Edge(source="consider", target="buy", logit={"base": -1.0}),
        Edge(source="evaluate", target="buy", logit={"base": -0.4}),
        Edge(source="evaluate", target="idle", logit={"base": -2.0}),
        Edge(source="buy", target="use"),
        Edge(source="use", target="bond", logit={"base": -1.0}),
        Edge(source="use", target="idle"),
        Edge(source="bond", target="idle"),
    ),
)
FLOWS = {
    ("idle", "need"): 1000.0,
    ("need", "buy"): 200.0,
    ("need", "consider"): 800.0,
    ("consider", "evaluate"): 600.0,
    ("consider", "buy"): 200.0,
    ("evaluate", "buy"): 450.0,
    ("evaluate", "idle"): 150.0,
    ("buy", "use"): 850.0,
    ("use", "bond"): 100.0,
    ("use", "idle"): 750.0,
    ("bond", "idle"): 100.0,
}


def many(flows: dict[tuple[str, str], float], scale: float = 1.0) -> dict[tuple[str, str], np.ndarray]:
    return {pair: np.array([count, count + 3.0, count - 2.0]) * scale for pair, count in flows.items()}


def words_in(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(match=lambda item: hasattr(item, "get_text"))]


def check_labelled(figure: Figure) -> None:
    panels = [axes for axes in figure.axes if axes.axison]
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert any(titles)
    for axes in panels:
        assert axes.get_xlabel() or axes is not panels[-1]
        assert axes.get_xlabel() or axes.get_ylabel()


@pytest.fixture
def result(scenario: Scenario, pretend_runs: Callable[..., list[int]]) -> Result:
    pretend_runs(better=40, noise=10)
    return compare(scenario, replicates=3)


def test_every_picture_is_titled_labelled_and_explained(result: Result) -> None:
    found = list(pictures(result))
    assert len({picture.name for picture in found}) == len(found)
    for picture in found:
        check_labelled(picture.figure)
        assert picture.alt
        assert picture.reading.endswith(".")


def test_the_same_result_gives_the_same_bytes(result: Result) -> None:
    first = {picture.name: svg_text(picture.figure) for picture in pictures(result)}
    second = {picture.name: svg_text(picture.figure) for picture in pictures(result)}
    assert first == second
    assert png_bytes(plots.overview(result), 60.0) == png_bytes(plots.overview(result), 60.0)


def test_svg_names_no_date_and_no_address_but_its_namespace(result: Result) -> None:
    text = svg_text(plots.cash(result))
    without = text.replace("http://www.w3.org/2000/svg", "").replace("http://www.w3.org/1999/xlink", "")
    assert "http" not in without
    assert "date" not in text.lower()


@pytest.mark.parametrize("metric", ["contribution", "revenue", "purchases", "market_share", "loop_share", "fatigue"])
def test_difference_of_a_metric(result: Result, metric: str) -> None:
    check_labelled(plots.difference(result, metric))


def test_unknown_metric_or_arm_is_refused_with_the_choices(result: Result) -> None:
    with pytest.raises(ValueError, match="market_share"):
        plots.difference(result, "luck")
    with pytest.raises(ValueError, match="proactive"):
        plots.journey_map(result, "nobody")


def test_plot_accessor_finds_the_figures(result: Result) -> None:
    assert isinstance(result.plot.journey_map(), Figure)
    assert isinstance(result.plot.difference("contribution"), Figure)
    # What a notebook asks of the last thing in a cell, without `%matplotlib inline`.
    assert result.plot.cash()._repr_png_().startswith(b"\x89PNG")
    with pytest.raises(AttributeError, match="journey_map"):
        result.plot.nothing()


@pytest.mark.parametrize("replicates", [1, 2])
def test_few_replicates(scenario: Scenario, pretend_runs: Callable[..., list[int]], replicates: int) -> None:
    pretend_runs(better=40)
    for picture in pictures(compare(scenario, replicates=replicates)):
        svg_text(picture.figure)


def test_three_arms_one_persona_one_arm(
    scenario: Scenario, three_arms: Scenario, pretend_runs: Callable[..., list[int]]
) -> None:
    pretend_runs(better=40, noise=5)
    alone = replace(scenario, arms={"classic": scenario.arms["classic"]})
    for case in (three_arms, replace(scenario, personas=scenario.personas[:1]), alone):
        outcome = compare(case, replicates=2)
        names = [picture.name for picture in pictures(outcome)]
        assert len(names) == len(set(names))
        for picture in pictures(outcome):
            svg_text(picture.figure)
        png_bytes(plots.overview(outcome), 50.0)


def test_zero_purchases(result: Result) -> None:
    nothing = tuple(
        {
            arm: replace(history, purchases=history.purchases * 0, flows=history.flows * 0)
            for arm, history in arms.items()
        }
        for arms in result.histories
    )
    empty = replace(result, histories=nothing)
    names = [picture.name for picture in pictures(empty)]
    assert "loyalty" not in names
    svg_text(plots.loyalty(empty))
    svg_text(plots.overview(empty))


def test_hostile_names_are_drawn_as_written() -> None:
    stages = {HOSTILE: Stage(does="wait"), "b": Stage(does="choose")}
    edges = (Edge(source=HOSTILE, target="b", on="need"), Edge(source="b", target=HOSTILE))
    journey = Journey(name=HOSTILE, start={HOSTILE: 1.0}, stages=stages, edges=edges)
    for figure in (
        draw_journey(journey),
        draw_flows([journey], {(HOSTILE, "b"): np.array([3.0])}, title=HOSTILE, customers=3),
        draw_waterfall((HOSTILE, 1.0), ("$$", 2.0), [("$a", 1.0)], currency="$", title=HOSTILE),
        draw_cash({HOSTILE: np.ones((2, 5))}, currency="$", payback={}, title=HOSTILE),
    ):
        assert any("<scr" in words for words in words_in(figure))
        text = svg_text(figure)
        assert "<script" not in text
        texts = figure.findobj(match=lambda item: hasattr(item, "get_parse_math"))
        guilty = [item for item in texts if item.get_text().count("$") > 1 and item.get_parse_math()]
        assert not guilty


def test_order_follows_the_longest_way_and_leaves_loops_out() -> None:
    edges = [(edge.source, edge.target) for edge in LOOP.edges]
    names = sorted(LOOP.stages)
    assert order_stages(names, edges, ["idle"]) == tuple(LOOP.stages)


def test_order_of_a_long_chain_needs_no_recursion() -> None:
    names = [str(number) for number in range(3000)]
    edges = list(zip(names, names[1:], strict=False))
    assert order_stages(names[::-1], edges, ["0"]) == tuple(names)


def test_names_fit_their_boxes_and_no_two_look_alike() -> None:
    names = (
        "T06_Determine_necessity_of_stop_advice",
        "Registration of the request by the officer in charge of the north",
        "Registration of the request by the officer in charge of the south",
        "W" * 60,
        "buy",
    )
    pairs = list(pairwise(names))
    lines = Journey(
        name="long names",
        start={names[0]: 1.0},
        stages={name: Stage() for name in names},
        edges=tuple(Edge(source=source, target=target) for source, target in pairs),
    )
    figure = draw_flows([lines], {pair: np.ones(1) for pair in pairs}, title="names")
    canvas = FigureCanvasAgg(figure)
    boxes = [patch for patch in figure.findobj(FancyBboxPatch) if patch.get_zorder() == 4]
    said = [text for text in figure.findobj(Text) if text.get_fontweight() == "bold" and text.get_zorder() == 7]
    assert len(boxes) == len(said) == len({text.get_text() for text in said}) == len(names)
    assert said[0].get_text() == "T06 Determine\nnecessity of stop\nadvice"
    for box, text in zip(boxes, said, strict=True):
        outside, inside = box.get_window_extent(), text.get_window_extent(canvas.get_renderer())
        assert outside.x0 < inside.x0 < inside.x1 < outside.x1
        assert outside.y0 < inside.y0 < inside.y1 < outside.y1


def test_the_map_of_a_log_begins_where_cases_begin(tmp_path: Path) -> None:
    """Half of the cases go round between two stages: these are the busiest, and yet not the beginning."""
    lines = ["case,activity,time"]
    for case in range(60):
        way = ["Arrive at the shop"] + ["Look", "Ask"] * (4 if case % 2 else 1) + ["Pay"]
        lines += [f"{case},{stage},2026-01-{1 + day:02}T{case % 24:02}:00:00" for day, stage in enumerate(way)]
    path = tmp_path / "log.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = discover(read_event_log(path), "made", "", goal="Pay", seed=1, threads=1)
    figure = discovery_document(found, "made", "log.csv", 1.0).pictures[0].figure
    assert isinstance(figure, Figure)
    said = [text.get_text() for text in figure.findobj(Text) if text.get_zorder() == 7]
    assert said == ["Arrive at the shop", "Look", "Ask", "Pay"]


def test_maps_of_a_log_say_shares_of_all_who_leave_and_what_of_a_drawn_journey_was_lived(tmp_path: Path) -> None:
    """Of 100 who look 60 pay, 36 ask and 4 call: drawn were 60 % and 40 %, and that half of those who ask look again."""
    ways = (
        [["look", "pay"]] * 60 + [["look", "ask", "pay"]] * 33 + [["look", "ask", "look"]] * 3 + [["look", "call"]] * 4
    )
    lines = [f"{case},{stage},2026-01-{1 + day:02}T{case % 24:02}:00:00"
             for case, way in enumerate(ways) for day, stage in enumerate(way)]  # fmt: skip
    path = tmp_path / "log.csv"
    path.write_text("\n".join(["case,activity,time", *lines]) + "\n", encoding="utf-8")
    found = discover(read_event_log(path), "made", "", goal="pay", seed=1, threads=1)

    def edge(source: str, target: str, base: float) -> Edge:
        return Edge(source=source, target=target, probability={"base": base})

    inside = Journey(
        name="inside",
        start={"look": 1.0},
        stages={name: Stage() for name in ("look", "ask", "pay", "wait")},
        edges=(edge("look", "pay", 0.3), edge("look", "ask", 0.2), edge("ask", "pay", 0.5), edge("ask", "look", 0.5),
               edge("pay", "wait", 0.1)),
    )  # fmt: skip
    found = replace(found, inside=inside_view(inside, found.slugs, found.cases.stages, found.stages, found.edges))
    lived, against = (picture.figure for picture in discovery_document(found, "made", "log.csv", 0.94).pictures)
    assert {"60 %", "36 %", "92 %"} <= set(words_in(lived)) and "100 %" not in words_in(lived)
    said = words_in(against)
    # 60 % is what was drawn, and 36 % lie within what chance leaves of 40 %.
    assert {"50 % → 92 %", "50 % → 8 %", "− gone"} <= set(said)
    assert (said.count("same"), said.count("gone"), said.count("− gone")) == (3, 1, 1)


def test_the_map_of_a_log_has_the_shares_of_its_table(tmp_path: Path) -> None:
    """Who buys does so the next day, who leaves after twenty: of those whose log ends too soon most would leave."""
    lines = [f"{case},{stage},2026-{1 + day // 28:02}-{1 + day % 28:02}T{case % 24:02}:00:00"
             for case in range(120) for stage, day in (("look", case % 40), ("buy" if case % 2 else "leave", case % 40 + (1 if case % 2 else 20)))
             if day <= 45]  # fmt: skip
    path = tmp_path / "log.csv"
    path.write_text("\n".join(["case,activity,time", *lines]) + "\n", encoding="utf-8")
    found = discover(read_event_log(path), "made", "", goal="buy", seed=1, threads=1)
    shares = {found.cases.stages[edge.target]: edge.share for edge in found.edges}
    counts = {found.cases.stages[edge.target]: edge.count for edge in found.edges}
    counted = counts["buy"] / sum(counts.values())
    assert counted - shares["buy"] > 0.02
    picture = discovery_document(found, "made", "log.csv", 1.0).pictures[0].figure
    assert isinstance(picture, Figure)
    assert {f"{100 * share:.0f} %" for share in shares.values()} <= set(words_in(picture))
    assert f"{100 * counted:.0f} %" not in words_in(picture)


def test_map_explains_the_lines_it_draws_and_no_others() -> None:
    plain = Journey(
        name="plain",
        start={"a": 1.0},
        stages={"a": Stage(), "b": Stage()},
        edges=(Edge(source="a", target="b"),),
    )
    flows = {("a", "b"): np.ones(1)}
    assert not any("Dashed" in words or "Green" in words for words in words_in(draw_flows([plain], flows, title="one")))
    gated = replace(plain, edges=(Edge(source="a", target="b", on="contact"),))
    assert "Dashed: contacts open it." in words_in(draw_flows([gated], flows, title="one"))
    assert "Green: the loop, straight to the choice." in " ".join(words_in(draw_journey(LOOP)))


def test_flow_map_labels_are_shares_of_those_who_leave() -> None:
    words = words_in(draw_flows([LOOP], many(FLOWS), title="flows", customers=1000, weeks=52))
    assert "80 %" in words  # need -> consider
    assert "75 %" in words  # consider -> evaluate


def test_difference_map_signs_what_is_sure_and_greys_what_is_not() -> None:
    after = many({**FLOWS, ("need", "buy"): 300.0, ("need", "consider"): 700.0})
    after["bond", "idle"] = np.array([60.0, 160.0, 88.0])
    words = words_in(draw_difference([LOOP], after, many(FLOWS), title="difference", customers=1000.0))
    assert "+10" in words
    assert "−10" in words


def test_map_of_a_change_tells_new_from_gone() -> None:
    more = replace(
        LOOP,
        stages={**LOOP.stages, "community": Stage(does="bond")},
        edges=(*LOOP.edges[:-2], Edge(source="use", target="community", on="contact", logit={"base": 0.0})),
    )
    words = words_in(draw_change(LOOP, more))
    assert "new" in words
    assert "+ contact" in words
    assert "− gone" in words
    assert not any("how readily" in item for item in words)
    easier = replace(LOOP, edges=(replace(LOOP.edges[1], logit={"base": 2.0}), *LOOP.edges[:1], *LOOP.edges[2:]))
    words = words_in(draw_change(LOOP, easier))
    assert "± chance" in words and any("chance: how readily customers go that way" in item for item in words)


def test_alluvial_conserves_what_flows_and_is_none_for_a_chain() -> None:
    figure = draw_alluvial([LOOP], FLOWS, title="from need to purchase")
    assert figure is not None
    words = words_in(figure)
    assert "buy 85 %" in words
    assert "consider 80 %" in words
    assert "no purchase 15 %" in words
    chain = Journey(
        name="chain",
        start={"a": 1.0},
        stages={"a": Stage(), "b": Stage()},
        edges=(Edge(source="a", target="b", probability={"base": 0.3}),),
    )
    assert draw_alluvial([chain], {("a", "b"): 3.0}, title="chain") is None
    draw_journey(chain)


def test_alluvial_cuts_no_name_that_fits_and_explains_no_colour_that_is_not_drawn() -> None:
    long = {"use": "claims_and_service", "bond": "a_bond_with_the_insurer"}
    named = replace(
        LOOP,
        stages={long.get(name, name): stage for name, stage in LOOP.stages.items()},
        edges=tuple(
            replace(edge, source=long.get(edge.source, edge.source), target=long.get(edge.target, edge.target))
            for edge in LOOP.edges
        ),
    )
    flows = {(long.get(start, start), long.get(end, end)): count for (start, end), count in FLOWS.items()}
    figure = draw_alluvial([named], flows, title="long names")
    assert figure is not None
    assert "claims and service 85 %" in words_in(figure)
    assert "a bond with t… 10 %" in words_in(figure)
    assert "did not buy" in words_in(figure)
    everybody = draw_alluvial([named], flows | {("evaluate", "idle"): 0.0}, title="everybody buys")
    assert everybody is not None and "did not buy" not in words_in(everybody)


def test_flows_of_a_table_add_personas_and_keep_replicates() -> None:
    import pandas as pd

    table = pd.DataFrame(
        {
            "arm": ["x", "x", "x", "y"],
            "replicate": [0, 0, 1, 0],
            "persona": ["p", "q", "p", "p"],
            "from": ["a"] * 4,
            "to": ["b"] * 4,
            "count": [1, 2, 5, 9],
        }
    )
    assert flows_of(table, "x")["a", "b"].tolist() == [3.0, 5.0]


def test_map_file(tmp_path) -> None:  # type: ignore[no-untyped-def]
    first = draw_map(LOOP, path=tmp_path / "new" / "map.svg").read_bytes()
    assert first == draw_map(LOOP, path=tmp_path / "again.svg").read_bytes()
    flows, more = many(FLOWS), many(FLOWS, 1.1)
    draw_map(LOOP, path=tmp_path / "map.png", flows=flows, customers=1000, weeks=52)
    draw_map(LOOP, path=tmp_path / "map.png", flows=flows, other=LOOP, other_flows=more, customers=1000)
    draw_map(LOOP, path=tmp_path / "map.png", other=LOOP)
    with pytest.raises(ConfigError, match=r"\.svg or \.png"):
        draw_map(LOOP, path=tmp_path / "map.txt")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigError, match="cannot be written"):
        draw_map(LOOP, path=tmp_path / "file" / "map.svg")


def test_waterfall_of_a_loss_and_of_nothing() -> None:
    figure = draw_waterfall(
        ("classic", 1e6), ("led", -2e6), [("margin", 1e6), ("run", -4e6)], currency="€", title="loss"
    )
    assert "−€4 M" in words_in(figure)
    svg_text(draw_waterfall(("a", 0.0), ("b", 0.0), [("margin", 0.0)], currency="$", title="nothing"))


def test_ticks_and_totals_of_a_small_change_of_much_money_can_be_told_apart() -> None:
    terms = [("margin", 6e6), ("contacts", -1e6)]
    figure = draw_waterfall(("classic", 21.72e9), ("led", 21.725e9), terms, currency="Kč", title="small")
    words = words_in(figure)
    assert "Kč\xa021.72 bn" in words and "Kč\xa021.725 bn" in words
    figure.canvas.draw()
    ticks = [tick.get_text() for tick in figure.axes[0].get_xticklabels()]
    assert len(set(ticks)) == len(ticks) > 2
    nothing = draw_waterfall(("a", 2e9), ("b", 2e9), [("margin", 0.0)], currency="$", title="nothing")
    assert nothing.axes[0].get_xlim()[0] == 0.0


def test_the_words_at_a_break_even_do_not_reach_the_axis() -> None:
    grid = (0.0, 1.0, 2.0)
    gains = [Gap(15e9 * at - 1.0, 12e9 * at - 1.0, 18e9 * at - 1.0) for at in grid]
    curve = EffectivenessCurve(grid, gains, Gap(1e-6, 1e-6, 1e-6))
    figure = draw_effectiveness({"led": curve}, currency="$", title="far above zero")
    figure.canvas.draw()
    axes = figure.axes[0]
    (words,) = (text for text in axes.texts if text.get_text().startswith("breaks even"))
    assert words.get_window_extent().y0 >= axes.get_window_extent().y0


def check_apart(figure: Figure, begin: tuple[str, ...], count: int) -> None:
    """Hold that so many labels that begin so lie in the panel, and that none lies over another."""
    figure.canvas.draw()
    (axes,) = figure.axes
    boxes = [text.get_window_extent() for text in axes.texts if text.get_text().startswith(begin)]
    assert len(boxes) == count
    panel = axes.get_window_extent()
    assert all(box.y0 >= panel.y0 and box.x0 >= panel.x0 for box in boxes)
    for at, box in enumerate(boxes):
        # Letters reach less far than the box of their line by a pixel or two.
        assert not any(box.shrunk(0.98, 0.8).overlaps(other.shrunk(0.98, 0.8)) for other in boxes[:at])


def test_labels_of_arms_that_are_alike_lie_apart() -> None:
    weekly = np.r_[np.full(8, -5.0), np.full(192, 0.6)]
    cash = {f"arm {number}": np.stack([weekly, weekly * 1.1]) + 0.01 * number for number in range(3)}
    payback = {arm: (76.0 + 4.0 * at, 1.0) for at, arm in enumerate(cash)}
    check_apart(draw_cash(cash, currency="$", payback=payback, title="cash"), ("payback", "−$"), 6)
    # Two arms alike, far below what they come to: their four labels had room for three.
    rising = {name: np.stack([np.r_[np.full(8, -4.0), np.full(252, 2.0)]] * 2) for name in ("unanswered", "answered")}
    alike = draw_cash(rising, currency="$", payback=dict.fromkeys(rising, (24.0, 1.0)), title="cash")
    check_apart(alike, ("payback", "−$"), 4)
    at_once = dict.fromkeys(cash, (41.0, 1.0))
    check_apart(draw_cash(cash, currency="$", payback=at_once, title="cash"), ("payback", "−$"), 6)
    grid = (0.0, 1.0, 2.0)
    curves = {
        f"arm {number}": EffectivenessCurve(
            grid, [Gap(at - 0.5 - number / 10, at - 0.9, at) for at in grid], Gap(0.5 + number / 10, 0.3, 1.2)
        )
        for number in range(3)
    }
    figure = draw_effectiveness(curves, currency="$", title="effectiveness")
    check_apart(figure, ("breaks even",), 3)
    bars = [line.get_window_extent().y0 for line in figure.axes[0].lines if line.get_linewidth() == 3.6]
    assert len(set(bars)) == len(curves), "one interval hides another"


def test_no_line_crosses_the_shares_of_customers() -> None:
    counts = [0.0, 0.0, 0.0, 1.0, 500.0, 300.0, 100.0, 50.0, 40.0, 9.0]
    edges = [-40.0, -30.0, -20.0, -10.0, -5.0, 0.0, 50.0, 100.0, 150.0, 200.0, 250.0]
    shares = {"all": {"losers": 0.5, "winners": 0.5, "unchanged": 0.0, "mean": 5.0}}
    values = {"edges": edges, "counts": counts, "below": 0.0, "above": 0.0, "shares": shares}
    figure = draw_values(values, currency="$", title="who wins")
    figure.canvas.draw()
    axes = figure.axes[0]
    written = [text.get_window_extent() for text in axes.texts if "worth" in text.get_text()]
    lines = [line.get_window_extent() for line in axes.lines]
    assert len(written) == 2 and len(lines) == 2
    assert not any(line.overlaps(words) for line in lines for words in written)


def test_where_customers_begin_is_not_said_to_be_never_entered() -> None:
    stages = {name: Stage() for name in ("new", "won", "lost")}
    edges = tuple(Edge(source="new", target=name, probability=0.1) for name in ("won", "lost"))
    journey = Journey(name="line", start={"new": 1.0}, stages=stages, edges=edges)
    words = words_in(draw_flows([journey], {("new", "won"): np.array([5.0])}, customers=10.0, title="a line"))
    assert "customers begin here" in words and "0.5 × per customer" in words and "never entered" in words


def test_cash_marks_low_point_and_payback() -> None:
    weekly = np.array([[-100.0, -50.0, 100.0, 100.0], [-100.0, -50.0, 90.0, 100.0]])
    figure = draw_cash({"led": weekly}, currency="$", payback={"led": (3.0, 0.5)}, title="cash")
    words = words_in(figure)
    assert any("−$150, about week 1" in item for item in words)
    assert any("payback week 3 (50 % of replicates)" in item for item in words)


def test_personas_without_interval_or_value() -> None:
    gaps = {"led": [Gap(1.0, None, None), Gap(None, None, None), Gap(-1.0, -2.0, 0.5)]}
    figure = draw_personas(["a", "b", HOSTILE], [("value, $", "money", gaps)], currency="$", title="for whom")
    check_labelled(figure)
    svg_text(figure)


def test_values_of_nobody_changed() -> None:
    everybody = {"winners": 0.0, "losers": 0.0, "unchanged": 1.0, "mean": 0.0}
    values = {"edges": [-1.0, 0.0, 1.0], "counts": [0, 10], "below": 0, "above": 0, "shares": {"all": everybody}}
    figure = draw_values(values, currency="$", title="who wins")
    assert "100 % unchanged" in words_in(figure)
    svg_text(figure)


def test_bands_are_the_t_interval_and_absent_for_one_replicate() -> None:
    values = np.array([[1.0, np.nan], [2.0, 4.0], [3.0, np.nan]])
    band = band_of(values)
    assert band.mean.tolist() == [2.0, 4.0]
    assert band.low is not None
    assert band.low[0] == pytest.approx(2.0 - 4.302652729911275 / 3**0.5)
    assert np.isnan(band.low[1])
    assert band_of(values[:1]).low is None


@pytest.mark.parametrize("weeks", [1, 2, 39, 41, 260, 2600])
def test_periods_cover_the_horizon(weeks: int) -> None:
    starts = periods(weeks)
    assert starts[0] == 0
    assert starts[-1] < weeks
    assert len(starts) <= 40
    share = ratio(np.ones((2, weeks)), np.full((2, weeks), 4.0), starts)
    assert np.all(share == 0.25)


def test_looks_of_arms_differ_without_colour() -> None:
    seen = {(look(place).line, look(place).marker) for place in range(7)}
    assert len(seen) == 7
    assert look(7) != look(0)  # only the baseline looks like the baseline


def test_every_capability_of_an_attribution_has_a_letter_of_its_own():
    from sim.reports.figures.attribution import _letters

    assert _letters(["automation", "contextual interaction", "contacts", "aca"]) == ["A", "C", "O", "4"]


def test_a_users_own_settings_of_matplotlib_change_no_figure_and_stay_as_they_are() -> None:
    def drawn() -> str:
        return svg_text(draw_journey(LOOP))

    own = {"font.size": 23.0, "axes.facecolor": "red", "svg.fonttype": "none"}
    plain = drawn()
    with matplotlib.rc_context(own):
        assert drawn() == plain
        with pytest.raises(ZeroDivisionError), style():
            assert matplotlib.rcParams["font.size"] != own["font.size"]
            _ = 1 / 0
        assert {name: matplotlib.rcParams[name] for name in own} == own


def test_a_sign_that_no_font_has_is_a_box_without_a_warning():
    said = (
        "from matplotlib.figure import Figure; from sim.reports.style import canvas, finish, style, svg_text\n"
        "with style():\n    figure, [axes] = canvas(2.0)\n    finish(axes, '\\ue000', x='\\ue001', y='')\n"
        "print(len(svg_text(figure)) > 1000)"
    )
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_signs_that_our_font_lacks_are_drawn_with_one_that_is_installed(monkeypatch):
    monkeypatch.setattr("sim.reports.style.fontManager.get_font_names", lambda: ["SimHei", "DejaVu Sans", "Comic"])
    assert _checked_settings.__wrapped__()["font.family"] == ["DejaVu Sans", "SimHei"]


@pytest.mark.parametrize("last", [4, 8, 20, 30])
def test_there_is_no_week_two_and_a_half(last: int) -> None:
    weeks = np.arange(1.0, last + 1.0)
    (axes,) = draw_weeks(weeks, weeks, last // 2).axes
    ticks = axes.get_xticks()
    assert ticks.size > 2 and (ticks == np.rint(ticks)).all()
    (axes,) = draw_cash({"a": np.ones((3, last))}, currency="$", payback={}, title="").axes
    ticks = axes.get_xticks()
    assert ticks.size > 2 and (ticks == np.rint(ticks)).all()


def test_the_legend_of_an_emulator_lies_below_its_panel() -> None:
    found = np.linspace(-1.0, 1.0, 9)
    figure = draw_found([("held out", found, found, 9.0 + found)], label="gain", write=str)
    figure.draw_without_rendering()
    (legend,), (axes,) = figure.legends, figure.axes
    assert axes.get_legend() is None
    assert legend.get_window_extent().y1 < axes.xaxis.get_tightbbox().y0


def test_what_is_drawn_in_pixels_is_a_picture_within_the_figure():
    """Shades between 61 × 61 points were 115,000 paths, 43 MB."""
    figure = Figure((4, 3))
    edge = np.linspace(0.0, 1.0, 61)
    figure.subplots().pcolormesh(edge, edge, np.outer(edge, edge), shading="gouraud", rasterized=True)
    text = svg_text(figure)
    assert "<image" in text
    assert len(text) < 1_000_000
