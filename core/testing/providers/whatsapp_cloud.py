"""A Graph API on this machine: takes messages and files, tells a webhook what became of them.

In a test:

    with CloudSimulator(app_secret="s") as meta:
        meta.connect("http://127.0.0.1:8080/webhooks/<uuid>")
        meta.inject(text("6281234567890", "Halo"))

On its own (its journal survives a kill -9 of whatever it talks to):

    python -m core.testing.providers.whatsapp_cloud --port 9090 --webhook URL --secret APP_SECRET
"""

from __future__ import annotations

import argparse
import json
import signal
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.testing.providers.base import Answer, Call
from core.testing.providers.delivery import Delivery
from core.testing.providers.graph_api import GraphError, GraphSimulator, object_of
from core.testing.providers.journal import Journal
from core.testing.providers.whatsapp_cloud_bodies import (
    CloudBodies,
    Json,
    error,
    new_wamid,
    status,
    user_id_of,
)
from core.testing.providers.whatsapp_cloud_rules import File, Template, check_content

USUAL_CODES = {401: 190, 403: 10, 429: 130429}
ALL_FIELDS = (
    "account_update",
    "history",
    "message_template_status_update",
    "messages",
    "phone_number_quality_update",
    "smb_app_state_sync",
    "smb_message_echoes",
)


@dataclass(frozen=True)
class Sent:
    """A message that the simulator accepted."""

    wamid: str
    to: str
    payload: Json

    @property
    def opaque(self) -> str:
        return str(self.payload.get("biz_opaque_callback_data", ""))


@dataclass(eq=False)
class CloudSimulator(GraphSimulator):
    """One WhatsApp number at Meta.

    `auto_statuses` follow each accepted send by themselves, in order; `()` leaves them to
    `report`. `failing` maps a recipient to the code that its messages fail with: Meta accepts them
    and tells by a status. `closed_windows` are the recipients who get templates only (131047).
    """

    numbers: CloudBodies = field(default_factory=CloudBodies)
    auto_statuses: tuple[str, ...] = ()
    journal_path: Path | None = None
    templates: list[Template] = field(default_factory=list)
    failing: dict[str, int] = field(default_factory=dict)
    closed_windows: set[str] = field(default_factory=set)
    is_subscribed: bool = True
    scopes: tuple[str, ...] = ("whatsapp_business_management", "whatsapp_business_messaging")
    webhook_fields: tuple[str, ...] | None = ALL_FIELDS
    number: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.journal = Journal(self.journal_path)
        self.sent: list[Sent] = []
        self.files: dict[str, File] = {}
        self.read: list[str] = []
        self.imports: list[str] = []
        self._reports: list[threading.Thread] = []

    def inject(self, *messages: Json, names: dict[str, str] | None = None) -> Delivery:
        """Let people write: one webhook with all of these messages."""
        return self.deliver(self.numbers.body(self.numbers.messages(*messages, names=names)))

    def report(self, sent: Sent, *states: str, code: int = 0) -> None:
        """Tell how far a message got, one webhook a state."""
        for state in states:
            reason = error(code, f"Refused with {code}") if state == "failed" else None
            receipt = status(sent.wamid, state, sent.to, opaque=sent.opaque, error=reason)
            self.deliver(self.numbers.body(self.numbers.statuses(receipt)))

    def keep_file(self, content: bytes, mime_type: str, filename: str = "") -> str:
        """Hold a file for download, as if a person had sent it; returns the media id."""
        media_id = str(10**14 + len(self.files) + 1)
        self.files[media_id] = File(content, mime_type, filename)
        return media_id

    def stop(self) -> None:
        super().stop()
        for report in self._reports:
            report.join(timeout=5)

    def usual_code(self, status: int) -> int:
        """The Cloud API has codes of its own."""
        return USUAL_CODES.get(status, 131000 if status >= 500 else 100)

    def route(self, call: Call, path: list[str]) -> Answer:
        """Answer as graph.facebook.com and lookaside.fbsbx.com do."""
        own, waba = self.numbers.phone_number_id, self.numbers.waba_id
        match (call.method, *path):
            case ("POST", number, "messages") if number == own:
                return self._take_message(call)
            case ("POST", number, "media") if number == own:
                return self._take_file(call)
            case ("POST", number, "smb_app_data") if number == own:
                return self._begin_import(call)
            case ("GET", account, "message_templates") if account == waba:
                return self._list_templates(call)
            case ("GET", account, "subscribed_apps") if account == waba:
                app = {"whatsapp_business_api_data": {"id": "1", "name": "Sapa"}}
                return Answer.of({"data": [app] if self.is_subscribed else []})
            case ("GET", "debug_token"):
                return self.debug_token()
            case ("GET", "me"):
                return Answer.of({"id": "122100000000000"})
            case ("GET", app_id, "subscriptions") if app_id == self.app_id:
                return self.list_subscriptions("whatsapp_business_account")
            case ("GET", number) if number == own:
                return self._describe_number()
            case ("GET", "files", media_id) if media_id in self.files:
                file = self.files[media_id]
                return Answer(200, file.content, file.mime_type)
            case ("GET", media_id) if media_id in self.files:
                return self._describe_file(media_id)
            case ("DELETE", media_id) if media_id in self.files:
                del self.files[media_id]
                return Answer.of({"success": True})
        raise GraphError(100, f"Unsupported {call.method.lower()} request.", 400)

    def _begin_import(self, call: Call) -> Answer:
        kind = object_of(call).get("sync_type")
        if kind not in ("history", "smb_app_state_sync"):
            raise GraphError(100, "Invalid parameter", details="sync_type")
        if kind in self.imports:
            raise GraphError(100, "Invalid parameter", details="This was asked for already")
        self.imports.append(kind)
        return Answer.of({"messaging_product": "whatsapp", "request_id": f"sync-{kind}"})

    def _mark_read(self, payload: Json) -> Answer:
        if not isinstance(payload.get("message_id"), str):
            raise GraphError(100, "Invalid parameter", details="message_id")
        self.read.append(payload["message_id"])
        return Answer.of({"success": True})

    def _take_message(self, call: Call) -> Answer:
        payload = object_of(call)
        if payload.get("status") == "read":
            return self._mark_read(payload)
        to = payload.get("to") or payload.get("recipient")
        if payload.get("messaging_product") != "whatsapp" or not isinstance(to, str):
            raise GraphError(100, "Invalid parameter", details="messaging_product, to or recipient")
        to = to.removeprefix("+")
        check_content(payload, self.templates, self.files)
        sent = Sent(new_wamid(), to, payload)
        self.journal.add(opaque=sent.opaque, wamid=sent.wamid, to=to, type=payload.get("type"))
        self.sent.append(sent)
        self._report_later(sent)
        return Answer.of(
            {
                "messaging_product": "whatsapp",
                "contacts": [{"input": to, "wa_id": to, "user_id": user_id_of(to)}],
                "messages": [{"id": sent.wamid}],
            }
        )

    def _take_file(self, call: Call) -> Answer:
        if call.form.get("messaging_product") != "whatsapp" or "file" not in call.files:
            raise GraphError(100, "Invalid parameter", details="messaging_product and file")
        filename, mime_type, content = call.files["file"]
        return Answer.of({"id": self.keep_file(content, mime_type, filename)})

    def _describe_file(self, media_id: str) -> Answer:
        file = self.files[media_id]
        return Answer.of(
            {
                "messaging_product": "whatsapp",
                "url": f"{self.url}/files/{media_id}",
                "mime_type": file.mime_type,
                "sha256": file.sha256,
                "file_size": len(file.content),
                "id": media_id,
            }
        )

    def _list_templates(self, call: Call) -> Answer:
        after, limit = int(call.query.get("after") or 0), int(call.query.get("limit") or 25)
        page = self.templates[after : after + limit]
        number = len(self.templates)
        document: Json = {
            "data": [template.document() for template in page],
            "summary": {
                "total_count": number,
                "message_template_count": number,
                "message_template_limit": 250,
                "are_translations_complete": True,
            },
        }
        if after + limit < len(self.templates):
            following = str(after + limit)
            document["paging"] = {
                "cursors": {"after": following},
                "next": f"{self.graph_url}/{self.numbers.waba_id}/message_templates"
                f"?limit={limit}&after={following}",
            }
        return Answer.of(document)

    def _describe_number(self) -> Answer:
        return Answer.of(
            {
                "id": self.numbers.phone_number_id,
                "display_phone_number": self.numbers.display_phone_number,
                "verified_name": "Sapa Demo",
                "quality_rating": "GREEN",
                "code_verification_status": "VERIFIED",
                "status": "CONNECTED",
                "platform_type": "CLOUD_API",
                "is_on_biz_app": False,
                "whatsapp_business_manager_messaging_limit": "TIER_2K",
                **self.number,
            }
        )

    def _report_later(self, sent: Sent) -> None:
        code = self.failing.get(sent.to, 0)
        if not code and sent.to in self.closed_windows and sent.payload.get("type") != "template":
            code = 131047
        states = ("failed",) if code else self.auto_statuses
        if self.courier is None or not states:
            return
        report = threading.Thread(
            target=self.report, args=(sent, *states), kwargs={"code": code}, daemon=True
        )
        self._reports.append(report)
        report.start()


def main() -> None:
    """Run until a signal ends it; print the address as one line of JSON."""
    parser = argparse.ArgumentParser(description="A WhatsApp Cloud API on this machine.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--webhook", help="where to deliver webhooks")
    parser.add_argument("--secret", default="app-secret", help="the app secret that signs them")
    parser.add_argument("--token", default="access-token", help="the bearer that sends must have")
    parser.add_argument("--journal", type=Path, help="keep a line of JSON for each send here")
    parser.add_argument("--delay", type=float, default=0, help="seconds until a send is answered")
    parser.add_argument("--statuses", default="", help="for example sent,delivered,read")
    options = parser.parse_args()
    simulator = CloudSimulator(
        app_secret=options.secret,
        access_token=options.token,
        auto_statuses=tuple(filter(None, options.statuses.split(","))),
        port=options.port,
        journal_path=options.journal,
    )
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with simulator:
        if options.delay:
            simulator.delay_next(options.delay, 100_000, only="/messages")
        if options.webhook:
            simulator.connect(options.webhook)
        print(json.dumps({"graph_url": simulator.graph_url}), flush=True)
        ended.wait()


if __name__ == "__main__":
    main()
