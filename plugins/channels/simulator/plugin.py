"""The simulator channel: a phone in the browser, and the smallest complete adapter to copy."""

from collections.abc import Sequence

from core.api import Adapter, Manifest, hookimpl
from plugins.channels.simulator.adapter import SimulatorAdapter

manifest = Manifest(
    name="simulator",
    title="Simulator",
    version="0.1.0",
    family="channels",
    summary="A phone in the browser: write as a customer and see what Sapa sends.",
    default_enabled=True,
)


@hookimpl
def channel_adapters() -> Sequence[Adapter]:
    return [SimulatorAdapter()]
