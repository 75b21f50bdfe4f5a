import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.phones import Jid, read_jid


@pytest.mark.parametrize(
    ("text", "kind", "address", "person"),
    [
        ("6282112345678@s.whatsapp.net", "phone", "+6282112345678", True),
        ("551187654321@s.whatsapp.net", "phone", "+551187654321", True),
        ("6282112345678:12@s.whatsapp.net", "phone", "+6282112345678", True),
        ("6282112345678.0:12@S.WhatsApp.net", "phone", "+6282112345678", True),
        ("6282112345678@c.us", "phone", "+6282112345678", True),
        ("163574899236879@lid", "lid", "163574899236879", True),
        ("163574899236879:3@lid", "lid", "163574899236879", True),
        ("120363024512399999@g.us", "group", "120363024512399999", False),
        ("6282112345678-1600000000@g.us", "group", "6282112345678-1600000000", False),
        ("status@broadcast", "status", "status", False),
        ("1600000000@broadcast", "other", "1600000000", False),
        ("120363144038483540@newsletter", "newsletter", "120363144038483540", False),
        ("867051314767696@bot", "bot", "867051314767696", False),
        ("0@s.whatsapp.net", "other", "0@s.whatsapp.net", False),
        ("rina@s.whatsapp.net", "other", "rina@s.whatsapp.net", False),
        ("6282112345678", "other", "6282112345678", False),
        ("@lid", "other", "@lid", False),
        ("", "other", "", False),
        ("6282112345678@example.org", "other", "6282112345678@example.org", False),
    ],
)
def test_the_server_part_is_read_before_the_digits(
    text: str, kind: str, address: str, person: bool
) -> None:
    jid = read_jid(text)
    assert (jid.kind, jid.address, jid.is_person) == (kind, address, person)


@given(st.text() | st.from_regex(r"[0-9]+(:[0-9]+)?@(lid|s\.whatsapp\.net|g\.us|bot)"))
def test_any_text_has_a_kind_and_only_the_phone_server_gives_a_phone(text: str) -> None:
    jid = read_jid(text)
    assert isinstance(jid, Jid)
    servers = ("s.whatsapp.net", "c.us", "hosted")
    assert (jid.kind != "phone") or text.strip().lower().rpartition("@")[2] in servers
