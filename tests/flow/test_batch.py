"""Receiving many items at once is receiving them one after another: row by row the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from core.config import Settings
from core.inbound import Item
from core.models import Channel
from core.models.base import now
from core.services.receive import receive_safely
from core.services.receive_many.all import receive_all
from core.tenancy.session import TenantSession
from core.testing.installation import Installation, installation
from plugins import BUILTIN
from tests.flow.picture import picture
from tests.flow.story import Story

CHAPTERS = 5
LENGTH = 24

Receive = Callable[[TenantSession, Channel, list[Item]], None]


@pytest.fixture
def house(settings: Settings) -> Iterator[Installation]:
    with installation(settings, (*BUILTIN, "tests.flow.hearing")) as built:
        yield built


def one_by_one(session: TenantSession, channel: Channel, items: list[Item]) -> None:
    for item in items:
        receive_safely(session, channel, item)


def together(session: TenantSession, channel: Channel, items: list[Item]) -> None:
    receive_all(session, channel, items, fewest=1)


def told(house: Installation, seed: int, receive: Receive, name: str) -> dict[str, Any]:
    """The rows of a new tenant after a story."""
    slug = f"{name}{seed}"
    desk, story = house.add_tenant(slug), Story(seed, slug)
    began = now() - timedelta(seconds=1)
    with desk.tenant() as session:
        channel_ids = story.begin(session)
    for number, items in story.chapters(CHAPTERS, LENGTH):
        with desk.tenant() as session:
            receive(session, session.get_one(Channel, channel_ids[number]), items)
        with desk.tenant() as session:
            story.act(session, channel_ids)
    return picture(desk, began)


def compare(house: Installation, seed: int) -> None:
    """Both ways, table by table."""
    expected, found = told(house, seed, one_by_one, "one"), told(house, seed, together, "all")
    for table in sorted({*expected, *found}):
        assert found.get(table) == expected.get(table), f"seed {seed}: {table}"


def failed_runs(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the log says of runs that failed by a fault of their own, and not by an item's.

    Such a run falls back to one by one, which would hide the fault. PostgreSQL refuses a null
    character as DataError.
    """
    told = re.findall(r".*go in halves: .*", caplog.text)
    return [line for line in told if "halves: DataError" not in line]


@pytest.mark.parametrize("seed", range(3))
def test_a_run_leaves_what_its_items_leave_one_by_one(
    house: Installation, seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    compare(house, seed)
    assert failed_runs(caplog) == []


@pytest.mark.prove
def test_many_stories_end_the_same_both_ways(
    house: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    for seed in range(140, 200):
        caplog.clear()
        compare(house, seed)
        assert failed_runs(caplog) == [], f"seed {seed}"
