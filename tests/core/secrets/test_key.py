import logging
import multiprocessing
import multiprocessing.queues
import multiprocessing.synchronize
import stat
from pathlib import Path

import pytest

from core.secrets import KeyUnusable, generate_key, key_from_text, load_or_create_key
from core.secrets.key import key_to_text


def test_the_key_is_created_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "home" / "secret.key"
    key = load_or_create_key(path)
    assert len(key) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_create_key(path) == key
    assert [file.name for file in path.parent.iterdir()] == ["secret.key"]


def _load_together(
    path: Path,
    barrier: multiprocessing.synchronize.Barrier,
    results: "multiprocessing.queues.Queue[bytes]",
) -> None:
    barrier.wait()
    results.put(load_or_create_key(path))


def test_processes_that_start_together_get_one_key(tmp_path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    for attempt in range(5):
        path = tmp_path / f"{attempt}.key"
        barrier, results = fork.Barrier(6), fork.Queue()
        started = [
            fork.Process(target=_load_together, args=(path, barrier, results)) for _ in range(6)
        ]
        for process in started:
            process.start()
        keys = {results.get(timeout=20) for _ in started}
        for process in started:
            process.join(timeout=20)
        assert keys == {load_or_create_key(path)}


def test_a_damaged_key_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    for damaged in (b"", b"too short\n", b"\xff\xfe"):
        path.write_bytes(damaged)
        with pytest.raises(KeyUnusable, match="Restore it from a backup"):
            load_or_create_key(path)
        assert path.read_bytes() == damaged


def test_a_key_that_others_can_read_is_said_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "secret.key"
    key = load_or_create_key(path)
    assert caplog.text == ""
    path.chmod(0o644)
    with caplog.at_level(logging.WARNING):
        assert load_or_create_key(path) == key
    assert "chmod 600" in caplog.text


def test_a_key_is_one_line_of_text() -> None:
    key = generate_key()
    assert key_from_text(f" {key_to_text(key)}\n") == key
    with pytest.raises(KeyUnusable) as unusable:
        key_from_text("my password")
    assert "my password" not in unusable.value.message
