"""Distribution settings: one for a device (C8, C9, C12)."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _
from sqlalchemy import select

from core.api import (
    Channel,
    Conflict,
    NotFound,
    Refused,
    RoutingPolicy,
    TenantSession,
    enqueue,
)
from plugins.routing.models import LEAST_IDLE, DistributionSetting

MOST_IDLE = 24 * 60


def policies(session: TenantSession) -> dict[str, RoutingPolicy]:
    """The policies of the plugins that are on, by name."""
    host = session.desk.host
    return host.routing_policies(host.switches.enabled(session))


def all_of(session: TenantSession) -> list[DistributionSetting]:
    """Every setting, by name."""
    return list(session.scalars(select(DistributionSetting).order_by(DistributionSetting.name)))


def get(session: TenantSession, setting_id: int) -> DistributionSetting:
    """One of this tenant's. Raises NotFound."""
    found = session.get(DistributionSetting, setting_id)
    if found is None:
        raise NotFound(_("There is no such setting."))
    return found


def save(
    session: TenantSession,
    setting: DistributionSetting | None,
    *,
    name: str,
    channel_id: int | None,
    is_sticky: bool,
    is_idle: bool,
    idle_minutes: int | None,
    policy: str,
) -> DistributionSetting:
    """Make or change a setting. Refused or Conflict, with the field."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= 80:
        raise Refused(_("Give the setting a name of up to 80 characters."), "name")
    channel = session.get(Channel, channel_id) if channel_id else None
    if channel is None or channel.archived_at is not None:
        raise Refused(_("Choose a device."), "channel_id")
    own_id = setting.id if setting else 0
    taken = session.scalar(
        select(DistributionSetting).where(
            DistributionSetting.channel_id == channel.id, DistributionSetting.id != own_id
        )
    )
    if taken is not None:
        raise Conflict(
            _(
                "%(device)s has the setting “%(name)s” already: edit that one.",
                device=channel.name,
                name=taken.name,
            ),
            "channel_id",
        )
    if policy not in policies(session):
        raise Refused(_("Choose one of the policies."), "policy")
    minutes = checked_minutes(is_idle, idle_minutes)
    if setting is None:
        setting = DistributionSetting()
        session.add(setting)
    setting.name, setting.channel_id, setting.channel = name, channel.id, channel
    setting.is_sticky, setting.idle_minutes, setting.policy = is_sticky, minutes, policy
    session.flush()
    enqueue(session, "routing.clocks", {"channel_id": channel.id})
    return setting


def checked_minutes(is_idle: bool, minutes: int | None) -> int | None:
    """Required when idle is on, and at least 5. Refused, with the field."""
    if not is_idle:
        return None
    if minutes is None:
        raise Refused(_("Give the minutes after which another agent gets it."), "idle_minutes")
    if not LEAST_IDLE <= minutes <= MOST_IDLE:
        raise Refused(
            _("Give from %(least)d to %(most)d minutes.", least=LEAST_IDLE, most=MOST_IDLE),
            "idle_minutes",
        )
    return minutes


def remove(session: TenantSession, setting: DistributionSetting) -> None:
    """The device goes round robin from now on."""
    channel_id = setting.channel_id
    session.delete(setting)
    session.flush()
    enqueue(session, "routing.clocks", {"channel_id": channel_id})


def without_one(session: TenantSession, setting: DistributionSetting | None) -> list[Channel]:
    """The devices that a setting can be for: those without one, and its own."""
    taken = {each.channel_id for each in all_of(session)} - {setting.channel_id if setting else 0}
    living = select(Channel).where(Channel.archived_at.is_(None)).order_by(Channel.name)
    return [channel for channel in session.scalars(living) if channel.id not in taken]


def by_channel(session: TenantSession) -> Mapping[int, DistributionSetting]:
    """Every setting by its device."""
    return {each.channel_id: each for each in all_of(session)}
