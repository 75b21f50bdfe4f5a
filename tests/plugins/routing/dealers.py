"""Many agents, many who wait, and many workers that deal at once: processes where the database
takes several writers, threads on SQLite, which takes one."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from datetime import timedelta

from flask_appbuilder.security.sqla.models import User

from core.boot import open_desk
from core.config import Settings
from core.desk import Desk
from core.inbound import IdentityKind
from core.models import Channel, Conversation, Identity, Tenant
from core.models.base import now
from core.services.start import conversation_with
from core.services.tenants import RoleName, add_member
from core.tenancy.bulk import insert_rows, insert_unnamed
from plugins import BUILTIN
from plugins.routing.dealing import deal
from plugins.routing.models import Case
from tests.plugins.routing.conftest import HASH, Floor


def staff(floor: Floor, capacities: list[int], *, first: int = 0) -> list[int]:
    """As many agents, all of them online for the next hour."""
    with floor.house.desk.database.system() as session:
        tenant = session.get_one(Tenant, floor.house.tenant_id)
        members = []
        for place, most in enumerate(capacities, first):
            address = f"a{place}@toko.example"
            user = User(username=address, email=address, first_name=f"A{place}", last_name="")
            user.active, user.password = True, HASH
            session.add(user)
            session.flush()
            member = add_member(session, tenant, user, [RoleName.AGENT])
            member.capacity, member.seen_at = most, now() + timedelta(hours=1)
            members.append(member.id)
        return members


def queue_up(floor: Floor, number: int, channel_id: int = 0) -> None:
    """Conversations that wait, written in one go: one contact with many addresses."""
    with floor.house.tenant() as session:
        channel = session.get_one(Channel, channel_id or floor.channel_id)
        contact_id = conversation_with(session, channel, "+6281300000000").contact_id
        identities = insert_rows(
            session,
            Identity,
            [
                {
                    "contact_id": contact_id,
                    "kind": IdentityKind.PHONE,
                    "address": f"+62814{n:08}",
                }
                for n in range(number)
            ],
        )
        at = {"channel_id": channel.id, "contact_id": contact_id}
        talks = insert_rows(
            session,
            Conversation,
            [{**at, "identity_id": each, "waiting_since": now()} for each in identities],
        )
        insert_unnamed(
            session, Case, [{**at, "conversation_id": each, "state": "queued"} for each in talks]
        )


def drain(floor: Floor, workers: int) -> int:
    """`workers` deal until nothing moves; how many conversations went."""
    desk, tenant_id = floor.house.desk, floor.house.tenant_id
    if desk.settings.is_sqlite:
        with ThreadPoolExecutor(workers) as pool:
            return _sum(pool, workers, deal_all, desk, tenant_id)
    # each new process comes from one that has imported all of this, and holds no connection
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        return _sum(pool, workers, open_and_deal, desk.settings, tenant_id)


def open_and_deal(settings: Settings, tenant_id: int) -> int:
    """The work of one process."""
    desk = open_desk(settings, BUILTIN)
    try:
        return deal_all(desk, tenant_id)
    finally:
        desk.outbound.close()
        desk.database.dispose()


def deal_all(desk: Desk, tenant_id: int) -> int:
    """Deal until nothing moves; how many went."""
    total = 0
    while True:
        with desk.database.tenant(tenant_id) as session, desk.host.switches.pinned(session):
            given = deal(session)
        if not given:
            return total
        total += given


def _sum(pool: Executor, workers: int, work: object, *args: object) -> int:
    running = [pool.submit(work, *args) for _ in range(workers)]  # type: ignore[arg-type]
    return sum(each.result() for each in running)
