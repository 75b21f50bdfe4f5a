"""Posting what happens on the phone to the channel's webhook: really over HTTP, really signed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from core.api import (
    Channel,
    JobSpec,
    OutboundClient,
    OutcomeUnknown,
    RetryAt,
    SendFailed,
    TenantSession,
    account_of,
    now,
    say,
    tell,
    webhook_url,
)
from plugins.channels.simulator.adapter import HEADER, sign
from plugins.channels.simulator.models import Line, Person


@dataclass(frozen=True)
class Post:
    """One signed body on its way."""

    url: str
    body: bytes
    signature: str
    http: OutboundClient


class PostWebhook:
    """Repeated safely: Sapa takes an item that it knows already for what it is."""

    timeout = 30.0

    def claim(self, session: TenantSession, payload: dict[str, Any]) -> Post | None:
        """Build and sign the body; None where channel or lines are gone."""
        channel = session.get(Channel, payload["channel_id"])
        found = session.scalars(select(Line).where(Line.id.in_(payload["lines"])).order_by(Line.id))
        lines = list(found)
        if channel is None or channel.archived_at is not None or not lines:
            return None
        account = account_of(session, channel)
        body = json.dumps(document(session, payload["what"], lines)).encode()
        return Post(
            where_to_post(session, channel, str(account.settings.get("phone_url", ""))),
            body,
            sign(account.secrets.get("secret", ""), body),
            session.desk.outbound,
        )

    def call(self, post: Post) -> None:
        """Post it. SendFailed for any answer but 2xx."""
        headers = {HEADER: post.signature, "content-type": "application/json"}
        answer = post.http.request("POST", post.url, content=post.body, headers=headers)
        if 200 <= answer.status_code < 300:
            return
        later = answer.status_code == 429 or answer.status_code >= 500
        raise SendFailed(
            "retry" if later else "payload",
            str(answer.status_code),
            say("Sapa's webhook answered %(status_code)s.", status_code=answer.status_code),
        )

    def complete(
        self, session: TenantSession, payload: dict[str, Any], post: Post, result: None
    ) -> None:
        """Sapa has it."""
        self._settle(session, payload, "sent", "")

    def fail(
        self, session: TenantSession, payload: dict[str, Any], post: Post, error: Exception
    ) -> RetryAt | None:
        """Try again where that may help, else say on the phone why not."""
        if isinstance(error, OutcomeUnknown):
            return RetryAt(None, str(error))
        if isinstance(error, SendFailed) and error.error_class == "retry":
            return RetryAt(None, error.reason)
        reason = (
            error.reason if isinstance(error, SendFailed) else say("The phone could not post it.")
        )
        self._settle(session, payload, "failed", reason)
        return None

    def give_up(self, session: TenantSession, payload: dict[str, Any]) -> None:
        """The last attempt is used up."""
        self._settle(session, payload, "failed", say("Sapa's webhook could not be reached."))

    def _settle(
        self, session: TenantSession, payload: dict[str, Any], state: str, reason: str
    ) -> None:
        if payload["what"] != "message":
            return
        for line in session.scalars(select(Line).where(Line.id.in_(payload["lines"]))):
            line.state, line.reason = state, reason[:300]
            tell(session, "simulator", channel=line.channel_id, person=line.person_id)


def where_to_post(session: TenantSession, channel: Channel, phone_url: str) -> str:
    """The channel's webhook, at the address under which Sapa reaches this very phone.

    The public address may lead through a proxy that this machine can't go through itself.
    """
    ours = f"/simulator/phone/{channel.uuid}"
    if phone_url.endswith(ours):
        return f"{phone_url.removesuffix(ours)}/webhooks/{channel.uuid}"
    return webhook_url(session, channel)


def document(session: TenantSession, what: str, lines: list[Line]) -> dict[str, Any]:
    """The webhook's JSON for messages, reactions or receipts of these lines."""
    if what in ("delivered", "read"):
        at = now().isoformat()
        return {
            "statuses": [
                {"id": line.provider_id, "state": what, "at": at, "opaque": line.opaque}
                for line in lines
            ]
        }
    writers = {line.person_id: session.get_one(Person, line.person_id) for line in lines}
    messages = []
    for line in lines:
        writer = writers[line.person_id]
        message: dict[str, Any] = {
            "id": line.provider_id,
            "from": writer.number,
            "name": writer.name,
            "sent_at": line.at.isoformat(),
            "text": line.text,
            "reply_to": line.reply_to,
        }
        if what == "reaction":
            message |= {
                "id": f"{line.provider_id}-reaction",
                "reaction_to": line.provider_id,
                "text": line.reaction,
                "sent_at": now().isoformat(),
            }
        elif line.mime_type:
            message["media"] = {"id": line.provider_id, "mime_type": line.mime_type}
        messages.append(message)
    return {"messages": messages}


JOBS = (JobSpec("simulator.post", call=PostWebhook()),)
