"""The three writes behind every form and every REST call, each an overridable method.

A screen that has rules calls its service from here; the default writes the row. What
the database or a service refuses reaches the person as core.errors.Refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from core.models.base import TenantMixin
from core.web.fab.integrity import DATABASE_ERRORS, as_refused

NEVER_WRITTEN = frozenset({"id", "tenant_id"})


class Writes:
    """Mixed into AdminView and AdminApi; `data` maps a field's name to its typed value."""

    datamodel: Any
    readonly_columns: tuple[str, ...] | list[str] = ()

    def perform_add(self, data: dict[str, Any]) -> Any:
        """Store a new row and return it. Override to call a service."""
        item = self.datamodel.obj()
        self._assign(item, data)
        self.pre_add(item)  # type: ignore[attr-defined]  # FAB's hook, on both bases
        self.datamodel.session.add(item)
        self.datamodel.session.commit()
        self.post_add(item)  # type: ignore[attr-defined]  # FAB's hook
        return item

    def perform_edit(self, item: Any, data: dict[str, Any]) -> Any:
        """Change a row and return it. Override to call a service."""
        self._assign(item, data)
        self.pre_update(item)  # type: ignore[attr-defined]  # FAB's hook
        self.datamodel.session.commit()
        self.post_update(item)  # type: ignore[attr-defined]  # FAB's hook
        return item

    def perform_delete(self, item: Any) -> None:
        """Remove a row. Override to call a service."""
        self.pre_delete(item)  # type: ignore[attr-defined]  # FAB's hook
        self.datamodel.session.delete(item)
        self.datamodel.session.commit()
        self.post_delete(item)  # type: ignore[attr-defined]  # FAB's hook

    def is_writable(self, name: str) -> bool:
        """Whether a form or a payload may carry this column at all."""
        return not (
            name in NEVER_WRITTEN
            or name in self.readonly_columns
            or self.datamodel.is_fk(name)
            or self.is_tenant(name)
            or self.is_everybodys(name)
        )

    def is_tenant(self, name: str) -> bool:
        """Whether this column or relation says whose row it is: never a person's choice."""
        if not self.datamodel.is_relation_many_to_one(name):
            return name == "tenant_id"
        local = self.datamodel.list_properties[name].local_columns
        return {c.name for c in local} <= NEVER_WRITTEN

    def is_everybodys(self, name: str) -> bool:
        """Whether this relation leads from a tenant's row to what all tenants share: accounts.

        No wall stands before those rows, so a choice among them would list every tenant's people.
        """
        model = self.datamodel
        if not (model.is_relation(name) and issubclass(model.obj, TenantMixin)):
            return False
        return not issubclass(model.get_related_model(name), TenantMixin)

    @contextmanager
    def refusals(self, deleting: bool = False) -> Iterator[None]:
        """Roll back on any error, and turn the database's into a Refused."""
        try:
            yield
        except DATABASE_ERRORS as error:
            self.datamodel.session.rollback()
            refused = as_refused(error, self.datamodel.obj.__table__, deleting)
            if refused is None:
                raise
            refused.field = self._field_of(refused.field)
            raise refused from None
        except Exception:
            self.datamodel.session.rollback()
            raise

    def _assign(self, item: Any, data: Mapping[str, Any]) -> None:
        with self.datamodel.session.no_autoflush:
            for name, value in data.items():
                setattr(item, name, value)

    def _field_of(self, column: str | None) -> str | None:
        """The form's field for a database column: `parent_id` is shown as `parent`."""
        if column is None or not self.datamodel.is_fk(column):
            return column
        for name in self.datamodel.get_columns_list():
            if not self.datamodel.is_relation_many_to_one(name):
                continue
            if column in {c.name for c in self.datamodel.list_properties[name].local_columns}:
                return str(name)
        return column
