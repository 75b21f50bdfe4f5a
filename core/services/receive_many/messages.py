"""What a message does to a run: `services.receive_message`, in memory."""

from __future__ import annotations

from core.events import ContactCreated, MessageReceived
from core.inbound import InboundMessage, MessageState
from core.models import ConversationState, Direction, Sender
from core.services.consent_words import LONGEST, folded
from core.services.names import is_heard_anew
from core.services.receive_many import conversations, people, tasks
from core.services.receive_many.cards import card_for
from core.services.receive_many.receipts import apply_early, move, ours, publish_sent, tell_message
from core.services.receive_many.rows import ConversationRow, IdentityRow, MessageRow, known
from core.services.receive_many.run import Run, Unusual
from core.services.receive_message import completes, is_storable


def take_message(run: Run, item: InboundMessage) -> None:
    """Work one message out. Raises Unusual, before any change, for what goes one by one."""
    if not is_storable(item) or item.is_automatic or item.answers:
        raise Unusual
    known_message = run.known.messages.get(item.provider_id)
    if known_message is not None:
        if completes(known_message, item):
            raise Unusual
        return
    if item.is_echo and _fold_echo(run, item):
        return
    found = people.find(run, item.addresses)
    person = found.person if found else None
    if people.is_ignored(run, item, person):
        run.counts["filtered"] += 1
        return
    if person is not None and person.is_archived and not item.is_history:
        raise Unusual
    if found is not None and conversations.may_meet(run, found, item):
        raise Unusual
    if _wishes(run, item, has_opted_out=person is not None and person.has_opted_out):
        raise Unusual
    if person is None:
        person = people.new_person(run, item)
    elif people.learns_name(person, item):
        people.learn_name(run, person, item)
    identities = people.add_missing(run, person, item.addresses)
    if found is not None and found not in identities:
        identities.append(found)
    conversation = conversations.find_or_open(run, person, identities, item)
    if found is None or is_heard_anew(conversation, item):
        run.anew.setdefault(person, identities[0])
    message = _store(run, conversation, item)
    conversations.touch(run, conversation, message)
    if found is None and not item.is_history:
        run.events.append(lambda: ContactCreated(contact_id=known(person.id), origin="inbound"))
    if item.is_echo:
        _after_echo(run, conversation, message)
        return
    for identity in identities:
        people.saw(run, identity, message.sent_at)
    _after_inbound(run, conversation, message, identities[0])


def _wishes(run: Run, item: InboundMessage, *, has_opted_out: bool) -> bool:
    """Whether a message opts its writer out, or in again."""
    if item.is_echo or item.is_history or len(item.text) > LONGEST:
        return False
    return folded(item.text) in (run.line.start_words if has_opted_out else run.line.stop_words)


def _fold_echo(run: Run, item: InboundMessage) -> bool:
    """An echo of a message that we sent belongs to our row, not to a second one."""
    message = ours(run, item.opaque) or _echoed(run, item)
    if message is None or message.provider_id not in (None, item.provider_id):
        return False
    message.provider_id = item.provider_id
    run.known.messages[item.provider_id] = message
    run.change(message)
    move(run, message, MessageState.SENT, item.sent_at)
    apply_early(run, message)
    return True


def _echoed(run: Run, item: InboundMessage) -> MessageRow | None:
    """The message of ours whose call has no answer yet, and whose echo this must be."""
    found = people.find(run, item.addresses)
    if found is None or found.person.id is None or item.is_history:
        return None
    for message in run.known.unanswered.get(found.person.id, ()):
        is_open = message.state in (MessageState.SENDING, MessageState.UNKNOWN)
        if is_open and message.provider_id is None and message.body == item.text:
            return message
    return None


def _store(run: Run, conversation: ConversationRow, item: InboundMessage) -> MessageRow:
    message = MessageRow(
        None,
        run.line.channel_id,
        None,
        None,
        None,
        item.provider_id,
        Direction.OUT if item.is_echo else Direction.IN,
        Sender.PHONE if item.is_echo else Sender.CUSTOMER,
        MessageState.SENT if item.is_echo else MessageState.RECEIVED,
        item.text,
        item.kind,
        item.is_history,
        min(item.sent_at, run.moment),
        item=item,
        conversation=conversation,
        card=None if item.is_history else card_for(run, conversation.person),
        quoted=run.known.messages.get(item.reply_to) if item.reply_to else None,
    )
    run.known.messages[item.provider_id] = message
    run.messages.append(message)
    if item.is_echo:
        apply_early(run, message)
    return message


def _after_inbound(
    run: Run, conversation: ConversationRow, message: MessageRow, identity: IdentityRow
) -> None:
    sent_at = message.sent_at
    if not message.is_history and sent_at >= (conversation.last_inbound_at or sent_at):
        conversations.answer_to(run, conversation, identity)
    run.last_inbound_at = max(run.last_inbound_at or sent_at, sent_at)
    is_first = conversation.last_inbound_at is None
    conversation.last_inbound_at = max(conversation.last_inbound_at or sent_at, sent_at)
    if run.line.window is not None:
        conversation.window_until = conversation.last_inbound_at + run.line.window
    run.change(conversation)
    if message.is_history:
        return
    conversation.unread += 1
    conversation.waiting_since = conversation.waiting_since or run.moment
    if is_first and conversation.state is ConversationState.OPEN:
        conversations.publish_opened(run, conversation, is_reopened=False)
    conversations.reopen(run, conversation)
    tasks.open_reply_task(run, conversation, message)
    run.events.append(
        lambda: MessageReceived(
            message_id=known(message.id),
            conversation_id=message.conversation_id,
            contact_id=message.contact_id,
            channel_id=message.channel_id,
        )
    )
    tell_message(run, message)


def _after_echo(run: Run, conversation: ConversationRow, message: MessageRow) -> None:
    tell_message(run, message)
    if message.is_history:
        return
    if conversation.last_inbound_at is None or message.sent_at >= conversation.last_inbound_at:
        conversation.waiting_since = None
        run.change(conversation)
        tasks.close_reply_task(run, conversation)
    publish_sent(run, message)
