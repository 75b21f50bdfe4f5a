"""A GOWA gateway on this machine: devices, pairing, sends, the address book, signed webhooks.

In a test:

    with GowaSimulator() as gowa:
        ...  # the channel asks for a code
        gowa.scan("6281234567890")
        gowa.inject(text("6289999999999", "Halo"))

Answers have the shapes of GOWA's published OpenAPI; where its program differs from that (an unknown
device is a 500), `is_strict` chooses the published way.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

from core.testing.providers.base import Answer, Call, ProviderSimulator
from core.testing.providers.delivery import Courier, Delivery
from core.testing.providers.gowa_bodies import Json, ack, event, jid, new_id, text
from core.testing.providers.gowa_codes import picture_of
from core.testing.providers.gowa_devices import CODE_SECONDS, Device
from core.testing.providers.gowa_doors import DeviceDoors, object_of, ok
from core.testing.providers.gowa_rules import FILE_FIELDS, GowaError, sanitized

USUAL_CODES = {
    400: "VALIDATION_ERROR",
    401: "AUTHENTICATION_ERROR",
    404: "NOT_FOUND",
    429: "TOO_MANY_REQUESTS",
}


@dataclass(frozen=True)
class Sent:
    """A message that the gateway took."""

    id: str
    device: str
    to: str
    kind: str
    text: str = ""
    reply_to: str = ""
    file: tuple[str, str, bytes] | None = None


@dataclass(eq=False)
class GowaSimulator(DeviceDoors, ProviderSimulator):
    """One gateway. `credentials` is `user:password`, "" for an open one.

    `code_seconds` says how long the codes of an attempt live; `advance` lets time pass. `auto_acks`
    follow each send by themselves.
    """

    credentials: str = "sapa:gateway-password"
    code_seconds: tuple[float, ...] = CODE_SECONDS
    auto_acks: tuple[str, ...] = ()
    is_strict: bool = False
    contacts: list[Json] = field(default_factory=list)
    strangers: set[str] = field(default_factory=set)
    port: int = 0

    def __post_init__(self) -> None:
        super().__init__(port=self.port)
        self.devices: dict[str, Device] = {}
        self.sent: list[Sent] = []
        self.read: list[str] = []
        self.files: dict[str, bytes] = {}
        self.media: dict[str, str] = {}
        self._later: list[threading.Thread] = []
        self._skipped = 0.0

    # What a person does.

    @property
    def device(self) -> Device:
        """The only device."""
        (device,) = self.devices.values()
        return device

    def now(self) -> float:
        return time.monotonic() + self._skipped

    def advance(self, seconds: float) -> None:
        """Let time pass for pairing attempts."""
        self._skipped += seconds

    def scan(self, number: str, picture: bytes | None = None) -> bool:
        """The phone of this number scans the code (of this picture). False: it has run out."""
        attempt = self.device.attempt
        current = attempt.current(self.now()) if attempt else ""
        if not current or (picture is not None and picture != picture_of(current)):
            return False
        self.device.pair(number)
        return True

    def type_code(self, number: str, code: str) -> bool:
        """The code is typed on the phone of this number. False: it is wrong or has run out."""
        attempt = self.device.attempt
        if attempt is None or attempt.typed != code or not attempt.is_open(self.now()):
            return False
        self.device.pair(number)
        return True

    def log_out(self) -> None:
        """The owner unlinks the device on the phone."""
        self.device.number, self.device.is_connected = "", False

    def lose_line(self, trouble: str = "") -> None:
        """The gateway loses its line to WhatsApp; dialling again ends in `trouble`."""
        self.device.is_connected, self.device.trouble = False, trouble

    # What WhatsApp tells.

    def inject(self, content: Json, name: str = "message") -> Delivery:
        """Deliver one event to the device's webhook, signed with the device's secret."""
        device = self.device
        return self.deliver(event(name, content, device.number, device.id))

    def deliver(self, body: Json | bytes, **how: Any) -> Delivery:
        """Post a body to the device's webhook; see Courier for worse manners."""
        device = self.device
        if device.courier is None or device.courier.url != device.webhook_url:
            device.courier = Courier(device.webhook_url, lambda raw: self.sign(device, raw))
        return device.courier.post(body, **how)

    def sign(self, device: Device, body: bytes) -> dict[str, str]:
        """The signature headers of a body."""
        return signature(device.webhook_secret or "secret", body)

    def type_on_phone(self, to: str, body: str) -> Delivery:
        """The owner writes on the phone itself: an echo."""
        return self.inject(text(to, body, own=self.device.number))

    def acknowledge(self, sent: Sent, *kinds: str) -> None:
        """Tell how far a message got."""
        for kind in kinds:
            self.inject(ack(sent.to, kind, sent.id), "message.ack")

    def keep_file(self, content: bytes, name: str = "picture.jpeg") -> str:
        """Hold a file that somebody sent; returns the path that webhooks name."""
        path = f"statics/media/{uuid4()}-{name}"
        self.files[path] = content
        return path

    def keep_media(self, message_id: str, content: bytes, name: str = "picture.jpeg") -> None:
        """Hold a file that is downloaded from WhatsApp only when it is asked for."""
        self.media[message_id] = self.keep_file(content, name)

    def stop(self) -> None:
        super().stop()
        for thread in self._later:
            thread.join(timeout=5)

    # What it answers.

    def error_body(self, code: int | str | None, status: int, message: str = "Refused") -> Json:
        """An error as GOWA writes it."""
        usual = USUAL_CODES.get(status, "INTERNAL_SERVER_ERROR")
        return {"code": str(code) if code else usual, "message": message}

    def answer(self, call: Call) -> Answer:
        """Answer as GOWA does, errors included."""
        if call.path.startswith("/statics/"):
            content = self.files.get(unquote(call.path).strip("/"))
            kind = "application/octet-stream"
            return Answer(404) if content is None else Answer(200, content, kind)
        if self.credentials and call.headers.get("authorization") != self._basic():
            return Answer(401, b"Unauthorized", "text/plain")
        try:
            return self._route(call)
        except GowaError as refused:
            return Answer.of(
                self.error_body(refused.code, refused.status, refused.message), refused.status
            )

    def _basic(self) -> str:
        return "Basic " + base64.b64encode(self.credentials.encode()).decode()

    def _route(self, call: Call) -> Answer:
        path = [unquote(part) for part in call.path.strip("/").split("/")]
        match (call.method, *path):
            case ("GET", "app", "info"):
                return ok("Fetch app info success", _INFO)
            case ("GET", "devices"):
                return ok("List devices", [each.document() for each in self.devices.values()])
            case ("POST", "devices"):
                return self.add_device(object_of(call))
            case (method, "devices", identifier, *rest):
                return self.of_device(method, self.device_named(identifier), "/".join(rest), call)
        device = self._named(call)
        match (call.method, *path):
            case ("GET", "user", "my", "contacts"):
                self._must_be_in(device)
                return ok("Success get list contacts", {"data": self.contacts})
            case ("POST", "send", kind):
                return self._send(device, kind, call)
            case ("POST", "message", target, "reaction"):
                found = object_of(call)
                return self._take(
                    device, found, "reaction", str(found.get("emoji", "")), reply_to=target
                )
            case ("POST", "message", target, "read"):
                self._must_be_in(device)
                self.read.append(target)
                return ok("Mark as read success", {"message_id": target, "status": "read"})
            case ("GET", "message", target, "download"):
                return self._download(device, target)
        raise GowaError(404, "NOT_FOUND", "Cannot find this endpoint")

    def _send(self, device: Device, kind: str, call: Call) -> Answer:
        if kind == "message":
            found = object_of(call)
            if not found.get("message"):
                raise GowaError(400, "VALIDATION_ERROR", "message: cannot be blank.")
            return self._take(device, found, "text", str(found["message"]))
        wanted = FILE_FIELDS.get(kind)
        if wanted is None:
            raise GowaError(404, "NOT_FOUND", "Cannot find this endpoint")
        file = call.files.get(wanted)
        if file is None or not file[2]:
            raise GowaError(400, "VALIDATION_ERROR", f"{wanted}: cannot be blank.")
        return self._take(device, call.form, kind, call.form.get("caption", ""), file=file)

    def _take(
        self,
        device: Device,
        found: Json,
        kind: str,
        body: str,
        *,
        reply_to: str = "",
        file: tuple[str, str, bytes] | None = None,
    ) -> Answer:
        phone = found.get("phone")
        if not isinstance(phone, str) or not phone:
            raise GowaError(400, "VALIDATION_ERROR", "phone: cannot be blank.")
        self._must_be_in(device)
        to = sanitized(phone)
        if to.partition("@")[0] in self.strangers:
            raise GowaError(400, "INVALID_JID", f"Phone {to} is not on whatsapp")
        quoted = reply_to or str(found.get("reply_message_id") or "")
        sent = Sent(new_id(), device.id, to, kind, body, quoted, file)
        self.sent.append(sent)
        if self.auto_acks and device.webhook_url:
            thread = threading.Thread(
                target=self.acknowledge, args=(sent, *self.auto_acks), daemon=True
            )
            self._later.append(thread)
            thread.start()
        status = f"Message sent to {phone} (server timestamp: 2026-11-01 09:00:00 +0000 UTC)"
        return ok(status, {"message_id": sent.id, "status": status})

    def _download(self, device: Device, target: str) -> Answer:
        self._must_be_in(device)
        path = self.media.get(target)
        if path is None:
            status = 404 if self.is_strict else 500
            raise GowaError(status, "", f"message with ID {target} not found")
        told = {
            "message_id": target,
            "status": f"Media downloaded successfully to {path}",
            "media_type": "image",
            "filename": path.rsplit("/", 1)[-1],
            "file_path": path,
            "file_url": f"http://gowa.internal:3000/{path}",
            "file_size": len(self.files[path]),
        }
        return ok("Media downloaded successfully", told)

    def _named(self, call: Call) -> Device:
        identifier = unquote(call.headers.get("x-device-id", "")) or call.query.get("device_id", "")
        if not identifier and len(self.devices) == 1:
            return self.device
        if not identifier:
            raise GowaError(400, "DEVICE_ID_REQUIRED", "device_id is required via X-Device-Id")
        device = self.devices.get(identifier)
        if device is None:
            raise GowaError(404, "DEVICE_NOT_FOUND", "device not found; create a device first")
        return device

    def _must_be_in(self, device: Device) -> None:
        if device.trouble:
            raise GowaError(500, "INTERNAL_SERVER_ERROR", device.trouble)
        if not device.is_connected:
            words = "you are not connect to services server, please reconnect"
            raise GowaError(401, "AUTHENTICATION_ERROR", words)
        if not device.is_logged_in:
            raise GowaError(401, "AUTHENTICATION_ERROR", "you are not logged in")


_INFO = {
    "version": "v9.0.0",
    "os": "GOWA",
    "base_path": "",
    "max_file_size": 50_000_000,
    "max_video_size": 100_000_000,
    "max_image_size": 20_000_000,
    "chatwoot_enabled": False,
}


def signature(secret: str, body: bytes) -> dict[str, str]:
    """The header with which GOWA proves a body."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={digest}"}


def paired(gowa: GowaSimulator, identifier: str, number: str) -> Device:
    """A device that is logged in already, put there without a screen."""
    device = gowa.devices.setdefault(identifier, Device(identifier))
    device.pair(jid(number).partition("@")[0])
    return device
