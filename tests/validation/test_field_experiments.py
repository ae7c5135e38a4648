"""P11: rows are read as they are written, arms follow from their words, and a model of another strength is found out."""

import shutil
from dataclasses import replace
from math import exp, log

import numpy as np
import pytest

from agents.strategies import CAPABILITIES
from sim.scenario.errors import ConfigError
from sim.validation.effectiveness import Implied, at_effectiveness, implied_by, pool
from sim.validation.field_experiment import COLUMNS, read_experiments
from sim.validation.field_experiments import (
    FIELD_EXPERIMENTS,
    Replayed,
    _effects_chart,
    fit_capabilities,
    replay_all,
)
from sim.validation.pattern import PatternRun
from sim.validation.published import DATA
from sim.validation.replay import Replay, effects_of, plan_replay

ROWS = {each.id: each for each in read_experiments(DATA / "field_experiments.csv")}


def folder_with(tmp_path, rows):
    """Return a copy of the published figures in which these are the experiments."""
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    lines = [",".join(COLUMNS), *(",".join(f'"{row[name]}"' for name in COLUMNS) for row in rows)]
    (folder / "field_experiments.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def row(**given):
    return {
        **{"id": "X1", "outcome": "purchases", "unit": "relative", "control": "1", "treated": "1.2"},
        **{"relative_effect": "+20 %", "n": "", "replay": "personalization 0/1; groceries; purchases; 8"},
        **given,
    }


def test_effects_signs_and_intervals_are_read_from_the_words_of_a_row():
    assert ROWS["E01"].effects[0] == pytest.approx(10 / 6 - 1)
    low, high = ROWS["E01"].interval
    # Katz et al. 1978, with half of 65,000 in each arm.
    error = (0.94 / (32_500 * 0.06) + 0.90 / (32_500 * 0.10)) ** 0.5
    assert (low, high) == pytest.approx(tuple(exp(log(10 / 6) + z * error) - 1 for z in (-1.96, 1.96)), abs=1e-4)
    assert ROWS["E42"].signs == (1, 1, -1, 1) and ROWS["E13"].signs == (-1,) and ROWS["E29a"].signs == (1, 1)
    assert ROWS["E36b"].effects == pytest.approx((0.43, 0.36))
    assert ROWS["E17"].effects == pytest.approx((-0.65,)) and ROWS["E17"].interval is None
    assert ROWS["E47"].effects == pytest.approx((0.23,))


def test_a_table_without_a_column_or_an_id_is_refused(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("id,outcome\nX1,purchases\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="has no column unit"):
        read_experiments(path)
    folder = folder_with(tmp_path, [row(id="")])
    with pytest.raises(ConfigError, match="row 1 has no id"):
        read_experiments(folder / "field_experiments.csv")


def test_experiments_of_ones_own_are_replayed_by_the_command_and_bad_ones_get_one_message(tmp_path, capsys):
    from sim.cli import main

    path = tmp_path / "own.csv"
    rows = [row(id="A1"), row(id="<b>", replay="drones; mars; purchases; 8")]
    lines = [",".join(COLUMNS), *(",".join(f'"{each[name]}"' for name in COLUMNS) for each in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    words = ["validate", f"experiments={path}", "size=0.02", f"output_dir={tmp_path}", "progress=false"]
    assert main(words) == 0
    out = capsys.readouterr().out
    assert (
        "2 experiments:" in out
        and "1 not replayable" in out
        and "shown, 2" in out
        and "pattern is" not in out
        and "()" not in out
    )
    (page,) = tmp_path.glob("validate/*/report.html")
    assert "<b>" not in page.read_text("utf-8").split("A1")[1][:3000]
    for content, message in (
        ("\n".join([lines[0], lines[1], lines[1]]), "row 2 has the id 'A1' again"),
        (lines[0] + "\n", "has no experiment below its head"),
    ):
        path.write_text(content, encoding="utf-8")
        assert main(words) == 2
        assert message in capsys.readouterr().err
    assert main([*words, "pattern=P2"]) == 2
    assert "is read by P11 alone" in capsys.readouterr().err


def test_arms_follow_from_the_words_and_not_from_the_id(tmp_path):
    rows = [
        row(id="unseen", replay="automation 0/1; hotels; revenue; 26", outcome="revenue"),
        row(id="other", replay="contact rate x 2; cosmetics; purchases; 13"),
        row(id="odd", replay="drones; cosmetics; purchases; 13"),
        row(id="strange", outcome="heartbeats"),
    ]
    run = PatternRun(data=folder_with(tmp_path, rows), size=0.01)
    plans = {each.id: plan_replay(run, each) for each in read_experiments(run.data / "field_experiments.csv")}
    hotels = plans["unseen"].scenario
    assert hotels.market.name == "hotels" and hotels.horizon == 26 and plans["unseen"].capability == "automation"
    treated = hotels.arms["treated_100"].plans[hotels.market.focal].strategy
    assert treated.automation == 0.5 and hotels.arms["control"].plans[hotels.market.focal].strategy.automation == 0.0
    other = plans["other"].scenario
    rates = [
        other.arms[arm].plans[other.market.focal].strategy.contacts_per_week.customers
        for arm in ("control", "treated_100")
    ]
    assert rates[1] == 2 * rates[0]
    assert plans["odd"].scenario is None and "drones" in plans["odd"].missing
    assert plans["strange"].scenario is None and "heartbeats" in plans["strange"].missing


def test_pooling_is_the_random_effects_mean_of_dersimonian_and_laird():
    same = pool([Implied(id="a", value=1.0, error=0.2), Implied(id="b", value=1.0, error=0.4)])
    assert same.between == 0.0 and same.error == pytest.approx((1 / (25 + 6.25)) ** 0.5)
    apart = pool([Implied(id="a", value=0.0, error=0.1), Implied(id="b", value=2.0, error=0.1)])
    # Q = 200, one degree of freedom, C = 100: tau**2 = 199 / 100.
    assert apart.between == pytest.approx((199 / 100) ** 0.5) and apart.mean == pytest.approx(1.0)
    assert apart.range() == (0.0, 2.0), "of two experiments nothing is known of the spread between them"
    assert pool([]) is None


def test_the_interval_of_a_further_experiment_holds_nineteen_of_twenty():
    """Five experiments at a time whose truths differ: a sixth lies where the other five say, 95 times in a hundred."""
    rng = np.random.default_rng(7)
    held, errors = 0, (0.1, 0.2, 0.3, 0.2, 0.1, 0.2)
    for _ in range(2000):
        values = 1.0 + 0.6 * rng.normal(size=6) + np.array(errors) * rng.normal(size=6)
        found = [
            Implied(id=str(at), value=value, error=error)
            for at, (value, error) in enumerate(zip(values, errors, strict=True))
        ]
        low, high = pool(found[:5]).predicted(found[5].error)
        held += low <= values[5] <= high
    assert 0.92 < held / 2000 < 0.98
    assert pool(found[:1]).predicted() == pool(found[:2]).predicted() == (-np.inf, np.inf)
    # Higgins, Thompson & Spiegelhalter 2009: t with k - 2, here 3 degrees of freedom.
    five = pool(found[:5])
    half = 3.182446 * (five.error**2 + five.between**2) ** 0.5
    assert five.predicted() == pytest.approx((five.mean - half, five.mean + half))


def unseen(outcome, replay):
    """An experiment that no table has."""
    parts = tuple(part.strip() for part in outcome.split(";"))
    return replace(ROWS["E13"], id="unseen", outcome=outcome, outcomes=parts, replay=replay)


def test_an_arm_that_sells_nothing_at_all_is_drawn():
    """Of a small population: its share of the control is 0, by which an error cannot be divided."""
    nothing = Replayed(plan=Replay(experiment=ROWS["E34"]), effects=np.full((1, 4), -1.0), errors=np.full((1, 4), 0.1))
    (_, simulated) = _effects_chart([nothing]).curves
    assert np.isfinite(simulated.y).all() and simulated.error is not None and np.isfinite(simulated.error).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("outcome", "replay", "sign"),
    [
        ("customers who left", "retention offer; telecom; churn; 26", -1),
        ("click-through", "personalization .2/1, covert; average; purchases per contact", -1),
        ("items returned", "personalization 0/1; fashion; returns; 52", -1),
        ("returns", "promise; average; returns; 26", 1),
        ("market share", "automation 0/1 beside automated rivals; carriers; 52", -1),
        ("satisfaction", "a robot that says so; hotels; 13", -1),
        ("unsubscribed", "contact rates x 3; fashion; opt_out_rate; 26", 1),
    ],
)
def test_unseen_experiments_have_the_sign_that_such_ones_had_in_print(outcome, replay, sign):
    run = PatternRun(threads=2)
    plan = replace(plan_replay(run, unseen(outcome, replay)), replicates=16)
    found = effects_of(run, plan)[:, 0]
    found = found[:, min(2, found.shape[1] - 1)]
    assert sign * found.mean() > 3.0 * found.std(ddof=1) / len(found) ** 0.5


def test_experiments_that_are_beyond_the_words_of_the_first_table_are_sayable():
    """Kinds of experiment that no row of the table has: each finds arms and a metric."""
    words = {
        "returns": ("items returned", "automation 0/1; fashion; returns; 52"),
        "promise": ("returns; retention", "promise; cosmetics; returns, retention; 26"),
        "robot": ("purchase rate", "a chatbot calls customers; fitness; purchases; 13"),
        "rivals": ("revenue", "automation 0/1 beside automated rivals; hotels; revenue; 52"),
        "reminders": ("visits", "reminders of visits; fitness; visits; 13"),
        "data": ("intention to buy", "prospect_knowledge .1/.9; average; response; 13"),
        "default": ("retention", "renewal by default 0/1; carriers; retention; 52"),
        "control": ("clicks", "data_use covert/disclosed; average; purchases per contact; 13"),
        "offer": ("customers who left", "retention offer; telecom; churn; 26"),
        "rates": ("unsubscribed", "contact rates x 3; fashion; opt_out_rate; 26"),
        "intrusive": ("click-through", "personalization .2/1, covert; average; purchases per contact"),
        "programme": ("purchases", "subscription programme; groceries; purchases; 52"),
        "apology": ("retention", "complaints answered 0/1; hotels; retention; 52"),
        "quotes": ("revenue", "automation 0/1 beside automated rivals; solar; revenue; 52"),
    }
    for id, (outcome, replay) in words.items():
        experiment = unseen(outcome, replay)
        plan = plan_replay(PatternRun(size=0.01), experiment)
        assert plan.scenario is not None and len(plan.metrics) == len(experiment.outcomes), id
        if "returns" in plan.metrics:
            journeys = plan.scenario.journeys.values()
            assert any(stage.does == "return" for journey in journeys for stage in journey.stages.values())


def test_a_model_twice_as_strong_implies_half_the_effectiveness():
    scanned, errors = (0.0, 0.5, 1.0, 2.0), np.full(4, 1e-3)
    once = np.array([0.0, 0.05, 0.1, 0.2])
    for published in (0.15, 0.4):
        assert implied_by("x", scanned, once, errors, published, 0.02).value == pytest.approx(10 * published)
        assert implied_by("x", scanned, 2 * once, errors, published, 0.02).value == pytest.approx(5 * published)
    assert implied_by("x", scanned, np.full(4, 0.1), errors, 0.1, 0.02) is None, "no effectiveness can be told"
    assert at_effectiveness(scanned, once, 3.0) == pytest.approx(0.3)


@pytest.mark.slow
def test_p11_passes_and_a_capability_twice_as_strong_fails_it(tmp_path):
    finding = FIELD_EXPERIMENTS.run(PatternRun(threads=2))
    assert [check.what for check in finding.checks if not check.passed] == []
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    kinds = (folder / "replay_kinds.yaml").read_text("utf-8")
    # Innovation is measured by success, so that its level says how many there are and the uplift how much each does.
    uplift = PatternRun().scenario("average").market.innovation.uplift
    team = "    treated: {innovation: 1.0}\n"
    for old, new in (("tool: 0.5", "tool: 1.0"), (team, f"{team}    market: {{innovation.uplift: {2 * uplift}}}\n")):
        assert kinds.count(old) == 1
        kinds = kinds.replace(old, new)
    (folder / "replay_kinds.yaml").write_text(kinds, encoding="utf-8")
    doubled = FIELD_EXPERIMENTS.run(PatternRun(threads=2, data=folder))
    failing = [check.what for check in doubled.checks if not check.passed]
    for name in CAPABILITIES:
        assert any(f"effectiveness of {name}" in what for what in failing), name


@pytest.mark.slow
def test_the_doubt_that_ships_is_that_of_the_experiments():
    table = PatternRun().table("fitted_effectiveness")
    fitted = fit_capabilities(replay_all(PatternRun(threads=2)))
    for name, low, high in zip(table["capability"], table["low"], table["high"], strict=True):
        assert fitted[str(name)][0].range() == pytest.approx((low, high), abs=0.006)
