"""Brings the contacts of connected devices and of files into the address book, and keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from pydantic import BaseModel

from core.api import (
    ApiDecl,
    Channel,
    DeviceFact,
    Handler,
    JobSpec,
    ListAction,
    Manifest,
    Panel,
    Periodic,
    ViewDecl,
    hookimpl,
    web_session,
)
from plugins.sync import devices
from plugins.sync.api import APIS
from plugins.sync.device_api import DEVICE_APIS
from plugins.sync.jobs import HANDLERS, JOBS
from plugins.sync.models import MODELS
from plugins.sync.settings import SyncSettings
from plugins.sync.upload_views import UploadView
from plugins.sync.views import SyncView

manifest = Manifest(
    name="sync",
    title="Contact sync",
    version="0.1.0",
    family="sync",
    summary="Brings the contacts of a connected device into the address book.",
    migrations="plugins.sync.migrations",
)


@hookimpl
def models() -> Sequence[type[Any]]:
    return MODELS


@hookimpl
def jobs() -> Sequence[JobSpec | Periodic]:
    return JOBS


@hookimpl
def event_handlers() -> Sequence[Handler[Any]]:
    return HANDLERS


@hookimpl
def settings_form() -> type[BaseModel]:
    return SyncSettings


@hookimpl
def apis() -> Sequence[ApiDecl]:
    return [*APIS, *DEVICE_APIS]


@hookimpl
def views() -> Sequence[ViewDecl]:
    return [
        ViewDecl(
            view=SyncView,
            name="Add / Sync again",
            label=_l("Add / Sync again"),
            icon="refresh",
            category="Customers",
        ),
        ViewDecl(view=UploadView),
    ]


@hookimpl
def device_facts(channels: Sequence[Channel]) -> Sequence[DeviceFact]:
    session = web_session()
    known = devices.devices_by_channel(session)
    facts = []
    for channel in channels:
        if not devices.can_sync(session, channel):
            continue
        device = known.get(channel.id)
        is_automatic = device is not None and device.is_automatic
        facts.append(
            DeviceFact(
                channel_id=channel.id,
                title=_("Contact sync"),
                badge=_("Automatic") if is_automatic else _("Manual"),
                colour="green" if is_automatic else "secondary",
                at=device.last_at if device else None,
                text=device.stopped if device else "",
            )
        )
    return facts


@hookimpl
def device_panels(channel: Channel) -> Sequence[Panel]:
    if not devices.can_sync(web_session(), channel):
        return []
    return [
        Panel(
            name="contact_sync",
            title=_("Automatic contact sync"),
            href=url_for("SyncView.toggle", channel_id=channel.id),
            icon="refresh",
        )
    ]


@hookimpl
def customer_list_actions() -> Sequence[ListAction]:
    return [ListAction(label=_("Add / Sync again"), href=url_for("SyncView.index"), icon="refresh")]
