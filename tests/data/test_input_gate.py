"""What `calibrate` is given is an ordinary file within bounds: no pipe is waited for, no device read, no bomb unpacked."""

import gzip
import os
import resource
import subprocess
import sys
import tracemalloc

import numpy as np
import pyarrow
import pytest
from pyarrow import parquet

from sim.calibration.targets import read_target_file
from sim.customer_base.survival import holds_survival, read_survival
from sim.data.event_log import LogLayout
from sim.data.layout import Layout
from sim.data.log_file import read_event_log
from sim.data.transactions import check_layout, read_transactions
from sim.scenario.errors import ConfigError

SURVIVORS = Layout(columns={"period": "a", "survivors": "b"})
READERS = {
    "transactions": read_transactions,
    "first lines": lambda path: check_layout(str(path), Layout()),
    "survivors": lambda path: read_survival(str(path), SURVIVORS),
    "targets": read_target_file,
    "targets in YAML": lambda path: read_target_file(path.with_suffix(".yaml")),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("kind", ["pipe", "device", "link to a device", "folder", "empty", "missing"])
def test_what_is_no_ordinary_file_is_refused_at_once(tmp_path, reader, kind):
    for path in (tmp_path / "it.csv", tmp_path / "it.yaml"):
        if kind == "pipe":
            os.mkfifo(path)
        elif kind == "link to a device":
            path.symlink_to("/dev/zero")
        elif kind == "device":
            path.symlink_to("/dev/null")
        elif kind == "folder":
            path.mkdir()
        elif kind == "empty":
            path.write_bytes(b"")
    with pytest.raises(ConfigError, match="ordinary file|is a folder|empty|does not exist"):
        READERS[reader](tmp_path / "it.csv")


def test_a_pipe_is_no_table_of_survivors(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert not holds_survival(str(tmp_path / "pipe")) and not holds_survival("/dev/zero")


def test_a_large_table_of_survivors_or_targets_is_refused(tmp_path):
    place = tmp_path / "it.csv"
    place.write_bytes(b"a,b\n" * 500_001)
    with pytest.raises(ConfigError, match="more than 1,000,000 bytes"):
        read_survival(str(place), SURVIVORS)
    with pytest.raises(ConfigError, match="more than 2,000,000 bytes"):
        read_target_file(place)


def bomb(path, rows, row=b"7,2020-01-01,5\n"):
    block = row * 10_000
    with gzip.open(path, "wb", compresslevel=1) as out:
        out.write(b"customer,date,amount\n")
        for _ in range(rows // 10_000):
            out.write(block)
    return path


@pytest.mark.parametrize("row", [b"7,2020-01-01,5\n", b'"7",2020-01-01,5\n', b"7 2020-01-01 5\n", b" " * 15])
def test_what_a_compressed_file_holds_is_bounded(tmp_path, row):
    place = bomb(tmp_path / "bomb.csv.gz", 1_000_000, row)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ConfigError, match=r"holds more than 3 MB of text.* most_megabytes=6|delimiter|columns"):
        read_transactions(place, Layout(most_megabytes=3, delimiter="whitespace" if b"," not in row else None))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


def test_the_bounds_can_be_raised_and_rows_have_one_too(tmp_path):
    place = bomb(tmp_path / "many.csv.gz", 100_000)
    with pytest.raises(ConfigError, match=r"more than 50,000 rows.*most_rows=100000"):
        read_transactions(place, Layout(most_rows=50_000))
    with pytest.raises(ConfigError, match="1 MB"):
        read_transactions(place, Layout(most_megabytes=1))
    assert read_transactions(place, Layout(most_megabytes=2, most_rows=100_000)).rows == 100_000


def test_a_cell_without_an_end_is_not_loaded(tmp_path):
    place = tmp_path / "cell.csv.gz"
    with gzip.open(place, "wb", compresslevel=1) as out:
        out.write(b'case,activity,time\n1,"')
        for _ in range(200):
            out.write(b"a" * (1 << 20))
    tracemalloc.start()
    try:
        with pytest.raises(ConfigError, match="line 2 has a cell of more than 131,072 signs"):
            read_event_log(place)
        assert tracemalloc.get_traced_memory()[1] < 160 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("sizes", "encoded"), [([40_000_000], False), ([200_000, 1, 1], False), ([200_000, 1], True)])
def test_long_cells_of_parquet_are_refused(tmp_path, sizes, encoded):
    column = pyarrow.array(["a" * size for size in sizes])
    names = pyarrow.array([str(at) for at in range(len(sizes))])
    table = {"case": names, "activity": column.dictionary_encode() if encoded else column, "time": names}
    parquet.write_table(pyarrow.table(table), tmp_path / "cell.parquet", compression="zstd", use_dictionary=encoded)
    with pytest.raises(ConfigError, match="'activity' has a cell of more than 131,072 bytes"):
        read_event_log(tmp_path / "cell.parquet")


def test_a_long_word_that_all_rows_of_parquet_refer_to_is_not_unpacked_for_all(tmp_path):
    words = pyarrow.array(["a" * 120_000, "b" * 120_000])
    codes = pyarrow.array(np.arange(60_000) % 2, pyarrow.int32())
    names = pyarrow.array(["2021-01-04"] * 60_000)
    table = {"case": names, "activity": names, "time": names,
             "brand": pyarrow.DictionaryArray.from_arrays(codes, words)}  # fmt: skip
    parquet.write_table(pyarrow.table(table), tmp_path / "words.parquet", compression="zstd", store_schema=False)
    assert (tmp_path / "words.parquet").stat().st_size < 1 << 20
    before = pyarrow.default_memory_pool().max_memory()
    with pytest.raises(ConfigError, match="holds more than 1,000 MB of text"):
        read_event_log(tmp_path / "words.parquet", LogLayout(most_megabytes=1000))
    assert pyarrow.default_memory_pool().max_memory() <= max(before, 1 << 28)


@pytest.mark.slow
def test_a_program_ends_in_order_after_a_file_was_given_up(tmp_path):
    """Arrow's thread that reads on while the interpreter ends aborts the process: 3 of 8 times, so six runs miss 6 %."""
    place = tmp_path / "cell.csv.gz"
    with gzip.open(place, "wb", compresslevel=1) as out:
        out.write(b'case,activity,time\n1,"')
        for _ in range(300):
            out.write(b"a" * (1 << 20))
    program = (
        "import pathlib\nfrom sim.data.log_file import read_event_log\n"
        f"try: read_event_log(pathlib.Path({str(place)!r}))\nexcept Exception: pass\n"
    )
    for _ in range(6):
        assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 0
