"""The core's own kinds of background work."""

from __future__ import annotations

from datetime import timedelta

from core.jobs.queues import BULK
from core.jobs.schedule import Periodic
from core.jobs.spec import JobSpec
from core.services import (
    attachments,
    conversations,
    inbox,
    market,
    names,
    pairing,
    reactions,
    receipts,
    refresh_channel,
    renew_access,
    sending,
    subscribe_call,
    watermarks,
)
from core.services.order_feed.forget import forget_order_deliveries

CORE_JOBS: tuple[JobSpec | Periodic, ...] = (
    JobSpec("core.process_inbox", run=inbox.process, plugin_of=inbox.plugin_of),
    JobSpec("core.wake", run=conversations.wake),
    JobSpec(
        "core.send",
        call=sending.SendCall(),
        plugin_of=sending.plugin_of,
        on_dead=sending.give_up,
        on_stale=sending.end_as_stale,
        stale_after=timedelta(hours=24),
    ),
    JobSpec(
        "core.react",
        call=reactions.ReactCall(),
        plugin_of=reactions.plugin_of,
        on_dead=reactions.take_back,
        on_stale=reactions.take_back,
        stale_after=timedelta(hours=1),
    ),
    JobSpec(
        "core.fetch_media",
        call=attachments.FetchCall(),
        queue=BULK,
        plugin_of=attachments.plugin_of,
        on_dead=attachments.give_up,
    ),
    JobSpec("core.look_again", run=receipts.look_again, queue=BULK),
    JobSpec("core.look_at_watermark", run=watermarks.look_again, queue=BULK),
    JobSpec("core.fetch_name", call=names.NameCall(), queue=BULK, plugin_of=names.plugin_of),
    # its own queue for slow work: a gateway that is down holds its asker up for seconds
    JobSpec("core.check_phone", call=pairing.CheckCall(), queue=BULK, plugin_of=pairing.plugin_of),
    pairing.check_phones,
    JobSpec(
        "core.subscribe",
        call=subscribe_call.SubscribeCall(),
        plugin_of=subscribe_call.plugin_of,
        on_dead=subscribe_call.give_up,
        max_attempts=6,
    ),
    JobSpec(
        "core.refresh_channel",
        call=refresh_channel.RefreshCall(),
        queue=BULK,
        plugin_of=refresh_channel.plugin_of,
        max_attempts=4,
        stale_after=timedelta(hours=12),
        on_stale=refresh_channel.skip,
    ),
    refresh_channel.refresh_channels,
    JobSpec(
        "core.renew_access",
        call=renew_access.RenewCall(),
        plugin_of=renew_access.plugin_of,
        on_dead=renew_access.give_up,
    ),
    renew_access.renew_accesses,
    JobSpec(
        "core.fetch_order",
        call=market.FetchOrderCall(),
        plugin_of=market.plugin_of,
        on_dead=market.give_up,
        max_attempts=107,  # about three days: as long as a seller may need to give access anew
    ),
    forget_order_deliveries,
)
