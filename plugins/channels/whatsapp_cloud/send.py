"""One message to Meta: build the request, hand it over, read the id."""

from __future__ import annotations

from typing import Any

from core.api import (
    Accepted,
    Account,
    Address,
    IdentityKind,
    MessageKind,
    OutboundClient,
    OutboundMessage,
    OutboundTemplate,
    OutcomeUnknown,
    SendFailed,
    TemplateSlot,
    say,
)
from plugins.channels.whatsapp_cloud.errors import PAYLOAD, RECIPIENT
from plugins.channels.whatsapp_cloud.graph import call, node
from plugins.channels.whatsapp_cloud.media import is_voice, sent_as, upload

MAX_TEXT = 4096
MAX_CAPTION = 1024
CAPTIONED = frozenset({MessageKind.IMAGE, MessageKind.VIDEO, MessageKind.DOCUMENT})
FILES = CAPTIONED | {MessageKind.AUDIO, MessageKind.STICKER}


def send(account: Account, message: OutboundMessage, http: OutboundClient) -> Accepted:
    """Send one message; its `opaque` comes back in every status. Raises SendFailed, OutcomeUnknown.

    A file is uploaded first and sent by its id: a link would make Meta fetch from us, which needs
    a public address for a customer's file.
    """
    payload = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        **_recipient(message.to),
        **_content(account, message, http),
        "biz_opaque_callback_data": message.opaque,
    }
    if message.reply_to and not message.reaction_to:
        payload["context"] = {"message_id": message.reply_to}
    number = node(str(account.settings.get("phone_number_id", "")))
    answer = call(account, http, "POST", f"{number}/messages", json=payload, total=20.0)
    return Accepted(_message_id(answer))


def _recipient(to: Address) -> dict[str, str]:
    if to.kind is IdentityKind.PHONE:
        return {"to": to.value.removeprefix("+")}
    if to.kind is IdentityKind.BSUID:
        return {"recipient": to.value}
    raise SendFailed(
        RECIPIENT, "address", say("WhatsApp can't reach an address of kind %(kind)s.", kind=to.kind)
    )


def _content(account: Account, message: OutboundMessage, http: OutboundClient) -> dict[str, Any]:
    if message.reaction_to:
        reaction = {"message_id": message.reaction_to, "emoji": message.text}
        return {"type": "reaction", "reaction": reaction}
    if message.template is not None:
        return {"type": "template", "template": _template(message.template)}
    if message.kind is MessageKind.TEXT:
        _refuse_length(message.text, MAX_TEXT)
        return {"type": "text", "text": {"body": message.text}}
    if message.kind in FILES:
        kind = sent_as(message)
        return {"type": kind.value, kind.value: _file(account, message, kind, http)}
    raise SendFailed(
        PAYLOAD, "kind", say("A %(kind)s can't be sent over WhatsApp.", kind=message.kind)
    )


def _template(template: OutboundTemplate) -> dict[str, Any]:
    content: dict[str, Any] = {"name": template.name, "language": {"code": template.language}}
    if template.variables:
        content["components"] = _components(template)
    return content


def _components(template: OutboundTemplate) -> list[dict[str, Any]]:
    """The values in the parts that want them; without slots all belong to the body."""
    slots = template.slots or (TemplateSlot(),) * len(template.variables)
    if len(slots) != len(template.variables):
        raise SendFailed(
            PAYLOAD,
            "variables",
            say("The template has changed at Meta: fetch the templates again."),
        )
    parts: dict[tuple[str, int], list[dict[str, str]]] = {}
    for slot, value in zip(slots, template.variables, strict=True):
        named = {"parameter_name": slot.key} if slot.key else {}
        parts.setdefault((slot.where, slot.index), []).append(
            {"type": "text", **named, "text": value}
        )
    return [
        {
            "type": where,
            **({"sub_type": "url", "index": str(index)} if where == "button" else {}),
            "parameters": parameters,
        }
        for (where, index), parameters in parts.items()
    ]


def _file(
    account: Account, message: OutboundMessage, kind: MessageKind, http: OutboundClient
) -> dict[str, Any]:
    if message.text and kind not in CAPTIONED:
        raise SendFailed(
            PAYLOAD, "caption", say("WhatsApp shows no caption on a %(kind)s.", kind=kind)
        )
    _refuse_length(message.text, MAX_CAPTION)
    file: dict[str, Any]
    if message.media_bytes:
        file = {"id": upload(account, message, kind, http)}
    elif message.media is not None and message.media.provider_id:
        file = {"id": message.media.provider_id}
    else:
        raise SendFailed(PAYLOAD, "no_file", say("The message has no file to send."))
    if message.text:
        file["caption"] = message.text
    if kind is MessageKind.DOCUMENT and message.media_name:
        file["filename"] = message.media_name
    if kind is MessageKind.AUDIO and is_voice(message):
        file["voice"] = True
    return file


def _refuse_length(text: str, limit: int) -> None:
    if len(text) > limit:
        raise SendFailed(
            PAYLOAD,
            "too_long",
            say(
                "WhatsApp takes %(limit)s characters here, this has %(count)s.",
                limit=limit,
                count=len(text),
            ),
        )


def _message_id(answer: dict[str, Any]) -> str:
    messages = answer.get("messages")
    first = messages[0] if isinstance(messages, list) and messages else None
    identifier = first.get("id") if isinstance(first, dict) else None
    if not isinstance(identifier, str) or not identifier:
        raise OutcomeUnknown("garbage", say("Meta took the message but named no id."))
    return identifier
