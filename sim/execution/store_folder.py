"""The folder of the store of single runs, below the folder of all results."""

from __future__ import annotations

__all__ = ["STORE"]

#: Folder of the store of single runs.
STORE = "store"
