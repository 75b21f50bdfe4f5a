"""Amounts of money as people write them, for readers and for messages to customers."""

from __future__ import annotations

from decimal import Decimal

from babel import Locale
from babel.numbers import format_currency, get_currency_symbol


def as_money(amount: Decimal, currency: str, locale: Locale) -> str:
    """`Rp 150.000` or `240,50 RON`; cents only where there are some."""
    pattern = locale.currency_formats["standard"].pattern
    if amount == amount.to_integral_value():
        pattern = pattern.replace(".00", "")
    if get_currency_symbol(currency, locale) == currency:
        # a code needs the space that a sign doesn't
        pattern = pattern.replace("\xa4#", "\xa4\xa0#")
    return str(format_currency(amount, currency, pattern, locale, currency_digits=False))
