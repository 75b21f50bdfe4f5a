"""Which mailbox an e-mail address reaches, and whether a person or a role reads it."""

from __future__ import annotations

_DOTLESS = frozenset({"gmail.com", "googlemail.com"})
_SAME_HOST = {"googlemail.com": "gmail.com"}
_READ_BY_SEVERAL = """
    admin administrator billing cs contact contacts customer customerservice finance halo hello
    help helpdesk hr hrd hubungi info information informasi keuangan mail marketing noreply office
    order orders owner penjualan pesan postmaster purchasing sales sekretariat service support toko
    webmaster comenzi contabilitate facturi magazin secretariat vanzari
"""
_ROLES = frozenset(_READ_BY_SEVERAL.split())


def canonical_mailbox(address: str) -> str:
    """The mailbox behind an address: small letters, no +tag, no dots where Gmail ignores them.

    "" for what is no address.
    """
    local, at, host = address.strip().lower().rpartition("@")
    if not at or not local or not host:
        return ""
    host = host.rstrip(".")
    local = local.partition("+")[0] or local
    if host in _DOTLESS:
        local = local.replace(".", "") or local
    return f"{local}@{_SAME_HOST.get(host, host)}"


def is_role(mailbox: str) -> bool:
    """Whether several people may read a mailbox: info@, sales@, cs2@ …"""
    local = mailbox.partition("@")[0]
    return "".join(filter(str.isalpha, local)) in _ROLES
