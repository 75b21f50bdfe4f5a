"""Filters and searching selects of the generated lists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from core.models import Conversation, Tenant
from tests.web.installation import Shop, install, open_shop
from tests.web.test_inbox import counted


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    found = open_shop(install(tmp_path_factory.mktemp("filters")), "melati")
    found.customer_writes("Halo", number="+6281377700123", name="Ratna Lestari")
    with found.desk.database.system() as session:
        session.scalars(select(Tenant)).one().time_zone = "Asia/Jakarta"
    with found.desk.database.tenant(found.tenant_id) as session:
        talk = session.scalars(select(Conversation)).one()
        talk.last_at = datetime(2026, 1, 1, 23, 30, 15, tzinfo=UTC)  # 6:30 of the next day there
    yield found
    found.desk.database.dispose()


@pytest.mark.parametrize(
    ("typed", "is_found"),
    [("2026-01-02T06:00", True), ("2026-01-02 06:30:14", True), ("2026-01-02T06:31", False)],
)
def test_a_moment_is_filtered_on_the_tenants_clock(shop: Shop, typed: str, is_found: bool) -> None:
    page = shop.client().get("/conversationview/list/", query_string={"_flt_1_last_at": typed}).text
    assert ("Ratna Lestari" in page) is is_found
    assert typed.replace(" ", "T") in page  # it stands in its field again, as it was typed


def test_a_moment_with_a_zone_is_that_moment(shop: Shop) -> None:
    for typed, is_found in (("2026-01-01T23:30:00Z", True), ("2026-01-01T23:31:00Z", False)):
        asked = {"_flt_1_last_at": typed}
        page = shop.client().get("/conversationview/list/", query_string=asked).text
        assert ("Ratna Lestari" in page) is is_found, typed


@pytest.mark.parametrize("text", ["ratna", "Lest", "rat les", "7700123", "0813 777"])
def test_a_searching_select_reads_the_index_of_words(shop: Shop, text: str) -> None:
    client = shop.client()
    with counted(shop) as seen:
        found = client.get("/orderview/related/contact", query_string={"q": text}).get_json()
    assert [one["text"] for one in found["results"]] == ["Ratna Lestari"]
    assert not [sql for sql in seen if " LIKE " in sql.upper()]
    assert client.get("/orderview/related/contact?q=zzz").get_json()["results"] == []
    assert client.get("/orderview/related/contact").get_json()["results"] != []
