"""Which entries are people, and by what number: a table of what phones and spreadsheets hold."""

from __future__ import annotations

import pytest

from core.api import IdentityKind
from plugins.sync.numbers import Left, entry_of, is_reachable
from plugins.sync.rows import Row
from plugins.sync.words import REFUSALS

OWN = "+6281100000001"


def row(text: str, kind: str = "phone", *, is_wa: bool = False, raw: str = "") -> Row:
    return Row("Ani", ((kind, text),), raw, is_wa=is_wa)


@pytest.mark.parametrize(
    ("text", "region", "address"),
    [
        ("0821 1409 8032", "ID", "+6282114098032"),
        ("+62 821-1409-8032", "ID", "+6282114098032"),
        ("6282114098032", "ID", "+6282114098032"),
        ("0062 821 1409 8032", "ID", "+6282114098032"),
        ("0721 234 567", "RO", "+40721234567"),
        ("+40 721 234 567", "ID", "+40721234567"),
        ("012-345 6789", "MY", "+60123456789"),
    ],
)
def test_national_formats_are_read_by_the_region(text: str, region: str, address: str) -> None:
    assert entry_of(row(text), region, OWN).addresses[0].value == address


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("6282114****32", "masked"),
        ("0821-xxxx-8032", "masked"),
        ("+62 821•••8032", "masked"),
        ("0821", "short"),
        ("112", "service"),
        ("0800 1234567", "service"),
        ("Ani Wijaya", "letters"),
        ("", "empty"),
        ("0811 0000 0001", "own"),
        ("123456789012345678901", "long"),
    ],
)
def test_what_is_no_number_is_left_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(Left) as left:
        entry_of(row(text), "ID", OWN)
    assert left.value.reason == reason
    assert left.value.reason in REFUSALS


@pytest.mark.parametrize(
    ("jid", "reason"),
    [
        ("120363041234567890@g.us", "group"),
        ("628111-1411@g.us", "group"),
        ("status@broadcast", "broadcast"),
        ("1234567890@broadcast", "broadcast"),
        ("12345@newsletter", "newsletter"),
        ("867051314767696@bot", "bot"),
    ],
)
def test_ids_of_groups_and_services_are_nobody(jid: str, reason: str) -> None:
    with pytest.raises(Left) as left:
        entry_of(Row("Ani", (), jid), "ID", OWN)
    assert left.value.reason == reason
    assert left.value.reason in REFUSALS


def test_a_lid_is_an_address_and_never_a_phone() -> None:
    entry = entry_of(row("98765432101234", "lid", is_wa=True), "ID", OWN)
    assert [each.kind for each in entry.addresses] == [IdentityKind.LID]
    assert not is_reachable(entry)
    both = Row("Ani", (("lid", "98765432101234"), ("phone", "6282114098032")))
    assert is_reachable(entry_of(both, "ID", OWN)), "the number comes first"


def test_a_masked_number_beside_a_whole_one_costs_only_itself() -> None:
    numbers = (("phone", "6282114****32"), ("phone", "082114098032"))
    entry = entry_of(Row("Ani", numbers, is_wa=False), "ID", OWN)
    assert [each.value for each in entry.addresses] == ["+6282114098032"]
