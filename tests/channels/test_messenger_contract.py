"""The adapter contract, for Messenger."""

from __future__ import annotations

from core.adapter import Account
from core.inbound import Address, IdentityKind
from core.testing.providers.base import ProviderSimulator
from core.testing.providers.messenger import PageSimulator
from plugins.channels.messenger.adapter import MessengerAdapter
from tests.channels.meta_accounts import PAGE, PERSON, PlatformContract, page_account


class TestMessengerContract(PlatformContract):
    __test__ = True
    adapter = MessengerAdapter()
    plugin = "plugins.channels.messenger.plugin"
    bodies_ = PAGE

    def provider(self) -> PageSimulator:
        return PageSimulator()

    def account(self, base_url: str) -> Account:
        return page_account(base_url)

    def address(self) -> Address:
        return Address(IdentityKind.PSID, PERSON)

    def sent_opaques(self, provider: ProviderSimulator) -> list[str]:
        assert isinstance(provider, PageSimulator)
        return [sent.opaque for sent in provider.sent]

    def credential_error(self, provider: ProviderSimulator) -> None:
        provider.fail_next(status=401, code=190)
