"""Smart replies for tests: a shop's steps, and what became of each message."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from core.models import Division, Message, Sender
from plugins.automation.smart_reply import keeping
from plugins.automation.smart_reply.keeping import Draft
from plugins.automation.smart_reply.models import Heard
from tests.plugins.automation.conftest import Shop


def step(key: str, name: str, when: str, text: str, **more: Any) -> dict[str, Any]:
    plain = {"words": "", "options": [], "then": "", "division": ""}
    return {"key": key, "name": name, "when": when, "text": text, **plain, **more}


def steps(division_id: int) -> list[dict[str, Any]]:
    """A welcome with a menu, prices by word or number, a person, and what isn't understood."""
    return [
        step("1", "Sambutan", "first", "Halo {contactname}!", options=["2", "3"]),
        step("2", "Harga", "words", "Mulai 50.000", words="harga, price list"),
        step("3", "Admin", "menu", "Sebentar ya", then="hand_over", division=str(division_id)),
        step("4", "Selesai", "words", "Sampai jumpa", words="selesai", then="close"),
        step("5", "Apa?", "else", "Maaf?"),
    ]


def division(shop: Shop) -> int:
    with shop.house.tenant() as session:
        made = Division(name="Penjualan")
        session.add(made)
        session.flush()
        return made.id


def install(shop: Shop, **more: Any) -> int:
    """A smart reply on the shop's number; its id."""
    settings = more.pop("settings", None) or {"steps": steps(division(shop))}
    with shop.house.tenant() as session, shop.house.desk.host.switches.pinned(session):
        draft = Draft(name="Balasan", settings=settings, channel_ids=[shop.channel_id], **more)
        return keeping.save(session, None, draft).id


def heard(shop: Shop) -> list[Heard]:
    """What bots were asked, in order, detached."""
    with shop.house.tenant(write=False) as session:
        found = list(session.scalars(select(Heard).order_by(Heard.id)))
        session.expunge_all()
        return found


def codes(shop: Shop) -> list[str]:
    """Each message: `answered`, or why not."""
    return [each.code or each.state.value for each in heard(shop)]


def answers(shop: Shop) -> list[str]:
    """What bots said, in order."""
    with shop.house.tenant(write=False) as session:
        asked = select(Message.body).where(Message.sender == Sender.BOT)
        return list(session.scalars(asked.order_by(Message.id)))
