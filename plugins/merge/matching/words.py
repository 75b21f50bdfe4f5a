"""Evidence and grades in words."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _

EVIDENCE: dict[str, Any] = {
    "same_account": _("One account, says the provider"),
    "same_whatsapp_number": _("Same WhatsApp number"),
    "same_number": _("Same number"),
    "same_mailbox": _("Same mailbox"),
    "same_ending": _("Numbers end alike"),
    "one_digit_apart": _("Numbers one digit apart"),
    "same_mail_name": _("Same name before the @"),
    "rare_name": _("Rare name"),
    "same_name": _("Same name"),
    "similar_name": _("Similar name"),
    "same_word": _("One name in common"),
    "same_city": _("Same city"),
    "names_differ": _("Names differ"),
    "other_city": _("Another city"),
}
"""What a code of `weighing.Weighing.evidence` says."""

GRADES: dict[str, Any] = {
    "sure": _("Very likely"),
    "likely": _("Likely"),
    "possible": _("Possible"),
}

FIELDS: dict[str, Any] = {
    "name": _("Name"),
    "phone": _("Phone"),
    "mailbox": _("E-mail"),
    "city": _("City"),
}

LEVELS: dict[str, Any] = {
    "same": _("same"),
    "alike": _("alike"),
    "against": _("different"),
    "nothing": _("nothing in common"),
    "other number": _("other number"),
    "one digit apart": _("one digit apart"),
    "same ending": _("same ending"),
    "same number": _("same number"),
    "other mailbox": _("other mailbox"),
    "same name elsewhere": _("same name, other host"),
    "same mailbox": _("same mailbox"),
    "another city": _("another city"),
    "same city": _("same city"),
}


def level_in_words(level: str) -> str:
    """A comparator's level: `2 same, 1 against` is put together from its parts."""
    if level in LEVELS:
        return str(LEVELS[level])
    parts = (part.partition(" ") for part in level.split(", "))
    return ", ".join(f"{count} {LEVELS[word]}" for count, _space, word in parts)


def in_words(codes: list[str] | tuple[str, ...]) -> list[tuple[str, Any]]:
    """(code, words) for each; one that a newer version wrote stands as it is."""
    return [(code, EVIDENCE.get(code, code)) for code in codes]
