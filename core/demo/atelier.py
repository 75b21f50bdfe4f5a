"""Atelier Ana, a ceramics studio in Cluj: a second tenant, in which nothing of the first shows."""

from __future__ import annotations

from decimal import Decimal

from core.demo.people import ANA
from core.demo.script import Deal, Guest, Say, Shop, days, hours
from core.models import OrderStatus

PHONE = "Telefon (simulator)"

STORY = Shop(
    slug=ANA,
    name="Atelier Ana",
    plan="starter",
    time_zone="Europe/Bucharest",
    region="RO",
    locale="ro",
    currency="RON",
    lines={PHONE: "+40721555001"},
    labels={"Cadou": "pink", "Curs": "blue"},
    divisions=("Comenzi",),
    modules={"Comenzi": ("Nou", "Discuție", "Confirmat")},
    templates={"Mulțumim": "Mulțumim, {name}! Comanda {order} pleacă mâine."},
    quick_replies={"program": "Suntem aici de luni până vineri, între 9 și 18."},
    carrier="Fan Courier",
    guests=(
        Guest(
            "Ioana Pop",
            "+40721555101",
            line=PHONE,
            says=(
                Say(days(1), "Bună ziua, mai aveți căni albastre?"),
                Say(days(1) - hours(1), "Da, patru bucăți, 60 de lei una.", by="Ana"),
                Say(hours(2), "Le iau pe toate!"),
            ),
            agent="Ana",
            division="Comenzi",
            labels=("Cadou",),
            module="Comenzi",
            stage="Confirmat",
            deals=(Deal("Cană albastră", 4, Decimal(60), estimate=3),),
        ),
        Guest(
            "Mihai Radu",
            "+40721555102",
            line=PHONE,
            says=(Say(hours(6), "Când este următorul curs de olărit?"),),
            labels=("Curs",),
            module="Comenzi",
        ),
        Guest(
            "Elena Dumitru",
            "+40721555103",
            email="elena@mail.example",
            deals=(Deal("Vază mare", 1, Decimal(240), OrderStatus.SHIPPED, tracking="FC550031"),),
        ),
    ),
)
