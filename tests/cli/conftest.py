"""A command line over a folder of its own, with the plugins that ship with Sapa."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from core.cli.answer import Surroundings
from core.cli.root import sapa as root
from core.config import Settings
from core.setup import prepare
from plugins import BUILTIN


@dataclass(frozen=True)
class Outcome:
    """What a command answered."""

    status: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """The JSON document on standard output."""
        return json.loads(self.out)


Sapa = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No SAPA_* of the machine that runs the tests; gone again what a command sets."""
    for name in [name for name in os.environ if name.startswith("SAPA_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(os, "environ", os.environ.copy())


@pytest.fixture(scope="session")
def migrated_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated folder to copy from."""
    home = tmp_path_factory.mktemp("migrated")
    prepare(Settings(home=home), BUILTIN)
    return home


@pytest.fixture
def home(migrated_home: Path, tmp_path: Path) -> Path:
    """A migrated folder."""
    return Path(shutil.copytree(migrated_home, tmp_path / "home"))


@pytest.fixture
def sapa(tmp_path: Path) -> Sapa:
    """Run a command in the folder `home`, which is empty where no test asked for a migrated one."""

    def run(*words: str, stdin: str = "", **environment: str) -> Outcome:
        result = CliRunner().invoke(
            root,
            list(words),
            obj=Surroundings(BUILTIN),
            input=stdin,
            env={"SAPA_HOME": str(tmp_path / "home"), **environment},
            standalone_mode=False,
        )
        if result.exception is not None:
            raise result.exception
        status = result.return_value if isinstance(result.return_value, int) else result.exit_code
        return Outcome(status, result.stdout, result.stderr)

    return run


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
