"""Tell another system by a webhook, through the guarded client."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.api import (
    Ask,
    Foreseen,
    JobSpec,
    OutboundClient,
    OutcomeUnknown,
    Part,
    Refused,
    RetryAt,
    Scene,
    SendFailed,
    Taken,
    TenantSession,
    Trigger,
    enqueue,
    say,
)

LONGEST = 500


class Webhook:
    """POST what happened to an address, as JSON."""

    name = "webhook"
    label = say("Call a webhook")
    icon = "webhook"
    needs = Part.CONTACT

    def asks(self, session: TenantSession) -> Sequence[Ask]:
        return (
            Ask(
                name="url",
                label=say("Address"),
                hint=say("Begins with https://. Private networks are refused."),
            ),
        )

    def check(
        self, session: TenantSession, trigger: Trigger, values: Mapping[str, str]
    ) -> dict[str, Any]:
        url = values.get("url", "").strip()
        if not url.startswith(("https://", "http://")) or len(url) > LONGEST or " " in url:
            raise Refused(say("Give an address that begins with https://."), "url")
        return {"url": url}

    def told(self, session: TenantSession, values: Mapping[str, Any]) -> Any:
        return say("tell %(host)s", host=_host(str(values.get("url") or "")))

    def foresee(self, scene: Scene, values: Mapping[str, Any]) -> Foreseen:
        body = json.dumps(body_of(scene), indent=2, ensure_ascii=False)
        return Foreseen(self.told(scene.session, values), text=body, way=values["url"])

    def run(self, scene: Scene, values: Mapping[str, Any]) -> Taken:
        enqueue(
            scene.session,
            "automation.webhook",
            {"run_id": scene.run_id, "url": values["url"], "body": body_of(scene)},
            crowd=f"webhook:{_host(values['url'])}"[:60],
        )
        return Taken(self.told(scene.session, values))


def body_of(scene: Scene) -> dict[str, Any]:
    """Ids and what the order is about; whoever wants more asks the REST interface."""
    body: dict[str, Any] = {
        "contact_id": scene.contact.id,
        "customer_id": scene.contact.customer_id,
        **({"variables": dict(scene.variables)} if scene.variables else {}),
    }
    if scene.order is not None:
        body["order"] = {
            "id": scene.order.id,
            "number": scene.order.number,
            "status": scene.order.status.value,
            "payment": scene.order.payment.value,
            "total": str(scene.order.total),
            "currency": scene.order.currency,
        }
    if scene.conversation is not None:
        body["conversation_id"] = scene.conversation.id
    if scene.message is not None:
        body["message_id"] = scene.message.id
    return body


@dataclass(frozen=True)
class _Call:
    url: str
    key: str
    body: dict[str, Any]
    http: OutboundClient


class WebhookCall:
    """At least once, always with the same `Idempotency-Key`: an attempt that a crash cut is made
    again, and whoever listens can tell."""

    timeout = 30.0

    def claim(self, session: TenantSession, payload: dict[str, Any]) -> _Call:
        key = f"sapa-run-{payload['run_id']}"
        return _Call(payload["url"], key, payload["body"], session.desk.outbound)

    def call(self, claimed: _Call) -> None:
        answer = claimed.http.request(
            "POST",
            claimed.url,
            json=claimed.body,
            headers={"Idempotency-Key": claimed.key},
            total=20.0,
        )
        if answer.status_code >= 500 or answer.status_code == 429:
            raise SendFailed(
                "retry",
                str(answer.status_code),
                say("The answer was %(status)s.", status=answer.status_code),
            )

    def complete(
        self, session: TenantSession, payload: dict[str, Any], claimed: _Call, result: None
    ) -> None:
        """Nothing is kept: the run's history has the call."""

    def fail(
        self, session: TenantSession, payload: dict[str, Any], claimed: _Call, error: Exception
    ) -> RetryAt | None:
        if isinstance(error, SendFailed) and error.error_class != "retry":
            return None
        if isinstance(error, SendFailed | OutcomeUnknown):
            return RetryAt(reason=error.reason)
        return RetryAt()


CALL_WEBHOOK = JobSpec("automation.webhook", call=WebhookCall(), max_attempts=8)


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0] or "…"
