"""Sentences of the parts that know no request: English by themselves, translated on a page.

    from core.words import say as _

    raise Refused(_("%(channel)s is archived: connect it anew.", channel=channel.name))

A service doesn't know who will read what it says: the person who asked, another one tomorrow, a
log. So a sentence *is* its English text, for logs, rows and comparisons, and remembers how it came
about. Templates and flashed notices translate it by themselves (through `__html__`), REST answers
through `told`. Putting one together from others with f-strings loses that: give values instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup, escape


class Sentence(str):
    """An English sentence that can be said in the reader's language.

    `source` is the English text with its placeholders, `values` what fills them. With `many`,
    `source` is for one and `many` for any other number, by `values["num"]`.
    """

    source: str
    many: str
    values: Mapping[str, Any]

    def __new__(cls, source: str, many: str = "", /, **values: Any) -> Sentence:
        text = many if many and values["num"] != 1 else source
        sentence = super().__new__(cls, text % values if values else text)
        sentence.source, sentence.many, sentence.values = source, many, values
        return sentence

    def __getnewargs__(self) -> tuple[str]:
        # copied or pickled it stays readable; whoever unpickles sets the attributes back
        return (str(self),)

    def told(self) -> str:
        """In the language of whoever reads this answer; in English outside a request."""
        from flask_babel import gettext, ngettext  # a worker that tells nobody needs no Flask

        values = {name: told(value) for name, value in self.values.items()}
        if self.many:
            return str(ngettext(self.source, self.many, values.pop("num"), **values))
        return str(gettext(self.source, **values))

    def __html__(self) -> Markup:
        return escape(self.told())


def say(source: str, /, **values: Any) -> Sentence:
    """The sentence `source`, whose `%(name)s` are filled with `values`."""
    return Sentence(source, **values)


def say_many(one: str, many: str, num: int, /, **values: Any) -> Sentence:
    """`one` or `many`, as each language counts; `%(num)d` in them is the number."""
    return Sentence(one, many, num=num, **values)


def told(value: Any) -> Any:
    """A sentence, or each in a list of them, in the reader's language; else the value itself."""
    if isinstance(value, Sentence):
        return value.told()
    if isinstance(value, list):
        return [told(each) for each in value]
    if isinstance(value, dict):
        return {key: told(each) for key, each in value.items()}
    return value
