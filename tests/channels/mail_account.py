"""The mailbox that these tests connect."""

from __future__ import annotations

import uuid
from typing import Any

from core.adapter import Account

OWN = "shop@toko.example"
UUID = uuid.UUID("0190f5a2-0000-7000-8000-0000000000e1")
SECRETS = {"password": "app-password-of-the-shop", "reply_key": "key-of-the-marks-in-addresses"}


def mail_account(**changes: Any) -> Account:
    """An account; `imap` and `smtp` are (host, port) of its servers, `settings` are added."""
    imap_host, imap_port = changes.pop("imap", ("127.0.0.1", 9))
    smtp_host, smtp_port = changes.pop("smtp", ("127.0.0.1", 9))
    settings = {
        "own_address": OWN,
        "preset": "own",
        "user": "shop",
        "sender_name": "Toko Melati",
        "subject": "",
        "imap_host": imap_host,
        "imap_port": imap_port,
        "imap_security": "tls",
        "smtp_host": smtp_host,
        "smtp_port": smtp_port,
        "smtp_security": "starttls",
        "reads_sent": True,
        "keeps_copies": True,
        "plus_addresses": True,
    }
    values: dict[str, Any] = {
        "channel_id": 1,
        "uuid": UUID,
        "kind": "email",
        "own_address": OWN,
        "region": "ID",
        "settings": {**settings, **changes.pop("settings", {})},
        "secrets": SECRETS,
    }
    return Account(**values | changes)
