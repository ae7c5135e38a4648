"""Quick Arrow: load it for a command that hands it no table of pandas, and reads no files of a cloud.

Whatever is made or compared with Arrow first lets it look whether it was given a series of pandas, for which it loads
pandas: a third of a second. Here it is told once that there is none. Asked for a table of pandas, it looks again.
What it reads the storage of Amazon, Azure, Google and Hadoop with takes as long to load as a third of Arrow; told that
it was built without, as it may be, it does without. Python users get it as ever.
"""

from __future__ import annotations

import sys

__all__ = ["leave_clouds_out", "load_arrow"]

_PANDAS = "pandas"
_CLOUDS = ("pyarrow._azurefs", "pyarrow._gcsfs", "pyarrow._hdfs", "pyarrow._s3fs")


class _Without:
    """Finds modules: says that some are not there, and nothing of others."""

    def __init__(self, *names: str) -> None:
        self._names = frozenset(names)

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """Look for a module."""
        if name in self._names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def leave_clouds_out() -> None:
    """Have this process load Arrow without what reads files of a cloud, as if it were built without it."""
    sys.meta_path.insert(0, _Without(*_CLOUDS))


def load_arrow() -> None:
    """Load Arrow without pandas, unless that is loaded already."""
    if _PANDAS in sys.modules:
        return
    without = _Without(_PANDAS)
    sys.meta_path.insert(0, without)
    try:
        import pyarrow

        pyarrow.array([])
    finally:
        sys.meta_path.remove(without)
