"""The one door to tenant data.

A `TenantSession` serves one tenant. Statements get the tenant's criterion, new rows its stamp; what
can't be given either (textual SQL, Core statements on tenant tables, bulk writes by key) is refused
unless the statement says `tenant_unsafe`. `SystemSession` is a separate class for the few system
parts (relay, schedule, raw inbox, sign-in), never a flag on this one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from sqlalchemy import Connection, event, inspect, select, text
from sqlalchemy.orm import (
    Mapper,
    ORMExecuteState,
    Session,
    SessionTransaction,
    UOWTransaction,
    object_mapper,
    with_loader_criteria,
)

from core.models.base import OwnedMixin
from core.outbound.failures import in_transaction
from core.tenancy.context import NoTenant, WrongTenant, current_tenant
from core.tenancy.sight import Sight, criteria
from core.tenancy.wall import UnsafeStatement, refuse_unreachable, refuse_unstamped_write

if TYPE_CHECKING:
    from core.db import Database
    from core.desk import Desk

Row = TypeVar("Row", bound=object)
KEY_MAX = 2**31 - 1  # PostgreSQL's INTEGER, which every id is


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

    def get(self, entity: type[Row] | Mapper[Row], ident: Any, **options: Any) -> Row | None:
        """As Session.get; a number that no key can be is no row's, where drivers would raise."""
        if isinstance(ident, int) and not 0 <= ident <= KEY_MAX:
            return None
        return super().get(entity, ident, **options)

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
    """Sees one tenant: the one it was opened for, else the one in context at first use.

    With a `sight` it serves an agent, who sees the conversations of those channels only.
    """

    def __init__(
        self, database: Database, *, write: bool = True, tenant_id: int | None = None
    ) -> None:
        super().__init__(database, write=write, system=False)
        self._tenant_id = tenant_id
        self.sight: Sight | None = None

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

    def get(self, entity: type[Row] | Mapper[Row], ident: Any, **options: Any) -> Row | None:
        """As above, and refused in another tenant's context even for rows at hand."""
        if self._tenant_id is not None and current_tenant() is not None:
            self.tenant_id  # noqa: B018 - raises WrongTenant
        return super().get(entity, ident, **options)

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


_AS_ORM = {"compile_state_plugin": "orm", "plugin_subject": None}


@event.listens_for(TenantSession, "do_orm_execute")
def _add_wall(state: ORMExecuteState) -> None:
    if state.execution_options.get("tenant_unsafe"):
        return
    session = state.session
    assert isinstance(session, TenantSession)  # noqa: S101 - the listener is on this class
    if not refuse_unreachable(state.statement, is_loader=state.is_relationship_load):
        return
    if not state.is_orm_statement:
        # max(X.id).over(…), exists(): of mapped columns, yet Core on the outside
        if not state.is_select:
            raise UnsafeStatement("A Core statement over tenants' rows: use the mapped class.")
        statement: Any = state.statement
        state.statement = statement._set_propagate_attrs(_AS_ORM)
    refuse_unstamped_write(state)
    tenant_id = session.tenant_id
    state.statement = state.statement.options(
        with_loader_criteria(
            OwnedMixin, lambda cls: cls.tenant_id == tenant_id, include_aliases=True
        )
    )
    if session.sight is not None:
        state.statement = state.statement.options(*criteria(session.sight))


@event.listens_for(TenantSession, "before_attach")
def _prove(session: TenantSession, row: object) -> None:
    """Look up what was loaded elsewhere: the flush writes by key alone, whosever it is."""
    key = inspect(row).key if isinstance(row, OwnedMixin) else None
    if key is None:
        return
    mapper: Mapper[Any] = object_mapper(row)
    columns = [mapper.get_property_by_column(column) for column in mapper.primary_key]
    same = [prop.class_attribute == value for prop, value in zip(columns, key[1], strict=True)]
    with session.no_autoflush:
        found = session.scalar(select(columns[0].class_attribute).where(*same))
    if found is None:
        raise WrongTenant(f"This {type(row).__name__} is not a row of tenant {session.tenant_id}.")


@event.listens_for(TenantSession, "before_flush")
def _stamp(session: TenantSession, context: UOWTransaction, instances: object) -> None:
    for row in session.new:
        if isinstance(row, OwnedMixin):
            if row.tenant_id is None:
                row.tenant_id = session.tenant_id
            if inspect(row).attrs.id.value is not None:
                # merge() of an unknown id comes here; a chosen id would also collide, one day,
                # with the sequence that all tenants share
                raise WrongTenant(f"A new {type(row).__name__} can't choose its id.")
            _check(session, row)
    for row in (*session.dirty, *session.deleted):
        if isinstance(row, OwnedMixin):
            _check(session, row)


def _check(session: TenantSession, row: OwnedMixin) -> None:
    if row.tenant_id != session.tenant_id:
        raise WrongTenant(f"{type(row).__name__} belongs to tenant {row.tenant_id}.")
