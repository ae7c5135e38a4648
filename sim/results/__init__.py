"""Result folders: written whole or not at all, listed, read again, exported."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.results.comparison import write
    from sim.results.export import export_events
    from sim.results.folder import publish
    from sim.results.runs import StoredResult, find_run, list_runs, show_run
    from sim.results.trace import read_trace

__all__ = ["StoredResult", "export_events", "find_run", "list_runs", "publish", "read_trace", "show_run", "write"]

_HOMES = {
    "StoredResult": "runs",
    "export_events": "export",
    "find_run": "runs",
    "list_runs": "runs",
    "publish": "folder",
    "read_trace": "trace",
    "show_run": "runs",
    "write": "comparison",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for only when it is asked for: a list of runs needs nothing that writes them."""
    if name in _HOMES:
        return getattr(import_module(f"sim.results.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'sim.results' has no attribute {name!r}")
