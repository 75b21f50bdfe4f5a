"""The conversations of a run: `services.conversations` in memory."""

from __future__ import annotations

from core.events import ConversationOpened
from core.inbound import InboundMessage
from core.models import ConversationState
from core.services.preview import carry
from core.services.receive_many.rows import (
    ConversationRow,
    IdentityRow,
    MessageRow,
    PersonRow,
    known,
)
from core.services.receive_many.run import Run


def find_or_open(
    run: Run, person: PersonRow, identities: list[IdentityRow], item: InboundMessage
) -> ConversationRow:
    """The conversation of one of `identities`, else that of the person under another kind of
    address, else a new one with the first of them. History opens none that waits."""
    own = [
        each
        for each in person.conversations
        if any(each.goes_to(identity) for identity in identities)
    ]
    kinds = {identity.kind for identity in identities}
    alias = [each for each in person.conversations if each.kind not in kinds]
    if found := own or alias:
        return max(reversed(found), key=lambda each: each.last_at)  # of two the newer
    conversation = ConversationRow(
        None,
        person,
        None,
        identities[0].kind,
        ConversationState.CLOSED if item.is_history else ConversationState.OPEN,
        item.sent_at if item.is_history else run.moment,
        identities[0],
        closed_at=run.moment if item.is_history else None,
    )
    person.conversations.append(conversation)
    run.conversations.append(conversation)
    return conversation


def may_meet(run: Run, found: IdentityRow, item: InboundMessage) -> bool:
    """Whether a message may lead a conversation to an address that another left in this run.

    That one's row still stands there: written together, the two would meet in the unique index.
    """
    person = found.person
    left = {each.left_id for each in person.conversations} - {None}
    if not left:
        return False
    known_here = run.known.identities
    identities = [known_here.get(run.key_of(address)) for address in item.addresses]
    reached = [found, *(each for each in identities if each is not None)]
    if left.isdisjoint(each.id for each in reached):
        return False
    if len(person.conversations) > 1:
        return True
    only = person.conversations[0]
    is_alias = only.kind not in {address.kind for address in item.addresses}
    return not is_alias and not any(only.goes_to(identity) for identity in reached)


def answer_to(run: Run, conversation: ConversationRow, identity: IdentityRow) -> None:
    """Point a conversation at the address that was seen last, unless another has it."""
    if any(each.goes_to(identity) for each in identity.person.conversations):
        return
    conversation.identity = identity
    conversation.kind = identity.kind
    run.change(conversation)


def touch(run: Run, conversation: ConversationRow, message: MessageRow) -> None:
    """Carry a new message onto its conversation: preview and order."""
    if not carry(conversation, message):
        return
    run.change(conversation)
    tell_conversation(run, conversation)


def reopen(run: Run, conversation: ConversationRow) -> None:
    """Open a closed or snoozed conversation again."""
    if conversation.state is ConversationState.OPEN:
        return
    was_closed = conversation.state is ConversationState.CLOSED
    conversation.state = ConversationState.OPEN
    conversation.snoozed_until = None
    conversation.closed_at = None
    run.change(conversation)
    if was_closed:
        publish_opened(run, conversation, is_reopened=True)
    tell_conversation(run, conversation)


def publish_opened(run: Run, conversation: ConversationRow, *, is_reopened: bool) -> None:
    """The event that a conversation began, or began again."""
    run.events.append(
        lambda: ConversationOpened(
            conversation_id=known(conversation.id),
            contact_id=known(conversation.person.id),
            channel_id=run.line.channel_id,
            is_reopened=is_reopened,
        )
    )


def tell_conversation(run: Run, conversation: ConversationRow) -> None:
    """Pages hear of a conversation once, however much came."""
    run.told[conversation] = lambda: ("conversation", {"conversation": known(conversation.id)})
