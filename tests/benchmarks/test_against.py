"""Two checkouts side by side: the other revision runs, the ratios are of this tree, and no worktree is left."""

import subprocess
import tempfile

import numba
import pytest

from benchmarks import against, page
from benchmarks.__main__ import main
from benchmarks.against import Subject, compare_checkouts, worktree
from benchmarks.machine import instruction_set

PROGRAM = "import sys, time\nfrom sim.pace import PACE\ntime.sleep(PACE)\n"


def _git(folder, *words):
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A repository whose first revision takes longer than the tree that lies there now."""
    folder = tmp_path / "tree"
    (folder / "sim").mkdir(parents=True)
    (folder / "sim" / "__init__.py").write_text("")
    (folder / "sim" / "cli.py").write_text(PROGRAM)
    (folder / "sim" / "pace.py").write_text("PACE = 2.0\n")
    _git(folder, "init", "-q")
    _git(folder, "add", "-A")
    _git(folder, "commit", "-qm", "slow")
    (folder / "sim" / "pace.py").write_text("PACE = 0.0\n")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return folder


def _is_clean(folder):
    done = subprocess.run(["git", "worktree", "list"], cwd=folder, check=True, capture_output=True, text=True)
    return len(done.stdout.splitlines()) == 1 and not list(folder.parent.glob("journey-*"))


def test_the_other_revision_takes_turns_with_this_tree(checkout, monkeypatch, capsys):
    told = {}
    monkeypatch.setitem(against.ROUNDS, "quick", 1)
    compare_checkouts("HEAD", "quick", told, (Subject("pause", ("pause",)),), checkout)
    (line,) = told["subjects"]
    ratio = line["wall"]["ratio"]
    assert line["wall"]["there"] >= 2.0 and line["rounds"] == 1
    assert ratio["median"] == ratio["lowest"] == ratio["highest"] == line["wall"]["here"] / line["wall"]["there"]
    assert "pause" in capsys.readouterr().out and _is_clean(checkout)


def test_no_worktree_is_left_where_something_fails(checkout):
    (checkout / "sim" / "cli.py").write_text("raise SystemExit('no')\n")
    _git(checkout, "commit", "-qam", "broken")
    with pytest.raises(ValueError, match="pause: failed"):
        compare_checkouts("HEAD", "quick", {}, (Subject("pause", ("pause",)),), checkout)
    with pytest.raises(RuntimeError), worktree("HEAD", checkout):
        raise RuntimeError
    assert _is_clean(checkout)


@pytest.mark.parametrize("revision", ["no-such-branch", "--help", ""])
def test_what_is_no_revision_is_refused(revision, checkout):
    with pytest.raises(ValueError, match="no revision"), worktree(revision, checkout):
        pass


def test_the_command_refuses_it_in_one_line(capsys):
    assert main(["--against", "no-such-branch"]) == 2
    assert capsys.readouterr().err.strip() == (
        "benchmarks: AGAINST is 'no-such-branch', which is no revision of this checkout; git log names them"
    )


def test_the_instruction_set_is_that_of_which_numba_compiles(monkeypatch):
    monkeypatch.setattr(numba.config, "ENABLE_AVX", 1)
    for features, wanted in (
        ("+avx,+avx2", "AVX2"), ("+avx2,+avx512f", "AVX-512"), ("+avx2,-avx512f", "AVX2"), ("+avx", "neither"),
    ):  # fmt: skip
        monkeypatch.setattr(numba.config, "CPU_FEATURES", features)
        assert instruction_set().startswith(wanted)
    monkeypatch.setattr(numba.config, "CPU_FEATURES", None)
    monkeypatch.setattr(numba.config, "CPU_NAME", "generic")
    assert instruction_set().startswith("neither")


def test_publishing_one_instruction_set_leaves_the_other(tmp_path):
    place = tmp_path / "published.json"
    for name in ("AVX2", "AVX-512", "AVX2"):
        page.publish({"machine": {"instructions": name}, "measures": []}, place)
    assert place.read_text().count('"measures"') == 2


@pytest.mark.slow
def test_the_runs_of_a_sweep_are_timed_one_by_one(tmp_path):
    sizes = (("population", 50), ("horizon", 4), ("burn_in", 2))
    lever = (("market.price_elasticity", (-1.0, -2.0)),)
    took = against._time(Subject("a sweep", values=sizes, lever=lever, times=3), against.ROOT, tmp_path)
    assert min(took) > 0.0
