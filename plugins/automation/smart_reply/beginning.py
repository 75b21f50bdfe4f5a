"""What a new smart reply begins with: a welcome, a menu, a person. Words to customers are data."""

from __future__ import annotations

from typing import Any

_WORDS: dict[str, dict[str, Any]] = {
    "id": {
        "name": "Balasan toko",
        "welcome": ("Sambutan", "Halo {contactname}! Ada yang bisa kami bantu?"),
        "price": ("Harga", "harga, price list, katalog", "Daftar harga kami ada di: …"),
        "way": ("Pengiriman", "ongkir, kirim, pengiriman", "Pesanan dikirim setiap hari kerja."),
        "person": ("Bicara dengan kami", "admin, cs", "Baik, sebentar lagi kami balas."),
        "else": ("Tidak mengerti", "Maaf, kami belum mengerti. Pilih nomor dari daftar, ya."),
    },
    "en": {
        "name": "Shop replies",
        "welcome": ("Welcome", "Hello {contactname}! How can we help?"),
        "price": ("Prices", "price, prices, catalogue", "Our price list is at: …"),
        "way": ("Delivery", "delivery, shipping", "We send orders on every working day."),
        "person": ("Talk to us", "agent, human", "Of course: one of us answers shortly."),
        "else": ("Not understood", "Sorry, we didn't get that. Please choose a number."),
    },
    "ro": {
        "name": "Răspunsurile magazinului",
        "welcome": ("Bun venit", "Bună, {contactname}! Cu ce te putem ajuta?"),
        "price": ("Prețuri", "preț, pret, catalog", "Lista noastră de prețuri: …"),
        "way": ("Livrare", "livrare, transport", "Trimitem comenzile în fiecare zi lucrătoare."),
        "person": ("Vorbește cu noi", "agent, om", "Sigur, îți răspundem în curând."),
        "else": ("Neînțeles", "Scuze, nu am înțeles. Alege un număr din listă."),
    },
}


def name_in(language: str) -> str:
    """What it is called."""
    return str(_WORDS[language]["name"])


def steps_in(language: str) -> list[dict[str, Any]]:
    """The steps, in one of the three languages."""
    words = _WORDS[language]
    return [
        _step("1", words["welcome"], "first", options=["2", "3", "4"]),
        _step("2", words["price"], "words"),
        _step("3", words["way"], "words"),
        _step("4", words["person"], "words"),
        _step("5", words["else"], "else", options=["2", "3", "4"]),
    ]


def empty_step(key: str, when: str) -> dict[str, Any]:
    """A step that nobody has written yet."""
    return _step(key, ("", "", ""), when)


def _step(
    key: str, words: tuple[str, ...], when: str, options: list[str] | None = None
) -> dict[str, Any]:
    return {
        "key": key,
        "name": words[0],
        "when": when,
        "words": words[1] if len(words) > 2 else "",
        "text": words[-1],
        "options": options or [],
        "then": "",
        "division": "",
    }
