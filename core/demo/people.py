"""Who works in the demo. Everybody has the same password: the demo listens to this machine only."""

from __future__ import annotations

from dataclasses import dataclass

from core.services.tenants import RoleName

PASSWORD = "sapa-demo"  # noqa: S105 - printed at every start, for data that is made up
MELATI = "toko-melati"
ANA = "atelier-ana"


@dataclass(frozen=True)
class Person:
    """One account. `places` maps a tenant's slug to the role there."""

    first_name: str
    last_name: str
    email: str
    places: dict[str, RoleName]
    is_operator: bool = False

    @property
    def part(self) -> str:
        """What the person may do, in the words of the roles."""
        if self.is_operator:
            return RoleName.OPERATOR
        return ", ".join(f"{role} in {slug}" for slug, role in self.places.items())


PEOPLE = (
    Person(
        "Ana",
        "Ionescu",
        "ana@atelier-ana.example",
        {MELATI: RoleName.ADMIN, ANA: RoleName.ADMIN},
    ),
    Person("Sari", "Wulandari", "sari@toko-melati.example", {MELATI: RoleName.SUPERVISOR}),
    Person("Rina", "Kartika", "rina@toko-melati.example", {MELATI: RoleName.AGENT}),
    Person("Budi", "Santoso", "budi@toko-melati.example", {MELATI: RoleName.AGENT}),
    Person("Agus", "Pratama", "agus@toko-melati.example", {MELATI: RoleName.WAREHOUSE}),
    Person("Vina", "Halim", "vina@toko-melati.example", {MELATI: RoleName.VIEWER}),
    Person("Oscar", "Operator", "operator@sapa.example", {}, is_operator=True),
)
