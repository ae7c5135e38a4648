"""A strategist's ten questions: the commands of docs/questions.md, each answer checked to the cent or the digit."""

import json
import os
import re
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.cli import main

PAGE = Path(__file__).resolve().parents[2] / "docs" / "questions.md"
SMALL = ("population=200", "horizon=40", "burn_in=8", "threads=1", "progress=false", "quiet=true")
HORIZON = 40
CAP = 20_000
#: What `all_four` costs in the treadmill's market, and Vibrant Veronica's share of it.
BUILD = {"automation": 14_700.0, "personalization": 8_640.0, "context": 5_760.0, "innovation": 2_500.0}
RUN = {"automation": 117.6, "personalization": 72.0, "context": 57.6, "innovation": 75.0}
VERONICA = 0.25


class Answer:
    """One result folder of `compare`."""

    def __init__(self, folder):
        self.folder = folder
        self.summary = json.loads((folder / "summary.json").read_text("utf-8"))
        self.costs = {line["what"]: line for line in self.summary["costs"]["proactive"]}
        self.found = self.summary["differences"]["proactive - classic"]

    def weekly(self, metric, arm="proactive"):
        frame = pd.read_parquet(self.folder / "weekly.parquet").query("metric == @metric and arm == @arm")
        return frame.groupby(["week", "key"], observed=True).value.sum().unstack()


def _listed():
    """Return the commands by the number of their question."""
    parts = re.split(r"^## (\d+)\. ", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    found = {}
    for number, text in zip(parts[1::2], parts[2::2], strict=True):
        (block,) = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
        found[int(number)] = [shlex.split(line)[1:] for line in block.splitlines()]
    return found


@pytest.fixture(scope="module")
def asked(tmp_path_factory, module_undrawn):
    """Return a function: the answer to a question of the page; to 0, the comparison without any change."""
    home, listed, done = tmp_path_factory.mktemp("questions"), _listed(), {}
    assert list(listed) == list(range(1, 11))

    def answer(number):
        if number not in done:
            before = Path.cwd()
            os.chdir(home)
            try:
                for words in listed.get(number, [["compare"]]):
                    if words[0] == "optimize":
                        # Over forty weeks the budget of the page binds nothing.
                        few = ("evaluations=8", "confirm=4", "executor=serial", "replicates=2")
                        words = ["optimize", f"budget={CAP}", *few]
                    given = {word.split("=")[0] for word in words}
                    sizes = (*SMALL, "replicates=1", f"output_dir={home}/{number}")
                    more = [] if words[0] == "new" else [size for size in sizes if size.split("=")[0] not in given]
                    assert main([*words, *more]) == 0
            finally:
                os.chdir(before)
            (done[number],) = (home / str(number) / words[0]).iterdir()
        return done[number]

    return answer


@pytest.fixture
def plain(asked):
    return Answer(asked(0))


def payments_in(weeks):
    """Twelve payments in 52 weeks, the first at once."""
    return -(-weeks * 12 // 52)


def test_1_what_is_paid_once_and_a_month_is_charged_to_the_cent(asked):
    answer = Answer(asked(1))
    build, run = answer.costs["build automation"], answer.costs["run automation"]
    assert (build["typed"], build["charged"]) == (200_000.0, 200_000.0)
    assert (run["typed"], run["unit"], run["times"]) == (5_000.0, "month", payments_in(HORIZON))
    assert run["charged"] == 5_000.0 * payments_in(HORIZON)
    others = [name for name in BUILD if name != "automation"]
    assert all(
        answer.costs[f"run {name}"]["charged"] == pytest.approx(RUN[name] * HORIZON, abs=1e-9) for name in others
    )
    terms = answer.summary["waterfall"]["proactive - classic"]["all"]
    assert terms["build"]["mean"] == -(200_000 + sum(BUILD[name] for name in others))
    spent = 5_000 * payments_in(HORIZON) + sum(RUN[name] for name in others) * HORIZON
    assert terms["run"]["mean"] == pytest.approx(-spent, abs=1e-6)


def test_2_half_the_effect_costs_the_same_and_is_the_middle_of_the_curve(asked, plain):
    answer = Answer(asked(2))
    fixed = [line for line in plain.summary["costs"]["proactive"] if line["unit"] in ("once", "week")]
    assert [line for line in answer.summary["costs"]["proactive"] if line["unit"] in ("once", "week")] == fixed
    curve = plain.summary["effectiveness"]["proactive - classic"]
    half = curve["contribution"][curve["grid"].index(0.5)]["mean"]
    assert answer.found["contribution"]["mean"] == pytest.approx(half, abs=0.005)


def test_3_only_one_persona_is_charged_by_its_share_and_nobody_else_is_contacted(asked):
    answer = Answer(asked(3))
    for name, typed in BUILD.items():
        assert answer.costs[f"build {name}"]["charged"] == round(typed * VERONICA, 2)
    weekly = pd.read_parquet(answer.folder / "weekly.parquet").query("metric == 'contacts' and arm == 'proactive'")
    contacts = weekly.groupby("persona", observed=True).value.sum()
    assert contacts["veronica"] > 0 and contacts.drop("veronica").sum() == 0


def test_4_until_the_competitors_copy_not_a_cent_differs(asked, plain):
    mine, copied = plain.weekly("contribution"), Answer(asked(4)).weekly("contribution")
    assert (mine.loc[:25] == copied.loc[:25]).all(axis=None)
    # In that week they pay what the copy costs or make their first contacts.
    assert (mine.loc[26:] != copied.loc[26:]).any(axis=None)


def test_5_every_size_has_its_price_by_kind(asked):
    table = pd.read_parquet(asked(5) / "table.parquet").query("arm == 'proactive' and persona == 'all'")
    size = table.filter(regex="capability_level$").iloc[:, 0].to_numpy()
    assert sorted(size) == [0.25, 0.5, 0.75, 1.0]
    for times, paid in zip(size, table["cost_build"], strict=True):
        assert paid == sum(round(cost * times**2, 2) for cost in BUILD.values())
    for times, paid in zip(size, table["cost_run"], strict=True):
        assert paid == pytest.approx(sum(round(cost * times**2, 2) for cost in RUN.values()) * HORIZON, abs=1e-6)
    kinds = table.filter(regex="^cost_").sum(axis=1)
    assert (kinds > table["cost_build"]).all()


def test_5_the_best_plan_within_a_budget_never_spends_a_cent_more(asked):
    (folder,) = (asked(5).parents[1] / "optimize").iterdir()
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    assert 0 <= summary["spent"] <= CAP
    assert all(plan["spent"] <= CAP for plan in summary["alternatives"] if "spent" in plan)


def test_6_they_renew_every_four_or_five_weeks(asked):
    events = pd.read_parquet(asked(6) / "events.parquet").query("stage == 'renewal' and kind == 'stage'")
    gaps = events.groupby("case_id", observed=True).week.diff().dropna()
    # A renewal that is weighed, or a membership that lapsed, takes longer; none is sooner.
    assert len(gaps) > 500 and set(gaps[gaps < 6]) == {4.0, 5.0}
    assert gaps[gaps < 6].mean() == pytest.approx(4.33, abs=0.05)


def test_7_until_the_rival_enters_not_a_cent_differs(asked, plain):
    for arm in ("classic", "proactive"):
        before, after = plain.weekly("purchases", arm), Answer(asked(7)).weekly("purchases", arm)
        assert set(after) == {*before, "rival"}
        assert all((before.loc[:25, brand] == after.loc[:25, brand]).all() for brand in before)
        assert after.loc[:25, "rival"].sum() == 0 < after.loc[26:, "rival"].sum()


def test_8_contacts_are_charged_one_by_one(asked, plain):
    double = Answer(asked(8)).costs["contacts"]
    for line in (plain.costs["contacts"], double):
        assert line["typed"] == 0.04 and line["charged"] == pytest.approx(line["times"] * 0.04, abs=0.005)
    assert 1.7 < double["times"] / plain.costs["contacts"]["times"] < 2.05


def test_9_at_the_break_even_a_year_pays_for_itself(asked):
    answer = Answer(asked(9))
    assert answer.summary["horizon"] == 52
    curve = answer.summary["effectiveness"]["proactive - classic"]
    gains = [entry["mean"] for entry in curve["contribution"]]
    at = answer.found["break_even_effectiveness"]
    if at is None:
        assert max(gains) < 0 or min(gains) > 0
    else:
        assert np.interp(at["mean"], curve["grid"], gains) == pytest.approx(0.0, abs=1.0)


def test_10_twice_the_market_doubles_what_customers_cause_and_no_fixed_cost(asked, plain):
    double = Answer(asked(10))
    assert (double.summary["market_customers"], double.summary["simulated_customers"]) == (40_000, 200)
    once, twice = (one.summary["waterfall"]["proactive - classic"]["all"] for one in (plain, double))
    for term, entry in twice.items():
        times = 1 if term in ("build", "run", "experiments") else 2
        assert entry["mean"] == pytest.approx(times * once[term]["mean"], abs=0.005)
    for arm in ("classic", "proactive"):
        before, after = (one.summary["arms"][arm] for one in (plain, double))
        assert after["revenue"]["mean"] == pytest.approx(2 * before["revenue"]["mean"], abs=0.005)
        assert after["market_share"] == before["market_share"]
