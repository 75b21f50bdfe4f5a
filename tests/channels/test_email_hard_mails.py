"""Mails that break mail programs, each with what must come of it beside it."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.careful import refuse_unstorable
from core.inbound import BadItem, InboundMessage, InboundStatus, Item
from core.services.mail_addresses import checked_email
from plugins.channels import email as plugin
from plugins.channels.email.envelope import Envelope, pack
from plugins.channels.email.mailbox import BEGINNING
from plugins.channels.email.parse import parse
from tests.channels.mail_account import OWN, mail_account

FIXTURES = Path(plugin.__file__).parent / "fixtures"
MAILS = sorted(path.stem for path in FIXTURES.glob("*.eml"))


def read(raw: bytes, **envelope: Any) -> list[Item]:
    """What comes of a mail as IMAP hands it over: with carriage returns."""
    crlf = re.sub(rb"\r?\n", b"\r\n", raw)
    where = Envelope(uid_validity=7, uid=42, size=len(crlf), **envelope)
    return list(parse(mail_account(), pack(where, crlf)))


def found_in(item: Item, name: str) -> Any:
    """What an item says under one of the words that the expectations use."""
    if isinstance(item, InboundMessage):
        special: dict[str, Any] = {
            "addresses": [f"{a.kind.value}:{a.value}" for a in item.addresses],
            "answers": list(item.answers),
            "kind": item.kind.value,
            "notes": item.raw["notes"],
            "remote": item.raw["remote"],
            "cc": [address for _, address in item.raw["cc"]],
            "files_count": len(item.media),
            "file_names": [file.filename for file in item.media],
            "files": [[f.provider_id.split("/")[2], f.filename, f.mime_type] for f in item.media],
        }
        if name in special:
            return special[name]
    if isinstance(item, InboundStatus) and name == "state":
        return item.state.value
    return getattr(item, name)


def check(item: Item, name: str, wanted: Any) -> None:
    """Hold one expectation against an item."""
    if name == "type":
        assert type(item).__name__ == wanted
    elif name == "sent_at":
        assert isinstance(item, InboundMessage)
        late = datetime.now(UTC) - item.sent_at
        is_as_wanted = late < timedelta(minutes=1) if wanted == "now" else False
        assert is_as_wanted or item.sent_at.isoformat() == wanted
    elif name in ("html_has", "html_lacks"):
        assert isinstance(item, InboundMessage)
        page = item.raw.get("html", "")
        assert [each for each in wanted if (each in page) is not (name == "html_has")] == []
    elif name == "reason_has":
        reason = item.error_reason if isinstance(item, InboundStatus) else found_in(item, "reason")
        assert wanted in reason
    elif name.endswith("_has"):
        assert wanted in found_in(item, name.removesuffix("_has"))
    elif name.endswith("_like"):
        assert re.fullmatch(wanted, found_in(item, name.removesuffix("_like")))
    elif name == "files":
        assert found_in(item, name) == [each[:3] for each in wanted]
    else:
        assert found_in(item, name) == wanted, name


@pytest.mark.parametrize("name", MAILS)
def test_E1_a_hard_mail_becomes_what_stands_beside_it(name: str) -> None:
    wanted = json.loads((FIXTURES / f"{name}.json").read_text())
    items = read((FIXTURES / f"{name}.eml").read_bytes())
    assert len(items) == len(wanted)
    for item, expected in zip(items, wanted, strict=True):
        for key, value in expected.items():
            check(item, key, value)
        if isinstance(item, InboundMessage):
            refuse_unstorable([item.text, item.subject, item.name, item.raw])
            assert len(item.provider_id) <= 190


def test_E1_there_are_forty_hard_mails_and_no_outcome_is_alone() -> None:
    assert len(MAILS) >= 40
    assert sorted(path.stem for path in FIXTURES.glob("*.json")) == MAILS


def test_E1_of_a_mail_of_30_MB_the_beginning_is_read() -> None:
    """Only the first bytes are fetched, so its file isn't there: the note says where it is."""
    head = (
        f"From: Ani <ani@pembeli.example>\r\nTo: {OWN}\r\nSubject: Video\r\n"
        'Message-ID: <besar@pembeli.example>\r\nContent-Type: multipart/mixed; boundary="=_b"\r\n'
        "\r\n--=_b\r\nContent-Type: text/plain\r\n\r\nVideonya terlampir.\r\n--=_b\r\n"
        "Content-Type: video/mp4; name=v.mp4\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    ).encode()
    whole = head + base64.encodebytes(bytes(23_000_000)) + b"--=_b--\r\n"
    assert len(whole) > 30_000_000
    where = Envelope(uid_validity=7, uid=1, size=len(whole), is_cut=True)
    (item,) = parse(mail_account(), pack(where, whole[:BEGINNING]))
    assert isinstance(item, InboundMessage)
    assert (item.text, item.media) == ("Videonya terlampir.", ())
    assert item.raw["notes"] == ["too_large"]


def test_D15_what_was_sent_from_another_program_is_an_echo() -> None:
    raw = f"From: {OWN}\nTo: Ani <ani@pembeli.example>\nMessage-ID: <x@mutt>\n\nSudah dikirim."
    (item,) = read(raw.encode(), is_sent=True)
    assert isinstance(item, InboundMessage)
    assert (item.is_echo, item.text, item.opaque) == (True, "Sudah dikirim.", "")
    assert item.addresses[0].value == "ani@pembeli.example"


def test_a_body_that_is_none_is_a_bad_item() -> None:
    for body in (b"", b"\n", b"[]\n", b'{"uid": 1, "what": 2}\nFrom: x', b'{"uid": "1"}\n'):
        (item,) = parse(mail_account(), body)
        assert isinstance(item, BadItem)


def test_one_person_is_one_however_their_address_is_written() -> None:
    """What a mail says and what a person types in."""
    for written in ("Ani@x.id", "ANI@X.ID", "ani@x.id"):
        (item,) = read(f"From: {written}\nTo: {OWN}\n\nHalo".encode())
        assert isinstance(item, InboundMessage)
        assert item.addresses[0].value == checked_email(f" {written}") == "ani@x.id"
