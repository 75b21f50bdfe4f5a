"""A person's own WhatsApp number (D3): entered on the profile, paired by that person.

Where the gateway is and how to get in, an admin said once, with the first phone; the next ones take
it over, its password unseen.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from core.audit import changed_fields, record
from core.errors import Refused
from core.models import Channel, Membership, Module
from core.pairing import Pairs
from core.services.channel_accounts import account_of, adapter_of
from core.services.channel_form import MAX_NAME, OWN_NUMBER, secret_fields
from core.services.channels import create_channel
from core.tenancy.session import TenantSession
from core.words import say


def own_phones(session: TenantSession, member: Membership) -> Sequence[Channel]:
    """The phones that are this person's, by name."""
    return [each for each in _phones(session) if each.owner_id == member.id]


def gateway_of(session: TenantSession) -> Channel | None:
    """The phone whose gateway a further one is connected through: the newest whose plugin is on."""
    enabled = session.desk.host.switches.enabled(session)
    return next(
        (
            each
            for each in sorted(_phones(session), key=lambda each: -each.id)
            if session.desk.host.owner_of_kind(each.kind) in enabled
        ),
        None,
    )


def connect_own(
    session: TenantSession, member: Membership, number: str, module: Module | None
) -> Channel:
    """A channel of this person's number, to be paired next. Refused, field `own_number`, for a
    number without its country prefix (D4), one that is connected already, or without a gateway.
    """
    gateway = gateway_of(session)
    if gateway is None:
        raise Refused(
            say(
                "An admin connects the first phone under My devices: that says where the "
                "gateway is."
            ),
            OWN_NUMBER,
        )
    account = account_of(session, gateway)
    form = adapter_of(session, gateway).settings
    taken = {**account.settings, **account.secrets}
    # a secret with a default of its own is one channel's alone, like what signs its webhooks
    fresh = {n for n in secret_fields(form) if form.model_fields[n].default_factory is not None}
    values = {key: value for key, value in taken.items() if key not in fresh | {OWN_NUMBER}}
    if not number.strip():
        raise Refused(say("Enter the number of your phone with its country prefix."), OWN_NUMBER)
    made = create_channel(
        session,
        kind=gateway.kind,
        name=_free_name(session, member),
        values={**values, OWN_NUMBER: number},
        owner=session.get_one(Membership, member.id),
        module_id=module.id if module else None,
    )
    _refuse_twice(session, made)
    return made


def choose_module(session: TenantSession, channel: Channel, module: Module | None) -> None:
    """Where an unknown sender gets a card (D6)."""
    channel.module_id = module.id if module else None
    changes = changed_fields(channel)
    if changes:
        session.flush()
        record(session, "change", channel, changes)


def _phones(session: TenantSession) -> list[Channel]:
    kinds = [k for k, each in session.desk.host.adapters.items() if isinstance(each, Pairs)]
    return list(
        session.scalars(
            select(Channel)
            .where(Channel.kind.in_(kinds), Channel.archived_at.is_(None))
            .order_by(Channel.name)
        )
    )


def _refuse_twice(session: TenantSession, made: Channel) -> None:
    other = session.scalar(
        select(Channel.name).where(
            Channel.kind == made.kind,
            Channel.own_address == made.own_address,
            Channel.archived_at.is_(None),
            Channel.id != made.id,
        )
    )
    if other is not None:
        raise Refused(
            say("This number is connected already, as “%(other)s”.", other=other), OWN_NUMBER
        )


def _free_name(session: TenantSession, member: Membership) -> str:
    taken = set(session.scalars(select(Channel.name)))
    base = f"WhatsApp {member.name}"[: MAX_NAME - 4]
    names = [base, *(f"{base} {number}" for number in range(2, 100))]
    return next((name for name in names if name not in taken), base)
