"""Goal: where cases end beyond chance; not where nearly all begin; a purchase where there are any."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim.data.log_file import read_event_log
from sim.discovery.cases import cases_of
from sim.discovery.goal import find_goal
from sim.discovery.purchases import amounts_where_paid, find_purchases
from sim.discovery.stage_words import says_purchase

VISITS = Path(__file__).parents[2] / "configs/data/visits.csv"


def log_of(tmp_path, words):
    rows = ["case,activity,time"]
    rows += [
        f"{case},{letter},2020-01-{1 + at:02}" for case, word in enumerate(words) for at, letter in enumerate(word)
    ]
    path = tmp_path / "made.csv"
    path.write_text("\n".join(rows) + "\n")
    return cases_of(read_event_log(path))


def test_the_goal_of_the_sample_log_is_to_pay_though_more_visits_end_at_home():
    goal = find_goal(cases := cases_of(read_event_log(VISITS)))
    assert (cases.stages[goal.stage], goal.why) == ("Pay", "ends")
    assert goal.last > 0.9 and goal.last_anywhere == pytest.approx(600 / 2636)


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        # Most cases end where all begin.
        (["h"] * 60 + ["habp"] * 30 + ["hab"] * 10, "p"),
        # Most come past the stage that many end in.
        (["abababa"] * 50 + ["ababc"] * 20, "c"),
        (["a"] * 20, "a"),
    ],
)
def test_a_stage_in_which_nearly_all_begin_is_no_goal(tmp_path, words, wanted):
    cases = log_of(tmp_path, words)
    assert cases.stages[find_goal(cases).stage] == wanted


def named_log(tmp_path, words, amount=None):
    names = {"p": "Prospecting", "q": "Qualification", "w": "Closed Won", "l": "Closed Lost"}
    rows = ["case,activity,time" + (",amount" if amount else "")]
    rows += [
        f"{case},{names[letter]},2020-01-{1 + at:02}" + (f",{amount(case, at)}" if amount else "")
        for case, word in enumerate(words) for at, letter in enumerate(word)
    ]  # fmt: skip
    path = tmp_path / "named.csv"
    path.write_text("\n".join(rows) + "\n")
    return read_event_log(path)


def test_what_comes_to_nothing_is_no_goal_where_another_stage_is_left(tmp_path):
    won, lost = ["pqw"] * 20, ["pql"] * 60
    cases = cases_of(named_log(tmp_path, won + lost))
    assert cases.stages[find_goal(cases).stage] == "Closed Won"
    # A loan that is rejected is no goal, though most are.
    path = tmp_path / "loans.csv"
    path.write_text(
        "case,activity,time\n"
        + "".join(
            f"{case},{name},2020-01-0{1 + at}\n"
            for case in range(60)
            for at, name in enumerate(("Submit", "Check", "Reject application" if case % 3 else "Approve application"))
        )
    )
    cases = cases_of(read_event_log(path))
    assert cases.stages[find_goal(cases).stage] == "Approve application"
    cases = cases_of(named_log(tmp_path, ["pq"] * 20 + lost))
    assert cases.stages[find_goal(cases).stage] == "Closed Lost"


def test_what_a_case_is_worth_is_no_payment_at_each_of_its_stages(tmp_path):
    """An amount in every row of a history of opportunities made all stages purchases, and the first of them the goal."""
    words = ["pqw"] * 30 + ["pql"] * 30
    worth = amounts_where_paid(log := named_log(tmp_path, words, lambda case, _: 100 + case))
    assert log.amount.size == 180 and "count at 'Closed Won' alone, not at 'Prospecting', " in worth.notices[-1]
    kept = worth.amount[~np.isnan(worth.amount)]
    assert kept.tolist() == [100.0 + case for case in range(30)]
    assert {worth.activities[at] for at in worth.activity[~np.isnan(worth.amount)]} == {"Closed Won"}
    bought = find_purchases(worth, cases_of(worth))
    assert {cases_of(worth).stages[at] for at in bought.stages} == {"Closed Won"}
    # What stands at the two ends alone is worth as much, and paid at one of them.
    log = named_log(tmp_path, words, lambda case, at: 100 + case if at == 2 else "")
    worth = amounts_where_paid(log)
    assert np.nansum(worth.amount) == kept.sum() and "not at 'Closed Lost'" in worth.notices[-1]
    log = named_log(tmp_path, words, lambda case, at: 100 + case if at == 2 and case < 30 else "")
    assert amounts_where_paid(log) is log


def test_a_purchase_is_a_goal_and_what_is_named_counts(tmp_path):
    cases = log_of(tmp_path, ["abc"] * 20 + ["ab"] * 20)
    assert find_goal(cases, bought=frozenset({1})).stage == 1
    assert find_goal(cases, bought=frozenset({1})).why == "bought"
    # Where all begin with a purchase, it is what they came from.
    assert cases.stages[find_goal(cases, bought=frozenset({0})).stage] == "c"
    assert find_goal(cases, 0).why == "given" and find_goal(cases, 0).stage == 0


@pytest.mark.parametrize(
    "name",
    ["purchase", "Purchase completed", "OrderPlaced", "order_confirmation", "Kauf", "bestellung-abgeschlossen", "paid"],
)
def test_a_name_that_says_a_purchase_does(name):
    assert says_purchase(name)


@pytest.mark.parametrize(
    "name",
    [
        "payment_details",
        "purchase_history",
        "order",
        "Create Purchase Order Item",
        "ordertarief",
        "checkout",
        "not paid",
        "x",
    ],
)
def test_a_name_that_says_more_or_less_than_a_purchase_does_not(name):
    assert not says_purchase(name)


def test_a_stage_called_a_purchase_is_the_goal_though_fewer_cases_end_there(tmp_path):
    words = ["abd"] * 30 + ["abpe"] * 10 + ["ad"] * 20
    rows = ["case,activity,time"]
    names = {"p": "Purchase"}
    rows += [
        f"{case},{names.get(letter, letter)},2020-01-{1 + at:02}"
        for case, word in enumerate(words)
        for at, letter in enumerate(word)
    ]
    (tmp_path / "made.csv").write_text("\n".join(rows) + "\n")
    cases = cases_of(read_event_log(tmp_path / "made.csv"))
    goal = find_goal(cases)
    assert (cases.stages[goal.stage], goal.why) == ("Purchase", "named")
    assert find_goal(cases, given=0).why == "given"


def test_how_soon_the_goal_is_reached_counts_the_first_visit_of_those_who_come(tmp_path):
    """A day passes between two visits: the first b comes after one, two, three and three days; one case has none."""
    cases = log_of(tmp_path, ["abb", "aab", "aaab", "aaabb", "aa"])
    goal = find_goal(cases, cases.stages.index("b"))
    assert goal.reached == pytest.approx(0.8)
    assert [seconds / 86_400 for seconds in goal.within] == [1.0, 2.0, 3.0]
    assert find_goal(log_of(tmp_path, ["ab", "a"]), 0).within == (0.0, 0.0, 0.0)


def test_cases_that_the_log_ends_too_soon_for_are_counted_as_long_as_they_were_seen(tmp_path):
    """Whoever begins within the last days could not come later: the law of all is that of those seen long enough."""
    luck = np.random.default_rng(1)
    count, days = 4_000, 100
    begins, waits = luck.uniform(0.0, days, count), luck.exponential(30.0, count)
    rows = ["case,activity,time"]
    for case, (begin, wait) in enumerate(zip(begins, waits, strict=True)):
        for name, at in (("look", begin), ("buy", begin + wait)):
            if at <= days:
                rows.append(f"{case},{name},{np.datetime64('2020-01-01') + np.timedelta64(round(at * 86_400), 's')}")
    (tmp_path / "made.csv").write_text("\n".join(rows) + "\n")
    cases = cases_of(read_event_log(tmp_path / "made.csv"))
    found = find_goal(cases, cases.stages.index("buy"), over=np.zeros(cases.count))
    truth = [-30.0 * np.log(1.0 - part) for part in (0.25, 0.5, 0.75)]
    assert [seconds / 86_400 for seconds in found.of_all] == pytest.approx(truth, rel=0.1)
    # Those alone who came within the log came sooner, and fewer seem to come.
    assert found.within[1] / 86_400 < 0.8 * truth[1] and found.reached < 0.75 < 0.95 < found.reach
    # Were all over with their last event, those who did not come never would.
    gone = find_goal(cases, cases.stages.index("buy"))
    assert gone.reach == pytest.approx(gone.reached) and gone.of_all[2] is None


def test_with_ends_and_everybody_seen_the_parts_of_all_are_plain_counts(tmp_path):
    cases = log_of(tmp_path, ["ab", "aab", "aaab", "aac"])
    goal = find_goal(cases, cases.stages.index("b"), over=np.ones(4))
    assert [seconds / 86_400 for seconds in goal.of_all] == [1.0, 2.0, 3.0] and goal.reach == pytest.approx(0.75)


def test_visits_that_come_new_are_those_of_a_look_at_each_case(tmp_path):
    words = ["abab", "b", "cab", "aaa"]
    expected = [word.index(letter) == at for word in words for at, letter in enumerate(word)]
    assert log_of(tmp_path, words).comes_new.tolist() == expected
