"""The form that Twilio posts."""

from __future__ import annotations

from urllib.parse import parse_qsl

MOST_FIELDS = 500  # a message with ten files has about 40


def pairs_of(body: bytes) -> list[tuple[str, str]]:
    """Its names and values in their order, empty ones too. Raises ValueError for no UTF-8 form."""
    return parse_qsl(
        body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
    )


def values_of(body: bytes) -> dict[str, str]:
    """Each name's first value. Raises ValueError."""
    return dict(reversed(pairs_of(body)))
