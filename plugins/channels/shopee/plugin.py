"""Shopee."""

from collections.abc import Sequence

from core.api import Adapter, JobSpec, Manifest, Periodic, hookimpl
from plugins.channels.shopee.adapter import ShopeeAdapter
from plugins.channels.shopee.jobs import JOBS

manifest = Manifest(
    name="shopee",
    title="Shopee",
    version="0.1.0",
    family="channels",
    summary="Chats with the buyers of a Shopee shop, and their orders.",
    default_enabled=True,
)


@hookimpl
def channel_adapters() -> Sequence[Adapter]:
    return [ShopeeAdapter()]


@hookimpl
def jobs() -> Sequence[JobSpec | Periodic]:
    return JOBS
