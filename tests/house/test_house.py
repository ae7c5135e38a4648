"""The house holds: imports are light, layers are kept, edits are seen, and the wheel works away from home."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from agents.kept_code import can_link

ROOT = Path(__file__).parents[2]
SMALL = ("population=300", "horizon=20", "burn_in=10", "replicates=2", "threads=1", "progress=false")


def python(*arguments, cwd=ROOT, **extra):
    """Run this Python elsewhere; environment variables set to None are taken away."""
    environment = {**os.environ, **{name: value for name, value in extra.items() if value is not None}}
    for name, value in extra.items():
        if value is None:
            environment.pop(name, None)
    done = subprocess.run(
        [sys.executable, *map(str, arguments)], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


HEAVY = ("mesa", "numba", "matplotlib", "pandas", "pyarrow", "scipy", "networkx", "solara")


@pytest.mark.parametrize("module", ["sim", "agents", "configs", "sim.cli", "sim.scenario.errors"])
def test_importing_is_light(module):
    program = f"import sys, {module}; print(*sorted({{name.partition('.')[0] for name in sys.modules}} & set({HEAVY})))"
    assert python("-c", program).split() == []


def test_running_the_fast_engine_imports_neither_mesa_nor_the_compiler():
    """`import mesa` sets the process-wide start method of multiprocessing; the compiler takes a third of a second."""
    program = (
        "import sys; from sim import Scenario, compare\n"
        "compare(Scenario.load('treadmill', population=20, horizon=3, burn_in=0), replicates=1, threads=1)\n"
        "print('mesa' in sys.modules, 'numba' in sys.modules)"
    )
    assert python("-c", program).split()[0] == "False"
    # Machine code lies in the cache by now: it is linked without Numba (agents/kept_code.py, Linux on x86-64).
    assert python("-c", program).split() == ["False", str(not can_link())]


def test_a_comparison_from_the_command_line_does_without_pandas(tmp_path):
    """Pandas is for who asks for a frame; pyarrow would import it to look at what it is given."""
    program = (
        "import sys; from sim.cli import main\n"
        "words = 'compare population=20 horizon=3 burn_in=0 replicates=1 quiet=true'.split()\n"
        f"main([*words, 'output_dir={tmp_path}'])\n"
        "print('pandas' in sys.modules)"
    )
    assert python("-c", program).split()[-1] == "False"


def test_the_layers_hold():
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def test_no_package_among_the_tests():
    """`tests/agents/__init__.py` would shadow the package `agents`."""
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_no_folder_of_this_machine_and_no_registry_is_written_down():
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split(
        "\n"
    )
    if not any(names):
        pytest.skip("not a git checkout")
    strays = []
    for name in names:
        path = ROOT / name
        if path.suffix in (".py", ".yaml", ".yml", ".toml", ".md", ".txt", ".sh", ".cfg", "") and path.is_file():
            for number, line in enumerate(path.read_text("utf-8", errors="replace").split("\n"), 1):
                if re.search(r"(?<![\w.])/(work|root|home/\w+)/|files\.pythonhosted|--index-url|--extra-index", line):
                    strays.append(f"{name}:{number}: {line.strip()[:100]}")
    assert [stray for stray in strays if not stray.startswith("tests/house/test_house.py")] == []


@pytest.mark.slow
def test_an_edited_rule_changes_the_result(tmp_path):
    """Numba's own cache would bring the old number back: the rule lies in another file than the loop that is cached."""
    for folder in ("agents", "sim", "configs"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    program = (
        "import sys; sys.path.insert(0, '.')\n"
        "from sim.scenario.scenario import Scenario\n"
        "from sim.execution.replicates import run_replicates\n"
        "import agents; assert agents.__file__.startswith(sys.argv[1]), agents.__file__\n"
        "scenario = Scenario.load('treadmill', population=200, horizon=30, burn_in=10)\n"
        "((_, arms),) = run_replicates(scenario, seed=1, replicates=[0], threads=1)\n"
        "print(*(int(history.satisfaction[-1].sum()) for history in arms.values()))\n"
    )
    cache = tmp_path / "cache"

    def numbers():
        return python("-c", program, tmp_path, cwd=tmp_path, XDG_CACHE_HOME=str(cache), NUMBA_CACHE_DIR=None,
                      PYTHONPATH=str(tmp_path), PYTHONDONTWRITEBYTECODE="1")  # fmt: skip

    before = numbers()
    assert list(cache.rglob("*.nbc")), "the compiled code is kept"
    assert numbers() == before
    rule = tmp_path / "agents" / "rules" / "experience.py"
    text = rule.read_text("utf-8")
    assert text.count("return satisfaction + rate * (valued - satisfaction)") == 1
    rule.write_text(text.replace("+ rate * (valued", "+ 0.5 * rate * (valued"), "utf-8")
    after = numbers()
    assert after != before
    rule.write_text(text, "utf-8")
    assert numbers() == before


@pytest.mark.slow
def test_the_wheel_works_from_a_foreign_folder(tmp_path):
    source, built, home, foreign = (tmp_path / name for name in ("source", "built", "home", "foreign"))
    for folder in (source, home, foreign):
        folder.mkdir()
    for name in ("agents", "sim", "configs"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, source / name)
    python("-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", built, source)
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(home)
    program = (
        "import sys, sim, agents, configs\n"
        "assert all(module.__file__.startswith(sys.argv[1]) for module in (sim, agents, configs)), sim.__file__\n"
        "from sim.cli import main\n"
        "sys.exit(main(['compare', *sys.argv[2:]]))\n"
    )
    said = python("-c", program, home, *SMALL, cwd=foreign, PYTHONPATH=str(home))
    assert "report.html" in said
    (folder,) = (foreign / "results" / "compare").iterdir()
    assert {"weekly.parquet", "summary.json", "manifest.json", "config.yaml", "report.html"} <= {
        path.name for path in folder.iterdir()
    }
