"""The adapter contract, for Instagram."""

from __future__ import annotations

from core.adapter import Account
from core.inbound import Address, IdentityKind
from core.testing.providers.base import ProviderSimulator
from core.testing.providers.messenger import PageSimulator, instagram_simulator
from plugins.channels.instagram.adapter import InstagramAdapter
from tests.channels.meta_accounts import GRAM, PERSON, PlatformContract, gram_account


class TestInstagramContract(PlatformContract):
    __test__ = True
    adapter = InstagramAdapter()
    plugin = "plugins.channels.instagram.plugin"
    bodies_ = GRAM
    why_no_opaque_id = "Instagram's echoes bear no word of ours."

    def provider(self) -> PageSimulator:
        return instagram_simulator()

    def account(self, base_url: str) -> Account:
        return gram_account(base_url)

    def address(self) -> Address:
        return Address(IdentityKind.IGSID, PERSON)

    def sent_opaques(self, provider: ProviderSimulator) -> list[str]:
        assert isinstance(provider, PageSimulator)
        return [sent.text for sent in provider.sent]

    def credential_error(self, provider: ProviderSimulator) -> None:
        provider.fail_next(status=401, code=190)
