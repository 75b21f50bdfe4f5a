"""Masks what must not stand in a log: the last net, not a licence to log secrets."""

import logging
import re

MASK = "[redacted]"

_NAMES = (
    r"[\w-]*(?:token|secret|passw(?:or)?d|passphrase|api[_-]?key|app[_-]?key|private[_-]?key"
    r"|authorization|cookie|credentials?|signature)|pwd|sign|x-api-key"
)

_RULES: list[tuple[re.Pattern[str], str]] = [
    # scheme://user:password@host
    (
        re.compile(r"(\b[a-z][a-z0-9+.-]{0,30}://[^/\s:@?#]*):[^/\s@]+@", re.IGNORECASE),
        rf"\1:{MASK}@",
    ),
    # Authorization: Bearer x, in a header, a dict or a list of pairs
    (
        re.compile(
            r"""(?i)(authorization["']?\s*[:=,]\s*(?:b?["'])?(?:(?:Bearer|Basic|Digest|Token)\s+)?)"""
            r"""[^\s"',;]+"""
        ),
        rf"\1{MASK}",
    ),
    # A scheme with its credentials elsewhere. A digit or = tells them from "basic settings".
    (
        re.compile(
            r"\b(Bearer|Basic|Digest|Token)(\s+)(?=[^\s]{0,400}[0-9=])[A-Za-z0-9._~+/=:-]{8,}",
            re.IGNORECASE,
        ),
        rf"\1\2{MASK}",
    ),
    # "access_token": "x" and 'password': b'x', as JSON and repr write them
    (
        re.compile(rf"""(?i)(["'](?:{_NAMES})["']\s*[:,=]\s*b?)(["'])(?:\\.|(?!\2)[^\\])*\2"""),
        rf"\1\2{MASK}\2",
    ),
    # access_token=x, Authorization: x; up to the end of the value
    (
        re.compile(
            rf"(?i)(?<![\w-])((?:{_NAMES})\s*[=:]\s*)"
            rf"(?!(?:Bearer|Basic|Digest|Token)\s|{re.escape(MASK)})[^\s&;,'\"<>\])}}]+"
        ),
        rf"\1{MASK}",
    ),
    # Tokens that show by their shape: Meta, ours, a Telegram bot's
    (re.compile(r"\bEAA[A-Za-z0-9]{16,}"), MASK),
    (re.compile(r"\bsapa_[A-Za-z0-9_-]{16,}"), MASK),
    (re.compile(r"(?<![\w-])((?:bot)?)[0-9]{6,12}:[A-Za-z0-9_-]{30,}"), rf"\1{MASK}"),
]


def redact(text: str) -> str:
    """`text` with every secret that can be recognised replaced by `[redacted]`.

    Knows bearer and basic credentials, Meta, Sapa and Telegram tokens, named values
    (`access_token=…`, `"password": "…"`) and passwords in URLs. Redacting twice changes
    nothing more. What has no name and no shape can't be seen: don't log it.
    """
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


class RedactSecrets(logging.Filter):
    """Redacts message, arguments, traceback and stack of each record; drops none.

    Add it to *handlers*: a logger's filter doesn't see what its children log.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):  # arguments that don't fit: keep both
            message = f"{record.msg} {record.args}"
        record.msg, record.args = redact(message), None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact(record.exc_text)  # a formatter prefers this to exc_info
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return True
