"""Bodies like Meta's with something wrong in them: signed, they are 200 or 400, never a 500."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core.config import Settings
from core.models import Job, JobState, Message, RawInbox
from core.testing.installation import CloudLine, installation
from core.testing.providers.whatsapp_cloud_bodies import CloudBodies, Json, media, status, text
from plugins import BUILTIN

EXAMPLES = 500
NUMBERS = CloudBodies(phone_number_id="106540352240001", waba_id="102290129340001")
SENDER = "6281234567890"


def valid() -> Json:
    """One of everything that is read deepest."""
    said = text(SENDER, "Halo", id="wamid.A", timestamp="1795296492")
    shown = media(SENDER, "image", "1", "caption", id="wamid.B", timestamp="1795296492")
    told = status("wamid.C", "delivered", SENDER, opaque="x")
    return NUMBERS.entries(
        [NUMBERS.messages(said, shown), NUMBERS.statuses(told)],
        [NUMBERS.change("message_template_status_update", {"event": "APPROVED"})],
    )


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document."""
    children = (
        node.items()
        if isinstance(node, dict)
        else enumerate(node)
        if isinstance(node, list)
        else ()
    )
    return [path, *(place for key, child in children for place in places(child, (*path, key)))]


PLACES = places(valid())[1:]
WRONG = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=300)
    | st.sampled_from(["\x00", "\ud800", "-1", "9" * 400, "1e999", "x" * 70_000]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """A valid body with one to three places replaced or removed."""
    body = copy.deepcopy(valid())
    for place in draw(st.lists(st.sampled_from(PLACES), min_size=1, max_size=3)):
        spoil(body, place, draw(st.booleans()), draw(WRONG))
    return json.dumps(body).encode()


def spoil(node: Any, place: tuple[Any, ...], is_removed: bool, wrong: Any) -> None:
    *way, last = place
    try:
        for key in way:
            node = node[key]
        if is_removed:
            del node[last]
        else:
            node[last] = wrong
    except (KeyError, IndexError, TypeError):
        return  # an earlier change took the place away


def test_no_spoilt_body_is_a_500_or_stops_what_is_behind_it(
    sqlite_settings: Settings, tmp_path: Path
) -> None:
    assert left_by_spoilt_bodies(sqlite_settings, EXAMPLES) == []


def test_no_spoilt_body_is_a_500_on_postgres(postgres_settings: Settings) -> None:
    assert left_by_spoilt_bodies(postgres_settings, EXAMPLES) == []


def left_by_spoilt_bodies(where: Settings, examples: int) -> list[object]:
    """What is still to be read, failed or died after them; the message behind them was stored."""
    with installation(where, BUILTIN, web=True) as house, house.cloud() as line:
        assert line.meta.numbers.phone_number_id == NUMBERS.phone_number_id

        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(spoilt())
        def deliver(body: bytes) -> None:
            assert line.post(body).status_code in (200, 400)

        deliver()
        line.post(line.messages(text("6289876543210", "the last one", id="wamid.last")))
        house.work()
        return left_in(line)


def left_in(line: CloudLine) -> list[object]:
    inbox = select(Job.last_error).where(Job.actor == "core.process_inbox")
    dead = select(Job.actor).where(Job.state == JobState.DEAD)
    with line.house.tenant() as session:
        assert "the last one" in session.scalars(select(Message.body)).all()
        asked = (select(RawInbox.id), inbox, dead)
        return [row for query in asked for row in session.scalars(query)]
