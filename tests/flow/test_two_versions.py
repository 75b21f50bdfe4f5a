"""A deploy: the new version migrates and serves beside the old one, which doesn't know of it."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from core.config import Settings
from core.setup import prepare
from core.testing.installation import installation
from core.testing.providers.journal import read_journal
from core.testing.providers.whatsapp_cloud_bodies import CloudBodies
from core.testing.waiting import wait_until
from plugins import BUILTIN
from tests.flow.poster import Poster
from tests.flow.processes import (
    DESK,
    ROOT,
    SAPA,
    Nursery,
    Part,
    environment_of,
    nursery,
    provider,
    served,
)
from tests.flow.tally import Tally
from tests.flow.town import production
from tests.flow.visitor import Visitor, Watch

MESSAGES = 300
MIGRATION = '''"""One more column."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{before}"


def upgrade() -> None:
    op.add_column("conversation", sa.Column("mood", sa.String(20), nullable=True))
'''


@pytest.fixture
def newer(tmp_path: Path) -> Iterator[Nursery]:
    """A version with one more column in its busiest table, and another style sheet."""
    root = tmp_path / "newer"
    for name in ("core", "plugins"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for file in (ROOT / "sapa.py", *DESK.glob("*.py")):
        shutil.copy(file, root)
    versions = root / "core" / "migrations" / "versions"
    before = max(path.name[:4] for path in versions.glob("[0-9]*.py"))
    (versions / "9999_mood.py").write_text(MIGRATION.format(before=before))
    model = root / "core" / "models" / "conversation.py"
    column = "    mood: Mapped[str | None] = mapped_column(String(20))\n"
    head, mark, rest = model.read_text().partition("    unread")
    assert mark
    model.write_text(head + column + mark + rest)
    with (root / "core" / "web" / "static" / "sapa" / "sapa.css").open("a") as css:
        css.write("\n.newer { color: red }\n")
    with nursery(root) as born:
        yield born


@pytest.mark.prove
def test_two_versions_serve_side_by_side(
    postgres_settings: Settings, born: Nursery, newer: Nursery, tmp_path: Path
) -> None:
    prepare(postgres_settings, BUILTIN)
    journal = tmp_path / "journal.jsonl"
    with (
        provider(journal) as graph_url,
        installation(postgres_settings, BUILTIN) as house,
        house.cloud(graph_url=graph_url, numbers=CloudBodies()) as line,
        production(house, born, tmp_path, 2) as place,
    ):
        folder = tmp_path / "newer"
        assert wait_until(lambda: place.keep() and place.web.is_up, 60), place.web.told()
        visitor, tally = Visitor(house, place.web.url), Tally(house, [])
        poster = Poster(place.web.url, line, MESSAGES)
        tally.texts = poster.texts
        try:
            poster.allow(MESSAGES // 3)
            assert wait_until(lambda: poster.acknowledged > 20)
            settings = house.desk.settings
            migrate = Part(
                newer,
                [[*BUILTIN, "answering"], ["migrate"]],
                environment_of(settings),
                tmp_path / "migrate.log",
                folder=folder,
                call=SAPA,
            )
            with Watch(visitor) as watch:
                poster.allow(MESSAGES * 2 // 3)
                migrate.start()
                assert wait_until(lambda: not migrate.is_alive, 60), migrate.told()
                new = served(newer, settings, tmp_path / "newer", app=folder)
                new.start()
                new.wait()
                place.web.kill_one(random.Random(0))  # an old process is replaced in the middle
                poster.allow(MESSAGES)
                assert wait_until(lambda: poster.is_done, 60)
                theirs = Visitor(house, new.url)
                assert theirs.get("/inbox/").status_code == 200
                assert theirs.create("Dewi").status_code == 201
                assert visitor.create("Budi").status_code == 201
            assert watch.seen <= {0, 200, 302}, (watch.statuses, watch.bodies)
            assert poster.statuses == {200}
            assert new.get("/readyz/web").status_code == 200
            assert wait_until(lambda: len(place.web.children()) >= 2)
            for _ in range(20):  # whichever of its processes answers, the replaced one too
                assert place.web.get("/readyz/web").status_code == 200, place.web.get(
                    "/readyz"
                ).text
            check_style(visitor, theirs)
            assert wait_until(lambda: place.keep() and tally.is_over(), 120), tally.left()
            tally.check(read_journal(journal))
        finally:
            poster.stop()


def check_style(old: Visitor, new: Visitor) -> None:
    """What one version says of the other's file isn't kept; what it says of its own is."""
    asked = {each: style_of(each.get("/inbox/")) for each in (old, new)}
    assert asked[old] != asked[new]
    for one, other in ((old, new), (new, old)):
        assert "immutable" in one.get(asked[one]).headers["Cache-Control"]
        answer = one.get(asked[other])
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"


def style_of(page: httpx.Response) -> str:
    found = re.search(r'href="(/static/sapa/sapa\.css\?v=[^"]*)"', page.text)
    assert found, page.text[:500]
    return found[1]
