"""Cache home: the folder of what can be made again, compiled code and composed configurations."""

from __future__ import annotations

import os

__all__ = ["cache_home"]


def cache_home() -> str:
    """Return the folder, which need not exist: `NUMBA_CACHE_DIR`, or `journey-simulator` in the user's cache."""
    return os.environ.get("NUMBA_CACHE_DIR") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache"), "journey-simulator"
    )
