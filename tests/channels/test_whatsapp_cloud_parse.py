"""What each kind of webhook becomes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.inbound import (
    Address,
    AddressChanged,
    BadItem,
    ChannelChanged,
    ContactPushed,
    Counted,
    Fact,
    IdentityKind,
    InboundEdit,
    InboundMessage,
    InboundReaction,
    InboundStatus,
    Media,
    MessageKind,
    MessageState,
)
from core.testing.providers.whatsapp_cloud_bodies import (
    CloudBodies,
    echo,
    error,
    media,
    message,
    profile,
    status,
    text,
)
from plugins.channels.whatsapp_cloud.adapter import WhatsAppCloudAdapter
from tests.channels.cloud_account import NUMBERS, cloud_account

ANI = "6281234567890"
ANI_PHONE = Address(IdentityKind.PHONE, "+6281234567890")
ANI_BSUID = Address(IdentityKind.BSUID, "ID.6281234567890")
FIXTURES = Path(__file__).parents[2] / "plugins/channels/whatsapp_cloud/fixtures"


def parse(body: Any, **settings: Any) -> list[Any]:
    adapter = WhatsAppCloudAdapter()
    raw = json.dumps(body).encode()
    adapter.check(raw)
    return list(adapter.parse(cloud_account(**settings), raw))


def parse_messages(*messages: dict[str, Any]) -> list[Any]:
    return parse(NUMBERS.body(NUMBERS.messages(*messages)))


def test_a_text_has_sender_name_time_and_both_addresses() -> None:
    (item,) = parse_messages(text(ANI, "Halo", id="wamid.1", timestamp="1780000000"))
    assert item == InboundMessage(
        provider_id="wamid.1",
        addresses=(ANI_PHONE, ANI_BSUID),
        kind=MessageKind.TEXT,
        sent_at=datetime.fromtimestamp(1780000000, UTC),
        text="Halo",
        name="Person 7890",
    )


@pytest.mark.parametrize("kind", ["image", "video", "audio", "document", "sticker"])
def test_a_file_is_named_for_fetching(kind: str) -> None:
    raw = media(ANI, kind, "777", "Struk", mime_type="x/y", sha256="c2hh")
    raw[kind]["filename"] = "a.pdf"
    (item,) = parse_messages(raw)
    assert item.kind == kind
    assert item.text == "Struk"
    assert item.media == (
        Media(MessageKind(kind), "777", mime_type="x/y", sha256="c2hh", filename="a.pdf"),
    )


def test_a_reply_names_its_message() -> None:
    (item,) = parse_messages(text(ANI, "Ya", context={"from": "1555", "id": "wamid.0"}))
    assert item.reply_to == "wamid.0"


@pytest.mark.parametrize(
    "raw",
    [
        message(ANI, "button", {"text": "Setuju", "payload": "yes"}),
        message(ANI, "interactive", {"type": "button_reply", "button_reply": {"title": "Setuju"}}),
        message(ANI, "interactive", {"type": "list_reply", "list_reply": {"title": "Setuju"}}),
    ],
)
def test_an_answer_by_button_or_list_is_its_words(raw: dict[str, Any]) -> None:
    (item,) = parse_messages(raw)
    assert (item.kind, item.text, item.raw) == (MessageKind.TEXT, "Setuju", raw)


def test_a_form_s_answer_is_a_placeholder() -> None:
    (item,) = parse_messages(message(ANI, "interactive", {"type": "nfm_reply", "nfm_reply": {}}))
    assert item.kind is MessageKind.PLACEHOLDER


def test_a_reaction_and_its_removal() -> None:
    given, taken = parse_messages(
        message(ANI, "reaction", {"message_id": "wamid.0", "emoji": "👍"}),
        message(ANI, "reaction", {"message_id": "wamid.0"}),
    )
    assert isinstance(given, InboundReaction)
    assert (given.target_id, given.emoji, taken.emoji) == ("wamid.0", "👍", "")


def test_an_edit_and_a_revoke_name_the_first_message() -> None:
    content = {"type": "text", "text": {"body": "Baru"}}
    caption = {"type": "image", "image": {"id": "1", "caption": "Foto"}}
    edited, captioned, revoked = parse_messages(
        message(ANI, "edit", {"original_message_id": "wamid.0", "message": content}),
        message(ANI, "edit", {"original_message_id": "wamid.0", "message": caption}),
        message(ANI, "revoke", {"original_message_id": "wamid.0"}),
    )
    assert isinstance(edited, InboundEdit)
    assert (edited.target_id, edited.text, edited.is_revoked) == ("wamid.0", "Baru", False)
    assert captioned.text == "Foto"
    assert (revoked.target_id, revoked.is_revoked) == ("wamid.0", True)


def test_a_new_number_links_the_addresses() -> None:
    system = {"type": "user_changed_number", "wa_id": "628999999", "body": "moved"}
    (item,) = parse_messages(message(ANI, "system", system))
    assert isinstance(item, AddressChanged)
    assert (item.old, item.new) == (ANI_PHONE, Address(IdentityKind.PHONE, "+628999999"))


def test_a_new_number_brings_a_new_bsuid() -> None:
    system = {
        "type": "user_changed_number",
        "wa_id": "628999999",
        "previous_user_id": "ID.1",
        "user_id": "ID.2",
    }
    phones, users = parse_messages(message(ANI, "system", system))
    assert phones.old == ANI_PHONE
    assert (users.old.value, users.new.value) == ("ID.1", "ID.2")


def test_a_new_bsuid_alone_links_the_addresses() -> None:
    system = {"type": "user_changed_user_id", "previous_user_id": "ID.1", "user_id": "ID.2"}
    (item,) = parse_messages(message("", "system", system))
    assert (item.old.kind, item.new.value) == (IdentityKind.BSUID, "ID.2")


def test_a_changed_identity_never_merges() -> None:
    system = {"type": "customer_identity_changed", "body": "new phone"}
    assert parse_messages(message(ANI, "system", system)) == [Counted("identity_changed")]


def test_D2_groups_locations_contacts_and_polls_are_counted_only() -> None:
    items = parse_messages(
        text(ANI, "Halo semua", group_id="120363"),
        message(ANI, "location", {"latitude": 1.0, "longitude": 2.0}),
        message(ANI, "contacts", [{"name": {"formatted_name": "Budi"}}]),
        message(ANI, "unsupported", errors=[error(131051)]),
        message(ANI, "unsupported", {"type": "poll_creation"}, errors=[error(131051)]),
        message(ANI, "unsupported", {"type": "location"}, errors=[error(131060)]),
    )
    whats = ["group", "location", "contacts", "poll", "poll", "location"]
    assert items == [Counted(what) for what in whats]


def test_D2_other_unsupported_kinds_leave_a_placeholder() -> None:
    raw = message(ANI, "unsupported", {"type": "view_once"}, errors=[error(131051)])
    (item,) = parse_messages(raw)
    assert (item.kind, item.raw) == (MessageKind.PLACEHOLDER, raw)
    (bare,) = parse_messages(message(ANI, "unsupported", errors=[error(131060)]))
    assert bare.kind is MessageKind.PLACEHOLDER


def test_a_person_with_a_username_has_a_bsuid_only() -> None:
    contacts = [profile(user_id="US.13491208655302741918", username="ani.w")]
    raw = message("", "text", {"body": "Hi"})
    value = NUMBERS.value(contacts=contacts, messages=[raw])
    (item,) = parse(NUMBERS.body(NUMBERS.change("messages", value)))
    assert item.addresses == (Address(IdentityKind.BSUID, "US.13491208655302741918"),)
    assert item.name == "ani.w"


def test_profiles_are_matched_never_by_position() -> None:
    contacts = [profile("628222", "Budi"), profile("628111", "Ani"), profile(user_id="ID.X")]
    named = text("628111", "Halo")
    by_user = message("", "text", {"body": "Hi"}, from_user_id="ID.X")
    nobody = message("", "text", {"body": "Hi"})
    value = NUMBERS.value(contacts=contacts, messages=[named, by_user, nobody])
    first, second, third = parse(NUMBERS.body(NUMBERS.change("messages", value)))
    assert first.name == "Ani"
    assert second.addresses == (Address(IdentityKind.BSUID, "ID.X"),)
    assert isinstance(third, BadItem)


def test_a_broken_profile_costs_a_name_only() -> None:
    contacts = [{"wa_id": ANI, "profile": {"name": "A\x00"}}, 5]
    value = NUMBERS.value(contacts=contacts, messages=[text(ANI, "Halo")])
    (item,) = parse(NUMBERS.body(NUMBERS.change("messages", value)))
    assert (item.text, item.name, item.addresses) == ("Halo", "", (ANI_PHONE,))


def test_wa_id_is_kept_as_written() -> None:
    items = parse_messages(*(text(n, "Oi") for n in ("551187654321", "5215512345678")))
    assert [i.addresses[0].value for i in items] == ["+551187654321", "+5215512345678"]


def test_receipts_carry_our_opaque_id_and_the_error_s_class() -> None:
    receipts = [
        status("wamid.1", "delivered", ANI, opaque="our-id"),
        status("wamid.2", "failed", ANI, error=error(131047, "Re-engagement", "24 hours")),
        status("wamid.3", "failed", ANI),
        status("wamid.4", "evaporated", ANI),
        status("wamid.5", "read", ANI) | {"recipient_type": "group"},
    ]
    items = parse(NUMBERS.body(NUMBERS.statuses(*receipts)))
    delivered, failed, bare = items[:3]
    assert isinstance(delivered, InboundStatus)
    assert (delivered.state, delivered.opaque) == (MessageState.DELIVERED, "our-id")
    assert (failed.error_class, failed.error_code) == ("template", "131047")
    assert failed.error_reason == "Re-engagement: 24 hours"
    assert (bare.state, bare.error_class) == (MessageState.FAILED, "payload")
    assert items[3:] == [Counted("status"), Counted("group")]


def test_D15_echoes_are_of_the_other_party() -> None:
    own = NUMBERS.display_phone_number
    first, second = parse(
        NUMBERS.body(NUMBERS.echoes(echo(own, ANI, "Siap"), echo(own, "628222", "Ya")))
    )
    assert (first.is_echo, first.text, first.addresses) == (True, "Siap", (ANI_PHONE, ANI_BSUID))
    assert second.addresses[0].value == "+628222"


def test_D14_history_is_marked_and_told_apart_by_side() -> None:
    own = NUMBERS.display_phone_number
    old = [
        text(ANI, "Lama", history_context={"status": "READ"}),
        text(own, "Jawab", to=ANI),
        text(own, "Tanpa to"),
    ]
    chunk = {
        "metadata": {"phase": 0, "chunk_order": 2, "progress": 55},
        "threads": [{"id": ANI, "messages": old}, {"id": "628222", "messages": [{}]}, 7],
    }
    items = parse(NUMBERS.body(NUMBERS.change("history", NUMBERS.value(history=[chunk]))))
    assert [(i.is_echo, i.is_history, i.addresses[0]) for i in items[:3]] == [
        (False, True, ANI_PHONE),
        (True, True, ANI_PHONE),
        (True, True, ANI_PHONE),
    ]
    assert [type(i) for i in items[3:]] == [BadItem, BadItem, ChannelChanged]


def test_a_declined_history_is_told() -> None:
    chunk = {"errors": [error(2593109, "History sharing is turned off")]}
    (item,) = parse(NUMBERS.body(NUMBERS.change("history", NUMBERS.value(history=[chunk]))))
    assert isinstance(item, ChannelChanged)
    assert (item.what, item.is_down) == ("history_declined", False)


def test_A7_the_address_book_is_pushed() -> None:
    when = {"timestamp": "1780000000"}
    entries = [
        {
            "type": "contact",
            "contact": {"full_name": "Ani Wijaya", "first_name": "Ani", "phone_number": ANI},
            "action": "add",
            "metadata": when,
        },
        {
            "type": "contact",
            "contact": {"phone_number": ANI},
            "action": "remove",
            "metadata": when,
        },
        {"type": "contact", "contact": {}, "action": "add", "metadata": when},
        {"type": "label"},
    ]
    items = parse(
        NUMBERS.body(NUMBERS.change("smb_app_state_sync", NUMBERS.value(state_sync=entries)))
    )
    added, removed, bad, other, told = items
    assert isinstance(added, ContactPushed)
    assert (added.address, added.name, added.is_removed) == (ANI_PHONE, "Ani Wijaya", False)
    assert (removed.name, removed.is_removed) == ("", True)
    assert isinstance(bad, BadItem)
    assert other == Counted("state_sync")
    assert told.facts == (Fact("contacts", "Arriving"),)


def test_F6_another_number_s_items_write_nothing() -> None:
    other = CloudBodies(phone_number_id="999")
    body = NUMBERS.entries(
        [other.messages(text(ANI, "a"), text(ANI, "b"))],
        [
            other.statuses(status("wamid.1", "read", ANI)),
            other.echoes(echo("1", ANI, "c")),
            other.change("history", other.value(history=[{}])),
            other.change("smb_app_state_sync", other.value(state_sync=[{}])),
            other.change("calls", other.value(calls=[{}])),
            NUMBERS.messages(text(ANI, "ours")),
        ],
    )
    items = parse(body)
    assert items[:-1] == [Counted("other_number")] * 7
    assert items[-1].text == "ours"


def test_F6_another_account_s_events_write_nothing() -> None:
    change = NUMBERS.change("account_update", {"event": "ACCOUNT_DELETED"})
    foreign = CloudBodies(waba_id="1").body(change)
    assert parse(foreign) == [Counted("other_account")]
    quality = {"event": "FLAGGED", "display_phone_number": "441632960000"}
    assert parse(NUMBERS.body(NUMBERS.change("phone_number_quality_update", quality))) == [
        Counted("other_number")
    ]


@pytest.mark.parametrize(
    ("field", "value", "is_down"),
    [
        ("account_update", {"event": "ACCOUNT_DELETED"}, True),
        ("account_update", {"event": "ACCOUNT_VIOLATION"}, False),
        (
            "account_update",
            {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}},
            True,
        ),
        (
            "account_update",
            {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "REINSTATE"}},
            False,
        ),
        ("a_field_of_2030", {"anything": [1]}, False),
    ],
)
def test_account_events_are_told(field: str, value: dict[str, Any], is_down: bool) -> None:
    (item,) = parse(NUMBERS.body(NUMBERS.change(field, value)))
    assert isinstance(item, ChannelChanged)
    assert (item.what, item.is_down) == (field, is_down)
    assert item.reason


def test_an_error_beside_no_message_is_told() -> None:
    change = NUMBERS.change("messages", NUMBERS.value(errors=[error(131000, "Something")]))
    (item,) = parse(NUMBERS.body(change))
    assert (item.what, item.reason) == ("error", "Something (131000)")


@pytest.mark.parametrize("spoilt", [5, "x", {"a": 1}])
def test_a_wrong_list_spoils_itself_only(spoilt: Any) -> None:
    value = NUMBERS.value(messages=[text(ANI, "Halo")], statuses=spoilt)
    body = NUMBERS.entries([NUMBERS.change("messages", value)], [spoilt])
    body["entry"].append({"changes": spoilt})
    first, *rest = parse(body)
    assert first.text == "Halo"
    assert [type(item) for item in rest] == [BadItem] * 3


def test_a_null_byte_in_a_field_s_name_is_one_bad_item() -> None:
    body = NUMBERS.body(NUMBERS.change("new\x00", {}), NUMBERS.messages(text(ANI, "Halo")))
    bad, good = parse(body)
    assert isinstance(bad, BadItem)
    assert good.text == "Halo"


def test_nesting_without_end_is_one_bad_item() -> None:
    deep: Any = []
    for _ in range(200):
        deep = [deep]
    good, bad = parse_messages(text(ANI, "Halo"), text(ANI, "Dalam", extra=deep))
    assert good.text == "Halo"
    assert isinstance(bad, BadItem)


def test_fixtures_read_without_loss() -> None:
    """`fixtures/<name>.json` has the body and, by class and count, what must come of it."""
    paths = sorted(FIXTURES.glob("*.json"))
    assert len(paths) >= 5
    for path in paths:
        fixture = json.loads(path.read_text(encoding="utf-8"))
        found = [type(item).__name__ for item in parse(fixture["body"])]
        assert found == fixture["items"], path.name
