"""Capabilities: what an adapter claims to carry arrives at its provider.

`docs/channels.md` is written from the capabilities; these tests are what makes it true.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

from sqlalchemy import update

from core.adapter import FetchesContacts, FetchesMedia
from core.errors import Refused
from core.inbound import ContactPushed, Media, MessageKind
from core.listed_templates import ListsTemplates
from core.models import Conversation
from core.models.base import now
from core.outbound import OutboundClient, SendFailed
from core.pairing import Pairs
from core.services.sending import SendCall
from core.testing.contract.in_the_desk import Desk
from core.testing.contract.supplied import UNUSED_PORT_URL, Supplied
from core.testing.providers.base import ProviderSimulator

SAMPLES = {
    MessageKind.IMAGE: ("image/jpeg", "a.jpg", b"\xff\xd8\xff\xe0 a picture"),
    MessageKind.VIDEO: ("video/mp4", "a.mp4", b"\x00\x00\x00\x18ftypmp42 a film"),
    MessageKind.AUDIO: ("audio/mpeg", "a.mp3", b"ID3 a song"),
    MessageKind.DOCUMENT: ("application/pdf", "a.pdf", b"%PDF-1.7 an invoice"),
    MessageKind.STICKER: ("image/webp", "a.webp", b"RIFF0000WEBP a sticker"),
}


class Timed(OutboundClient):
    """Adds up how long the calls may take together."""

    seconds = 0.0

    def request(self, method: str, url: str, **how: Any) -> Any:
        usual = 60.0  # the client's own
        self.seconds += how.get("total") or usual
        return super().request(method, url, **how)


class ClaimsContract(Supplied):
    """Each capability is exercised where it is claimed."""

    def test_every_kind_of_file_that_it_claims_arrives(self, running: ProviderSimulator) -> None:
        kinds = sorted(self.adapter.capabilities.media)
        for kind in kinds:
            mime_type, name, content = SAMPLES[kind]
            message = self.message(
                kind=kind,
                text="",
                media=Media(kind, mime_type=mime_type, filename=name),
                media_bytes=content,
                media_name=name,
            )
            self.adapter.send(self.account(running.url), message, self.client())
            assert self.carried(running, content), kind
        assert len(self.sent_opaques(running)) == len(kinds)
        assert isinstance(self.adapter, FetchesMedia) or not kinds

    def test_a_send_ends_before_its_lease_does(self, running: ProviderSimulator) -> None:
        for kind in (MessageKind.TEXT, *sorted(self.adapter.capabilities.media)):
            mime_type, name, content = SAMPLES.get(kind, ("", "", b""))
            message = self.message(
                kind=kind,
                text="" if content else "Halo",
                media=Media(kind, mime_type=mime_type, filename=name) if content else None,
                media_bytes=content,
                media_name=name,
            )
            http = Timed(private_hosts=("127.0.0.1",))
            self.adapter.send(self.account(running.url), message, http)
            assert http.seconds <= SendCall.timeout, kind

    def test_the_longest_text_that_it_claims_arrives(self, running: ProviderSimulator) -> None:
        message = self.message(text="x" * self.adapter.capabilities.max_text)
        self.adapter.send(self.account(running.url), message, self.client())
        assert self.sent_opaques(running) == [self.mark(message)]

    def test_a_reply_names_what_it_answers(self, running: ProviderSimulator) -> None:
        message = self.message(reply_to=self.id_of("m-7-1"))
        self.adapter.send(self.account(running.url), message, self.client())
        is_named = self.carried(running, self.id_of("m-7-1").encode())
        assert is_named is self.adapter.capabilities.replies

    def test_a_reaction_names_its_message(self, running: ProviderSimulator) -> None:
        message = self.message(text="👍", reaction_to=self.id_of("m-7-2"))
        with suppress(SendFailed):
            self.adapter.send(self.account(running.url), message, self.client())
        is_named = self.carried(running, self.id_of("m-7-2").encode())
        assert is_named is self.adapter.capabilities.reactions

    def test_what_it_claims_has_its_methods(self) -> None:
        claims = self.adapter.capabilities
        assert claims.contact_list is isinstance(self.adapter, FetchesContacts)
        assert claims.templates is isinstance(self.adapter, ListsTemplates)
        assert claims.pairing is isinstance(self.adapter, Pairs)

    def test_the_address_book_that_it_claims_is_pushed(self) -> None:
        pushed = self.pushed() if self.adapter.capabilities.contact_push else b""
        account = self.account(UNUSED_PORT_URL)
        found = list(self.adapter.parse(account, pushed)) if pushed else []
        assert self.adapter.capabilities.contact_push is any(
            isinstance(item, ContactPushed) for item in found
        )

    def test_free_text_goes_as_long_as_its_window_is_open(self, talk: Desk) -> None:
        claims, told = self.adapter.capabilities, now()
        last = max(claims.person_window or timedelta(), claims.window or timedelta(days=3650))
        for ago, may_go in ((last - timedelta(hours=1), True), (last + timedelta(hours=1), False)):
            with talk.house.tenant() as session:
                until = told - ago + (claims.window or timedelta())
                session.execute(update(Conversation).values(window_until=until))
            try:
                sent = talk.send("Masih ada")
                went = True
            except Refused:
                went = False
            assert went is (may_go or claims.window is None)
            if went:
                talk.house.work()
                assert talk.message(sent).provider_id
