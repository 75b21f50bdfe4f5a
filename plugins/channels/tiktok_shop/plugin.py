"""Tokopedia / TikTok Shop."""

from collections.abc import Sequence

from core.api import Adapter, Manifest, hookimpl
from plugins.channels.tiktok_shop.adapter import TikTokShopAdapter

manifest = Manifest(
    name="tiktok_shop",
    title="Tokopedia / TikTok Shop",
    version="0.1.0",
    family="channels",
    summary="Chats with the buyers of a Tokopedia or TikTok Shop, and their orders.",
    default_enabled=True,
)


@hookimpl
def channel_adapters() -> Sequence[Adapter]:
    return [TikTokShopAdapter()]
