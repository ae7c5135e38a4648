"""Result folders: written whole or not at all, listed, read again, exported."""

from sim.results.comparison import write
from sim.results.export import export_events
from sim.results.folder import publish
from sim.results.runs import StoredResult, find_run, list_runs, show_run
from sim.results.trace import read_trace

__all__ = ["StoredResult", "export_events", "find_run", "list_runs", "publish", "read_trace", "show_run", "write"]
