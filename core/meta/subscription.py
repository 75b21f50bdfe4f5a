"""Whether a page or account delivers to the app at all: its own subscription, beside the app's."""

from __future__ import annotations

from core.adapter import Account, Finding
from core.meta.checking import LIMIT, TOKEN_CODES, Webhook, fields
from core.meta.dialect import Dialect
from core.meta.graph import node
from core.outbound import OutboundClient, OutcomeUnknown, SendFailed
from core.words import say


def subscribe(dialect: Dialect, account: Account, http: OutboundClient) -> None:
    """Have the page deliver to the token's app. Raises SendFailed, OutcomeUnknown.

    A token that may write and not subscribe is no fault: the guide has the step by hand, and the
    test of the connection says whether it was done.
    """
    path = f"{node(dialect.node_of(account))}/subscribed_apps"
    wanted = ",".join(dialect.webhook_fields)
    try:
        dialect.graph.call(account, http, "POST", path, data={"subscribed_fields": wanted})
    except SendFailed as failed:
        if failed.error_class != "channel" or failed.code in TOKEN_CODES:
            raise


def unsubscribe(dialect: Dialect, account: Account, http: OutboundClient) -> None:
    """Have the page deliver to the token's app no more. Raises SendFailed, OutcomeUnknown."""
    path = f"{node(dialect.node_of(account))}/subscribed_apps"
    dialect.graph.call(account, http, "DELETE", path)


def look_at(dialect: Dialect, account: Account, expected: Webhook, http: OutboundClient) -> Finding:
    """Whether the page delivers to the app, and what."""
    what = say("The app is subscribed to %(channel)s", channel=dialect.title)
    path = f"{node(dialect.node_of(account))}/subscribed_apps"
    try:
        found = dialect.graph.call(account, http, "GET", path, total=LIMIT)
    except (SendFailed, OutcomeUnknown) as error:
        return Finding(what, False, error.reason)
    rows = found.get("data")
    rows = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    if not rows:
        return Finding(
            what,
            False,
            say(
                "Meta delivers nothing. Under %(where)s add a subscription and tick messages.",
                where=expected.where,
            ),
        )
    on = {str(name) for row in rows for name in row.get("subscribed_fields") or []}
    return fields(on, expected) if on else Finding(what, True)
