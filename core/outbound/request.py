"""A request before it leaves: built, shown in the log, sent on by a redirect."""

import re
from typing import Any

import httpcore
import httpx

from core.outbound.addresses import AddressRefused
from core.outbound.body import ACCEPTED
from core.outbound.failures import SendFailed
from core.secrets import redact
from core.words import say

SAFE_METHODS = {"GET", "HEAD"}

_REDIRECTS = {301, 302, 303, 307, 308}

# What goes with a redirect to another origin. A list of what may travel, because a
# provider's secret header has any name it likes.
_HARMLESS_HEADERS = {"accept", "accept-encoding", "accept-language", "user-agent"}
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"(?:[!-~](?:[ \t!-~]*[!-~])?)?")


def build(method: str, url: str, user_agent: str, **body: Any) -> httpx.Request:
    """A request from httpx's own arguments; SendFailed for a URL or header that can't be."""
    try:
        target = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError):
        raise AddressRefused(say("This is no valid URL.")) from None
    for name, value in (body.get("headers") or {}).items():
        # Found later, the error and httpcore's log would show the value: a token, often.
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise SendFailed(
                "payload", "header", say("The header %(name)s can't be sent.", name=repr(name))
            )
    request = httpx.Request(method.upper(), target, **body)
    request.headers["Accept-Encoding"] = ACCEPTED
    request.headers.setdefault("User-Agent", user_agent)
    request.headers.setdefault("Accept", "*/*")
    return request


def is_redirect(answer: httpx.Response) -> bool:
    return answer.status_code in _REDIRECTS and "location" in answer.headers


def redirected(request: httpx.Request, answer: httpx.Response) -> httpx.Request:
    """The request that a redirect asks for; SendFailed where it can't be followed."""
    if request.method not in SAFE_METHODS:
        # Following would send it twice, or as a GET without its body.
        raise SendFailed(
            "channel", "redirect", say("The provider's address redirects. Enter the final address.")
        )
    try:
        url = request.url.join(answer.headers["location"])
    except (httpx.InvalidURL, UnicodeError):
        raise AddressRefused(say("A redirect leads to no valid URL.")) from None
    if request.url.scheme == "https" and url.scheme != "https":
        raise AddressRefused(say("A redirect leads from https to an open connection."))
    headers = httpx.Headers(request.headers)
    del headers["host"]
    if origin(url) != origin(request.url):
        headers = httpx.Headers(
            [(k, v) for k, v in headers.multi_items() if k.lower() in _HARMLESS_HEADERS]
        )
    return httpx.Request(request.method, url, headers=headers)


def core_url(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(
        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
    )


def host_port(url: httpx.URL) -> tuple[str, int]:
    """The name as it will be dialled: the two must never differ."""
    return url.raw_host.decode("ascii"), url.port or (443 if url.scheme == "https" else 80)


def origin(url: httpx.URL) -> tuple[str, str, int]:
    return (url.scheme, *host_port(url))


def shown(url: httpx.URL) -> str:
    """A URL for the log: no query at all, and no token in its path."""
    return redact(f"{url.scheme}://{url.netloc.decode('ascii')}{url.path}")
