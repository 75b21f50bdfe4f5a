"""The simulator itself: what it delivers, how often, and what it remembers."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from core.adapter import SignatureRefused, WebhookRequest
from core.testing.providers.base import Answer, Call, ProviderSimulator, wait_until
from core.testing.providers.journal import Journal, doubles, read_journal
from core.testing.providers.whatsapp_cloud import CloudSimulator
from core.testing.providers.whatsapp_cloud_bodies import text
from core.testing.providers.whatsapp_cloud_rules import Template
from plugins.channels.whatsapp_cloud.adapter import WhatsAppCloudAdapter
from tests.channels.cloud_account import NUMBERS, cloud_account

ANI = "6281234567890"


class Webhook(ProviderSimulator):
    """Takes deliveries: the other end of the line."""

    def answer(self, call: Call) -> Answer:
        return Answer(200, b"ok", "text/plain")

    def states(self) -> list[str]:
        values = [c.json()["entry"][0]["changes"][0]["value"] for c in self.calls]
        return [s["status"] for value in values for s in value.get("statuses", [])]


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as server:
        yield server


def post(meta: CloudSimulator, opaque: str = "our-id", to: str = ANI) -> httpx.Response:
    payload = {
        "messaging_product": "whatsapp",
        "to": to,
        "type": "text",
        "text": {"body": "Halo"},
        "biz_opaque_callback_data": opaque,
    }
    headers = {"Authorization": f"Bearer {meta.access_token}"}
    url = f"{meta.graph_url}/{NUMBERS.phone_number_id}/messages"
    return httpx.post(url, json=payload, headers=headers, timeout=2)


def test_a_delivery_is_signed_so_that_the_adapter_takes_it(
    meta: CloudSimulator, webhook: Webhook
) -> None:
    courier = meta.connect(webhook.url)
    assert meta.inject(text(ANI, "Halo")).is_delivered
    courier.post_forged(webhook.calls[0].body)
    courier.post_unsigned(webhook.calls[0].body)
    requests = [WebhookRequest("POST", "", c.headers, {}, c.body) for c in webhook.calls]
    adapter = WhatsAppCloudAdapter()
    adapter.verify(cloud_account(), requests[0])
    for forged in requests[1:]:
        with pytest.raises(SignatureRefused):
            adapter.verify(cloud_account(), forged)
    assert len(requests) == 3


def test_a_refused_delivery_is_repeated_within_a_bound(
    meta: CloudSimulator, webhook: Webhook
) -> None:
    meta.connect(webhook.url, attempts=3, pause=0.01)
    webhook.fail_next(status=503)
    assert meta.inject(text(ANI, "Halo")).statuses == (503, 200)
    webhook.fail_next(9, status=500)
    lost = meta.inject(text(ANI, "Halo"))
    assert (lost.statuses, lost.is_delivered) == ((500, 500, 500), False)


def test_nobody_at_the_webhook_counts_as_status_0(meta: CloudSimulator) -> None:
    meta.connect("http://127.0.0.1:9", attempts=2, pause=0.01)
    assert meta.inject(text(ANI, "Halo")).statuses == (0, 0)


def test_duplicates_and_disorder(meta: CloudSimulator, webhook: Webhook) -> None:
    courier = meta.connect(webhook.url)
    body = NUMBERS.body(NUMBERS.messages(text(ANI, "Halo")))
    courier.post(body, copies=3)
    assert [call.body for call in webhook.calls] == [webhook.calls[0].body] * 3
    bodies = [{"n": n} for n in range(8)]
    courier.post_shuffled(bodies, seed=1)
    arrived = [call.json()["n"] for call in webhook.calls[3:]]
    assert sorted(arrived) == list(range(8))
    assert arrived != list(range(8))


def test_statuses_follow_by_themselves(webhook: Webhook) -> None:
    with CloudSimulator(auto_statuses=("sent", "delivered", "read")) as meta:
        meta.connect(webhook.url)
        assert post(meta).status_code == 200
        assert wait_until(lambda: webhook.states() == ["sent", "delivered", "read"])


def test_statuses_by_hand_and_scripted_failures(meta: CloudSimulator, webhook: Webhook) -> None:
    meta.connect(webhook.url)
    post(meta)
    assert webhook.calls == []
    meta.report(meta.sent[0], "delivered")
    meta.failing["628222"] = 131026
    meta.closed_windows.add("628333")
    post(meta, to="628222")
    post(meta, to="628333")
    assert wait_until(lambda: sorted(webhook.states()) == ["delivered", "failed", "failed"])
    codes = {
        s["recipient_id"]: s["errors"][0]["code"]
        for c in webhook.calls
        for s in c.json()["entry"][0]["changes"][0]["value"]["statuses"]
        if s["status"] == "failed"
    }
    assert codes == {"628222": 131026, "628333": 131047}


def test_a_hung_call_may_have_taken_effect_or_not(meta: CloudSimulator) -> None:
    for is_processed in (False, True):
        meta.hang_next(is_processed=is_processed)
        with pytest.raises(httpx.TimeoutException):
            httpx.post(
                f"{meta.graph_url}/{NUMBERS.phone_number_id}/messages",
                json={"messaging_product": "whatsapp", "to": ANI, "text": {"body": "x"}},
                headers={"Authorization": f"Bearer {meta.access_token}"},
                timeout=0.2,
            )
        assert len(meta.sent) == int(is_processed)


def test_a_late_answer_is_right(meta: CloudSimulator) -> None:
    meta.delay_next(0.2)
    began = time.monotonic()
    assert post(meta).json()["messages"][0]["id"] == meta.sent[0].wamid
    assert time.monotonic() - began >= 0.2


def test_a_wrong_token_is_refused_as_meta_does(meta: CloudSimulator) -> None:
    answer = httpx.get(f"{meta.graph_url}/{NUMBERS.phone_number_id}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, 190)


def test_templates_come_in_pages(meta: CloudSimulator) -> None:
    meta.templates = [Template(f"t{i}") for i in range(5)]
    url: str | None = f"{meta.graph_url}/{NUMBERS.waba_id}/message_templates?limit=2"
    names = []
    while url:
        page = httpx.get(url, headers={"Authorization": f"Bearer {meta.access_token}"}).json()
        names += [template["name"] for template in page["data"]]
        url = page.get("paging", {}).get("next")
    assert names == [f"t{i}" for i in range(5)]


def test_doubles_are_counted_by_opaque_id(meta: CloudSimulator) -> None:
    for opaque in ("a", "b", "a", "", ""):
        post(meta, opaque)
    assert meta.journal.doubles() == {"a": 2}


def test_a_journal_cut_short_is_read_up_to_there(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    Journal(path).add(opaque="a")
    Journal(path).add(opaque="a")
    with path.open("a") as file:
        file.write('{"opaque": "b')
    assert doubles(read_journal(path)) == {"a": 2}


def test_it_runs_alone_and_its_journal_survives_a_kill(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    command = [sys.executable, "-m", "core.testing.providers.whatsapp_cloud"]
    with subprocess.Popen(
        [*command, "--journal", str(journal), "--token", "t"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        graph_url = json.loads(process.stdout.readline())["graph_url"]
        payload = {"messaging_product": "whatsapp", "to": ANI, "type": "text"}
        answer = httpx.post(
            f"{graph_url}/{NUMBERS.phone_number_id}/messages",
            json=payload | {"text": {"body": "x"}, "biz_opaque_callback_data": "our-id"},
            headers={"Authorization": "Bearer t"},
        )
        process.kill()
    (line,) = read_journal(journal)
    assert line["opaque"] == "our-id"
    assert line["wamid"] == answer.json()["messages"][0]["id"]
