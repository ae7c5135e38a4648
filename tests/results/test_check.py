"""`results check` says what is good, damaged, of another version, left over; `results clean` removes leftovers alone."""

import json
import os
import socket
import subprocess
import sys

import pytest

from sim.cli import main
from sim.execution.executors import make_executor
from sim.execution.partial_name import partial_name
from sim.execution.store import Store, chunk_files
from sim.execution.trials import Trial, run_trials
from sim.experiments.compare import compare
from sim.results import write
from sim.results.check import check_results, clean_results, left_over
from sim.results.checksums import write_checksums


@pytest.fixture
def results(pretend_runs, scenario, tiny, tmp_path):
    with make_executor("serial") as executor:
        list(run_trials([Trial(tiny, 1, (0,))], executor=executor, store=Store(tmp_path / "store")))
    pretend_runs(better=50, noise=20)
    write(compare(scenario, replicates=2, seed=7), tmp_path, report=False)
    return tmp_path


@pytest.fixture
def gone():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return f".partial-{socket.gethostname()}-{process.pid}-"


def states(root, name=""):
    return sorted(found.state for found in check_results(root, name))


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def ask(capsys, root, *words):
    capsys.readouterr()
    status = main(["results", *words, f"output_dir={root}"])
    said = capsys.readouterr()
    assert "Traceback" not in said.out + said.err
    return status, said.out + said.err


def test_what_was_written_is_good(results, capsys):
    assert states(results) == ["good", "good"]
    status, said = ask(capsys, results, "check")
    assert status == 0 and "good" in said.splitlines()[0] and " 2 " in said.splitlines()[0]
    assert states(results, "store") == ["good"]
    assert ask(capsys, results, "check", "toy")[0] == 0


def test_one_flipped_bit_of_a_shard_and_of_a_table_is_found_and_nothing_is_changed(results, capsys):
    shard, table = next(chunk_files(results / "store")), next(results.rglob("weekly.parquet"))
    flip(shard)
    flip(table)
    before = {path: path.lstat().st_mtime_ns for path in results.rglob("*")}
    assert states(results) == ["damaged", "damaged"]
    status, said = ask(capsys, results, "check")
    assert status == 1 and shard.name in said and "weekly.parquet: is damaged" in said
    assert {path: path.lstat().st_mtime_ns for path in results.rglob("*")} == before
    Store(results / "store")
    table.unlink()
    assert states(results) == ["damaged", "damaged"]
    assert "was set aside" in ask(capsys, results, "check", "store")[1]


def test_another_version_is_told_from_damage(results, capsys):
    shard = next(chunk_files(results / "store"))
    (shard.parent.parent / ("0" * 16)).mkdir()
    shard.rename(shard.parent.parent / ("0" * 16) / shard.name)
    folder = next(results.rglob("manifest.json"))
    manifest = json.loads(folder.read_text())
    folder.write_text(json.dumps({**manifest, "version": "0.0.1"}))
    assert states(results) == ["another version", "damaged"]
    (folder.parent / "SHA256SUMS").unlink()
    write_checksums(folder.parent)
    assert states(results) == ["another version"] * 2
    del manifest["checksums"]
    folder.write_text(json.dumps(manifest))
    (folder.parent / "SHA256SUMS").unlink()
    assert states(results) == ["another version"] * 2
    table = next(results.rglob("flows.parquet"))
    table.write_bytes(table.read_bytes()[:200])
    assert states(results) == ["another version", "damaged"] and ask(capsys, results, "check")[0] == 1


def test_an_odd_manifest_and_a_link_out_are_found(results, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "manifest.json").write_text("{}")
    (results / "compare" / "link").symlink_to(outside)
    folder = next(results.glob("compare/*_toy"))
    (folder / "manifest.json").write_text('{"seed": 99999999999999999999999}')
    assert states(results) == ["damaged", "damaged", "good"]


def test_clean_lists_leftovers_and_removes_them_alone_when_told(results, capsys, gone, tmp_path_factory):
    model_folder, verb = next(chunk_files(results / "store")).parent, results / "compare"
    (model_folder / f"{gone}x.parquet").write_bytes(b"half")
    (verb / f"{gone}2026_toy").mkdir()
    (verb / f"{gone}2026_toy" / "weekly.parquet").write_bytes(b"half")
    outside = tmp_path_factory.mktemp("outside") / "kept"
    outside.mkdir()
    (outside / "kept").write_bytes(b"")
    (verb / f"{gone}link").symlink_to(outside)
    left = {path for path in results.rglob("*") if path.name.startswith(gone)}
    # Somebody still writes these, or may.
    (verb / partial_name("toy")).mkdir()
    (verb / f".partial-another-{os.getpid()}-toy").mkdir()
    (verb / ".partial-2026-01-01_toy-1").mkdir()
    flip(next(chunk_files(results / "store")))
    Store(results / "store", "no such version")
    before = set(results.rglob("*"))
    status, said = ask(capsys, results, "clean")
    assert status == 0 and said.count("left over: ") == 3 and "yes=true" in said and set(results.rglob("*")) == before
    assert states(results).count("left over") == 3
    status, said = ask(capsys, results, "clean", "yes=true")
    assert status == 0 and said.count("removed") == 3
    inside = {path for path in before if any(parent in left for parent in path.parents)}
    assert set(results.rglob("*")) == before - left - inside and (outside / "kept").exists()
    assert "Nothing is left over" in ask(capsys, results, "clean", "yes=true")[1]


def test_what_is_no_leftover_any_more_is_not_removed(results, gone):
    (results / "compare" / f"{gone}toy").mkdir()
    (found,) = left_over(results)
    found.path.rename(results / "compare" / partial_name("toy"))
    assert clean_results([found]) == [] and (results / "compare" / partial_name("toy")).is_dir()


def test_an_empty_place_has_nothing_to_check(tmp_path, capsys):
    assert ask(capsys, tmp_path / "none", "check")[0] == 0
    assert "Nothing is left over" in ask(capsys, tmp_path / "none", "clean")[1]
