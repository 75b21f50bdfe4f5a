"""The plans that an installation begins with. The operator changes them on screen."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import select

from core.errors import Conflict, Refused
from core.models import Plan
from core.tenancy.session import SystemSession
from core.words import say

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")

# D1: WhatsApp belongs to Professional and Enterprise
STANDARD_PLANS = (
    ("starter", "Starter", ["simulator", "sms", "email", "sync", "merge"]),
    (
        "professional",
        "Professional",
        [
            "simulator",
            "whatsapp_cloud",
            "whatsapp_qr",
            "messenger",
            "instagram",
            "telegram",
            "sms",
            "email",
            "tiktok_shop",
            "shopee",
            "lazada",
            "sync",
            "automation",
            "routing",
            "merge",
        ],
    ),
    ("enterprise", "Enterprise", ["*"]),
)


def save_plan(
    session: SystemSession, plan: Plan | None, *, name: str, title: str, plugins: Sequence[str]
) -> Plan:
    """Change a plan, or with None make one. A plan's name stays: the command line uses it.

    `plugins` are names, or `*` for all that there are and will be. A plugin taken away is off for
    the plan's tenants at their next request; its data stays.
    """
    title = title.strip()
    if not 1 <= len(title) <= 80:
        raise Refused(say("Give the plan a title, with at most 80 characters."), "title")
    if plan is None:
        if not _NAME.fullmatch(name):
            raise Refused(say("Use up to 40 of a-z, 0-9 and _, for example “starter”."), "name")
        if session.scalar(select(Plan.id).where(Plan.name == name)) is not None:
            raise Conflict(say("A plan “%(name)s” exists already.", name=name), "name")
        last = session.scalar(select(Plan.rank).order_by(Plan.rank.desc()).limit(1))
        plan = Plan(name=name, rank=(last or 0) + 1)
        session.add(plan)
    plan.title = title
    plan.plugins = ["*"] if "*" in plugins else sorted(set(plugins))
    session.flush()
    return plan


def ensure_plans(session: SystemSession) -> list[str]:
    """Add the standard plans to an installation that has none; what was changed stays changed."""
    if session.scalar(select(Plan.id).limit(1)) is not None:
        return []
    for rank, (name, title, plugins) in enumerate(STANDARD_PLANS):
        session.add(Plan(name=name, title=title, plugins=plugins, rank=rank))
    session.flush()
    return [name for name, _, _ in STANDARD_PLANS]
