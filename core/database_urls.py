"""One URL is enough: the two roles' URLs that `sapa migrate` derives and keeps."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, make_url

if TYPE_CHECKING:
    from core.config import Settings


@dataclass(frozen=True)
class DerivedUrls:
    """The URLs of the bound role and of the system role, with their passwords.

    `app` is empty where the operator gave that one.
    """

    app: str
    system: str


def derived_urls(settings: Settings) -> DerivedUrls | None:
    """The URLs that `sapa migrate` kept for this database, or None.

    A file that speaks of another host or database is passed over: its passwords don't fit.
    """
    try:
        kept = json.loads(_file(settings).read_text())
    except FileNotFoundError:
        return None
    if kept.get("database") != _identity(settings):
        return None
    return DerivedUrls(app=kept["app"], system=kept["system"])


def keep_urls(settings: Settings) -> DerivedUrls:
    """Choose passwords for the roles that have no URL yet and keep theirs, for our user only.

    Written before the roles are created: were it after, a crash between would leave roles whose
    passwords nobody knows.
    """
    owner = make_url(settings.owner_url)
    app = _for_role(owner, "sapa_app") if settings.derives_app_url else ""
    urls = DerivedUrls(app=app, system=_for_role(owner, "sapa_system"))
    path = _file(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({"database": _identity(settings)} | asdict(urls), file, indent=2)
    draft.replace(path)
    return urls


def _for_role(owner: URL, role: str) -> str:
    url = owner.set(username=role, password=secrets.token_urlsafe(24))
    return url.render_as_string(hide_password=False)


def _identity(settings: Settings) -> str:
    """Which database, whoever logs in: `host:port/name?options`."""
    return make_url(settings.owner_url)._replace(username=None, password=None).render_as_string()


def _file(settings: Settings) -> Path:
    return settings.home / "database.json"
