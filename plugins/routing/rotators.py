"""Rotator links: one address that spreads clicks over numbers by weight (C15)."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from urllib.parse import quote

from flask_babel import gettext as _
from sqlalchemy import select, update

from core.api import Channel, NotFound, Refused, TenantSession
from plugins.routing.models import Rotator, RotatorTarget

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # none that a reader takes for another
MOST_WEIGHT = 100


def all_of(session: TenantSession) -> list[Rotator]:
    """Every rotator, by name."""
    return list(session.scalars(select(Rotator).order_by(Rotator.name)))


def get(session: TenantSession, rotator_id: int) -> Rotator:
    """One of this tenant's. Raises NotFound."""
    found = session.get(Rotator, rotator_id)
    if found is None:
        raise NotFound(_("There is no such link."))
    return found


def numbers(session: TenantSession) -> list[Channel]:
    """The devices that wa.me can lead to: WhatsApp numbers, and the simulator's."""
    living = select(Channel).where(Channel.archived_at.is_(None), Channel.own_address != "")
    return [
        channel
        for channel in session.scalars(living.order_by(Channel.name))
        if 6 <= len(digits_of(channel.own_address)) <= 15
    ]


def save(
    session: TenantSession,
    rotator: Rotator | None,
    *,
    name: str,
    greeting: str,
    is_active: bool,
    weights: Mapping[int, int],
    user_id: int | None = None,
) -> Rotator:
    """Make or change a link. `weights`: channel → share. Refused, with the field."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= 80:
        raise Refused(_("Give the link a name of up to 80 characters."), "name")
    if len(greeting) > 300:
        raise Refused(_("Write at most 300 characters."), "greeting")
    if not weights:
        raise Refused(_("Choose at least one number."), "weights")
    if not all(1 <= weight <= MOST_WEIGHT for weight in weights.values()):
        raise Refused(_("Give weights from 1 to %(most)d.", most=MOST_WEIGHT), "weights")
    if weights.keys() - {channel.id for channel in numbers(session)}:
        raise Refused(_("There is no such number here. Reload the page."), "weights")
    if rotator is None:
        rotator = Rotator(slug=_slug(name), made_by_id=user_id)
        session.add(rotator)
    rotator.name, rotator.greeting, rotator.is_active = name, greeting.strip(), is_active
    session.flush()
    mine = select(RotatorTarget).where(RotatorTarget.rotator_id == rotator.id)
    before = {target.channel_id: target for target in session.scalars(mine)}
    is_new_share = {key: one.weight for key, one in before.items()} != dict(weights)
    for channel_id in before.keys() - weights.keys():
        session.delete(before[channel_id])
    for channel_id, weight in weights.items():
        target = before.get(channel_id)
        if target is None:
            target = RotatorTarget(rotator_id=rotator.id, channel_id=channel_id, clicks=0)
            session.add(target)
        target.weight = weight
        target.dealt = 0 if is_new_share else target.dealt
    session.flush()
    session.expire(rotator)
    return rotator


def remove(session: TenantSession, rotator: Rotator) -> None:
    """The address leads nowhere from now on."""
    for target in rotator.targets:
        session.delete(target)
    session.flush()
    session.delete(rotator)
    session.flush()


def click(session: TenantSession, rotator_id: int) -> str | None:
    """Count a click for whoever is furthest behind their share; the address it goes to.

    One statement chooses and counts. None: no number of it is in use.
    """
    rotator = session.get(Rotator, rotator_id)
    if rotator is None or not rotator.is_active:
        return None
    living = (
        select(RotatorTarget.id)
        .join(Channel, Channel.id == RotatorTarget.channel_id)
        .where(RotatorTarget.rotator_id == rotator.id, Channel.archived_at.is_(None))
        .order_by((RotatorTarget.dealt + 1) * 1.0 / RotatorTarget.weight, RotatorTarget.id)
        .limit(1)
        .with_for_update(of=RotatorTarget)
        .scalar_subquery()
    )
    channel_id = session.scalar(
        update(RotatorTarget)
        .where(RotatorTarget.id == living)
        .values(dealt=RotatorTarget.dealt + 1, clicks=RotatorTarget.clicks + 1)
        .returning(RotatorTarget.channel_id)
        .execution_options(synchronize_session=False)
    )
    channel = session.get(Channel, channel_id) if channel_id is not None else None
    if channel is None:
        return None
    # built of digits alone: whatever stands in the row, it leads to wa.me
    address = f"https://wa.me/{digits_of(channel.own_address)}"
    return f"{address}?text={quote(rotator.greeting)}" if rotator.greeting else address


def digits_of(number: str) -> str:
    """A number as wa.me wants it."""
    return re.sub(r"[^0-9]", "", number)


def _slug(name: str) -> str:
    word = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "chat"
    end = "".join(secrets.choice(_ALPHABET) for _ in range(6))
    return f"{word.strip('-')}-{end}"
