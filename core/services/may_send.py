"""Whether a message may go out: asked when it is written, and again before the call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import object_session

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


@dataclass(frozen=True)
class Obstacle:
    """Why a message can't go out, before anybody is called."""

    error_class: str
    reason: str


def obstacle_to(conversation: Conversation, is_template: bool, sender: Sender) -> Obstacle | None:
    """Why a message can't go out on a conversation; None where nothing is in the way."""
    return obstacle_for(
        conversation.channel,
        conversation.contact,
        is_erased=is_erased(conversation.identity),
        is_silenced=sender in UNASKED and has_opted_out(conversation.contact),
        is_shut=not is_template and not is_window_open(conversation),
    )


def obstacle_for(
    channel: Channel, contact: object, *, is_erased: bool, is_silenced: bool, is_shut: bool
) -> Obstacle | None:
    """The same of what was read already. `contact` names the person in the reason.

    `is_silenced`: nobody asked for the message, and the person wants none such. `is_shut`: free
    text, after the window.
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
    if is_shut:
        return Obstacle(
            "template",
            say(
                "More than 24 hours have passed since the customer last wrote: %(channel)s "
                "only takes an approved template now. Choose one.",
                channel=channel.name,
            ),
        )
    return None


def is_served(session: TenantSession, channel: Channel) -> bool:
    """Whether the plugin of the channel's kind is there and on."""
    plugin = session.desk.host.owner_of_kind(channel.kind)
    return plugin is not None and plugin in session.desk.host.switches.enabled(session)


def has_opted_out(contact: Contact) -> bool:
    """Whether the person asked not to be written to, over whichever of their contacts."""
    return any(member.consent is Consent.OUT for member in (contact, *contact.customer.contacts))


def is_window_open(conversation: Conversation, at: datetime | None = None) -> bool:
    """Whether free text may be sent: always, on a channel without a window."""
    if window_of(conversation) is None:
        return True
    until = conversation.window_until
    return until is not None and (at or now()) < until


def window_of(conversation: Conversation) -> timedelta | None:
    """The free-text window of the conversation's channel, or None."""
    session = object_session(conversation)
    assert isinstance(session, TenantSession)  # noqa: S101 - a loaded row has its session
    return channels.adapter_of(session, conversation.channel).capabilities.window
