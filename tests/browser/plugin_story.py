"""What the demo's story lacks for a look at every screen: our plugins, at work in Toko Melati."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import select

from core.demo.people import MELATI
from core.desk import Desk
from core.models import (
    Channel,
    Conversation,
    Customer,
    Membership,
    NoticeLevel,
    Order,
    OrderDelivery,
    Tenant,
)
from core.services import customers, notices, order_feed, orders
from core.tenancy.session import TenantSession
from core.testing.working import work_off
from plugins.channels.simulator import phones
from plugins.routing import agents, rotators, settings
from plugins.routing.models import DEFAULT_POLICY
from plugins.sync import devices, runs
from plugins.sync.files import CSV
from plugins.sync.models import Upload

CARDS = b"Nama,Nomor HP,E-mail\nWulan Sari,081255500001,wulan@example.com\nYoga,081255500002,\n"


def tell_of_plugins(desk: Desk) -> int:
    """Agents with their devices, a rotator link, synchronised contacts, a group. The tenant's id.

    The jobs of the story have been worked off when this returns: duplicates are found, the
    synchronisation has its report.
    """
    with desk.database.system(write=False) as system:
        tenant_id = system.scalars(select(Tenant.id).where(Tenant.slug == MELATI)).one()
    assert work_off(desk)
    with desk.database.tenant(tenant_id) as session:
        channel = session.scalars(select(Channel).order_by(Channel.id)).first()
        assert channel is not None, "the story has no device"
        _distribute(session, channel)
        _synchronise(session, channel)
        _merge_two(session)
        _automate(session, channel)
        notices.notify(
            session,
            "screens",
            f"{channel.name} is not connected",
            "The phone was logged out. Scan the code again.",
            href=f"/channels/{channel.id}",
            level=NoticeLevel.BAD,
        )
    assert work_off(desk)
    return tenant_id


def _distribute(session: TenantSession, channel: Channel) -> None:
    for member in session.scalars(select(Membership)).all():
        if agents.is_agent(member):
            values = agents.AgentValues([], {channel.id: None}, capacity=5, weight=1, hours=[])
            agents.save(session, member, values)
    settings.save(
        session,
        None,
        name="Shop hours",
        channel_id=channel.id,
        is_sticky=True,
        is_idle=True,
        idle_minutes=10,
        policy=DEFAULT_POLICY,
    )
    rotators.save(
        session,
        None,
        name="Instagram bio",
        greeting="Halo, saya mau tanya",
        is_active=True,
        weights={channel.id: 1},
    )


def _synchronise(session: TenantSession, channel: Channel) -> None:
    phones.add_person(session, channel, "+6281255500009", "Tante Ros")
    runs.synchronise(session, channel)
    waiting = devices.file_device(session, "Old address book")
    session.add(Upload(device_id=waiting.id, name="contacts.csv", format=CSV, content=CARDS))


def _automate(session: TenantSession, channel: Channel) -> None:
    """The ready-made rules with a run, a smart reply, a broadcast, a shop that tells of orders."""
    from plugins.automation import ready_made
    from plugins.automation.broadcasts import handling
    from plugins.automation.smart_reply import beginning, keeping

    ready_made.install(session, "id")
    steps = {"steps": beginning.steps_in("id")}
    keeping.save(
        session,
        None,
        keeping.Draft(
            name=beginning.name_in("id"), settings=steps, channel_ids=[channel.id], is_on=False
        ),
    )
    handling.create(session, {"name": "Lebaran", "text": "Selamat Lebaran, {firstname}!"})
    source = order_feed.create_source(session, "Toko daring", "IDR")
    told = {"key": "evt-1", "event": "created", "event_id": "evt-1", "digest": "0" * 64}
    session.add(OrderDelivery(source_id=source.id, **told))
    contact = customers.create_customer(session, name="Bu Sinta", phone="+6281255500011")
    orders.create_order(session, contact.contacts[0], total=Decimal(150_000))


def _merge_two(session: TenantSession) -> None:
    """Whoever ordered and wrote, with the last one who did neither: a group has screens too."""
    # only once the host has loaded it: it watches where each model of a plugin is mapped
    from plugins.merge import services as merging

    talked = select(Conversation.contact_id)
    ordered = select(Order.contact_id)
    customers = session.scalars(select(Customer).order_by(Customer.id)).all()
    wrote = set(session.scalars(talked))
    main = next(
        c for c in customers if {x.id for x in c.contacts} & wrote & set(session.scalars(ordered))
    )
    other = [c for c in customers if not {x.id for x in c.contacts} & wrote][-1]
    merging.merge(session, main.id, [other.id], reason="the same person")
