"""Secrets that others can read or guess."""

from __future__ import annotations

from collections.abc import Iterator

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import make_url, select
from werkzeug.security import check_password_hash

from core.boot import installation_key
from core.config import Settings
from core.demo.people import PASSWORD, PEOPLE
from core.doctor.address import is_public
from core.doctor.finding import Finding, Patient
from core.secrets import KeyUnusable, generate_key, key_to_text

# passwords that stand in manuals, images and examples
WELL_KNOWN = frozenset(
    {"", "admin", "changeme", "change-me", "example", "password", "postgres", "root", "sapa"}
    | {"secret", "test"}
)
SHORTEST_TOKEN = 16
FEWEST_BYTES = 12  # different ones in a key; of 32 random bytes practically all differ


def look(patient: Patient) -> Iterator[Finding]:
    settings = patient.settings
    yield from _files(settings)
    yield from _key(settings)
    yield from _database_password(settings)
    yield from _metrics_token(settings)
    yield from _demo_passwords(patient)


def _files(settings: Settings) -> Iterator[Finding]:
    for name in ("secret.key", "database.json"):
        path = settings.home / name
        if path.exists() and path.stat().st_mode & 0o077:
            yield Finding(
                "secret",
                f"Other users of this machine can read {path}.",
                f"Run: chmod 600 {path}",
            )


def _key(settings: Settings) -> Iterator[Finding]:
    if not settings.secret_key and not (settings.home / "secret.key").exists():
        return  # made at the first start
    try:
        key = installation_key(settings)
    except KeyUnusable as error:
        yield Finding("secret", error.message, "Set the key that sealed this installation's data.")
        return
    if len(set(key)) < FEWEST_BYTES:
        yield Finding(
            "secret",
            "SAPA_SECRET_KEY isn't random: whoever guesses it signs in as anybody.",
            f"Set it to 32 random bytes, such as {key_to_text(generate_key())}, and enter the "
            "channels' credentials again.",
        )


def _database_password(settings: Settings) -> Iterator[Finding]:
    for name, given in (
        ("SAPA_DATABASE_URL", settings.database_url),
        ("SAPA_OWNER_DATABASE_URL", settings.owner_database_url),
        ("SAPA_SYSTEM_DATABASE_URL", settings.system_database_url),
    ):
        url = make_url(given) if given else None
        if url is None or url.password is None:
            continue  # a socket, a certificate or .pgpass proves who asks
        if url.password.lower() in (*WELL_KNOWN, (url.username or "").lower()):
            yield Finding(
                "secret",
                f"The password in {name} is one that everybody tries first.",
                f"Run: ALTER ROLE {url.username} PASSWORD '…', and set the new one in {name}.",
            )


def _metrics_token(settings: Settings) -> Iterator[Finding]:
    if 0 < len(settings.metrics_token) < SHORTEST_TOKEN:
        yield Finding(
            "secret",
            f"SAPA_METRICS_TOKEN is shorter than {SHORTEST_TOKEN} characters.",
            "Set a longer one, such as what `openssl rand -hex 24` prints.",
        )


def _demo_passwords(patient: Patient) -> Iterator[Finding]:
    """The demo's people share a password that it prints: no place for strangers to come to."""
    if not is_public(patient.settings):
        return
    with patient.rows() as session:
        if session is None:
            return
        known = [person.email for person in PEOPLE]
        people = session.scalars(
            select(User).where(User.email.in_(known), User.active.is_(True))
        ).all()
        found = [user.email for user in people if check_password_hash(user.password, PASSWORD)]
    if found:
        yield Finding(
            "secret",
            f"{len(found)} accounts have the demo's password, which everybody knows "
            f"({found[0]} is one).",
            "Change their passwords or switch the accounts off, as an operator under Users.",
        )
