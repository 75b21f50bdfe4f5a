"""A device's page and its provider: templates, facts, imports; the administrators' notices."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from core.config import Settings
from core.inbound import Fact
from core.models import Channel, NoticeLevel, Template
from core.models.base import now
from core.services import channels, notices
from core.services.channel_facts import keep_facts
from core.services.tenants import RoleName
from core.setup import prepare
from core.testing.providers.whatsapp_cloud import CloudSimulator
from core.testing.providers.whatsapp_cloud_rules import Template as Approved
from core.web.app import create_app
from plugins import BUILTIN
from tests.web.installation import Shop, open_shop, token_in

HALO = Approved("order_paid", "id", variables=1, body="Halo {{1}}, lunas")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    settings = Settings(home=tmp_path_factory.mktemp("provider"), private_hosts=("127.0.0.1",))
    prepare(settings, BUILTIN)
    found = open_shop(create_app(settings, BUILTIN), "melati")
    found.hire("sari", RoleName.AGENT)
    yield found
    found.desk.database.dispose()


@pytest.fixture
def meta() -> Iterator[CloudSimulator]:
    with CloudSimulator() as simulator:
        yield simulator


@pytest.fixture
def device(shop: Shop, meta: CloudSimulator, request: pytest.FixtureRequest) -> int:
    numbers = meta.numbers
    with shop.desk.database.tenant(shop.tenant_id) as session:
        return channels.create_channel(
            session,
            kind="whatsapp_cloud",
            name=request.node.name[:80],
            own_address=f"+{numbers.display_phone_number}",
            values={
                "phone_number_id": numbers.phone_number_id,
                "waba_id": numbers.waba_id,
                "access_token": meta.access_token,
                "app_secret": meta.app_secret,
                "verify_token": "verify-me",
                "graph_url": meta.graph_url,
            },
        ).id


def page(shop: Shop, path: str, who: str = "rina") -> str:
    answer = shop.client(who).get(path)
    assert answer.status_code == 200, answer.status
    return re.sub(r"\s+", " ", answer.get_data(as_text=True))


def post(shop: Shop, path: str, **form: str) -> Any:
    client = shop.client()
    token = token_in(client.get("/profile/").get_data(as_text=True))
    return client.post(path, data=form, headers={"X-CSRFToken": token}, follow_redirects=True)


def test_templates_are_fetched_with_the_button(
    shop: Shop, meta: CloudSimulator, device: int
) -> None:
    meta.templates = [HALO, Approved("refused", "id", status="REJECTED")]
    assert "Fetch templates" in page(shop, f"/channels/{device}")
    assert post(shop, f"/channels/{device}/refresh").status_code == 200
    shop.desk.jobs.run_pending()
    shown = page(shop, f"/channels/{device}/provider")
    assert "1 can be sent" in shown
    assert "1 rejected" in shown
    assert "2,000 customers a day" in shown
    listed = page(shop, "/templateview/list/")
    assert "order_paid" in listed
    assert "Rejected" in listed


def test_the_past_is_asked_for_on_the_page(shop: Shop, meta: CloudSimulator, device: int) -> None:
    assert "Messages of the last 180 days" in page(shop, f"/channels/{device}")
    assert "Asked for." in post(shop, f"/channels/{device}/import/history").get_data(as_text=True)
    refused = post(shop, f"/channels/{device}/import/history").get_data(as_text=True)
    assert "The provider refused" in refused
    assert meta.imports == ["history"]
    assert post(shop, f"/channels/{device}/import/horoscopes").status_code == 404
    with shop.desk.database.tenant(shop.tenant_id) as session:
        channel = session.get_one(Channel, device)
        keep_facts(session, channel, (Fact("history", "The last 90 days 55%"),), now())
    assert 'value="55"' in page(shop, f"/channels/{device}/provider")


def test_a_fetched_template_keeps_the_provider_s_words(
    shop: Shop, meta: CloudSimulator, device: int
) -> None:
    with shop.desk.database.tenant(shop.tenant_id) as session:
        row = Template(
            name="resi",
            body="Resi {1}",
            variables=["1"],
            channel_id=device,
            provider_id="77",
            provider_name="resi",
            language="id",
        )
        session.add(row)
        session.flush()
        key = row.id
    form = {"name": "Nomor resi", "body": "Kode {trackingnumber}", "language": "id"}
    answer = post(shop, f"/templateview/edit/{key}", **form, provider_name="resi", state="approved")
    assert "The words are the provider" in answer.get_data(as_text=True)
    form["body"] = "Resi {trackingnumber}"
    form["language"] = "en"
    post(shop, f"/templateview/edit/{key}", **form, provider_name="other", state="rejected")
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        row = session.get_one(Template, key)
        assert (row.name, row.variables) == ("Nomor resi", ["trackingnumber"])
        assert (row.language, row.provider_name, row.state.value) == ("id", "resi", "approved")


def test_administrators_are_told_and_may_dismiss(shop: Shop, device: int) -> None:
    with shop.desk.database.tenant(shop.tenant_id) as session:
        for _ in range(2):
            number = notices.notify(
                session, "x", "A thing broke", "Mend it", level=NoticeLevel.BAD
            ).id
    shown = page(shop, "/notices/")
    assert shown.count("A thing broke") == 1
    assert "sapa-bell-bad" in page(shop, "/notices/bell")
    post(shop, f"/notices/{number}/close")
    assert "A thing broke" not in page(shop, "/notices/")
    assert "sapa-bell-bad" not in page(shop, "/notices/bell")


def test_an_agent_sees_no_notices(shop: Shop) -> None:
    assert shop.client("sari").get("/notices/bell").status_code in (302, 403)
    assert "/notices/bell" not in page(shop, "/profile/", "sari")
