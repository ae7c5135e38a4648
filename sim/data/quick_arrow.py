"""Quick Arrow: load it for a command that hands it no table of pandas.

Whatever is made or compared with Arrow first lets it look whether it was given a series of pandas, for which it loads
pandas: a third of a second. Here it is told once that there is none. Asked for a table of pandas, it looks again.
Python users, who may hand it one, get it as ever.
"""

from __future__ import annotations

import sys

__all__ = ["load_arrow"]

_PANDAS = "pandas"


class _Without:
    """Finds modules: says that pandas is not there, and nothing of others."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """Look for a module."""
        if name == _PANDAS:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def load_arrow() -> None:
    """Load Arrow without pandas, unless that is loaded already."""
    if _PANDAS in sys.modules:
        return
    without = _Without()
    sys.meta_path.insert(0, without)
    try:
        import pyarrow

        pyarrow.array([])
    finally:
        sys.meta_path.remove(without)
