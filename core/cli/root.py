"""The command's root: its groups, and what it says when it is called wrongly."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

import click

from core.cli.answer import Surroundings, asks_for_json
from core.cli.channel import channel
from core.cli.demo import demo
from core.cli.health import doctor, migrate
from core.cli.people import tenant, token, user
from core.cli.plugin import plugin
from core.cli.run import run, worker
from core.cli.search import search
from core.host.version import CORE_VERSION


@click.group(
    name="sapa",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 96},
    epilog="Settings are SAPA_* variables; docs/operate.md lists them. Data is kept in SAPA_HOME.",
)
@click.version_option(CORE_VERSION, prog_name="sapa")
def sapa() -> None:
    """Sapa, a WhatsApp-first customer desk."""


for command in (
    demo,
    run,
    worker,
    migrate,
    doctor,
    tenant,
    user,
    token,
    channel,
    plugin,
    search,
):
    sapa.add_command(command)


def run_command(builtin: Sequence[str], arguments: Sequence[str] | None = None) -> None:
    """Run `sapa` with these built-in plugins and exit: 0 done, 1 findings, 2 refused."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        status = sapa.main(
            words, prog_name="sapa", obj=Surroundings(tuple(builtin)), standalone_mode=False
        )
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else "")
        sys.exit(2)
    except click.Abort:
        sys.exit(130)
    except click.ClickException as error:
        if asks_for_json(words):
            click.echo(json.dumps({"error": {"message": error.format_message()}}))
        else:
            error.show()
        sys.exit(2)
    sys.exit(status if isinstance(status, int) else 0)
