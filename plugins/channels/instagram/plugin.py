"""Instagram messages."""

from collections.abc import Sequence

from core.api import Adapter, Manifest, hookimpl
from plugins.channels.instagram.adapter import InstagramAdapter

manifest = Manifest(
    name="instagram",
    title="Instagram",
    version="0.1.0",
    family="channels",
    summary="Direct messages to an Instagram professional account.",
    default_enabled=True,
)


@hookimpl
def channel_adapters() -> Sequence[Adapter]:
    return [InstagramAdapter()]
