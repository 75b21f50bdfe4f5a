"""Webhook bodies as Meta writes them, put together piece by piece."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

_counter = itertools.count(1)


def new_wamid() -> str:
    """A message id of Meta's form, new each time."""
    return f"wamid.HBgL{time.time_ns():x}{next(_counter):04x}"


def user_id_of(wa_id: str) -> str:
    """The BSUID that the simulator gives to a number."""
    return f"ID.{wa_id}"


def profile(wa_id: str = "", name: str = "", user_id: str = "", username: str = "") -> Json:
    """An element of `contacts`. Without `wa_id`: a person with a username."""
    about = {"name": name} | ({"username": username} if username else {})
    known = {"wa_id": wa_id} if wa_id else {}
    return {"profile": about, **known, "user_id": user_id or user_id_of(wa_id)}


def message(sender: str, kind: str, content: Any = None, **more: Any) -> Json:
    """A message of any type; `id`, `timestamp` and `context` can be given as `more`."""
    base: Json = {"id": new_wamid(), "timestamp": str(int(time.time())), "type": kind}
    if sender:
        base["from"] = sender
    if content is not None:
        base[kind] = content
    return base | more


def text(sender: str, body: str, **more: Any) -> Json:
    """A text message."""
    return message(sender, "text", {"body": body}, **more)


def media(sender: str, kind: str, media_id: str, caption: str = "", **more: Any) -> Json:
    """An image, video, audio, document or sticker that `media_id` names."""
    file = {"id": media_id, "mime_type": more.pop("mime_type", "image/jpeg")}
    file["sha256"] = more.pop("sha256", "")
    return message(sender, kind, file | ({"caption": caption} if caption else {}), **more)


def echo(own: str, to: str, body: str, **more: Any) -> Json:
    """A text that the owner typed on the phone."""
    return text(own, body, to=to, **more)


def book_entry(number: str, name: str = "", action: str = "add", at: str = "") -> Json:
    """An entry of the app's address book that was added, edited or (without a name) removed."""
    names = {"full_name": name, "first_name": name.split(" ")[0]} if name else {}
    return {
        "type": "contact",
        "contact": {**names, "phone_number": number},
        "action": action,
        "metadata": {"timestamp": at or str(int(time.time()))},
    }


def old(sender: str, body: str, state: str = "READ", **more: Any) -> Json:
    """A text from before the connection."""
    return text(sender, body, history_context={"status": state}, **more)


def status(
    wamid: str, state: str, recipient: str, *, opaque: str = "", error: Json | None = None
) -> Json:
    """A receipt for a message of ours."""
    receipt: Json = {
        "id": wamid,
        "status": state,
        "timestamp": str(int(time.time())),
        "recipient_id": recipient,
    }
    if opaque:
        receipt["biz_opaque_callback_data"] = opaque
    if error is not None:
        receipt["errors"] = [error]
    return receipt


def error(code: int, title: str = "Refused", details: str = "") -> Json:
    """An error as statuses and messages carry it."""
    data = {"error_data": {"details": details}} if details else {}
    return {"code": code, "title": title, "message": title, **data}


@dataclass(frozen=True)
class CloudBodies:
    """Wraps messages and statuses for one number."""

    phone_number_id: str = "106540352242922"
    display_phone_number: str = "15550783881"
    waba_id: str = "102290129340398"

    def value(self, **content: Any) -> Json:
        """A value with the number's metadata."""
        metadata = {
            "display_phone_number": self.display_phone_number,
            "phone_number_id": self.phone_number_id,
        }
        return {"messaging_product": "whatsapp", "metadata": metadata, **content}

    def messages(self, *messages: Json, names: dict[str, str] | None = None) -> Json:
        """A `messages` change with a profile for each sender."""
        senders = dict.fromkeys(m["from"] for m in messages if m.get("from"))
        contacts = [profile(s, (names or {}).get(s, f"Person {s[-4:]}")) for s in senders]
        return self.change("messages", self.value(contacts=contacts, messages=list(messages)))

    def statuses(self, *statuses: Json) -> Json:
        """A `messages` change that holds receipts."""
        recipients = dict.fromkeys(s["recipient_id"] for s in statuses)
        contacts = [profile(recipient) for recipient in recipients]
        return self.change("messages", self.value(contacts=contacts, statuses=list(statuses)))

    def echoes(self, *echoes: Json) -> Json:
        """A change of messages that the owner typed on the phone."""
        contacts = [profile(to) for to in dict.fromkeys(e["to"] for e in echoes)]
        return self.change(
            "smb_message_echoes", self.value(contacts=contacts, message_echoes=list(echoes))
        )

    def contacts(self, *entries: Json) -> Json:
        """A change of the app's address book: entries that `book_entry` makes."""
        return self.change("smb_app_state_sync", self.value(state_sync=list(entries)))

    def history(
        self,
        threads: dict[str, list[Json]],
        *,
        phase: int = 0,
        chunk: int = 1,
        progress: int = 100,
    ) -> Json:
        """A chunk of old messages, by the number of the other party."""
        metadata = {"phase": phase, "chunk_order": chunk, "progress": progress}
        listed = [{"id": number, "messages": messages} for number, messages in threads.items()]
        return self.change(
            "history", self.value(history=[{"metadata": metadata, "threads": listed}])
        )

    def history_files(self, *messages: Json) -> Json:
        """The files of old messages that came as placeholders."""
        return self.change("history", self.value(messages=list(messages)))

    def change(self, field: str, value: Json) -> Json:
        """A change of any field."""
        return {"field": field, "value": value}

    def body(self, *changes: Json) -> Json:
        """A whole body: one entry."""
        return self.entries(list(changes))

    def entries(self, *entries: list[Json]) -> Json:
        """A whole body: an entry for each list of changes."""
        now = int(time.time())
        return {
            "object": "whatsapp_business_account",
            "entry": [{"id": self.waba_id, "time": now, "changes": c} for c in entries],
        }
