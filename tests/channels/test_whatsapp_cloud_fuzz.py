"""Bodies that Meta would never write: parse never raises, and what is good stays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.adapter import MalformedBody
from core.inbound import BadItem, InboundMessage, Item
from core.testing.providers.whatsapp_cloud_bodies import text
from plugins.channels.whatsapp_cloud.adapter import WhatsAppCloudAdapter
from tests.channels.cloud_account import NUMBERS, cloud_account
from tests.channels.poison import assert_storable, mutated, values

FIXTURES = Path(__file__).parents[2] / "plugins/channels/whatsapp_cloud/fixtures"
BODIES = [json.loads(path.read_text())["body"] for path in sorted(FIXTURES.glob("*.json"))]


def parse(raw: bytes) -> list[Item]:
    adapter = WhatsAppCloudAdapter()
    try:
        adapter.check(raw)
    except MalformedBody:
        assert all(isinstance(i, BadItem) for i in adapter.parse(cloud_account(), raw))
        return []
    return list(adapter.parse(cloud_account(), raw))


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutated(BODIES))
def test_a_mutated_body_never_raises_and_yields_what_can_be_stored(body: Any) -> None:
    items = parse(json.dumps(body).encode())
    for item in items:
        assert_storable(item)
    assert all(item.reason for item in items if isinstance(item, BadItem))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200) | values.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_never_raise(raw: bytes) -> None:
    items = parse(raw)
    assert all(isinstance(item, BadItem) for item in items)


@settings(max_examples=150, deadline=None)
@given(st.lists(values, max_size=4), st.integers(0, 4))
def test_a_good_message_survives_any_neighbours(neighbours: list[Any], at: int) -> None:
    messages = [*neighbours]
    messages.insert(at, text("6281234567890", "Halo", id="wamid.good", timestamp="1780000000"))
    change = NUMBERS.change("messages", NUMBERS.value(messages=messages))
    items = parse(json.dumps(NUMBERS.body(change)).encode())
    good = [i for i in items if isinstance(i, InboundMessage) and i.provider_id == "wamid.good"]
    assert [item.text for item in good] == ["Halo"]
    assert len(items) == len(messages)


def test_a_number_beyond_all_bounds_is_one_bad_item() -> None:
    """`1e999` is JSON, and infinite to Python: as raw payload no database would take it."""
    good, bad = (text("6281234567890", body, id=f"wamid.{body}") for body in ("ya", "tidak"))
    bad["extra"] = "HUGE"
    body = json.dumps(NUMBERS.body(NUMBERS.messages(good, bad))).replace('"HUGE"', "1e999")
    items = parse(body.encode())
    assert [type(item) for item in items] == [InboundMessage, BadItem]
    assert_storable(items[1])
