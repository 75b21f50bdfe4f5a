"""The second door to tenant data: many rows at once, stamped and fenced like one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from core.models import Customer, Identity, Job, MessageToken, Tenant
from core.tenancy.bulk import delete_rows, insert_rows, insert_unnamed, update_rows
from core.tenancy.session import UnsafeStatement
from core.tenancy.statistics import MOST
from tests.tenancy.conftest import World

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def names(world: World, tenant_id: int) -> list[str]:
    with world.database.tenant(tenant_id, write=False) as session:
        return list(session.scalars(select(Customer.name).order_by(Customer.id)))


def test_new_rows_are_ours_and_their_ids_are_in_order(world: World) -> None:
    before = names(world, world.other.tenant)
    wanted = [f"customer {n}" for n in range(2500)]
    with world.database.tenant(world.mine.tenant) as session:
        ids = insert_rows(session, Customer, [{"name": name} for name in wanted])
        found = dict(session.execute(select(Customer.id, Customer.name)).all())
    assert [found[row_id] for row_id in ids] == wanted
    assert names(world, world.other.tenant) == before


def test_columns_left_out_get_a_default_of_their_own(world: World) -> None:
    with world.database.tenant(world.mine.tenant) as session:
        ids = insert_rows(session, Customer, [{"name": "a"}, {"name": "b"}])
        made = session.scalars(select(Customer).where(Customer.id.in_(ids))).all()
        assert len({row.uuid for row in made}) == 2
        assert {row.version for row in made} == {1}
        assert all(row.created_at and row.email == "" for row in made)


@pytest.mark.parametrize("chosen", [{"id": 77}, {"tenant_id": 2}])
def test_a_new_row_chooses_neither_id_nor_tenant(world: World, chosen: dict[str, Any]) -> None:
    with world.database.tenant(world.mine.tenant) as session, pytest.raises(UnsafeStatement):
        insert_rows(session, Customer, [{"name": "x", **chosen}])


def test_a_change_reaches_our_own_rows_only(world: World) -> None:
    before = names(world, world.other.tenant)
    with world.database.tenant(world.mine.tenant) as session:
        rows = [
            {"id": each, "name": "taken"} for each in (world.mine.customer, world.other.customer)
        ]
        update_rows(session, Customer, rows)
    assert "taken" in names(world, world.mine.tenant)
    assert names(world, world.other.tenant) == before


def test_a_row_never_changes_its_tenant(world: World) -> None:
    with world.database.tenant(world.mine.tenant) as session, pytest.raises(UnsafeStatement):
        update_rows(session, Customer, [{"id": world.mine.customer, "tenant_id": 2}])


def test_a_row_of_ours_can_not_point_at_theirs(world: World) -> None:
    theirs = {"contact_id": world.other.contact, "scope": 0, "kind": "phone", "address": "+62811"}
    with pytest.raises(IntegrityError), world.database.tenant(world.mine.tenant) as session:
        insert_rows(session, Identity, [theirs])


def test_tables_without_an_owner_are_refused(world: World) -> None:
    kind: Any = Tenant
    with world.database.tenant(world.mine.tenant) as session, pytest.raises(UnsafeStatement):
        insert_unnamed(session, kind, [{"slug": "x"}])


def test_known_rows_are_skipped_only_where_that_is_asked(world: World) -> None:
    rows = [{"token": "halo", "message_id": 1}, {"token": "kak", "message_id": 1}]
    with world.database.tenant(world.mine.tenant) as session:
        insert_unnamed(session, MessageToken, rows[:1])
        insert_unnamed(session, MessageToken, rows, skip_known=True)
        assert len(session.scalars(select(MessageToken.token)).all()) == 2
    with pytest.raises(DBAPIError), world.database.tenant(world.mine.tenant) as session:
        insert_unnamed(session, MessageToken, rows)


def test_values_of_every_type_come_back_as_they_went(world: World) -> None:
    payloads = [{"a": [1, None, "ü"]}, {}, {"b": {"c": "'\\"}}]
    with world.database.tenant(world.mine.tenant) as session:
        rows = [{"actor": "core.x", "payload": payload, "lane": None} for payload in payloads]
        insert_unnamed(session, Job, rows)
        found = session.scalars(select(Job).order_by(Job.id)).all()
        assert [job.payload for job in found][-3:] == payloads
        assert {job.lane for job in found[-3:]} == {None}


def test_a_list_is_one_value_of_one_row(world: World) -> None:
    wanted = [["same_number", "same_word"], [], [["nested"], [1, 2]]]
    with world.database.tenant(world.mine.tenant) as session:
        rows = [{"payload": payload, "actor": "core.x", "lane": None} for payload in wanted]
        insert_unnamed(session, Job, rows)
        found = session.scalars(select(Job).order_by(Job.id)).all()[-3:]
        assert [job.payload for job in found] == wanted
        update_rows(
            session,
            Job,
            [
                {"id": job.id, "payload": payload}
                for job, payload in zip(found, wanted[::-1], strict=True)
            ],
        )
        session.expire_all()
        assert [job.payload for job in found] == wanted[::-1]


AWKWARD = ["plain", "", 'a "quoted" one', "back\\slash", "{a,b}", "NULL", "null", " ", "é,ü", "a'b"]


def test_text_comes_back_as_it_went_whatever_is_in_it(world: World) -> None:
    with world.database.tenant(world.mine.tenant) as session:
        for wanted in (AWKWARD, AWKWARD[:1], AWKWARD[1:2]):
            ids = insert_rows(session, Customer, [{"name": name} for name in wanted])
            rows = session.scalars(select(Customer).where(Customer.id.in_(ids)))
            assert [row.name for row in sorted(rows, key=lambda row: row.id)] == wanted


def test_a_moment_a_truth_and_nothing_come_back(world: World) -> None:
    moment = datetime(2026, 3, 1, 12, 30, 15, 250, tzinfo=timezone(timedelta(hours=7)))
    with world.database.tenant(world.mine.tenant) as session:
        values = [(moment, True), (None, False)]
        ids = insert_rows(
            session, Customer, [{"archived_at": when, "is_group": group} for when, group in values]
        )
        rows = session.scalars(select(Customer).where(Customer.id.in_(ids)))
        found = [(row.archived_at, row.is_group) for row in sorted(rows, key=lambda row: row.id)]
        assert found == values


def test_a_change_renews_what_renews_itself(world: World) -> None:
    with world.database.tenant(world.mine.tenant) as session:
        (row_id,) = insert_rows(session, Customer, [{"name": "a", "updated_at": EPOCH}])
        update_rows(session, Customer, [{"id": row_id, "name": "b"}])
        assert session.get_one(Customer, row_id).updated_at > EPOCH


def test_only_our_own_rows_are_deleted(world: World) -> None:
    mine = (
        select(MessageToken.token).where(MessageToken.message_id == 9).order_by(MessageToken.token)
    )
    for tenant_id in (world.mine.tenant, world.other.tenant):
        with world.database.tenant(tenant_id) as session:
            insert_unnamed(
                session, MessageToken, [{"token": word, "message_id": 9} for word in "ab"]
            )
    with world.database.tenant(world.mine.tenant) as session:
        delete_rows(session, MessageToken, [{"token": "a", "message_id": 9}])
        delete_rows(session, Customer, [{"id": world.other.customer}])
        assert session.scalars(mine).all() == ["b"]
    with world.database.tenant(world.other.tenant) as session:
        assert session.scalars(mine).all() == ["a", "b"]
        assert session.get(Customer, world.other.customer) is not None


def test_the_planner_hears_of_tables_that_grew(world: World) -> None:
    """PostgreSQL's own figures; SQLite plans by none and answers with its version."""
    with world.database.tenant(world.mine.tenant) as session:
        insert_unnamed(session, Customer, [{"name": f"customer {n}"} for n in range(2000)])
    with world.database.system(write=False) as session:
        seen = text("select reltuples from pg_class where relname = 'customer'")
        seen = seen if not world.database.is_sqlite else text("select 2000")
        assert (session.scalar(seen) or 0) >= 2000


def test_the_planner_hears_of_a_table_that_begins_to_grow_after_others(world: World) -> None:
    """A worker that has written many customers writes its first words of messages: it is never
    more than ten thousand rows until the next look."""
    with world.database.tenant(world.mine.tenant) as session:
        insert_unnamed(session, Customer, [{"name": f"customer {n}"} for n in range(2000)])
        for first in range(0, MOST, 1000):
            words = [{"token": f"word{n}", "message_id": n} for n in range(first, first + 1000)]
            insert_unnamed(session, MessageToken, words)
    with world.database.system(write=False) as session:
        seen = text("select reltuples from pg_class where relname = 'message_token'")
        seen = seen if not world.database.is_sqlite else text("select 2000")
        assert (session.scalar(seen) or 0) >= 2000
