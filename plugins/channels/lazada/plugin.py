"""Lazada."""

from collections.abc import Sequence

from core.api import Adapter, Manifest, hookimpl
from plugins.channels.lazada.adapter import LazadaAdapter

manifest = Manifest(
    name="lazada",
    title="Lazada",
    version="0.1.0",
    family="channels",
    summary="Chats with the buyers of a Lazada shop, and their orders.",
    default_enabled=True,
)


@hookimpl
def channel_adapters() -> Sequence[Adapter]:
    return [LazadaAdapter()]
