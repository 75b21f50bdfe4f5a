"""CSV: its delimiter, its header, what each column means, and its rows."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from core.api import IdentityKind, PhoneRefused, parse_phone
from plugins.sync.rows import Row

MEANINGS = ("", "name", "first_name", "last_name", "phone", "email")
SAMPLE = 64 * 1024
MOST_COLUMNS = 60
_SAMPLE_ROWS = 50
_DELIMITERS = ",;\t|"
# exporters put several numbers of a person into one cell
_SEVERAL = re.compile(r"\s*(?::::|[;/|\n])\s*")
_HEADS = (
    ("first_name", r"first name|given name|nama depan|prenume"),
    ("last_name", r"last name|family name|surname|nama belakang|nume de familie"),
    ("email", r"e-?mail|surel|pos-?el"),
    (
        "phone",
        r"phone|mobile|whats ?app|\bwa\b|telepon|telefon|\btel\b|handphone|\bhp\b|ponsel|nomor"
        r"|number|\bno\b|mobil|num[aă]r",
    ),
    ("name", r"name|nama|nume|contact|kontak|pelanggan|customer|client"),
)
_NO_VALUE = re.compile(
    r"\b(type|label|tipe|tip|yomi|nick\w*|suffix|prefix|company|organi[sz]ation)\b"
)


@dataclass(frozen=True)
class Sheet:
    """The beginning of a CSV file, and what its columns probably mean."""

    heads: list[str]
    columns: list[str]
    has_header: bool
    rows: list[list[str]]


def look_at(text: str, region: str) -> Sheet:
    """The first rows of a file, with a guess for each column; a person corrects it."""
    text = text[:SAMPLE]
    rows = [row for row in _reader(text, _delimiter(text)) if any(row)][:_SAMPLE_ROWS]
    if not rows:
        return Sheet([], [], False, [])
    width = min(MOST_COLUMNS, max(len(row) for row in rows))
    has_header = not any(_is_phone(cell, region) or "@" in cell for cell in rows[0])
    body = rows[1:] if has_header else rows
    heads = [*rows[0], *[""] * width][:width] if has_header else [""] * width
    columns = [_meaning(head) for head in heads]
    _guess_from_cells(columns, body, region)
    _drop_doubles(columns)
    return Sheet(heads, columns, has_header, body[:5])


def read_csv(text: str, columns: Sequence[str], *, has_header: bool) -> Iterator[Row]:
    """Every row that holds anything. One that can't be read costs itself."""
    rows = (row for row in _reader(text, _delimiter(text[:SAMPLE])) if any(row))
    if has_header:
        next(rows, None)
    for cells in rows:
        yield _row(cells, columns)


def _row(cells: Sequence[str], columns: Sequence[str]) -> Row:
    given: dict[str, list[str]] = {}
    for meaning, cell in zip(columns, cells, strict=False):
        if meaning and (value := cell.strip().lstrip("'")):  # a spreadsheet's mark for text
            given.setdefault(meaning, []).append(value)
    name = " ".join(given.get("name") or [])
    if not name:
        name = " ".join([*given.get("first_name", []), *given.get("last_name", [])])
    numbers = [
        (IdentityKind.PHONE.value, number)
        for cell in given.get("phone", [])
        for number in _SEVERAL.split(cell)
        if number
    ]
    numbers += [
        (IdentityKind.EMAIL.value, mail)
        for cell in given.get("email", [])
        for mail in _SEVERAL.split(cell)
        if mail
    ]
    raw = " | ".join(cell.strip() for cell in cells if cell.strip())
    return Row(name, tuple(numbers) or ((IdentityKind.PHONE.value, ""),), raw, is_wa=False)


def _reader(text: str, delimiter: str) -> Iterable[list[str]]:
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    while True:
        try:
            yield next(rows)
        except StopIteration:
            return
        except csv.Error:  # a field beyond all measure
            continue


def _delimiter(text: str) -> str:
    """The one that cuts the first lines into the same number of cells, the most of them."""
    lines = [line for line in text.splitlines()[:20] if line.strip()]
    best, cells = ",", 1
    for each in _DELIMITERS:
        counts = [len(row) for row in csv.reader(lines, delimiter=each)]
        usual = max(set(counts), key=counts.count) if counts else 1
        if usual > cells and counts.count(usual) * 2 >= len(counts):
            best, cells = each, usual
    return best


def _meaning(head: str) -> str:
    head = " ".join(head.casefold().replace("_", " ").split())
    if not head or _NO_VALUE.search(head):
        return ""
    return next((meaning for meaning, words in _HEADS if re.search(words, head)), "")


def _guess_from_cells(columns: list[str], body: Sequence[Sequence[str]], region: str) -> None:
    """Numbers and e-mail addresses show in the cells, names in what is left of them."""
    for place in range(len(columns)):
        cells = [row[place] for row in body if place < len(row) and row[place].strip()]
        if not cells:
            continue
        phones = sum(_is_phone(_SEVERAL.split(cell)[0], region) for cell in cells)
        mails = sum("@" in cell for cell in cells)
        if columns[place] == "" and mails * 2 > len(cells):
            columns[place] = "email"
        elif columns[place] == "" and "phone" not in columns and phones * 2 > len(cells):
            columns[place] = "phone"
        elif columns[place] == "phone" and not phones and len(cells) > 2:
            columns[place] = ""
    if not {"name", "first_name", "last_name"}.intersection(columns):
        for place, meaning in enumerate(columns):
            cells = [row[place] for row in body if place < len(row) and row[place].strip()]
            if meaning == "" and cells and all(re.search(r"[^\W\d]", cell) for cell in cells):
                columns[place] = "name"
                return


def _drop_doubles(columns: list[str]) -> None:
    for meaning in ("name", "first_name", "last_name"):
        places = [place for place, each in enumerate(columns) if each == meaning]
        for place in places[1:]:
            columns[place] = ""
    if "first_name" in columns and "name" in columns:
        columns[columns.index("name")] = ""


def _is_phone(text: str, region: str) -> bool:
    try:
        parse_phone(text, region)
    except PhoneRefused as refused:
        return refused.reason == "masked" and any(letter.isdigit() for letter in text)
    return True
