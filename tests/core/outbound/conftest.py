"""A provider on 127.0.0.1: real sockets, scripted by a function of the request."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

Script = Callable[[BaseHTTPRequestHandler], None]


class Provider:
    """`url`, `host` ("127.0.0.1:port"), and every request it got as (path, headers, body)."""

    def __init__(self, script: Script) -> None:
        self.seen: list[tuple[str, dict[str, str], bytes]] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                length = int(self.headers.get("content-length", 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                provider.seen.append((self.path, headers, self.rfile.read(length)))
                script(self)

            do_GET = do_POST = do_HEAD = handle_any

            def log_message(self, format: str, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                pass  # clients hang up on purpose

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.host}"
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()


def answer(
    handler: BaseHTTPRequestHandler, status: int = 200, body: bytes = b"", **headers: str
) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture
def provider() -> Iterator[Callable[[Script], Provider]]:
    running: list[Provider] = []

    def run(script: Script) -> Provider:
        running.append(Provider(script))
        running[-1].start()
        return running[-1]

    yield run
    for each in running:
        each.stop()


@pytest.fixture
def reply() -> Callable[..., None]:
    return answer
