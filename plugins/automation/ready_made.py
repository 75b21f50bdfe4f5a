"""The six rules of the seed, ready to use in three languages.

The words are messages to customers and so data, not words on screen: they are chosen by the
language that the business writes in, whoever presses the button.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from core.api import Template, TenantSession, record, tenant_of
from plugins.automation.models import Rule

LANGUAGES = ("id", "en", "ro")


@dataclass(frozen=True)
class Words:
    """One rule in one language: its name, its template's name, and the message."""

    name: str
    template: str
    body: str


@dataclass(frozen=True)
class ReadyMade:
    """One rule of the set. `seed` is stored, so that the set is installed once."""

    seed: str
    trigger: str
    words: dict[str, Words]
    delay_minutes: int = 0


SET = (
    ReadyMade(
        "welcome",
        "contact_created",
        {
            "id": Words(
                "Selamat datang",
                "Selamat datang",
                "Halo {contactname}, selamat datang! Terima kasih sudah menghubungi kami. "
                "Simpan nomor ini ya, kami siap membantu kapan saja.",
            ),
            "en": Words(
                "Welcome",
                "Welcome",
                "Hello {contactname}, welcome! Thank you for getting in touch. "
                "Keep this number, we are glad to help.",
            ),
            "ro": Words(
                "Bun venit",
                "Bun venit",
                "Bună, {contactname}, și bun venit! Îți mulțumim că ne-ai scris. "
                "Păstrează acest număr, te ajutăm cu drag.",
            ),
        },
    ),
    ReadyMade(
        "order_created",
        "order_created",
        {
            "id": Words(
                "Pesanan sedang diproses",
                "Pesanan diproses",
                "Halo {contactname}, pesanan {documentnumber} ({productname}) sebesar {amount} "
                "sudah kami terima dan sedang diproses.",
            ),
            "en": Words(
                "Order being processed",
                "Order being processed",
                "Hello {contactname}, we have your order {documentnumber} ({productname}) "
                "for {amount}. It is being processed.",
            ),
            "ro": Words(
                "Comandă în procesare",
                "Comandă în procesare",
                "Bună, {contactname}, am primit comanda {documentnumber} ({productname}) "
                "în valoare de {amount}. O pregătim acum.",
            ),
        },
    ),
    ReadyMade(
        "order_follow_up",
        "order_follow_up",
        {
            "id": Words(
                "Follow-up pengiriman",
                "Apakah sudah sampai?",
                "Halo {contactname}, menurut perkiraan pesanan {documentnumber} tiba hari ini, "
                "{estimateddate}. Apakah barangnya sudah sampai?",
            ),
            "en": Words(
                "Delivery follow-up",
                "Has it arrived?",
                "Hello {contactname}, your order {documentnumber} should arrive today, "
                "{estimateddate}. Has it reached you?",
            ),
            "ro": Words(
                "Verificarea livrării",
                "A ajuns comanda?",
                "Bună, {contactname}, comanda {documentnumber} ar trebui să ajungă astăzi, "
                "{estimateddate}. A ajuns la tine?",
            ),
        },
    ),
    ReadyMade(
        "order_paid",
        "order_paid",
        {
            "id": Words(
                "Pembayaran diterima",
                "Pembayaran diterima",
                "Terima kasih {contactname}, pembayaran {amount} untuk pesanan {documentnumber} "
                "sudah kami verifikasi.",
            ),
            "en": Words(
                "Payment received",
                "Payment received",
                "Thank you {contactname}, we have verified your payment of {amount} "
                "for order {documentnumber}.",
            ),
            "ro": Words(
                "Plată primită",
                "Plată primită",
                "Mulțumim, {contactname}! Plata de {amount} pentru comanda {documentnumber} "
                "a fost verificată.",
            ),
        },
    ),
    ReadyMade(
        "order_shipped",
        "order_shipped",
        {
            "id": Words(
                "Nomor resi",
                "Pesanan dikirim",
                "Halo {contactname}, pesanan {documentnumber} sudah dikirim. "
                "Nomor resi: {trackingnumber}",
            ),
            "en": Words(
                "Tracking number",
                "Order sent",
                "Hello {contactname}, your order {documentnumber} is on its way. "
                "Tracking number: {trackingnumber}",
            ),
            "ro": Words(
                "Număr AWB",
                "Comandă expediată",
                "Bună, {contactname}, comanda {documentnumber} a fost expediată. "
                "Număr AWB: {trackingnumber}",
            ),
        },
    ),
    ReadyMade(
        "order_received",
        "order_received",
        {
            "id": Words(
                "Manfaat produk",
                "Apakah membantu?",
                "Halo {contactname}, semoga {productname} bermanfaat. "
                "Apakah produknya sesuai harapan Anda?",
            ),
            "en": Words(
                "Did it help?",
                "Did it help?",
                "Hello {contactname}, we hope that you enjoy {productname}. "
                "Does it do what you hoped for?",
            ),
            "ro": Words(
                "A fost de folos?",
                "A fost de folos?",
                "Bună, {contactname}, sperăm că {productname} îți este de folos. "
                "Este așa cum te așteptai?",
            ),
        },
        delay_minutes=1440,
    ),
)


def missing(session: TenantSession) -> list[ReadyMade]:
    """Those of the set that the business doesn't have."""
    there = set(
        session.scalars(select(Rule.seed).where(Rule.seed != "", Rule.archived_at.is_(None)))
    )
    return [each for each in SET if each.seed not in there]


def language_of(session: TenantSession) -> str:
    """The one of the three that the business writes in; else English."""
    own = tenant_of(session).locale[:2].lower()
    return own if own in LANGUAGES else "en"


def install(session: TenantSession, language: str) -> list[Rule]:
    """Make what is missing, switched on, with its templates; the new rules.

    A template of that name that is there already is used as it is.
    """
    language = language if language in LANGUAGES else "en"
    made = []
    for each in missing(session):
        words = each.words[language]
        template = _template(session, words, language)
        rule = Rule(
            name=words.name,
            trigger=each.trigger,
            conditions={"join": "all", "items": []},
            steps=[
                {
                    "action": "send",
                    "values": {"template": str(template.id), "text": "", "channel": ""},
                }
            ],
            delay_minutes=each.delay_minutes,
            seed=each.seed,
        )
        session.add(rule)
        session.flush()
        record(session, "create", rule)
        made.append(rule)
    return made


def _template(session: TenantSession, words: Words, language: str) -> Template:
    found = session.scalar(
        select(Template).where(Template.name == words.template, Template.archived_at.is_(None))
    )
    if found is None:
        found = Template(name=words.template, body=words.body, language=language)
        session.add(found)
        session.flush()
        record(session, "create", found)
    return found
