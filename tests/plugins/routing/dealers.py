"""Many workers that deal at once: processes where the database takes several writers, threads on
SQLite, which takes one."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor

from core.boot import open_desk
from core.config import Settings
from core.desk import Desk
from plugins import BUILTIN
from plugins.routing.dealing import deal
from tests.plugins.routing.conftest import Floor


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
