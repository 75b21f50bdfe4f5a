"""A mailbox in a whole installation: dovecot, aiosmtpd, the desk between them. E1, D."""

from __future__ import annotations

import base64
from email.message import EmailMessage

import pytest
from sqlalchemy import func, select

from core.config import Settings
from core.inbound import MessageState
from core.models import (
    AttachmentState,
    ChannelState,
    Consent,
    Contact,
    Conversation,
    ConversationState,
    Direction,
    Task,
)
from core.services import conversations
from core.services.notices import open_notices
from core.services.send import Upload
from core.testing.providers.mail_server import PASSWORD, Dovecot
from core.testing.providers.smtp_server import SmtpServer
from plugins import BUILTIN
from plugins.channels.email.models import MailFolder
from tests.channels.mail_account import OWN
from tests.channels.mail_servers import ANI, Shop, letter, shop
from tests.plugins.automation import replies
from tests.plugins.automation.conftest import Shop as Automated
from tests.plugins.automation.conftest import send

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def test_E1_mail_comes_in_is_answered_and_stays_one_thread(mail_shop: Shop) -> None:
    first = letter("Masih ada?", References="<lama@pembeli.example>")
    first.add_attachment(PNG, maintype="image", subtype="png", filename="kaos.png")
    mail_shop.get(first)
    (message,) = mail_shop.messages()
    assert (message.subject, message.body) == ("Kaos merah", "Masih ada?")
    (file,) = message.attachments
    assert (file.name, file.state, file.size) == ("kaos.png", AttachmentState.STORED, len(PNG))
    mail_shop.answer("Ada, dua.", Upload("harga.txt", "text/plain", b"50.000"))
    (sent,) = mail_shop.smtp.sent
    mail = sent.mail
    assert sent.was_encrypted
    assert (sent.sender, sent.to) == (OWN, ("ani@pembeli.example",))
    assert (mail["Subject"], mail["In-Reply-To"]) == ("Re: Kaos merah", "<m1@pembeli.example>")
    assert mail["References"].split() == ["<lama@pembeli.example>", "<m1@pembeli.example>"]
    assert mail["From"] == f"Toko Melati <{OWN}>"
    assert mail["Auto-Submitted"] is None
    text, harga = mail.get_payload()
    assert text.get_payload(decode=True).decode().strip() == "Ada, dua."
    assert (harga.get_filename(), harga.get_payload(decode=True)) == ("harga.txt", b"50.000")
    (ours,) = mail_shop.ours()
    assert (ours.state, ours.provider_id) == (MessageState.ACCEPTED, mail["Message-ID"])
    mail_shop.get(
        letter(
            "Saya ambil.",
            Message_ID="<m2@pembeli.example>",
            Subject="Apa saja",
            In_Reply_To=mail["Message-ID"],
        )
    )
    last = mail_shop.messages()[-1]
    assert last.reply_to is not None
    assert (last.reply_to.id, last.conversation_id) == (ours.id, message.conversation_id)


def test_a_mail_program_that_drops_references_is_found_by_the_mark(mail_shop: Shop) -> None:
    mail_shop.get(letter())
    mail_shop.answer()
    mark = mail_shop.smtp.sent[0].mail["Reply-To"]
    assert mark.startswith("shop+")
    mail_shop.get(letter("Ya.", To=mark, Message_ID="<m2@pembeli.example>"))
    last = mail_shop.messages()[-1]
    assert last.reply_to is not None
    assert last.reply_to.direction is Direction.OUT


def test_a_mark_and_a_known_id_alone_let_nobody_into_a_talk(mail_shop: Shop) -> None:
    """Forwarded mails carry both. Who takes part is whom the talk's own mails name."""
    mail_shop.get(letter(Cc="Budi <budi@pembeli.example>"))
    mail_shop.answer()
    sent = mail_shop.smtp.sent[0].mail
    for number, writer in enumerate(("asing@jahat.example", "BUDI@pembeli.example")):
        mail_shop.get(
            letter(
                "Saya ikut.",
                From=writer,
                To=sent["Reply-To"],
                In_Reply_To=sent["Message-ID"],
                Message_ID=f"<n{number}@x.example>",
            )
        )
    first, _, stranger, colleague = mail_shop.messages()
    assert stranger.conversation_id != first.conversation_id
    assert stranger.reply_to is None
    assert colleague.conversation_id == first.conversation_id
    with mail_shop.house.tenant(write=False) as session:
        assert session.scalar(select(func.count()).select_from(Contact)) == 2  # Budi is none


def test_a_colleague_in_copy_opts_nobody_out(mail_shop: Shop) -> None:
    mail_shop.get(letter(Cc="Budi <budi@pembeli.example>"))
    mail_shop.answer()
    sent = mail_shop.smtp.sent[0].mail["Message-ID"]
    stop = {"In_Reply_To": sent, "Subject": "Stop"}
    mail_shop.get(letter("Stop", From="budi@pembeli.example", Message_ID="<b1@x>", **stop))
    assert [message.body for message in mail_shop.messages()][-1] == "Stop"
    with mail_shop.house.tenant(write=False) as session:
        assert session.scalars(select(Contact)).one().consent is Consent.UNKNOWN
    mail_shop.get(letter("Stop", Message_ID="<a2@x>", **stop))
    with mail_shop.house.tenant(write=False) as session:
        assert session.scalars(select(Contact)).one().consent is Consent.OUT


def test_an_answer_goes_to_everybody_in_copy_and_where_it_is_asked_for(mail_shop: Shop) -> None:
    mail_shop.get(letter(Cc=f"budi@lain.example, {OWN}", Reply_To="ani@kantor.example"))
    mail_shop.answer()
    (sent,) = mail_shop.smtp.sent
    assert sent.to == ("ani@kantor.example", "budi@lain.example")
    mail_shop.change(keeps_copies=False)
    mail_shop.answer()
    assert mail_shop.smtp.sent[1].to == ("ani@kantor.example",)


def test_a_subject_of_its_own_and_the_usual_one(mail_shop: Shop) -> None:
    mail_shop.get(letter())
    mail_shop.answer("Promo.", subject="Promo\r\nBcc: semua@lain.example")
    assert mail_shop.smtp.sent[0].mail["Subject"] == "Promo Bcc: semua@lain.example"
    assert mail_shop.smtp.sent[0].mail["Bcc"] is None


def test_a_bounce_ends_the_message_with_its_reason(mail_shop: Shop) -> None:
    mail_shop.get(letter())
    mail_shop.answer()
    mail_shop.get(bounce(mail_shop.smtp.sent[0].mail["Message-ID"]))
    (ours,) = mail_shop.ours()
    assert (ours.state, ours.error_class, ours.error_code) == (
        MessageState.FAILED,
        "recipient",
        "5.1.1",
    )
    assert ours.error_reason.startswith("There is no such mailbox.")
    assert len(mail_shop.messages()) == 2


def test_an_automatic_mail_is_read_and_nobody_waits(mail_shop: Shop) -> None:
    mail_shop.get(letter())
    mail_shop.answer()
    with mail_shop.house.tenant() as session:
        conversations.close(session, session.scalars(select(Conversation)).one())
    mail_shop.get(letter("Cuti.", Auto_Submitted="auto-replied", Message_ID="<m2@x.example>"))
    last = mail_shop.messages()[-1]
    assert last.is_automatic
    assert last.conversation.state is ConversationState.CLOSED
    assert (last.conversation.unread, last.conversation.waiting_since) == (1, None)
    with mail_shop.house.tenant(write=False) as session:
        assert session.scalars(select(Task.id).where(Task.done_at.is_(None))).all() == []


@pytest.mark.parametrize(
    "is_polite",
    [
        pytest.param(True, id="rfc3834"),
        pytest.param(False, id="unmarked", marks=pytest.mark.prove),
    ],
)
def test_E1_two_machines_never_answer_each_other_for_ever(
    is_polite: bool, sqlite_settings: Settings, imap_server: Dovecot, smtp_server: SmtpServer
) -> None:
    """A smart reply and a rule here, a machine there that answers every mail it gets.

    One that marks its mails is answered once: the first mail was a person's. One that doesn't is
    stopped by the smart reply's own patience; the rule is off there, it has no such thing.
    """
    with shop(sqlite_settings, imap_server, smtp_server, BUILTIN) as desk:
        automated = Automated(desk.house, desk.channel_id)
        with desk.house.tenant() as session:
            desk.house.desk.host.switches.enable(session, "automation")
        replies.install(automated)
        if is_polite:
            automated.rule("message_received", send("Terima kasih"))
        desk.get(letter("Halo"))
        answered = 0
        for turn in range(12):
            new = smtp_server.sent[answered:]
            answered = len(smtp_server.sent)
            for sent in new:
                assert sent.mail["Auto-Submitted"] == "auto-replied"
                back = letter(
                    f"Saya sedang cuti. ({turn})",
                    Message_ID=f"<cuti{turn}-{sent.opaque}@pembeli.example>",
                    In_Reply_To=sent.mail["Message-ID"],
                    Subject=f"Re: {sent.mail['Subject']}",
                )
                if is_polite:
                    back["Auto-Submitted"] = "auto-replied"
                desk.imap.deliver(back.as_bytes())
            desk.poll()
            if not new:
                break
        assert not smtp_server.sent[answered:], "it goes on and on"
        assert len(smtp_server.sent) == 2 if is_polite else len(smtp_server.sent) < 12


def test_what_lay_there_before_stays_and_nothing_is_marked(mail_shop: Shop) -> None:
    mail_shop.imap.deliver(letter().as_bytes())
    with mail_shop.house.tenant() as session:
        for row in session.scalars(select(MailFolder)):
            session.delete(row)
    mail_shop.poll()
    assert mail_shop.messages() == []
    mail_shop.get(letter("Baru", Message_ID="<m2@pembeli.example>"))
    assert [message.body for message in mail_shop.messages()] == ["Baru"]
    flags = [path.name.partition(":2,")[2] for path in mail_shop.imap.inbox.glob("cur/*")]
    assert set(flags) <= {""}


def test_numbers_that_begin_anew_lose_nothing_and_double_nothing(mail_shop: Shop) -> None:
    mail_shop.get(letter("Satu"), letter("Dua", Message_ID="<m2@pembeli.example>"))
    mail_shop.imap.renumber()
    mail_shop.imap.deliver(letter("Tiga", Message_ID="<m3@pembeli.example>").as_bytes())
    mail_shop.poll()
    mail_shop.poll()
    assert sorted(message.body for message in mail_shop.messages()) == ["Dua", "Satu", "Tiga"]


def test_another_account_begins_with_its_own_numbers(mail_shop: Shop) -> None:
    """With one UIDVALIDITY for both, the first one's numbers would hide the second's mail."""
    mail_shop.get(letter("Satu"), letter("Dua", Message_ID="<m2@pembeli.example>"))
    mail_shop.change(user="lain")
    mail_shop.poll()
    with mail_shop.house.tenant(write=False) as session:
        rows = session.scalars(select(MailFolder).order_by(MailFolder.id)).all()
        assert {(row.mailbox, row.last_uid) for row in rows} == {("lain 127.0.0.1", 0)}


def test_D15_answers_from_another_program_close_the_task(mail_shop: Shop) -> None:
    mail_shop.get(letter())
    mail_shop.answer("Dari Sapa")
    copy = mail_shop.smtp.sent[0].content
    typed = EmailMessage()
    typed["From"], typed["To"], typed["Message-ID"] = OWN, ANI, "<dari@ponsel>"
    typed.set_content("Dari ponsel")
    mail_shop.get(letter("Lagi?", Message_ID="<m2@pembeli.example>"))
    mail_shop.get(copy, typed.as_bytes(), folder="Terkirim")
    assert [message.body for message in mail_shop.ours()] == ["Dari Sapa", "Dari ponsel"]
    with mail_shop.house.tenant(write=False) as session:
        assert session.scalars(select(Task.id).where(Task.done_at.is_(None))).all() == []


def test_a_wrong_password_stops_the_channel_and_a_right_one_starts_it(mail_shop: Shop) -> None:
    mail_shop.change(password="salah-sekali")
    for _ in range(2):
        mail_shop.poll()
    channel = mail_shop.channel()
    assert channel.state is ChannelState.BROKEN
    assert "refuses the user name or password" in channel.reason
    with mail_shop.house.tenant(write=False) as session:
        assert len(list(open_notices(session))) == 1
    mail_shop.change(password=PASSWORD)
    mail_shop.poll()
    assert mail_shop.channel().state is ChannelState.CONNECTED
    with mail_shop.house.tenant(write=False) as session:
        assert list(open_notices(session)) == []


@pytest.mark.prove
def test_a_mail_of_30_MB_comes_as_its_beginning(mail_shop: Shop) -> None:
    big = letter("Videonya terlampir.")
    big.add_attachment(bytes(23_000_000), maintype="video", subtype="mp4", filename="v.mp4")
    raw = big.as_bytes()
    assert len(raw) > 30_000_000
    mail_shop.get(raw, letter("Sesudahnya", Message_ID="<m2@pembeli.example>"))
    first, second = mail_shop.messages()
    assert (first.body, first.attachments) == ("Videonya terlampir.", [])
    assert first.raw is not None
    assert first.raw["notes"] == ["too_large"]
    assert second.body == "Sesudahnya"


def bounce(original: str) -> bytes:
    """What a mail server says of a mail that it could not deliver."""
    return (
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.toko.example\nTo: shop@toko.example\n"
        "Message-ID: <b1@mx.toko.example>\nSubject: Undelivered Mail\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="=_r"\n\n'
        "--=_r\nContent-Type: text/plain\n\nSorry.\n"
        "--=_r\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n"
        "Final-Recipient: rfc822; ani@pembeli.example\nAction: failed\nStatus: 5.1.1\n"
        "Diagnostic-Code: smtp; 550 5.1.1 User unknown\n\n"
        f"--=_r\nContent-Type: text/rfc822-headers\n\nMessage-ID: {original}\n\n--=_r--\n"
    ).encode()
