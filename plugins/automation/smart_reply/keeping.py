"""Smart replies: made, changed, switched; every fault is told at its field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from core.api import Channel, Conflict, Invalid, NotFound, Refused, TenantSession, now, record, say
from plugins.automation import catalogue
from plugins.automation.smart_reply import hours
from plugins.automation.smart_reply.models import Place, SmartReply

LONGEST_NAME = 120
LONGEST_REST = 24 * 30


@dataclass
class Draft:
    """A smart reply as somebody writes it."""

    name: str = ""
    bot: str = "steps"
    settings: dict[str, Any] = field(default_factory=dict)
    hours: dict[str, Any] = field(default_factory=lambda: {"mode": hours.ALWAYS})
    rest_hours: str = "12"
    channel_ids: list[int] = field(default_factory=list)
    is_on: bool = True


def get(session: TenantSession, reply_id: int) -> SmartReply:
    """One of this tenant's in use. Raises NotFound."""
    reply = session.get(SmartReply, reply_id)
    if reply is None or reply.archived_at is not None:
        raise NotFound(say("There is no such smart reply."))
    return reply


def all_of(session: TenantSession) -> list[SmartReply]:
    """Every one in use, the oldest first, with its devices."""
    living = (
        select(SmartReply)
        .where(SmartReply.archived_at.is_(None))
        .options(selectinload(SmartReply.places).joinedload(Place.channel))
        .order_by(SmartReply.id)
    )
    return list(session.scalars(living))


def draft_of(reply: SmartReply) -> Draft:
    """What the form shows of one."""
    return Draft(
        name=reply.name,
        bot=reply.bot,
        settings=dict(reply.settings),
        hours=dict(reply.hours),
        rest_hours=str(reply.rest_hours),
        channel_ids=channels_of(reply),
        is_on=reply.is_on,
    )


def channels_of(reply: SmartReply) -> list[int]:
    """The ids of its devices."""
    return [place.channel_id for place in reply.places]


def save(session: TenantSession, reply: SmartReply | None, draft: Draft) -> SmartReply:
    """Make or change one. Invalid, with a sentence for each field that is wrong; Conflict where
    another one answers on a device."""
    values = _checked(session, draft)
    wanted = _devices(session, draft.channel_ids)
    _check_free(session, reply, wanted)
    is_new = reply is None
    if reply is None:
        reply = SmartReply()
        session.add(reply)
    for name, value in values.items():
        setattr(reply, name, value)
    kept = {place.channel_id: place for place in reply.places}
    reply.places = [kept.get(channel.id) or Place(channel_id=channel.id) for channel in wanted]
    session.flush()
    record(session, "create" if is_new else "change", reply)
    return reply


def switch(session: TenantSession, reply: SmartReply, *, is_on: bool) -> None:
    """On or off, on all its devices."""
    if reply.is_on is not is_on:
        record(session, "change", reply, {"is_on": (reply.is_on, is_on)})
        reply.is_on = is_on
        session.flush()


def archive(session: TenantSession, reply: SmartReply) -> None:
    """Out of the list, and off its devices; its history stays."""
    reply.archived_at, reply.is_on, reply.places = now(), False, []
    session.flush()
    record(session, "archive", reply)


def settings_checked(session: TenantSession, draft: Draft) -> dict[str, Any]:
    """What the bot makes of its settings. Invalid, with every fault at its field."""
    bot = catalogue.bots(session).get(draft.bot)
    if bot is None:
        raise Invalid({"bot": [say("Choose how it answers.")]})
    try:
        return bot.check(session, draft.settings)
    except Refused as refused:
        asked = {ask.name for ask in bot.asks(session)}
        faults = refused.errors or {"": [refused.message]}
        raise Invalid(
            {f"ask.{name}" if name in asked else name: told for name, told in faults.items()}
        ) from None


def _checked(session: TenantSession, draft: Draft) -> dict[str, Any]:
    faults: dict[str, list[str]] = {}
    values: dict[str, Any] = {"bot": draft.bot, "is_on": draft.is_on}
    try:
        values["settings"] = settings_checked(session, draft)
    except Invalid as invalid:
        faults |= invalid.errors
    try:
        values["hours"] = hours.checked(draft.hours)
    except Refused as refused:
        faults["hours"] = [refused.message]
    rest = draft.rest_hours.strip()
    if rest.isascii() and rest.isdigit() and len(rest) < 5 and int(rest) <= LONGEST_REST:
        values["rest_hours"] = int(rest)
    else:
        faults["rest_hours"] = [
            say("Give whole hours up to %(most)s; 0 is until it is closed.", most=LONGEST_REST)
        ]
    values["name"] = " ".join(draft.name.split())
    if not 1 <= len(values["name"]) <= LONGEST_NAME:
        faults["name"] = [say("Give it a name of up to %(most)s letters.", most=LONGEST_NAME)]
    if faults:
        raise Invalid(faults)
    return values


def _devices(session: TenantSession, wanted: Sequence[int]) -> list[Channel]:
    found = [session.get(Channel, channel_id) for channel_id in dict.fromkeys(wanted)]
    living = [each for each in found if each is not None and each.archived_at is None]
    if len(living) < len(found):
        raise Invalid({"channels": [say("Choose devices that are there.")]})
    return living


def _check_free(
    session: TenantSession, reply: SmartReply | None, wanted: Sequence[Channel]
) -> None:
    taken = select(Place, SmartReply).join(SmartReply, SmartReply.id == Place.smart_reply_id)
    for place, other in session.execute(
        taken.where(Place.channel_id.in_([each.id for each in wanted]))
    ):
        if reply is None or other.id != reply.id:
            raise Conflict(
                say("“%(name)s” answers on %(device)s already: a device has one smart reply.",
                    name=other.name, device=str(place.channel)),
                "channels",
            )  # fmt: skip
