"""Bodies that Meta would never write: parse never raises, and what is good stays."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.adapter import MalformedBody
from core.inbound import BadItem, InboundMessage, Item
from core.testing.providers.whatsapp_cloud_bodies import text
from plugins.channels.whatsapp_cloud.adapter import WhatsAppCloudAdapter
from plugins.channels.whatsapp_cloud.reading import refuse_unstorable
from tests.channels.cloud_account import NUMBERS, cloud_account

FIXTURES = Path(__file__).parents[2] / "plugins/channels/whatsapp_cloud/fixtures"
BODIES = [json.loads(path.read_text())["body"] for path in sorted(FIXTURES.glob("*.json"))]

# Text with null bytes and lone surrogates, both of which JSON can spell.
poison = st.text(st.characters(exclude_categories=()), max_size=8) | st.just("\x00")
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)  # Infinity is not JSON: see 1e999 below
    | poison
    | st.sampled_from(["text", "image", "system", "1780000000", "wamid.x", "ID.1", "628"])
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(poison, inner, max_size=3),
    max_leaves=6,
)


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value inside a document."""
    steps = node.items() if isinstance(node, dict) else enumerate(node)
    found = []
    for key, child in steps:
        found.append((*path, key))
        if isinstance(child, dict | list):
            found += places(child, (*path, key))
    return found


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A fixture with up to four values replaced or removed, anywhere."""
    body = copy.deepcopy(draw(st.sampled_from(BODIES)))
    for _ in range(draw(st.integers(1, 4))):
        spots = places(body)
        if not spots:
            break
        *way, last = draw(st.sampled_from(spots))
        node = body
        for key in way:
            node = node[key]
        if draw(st.booleans()):
            node[last] = draw(values)
        else:
            del node[last]
    return body


def parse(raw: bytes) -> list[Item]:
    adapter = WhatsAppCloudAdapter()
    try:
        adapter.check(raw)
    except MalformedBody:
        assert all(isinstance(i, BadItem) for i in adapter.parse(cloud_account(), raw))
        return []
    return list(adapter.parse(cloud_account(), raw))


def assert_storable(item: Item) -> None:
    """Every field of an item can be written to PostgreSQL."""
    for value in vars(item).values():
        refuse_unstorable(json.loads(json.dumps(value, default=repr)))


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutated())
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
