"""A tenant as large as they get, written by SQL: a row made by the models, then a million like it.

Each table is filled by one statement, its plain indexes dropped before and made again after, and
noted as done: a build that is cut goes on where it stopped.
"""

# ruff: noqa: S608 - statements of our own names and numbers
from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_urlsafe

from sqlalchemy import Engine, inspect

from core.inbound import MessageState
from core.models import (
    Direction,
    Division,
    Label,
    Membership,
    Mention,
    Message,
    Sender,
    Tenant,
)
from core.models.base import Base
from core.services.labels import put_label
from core.services.start import conversation_with
from core.services.tenants import add_member, create_user
from core.testing.installation import Installation

AGENTS, CHANNELS, DIVISIONS, LABELS = 200, 8, 10, 12
FIRST = 1000  # the first made row has the id after this one
DAY = 86_400
SPAN = 1_000_003  # seconds between the oldest conversation's last message and the newest's
WORDS = 5_000  # different ones; the first stand in many messages, the last in few
LETTERS = "bcdghjklmnprstvwy"


def chance(salt: int, below: int, n: str = "n") -> str:
    """A number under `below` that looks random, the same each time."""
    return f"(({n} * {7919 + 2 * salt} + {salt * salt * 97}) % {SPAN} % {below})"


def word(number: str) -> str:
    """The word with that number: `kama17`."""
    one, two = (
        f"substr('{LETTERS}', CAST(1 + {number} / {size} % 17 AS integer), 1)" for size in (1, 17)
    )
    return f"({one} || 'a' || {two} || 'a' || {number})"


def word_of_message(place: int) -> str:
    """The word at that place of message n: the cube makes a few words frequent."""
    u = chance(place + 11, 1000)
    return word(f"({u} * {u} * {u} / {1_000_000_000 // WORDS})")


@dataclass
class Filling:
    """Where rows are written to, and how its database says things."""

    engine: Engine
    folder: Path
    conversations: int
    messages: int
    now: int = field(default_factory=lambda: int(time.time()))

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def uuid(self) -> str:
        return "printf('%032x', n)" if self.is_sqlite else "lpad(to_hex(n), 32, '0')::uuid"

    def ago(self, seconds: str) -> str:
        """A moment so many seconds before the build began."""
        if self.is_sqlite:
            return f"datetime({self.now} - {seconds}, 'unixepoch') || '.000000'"
        return f"to_timestamp({self.now} - {seconds})"

    def padded(self, number: str, width: int) -> str:
        if self.is_sqlite:
            return f"printf('%0{width}d', {number})"
        return f"lpad(({number})::text, {width}, '0')"

    def series(self, count: int) -> tuple[str, str]:
        """What stands before the INSERT, and what its SELECT reads: 1 … count as `n`."""
        if self.is_sqlite:
            return (
                "WITH RECURSIVE s(n) AS "
                f"(SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {count}) ",
                "s",
            )
        return "", f"generate_series(1::bigint, {count}) AS s(n)"

    def differing(self) -> dict[str, tuple[int, Mapping[str, str]]]:
        """For each table how many rows, and what differs between them."""
        people, total = self.conversations, self.conversations * self.messages
        ident, own = f"{FIRST} + n", {"id": f"{FIRST} + n", "uuid": self.uuid()}
        name = f"{word(chance(1, 500))} || ' ' || {word('(500 + ' + chance(2, 2000) + ')')}"
        number = "'+6281' || " + self.padded("n", 8)
        behind = chance(3, SPAN)
        asleep = f"{chance(4, 100)} = 0"
        closed = f"{chance(5, 10)} < 7"
        body = " || ' ' || ".join(word_of_message(place) for place in range(4))
        of = f"{FIRST} + 1 + n % {people}"
        return {
            "ab_user": (
                AGENTS,
                {"id": ident, "username": "'agent' || n", "email": "n || '@example.com'"},
            ),
            "membership": (AGENTS, {"id": ident, "user_id": ident}),
            "channel": (
                CHANNELS,
                {
                    **own,
                    "name": "'Line ' || n",
                    "own_address": "'+62811' || " + self.padded("n", 7),
                },
            ),
            "division": (DIVISIONS, {"id": ident, "name": "'Division ' || n"}),
            "label": (LABELS, {"id": ident, "name": "'Label ' || n"}),
            "customer": (people, {**own, "name": name}),
            "contact": (
                people,
                {**own, "customer_id": ident, "home_id": ident, "name": name, "phone": number},
            ),
            "identity": (people, {"id": ident, "contact_id": ident, "address": number}),
            "conversation": (
                people,
                {
                    **own,
                    "channel_id": f"{FIRST} + 1 + n % {CHANNELS}",
                    "identity_id": ident,
                    "contact_id": ident,
                    "assignee_id": f"CASE WHEN {chance(6, 10)} = 0 THEN NULL "
                    f"ELSE {FIRST} + 1 + {chance(7, AGENTS)} END",
                    "division_id": f"CASE WHEN {chance(8, 4)} = 0 THEN NULL "
                    f"ELSE {FIRST} + 1 + {chance(9, DIVISIONS)} END",
                    "state": f"CASE WHEN {closed} THEN 'closed' "
                    f"WHEN {asleep} THEN 'pending' ELSE 'open' END",
                    "snoozed_until": f"CASE WHEN {closed} THEN NULL "
                    f"WHEN {asleep} THEN {self.ago(f'-{30 * DAY}')} END",
                    "unread": f"CASE WHEN {chance(10, 30)} = 0 THEN 2 ELSE 0 END",
                    "last_at": self.ago(behind),
                    "waiting_since": f"CASE WHEN {chance(10, 30)} < 4 THEN {self.ago(behind)} END",
                },
            ),
            # label n hangs on 2^(20 - n) of a million: half of all wear the first, few the last
            "contact_label": (
                people,
                {
                    "contact_id": ident,
                    "label_id": f"{FIRST} + CASE "
                    + " ".join(f"WHEN n % {2**k} <> 0 THEN {k}" for k in range(1, LABELS))
                    + f" ELSE {LABELS} END",
                },
            ),
            "message": (
                total,
                {
                    **own,
                    "conversation_id": of,
                    "contact_id": of,
                    "channel_id": f"{FIRST} + 1 + (1 + n % {people}) % {CHANNELS}",
                    "provider_id": "'wamid.' || " + self.padded("n", 10),
                    "body": body,
                    "sent_at": self.ago(f"({total} - n) * {SPAN} / {total}"),
                },
            ),
            "mention": (
                AGENTS * 50,
                {
                    "id": ident,
                    "message_id": ident,
                    "conversation_id": of,
                    "member_id": f"{FIRST} + 1 + n % {AGENTS}",
                },
            ),
        }

    def tokens(self) -> dict[str, str]:
        """The words of each message and contact, as `search_index` keeps them, sorted."""
        people, total = self.conversations, self.conversations * self.messages
        tables = {
            "message_token": (total, [word_of_message(place) for place in range(4)]),
            "contact_token": (
                people,
                [
                    word(chance(1, 500)),
                    word(f"(500 + {chance(2, 2000)})"),
                    *(
                        f"substr('6281' || {self.padded('n', 8)}, {start})"
                        for start in range(1, 11)
                    ),
                ],
            ),
        }
        statements = {}
        for table, (count, words) in tables.items():
            before, source = self.series(count)
            whose = "message_id" if table == "message_token" else "contact_id"
            each = " UNION ALL ".join(
                f"SELECT {each} AS token, {FIRST} + n AS whose FROM {source}" for each in words
            )
            collated = "token" if self.is_sqlite else 'token COLLATE "C"'
            statements[table] = (
                f"{before}INSERT INTO {table} (tenant_id, token, {whose}) "
                f"SELECT {{tenant}}, token, whose FROM ({each}) AS said WHERE true "
                f"ORDER BY {collated}, whose ON CONFLICT DO NOTHING"
            )
        return statements


def first_rows(house: Installation) -> None:
    """One row of each kind, through the models."""
    with house.cloud(module="") as line:
        with house.desk.database.system() as session:
            user = create_user(session, "first@example.com", password=token_urlsafe(12))
            add_member(session, session.get_one(Tenant, house.tenant_id), user, ())
        with house.tenant() as session:
            people = conversation_with(session, line.channel(session), "+6281100000000")
            note = Message(
                conversation_id=people.id,
                channel_id=people.channel_id,
                contact_id=people.contact_id,
                direction=Direction.IN,
                sender=Sender.CUSTOMER,
                state=MessageState.RECEIVED,
                body="Halo",
            )
            label = Label(name="First")
            session.add_all([note, label, Division(name="First")])
            session.flush()
            member = session.query(Membership).first()
            assert member is not None  # noqa: S101 - made above
            put_label(session, people.contact, label)
            session.add(Mention(message_id=note.id, conversation_id=people.id, member_id=member.id))


def fill(house: Installation, filling: Filling) -> None:
    """All tables, those left out that are done."""
    noted = filling.folder / "filled.json"
    done = json.loads(noted.read_text()) if noted.exists() else []
    if not done:
        first_rows(house)
        noted.write_text(json.dumps(done := ["first"]))
    statements = {
        table: _like_the_first(filling, table, *what) for table, what in filling.differing().items()
    }
    for table, statement in (statements | filling.tokens()).items():
        if table in done:
            continue
        start = time.perf_counter()
        _fill_one(filling, table, statement.replace("{tenant}", str(house.tenant_id)))
        noted.write_text(json.dumps(done := [*done, table]))
        print(f"  {table} in {time.perf_counter() - start:.0f} s", flush=True)
    if "analyzed" not in done:
        with filling.engine.connect() as connection:
            connection.exec_driver_sql("ANALYZE")
            connection.commit()
        noted.write_text(json.dumps([*done, "analyzed"]))


def _like_the_first(filling: Filling, table: str, count: int, differs: Mapping[str, str]) -> str:
    names = [column["name"] for column in inspect(filling.engine).get_columns(table)]
    before, source = filling.series(count)
    values = ", ".join(differs.get(name, f'first."{name}"') for name in names)
    listed = ", ".join(f'"{name}"' for name in names)
    return (
        f"{before}INSERT INTO {table} ({listed}) SELECT {values} "
        f"FROM {source}, (SELECT * FROM {table} LIMIT 1) AS first"
    )


def _fill_one(filling: Filling, table: str, statement: str) -> None:
    """Rows, then the indexes that aren't constraints; in one transaction."""
    plain = sorted(Base.metadata.tables[table].indexes, key=lambda index: str(index.name))
    with filling.engine.connect() as connection:
        triggers: list[str] = []
        if filling.is_sqlite:
            connection.exec_driver_sql("PRAGMA cache_size = -2000000")
            for name, sql in connection.exec_driver_sql(
                "SELECT name, sql FROM sqlite_master "
                f"WHERE type = 'trigger' AND tbl_name = '{table}'"
            ).all():
                connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
                triggers.append(sql)
        else:
            connection.exec_driver_sql("SET maintenance_work_mem = '1GB'")
            connection.exec_driver_sql("SET work_mem = '512MB'")
            connection.exec_driver_sql("SET session_replication_role = replica")  # true by making
        for index in plain:
            index.drop(connection, checkfirst=True)
        connection.connection.cursor().execute(statement)  # by the driver itself: a % is a %
        for index in plain:
            index.create(connection)
        for sql in triggers:
            connection.exec_driver_sql(sql)
        if not filling.is_sqlite and "id" in Base.metadata.tables[table].columns:
            connection.exec_driver_sql(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
            )
        connection.commit()
