"""`sapa doctor` finds each trouble where it is, and says nothing where all is well."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from core import doctor
from core.config import Settings
from core.doctor import examine
from core.testing.databases import PostgresServer
from plugins import BUILTIN
from tests.cli.conftest import Sapa

PUBLIC = "https://desk.example.com"


@pytest.fixture(autouse=True)
def assets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of browser parts, whether this checkout has made its own or not."""
    vendor = tmp_path / "vendor"
    vendor.mkdir()
    (vendor / "fingerprint").touch()
    monkeypatch.setattr(doctor, "VENDOR", vendor)
    return vendor


def checks(**settings: object) -> list[str]:
    return [found.check for found in examine(Settings(**settings), BUILTIN)]


def test_all_is_well(home: Path, sapa: Sapa):
    done = sapa("doctor", SAPA_BASE_URL=PUBLIC)
    assert (done.status, done.out.strip()) == (0, "All is well.")


def test_findings_have_a_cure_and_exit_1(sapa: Sapa):
    done = sapa("doctor", "--json")
    assert done.status == 1
    first = done.data["findings"][0]
    assert first["check"] == "migrations"
    assert first["cure"] == "Run `sapa migrate`."
    assert all(found["problem"] and found["cure"] for found in done.data["findings"])


def test_it_changes_nothing(tmp_path: Path):
    examine(Settings(home=tmp_path / "fresh"), BUILTIN)
    assert not (tmp_path / "fresh").exists()


@pytest.mark.parametrize(
    ("url", "is_found"),
    [
        ("", True),
        ("http://desk.example.com", True),
        ("https://127.0.0.1", True),
        ("https://192.168.1.4", True),
        ("https://desk.local", True),
        ("https://localhost", True),
        (PUBLIC, False),
    ],
)
def test_a_base_url_that_providers_cannot_reach(home: Path, url: str, is_found: bool):
    assert ("base URL" in checks(home=home, base_url=url)) is is_found


def test_a_secret_that_others_can_read(home: Path):
    (home / "secret.key").chmod(0o644)
    assert checks(home=home, base_url=PUBLIC) == ["secret"]


def test_a_damaged_secret(home: Path):
    (home / "secret.key").write_text("garbage")
    assert "secret" in checks(home=home, base_url=PUBLIC)


def test_sqlite_on_a_network_disk(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    mounts = tmp_path / "mounts"
    mounts.write_text(f"disk / ext4 rw 0 0\nserver:/x {home.parent} nfs4 rw 0 0\n")
    monkeypatch.setattr(doctor, "MOUNTS", mounts)
    assert checks(home=home, base_url=PUBLIC) == ["disk"]
    mounts.write_text(f"server:/ / nfs4 rw 0 0\ndisk {home.parent} ext4 rw 0 0\n")
    assert checks(home=home, base_url=PUBLIC) == []


def test_missing_browser_parts(home: Path, assets: Path):
    (assets / "fingerprint").unlink()
    assert checks(home=home, base_url=PUBLIC) == ["assets"]


def test_redis_that_does_not_answer(home: Path, redis_server: str):
    assert checks(home=home, base_url=PUBLIC, redis_url=redis_server) == []
    assert checks(home=home, base_url=PUBLIC, redis_url="redis://127.0.0.1:1/0") == ["redis"]
    assert checks(home=home, base_url=PUBLIC, redis_url="nonsense") == ["redis"]


def test_a_clock_that_was_set_back(home: Path):
    tomorrow = time.time() + 86_400
    os.utime(home / "sapa.db", (tomorrow, tomorrow))
    assert checks(home=home, base_url=PUBLIC) == ["clock"]


def test_a_database_that_does_not_answer(tmp_path: Path):
    found = checks(home=tmp_path, base_url=PUBLIC, database_url="postgresql://u@127.0.0.1:1/x")
    assert found == ["database"]


def test_a_role_that_row_level_security_does_not_bind(
    postgres_server: PostgresServer, postgres_settings: Settings
):
    assert [f.check for f in examine(with_url(postgres_settings), ())] == []
    superuser = with_url(postgres_settings).model_copy(
        update={"database_url": postgres_settings.owner_database_url}
    )
    (found,) = examine(superuser, ())
    assert found.check == "database role"
    assert "superuser" in found.problem
    assert "SAPA_OWNER_DATABASE_URL" in found.cure


def with_url(settings: Settings) -> Settings:
    return settings.model_copy(update={"base_url": PUBLIC})
