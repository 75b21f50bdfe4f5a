"""Receipts by rank: whatever the order, the same end."""

from __future__ import annotations

import itertools

import pytest
from sqlalchemy import select

from core.inbound import InboundStatus, MessageState
from core.models import EarlyStatus, Message
from core.models.base import now
from core.services.states import may_follow
from core.testing.installation import CloudLine, Installation
from tests.services.test_receive import take, written

IN_ORDER = tuple(MessageState)[1:-1]


def test_every_state_moves_forward_only() -> None:
    for (i, present), (j, new) in itertools.product(enumerate(IN_ORDER), repeat=2):
        assert may_follow(present, new) == (j > i), (present, new)


def test_failed_ends_all_but_what_was_delivered() -> None:
    failed = MessageState.FAILED
    ended = {state for state in IN_ORDER if may_follow(state, failed)}
    assert ended == set(IN_ORDER[: IN_ORDER.index(MessageState.SENT) + 1])
    assert not any(may_follow(failed, state) for state in MessageState)


def test_a_customers_message_has_no_receipts() -> None:
    assert not any(may_follow(MessageState.RECEIVED, state) for state in MessageState)


@pytest.mark.parametrize(
    "order", list(itertools.permutations(("sent", "delivered", "read"))), ids="-".join
)
def test_early_receipts_in_any_order_end_as_read(
    house: Installation, line: CloudLine, order: tuple[str, ...]
) -> None:
    """They come before anything says which message is meant; an echo then does."""
    receipts = [InboundStatus("wamid.e", MessageState(state), now()) for state in order]
    take(house, line, *receipts, *receipts, written(provider_id="wamid.e", is_echo=True))
    with house.tenant() as session:
        assert session.scalars(select(Message)).one().state is MessageState.READ
        assert session.scalars(select(EarlyStatus)).all() == []
