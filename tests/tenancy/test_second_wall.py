"""With the session's own wall switched off, the database still keeps tenants apart."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import event, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from core.config import Settings
from core.db import Database
from core.migrations.roles import UnsafeRole, refuse_unbound_role
from core.models import Card, Contact, Job, Label
from core.tenancy import session as door
from core.tenancy.context import NoTenant
from core.tenancy.session import TenantSession
from tests.tenancy.conftest import World, furnish


@pytest.fixture
def no_first_wall() -> Iterator[None]:
    event.remove(TenantSession, "do_orm_execute", door._add_wall)
    event.remove(TenantSession, "before_flush", door._stamp)
    yield
    event.listen(TenantSession, "do_orm_execute", door._add_wall)
    event.listen(TenantSession, "before_flush", door._stamp)


@pytest.fixture
def bound(postgres_settings: Settings) -> Iterator[World]:
    database = Database(postgres_settings)
    yield furnish(database)
    database.dispose()


def test_row_level_security_hides_and_protects(bound: World, no_first_wall: None) -> None:
    with bound.database.tenant(bound.mine.tenant) as session:
        assert session.scalars(select(Contact.id)).all() == [bound.mine.contact]
        assert session.scalars(text("SELECT id FROM contact")).all() == [bound.mine.contact]
        assert session.scalars(select(Job.id)).all() == [bound.mine.job]
        changed = session.execute(text("UPDATE contact SET name = 'x'"))
        assert changed.rowcount == 1  # type: ignore[attr-defined]
        gone = session.execute(text("DELETE FROM contact_label"))
        assert gone.rowcount == 1  # type: ignore[attr-defined]


@pytest.mark.usefixtures("no_first_wall")
def test_row_level_security_refuses_a_foreign_stamp(bound: World) -> None:
    with pytest.raises(DBAPIError, match="row-level security"):
        with bound.database.tenant(bound.mine.tenant) as session:
            session.execute(insert(Label).values(name="x", color="", tenant_id=bound.other.tenant))


def test_without_a_tenant_the_database_shows_nothing(bound: World) -> None:
    with bound.database.engine.connect() as connection:
        assert connection.execute(text("SELECT * FROM contact")).all() == []
        assert connection.execute(text("SELECT * FROM job")).all() == []
    with bound.database.tenant(bound.mine.tenant) as session:
        session.scalars(select(Contact)).all()
    with bound.database.engine.connect() as connection:  # the setting reverts to '', not NULL
        assert connection.execute(text("SELECT * FROM contact")).all() == []


def test_the_bound_role_can_neither_lower_the_wall_nor_read_the_rest(bound: World) -> None:
    for statement in (
        "ALTER TABLE contact DISABLE ROW LEVEL SECURITY",
        "DROP POLICY sapa_tenant ON contact",
        "SET ROLE sapa_system",
        "TRUNCATE contact",
        "SELECT * FROM schedule",
        "UPDATE tenant SET slug = 'x'",
        "UPDATE plan SET rank = 9",
        "CREATE TABLE mine (id int)",
        "UPDATE alembic_version_core SET version_num = 'x'",
    ):
        with bound.database.engine.connect() as connection:
            with pytest.raises(DBAPIError, match=r"permission denied|must be owner"):
                connection.execute(text(statement))


def test_the_system_sees_every_tenant(bound: World) -> None:
    with bound.database.system(write=False) as session:
        assert len(session.scalars(select(Contact)).all()) == 2


def test_every_table_with_a_tenant_is_walled(bound: World) -> None:
    with bound.database.engine.connect() as connection:
        open_tables = connection.scalars(
            text("""
            SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
            WHERE a.attname = 'tenant_id' AND c.relkind = 'r'
              AND NOT (c.relrowsecurity AND c.relforcerowsecurity
                       AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid))
            """)
        ).all()
    assert open_tables == []


def test_a_superuser_or_an_owner_is_refused_at_start(postgres_settings: Settings) -> None:
    refuse_unbound_role(Database(postgres_settings))
    for url in (postgres_settings.owner_url, postgres_settings.system_url):
        database = Database(postgres_settings.model_copy(update={"database_url": url}))
        with pytest.raises(UnsafeRole, match="sapa migrate"):
            refuse_unbound_role(database)
        database.dispose()


def test_composite_keys_stop_raw_sql(world: World) -> None:
    with pytest.raises(IntegrityError), world.database.system() as session:
        session.execute(
            text("UPDATE card SET contact_id = :theirs WHERE id = :mine"),
            {"theirs": world.other.contact, "mine": world.mine.card},
        )


def test_no_tenant_raises(world: World) -> None:
    session = TenantSession(world.database)
    with pytest.raises(NoTenant):
        session.scalars(select(Card)).all()
    session.add(Label(name="x"))
    with pytest.raises(NoTenant):
        session.flush()
    session.rollback()
    session.close()
