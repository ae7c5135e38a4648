"""Gate: which requests the page's server answers. Everything else is refused before it reaches any of its code.

A page of another site that the user visits can send requests to the loopback address, and can make its own name point
there. So the Host must be the server's own, and what changes or computes something must come from the page itself.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Mapping
from contextlib import suppress
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["COOKIE", "Gate"]

COOKIE = "journey_code"
#: Largest request, in bytes.
LARGEST = 64_000
_HEADERS = (
    (b"content-security-policy", b"default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
     b"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)  # fmt: skip


class Gate:
    """ASGI middleware that checks Host, Origin, method, size and, where the page is open to a room, the code.

    Parameters
    ----------
    app : ASGIApp
        What answers what passes.
    port : int
        Port of the server.
    code : str
        Code that a request must bring, by cookie or as ``?code=``; empty where only this machine can reach the page.
    """

    def __init__(self, app: ASGIApp, *, port: int, code: str = "") -> None:
        self.app = app
        self.port = port
        self.code = code

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it with one line that says why."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        status, reason = self._refusal(scope, headers)
        if status:
            await PlainTextResponse(reason + "\n", status)(scope, receive, send)
            return

        async def guarded(message: Mapping[str, object]) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", ()))  # type: ignore[call-overload]
                message = {**message, "headers": [*given, *_HEADERS, *self._remember(scope, headers)]}
            await send(message)  # type: ignore[arg-type]

        with suppress(ClientDisconnect):  # nobody is there to be told
            await self.app(scope, _bounded(receive), guarded)

    def _refusal(self, scope: Scope, headers: Mapping[str, str]) -> tuple[int, str]:
        host, method = headers.get("host", ""), scope["method"]
        if [name for name, _ in scope["headers"]].count(b"host") != 1 or not self._is_own(host):
            return 421, f"This server does not answer for the host {host[:80]!r}; open the address that it printed."
        if method not in ("GET", "HEAD", "POST"):
            return 405, f"{method[:20]} is not known here; GET, HEAD and POST are."
        origin = headers.get("origin")
        if origin is not None and origin.lower() != f"http://{host.lower()}":
            return 403, "Requests from other pages are refused."
        if method == "POST":
            if origin is None:
                return 403, "A request that computes something must come from the page itself."
            if not headers.get("content-type", "").startswith("application/json"):
                return 415, "Requests carry JSON (content-type: application/json)."
            length = headers.get("content-length", "")
            if not length.isdecimal() or int(length[:12]) > LARGEST:
                return 413, f"A request holds at most {LARGEST:,} bytes and says how many."
        if self.code and not self._knows(scope, headers) and scope["path"] != "/healthz":
            return 401, "Add the code that the teacher shows to the address: ?code=..."
        return 0, ""

    def _is_own(self, host: str) -> bool:
        name, _, port = host.rpartition(":")
        if not name or port != str(self.port):
            return False
        if name.lower() in ("localhost", "127.0.0.1", "[::1]"):
            return True
        if not self.code:
            return False
        # Open to a room: by number only, since any name can be made to point here.
        try:
            ipaddress.ip_address(name.strip("[]"))
        except ValueError:
            return False
        return True

    def _knows(self, scope: Scope, headers: Mapping[str, str]) -> bool:
        asked = parse_qs(scope["query_string"].decode("latin-1")).get("code", [""])[0]
        try:
            cookies = SimpleCookie(headers.get("cookie", ""))
        except CookieError:
            cookies = SimpleCookie()
        kept = cookies[COOKIE].value if COOKIE in cookies else ""
        return any(hmac.compare_digest(said.encode(), self.code.encode()) for said in (asked, kept))

    def _remember(self, scope: Scope, headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
        if not self.code or not self._knows(scope, headers):
            return []
        return [(b"set-cookie", f"{COOKIE}={self.code}; HttpOnly; SameSite=Strict; Path=/".encode())]


def _bounded(receive: Receive) -> Receive:
    """Return what reads a request's body and ends it where it grows beyond what it said."""
    left = LARGEST

    async def limited() -> Mapping[str, object]:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            return {"type": "http.disconnect"}
        return message

    return limited  # type: ignore[return-value]
