"""A webhook call as read from the environ: the body within its limit, the rest as it came."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from core.adapter import WebhookRequest
from core.errors import Malformed, Refused

_PIECE = 64 * 1024


def webhook_call(environ: Mapping[str, Any], public_url: str, *, max_body: int) -> WebhookRequest:
    """The call, its body read. Malformed (400) or Refused (413) where that can't be."""
    query = environ.get("QUERY_STRING", "")
    path = f"{environ['PATH_INFO']}?{query}" if query else environ["PATH_INFO"]
    return WebhookRequest(
        method=environ["REQUEST_METHOD"],
        url=public_url + path,
        headers=_Headers(environ),
        query=_first_values(query) if query else {},
        body=_read_body(environ, max_body) if environ["REQUEST_METHOD"] == "POST" else b"",
    )


def _read_body(environ: Mapping[str, Any], most: int) -> bytes:
    stated = environ.get("CONTENT_LENGTH")
    if not stated:
        return _read_unstated(environ, most)
    if not (stated.isascii() and stated.isdigit()):
        raise Malformed("Content-Length is no number.")
    length = int(stated) if len(stated) < 16 else most + 1
    if length > most:
        raise _too_large()
    body: bytes = environ["wsgi.input"].read(length)
    while len(body) < length:
        piece = environ["wsgi.input"].read(length - len(body))
        if not piece:
            raise Malformed("The body was cut off.")
        body += piece
    return body


def _read_unstated(environ: Mapping[str, Any], most: int) -> bytes:
    """A chunked body, where the server ends the stream with it; else there is none to be read."""
    if not environ.get("wsgi.input_terminated"):
        return b""
    body = bytearray()
    while piece := environ["wsgi.input"].read(_PIECE):
        body += piece
        if len(body) > most:
            raise _too_large()
    return bytes(body)


def _too_large() -> Refused:
    return Refused("That is too large to send.", status=413)


def _first_values(query: str) -> dict[str, str]:
    raw = query.encode("latin-1", "replace").decode("utf-8", "replace")
    return dict(reversed(parse_qsl(raw, keep_blank_values=True)))


class _Headers(Mapping[str, str]):
    """The headers by name in lower case, each made when it is asked for: an adapter reads one."""

    __slots__ = ("_environ",)
    _BARE = ("CONTENT_TYPE", "CONTENT_LENGTH")

    def __init__(self, environ: Mapping[str, Any]) -> None:
        self._environ = environ

    def __getitem__(self, name: str) -> str:
        if name != name.lower():
            raise KeyError(name)
        key = name.upper().replace("-", "_")
        value: str = self._environ[key if key in self._BARE else f"HTTP_{key}"]
        return value

    def __iter__(self) -> Iterator[str]:
        for key in self._environ:
            if key.startswith("HTTP_"):
                yield key[5:].replace("_", "-").lower()
            elif key in self._BARE and self._environ[key]:
                yield key.replace("_", "-").lower()

    def __len__(self) -> int:
        return sum(1 for _ in self)
