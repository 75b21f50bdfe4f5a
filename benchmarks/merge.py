"""Merging and unmerging two customers with 50,000 messages each, beside two with ten.

A merge moves pointers: what the contacts have stays where it is, so its amount must not matter.
Both pairs live in one database on PostgreSQL and are measured in turn, in the same run.

    python -m benchmarks.merge [--messages 50000]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from sqlalchemy import select, text

from benchmarks.figures import Figure, show
from core.inbound import MessageState
from core.migrations.runner import migrate
from core.models import Contact, Conversation, Direction, Identity, Message, Sender
from core.services import channels
from core.services.customers import create_customer
from core.tenancy.bulk import insert_unnamed
from core.testing.databases import run_postgres
from core.testing.installation import Installation, installation
from plugins import BUILTIN

ROUNDS = 15
FEW = 10
AT_ONCE = 5000


def fill(house: Installation, number: int, messages: int) -> int:
    """A customer with a conversation of `messages`; its id."""
    with house.tenant() as session:
        channel = channels.create_channel(
            session,
            kind="simulator",
            name=f"Phone {number}",
            own_address=f"+62811000{number}",
            values={"phone_url": "http://127.0.0.1:9/phone", "secret": "s"},
        )
        customer = create_customer(session, name=f"Person {number}", phone=f"+6281255500{number}")
        contact = customer.contacts[0]
        identity = session.scalars(select(Identity).where(Identity.contact_id == contact.id)).one()
        talk = Conversation(channel_id=channel.id, identity_id=identity.id, contact_id=contact.id)
        session.add(talk)
        session.flush()
        row = {
            "conversation_id": talk.id,
            "channel_id": channel.id,
            "contact_id": contact.id,
            "direction": Direction.IN.value,
            "sender": Sender.CUSTOMER.value,
            "state": MessageState.RECEIVED.value,
            "body": "Halo, apakah masih ada?",
        }
        for start in range(0, messages, AT_ONCE):
            insert_unnamed(session, Message, [row] * min(AT_ONCE, messages - start))
        return customer.id


def there_and_back(house: Installation, one: int, other: int) -> tuple[float, float]:
    """Milliseconds of a merge and of the unmerge after it, commits included."""
    from plugins.merge import services  # after the loader: it notes whose the tables are

    start = time.perf_counter()
    with house.tenant() as session:
        group_id = services.merge(session, one, [other]).customer_id
    merged = time.perf_counter()
    with house.tenant() as session:
        leaving = session.scalars(select(Contact.id).where(Contact.home_id == other)).one()
        services.unmerge(session, group_id, leaving)
    return (merged - start) * 1000, (time.perf_counter() - merged) * 1000


def measure(house: Installation, messages: int) -> None:
    """Rounds of both pairs in turn."""
    few = [fill(house, number, FEW) for number in (1, 2)]
    many = [fill(house, number, messages) for number in (3, 4)]
    with house.desk.database.system() as session:
        session.execute(text("ANALYZE"))
    there_and_back(house, *few)
    found: dict[str, list[tuple[float, float]]] = {"merge": [], "unmerge": []}
    for _ in range(ROUNDS):
        small, large = there_and_back(house, *few), there_and_back(house, *many)
        found["merge"].append((small[0], large[0]))
        found["unmerge"].append((small[1], large[1]))
    for what, pairs in found.items():
        detail = (
            f"{statistics.median(each[0] for each in pairs):.1f} ms with {FEW} messages each, "
            f"{statistics.median(each[1] for each in pairs):.1f} ms with {messages}"
        )
        ratios = tuple(large / small for small, large in pairs)
        show(Figure("merging", what, ratios, f"{FEW} messages", 3.0, at_most=True, detail=detail))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--messages", type=int, default=50_000, help="a customer")
    asked = options.parse_args()
    with run_postgres() as server, tempfile.TemporaryDirectory() as folder:
        settings = server.settings(server.create(), Path(folder))
        migrate(settings)  # makes the roles that an installation connects as
        with installation(settings, BUILTIN) as house:
            measure(house, asked.messages)


if __name__ == "__main__":
    main()
