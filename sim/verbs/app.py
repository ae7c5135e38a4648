"""App: the what-if explorer in the browser, on the loopback address."""

from __future__ import annotations

import ipaddress
import secrets
import socket
import webbrowser
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from agents.quantity import quantity, text, whole
from sim.optional_package import import_optional
from sim.scenario.errors import ConfigError
from sim.terminal import say
from sim.verbs.frame import Command, Job, Session

if TYPE_CHECKING:
    from pathlib import Path

    from sim.app.question import Book
    from sim.experiments.result import Result

__all__ = ["COMMAND", "AppKeys"]

#: The scenario that the page opens with where none is named.
_USUAL = "treadmill"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppKeys:
    """Where the page is served and what it opens with."""

    port: int = whole(8765, 0, 65_535, "port; 0 takes a free one")
    host: str = text("127.0.0.1", "address to listen on; another than the loopback address opens the page to the room")
    open: bool = quantity("open the page in the browser", default=True)
    lesson: str | None = quantity("a lesson by name; null: the explorer", default=None, optional=True)


class _Plan(NamedTuple):
    """What is served, the code that requests must bring (none on the loopback address), and the query it opens with."""

    book: Book
    code: str
    query: str


def _prepare(job: Job[AppKeys, None]) -> _Plan:
    """Check the keys."""
    for package in ("starlette", "uvicorn"):
        import_optional(package, f"journey app needs {package}", "app")
    try:
        address = ipaddress.ip_address(job.keys.host)
    except ValueError:
        raise ConfigError(
            f"host is {job.keys.host!r}; give an address such as 127.0.0.1, or 0.0.0.0 for a room"
        ) from None
    if job.keys.lesson is not None:
        from sim.app.lesson import read_lesson

        own = read_lesson(job.keys.lesson, job.config_path).scenario
        if job.scenario.name not in (own, _USUAL):
            raise ConfigError(
                f"scenario is {job.scenario.name!r}, but lesson {job.keys.lesson!r} is of {own!r}; leave one out"
            )
    from sim.app.question import Book

    book = Book.of(job.config_path)
    return _Plan(book, "" if address.is_loopback else secrets.token_hex(3), _opening(job, book))


def _opening(job: Job[AppKeys, None], book: Book) -> str:
    """Return the query of the question that the command line asks; empty where it is a scenario as its file has it."""
    from sim.app.question import read_question

    scenario, settings = job.scenario, job.settings
    question = book.opening(scenario, replicates=settings.replicates, seed=settings.seed)
    plain = read_question({}, book, scenario=scenario.name)
    if question == plain:
        return ""
    if job.keys.lesson is not None:
        keys = ", ".join(key for key, value in question.pairs() if (key, value) not in plain.pairs())
        raise ConfigError(f"lesson is {job.keys.lesson!r}, which asks a question of its own; leave out {keys}")
    return question.address()


def _run(job: Job[AppKeys, _Plan], session: Session) -> Sequence[str]:
    """Serve the page until Ctrl-C."""
    from sim.app.explorer import Explorer
    from sim.app.server import Pages, listen, make_server, serve

    taken = listen(job.keys.host, job.keys.port)
    port = taken.getsockname()[1]
    host = _reached_at(job.keys.host)
    address = f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
    book, code, query = job.plan
    if code or query:
        address += "?" + "&".join(filter(None, (f"code={code}" if code else "", query)))

    def ready() -> None:
        say(address)
        if code and job.keys.lesson:
            say(f"Pupils open it; the teacher's page is {address}&lesson={job.keys.lesson}&teacher=1")
        if job.keys.open:
            webbrowser.open(address)

    pages = Pages(Explorer(book), job.scenario.name, lambda result: _save(job, result), job.keys.lesson or "")
    serve(make_server(pages, port, code), taken, ready)
    return []


def _reached_at(host: str) -> str:
    """Return the address under which others reach a server that listens on one.

    Where it listens on all addresses, that is the one from which this machine would send to another network. Nothing is
    sent: connecting a datagram socket only chooses its own address.
    """
    address = ipaddress.ip_address(host)
    if not address.is_unspecified:
        return host
    family, elsewhere = (socket.AF_INET, "192.0.2.1") if address.version == 4 else (socket.AF_INET6, "2001:db8::1")
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((elsewhere, 9))
        except OSError:  # no network: only this machine reaches it
            return "127.0.0.1" if address.version == 4 else "::1"
        return str(probe.getsockname()[0])


def _save(job: Job[AppKeys, Any], result: Result) -> Path:
    from sim.results.comparison import write

    return write(result, job.output_dir)


COMMAND = Command(keys=AppKeys, prepare=_prepare, run=_run)
