"""The shapes of GOWA's answers and requests that we rely on, as JSON Schemas by (method, path).

Ours, written from its published OpenAPI (version 9.0.0). Where SAPA_GOWA_OPENAPI names a copy of
that file, its own schemas are used instead: it isn't ours to carry about.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml

Json = dict[str, Any]
TEXT: Json = {"type": "string"}
YES_NO: Json = {"type": "boolean"}
NUMBER: Json = {"type": "integer"}


def _object(**properties: Json) -> Json:
    return {"type": "object", "properties": properties}


def _answer(results: Json | None = None) -> Json:
    found = {"code": TEXT, "message": TEXT, "status": NUMBER}
    return _object(**found, **({"results": results} if results else {}))


STATE = {"enum": ["disconnected", "connecting", "connected", "logged_in"]}
NAMED = {"display_name": TEXT, "jid": TEXT, "created_at": TEXT, "id": TEXT, "state": STATE}
DEVICE = _object(**NAMED, phone_number=TEXT)
HOOK = {
    "webhook_url": TEXT,
    "webhook_secret": TEXT,
    "webhook_events": TEXT,
    "webhook_insecure_skip_verify": YES_NO,
}
SENT = _answer(_object(message_id=TEXT, status=TEXT))
FILE = {"phone": TEXT, "caption": TEXT, "reply_message_id": TEXT}
INFO = {
    "version": TEXT,
    "os": TEXT,
    "base_path": TEXT,
    "max_file_size": NUMBER,
    "max_video_size": NUMBER,
    "max_image_size": NUMBER,
    "chatwoot_enabled": YES_NO,
}
MEDIA = {"message_id": TEXT, "status": TEXT, "media_type": TEXT, "filename": TEXT}
MEDIA |= {"file_path": TEXT, "file_url": TEXT, "file_size": NUMBER}
CONTACT = _object(jid=TEXT, name=TEXT)
ONE = "/devices/{device_id}"

ANSWERS: dict[tuple[str, str], Json] = {
    ("GET", "/app/info"): _answer(_object(**INFO)),
    ("GET", "/devices"): _answer({"type": "array", "items": DEVICE}),
    ("POST", "/devices"): _answer(_object(**NAMED, **HOOK)),
    ("GET", ONE): _answer(DEVICE),
    ("GET", f"{ONE}/status"): _answer(
        _object(device_id=TEXT, is_connected=YES_NO, is_logged_in=YES_NO)
    ),
    ("GET", f"{ONE}/login"): _answer(_object(device_id=TEXT, qr_link=TEXT, qr_duration=NUMBER)),
    ("POST", f"{ONE}/login/code"): _answer(_object(device_id=TEXT, pair_code=TEXT)),
    ("POST", f"{ONE}/logout"): _answer(),
    ("POST", f"{ONE}/reconnect"): _answer(),
    ("GET", f"{ONE}/webhook"): _answer(_object(device_id=TEXT, **HOOK)),
    ("PATCH", f"{ONE}/webhook"): _answer(_object(device_id=TEXT, **HOOK)),
    ("GET", "/user/my/contacts"): _answer(_object(data={"type": "array", "items": CONTACT})),
    ("POST", "/send/message"): SENT,
    ("POST", "/send/image"): SENT,
    ("POST", "/send/audio"): SENT,
    ("POST", "/send/video"): SENT,
    ("POST", "/send/file"): SENT,
    ("POST", "/send/sticker"): SENT,
    ("POST", "/message/{message_id}/reaction"): SENT,
    ("POST", "/message/{message_id}/read"): SENT,
    ("GET", "/message/{message_id}/download"): _answer(_object(**MEDIA)),
}

REQUESTS: dict[tuple[str, str], Json] = {
    ("POST", "/devices"): _object(device_id=TEXT, **HOOK),
    ("PATCH", f"{ONE}/webhook"): _object(**HOOK),
    ("POST", "/send/message"): _object(phone=TEXT, message=TEXT, reply_message_id=TEXT),
    ("POST", "/send/image"): _object(**FILE),
    ("POST", "/send/audio"): _object(phone=TEXT, reply_message_id=TEXT),
    ("POST", "/send/video"): _object(**FILE),
    ("POST", "/send/file"): _object(**FILE),
    ("POST", "/send/sticker"): _object(phone=TEXT),
    ("POST", "/message/{message_id}/reaction"): _object(phone=TEXT, emoji=TEXT),
    ("POST", "/message/{message_id}/read"): _object(phone=TEXT),
}

ERROR = _object(code=TEXT, message=TEXT, results={"type": "object"})


def answers() -> dict[tuple[str, str], Json]:
    """A closed schema for each endpoint's 200."""
    published = _published()
    if published is None:
        return {key: closed(schema) for key, schema in ANSWERS.items()}
    return {
        key: closed(_resolved(published, _operation(published, key)["responses"]["200"]))
        for key in ANSWERS
    }


def requests() -> dict[tuple[str, str], Json]:
    """A closed schema for each endpoint's body; files are checked by the simulator itself."""
    published = _published()
    if published is None:
        return {key: closed(schema) for key, schema in REQUESTS.items()}
    return {
        key: closed(_resolved(published, _operation(published, key)["requestBody"]))
        for key in REQUESTS
    }


def closed(schema: Json) -> Json:
    """The same schema, refusing properties that it doesn't name."""
    found = {key: value for key, value in schema.items() if key not in ("example", "description")}
    if "properties" in found:
        found["properties"] = {k: closed(v) for k, v in found["properties"].items()}
        found["additionalProperties"] = False
    if "items" in found:
        found["items"] = closed(found["items"])
    return found


def _published() -> Json | None:
    path = os.environ.get("SAPA_GOWA_OPENAPI")
    if not path:
        return None
    document: Json = yaml.safe_load(Path(path).read_text())
    return document


def _operation(document: Json, key: tuple[str, str]) -> Json:
    method, path = key
    operation: Json = document["paths"][path][method.lower()]
    return operation


def _resolved(document: Json, holder: Json) -> Json:
    (media,) = holder["content"].values()
    return _dereferenced(document, media["schema"])


def _dereferenced(document: Json, node: Any) -> Any:
    if isinstance(node, dict):
        if "$ref" in node:
            found: Any = document
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            return _dereferenced(document, found)
        return {key: _dereferenced(document, value) for key, value in node.items()}
    if isinstance(node, list):
        return [_dereferenced(document, value) for value in node]
    return node
