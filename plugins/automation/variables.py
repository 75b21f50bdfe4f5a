"""What a template's `{variables}` stand for, in the language of the business."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from babel import Locale, UnknownLocaleError
from babel.dates import format_date

from core.api import (
    Order,
    Refused,
    Scene,
    Tenant,
    Trigger,
    as_money,
    say,
    templates,
    tenant_of,
)

NAMES = {
    "contactname": say("the customer's name"),
    "username": say("who is in charge here"),
    "productname": say("what was ordered"),
    "documentnumber": say("the order's number"),
    "amount": say("the order's total"),
    "trackingnumber": say("the carrier's tracking number"),
    "estimateddate": say("the estimated delivery day"),
}


def check(trigger: Trigger, names: Iterable[str], field: str) -> None:
    """Refuse variables that the trigger can't fill (B11)."""
    unknown = [name for name in names if name not in trigger.variables]
    if unknown:
        raise Refused(
            say(
                "%(unknown)s can't be filled when %(trigger)s. Use %(known)s.",
                unknown=", ".join(f"{{{name}}}" for name in unknown),
                trigger=trigger.label,
                known=", ".join(f"{{{name}}}" for name in trigger.variables),
            ),
            field,
        )


def fill(scene: Scene) -> Mapping[str, str]:
    """Every variable that the scene has a value for; "" where it is empty."""
    tenant = tenant_of(scene.session)
    found = {
        "contactname": str(scene.contact.customer) if scene.contact.customer.name else "",
        "username": _who(scene, tenant),
    }
    found["contactname"] = found["contactname"] or scene.contact.name or scene.contact.phone
    if scene.order is not None:
        found |= _of_order(scene.order, locale_of(tenant))
    return {**found, **scene.variables}


def shown(text: str, values: Mapping[str, str]) -> str:
    """`text` with what can be filled filled in; the rest stays as it is written."""
    return re.sub(r"\{(\w+)\}", lambda match: values.get(match[1]) or match[0], text)


def names_in(text: str) -> list[str]:
    """The variables of a text."""
    return templates.variables_of(text)


def locale_of(tenant: Tenant) -> Locale:
    """The language that the business writes in."""
    try:
        return Locale.parse(tenant.locale.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")


def _of_order(order: Order, locale: Locale) -> dict[str, str]:
    day = order.estimated_date
    return {
        "productname": ", ".join(line.product for line in order.lines),
        "documentnumber": order.number,
        "amount": as_money(order.total, order.currency, locale),
        "trackingnumber": order.tracking_number,
        "estimateddate": format_date(day, "long", locale=locale) if day else "",
    }


def _who(scene: Scene, tenant: Tenant) -> str:
    """Who has the conversation, else the business."""
    talk = scene.conversation
    if talk is not None and talk.assignee is not None:
        return str(talk.assignee.name)
    return tenant.name
