"""A channel's line to its provider, out of the database: calls happen outside transactions."""

from __future__ import annotations

from dataclasses import dataclass

from core.adapter import Account, Adapter, ChecksConnection, Finding
from core.errors import Refused
from core.models import Channel
from core.outbound import OutboundClient
from core.pairing import PairingCode, PairingFailed, PairingState, Pairs
from core.services.channel_accounts import account_of, adapter_of, webhook_url
from core.tenancy.session import TenantSession
from core.words import say


@dataclass(frozen=True)
class Line:
    """Everything that a call to the provider needs. End the transaction before you call."""

    adapter: Adapter
    account: Account
    webhook_url: str
    http: OutboundClient

    @property
    def pairs(self) -> bool:
        """Whether a phone is paired here."""
        return isinstance(self.adapter, Pairs)

    def code(self, *, by_code: bool = False) -> PairingCode | PairingState:
        """The next code to show, or why there is none."""
        try:
            return self.phone().pair(self.account, self.webhook_url, self.http, by_code=by_code)
        except PairingFailed as failed:
            return failed.state

    def state(self) -> PairingState:
        """Where the phone stands."""
        return self.phone().pairing_state(self.account, self.http)

    def unpair(self) -> None:
        """Log the phone out. Raises SendFailed, OutcomeUnknown."""
        self.phone().unpair(self.account, self.http)

    def findings(self) -> list[Finding]:
        """What a test of the connection finds."""
        if not isinstance(self.adapter, ChecksConnection):
            return []
        return list(self.adapter.check_connection(self.account, self.webhook_url, self.http))

    def phone(self) -> Pairs:
        """The adapter, as one that pairs. Refused where the kind has no phone."""
        if not isinstance(self.adapter, Pairs):
            raise Refused(say("This kind of channel has no phone to pair."))
        return self.adapter


def line_of(session: TenantSession, channel: Channel) -> Line:
    """The channel's line. Refused where its plugin is gone or off, or the channel is archived."""
    if channel.archived_at is not None:
        raise Refused(say("%(channel)s is archived: connect it anew.", channel=channel.name))
    plugin = session.desk.host.owner_of_kind(channel.kind)
    if plugin is None or plugin not in session.desk.host.switches.enabled(session):
        raise Refused(
            say("%(channel)s is off: switch its plugin on under Plugins.", channel=channel.name)
        )
    return Line(
        adapter=adapter_of(session, channel),
        account=account_of(session, channel),
        webhook_url=webhook_url(session, channel),
        http=session.desk.outbound,
    )
