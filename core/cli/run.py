"""Serving, and working without serving."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from core.cli.answer import Answer, SapaCommand, Surroundings, wants_json
from core.config import Settings
from core.errors import Refused

if TYPE_CHECKING:
    from core.desk import Desk

NO_REDIS_YET = (
    "Workers over Redis come with a later version: unset SAPA_REDIS_URL, and `sapa run` does the "
    "background work itself."
)


@click.command(cls=SapaCommand)
@click.option(
    "--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Web processes."
)
@click.option("--host", help="Address to listen on. Default: SAPA_HOST, 127.0.0.1.")
@click.option("--port", type=click.IntRange(1, 65535), help="Default: SAPA_PORT, 8080.")
@click.pass_obj
def run(surroundings: Surroundings, workers: int, host: str | None, port: int | None) -> None:
    """Serve the desk, in the foreground. Without Redis, background work runs here too.

    SIGTERM and Ctrl-C stop it once what it holds is finished.
    """
    start(surroundings, workers=workers, host=host, port=port)


def start(
    surroundings: Surroundings,
    *,
    workers: int = 1,
    host: str | None = None,
    port: int | None = None,
) -> None:
    """Check what can be checked, then serve until told to stop. Refused where it can't."""
    settings = served_settings(surroundings, host, port)
    if settings.is_sqlite and workers > 1:
        raise Refused(
            "SQLite has one writer, so one process serves it: leave --workers out, or set "
            "SAPA_DATABASE_URL to a PostgreSQL database.",
            "workers",
        )
    if settings.redis_url:
        raise Refused(NO_REDIS_YET)
    if workers > 1:
        raise Refused(
            "Without Redis the background work runs in the web process, so there is one: leave "
            "--workers out, or set SAPA_REDIS_URL.",
            "workers",
        )
    with surroundings.open() as desk:
        if not settings.is_sqlite:
            _refuse_unbound_role(desk)
    from core.web.serve import serve

    ready = Answer(
        {"url": settings.public_url}, f"Sapa is ready at {settings.public_url} (Ctrl-C stops it)"
    )
    serve(settings, workers=workers, ready=ready.shown(as_json=wants_json()))


def _refuse_unbound_role(desk: Desk) -> None:
    from core.migrations.roles import refuse_unbound_role  # brings psycopg

    refuse_unbound_role(desk.database)


def served_settings(surroundings: Surroundings, host: str | None, port: int | None) -> Settings:
    """The settings with the command's own host and port, put where the serving process reads."""
    if host:
        os.environ["SAPA_HOST"] = host
    if port:
        os.environ["SAPA_PORT"] = str(port)
    return surroundings.settings()


@click.command(cls=SapaCommand)
@click.pass_obj
def worker(surroundings: Surroundings) -> Answer:
    """Do background work in a process of its own."""
    settings = surroundings.settings()
    if settings.is_embedded:
        raise Refused(
            "A worker of its own needs Redis: set SAPA_REDIS_URL. Without it `sapa run` does the "
            "background work itself."
        )
    raise Refused(NO_REDIS_YET)
