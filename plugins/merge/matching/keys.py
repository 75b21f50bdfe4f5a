"""The keys by which a contact finds others: about seven, each a hint by itself.

p:+6281234567890        the number, in one spelling
t:34567890              its last eight digits: another country code, another prefix
m:dewi@gmail.com        the mailbox
l:dewilestari           what stands before the @, elsewhere
n:dewi|lestari          two words of the name by their sound, in whatever order
i:d|lestari             one of them as an initial
a:12-57                 an account that a provider says two contacts share
w:lestari               one word by its sound: finds others where it is rare, and says how rare
"""

from __future__ import annotations

from itertools import combinations

from plugins.merge.matching.entries import Entry
from plugins.merge.matching.mailboxes import is_role
from plugins.merge.matching.names import sound

LONGEST = 64
"""Characters of a key."""
TAIL = 8
"""Digits at a number's end."""
SHORTEST_LOCAL = 6
"""Characters before the @ that tell a person: `budi@` is anybody's."""
PAIRED = 4
"""Words of a name that are paired with each other."""


def keys_of(entry: Entry) -> list[str]:
    """Sorted, each once."""
    found = set()
    for phone in entry.phones or ():
        found.add(f"p:{phone}")
        if len(phone) > TAIL:
            found.add(f"t:{phone[-TAIL:]}")
    for mailbox in entry.mailboxes or ():
        found.add(f"m:{mailbox}")
        local = mailbox.partition("@")[0]
        if len(local) >= SHORTEST_LOCAL and not is_role(mailbox):
            found.add(f"l:{local}")
    found.update(f"a:{account}" for account in entry.accounts)
    heard = [sound(word) for word in entry.words]
    found.update(f"w:{each}" for each in heard if len(each) > 1)
    for one, other in combinations(sorted(set(heard))[:PAIRED], 2):
        if len(one) > 1 and len(other) > 1:
            found.add(f"n:{one}|{other}")
        if len(other) > 1:
            found.add(f"i:{one[0]}|{other}")
        if len(one) > 1:
            found.add(f"i:{other[0]}|{one}")
    return sorted(key[:LONGEST] for key in found)
