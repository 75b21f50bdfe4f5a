"""What stands below a mail in the inbox: who else is in it, and the way to the original."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from core.api import Direction, Message, MessageNote
from plugins.channels.email.poll import KIND

MOST_NAMED = 4


def notes_of(message: Message) -> list[MessageNote]:
    """The lines below one message; none below what is no mail."""
    raw = message.raw
    if message.channel.kind != KIND or not isinstance(raw, dict) or "from" not in raw:
        return []
    found = [MessageNote(text=text, icon="alert-triangle") for text in _warnings(raw)]
    customer = message.conversation.identity.address.casefold()
    if message.direction is Direction.IN and raw["from"][1].casefold() != customer:
        writer = raw["from"][0] or raw["from"][1]
        found.append(MessageNote(text=_("Written by %(name)s", name=writer), icon="user"))
    if copies := _named(raw.get("cc") or ()):
        found.append(MessageNote(text=_("Copies: %(names)s", names=copies), icon="users"))
    elsewhere = [a for _name, a in raw.get("reply_to") or () if a.casefold() != customer]
    if message.direction is Direction.IN and elsewhere:
        text = _("Answers go to %(address)s", address=elsewhere[0])
        found.append(MessageNote(text=text, icon="arrow-back-up"))
    if raw.get("html") or raw.get("text"):
        where = url_for("OriginalView.show", message_uuid=message.uuid)
        found.append(MessageNote(text=_("Show original"), href=where, icon="mail-opened"))
    return found


def _named(pairs: Iterable[tuple[str, str]]) -> str:
    people = [name or address for name, address in pairs]
    more = len(people) - MOST_NAMED
    said = ", ".join(people[:MOST_NAMED])
    return f"{said} +{more}" if more > 0 else said


def _warnings(raw: dict[str, Any]) -> list[str]:
    known = {
        "too_large": _(
            "This mail has %(size)s MB. Its beginning is here, the whole is in the mailbox.",
            size=round(int(raw.get("size") or 0) / 1_000_000),
        ),
        "too_deep": _("This mail is nested too deeply to be read here. It is in the mailbox."),
        "too_many_parts": _("This mail has more parts than are kept here. It is in the mailbox."),
        "long_text": _("The text goes on: see the original."),
    }
    return [known[code] for code in raw.get("notes") or () if code in known]


def pictures_left_out(raw: dict[str, Any]) -> str:
    """How many pictures weren't loaded, in words; "" for none."""
    count = int(raw.get("remote") or 0)
    if not count:
        return ""
    said: str = ngettext(
        "%(num)s picture from elsewhere is not loaded: it would tell the sender that you looked.",
        "%(num)s pictures from elsewhere are not loaded: they would tell the sender that you "
        "looked.",
        count,
    )
    return said
