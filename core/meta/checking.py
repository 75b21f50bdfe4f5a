"""What a test of any connection to Meta looks at: the app's secret, the token, the webhook.

Each is looked at by itself, reads only, and a fault is said with its cure.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from core.adapter import Account, Finding
from core.meta.graph import Graph, node
from core.outbound import OutboundClient, OutcomeUnknown, SendFailed
from core.words import say

TOKEN_CODES = frozenset({"0", "190", "401", "no_token"})
LIMIT = 10.0  # seconds for each question

Answer = dict[str, Any]


def token_taken() -> Finding:
    """The first good news of every test."""
    return Finding(say("Meta takes the access token"), True)


def fault(error: SendFailed | OutcomeUnknown, where: str) -> Finding | None:
    """What a refused first question says of the token, which is made `where`, or of Meta.

    None: neither is at fault.
    """
    if error.code in TOKEN_CODES:
        return Finding(
            say("Meta takes the access token"),
            False,
            say("%(reason)s Make a new one: %(where)s.", reason=error.reason, where=where),
        )
    if isinstance(error, OutcomeUnknown) or error.error_class == "retry":
        return Finding(
            say("Meta answers"),
            False,
            say("%(reason)s Try again in a minute.", reason=error.reason),
        )
    return None


def app_secret(graph: Graph, account: Account, http: OutboundClient) -> Finding:
    """Meta refuses a proof made with another app's secret, so a wrong one shows before a webhook
    is refused for it.
    """
    what = say("The app secret belongs to the app of the token")
    token = account.secrets.get("access_token", "")
    secret = account.secrets.get("app_secret", "")
    proof = hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()
    try:
        graph.call(account, http, "GET", f"me?fields=id&appsecret_proof={proof}", total=LIMIT)
    except (SendFailed, OutcomeUnknown) as error:
        if "appsecret_proof" not in error.reason:
            return Finding(what, True)  # something else is wrong, and is said elsewhere
        return Finding(
            what,
            False,
            say(
                "Every webhook would be refused with 401. Copy it anew: App settings > Basic > App "
                "secret > Show, of the app for which the token was made."
            ),
        )
    return Finding(what, True)


def token_facts(graph: Graph, account: Account, http: OutboundClient) -> Answer | None:
    """What Meta knows of the token: its app and its scopes. None where it doesn't say."""
    token = account.secrets.get("access_token", "")
    try:
        answer = graph.call(
            account, http, "GET", "debug_token", params={"input_token": token}, total=LIMIT
        )
    except (SendFailed, OutcomeUnknown):
        return None
    data = answer.get("data")
    return data if isinstance(data, dict) and data.get("app_id") else None


def permissions(token: Answer, needed: Sequence[str], where: str) -> Finding:
    """Whether the token has all `needed` scopes; `where` it is made."""
    given = token.get("scopes")
    given = given if isinstance(given, list) else []
    missing = [scope for scope in needed if scope not in given]
    what = say("The token has the permissions that are needed")
    if not missing:
        return Finding(what, True)
    return Finding(
        what,
        False,
        say(
            "Missing: %(missing)s. Generate the token anew with all of them: %(where)s.",
            missing=", ".join(missing),
            where=where,
        ),
    )


@dataclass(frozen=True)
class Webhook:
    """How the app is to deliver: for which `object`, the fields that are needed and those that are
    wanted, and `where` a person sets it.
    """

    what: str
    url: str
    needed: Sequence[str]
    wanted: Sequence[str]
    where: str


def webhook(
    graph: Graph, account: Account, token: Answer, http: OutboundClient, expected: Webhook
) -> Iterator[Finding]:
    """Where the app delivers and what: only an app's own token may read it."""
    app, secret = str(token.get("app_id")), account.secrets.get("app_secret", "")
    try:
        answer = graph.call(
            account, http, "GET", f"{node(app)}/subscriptions", token=f"{app}|{secret}", total=LIMIT
        )
    except (SendFailed, OutcomeUnknown):
        return
    rows = answer.get("data")
    row = next(
        (
            each
            for each in (rows if isinstance(rows, list) else [])
            if isinstance(each, dict) and each.get("object") == expected.what
        ),
        None,
    )
    if row is None:
        yield Finding(
            say("The app has a webhook"),
            False,
            say(
                "%(where)s > Webhook > Edit: enter the webhook address and the verify token, then "
                "Verify and save.",
                where=expected.where,
            ),
        )
        return
    if row.get("callback_url") != expected.url:
        yield Finding(
            say("The app's webhook leads here"),
            False,
            say(
                "It leads to %(address)s; it should be %(wanted)s. Correct it under "
                "%(where)s > Webhook > Edit.",
                address=row.get("callback_url"),
                wanted=expected.url,
                where=expected.where,
            ),
        )
    on = {
        str(each.get("name")) if isinstance(each, dict) else str(each)
        for each in row.get("fields") or []
    }
    yield fields(on, expected)


def fields(on: set[str], expected: Webhook) -> Finding:
    """Whether the webhook fields are subscribed; one that is only wanted is advice, no fault."""
    missing = [name for name in (*expected.needed, *expected.wanted) if name not in on]
    what = say("The webhook fields are subscribed")
    if not missing:
        return Finding(what, True)
    return Finding(
        what,
        not any(name in expected.needed for name in missing),
        say(
            "Missing: %(missing)s. Subscribe to them under %(where)s.",
            missing=", ".join(missing),
            where=expected.where,
        ),
    )
