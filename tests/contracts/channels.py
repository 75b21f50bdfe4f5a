"""The table of `docs/channels.md`: what each channel can and can't, as its adapter claims it.

Write it anew with `python -m tests.contracts.channels`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path

from core.adapter import Adapter, Capabilities, ChecksConnection, GuidesSetup, Receipts
from core.host.host import PluginHost
from core.inbound import MessageKind
from plugins import BUILTIN

HEAD = """# What each channel can do

Written from the adapters' declared capabilities by `python -m tests.contracts.channels`; a test
compares the two, and the adapter contract (`core/testing/contract/claims.py`) sends what is claimed
to each provider's simulator. A channel's README says what its provider does beside that.

"""

NOTES = """
- **Addresses**: phone numbers and e-mail addresses hold across channels; every other kind reaches
  its person on that one channel only.
- **Files**: what can be sent and received, with the largest that is sent. *No limit* is the
  provider's silence.
- **Free text**: how long after the customer's last message it may be sent. *By hand* is what a
  person writes; machines have the shorter time.
- **Receipts**: the furthest that a provider tells of a message.
- **Finds its own**: a message carries our id to the provider and back, so that an answer that was
  lost is found again. Where it doesn't, a lost answer is left to its echo or to a person.
- **Contacts**: *list* can be read whole, *push* tells of changes by itself.
- **Set-up**: *guide* leads an administrator through the provider's screens, *test* looks at a
  connection without writing to anybody, *pairing* is a code that a phone scans.
"""

NO = "–"  # noqa: RUF001  # a dash, as lists show it
MIB = 1024 * 1024


def adapters() -> list[Adapter]:
    """The adapters of our own plugins, by title."""
    found = PluginHost.load(BUILTIN).adapters
    return sorted(found.values(), key=lambda adapter: adapter.title)


def as_document(found: Iterable[Adapter]) -> str:
    """The whole file."""
    lines = [
        "| Channel | " + " | ".join(title for title, _ in COLUMNS) + " |",
        "|---" * (len(COLUMNS) + 1) + "|",
    ]
    for adapter in found:
        cells = [tell(adapter) for _, tell in COLUMNS]
        lines.append(f"| **{adapter.title}** | " + " | ".join(cells) + " |")
    return HEAD + "\n".join(lines) + "\n" + NOTES


def _addresses(adapter: Adapter) -> str:
    kinds = adapter.capabilities.identity_kinds
    return ", ".join(kind.value.replace("_", " ") for kind in kinds)


def _files(adapter: Adapter) -> str:
    claims = adapter.capabilities
    listed = [_file(claims, kind) for kind in MessageKind if kind in claims.media]
    return "<br>".join(listed) or NO


def _file(claims: Capabilities, kind: MessageKind) -> str:
    most = claims.max_bytes.get(kind, 0)
    return f"{kind.value}, {_size(most) if most else 'no limit'}"


def _size(number: int) -> str:
    return f"{number / MIB:g} MB" if number >= MIB else f"{number // 1024} KB"


def _text(adapter: Adapter) -> str:
    return f"{adapter.capabilities.max_text:,}"


def _window(adapter: Adapter) -> str:
    claims = adapter.capabilities
    if claims.window is None:
        return "always"
    by_hand = f", by hand {_time(claims.person_window)}" if claims.person_window else ""
    return _time(claims.window) + by_hand


def _time(length: timedelta) -> str:
    hours = int(length.total_seconds() // 3600)
    return f"{hours} h" if hours <= 48 else f"{hours // 24} days"


def _receipts(adapter: Adapter) -> str:
    told = adapter.capabilities.receipts
    return NO if told is Receipts.NONE else told.value


def _contacts(adapter: Adapter) -> str:
    claims = adapter.capabilities
    found = (("list", claims.contact_list), ("push", claims.contact_push))
    return ", ".join(word for word, is_there in found if is_there) or NO


def _setup(adapter: Adapter) -> str:
    found = (
        ("guide", isinstance(adapter, GuidesSetup)),
        ("test", isinstance(adapter, ChecksConnection)),
        ("pairing", adapter.capabilities.pairing),
    )
    return ", ".join(word for word, is_there in found if is_there) or NO


def _besides(adapter: Adapter) -> str:
    """Whatever else is claimed: a capability that has no column of its own yet."""
    claims = adapter.capabilities
    names = [field.name for field in dataclasses.fields(claims) if field.name not in SHOWN]
    found = [name for name in names if getattr(claims, name) is True]
    return ", ".join(name.removeprefix("is_").replace("_", " ") for name in found) or NO


SHOWN = frozenset(
    {"captions", "contact_list", "contact_push", "opaque_id", "pairing", "reactions", "replies"}
    | {"templates"}
)


def _yes(name: str) -> Callable[[Adapter], str]:
    return lambda adapter: "yes" if getattr(adapter.capabilities, name) else NO


COLUMNS: tuple[tuple[str, Callable[[Adapter], str]], ...] = (
    ("Addresses", _addresses),
    ("Characters", _text),
    ("Files", _files),
    (
        "Text with a file",
        lambda adapter: _yes("captions")(adapter) if adapter.capabilities.media else NO,
    ),
    ("Free text", _window),
    ("Templates", _yes("templates")),
    ("Receipts", _receipts),
    ("Quotes", _yes("replies")),
    ("Reactions", _yes("reactions")),
    ("Finds its own", _yes("opaque_id")),
    ("Contacts", _contacts),
    ("Set-up", _setup),
    ("Besides", lambda adapter: _besides(adapter)),
)


if __name__ == "__main__":
    Path("docs/channels.md").write_text(as_document(adapters()))
