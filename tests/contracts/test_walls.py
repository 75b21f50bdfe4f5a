"""F6: one tenant never sees, changes or finds out about another's rows, over any route."""

from __future__ import annotations

import pytest

from core.config import Settings
from core.testing.world import World, build_world
from plugins import BUILTIN
from tests.contracts.attack import attack

EXEMPT = {
    "LoginView.logout": "ends the attacker's own session, and takes nothing from the request",
    "ResetMyPasswordView.this_form_post": "ends the attacker's own session: has a test of its own",
}
DOORS = {
    "webhooks.receive_webhook": "a provider knows a channel's uuid; the signature is the check",
}


@pytest.fixture
def world(settings: Settings):
    made = build_world(settings, BUILTIN)
    yield made
    made.close()


def attackers(world: World):
    return {
        "admin": world.browser(),
        "token": world.program(),
        "stranger": world.person_over_rest(tenant=world.theirs.slug),
        "nobody": world.nobody(),
    }


def test_F6_no_route_leaks(world: World) -> None:
    report = attack(world, attackers(world), exempt=EXEMPT, doors=DOORS)
    assert not report.leaks, report.text()
    assert report.seen_own > 200
