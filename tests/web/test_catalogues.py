"""Where words come from: the folders, who has the say, the language of an answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_babel import gettext, ngettext

from core.config import Settings
from core.testing.prepared import prepared
from core.web.app import create_app
from core.words import say, say_many
from core.words.catalogues import Catalogues

ESPERANTO = "eo"


def write(folder: Path, locale: str, *pairs: tuple[str, str]) -> Path:
    path = folder / locale / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
    body = "".join(f'msgid "{source}"\nmsgstr "{said}"\n\n' for source, said in pairs)
    path.write_text(head + body)
    return folder


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    settings = Settings(home=tmp_path / "home")
    write(
        settings.home / "translations",
        ESPERANTO,
        ("Sign in", "Ensaluti"),
        ("There is nothing here, or it is not yours to see.", "Nenio estas tie"),
    )
    prepared(settings)
    made = create_app(settings)
    yield made
    made.extensions["sapa"].database.dispose()


def test_who_comes_first_has_the_say(tmp_path: Path) -> None:
    core = write(tmp_path / "core", "ro", ("Save", "Salvează"), ("Back", "Înapoi"))
    plugin = write(tmp_path / "plugin", "ro", ("Save", "Stochează"), ("Merge", "Unește"))
    found = Catalogues([core, plugin]).of("ro")
    assert found.gettext("Save") == "Salvează"
    assert found.gettext("Merge") == "Unește"
    assert found.gettext("Unknown") == "Unknown"
    assert found.gettext("") == ""


def test_nothing_is_read_before_it_is_needed(tmp_path: Path) -> None:
    core = write(tmp_path / "core", "ro", ("Save", "Salvează"))
    catalogues = Catalogues([core])
    assert catalogues.languages() == {"en": "English", "ro": "Română"}
    assert not catalogues._read
    assert catalogues.of("ro") is catalogues.of("ro")


def test_a_fourth_language_is_one_folder(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/login/", headers={"Accept-Language": ESPERANTO}).text
    assert "Ensaluti" in page
    assert f'lang="{ESPERANTO}"' in page
    assert "Ensaluti" not in client.get("/login/", headers={"Accept-Language": "en"}).text


def test_an_answer_over_REST_speaks_the_language_that_it_is_asked_in(app: Flask) -> None:
    def message(**headers: str) -> Any:
        return app.test_client().get("/api/v1/nothing/", headers=headers).json["message"]

    assert message(**{"Accept-Language": "fr;q=0.5, eo-XX"}) == "Nenio estas tie"
    assert message() == "There is nothing here, or it is not yours to see."


def test_a_sentence_is_english_and_tells_itself_in_the_readers_language(app: Flask) -> None:
    line = say("%(name)s is archived: connect it anew.", name=say("Sales"))
    count = say_many("%(num)d right", "%(num)d rights", 3)
    assert (line, count) == ("Sales is archived: connect it anew.", "3 rights")
    with app.test_request_context(headers={"Accept-Language": "ro"}):
        wanted = gettext("%(name)s is archived: connect it anew.", name=gettext("Sales"))
        assert line.told() == wanted
        assert count.told() == ngettext("%(num)d right", "%(num)d rights", 3)
        page = app.jinja_env.from_string("{{ [line]|join(' ') }}|{{ line }}").render(line=line)
        assert page == f"{wanted}|{wanted}"


def test_plurals_are_counted_as_the_language_does(tmp_path: Path) -> None:
    path = tmp_path / "ro" / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True)
    path.write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n==0 || (n!=1 && n%100>=1 && n%100<=19)'
        ' ? 1 : 2);\\n"\n\n'
        'msgid "%(num)d day"\nmsgid_plural "%(num)d days"\n'
        'msgstr[0] "o zi"\nmsgstr[1] "%(num)d zile"\nmsgstr[2] "%(num)d de zile"\n'
    )
    found = Catalogues([tmp_path]).of("ro")
    said = [found.ungettext("%(num)d day", "%(num)d days", n) for n in (1, 2, 20)]
    assert said == ["o zi", "%(num)d zile", "%(num)d de zile"]


def test_a_stored_sentence_is_recognised_and_told(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        "ro",
        ("%(host)s can't be reached (%(kind)s).", "%(host)s nu poate fi contactat (%(kind)s)."),
        ("%(reason)s Whether it arrived is not known.", "%(reason)s Nu se știe dacă a ajuns."),
        ("It is paused.", "Este pe pauză."),
        ("%(name)s had the fewest: %(number)d.", "%(name)s avea cele mai puține: %(number)d."),
    )
    catalogues = Catalogues([folder])
    counted = str(say("%(name)s had the fewest: %(number)d.", name="Rina", number=3))
    assert catalogues.retold(counted, "ro") == "Rina avea cele mai puține: 3."
    stored = str(
        say(
            "%(reason)s Whether it arrived is not known.",
            reason=say("%(host)s can't be reached (%(kind)s).", host="a.example", kind="timeout"),
        )
    )
    assert stored == "a.example can't be reached (timeout). Whether it arrived is not known."
    wanted = "a.example nu poate fi contactat (timeout). Nu se știe dacă a ajuns."
    assert catalogues.retold(stored, "ro") == wanted
    assert catalogues.retold("It is paused.", "ro") == "Este pe pauză."
    strangers = "Meta says: the pair rate limit was hit."
    assert catalogues.retold(strangers, "ro") == strangers
    assert catalogues.retold(stored, "en") == stored
