from hypothesis import given
from hypothesis import strategies as st

from core.secrets import digest_token, new_token, token_matches


def test_a_token_is_long_recognisable_and_new_each_time() -> None:
    plain, digest = new_token()
    other, _ = new_token()
    assert plain.startswith("sapa_")
    assert len(plain) >= 48
    assert plain != other
    assert plain not in digest
    assert len(digest) == 64


def test_only_the_token_matches_its_digest() -> None:
    plain, digest = new_token()
    other, _ = new_token()
    assert token_matches(plain, digest)
    assert digest_token(plain) == digest
    assert not token_matches(other, digest)
    assert not token_matches(digest, digest)


@given(st.text(), st.text())
def test_what_a_stranger_presents_never_raises(plain: str, digest: str) -> None:
    assert not token_matches(plain, digest) or digest == digest_token(plain)
