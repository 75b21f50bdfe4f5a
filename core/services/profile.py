"""A person's own account: the name, the password, and the devices that are signed in."""

from __future__ import annotations

from flask_appbuilder.security.sqla.models import User
from werkzeug.security import check_password_hash, generate_password_hash

from core.errors import Refused
from core.models import UserState
from core.services.tenants import end_sessions
from core.tenancy.session import BaseSession, SystemSession
from core.words import say

FEWEST_CHARACTERS = 8
MOST_CHARACTERS = 200  # a hash of megabytes would be a way to keep the server busy


def change_name(session: SystemSession, user: User, first_name: str, last_name: str) -> None:
    """What colleagues and customers read. Refused, with the field, for none or one too long."""
    first_name, last_name = first_name.strip(), last_name.strip()
    if not first_name:
        raise Refused(say("Give your first name."), "first_name")
    for field, value in (("first_name", first_name), ("last_name", last_name)):
        if len(value) > 64:
            raise Refused(say("Use at most 64 characters."), field)
    user.first_name, user.last_name = first_name, last_name
    session.flush()


def choose_language(session: BaseSession, user_id: int, locale: str | None) -> None:
    """The language in which a person wants to read; None for that of the business."""
    state = session.get(UserState, user_id)
    if state is None:
        state = UserState(user_id=user_id)
        session.add(state)
    state.locale = locale
    session.flush()


def language_of(session: BaseSession, user_id: int) -> str | None:
    """The language that a person chose, or None."""
    state = session.get(UserState, user_id)
    return state.locale if state is not None else None


def change_password(
    session: SystemSession, user: User, current: str, wanted: str, again: str
) -> None:
    """A new password, which ends every session of this person. Refused, with the field."""
    if not check_password_hash(user.password, current[:MOST_CHARACTERS]):
        raise Refused(say("This is not your current password."), "current")
    if len(wanted) < FEWEST_CHARACTERS:
        raise Refused(
            say(
                "Use at least %(fewest_characters)s characters.",
                fewest_characters=FEWEST_CHARACTERS,
            ),
            "wanted",
        )
    if len(wanted) > MOST_CHARACTERS:
        raise Refused(
            say("Use at most %(most_characters)s characters.", most_characters=MOST_CHARACTERS),
            "wanted",
        )
    if wanted == current:
        raise Refused(say("Choose one that differs from the current password."), "wanted")
    if wanted != again:
        raise Refused(say("The two don't match: type the new password again."), "again")
    user.password = generate_password_hash(wanted)
    end_sessions(session, user.id)
