"""Which address of its own an installation may call."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.config import Settings


@pytest.mark.parametrize(
    ("settings", "own"),
    [
        ({"port": 8080}, ("127.0.0.1:8080",)),
        ({"base_url": "http://localhost:9000"}, ("localhost:9000",)),
        ({"base_url": "http://[::1]:9000/"}, ("[::1]:9000",)),
        ({"base_url": "http://127.0.0.1"}, ("127.0.0.1:80",)),
        ({"base_url": "https://desk.example.com"}, ()),
        ({"base_url": "http://10.0.0.7:8080"}, ()),
        ({"base_url": "http://169.254.169.254"}, ()),
    ],
)
def test_only_loopback_is_ours(
    tmp_path: Path, settings: dict[str, object], own: tuple[str, ...]
) -> None:
    assert Settings(home=tmp_path, **settings).own_hosts == own
