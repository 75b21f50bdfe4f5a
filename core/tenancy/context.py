"""Which tenant the running code works for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_tenant: ContextVar[int | None] = ContextVar("sapa_tenant", default=None)


class NoTenant(RuntimeError):
    """Tenant data was asked for and nobody said whose. Never answered with everybody's."""


class WrongTenant(RuntimeError):
    """A session, row or job of one tenant met the context of another."""


def current_tenant() -> int | None:
    """The id of the tenant in context, or None."""
    return _tenant.get()


def require_tenant() -> int:
    """The id of the tenant in context; raises NoTenant where there is none."""
    tenant_id = _tenant.get()
    if tenant_id is None:
        raise NoTenant("No tenant in context: wrap the work in use_tenant(id).")
    return tenant_id


def set_tenant(tenant_id: int | None) -> None:
    """Set the tenant for the rest of this context: the request cycle. Elsewhere `use_tenant`."""
    _tenant.set(tenant_id)


@contextmanager
def use_tenant(tenant_id: int | None) -> Iterator[None]:
    """Run a block for one tenant."""
    token = _tenant.set(tenant_id)
    try:
        yield
    finally:
        _tenant.reset(token)
