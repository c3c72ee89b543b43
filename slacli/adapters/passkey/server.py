"""Serves the one page, on this machine alone, and takes one answer.

Other pages in the same browser, other names for this machine, and guesses of the address get nothing: not even that
there is a page. See the tests of a local page that is attacked for what each check is for.
"""

from __future__ import annotations

import errno
import hmac
import json
import secrets
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from importlib import resources
from typing import Any

from slacli.adapters.passkey.doors import Door, Unfit
from slacli.errors import CannotRun

MOST_BYTES = 64 * 1024
"""No answer is longer: a passkey gives about a thousand bytes."""

_PATIENCE_S = 10
_MOST_PORTS = 20

_PAGES: Mapping[str, tuple[str, str]] = {
    "": ("page.html", "text/html; charset=utf-8"),
    "page.css": ("page.css", "text/css; charset=utf-8"),
    "page.js": ("page.js", "text/javascript; charset=utf-8"),
}

_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none';"
        " form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "Permissions-Policy": "publickey-credentials-create=(self), publickey-credentials-get=(self)",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
    "Connection": "close",
}


def ask(data: Mapping[str, Any], doors: Mapping[str, Door], seconds: float, opener: Callable[[str], None]) -> object:
    """Serve the page with its data until one door has an answer, and give that.

    Raises CannotRun where no page can be served, or nobody answers within `seconds`; and what a door raises besides
    Unfit.
    """
    visit = _Visit(data, doors, time.monotonic() + seconds)
    servers = _bound(visit)
    for server in servers:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        opener(f"{visit.origin}/{visit.token}/")
        # In short waits, since some systems let nobody interrupt a long one.
        while not visit.ended.wait(0.1) and visit.left() > 0:
            pass
    finally:
        visit.close()
        for server in servers:
            server.shutdown()
            server.server_close()
    if visit.fault is not None:
        raise visit.fault
    if visit.answer is None:
        raise CannotRun(
            f"nobody answered on the page within {seconds:g} seconds, so nothing was signed",
            "run it again, or sign with an SSH key",
        )
    return visit.answer


@dataclass(slots=True)
class _Visit:
    """One page, open for one answer; all that its threads share."""

    data: Mapping[str, Any]
    doors: Mapping[str, Door]
    deadline: float
    token: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    port: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    ended: threading.Event = field(default_factory=threading.Event)
    over: bool = False
    answer: object = None
    fault: BaseException | None = None

    @property
    def host(self) -> str:
        return f"localhost:{self.port}"

    @property
    def origin(self) -> str:
        return f"http://{self.host}"

    def left(self) -> float:
        return max(self.deadline - time.monotonic(), 0)

    def close(self) -> None:
        with self.lock:
            self.over = True

    def knock(self, name: str, said: Mapping[str, Any]) -> tuple[HTTPStatus, Mapping[str, Any]]:
        """Hand what a page sent to a door; of two pages that answer at once the second is told that it is late."""
        with self.lock:
            if self.over or self.left() <= 0:
                return HTTPStatus.CONFLICT, {"error": "this page is over, and this answer was not taken", "over": True}
            try:
                reply = self.doors[name](said, self.origin)
            except Unfit as fault:
                return HTTPStatus.BAD_REQUEST, {"error": str(fault)}
            except BaseException as fault:  # noqa: BLE001 - it belongs to whoever asked, and must not end in a thread
                self.fault, self.over = fault, True
                return HTTPStatus.INTERNAL_SERVER_ERROR, {"error": "slacli stopped: see the terminal", "over": True}
            if reply.answer is not None:
                self.answer, self.over = reply.answer, True
            return HTTPStatus.OK, reply.body


class _Handler(BaseHTTPRequestHandler):
    timeout = _PATIENCE_S
    server: _Server

    def do_GET(self) -> None:
        name = self._wanted()
        visit = self.server.visit
        if name is None:
            self._say(HTTPStatus.NOT_FOUND)
        elif name in visit.doors:
            self._say(HTTPStatus.METHOD_NOT_ALLOWED, allow="POST")
        elif visit.over or visit.left() <= 0:
            self._say(HTTPStatus.GONE)
        elif name == "state":
            self._say(HTTPStatus.OK, {"left": visit.left()})
        elif name == "visit":
            self._say(HTTPStatus.OK, {**visit.data, "left": visit.left()})
        elif name in _PAGES:
            file, kind = _PAGES[name]
            self._send(HTTPStatus.OK, (resources.files(__package__) / file).read_bytes(), kind)
        else:
            self._say(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        visit = self.server.visit
        name = self._wanted()
        length = self._length()
        # Read before anything is said: a caller that still writes would lose the answer.
        body = self.rfile.read(length) if length is not None and length <= MOST_BYTES else b""
        if name is None or (name not in visit.doors and name not in _PAGES and name not in {"state", "visit"}):
            self._say(HTTPStatus.NOT_FOUND)
        elif name not in visit.doors:
            self._say(HTTPStatus.METHOD_NOT_ALLOWED, allow="GET")
        elif self.headers.get_all("Origin") != [visit.origin]:
            self._say(HTTPStatus.FORBIDDEN)
        elif self.headers.get_all("Content-Type") != ["application/json"]:
            self._say(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        elif length is None:
            self._say(HTTPStatus.LENGTH_REQUIRED)
        elif length > MOST_BYTES:
            self._say(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            said = _mapping(body)
            if said is None:
                self._say(HTTPStatus.BAD_REQUEST, {"error": "what the page sent cannot be read"})
            else:
                status, reply = visit.knock(name, said)
                try:
                    self._say(status, reply)
                finally:
                    # Only now: the page has its answer before slacli goes on, and perhaps ends.
                    if visit.over:
                        visit.ended.set()

    def _wanted(self) -> str | None:
        """Give what is asked for behind the secret part of the address; None where host or secret are not right."""
        visit = self.server.visit
        token, slash, name = self.path.removeprefix("/").partition("/")
        admitted = (
            self.headers.get_all("Host") == [visit.host]
            and self.path.startswith("/")
            and hmac.compare_digest(token.encode("utf-8", "replace"), visit.token.encode())
        )
        return name if admitted and slash else None

    def _length(self) -> int | None:
        found = self.headers.get_all("Content-Length") or []
        if len(found) != 1 or not (found[0].isascii() and found[0].isdigit()) or self.headers.get("Transfer-Encoding"):
            return None
        return int(found[0]) if len(found[0]) < 10 else MOST_BYTES + 1

    def _say(self, status: HTTPStatus, body: Mapping[str, Any] | None = None, allow: str = "") -> None:
        text = json.dumps(body if body is not None else {"error": status.phrase.lower()})
        self._send(status, text.encode(), "application/json; charset=utf-8", allow)

    def _send(self, status: HTTPStatus, body: bytes, kind: str, allow: str = "") -> None:
        # A caller of another age gets all headers too.
        self.request_version = self.protocol_version
        self.send_response_only(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if allow:
            self.send_header("Allow", allow)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what the library finds wrong by itself, in the same form as all else, and without its words."""
        del message, explain
        self.close_connection = True
        if code != HTTPStatus.NOT_IMPLEMENTED:
            self._say(HTTPStatus(code))
        elif self._wanted() is None:
            self._say(HTTPStatus.NOT_FOUND)
        else:
            self._say(HTTPStatus.METHOD_NOT_ALLOWED, allow="GET, POST")

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: the terminal belongs to the person, and an address is a secret."""


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    request_queue_size = 32

    def __init__(self, visit: _Visit, address: str, family: socket.AddressFamily) -> None:
        self.visit = visit
        self.address_family = family
        super().__init__((address, visit.port), _Handler)

    def server_bind(self) -> None:
        # On Windows another program could else take the same port.
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        super().server_bind()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a caller that hangs up."""


def _bound(visit: _Visit) -> list[_Server]:
    """Take a free port on every loopback address of this machine: a browser tries them in an order of its own."""
    try:
        for _ in range(_MOST_PORTS):
            visit.port = 0
            first = _Server(visit, "127.0.0.1", socket.AF_INET)
            visit.port = first.server_address[1]
            try:
                return [first, _Server(visit, "::1", socket.AF_INET6)]
            except OSError as error:
                if error.errno not in {errno.EADDRINUSE, errno.EACCES}:
                    return [first]  # this machine has no such address
                # Somebody else would answer there: nothing may be said to them.
                first.server_close()
    except OSError as error:
        reason = (error.strerror or "the system gave no reason").lower()
        raise CannotRun(f"no page can be served on this machine: {reason}", "sign with an SSH key") from None
    raise CannotRun("no port of this machine is free", "try again, or sign with an SSH key")


def _mapping(body: bytes) -> Mapping[str, Any] | None:
    with suppress(ValueError, RecursionError):
        found = json.loads(body.decode("utf-8"))
        if isinstance(found, dict):
            return found
    return None
