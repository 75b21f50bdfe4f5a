"""Receiving: what a channel's items do to the desk. Runs inside the caller's transaction.

Every item is idempotent: a provider may repeat, reorder and batch as it likes. This is what
receiving means; `core.services.receive_many` does the same to many common items at once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError

from core.events import ChannelReported, ContactPushReceived, publish
from core.inbound import (
    AddressChanged,
    AddressesLinked,
    BadItem,
    ChannelChanged,
    ContactPushed,
    Counted,
    IdentityKind,
    InboundEdit,
    InboundMessage,
    InboundReaction,
    InboundStatus,
    InboundWatermark,
    Item,
    OrderPushed,
    TemplateChanged,
    WishTold,
)
from core.jobs.failure import describe
from core.models import Channel, ChannelFilter, ChannelState, Contact, FieldSource
from core.services import addresses, channels, consent, conversation_of, groups, notices
from core.services.bad_items import keep_bad_item
from core.services.channel_facts import keep_facts
from core.services.market.fetch import fetch_soon
from core.services.profiles import refresh_profile
from core.services.provider_templates import take_changed
from core.services.receipts import receive_status
from core.services.receive_changes import receive_edit, receive_reaction
from core.services.receive_message import receive_message
from core.services.refresh_channel import refresh
from core.services.watermarks import receive_watermark
from core.tenancy.session import TenantSession

log = logging.getLogger(__name__)


def receive(session: TenantSession, channel: Channel, item: Item) -> None:
    """Apply one item of a webhook."""
    _RECEIVERS[type(item)](session, channel, item)


def receive_safely(session: TenantSession, channel: Channel, item: Item) -> None:
    """Apply one item in a savepoint: a bad one is recorded, and those behind it go on."""
    try:
        try:
            _receive_apart(session, channel, item)
        except IntegrityError:
            # another transaction wrote the same row first, an answer or a count: look again
            _receive_apart(session, channel, item)
    except (OperationalError, InterfaceError):
        raise  # the database itself: the whole batch is tried again
    except Exception as error:  # whatever an item does, those behind it are not its hostages
        log.warning("Channel %s: an item is refused: %s", channel.id, describe(error))
        reason = f"The item could not be stored ({type(error).__name__})."
        receive_bad(session, channel, BadItem(reason, getattr(item, "raw", None) or repr(item)))


def _receive_apart(session: TenantSession, channel: Channel, item: Item) -> None:
    with session.begin_nested():
        receive(session, channel, item)
        session.flush()


def _address_changed(session: TenantSession, channel: Channel, item: AddressChanged) -> None:
    """The new address joins the contact, and its conversation goes on there."""
    found = addresses.find(session, channel, (item.old,))
    if found is None:
        return
    conversation = conversation_of.of(session, channel, found.identity)
    linked = addresses.add_missing(session, channel, found.contact, (item.new,))
    if conversation is not None and linked:
        conversation_of.answer_to(session, conversation, linked[0])


def _addresses_linked(session: TenantSession, channel: Channel, item: AddressesLinked) -> None:
    found = addresses.find(session, channel, item.addresses)
    if found is None:
        return
    for identity in addresses.add_missing(session, channel, found.contact, item.addresses):
        if identity.kind is IdentityKind.PHONE:
            _learn_phone(session, found.contact, identity.address)


def _learn_phone(session: TenantSession, contact: Contact, number: str) -> None:
    """The number that a provider vouches for, where none is known and no person took one away."""
    is_kept_blank = contact.sources.get("phone") == FieldSource.PERSON.value
    if contact.phone or is_kept_blank or groups.try_to_hold(session, contact) is None:
        return
    contact.phone = number
    contact.sources = {**contact.sources, "phone": FieldSource.PROVIDER.value}
    refresh_profile(session, contact.customer)


def _contact_pushed(session: TenantSession, channel: Channel, item: ContactPushed) -> None:
    """Synchronising is `plugins/sync`'s verb: it hears of the entry and decides."""
    publish(
        session,
        ContactPushReceived(
            channel_id=channel.id,
            kind=item.address.kind.value,
            address=item.address.value,
            contact_name=item.name,
            is_removed=item.is_removed,
            at=item.at.isoformat(),
        ),
    )


def _channel_changed(session: TenantSession, channel: Channel, item: ChannelChanged) -> None:
    publish(
        session, ChannelReported(channel_id=channel.id, what=item.what, reason=item.reason[:500])
    )
    keep_facts(session, channel, item.facts, item.at)
    if item.is_down and channel.state is not ChannelState.PAUSED:
        channels.break_channel(session, channel, item.reason)
    elif item.is_up and channel.state is ChannelState.BROKEN:
        channels.connect(session, channel)
    elif item.is_bad:
        notices.notify(
            session,
            f"channel:{channel.id}:{item.what}",
            f"{channel.name}: {item.reason}"[:160],
            item.reason,
            href=f"/channels/{channel.id}",
        )
    else:
        notices.settle(session, f"channel:{channel.id}:{item.what}")


def _template_changed(session: TenantSession, channel: Channel, item: TemplateChanged) -> None:
    """A decision on a template that isn't here yet: fetch them all."""
    if not take_changed(session, channel, item):
        refresh(session, channel)


def _wish_told(session: TenantSession, channel: Channel, item: WishTold) -> None:
    """What somebody said to the provider is said to us; of a stranger there is nothing to note."""
    found = addresses.find(session, channel, (item.address,))
    if found is None:
        return
    by = consent.KEYWORD if item.is_said else consent.PROVIDER
    if item.is_out:
        consent.opt_out(session, found.contact, by=by)
    else:
        consent.take_back(session, found.contact, by=by)


def _counted(session: TenantSession, channel: Channel, item: Counted) -> None:
    channels.count(session, channel, item.what)


def receive_bad(session: TenantSession, channel: Channel, item: BadItem) -> None:
    """Keep what could not be read, or where the channel ignores anybody, count it."""
    if channel.filter is not ChannelFilter.NONE:
        # whose it is can't be known, and of an ignored sender nothing may be kept (D13)
        channels.count(session, channel, "unreadable")
        return
    keep_bad_item(session, channel, item.reason, item.raw)


_RECEIVERS: dict[type, Callable[[TenantSession, Channel, Any], None]] = {
    InboundMessage: receive_message,
    InboundStatus: receive_status,
    InboundWatermark: receive_watermark,
    InboundReaction: receive_reaction,
    InboundEdit: receive_edit,
    AddressChanged: _address_changed,
    AddressesLinked: _addresses_linked,
    ContactPushed: _contact_pushed,
    ChannelChanged: _channel_changed,
    TemplateChanged: _template_changed,
    WishTold: _wish_told,
    OrderPushed: fetch_soon,
    Counted: _counted,
    BadItem: receive_bad,
}
