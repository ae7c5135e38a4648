"""The frame of a verb: one more verb takes a module with one function, a configuration and a line in the list."""

import json
import os
import shutil
import sys
from dataclasses import dataclass
from types import ModuleType

import pytest

import agents.compiled_sources
import configs
import sim.command_line.config_source
from agents.quantity import whole
from sim import terminal
from sim.cli import main
from sim.reports.document import Document
from sim.results.answer import Answer
from sim.verbs import VERBS, Verb
from sim.verbs.frame import Command

pytestmark = pytest.mark.usefixtures("undrawn")

CONFIG = """# Count the customers of every arm.
defaults:
  - _self_
  - scenario: treadmill
  - engine: numba
  - executor: serial

times: 1
replicates: 2
seed: 1
threads: null
output_dir: results
progress: null
quiet: false
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountKeys:
    times: int = whole(1, 1, 9, "how often each is counted")


def count(job, session):
    customers = job.keys.times * job.scenario.population * len(job.scenario.arms)
    return Answer(
        name=job.scenario.name,
        config=job.config(),
        summary={"customers": customers, "share": float("nan")},
        report=Document(f"{customers} customers", ("Counted.",)),
        lines=[f"{customers} customers"],
    )


@pytest.fixture
def counting(tmp_path, monkeypatch):
    """Add a verb `count` beside the shipped ones, and run in an empty folder."""
    shipped = tmp_path / "configs"
    shutil.copytree(configs.FOLDER, shipped)
    (shipped / "count.yaml").write_text(CONFIG)
    monkeypatch.setattr(sim.command_line.config_source, "FOLDER", shipped)
    module = ModuleType("sim.verbs.count")
    module.COMMAND = Command(keys=CountKeys, run=count)
    monkeypatch.setitem(sys.modules, "sim.verbs.count", module)
    monkeypatch.setitem(VERBS, "count", Verb("count customers", "journey count times=2"))
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    return home


def test_a_verb_is_one_function_and_one_configuration(counting, capsys):
    assert main(["count", "--help"]) == 0 and "Count the customers" in capsys.readouterr().out
    assert main(["count", "--cfg", "job"]) == 0 and "times: 1" in capsys.readouterr().out
    assert main(["count", "times=2", "population=30"]) == 0
    (folder,) = (counting / "results" / "count").iterdir()
    assert {path.name for path in folder.iterdir()} >= {"config.yaml", "manifest.json", "summary.json", "report.html"}
    assert json.loads((folder / "summary.json").read_text()) == {"customers": 120, "share": None}
    assert json.loads((folder / "manifest.json").read_text())["verb"] == "count"
    assert capsys.readouterr().out == f"120 customers\n\n{folder.relative_to(counting) / 'report.html'}\n"
    assert main(["count", f"from={folder}", "quiet=true"]) == 0
    assert capsys.readouterr().out.startswith("results/count/")
    assert main(["count", "times=10"]) == 2 and "times is 10; give a whole number from 1" in capsys.readouterr().err
    assert main(["count", "tims=1"]) == 2 and "did you mean 'times'" in capsys.readouterr().err


@pytest.mark.parametrize("compiles", [True, False])
def test_what_is_compiled_and_cannot_be_kept_is_told_once_also_in_quiet(counting, capsys, monkeypatch, compiles):
    monkeypatch.setenv("NUMBA_CACHE_DIR", "/dev/null/nowhere")
    monkeypatch.delenv("NUMBA_DISABLE_JIT", raising=False)
    monkeypatch.setattr(agents.compiled_sources, "_folder", agents.compiled_sources._folder.__wrapped__)
    terminal.complain_once.cache_clear()
    if compiles:
        monkeypatch.setitem(sys.modules, "numba", ModuleType("numba"))
    else:
        monkeypatch.delitem(sys.modules, "numba", raising=False)
    for said in (compiles, False):
        assert main(["count", "quiet=true"]) == 0
        out, err = capsys.readouterr()
        assert out.startswith("results/count/")
        assert ("compiled code cannot be kept in '/dev/null/nowhere'" in err and "NUMBA_CACHE_DIR" in err) is said


def test_no_escape_sequence_reaches_a_terminal(counting, capsys, monkeypatch):
    def hostile(job, session):
        return ["a\x1b[31mred\x07 \x1b]0;title\x07b\r\tc"]

    monkeypatch.setattr(sys.modules["sim.verbs.count"], "COMMAND", Command(keys=CountKeys, run=hostile))
    assert main(["count"]) == 0
    out = capsys.readouterr().out
    assert out.isprintable() or out.rstrip("\n").isprintable()
    assert "red" in out and "title" not in out
    terminal.say_row(["a\tb", None, "\x1b[2Jc"])
    assert capsys.readouterr().out == "a b\t\t c\n"


@pytest.mark.parametrize("words", [["--help"], ["compare", "--cfg", "job"]])
def test_a_closed_pipe_is_no_failure(words):
    code = "import sys; from sim.cli import main; sys.exit(main(sys.argv[1:]))"
    command = f'"{sys.executable}" -c "{code}" {" ".join(words)}'
    status = os.system(f"bash -c 'set -o pipefail; {command} | head -1 >/dev/null'")
    assert status == 0


def test_a_closed_output_is_one_line(tmp_path):
    code = "import sys; from sim.cli import main; sys.exit(main(sys.argv[1:]))"
    place = tmp_path / "err"
    status = os.system(f'bash -c \'"{sys.executable}" -c "{code}" --help >&- 2>{place}\'')
    assert status != 0
    assert place.read_text() == "journey: standard output is closed; let it go to a file, or to /dev/null\n"
