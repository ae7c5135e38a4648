"""Server: the page and what it asks for, on one port of this machine."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route

from sim.app.classroom import Classroom
from sim.app.explorer import LATER, Cancelled, Explorer
from sim.app.gate import Gate
from sim.app.journey_view import journey_view, lives_view
from sim.app.lesson import PICKS, Lesson, lesson_names, read_lesson
from sim.app.lesson_view import lesson_answer, lesson_view
from sim.app.levers import levers_of
from sim.app.question import Question, read_question
from sim.app.story_view import story_view
from sim.app.view import view
from sim.experiments.result import Result
from sim.scenario.errors import ConfigError

__all__ = ["Pages", "listen", "make_server", "serve"]

_PAGE = Path(__file__).parent / "page"
#: Files of the page; nothing else of the folder is handed out.
FILES: Mapping[str, str] = {
    "app.js": "text/javascript; charset=utf-8",
    "charts.js": "text/javascript; charset=utf-8",
    "journey.js": "text/javascript; charset=utf-8",
    "lesson.js": "text/javascript; charset=utf-8",
    "app.css": "text/css; charset=utf-8",
    "uplot.min.js": "text/javascript; charset=utf-8",
    "uplot.min.css": "text/css; charset=utf-8",
}

#: Keys of the page's address that are no part of a question.
_OF_THE_PAGE = ("lesson", "code", "teacher", "revealed", "life")

T = TypeVar("T")


class Pages:
    """What the page's addresses answer.

    Parameters
    ----------
    explorer : Explorer
        What computes.
    scenario : str
        The scenario with which the page opens.
    save : callable
        Writes a result folder for a result and returns its path.
    lesson : str
        The lesson with which it opens; empty: none.
    """

    def __init__(self, explorer: Explorer, scenario: str, save: Callable[[Any], Path], lesson: str = "") -> None:
        self.explorer = explorer
        self.opening = scenario
        self.save = save
        self.lesson = lesson
        self.classroom = Classroom()

    def app(self) -> Starlette:
        """Return the application."""

        @asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            await self.explorer.start()
            try:
                yield
            finally:
                await self.explorer.close()

        get, post = ["GET"], ["POST"]
        return Starlette(
            routes=[
                Route("/", self._page, methods=get),
                Route("/healthz", self._health, methods=get),
                Route("/page/{name}", self._file, methods=get),
                Route("/api/start", self._start, methods=get),
                Route("/api/answer", self._answer, methods=post),
                Route("/api/journey", self._journey, methods=post),
                Route("/api/story", self._story, methods=post),
                Route("/api/save", self._save, methods=post),
                Route("/api/lesson", self._lesson, methods=get),
                Route("/api/prediction", self._prediction, methods=post),
                Route("/api/reveal", self._reveal, methods=post),
                Route("/api/predictions", self._predictions, methods=get),
            ],
            lifespan=lifespan,
            exception_handlers={ConfigError: _refused, Cancelled: _gone, Exception: _failed},
        )

    async def _page(self, request: Request) -> Response:
        if self.lesson and not set(request.query_params) & {"lesson", "scenario"}:
            query = {**request.query_params, "lesson": self.lesson}
            return RedirectResponse(f"/?{urlencode(query)}", 303)
        return FileResponse(_PAGE / "index.html", media_type="text/html; charset=utf-8")

    async def _health(self, _: Request) -> Response:
        return PlainTextResponse("ok")

    async def _file(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in FILES:
            return PlainTextResponse("There is no such file.\n", 404)
        return FileResponse(_PAGE / name, media_type=FILES[name])

    async def _start(self, request: Request) -> Response:
        """Say which question an address asks, and what can be moved."""
        given = {key: value for key, value in request.query_params.items() if key not in _OF_THE_PAGE}
        opening = self.opening
        if "lesson" in request.query_params:
            lesson = self._named_lesson(request)
            opening = lesson.scenario
            if not given:
                given = lesson.tried({})
        question = read_question(given, self.explorer.book, scenario=opening)
        return JSONResponse({**self._described(question), "levers": levers_of(self.explorer.book, question.scenario)})

    def _described(self, question: Question) -> dict[str, Any]:
        book = self.explorer.book
        own = book.own(question.scenario)
        return {
            "question": dict(question.pairs()),
            "address": question.address(),
            "command": book.command(question),
            "scenario": {
                "name": own.name,
                "title": own.title or own.name,
                "case": own.case,
                "baseline": own.baseline,
                "arm": book.arm(question.scenario),
                "rivals": len(own.brands) - 1,
                "currency": own.market.economics.currency,
                "step": own.step,
                "horizon": own.horizon,
                "assumptions": [{"what": item.what, "source": item.source} for item in own.assumptions],
            },
            "scenarios": list(book.names()),
        }

    async def _asked(self, request: Request) -> tuple[Question, Mapping[str, Any]]:
        data = await _body(request)
        asked = data.get("question", {})
        if not isinstance(asked, dict):
            raise ConfigError("question is no mapping; give the keys of the command line")
        return read_question(asked, self.explorer.book, scenario=self.opening), data

    async def _answer(self, request: Request) -> Response:
        """Stream answers, each on a line, with more and more replicates."""
        question, data = await self._asked(request)
        refine = data.get("refine", True) is True
        described = self._described(question)

        def tell(result: Result) -> str:
            return _line({**described, **view(result), "final": not refine or result.replicates >= question.replicates})

        whole = refine and data.get("effectiveness", True) is True
        answers = self.explorer.answers(question, tell, refine=refine, whole=whole)
        # The first answer is computed before anything is sent, so that a fault of the question has its status.
        first = await _unless_gone(request, anext(answers))

        async def lines() -> AsyncIterator[str]:
            try:
                yield first
                async for line in answers:
                    yield line
            except Cancelled:
                return
            finally:
                await answers.aclose()

        return StreamingResponse(lines(), media_type="application/x-ndjson")

    async def _journey(self, request: Request) -> Response:
        """Return the journey map of two arms with the customers of every week and a sample of single ones."""
        question, _ = await self._asked(request)
        gone = threading.Event()

        def told() -> dict[str, Any]:
            result = self.explorer.compare(question, question.replicates, gone)
            return {**journey_view(result), **lives_view(result)}

        return JSONResponse(await _unless_gone(request, self.explorer.run(LATER, told), gone))

    async def _story(self, request: Request) -> Response:
        """Return one customer's two lives."""
        question, data = await self._asked(request)
        pick = data.get("pick", "winner")
        if pick not in PICKS:
            raise ConfigError(f"pick is none of {', '.join(PICKS)}")
        gone = threading.Event()

        def told() -> dict[str, Any]:
            return story_view(self.explorer.compare(question, 2, gone), pick)

        return JSONResponse(await _unless_gone(request, self.explorer.run(LATER, told), gone))

    async def _save(self, request: Request) -> Response:
        """Write a result folder with its report, as `compare` writes it."""
        question, _ = await self._asked(request)

        def saved() -> Path:
            return self.save(self.explorer.compare(question, question.replicates, whole=True))

        return JSONResponse({"folder": str(await self.explorer.run(LATER, saved))})

    def _named_lesson(self, request: Request) -> Lesson:
        return read_lesson(request.query_params.get("lesson", ""), self.explorer.book.config_path)

    async def _lesson(self, request: Request) -> Response:
        """Return a lesson, without its answer, and the names of all."""
        lessons = [read_lesson(name, self.explorer.book.config_path) for name in self._lessons()]
        found = [{"name": item.name, "title": item.title} for item in lessons]
        return JSONResponse({**lesson_view(self._named_lesson(request)), "lessons": found})

    def _lessons(self) -> tuple[str, ...]:
        return lesson_names(self.explorer.book.config_path)

    async def _prediction(self, request: Request) -> Response:
        """Remember a prediction, and only then say the answer."""
        data = await _body(request)
        lesson = self._lesson_of(data)
        said = self.classroom.predict(lesson, data.get("pupil"), data.get("choice"))
        return JSONResponse({**await self._revealed(lesson), "said": said})

    async def _reveal(self, request: Request) -> Response:
        """Say the answer on the teacher's page, where nobody predicts."""
        return JSONResponse(await self._revealed(self._lesson_of(await _body(request))))

    def _lesson_of(self, data: Mapping[str, Any]) -> Lesson:
        name = data.get("lesson")
        return read_lesson(name if isinstance(name, str) else "", self.explorer.book.config_path)

    async def _revealed(self, lesson: Lesson) -> dict[str, Any]:
        answer = await self.explorer.run(
            LATER,
            lambda: lesson_answer(
                lesson, self.explorer.book, lambda asked: self.explorer.compare(asked, asked.replicates)
            ),
        )
        return {**answer, "counts": self.classroom.counts(lesson)}

    async def _predictions(self, request: Request) -> Response:
        """Return the predictions of the class."""
        lesson = self._named_lesson(request)
        return JSONResponse({**lesson_view(lesson), "counts": self.classroom.counts(lesson)})


async def _unless_gone(request: Request, work: Awaitable[T], gone: threading.Event | None = None) -> T:
    """Wait for something, unless the page that asked for it leaves."""
    task = asyncio.ensure_future(work)
    left = asyncio.ensure_future(request.receive())
    try:
        await asyncio.wait({task, left}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise Cancelled
        return task.result()
    finally:
        left.cancel()
        if not task.done():
            task.cancel()
            if gone is not None:
                gone.set()


async def _body(request: Request) -> Mapping[str, Any]:
    try:
        data = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise ConfigError("the request is no JSON") from None
    if not isinstance(data, dict):
        raise ConfigError("the request is no mapping")
    return data


def _line(data: Mapping[str, Any]) -> str:
    return json.dumps(data, allow_nan=False, separators=(",", ":")) + "\n"


async def _refused(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 422)


async def _gone(_: Request, __: Exception) -> Response:
    return JSONResponse({"error": "nobody waits for this answer any more"}, 503)


async def _failed(_: Request, __: Exception) -> Response:
    return JSONResponse({"error": "the answer could not be computed; the terminal of the server says why"}, 500)


def listen(host: str, port: int) -> socket.socket:
    """Take a port, before anything is compiled.

    Parameters
    ----------
    host : str
        Address to listen on.
    port : int
        0 takes a free one.

    Returns
    -------
    socket

    Raises
    ------
    ConfigError
        If the address is not this machine's, or the port is taken.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        taken = socket.socket(family, kind, protocol)
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(address)
        taken.listen(128)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise ConfigError(
            f"cannot listen on host={host} port={port} ({reason}); give another, such as port=0"
        ) from None
    return taken


class _Server(uvicorn.Server):
    """A server that gives up what it computes as soon as it is asked to stop."""

    explorer: Explorer

    def handle_exit(self, sig: int, frame: Any) -> None:
        self.explorer.stop()
        super().handle_exit(sig, frame)


def make_server(pages: Pages, port: int, code: str = "") -> uvicorn.Server:
    """Return a server of the pages.

    Parameters
    ----------
    pages : Pages
        What is answered.
    port : int
        The port that it listens on; requests must name it.
    code : str
        Code that requests must bring; empty on the loopback address.

    Returns
    -------
    uvicorn.Server
    """
    config = uvicorn.Config(
        Gate(pages.app(), port=port, code=code),
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
        ws="none",
        server_header=False,
    )
    server = _Server(config)
    server.explorer = pages.explorer
    return server


def serve(server: uvicorn.Server, taken: socket.socket, ready: Callable[[], object]) -> None:
    """Answer requests until Ctrl-C, or until ``server.should_exit`` is set.

    Parameters
    ----------
    server : uvicorn.Server
        As :func:`make_server` returns it.
    taken : socket
        As :func:`listen` returns it.
    ready : callable
        Called when requests are answered.
    """

    async def run() -> None:
        task = asyncio.create_task(server.serve(sockets=[taken]))
        while not server.started and not task.done():
            await asyncio.sleep(0.01)
        if server.started:
            ready()
        await task

    with suppress(KeyboardInterrupt):  # Ctrl-C is how one ends it
        asyncio.run(run())
