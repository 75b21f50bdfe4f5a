"""Events as SMS Gateway for Android posts them.

Source: docs.sms-gate.app, "Webhooks". `phoneNumber` is the other party's in every event.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]

DEVICE = "ffffffffceb0b1db0000018e937c815b"
OWN = "+6281100000001"


def moment() -> str:
    """Now, as the phone writes it: with its own zone."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def event(name: str, payload: Any, device: str = DEVICE) -> Json:
    """An event: which phone's, and what."""
    return {
        "deviceId": device,
        "event": name,
        "id": secrets.token_urlsafe(16),
        "payload": payload,
        "webhookId": "LreFUt-Z3sSq0JufY9uWB",
    }


def received(sender: str, text: str, **more: Any) -> Json:
    """The payload of `sms:received`. Its messageId is made of the content, and isn't unique."""
    return {
        "messageId": hashlib.sha256(text.encode()).hexdigest()[:8],
        "message": text,
        "sender": sender,
        "recipient": OWN,
        "phoneNumber": sender,
        "simNumber": 1,
        "receivedAt": moment(),
        **more,
    }


TIMES = {
    "sms:sent": "sentAt",
    "sms:delivered": "deliveredAt",
    "sms:failed": "failedAt",
    "sms:cancelled": "cancelledAt",
}


def told(name: str, message_id: str, to: str, reason: str = "") -> Json:
    """A whole event about a message of ours."""
    payload = {
        "messageId": message_id,
        "sender": OWN,
        "recipient": to,
        "phoneNumber": to,
        "simNumber": 1,
        TIMES[name]: moment(),
    }
    if name == "sms:sent":
        payload["partsCount"] = 1
    return event(name, payload | ({"reason": reason} if reason else {}))
