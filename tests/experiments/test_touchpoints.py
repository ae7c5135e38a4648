"""Moments: every stage and edge is moved as it says, an effect is what two plain runs give, zero stays zero."""

import json
from dataclasses import replace

import numpy as np
import pytest

from sim.analysis.metrics import METRICS
from sim.cli import main
from sim.experiments import touchpoints as module
from sim.experiments.compare import compare
from sim.experiments.journey_changes import changes
from sim.experiments.touchpoints import changed_scenarios, pick_journey_arm, touchpoints
from sim.reports.touchpoints import moments_document, moments_lines
from sim.scenario.config_path import ConfigPath
from sim.scenario.dotted_key import with_values
from sim.scenario.errors import ConfigError
from sim.scenario.journey import edge_names, read_journey, stage_names
from sim.scenario.normal_form import normalize_journey
from sim.scenario.scenario import Scenario

STEP = 0.1


@pytest.fixture(scope="module")
def done(small):
    return touchpoints(small, replicates=2, seed=3, threads=1)


def by_name(found):
    return {change.name: change for change in found}


@pytest.mark.parametrize("name", ConfigPath.of().names("scenario"))
def test_every_stage_and_edge_of_every_shipped_journey_can_be_moved_or_says_why_not(name):
    scenario = Scenario.load(name)
    for journey in scenario.journeys.values():
        found = changes(journey, scenario.market, STEP)
        assert [change.name for change in found] == [*journey.stages, *edge_names(journey.edges)]
        for change in found:
            still = change.how in ("unfelt", "clock", "only way")
            assert still == (change.better is None) == (change.worse is None)
            for moved in (change.better, change.worse, change.reference):
                if moved is not None:
                    # What is lived is a journey that a file could hold, with the stages in the same order.
                    again = read_journey(moved.name, normalize_journey(moved))
                    assert again == moved and tuple(again.stages) == tuple(journey.stages)
                    assert moved != journey


def test_the_steps_are_equal_in_utility(small):
    journey, market = small.journeys["proactive"], small.market
    found = by_name(changes(journey, market, STEP))

    experience = found["experience"]
    assert experience.how == "experience"
    assert experience.better.stages["experience"].experience_lift == pytest.approx(0.5 + STEP)
    assert experience.worse.stages["experience"].experience_lift == pytest.approx(0.5 - STEP)

    evaluate = found["evaluate"]
    channels = journey.stages["evaluate"].channels
    through = sum(share * market.channels[name].effort for name, share in channels.items())
    saved = journey.stages["evaluate"].effort - evaluate.better.stages["evaluate"].effort
    assert evaluate.how == "effort" and saved * through * market.experience.effort == pytest.approx(STEP)

    # The community is felt through its lift alone: taking all of it away must not end the experience.
    assert found["community"].worse.stages["community"].experience_lift == pytest.approx(0.0, abs=1e-9)
    assert found["community"].worse.stages["community"].experience_lift != 0.0
    assert found["bond"].how == "moment" and found["need"].how == found["consider"].how == "unfelt"

    at = edge_names(journey.edges).index("evaluate_to_buy")
    before, after = journey.edges[at].logit, found["evaluate_to_buy"].better.edges[at].logit
    assert after == {**before, "base": before["base"] + STEP}
    assert found["need_to_consider"].better == found["need_to_buy"].worse
    assert found["idle_to_need_on_need"].how == "clock" and found["buy_to_experience"].how == "only way"


def test_less_effort_than_the_step_takes_is_scaled_up(small):
    journey = small.journeys["proactive"]
    light = replace(journey.stages["buy"], effort=0.05)
    change = by_name(changes(replace(journey, stages={**journey.stages, "buy": light}), small.market, STEP))["buy"]
    assert change.better.stages["buy"].effort == 0.0
    assert change.amount == -0.05 and change.scale * 0.05 == pytest.approx(change.worse.stages["buy"].effort - 0.05)


def test_probabilities_move_by_their_odds():
    stages = {"a": {}, "b": {}, "c": {}}
    edges = [
        {"from": "a", "to": "b", "probability": 0.2},
        {"from": "a", "to": "c"},
        {"from": "b", "to": "a", "probability": {"base": 0.1, "patience": 0.4}},
    ]
    journey = read_journey("chain", {"start": {"a": 1.0}, "stages": stages, "edges": edges})
    found = by_name(changes(journey, Scenario.load("treadmill").market, 0.5))
    moved = found["a_to_b"].better.edges[0].probability["base"]
    assert moved / (1 - moved) == pytest.approx(0.2 / 0.8 * np.exp(0.5))
    at_mean = found["b_to_a"].better.edges[2].probability["base"] + 0.2
    assert at_mean / (1 - at_mean) == pytest.approx(0.3 / 0.7 * np.exp(0.5))
    # More of what is left over is less of all others.
    left = found["a_to_c"].better.edges[0].probability["base"]
    assert found["a_to_c"].how == "others" and left / (1 - left) == pytest.approx(0.2 / 0.8 * np.exp(-0.5))


PATHS = {
    ("experience", "better"): ("stages.experience.experience_lift", 0.5 + STEP),
    ("evaluate_to_buy", "better"): ("edges.evaluate_to_buy.logit.base", -0.4 + STEP),
    ("need_to_buy", "worse"): ("edges.need_to_buy.logit.base", -2.2 - STEP),
    ("consider_to_buy_on_contact", "better"): ("edges.consider_to_buy_on_contact.logit.base", -1.5 + STEP),
}


def test_an_effect_is_the_difference_of_two_plain_comparisons(small, done):
    column = METRICS.index("clv")
    today = compare(small, replicates=2, seed=3, threads=1).measures
    effects = done.effects.to_pandas()
    effects = effects[effects["metric"] == "clv"]
    for (name, way), (path, value) in PATHS.items():
        moved = with_values(small, {f"journeys.proactive.{path}": value})
        then = compare(moved, replicates=2, seed=3, threads=1).measures
        mine = effects[(effects["name"] == name) & (effects["direction"] == way)].sort_values(
            "replicate", kind="stable"
        )
        expected = [
            arms["proactive"].values[:, column] - before["proactive"].values[:, column]
            for arms, before in zip(then, today, strict=True)
        ]
        assert mine["effect"].to_numpy() == pytest.approx(np.concatenate(expected), abs=1e-9), name
        assert np.abs(mine["effect"]).sum() > 0.0, name


def test_a_step_of_nothing_changes_nothing(small):
    still = touchpoints(small, improvement=0.0, replicates=1, threads=1)
    assert set(still.effects["effect"].to_pylist()) <= {0.0, None}
    assert "exactly 0" in moments_lines(still.summary_json)[0]


def test_how_many_live_beside_each_other_changes_nothing(small, done, monkeypatch):
    monkeypatch.setattr(module, "_ARMS_TOGETHER", 5)
    again = touchpoints(small, replicates=2, seed=3, threads=2)
    assert len(changed_scenarios(small, "proactive", again.changes)[0]) > 9
    assert again.summary_json == done.summary_json and again.effects.equals(done.effects)


def test_improved_journeys_leave_stages_their_ids_and_each_is_lived_once(small):
    found = changes(small.journeys["proactive"], small.market, STEP)
    laid, lived = changed_scenarios(small, "proactive", found)
    for scenario in laid:
        assert stage_names(scenario.journeys) == stage_names(small.journeys)
    arms = [name for scenario in laid for name in scenario.arms if name != scenario.baseline]
    assert len(arms) == len(set(arms)) == len(set(lived.values())) < len(lived)


def test_the_baselines_own_journey_can_be_moved(small):
    assert pick_journey_arm(small, "classic") == "classic"
    assert pick_journey_arm(replace(small, arms={"classic": small.arms["classic"]}), None) == "classic"
    classic = touchpoints(small, arm="classic", metric="weeks_to_purchase", replicates=1, threads=1)
    first = classic.summary_json["moments"][0]
    assert first["gain"] == -first[first["pays"]]["mean"] > 0.0  # fewer weeks are better


def test_ranks_follow_the_direction_that_pays(done):
    ranked = done.summary_json["moments"]
    gains = [moment["gain"] for moment in ranked if moment["gain"] is not None]
    assert gains == sorted(gains, reverse=True) and len(ranked) == len(done.changes)
    for moment in ranked:
        if moment["gain"] is not None and moment["kind"] == "edge":
            assert moment["gain"] == max(moment["better"]["mean"], moment["worse"]["mean"])
    ways = {(way["from"], way["to"]): way["better"] for way in done.summary_json["ways"]}
    single = {moment["name"]: moment["better"] for moment in ranked}
    both = single["consider_to_buy"]["mean"] + single["consider_to_buy_on_contact"]["mean"]
    assert ways["consider", "buy"]["mean"] == pytest.approx(both)


def test_words_name_where_it_is_made_and_lost(done):
    summary = json.loads(json.dumps(done.summary_json))
    for moment in summary["moments"]:
        if moment["gain"] is None:
            continue
        size = {"experience": 3.0, "evaluate_to_idle": -2.0, "bond": 1.0}.get(moment["name"], 0.0)
        for way, mean in (("better", size), ("worse", -2 * size)):
            moment[way] = {"mean": mean, "ci_low": mean - 0.5, "ci_high": mean + 0.5, "beyond_chance": abs(mean) > 0.5}
        moment["pays"] = "worse" if size < 0.0 else "better"
        moment["gain"] = moment[moment["pays"]]["mean"]
    summary["moments"].sort(key=lambda moment: -(moment["gain"] or 0.0))
    words = "\n".join(moments_lines(summary))
    assert (
        "worth much by leading fewer customers along evaluate → idle and at experience; where it is worth most" in words
    )
    assert "Of the stages, an improvement is worth most at experience, +$3.00 [+$2.50 to +$3.50]." in words
    assert "a better experience would be worth most at bond, +$1.00" in words
    assert "the largest loss comes from experience a little worse, −$6.00" in words


def test_undecided_effects_are_not_made_a_headline(done):
    """Nothing stands out among so many effects: nothing may be named, however large its mean, not even beside its interval."""
    summary = json.loads(json.dumps(done.summary_json))
    for item in summary["moments"]:
        for way in ("better", "worse"):
            if item[way] is not None:
                item[way] = {"mean": 5.0, "ci_low": 1.0, "ci_high": 9.0, "beyond_chance": False}
        if item["gain"] is not None:
            item["pays"], item["gain"] = "better", 5.0
    lines = moments_lines(summary)
    assert lines[0].endswith(
        "no single improvement of this journey can be told from chance with these replicates; run more, or a larger step."
    )
    assert not any("worth most" in line or "pays most" in line or "largest loss" in line for line in lines)


def test_the_page_shows_map_and_ranking_and_is_the_same_each_time(done, tmp_path):
    from sim.reports.document import write_document

    pages = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_document(moments_document(done), tmp_path / name)
        pages.append((tmp_path / name / "report.html").read_bytes())
        drawn = {path.name for path in (tmp_path / name / "figures").iterdir()}
        assert drawn == {"moments_map.svg", "moments_ranking.svg"}
    assert pages[0] == pages[1]


def test_an_undefined_metric_says_so():
    nobody = Scenario.load("treadmill", population=3, horizon=2, burn_in=0)
    none = touchpoints(nobody, metric="switch_rate", replicates=1, threads=1)
    assert "undefined" in moments_lines(none.summary_json)[0] and moments_document(none).pictures == ()


REFUSED = {
    "arm=nobody": "arm is 'nobody', which is no arm; give one of classic, proactive",
    "metric=profit": "metric is 'profit'; accepted: contribution",
    "improvement=0": "improvement is 0; give a number from 0.001 to 2 (utility)",
    "improvement=-1": "improvement is -1",
}


@pytest.mark.parametrize("word", REFUSED)
def test_bad_input_is_refused_in_one_line(word, capsys, tmp_path):
    assert main(["moments", f"output_dir={tmp_path}/out", word]) == 2
    err = capsys.readouterr().err.strip()
    assert err.startswith(f"journey: {REFUSED[word]}") and "\n" not in err
    assert not (tmp_path / "out").exists()


def test_a_journey_without_a_choice_is_refused(small):
    chain = read_journey("chain", {"start": {"a": 1.0}, "stages": {"a": {}}, "edges": []})
    arm = small.arms["proactive"]
    plans = {brand: replace(plan, journey="chain") for brand, plan in arm.plans.items()}
    bare = replace(
        small, journeys={**small.journeys, "chain": chain}, arms={**small.arms, "proactive": replace(arm, plans=plans)}
    )
    with pytest.raises(ConfigError, match="has no stage that chooses"):
        pick_journey_arm(bare, None)


@pytest.mark.slow
def test_a_result_runs_again_to_the_byte(tmp_path, capsys):
    few = ["population=60", "horizon=12", "burn_in=6", "replicates=2", f"output_dir={tmp_path}", "quiet=true"]
    assert main(["moments", "improvement=0.3", *few]) == 0
    (first,) = (tmp_path / "moments").iterdir()
    assert main(["moments", f"from={first}", "quiet=true"]) == 0
    (second,) = (path for path in (tmp_path / "moments").iterdir() if path != first)
    for name in ("config.yaml", "summary.json", "moments.parquet"):
        assert (first / name).read_bytes() == (second / name).read_bytes(), name
    assert capsys.readouterr().out.split() == [str(first), str(second)]


@pytest.mark.slow
def test_the_loop_is_worth_more_where_customers_are_kept_and_less_where_they_leave():
    """Signs that theory fixes: a better product and an easier search help; losing searchers hurts."""
    scenario = Scenario.load("treadmill", population=4000, horizon=156)
    found = touchpoints(scenario, metric="purchases", improvement=0.5, replicates=4)
    entry = {moment["name"]: moment for moment in found.summary_json["moments"]}
    for name in ("experience", "evaluate", "need_to_buy"):
        assert entry[name]["better"]["ci_low"] > 0.0 > entry[name]["worse"]["ci_high"], name
    assert entry["evaluate_to_idle"]["better"]["ci_high"] < 0.0
