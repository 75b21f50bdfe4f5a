"""Channels: connecting one, opening its secrets, pausing it and saying why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phonenumbers import SUPPORTED_REGIONS
from pydantic import BaseModel, SecretStr, ValidationError
from sqlalchemy import select

from core.adapter import Account, Adapter
from core.audit import changed_fields, record
from core.errors import Conflict, Invalid, Refused
from core.events import ChannelStateChanged, publish
from core.inbound import MessageState
from core.jobs.outbox import enqueue
from core.live import tell
from core.models import (
    Channel,
    ChannelCount,
    ChannelFilter,
    ChannelState,
    Membership,
    Message,
)
from core.models.base import now
from core.phones import PhoneRefused, own_number, parse_phone
from core.tenancy.session import SystemSession, TenantSession

MAX_NAME = 80

OWN_NUMBER = "own_number"
"""The field of a settings form that is the channel's own address too."""


def adapter_of(session: TenantSession | SystemSession, channel: Channel) -> Adapter:
    """The adapter of a channel's kind. Refused where its plugin is gone."""
    adapter = session.desk.host.adapters.get(channel.kind)
    if adapter is None:
        raise Refused(
            f"No plugin here serves channels of the kind “{channel.kind}”: install it again.",
            "kind",
        )
    return adapter


def account_of(session: TenantSession | SystemSession, channel: Channel) -> Account:
    """The channel as its adapter sees it, secrets opened."""
    secrets: dict[str, str] = {}
    if channel.sealed:
        secrets = session.desk.box.open(channel.sealed, context=f"channel:{channel.uuid}")
    return Account(
        channel_id=channel.id,
        uuid=channel.uuid,
        kind=channel.kind,
        own_address=channel.own_address,
        region=channel.region,
        settings=dict(channel.settings),
        secrets=secrets,
    )


def create_channel(
    session: TenantSession,
    *,
    kind: str,
    name: str,
    values: Mapping[str, Any],
    own_address: str = "",
    region: str = "",
    owner: Membership | None = None,
    module_id: int | None = None,
) -> Channel:
    """Connect an account. `values` fill the kind's settings form; secrets among them are sealed.

    Refused with the field named: an unknown kind, a name that is taken, a value that the form or
    D4 (own number with its country prefix) refuses.
    """
    if kind not in session.desk.host.adapters:
        known = ", ".join(sorted(session.desk.host.adapters)) or "none"
        raise Refused(f"There is no channel kind “{kind}”. Choose one of: {known}.", "kind")
    plugin = session.desk.host.owner_of_kind(kind)
    if plugin not in session.desk.host.switches.enabled(session):
        raise Refused(
            f"The plugin “{plugin}” is off: switch it on under Plugins, or ask your operator for a "
            "plan that includes it.",
            "kind",
        )
    name = checked_name(name)
    if session.scalar(select(Channel.id).where(Channel.name == name)) is not None:
        raise Conflict(f"A channel named “{name}” exists already: choose another name.", "name")
    channel = Channel(kind=kind, name=name, owner=owner)
    channel.region = checked_region(region) or _region(session)
    channel.module_id = module_id
    channel.own_address = checked_own_address(own_address)
    session.add(channel)
    session.flush()
    configure(session, channel, values)
    channel.state = ChannelState.CONNECTED
    record(session, "connect", channel)
    return channel


def change_channel(
    session: TenantSession,
    channel: Channel,
    *,
    name: str,
    region: str,
    owner: Membership | None,
    module_id: int | None,
    filter_kind: str,
    filter_numbers: str,
    values: Mapping[str, Any],
) -> None:
    """Change a channel as its admin typed it. Refused with the field, as `create_channel`."""
    name = checked_name(name)
    taken = select(Channel.id).where(Channel.name == name, Channel.id != channel.id)
    if session.scalar(taken) is not None:
        raise Conflict(f"A channel named “{name}” exists already: choose another name.", "name")
    channel.name = name
    channel.region = checked_region(region) or channel.region
    channel.owner_id = owner.id if owner else None
    channel.module_id = module_id
    try:
        channel.filter = ChannelFilter(filter_kind)
    except ValueError as error:
        raise Refused("Choose one of the list.", "filter") from error
    channel.filter_numbers = [
        _filtered_number(line, channel.region)
        for line in filter_numbers.split("\n")
        if line.strip()
    ]
    changes = changed_fields(channel)
    configure(session, channel, values)
    record(session, "change", channel, {k: v for k, v in changes.items() if k != "sealed"})


def checked_name(text: str) -> str:
    """A channel's name as stored. Refused, field `name`, where it is empty or too long to read."""
    text = text.strip()
    if not text:
        raise Refused("Give the channel a name that your team will recognise.", "name")
    if len(text) > MAX_NAME:
        raise Refused(f"Use at most {MAX_NAME} characters for the name.", "name")
    return text


def checked_region(text: str) -> str:
    """Two letters of a country, in capitals; "" stays "". Refused, field `region`."""
    text = text.strip().upper()
    if text and text not in SUPPORTED_REGIONS:
        raise Refused("Give the country as two letters, like ID or RO.", "region")
    return text


def _filtered_number(line: str, region: str) -> str:
    try:
        return parse_phone(line, region).e164
    except PhoneRefused as error:
        raise Refused(f"{line.strip()[:40]}: {error.message}", "filter_numbers") from error


def archive(session: TenantSession, channel: Channel) -> None:
    """Disconnect: nothing comes in or goes out any more; the conversations stay."""
    channel.archived_at = now()
    channel.sealed = ""
    session.flush()
    record(session, "disconnect", channel)


def webhook_url(session: TenantSession, channel: Channel) -> str:
    """The address to give to the provider."""
    return f"{session.desk.settings.public_url}/webhooks/{channel.uuid}"


def configure(session: TenantSession, channel: Channel, values: Mapping[str, Any]) -> None:
    """Check `values` against the kind's form and store them; an empty secret keeps the old one."""
    form = adapter_of(session, channel).settings
    if OWN_NUMBER in form.model_fields and channel.own_address:
        values = {OWN_NUMBER: channel.own_address, **values}
    old = account_of(session, channel).secrets
    merged = {
        **channel.settings,
        **{key: value for key, value in values.items() if value is not None},
    }
    for key in secret_fields(form):
        if not merged.get(key) and key in old:
            merged[key] = old[key]
    try:
        checked = form.model_validate(merged)
    except ValidationError as error:
        raise Invalid(
            {
                str(problem["loc"][0]) if problem["loc"] else "settings": [
                    _sentence(problem["msg"])
                ]
                for problem in error.errors()
            }
        ) from error
    plain, secrets = split_secrets(checked)
    if plain.get(OWN_NUMBER):
        channel.own_address = checked_own_address(plain[OWN_NUMBER])
    channel.settings = plain
    channel.sealed = session.desk.box.seal(secrets, context=f"channel:{channel.uuid}")
    session.flush()


def checked_own_address(text: str) -> str:
    """The channel's own number or address as stored. A number needs its country prefix (D4).

    It need not be one that exists by phonenumbers' plan: the numbers that Meta hands out for tests
    (+1 555 …) don't.
    """
    text = text.strip()
    if not text or "@" in text or not any(character.isdigit() for character in text):
        return text
    try:
        return own_number(text).e164
    except PhoneRefused as error:
        number = "+" + "".join(character for character in text if character.isdigit())
        if error.reason == "invalid" and text.startswith("+") and 8 <= len(number) - 1 <= 15:
            return number
        raise Refused(error.message, "own_address") from error


def secret_fields(form: type[BaseModel]) -> frozenset[str]:
    """The names of a settings form's secret fields."""
    return frozenset(
        name
        for name, field in form.model_fields.items()
        if field.annotation is SecretStr or "SecretStr" in str(field.annotation)
    )


def split_secrets(values: BaseModel) -> tuple[dict[str, Any], dict[str, str]]:
    """A filled form as (plain values, secrets): the first is stored readable, the second sealed."""
    secrets = {
        name: getattr(values, name).get_secret_value()
        for name in secret_fields(type(values))
        if getattr(values, name) is not None
    }
    plain = values.model_dump(mode="json", exclude=set(secret_fields(type(values))))
    return plain, secrets


def break_channel(session: TenantSession, channel: Channel, reason: str) -> None:
    """The provider refuses the channel itself: stop sending and say why."""
    _move(session, channel, ChannelState.BROKEN, reason)


def pause(session: TenantSession, channel: Channel) -> None:
    """Hold back what is queued; nothing is lost."""
    _move(session, channel, ChannelState.PAUSED, "Paused by a person.")


def resume(session: TenantSession, channel: Channel) -> None:
    """Send again, what waited first. Refused for an archived channel."""
    if channel.archived_at is not None:
        raise Refused(f"{channel.name} is archived: connect it anew.")
    _move(session, channel, ChannelState.CONNECTED, "")
    waiting = select(Message).where(
        Message.channel_id == channel.id, Message.state == MessageState.QUEUED
    )
    for message in session.scalars(waiting.order_by(Message.id)):
        enqueue(
            session,
            "core.send",
            {"message_id": message.id},
            lane=f"conversation:{message.conversation_id}",
        )


def count(session: TenantSession, channel: Channel, what: str, number: int = 1) -> None:
    """Count an item that is not kept (D2, D13)."""
    row = session.scalar(
        select(ChannelCount).where(
            ChannelCount.channel_id == channel.id, ChannelCount.what == what[:40]
        )
    )
    if row is None:
        row = ChannelCount(channel_id=channel.id, what=what[:40], count=0)
        session.add(row)
        session.flush()
    row.count = ChannelCount.count + number  # in the database: two workers may count at once
    session.flush()


def _move(session: TenantSession, channel: Channel, state: ChannelState, reason: str) -> None:
    if channel.state is state and channel.reason == reason:
        return
    record(
        session,
        state.value,
        channel,
        {"state": (channel.state, state), "reason": (channel.reason, reason)},
    )
    before, channel.state = channel.state, state
    channel.reason = reason[:500]
    session.flush()
    publish(
        session,
        ChannelStateChanged(
            channel_id=channel.id, before=before.value, after=state.value, reason=channel.reason
        ),
    )
    tell(session, "channel", channel=channel.id)


def _region(session: TenantSession) -> str:
    from core.services.tenants import tenant_of

    return tenant_of(session).default_region


def _sentence(message: str) -> str:
    message = message.removeprefix("Value error, ")  # pydantic's word, not a person's
    return message if message.endswith(".") else message + "."
