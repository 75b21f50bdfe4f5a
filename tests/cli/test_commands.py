"""Each command against a real, migrated database; mistakes are answered with a sentence."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.boot import open_desk
from core.cli.reference import reference, walk
from core.cli.root import sapa as root
from core.config import Settings
from core.host.version import CORE_VERSION
from core.services.channels import account_of
from core.services.tenants import find_tenant
from core.web.app import create_app
from plugins import BUILTIN
from tests.cli.conftest import Sapa

ROOT = Path(__file__).parents[2]
COMMANDS = list(walk(root, ("sapa",)))


@pytest.fixture
def shop(home: Path, sapa: Sapa) -> str:
    """A tenant."""
    assert sapa("tenant", "create", "toko", "--plan", "enterprise").status == 0
    return "toko"


@pytest.fixture
def admin(shop: str, sapa: Sapa) -> str:
    """Its admin."""
    done = sapa(
        *[
            "user",
            "create",
            "rina@toko.example",
            "--tenant",
            "toko",
            "--role",
            "admin",
            "--password-stdin",
        ],
        stdin="a good password\n",
    )
    assert done.status == 0
    return "rina@toko.example"


@pytest.mark.parametrize(
    ("path", "command"), COMMANDS, ids=[" ".join(path) for path, _ in COMMANDS]
)
def test_every_command_has_json_and_a_sentence_of_help(path, command):
    assert "--json" in [option for each in command.params for option in each.opts]
    assert command.help
    assert command.help.split("\n")[0].endswith(".")
    options = [each for each in command.params if each.param_type_name == "option"]
    assert [option.opts for option in options if not option.help] == []


def test_the_reference_in_docs_is_what_the_commands_say():
    assert (ROOT / "docs" / "commands.md").read_text() == reference(), "run `make docs`"


def test_version_comes_from_the_house():
    done = subprocess.run(
        [sys.executable, "-m", "sapa", "--version"], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout.strip()) == (0, f"sapa, version {CORE_VERSION}")


def test_nothing_works_before_the_migration_and_says_so(sapa: Sapa):
    done = sapa("tenant", "list")
    assert done.status == 2
    assert "run `sapa migrate` first" in done.err
    assert "Traceback" not in done.err


def test_migrate_twice_does_nothing_the_second_time(sapa: Sapa):
    first = sapa("migrate", "--json").data
    assert first["applied"]["core"]
    assert first["permissions_added"] > 30
    second = sapa("migrate", "--json").data
    assert second["applied"] == {}
    assert second["permissions_added"] == 0
    assert sapa("migrate").out.strip() == "The database was up to date."


@pytest.mark.parametrize(
    ("words", "environment", "sentence"),
    [
        (["tenant", "create", "a_b", "--plan", "starter"], {}, "a-z, 0-9 and hyphens"),
        (["tenant", "create", "toko", "--plan", "gold"], {}, "Choose one of: starter"),
        (["tenant", "create", "x", "--plan", "starter", "--time-zone", "M"], {}, "Asia/Jakarta"),
        (["tenant", "create", "x", "--plan", "starter", "--region", "XX"], {}, "ID or RO"),
        (["user", "create", "rina@toko.example"], {}, "--tenant and --role"),
        (["user", "create", "r@t.example", "--tenant", "no", "--role", "agent"], {}, "no tenant"),
        (["user", "create", "r@t.example", "--tenant", "x", "--role", "boss"], {}, "Choose one of"),
        (["user", "create", "r@t.example", "--operator"], {}, "--password-stdin"),
        (["token", "create", "--tenant", "no", "--scope", "*"], {}, "There is no tenant"),
        (["plugin", "enable", "sync", "--tenant", "no"], {}, "There is no tenant"),
        (["run", "--workers", "2"], {}, "SQLite has one writer"),
        (
            ["worker"],
            {"SAPA_DATABASE_URL": "postgresql://u@127.0.0.1:1/x"},
            "A worker of its own needs Redis",
        ),
        (["worker"], {}, "SQLite has one server process"),
        (["tenant", "list"], {"SAPA_PORT": "abc"}, "SAPA_PORT: "),
        (["tenant", "list"], {"SAPA_SECRET_KEY": "short"}, "32 random bytes"),
        (
            ["tenant", "list"],
            {"SAPA_DATABASE_URL": "postgresql://u@127.0.0.1:1/x"},
            "can't be used",
        ),
        (["tenant", "list"], {"SAPA_DATABASE_URL": "mydb://x"}, "SAPA_DATABASE_URL"),
    ],
)
def test_a_mistake_is_a_sentence_and_exit_2(home, sapa: Sapa, words, environment, sentence):
    done = sapa(*words, **environment)
    assert done.status == 2
    assert sentence in done.err
    assert done.err.startswith("sapa: ")
    assert "Traceback" not in done.err
    as_json = sapa(*words, "--json", **environment)
    assert as_json.status == 2
    assert sentence in as_json.data["error"]["message"]


def test_a_wrong_option_is_json_too():
    done = subprocess.run(
        [sys.executable, "-m", "sapa", "tenant", "create", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "SLUG" in json.loads(done.stdout)["error"]["message"]


def test_tenants_are_made_and_listed(shop: str, sapa: Sapa):
    rows = sapa("tenant", "list", "--json").data["tenants"]
    assert [(row["slug"], row["plan"]) for row in rows] == [("toko", "enterprise")]
    again = sapa("tenant", "create", "toko", "--plan", "starter", "--json")
    assert again.status == 2
    assert again.data["error"]["field"] == "slug"


def test_a_password_comes_from_standard_input_only(shop: str, sapa: Sapa):
    words = [
        "user",
        "create",
        "a@toko.example",
        "--tenant",
        "toko",
        "--role",
        "agent",
        "--password-stdin",
    ]
    short = sapa(
        *words,
        stdin="short\n",
    )
    assert short.status == 2
    assert "8 characters" in short.err
    assert sapa(*words, stdin="long enough\n").status == 0


def test_an_account_gets_a_second_place_and_keeps_its_password(admin: str, sapa: Sapa, home: Path):
    assert sapa("tenant", "create", "second", "--plan", "starter").status == 0
    done = sapa("user", "create", admin, "--tenant", "second", "--role", "Agent", "--json")
    assert done.data == {
        "email": admin,
        "tenant": "second",
        "roles": ["Agent"],
        "operator": False,
        "created": False,
    }
    client = create_app(Settings(home=home), BUILTIN).test_client()
    answer = client.post(
        "/api/v1/security/login",
        json={"username": admin, "password": "a good password", "provider": "db"},
    )
    assert answer.status_code == 200


def test_a_token_reaches_its_scope_and_no_further(admin: str, sapa: Sapa, home: Path):
    plain = sapa("token", "create", "--tenant", "toko", "--scope", "customer:read", "--json").data[
        "token"
    ]
    client = create_app(Settings(home=home), BUILTIN).test_client()
    headers = {"Authorization": f"Bearer {plain}"}
    assert client.get("/api/v1/customer/", headers=headers).status_code == 200
    assert client.post("/api/v1/customer/", json={"name": "x"}, headers=headers).status_code == 403
    assert client.get("/api/v1/order/", headers=headers).status_code == 403


def test_a_token_needs_a_known_scope_and_an_admin(shop: str, sapa: Sapa):
    orphan = sapa("token", "create", "--tenant", "toko", "--scope", "*")
    assert orphan.status == 2
    assert "no admin" in orphan.err


def test_an_unknown_scope_is_refused(admin: str, sapa: Sapa):
    done = sapa("token", "create", "--tenant", "toko", "--scope", "customers:read", "--json")
    assert done.data["error"]["field"] == "scopes"


def test_a_channel_is_connected_and_its_secret_sealed(admin: str, sapa: Sapa, home: Path):
    (home / "secret.txt").write_text("s3cret-of-the-phone\n")
    done = sapa(
        *("channel", "create", "--tenant", "toko", "--kind", "simulator", "--name", "Phone"),
        *("--set", "phone_url=http://127.0.0.1:9/", "--set-file", f"secret={home}/secret.txt"),
        "--json",
        SAPA_BASE_URL="https://desk.example",
    )
    assert done.data["webhook"] == f"https://desk.example/webhooks/{done.data['uuid']}"
    desk = open_desk(Settings(home=home), BUILTIN)
    with desk.database.system() as system:
        tenant = find_tenant(system, "toko")
        assert tenant is not None
    with desk.database.tenant(tenant.id) as session:
        from core.models import Channel

        channel = session.get_one(Channel, done.data["id"])
        assert account_of(session, channel).secrets == {"secret": "s3cret-of-the-phone"}
        assert "s3cret" not in channel.sealed


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--kind", "fax", "--set", "a=b"], "Choose one of"),
        (["--kind", "simulator", "--set", "phone_url"], "key=value"),
        (["--kind", "simulator", "--set-file", "secret=/nowhere"], "can't be read"),
        (["--kind", "simulator"], "required"),
    ],
)
def test_a_channel_that_cannot_be_says_why(shop: str, sapa: Sapa, words, sentence):
    done = sapa("channel", "create", "--tenant", "toko", "--name", "Phone", *words)
    assert done.status == 2
    assert sentence.lower() in done.err.lower()


def test_plugins_are_switched_for_one_tenant(shop: str, sapa: Sapa):
    def state() -> dict[str, bool]:
        rows = sapa("plugin", "list", "--tenant", "toko", "--json").data["plugins"]
        return {row["name"]: row["enabled"] for row in rows}

    assert state()["sync"] is False
    assert sapa("plugin", "enable", "sync", "--tenant", "toko", "--json").data["on"] == ["sync"]
    assert state()["sync"] is True
    assert sapa("plugin", "disable", "sync", "--tenant", "toko").status == 0
    assert state()["sync"] is False
    unknown = sapa("plugin", "enable", "nope", "--tenant", "toko")
    assert unknown.status == 2
    assert "There is no plugin nope" in unknown.err
