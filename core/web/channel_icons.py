"""The icon of each kind of channel, wherever a message or an address is shown."""

from __future__ import annotations

CHANNEL_ICONS = {
    "simulator": "device-mobile",
    "whatsapp_cloud": "brand-whatsapp",
    "whatsapp_qr": "brand-whatsapp",
    "messenger": "brand-messenger",
    "instagram": "brand-instagram",
    "telegram": "brand-telegram",
    "sms_twilio": "message-circle",
    "sms_android": "message-circle",
    "email": "mail",
    "tiktok_shop": "brand-tiktok",
    "shopee": "shopping-bag",
    "lazada": "shopping-bag",
}


def channel_icon(kind: str) -> str:
    """The icon of a kind of channel; a stranger's kind gets the general one."""
    return CHANNEL_ICONS.get(kind, "messages")
