"""The plans that an installation begins with. The operator changes them on screen."""

from __future__ import annotations

from sqlalchemy import select

from core.models import Plan
from core.tenancy.session import SystemSession

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
            "sync",
            "automation",
            "routing",
            "merge",
        ],
    ),
    ("enterprise", "Enterprise", ["*"]),
)


def ensure_plans(session: SystemSession) -> list[str]:
    """Add the standard plans to an installation that has none; what was changed stays changed."""
    if session.scalar(select(Plan.id).limit(1)) is not None:
        return []
    for rank, (name, title, plugins) in enumerate(STANDARD_PLANS):
        session.add(Plan(name=name, title=title, plugins=plugins, rank=rank))
    session.flush()
    return [name for name, _, _ in STANDARD_PLANS]
