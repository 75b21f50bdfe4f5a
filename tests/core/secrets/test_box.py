import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.secrets import SecretBox, SecretUnreadable, generate_key

VALUES = {"access_token": "EAAbc", "note": "naïve ☃"}


def test_what_is_sealed_opens_and_can_not_be_read() -> None:
    box = SecretBox(generate_key())
    token = box.seal(VALUES, "channel:42")
    assert box.open(token, "channel:42") == VALUES
    assert "EAAbc" not in token
    assert b"EAAbc" not in base64.urlsafe_b64decode(token.rpartition(".")[2])
    assert box.seal(VALUES, "channel:42") != token


def test_a_ciphertext_does_not_open_in_another_row() -> None:
    box = SecretBox(generate_key())
    token = box.seal(VALUES, "channel:42")
    with pytest.raises(SecretUnreadable, match="belongs elsewhere"):
        box.open(token, "channel:43")


def test_every_altered_character_is_noticed() -> None:
    box = SecretBox(generate_key())
    token = box.seal({"k": "value"}, "channel:1")  # a length whose base64 leaves bits unused
    for at in range(len(token)):
        altered = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        with pytest.raises(SecretUnreadable):
            box.open(altered, "channel:1")


@given(st.text())
def test_any_text_is_unreadable_in_one_way(text: str) -> None:
    box = SecretBox(b"k" * 32)
    for token in (text, f"v1.{text}", f"{box.seal({}, '')[:12]}{text}"):
        with pytest.raises(SecretUnreadable):
            box.open(token, "channel:1")


@given(st.dictionaries(st.text(), st.text()), st.text())
def test_any_mapping_round_trips(values: dict[str, str], context: str) -> None:
    box = SecretBox(b"k" * 32)
    try:
        context.encode()
    except UnicodeEncodeError:
        return
    assert box.open(box.seal(values, context), context) == values


def test_keys_rotate() -> None:
    old, new = generate_key(), generate_key()
    token = SecretBox(old).seal(VALUES, "channel:42")
    box = SecretBox(new, old)
    assert box.is_stale(token)
    assert box.open(token, "channel:42") == VALUES
    renewed = box.reseal(token, "channel:42")
    assert not box.is_stale(renewed)
    assert SecretBox(new).open(renewed, "channel:42") == VALUES
    with pytest.raises(SecretUnreadable, match="Restore that key"):
        SecretBox(new).open(token, "channel:42")


def test_a_key_has_32_bytes_and_stays_out_of_repr() -> None:
    key = generate_key()
    assert len(key) == 32
    with pytest.raises(ValueError, match="32 bytes"):
        SecretBox(b"short")
    assert repr(key) not in repr(SecretBox(key))
    assert key.hex() not in repr(SecretBox(key))
