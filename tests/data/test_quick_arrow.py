"""Quick Arrow: without pandas it still makes tables of pandas when asked, and without clouds it reads and writes files."""

from __future__ import annotations

import subprocess
import sys

_LATER = """
import sys
from sim.data.quick_arrow import load_arrow
load_arrow()
import numpy, pyarrow
table = pyarrow.table({"number": pyarrow.array(numpy.arange(3)), "word": ["a", "b", None]})
assert "pandas" not in sys.modules and not [find for find in sys.meta_path if "quick_arrow" in type(find).__module__]
frame = table.to_pandas()
assert pyarrow.array(frame["number"]).equals(table["number"].combine_chunks())
assert pyarrow.Table.from_pandas(frame).num_rows == 3
"""


def test_arrow_does_without_pandas_until_it_is_asked_for_a_table_of_it():
    subprocess.run([sys.executable, "-c", _LATER], check=True, timeout=120)


_WITHOUT_CLOUDS = """
import sys
from pathlib import Path
from sim.data.quick_arrow import leave_clouds_out
leave_clouds_out()
import pyarrow, pyarrow.dataset, pyarrow.fs, pyarrow.parquet
place = Path(sys.argv[1]) / "table.parquet"
table = pyarrow.table({"number": [1, 2]})
pyarrow.parquet.write_table(table, place)
assert pyarrow.parquet.read_table(place).equals(table) and pyarrow.dataset.dataset(place).to_table().equals(table)
assert not [name for name in sys.modules if "s3fs" in name]
try:
    pyarrow.fs.S3FileSystem
except ImportError as error:
    assert "not built with support" in str(error)
else:
    raise AssertionError
"""


def test_arrow_without_clouds_reads_and_writes_files_and_says_what_it_is_built_without(tmp_path):
    subprocess.run([sys.executable, "-c", _WITHOUT_CLOUDS, str(tmp_path)], check=True, timeout=120)


def test_discover_loads_no_pandas(tmp_path):
    seen = "import sys, atexit; atexit.register(lambda: print('pandas' in sys.modules))"
    words = ["discover", "log=configs/data/visits.csv", "goal=Pay", f"output_dir={tmp_path}", "quiet=true"]
    run = f"{seen}; from sim.cli import main; sys.argv = {['journey', *words, 'progress=false']!r}; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", run], capture_output=True, text=True, check=True, timeout=300)
    assert done.stdout.splitlines()[-1] == "False"
