"""What a gateway answers under /devices: slots, their webhooks, and logging in."""

from __future__ import annotations

import contextlib
import json
import re
from typing import Any
from uuid import uuid4

from core.testing.providers.base import Answer, Call
from core.testing.providers.gowa_bodies import Json
from core.testing.providers.gowa_codes import picture_of
from core.testing.providers.gowa_devices import Device
from core.testing.providers.gowa_rules import GowaError, not_found

PHONE = re.compile(r"\+?[0-9]{1,15}")


class DeviceDoors:
    """The half of the simulator that devices are made and paired through."""

    devices: dict[str, Device]
    files: dict[str, bytes]
    code_seconds: tuple[float, ...]
    is_strict: bool

    def now(self) -> float:
        """Seconds, as pairing attempts count them."""
        raise AssertionError("the simulator has the clock")

    def of_device(self, method: str, device: Device, rest: str, call: Call) -> Answer:
        """Answer a call below one device."""
        match (method, rest):
            case ("GET", ""):
                return ok("Device info", device.document())
            case ("DELETE", ""):
                del self.devices[device.id]
                return ok("Device removed")
            case ("GET", "status"):
                told = {"is_connected": device.is_connected, "is_logged_in": device.is_logged_in}
                return ok("Device status", {"device_id": device.id, **told})
            case ("GET", "login"):
                return self._login(device)
            case ("POST", "login/code"):
                return self._login_by_code(device, call.query.get("phone", ""))
            case ("POST", "logout"):
                device.number, device.is_connected = "", False
                return ok("Logout requested")
            case ("POST", "reconnect"):
                return self._reconnect(device)
            case ("GET", "webhook"):
                return ok("Device webhook retrieved", device.webhook())
            case ("PATCH", "webhook"):
                self._set_webhook(device, object_of(call))
                return ok("Device webhook updated", device.webhook())
        raise GowaError(404, "NOT_FOUND", "Cannot find this endpoint")

    def add_device(self, wanted: Json) -> Answer:
        """Make a slot, with its webhook where one is given."""
        identifier = str(wanted.get("device_id") or uuid4())
        if identifier in self.devices:
            raise GowaError(500, "INTERNAL_SERVER_ERROR", f"device {identifier} already exists")
        device = self.devices[identifier] = Device(identifier)
        told = device.document()
        del told["phone_number"]
        if wanted.get("webhook_url"):
            self._set_webhook(device, wanted)
            told |= {key: value for key, value in device.webhook().items() if key != "device_id"}
        return ok("Device added", told)

    def _set_webhook(self, device: Device, wanted: Json) -> None:
        if not isinstance(wanted.get("webhook_url"), str):
            raise GowaError(400, "BAD_REQUEST", "webhook_url is required")
        device.webhook_url = wanted["webhook_url"]
        device.webhook_secret = str(wanted.get("webhook_secret", ""))
        device.webhook_events = str(wanted.get("webhook_events", ""))

    def _login(self, device: Device) -> Answer:
        self._may_log_in(device)
        attempt = device.begin(self.now(), self.code_seconds)
        path = f"statics/qrcode/scan-qr-{uuid4()}.png"
        self.files[path] = picture_of(attempt.codes[0])
        link = {"qr_link": f"http://gowa.internal:3000/{path}"}  # what it believes it is called
        shown = int(self.code_seconds[0] / 2)
        return ok("Login success", {"device_id": device.id, **link, "qr_duration": shown})

    def _login_by_code(self, device: Device, phone: str) -> Answer:
        if not PHONE.fullmatch(phone):
            raise GowaError(400, "VALIDATION_ERROR", f"phone_number({phone}): invalid format")
        self._may_log_in(device)
        code = f"{uuid4().hex[:4]}-{uuid4().hex[:4]}".upper()
        device.begin(self.now(), self.code_seconds, code)
        return ok("Login with code started", {"device_id": device.id, "pair_code": code})

    def _may_log_in(self, device: Device) -> None:
        if device.is_logged_in:
            raise GowaError(400, "ALREADY_LOGGED_IN", "you are already logged in.")
        if device.trouble:
            raise GowaError(500, "INTERNAL_SERVER_ERROR", device.trouble)

    def _reconnect(self, device: Device) -> Answer:
        if not device.number:
            message = f"device {device.id} is not logged in (session deleted)"
            raise GowaError(500, "INTERNAL_SERVER_ERROR", message)
        if device.trouble:
            raise GowaError(500, "INTERNAL_SERVER_ERROR", device.trouble)
        device.is_connected = True
        return ok("Reconnect requested")

    def device_named(self, identifier: str) -> Device:
        """The slot of this name; raises GowaError."""
        device = self.devices.get(identifier)
        if device is None:
            raise not_found(identifier, is_strict=self.is_strict)
        return device


def ok(message: str, results: Any = None) -> Answer:
    """An answer as GOWA wraps it; what is None is left out."""
    told = {} if results is None else {"results": results}
    return Answer.of({"code": "SUCCESS", "message": message, **told})


def object_of(call: Call) -> Json:
    """The JSON object of a call; raises GowaError."""
    with contextlib.suppress(ValueError):
        document = json.loads(call.body)
        if isinstance(document, dict):
            return document
    raise GowaError(400, "BAD_REQUEST", "Invalid request body")
