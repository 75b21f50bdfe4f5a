"""Serving, and working without serving."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from core.cli.answer import Answer, SapaCommand, Surroundings, wants_json
from core.config import Settings
from core.errors import Refused
from core.jobs.queues import QUEUES

if TYPE_CHECKING:
    from core.desk import Desk


@click.command(cls=SapaCommand)
@click.option(
    "--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Web processes."
)
@click.option("--host", help="Address to listen on. Default: SAPA_HOST, 127.0.0.1.")
@click.option("--port", type=click.IntRange(1, 65535), help="Default: SAPA_PORT, 8080.")
@click.pass_obj
def run(surroundings: Surroundings, workers: int, host: str | None, port: int | None) -> None:
    """Serve the desk, in the foreground. Without Redis, background work runs here too.

    With PostgreSQL and Redis any number of processes serve, and `sapa worker` does that work.
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
    if settings.is_embedded and workers > 1:
        raise Refused(
            "Without Redis the background work runs in the web process, so there is one: leave "
            "--workers out, or set SAPA_REDIS_URL.",
            "workers",
        )
    with surroundings.open(is_start=True) as desk:
        if not settings.is_sqlite:
            _refuse_unbound_role(desk)
        missing = "" if settings.is_embedded else missing_workers(desk)
    if missing:
        click.echo(missing, err=True)
    from core.web.serve import serve

    ready = Answer(
        {"url": settings.public_url}, f"Sapa is ready at {settings.public_url} (Ctrl-C stops it)"
    )
    serve(settings, workers=workers, ready=ready.shown(as_json=wants_json()))


def missing_workers(desk: Desk) -> str:
    """Why background work waits: a sentence, "" where it doesn't. Serving goes on all the same."""
    from redis import RedisError

    try:
        if desk.jobs.workers():
            return ""
    except RedisError:
        return "Redis doesn't answer: background work waits until it does. Check SAPA_REDIS_URL."
    return "No worker runs yet: background work waits for `sapa worker`."


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
@click.option(
    "--queue",
    "queues",
    multiple=True,
    type=click.Choice(QUEUES),
    help="Work on this queue only; may be repeated. Default: all.",
)
@click.option(
    "--threads",
    type=click.IntRange(1, 256),
    help="Jobs at once in each process. Default: SAPA_WORKER_THREADS, 4.",
)
@click.option(
    "--processes", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes."
)
@click.pass_obj
def worker(
    surroundings: Surroundings, queues: tuple[str, ...], threads: int | None, processes: int
) -> None:
    """Do background work, in the foreground. For PostgreSQL and Redis; any number may run.

    SIGTERM and Ctrl-C stop it once what it has begun is finished; the rest is handed back.
    """
    settings = surroundings.settings()
    if settings.is_sqlite:
        raise Refused(
            "SQLite has one server process, and `sapa run` does the background work in it: set "
            "SAPA_DATABASE_URL to a PostgreSQL database to have workers of their own."
        )
    if settings.is_embedded:
        raise Refused(
            "A worker of its own needs Redis: set SAPA_REDIS_URL. Without it `sapa run` does the "
            "background work itself."
        )
    with surroundings.open(is_start=True) as desk:
        _refuse_unbound_role(desk)
    chosen = tuple(queue for queue in QUEUES if queue in queues) or QUEUES
    at_once = threads or settings.worker_threads
    text = f"Sapa works on {', '.join(chosen)}: {processes} x {at_once} jobs at once"
    ready = Answer(
        {"queues": list(chosen), "processes": processes, "threads": at_once},
        f"{text} (Ctrl-C stops it)",
    )
    from core.jobs.process import Work, work

    work(
        Work(
            settings=settings,
            builtin=surroundings.builtin,
            queues=chosen,
            threads=at_once,
            ready=ready.shown(as_json=wants_json()),
        ),
        processes=processes,
    )
