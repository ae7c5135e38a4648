"""Integrity: a shard is held to its name and columns wherever it is read; a damaged one is set aside, its runs redone."""

import hashlib
import io
import multiprocessing
import os
import random
import socket
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sim.execution.checked_file import DamagedFile, open_parquet, read_ordinary
from sim.execution.executors import make_executor
from sim.execution.partial_name import is_left_over, partial_name
from sim.execution.store import DAMAGED, Store, check_chunk_file, chunk_files
from sim.execution.store_folder import STORE
from sim.execution.trials import Trial, run_trials
from sim.execution.version import model_version
from sim.results.catalog import Catalog
from sim.results.check import clean_results, left_over
from sim.scenario.errors import ConfigError
from sim.scenario.scenario import Scenario


def run(trials, store):
    """Return the figures of trials, and how many runs were simulated."""
    told = []
    with make_executor("serial") as executor:
        outcomes = list(run_trials(trials, executor=executor, store=store, on_done=told.append))
    return [outcome.metrics for outcome in outcomes], sum(item.runs for item in told if not item.held)


@pytest.fixture
def filled(tiny, tmp_path):
    """A results folder whose store holds two shards of a run each; their trial and its figures."""
    for replicate in (0, 1):
        run([Trial(tiny, 1, (replicate,))], Store(tmp_path / STORE))
    trial = Trial(tiny, 1, (0, 1))
    figures, lived = run([trial], Store(tmp_path / STORE))
    assert lived == 0
    return tmp_path, trial, figures


def flipped(content, bit):
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def test_every_single_flipped_bit_of_a_shard_is_found(filled):
    root, _, _ = filled
    shard = next(chunk_files(root / STORE))
    content = shard.read_bytes()
    check_chunk_file(shard)
    for bit in random.Random(15).sample(range(8 * len(content)), 600):
        shard.write_bytes(flipped(content, bit))
        with pytest.raises(DamagedFile, match="checksum"):
            check_chunk_file(shard)


def rewritten(content, change):
    """Return the bytes of a shard whose table was changed."""
    out = io.BytesIO()
    pq.write_table(change(pq.read_table(io.BytesIO(content))), out)
    return out.getvalue()


def replaced(table, name, column):
    return table.set_column(table.column_names.index(name), name, column)


DAMAGE = {
    "cut": lambda content: content[: len(content) // 2],
    "empty": lambda content: b"",
    "flipped footer": lambda content: flipped(content, 8 * (len(content) - 6)),
    "flipped figure": lambda content: flipped(content, 8 * 40),
    "no seed": lambda content: rewritten(content, lambda table: table.drop_columns("seed")),
    "a struct for a figure": lambda content: rewritten(
        content, lambda table: replaced(table, "revenue", pa.array([{"a": 1}] * len(table)))
    ),
    "a text for a figure": lambda content: rewritten(
        content, lambda table: replaced(table, "revenue", pa.array(["1"] * len(table)))
    ),
    "no text at all": lambda content: b"not Parquet",
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("renamed", [False, True], ids=["", "named by its hash"])
def test_a_damaged_shard_is_named_once_set_aside_and_its_runs_are_done_again(filled, capsys, damage, renamed):
    if renamed and damage == "flipped figure":
        pytest.skip("one who renames it as well forges, and nothing tells it from a run")
    root, trial, figures = filled
    shard = next(chunk_files(root / STORE))
    whole = shard.read_bytes()
    bad = DAMAGE[damage](whole)
    shard.write_bytes(bad)
    if renamed:
        shard = shard.rename(shard.with_name(f"{hashlib.sha256(bad).hexdigest()[:32]}.parquet"))
    capsys.readouterr()
    store = Store(root / STORE)
    assert capsys.readouterr().err.count(shard.name + " ") == 1
    assert len(store) == 1 and not shard.exists()
    (aside,) = shard.parent.glob(f"*{DAMAGED}*")
    assert aside.read_bytes() == bad
    again, lived = run([trial], store)
    assert lived == 1 and np.array_equal(again[0], figures[0], equal_nan=True)
    assert Store(root / STORE).read(trial.key, 0).metrics is not None and run([trial], Store(root / STORE))[1] == 0
    assert capsys.readouterr().err == "" and aside.read_bytes() == bad


def test_sums_of_whole_numbers_are_whole_numbers(filled):
    """Others can divide them; what does not fit 64 bits stays as it is."""
    pytest.importorskip("duckdb")
    root, _, _ = filled
    found = Catalog(root).query("select sum(replicate + 2) as small, sum(9223372036854775807) * 4 as large from runs")
    assert [str(field.type) for field in found.schema] == ["int64", "decimal128(38, 0)"]
    runs = Catalog(root).table("runs")["replicate"].to_pylist()
    assert found["small"][0].as_py() == sum(runs) + 2 * len(runs)
    assert found["large"][0].as_py() == (2**63 - 1) * 4 * len(runs)


@pytest.mark.parametrize("damage", DAMAGE)
def test_tables_and_queries_leave_a_damaged_shard_out(filled, capsys, damage):
    root, _, _ = filled
    shard = next(chunk_files(root / STORE))
    shard.write_bytes(DAMAGE[damage](shard.read_bytes()))
    pytest.importorskip("duckdb")
    assert Catalog(root).query("select count(distinct replicate) as n from runs")["n"][0].as_py() == 1
    assert str(shard) in capsys.readouterr().err
    assert len(set(Catalog(root).table("runs")["replicate"].to_pylist())) == 1
    assert capsys.readouterr().err == ""


def test_a_shard_damaged_after_the_store_was_opened_ends_in_a_message(filled):
    from sim.scenario.errors import ConfigError

    root, trial, _ = filled
    store = Store(root / STORE)
    for shard in chunk_files(root / STORE):
        shard.write_bytes(shard.read_bytes()[:-1])
    with pytest.raises(ConfigError, match="run the same command again"):
        store.read(trial.key, 0)


def test_a_link_and_a_pipe_are_neither_followed_nor_waited_for(filled, tmp_path, capsys):
    root, _, _ = filled
    model_folder = next(chunk_files(root / STORE)).parent
    (model_folder / "link.parquet").symlink_to(next(chunk_files(root / STORE)))
    os.mkfifo(model_folder / "pipe.parquet")
    (model_folder / "folder.parquet").mkdir()
    assert len(Store(root / STORE)) == 2
    said = capsys.readouterr().err
    assert said.count("ordinary file") == 3 and (model_folder / "pipe.parquet").exists()


@pytest.mark.parametrize("inner", [False, True], ids=["store", "version"])
def test_a_store_that_is_a_link_is_neither_read_nor_swept_up(filled, tmp_path, inner):
    outside, store = tmp_path / "outside", tmp_path / STORE
    place = store / model_version() if inner else store
    place.rename(outside)
    place.symlink_to(outside)
    left = next(path for path in outside.rglob("*.parquet")).with_name(f".partial-{socket.gethostname()}-999999999-x")
    left.write_bytes(b"half")
    with pytest.raises(ConfigError, match="is a link, which is not followed"):
        Store(store)
    assert not list(chunk_files(store)) and left.exists()


def _sweep_beside(folder, start):
    scenario = Scenario.load("treadmill", population=20, horizon=3, burn_in=1)
    with make_executor("serial") as executor:
        for seed in range(start, start + 5):
            list(run_trials([Trial(scenario, seed, (0,))], executor=executor, store=Store(folder)))


def test_the_cleaner_beside_writers_harms_nothing(tmp_path):
    """It removes what dead processes left, again and again, while two processes write; every run of theirs is there."""
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_sweep_beside, args=(tmp_path / "store", start)) for start in (0, 100)]
    for process in writers:
        process.start()
    dead = f".partial-{socket.gethostname()}-999999999-"
    removed = 0
    while any(process.is_alive() for process in writers):
        (tmp_path / "compare").mkdir(exist_ok=True)
        (tmp_path / "compare" / f"{dead}x").mkdir(exist_ok=True)
        removed += len(clean_results(list(left_over(tmp_path))))
        writers[0].join(0.02)
    assert [process.exitcode for process in writers] == [0, 0] and removed
    assert len(Store(tmp_path / "store")) == 10


def test_what_is_read_is_bounded_and_held_to_its_checksum(tmp_path):
    place = tmp_path / "small"
    place.write_bytes(b"123")
    assert read_ordinary(place, 3) == b"123"
    with pytest.raises(DamagedFile, match="more than 2 bytes"):
        read_ordinary(place, 2)
    with pytest.raises(DamagedFile, match="checksum"):
        read_ordinary(place, 3, "0" * 64)
    with pytest.raises(DamagedFile, match="no Parquet file"):
        open_parquet(place)


def test_a_partial_name_is_left_over_once_its_process_is_gone():
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    host = socket.gethostname()
    assert is_left_over(f".partial-{host}-{gone.pid}-x") and not is_left_over(partial_name("x"))
    for name in (f".partial-another-{gone.pid}-x", f".partial-{host}-x", "x", f".partial-{host}-{'9' * 40}-x"):
        assert not is_left_over(name)
