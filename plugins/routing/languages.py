"""Which language a short message is in, told by its small words: no model, no guess without one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext

LANGUAGES: Mapping[str, Any] = {
    "id": lazy_gettext("Indonesian"),
    "en": lazy_gettext("English"),
    "ro": lazy_gettext("Romanian"),
}


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# words that one of the languages has and the others haven't; with what people write in chats
_WORDS: Mapping[str, frozenset[str]] = {
    "id": _set(
        """
        saya aku kamu anda kak kakak yang dan ini itu apa apakah ada bisa mau ingin tidak
        nggak gak ga belum sudah berapa harga barang pesan beli dong ya halo hai terima
        kasih makasih tolong kirim pengiriman untuk dengan dari ke di masih stok alamat
        bayar kapan kenapa bagaimana gimana selamat pagi siang sore malam mohon bantu
        """
    ),
    "en": _set(
        """
        the is are was i you we they what when where how why which do does did have has can
        could would please want need my your this that with for of and not order price hello
        hi thanks thank help good morning
        """
    ),
    "ro": _set(
        """
        este sunt eu tu noi voi ce cand când unde cum care vreau as aș dori buna bună ziua
        salut pret preț cat cât costa costă comanda comandă multumesc mulțumesc va vă rog și
        si sau pentru din nu mai am ai are aveti aveți disponibil livrare livrati
        """
    ),
}


def language_of(text: str) -> str:
    """`id`, `en` or `ro`; "" where its words don't tell."""
    words = re.findall(r"[^\W\d_]+", text.casefold())
    counts = {code: sum(word in known for word in words) for code, known in _WORDS.items()}
    best = max(counts, key=lambda code: counts[code])
    is_clear = counts[best] > max(count for code, count in counts.items() if code != best)
    return best if is_clear else ""
