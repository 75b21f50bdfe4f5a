"""Twilio on this machine: takes texts, posts what came in and what became of ours.

with TwilioSimulator() as twilio:
    twilio.connect("http://127.0.0.1:8080/webhooks/<uuid>")
    twilio.inject(inbound("+6281234567890", "Halo"))
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from core.testing.providers.base import Answer, Call, ProviderSimulator
from core.testing.providers.delivery import Courier, Delivery
from core.testing.providers.twilio_bodies import (
    ACCOUNT_SID,
    OWN,
    Form,
    encoded,
    inbound,
    new_sid,
    status,
)

TOKEN = "5f1e" * 8
E164 = re.compile(r"\+[1-9]\d{6,14}")
USUAL_CODES = {401: 20003, 429: 20429, 503: 20503, 500: 20500}

__all__ = ["ACCOUNT_SID", "OWN", "TOKEN", "Sent", "TwilioError", "TwilioSimulator", "inbound"]


class TwilioError(Exception):
    """A refusal in Twilio's form."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


@dataclass(frozen=True)
class Sent:
    """A message that the simulator accepted."""

    sid: str
    to: str
    text: str
    form: Form


@dataclass(eq=False)
class TwilioSimulator(ProviderSimulator):
    """One number of one account. `opted_out` answered STOP, `landlines` take no SMS.

    `account` and `number` replace what is told of them, `has_number` False: it is another's.
    """

    token: str = TOKEN
    port: int = 0
    opted_out: set[str] = field(default_factory=set)
    landlines: set[str] = field(default_factory=set)
    account: dict[str, Any] = field(default_factory=dict)
    number: dict[str, Any] = field(default_factory=dict)
    balance: str = "12.3456"

    def __post_init__(self) -> None:
        super().__init__(port=self.port)
        self.sent: list[Sent] = []
        self.files: dict[str, tuple[bytes, str]] = {}
        self.courier: Courier | None = None
        self.has_number = True

    def connect(self, webhook_url: str, **courier: Any) -> Courier:
        """Deliver to this address from now on."""
        self.number["sms_url"] = webhook_url
        self.courier = Courier(webhook_url, lambda body: self.sign(body, webhook_url), **courier)
        return self.courier

    def sign(self, body: bytes, url: str) -> dict[str, str]:
        """The headers of a form posted to `url`."""
        form = parse_qsl(body.decode(), keep_blank_values=True)
        text = url + "".join(name + value for name, value in sorted(form))
        digest = hmac.new(self.token.encode(), text.encode(), hashlib.sha1).digest()
        return {
            "X-Twilio-Signature": base64.b64encode(digest).decode(),
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        }

    def inject(self, form: Form) -> Delivery:
        """Let somebody write, or a status come."""
        if self.courier is None:
            raise RuntimeError("connect() the simulator to a webhook address first")
        return self.courier.post(encoded(form))

    def report(self, sent: Sent, *states: str, code: int = 0) -> None:
        """Tell how far a message got, one form a state."""
        for state in states:
            self.inject(status(sent.sid, state, sent.to, code if state == "failed" else 0))

    def keep_file(self, content: bytes, mime_type: str) -> str:
        """Hold a file of an MMS; returns its address."""
        path = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/{new_sid('MM')}/Media/{new_sid('ME')}"
        self.files[path] = content, mime_type
        return self.url + path

    def answer(self, call: Call) -> Answer:
        """Answer as api.twilio.com does, errors included."""
        try:
            self._check_credentials(call)
            return self._route(call)
        except TwilioError as refused:
            return Answer.of(
                self.error_body(refused.code, refused.status, refused.message), refused.status
            )

    def error_body(self, code: int | None, status: int, message: str = "Refused") -> dict[str, Any]:
        """An error document as Twilio writes it."""
        code = code or USUAL_CODES.get(status, status * 100)
        info = f"https://www.twilio.com/docs/errors/{code}"
        return {"code": code, "message": message, "more_info": info, "status": status}

    def _check_credentials(self, call: Call) -> None:
        pair = base64.b64encode(f"{ACCOUNT_SID}:{self.token}".encode()).decode()
        if call.headers.get("authorization") != f"Basic {pair}":
            raise TwilioError(20003, "Authenticate", 401)

    def _route(self, call: Call) -> Answer:
        if call.path in self.files and call.method == "GET":
            content, mime_type = self.files[call.path]
            return Answer(200, content, mime_type)
        path = call.path.removeprefix(f"/2010-04-01/Accounts/{ACCOUNT_SID}")
        match (call.method, path):
            case ("POST", "/Messages.json"):
                return Answer.of(self._take(_form(call)), 201)
            case ("GET", ".json"):
                usual = {"sid": ACCOUNT_SID, "status": "active", "type": "Full"}
                return Answer.of(usual | self.account)
            case ("GET", "/Balance.json"):
                return Answer.of({"balance": self.balance, "currency": "USD"})
            case ("GET", "/IncomingPhoneNumbers.json"):
                wanted = call.query.get("PhoneNumber")
                rows = [self._number()] if self.has_number and wanted == OWN else []
                return Answer.of({"incoming_phone_numbers": rows})
            case ("POST", update) if (
                update == f"/IncomingPhoneNumbers/{self._number()['sid']}.json"
            ):
                form = _form(call)
                self.number |= {"sms_url": form["SmsUrl"], "sms_method": form["SmsMethod"]}
                return Answer.of(self._number())
        raise TwilioError(20404, "The requested resource was not found", 404)

    def _number(self) -> dict[str, Any]:
        return {
            "sid": "PN" + "0123456789abcdef" * 2,
            "phone_number": OWN,
            "capabilities": {"sms": True, "mms": True, "voice": True},
            "sms_url": "",
            "sms_method": "POST",
            **self.number,
        }

    def _take(self, form: Form) -> dict[str, Any]:
        to, text = form.get("To", ""), form.get("Body", "")
        if not E164.fullmatch(to):
            raise TwilioError(21211, f"The 'To' number {to} is not a valid phone number.")
        if "MessagingServiceSid" not in form and form.get("From") != OWN:
            raise TwilioError(21606, "The 'From' number is not a valid, SMS-capable number.")
        if not text:
            raise TwilioError(21602, "A text message body or media urls must be specified.")
        if len(text) > 1600:
            raise TwilioError(21617, "The concatenated message body exceeds the 1600 limit.")
        if to in self.opted_out:
            raise TwilioError(21610, "Attempt to send to unsubscribed recipient")
        if to in self.landlines:
            raise TwilioError(21614, f"'To' number is not a valid mobile number: {to}")
        sent = Sent(new_sid(), to, text, form)
        self.sent.append(sent)
        return {
            "sid": sent.sid,
            "account_sid": ACCOUNT_SID,
            "status": "queued",
            "to": to,
            "from": form.get("From"),
            "body": text,
            "num_segments": "1",
            "num_media": "0",
            "error_code": None,
            "error_message": None,
        }


def _form(call: Call) -> Form:
    return dict(parse_qsl(call.body.decode(), keep_blank_values=True))
