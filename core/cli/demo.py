"""The demo: one command from nothing to a desk with a story in it."""

from __future__ import annotations

import os

import click

from core.cli.answer import Answer, SapaCommand, Surroundings, wants_json
from core.cli.run import served_settings, start
from core.errors import Refused


@click.command(cls=SapaCommand)
@click.option("--host", help="Address to listen on. Default: SAPA_HOST, 127.0.0.1.")
@click.option("--port", type=click.IntRange(1, 65535), help="Default: SAPA_PORT, 8080.")
@click.option("--no-serve", is_flag=True, help="Only make the demo's data.")
@click.pass_obj
def demo(surroundings: Surroundings, host: str | None, port: int | None, no_serve: bool) -> None:
    """Serve two made-up businesses to look around in. The first start makes them."""
    from core.boot import open_desk
    from core.demo.people import PASSWORD, PEOPLE
    from core.demo.stage import own_host, set_up
    from core.setup import prepare
    from core.web.serve import check_port, only_server

    settings = served_settings(surroundings, host, port)
    if settings.redis_url:
        raise Refused("The demo runs embedded: unset SAPA_REDIS_URL.")
    # the simulated phones live in this very server
    os.environ["SAPA_PRIVATE_HOSTS"] = ",".join((*settings.private_hosts, own_host(settings)))
    settings = surroundings.settings()
    settings.home.mkdir(parents=True, exist_ok=True)
    check_port(settings.host, settings.port)
    with only_server(settings):
        prepare(settings, surroundings.builtin)
        desk = open_desk(settings, surroundings.builtin)
        is_new = set_up(desk)
        desk.database.dispose()
    lines = ["The demo is made." if is_new else "The demo is as you left it."]
    lines.append(f"Log in at {settings.public_url} with the password {PASSWORD} as:")
    lines += [f"  {person.email:<28} {person.part}" for person in PEOPLE]
    data = {
        "made": is_new,
        "url": settings.public_url,
        "password": PASSWORD,
        "accounts": [{"email": person.email, "part": person.part} for person in PEOPLE],
    }
    click.echo(Answer(data, "\n".join(lines)).shown(as_json=wants_json()))
    if not no_serve:
        start(surroundings)
