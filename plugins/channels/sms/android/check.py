"""Testing a connection: the gateway, its credentials, the phone, the events. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from core.api import (
    Account,
    Finding,
    OutboundClient,
    OutcomeUnknown,
    SendFailed,
    careful,
    now,
    say,
)
from plugins.channels.sms.android.errors import CHANNEL
from plugins.channels.sms.android.gateway import AlreadyThere, base_url, call
from plugins.channels.sms.android.parse import EVENTS, NEEDED
from plugins.channels.sms.android.webhooks import registered_here

AWAY = timedelta(hours=1)


def check_connection(account: Account, webhook_url: str, http: OutboundClient) -> Iterator[Finding]:
    """Yield findings; end at the first fault that hides the rest."""
    try:
        rows = registered_here(account, webhook_url, http)
    except (SendFailed, OutcomeUnknown, AlreadyThere) as error:
        yield _fault(account, error)
        return
    yield Finding(say("The gateway answers and takes the user name and password"), True)
    yield from _phone(account, http)
    missing = set(NEEDED) - {str(row.get("event")) for row in rows}
    what = say("The phone delivers messages here")
    if missing:
        advice = say(
            "Not registered: %(missing)s. Open Settings and press Save to set it.",
            missing=", ".join(event for event in EVENTS if event in missing),
        )
        yield Finding(what, False, advice)
        return
    yield Finding(what, True)


def _phone(account: Account, http: OutboundClient) -> Iterator[Finding]:
    """When the phone was last there. A phone that serves itself has no list of devices."""
    try:
        rows = call(account, http, "GET", "devices", total=8.0)
    except (SendFailed, OutcomeUnknown, AlreadyThere):
        return
    wanted = account.settings.get("device_id")
    devices = [
        row
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, dict) and (not wanted or row.get("id") == wanted)
    ]
    if not devices:
        advice = say("Open the app and switch its server on; compare the Device ID.")
        yield Finding(say("The phone is known to the gateway"), False, advice)
        return
    yield max((_seen(row) for row in devices), key=lambda finding: finding.is_good)


def _seen(row: dict[str, Any]) -> Finding:
    name = str(row.get("name") or "?")[:60]
    what = say("The phone %(name)s was there within the hour", name=name)
    try:
        is_there = careful.iso_moment(row, "lastSeen") > now() - AWAY
    except careful.Unreadable:
        return Finding(what, True)  # an older server doesn't say
    if is_there:
        return Finding(what, True)
    advice = say("Is it on, online and out of battery saving? Texts wait for it at the gateway.")
    return Finding(what, False, advice)


def _fault(account: Account, error: Exception) -> Finding:
    reason = getattr(error, "reason", "")
    if isinstance(error, SendFailed) and error.error_class == CHANNEL:
        advice = say("%(reason)s Compare both with the app's Home tab.", reason=reason)
        what = say("The gateway answers and takes the user name and password")
        return Finding(what, False, advice)
    advice = say("%(reason)s Is the server on, and its address right?", reason=reason)
    return Finding(say("The gateway at %(url)s answers", url=base_url(account)), False, advice)
