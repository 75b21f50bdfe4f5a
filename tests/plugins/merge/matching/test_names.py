"""Names, mailboxes, numbers and keys as Indonesia and Romania write them. No database."""

from __future__ import annotations

import pytest

from plugins.merge.matching.contacts import CONTACTS, NAME, read
from plugins.merge.matching.entries import entry_of
from plugins.merge.matching.keys import keys_of
from plugins.merge.matching.mailboxes import canonical_mailbox, is_role
from plugins.merge.matching.names import Name, are_alike, read_name, sound
from plugins.merge.matching.weighing import usual


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("Bpk. H. Muh. Rizqi Bandung", Name(("muhammad", "rizqi"), "Bandung")),
        ("Ibu Dewi Lestari", Name(("dewi", "lestari"))),
        ("kak Sari sby", Name(("sari",), "Surabaya")),
        ("Sukarno", Name(("sukarno",))),
        ("Ahmad bin Abdullah", Name(("ahmad", "abdullah"))),
        ("D-na Ștefănescu Ioana-Maria", Name(("d", "na", "stefanescu", "ioana", "maria"))),
        ("Dl. Ţurcanu Cluj", Name(("turcanu",), "Cluj")),
        ("🌸 Rina 🌸 2", Name(("rina",))),
        ("Pak", Name()),
        ("Solo", Name(("solo",))),
    ],
)
def test_E12_names_are_read_as_people_write_them(written, read_as):
    assert read_name(written) == read_as


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("rizky", "rizqi"),
        ("soeharto", "suharto"),
        ("djoko", "joko"),
        ("fatimah", "fatima"),
        ("noviana", "nofiana"),
        ("khairul", "kairul"),
    ],
)
def test_E12_spellings_of_one_name_sound_the_same(one, other):
    assert sound(one) == sound(other)


def test_E12_short_forms_are_alike_and_other_names_are_not():
    assert are_alike("alexandru", "sandu")
    assert are_alike("gheorghe", "gigi")
    assert are_alike("susilowati", "susi")
    assert not are_alike("dewi", "rina")
    assert not are_alike("ana", "andreea")


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [
        ("Dewi.Lestari+shop@GoogleMail.com", "dewilestari@gmail.com"),
        ("dewi.lestari@toko.example", "dewi.lestari@toko.example"),
        ("dewi+news@toko.example", "dewi@toko.example"),
        ("not an address", ""),
        ("@toko.example", ""),
    ],
)
def test_E12_one_mailbox_has_one_spelling(address, mailbox):
    assert canonical_mailbox(address) == mailbox


def test_E12_role_mailboxes_are_known():
    assert [is_role(f"{local}@x.example") for local in ("info", "cs2", "no-reply", "dewi")] == [
        True,
        True,
        True,
        False,
    ]


def test_E12_a_contact_has_about_seven_keys():
    entry = entry_of("Ibu Dewi Lestari", [("+6281255500101", 2)], [])
    assert keys_of(entry) == [
        "i:d|lestari",
        "i:l|dewi",
        "n:dewi|lestari",
        "p:+6281255500101",
        "t:55500101",
        "w:dewi",
        "w:lestari",
    ]


def test_E12_spellings_of_one_line_share_their_key():
    with_nine = entry_of("", [("+5511987654321", 0)], [])
    without = entry_of("", [("+551187654321", 0)], [])
    assert set(keys_of(with_nine)) & set(keys_of(without)) >= {"t:87654321"}
    assert with_nine.phones == without.phones


def test_E12_a_name_in_another_order_and_with_one_word_less_still_agrees():
    names = CONTACTS.fields[NAME].by
    popescu = entry_of("Popescu Andrei", [], []).words
    assert names.levels[names.compare(popescu, ("andrei", "popescu"))[0]] == "2 same"
    assert names.levels[names.compare(popescu, ("andrei",))[0]] == "1 same"
    assert names.levels[names.compare(popescu, ("a", "popescu"))[0]] == "1 same"
    assert names.levels[names.compare(popescu, ("elena", "popescu"))[0]] == "1 same, 1 against"


def bits(one, other, contacts, sizes):
    pair = CONTACTS.compare(read(one), read(other))
    return usual(contacts).bits(pair, sizes)


def test_E12_a_rare_name_weighs_more_than_a_frequent_one():
    one, other = entry_of("Siti Aminah", [], []), entry_of("Aminah Siti", [], [])
    rare = bits(one, other, 100_000, {"w:siti": 2, "w:aminah": 2})
    frequent = bits(one, other, 100_000, {"w:siti": 4000, "w:aminah": 2000})
    assert rare > 7 > 0 > frequent


def test_E12_two_words_that_go_together_are_no_two_coincidences():
    one = entry_of("Siti Nurhaliza", [], [])
    alone = {"w:siti": 1000, "w:nurhalisa": 60}
    assert bits(one, one, 100_000, alone) > bits(
        one, one, 100_000, alone | {"n:nurhalisa|siti": 60}
    )


def test_E12_the_same_evidence_weighs_less_among_a_million():
    one, other = entry_of("Dewi Lestari", [], []), entry_of("Dewi Lestari", [], [])
    shares = {"w:dewi": 0.006, "w:lestari": 0.004}

    def among(count: int) -> float:
        return bits(one, other, count, {key: int(count * part) for key, part in shares.items()})

    assert among(1_000) > 0 > among(1_000_000)


def test_E12_a_number_that_many_have_says_less_of_two():
    one, other = entry_of("", [("+628111", 0)], []), entry_of("Joko", [("+628111", 0)], [])
    assert bits(one, other, 5000, {"p:+628111": 2}) > 0 > bits(one, other, 5000, {"p:+628111": 30})
