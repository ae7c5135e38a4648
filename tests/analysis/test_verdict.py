"""The verdict: the right words for a gain, a loss, for what cannot be told, and for nothing at all."""

import copy
from dataclasses import replace

import pytest

from sim.analysis.summary import brand_titles, persona_titles
from sim.analysis.verdict import money, points, verdict
from sim.experiments.compare import compare
from sim.reports.difference_table import difference_rows
from sim.scenario.scenario import Scenario


@pytest.fixture
def told(pretend_runs, scenario):
    def tell(better=0, noise=0, replicates=5):
        pretend_runs(better=better, noise=noise)
        return compare(scenario, replicates=replicates)

    return tell


def test_a_gain(told):
    text = told(better=80, noise=5).verdict
    assert "higher than with classic" in text and "$" in text and "per customer" in text
    assert "95 % interval" in text and "above 99.9 %" in text
    assert "It pays for keen" in text and "does not pay for" not in text
    assert "The gain comes mostly from more margin" in text
    assert "pays from the start" in text


def test_a_loss_says_why(told):
    text = told(better=-80, noise=5).verdict
    assert "lower than with classic" in text and "below 0.1 %" in text
    assert "It does not pay for keen" in text and "It does not pay back within 30 weeks" in text
    assert "Why it loses: mostly less margin from purchases" in text
    assert "Cash low point" in text


def test_what_chance_explains_is_not_called_a_difference(told):
    result = told(better=0, noise=40, replicates=3)
    gain = result.summary_json["differences"]["proactive - classic"]["contribution"]
    assert gain["ci_low"] < 0 < gain["ci_high"]
    assert "whether ours's contribution is higher or lower than with classic is open" in result.verdict
    assert "undecided for keen" in result.verdict and "Why it loses" not in result.verdict


def test_one_replicate_claims_nothing(told):
    text = told(better=80, replicates=1).verdict
    assert "in one replicate" in text and "One replicate gives no interval" in text
    assert "interval of the difference:" not in text and "Probability" not in text


def test_nothing_differs(told):
    assert told().verdict == (
        "proactive and classic do not differ: in every replicate the difference in contribution, and in everything "
        "else, is exactly 0."
    )


def test_a_strategy_that_would_start_behind_the_horizon_is_told():
    late = Scenario.load(
        "treadmill", population=20, horizon=4, burn_in=1, **{"arms.proactive.focal.strategy.start_week": 4}
    )
    result = compare(late, replicates=2)
    assert result.summary_json["never_started"] == {"proactive": 4}
    assert "Its strategy would start in week 4, and 4 weeks are compared: capabilities and" in result.verdict


@pytest.mark.parametrize(
    ("better", "said"),
    [
        (
            80,
            "from purchases: +$900.00, against the cost of running the capabilities, −$500.00, and others, −$800.00 in all.",
        ),
        (
            -80,
            "mostly the cost of running the capabilities, −$500.00, of −$800.00 in all; more margin from purchases brings only",
        ),
    ],
)
def test_what_weighs_most_is_told_beside_all_that_weighs_against_it(told, better, said):
    """300 and 500 weigh against 900: the largest of them alone would leave a reader with another sum."""
    summary = copy.deepcopy(told(better=better, noise=5).summary_json)
    terms = summary["waterfall"]["proactive - classic"]["all"]
    for name, term in terms.items():
        amount = {"margin": 900.0 if better > 0 else 400.0, "run": -500.0, "build": -300.0}.get(name, 0.0)
        term.update(mean=amount, ci_low=amount, ci_high=amount)
    assert said in verdict(summary)


def test_payback_in_some_replicates(told):
    summary = copy.deepcopy(told(better=80, noise=5).summary_json)
    entry = summary["differences"]["proactive - classic"]["payback_week"]
    entry.update(mean=20.4, ci_low=0.4, ci_high=29.7, share=0.6)
    text = verdict(summary)
    assert "pays back in week 20 on average (discounted; in 3 of 5 replicates) [0 to 30]" in text
    assert "in the other 2 it does not within 30 weeks" in text
    entry.update(mean=12_020.4, ci_high=14_002.0)
    assert "pays back in week 12,020 on average (discounted; in 3 of 5 replicates) [0 to 14,002]" in verdict(summary)


def test_where_most_replicates_do_not_pay_back_that_comes_first(told):
    summary = copy.deepcopy(told(better=80, noise=5).summary_json)
    entry = summary["differences"]["proactive - classic"]["payback_week"]
    entry.update(mean=20.4, ci_low=None, ci_high=None, share=0.2)
    text = verdict(summary)
    assert (
        "does not pay back within 30 weeks in 4 of 5 replicates (discounted); in the other it does in week 20." in text
    )
    assert "It pays back" not in text
    (row,) = [row for row in difference_rows(summary, "proactive", "$") if row.metric == "payback_week"]
    assert (row.difference, row.beside, row.brief) == ("week 20", " (20 % of replicates)", "never in 80 %")
    entry.update(share=0.6)
    (row,) = [row for row in difference_rows(summary, "proactive", "$") if row.metric == "payback_week"]
    assert row.brief == "week 20 in 60 %"


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (
            (-500.0, -900.0, -100.0),
            "Discounted to the first week it loses: the difference in net present value is −$500",
        ),
        ((100.0, -300.0, 500.0), "Discounted to the first week, whether it gains or loses is open"),
        ((500.0, 100.0, 900.0), ""),
    ],
)
def test_what_discounting_does_to_a_gain_is_said_where_it_turns_it(told, value, says):
    summary = copy.deepcopy(told(better=80, noise=5).summary_json)
    summary["differences"]["proactive - classic"]["npv"].update(zip(("mean", "ci_low", "ci_high"), value, strict=True))
    first, second = verdict(summary).splitlines()[:2]
    assert "higher than with classic" in first
    assert second.startswith(says) if says else "Discounted" not in verdict(summary)


def test_no_zero_has_a_sign():
    written = [points(share) for share in (-0.0004, 0.0004, -0.0006, 0.0, -0.021)]
    assert written == ["−0.04", "+0.04", "−0.1", "0.0", "−2.1"]


def test_nobody_is_behind_by_less_than_nothing(told):
    summary = copy.deepcopy(told(better=-80, noise=5).summary_json)
    low = summary["differences"]["proactive - classic"]["cash_low_point"]
    low.update(mean=-61_860.0, ci_low=-239_583.0, ci_high=78_158.0)
    assert "Cash low point: $61,860 behind classic at the worst moment [$0.00 to $239,583]." in verdict(summary)


def test_purchases_are_traced_to_where_they_were_won(told):
    summary = copy.deepcopy(told(better=80, noise=5).summary_json)
    name = "proactive - classic"
    summary["origins"][name]["all"]["loop"].update(mean=80.0, ci_low=60.0, ci_high=100.0)
    summary["flows"][name] = [
        {"from": "idle", "to": "buy", "mean": 40.0, "ci_low": -5.0, "ci_high": 90.0},
        {"from": "use", "to": "community", "mean": 20.0, "ci_low": 10.0, "ci_high": 30.0},
    ]
    text = verdict(summary)
    assert "of these through the loyalty loop +200.0 [+150.0 to +250.0]" in text
    # The larger change is not certain; the certain one is named.
    assert "use → community: +50.0 per 1,000 customers" in text


def test_where_the_brand_is_alone_its_share_says_nothing_and_its_churn_does(told):
    summary = copy.deepcopy(told(better=80, noise=5).summary_json)
    name = "proactive - classic"
    for arm, kept in (("classic", 0.6), ("proactive", 0.7)):
        summary["arms"][arm]["market_share"] = {"mean": 1.0, "ci_low": 1.0, "ci_high": 1.0}
        summary["arms"][arm]["retention"] = {"mean": kept, "ci_low": None, "ci_high": None}
    summary["differences"][name]["retention"].update(mean=0.1, ci_low=0.05, ci_high=0.15)
    summary["flows"][name] = [{"from": "idle", "to": "buy", "mean": 40.0, "ci_low": 5.0, "ci_high": 90.0}]
    text = verdict(summary)
    assert "What changed: churn over 30 weeks 40.0 % to 30.0 % (−10.0 points [−15.0 to −5.0])." in text
    assert "market share" not in text and "whatever brand" not in text


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (0.0, "$", "$0.00"),
        (-0.5, "$", "−$0.50"),
        (999.994, "€", "€999.99"),
        (1234.4, "$", "$1,234"),
        (999_999.9, "$", "$1.00 million"),
        (45_600_000, "CHF", "CHF 45.60 million"),
        (7.891e9, "$", "$7.89 billion"),
    ],
)
def test_money(amount, currency, text):
    assert money(amount, currency) == text


@pytest.mark.parametrize(("share", "words"), [(None, "nobody bought anything."), (0.0, "nobody bought from stride.")])
def test_one_arm_without_a_sale_tells_an_empty_market_from_lost_sales(share, words):
    numbers = {name: {"mean": 0.0, "ci_low": 0.0, "ci_high": 0.0} for name in ("purchases", "contribution")}
    numbers["market_share"] = {"mean": share, "ci_low": None, "ci_high": None}
    summary = {"arms": {"classic": numbers}, "differences": {}, "market_customers": 10, "horizon": 5, "focal": "stride"}
    assert verdict(summary).endswith(words)


def test_the_step_named_is_the_largest_that_is_sure_and_no_coincidence(told):
    summary = copy.deepcopy(told(better=80, noise=5).summary_json)
    edge = {"from": "a", "to": "b", "mean": 40.0, "ci_low": 30.0, "ci_high": 50.0}
    wide = {**edge, "to": "c", "mean": 90.0, "ci_low": -90.0, "ci_high": 270.0}
    alike = {**edge, "to": "d", "ci_low": 40.0, "ci_high": 40.0}
    for flows, said in (
        ([edge, wide], "The step that changed most is a → b"),
        ([wide, edge], "Of the steps that surely changed, the largest is a → b"),
        ([alike, edge], "Of the steps that surely changed, the largest is a → b"),
    ):
        assert said in verdict({**summary, "flows": {"proactive - classic": flows}})
    assert "step" not in verdict({**summary, "flows": {"proactive - classic": [wide, alike]}})


def test_personas_and_brands_that_are_alike_up_to_the_comma_keep_their_whole_titles(scenario):
    first, second = scenario.personas
    same = (replace(first, title="Women, under 30"), replace(second, title="Women, over 30"))
    assert [persona_titles(replace(scenario, personas=same))[name] for name in (first.name, second.name)] == [
        "Women, under 30",
        "Women, over 30",
    ]
    apart = (replace(first, title="Women, under 30"), replace(second, title="Men, under 30"))
    assert [persona_titles(replace(scenario, personas=apart))[name] for name in (first.name, second.name)] == [
        "Women",
        "Men",
    ]
    untitled = (replace(first, name="Women", title=""), replace(second, title="Women, over 30"))
    assert persona_titles(replace(scenario, personas=untitled))[second.name] == "Women, over 30"
    twice = (replace(first, title="Women"), replace(second, title="Women"))
    assert persona_titles(replace(scenario, personas=twice)) == {
        person.name: f"Women ({person.name})" for person in (first, second)
    }


def test_a_persona_that_has_the_key_of_a_brand_is_called_by_its_own_title(told, scenario):
    focal, person = scenario.market.focal, scenario.personas[0]
    brand = replace(scenario.market.brands[focal], title="Stride, treadmills")
    market = replace(scenario.market, brands={**scenario.market.brands, focal: brand})
    same = replace(
        scenario, market=market, personas=(replace(person, name=focal, title="Rosa"), *scenario.personas[1:])
    )
    assert (brand_titles(same)[focal], persona_titles(same)[focal]) == ("Stride", "Rosa")
    summary = copy.deepcopy(told(better=80, noise=5).summary_json)
    summary["personas"][focal] = summary["personas"].pop(person.name)
    summary["persona_customers"][focal] = summary["persona_customers"].pop(person.name)
    text = verdict({**summary, "titles": brand_titles(same), "persona_titles": persona_titles(same)})
    assert "Stride's contribution" in text and "It pays for" in text and "Rosa +" in text and "Stride +" not in text
