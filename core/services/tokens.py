"""API tokens: made once, shown once, kept as a digest, limited to scopes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select

from core.audit import current_actor, record
from core.errors import Refused
from core.models import ApiToken, Tenant
from core.models.base import now
from core.secrets import digest_token, new_token
from core.tenancy.session import SystemSession, TenantSession
from core.words import say

# what a token may be allowed: reading or writing a noun, or everything its tenant has
SCOPE_ALL = "*"
_SEEN_EVERY = timedelta(minutes=5)


def create_token(
    session: TenantSession, name: str, scopes: Sequence[str], known: frozenset[str]
) -> tuple[ApiToken, str]:
    """A new token and its plain text, which nobody can read again.

    `scopes` are `<noun>:read` and `<noun>:write`, or `*`; `known` holds those that exist.
    """
    if not name.strip():
        raise Refused(say("Name the program that will use the token."), "name")
    if not scopes:
        raise Refused(say("Choose at least one scope."), "scopes")
    wrong = sorted(set(scopes) - known - {SCOPE_ALL})
    if wrong:
        raise Refused(say("There is no scope %(wrong)s.", wrong=", ".join(wrong)), "scopes")
    plain, digest = new_token()
    token = ApiToken(
        name=name.strip()[:80],
        digest=digest,
        hint=plain[-4:],
        scopes=sorted(set(scopes)),
        created_by_id=current_actor().user_id,
    )
    session.add(token)
    session.flush()
    record(session, "create", token)
    return token, plain


def revoke_token(session: TenantSession, token: ApiToken) -> None:
    """End a token; its next call is refused."""
    if token.revoked_at is None:
        token.revoked_at = now()
        session.flush()
        record(session, "revoke", token)


def find_token(session: SystemSession, plain: str) -> tuple[ApiToken, Tenant, User] | None:
    """The live token with this text, its tenant, and the person who made it; in one statement.

    By digest, so neither timing nor a dump of the table helps. None also where the tenant or the
    person is inactive: a token outlives neither.
    """
    row = session.execute(
        select(ApiToken, Tenant, User)
        .join(Tenant, Tenant.id == ApiToken.tenant_id)
        .join(User, User.id == ApiToken.created_by_id)
        .where(
            ApiToken.digest == digest_token(plain),
            ApiToken.revoked_at.is_(None),
            Tenant.is_active.is_(True),
            User.active.is_(True),
        )
    ).one_or_none()
    return (row[0], row[1], row[2]) if row is not None else None


def saw_token(session: SystemSession, token_id: int) -> None:
    """Remember that a token was used."""
    token = session.get(ApiToken, token_id)
    if token is not None:
        token.last_used_at = now()


def was_seen_lately(token: ApiToken) -> bool:
    """Whether `last_used_at` is fresh enough to leave alone: not every read should write."""
    return token.last_used_at is not None and now() - token.last_used_at < _SEEN_EVERY


def allows(scopes: Sequence[str], noun: str, *, write: bool) -> bool:
    """Whether scopes let a call through. Writing includes reading."""
    if SCOPE_ALL in scopes or f"{noun}:write" in scopes:
        return True
    return not write and f"{noun}:read" in scopes
