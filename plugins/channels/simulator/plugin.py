"""The simulator channel: a phone in the browser, and the smallest complete adapter to copy."""

from collections.abc import Sequence
from typing import Any

from core.api import Adapter, JobSpec, Manifest, ViewDecl, hookimpl
from plugins.channels.simulator.adapter import SimulatorAdapter
from plugins.channels.simulator.jobs import JOBS
from plugins.channels.simulator.models import Line, Person, Phone
from plugins.channels.simulator.views import PhoneView

manifest = Manifest(
    name="simulator",
    title="Simulator",
    version="0.1.0",
    family="channels",
    summary="A phone in the browser: write as a customer and see what Sapa sends.",
    default_enabled=True,
    migrations="plugins.channels.simulator.migrations",
)


@hookimpl
def models() -> Sequence[type[Any]]:
    return [Phone, Person, Line]


@hookimpl
def channel_adapters() -> Sequence[Adapter]:
    return [SimulatorAdapter()]


@hookimpl
def jobs() -> Sequence[JobSpec]:
    return JOBS


@hookimpl
def views() -> Sequence[ViewDecl]:
    return [
        ViewDecl(
            view=PhoneView,
            name="Phone simulator",
            icon="device-mobile-message",
        )
    ]
