"""The quick answer agrees with the runner's long one."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from core.config import Settings
from core.migrations.current import is_current, newest
from core.migrations.plugin import CORE, PluginMigrations
from core.migrations.runner import pending, script_of


def test_the_newest_revision_is_the_one_that_alembic_finds():
    assert newest(CORE) == {script_of(CORE).get_current_head()}


def test_a_migrated_database_is_current(settings: Settings):
    assert pending(settings) == {}
    assert is_current(settings)


def test_an_older_revision_is_not_current(settings: Settings):
    engine = create_engine(settings.owner_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version_core SET version_num = '0000'"))
    engine.dispose()
    assert not is_current(settings)


def test_an_empty_folder_is_not_current_and_stays_empty(tmp_path: Path):
    assert not is_current(Settings(home=tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("typed", [False, True])
def test_a_plugin_without_its_table_is_not_current(settings: Settings, tmp_path: Path, typed: bool):
    (tmp_path / "more" / "versions").mkdir(parents=True)
    kind = (": str", ": str | None") if typed else ("", "")
    for number, before in (("0001", None), ("0002", "0001")):
        (tmp_path / "more" / "versions" / f"{number}.py").write_text(
            f"revision{kind[0]} = {number!r}\ndown_revision{kind[1]} = {before!r}\n"
        )
    plugin = PluginMigrations("more", "more_", tmp_path / "more")
    assert newest(plugin) == {"0002"}
    assert not is_current(settings, [plugin])


def test_the_start_does_not_import_alembic():
    import subprocess
    import sys

    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, core.web.app, core.migrations.current, core.migrations.of_plugins\n"
            "print(any(name.split('.')[0] == 'alembic' for name in sys.modules))",
        ],
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "False", done.stderr
