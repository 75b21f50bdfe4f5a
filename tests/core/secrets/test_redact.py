import io
import logging
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.secrets import MASK, RedactSecrets, new_token, redact

META = "EAAJZBxyz0123456789abcdefGHIJ"
BOT = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw9"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Authorization: Bearer s3cr3t-s3cr3t", "Authorization: Bearer "),
        ("Authorization: Basic czNjcjN0OnMzY3IzdA==", "Authorization: Basic "),
        ("{'Authorization': 'Bearer s3cr3t-s3cr3t'}", "{'Authorization': '"),
        ("authorization=s3cr3t", "authorization="),
        ("[(b'Authorization', b'Bearer onlyletters-s3cr3t')]", "b'Authorization', b'"),
        ("sent bearer s3cr3t-s3cr3t", "sent bearer "),
        (f"token {META} expired", " expired"),
        (f"https://api.telegram.org/bot{BOT}/sendMessage", "/sendMessage"),
        (f"GET /media?access_token={META}&limit=3", "&limit=3"),
        ("GET /media?access_token=s3cr3t&limit=3", "&limit=3"),
        ('{"access_token": "s3cr3t\\"x", "expires": 5}', '"expires": 5'),
        ("{'app_secret': 's3cr3t'}", "{'app_secret': '"),
        ("[(b'x-api-key', b's3cr3t')]", "x-api-key"),
        ("api_key=s3cr3t, region=ID", "region=ID"),
        ("redis://:s3cr3t@cache:6379/0", "@cache:6379/0"),
        ("postgresql+psycopg://sapa:s3cr3t@db/sapa", "postgresql+psycopg://sapa:"),
        ("password: s3cr3t", "password: "),
        ("x-tts-access-token: s3cr3t", "x-tts-access-token: "),
        ("Set-Cookie: s3cr3t; Path=/", "Path=/"),
    ],
)
def test_secrets_are_masked_and_the_rest_stays(text: str, kept: str) -> None:
    masked = redact(text)
    for secret in ("s3cr3t", META, META[8:], BOT, BOT[10:], "czNjcjN0"):
        assert secret not in masked
    assert MASK in masked
    assert kept in masked
    assert redact(masked) == masked


def test_our_own_tokens_are_masked() -> None:
    plain, _ = new_token()
    assert redact(f"who presents {plain}?") == f"who presents {MASK}?"


@pytest.mark.parametrize(
    "text",
    [
        "Sent message 42 to +6282112345678 in 31 ms",
        "2026-11-21 20:09:22 GET https://graph.facebook.com/v25.0/1/messages 200",
        "http://127.0.0.1:8080/inbox?page=2#top",
        "Basic information saved; token notifications are on.",
        "The token has expired. Sign in again: the passwords differ.",
    ],
)
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


@given(st.text() | st.text("abAB012 :=/@\"'?&{}bot_token,secret", max_size=60))
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    assert redact(redact(text)) == redact(text)


@pytest.mark.parametrize("unit", ["a.", "a-", "a:", "://a:", "token ", '"token":', "Bearer ", "'"])
def test_a_long_line_by_a_stranger_costs_little(unit: str) -> None:
    started = time.perf_counter()
    redact(unit * (100_000 // len(unit)))
    assert time.perf_counter() - started < 5  # quadratic, it would take minutes


def test_a_handler_writes_no_secret_of_any_logger() -> None:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    handler.addFilter(RedactSecrets())
    log = logging.getLogger("test.secrets.child")
    log.addHandler(handler)
    try:
        log.error("call with %s and %r", f"Bearer {META}", {"password": "s3cr3t"})
        log.error("wrong arguments access_token=s3cr3t %d", "access_token=s3cr3t")
        try:
            raise ValueError(f"refused access_token={META}")
        except ValueError:
            log.exception("failed", stack_info=True)
    finally:
        log.removeHandler(handler)
    text = written.getvalue()
    assert META not in text
    assert "s3cr3t" not in text
    assert "Traceback" in text
    assert text.count(MASK) >= 5
