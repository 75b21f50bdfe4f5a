"""Our reaction on a customer's message, from the click through its job to the provider."""

from __future__ import annotations

from sqlalchemy import select

from core.models import Job, Message
from core.services.reactions import react
from core.testing.installation import CloudLine, Installation
from tests.services.test_receive import take, written


def ours(house: Installation) -> str:
    """Our reaction, as the thread shows it."""
    with house.tenant(write=False) as session:
        return session.scalars(select(Message)).one().reactions.get("us", "")


def choose(house: Installation, emoji: str) -> None:
    with house.tenant() as session:
        react(session, session.scalars(select(Message)).one(), emoji)


def sent(line: CloudLine) -> list[str]:
    """The reactions that reached the customer."""
    return [each.payload["reaction"]["emoji"] for each in line.meta.sent]


def test_a_reaction_that_the_provider_refuses_goes_and_the_one_before_comes_back(
    house: Installation, line: CloudLine
) -> None:
    take(house, line, written())
    choose(house, "👍")
    assert ours(house) == "👍"  # at once
    house.work()
    assert (ours(house), sent(line)) == ("👍", ["👍"])

    line.meta.fail_next(1, code=131051, status=400)
    choose(house, "🎉")
    assert ours(house) == "🎉"
    house.work()
    assert (ours(house), sent(line)) == ("👍", ["👍"])  # what the customer sees
    with house.tenant(write=False) as session:
        assert session.scalars(select(Job).where(Job.actor == "core.react")).all() == []

    line.meta.fail_next(1, code=131051, status=400)
    choose(house, "❤️")
    choose(house, "🙏")  # before the first has left: it never does
    house.work()
    assert (ours(house), sent(line)) == ("👍", ["👍"])
    choose(house, "🙏")
    house.work()
    assert (ours(house), sent(line)) == ("🙏", ["👍", "🙏"])


def test_a_reaction_waits_for_a_provider_that_is_busy(house: Installation, line: CloudLine) -> None:
    take(house, line, written())
    line.meta.fail_next(1, code=130429, status=429)
    choose(house, "👍")
    house.work()
    assert (ours(house), sent(line)) == ("👍", [])
    with house.tenant(write=False) as session:
        job = session.scalars(select(Job).where(Job.actor == "core.react")).one()
        assert job.attempts == 1
