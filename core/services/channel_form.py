"""What is filled in about a channel: its name, its own number, and the settings of its kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phonenumbers import SUPPORTED_REGIONS
from pydantic import BaseModel, SecretStr, ValidationError

from core.access import RenewsAccess
from core.errors import Invalid, Refused
from core.models import Channel
from core.phones import PhoneRefused, own_number, parse_phone
from core.services.channel_accounts import account_of, adapter_of
from core.services.renew_access import renew
from core.tenancy.session import TenantSession
from core.words import say
from core.words.validation import sentence_of

MAX_NAME = 80

OWN_NUMBER = "own_number"
OWN_ADDRESSES = (OWN_NUMBER, "own_address")
"""The fields of a settings form that are the channel's own address too."""


def checked_name(text: str) -> str:
    """A channel's name as stored. Refused, field `name`, where it is empty or too long to read."""
    text = text.strip()
    if not text:
        raise Refused(say("Give the channel a name that your team will recognise."), "name")
    if len(text) > MAX_NAME:
        raise Refused(
            say("Use at most %(max_name)s characters for the name.", max_name=MAX_NAME), "name"
        )
    return text


def checked_region(text: str) -> str:
    """Two letters of a country, in capitals; "" stays "". Refused, field `region`."""
    text = text.strip().upper()
    if text and text not in SUPPORTED_REGIONS:
        raise Refused(say("Give the country as two letters, like ID or RO."), "region")
    return text


def filtered_number(line: str, region: str) -> str:
    """One line of the numbers left out, in E.164. Refused, field `filter_numbers`."""
    try:
        return parse_phone(line, region).e164
    except PhoneRefused as error:
        raise Refused(
            say("%(line)s: %(reason)s", line=line.strip()[:40], reason=error.message),
            "filter_numbers",
        ) from error


def configure(session: TenantSession, channel: Channel, values: Mapping[str, Any]) -> None:
    """Check `values` against the kind's form and store them; an empty secret keeps the old one.

    The row is locked and read anew: access that was renewed since it was loaded is not lost.
    """
    session.refresh(channel, ["sealed", "settings"], with_for_update=True)
    adapter = adapter_of(session, channel)
    form = adapter.settings
    own = next((name for name in OWN_ADDRESSES if name in form.model_fields), "")
    if own and channel.own_address:
        values = {own: channel.own_address, **values}
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
                str(problem["loc"][0]) if problem["loc"] else "settings": [sentence_of(problem)]
                for problem in error.errors()
            }
        ) from error
    plain, secrets = split_secrets(checked)
    if plain.get(own):
        channel.own_address = checked_own_address(plain[own])
    is_changed = secrets != old or plain != channel.settings
    channel.settings = plain
    channel.sealed = session.desk.box.seal(secrets, context=f"channel:{channel.uuid}")
    session.flush()
    if isinstance(adapter, RenewsAccess) and is_changed:
        if secrets != old:
            channel.access_until = None
        renew(session, channel)


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
