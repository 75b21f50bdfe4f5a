"""WhatsApp through Meta's Cloud API."""

from collections.abc import Sequence

from core.api import Adapter, Manifest, hookimpl
from plugins.channels.whatsapp_cloud.adapter import WhatsAppCloudAdapter

manifest = Manifest(
    name="whatsapp_cloud",
    title="WhatsApp (Cloud API)",
    version="0.1.0",
    family="channels",
    summary="An official WhatsApp number, connected through Meta's Cloud API.",
    default_enabled=True,
)


@hookimpl
def channel_adapters() -> Sequence[Adapter]:
    return [WhatsAppCloudAdapter()]
