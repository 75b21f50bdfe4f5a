"""Work of which a tenant has one at a time: the next waits until the transaction before it ends."""

from __future__ import annotations

import zlib

from sqlalchemy import text

from core.tenancy.session import TenantSession


def one_at_a_time(session: TenantSession, work: str) -> None:
    """Wait for the tenant's other transactions that said the same; held until this one ends.

    PostgreSQL's advisory locks know two numbers: the work's and the tenant's. On SQLite a writing
    transaction is the only one there is. What is read afterwards is what the others committed.
    """
    session.flush()
    if session.get_bind().dialect.name != "postgresql":
        return
    key = zlib.crc32(work.encode()) - 2**31
    session.execute(
        text("select pg_advisory_xact_lock(:work, :tenant)"),
        {"work": key, "tenant": session.tenant_id},
        execution_options={"tenant_unsafe": True},
    )
