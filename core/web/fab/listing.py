"""What a list page may be asked for: order, page, size. Anything else is a sentence, not a 500.

Upstream: `page_X=abc` is a 500, `psize_X=1000000` reads the table, and a page orders by
whatever attribute the URL names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app, request

from core.errors import Malformed
from core.web.fab.values import key_of
from core.words import say


@dataclass(frozen=True)
class Listing:
    """One view's place in the page: rows are `page * size` onwards, or behind key `after`."""

    order_column: str
    order_direction: str
    page: int
    size: int
    after: Any = None


def asked(view: Any) -> Listing:
    """The listing that this request asks of `view`; raises Malformed with a sentence."""
    name = type(view).__name__
    column = request.args.get(f"_oc_{name}", "")
    direction = request.args.get(f"_od_{name}", "asc")
    if column and column not in view.order_columns:
        raise Malformed(say("This list can't be ordered by %(column)s.", column=repr(column[:50])))
    if direction not in ("asc", "desc"):
        raise Malformed(say("Order a list by asc or desc."))
    if not column:
        column, direction = view.base_order or ("", "asc")
    largest: int = current_app.config.get("SAPA_LIST_MAX_PAGE_SIZE", 100)
    size = _number(f"psize_{name}", view.page_size)
    after = request.args.get(f"after_{name}")
    if after is not None:
        key = key_of(view.datamodel.key, after)
        if key is None or column not in ("", view.datamodel.key.name):
            raise Malformed(say("Paging by key needs a row's id and the list's own order."))
        return Listing(column, direction, 0, min(max(size, 1), largest), key)
    return Listing(column, direction, _number(f"page_{name}", 0), min(max(size, 1), largest))


def _number(arg: str, default: int) -> int:
    text = request.args.get(arg, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Malformed(say("%(arg)s must be a whole number.", arg=arg))
    return int(text)
