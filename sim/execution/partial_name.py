"""Partial name: what a file or folder is called while it is written, beside its final name."""

from __future__ import annotations

import os
import socket

__all__ = ["PARTIAL", "is_left_over", "partial_name"]

#: Begins the name of what is still being written, or was when its process was killed.
PARTIAL = ".partial-"


def partial_name(name: str) -> str:
    """Return the name under which this process writes something: with the machine's name and the process's number."""
    return f"{PARTIAL}{socket.gethostname()}-{os.getpid()}-{name}"


def is_left_over(name: str) -> bool:
    """Return whether a name is that of something half-written whose process, on this machine, is no more.

    Examples
    --------
    >>> is_left_over(partial_name("weekly.parquet"))
    False
    >>> is_left_over("weekly.parquet")
    False
    """
    mine = f"{PARTIAL}{socket.gethostname()}-"
    if not name.startswith(mine):
        return False
    process = name.removeprefix(mine).partition("-")[0]
    return process.isascii() and process.isdigit() and len(process) < 10 and not _is_alive(int(process))


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
