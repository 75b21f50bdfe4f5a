"""Every catalogue is whole: this fails when a word has no translation. Run `make words` then."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from core.cli.words import PACKAGE, known_locales, packages, words
from core.words.update import file_in, read, written


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(words, arguments)
    return result.exit_code, result.output


def test_every_word_of_the_core_and_of_each_plugin_is_translated() -> None:
    status, output = run("--check")
    assert status == 0, output
    assert known_locales() == ["id", "ro"]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A stranger's plugin with two words, translated into Romanian."""
    folder = tmp_path / "greeter"
    (folder / "templates").mkdir(parents=True)
    source = 'from core.api import say as later\nTITLE = later("Greet %(name)s")\n'
    (folder / "plugin.py").write_text(source)
    (folder / "templates" / "greeter.html").write_text("{{ _('Greetings') }} {{ _('Save') }}")
    run(str(folder))
    for locale, hello, greetings in (
        ("ro", "Salută-l pe %(name)s", "Saluturi"),
        ("id", "Sapa %(name)s", "Salam"),
    ):
        translate(folder, locale, {"Greet %(name)s": hello, "Greetings": greetings})
    return folder


def translate(folder: Path, locale: str, said: dict[str, str]) -> None:
    path = file_in(folder, locale)
    catalogue = read(path)
    for source, text in said.items():
        catalogue[source].string = text
    path.write_bytes(written(catalogue))


def test_a_plugin_of_ones_own_is_checked_without_the_core_s_words(package: Path) -> None:
    status, output = run("--check", str(package))
    assert status == 0, output
    # "Save" is the core's: its catalogue translates it
    assert [m.id for m in read(file_in(package, "ro")) if m.id] == ["Greet %(name)s", "Greetings"]


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"Greetings": ""}, "missing: Greetings"),
        ({"Greet %(name)s": "Salută-l pe %(nume)s"}, "placeholders differ: Greet %(name)s"),
        ({"Greet %(name)s": "Salută"}, "placeholders differ: Greet %(name)s"),
        ({"Greetings": "Saluturi "}, "spaces differ: Greetings"),
    ],
)
def test_what_is_wrong_is_named(package: Path, said: dict[str, str], fault: str) -> None:
    translate(package, "ro", said)
    status, output = run("--check", str(package))
    assert status == 1
    assert fault in output


def test_a_guess_is_no_translation(package: Path) -> None:
    path = file_in(package, "ro")
    path.write_text(path.read_text().replace('msgid "Greetings"', '#, fuzzy\nmsgid "Greetings"'))
    status, output = run("--check", str(package))
    assert status == 1
    assert "fuzzy: Greetings" in output


def test_what_nothing_uses_goes_and_what_is_translated_stays(package: Path) -> None:
    (package / "plugin.py").write_text('TITLE = _("Welcome back")\n')
    status, output = run("--check", str(package))
    assert status == 1
    assert "unused: Greet %(name)s" in output
    run(str(package))
    said = {m.id: m.string for m in read(file_in(package, "ro")) if m.id}
    assert said == {"Greetings": "Saluturi", "Welcome back": ""}


def test_an_update_of_what_is_whole_changes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "core"
    shutil.copytree(PACKAGE / "translations", folder / "translations")
    before = {path: path.read_bytes() for path in folder.rglob("*.po")}
    assert before
    for path, content in before.items():
        assert written(read(path)) == content


def test_every_package_that_ships_is_looked_at() -> None:
    names = {folder.name for folder in packages()}
    assert {"core", "simulator", "whatsapp_cloud", "whatsapp_qr", "merge", "routing"} <= names
