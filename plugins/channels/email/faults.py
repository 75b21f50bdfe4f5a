"""What goes wrong with mail servers, in our five classes and in words that say what to do."""

from __future__ import annotations

import re
import ssl

from core.api import ErrorClass, SendFailed, say

RETRY: ErrorClass = "retry"
RECIPIENT: ErrorClass = "recipient"
CHANNEL: ErrorClass = "channel"
PAYLOAD: ErrorClass = "payload"

HOUR = 3600.0
QUOTA = ("5.4.5", "5.7.232")
"""Gmail's and Exchange's enhanced codes for *enough for today*: no fault of the recipient's."""

_ENHANCED = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")


def words(said: bytes | str, limit: int = 200) -> str:
    """A server's own words, in one printable line."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:limit]


def enhanced(said: bytes | str) -> str:
    """The enhanced status code (RFC 3463) in a server's words; "" without one."""
    found = _ENHANCED.search(words(said))
    return found.group() if found else ""


def login_refused(host: str, code: int | str, said: bytes | str) -> SendFailed:
    """The credentials don't fit: the channel stops until somebody corrects them."""
    return SendFailed(
        CHANNEL,
        str(code)[:40],
        say(
            "%(host)s refuses the user name or password: %(said)s Gmail wants an app password, "
            "Microsoft 365 an app registration.",
            host=host,
            said=_ended(words(said)),
        ),
    )


def not_now(host: str, code: int | str, said: bytes | str) -> SendFailed:
    """The server has no time: later again."""
    pause = HOUR if enhanced(said) in QUOTA else None
    return SendFailed(
        RETRY,
        str(code)[:40],
        say("%(host)s says: not now. %(said)s", host=host, said=words(said)),
        pause,
    )


def refused(error_class: ErrorClass, host: str, code: int, said: bytes) -> SendFailed:
    """The server says no; class `retry` for what is only no for now."""
    if 400 <= code < 500 or enhanced(said) in QUOTA:
        return not_now(host, code, said)
    return SendFailed(
        error_class,
        enhanced(said) or str(code),
        say("%(host)s refuses it: %(said)s", host=host, said=words(said)),
    )


def unencrypted(host: str) -> SendFailed:
    """A password in the open, over the Internet."""
    return SendFailed(
        CHANNEL,
        "unencrypted",
        say(
            "%(host)s is on the Internet: choose TLS or STARTTLS, a password must not travel in "
            "the open.",
            host=host,
        ),
    )


def tls_failed(host: str, error: Exception) -> SendFailed:
    """No trust, or no TLS at all on this port."""
    return SendFailed(
        CHANNEL,
        "tls",
        say(
            "No safe connection with %(host)s: %(said)s. Compare port and security, and see that "
            "its certificate is valid for this name.",
            host=host,
            said=words(getattr(error, "verify_message", "") or getattr(error, "reason", "") or "?"),
        ),
    )


def line_failed(host: str, error: Exception) -> SendFailed:
    """A line that broke, or never was a safe one. Under TLS a broken line has errors of its own."""
    broken = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)
    if isinstance(error, ssl.SSLError) and not isinstance(error, broken):
        return tls_failed(host, error)
    reason = say("The line to %(host)s broke (%(kind)s).", host=host, kind=type(error).__name__)
    return SendFailed(RETRY, "line", reason)


def _ended(text: str) -> str:
    return text if text.endswith((".", "!")) else f"{text}."
