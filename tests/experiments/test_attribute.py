"""Attribute: the parts add up to the whole to the cent, nothing is credited to what does nothing, words fit numbers."""

import json
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest

from agents.strategies import CAPABILITIES, Contacts, Costs, Doubt, EffectRange, Strategy
from sim.analysis.attribution import IN_CENTS
from sim.analysis.metrics import METRICS, TERMS, measure
from sim.cli import main
from sim.experiments.attribute import attribute, factorial_design
from sim.experiments.compare import compare
from sim.experiments.touchpoints import touchpoints
from sim.reports.attribution import attribution_document, attribution_lines
from sim.reports.document import write_document
from sim.scenario.errors import ConfigError
from sim.scenario.resolved import Plan
from sim.scenario.scenario import Scenario


@pytest.fixture(scope="session")
def small(small):
    """The small scenario without doubt, which takes 25 times as many runs."""
    strategy = small.arms["proactive"].plans[small.market.focal].strategy
    return with_strategy(small, "proactive", replace(strategy, doubt=None))


@pytest.fixture(scope="module")
def done(small):
    return attribute(small, replicates=3, seed=5, threads=1)


def with_strategy(scenario, arm, strategy):
    old = scenario.arms[arm]
    focal = scenario.market.focal
    plan = Plan(journey=old.plans[focal].journey, strategy=strategy)
    return replace(scenario, arms={**scenario.arms, arm: replace(old, plans={**old.plans, focal: plan})})


def sums(done):
    """Add up shares and cents by metric, replicate and persona."""
    shares, cents = defaultdict(float), defaultdict(int)
    for row in done.shares.to_pylist():
        key = row["metric"], row["replicate"], row["persona"]
        shares[key] += row["share"]
        if row["cents"] is not None:
            cents[key] += row["cents"]
    return shares, cents


def check_whole(scenario, done, seed):
    """Compare the sums of the parts with a comparison of the two arms that knows nothing of combinations."""
    plain = compare(scenario, replicates=done.arm_metrics.replicates, seed=seed, threads=1)
    people = ["all", *(persona.name for persona in scenario.personas)]
    shares, cents = sums(done)
    checked = 0
    for replicate, arms in enumerate(plain.measures):
        difference = arms[done.design.arm].values - arms[scenario.baseline].values
        for row, who in enumerate(people):
            for column, metric in enumerate(METRICS):
                key = metric, replicate, who
                if key not in shares:
                    continue
                whole = difference[row, column]
                assert shares[key] == pytest.approx(whole, rel=1e-9, abs=1e-9), key
                if metric in IN_CENTS:
                    assert abs(cents[key] - 100.0 * whole) <= 0.5 + 1e-6, key
                    if who == "all" and metric == "contribution":
                        assert cents[key] == round(100.0 * whole)
                checked += 1
    assert checked >= 9 * len(people) * done.arm_metrics.replicates


def test_the_parts_add_up_to_what_a_plain_comparison_finds_to_the_cent(small, done):
    check_whole(small, done, seed=5)


def test_intervals_count_the_doubt_as_a_comparison_does(small, done):
    strategy = small.arms["proactive"].plans[small.market.focal].strategy
    scenario = with_strategy(
        small, "proactive", replace(strategy, doubt=Doubt(automation=EffectRange(low=0.0, high=2.0)))
    )
    found = attribute(scenario, replicates=3, seed=5, threads=1).summary_json["metrics"]["contribution"]["all"]
    (told,) = compare(scenario, replicates=3, seed=5, threads=1).summary_json["differences"].values()
    for key in ("mean", "ci_low", "ci_high"):
        assert found["whole"][key] == pytest.approx(told["contribution"][key], rel=1e-9)
    sure = done.summary_json["metrics"]["contribution"]["all"]
    for part, entry in found["parts"].items():
        before = sure["parts"][part]
        assert entry["mean"] == before["mean"] and entry["ci_low"] <= before["ci_low"], part
        assert entry["ci_high"] >= before["ci_high"], part
    assert found["parts"]["automation"]["ci_high"] > sure["parts"]["automation"]["ci_high"]


def test_contacts_can_be_a_fifth_player(small):
    laid = factorial_design(small, contacts="player")
    assert laid.players == (*CAPABILITIES, "contacts") and len(laid.combinations) == 32
    assert [what for what, _ in laid.steps] == ["journey"]
    five = attribute(small, contacts="player", replicates=2, seed=5, threads=1)
    check_whole(small, five, seed=5)
    words = "\n".join(attribution_lines(five.summary_json))
    assert "contacts" in words and "contacts alone" not in words


def test_the_arm_with_everything_on_is_the_arm_and_nothing_is_paid_for_what_is_off(small, live):
    laid = factorial_design(small)
    arms = laid.scenario.arms
    everything = arms[laid.combinations[-1]]
    assert everything.plans == small.arms["proactive"].plans
    histories = live(laid.scenario)
    for coalition, name in enumerate(laid.combinations):
        terms = dict(zip(TERMS, measure(histories[name], laid.scenario).terms[0], strict=True))
        assert (terms["build"] < 0) == (terms["run"] < 0) == (coalition > 0)
        assert (terms["experiments"] < 0) == bool(coalition >> list(CAPABILITIES).index("innovation") & 1)
        assert terms["contacts"] < 0
    wary = arms[laid.combinations[0]].plans[small.market.focal].strategy.personas["wary"]
    assert wary.innovation is None and wary.personalization is None and wary.customers == 0.02


def test_a_strategy_that_does_nothing_and_costs_nothing_leaves_zeros(small):
    nothing = with_strategy(small, "proactive", Strategy(costs=Costs(convexity=1.0)))
    none = attribute(nothing, replicates=2, threads=1)
    assert set(none.shares["share"].to_pylist()) == {0.0} and set(none.shares["cents"].to_pylist()) <= {0, None}
    for block in none.summary_json["metrics"]["contribution"].values():
        for kind in ("parts", "alone", "last", "main", "together"):
            assert {entry["mean"] for entry in block[kind].values()} == {0.0}
    assert "exactly 0" in attribution_lines(none.summary_json)[0]


def test_a_capability_that_is_on_nowhere_gets_exactly_nothing(small):
    alone = with_strategy(small, "proactive", Strategy(automation=0.8, contacts_per_week=Contacts(customers=0.2)))
    laid = factorial_design(alone)
    assert len(laid.scenario.arms) == 4  # baseline, journey, contacts, automation: all others would be the same
    share = attribute(alone, replicates=2, threads=1).shares.to_pylist()
    assert {row["share"] for row in share if row["part"] in ("personalization", "context", "innovation")} == {0.0}
    assert any(row["share"] for row in share if row["part"] == "automation")


def test_off_is_where_the_baseline_stands_and_other_brands_are_a_step_of_their_own(small):
    focal = small.market.focal
    rival = next(brand for brand in small.market.brands if brand != focal)
    started = with_strategy(small, "classic", Strategy(automation=0.3, contacts_per_week=Contacts(customers=0.1)))
    proactive = started.arms["proactive"]
    copied = Plan(journey="proactive", strategy=Strategy(automation=0.5))
    started = replace(
        started,
        arms={**started.arms, "proactive": replace(proactive, plans={**proactive.plans, rival: copied})},
        journeys=dict(started.journeys),
    )
    laid = factorial_design(started)
    assert [what for what, _ in laid.steps] == ["competitors", "journey", "contacts"]
    arms = laid.scenario.arms
    first = arms[laid.steps[0][1]]
    assert first.plans[focal] == started.arms["classic"].plans[focal] and first.plans[rival] == copied
    off = arms[laid.combinations[0]].plans[focal].strategy
    assert off.automation == 0.3 and off.contacts_per_week.customers == 0.15
    assert arms[laid.steps[1][1]].plans[focal].strategy.contacts_per_week.customers == 0.1
    check_whole(started, attribute(started, replicates=2, seed=2, threads=1), seed=2)


def test_an_undefined_metric_is_not_divided_and_said_so(tmp_path):
    nobody = Scenario.load("treadmill", population=3, horizon=2, burn_in=0)
    none = attribute(nobody, metric="switch_rate", replicates=2, threads=1)
    assert "undefined" in attribution_lines(none.summary_json)[0]
    document = attribution_document(none)
    assert document.pictures == () and document.slots["share_table"] is None
    assert "<table" not in write_document(document, tmp_path).read_text("utf-8")


def losing(done, *, sure=True):
    """Turn a summary into one of a certain loss."""
    summary = json.loads(json.dumps(done.summary_json))
    half = 1.0 if sure else 1e9
    for block in summary["metrics"]["contribution"].values():
        shares = {"journey": 0.0, "contacts": -10.0, "automation": -60.0, "personalization": 20.0, "context": -50.0,
                  "innovation": 0.5}  # fmt: skip
        entries = {
            part: {"mean": mean, "ci_low": mean - half if mean else 0.0, "ci_high": mean + half if mean else 0.0}
            for part, mean in shares.items()
        }
        for part, entry in entries.items():
            entry["of_whole"] = shares[part] / -99.5 if sure else None
        block["parts"] = entries
        block["whole"] = {"mean": -99.5, "ci_low": -99.5 - half, "ci_high": -99.5 + half}
        block["last"] = {player: entries[player] for player in CAPABILITIES}
        for pair in block["together"].values():
            pair |= {"mean": -5.0, "ci_low": -6.0, "ci_high": -4.0}
    return summary


def test_what_is_larger_but_undecided_takes_its_claim_from_the_largest_capability(done):
    summary = losing(done)
    assert "The largest part is that of automation, 60 % of it." in attribution_lines(summary)[0]
    for block in summary["metrics"]["contribution"].values():
        block["parts"]["contacts"] = {"mean": -80.0, "ci_low": -200.0, "ci_high": 40.0, "of_whole": 80.0 / 99.5}
    assert "The largest part among the capabilities is that of automation" in attribution_lines(summary)[0]


def test_a_term_that_is_undecided_is_no_reason(done):
    summary = losing(done)
    undecided = {"mean": 0.5, "ci_low": -1.0, "ci_high": 2.0}
    sure = {"mean": -40.0, "ci_low": -41.0, "ci_high": -39.0}
    summary["terms"]["automation"] = {"run": sure, "contacts": undecided}
    words = "\n".join(attribution_lines(summary))
    assert "Why automation: mostly running it, −$40.00" in words and "against it" not in words
    summary["terms"]["automation"] = {"run": sure, "contacts": {"mean": 0.5, "ci_low": 0.1, "ci_high": 0.9}}
    assert "; against it contacts, +$0.50" in "\n".join(attribution_lines(summary))
    summary["terms"]["automation"] = {"run": {"mean": -40.0, "ci_low": -90.0, "ci_high": 10.0}}
    assert "Why " not in "\n".join(attribution_lines(summary))


def test_a_loss_reads_as_a_loss(done):
    words = "\n".join(attribution_lines(losing(done)))
    assert "$99.50 lower" in words
    assert "What costs more than it earns: automation −$60.00" in words and "60 % of the loss" in words
    assert "What earns: personalization +$20.00 [+$19.00 to +$21.00]." in words
    assert "Not statistically significant: innovation" in words and "Exactly 0: journey alone" in words
    assert "get in each other's way" in words
    assert "Leaving out automation and keeping all else would change contribution by +$60.00" in words
    open_ = losing(done, sure=False)
    assert "cannot be told from chance" in "\n".join(attribution_lines(open_))
    text = "\n".join(attribution_lines({**open_, "doubt": {"context": {"low": 0.5, "high": 1.5, "source": "X 2020"}}}))
    assert "whose sign is not resolved" in text and "how well the capabilities work" in text
    assert "contextual interaction 50 to 150 % (X 2020)" in text


def test_the_page_has_the_figure_for_a_board_and_is_the_same_each_time(done, tmp_path):
    from sim.reports.document import write_document

    pages = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_document(attribution_document(done), tmp_path / name)
        pages.append((tmp_path / name / "report.html").read_bytes())
        drawn = {path.name for path in (tmp_path / name / "figures").iterdir()}
        assert drawn == {"shares.svg", "together.svg", "combinations.svg", "personas.svg"}
    assert pages[0] == pages[1]


def test_a_title_is_text_whatever_it_says(done, tmp_path):
    from sim.reports.document import write_document

    hostile = "<script>$x_{1}$ & \"'"
    titles = {persona.name: hostile for persona in done.scenario.personas}
    named = replace(
        done,
        scenario=replace(done.scenario, title=hostile),
        summary_json={**done.summary_json, "persona_titles": titles},
    )
    page = write_document(attribution_document(named), tmp_path).read_text(encoding="utf-8")
    assert "<script" not in page and "&lt;script&gt;" in page


def test_threads_and_the_other_engine_change_no_byte(small, done):
    again = attribute(small, replicates=3, seed=5, threads=3)
    assert again.shares.equals(done.shares) and again.summary_json == done.summary_json
    assert again.combinations().equals(done.combinations())
    few = replace(small, population=30, horizon=12, burn_in=6)
    ours, mesas = (attribute(few, replicates=1, engine=engine, threads=1) for engine in ("numba", "mesa"))
    assert mesas.combinations().equals(ours.combinations())


REFUSED = {
    "arm=nobody": "arm is 'nobody', no arm of the scenario; give one of proactive",
    "arm=classic": "arm is 'classic', the baseline itself; give one of proactive",
    "metric=profit": "metric is 'profit'; accepted: contribution",
    "metric=payback_week": "metric is 'payback_week'",
    "contacts=some": "contacts is 'some'; give one of base, player",
    "metric=3": "metric is 3; give text",
    "population=0": "population is 0",
}


@pytest.mark.parametrize("word", REFUSED)
def test_bad_input_is_refused_in_one_line(word, capsys, tmp_path):
    assert main(["attribute", f"output_dir={tmp_path}/out", word]) == 2
    err = capsys.readouterr().err.strip()
    assert err.startswith(f"journey: {REFUSED[word]}") and "\n" not in err
    assert not (tmp_path / "out").exists()


def test_one_arm_alone_has_nothing_to_explain(small):
    with pytest.raises(ConfigError, match="give one with two arms to compare"):
        factorial_design(replace(small, arms={"classic": small.arms["classic"]}))


def test_a_result_runs_again_to_the_byte(tmp_path, capsys, undrawn):
    few = ["population=120", "horizon=20", "burn_in=10", "replicates=2", f"output_dir={tmp_path}", "quiet=true"]
    few.append("arms.proactive.focal.strategy.doubt=null")
    assert main(["attribute", "metric=npv", *few]) == 0
    (first,) = (tmp_path / "attribute").iterdir()
    assert main(["attribute", f"from={first}", "quiet=true"]) == 0
    (second,) = (path for path in (tmp_path / "attribute").iterdir() if path != first)
    names = {"config.yaml", "summary.json", "shares.parquet", "combinations.parquet", "report.html"}
    for name in names:
        if name != "report.html":
            assert (first / name).read_bytes() == (second / name).read_bytes(), name
    assert {path.name for path in first.iterdir()} == {*names, "manifest.json", "tables.xlsx", "SHA256SUMS", "figures"}
    assert json.loads((first / "summary.json").read_text())["metric"] == "npv"
    assert capsys.readouterr().out.split() == [str(first), str(second)]


@pytest.mark.slow
def test_workers_change_no_byte(small, done):
    from sim.execution.executors import make_executor

    with make_executor("local", workers=2) as executor:
        elsewhere = attribute(small, replicates=3, seed=5, executor=executor)
        assert elsewhere.shares.equals(done.shares) and elsewhere.combinations().equals(done.combinations())
        one, two = (touchpoints(small, replicates=2, executor=place, threads=1) for place in (None, executor))
        assert one.effects.equals(two.effects) and one.summary_json == two.summary_json


@pytest.mark.slow
def test_more_replicates_until_the_whole_effect_is_precise(small):
    precise = attribute(small, replicates=2, precision=1.0, threads=1)
    assert precise.arm_metrics.replicates > 2 and precise.arm_metrics.half_width <= 1.0
    fixed = attribute(small, replicates=precise.arm_metrics.replicates, threads=1)
    assert np.array_equal(fixed.arm_metrics.values, precise.arm_metrics.values, equal_nan=True)
