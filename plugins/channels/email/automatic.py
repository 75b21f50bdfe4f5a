"""Whether a machine wrote a mail: then nothing answers it by itself.

RFC 3834 asks that of whatever answers mail, and names the marks; the others are what common
programs set.
"""

from __future__ import annotations

from email.message import Message

from plugins.channels.email import headers

_BULK = frozenset({"bulk", "list", "junk", "auto_reply", "auto-reply"})
_MACHINES = frozenset({"mailer-daemon", "postmaster"})
_MARKS = ("List-Id", "List-Post", "X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress")


def is_automatic(mail: Message, sender: str) -> bool:
    """Whether `mail` of `sender` was written by a machine, or by nobody (an empty Return-Path)."""
    submitted = headers.text_of(mail, "Auto-Submitted").partition(";")[0].strip().lower()
    if submitted not in ("", "no"):
        return True
    if headers.text_of(mail, "Precedence").strip().lower() in _BULK:
        return True
    if any(mail.get(mark) is not None for mark in _MARKS):
        return True
    if mail.get("Return-Path") is not None and headers.text_of(mail, "Return-Path") in ("<>", ""):
        return True
    return sender.partition("@")[0].casefold() in _MACHINES
