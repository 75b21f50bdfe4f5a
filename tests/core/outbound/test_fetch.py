import base64
import hashlib
from pathlib import Path
from typing import Any

import pytest

from core.outbound import OutboundClient, OutcomeUnknown, ResponseTooLarge, SendFailed

BODY = b"\x89PNG" + b"picture" * 10_000
DIGEST = hashlib.sha256(BODY)


@pytest.mark.parametrize(
    "announced", [None, DIGEST.hexdigest(), base64.b64encode(DIGEST.digest()).decode()]
)
def test_a_file_is_fetched_and_verified(
    provider: Any, reply: Any, tmp_path: Path, announced: str | None
) -> None:
    there = provider(lambda h: reply(h, 200, BODY, Content_Type="image/png"))
    dest = tmp_path / "media"
    fetched = OutboundClient((there.host,)).fetch_to_file(
        there.url, dest, 100_000, announced, headers={"Authorization": "Bearer x"}
    )
    assert dest.read_bytes() == BODY
    assert (fetched.path, fetched.size) == (dest, len(BODY))
    assert (fetched.sha256, fetched.content_type) == (DIGEST.hexdigest(), "image/png")
    assert there.seen[0][1]["authorization"] == "Bearer x"


def nothing_is_left(folder: Path) -> bool:
    return list(folder.iterdir()) == []


@pytest.mark.parametrize("announced", ["0" * 64, "not a digest", ""])
def test_a_wrong_digest_leaves_nothing(
    provider: Any, reply: Any, tmp_path: Path, announced: str
) -> None:
    there = provider(lambda h: reply(h, 200, BODY))
    with pytest.raises(SendFailed) as failed:
        OutboundClient((there.host,)).fetch_to_file(
            there.url, tmp_path / "media", 100_000, announced
        )
    assert (failed.value.error_class, failed.value.code) == ("retry", "sha256")
    assert nothing_is_left(tmp_path)


def test_a_file_that_is_too_large_leaves_nothing(provider: Any, reply: Any, tmp_path: Path) -> None:
    there = provider(lambda h: reply(h, 200, BODY))
    with pytest.raises(ResponseTooLarge):
        OutboundClient((there.host,)).fetch_to_file(there.url, tmp_path / "media", 100)
    assert nothing_is_left(tmp_path)


def test_a_file_that_breaks_off_leaves_nothing(provider: Any, tmp_path: Path) -> None:
    def half(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nhalf")
        handler.close_connection = True

    there = provider(half)
    with pytest.raises(OutcomeUnknown) as unknown:
        OutboundClient((there.host,)).fetch_to_file(there.url, tmp_path / "media", 200_000)
    assert unknown.value.safe_to_repeat
    assert nothing_is_left(tmp_path)


@pytest.mark.parametrize(
    ("status", "error_class", "after"),
    [(401, "channel", None), (404, "payload", None), (429, "retry", 7.0), (503, "retry", 7.0)],
)
def test_a_status_is_a_class_of_failure(
    provider: Any, reply: Any, tmp_path: Path, status: int, error_class: str, after: float | None
) -> None:
    there = provider(lambda h: reply(h, status, b"no", Retry_After="7"))
    with pytest.raises(SendFailed) as failed:
        OutboundClient((there.host,)).fetch_to_file(there.url, tmp_path / "media", 100)
    assert (failed.value.error_class, failed.value.retry_after) == (error_class, after)
    assert nothing_is_left(tmp_path)
