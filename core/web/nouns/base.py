"""What the nouns' screens share."""

from __future__ import annotations

from typing import Any

from flask_appbuilder.models.sqla.filters import FilterEqual

from core.phones import format_phone
from core.web import request as cycle

# archived rows leave the lists; links to them still lead to their page
LIVING: list[list[Any]] = [["archived_at", FilterEqual, None]]


def shown_phone(value: Any) -> str:
    """A stored number in the tenant's style (B2)."""
    tenant = cycle.tenant()
    return format_phone(value, tenant.number_style.value if tenant else "plus") if value else ""


def commit() -> None:
    """End the request's transaction: services flush, screens commit."""
    cycle.web_session().commit()
