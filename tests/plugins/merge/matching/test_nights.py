"""Rebuilding and the nightly estimation, on an address book that was there before the plugin."""

from __future__ import annotations

import random

from sqlalchemy import func, select

from core.services.customers import create_customer
from core.testing.installation import Installation
from plugins.merge.matching import queue
from plugins.merge.matching.current import current
from plugins.merge.matching.jobs import nightly
from plugins.merge.matching.models import MatchCrowd, MatchEntry, MatchKey, MatchModel
from plugins.merge.matching.weighing import usual

FIRST = "Agus Budi Citra Dewi Eko Fitri Gita Hadi Indah Joko Kiki Lina Maya Nina Oka Putri"
LAST = "Santoso Wijaya Kusuma Nugroho Hartono Lestari Saputra Halim Siregar Tanjung"


def fill(house: Installation) -> None:
    """Fifty people, ten of them twice: the second time misspelt, without a number."""
    chance = random.Random(5)
    names = [f"{first} {last}" for first in FIRST.split() for last in LAST.split()]
    with house.tenant() as session:
        for n, name in enumerate(chance.sample(names, 40)):
            create_customer(session, name=name, phone=f"+62813{chance.randrange(10**7, 10**8)}")
            if n < 10:
                create_customer(
                    session, name=f"{name[0]}{name[1:]}h", email=f"twin{n}x@a{n}.example"
                )


def test_E12_switching_it_on_compares_all_who_are_there(house: Installation) -> None:
    fill(house)
    with house.tenant() as session:
        house.desk.host.switches.enable(session, "merge")
    house.work()
    with house.tenant(write=False) as session:
        assert session.scalar(select(func.count()).select_from(MatchEntry)) == 50
        assert session.scalar(select(func.count()).select_from(MatchKey)) > 300
        model = session.scalars(select(MatchModel)).one()
        assert model.contacts == 50
        assert model.pairs > 9
        found = {(each.one.name, each.other.name) for each in queue.waiting(session, 100)}
        twins = {pair for pair in found if f"{pair[0]}h" == pair[1]}
        assert len(twins) >= 8
        learnt = current(session, fresh=True)
        assert learnt.weights != usual(50).weights
        assert all(abs(sum(row) - 1) < 1e-6 for row in (*learnt.weights.m, *learnt.weights.u))


def test_E12_a_key_that_many_share_is_crowded_and_finds_nobody(house: Installation) -> None:
    with house.tenant() as session:
        house.desk.host.switches.enable(session, "merge")
        for n in range(14):
            create_customer(session, name="Budi", email=f"budi{n}@b{n}.example")
    house.work()
    with house.tenant(write=False) as session:
        assert session.scalars(select(MatchCrowd.key)).all() == ["w:budi"]
        assert queue.waiting(session, 100) == []


def test_E12_each_night_begins_a_rebuild(house: Installation) -> None:
    with house.tenant() as session:
        house.desk.host.switches.enable(session, "merge")
        create_customer(session, name="Budi Santoso")
        assert nightly.spec.run is not None
        nightly.spec.run(session, {})
    house.work()
    with house.tenant(write=False) as session:
        assert session.scalars(select(MatchModel.contacts)).all() == [1, 1], (
            "switched on, and a night"
        )
