"""Sends: what is handed over, and what a refusal, a silence and a broken line mean."""

from __future__ import annotations

import pytest

from core.adapter import OutboundMessage
from core.outbound import OutcomeUnknown, SendFailed
from core.testing.contract.supplied import UNUSED_PORT_URL, Supplied
from core.testing.providers.base import ProviderSimulator


class SendContract(Supplied):
    """What `send` returns and raises."""

    def send(self, provider: ProviderSimulator, message: OutboundMessage) -> str:
        account = self.account(provider.url)
        return self.adapter.send(account, message, self.client()).provider_id

    def refusal(self, provider: ProviderSimulator) -> SendFailed:
        with pytest.raises(SendFailed) as failed:
            self.send(provider, self.message())
        assert failed.value.reason
        return failed.value

    def test_a_send_returns_the_provider_s_id(self, running: ProviderSimulator) -> None:
        first, second = (self.send(running, self.message()) for _ in range(2))
        assert first
        assert second
        assert first != second

    def test_a_send_bears_our_opaque_id(self, running: ProviderSimulator) -> None:
        messages = [self.message(text=f"Nr {i}") for i in range(3)]
        for message in messages:
            self.send(running, message)
        assert self.adapter.capabilities.opaque_id is not bool(self.why_no_opaque_id)
        assert self.sent_opaques(running) == [self.mark(message) for message in messages]

    @pytest.mark.parametrize("status", [429, 500, 503])
    def test_a_busy_provider_means_retry(self, running: ProviderSimulator, status: int) -> None:
        running.fail_next(status=status)
        assert self.refusal(running).error_class == "retry"
        assert self.sent_opaques(running) == []

    def test_a_pause_asked_for_is_passed_on(self, running: ProviderSimulator) -> None:
        running.fail_next(status=429, retry_after="17")
        assert self.refusal(running).retry_after == 17

    def test_refused_credentials_stop_the_channel(self, running: ProviderSimulator) -> None:
        self.credential_error(running)
        assert self.refusal(running).error_class == "channel"

    def test_a_time_out_is_unknown(self, running: ProviderSimulator) -> None:
        running.hang_next(is_processed=True)
        message = self.message()
        with pytest.raises(OutcomeUnknown):
            self.send(running, message)
        assert self.sent_opaques(running) == [
            self.mark(message)
        ]  # it arrived: a retry would double it

    def test_a_cut_line_is_unknown(self, running: ProviderSimulator) -> None:
        running.drop_next(is_processed=True)
        message = self.message()
        with pytest.raises(OutcomeUnknown):
            self.send(running, message)
        assert self.sent_opaques(running) == [self.mark(message)]

    def test_an_answer_without_an_id_is_unknown(self, running: ProviderSimulator) -> None:
        for garbage in (b"<html>", b"", b"[]", b"{}", b'{"id": 5}', b'{"messages": [{}]}'):
            running.garbage_next(body=garbage)
            with pytest.raises(OutcomeUnknown) as unknown:
                self.send(running, self.message())
            assert unknown.value.reason

    def test_nobody_listening_means_retry(self) -> None:
        with pytest.raises(SendFailed) as failed:
            self.adapter.send(self.account(UNUSED_PORT_URL), self.message(), self.client())
        assert failed.value.error_class == "retry"

    def test_no_secret_shows_in_an_error(self, running: ProviderSimulator) -> None:
        running.fail_next(status=400)
        account = self.account(running.url)
        with pytest.raises(SendFailed) as failed:
            self.adapter.send(account, self.message(), self.client())
        shown = repr(failed.value) + str(failed.value) + repr(account)
        assert not [secret for secret in account.secrets.values() if secret in shown]
