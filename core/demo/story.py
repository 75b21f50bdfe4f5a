"""Telling a story: the script's people write, are answered, order and pay, through the services."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import select

from core.adapter import Accepted
from core.audit import Actor, acting_as
from core.demo.script import Deal, Guest, Say, Shop, days
from core.inbound import (
    Address,
    IdentityKind,
    InboundMessage,
    InboundStatus,
    MessageKind,
    MessageState,
)
from core.models import (
    Channel,
    Consent,
    Contact,
    Conversation,
    Direction,
    Division,
    Label,
    Membership,
    Message,
    Module,
    OrderStatus,
    QuickReply,
    Task,
    TaskKind,
    Template,
    contact_label,
)
from core.models.base import now
from core.services import assigning, cards, channels, conversations, customers, notes, orders
from core.services.quick_replies import checked_text
from core.services.receive import receive
from core.services.send import send_message
from core.services.sending import SendCall
from core.services.states import apply_status
from core.services.templates import variables_of
from core.tenancy.session import TenantSession


def is_told(session: TenantSession) -> bool:
    """Whether the tenant's story is there already."""
    return session.scalar(select(Channel.id).limit(1)) is not None


def tell(session: TenantSession, shop: Shop, secret: str) -> None:
    """Tell the whole story in the caller's transaction. `secret` signs what the phones say."""
    _Teller(session, shop, secret).tell()


@dataclass
class _Teller:
    session: TenantSession
    shop: Shop
    secret: str
    began: datetime = field(default_factory=now)
    lines: dict[str, Channel] = field(default_factory=dict)
    team: dict[str, Membership] = field(default_factory=dict)
    labels: dict[str, Label] = field(default_factory=dict)
    divisions: dict[str, Division] = field(default_factory=dict)
    modules: dict[str, Module] = field(default_factory=dict)
    talks: dict[int, Conversation] = field(default_factory=dict)
    contacts: dict[int, Contact] = field(default_factory=dict)

    def tell(self) -> None:
        self._furnish()
        for index, guest in enumerate(self.shop.guests):
            if not guest.says:
                made = customers.create_customer(
                    self.session, name=guest.name, phone=guest.phone, email=guest.email
                )
                self.contacts[index] = customers.main_contact(made)
                self._mark(index, guest)
        for number, (index, say) in enumerate(self._in_order()):
            self._say(number, index, say)
        for index, guest in enumerate(self.shop.guests):
            self._round_off(index, guest)
        self.session.flush()

    def _furnish(self) -> None:
        session, shop = self.session, self.shop
        self.team = {
            member.user.first_name: member for member in session.scalars(select(Membership))
        }
        self.labels = {name: Label(name=name, color=color) for name, color in shop.labels.items()}
        self.divisions = {name: Division(name=name) for name in shop.divisions}
        self.modules = {
            name: Module(name=name, stages=list(stages)) for name, stages in shop.modules.items()
        }
        session.add_all([*self.labels.values(), *self.divisions.values(), *self.modules.values()])
        session.add_all(
            Template(name=name, body=body, language=shop.locale, variables=variables_of(body))
            for name, body in shop.templates.items()
        )
        session.add_all(
            QuickReply(shortcut=shortcut, text=checked_text(text))
            for shortcut, text in shop.quick_replies.items()
        )
        session.flush()
        for name, number in shop.lines.items():
            self.lines[name] = channels.create_channel(
                session,
                kind="simulator",
                name=name,
                own_address=number,
                # the real address holds the channel's uuid: `point_phones` sets it at each start
                values={"phone_url": "http://127.0.0.1/", "secret": self.secret},
            )

    def _in_order(self) -> list[tuple[int, Say]]:
        """Everything that is said, oldest first: messages are listed by their order of arrival."""
        said = [(i, say) for i, guest in enumerate(self.shop.guests) for say in guest.says]
        return sorted(said, key=lambda each: each[1].ago, reverse=True)

    def _say(self, number: int, index: int, say: Say) -> None:
        guest, at = self.shop.guests[index], self.began - say.ago
        provider_id = f"demo-{self.shop.slug}-{number}"
        if say.by:
            message = self._answer(self.talks[index], say, at, provider_id)
        else:
            message = self._hear(guest, say, at, provider_id)
        # the story lies in the past; the services wrote the present
        message.sent_at = message.created_at = at
        talk = message.conversation
        talk.last_at = at
        talk.waiting_since = None if say.by else talk.waiting_since and min(talk.waiting_since, at)
        if index not in self.talks:
            talk.created_at = at
            self.talks[index], self.contacts[index] = talk, talk.contact
            self._mark(index, guest)
        self.session.flush()

    def _hear(self, guest: Guest, say: Say, at: datetime, provider_id: str) -> Message:
        channel = self.lines[guest.line]
        item = InboundMessage(
            provider_id=provider_id,
            addresses=(Address(IdentityKind.PHONE, guest.phone),),
            kind=MessageKind.TEXT,
            sent_at=at,
            text=say.text,
            name=guest.name,
        )
        receive(self.session, channel, item)
        return self.session.scalars(
            select(Message).where(
                Message.channel_id == channel.id, Message.provider_id == provider_id
            )
        ).one()

    def _answer(self, talk: Conversation, say: Say, at: datetime, provider_id: str) -> Message:
        """An agent's message, with what the provider would have said to it.

        Its job stays queued and finds the message sent: nothing rings the phone at the first start.
        """
        with self._as(say.by) as author:
            conversations.mark_read(self.session, talk)
            message = send_message(self.session, talk, text=say.text, author=author)
        call, payload = SendCall(), {"message_id": message.id}
        claimed = call.claim(self.session, payload)
        assert claimed is not None  # noqa: S101 - queued a moment ago, on a connected channel
        call.complete(self.session, payload, claimed, Accepted(provider_id))
        for state in (MessageState.DELIVERED, MessageState.READ):
            apply_status(
                self.session, message, InboundStatus(provider_id, state, at + timedelta(seconds=20))
            )
            if state.value == say.seen:
                break
        return message

    def _mark(self, index: int, guest: Guest) -> None:
        """What the team does when it first sees a customer."""
        contact = self.contacts[index]
        if guest.labels:
            # the one table without a class; both ids are this tenant's own
            self.session.execute(
                contact_label.insert(),
                [
                    {
                        "tenant_id": self.session.tenant_id,
                        "contact_id": contact.id,
                        "label_id": self.labels[name].id,
                    }
                    for name in guest.labels
                ],
                execution_options={"tenant_unsafe": True},
            )
        if guest.module:
            card = cards.open_card(self.session, self.modules[guest.module], contact)
            card.stage = guest.stage or card.stage
            card.is_open = card.stage != self.modules[guest.module].stages[-1]
            card.agent = self.team.get(guest.agent)
        talk = self.talks.get(index)
        if talk is not None:
            with self._as(guest.agent):
                if guest.division:
                    assigning.hand_over(self.session, talk, self.divisions[guest.division])
                if guest.agent:
                    assigning.assign(self.session, talk, self.team[guest.agent])

    def _round_off(self, index: int, guest: Guest) -> None:
        contact, talk = self.contacts[index], self.talks.get(index)
        with self._as(guest.agent) as member:
            if guest.email and not contact.email:
                customers.change_contact(self.session, contact, {"email": guest.email})
            if guest.opted_out:
                customers.change_contact(self.session, contact, {"consent": Consent.OUT})
            for deal in guest.deals:
                self._order(contact, deal)
            if guest.todo:
                self.session.add(
                    Task(
                        kind=TaskKind.TODO,
                        title=guest.todo,
                        deadline=self.began + days(1),
                        contact_id=contact.id,
                        agent_id=member.id if member else None,
                    )
                )
            if talk is None:
                return
            if guest.note:
                notes.add_note(self.session, talk, guest.note, member)
            if guest.is_closed:
                conversations.close(self.session, talk)
        self._backdate_tasks(talk)

    def _order(self, contact: Contact, deal: Deal) -> None:
        session = self.session
        order = orders.create_order(
            session,
            contact,
            lines=[orders.Line(deal.product, deal.quantity, deal.price)],
            currency=self.shop.currency,
            estimated_date=None
            if deal.estimate is None
            else (self.began + days(deal.estimate)).date(),
        )
        if deal.paid:
            orders.pay(session, order, (order.total * deal.paid).quantize(Decimal("0.01")))
        if deal.status is OrderStatus.CANCELLED:
            orders.cancel(session, order)
        if deal.status in (OrderStatus.SHIPPED, OrderStatus.RECEIVED):
            orders.ship(session, order, self.shop.carrier, deal.tracking)
        if deal.status is OrderStatus.RECEIVED:
            orders.receive_order(session, order)

    def _backdate_tasks(self, talk: Conversation) -> None:
        """A reply was due when the first unanswered message came."""
        first = self.session.scalar(
            select(Message.sent_at)
            .where(Message.conversation_id == talk.id, Message.direction == Direction.IN)
            .order_by(Message.id.desc())
            .limit(1)
        )
        for task in self.session.scalars(
            select(Task).where(Task.conversation_id == talk.id, Task.done_at.is_(None))
        ):
            task.deadline = first or task.deadline

    @contextmanager
    def _as(self, first_name: str) -> Iterator[Membership | None]:
        member = self.team.get(first_name)
        if member is None:
            yield None
            return
        with acting_as(Actor(member.name, member.user_id, member.id)):
            yield member
