"""What Meta refuses before it accepts a message, with Meta's codes."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from core.testing.providers.graph_api import GraphError
from core.testing.providers.whatsapp_cloud_bodies import Json

FILES = frozenset({"image", "video", "audio", "document", "sticker"})


@dataclass(frozen=True)
class File:
    """A file that was uploaded, or that a person sent."""

    content: bytes
    mime_type: str
    filename: str = ""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def sha256_base64(self) -> str:
        """As webhooks write it."""
        return base64.b64encode(hashlib.sha256(self.content).digest()).decode()


@dataclass(frozen=True)
class Template:
    """A template, and how many variables its body has. `components` stand in for a plain `body`."""

    name: str
    language: str = "en"
    variables: int = 0
    status: str = "APPROVED"
    category: str = "UTILITY"
    body: str = "Hello"
    components: tuple[Json, ...] = ()
    is_named: bool = False
    quality: str = "UNKNOWN"
    rejected_reason: str = "NONE"

    @property
    def id(self) -> str:
        """Digits, as Meta's."""
        digest = hashlib.sha256(f"{self.name}/{self.language}".encode()).hexdigest()
        return str(int(digest[:12], 16))

    def document(self) -> Json:
        return {
            "id": self.id,
            "name": self.name,
            "language": self.language,
            "status": self.status,
            "category": self.category,
            "parameter_format": "NAMED" if self.is_named else "POSITIONAL",
            "quality_score": {"score": self.quality, "date": 1780000000},
            "rejected_reason": self.rejected_reason,
            "components": list(self.components) or [{"type": "BODY", "text": self.body}],
        }

    def update(self, event: str, reason: str = "NONE", **more: Json) -> Json:
        """The value of a `message_template_status_update`."""
        return {
            "event": event,
            "message_template_id": int(self.id),
            "message_template_name": self.name,
            "message_template_language": self.language,
            "message_template_category": self.category,
            "reason": reason,
            **more,
        }


def check_content(payload: Json, templates: Iterable[Template], files: Collection[str]) -> None:
    """Raise GraphError unless the message's content is one that Meta takes."""
    kind = payload.get("type", "text")
    content = payload.get(kind) if isinstance(kind, str) else None
    if kind == "contacts" and isinstance(content, list) and content:
        return
    if not isinstance(content, dict):
        raise GraphError(131008, "Required parameter is missing", details=f"{kind}")
    if kind == "text" and not 0 < len(str(content.get("body", ""))) <= 4096:
        raise GraphError(100, "Invalid parameter", details="text.body takes 1 to 4096 characters")
    if kind == "template":
        _check_template(content, templates)
    if kind == "reaction" and not content.get("message_id"):
        raise GraphError(131009, "Parameter value is not valid", details="reaction.message_id")
    if kind in FILES and not content.get("link") and content.get("id") not in files:
        raise GraphError(131053, "Media upload error", details="no file has this id")


def _check_template(content: Json, templates: Iterable[Template]) -> None:
    wanted = (content.get("name"), (content.get("language") or {}).get("code"))
    found = next((t for t in templates if (t.name, t.language) == wanted), None)
    if found is None:
        raise GraphError(132001, "Template name does not exist in the translation", 404)
    if found.status == "PAUSED":
        raise GraphError(132015, "Template is paused")
    given = sum(
        len(component.get("parameters", []))
        for component in content.get("components", [])
        if str(component.get("type", "")).lower() == "body"
    )
    if given != found.variables:
        raise GraphError(
            132000,
            "Number of parameters does not match the expected number of params",
            details=f"{given} given, {found.variables} expected",
        )
