"""The tables that an installation has. Other tests put toys on the same metadata."""

from __future__ import annotations

from sqlalchemy import Table

from core.desk import Desk
from core.migrations.plugin import CORE
from core.models.base import Base


def tables_of(desk: Desk) -> list[Table]:
    """The core's and its plugins' tables, parents first."""
    plugins = {model.__table__.name for model in desk.host.models()}
    return [t for t in Base.metadata.sorted_tables if CORE.owns(t.name) or t.name in plugins]


def tenant_tables(desk: Desk) -> list[Table]:
    """Those whose rows belong to a tenant, system tables with a `tenant_id` among them."""
    return [table for table in tables_of(desk) if "tenant_id" in table.c]
