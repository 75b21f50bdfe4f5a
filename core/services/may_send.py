"""Whether a message may go out: asked when it is written, and again before the call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import object_session

from core.adapter import Capabilities
from core.models import (
    Channel,
    Consent,
    Contact,
    Conversation,
    Sender,
)
from core.models.base import now
from core.services import channels
from core.services.addresses import is_erased
from core.services.consent import UNASKED
from core.tenancy.session import TenantSession
from core.words import say

BY_HAND = frozenset({Sender.AGENT, Sender.PHONE})
"""Senders who are people, for providers that let those answer for longer."""


@dataclass(frozen=True)
class Obstacle:
    """Why a message can't go out, before anybody is called."""

    error_class: str
    reason: str


def obstacle_to(conversation: Conversation, is_template: bool, sender: Sender) -> Obstacle | None:
    """Why a message can't go out on a conversation; None where nothing is in the way."""
    is_shut = not is_template and not is_window_open(conversation, sender)
    return obstacle_for(
        conversation.channel,
        conversation.contact,
        is_erased=is_erased(conversation.identity),
        is_silenced=sender in UNASKED and has_opted_out(conversation.contact),
        shut=why_shut(conversation.channel, _capabilities(conversation), sender) if is_shut else "",
    )


def obstacle_for(
    channel: Channel, contact: object, *, is_erased: bool, is_silenced: bool, shut: str
) -> Obstacle | None:
    """The same of what was read already. `contact` names the person in the reason.

    `is_silenced`: nobody asked for the message, and the person wants none such. `shut`: why free
    text can't go any more, "" where it can.
    """
    if channel.archived_at is not None:
        return Obstacle(
            "channel", say("%(channel)s is archived: it can't send any more.", channel=channel.name)
        )
    if is_erased:
        return Obstacle(
            "recipient", say("This customer was erased: there is no address to write to.")
        )
    if is_silenced:
        return Obstacle(
            "recipient", say("%(contact)s asked not to be written to.", contact=contact)
        )
    if shut:
        return Obstacle("template", shut)
    return None


def why_shut(channel: Channel, capabilities: Capabilities, sender: Sender) -> str:
    """What to say where the window for free text of `sender` has shut."""
    if capabilities.templates:
        return say(
            "More than 24 hours have passed since the customer last wrote: %(channel)s "
            "only takes an approved template now. Choose one.",
            channel=channel.name,
        )
    if capabilities.person_window is None:
        return say(
            "More than 24 hours have passed since the customer last wrote: %(channel)s takes "
            "nothing until they write again.",
            channel=channel.name,
        )
    if sender in BY_HAND:
        return say(
            "More than %(days)s days have passed since the customer last wrote: %(channel)s takes "
            "nothing until they write again.",
            days=capabilities.person_window.days,
            channel=channel.name,
        )
    return say(
        "More than 24 hours have passed since the customer last wrote: on %(channel)s only a "
        "person may still answer.",
        channel=channel.name,
    )


def is_served(session: TenantSession, channel: Channel) -> bool:
    """Whether the plugin of the channel's kind is there and on."""
    plugin = session.desk.host.owner_of_kind(channel.kind)
    return plugin is not None and plugin in session.desk.host.switches.enabled(session)


def has_opted_out(contact: Contact) -> bool:
    """Whether the person asked not to be written to, over whichever of their contacts."""
    return any(member.consent is Consent.OUT for member in (contact, *contact.customer.contacts))


def is_window_open(conversation: Conversation, sender: Sender = Sender.AGENT) -> bool:
    """Whether free text of `sender` may be sent: always, on a channel without a window."""
    if window_of(conversation) is None:
        return True
    until = free_until(conversation, sender)
    return until is not None and now() < until


def free_until(conversation: Conversation, sender: Sender = Sender.AGENT) -> datetime | None:
    """Until when `sender` may write free text; None where the customer never wrote.

    A person may for longer than a machine, where the channel says so.
    """
    until, session = conversation.window_until, object_session(conversation)
    assert isinstance(session, TenantSession)  # noqa: S101 - a loaded row has its session
    adapter = session.desk.host.adapters.get(conversation.channel.kind)
    if until is None or adapter is None or sender not in BY_HAND:
        return until
    window, longer = adapter.capabilities.window, adapter.capabilities.person_window
    return until if window is None or longer is None else until - window + longer


def window_of(conversation: Conversation) -> timedelta | None:
    """The free-text window of the conversation's channel, or None."""
    return _capabilities(conversation).window


def takes_templates(conversation: Conversation) -> bool:
    """Whether an approved template may go where the window has shut."""
    return _capabilities(conversation).templates


def _capabilities(conversation: Conversation) -> Capabilities:
    session = object_session(conversation)
    assert isinstance(session, TenantSession)  # noqa: S101 - a loaded row has its session
    return channels.adapter_of(session, conversation.channel).capabilities
