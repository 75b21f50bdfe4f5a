"""Today over HTTP: who waits, answered in the task itself (D10, D12)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.models import Message, Task, TaskKind
from core.models.base import now
from core.services.tenants import RoleName
from tests.web.installation import Shop, install, open_shop
from tests.web.test_inbox import counted, post


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    app = install(tmp_path_factory.mktemp("today"))
    found = open_shop(app, "melati")
    found.hire("sari", RoleName.AGENT)
    found.hire("vera", RoleName.VIEWER)
    found.hire("gudang", RoleName.WAREHOUSE)
    yield found
    found.desk.database.dispose()


@pytest.fixture
def task(shop: Shop) -> int:
    """The reply task of a customer who has just written; its id."""
    shop.customer_writes(
        "Sudah dikirim?", number=f"+62815{shop.written:08d}", name=f"Tamu {shop.written}"
    )
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        newest = select(Task.id).order_by(Task.id.desc()).limit(1)
        return int(session.scalars(newest).one())


def the(shop: Shop, task: int) -> Task:
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        return session.get_one(Task, task)


def test_D10_an_inbound_message_stands_red_in_today_with_its_answer_box(
    shop: Shop, task: int
) -> None:
    page = shop.client().get("/today/").get_data(as_text=True)
    card = page[page.index(f'id="task-{task}"') - 60 : page.index(f'id="answer-{task}"') + 50]
    assert "today-card is-late" in card
    assert "Sudah dikirim?" in card
    assert f"/today/{task}/answer" in card


def test_D10_answering_in_the_task_sends_and_closes_it(shop: Shop, task: int) -> None:
    refused = post(shop.client(), f"/today/{task}/answer", text=" ")
    assert refused.status_code == 422
    assert refused.json["message"] == "Write a message first."
    assert the(shop, task).done_at is None
    answer = post(shop.client(), f"/today/{task}/answer", text="Sudah, kak")
    assert answer.status_code == 200
    assert "task-done" in answer.headers["HX-Trigger"]
    assert the(shop, task).done_at is not None
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        last = session.scalars(select(Message).order_by(Message.id.desc()).limit(1)).one()
    assert (last.body, last.author_id) == ("Sudah, kak", shop.members["rina"])
    assert f"task-{task}" not in shop.client().get(f"/today/rows?ids={task}").get_data(as_text=True)


def test_D12_a_second_message_opens_no_second_task(shop: Shop, task: int) -> None:
    deadline = the(shop, task).deadline
    number = f"+62815{shop.written - 1:08d}"
    shop.customer_writes("Halo?", number=number)
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        row = session.get_one(Task, task)
        same = session.scalars(
            select(Task).where(Task.contact_id == row.contact_id, Task.done_at.is_(None))
        ).all()
    assert [one.id for one in same] == [task]
    assert same[0].deadline == deadline  # the first one stands
    card = shop.client().get(f"/today/rows?ids={task}").get_data(as_text=True)
    assert "Halo?" in card
    assert "Sudah dikirim?" not in card


def test_a_task_is_done_without_an_answer(shop: Shop, task: int) -> None:
    assert post(shop.client(), f"/today/{task}/done").status_code == 200
    assert the(shop, task).done_at is not None
    assert post(shop.client(), "/today/999999/done").status_code == 404


def test_replies_stand_before_other_tasks_and_the_oldest_first(shop: Shop, task: int) -> None:
    with shop.desk.database.tenant(shop.tenant_id) as session:
        session.get_one(Task, task).deadline = now() - timedelta(days=3)
        other = Task(kind=TaskKind.TODO, title="Call the baker", deadline=now() - timedelta(days=9))
        session.add(other)
        session.flush()
        todo = other.id
    page = shop.client().get("/today/").get_data(as_text=True)
    places = [page.index(f'id="task-{one}"') for one in (task, todo)]
    assert places == sorted(places)
    assert page.index('data-task="') == page.index(f'data-task="{task}"')
    assert f"/today/{todo}/answer" not in page


def test_somebody_elses_task_is_shown_to_who_asks_for_everybodys(shop: Shop, task: int) -> None:
    with shop.desk.database.tenant(shop.tenant_id) as session:
        session.get_one(Task, task).agent_id = shop.members["sari"]
    mark = f'id="task-{task}"'
    assert mark not in shop.client().get("/today/").get_data(as_text=True)
    assert mark in shop.client().get("/today/?of=all").get_data(as_text=True)
    assert mark in shop.client("sari").get("/today/").get_data(as_text=True)


def test_today_costs_few_statements(shop: Shop, task: int) -> None:
    shop.client().get("/today/")
    with counted(shop) as seen:
        shop.client().get("/today/rows?ids=" + ",".join(str(task - n) for n in range(5)))
    ours = [statement for statement in seen if "FROM task" in statement or "message" in statement]
    channels = [statement for statement in seen if "FROM channel" in statement]
    assert len(ours) == 2, ours
    assert channels == []  # they came with the tasks
    assert len(seen) <= 8, seen


def test_F9_a_viewer_looks_and_the_warehouse_does_not(shop: Shop, task: int) -> None:
    viewer = shop.client("vera")
    page = viewer.get("/today/").get_data(as_text=True)
    assert f'id="task-{task}"' in page
    assert f"/today/{task}/answer" not in page
    assert post(viewer, f"/today/{task}/answer", text="x").status_code == 403
    assert post(viewer, f"/today/{task}/done").status_code == 403
    assert shop.client("gudang").get("/today/").status_code == 403
    assert the(shop, task).done_at is None
