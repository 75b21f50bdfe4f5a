"""Telling the administrators: one open notice for each thing, closed when it is over."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from core.live import tell
from core.models import Notice, NoticeLevel
from core.models.base import now
from core.tenancy.session import TenantSession


def notify(
    session: TenantSession,
    key: str,
    title: str,
    text: str = "",
    *,
    href: str = "",
    level: NoticeLevel = NoticeLevel.WARNING,
) -> Notice:
    """Open a notice, or give the open one of this `key` its new words. Texts are cut to fit."""
    notice = _open(session, key)
    if notice is None:
        notice = Notice(key=key[:120], title="")
        session.add(notice)
    elif (notice.title, notice.text, notice.level) == (title[:160], text[:500], level):
        return notice
    notice.title, notice.text, notice.href = title[:160], text[:500], href[:200]
    notice.level, notice.at = level, now()
    session.flush()
    tell(session, "notice", notice=notice.id)
    return notice


def close(session: TenantSession, notice: Notice) -> None:
    """A person has seen it, or it is over. Closed twice is closed once."""
    if notice.closed_at is None:
        notice.closed_at = now()
        session.flush()
        tell(session, "notice", notice=notice.id)


def settle(session: TenantSession, key: str) -> None:
    """What the notice of this `key` tells is over."""
    notice = _open(session, key)
    if notice is not None:
        close(session, notice)


def open_notices(session: TenantSession, limit: int = 200) -> Sequence[Notice]:
    """The open ones, the newest first."""
    query = select(Notice).where(Notice.closed_at.is_(None)).order_by(Notice.at.desc())
    return session.scalars(query.limit(limit)).all()


def _open(session: TenantSession, key: str) -> Notice | None:
    return session.scalar(select(Notice).where(Notice.key == key[:120], Notice.closed_at.is_(None)))
