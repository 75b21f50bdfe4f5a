"""How whoever reads a page wants to see it: locale, time zone, amounts, moments.

The tenant decides on the clock, the language of the answer (see `language.py`) on the rest.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from babel.numbers import format_decimal
from flask import Flask, has_request_context
from flask_babel import get_locale

from core.amounts import as_money
from core.web.request import tenant


def init_reader(app: Flask) -> None:
    """Let flask_babel convert to the tenant's clock too: forms type and show times on it."""
    app.extensions["babel"].timezone_selector = zone_name


def zone_name() -> str:
    """The current tenant's time zone; UTC where there is no tenant."""
    here = tenant() if has_request_context() else None
    return here.time_zone if here else "UTC"


def reader_locale() -> Locale:
    """The language of this answer; a tenant's own region of it, as `en_GB`, where it has one."""
    here = tenant() if has_request_context() else None
    language = get_locale() or Locale("en")
    try:
        own = Locale.parse(here.locale.replace("-", "_")) if here else language
    except (UnknownLocaleError, ValueError):  # a tenant's locale is free text in old rows
        return language
    return own if own.language == language.language else language


def on_clock(value: datetime) -> datetime:
    """A moment on the tenant's clock. A naive one (FAB's own tables) is UTC."""
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    return aware.astimezone(ZoneInfo(zone_name()))


def local_time(value: datetime) -> str:
    """Day and minute; seconds only distract."""
    moment, locale = on_clock(value), reader_locale()
    return f"{local_date(moment.date())}, {format_time(moment, 'short', locale=locale)}"


def local_date(value: date, pattern: str = "medium") -> str:
    """A day, as the reader's locale writes it."""
    day = on_clock(value).date() if isinstance(value, datetime) else value
    return str(format_date(day, pattern, locale=reader_locale()))


def local_number(value: Any) -> str:
    """A number with the locale's separators, without needless zeros."""
    return str(format_decimal(value, locale=reader_locale()))


def local_money(amount: Decimal | None, currency: str) -> str:
    """`Rp 150.000` or `240,50 RON`; "" where there is no amount."""
    return "" if amount is None else as_money(amount, currency, reader_locale())
