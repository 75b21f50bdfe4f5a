"""Facebook Messenger."""

from collections.abc import Sequence

from core.api import Adapter, Manifest, hookimpl
from plugins.channels.messenger.adapter import MessengerAdapter

manifest = Manifest(
    name="messenger",
    title="Messenger",
    version="0.1.0",
    family="channels",
    summary="What people write to a Facebook page.",
    default_enabled=True,
)


@hookimpl
def channel_adapters() -> Sequence[Adapter]:
    return [MessengerAdapter()]
