"""Finding a customer by the beginning of a name, a number or an e-mail address.

Range comparisons on indexes (`name >= 'Dew' and name < 'Dew…'`): 0.2 ms with 100,000 customers,
on SQLite and under row-level security alike. `ILIKE '%…%'` isn't leakproof, so that PostgreSQL
reads the whole table under row-level security before it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import phonenumbers
from sqlalchemy import select
from sqlalchemy.sql.elements import ColumnElement

from core.models import Contact, ContactToken, Customer
from core.models.search import TOKEN_CHARACTERS
from core.services.search_words import digits_of, fold, words_of
from core.services.tenants import tenant_of
from core.tenancy.session import TenantSession

LAST = "\uffff"  # sorts behind every letter, in byte order and in Unicode's
FEWEST_DIGITS = 2
LONGEST_SEARCH = 100
CANDIDATES = 500


def find_customers(session: TenantSession, text: str, limit: int = 25) -> list[Customer]:
    """Living customers whose name, or whose contact's number or address, begins with `text`.

    A number may be typed as it is dialled (0812…), with its country code, with + or 00, with
    spaces or dashes. Ordered by name; "" finds nothing.
    """
    text = " ".join(text.split())[:100]
    if not text:
        return []
    found: dict[int, Customer] = {}
    for condition in _conditions(text, tenant_of(session).default_region):
        living = select(Customer).where(Customer.archived_at.is_(None))
        if condition.is_contact:
            living = living.where(
                Customer.id.in_(
                    select(Contact.customer_id)
                    .where(condition.range, Contact.archived_at.is_(None))
                    .limit(limit)
                )
            )
        else:
            living = living.where(condition.range).order_by(Customer.name)
        for customer in session.scalars(living.limit(limit)):
            found.setdefault(customer.id, customer)
        if len(found) >= limit:
            break
    return sorted(found.values(), key=lambda each: str(each).casefold())[:limit]


class _Range:
    """One column's values that begin with a text."""

    def __init__(self, column: Any, text: str) -> None:
        self.range: ColumnElement[bool] = column.between(text, text + LAST)
        self.is_contact: bool = column.class_ is Contact


def _conditions(text: str, region: str) -> list[_Range]:
    """The ranges to look in, likeliest first. An index minds case: the usual ones are tried."""
    digits = "".join(filter(str.isdigit, text))
    if len(digits) >= FEWEST_DIGITS and not any(map(str.isalpha, text)):
        return [_Range(Contact.phone, start) for start in _number_starts(text, digits, region)]
    if "@" in text:
        return [_Range(Contact.email, text.lower())]
    cases = dict.fromkeys((text, text.title(), text.capitalize(), text.lower(), text.upper()))
    return [*(_Range(Customer.name, case) for case in cases), _Range(Contact.email, text.lower())]


def _number_starts(text: str, digits: str, region: str) -> list[str]:
    own = f"+{phonenumbers.country_code_for_region(region)}"
    if text.startswith("+"):
        return [f"+{digits}"]
    if digits.startswith("00"):
        return [f"+{digits[2:]}"]
    if digits.startswith("0"):
        return [own + digits[1:]]
    return [f"+{digits}", own + digits]


def search_customers(
    session: TenantSession, text: str, *, without: Collection[int] = (), limit: int = 25
) -> list[Customer]:
    """Living customers of whom some contact has each word of `text`: of its name, its addresses,
    or any part of a number. The newest first; "" finds the newest of all.

    Reads the rarest word's contacts and compares those in full: the same pace at a million.
    """
    listed = select(Customer).where(Customer.archived_at.is_(None), Customer.id.not_in(without))
    newest = listed.order_by(Customer.id.desc()).limit(limit)
    text = " ".join(text.split())[:LONGEST_SEARCH]
    if not text:
        return list(session.scalars(newest))
    contact_ids = _by_words(session, _words(text))
    if not contact_ids:
        return []
    owners = select(Contact.customer_id).where(
        Contact.id.in_(contact_ids), Contact.archived_at.is_(None)
    )
    return list(session.scalars(newest.where(Customer.id.in_(owners))))


def _words(text: str) -> list[str]:
    if digits := digits_of(text):
        return [digits[:TOKEN_CHARACTERS]]
    if "@" in text and " " not in text:
        return [fold(text)[:TOKEN_CHARACTERS]]
    return words_of(text)


def _by_words(session: TenantSession, words: list[str]) -> list[int]:
    """Contacts that have every word, each as it begins; at most the rarest word's first 500."""
    if not words:
        return []
    found = [(word, _begun(session, word)) for word in words]
    rarest, candidates = min(found, key=lambda each: len(each[1]))
    kept = set(candidates)
    for word, ids in found:
        if word == rarest:
            continue
        if len(ids) < CANDIDATES:
            kept &= set(ids)
        else:  # too many to know them all: ask for the few that are left
            kept = set(
                session.scalars(
                    select(ContactToken.contact_id).where(
                        ContactToken.token.between(word, word + LAST),
                        ContactToken.contact_id.in_(kept),
                    )
                )
            )
    return sorted(kept, reverse=True)


def _begun(session: TenantSession, word: str) -> list[int]:
    query = select(ContactToken.contact_id).where(ContactToken.token.between(word, word + LAST))
    return list(dict.fromkeys(session.scalars(query.limit(CANDIDATES))))
