"""A Bot API on this machine: takes messages and files, delivers updates.

    with TelegramSimulator() as telegram:
        telegram.connect("http://127.0.0.1:8080/webhooks/<uuid>")
        telegram.inject(text(5512345, "Halo"))

Calls may bear their parameters as JSON, as a form, as multipart or in the query: so does the real
one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from core.testing.providers.base import Answer, Call, ProviderSimulator
from core.testing.providers.delivery import Courier, Delivery
from core.testing.providers.telegram_bodies import Json, message, update
from core.testing.providers.telegram_rules import (
    FILE_FIELDS,
    BotApiError,
    check_content,
    check_webhook,
)

BOT = {"id": 123456789, "is_bot": True, "first_name": "Toko Melati", "username": "tokomelati_bot"}
TOKEN = "123456789:AAE-simulated_token_of_a_bot_0123456"
USUAL_DESCRIPTIONS = {
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    404: "Not Found",
    429: "Too Many Requests: retry later",
}


@dataclass(frozen=True)
class Sent:
    """A message that the simulator accepted. `file` is (name, type, bytes)."""

    method: str
    chat: int
    message_id: int
    params: Json
    file: tuple[str, str, bytes] | None = None

    @property
    def text(self) -> str:
        return str(self.params.get("text") or self.params.get("caption") or "")


@dataclass(eq=False)
class TelegramSimulator(ProviderSimulator):
    """One bot. `blocked` are those who blocked it, `strangers` those who never opened it.

    `needs_https`: setWebhook refuses other addresses, as Telegram does.
    """

    token: str = TOKEN
    port: int = 0
    needs_https: bool = False
    blocked: set[int] = field(default_factory=set)
    strangers: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__(port=self.port)
        self.sent: list[Sent] = []
        self.reactions: list[Json] = []
        self.files: dict[str, bytes] = {}
        self.webhook: Json = {}
        self.last_error: tuple[int, str] | None = None
        self.courier: Courier | None = None

    def connect(self, webhook_url: str, secret: str = "", **courier: Any) -> Courier:
        """Deliver to this address from now on, as setWebhook would have it."""
        self.webhook = {"url": webhook_url, "secret_token": secret}
        self.courier = Courier(webhook_url, self.sign, **courier)
        return self.courier

    def sign(self, body: bytes) -> dict[str, str]:
        """The header that setWebhook asked for."""
        secret = self.webhook.get("secret_token")
        return {"X-Telegram-Bot-Api-Secret-Token": str(secret)} if secret else {}

    def inject(self, content: Json, kind: str = "message") -> Delivery:
        """Let somebody write (or edit, react, block): one update."""
        if self.courier is None:
            raise RuntimeError("connect() the simulator to a webhook address first")
        return self.courier.post(update(kind, content))

    def keep_file(self, content: bytes) -> str:
        """Hold a file for getFile, as if a person had sent it; returns its id."""
        file_id = f"AgACAgQAAx{len(self.files) + 1:04}"
        self.files[file_id] = content
        return file_id

    def fail_next(
        self,
        n: int = 1,
        status: int = 500,
        code: int | None = None,
        *,
        only: str = "",
        **headers: str,
    ) -> None:
        """As the base does; a pause stands in the answer, where Telegram writes it."""
        pause = headers.pop("retry_after", None)
        description = USUAL_DESCRIPTIONS.get(status, "Internal Server Error")
        error = BotApiError(status, description, retry_after=int(pause) if pause else None)
        self._fail_with(error, n, only)

    def refuse_next(self, status: int, description: str, n: int = 1, only: str = "") -> None:
        """Refuse the next n calls with this description."""
        self._fail_with(BotApiError(status, description), n, only)

    def _fail_with(self, error: BotApiError, n: int, only: str) -> None:
        body = json.dumps(error.document()).encode()
        self.garbage_next(n, body, error.status, only)

    def answer(self, call: Call) -> Answer:
        """Answer as api.telegram.org does, errors included."""
        try:
            return self._route(call)
        except BotApiError as refused:
            return Answer.of(refused.document(), refused.status)

    def _route(self, call: Call) -> Answer:
        parts = call.path.strip("/").split("/")
        if parts[0] == "file" and len(parts) > 2:
            self._check_token(parts[1])
            content = self.files.get(parts[-1])
            if content is None:
                raise BotApiError(404, "Not Found")
            return Answer(200, content, "application/octet-stream")
        self._check_token(parts[0])
        method = parts[1] if len(parts) == 2 else ""
        answer_to = getattr(self, f"_on_{method}", None)
        if answer_to is not None:
            return Answer.of({"ok": True, "result": answer_to(_params(call))})
        if method in FILE_FIELDS:
            return Answer.of({"ok": True, "result": self._take_file(method, call)})
        raise BotApiError(404, "Not Found")

    def _check_token(self, part: str) -> None:
        if part != f"bot{self.token}":
            raise BotApiError(401, "Unauthorized")

    def _on_getMe(self, params: Json) -> Json:
        return {**BOT, "can_join_groups": True, "can_read_all_group_messages": False}

    def _on_setWebhook(self, params: Json) -> bool:
        check_webhook(params, needs_https=self.needs_https)
        self.webhook = params
        self.courier = Courier(str(params["url"]), self.sign)
        return True

    def _on_deleteWebhook(self, params: Json) -> bool:
        self.webhook, self.courier = {}, None
        return True

    def _on_getWebhookInfo(self, params: Json) -> Json:
        info: Json = {
            "url": self.webhook.get("url", ""),
            "has_custom_certificate": False,
            "pending_update_count": 0,
        }
        if "allowed_updates" in self.webhook:
            info["allowed_updates"] = self.webhook["allowed_updates"]
        if self.last_error is not None:
            info["last_error_date"], info["last_error_message"] = self.last_error
        return info

    def _on_sendMessage(self, params: Json) -> Json:
        return self._take("sendMessage", params)

    def _on_setMessageReaction(self, params: Json) -> bool:
        self._chat(params)
        self.reactions.append(params)
        return True

    def _on_getFile(self, params: Json) -> Json:
        file_id = str(params.get("file_id", ""))
        content = self.files.get(file_id)
        if content is None:
            raise BotApiError(400, "Bad Request: wrong file_id or the file is temporarily")
        if len(content) > 20 * 1024 * 1024:
            raise BotApiError(400, "Bad Request: file is too big")
        return {
            "file_id": file_id,
            "file_unique_id": f"u{file_id}",
            "file_size": len(content),
            "file_path": f"documents/{file_id}",
        }

    def _take_file(self, method: str, call: Call) -> Json:
        params, name = _params(call), FILE_FIELDS[method]
        given = call.files.get(name)
        if given is None and len(call.files) == 1:  # attach://<name>
            given = next(iter(call.files.values()))
        if given is None:
            raise BotApiError(400, f"Bad Request: there is no {name} in the request")
        return self._take(method, params, given)

    def _take(self, method: str, params: Json, given: tuple[str, str, bytes] | None = None) -> Json:
        chat = self._chat(params)
        check_content(method, params, given[2] if given else b"")
        words = {"text": params["text"]} if "text" in params else {}
        told = message(chat, **words) | {"from": BOT}
        self.sent.append(Sent(method, chat, told["message_id"], params, given))
        if given is not None:
            kept: Json = {"file_id": self.keep_file(given[2]), "file_unique_id": "u"}
            size: Json = {"width": 1, "height": 1, "file_size": len(given[2])}
            name = FILE_FIELDS[method]
            shown: dict[str, Json] = {
                "video": {**size, "duration": 1},
                "animation": {**size, "duration": 1},
                "audio": {"duration": 1},
                "voice": {"duration": 1},
                "sticker": {**size, "type": "regular", "is_animated": False, "is_video": False},
            }
            told[name] = [kept | size] if name == "photo" else kept | shown.get(name, {})
        return told

    def _chat(self, params: Json) -> int:
        try:
            chat = int(params["chat_id"])
        except (KeyError, ValueError):
            raise BotApiError(400, "Bad Request: chat_id is empty") from None
        if chat in self.blocked:
            raise BotApiError(403, "Forbidden: bot was blocked by the user")
        if chat in self.strangers:
            raise BotApiError(400, "Bad Request: chat not found")
        return chat


def _params(call: Call) -> Json:
    """What a call says, however it is said. Values of a form that are JSON are opened."""
    kind = call.headers.get("content-type", "")
    if kind.startswith("application/json"):
        document = call.json()
        return document if isinstance(document, dict) else {}
    form = call.form
    if kind.startswith("application/x-www-form-urlencoded"):
        form = dict(parse_qsl(call.body.decode(), keep_blank_values=True))
    return {name: _opened(name, value) for name, value in {**call.query, **form}.items()}


def _opened(name: str, value: str) -> Any:
    if name in ("reply_parameters", "reaction", "allowed_updates", "reply_markup"):
        return json.loads(value)
    return value
