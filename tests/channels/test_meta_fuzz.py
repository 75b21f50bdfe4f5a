"""Bodies that the Messenger Platform would never write: parse never raises, what is good stays."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.adapter import MalformedBody
from core.inbound import BadItem, InboundMessage, Item
from core.testing.providers.messenger_bodies import file
from plugins.channels.messenger.adapter import MessengerAdapter
from tests.channels.meta_accounts import PAGE, page_account
from tests.channels.poison import assert_storable, mutated, values

ANI = "7001000200030004"
BODIES = [
    PAGE.body(
        PAGE.text(ANI, "Halo", mid="m-1", reply_to={"mid": "m-0"}),
        PAGE.files(
            ANI, file("file", "https://cdn.fbsbx.com/v/a%20b.pdf"), file("image", "https://x")
        ),
        standby=(PAGE.echo(ANI, "Siap", metadata="our-id"),),
    ),
    PAGE.body(
        PAGE.reaction(ANI, "m-1"),
        PAGE.delivered(ANI, "m-1", "m-2"),
        PAGE.read(ANI),
        PAGE.read(ANI, mid="m-1"),
        PAGE.postback(ANI, "Mulai"),
        PAGE.deleted(ANI, "m-1"),
    ),
    {
        **PAGE.body(),
        "entry": [
            {
                "id": PAGE.own_id,
                "changes": [{"field": "messages", "value": PAGE.text(ANI, "Halo")}],
                "messaging": [
                    {
                        "recipient": {"id": PAGE.own_id},
                        "timestamp": 1_790_000_000_000,
                        "policy_enforcement": {"action": "block", "reason": "Spam"},
                    },
                    PAGE.event(ANI, message_edit={"mid": "m-1", "text": "Dua"}),
                ],
            }
        ],
    },
]


def parse(raw: bytes) -> list[Item]:
    adapter = MessengerAdapter()
    try:
        adapter.check(raw)
    except MalformedBody:
        assert all(isinstance(i, BadItem) for i in adapter.parse(page_account(), raw))
        return []
    return list(adapter.parse(page_account(), raw))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutated(BODIES))
def test_a_mutated_body_never_raises_and_yields_what_can_be_stored(body: Any) -> None:
    items = parse(json.dumps(body).encode())
    for item in items:
        assert_storable(item)
    assert all(item.reason for item in items if isinstance(item, BadItem))


@settings(max_examples=100, deadline=None)
@given(st.lists(values, max_size=4), st.integers(0, 4))
def test_a_good_message_survives_any_neighbours(neighbours: list[Any], at: int) -> None:
    events = [*neighbours]
    events.insert(at, PAGE.text(ANI, "Halo", mid="m-good"))
    items = parse(json.dumps(PAGE.body(*events)).encode())
    good = [i for i in items if isinstance(i, InboundMessage) and i.provider_id == "m-good"]
    assert [item.text for item in good] == ["Halo"]
    assert len(items) == len(events)


def test_a_file_s_name_holds_nothing_that_can_not_be_stored() -> None:
    urls = ("https://cdn.fbsbx.com/v/a%00b%0A.pdf", "https://[", "https://x.fbcdn.net/%ff.pdf")
    event = PAGE.files(ANI, *(file("file", url) for url in urls))
    (item,) = parse(json.dumps(PAGE.body(event)).encode())
    assert isinstance(item, InboundMessage)
    assert [media.filename for media in item.media] == ["ab.pdf", "", "\ufffd.pdf"]
    assert_storable(item)
