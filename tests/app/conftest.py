"""A server on a free port, as a user starts it, and requests to it as the page makes them."""

import http.client
import json
import threading
import time

import pytest

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

from sim.app.explorer import Explorer
from sim.app.question import Book
from sim.app.server import Pages, listen, make_server, serve
from sim.scenario.config_path import ConfigPath


class Served:
    """A running server."""

    def __init__(self, save, code="", lesson="", port=0):
        self.taken = listen("127.0.0.1", port)
        self.port = self.taken.getsockname()[1]
        self.pages = Pages(Explorer(Book.of(ConfigPath.of())), "treadmill", save, lesson)
        self.server = make_server(self.pages, self.port, code)
        self.ready = threading.Event()
        self.thread = threading.Thread(target=serve, args=(self.server, self.taken, self.ready.set), daemon=True)
        self.thread.start()
        assert self.ready.wait(120)

    @property
    def origin(self):
        return f"http://127.0.0.1:{self.port}"

    def ask(self, path, body=None, method=None, headers=None):
        """Return status, headers and body of a request; a body makes it one of the page's own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        own = {} if body is None else {"content-type": "application/json", "origin": self.origin}
        raw = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        connection.request(method or ("GET" if body is None else "POST"), path, raw, {**own, **(headers or {})})
        reply = connection.getresponse()
        data = reply.read()
        connection.close()
        return reply.status, dict(reply.getheaders()), data

    def answers(self, question, **more):
        """Return all answers to a question, from the first to the last."""
        status, _, data = self.ask("/api/answer", {"question": question, **more})
        assert status == 200, data
        return [json.loads(line) for line in data.splitlines()]

    def stop(self):
        self.pages.explorer.stop()
        self.server.should_exit = True
        self.thread.join(60)
        assert not self.thread.is_alive()


@pytest.fixture(scope="session")
def save(tmp_path_factory):
    from sim.results.comparison import write

    folder = tmp_path_factory.mktemp("saved")
    return lambda result: write(result, folder)


@pytest.fixture(scope="session")
def served(save):
    running = Served(save)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def start_server(save):
    return lambda **options: Served(save, **options)


@pytest.fixture
def wait_until():
    def wait(holds, seconds=60.0):
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, "it never became true"
            time.sleep(0.05)

    return wait
