"""Files of contacts: CSV in whatever shape, vCard 2.1, 3.0 and 4.0."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from plugins.sync.files.csv_file import read_csv
from plugins.sync.files.text import text_of
from plugins.sync.files.vcard import read_vcards
from plugins.sync.rows import Row

CSV, VCARD = "csv", "vcard"


def format_of(content: bytes) -> str:
    """`csv` or `vcard`, by what is in the file rather than by what it is called."""
    return VCARD if "BEGIN:VCARD" in text_of(content[:4096]).upper() else CSV


def read_file(content: bytes, kind: str, columns: Sequence[str], has_header: bool) -> Iterable[Row]:
    """The rows of a file; `columns` says what each of a CSV file's means (`csv_file.MEANINGS`)."""
    if kind == VCARD:
        return read_vcards(text_of(content))
    return read_csv(text_of(content), columns, has_header=has_header)
