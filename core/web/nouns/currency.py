"""The currency of an amount: what a form begins with, and which codes there are."""

from __future__ import annotations

from typing import Any

from babel.numbers import get_territory_currencies, list_currencies
from flask import request
from sqlalchemy import select

from core.errors import Refused
from core.models import Order
from core.web.request import need_tenant, web_session
from core.words import say


class PrefillsCurrency:
    """A form for something new begins with the usual currency."""

    def _form(self, kind: Any, item: Any = None) -> Any:
        form = super()._form(kind, item)  # type: ignore[misc]  # a mixin before the base
        if item is None and "currency" in form and request.method == "GET":
            form.currency.data = usual_currency()
        return form


def usual_currency() -> str:
    """The last order's, else the one of the tenant's country."""
    last = select(Order.currency).order_by(Order.id.desc()).limit(1)
    found: str | None = web_session().scalar(last)
    current = get_territory_currencies(need_tenant().default_region)
    return found or (current[0] if current else "USD")


def checked_currency(typed: str | None) -> str:
    """A typed code, or without one the usual. Refused, field `currency`: there is none such."""
    code = (typed or usual_currency()).strip().upper()
    if code not in list_currencies():
        raise Refused(say("Give the currency's three letters, like IDR or RON."), "currency")
    return code
