"""The command line: what Hydra offers works on our files, and bad input ends with status 2 and one message."""

import gc
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from agents.strategies import CAPABILITIES
from sim.cli import main
from sim.command_line.arguments import translate
from sim.command_line.hydra_compose import Hydra
from sim.scenario.dotted_key import value_at, with_values
from sim.scenario.errors import ConfigError
from sim.scenario.scenario import Scenario
from sim.scenario.settings import check_writable
from sim.scenario.yaml_reader import LARGEST_FILE, parse_yaml, write_yaml
from sim.verbs import VERBS, frame


@pytest.fixture
def runs(monkeypatch, tmp_path):
    """Run in an empty folder, and return what would have been run instead of running it."""
    done = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(frame, "perform", done.append)
    return done


@pytest.fixture
def untouched(tmp_path):
    """Check that a command left nothing behind."""
    before = sorted(tmp_path.rglob("*"))
    yield
    assert sorted(tmp_path.rglob("*")) == before


def _refused(capsys, *arguments):
    """Run a command that must be refused; return its message."""
    assert main(list(arguments)) == 2
    out, err = capsys.readouterr()
    lines = err.strip().splitlines()
    assert out == "" and len(lines) == 1 and lines[0].startswith("journey: "), (out, err)
    assert "Traceback" not in err
    return lines[0]


def test_alone_it_lists_the_verbs(capsys):
    assert main([]) == 0
    out = capsys.readouterr().out
    for name, verb in VERBS.items():
        assert name in out and verb.example in out


def test_the_list_of_verbs_imports_nothing_heavy():
    code = (
        "import sys; from sim.cli import main; main(['--help']);"
        "heavy = {'numba', 'pandas', 'matplotlib', 'mesa', 'hydra', 'numpy', 'pyarrow', 'rich'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


def test_showing_a_configuration_imports_no_engine():
    code = (
        "import sys; from sim.cli import main; status = main(['compare', '--cfg', 'job']);"
        "heavy = {'numba', 'pandas', 'matplotlib', 'mesa', 'pyarrow'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else status)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


def test_the_default_is_the_treadmill(runs, untouched):
    assert main(["compare"]) == 0
    (work,) = runs
    assert work.scenario == Scenario.load("treadmill")
    assert (work.settings.seed, work.settings.replicates, work.settings.engine) == (1, 8, "numba")


def test_overrides_reach_any_value(runs, untouched):
    overrides = [
        "arms.proactive.focal.strategy.automation=0.8",
        "arms.proactive.focal.strategy.costs.run.context=3",
        "market.price_elasticity=-2",
        "personas.veronica.share=0.3",
        "personas.veronica.patience=0.9",
        "journeys.proactive.stages.evaluate.effort=0.1",
        "engine=mesa",
        "population=20_00",
        "horizon=1e2",
        "record.customers=true",
        "seed=7",
    ]
    assert main(["compare", *overrides]) == 0
    (work,) = runs
    scenario = work.scenario
    strategy = scenario.arms["proactive"].plans["stride"].strategy
    assert strategy.automation == 0.8 and strategy.costs.run.context.amount == 3.0 and strategy.personalization == 0.6
    assert scenario.market.price_elasticity == -2.0
    assert scenario.personas[0].share == 0.3 and scenario.personas[0].patience.mean == 0.9
    assert scenario.journeys["proactive"].stages["evaluate"].effort == 0.1
    assert work.settings.engine == "mesa" and work.settings.seed == 7
    assert (scenario.population, scenario.horizon, scenario.record.customers) == (2000, 100, True)


@pytest.mark.parametrize(
    "override", ["arms.proactive.focal.strategy=reactive", "strategy@arms.proactive.focal.strategy=reactive"]
)
def test_a_strategy_is_replaced_by_name(runs, override):
    assert main(["compare", override]) == 0
    assert runs[0].scenario.arms["proactive"].plans["stride"].strategy.automation == 0.0


def test_groups_are_replaced_by_name(runs):
    assert main(["compare", "personas=everyone"]) == 0
    assert [persona.name for persona in runs[0].scenario.personas] == ["everyone"]


@pytest.mark.parametrize("brand", ["focal", "peak"])
@pytest.mark.parametrize("group", ["", "strategy@"])
@pytest.mark.parametrize("change", ["PLACE.start_week=3", "PLACE={start_week: 3}"])
@pytest.mark.parametrize("order", [1, -1])
def test_a_strategy_named_by_its_file_is_changed_and_not_lost(brand, group, change, order, runs):
    """Of another brand its capabilities were gone without a word, and of the focal one the change was refused."""
    place = f"arms.proactive.{brand}.strategy"
    words = [f"{group}{place}=automation", change.replace("PLACE", place)][::order]
    assert main(["compare", *words, f"arms.proactive.{brand}.journey=proactive"]) == 0
    strategy = runs[0].scenario.arms["proactive"].plans["stride" if brand == "focal" else brand].strategy
    shipped = with_values(Scenario.load("treadmill"), {place: "automation"}).arms["proactive"].plans
    assert strategy == replace(shipped["stride" if brand == "focal" else brand].strategy, start_week=3)
    assert strategy.automation > 0.0


def test_what_is_changed_of_a_named_strategy_is_checked(capsys, untouched):
    place = "arms.proactive.peak.strategy"
    assert "did you mean 'start_week'" in _refused(capsys, "compare", f"{place}=all_four", f"{place}.strat_week=3")
    assert "there is no strategy 'nope'" in _refused(capsys, "compare", f"{place}=nope", f"{place}.start_week=3")


def _own_folder(place: Path) -> Path:
    data = Scenario.load("treadmill").to_dict()
    for name, content in {
        "scenario/mine": {
            "title": "Mine",
            "market": {"use": "shop", "price_elasticity": -1.5},
            "personas": "active",
            "arms": {"a": {}, "b": {"focal": {"journey": "proactive", "strategy": {"use": "mild", "context": 0.3}}}},
        },
        "market/shop": {**data["market"], "name": "shop", "title": "Shop"},
        "strategy/mild": {"automation": 0.2},
    }.items():
        path = place / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(write_yaml(content))
    return place


def test_a_folder_of_ones_own(runs, tmp_path_factory, untouched):
    folder = _own_folder(tmp_path_factory.mktemp("own"))
    assert main(["compare", "--config-dir", str(folder), "scenario=mine", "arms.b.focal.strategy.innovation=0.4"]) == 0
    scenario = runs[0].scenario
    strategy = scenario.arms["b"].plans["stride"].strategy
    assert (strategy.automation, strategy.context, strategy.innovation) == (0.2, 0.3, 0.4)
    assert scenario.market.title == "Shop" and scenario.market.price_elasticity == -1.5
    assert main(["compare", "--config-dir", str(folder), "market=shop"]) == 0
    assert runs[1].scenario.market.name == "shop"


def test_a_sweep_runs_every_combination_and_leaves_nothing_of_its_own(runs, untouched, tmp_path_factory):
    folder = str(_own_folder(tmp_path_factory.mktemp("own")))
    assert main(["compare", "-m", "arms.proactive.focal.strategy.automation=0,0.5", "seed=1,2"]) == 0
    swept = [(work.scenario.arms["proactive"].plans["stride"].strategy.automation, work.settings.seed) for work in runs]
    assert swept == [(0.0, 1), (0.0, 2), (0.5, 1), (0.5, 2)]
    runs.clear()
    assert main(["compare", "--multirun", "--config-dir", folder, "scenario=treadmill,mine"]) == 0
    assert [work.scenario.name for work in runs] == ["treadmill", "mine"]
    runs.clear()
    assert main(["compare", "-m", "--config-dir", folder, "market=fitness,shop"]) == 0
    assert [work.scenario.market.name for work in runs] == ["fitness", "shop"]


@pytest.mark.parametrize(
    ("words", "times"), [(["seed=2"], 1), (["-m", "seed=1,2"], 2), (["popultion=3"], 2), (["--help"], 0)]
)
def test_nothing_is_composed_more_often_than_it_must_be(words, times, runs, monkeypatch, capsys):
    """Once for each job, once more for a hint where a key is wrong, never for the help."""
    composed = []
    compose = Hydra.compose_config

    def counting(self, *args, **options):
        composed.append(options)
        return compose(self, *args, **options)

    monkeypatch.setattr(Hydra, "compose_config", counting)
    monkeypatch.setattr("sim.command_line.composition_cache.find", lambda key, words: None)
    main(["compare", *words])
    capsys.readouterr()
    assert len(composed) == times


def test_what_is_asked_of_hydra_itself_is_left_to_it(runs, untouched):
    assert main(["compare", "seed=1", "title='${hydra:job.name}'"]) == 0
    assert main(["compare", "-m", "seed=1,2", "title=both", "hydra.job.name=two"]) == 0
    assert [work.scenario.title for work in runs] == ["compare", "both", "both"]


def test_a_sweep_is_checked_whole_before_anything_runs(runs, capsys, untouched):
    assert "population is -4" in _refused(capsys, "compare", "-m", "population=3,-4")
    assert "there is no scenario 'tread'" in _refused(capsys, "compare", "-m", "scenario=treadmill,tread")
    assert runs == []


def test_a_resolved_configuration_runs_again_and_can_be_changed(runs, tmp_path_factory):
    assert main(["compare", "seed=3", "replicates=2", "engine=mesa", "market.price_elasticity=-2"]) == 0
    folder = tmp_path_factory.mktemp("result")
    (folder / "config.yaml").write_text(write_yaml(runs[0].config({})))
    assert main(["compare", f"from={folder}"]) == 0
    assert main(["compare", f"from={folder / 'config.yaml'}"]) == 0
    assert main(["compare", "--config-dir", str(folder), "--config-name", "config"]) == 0
    assert runs[1] == runs[2] == runs[3] == runs[0]
    assert main(["compare", f"from={folder}", "engine=numba", "arms.proactive.focal.strategy.context=0.1"]) == 0
    assert runs[4].settings.engine == "numba" and runs[4].settings.seed == 3
    assert runs[4].scenario.arms["proactive"].plans["stride"].strategy.context == 0.1


def test_the_configuration_is_shown(capsys, untouched):
    assert main(["compare", "--cfg", "job"]) == 0
    shown = parse_yaml(capsys.readouterr().out, where="shown")
    assert shown["market"]["price_elasticity"] == -2.62
    assert shown["arms"]["proactive"]["focal"]["strategy"]["automation"] == 0.7
    assert main(["compare", "--cfg", "job", "--package", "market.need"]) == 0
    assert "mean_weeks: 26.0" in capsys.readouterr().out


@pytest.mark.parametrize("verb", VERBS)
def test_help_explains_the_keys(verb, capsys, untouched):
    assert main([verb, "--help"]) == 0
    out = capsys.readouterr().out
    assert (
        f"journey {verb}" in out
        and "output_dir" in out
        and "$" not in out.replace("currency: $ ", "").replace("$$", "")
    )


BAD = {
    "market.brands.rival={price: 60}": "to add a brand, write +market.brands.rival={price: ...}",
    "scenerio=treadmill": "unknown key 'scenerio'; did you mean 'scenario'? accepted: scenario, ",
    "horizon=50%": "horizon is '50%'; give a whole number",
    "scenario=mine/scenario/gym.yaml": "scenario is 'mine/scenario/gym.yaml', and there is no such file",
    "capability_cost=dear": "capability_cost is 'dear'; give a number",
    "treadmill": "'treadmill' is no key with a value; write scenario=treadmill",
    "gym": "'gym' is no key with a value; write key=value",
    "scenario=treadmill.yaml": "such as scenario=treadmill, or its file",
    "population=2.000": "population is 2.000, and the point is a decimal point here; write 2_000, or 2 if that",
    "--population=2.000": "population is 2.000, and the point is a decimal point here; write 2_000, or 2 if that",
    "market.customers=1.200.000": "market.customers is 1.200.000, and the point is a decimal point here; write 1_200_000",
    "population=2,000": "population is 2,000, with a comma; write 2_000, or several values in brackets",
    "automation=0,5": "automation is 0,5, with a comma; write 0.5, or several values in brackets",
    "name=a,b": "name has a comma; write several values in brackets, name=[a,b], or a text in quotes",
    "costs.build.automation=2": "costs are of a strategy: arms.ARM.BRAND.strategy.costs.build.automation=",
    "popultion=3": "did you mean 'population'",
    "population=x": "population is 'x'; give a whole number",
    "population=-1": "population is -1",
    "population=0.5": "population is 0.5",
    "population=null": "population is null",
    "population=true": "population is true",
    "population=[1]": "population is a list",
    "population=nan": "population is nan",
    "population=1e400": "population is inf",
    "horizon=0": "horizon is 0",
    "burn_in=-1": "burn_in is -1",
    "replicates=0": "replicates is 0",
    "seed=-1": "seed is -1",
    "seed=4294967296": "seed is 4294967296",
    "seed=1.5": "seed is 1.5",
    "threads=0": "threads is 0",
    "precision=0": "precision is 0",
    "engine=fast": "there is no engine 'fast'; there are mesa, numba",
    "progress=3": "progress is 3",
    "quiet=maybe": "quiet is 'maybe'",
    "output_dir=''": "output_dir is empty",
    "output_dir=null": "output_dir is null",
    "output_dir=3": "output_dir is 3",
    "scenario=treadmil": "did you mean 'treadmill'",
    "scenario=": "scenario is empty; there are",
    "market=": "market is empty; there are",
    "scenario=../scenario/treadmill": "there is no scenario",
    "scenario=/etc/passwd": "there is no scenario",
    "scenario=[treadmill,nothing]": "give the name of one file",
    "scenario=null": "scenario is null; give the name of a file; there are",
    "engine=3": "engine is 3; give the name of a file; there are mesa, numba",
    "~scenario": "market is missing",
    "market=fitnes": "did you mean 'fitness'",
    "market=none": "channel 'web'",
    "personas=nobody": "there is no personas 'nobody'",
    "strategy=reactive": "say for which brand of which arm",
    "baseline=nothing": "baseline is 'nothing'",
    "arms=3": "arms is 3",
    "arms={}": "arms is {}, which changes nothing",
    "personas={}": "take one out with ~personas.NAME",
    "arms.proactive=null": "",
    "arms.proactive.focal.strategy.automaton=1": "did you mean 'arms.proactive.focal.strategy.automation'",
    "arms.proactive.focal.strategy.automation=2": "automation is 2; give a number from 0 to 1",
    "arms.proactive.focal.strategy=nothing": "there is no strategy 'nothing'",
    "arms.proactive.focal.journey=clasic": "did you mean 'classic'",
    "+arms.proactive.rival.strategy.automation=1": "'rival', which is no brand",
    "+arms.proactive._target_=os.system": "_target_",
    "+personas.all.share=1": "persona 'all'",
    "market.brands.stride.price=free": "price is 'free'",
    "market.need.kind=cyclic": "did you mean 'cyclical'",
    "market.price_elasticity=${oc.env:NO_SUCH_VARIABLE_HERE}": "NO_SUCH_VARIABLE_HERE",
    "market.price_elasticity=${nothing}": "nothing",
    "market.price_elasticity=???": "price_elasticity is '???'",
    "personas.veronica.share=-1": "share is -1",
    "personas={veronica:{share:1e308},steady:{share:1e308}}": "give smaller shares",
    "journeys.classic.stages.evaluate.does=look": "does is 'look'",
    "population=1,2": "population is 1,2, with a comma; write 1.2",
    "seed.x=3": "seed is a value",
    "population": "write key=value",
    "=3": "",
    "market={a": "write key=value",
    "hydra/launcher=rocket": "rocket",
    "from=nowhere": "from is 'nowhere'",
    "--config-dir=nowhere": "configuration folder 'nowhere' does not exist",
    "--config-name=nothing": "nothing",
    "--config-path=x": "is not offered",
    "--experimental-rerun=x.pickle": "is not offered",
}


@pytest.mark.parametrize("argument", [key for key in BAD if key != "arms.proactive=null"])
def test_bad_input_ends_with_one_message_and_status_2(argument, runs, capsys, untouched):
    assert BAD[argument] in _refused(capsys, "compare", argument)
    assert runs == []


@pytest.mark.parametrize(
    ("words", "quoted"),
    [
        (["columns={case:", "lead,", "time:", "zeit}", "seed=2"], "'columns={case: lead, time: zeit}'"),
        (["limits=[automation", "<=", "0.6]"], "'limits=[automation <= 0.6]'"),
        (["seed=2", "title=Fitness", "Nord"], "'title=Fitness Nord'"),
    ],
)
def test_a_value_that_the_shell_cut_at_its_blanks_is_told_in_quotes(words, quoted, capsys, untouched):
    assert quoted in _refused(capsys, "compare", *words)


@pytest.mark.parametrize("word", ["262531e27813", "1e5", "2026", "0x12"])
def test_a_name_that_could_be_a_number_is_a_name(word):
    """One of a few hundred keys of runs is read as a number, most of them as an infinite one."""
    assert translate("results", ["show", word]) == ["action=show", f"run='{word}'"]
    assert translate("results", ["show", f"run={word}"]) == ["action=show", f"run='{word}'"]


def test_the_brands_of_the_market_are_accepted_in_an_arm(capsys, untouched):
    assert "focal, competitors, stride, peak" in _refused(capsys, "compare", "arms.proactive.nobody.strategy=all_four")


def test_an_unknown_verb_or_option(capsys, untouched):
    assert "did you mean 'compare'" in _refused(capsys, "compar")
    assert "--nonsense" in _refused(capsys, "compare", "--nonsense")
    assert "there is no configuration 'nope'" in _refused(capsys, "compare", "--config-name", "nope")
    assert "5 is given to a key without a name; write key=value" in _refused(capsys, "compare", "=5")
    assert "choose from 'job'" in _refused(capsys, "compare", "--cfg", "nonsense")


def test_an_empty_value_takes_no_other_key_with_it(capsys, untouched):
    said = _refused(capsys, "compare", "population=", "horizon=40")
    assert "population is" in said and "horizon" not in said
    assert translate("results", ["show", "where=", "arm=proactive"])[-1].endswith("arm=proactive'")


MEANT = {
    "apart in three words": (["population", "=", "40"], "population", 40),
    "apart in one word": (["population = 40"], "population", 40),
    "apart before": (["population", "=40"], "population", 40),
    "apart behind": (["population=", "40"], "population", 40),
    "an option": (["--population", "40"], "population", 40),
    "an option with its value": (["--burn-in=3"], "burn_in", 3),
    "leading zeros": (["population=0040"], "population", 40),
    "a sign that Hydra does not know": (["market.economics.currency=€"], "market.economics.currency", "€"),
    "letters that Hydra does not know": (["title=Das Café"], "title", "Das Café"),
    "a title of many signs": (["title=Joe's gym, #1 (A & B)"], "title", "Joe's gym, #1 (A & B)"),
    "a title of digits": (["market.title=24"], "market.title", "24"),
    "a case with a backslash": (["case=a\\b"], "case", "a\\b"),
    "a quoted title": (["title='A, B'"], "title", "A, B"),
    "a percentage": (
        ["arms.proactive.focal.strategy.automation=50%"],
        "arms.proactive.focal.strategy.automation",
        0.5,
    ),
    "a percentage of a trait": (
        ["personas.wary.digital_affinity=80%"],
        "personas.wary.digital_affinity.mean",
        0.8,
    ),
    "a capability by its name": (["automation=50%"], "arms.proactive.focal.strategy.automation", 0.5),
    "a brand that the arm does not name": (
        ["arms.proactive.peak.strategy=all_four", "arms.proactive.peak.strategy.automation=0.2"],
        "arms.proactive.peak.strategy.automation",
        0.2,
    ),
    "a factor by its name": (["contact_rate=30%"], "arms.proactive.focal.strategy.contacts_per_week.customers", 0.3),
}


@pytest.mark.parametrize("typed", MEANT)
def test_what_was_meant_is_done(typed, runs):
    words, key, value = MEANT[typed]
    assert main(["compare", "horizon=9", *words, "replicates=2"]) == 0
    (work,) = runs
    assert value_at(work.scenario, key) == value
    assert (work.scenario.horizon, work.settings.replicates) == (9, 2)


def test_a_named_factor_is_the_same_as_its_dotted_keys(runs):
    costs = "arms.proactive.focal.strategy.costs"
    before = Scenario.load("treadmill").arms["proactive"].plans["stride"].strategy.costs
    assert main(["compare", "capability_cost=2"]) == 0
    (work,) = runs
    for name in CAPABILITIES:
        for kind in ("build", "run"):
            doubled = 2 * getattr(getattr(before, kind), name).amount
            assert value_at(work.scenario, f"{costs}.{kind}.{name}") == pytest.approx(doubled, abs=0.005)


def test_a_scenario_may_be_given_as_its_file(runs, tmp_path_factory, capsys):
    own = _own_folder(tmp_path_factory.mktemp("own"))
    (path,) = (own / "scenario").glob("*.yaml")
    assert main(["compare", f"scenario={path}"]) == 0
    assert runs[0].scenario.name == path.stem
    assert "give scenario=" in _refused(capsys, "compare", f"scenario={path}", f"--config-dir={own}")
    stray = path.rename(own / path.name)
    assert "does not lie in a folder called scenario" in _refused(capsys, "compare", f"scenario={stray}")


def test_keys_stand_before_and_behind_options(runs, tmp_path_factory):
    own = _own_folder(tmp_path_factory.mktemp("own"))
    assert main(["compare", "population=30", "--config-dir", str(own), "seed=2", "-m", "replicates=3"]) == 0
    (work,) = runs
    assert (work.scenario.population, work.settings.seed, work.settings.replicates) == (30, 2, 3)


def test_results_cannot_go_where_a_file_is(runs, capsys, tmp_path):
    (tmp_path / "file").write_text("")
    message = _refused(capsys, "compare", "output_dir=file")
    assert message == "journey: output_dir is 'file', but 'file' is not a folder; give another"
    assert "is not a folder" in _refused(capsys, "compare", "output_dir=file/below")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/compare").write_text("")
    assert "'out/compare' is not a folder" in _refused(capsys, "compare", "output_dir=out")
    for name, target in (("gone", tmp_path / "nowhere"), ("ring", tmp_path / "ring")):
        (tmp_path / name).symlink_to(target)
        for folder in (name, f"{name}/below"):
            assert f"'{name}' is not a folder; give another" in _refused(capsys, "compare", f"output_dir={folder}")
    assert runs == []


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a file system that takes no folders from anybody")
def test_results_cannot_go_where_no_folder_can_be_made(runs, capsys):
    message = _refused(capsys, "compare", "output_dir=/proc/x")
    assert message.startswith("journey: output_dir is '/proc/x', but in '/proc' no folder can be made (")
    assert message.endswith("); give another") and runs == []


def test_a_query_says_nothing_but_its_answer(tmp_path):
    """DuckDB's binding told of every object that was left when the command ended: 60 lines after each answer."""
    words = ["results", "query", "select 1 as one", f"output_dir={tmp_path}"]
    ran = subprocess.run([sys.executable, "-m", "sim.cli", *words], capture_output=True, text=True, check=True)
    assert ran.stdout == "one\n1\n" and ran.stderr == ""


def test_what_is_tried_leaves_nothing(tmp_path):
    assert check_writable(str(tmp_path / "a/b")) == tmp_path / "a/b" and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("where=arm=proactive",), "where is 'arm=proactive'"),
        (("list", "sort=-contribution"), "it goes with table and export"),
        (("show", "format=xlsx"), "it goes with query and export"),
        (("table", "yes=true"), "no consequence for journey results table; it goes with clean"),
        (("list", "run=compare/latest"), "run is 'compare/latest'"),
    ],
)
def test_keys_that_an_action_of_results_would_ignore_are_refused(capsys, tmp_path, words, told):
    message = _refused(capsys, "results", *words, f"output_dir={tmp_path}")
    assert "has no consequence for journey results" in message
    assert told in message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_results_cannot_go_where_nothing_may_be_written(runs, capsys, tmp_path):
    (tmp_path / "closed").mkdir(mode=0o555)
    assert "cannot be written" in _refused(capsys, "compare", "output_dir=closed/results")


HOSTILE = {
    "_target_: os.system\n": "begins with '_'",
    "market: {_target_: os.system}\n": "begins with '_'",
    "market: ${oc.env:HOME}\n": "interpolation",
    "market: ../../etc/passwd\narms: {a: {}}\n": "market is '../../etc/passwd'",
    "market: fitness\npersonas: active\narms: {a: {focal: {journey: ../classic}}}\n": "journey is '../classic'",
    "defaults: [{hydra/launcher: x}]\n": "unknown key 'defaults'",
    "hydra: {run: {dir: /tmp/x}}\n": "unknown key 'hydra'",
    "a: &a [1]\nb: [*a, *a]\n": "alias",
    "!!python/object/apply:os.system [x]\n": "tag",
    "[": "line",
    "": "is empty",
    "x" * (LARGEST_FILE + 1): f"yaml has {LARGEST_FILE + 1:,} bytes",
}


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:20])
@pytest.mark.parametrize("place", ["scenario/evil", "config"])
def test_a_hostile_file_ends_with_one_message(text, place, runs, capsys, tmp_path_factory, untouched):
    folder = tmp_path_factory.mktemp("hostile")
    path = folder / f"{place}.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    choice = ["scenario=evil"] if place == "scenario/evil" else ["--config-name", "config"]
    assert HOSTILE[text] in _refused(capsys, "compare", "--config-dir", str(folder), *choice)
    assert runs == []


def test_a_folder_can_not_replace_hydras_own_files_or_the_verbs(runs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    for name in ("hydra/launcher/basic", "hydra/job_logging/none", "hydra/output/default", "engine/numba", "compare"):
        path = folder / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("_target_: os.system\nengine: rocket\n")
    assert main(["compare", "--config-dir", str(folder)]) == 0
    assert main(["compare", "-m", "--config-dir", str(folder), "seed=1"]) == 0
    assert [work.settings.engine for work in runs] == ["numba", "numba"]


@pytest.mark.parametrize("multirun", [[], ["-m"]])
def test_interrupts_and_faults(multirun, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)

    def raising(error):
        def perform(work):
            raise error

        return perform

    for error, status, says in (
        (KeyboardInterrupt(), 130, "interrupted"),
        (ConfigError("x is 3; give 4"), 2, "journey: x is 3; give 4"),
        (OSError(28, "No space left on device"), 1, "No space left on device"),
        (MemoryError(), 1, "out of memory"),
        (ZeroDivisionError("oops"), 1, "a fault of the simulator"),
    ):
        monkeypatch.setattr(frame, "perform", raising(error))
        assert main(["compare", *multirun, "seed=1"]) == status
        err = capsys.readouterr().err
        assert says in err
        assert ("Traceback" in err) == isinstance(error, ZeroDivisionError)
    assert list(tmp_path.iterdir()) == []


def test_kill_ends_a_run_as_an_interrupt_does(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    cleaned = []

    def perform(work):
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            cleaned.append(True)

    monkeypatch.setattr(frame, "perform", perform)
    assert main(["compare"]) == 143 and cleaned == [True]


def test_kill_counts_even_where_python_swallows_it(monkeypatch, tmp_path, capsys):
    class Clearing:
        def __del__(self):
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0)  # the handler runs here, and what it raises is lost

    def perform(work):
        Clearing()
        time.sleep(10)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(frame, "perform", perform)
    assert main(["compare"]) == 143
    assert capsys.readouterr().err == ""


def test_past_runs(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert main(["results"]) == 0
    assert "No finished run" in capsys.readouterr().out
    assert "action is 'lst'" in _refused(capsys, "results", "lst")
    assert "no finished run" in _refused(capsys, "results", "show", "latest")
    assert "format is 'pdf'" in _refused(capsys, "results", "export", "--format", "pdf")
    assert "run is '../x'" in _refused(capsys, "results", "export", "../x", "--format=csv")
    assert "has no value" in _refused(capsys, "results", "export", "--format")
    assert _refused(capsys, "results", "show", "a", "b")


def test_the_reader_of_a_pipe_may_leave(tmp_path):
    code = "from sim.cli import main; import sys; sys.exit(main(['compare', '--cfg', 'job']))"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    assert process.stderr.read() == b"" and process.wait() == 0


COMMON = [
    "scenario=treadmill", "population=300", "horizon=20", "burn_in=5", "replicates=2", "seed=3", "engine=mesa",
    "threads=1", "precision=0.5", "progress=false", "quiet=true", "output_dir=elsewhere",
]  # fmt: skip


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_takes_the_common_keys(verb, capsys):
    """Common keys are the same in every verb."""
    assert main([verb, *COMMON, "--cfg", "job"]) == 0, capsys.readouterr().err


def test_a_sign_that_a_terminal_cannot_show_is_no_reason_to_fail():
    done = subprocess.run(
        [sys.executable, "-m", "sim.cli", "calibrate", "--cfg", "job", "currency='\u20ac'"],
        env={**os.environ, "PYTHONIOENCODING": "ascii"}, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0 and b"currency:" in done.stdout and done.stderr == b""


def test_a_command_leaves_the_collector_as_it_was(capsys):
    """While it runs, Python looks for rings of objects rarely; who calls it from a program keeps the usual rate."""
    before = gc.get_threshold()
    assert main(["compare", "population=nobody"]) == 2
    assert main([]) == 0
    assert gc.get_threshold() == before
    capsys.readouterr()


def test_nothing_looks_for_rings_when_a_command_ends():
    """All that it made is young by then, and to look through it took a thirtieth of a small comparison."""
    ends = """
import gc, os, sys
from sim.cli import main
sys.argv = ["journey", "compare", "--cfg", "job"]
main()
gc.callbacks.append(lambda phase, told: os.write(2, b"generation %d" % told["generation"]))
made = [[] for _ in range(10_000)]
"""
    done = subprocess.run([sys.executable, "-c", ends], capture_output=True, check=True)
    assert done.stdout and b"generation 0" not in done.stderr


def test_a_rate_of_contact_is_no_number_of_thousands():
    word = "+contacts_per_week.customers=1.000"
    assert translate("compare", [word]) == [word]
    with pytest.raises(ConfigError, match="write 20_000, or 20"):
        translate("compare", ["++market.customers=20.000"])
