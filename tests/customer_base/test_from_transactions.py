"""`journey calibrate data=FILE` from end to end: what it fits, forecasts, writes, and refuses."""

import json
from datetime import date, timedelta

import numpy as np
import pyarrow.parquet as parquet
import pytest

from sim.cli import main
from sim.customer_base.buy_till_you_die import BuyTillYouDie, fit_buy_till_you_die
from sim.customer_base.cohort import MOST_JOININGS, Cohort, Simulable, group_joinings, stagger
from sim.customer_base.fitted_base import fit_base
from sim.customer_base.purchase_history import survey
from sim.customer_base.repeat_buying import Summary
from sim.data.layout import Layout
from sim.data.transactions import read_transactions
from sim.scenario.journey import MOST_BURN_IN
from sim.scenario.scenario import Scenario
from sim.scenario.yaml_reader import read_yaml
from sim.validation.published import DATA, read_table

CDNOW = [f"data={DATA / 'CDNOW_sample.txt'}", "columns=[master,customer,date,units,amount]"]


@pytest.fixture
def run(tmp_path, capsys):
    """Return a function that runs the verb and gives the status, the result folder and what was printed."""

    def go(*words):
        status = main(["calibrate", *words, f"output_dir={tmp_path / 'results'}", "threads=1", "executor=serial"])
        printed = capsys.readouterr()
        folders = sorted((tmp_path / "results" / "calibrate").glob("[!.]*")) if (tmp_path / "results").exists() else []
        return status, folders[-1] if folders else None, printed.out + printed.err

    return go


@pytest.fixture(scope="module")
def fitted_by(tmp_path_factory):
    """Return a function: the folder in which the sample of CDNOW is fitted by a model, once for the module."""
    done = {}

    def fit(model):
        if model not in done:
            place = tmp_path_factory.mktemp(model)
            words = ["save_as=cdnow", "margin_share=0.25", "replicates=2", f"output_dir={place}", "quiet=true"]
            size = [] if model == "bg_nbd" else [f"model={model}", "population=20000"]
            assert main(["calibrate", *CDNOW, *words, *size, "threads=1", "executor=serial"]) == 0
            (done[model],) = (place / "calibrate").iterdir()
        return done[model]

    return fit


@pytest.fixture(scope="module")
def fitted(fitted_by):
    """The sample of CDNOW, fitted by the model that is chosen for it."""
    return fitted_by("bg_nbd")


def test_the_published_estimates_within_a_tenth_and_the_forecast_within_six_percent(fitted):
    summary = json.loads((fitted / "summary.json").read_text())
    published = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
    for name, value in published.items():
        entry = summary["parameters"][name]
        assert entry["estimate"] == pytest.approx(value, rel=0.1)
        assert entry["ci_low"] < value < entry["ci_high"]
    assert summary["data"]["window_weeks"] == 39
    assert summary["data"]["until"] == "1997-09-30"
    assert summary["forecast"]["largest_gap_of_the_curve"] < 0.06
    weekly = parquet.read_table(fitted / "weekly.parquet").to_pandas()
    after = weekly[weekly.week > 39]
    assert len(after) == 39
    assert (np.abs(after.simulated_so_far / after.observed_so_far - 1.0) < 0.06).all()


def test_counts_of_one_summary_agree(fitted):
    summary = json.loads((fitted / "summary.json").read_text())
    data, counts, forecast = summary["data"], summary["data"]["counts"], summary["forecast"]
    assert counts["rows"] == counts["rows_used"] + counts["rows_left_out"]
    assert counts["rows_left_out"] == sum(data["left_out"].values())
    assert counts["rows_used"] == counts["purchases"] + counts["merged_within_a_day"]
    assert counts["customers"] == data["customers"] + data["later_customers"] == counts["customers_in_the_fit"]
    parts = ("first", "repeats_in_window", "repeats_after", "of_later_customers")
    assert counts["purchases"] == sum(counts[f"purchases_{part}"] for part in parts)
    repeats = data["repeat_purchases_in_window"] + data["repeat_purchases_after"]
    assert forecast["observed_total"] + forecast["not_in_whole_weeks"] == repeats
    assert forecast["after"]["observed"] == forecast["observed_after"]
    customers = parquet.read_table(fitted / "customer_base.parquet").to_pandas()
    assert len(customers) == data["customers"] and customers.customer.is_monotonic_increasing
    assert customers.repeat_purchases.sum() == data["repeat_purchases_in_window"]
    assert customers.observed_purchases.sum() == data["repeat_purchases_after"]


def test_the_forecast_is_judged_in_words_and_figures(fitted):
    summary = json.loads((fitted / "summary.json").read_text())
    after = summary["forecast"]["after"]
    assert after["rating"] == "poor" and after["gap"] == pytest.approx(-0.114, abs=0.03)
    assert after["ci_low"] < after["simulated"] < after["ci_high"]
    assert "In weeks 40 to 78 alone the forecast was poor" in summary["verdict"]
    assert set(summary["models"]) == {"bg_nbd", "mbg_nbd", "pareto_nbd"} and summary["models"]["bg_nbd"]["used"]


def test_the_year_after_is_told_as_each_customer_lets_expect_it_and_as_the_market_has_it(fitted):
    """The market of the configuration draws customers anew, by the same fit: both come to about the same."""
    summary = json.loads((fitted / "summary.json").read_text())
    ahead = summary["next_year"]
    customers = parquet.read_table(fitted / "customer_base.parquet").to_pandas()
    assert ahead["purchases"] == pytest.approx(customers.expected_purchases_next_year.sum())
    assert ahead["revenue"] == pytest.approx(customers.expected_revenue_next_year.sum())
    largest = customers.expected_purchases_next_year.sort_values(ascending=False)
    count = round(ahead["half"] * len(customers))
    assert largest[:count].sum() >= ahead["purchases"] / 2 > largest[: count - 1].sum()
    assert ahead["purchases"] == pytest.approx(ahead["drawn"], rel=0.02)
    told = f"{ahead['purchases']:,.0f} purchases [{ahead['ci_low']:,.0f} to {ahead['ci_high']:,.0f}] ($72,2"
    assert told in summary["verdict"].replace("\u00a0", " ")
    assert f"drawn by the model alone, has {ahead['drawn']:,.0f}" in summary["verdict"]
    page = (fitted / "report.html").read_text("utf-8").replace("\u2060", "")
    assert "Each customer" in page and "Purchases in the year after" in page
    for name in ("bg_nbd", "mbg_nbd", "pareto_nbd"):
        assert f"{customers[f'p_alive_at_the_end_{name}'].sum():,.0f}" in page


@pytest.fixture(scope="module")
def two_ledgers(tmp_path_factory):
    """Return the summaries, folders and bases of the sample of CDNOW, and of the same with customers who begin later."""
    place = tmp_path_factory.mktemp("later")
    rows = [line.split()[1:] for line in (DATA / "CDNOW_sample.txt").read_text().splitlines()]
    rows = [(customer, date.fromisoformat(f"{day[:4]}-{day[4:6]}-{day[6:]}"), paid) for customer, day, _, paid in rows]
    later = [(f"L{customer}", day + timedelta(days=300), paid) for customer, day, paid in rows[::3]]
    later = [row for row in later if row[1] <= date(1998, 6, 30)]
    found = {}
    for name, lines in (("sample", rows), ("more", rows + later)):
        path = place / f"{name}.csv"
        path.write_text("customer,date,amount\n" + "".join(f"{who},{day},{paid}\n" for who, day, paid in lines))
        words = [f"data={path}", "population=500", "replicates=2", f"output_dir={place}", "quiet=true"]
        assert main(["calibrate", *words, "threads=1", "executor=serial"]) == 0
        (folder,) = (place / "calibrate").glob(f"*_{name}")
        base, _ = survey(read_transactions(path, Layout()), date(1998, 6, 30))
        found[name] = json.loads((folder / "summary.json").read_text()), folder, base
    return found


def test_customers_who_begin_after_the_window_change_the_second_fit_and_nothing_of_the_test(two_ledgers):
    (sample, _, _), (more, folder, base) = two_ledgers["sample"], two_ledgers["more"]
    for key in (key for key in sample["rests_on"]["window"] if "." not in key):
        assert sample[key] == more[key], key
    told = "\n".join(line for line in sample["verdict"].splitlines()[:5])
    assert "In weeks 40 to 78 alone the forecast was" in told and more["verdict"].startswith(told)
    assert more["data"]["later_customers"] > 100 and sample["data"]["later_customers"] == 0
    assert (
        more["refit"]["customers"] == base.customers == sample["refit"]["customers"] + more["data"]["later_customers"]
    )
    assert more["next_year"]["drawn"] > 1.1 * sample["next_year"]["drawn"]
    market = read_yaml(folder / "config" / "market" / "more.yaml")
    price = more["next_year"]["revenue"] / more["next_year"]["purchases"]
    assert market["customers"] == base.customers and market["brands"]["shop"]["price"] == round(price, 2)
    assert more["refit"]["mean_amount"] == base.mean_amount


def test_each_customer_of_the_file_is_exported_with_what_each_fit_says_of_it(two_ledgers):
    summary, folder, base = two_ledgers["more"]
    rows = parquet.read_table(folder / "customer_base.parquet").to_pandas()
    later = rows.customer.str.startswith("L") & (rows.first_purchase.astype(str) > "1997-09-30")
    assert len(rows) == base.customers and later.sum() == summary["data"]["later_customers"]
    for column in ("repeat_purchases", "last_purchase", "p_alive", "expected_purchases", "observed_purchases"):
        assert (rows[column].isna() == later).all(), column
    assert not rows.filter(regex="at_the_end|next_year").isna().any().any()
    first, second = (
        BuyTillYouDie(*(summary[key]["parameters"][name]["estimate"] for name in ("r", "alpha", "a", "b")))
        if key
        else BuyTillYouDie(*(summary["parameters"][name]["estimate"] for name in ("r", "alpha", "a", "b")))
        for key in ("", "refit")
    )
    kept = rows[~later]
    until, end = np.datetime64("1997-09-30"), np.datetime64("1998-06-30")
    for model, part, suffix, day in ((first, kept, "", until), (second, rows, "_at_the_end", end)):
        begun = part.first_purchase.to_numpy().astype("datetime64[D]")
        last = part[f"last_purchase{suffix}"].to_numpy().astype("datetime64[D]")
        seen = Summary(
            part[f"repeat_purchases{suffix}"].to_numpy(np.float64),
            (last - begun).astype(float) / 7.0,
            (day - begun).astype(float) / 7.0,
            np.ones(len(part)),
        )
        assert part[f"p_alive{suffix}"].to_numpy(np.float64) == pytest.approx(model.alive(seen))
        ahead = "expected_purchases" + ("_next_year" if suffix else "")
        weeks = 365 / 7 if suffix else 39
        assert part[ahead].to_numpy(np.float64) == pytest.approx(model.expected_after(weeks, seen))


@pytest.mark.parametrize("name", ["sample", "more"])
def test_the_market_that_is_written_expects_what_the_fit_to_all_of_the_file_does(two_ledgers, name):
    """By the closed form, of the parameters and the days of joining as the files have them."""
    summary, folder, base = two_ledgers[name]
    market, personas, journey = (
        read_yaml(folder / "config" / group / f"{name}.yaml") for group in ("market", "personas", "journey")
    )
    need, leaving = market["need"], next(iter(personas.values()))["novelty_seeking"]
    a = leaving["mean"] * leaving["concentration"]
    written = BuyTillYouDie(
        need["heterogeneity"], need["heterogeneity"] * need["mean_weeks"] / 7, a, leaving["concentration"] - a
    )
    fitted = fit_buy_till_you_die(base.summary()).model
    assert written.as_array() == pytest.approx(fitted.as_array(), rel=1e-6)
    spread = {edge["to"]: edge["probability"] for edge in journey["edges"] if "joins_day" in edge["to"]}
    days = {int(stage.removeprefix("joins_day_")): share for stage, share in spread.items()}
    days[0] = 1.0 - sum(days.values())
    age = base.days - 1 - base.first
    year = fitted.expected((age + 365) / 7) - fitted.expected(age / 7)
    expected = sum(
        market["customers"] * share * part * (written.expected((left + 365) / 7) - written.expected(left / 7))
        for stage, share in journey["start"].items()
        for day, part in days.items()
        for left in [base.days - 1 - (int(stage.removeprefix("joins_")) + day)]
    )
    assert summary["next_year"]["drawn"] == pytest.approx(year.sum(), rel=1e-4)
    assert expected == pytest.approx(year.sum(), rel=2e-3)


def test_it_is_said_which_numbers_rest_on_which_fit(two_ledgers, tmp_path, capsys):
    summary, folder, base = two_ledgers["more"]
    assert f"fitted again to all of the file: {base.customers:,} customers, to 1998-06-30" in summary["verdict"]
    page = (folder / "report.html").read_text("utf-8").replace("\u2060", "")
    assert "Tested, and fitted again" in page and "Fit to all of the file" in page
    told = [*summary["rests_on"]["window"], *summary["rests_on"]["all_of_the_file"]]
    columns = parquet.read_schema(folder / "customer_base.parquet").names
    for key in told:
        table, _, column = key.partition(".")
        assert column in columns if column else key in summary or (folder / key).is_dir(), key
    assert all(item in told for item in ("parameters", "forecast", "refit", "next_year", "config"))
    members = parquet.read_table(folder / "members.parquet").to_pandas()
    assert members.groupby("fit").weight.sum().to_dict() == pytest.approx({"window": 1.0, "all": 1.0})
    ledger = folder.parents[1] / "sample.csv"
    words = [f"data={ledger}", "until=1998-06-30", "model=bg_nbd", "population=500", "replicates=1"]
    words += [f"output_dir={tmp_path}", "threads=1", "executor=serial"]
    assert main(["calibrate", *words]) == 0
    assert "fitted again" not in capsys.readouterr().out
    (alone,) = (tmp_path / "calibrate").iterdir()
    once = json.loads((alone / "summary.json").read_text())
    again = two_ledgers["sample"][0]
    assert once["forecast"] is None and once["parameters"] == again["refit"]["parameters"]
    assert once["next_year"] == again["next_year"] and once["refit"] == again["refit"]
    assert "Tested, and fitted again" not in (alone / "report.html").read_text("utf-8")


def test_the_scenario_says_how_far_off_the_forecast_was_and_who_its_customers_are(fitted):
    written = read_yaml(fitted / "config" / "scenario" / "cdnow.yaml")
    (source,) = (item["source"] for item in written["assumptions"] if item["what"].startswith("Needs"))
    assert source.startswith("fitted to all of the file; fitted to weeks 1 to 39 alone, the same model forecast 11.")
    assert source.endswith("too few repeat purchases in weeks 40 to 78 (poor)")
    personas = read_yaml(fitted / "config" / "personas" / "cdnow.yaml")
    titles = [persona["title"] for persona in personas.values()]
    assert len(set(titles)) == 5 and all(title.startswith("customers of $") for title in titles)


def test_the_year_after_by_the_market_is_what_its_classic_arm_buys(fitted, tmp_path):
    words = ["scenario=cdnow", "ensemble=none", "replicates=4", "executor=serial", "threads=1", "quiet=true"]
    words += ["--config-dir", str(fitted / "config"), f"output_dir={tmp_path}"]
    assert main(["compare", *words]) == 0
    (folder,) = (tmp_path / "compare").iterdir()
    summary = json.loads((folder / "summary.json").read_text())
    bought = summary["arms"]["classic"]["purchases"]["mean"]
    # Where there is no rival nothing is won in any other way, and nothing is told of that.
    assert "through the loyalty loop" in summary["verdict"] and "active evaluation" not in summary["verdict"]
    drawn = json.loads((fitted / "summary.json").read_text())["next_year"]["drawn"]
    # The error of the simulation is 0.6 %.
    assert bought == pytest.approx(drawn, rel=0.025)


@pytest.mark.parametrize("model", ["bg_nbd", "mbg_nbd", "pareto_nbd"])
def test_what_is_written_are_two_arms_that_compare_runs(fitted_by, tmp_path, capsys, undrawn, model):
    """Without capabilities and contacts the arm that leads has the classic history; with them it has more purchases."""
    folder = fitted_by(model)
    common = ["compare", "--config-dir", str(folder / "config"), "scenario=cdnow", f"output_dir={tmp_path / 'out'}"]
    common += ["executor=serial", "threads=1", "replicates=1", "population=1500"]
    levels = {name: 0 for name in ("automation", "personalization", "context", "innovation")}
    off = [f"arms.proactive.focal.strategy.{name}=0" for name in [*levels, "contacts_per_week.customers"]]
    for words in ([], off):
        assert main([*common, *words]) == 0
    led, null = (
        json.loads((path / "summary.json").read_text()) for path in sorted((tmp_path / "out" / "compare").iterdir())
    )
    difference = {key: entry for key, entry in null["differences"]["proactive - classic"].items()}
    assert all(difference[metric]["mean"] == 0.0 for metric in ("contribution", "purchases", "revenue"))
    assert led["differences"]["proactive - classic"]["purchases"]["mean"] > 0.0
    market = read_yaml(folder / "config" / "market" / "cdnow.yaml")
    brand = market["brands"]["shop"]
    scenario = read_yaml(folder / "config" / "scenario" / "cdnow.yaml")
    assert market["customers"] == 2357 and (scenario["step"], scenario["horizon"]) == ("day", 365)
    assert led["market_customers"] == 2357 and led["simulated_customers"] == 1500 and led["step"] == "day"
    costs = {entry["what"]: entry for entry in led["costs"]["proactive"]}
    assert costs and all(cost["charged"] == pytest.approx(cost["each"] * cost["times"]) for cost in costs.values())
    assert brand["unit_margin"] == pytest.approx(0.25 * brand["price"], abs=0.01)


@pytest.mark.parametrize("model", ["mbg_nbd", "pareto_nbd"])
def test_the_other_models_are_simulated_as_their_formulas_say(fitted_by, model):
    """Every cell within four standard errors of the simulation: eleven cells, one in 1,400 seeds."""
    cells = parquet.read_table(fitted_by(model) / "histogram.parquet").to_pandas()
    assert (np.abs(cells.simulated - cells.expected) < 4 * cells.simulation_error).all()


def test_purchases_without_amounts_and_with_constant_ones(run, tmp_path):
    rows = [line.split() for line in (DATA / "CDNOW_sample.txt").read_text().splitlines()]
    bare = tmp_path / "bare.csv"
    bare.write_text("customer,date\n" + "".join(f"{row[1]},{row[2]}\n" for row in rows))
    status, folder, printed = run(f"data={bare}", "population=500", "replicates=1")
    summary = json.loads((folder / "summary.json").read_text())
    assert status == 0 and summary["spend"] is None and summary["data"]["mean_amount"] is None
    assert summary["parameters"]["r"]["estimate"] == pytest.approx(0.2426, abs=1e-3)
    assert "the file has no amounts" in printed and "NaN" not in (folder / "summary.json").read_text()
    bare.write_text("customer,date,amount\n" + "".join(f"{row[1]},{row[2]},9.99\n" for row in rows))
    status, folder, printed = run(f"data={bare}", "population=500", "replicates=1", "save_as=constant")
    summary = json.loads((folder / "summary.json").read_text())
    assert status == 0 and summary["spend"]["unbounded"] == ["p"]
    assert "p of the spending model not bounded by the data" in printed


def test_the_simulation_reproduces_the_histogram(fitted):
    """Every cell of the formula within four standard errors of the simulation: eleven cells, one in 1,400 seeds."""
    cells = parquet.read_table(fitted / "histogram.parquet").to_pandas()
    assert (np.abs(cells.simulated - cells.expected) < 4.0 * cells.simulation_error).all()
    assert cells.observed.sum() == 2357
    assert cells.expected.sum() == pytest.approx(2357)
    table = read_table(DATA / "cdnow_freq_table.csv")
    assert cells.observed[:7].tolist() == table["actual"][:7].tolist()


def test_the_warnings_carry_their_counts(fitted):
    summary = json.loads((fitted / "summary.json").read_text())
    assert summary["data"]["counts"]["duplicates"] == 21
    assert summary["data"]["counts"]["merged_within_a_day"] == 223
    assert any(warning.startswith("223 rows") for warning in summary["warnings"])
    page = (fitted / "report.html").read_text()
    assert "223 rows" in page
    assert sorted(path.stem for path in (fitted / "figures").glob("*.svg")) == [
        "comebacks", "repeats", "tiers", "tracking", "weeks",
    ]  # fmt: skip


@pytest.mark.slow
def test_what_it_writes_runs_by_name(fitted, tmp_path, capsys):
    scenario = Scenario.load("cdnow", config_dir=fitted / "config")
    assert scenario.market.need.heterogeneity == pytest.approx(0.2536, abs=1e-3)
    assert sum(persona.spend for persona in scenario.personas) == pytest.approx(len(scenario.personas))
    words = ["--config-dir", str(fitted / "config"), "scenario=cdnow", f"output_dir={tmp_path}"]
    assert main(["compare", *words, "population=200", "replicates=2", "threads=1", "quiet=true"]) == 0
    capsys.readouterr()


def test_the_ensemble_lies_around_the_estimate(fitted):
    ensemble = read_yaml(fitted / "config" / "ensemble" / "cdnow.yaml")
    at = ensemble["paths"].index("market.need.heterogeneity")
    values = np.array([member["values"][at] for member in ensemble["members"]])
    assert values.min() < 0.2536 < values.max()
    assert values.std() == pytest.approx(0.0109, rel=0.5)
    assert all(member["weight"] > 0 for member in ensemble["members"])


@pytest.mark.slow
def test_the_same_again_to_the_byte(fitted, tmp_path, capsys):
    assert main(["calibrate", f"from={fitted}", f"output_dir={tmp_path}", "threads=2", "quiet=true"]) == 0
    capsys.readouterr()
    (again,) = (tmp_path / "calibrate").iterdir()
    for path in [*fitted.rglob("*.parquet"), *(fitted / "config").rglob("*.yaml"), fitted / "summary.json"]:
        assert path.read_bytes() == (again / path.relative_to(fitted)).read_bytes(), path.name


def _sales(r, alpha, a, b, customers, days, seed):
    """Customers of a known model, each lived in continuous time."""
    generator = np.random.default_rng(seed)
    lines = ["id,date,amount"]
    for who in range(customers):
        rate, leaving = generator.gamma(r, 1.0 / alpha), generator.beta(a, b)
        day, mean = generator.uniform(0, days / 4), generator.gamma(4.0, 10.0)
        repeats = 0
        while day < days:
            lines.append(
                f"{who},{date.fromordinal(738_000 + int(day)).isoformat()},{generator.gamma(6.0, mean / 6.0):.2f}"
            )
            if repeats > 0 and generator.random() < leaving:
                break
            repeats += 1
            day += 7.0 * generator.exponential(1.0 / max(rate, 1e-9))
    return "\n".join(lines) + "\n"


@pytest.mark.slow
def test_another_panel_is_recovered_too(run, tmp_path):
    """Not tuned to CDNOW: a shop whose customers buy every fortnight and seldom leave."""
    path = tmp_path / "shop.csv"
    truth = {"r": 1.1, "alpha": 2.4, "a": 0.9, "b": 12.0}
    path.write_text(_sales(**truth, customers=1500, days=364, seed=5))
    status, folder, printed = run(f"data={path}", "replicates=2", "population=5000")
    assert status == 0, printed
    summary = json.loads((folder / "summary.json").read_text())
    for name in ("r", "alpha"):
        entry = summary["parameters"][name]
        assert abs(entry["estimate"] - truth[name]) < 3.5 * entry["error"], name
    mean = {key: summary["parameters"][key]["estimate"] for key in "ab"}
    assert mean["a"] / (mean["a"] + mean["b"]) == pytest.approx(0.9 / 12.9, abs=0.03)
    assert summary["forecast"]["largest_gap_of_the_curve"] < 0.1
    assert folder.name.endswith("_shop")


def test_purchases_that_cost_nothing_and_first_ones_are_no_part_of_the_price_of_the_year_after(run, tmp_path):
    """Every third repeat is free, and first purchases cost a hundred times as much as the others."""
    rows = [line.split()[1:3] for line in (DATA / "CDNOW_sample.txt").read_text().splitlines()]
    days = sorted({(who, date(int(day[:4]), int(day[4:6]), int(day[6:]))) for who, day in rows})
    path, lines, paid, seen = tmp_path / "tokens.csv", ["customer,date,amount"], 0.0, set()
    for at, (who, day) in enumerate(days):
        amount = (7.0 + at % 7) * (at % 3 > 0) if who in seen else 1000.0
        paid += amount if who in seen else 0.0
        seen.add(who)
        lines.append(f"{who},{day},{amount:.2f}")
    path.write_text("\n".join(lines) + "\n")
    status, folder, printed = run(f"data={path}", "population=500", "replicates=1")
    assert status == 0, printed
    price = read_yaml(folder / "config" / "market" / "tokens.yaml")["brands"]["shop"]["price"]
    summary = json.loads((folder / "summary.json").read_text())
    assert price == pytest.approx(paid / (len(days) - len(seen)), rel=0.05)
    assert summary["next_year"]["revenue"] / summary["next_year"]["purchases"] == pytest.approx(price, abs=0.01)
    assert summary["refit"]["mean_amount"] > 10 * price


def test_who_buys_nearly_every_day_is_lost_in_the_simulation_and_this_is_said(run, tmp_path):
    """Four purchases in five days: a day has one need at the most, and gaps of chance are often shorter."""
    path = tmp_path / "canteen.csv"
    days = [date(2024, 1, 1) + timedelta(days=day) for day in range(140)]
    bought = [(who, day) for who in range(40) for at, day in enumerate(days) if (at + who) % 5]
    path.write_text("customer,date\n" + "".join(f"{who},{day}\n" for who, day in bought))
    status, folder, printed = run(f"data={path}", "population=500", "replicates=2")
    summary = json.loads((folder / "summary.json").read_text())
    lost = 1.0 - summary["forecast"]["simulated_total"] / summary["forecast"]["expected_total"]
    assert status == 0 and lost > 0.1
    (note,) = (warning for warning in summary["warnings"] if "fewer repeat purchases than the formula" in warning)
    assert note.startswith(f"the simulation has {100 * lost:.1f}")
    assert "but the formula itself forecasts" in printed and "something changed" not in printed


@pytest.mark.parametrize(
    ("apart", "said"),
    [
        (lambda day: day - timedelta(days=day.weekday()), "dated on a Monday: if rows are sums of weeks"),
        (lambda day: day.replace(day=1), "dated on day 1 of a month: if rows are sums of months"),
        (lambda day: (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1), "the last day of a"),
        (lambda day: day, ""),
    ],
)
def test_dates_that_stand_for_weeks_or_months_are_told(tmp_path, apart, said):
    rows = [line.split()[1:3] for line in (DATA / "CDNOW_sample.txt").read_text().splitlines()]
    path = tmp_path / "coarse.csv"
    days = [(who, apart(date(int(day[:4]), int(day[4:6]), int(day[6:])))) for who, day in rows]
    path.write_text("customer,date\n" + "".join(f"{who},{day}\n" for who, day in days))
    _, warnings = survey(read_transactions(path, Layout()))
    told = [warning for warning in warnings if "all purchases are dated on" in warning]
    assert len(told) == bool(said) and all(said in warning for warning in told)


def test_data_of_decades_go_by_the_week_as_their_time_is_a_burn_in(tmp_path):
    path = tmp_path / "decades.csv"
    days = ((who, date(1990, 1, 1) + timedelta(days=60 * who + 400 * at)) for who in range(30) for at in range(27))
    path.write_text("customer,date\n" + "".join(f"c{who},{day}\n" for who, day in days))
    base, _ = survey(read_transactions(path, Layout()))
    fitted = fit_base(base, name="x", title="X", seed=1, population=10, currency="$", model_name="bg_nbd")
    assert base.days > MOST_BURN_IN >= fitted.cohort.steps + 1 and fitted.cohort.step_days == 7
    assert any("one step stands for a week" in warning for warning in fitted.warnings)


@pytest.mark.parametrize(("today", "told"), [(date(1998, 6, 29), True), (date(1998, 6, 30), False)])
def test_purchases_that_are_yet_to_come_are_told_in_the_terminal_alone(run, monkeypatch, today, told):
    class Today(date):
        @classmethod
        def today(cls):
            return today

    monkeypatch.setattr("sim.verbs.calibrate_data.date", Today)
    status, folder, printed = run(*CDNOW, "population=500", "replicates=1")
    assert status == 0 and ("is yet to come" in printed) is told
    assert "yet to come" not in (folder / "summary.json").read_text()


def test_a_year_far_longer_than_the_data_is_told(run, tmp_path):
    rows = [line.split()[1:3] for line in (DATA / "CDNOW_sample.txt").read_text().splitlines()]
    path = tmp_path / "short.csv"
    path.write_text("customer,date\n" + "".join(f"{who},{day}\n" for who, day in rows if day <= "19970331"))
    status, folder, printed = run(f"data={path}", "population=500", "replicates=1")
    assert status == 0 and "the year after the data is 4.1 times as long as they are" in printed


def test_refused_with_status_two_and_nothing_written(run, tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text("customer,date,amount\nA,2021-01-01,3\n")
    for words, said in (
        ([f"data={path}"], "covers 1 day"),
        ([f"data={tmp_path / 'none.csv'}"], "does not exist"),
        ([f"data={path}", "until=yesterday"], "YYYY-MM-DD"),
        ([f"data={path}", "bad_rows=ignore"], "stop, skip"),
        ([f"data={path}", "targets=average"], "both given"),
        ([f"data={path}", "save_as=../x"], "save_as"),
        ([f"data={path}", "columns={buyer: id}"], "accepted: customer, date, amount"),
    ):
        status, folder, printed = run(*words)
        assert status == 2, words
        assert said in printed, (words, printed)
        assert "Traceback" not in printed
        assert folder is None


def test_too_many_days_of_joining_are_put_together_without_moving_their_mean():
    days, heads = np.arange(400), np.arange(400, 0, -1).astype(float)
    groups = group_joinings(days, heads)
    assert len(groups) <= MOST_JOININGS
    assert sum(group.share for group in groups) == pytest.approx(1.0)
    mean = sum(group.share * group.step for group in groups)
    assert mean == pytest.approx((days * heads).sum() / heads.sum())


@pytest.mark.parametrize("days", [20, 84, 200, 273])
def test_customers_join_when_they_did(days):
    """By the week and day: never after the last day, and on average within half a day of the observed mean."""
    first = np.sort(np.random.default_rng(days).integers(0, days, 5000))
    first[-1] = days - 1
    joinings, spread = stagger(first, 1.0)
    assert sum(joining.share for joining in joinings) == pytest.approx(1.0)
    assert sum(spread) == pytest.approx(1.0)
    last = max(joining.step for joining in joinings) + len(spread) - 1
    assert last <= days - 1
    mean = sum(joining.share * joining.step for joining in joinings) + float(np.arange(len(spread)) @ spread)
    assert mean == pytest.approx(first.mean(), abs=0.5)
    assert len(joinings) <= MOST_JOININGS


def test_discounting_is_by_the_year_whatever_a_step_stands_for():
    model = Simulable(mean_gap=1.0, heterogeneity=1.0, leaving=0.5, concentration=2.0, leaves="after_repeat")
    cohort = Cohort(
        name="x", title="X", model=model, joinings=group_joinings(np.array([0]), np.ones(1)),
        spend=10.0, tiers=np.ones(1), steps=30, step_days=1.0, population=10, discount_rate=0.1,
    )  # fmt: skip
    assert cohort.market()["economics"]["discount_rate"] == 0.1 and cohort.scenario()["step"] == "day"
