"""What the plugins that are on bring: triggers, conditions and actions of rules, bots; by name."""

from __future__ import annotations

from core.api import Action, Bot, Condition, TenantSession, Trigger


def triggers(session: TenantSession) -> dict[str, Trigger]:
    """What a rule may wait for."""
    host = session.desk.host
    return host.triggers(host.switches.enabled(session))


def conditions(session: TenantSession) -> dict[str, Condition]:
    """What a rule may ask."""
    host = session.desk.host
    return host.conditions(host.switches.enabled(session))


def actions(session: TenantSession) -> dict[str, Action]:
    """What a rule can do."""
    host = session.desk.host
    return host.actions(host.switches.enabled(session))


def bots(session: TenantSession) -> dict[str, Bot]:
    """What a smart reply can answer by."""
    host = session.desk.host
    return host.bots(host.switches.enabled(session))
