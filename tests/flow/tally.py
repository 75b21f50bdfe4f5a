"""What a run with kills came to, counted in the database and in the provider's journal."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from core.inbound import MessageState
from core.models import Direction, Job, Message, RawInbox
from core.testing.installation import Installation
from core.testing.providers.journal import doubles
from tests.flow.producer import EACH, WORD

Lines = list[dict[str, Any]]


@dataclass
class Tally:
    """`in_call`: the messages that were between the two fences of a call when something died."""

    house: Installation
    texts: Sequence[str]
    produced: set[int] = field(default_factory=set)
    in_call: set[int] = field(default_factory=set)

    def saw_kill(self) -> None:
        """Note whose call this kill may have cut."""
        with self.house.desk.database.system(write=False) as session:
            asked = select(Message.id).where(Message.state == MessageState.SENDING)
            self.in_call.update(session.scalars(asked))

    def messages(self, direction: Direction) -> list[Message]:
        """All of one direction, by id."""
        with self.house.tenant(write=False) as session:
            asked = select(Message).where(Message.direction == direction).order_by(Message.id)
            return list(session.scalars(asked))

    def is_over(self) -> bool:
        """Whether the producer has written all its notes, and no job is left."""
        with self.house.desk.database.system(write=False) as session:
            notes = select(func.count(Message.id)).where(Message.body.startswith(WORD))
            if (session.scalar(notes) or 0) * EACH < len(self.texts):
                return False
            return session.scalar(select(Job.id).limit(1)) is None

    def left(self) -> list[tuple[str, str, str]]:
        """Some of the jobs that are left."""
        with self.house.desk.database.system(write=False) as session:
            asked = select(Job.actor, Job.state, Job.last_error).limit(9)
            return [tuple(row) for row in session.execute(asked)]

    def unknown(self) -> list[Message]:
        return [m for m in self.messages(Direction.OUT) if m.state is MessageState.UNKNOWN]

    def check(self, journal: Lines) -> None:
        """Nothing lost, nothing doubled, nothing overtaken. Raises AssertionError."""
        came, went = self.messages(Direction.IN), self.messages(Direction.OUT)
        notes = [message for message in went if message.body.startswith(WORD)]
        answers = [message for message in went if not message.body.startswith(WORD)]
        ids = [message.provider_id for message in came]
        assert Counter(ids) == Counter(f"wamid.in.{n}" for n in range(len(self.texts)))
        assert Counter(m.body for m in answers) == Counter(f"re {said}" for said in self.texts)
        assert [m.body for m in notes] == [f"{WORD} {n}" for n in range(len(notes))]
        assert self.produced <= set(range(len(notes)))
        assert doubles(journal) == {}
        taken = {line["opaque"] for line in journal}
        assert {m.state for m in went} <= {MessageState.ACCEPTED, MessageState.UNKNOWN}
        assert {str(m.uuid) for m in went if m.state is MessageState.ACCEPTED} <= taken
        blameless = {m.id for m in went if m.state is MessageState.UNKNOWN} - self.in_call
        assert blameless == set(), "unknown without a kill in its call"
        self._check_order(came, answers, went, journal)

    def check_end(self, journal: Lines) -> None:
        """After the receipts only what the provider never got is unknown, and nothing waits."""
        taken = {line["opaque"] for line in journal}
        for message in self.messages(Direction.OUT):
            assert (message.state is MessageState.UNKNOWN) == (str(message.uuid) not in taken)
        with self.house.desk.database.system(write=False) as session:
            assert session.scalars(select(RawInbox.id)).all() == []
            assert session.scalars(select(Job.id)).all() == []
        assert doubles(journal) == {}

    def _check_order(
        self,
        came: Iterable[Message],
        answers: Iterable[Message],
        went: Iterable[Message],
        journal: Lines,
    ) -> None:
        """In each conversation: stored as written, answered as stored, sent as answered."""
        said = _by_conversation((m.conversation_id, m.body) for m in came)
        for told in said.values():
            assert told == sorted(told, key=lambda body: int(body.split()[1]))
        answered = _by_conversation((m.conversation_id, m.body) for m in answers)
        assert answered == {id: [f"re {body}" for body in told] for id, told in said.items()}
        message_of = {str(m.uuid): m for m in went}
        sent = [message_of[line["opaque"]] for line in journal]
        for told in _by_conversation((m.conversation_id, m.id) for m in sent).values():
            assert told == sorted(told), "overtaken on the way out"


def _by_conversation(found: Iterable[tuple[int, Any]]) -> dict[int, list[Any]]:
    told: dict[int, list[Any]] = defaultdict(list)
    for conversation_id, what in found:
        told[conversation_id].append(what)
    return told
