"""A provider on this machine: real HTTP on 127.0.0.1, calls recorded, failures on demand."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Self
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug.exceptions import ClientDisconnected
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response


@dataclass(frozen=True)
class Call:
    """One HTTP call that the provider got. Header names are lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    form: dict[str, str] = field(default_factory=dict)
    files: dict[str, tuple[str, str, bytes]] = field(default_factory=dict)

    def json(self) -> Any:
        """The body as JSON; raises ValueError."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What the provider says back."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Any, status: int = 200, **headers: str) -> Answer:
        """An answer in JSON."""
        return cls(status, json.dumps(document).encode(), headers=headers)


@dataclass(frozen=True)
class Fault:
    """How one call goes wrong.

    `answer`: said instead of doing anything. `is_hung`: no answer comes at all, until the client
    gives up. `is_processed`: the work is done first, and only the answer is lost.
    """

    answer: Answer | None = None
    delay: float = 0.0
    is_hung: bool = False
    is_dropped: bool = False
    is_processed: bool = False


class ProviderSimulator:
    """Subclass it and answer calls in `answer`. Use it as a context manager.

    `calls` lists what came, in order. Faults queue up: each `*_next` call adds n of them, and each
    HTTP call takes one off, unless `only` (a substring of the path) spares it.
    """

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.calls: list[Call] = []
        self.stopping = threading.Event()
        self._faults: deque[tuple[Fault, str]] = deque()
        self._lock = threading.Lock()
        self._server: BaseWSGIServer = make_server(
            host, port, self._serve, threaded=True, request_handler=_QuietHandler
        )
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )

    @property
    def url(self) -> str:
        """Where it listens, without a trailing slash."""
        return f"http://{self._server.host}:{self._server.port}"

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        """Release hung calls and stop listening."""
        self.stopping.set()
        self._server.shutdown()
        self._thread.join(timeout=5)
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def answer(self, call: Call) -> Answer:
        """Do what the provider does. Called from several threads."""
        return Answer.of({"error": "not found"}, 404)

    def error_body(self, code: int | None, status: int) -> Any:
        """An error document as this provider writes it. No code: the usual one of the status."""
        return {"error": {"code": code or status}}

    def fail_next(
        self,
        n: int = 1,
        status: int = 500,
        code: int | None = None,
        *,
        only: str = "",
        **headers: str,
    ) -> None:
        """Refuse the next n calls with this HTTP status and the provider's own error code."""
        answer = Answer.of(self.error_body(code, status), status, **headers)
        self._add(Fault(answer=answer), n, only)

    def garbage_next(
        self, n: int = 1, body: bytes = b"<html>It works</html>", status: int = 200, only: str = ""
    ) -> None:
        """Answer the next n calls with something that the provider never says."""
        self._add(Fault(answer=Answer(status, body, "text/html")), n, only)

    def delay_next(self, seconds: float, n: int = 1, only: str = "") -> None:
        """Answer the next n calls rightly, but late."""
        self._add(Fault(delay=seconds, is_processed=True), n, only)

    def hang_next(self, n: int = 1, *, is_processed: bool = False, only: str = "") -> None:
        """Never answer the next n calls. `is_processed`: they took effect all the same."""
        self._add(Fault(is_hung=True, is_processed=is_processed), n, only)

    def drop_next(self, n: int = 1, *, is_processed: bool = False, only: str = "") -> None:
        """Cut the line in the middle of the next n calls."""
        self._add(Fault(is_dropped=True, is_processed=is_processed), n, only)

    def _add(self, fault: Fault, n: int, only: str) -> None:
        with self._lock:
            self._faults.extend([(fault, only)] * n)

    def _take_fault(self, path: str) -> Fault | None:
        with self._lock:
            if not self._faults or self._faults[0][1] not in path:
                return None
            return self._faults.popleft()[0]

    def _serve(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        try:
            call = _read_call(Request(environ))
        except ClientDisconnected:  # killed in the middle of its sentence
            raise ConnectionAbortedError from None
        with self._lock:
            self.calls.append(call)
        fault = self._take_fault(call.path)
        answer = self.answer(call) if fault is None or fault.is_processed else Answer()
        if fault is not None:
            if fault.is_hung:
                self.stopping.wait(60)
            if fault.is_hung or fault.is_dropped:
                _cut(environ)
                raise ConnectionAbortedError("cut on purpose")  # the server ends the call quietly
            self.stopping.wait(fault.delay)
            answer = fault.answer or answer
        response = Response(answer.body, answer.status, content_type=answer.content_type)
        response.headers.update({name.replace("_", "-"): v for name, v in answer.headers.items()})
        return response(environ, start)


def wait_until(is_done: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Wait for something that another thread does; False when it didn't in time."""
    deadline = time.monotonic() + seconds
    while not is_done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def _read_call(request: Request) -> Call:
    is_multipart = (request.mimetype or "").startswith("multipart/")
    body = b"" if is_multipart else request.get_data()
    return Call(
        method=request.method,
        path=request.path,
        query=request.args.to_dict(),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body,
        form=request.form.to_dict() if is_multipart else {},
        files={
            name: (file.filename or "", file.mimetype, file.read())
            for name, file in (request.files.items() if is_multipart else ())
        },
    )


def _cut(environ: WSGIEnvironment) -> None:
    line = environ.get("werkzeug.socket")
    if isinstance(line, socket.socket):
        with contextlib.suppress(OSError):  # the client was first
            line.shutdown(socket.SHUT_RDWR)


class _QuietHandler(WSGIRequestHandler):
    """A test's output is for the test."""

    def log(self, type: str, message: str, *args: Any) -> None:
        return

    def run_wsgi(self) -> None:
        with contextlib.suppress(ConnectionError):  # we cut the line ourselves, or the client did
            super().run_wsgi()
