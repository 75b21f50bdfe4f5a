"""Asking Meta for the contacts and the history of the WhatsApp Business app (coexistence)."""

from __future__ import annotations

from core.api import Account, ImportOffer, OutboundClient, SendFailed, say
from plugins.channels.whatsapp_cloud.errors import PAYLOAD
from plugins.channels.whatsapp_cloud.graph import call, node

OFFERS = (
    ImportOffer(
        "contacts",
        say("Contacts of the WhatsApp Business app"),
        say(
            "The phone's address book, and later each change of it. Meta answers this once, within "
            "24 hours of the number's connection to the app."
        ),
        fact="contacts",
    ),
    ImportOffer(
        "history",
        say("Messages of the last 180 days"),
        say(
            "What was written on the phone before. It opens no task and answers nobody, and the "
            "phone's owner may decline it. Meta answers this once, within 24 hours of the number's "
            "connection to the app."
        ),
        fact="history",
    ),
)
SYNC_TYPES = {"contacts": "smb_app_state_sync", "history": "history"}


def begin_import(account: Account, name: str, http: OutboundClient) -> None:
    """`POST /{phone_number_id}/smb_app_data`. Raises SendFailed, OutcomeUnknown."""
    if name not in SYNC_TYPES:
        raise SendFailed(PAYLOAD, "import", say("There is no import called %(name)s.", name=name))
    number = node(str(account.settings.get("phone_number_id", "")))
    body = {"messaging_product": "whatsapp", "sync_type": SYNC_TYPES[name]}
    call(account, http, "POST", f"{number}/smb_app_data", json=body)
