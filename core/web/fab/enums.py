"""The members of an Enum column by what is stored: its names, or with `values_callable` its values.

Upstream takes the names for granted.
"""

from __future__ import annotations

from typing import Any


def members_of(kind: Any) -> dict[str, Any]:
    """`{stored text: member}` of a SQLAlchemy Enum type; without a class the texts themselves."""
    if kind.enum_class is None:
        return {text: text for text in kind.enums}
    return dict(zip(kind.enums, kind.enum_class, strict=True))
