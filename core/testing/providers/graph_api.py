"""What every simulator of Meta shares: the token, the signature, the way it refuses."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import re
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

from core.testing.providers.base import Answer, Call, ProviderSimulator
from core.testing.providers.delivery import Courier, Delivery

Json = dict[str, Any]

VERSION = re.compile(r"^/v\d+\.\d+/")


class GraphError(Exception):
    """A refusal in Meta's form."""

    def __init__(
        self, code: int, message: str, status: int = 400, details: str = "", subcode: int = 0
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.status, self.details = code, message, status, details
        self.subcode = subcode


@dataclass(eq=False)
class GraphSimulator(ProviderSimulator):
    """A Graph API on this machine. Subclass it, call its `__post_init__`, and answer in `route`."""

    app_secret: str = "app-secret"
    access_token: str = "access-token"
    app_id: str = "670843887433847"
    scopes: tuple[str, ...] = ()
    webhook_fields: tuple[str, ...] | None = ()
    callback_url: str = ""
    port: int = 0

    def __post_init__(self) -> None:
        super().__init__(port=self.port)
        self.courier: Courier | None = None

    @property
    def graph_url(self) -> str:
        """What the channel's setting *Graph API address* takes."""
        return f"{self.url}/v25.0"

    def connect(self, webhook_url: str, **courier: Any) -> Courier:
        """Deliver webhooks to this address from now on."""
        self.courier = Courier(webhook_url, self.sign, **courier)
        return self.courier

    def sign(self, body: bytes) -> dict[str, str]:
        """The signature headers of a body."""
        digest = hmac.new(self.app_secret.encode(), body, hashlib.sha256).hexdigest()
        return {"X-Hub-Signature-256": f"sha256={digest}"}

    def deliver(self, body: Json, **how: Any) -> Delivery:
        """Post a body to the connected webhook; see Courier for worse manners."""
        if self.courier is None:
            raise RuntimeError("connect() the simulator to a webhook address first")
        return self.courier.post(body, **how)

    @abstractmethod
    def route(self, call: Call, path: list[str]) -> Answer:
        """Answer a call that has the right token; raises GraphError."""

    def answer(self, call: Call) -> Answer:
        """Answer as Meta does, errors included."""
        try:
            self._check_token(call)
            self._check_proof(call)
            return self.route(call, VERSION.sub("/", call.path).strip("/").split("/"))
        except GraphError as refused:
            return Answer.of(
                self.error_body(
                    refused.code,
                    refused.status,
                    refused.message,
                    refused.details,
                    refused.subcode,
                ),
                refused.status,
            )

    def usual_code(self, status: int) -> int:
        """The code that Meta gives with an HTTP status."""
        return {401: 190, 403: 10, 429: 4}.get(status, 2 if status >= 500 else 100)

    def error_body(
        self,
        code: int | None,
        status: int,
        message: str = "Refused",
        details: str = "",
        subcode: int = 0,
    ) -> Json:
        """An error document as the Graph API writes it."""
        if code is None:
            code = self.usual_code(status)
        return {
            "error": {
                "message": f"(#{code}) {message}",
                "type": "OAuthException",
                "code": code,
                **({"error_subcode": subcode} if subcode else {}),
                **({"error_data": {"details": details}} if details else {}),
                "fbtrace_id": "A0simulated",
            }
        }

    def debug_token(self) -> Answer:
        """What Meta says of the token."""
        about = {"app_id": self.app_id, "is_valid": True, "scopes": list(self.scopes)}
        return Answer.of({"data": about})

    def list_subscriptions(self, what: str) -> Answer:
        """Where the app delivers; nothing with `webhook_fields` None."""
        if self.webhook_fields is None:
            return Answer.of({"data": []})
        url = self.callback_url or (self.courier.url if self.courier else "")
        fields = [{"name": name, "version": "v25.0"} for name in self.webhook_fields]
        row = {"object": what, "callback_url": url, "active": True, "fields": fields}
        return Answer.of({"data": [row]})

    def _check_token(self, call: Call) -> None:
        """A bearer, or a parameter as Meta's own SDKs send it."""
        given = call.headers.get("authorization", "").removeprefix("Bearer ")
        given = given or call.query.get("access_token") or call.form.get("access_token") or ""
        if given not in (self.access_token, f"{self.app_id}|{self.app_secret}"):
            raise GraphError(190, "Error validating access token", 401)

    def _check_proof(self, call: Call) -> None:
        """Meta refuses a proof made with the secret of another app."""
        given = call.query.get("appsecret_proof")
        key, message = self.app_secret.encode(), self.access_token.encode()
        if given is not None and given != hmac.new(key, message, hashlib.sha256).hexdigest():
            raise GraphError(100, "Invalid appsecret_proof provided in the API argument")


def object_of(call: Call) -> Json:
    """The JSON object of a call's body; raises GraphError."""
    with contextlib.suppress(ValueError):
        document = call.json()
        if isinstance(document, dict):
            return document
    raise GraphError(100, "Invalid parameter", details="The body is not a JSON object")
