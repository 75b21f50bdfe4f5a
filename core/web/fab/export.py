"""CSV to keep: the rows that a list shows, streamed, and safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from flask import Response, current_app, stream_with_context

from core.tenancy.context import current_tenant, use_tenant
from core.words import say, told

BATCH = 500
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def cell(value: object) -> str:
    """One cell. A text that a spreadsheet would run as a formula gets a leading apostrophe."""
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        value = ", ".join(map(str, value))
    text = str(value)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return "'" + text if text.startswith(_DANGEROUS) and not is_number else text


def csv_file(name: str, rows: Iterable[Sequence[object]]) -> Response:
    """`<name>.csv` to keep, streamed as `rows` come. They are read under the request's tenant, but
    after its session is closed: whoever reads a database there opens one of its own."""
    answer = Response(
        stream_with_context(_lines(rows, current_tenant())), mimetype="text/csv; charset=utf-8"
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def exported(view: Any, filters: Any) -> Response:
    """All rows of `view` that `filters` leaves, at most SAPA_EXPORT_MAX_ROWS (10,000).

    A file that was cut says so in its last line. Rows come in key order, in batches.
    """
    most: int = current_app.config.get("SAPA_EXPORT_MAX_ROWS", 10_000)
    return csv_file(view.datamodel.obj.__name__.lower(), _rows(view, filters, most))


def _lines(rows: Iterable[Sequence[object]], tenant_id: int | None) -> Iterator[str]:
    # The request has been torn down when the first row is read, its tenant with it: Flask
    # gives a stream the request's context back, not what we keep beside it.
    with use_tenant(tenant_id):
        for row in rows:
            yield _line(list(map(cell, row)))


def _rows(view: Any, filters: Any, most: int) -> Iterator[Sequence[object]]:
    columns = view.list_columns
    yield [str(view.label_columns.get(c, c)) for c in columns]
    for number, row in enumerate(view.datamodel.batches(filters, BATCH, most + 1)):
        if number == most:
            yield [
                told(
                    say(
                        "Only the first %(most)s rows are in this file. Filter the list for the "
                        "rest.",
                        most=most,
                    )
                )
            ]
            return
        yield view.datamodel.get_values_item(row, columns)


def _line(cells: list[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue()
