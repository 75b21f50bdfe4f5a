"""WhatsApp by QR code."""

from collections.abc import Sequence

from core.api import Adapter, Manifest, hookimpl
from plugins.channels.whatsapp_qr.adapter import WhatsAppQrAdapter

manifest = Manifest(
    name="whatsapp_qr",
    title="WhatsApp (QR code)",
    version="0.1.0",
    family="channels",
    summary="The WhatsApp of a phone you have, paired by scanning a QR code.",
    default_enabled=True,
)


@hookimpl
def channel_adapters() -> Sequence[Adapter]:
    return [WhatsAppQrAdapter()]
