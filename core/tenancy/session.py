"""The one door to tenant data.

A `TenantSession` serves one tenant. Statements get the tenant's criterion, new rows its stamp; what
can't be given either (textual SQL, Core statements on tenant tables, bulk writes by key) is refused
unless the statement says `tenant_unsafe`. `SystemSession` is a separate class for the few system
parts (relay, schedule, raw inbox, sign-in), never a flag on this one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from sqlalchemy import Connection, Table, event, text
from sqlalchemy.orm import (
    ORMExecuteState,
    Session,
    SessionTransaction,
    UOWTransaction,
    with_loader_criteria,
)
from sqlalchemy.sql import visitors

from core.models.base import TenantMixin, is_tenant_table
from core.outbound.failures import in_transaction
from core.tenancy.context import NoTenant, WrongTenant, current_tenant

if TYPE_CHECKING:
    from core.db import Database
    from core.desk import Desk


class UnsafeStatement(RuntimeError):
    """A statement that the tenant's criterion can't reach."""


class BaseSession(Session):
    """What tenant and system sessions share: database, write mode, work after the commit."""

    def __init__(self, database: Database, *, write: bool, system: bool) -> None:
        super().__init__(bind=database.bind(write=write, system=system), expire_on_commit=False)
        self.database = database
        self._after_commit: list[Callable[[], None]] = []

    @property
    def desk(self) -> Desk:
        """The running installation. Raises where a bare database serves without one."""
        if self.database.desk is None:
            raise RuntimeError("This database has no desk: only create_app gives it one.")
        return self.database.desk

    def on_commit(self, work: Callable[[], None]) -> None:
        """Run `work` once this transaction is durable; forgotten when it rolls back."""
        self._after_commit.append(work)

    def commit(self) -> None:
        super().commit()
        todo, self._after_commit = self._after_commit, []
        for work in todo:
            work()

    def rollback(self) -> None:
        self._after_commit.clear()
        super().rollback()

    def close(self) -> None:
        self._after_commit.clear()
        super().close()


class SystemSession(BaseSession):
    """Sees every tenant. For system work only; `Database.system` hands it out."""

    def __init__(self, database: Database, *, write: bool = True) -> None:
        super().__init__(database, write=write, system=True)


class TenantSession(BaseSession):
    """Sees one tenant: the one it was opened for, else the one in context at first use."""

    def __init__(
        self, database: Database, *, write: bool = True, tenant_id: int | None = None
    ) -> None:
        super().__init__(database, write=write, system=False)
        self._tenant_id = tenant_id

    @property
    def tenant_id(self) -> int:
        """The tenant served. Raises NoTenant, or WrongTenant where the context names another."""
        in_context = current_tenant()
        if self._tenant_id is None:
            if in_context is None:
                raise NoTenant("No tenant in context: tenant data can't be read or written.")
            self._bind(in_context)
        elif in_context is not None and in_context != self._tenant_id:
            raise WrongTenant(
                f"This session serves tenant {self._tenant_id}, the context is {in_context}'s."
            )
        assert self._tenant_id is not None  # noqa: S101 - for the type checker; _bind set it
        return self._tenant_id

    def _bind(self, tenant_id: int) -> None:
        self._tenant_id = tenant_id
        if self.in_transaction():
            _tell_postgres(self, self.connection())

    def bulk_save_objects(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise UnsafeStatement("Bulk methods skip the tenant's stamp: use add_all().")

    bulk_insert_mappings = bulk_save_objects
    bulk_update_mappings = bulk_save_objects


def _tell_postgres(session: TenantSession, connection: Connection) -> None:
    """Name the tenant to row-level security, the second wall, for this transaction."""
    tenant_id = session._tenant_id if session._tenant_id is not None else current_tenant()
    if tenant_id is None or connection.dialect.name != "postgresql":
        return
    connection.execute(
        text("select set_config('app.tenant_id', :tenant, true)"), {"tenant": str(tenant_id)}
    )


@event.listens_for(TenantSession, "after_begin")
def _after_begin(
    session: TenantSession, transaction: SessionTransaction, connection: Connection
) -> None:
    if session._tenant_id is None and current_tenant() is not None:
        session._tenant_id = current_tenant()
    _tell_postgres(session, connection)


@event.listens_for(BaseSession, "after_begin", propagate=True)
def _mark_transaction(
    session: BaseSession, transaction: SessionTransaction, connection: Connection
) -> None:
    if transaction.parent is None:
        in_transaction.set(True)  # `core.outbound` refuses to call anybody until it ends


@event.listens_for(BaseSession, "after_transaction_end", propagate=True)
def _unmark_transaction(session: BaseSession, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        in_transaction.set(False)


@event.listens_for(TenantSession, "do_orm_execute")
def _add_wall(state: ORMExecuteState) -> None:
    if state.is_column_load or state.execution_options.get("tenant_unsafe"):
        return
    session = state.session
    assert isinstance(session, TenantSession)  # noqa: S101 - the listener is on this class
    if not state.is_orm_statement:
        _refuse_bare_tables(state)
        return
    # a tenant entity may also stand in a subquery only: the criterion reaches it there
    if not _has_tenant_entity(state) and not _mentions_tenant_table(state.statement):
        return
    if state.is_insert:
        raise UnsafeStatement("An INSERT statement skips the tenant's stamp: use session.add().")
    if state.is_update and isinstance(state.parameters, list):
        raise UnsafeStatement("An UPDATE by key skips the tenant's criterion: use a WHERE.")
    tenant_id = session.tenant_id
    state.statement = state.statement.options(
        with_loader_criteria(
            TenantMixin, lambda cls: cls.tenant_id == tenant_id, include_aliases=True
        )
    )


def _has_tenant_entity(state: ORMExecuteState) -> bool:
    return any(issubclass(mapper.class_, TenantMixin) for mapper in state.all_mappers)


def _refuse_bare_tables(state: ORMExecuteState) -> None:
    if getattr(state.statement, "is_text", False) or state.statement.__visit_name__ == "textclause":
        raise UnsafeStatement("Textual SQL: mark it tenant_unsafe after a second pair of eyes.")
    if _mentions_tenant_table(state.statement):
        raise UnsafeStatement("A Core statement on a tenant's table: use the mapped class.")


def _mentions_tenant_table(statement: Any) -> bool:
    return any(
        isinstance(element, Table) and is_tenant_table(element)
        for element in visitors.iterate(statement)
    )


@event.listens_for(TenantSession, "before_flush")
def _stamp(session: TenantSession, context: UOWTransaction, instances: object) -> None:
    for row in session.new:
        if isinstance(row, TenantMixin):
            if row.tenant_id is None:
                row.tenant_id = session.tenant_id
            _check(session, row)
    for row in session.dirty:
        if isinstance(row, TenantMixin):
            _check(session, row)
    for row in session.deleted:
        if isinstance(row, TenantMixin):
            _check(session, row)


def _check(session: TenantSession, row: TenantMixin) -> None:
    if row.tenant_id != session.tenant_id:
        raise WrongTenant(f"{type(row).__name__} belongs to tenant {row.tenant_id}.")
