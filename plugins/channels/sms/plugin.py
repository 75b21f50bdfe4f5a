"""SMS: through Twilio, or through an Android phone of your own."""

from collections.abc import Sequence

from core.api import Adapter, Manifest, hookimpl
from plugins.channels.sms.android.adapter import AndroidSmsAdapter
from plugins.channels.sms.twilio.adapter import TwilioSmsAdapter

manifest = Manifest(
    name="sms",
    title="SMS",
    version="0.1.0",
    family="channels",
    summary="Text messages, through Twilio or through an Android phone of your own.",
    default_enabled=True,
)


@hookimpl
def channel_adapters() -> Sequence[Adapter]:
    return [TwilioSmsAdapter(), AndroidSmsAdapter()]
