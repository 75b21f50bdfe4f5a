"""A plugin of a channel of text messages, which a module must allow (D11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from core.api import Adapter, Capabilities, Manifest, hookimpl
from plugins.channels.simulator.adapter import SimulatorAdapter

manifest = Manifest(
    name="texts", title="Texts", version="1", family="channels", default_enabled=True
)


class SmsAdapter(SimulatorAdapter):
    """The simulator, as a phone network's."""

    kind: ClassVar[str] = "texts"
    capabilities: ClassVar[Capabilities] = replace(SimulatorAdapter.capabilities, sms=True)


@hookimpl
def channel_adapters() -> Sequence[Adapter]:
    return [SmsAdapter()]
