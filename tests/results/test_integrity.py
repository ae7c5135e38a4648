"""Result folders are held to their list of checksums; an odd one ends in one message, and hides no other."""

import hashlib
import json
import os
import random
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sim.experiments.compare import compare
from sim.results import export_events, find_run, list_runs, read_trace, show_run, write
from sim.results.catalog import Catalog
from sim.results.checksums import read_checksums
from sim.results.folder import publish, write_config
from sim.results.table import read_table
from sim.scenario.errors import ConfigError
from sim.scenario.yaml_reader import read_yaml

TABLES = ("weekly", "flows", "events", "market")


@pytest.fixture
def folder(pretend_runs, scenario, tmp_path):
    pretend_runs(better=50, noise=20)
    return write(compare(scenario, replicates=2, seed=7), tmp_path, report=False)


@pytest.fixture
def unlisted(folder):
    """A folder of a version that recorded no checksums."""
    (folder / "SHA256SUMS").unlink()
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["checksums"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def test_one_list_has_the_checksum_of_every_file(folder):
    assert set(read_checksums(folder)) == {path.name for path in folder.iterdir()} - {"SHA256SUMS"}
    assert {"manifest.json", "config.yaml", "summary.json", "tables.xlsx"} < set(read_checksums(folder))
    for name in TABLES:
        assert len(read_table(folder, name))


def test_pages_and_pictures_and_folders_are_in_the_list(tmp_path):
    def fill(folder):
        (folder / "report.html").write_text("page")
        (folder / "figures").mkdir()
        (folder / "figures" / "a b.svg").write_text("picture")

    folder = publish(tmp_path, "map", "x", fill)
    assert set(read_checksums(folder)) == {"report.html", "figures/a b.svg"}
    if sha256sum := shutil.which("sha256sum"):
        assert (
            subprocess.run([sha256sum, "--check", "--strict", "SHA256SUMS"], cwd=folder, capture_output=True).returncode
            == 0
        )


@pytest.mark.parametrize("name", ["manifest.json", "SHA256SUMS"])
def test_every_single_flipped_bit_of_manifest_and_list_is_found(folder, tmp_path, name):
    path = folder / name
    content = path.read_bytes()
    for bit in random.Random(16).sample(range(8 * len(content)), 100):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        path.write_bytes(changed)
        with pytest.raises(ConfigError, match=r"write the run again"):
            find_run(tmp_path, folder.name)


def test_a_list_that_is_gone_or_leads_out_is_found(folder, tmp_path):
    lines = f"{'0' * 64}  ../secret\n"
    head = f"# SHA-256 of the lines below: {hashlib.sha256(lines.encode()).hexdigest()}\n"
    (folder / "SHA256SUMS").write_text(head + lines)
    with pytest.raises(ConfigError, match="is no list of checksums"):
        find_run(tmp_path, folder.name)
    (folder / "SHA256SUMS").unlink()
    with pytest.raises(ConfigError, match="is not there"):
        find_run(tmp_path, folder.name)


def test_a_clock_that_goes_back_mixes_up_no_folders(pretend_runs, scenario, tmp_path, monkeypatch):
    """Each result is `latest` when it is written, in a folder of its own, whatever the clock says."""
    pretend_runs()
    done, made = compare(scenario, replicates=2, seed=7), []
    for minute in (30, 30, 20, 25, 10, 40):
        clock = datetime(2026, 11, 28, 12, minute, tzinfo=UTC)

        class Clock(datetime):
            now = classmethod(lambda cls, tz=None, clock=clock: clock)

        monkeypatch.setattr("sim.results.folder.datetime", Clock)
        monkeypatch.setattr("sim.results.order.datetime", Clock)
        made.append(write(replace(done, started=clock.isoformat()), tmp_path, report=False))
        assert find_run(tmp_path).path == made[-1]
    assert [run.path for run in list_runs(tmp_path)] == made and len(set(made)) == len(made)


@pytest.mark.parametrize("name", TABLES)
def test_every_single_flipped_bit_of_a_table_is_found(folder, name):
    path = folder / f"{name}.parquet"
    content = path.read_bytes()
    for bit in random.Random(15).sample(range(8 * len(content)), 100):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        path.write_bytes(changed)
        with pytest.raises(ConfigError, match=r"is damaged: .*checksum.*write the run again"):
            read_table(folder, name)


@pytest.mark.parametrize("change", ["cut", "gone", "link", "pipe", "folder"])
@pytest.mark.parametrize("recorded", [True, False], ids=["", "without checksums"])
def test_cut_missing_and_linked_tables_end_in_one_message(folder, tmp_path, change, recorded, request):
    if not recorded:
        request.getfixturevalue("unlisted")
    for name in TABLES:
        path = folder / f"{name}.parquet"
        content = path.read_bytes()
        path.unlink()
        if change == "cut":
            path.write_bytes(content[: len(content) // 2])
        elif change == "link":
            (tmp_path / f"secret_{name}").write_bytes(content)
            path.symlink_to(tmp_path / f"secret_{name}")
        elif change == "pipe":
            os.mkfifo(path)
        elif change == "folder":
            path.mkdir()
    for ask in (
        lambda: export_events(folder, "csv"),
        lambda: export_events(folder, "xes"),
        lambda: read_trace(folder, "classic", 0),
        lambda: find_run(tmp_path).table("weekly"),
        lambda: read_table(folder, "flows", {"arm": "classic"}),
    ):
        with pytest.raises(ConfigError, match="parquet: "):
            ask()
    assert not list(folder.glob("events.*s*v*")) and len(list_runs(tmp_path)) == 1


def test_the_rows_that_are_asked_for_are_those_of_the_whole(folder):
    whole = read_table(folder, "weekly").to_pylist()
    for where in ({"arm": "classic"}, {"arm": "proactive", "replicate": 1}, {"arm": "nobody"}):
        wanted = [row for row in whole if all(row[key] == value for key, value in where.items())]
        assert read_table(folder, "weekly", where).to_pylist() == wanted


def test_a_configuration_is_read_back_as_it_was_written(tmp_path):
    config = {"title": "1e3", "name": "0o7", "rate": 1e-7, "levers": ("a", "2"), "case": {"on": "off"}}
    write_config(tmp_path, config)
    assert read_yaml(tmp_path / "config.yaml") == {**config, "levers": ["a", "2"]}


def test_a_changed_summary_or_configuration_is_found(folder, tmp_path):
    run = find_run(tmp_path)
    assert run.config == folder / "config.yaml" and "arms" in run.summary
    for name in ("summary.json", "config.yaml"):
        path = folder / name
        path.write_bytes(path.read_bytes().replace(b"1", b"2", 1))
    with pytest.raises(ConfigError, match=r"summary.json: is damaged"):
        show_run(tmp_path)
    with pytest.raises(ConfigError, match=r"config.yaml: is damaged"):
        _ = run.config
    assert len(Catalog(tmp_path).figures()) == 0 and len(Catalog(tmp_path).folders()) == 1


def test_a_linked_configuration_is_not_followed(folder, tmp_path):
    (tmp_path / "secret.yaml").write_text("password: hunter2\n")
    (folder / "config.yaml").unlink()
    (folder / "config.yaml").symlink_to(tmp_path / "secret.yaml")
    with pytest.raises(ConfigError, match="is a link") as caught:
        _ = find_run(tmp_path).config
    assert "hunter2" not in str(caught.value)


ODD = {
    "seed": 99999999999999999999999,
    "git_commit": 5,
    "replicates": "many",
    "started": ["now"],
    "wall_seconds": float("inf"),
    "order": 3,
    "scenario": {"name": "toy"},
}


@pytest.mark.parametrize("key", ODD)
def test_an_odd_manifest_is_named_once_and_hides_no_other_result(folder, tmp_path, capsys, key, pretend_runs, scenario):
    pretend_runs()
    odd = write(compare(scenario, replicates=2, seed=8), tmp_path, report=False)
    manifest = json.loads((odd / "manifest.json").read_text())
    del manifest["checksums"]
    (odd / "SHA256SUMS").unlink()
    (odd / "manifest.json").write_text(json.dumps({**manifest, key: ODD[key]}))
    capsys.readouterr()
    assert [run.path for run in list_runs(tmp_path)] == [folder]
    assert len(Catalog(tmp_path).folders()) == 1 and len(Catalog(tmp_path).figures())
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and f"{odd / 'manifest.json'}: {key} is " in said and "left out" in said
    with pytest.raises(ConfigError, match=f"manifest.json: {key} is"):
        find_run(tmp_path, odd.name)
    assert find_run(tmp_path).path == folder and str(folder) in show_run(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "[" * 100_000, '{"seed": ' + "9" * 5000 + "}", "\xff"])
def test_a_manifest_that_is_no_mapping_hides_no_other_result(folder, tmp_path, text, capsys):
    (tmp_path / "compare" / "odd").mkdir()
    (tmp_path / "compare" / "odd" / "manifest.json").write_bytes(text.encode("latin-1"))
    assert [run.path for run in list_runs(tmp_path)] == [folder]
    assert capsys.readouterr().err.count("\n") == 1
