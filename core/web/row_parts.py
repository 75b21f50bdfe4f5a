"""What every row of a list has alike, rendered once: links and buttons with the row left blank.

A list of 25 rows has a hundred links and buttons that differ by a key and a name. Building each
by itself took half of the page's time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from markupsafe import Markup, escape

ROW_KEY = "row-key-stands-here"
"""Give this as `pk` where a part is rendered for all rows."""
ROW_NAME = "row-name-stands-here"
"""The same for the row's name."""


def said_once(labels: Mapping[str, Any], columns: Iterable[str]) -> dict[str, str]:
    """The columns' labels as text: a lazy one is translated again each time it is shown."""
    return {column: str(labels.get(column, "")) for column in columns}


def for_row(part: Any, key: Any, name: Any = "") -> Any:
    """A part with a row's key and name in their places; nothing stays nothing.

    The key is quoted for an address, the name escaped for HTML, whichever the part is: an address
    is text and holds no name.
    """
    if not part:
        return part
    filled = str(part).replace(ROW_KEY, quote(str(key), safe=""))
    filled = filled.replace(ROW_NAME, str(escape(name)))
    return Markup(filled) if isinstance(part, Markup) else filled  # noqa: S704 - escaped above
