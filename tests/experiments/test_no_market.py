"""A journey without a market: what differs is told as moves of customers, and what needs money is refused."""

import io
from dataclasses import replace

import openpyxl
import pytest

from sim import Scenario, compare
from sim.analysis.goal import goal_sentence, soon_sentence
from sim.analysis.paired import estimate
from sim.experiments.arm_metrics import pick_arm
from sim.experiments.story import story
from sim.reports import page, terminal
from sim.reports.comparison import flows_of
from sim.reports.moves import move_rows
from sim.reports.terminal import print_result
from sim.reports.time_to_goal import TIME_WORDS, time_rows
from sim.results.comparison import write
from sim.scenario.config_path import ConfigPath
from sim.scenario.errors import ConfigError
from sim.scenario.journey import read_journey

CHAIN = """
name: {name}
start: {{a: 1.0}}
stages: {{a: {{does: nothing}}, b: {{does: nothing}}, c: {{does: nothing}}}}
edges:
  - {{from: a, to: b, probability: {forward}}}
  - {{from: b, to: c, probability: 0.3}}
  - {{from: c, to: a, probability: 0.5}}
"""


@pytest.fixture
def chain(tmp_path):
    (tmp_path / "journey").mkdir()
    for name, forward in (("slow", 0.1), ("quick", 0.6)):
        (tmp_path / "journey" / f"{name}.yaml").write_text(CHAIN.format(name=name, forward=forward))
    path = tmp_path / "scenario" / "chain.yaml"
    path.parent.mkdir()
    path.write_text(
        "name: chain\nmarket: none\npopulation: 200\nhorizon: 20\nburn_in: 0\nbaseline: slow\n"
        "arms: {slow: {journey: slow}, quick: {journey: quick}}\n"
    )
    return Scenario.from_yaml(path)


def test_the_verdict_speaks_of_moves_and_not_of_money(chain):
    verdict = compare(chain, replicates=3, seed=1).verdict
    assert "nothing is bought, earned or paid over 20 weeks" in verdict
    assert "The step that changed most is a → b" in verdict
    assert "$" not in verdict and "pay back" not in verdict and "brand" not in verdict


def test_terminal_page_and_workbook_show_moves_and_no_table_of_zeros(chain, tmp_path):
    result = compare(chain, replicates=3, seed=1)
    out = io.StringIO()
    print_result(result, out)
    folder = write(result, tmp_path / "results")
    page = (folder / "report.html").read_text("utf-8").replace("\u2060", "")
    for text in (out.getvalue(), page):
        assert "moves per 1,000 customers" in text
        for absent in ("$0", "Nobody", "customers are worth", "week 0"):
            assert absent not in text, absent
    assert "Contribution" not in out.getvalue()
    book = openpyxl.load_workbook(folder / "tables.xlsx", read_only=True)
    assert book.sheetnames[:2] == ["Verdict", "Moves"] and "Differences" not in book.sheetnames
    moved = {(row[2], row[3]): row[4:7] for row in book["Moves"].iter_rows(values_only=True, min_row=2) if row[0]}
    rows = {row.name: row for row in move_rows(result)}
    for entry in result.summary_json["flows"]["quick - slow"]:
        step = (entry["from"], entry["to"])
        assert moved[step] == pytest.approx((entry["mean"], entry["ci_low"], entry["ci_high"]))
        row = rows[" → ".join(step)]
        before, after = (float(row.arms[arm].replace(",", "")) for arm in ("slow", "quick"))
        assert after - before == pytest.approx(entry["mean"] * 1000 / 200, rel=0.01)
        assert row.gaps["quick"][0] in out.getvalue() and row.gaps["quick"][0] in page


def test_where_the_burn_in_took_everybody_to_the_end_it_is_said(tmp_path):
    journey = "name: way\nstart: {a: 1}\nstages: {a: {}, b: {}}\nedges: [{from: a, to: b, probability: 0.9}]\n"
    (tmp_path / "journey").mkdir()
    (tmp_path / "journey" / "way.yaml").write_text(journey)
    way = {"market": "none", "arms": {"way": {"journey": "way"}}, "population": 20, "horizon": 5}
    for burn_in, said in ((0, "a → b"), (60, "nobody took a step in the horizon; before it customers lived 60 weeks")):
        config_path = ConfigPath.of(tmp_path)
        out = io.StringIO()
        print_result(compare(Scenario.from_dict(way | {"burn_in": burn_in}, config_path=config_path), seed=1), out)
        assert said in out.getvalue()


def test_a_goal_is_what_the_verdict_begins_with(chain, tmp_path):
    """Visits to the goal are the moves that end there, whichever stage they come from, per customer."""
    journeys = {
        name: replace(journey, stages={**journey.stages, "c": replace(journey.stages["c"], goal=True)})
        for name, journey in chain.journeys.items()
    }
    result = compare(replace(chain, journeys=journeys), replicates=4, seed=1)
    goal = result.summary_json["goal"]
    assert goal["stages"] == ["c"]
    counts = {
        arm: sum(count for (_, target), count in flows_of(result, arm).items() if target == "c") / 200
        for arm in ("slow", "quick")
    }
    for arm, count in counts.items():
        assert goal["arms"][arm]["mean"] == pytest.approx(count.mean())
    gained = goal["differences"]["quick - slow"]
    alone = estimate(counts["quick"] - counts["slow"])
    assert (gained["mean"], gained["ci_low"]) == pytest.approx((alone.mean, alone.ci_low))
    lines = result.verdict.splitlines()
    assert lines[0].startswith(
        f"quick: the goal, c, is reached {counts['slow'].mean() * 1000:,.0f} times per 1,000 customers with slow"
    )
    assert lines[2].startswith("Nothing is bought, earned or paid over 20 weeks, neither here nor in slow")
    row = move_rows(result)[0]
    assert row.name == "all ways to c" and row.gaps["quick"][2]
    book = openpyxl.load_workbook(write(result, tmp_path / "results") / "tables.xlsx", read_only=True)
    first = next(row for row in book["Moves"].iter_rows(values_only=True, min_row=2) if row[2] == "anywhere")
    assert first[3] == "c" and first[4] == pytest.approx(gained["mean"] * 200)
    # What is open is said to be open, and a scenario without a goal says nothing of one.
    same = replace(chain, journeys={"slow": journeys["slow"], "quick": replace(journeys["slow"], name="quick")})
    found = {"ci_low": -0.1, "ci_high": 0.2, "mean": 0.05}
    summary = {**result.summary_json, "goal": {**goal, "differences": {"quick - slow": found}}}
    for found["mean"] in (0.05, 0.0):
        assert goal_sentence(summary, "quick", "quick - slow").startswith(
            "Whether the goal, c, is reached more or less"
        )
    assert "differ" in compare(same, replicates=2, seed=1).verdict
    assert "goal" not in compare(chain, replicates=2, seed=1).summary_json


def test_long_names_leave_the_numbers_their_room(chain, monkeypatch, tmp_path):
    """A line of 80 letters breaks names and no numbers; of hundreds of steps the terminal shows the most taken."""
    journeys = {
        name: read_journey(name, _renamed(journey, "a_stage_whose_name_is_as_long_as_any_that_is_found_in_a_log_"))
        for name, journey in chain.journeys.items()
    }
    result = compare(replace(chain, journeys=journeys), replicates=3, seed=1)
    out = io.StringIO()
    print_result(result, out)
    for row in move_rows(result):
        for number in (*row.arms.values(), *row.gaps["quick"][:2]):
            assert number in out.getvalue()
    assert max(map(len, out.getvalue().splitlines())) <= 80
    monkeypatch.setattr(terminal, "MOST_SHOWN", 1)
    print_result(result, out)
    assert "2 further steps, taken less often, are in the report" in out.getvalue()
    monkeypatch.setattr(page, "MOST_SHOWN", 1)
    text = (write(result, tmp_path / "results") / "report.html").read_text("utf-8").replace("\u2060", "")
    first, folded = text.split("<summary>2 further steps, taken less often</summary>")
    names = [row.name for row in move_rows(result)]
    assert [name in first.split("<tbody>")[1] for name in names] == [True, False, False]
    assert all(name in folded for name in names[1:])


def test_replicates_that_happen_to_count_the_same_are_no_certainty(chain):
    """Two replicates of few customers differ by the same, now and then: such a step has no interval, and no star."""
    alike = 0
    for seed in range(40):
        result = compare(replace(chain, population=5), replicates=2, seed=seed)
        rows = {row.name: row.gaps["quick"] for row in move_rows(result)}
        for entry in result.summary_json["flows"]["quick - slow"]:
            _, shown, sure = rows[f"{entry['from']} → {entry['to']}"]
            if entry["ci_low"] == entry["ci_high"] and entry["mean"]:
                alike += 1
                assert (shown, sure) == ("–", False)
            else:
                assert sure == (entry["ci_low"] > 0 or entry["ci_high"] < 0)
    assert alike


def test_states_that_are_parts_of_a_stage_are_told_as_that_stage(chain):
    """A step is told between stages; the numbers are those of its parts together."""
    names = {"a": "basket", "b": "search__last", "c": "search__after_basket"}
    parts = {
        name: read_journey(
            name,
            {
                "start": {"basket": 1.0},
                "stages": {state: {} for state in names.values()},
                "edges": [
                    {"from": names[edge.source], "to": names[edge.target], "probability": edge.probability}
                    for edge in journey.edges
                ],
            },
        )
        for name, journey in chain.journeys.items()
    }
    whole, split = (compare(replace(chain, journeys=each), replicates=3, seed=1) for each in (chain.journeys, parts))
    changed = {(entry["from"], entry["to"]): entry["mean"] for entry in whole.summary_json["flows"]["quick - slow"]}
    found = split.summary_json["moves"]["quick - slow"]
    told = {(entry["from"], entry["to"]): entry["mean"] for entry in found}
    assert "moves" not in whole.summary_json
    assert told == pytest.approx(
        {
            ("basket", "search"): changed["a", "b"],
            ("search", "search"): changed["b", "c"],
            ("search", "basket"): changed["c", "a"],
        }
    )
    assert [row.name for row in move_rows(split)] == ["basket → search", "search → search", "search → basket"]
    # From the basket there is one way on, so it says nothing of its own.
    assert "The step that changed most is search → search" in split.verdict


def _renamed(journey, prefix):
    return {
        "start": {prefix + name: share for name, share in journey.start.items()},
        "stages": {prefix + name: {} for name in journey.stages},
        "edges": [
            {"from": prefix + edge.source, "to": prefix + edge.target, "probability": edge.probability}
            for edge in journey.edges
        ],
    }


def test_an_arm_alone_shows_its_moves_and_a_story_its_stages(chain):
    alone = compare(replace(chain, arms={"slow": chain.arms["slow"]}), replicates=1, seed=1)
    out = io.StringIO()
    print_result(alone, out)
    assert "moves per 1,000 customers   slow" in out.getvalue() and "Contribution" not in out.getvalue()
    told = str(story(chain))
    assert "the customer ends in" in told and "$" not in told and "Nobody" not in told and "needs something" not in told


def test_what_needs_money_is_refused(chain):
    with pytest.raises(ConfigError, match="has no market, so nothing is earned; give one with a market"):
        pick_arm(chain, None)


def _aiming(scenario, stage="c"):
    """The same scenario, in which a stage is the goal."""
    journeys = {
        name: replace(journey, stages={**journey.stages, stage: replace(journey.stages[stage], goal=True)})
        for name, journey in scenario.journeys.items()
    }
    return replace(scenario, journeys=journeys)


def test_how_soon_the_goal_is_reached_is_told_where_the_other_numbers_stand(chain, tmp_path):
    result = compare(_aiming(chain), replicates=4, seed=1)
    found = result.summary_json["time_to_goal"]
    key = "half_of_customers"
    before, after = (found["arms"][arm][key]["mean"] for arm in ("slow", "quick"))
    gain = found["differences"]["quick - slow"][key]
    assert gain["mean"] == pytest.approx(after - before) and gain["ci_high"] < 0.0
    told = result.verdict.splitlines()[1]
    assert told.startswith(
        f"Half of all customers come to it within {before:.3g} weeks with slow, {after:.3g} weeks here"
    )
    assert "of customers who come to it in both arms come" in told and "weeks" in told and "sooner" in told
    out = io.StringIO()
    print_result(result, out)
    folder = write(result, tmp_path / "results")
    page_text = (folder / "report.html").read_text("utf-8").replace("\u2060", "").replace("\u00a0", " ")
    assert "how soon the goal is reached" in " ".join(out.getvalue().split())
    assert "how soon c is reached" in page_text and "Who never reaches it" in page_text
    for row in time_rows(result.summary_json):
        change, between, _ = row.gaps["quick"]
        for said in (*row.arms.values(), change, between):
            assert said in out.getvalue() and said in page_text, row
    book = openpyxl.load_workbook(folder / "tables.xlsx", read_only=True)
    cells = {(row[2], row[-1]): row for row in book["Time to goal"].iter_rows(values_only=True) if row[0] == "quick"}
    for name, words in TIME_WORDS.items():
        entry = found["differences"]["quick - slow"][name]
        if entry is not None:
            row = cells["everybody", name]
            assert row[3] == words and row[7:10] == pytest.approx((entry["mean"], entry["ci_low"], entry["ci_high"]))
    assert cells["everybody", "later_by"][7] == pytest.approx(
        found["same_customers"]["quick - slow"]["later_by"]["mean"]
    )


def test_where_too_few_come_the_mean_with_those_who_never_do_is_told(chain):
    result = compare(replace(_aiming(chain), horizon=3), replicates=4, seed=1)
    found = result.summary_json["time_to_goal"]
    assert found["differences"]["quick - slow"]["quarter_of_customers"] is None
    told = result.verdict.splitlines()[1]
    assert told.startswith("On average it takes customers 2.9") and "who never does counts with all 3 weeks" in told
    # Nobody comes within the first week, for two steps are needed: nothing is told of how soon.
    none = compare(replace(_aiming(chain), horizon=1), replicates=2, seed=1)
    assert none.summary_json["time_to_goal"]["arms"]["quick"]["reached"]["mean"] == 0.0
    assert "come to it" not in none.verdict and "takes customers" not in none.verdict


def test_where_the_goal_is_reached_as_soon_it_is_said_so(chain):
    aiming = _aiming(chain)
    alike = {"slow": aiming.journeys["slow"], "quick": replace(aiming.journeys["slow"], name="quick")}
    # Who comes there leaves sooner, and comes again: the first visits are the same.
    edges = tuple(
        replace(edge, probability={"base": 0.9}) if edge.source == "c" else edge for edge in alike["quick"].edges
    )
    same = replace(aiming, journeys={**alike, "quick": replace(alike["quick"], edges=edges)})
    told = compare(same, replicates=3, seed=1).verdict
    assert "weeks in both arms." in told and "come at the same time in both." in told


def test_times_of_the_same_customers_are_told_as_they_are():
    """Sooner, later, at the same time, and open; whoever comes in one arm alone is told beside."""
    block = {**dict.fromkeys(TIME_WORDS)}
    block["reached"] = {"mean": 0.5}
    block["restricted_mean"] = {"mean": 600.0, "ci_low": 590.0, "ci_high": 610.0}
    times = {"arms": {"a": block, "b": block}, "differences": {"b - a": block}}
    summary = {"baseline": "a", "step": "second", "horizon": 900, "time_to_goal": times}
    same = {"reached_in_both": {"mean": 0.4}, "sooner": {"mean": 0.2}, "later": {"mean": 0.1}}
    said = {
        (-30.0, -40.0, -20.0): "come 30 s [20 to 40] sooner than with a; 10 % here alone.",
        (180.0, 150.0, 210.0): "come 3 min [2.5 to 3.5] later than with a; 10 % here alone.",
        (-1.0, -3.0, 1.0): "sooner or later than with a is open (−1 s [−3 to +1]); 10 % here alone.",
        (0.0, 0.0, 0.0): "come at the same time in both; 10 % here alone.",
    }
    for (mean, low, high), words in said.items():
        moved = {"mean": 0.0 if mean == 0.0 else 0.2}
        found = {**same, "later_by": {"mean": mean, "ci_low": low, "ci_high": high}, "sooner": moved}
        times["same_customers"] = {
            "b - a": {**found, "reached_here_only": {"mean": 0.1}, "reached_there_only": {"mean": 0.0}}
        }
        told = soon_sentence(summary, "b", "b - a")
        assert told.startswith("On average it takes customers 10 min with a, 10 min here (") and told.endswith(words), (
            told
        )
