"""Who said stop is left alone, over whichever contact, until they say otherwise (E11)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import select

from core.errors import Refused
from core.inbound import Address, IdentityKind, InboundMessage, MessageKind, WishTold
from core.models import AuditEntry, Channel, Consent, Contact, Conversation, Customer, Sender
from core.models.base import now
from core.secrets import SecretBox, generate_key
from core.services import consent, consent_words
from core.services.customers import create_customer
from core.services.erase import erase_customer
from core.services.opt_out_links import PURPOSE, contact_uuid, opt_out_link
from core.services.receive import receive
from core.services.receive_many.all import receive_all
from core.services.send import send_message
from core.tenancy.session import TenantSession
from core.testing.installation import CloudLine, Installation

HER = "+6281200000042"
_ids = count(1)

Hear = Callable[..., None]


@pytest.fixture
def session(house: Installation, line: CloudLine) -> Iterator[TenantSession]:
    with house.tenant() as opened:
        yield opened


@pytest.fixture
def channel(session: TenantSession, line: CloudLine) -> Channel:
    return line.channel(session)


@pytest.fixture(params=["one by one", "in runs"])
def hear(request: pytest.FixtureRequest, session: TenantSession, channel: Channel) -> Hear:
    """Both ways of receiving: what one of them forgets is a customer who is written to."""

    def tell(*texts: str, **more: bool) -> None:
        items = [message(text, **more) for text in texts]
        if request.param == "in runs":
            receive_all(session, channel, items, fewest=1)
        else:
            for item in items:
                receive(session, channel, item)

    return tell


def message(text: str, **more: bool) -> InboundMessage:
    return InboundMessage(
        provider_id=f"wamid.optout.{next(_ids)}",
        addresses=(Address(IdentityKind.PHONE, HER),),
        kind=MessageKind.TEXT,
        text=text,
        sent_at=now(),
        **more,
    )


def her(session: TenantSession) -> Contact:
    session.expire_all()
    return session.scalars(select(Contact).where(Contact.phone == HER)).one()


@pytest.mark.parametrize(
    "word", ["STOP", "stop.", " Berhenti! ", "dezabonare", "OPREȘTE", "Stop\n"]
)
def test_a_whole_message_opts_out(session: TenantSession, hear: Hear, word: str) -> None:
    hear("Halo", word, "Terima kasih")
    contact = her(session)
    assert (contact.consent, contact.consent_by) == (Consent.OUT, "keyword")
    assert contact.consent_at is not None
    assert not consent.may_automate(session, contact)


@pytest.mark.parametrize(
    "text", ["Please stop calling it soap", "stopped", "", "   ", "stop " * 20]
)
def test_a_sentence_opts_nobody_out(session: TenantSession, hear: Hear, text: str) -> None:
    hear("Halo", text)
    assert her(session).consent is Consent.UNKNOWN
    assert consent.may_automate(session, her(session))


def test_a_provider_s_word_is_taken_back_by_the_provider_alone(
    session: TenantSession, channel: Channel, hear: Hear
) -> None:
    def tell(*, is_out: bool) -> Contact:
        receive(session, channel, WishTold(Address(IdentityKind.PHONE, HER), now(), is_out=is_out))
        return her(session)

    hear("Halo")
    blocked = tell(is_out=True)
    assert (blocked.consent, blocked.consent_by) == (Consent.OUT, "provider")
    assert not consent.may_automate(session, blocked)
    assert tell(is_out=False).consent is Consent.UNKNOWN  # a lifted block is no yes
    hear("stop")
    assert tell(is_out=True).consent_by == "keyword"
    assert tell(is_out=False).consent is Consent.OUT
    stranger = WishTold(Address(IdentityKind.PHONE, "+6281299999999"), now())
    receive(session, channel, stranger)
    assert len(session.scalars(select(Contact)).all()) == 1


def test_an_echo_and_an_old_message_opt_nobody_out(session: TenantSession, hear: Hear) -> None:
    hear("stop", is_history=True)
    hear("stop", is_echo=True)
    assert her(session).consent is Consent.UNKNOWN


def test_the_way_back_is_theirs(session: TenantSession, hear: Hear) -> None:
    hear("start")
    assert her(session).consent is Consent.UNKNOWN
    hear("stop", "start", "stop", "MULAI")
    assert her(session).consent is Consent.IN
    session.flush()
    entries = session.scalars(select(AuditEntry.action).where(AuditEntry.noun == "contact"))
    assert [each for each in entries if each.startswith("opt")] == [
        "opt out",
        "opt in",
        "opt out",
        "opt in",
    ]


def test_a_tenant_chooses_its_words(session: TenantSession, hear: Hear) -> None:
    consent_words.change_words(session, ["Cukup!", "cukup", ""], ["Lagi"])
    hear("Halo", "stop")
    assert her(session).consent is Consent.UNKNOWN
    hear("CUKUP")
    assert her(session).consent is Consent.OUT
    hear("lagi")
    assert her(session).consent is Consent.IN


@pytest.mark.parametrize(
    ("stop", "start", "field"),
    [
        ([], ["start"], "stop_words"),
        ([" . "], [], "stop_words"),
        (["x" * 41], [], "stop_words"),
        (["Stop"], ["stop!"], "start_words"),
        ([f"w{i}" for i in range(51)], [], "stop_words"),
    ],
)
def test_words_that_leave_no_way_out_are_refused(
    session: TenantSession, stop: list[str], start: list[str], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        consent_words.change_words(session, stop, start)
    assert refused.value.field == field
    assert consent_words.says_stop(session, "STOP")


def merged(session: TenantSession, *names: str) -> list[Contact]:
    group = Customer(name="Group", is_group=True)
    session.add(group)
    session.flush()
    contacts = [create_customer(session, name=name).contacts[0] for name in names]
    for contact in contacts:
        contact.customer_id = group.id
    session.flush()
    session.expire_all()
    return contacts


def test_E11_one_members_opt_out_silences_the_group(session: TenantSession) -> None:
    first, second, other = (
        *merged(session, "A", "B"),
        create_customer(session, name="C").contacts[0],
    )
    consent.opt_out(session, first, by="link")
    assert not consent.may_automate(session, second)
    ids = [first.id, second.id, other.id]
    assert consent.silenced(session, ids) == {first.id, second.id}
    consent.opt_in(session, second)
    assert not consent.may_automate(session, second)
    consent.opt_in(session, first)
    assert consent.silenced(session, ids) == set()


def test_an_erased_customer_is_never_written_to(session: TenantSession) -> None:
    customer = create_customer(session, name="Gone", phone="0821 0000 0001")
    contact = customer.contacts[0]
    erase_customer(session, customer)
    assert not consent.may_automate(session, contact)


@pytest.mark.parametrize("sender", [Sender.AUTOMATION, Sender.BROADCAST])
def test_what_is_unasked_is_refused_and_an_answer_is_not(
    session: TenantSession, channel: Channel, sender: Sender
) -> None:
    receive(session, channel, message("stop"))
    conversation = session.scalars(select(Conversation)).one()
    with pytest.raises(Refused, match="asked not to"):
        send_message(session, conversation, text="Promo", sender=sender)
    for answering in (Sender.AGENT, Sender.BOT):
        assert send_message(session, conversation, text="Done.", sender=answering).id


def test_a_person_begins_only_what_was_asked_for(session: TenantSession, channel: Channel) -> None:
    receive(session, channel, message("Halo"))
    conversation = session.scalars(select(Conversation)).one()
    consent.check_may_begin(conversation)
    conversation.waiting_since = None
    consent.opt_out(session, conversation.contact, by="link")
    session.expire_all()
    with pytest.raises(Refused) as refused:
        consent.check_may_begin(conversation)
    assert refused.value.field == "is_asked_for"
    consent.check_may_begin(conversation, is_asked_for=True)
    conversation.last_inbound_at = now() + timedelta(seconds=1)
    consent.check_may_begin(conversation)  # they wrote since: this is an answer


def test_a_link_is_one_contacts_and_nobody_can_write_one(session: TenantSession) -> None:
    contact = create_customer(session, name="Dewi").contacts[0]
    box, token = session.desk.box, opt_out_link(session, contact).rpartition("/o/")[2]
    assert len(token) == 38
    assert contact_uuid(box, token) == contact.uuid
    for place in range(len(token)):
        other = "A" if token[place] != "A" else "B"
        assert contact_uuid(box, token[:place] + other + token[place + 1 :]) != contact.uuid
    for wrong in ("", "x", token[:-1], token + "A", token[:-16], "é" * 38, "\ud800" * 38):
        assert contact_uuid(box, wrong) is None


def test_a_link_outlives_a_new_key() -> None:
    old, new = generate_key(), generate_key()
    tag = SecretBox(old).tag("text", PURPOSE)
    rotated = SecretBox(new, old)
    assert rotated.is_tag(tag, "text", PURPOSE)
    assert not rotated.is_tag(tag, "text", "another purpose")
    assert not SecretBox(new).is_tag(tag, "text", PURPOSE)
    assert rotated.tag("text", PURPOSE) != tag
