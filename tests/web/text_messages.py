"""A plugin of a channel of text messages, which a module must allow (D11)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from core.api import Adapter, Manifest, hookimpl
from plugins.channels.simulator.adapter import SimulatorAdapter

manifest = Manifest(name="sms", title="SMS", version="1", family="channels", default_enabled=True)


class SmsAdapter(SimulatorAdapter):
    """The simulator under the name that the dialog knows."""

    kind: ClassVar[str] = "sms"


@hookimpl
def channel_adapters() -> Sequence[Adapter]:
    return [SmsAdapter()]
