"""Connecting channels."""

from __future__ import annotations

from pathlib import Path

import click

from core.cli.answer import Answer, SapaGroup, Surroundings
from core.cli.people import found_tenant
from core.errors import Refused


@click.group(cls=SapaGroup)
def channel() -> None:
    """Accounts and numbers that messages come through."""


@channel.command("create")
@click.option("--tenant", "slug", required=True, help="Whose channel it is.")
@click.option("--kind", required=True, help="For example whatsapp_cloud or simulator.")
@click.option("--name", required=True, help="What your team calls it.")
@click.option("--own-address", default="", help="The account's own number, with country prefix.")
@click.option("--region", default="", help="Country of local numbers. Default: the tenant's.")
@click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="A setting; repeat.")
@click.option(
    "--set-file",
    "files",
    multiple=True,
    metavar="KEY=PATH",
    help="A setting read from a file: other users of the machine can't see it go by.",
)
@click.pass_obj
def create_channel(
    surroundings: Surroundings,
    slug: str,
    kind: str,
    name: str,
    own_address: str,
    region: str,
    pairs: tuple[str, ...],
    files: tuple[str, ...],
) -> Answer:
    """Connect an account. The provider posts to the address that this prints."""
    from core.services import channels

    values = dict(_split(pair, "--set") for pair in pairs)
    values |= {key: _read(path) for key, path in (_split(file, "--set-file") for file in files)}
    with surroundings.open() as desk:
        with desk.database.system(write=False) as system:
            tenant_id = found_tenant(system, slug).id
        with desk.database.tenant(tenant_id) as session:
            made = channels.create_channel(
                session,
                kind=kind,
                name=name,
                values=values,
                own_address=own_address,
                region=region.upper(),
            )
            data = {
                "id": made.id,
                "uuid": str(made.uuid),
                "name": made.name,
                "kind": made.kind,
                "webhook": f"{desk.settings.public_url}/webhooks/{made.uuid}",
            }
    return Answer(data, f"{data['name']} is connected. Its webhook: {data['webhook']}")


def _split(pair: str, option: str) -> tuple[str, str]:
    key, equals, value = pair.partition("=")
    if not equals or not key.strip():
        raise Refused(f"Write {option} as key=value, not “{pair}”.", "set")
    return key.strip(), value


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{path} can't be read as a text file.", "set") from error
