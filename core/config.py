"""Settings: what an operator can set, as `SAPA_*` variables with embedded defaults."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from core.database_urls import derived_urls


class Settings(BaseSettings):
    """One installation's settings.

    With nothing set, Sapa runs embedded: SQLite and in-process workers under `home`.
    `database_url` is what web and workers connect with; on PostgreSQL it must log in as a role that
    row-level security binds. `owner_database_url` serves `sapa migrate`, `system_database_url`
    (BYPASSRLS) the relay, the schedule and the raw inbox. With `database_url` alone, an owner's,
    `sapa migrate` makes the two roles and keeps their URLs in `home/database.json`.
    """

    model_config = SettingsConfigDict(env_prefix="SAPA_", extra="ignore")

    home: Path = Path("var")
    host: str = "127.0.0.1"
    port: int = 8080
    database_url: str = ""
    owner_database_url: str = ""
    system_database_url: str = ""
    redis_url: str = ""
    base_url: str = ""
    private_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    secret_key: str = ""
    worker_threads: int = 4
    web_threads: int = 32
    web_streams: int = 600
    max_body_bytes: int = 4 * 1024 * 1024
    max_file_bytes: int = 64 * 1024 * 1024
    safe_redirect_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    log_format: Literal["", "json", "text"] = ""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    metrics_token: str = ""

    @field_validator("private_hosts", "safe_redirect_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("home")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @property
    def app_url(self) -> str:
        """What web and worker processes connect with."""
        if self.derives_app_url and (kept := derived_urls(self)) is not None and kept.app:
            return kept.app
        return self._given_url

    @property
    def owner_url(self) -> str:
        """What `sapa migrate` connects with."""
        return with_driver(self.owner_database_url) if self.owner_database_url else self._given_url

    @property
    def system_url(self) -> str:
        """What the relay, the schedule and the raw inbox connect with."""
        if self.system_database_url:
            return with_driver(self.system_database_url)
        if not self.is_sqlite and (kept := derived_urls(self)) is not None:
            return kept.system
        return self._given_url

    @property
    def derives_app_url(self) -> bool:
        """True with one PostgreSQL URL alone: it is the owner's, `sapa migrate` makes two of it.

        Not cached, like the URLs: a process that migrates and then serves must see what it made.
        """
        return not (self.is_sqlite or self.owner_database_url or self.system_database_url)

    @property
    def _given_url(self) -> str:
        return with_driver(self.database_url or f"sqlite:///{self.home / 'sapa.db'}")

    @property
    def is_embedded(self) -> bool:
        """True where workers run inside the web process: without Redis, and on SQLite."""
        return self.is_sqlite or not self.redis_url

    @property
    def is_sqlite(self) -> bool:
        return self._given_url.startswith("sqlite")

    @property
    def own_hosts(self) -> tuple[str, ...]:
        """`host:port` of this installation where that is this machine's loopback, else nothing.

        Outbound calls may go there: the simulator's phone is served by the very process that it
        writes to. Nothing is reached that way which doesn't answer everybody here already.
        """
        parts = urlsplit(self.public_url)
        host = parts.hostname or ""
        try:
            is_local = ip_address(host).is_loopback
        except ValueError:
            is_local = host == "localhost"
        port = parts.port or (443 if parts.scheme == "https" else 80)
        return (f"[{host}]:{port}" if ":" in host else f"{host}:{port}",) if is_local else ()

    @property
    def public_url(self) -> str:
        """What providers and mails see, without a trailing slash."""
        return (self.base_url or f"http://{self.host}:{self.port}").rstrip("/")


def with_driver(url: str) -> str:
    """Name psycopg 3 in a PostgreSQL URL: SQLAlchemy's default is psycopg2, which we don't ship."""
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url
