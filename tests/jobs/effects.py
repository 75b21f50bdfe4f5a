"""What handlers did, counted in a table of its own, and a provider that is slow on purpose."""

from __future__ import annotations

import threading
from typing import Any

from sqlalchemy import Integer, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class EffectBase(DeclarativeBase):
    pass


class Effect(EffectBase):
    """One effect of one job. Nothing is unique: a doubled effect must show as two rows."""

    __tablename__ = "test_effect"
    __table_args__ = ({"info": {"system": True}},)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    tenant_id: Mapped[int | None] = mapped_column(Integer)
    key: Mapped[str] = mapped_column(String(200))


class SlowCall:
    """A provider call that lasts until `may_end` is set; its effect is the payload's key.

    `begun` is set as soon as one is under way, `most` is how many there were at once.
    """

    timeout = 30.0

    def __init__(self) -> None:
        self.begun, self.may_end = threading.Event(), threading.Event()
        self.most = 0
        self._now = 0
        self._lock = threading.Lock()

    def end_soon(self) -> None:
        """Let calls end, a moment after somebody began to wait for them."""
        threading.Timer(0.5, self.may_end.set).start()

    def claim(self, session: Any, payload: dict[str, Any]) -> Any:
        return payload

    def call(self, claimed: Any) -> None:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        self.begun.set()
        assert self.may_end.wait(20)
        with self._lock:
            self._now -= 1

    def complete(self, session: Any, payload: dict[str, Any], claimed: Any, result: None) -> None:
        session.add(Effect(key=payload["key"]))

    def fail(self, session: Any, payload: dict[str, Any], claimed: Any, error: Exception) -> None:
        return None
