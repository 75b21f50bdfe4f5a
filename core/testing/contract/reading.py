"""Webhooks: what is in them. Every item, nothing lost beside a bad one."""

from __future__ import annotations

import json

import pytest

from core.adapter import MalformedBody
from core.inbound import BadItem, Counted, InboundMessage, MessageKind
from core.testing.contract.supplied import ANI, UNUSED_PORT_URL, Supplied


class ReadingContract(Supplied):
    """What `parse` yields."""

    def test_every_item_of_a_batch_is_read(self) -> None:
        groups = [
            [self.raw_message(f"m-{g}-{i}", f"+62812345678{g}{i}", f"Nr {g}.{i}") for i in range(3)]
            for g in range(4)
        ]
        items = self.items(groups)
        assert [item.provider_id for item in items if isinstance(item, InboundMessage)] == [
            self.id_of(f"m-{g}-{i}") for g in range(4) for i in range(3)
        ]
        assert [item.text for item in items if isinstance(item, InboundMessage)] == [
            f"Nr {g}.{i}" for g in range(4) for i in range(3)
        ]
        assert len(items) == 12

    def test_each_message_keeps_its_own_sender(self) -> None:
        senders = [f"+62812345678{i}" for i in range(3)]
        items = self.items([[self.raw_message(f"m{s}", s, "Halo") for s in senders]])
        found = [item.addresses[0].value for item in items if isinstance(item, InboundMessage)]
        assert found == [self.address_of(sender) for sender in senders]

    def test_a_duplicate_has_the_same_id(self) -> None:
        raw = self.raw_message("m-1", ANI, "Halo")
        first, second = self.items([[raw], [raw]])
        assert first == second
        assert isinstance(first, InboundMessage)

    def test_times_are_aware(self) -> None:
        (item,) = self.items([[self.raw_message("m-1", ANI, "Halo")]])
        assert isinstance(item, InboundMessage)
        assert item.sent_at.utcoffset() is not None

    def test_an_unknown_kind_is_a_placeholder_with_its_payload(self) -> None:
        (item,) = self.items([[self.raw_unknown("m-1", ANI)]])
        assert isinstance(item, InboundMessage)
        assert item.kind is MessageKind.PLACEHOLDER
        assert item.raw

    def test_a_bad_item_harms_nothing_beside_it(self) -> None:
        good = [self.raw_message(f"m-{i}", ANI, "Halo") for i in range(2)]
        for bad in self.bad_messages():
            first, spoilt, last = self.items([[good[0], bad, good[1]]])
            assert isinstance(first, InboundMessage)
            assert isinstance(last, InboundMessage)
            assert isinstance(spoilt, BadItem), ascii(bad)[:200]
            assert spoilt.reason
            assert "\x00" not in json.dumps(spoilt.raw, ensure_ascii=False)

    def test_a_body_that_is_none_is_malformed(self) -> None:
        deep = b"[" * 100_000 + b"]" * 100_000
        for body in (b"", b"{", b"\xff\xfe", b"null", b"[]", b'"x"', b"{}", deep, b'{"entry": 1}'):
            with pytest.raises(MalformedBody):
                self.adapter.check(body)
            items = list(self.adapter.parse(self.account(UNUSED_PORT_URL), body))
            assert all(isinstance(item, BadItem | Counted) for item in items), body
