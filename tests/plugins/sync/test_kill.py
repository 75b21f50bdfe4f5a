"""kill -9 at random moments of a run: its end is that of a run that nobody disturbed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from core.config import Settings
from core.models import Contact, ContactToken, Customer, Identity, Job
from core.services import plugins
from core.testing.installation import Installation, installation
from core.testing.prepared import prepared
from core.testing.waiting import wait_until
from plugins import BUILTIN
from plugins.sync import undoing
from plugins.sync.models import Change, Entry, Run, RunState, Staged
from tests.plugins.sync.phone import Phone, phone_of

ROOT = Path(__file__).parents[3]
PEOPLE = 600
MOVES = 6  # a step makes some fifty: seven lives end before it does


def first_book() -> dict[str, str]:
    return {f"6281234{n:06}": f"Person {n}" for n in range(PEOPLE)}


def second_book() -> dict[str, str]:
    """Some renamed, some gone, some new, some that are nobody."""
    book = {number: name for n, (number, name) in enumerate(first_book().items()) if n % 7}
    for n, number in enumerate(list(book)):
        if n % 5 == 0:
            book[number] = f"Renamed {n}"
    book |= {f"6281299{n:06}": f"New {n}" for n in range(200)}
    return book | {f"12036{n}@g.us": "Group" for n in range(30)}


def picture(house: Installation) -> dict[str, Any]:
    """All that a sync leaves behind, without what only says when or in which order."""
    with house.tenant(write=False) as session:
        people = {row.id: row.phone for row in session.scalars(select(Contact))}
        return {
            "contacts": sorted(
                (c.phone, c.name, str(sorted(c.sources.items())), c.customer.name)
                for c in session.scalars(select(Contact))
            ),
            "customers": sorted(c.phone for c in session.scalars(select(Customer))),
            "identities": sorted(
                (i.address, people[i.contact_id]) for i in session.scalars(select(Identity))
            ),
            "words": sorted(
                (t.token, people[t.contact_id]) for t in session.scalars(select(ContactToken))
            ),
            "entries": sorted(
                (e.key, e.digest, people.get(e.contact_id or 0), e.refusal, e.raw, e.is_gone)
                for e in session.scalars(select(Entry))
            ),
            "changes": sorted(
                (c.run_id, people[c.contact_id], c.is_added, str(c.fields))
                for c in session.scalars(select(Change))
            ),
            "runs": [
                (
                    r.state,
                    r.listed,
                    r.added,
                    r.changed,
                    r.refused,
                    r.gone,
                    r.done,
                    r.total,
                    r.removed,
                )
                for r in session.scalars(select(Run).order_by(Run.id))
            ],
            "staged": session.scalars(select(Staged.id)).all(),
        }


@contextmanager
def installed(home: Path) -> Iterator[Phone]:
    settings = Settings(home=home)
    prepared(settings, BUILTIN)
    with installation(settings, BUILTIN) as house:
        with house.tenant() as session:
            plugins.enable(session, "sync")
        with phone_of(house) as phone:
            yield phone


@contextmanager
def workers(home: Path) -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("kill_child.py")), str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        yield child
    finally:
        assert child.stdin is not None
        child.stdin.close()
        child.wait(20)


def begin_life(child: subprocess.Popen[str]) -> int:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write("live\n")
    child.stdin.flush()
    pid = int(child.stdout.readline())
    assert child.stdout.readline() == "ready\n"
    return pid


def end_life(child: subprocess.Popen[str], pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    assert child.stdout is not None
    assert child.stdout.readline() == "gone\n"


def undisturbed(home: Path) -> dict[str, Any]:
    """What three steps come to where nobody kills: a first run, a second, its undoing."""
    with installed(home) as phone:
        phone.holds(first_book())
        assert phone.sync().state is RunState.DONE
        phone.holds(second_book())
        run = phone.sync()
        phone.undo(run.id)
        phone.house.work()
        return picture(phone.house)


def disturbed(home: Path, kills: int, seed: int) -> tuple[dict[str, Any], int]:
    """The same with `kills`; the picture, and how many hit a run that had moved in that life."""
    chance = random.Random(seed)
    hits = 0
    with installed(home) as phone, workers(home) as child:
        for step in range(3):
            run_id = _begin(phone, step)
            for _ in range(kills // 3 + (step < kills % 3)):
                before = progress(phone, run_id)
                pid = begin_life(child)
                _let_it_work(phone, run_id, chance)
                end_life(child, pid)
                hits += phone.run(run_id).is_active and progress(phone, run_id) != before
            pid = begin_life(child)
            try:
                assert wait_until(partial(_is_over, phone, run_id), 60), seed
            finally:
                end_life(child, pid)
        return picture(phone.house), hits


def progress(phone: Phone, run_id: int) -> tuple[Any, ...]:
    """What moves while a run works."""
    with phone.house.tenant(write=False) as session:
        run = session.get_one(Run, run_id)
        staged = session.scalar(select(func.count()).select_from(Staged))
        return run.state, run.done, run.indexed_to, staged


def _let_it_work(phone: Phone, run_id: int, chance: random.Random) -> None:
    """Until the run has moved some times, and a little longer: on a busy machine a life that is
    measured in seconds ends before anything happens."""
    moves, last = chance.randrange(MOVES), progress(phone, run_id)
    until = time.monotonic() + 3
    while moves and time.monotonic() < until and phone.run(run_id).is_active:
        if (now := progress(phone, run_id)) != last:
            moves, last = moves - 1, now
        time.sleep(0.002)
    time.sleep(chance.uniform(0.0, 0.05))


def _begin(phone: Phone, step: int) -> int:
    """The first sync, the second, and the undoing of that."""
    phone.holds(first_book() if step == 0 else second_book())
    if step < 2:
        return phone.begin()
    with phone.house.tenant() as session:
        run = session.scalars(select(Run).order_by(Run.id.desc())).first()
        assert run is not None
        undoing.undo(session, run)
        return run.id


def _is_over(phone: Phone, run_id: int) -> bool:
    """Whether the run has ended and nothing of the sync waits."""
    with phone.house.tenant(write=False) as session:
        jobs = session.scalars(select(Job.id).where(Job.actor.like("sync.%"))).all()
    return not jobs and not phone.run(run_id).is_active


def compare(tmp_path: Path, kills: int) -> int:
    seed = random.randrange(10**6)
    expected = undisturbed(tmp_path / "quiet")
    found, hits = disturbed(tmp_path / "killed", kills, seed)
    for part, rows in expected.items():
        assert found[part] == rows, f"{part} differ, seed {seed}"
    print(f"seed {seed}: {kills} kills, {hits} of them hit a run that had moved")
    return hits


@pytest.mark.prove
def test_twenty_kills_leave_what_none_would(tmp_path: Path) -> None:
    kills = int(os.environ.get("SAPA_SYNC_KILLS", "20"))
    assert compare(tmp_path, kills) >= kills / 2
