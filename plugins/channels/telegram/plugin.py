"""Telegram, through a bot."""

from collections.abc import Sequence

from core.api import Adapter, Manifest, hookimpl
from plugins.channels.telegram.adapter import TelegramAdapter

manifest = Manifest(
    name="telegram",
    title="Telegram",
    version="0.1.0",
    family="channels",
    summary="A Telegram bot that customers write to.",
    default_enabled=True,
)


@hookimpl
def channel_adapters() -> Sequence[Adapter]:
    return [TelegramAdapter()]
