"""A Messenger Platform on this machine: one Facebook page, or one Instagram account.

In a test:

    with PageSimulator() as meta:                                   # or instagram_simulator()
        meta.connect("http://127.0.0.1:8080/webhooks/<uuid>")
        meta.inject(meta.bodies.text("7001", "Halo"))
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from core.testing.providers.base import Answer, Call
from core.testing.providers.delivery import Delivery
from core.testing.providers.graph_api import GraphError, GraphSimulator, Json
from core.testing.providers.messenger_bodies import PlatformBodies, new_mid
from core.testing.providers.messenger_rules import check_file, check_occasion, check_text

FIELDS = (
    "messages",
    "message_echoes",
    "message_deliveries",
    "message_reads",
    "message_reactions",
    "message_edits",
    "messaging_postbacks",
    "messaging_policy_enforcement",
    "standby",
)
INSTAGRAM_FIELDS = (
    "messages",
    "messaging_postbacks",
    "message_reactions",
    "messaging_seen",
    "message_edit",
    "standby",
)


@dataclass(frozen=True)
class Sent:
    """A message that the simulator accepted."""

    mid: str
    to: str
    payload: Json

    @property
    def message(self) -> Json:
        found = self.payload.get("message")
        return found if isinstance(found, dict) else {}

    @property
    def text(self) -> str:
        return str(self.message.get("text", ""))

    @property
    def opaque(self) -> str:
        return str(self.message.get("metadata", ""))


@dataclass(eq=False)
class PageSimulator(GraphSimulator):
    """One page or account. `node` is the id that it is called by, where webhooks bear another.

    `names`: what Meta tells of people, by id. `closed_windows`: who wrote more than 24 hours ago
    (only HUMAN_AGENT gets through), `gone`: who blocked the page (551). `echoes`: whether a send is
    followed by its own echo.
    """

    scopes: tuple[str, ...] = ("pages_messaging", "pages_manage_metadata")
    webhook_fields: tuple[str, ...] | None = FIELDS
    bodies: PlatformBodies = field(default_factory=PlatformBodies)
    node: str = ""
    names: dict[str, Json] = field(default_factory=dict)
    closed_windows: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    subscribed: tuple[str, ...] | None = FIELDS
    echoes: bool = False
    linked_id: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.node = self.node or self.bodies.own_id
        self.sent: list[Sent] = []
        self.reactions: list[Json] = []
        self.uploads: dict[str, tuple[str, str, bytes]] = {}
        self.files: dict[str, tuple[str, bytes]] = {}

    def inject(self, *events: Json, **how: Any) -> Delivery:
        """Let people write: one webhook with all of these events."""
        return self.deliver(self.bodies.body(*events), **how)

    def keep_file(self, content: bytes, mime_type: str, name: str = "file.bin") -> str:
        """Hold a file as if a person had sent it; the signed address that its webhook bears."""
        self.files[name] = (mime_type, content)
        return f"{self.url}/cdn/{name}?_nc_sid=1&oh=signed&oe=6A000000"

    def answer(self, call: Call) -> Answer:
        """Files lie on a host of their own, where the address is the permission."""
        parts = call.path.strip("/").split("/")
        if parts[0] == "cdn":
            mime_type, content = self.files.get(parts[-1], ("", b""))
            known = parts[-1] in self.files and call.query.get("oh") == "signed"
            return Answer(200, content, mime_type) if known else Answer(403, b"URL expired")
        return super().answer(call)

    def route(self, call: Call, path: list[str]) -> Answer:
        """Answer as graph.facebook.com and graph.instagram.com do."""
        match (call.method, *path):
            case ("POST", own, "messages") if own == self.node:
                return self._take_message(_parameters(call))
            case ("POST", own, "message_attachments") if own == self.node:
                return self._take_file(call)
            case ("GET" | "POST" | "DELETE", own, "subscribed_apps") if own == self.node:
                return self._subscription(call)
            case ("GET", "debug_token"):
                return self.debug_token()
            case ("GET", "me"):
                return Answer.of({"id": self.node, "user_id": self.node, "name": "Toko Melati"})
            case ("GET", app_id, "subscriptions") if app_id == self.app_id:
                return self.list_subscriptions(self.bodies.what)
            case ("GET", own) if own == self.node:
                linked = self.linked_id or self.bodies.own_id
                return Answer.of({"id": own, "instagram_business_account": {"id": linked}})
            case ("GET", person) if person in self.names:
                asked = str(call.query.get("fields", "")).split(",")
                told = {k: v for k, v in self.names[person].items() if k in asked}
                return Answer.of({**told, "id": person})
        raise GraphError(100, f"Unsupported {call.method.lower()} request.", subcode=33)

    def _take_message(self, payload: Json) -> Answer:
        to = str((payload.get("recipient") or {}).get("id") or "")
        if not to:
            raise GraphError(100, "The parameter recipient is required")
        if to in self.gone:
            raise GraphError(551, "This person isn't available right now.", subcode=1545041)
        if payload.get("sender_action"):
            self.reactions.append(payload)
            return Answer.of({"recipient_id": to})
        check_occasion(payload, is_open=to not in self.closed_windows)
        message = payload.get("message") or {}
        if "attachment" in message:
            check_file(message, self.uploads)
        else:
            check_text(message, self.bodies.what)
        sent = Sent(new_mid(), to, payload)
        self.sent.append(sent)
        if self.echoes and self.courier is not None:
            metadata: dict[str, Any] = {"metadata": sent.opaque} if sent.opaque else {}
            self.inject(self.bodies.echo(to, sent.text, mid=sent.mid, **metadata))
        return Answer.of({"recipient_id": to, "message_id": sent.mid})

    def _take_file(self, call: Call) -> Answer:
        if "filedata" not in call.files:
            raise GraphError(100, "The parameter filedata or a URL is required", subcode=2018074)
        what = (json.loads(call.form.get("message") or "{}")).get("attachment") or {}
        if what.get("type") not in ("image", "video", "audio", "file"):
            raise GraphError(100, "Invalid attachment type")
        if (call.form.get("platform") or "").lower() not in ("", self.bodies.what, "messenger"):
            raise GraphError(100, "Invalid platform")
        identifier = str(10**15 + len(self.uploads) + 1)
        self.uploads[identifier] = call.files["filedata"]
        return Answer.of({"attachment_id": identifier})

    def _subscription(self, call: Call) -> Answer:
        if call.method == "GET":
            app = {"id": self.app_id, "subscribed_fields": list(self.subscribed or ())}
            return Answer.of({"data": [app] if self.subscribed is not None else []})
        asked = _parameters(call).get("subscribed_fields") if call.method == "POST" else None
        listed = asked.split(",") if isinstance(asked, str) else asked
        self.subscribed = tuple(str(name) for name in listed) if listed else None
        return Answer.of({"success": True})


def instagram_simulator(**changes: Any) -> PageSimulator:
    """An Instagram professional account."""
    usual: dict[str, Any] = {
        "bodies": PlatformBodies("17841400000000001", "instagram"),
        "scopes": ("instagram_business_manage_messages",),
        "webhook_fields": INSTAGRAM_FIELDS,
        "subscribed": INSTAGRAM_FIELDS,
    }
    return PageSimulator(**(usual | changes))


def _parameters(call: Call) -> Json:
    """A call's parameters: JSON, or a form whose values are JSON, as Meta's own SDKs send them."""
    if call.headers.get("content-type", "").startswith("application/json"):
        found = call.json()
        return found if isinstance(found, dict) else {}
    pairs = [*call.query.items(), *call.form.items(), *parse_qsl(call.body.decode())]
    return {name: _value(text) for name, text in pairs}


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
