"""CSV and vCard files: broken encodings, odd shapes, and what a number in them is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Conflict
from core.testing.installation import Installation
from plugins.sync import reports, runs
from plugins.sync.files import format_of, read_file
from plugins.sync.files.csv_file import look_at
from plugins.sync.files.text import text_of
from plugins.sync.models import Run, RunState, Upload
from plugins.sync.numbers import Left, entry_of
from plugins.sync.rows import Row
from tests.plugins.sync.lists import LIST, bring_in, upload

QUOTED = (
    b"BEGIN:VCARD\r\nVERSION:2.1\r\n"
    b"N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Pop=C4=83;=C8=98tefan=\r\n"
    b" ;;;\r\nTEL;CELL;PREF:0721 234 567\r\nPHOTO;ENCODING=BASE64;JPEG:/9j/4AAQ\r\nSkZJRg\r\n\r\n"
    b"END:VCARD\r\n"
)
THREE = (
    b'begin:vcard\nversion:3.0\nfn:Ani\\, Toko\nitem1.TEL;TYPE="cell,voice":+62 812-3456-7890\n'
    b"item1.X-ABLabel:_$!<Mobile>!$_\nEMAIL;TYPE=INTERNET:Ani@Toko.example\nNOTE:a very lo\n"
    b" ng line: with TEL: in it\nend:vcard\n"
)
FOUR = (
    b'BEGIN:VCARD\nVERSION:4.0\nFN:Budi\nTEL;VALUE=uri;PREF=1;TYPE="voice,home":tel:+62-812-3456-7891;ext=5\n'
    b"EMAIL:mailto:budi@toko.example\nEND:VCARD\n"
)


def people(rows: Iterator[Row] | list[Row], region: str = "ID") -> list[tuple[str, list[str]]]:
    """(name, addresses) of the rows that are people."""
    found = []
    for row in rows:
        try:
            entry = entry_of(row, region, "")
        except Left:
            continue
        found.append((entry.name, [each.value for each in entry.addresses]))
    return found


@pytest.mark.parametrize(
    ("content", "region", "expected"),
    [
        (QUOTED, "RO", ("Ștefan Popă", ["+40721234567"])),
        (THREE, "ID", ("Ani, Toko", ["+6281234567890", "ani@toko.example"])),
        (FOUR, "ID", ("Budi", ["+6281234567891", "budi@toko.example"])),
    ],
    ids=["2.1", "3.0", "4.0"],
)
def test_vcards_of_all_versions(
    content: bytes, region: str, expected: tuple[str, list[str]]
) -> None:
    assert format_of(content) == "vcard"
    assert people(list(read_file(content, "vcard", [], False)), region) == [expected]


def test_one_broken_card_costs_itself() -> None:
    content = THREE + b"BEGIN:VCARD\ngarbage without end\nTEL\n" + FOUR + b"BEGIN:VCARD\nFN:Cut"
    assert [name for name, _ in people(list(read_file(content, "vcard", [], False)))] == [
        "Ani, Toko",
        "Budi",
    ]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "cp1250"]
)
def test_a_spreadsheet_in_any_encoding(encoding: str) -> None:
    name = "Ştefan Băsescu" if encoding == "cp1250" else "José Müller"
    content = f"Name;Phone\r\n{name};0812 3456 7890\r\n".encode(encoding)
    sheet = look_at(text_of(content), "ID")
    assert (sheet.columns, sheet.has_header) == (["name", "phone"], True)
    rows = read_file(content, "csv", sheet.columns, True)
    assert people(list(rows)) == [(name, ["+6281234567890"])]


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("Nama Pelanggan,No. HP,Alamat\nAni,081234567890,Jl. Mawar 1\n", ["name", "phone", ""]),
        ("Nume;Telefon;E-mail\nAni;0721234567;a@b.ro\n", ["name", "phone", "email"]),
        (
            "First Name\tLast Name\tPhone 1 - Label\tPhone 1 - Value\nAni\tW\tHP\t081234567890\n",
            ["first_name", "last_name", "", "phone"],
        ),
        ("Ani,081234567890\nBudi,081234567891\n", ["name", "phone"]),
    ],
    ids=["id", "ro", "google", "no header"],
)
def test_the_meaning_of_columns_is_guessed(text: str, columns: list[str]) -> None:
    assert look_at(text, "ID").columns == columns


def test_a_cell_with_several_numbers_is_one_person() -> None:
    text = "Name,Phone\nAni,081234567890 ::: 0812-3456-7891\nBudi,6282114****32\n"
    rows = list(read_file(text.encode(), "csv", ["name", "phone"], True))
    assert people(rows) == [("Ani", ["+6281234567890", "+6281234567891"])]
    with pytest.raises(Left, match="masked"):
        entry_of(rows[1], "ID", "")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.booleans())
def test_no_file_breaks_the_readers(content: bytes, is_card: bool) -> None:
    content = b"BEGIN:VCARD\n" + content if is_card else content
    sheet = look_at(text_of(content), "ID")
    for row in read_file(content, format_of(content), sheet.columns, sheet.has_header):
        assert "\x00" not in row.name + row.raw
        row.said()
        try:
            entry_of(row, "ID", "")
        except Left as left:
            assert left.reason  # noqa: PT017 - either is fine, and nothing else


def test_a_file_is_previewed_and_then_brought_in(house: Installation) -> None:
    plan = upload(house, LIST)
    with house.tenant(write=False) as session:
        run = session.get_one(Run, plan)
        assert (run.state, run.added, run.refused) == (RunState.PLANNED, 2, 2)
        refused = {each.reason: each.raw for each in reports.refused_of(session, run)}
        assert set(refused) == {"twice", "short"}
        assert refused["twice"] == "Ani lagi | +62 812 3456 7890"
    done = bring_in(house, plan)
    assert (done.state, done.listed, done.added, done.refused) == (RunState.DONE, 4, 2, 2)
    with house.tenant(write=False) as session:
        assert session.query(Upload).count() == 0, "the file is gone once it is read"


def test_the_same_list_again_brings_it_up_to_date(house: Installation) -> None:
    bring_in(house, upload(house, LIST))
    newer = LIST.replace(b"Budi", b"Budi Santoso") + b"Cici,081234567892\n"
    done = bring_in(house, upload(house, newer))
    assert (done.added, done.changed) == (1, 1)
    with house.tenant() as session, pytest.raises(Conflict):
        runs.apply_plan(session, session.get_one(Run, done.id))
