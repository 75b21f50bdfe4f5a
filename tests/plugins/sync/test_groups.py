"""Two devices write members of one merged group at once: the group shows what both wrote."""

from __future__ import annotations

import threading
from typing import Any

from sqlalchemy import Engine, event, select

from core.config import Settings
from core.inbound import Address, IdentityKind
from core.models import Contact, Customer
from core.services import groups
from core.services.address_book.bring import bring_contacts
from core.services.address_book.entries import BookEntry
from core.tenancy.session import TenantSession
from core.testing.installation import installation
from core.testing.waiting import wait_until
from plugins import BUILTIN

ANI, BUDI = "+6281234567890", "+6281234567891"


def named(number: str, name: str) -> BookEntry:
    return BookEntry((Address(IdentityKind.PHONE, number),), name)


def merge(session: TenantSession) -> int:
    bring_contacts(session, [named(ANI, "A"), named(BUDI, "B")])
    main, other = session.scalars(select(Customer).order_by(Customer.id)).all()
    return groups.join(session, main, [other]).id


def test_two_devices_at_once_leave_no_old_name(postgres_settings: Settings) -> None:
    with installation(postgres_settings, BUILTIN) as house:
        with house.tenant() as session:
            group_id = merge(session)
        failures: list[Exception] = []
        met = threading.Event()

        def second() -> None:
            try:
                with house.tenant() as session:
                    bring_contacts(session, [named(BUDI, "Budi")])
            except Exception as error:
                failures.append(error)

        thread = threading.Thread(target=second)

        def watch(_c: Any, _k: Any, statement: str, *_rest: Any) -> None:
            is_here = threading.current_thread() is thread
            if is_here and ("customer" in statement) and ("UPDATE" in statement):
                met.set()  # it wants the group, by whatever statement

        event.listen(Engine, "before_cursor_execute", watch)
        try:
            with house.tenant() as session:
                bring_contacts(session, [named(ANI, "Ani Setiawati")])
                thread.start()
                assert wait_until(met.is_set)
            thread.join(20)
        finally:
            event.remove(Engine, "before_cursor_execute", watch)
        assert failures == []
        with house.tenant(write=False) as session:
            names = session.scalars(select(Contact.name).order_by(Contact.id)).all()
            assert list(names) == ["Ani Setiawati", "Budi"]
            assert session.get_one(Customer, group_id).name == "Ani Setiawati"
