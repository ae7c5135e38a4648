"""Quick Arrow: loaded without pandas, it still makes tables of pandas where it is asked for them."""

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


def test_discover_loads_no_pandas(tmp_path):
    seen = "import sys, atexit; atexit.register(lambda: print('pandas' in sys.modules))"
    words = ["discover", "log=configs/data/visits.csv", "goal=Pay", f"output_dir={tmp_path}", "quiet=true"]
    run = f"{seen}; from sim.cli import main; sys.argv = {['journey', *words, 'progress=false']!r}; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", run], capture_output=True, text=True, check=True, timeout=300)
    assert done.stdout.splitlines()[-1] == "False"
