"""How commands answer: text for people, one JSON document with `--json`, errors as a sentence."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click
from pydantic import ValidationError

from core.config import Settings
from core.errors import Refused
from core.garbage import collect_from_here

if TYPE_CHECKING:
    from core.desk import Desk


AS_JSON = "core.cli.as_json"


def wants_json() -> bool:
    """Whether the running command was called with `--json`."""
    return bool(click.get_current_context().meta.get(AS_JSON))


@dataclass(frozen=True)
class Answer:
    """What a command found or did. `data` is printed with `--json`, else `text`."""

    data: dict[str, Any]
    text: str
    status: int = 0

    def shown(self, *, as_json: bool) -> str:
        """What is printed."""
        return json.dumps(self.data, ensure_ascii=False, default=str) if as_json else self.text


class SapaCommand(click.Command):
    """A command that returns an Answer, or None when it has spoken for itself.

    Adds `--json`. What a person did wrong becomes one sentence on stderr (with `--json`:
    `{"error": {"message", "field", "errors"}}` on stdout) and exit status 2, never a traceback.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(
            click.Option(["--json", "as_json"], is_flag=True, help="Print one JSON document.")
        )

    def invoke(self, ctx: click.Context) -> Any:
        as_json = ctx.meta[AS_JSON] = ctx.params.pop("as_json", False)
        try:
            answer = super().invoke(ctx)
        except Exception as error:
            problem = problem_of(error)
            if problem is None:
                raise
            if as_json:
                click.echo(json.dumps({"error": problem}, ensure_ascii=False))
            else:
                click.echo(f"sapa: {problem['message']}", err=True)
            return 2
        if not isinstance(answer, Answer):
            return 0
        click.echo(answer.shown(as_json=as_json))
        return answer.status


class SapaGroup(click.Group):
    """A group whose commands answer as above."""

    command_class = SapaCommand


@dataclass(frozen=True)
class Surroundings:
    """What every command is given: the plugins that ship with Sapa."""

    builtin: tuple[str, ...]

    def settings(self) -> Settings:
        """The SAPA_* settings. ValidationError where one can't be."""
        return Settings()

    @contextmanager
    def open(self, *, is_start: bool = False) -> Iterator[Desk]:
        """The installation, without a web server and without running jobs. Refused if outdated.

        `is_start`: a process that runs on is being started, and imports more.
        """
        from core.boot import open_desk

        desk = open_desk(self.settings(), self.builtin)
        if not is_start:
            collect_from_here()
        try:
            refuse_pending(desk)
            yield desk
        finally:
            desk.database.dispose()


def refuse_pending(desk: Desk) -> None:
    """Refused while `sapa migrate` has something to do."""
    from core.migrations.current import is_current
    from core.migrations.of_plugins import plugin_migrations

    plugins = plugin_migrations(desk.host)
    if is_current(desk.settings, plugins):
        return
    from core.migrations.runner import pending

    waiting = pending(desk.settings, plugins)
    if waiting:
        raise Refused(
            f"The database is behind this version ({', '.join(sorted(waiting))}): "
            "run `sapa migrate` first."
        )


def problem_of(error: Exception) -> dict[str, Any] | None:
    """The error as a person may read it; None where it is ours to repair."""
    if isinstance(error, Refused):
        return {"message": error.message, "field": error.field, "errors": error.errors}
    if isinstance(error, ValidationError):
        return _bad_setting(error)
    if isinstance(error, _told_by_us()):
        return {"message": getattr(error, "message", str(error))}
    if isinstance(error, _database_errors()):
        reason = str(getattr(error, "orig", error)).strip().splitlines()
        return {
            "message": "The database can't be used: "
            f"{reason[0] if reason else type(error).__name__}. "
            "Check SAPA_DATABASE_URL and that the server runs."
        }
    if isinstance(error, PermissionError | NotADirectoryError):
        return {"message": f"{error.strerror}: {error.filename}. Check SAPA_HOME and its owner."}
    return None


def asks_for_json(words: Sequence[str]) -> bool:
    """Whether the caller wants JSON, for errors before any command could tell."""
    return "--json" in words


def _bad_setting(error: ValidationError) -> dict[str, Any] | None:
    if error.title != Settings.__name__:
        return None
    first = error.errors(include_url=False, include_input=False)[0]
    name = f"SAPA_{'_'.join(str(part) for part in first['loc'][:1])}".upper()
    return {"message": f"{name}: {first['msg']}.", "field": name}


def _told_by_us() -> tuple[type[Exception], ...]:
    """Our exceptions whose text is a sentence for the operator; imported when one is raised."""
    from core.host.switches import SwitchRefused
    from core.migrations.plugin import MigrationFailed
    from core.migrations.roles import UnsafeRole
    from core.secrets import KeyUnusable

    return SwitchRefused, MigrationFailed, UnsafeRole, KeyUnusable


def _database_errors() -> tuple[type[Exception], ...]:
    """The operator's: no server, no rights, no such driver. A refused statement is our fault."""
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError

    return OperationalError, ArgumentError, NoSuchModuleError
