"""What a person reads for the words that rows keep: reasons, states, kinds."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

REFUSALS = {
    "empty": _l("No number or e-mail address."),
    "masked": _l("Some digits are hidden: nobody can be reached by it."),
    "letters": _l("Not a number: it has letters."),
    "several": _l("Several numbers in one field."),
    "extension": _l("A number with an extension."),
    "characters": _l("Not a number: it has characters that no number has."),
    "short": _l("Too short for a number."),
    "long": _l("Too long for a number."),
    "prefix": _l("The country prefix is missing."),
    "service": _l("A service number, which can't be messaged."),
    "invalid": _l("No such number exists."),
    "group": _l("A group, not a person."),
    "broadcast": _l("A status or broadcast list, not a person."),
    "newsletter": _l("A WhatsApp channel, not a person."),
    "bot": _l("A bot, not a person."),
    "other": _l("Not an address of a person."),
    "own": _l("This device's own number."),
    "hidden": _l("WhatsApp hides this person's number. Who writes becomes a customer."),
    "twice": _l("The same number stands further up: its first entry counts."),
    "erased": _l("This customer was erased for good and stays so."),
}
"""By the word that an entry keeps."""

WHY_KEPT = {
    "edited": _l("A person has edited it since."),
    "merged": _l("It was merged with another customer since."),
    "used": _l("It has conversations, cards, tasks, orders or labels by now."),
    "gone": _l("It is no longer there."),
    "elsewhere": _l("Another device has this contact, too."),
    "changed": _l("It was changed again since."),
}
"""By the word that undoing keeps."""

KINDS = {
    "manual": _l("By hand"),
    "automatic": _l("Automatic"),
    "push": _l("Told by the device"),
    "file": _l("File"),
}

STATES = {
    "listing": (_l("Reading"), "blue"),
    "applying": (_l("Working"), "blue"),
    "planned": (_l("Preview"), "yellow"),
    "done": (_l("Done"), "green"),
    "failed": (_l("Failed"), "red"),
    "discarded": (_l("Discarded"), "secondary"),
    "undoing": (_l("Undoing"), "blue"),
    "undone": (_l("Undone"), "secondary"),
}
"""State → words and a badge's colour."""

FIELDS = {"name": _l("Name"), "phone": _l("Phone"), "email": _l("E-mail")}
