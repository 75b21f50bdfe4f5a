import gzip
import logging
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from core.outbound import (
    InsideTransaction,
    OutboundClient,
    OutcomeUnknown,
    ResponseTooLarge,
    SendFailed,
    in_transaction,
)


def test_a_json_call_and_its_answer(provider: Any, reply: Any) -> None:
    there = provider(lambda h: reply(h, 201, b'{"id": 7}', Content_Type="application/json"))
    client = OutboundClient((there.host,))
    answer = client.request(
        "post", f"{there.url}/v1/messages", json={"to": "62"}, headers={"Authorization": "Bearer x"}
    )
    assert (answer.status_code, answer.json()) == (201, {"id": 7})
    path, headers, body = there.seen[0]
    assert (path, body) == ("/v1/messages", b'{"to":"62"}')
    assert headers["authorization"] == "Bearer x"
    assert headers["host"] == there.host


def test_forms_files_and_parameters(provider: Any, reply: Any) -> None:
    there = provider(lambda h: reply(h, 200, b"ok"))
    client = OutboundClient((there.host,))
    client.request("POST", there.url, data={"a": "1"}, files={"file": ("x.txt", b"hello")})
    client.request("GET", there.url, params={"q": "a b"})
    assert b'filename="x.txt"' in there.seen[0][2]
    assert there.seen[1][0] == "/?q=a+b"


def test_errors_of_the_provider_are_answers(provider: Any, reply: Any) -> None:
    there = provider(lambda h: reply(h, 429, b"slow down", Retry_After="7"))
    answer = OutboundClient((there.host,)).request("GET", there.url)
    assert (answer.status_code, answer.text) == (429, "slow down")
    assert answer.headers["retry-after"] == "7"


def test_one_connection_serves_many_calls_and_no_cookie_is_kept(provider: Any, reply: Any) -> None:
    ports: list[int] = []

    def script(handler: Any) -> None:
        ports.append(handler.client_address[1])
        reply(handler, 200, b"ok", Set_Cookie="tenant=1")

    there = provider(script)
    client = OutboundClient((there.host,))
    for _ in range(3):
        client.request("GET", there.url)
    assert len(set(ports)) == 1
    assert all("cookie" not in headers for _, headers, _ in there.seen)


def test_no_call_inside_a_database_transaction(provider: Any, reply: Any) -> None:
    there = provider(lambda h: reply(h))
    client = OutboundClient((there.host,))
    reset = in_transaction.set(True)
    try:
        with pytest.raises(InsideTransaction, match="Commit first"):
            client.request("GET", there.url)
    finally:
        in_transaction.reset(reset)
    assert there.seen == []
    assert client.request("GET", there.url).status_code == 200


def test_a_hanging_server_leaves_the_outcome_unknown(provider: Any) -> None:
    release = threading.Event()
    there = provider(lambda h: release.wait(10))
    client = OutboundClient((there.host,), read=0.3)
    try:
        with pytest.raises(OutcomeUnknown) as unknown:
            client.request("POST", there.url, json={})
        assert not unknown.value.safe_to_repeat
        with pytest.raises(OutcomeUnknown) as unknown:
            client.request("GET", there.url)
        assert unknown.value.safe_to_repeat
    finally:
        release.set()
    assert len(there.seen) == 2


def test_a_connection_lost_after_writing_leaves_the_outcome_unknown(provider: Any) -> None:
    def hang_up(handler: Any) -> None:
        handler.close_connection = True
        handler.connection.shutdown(socket.SHUT_RDWR)

    there = provider(hang_up)
    with pytest.raises(OutcomeUnknown, match="no whole answer"):
        OutboundClient((there.host,)).request("POST", there.url, json={})


def test_an_answer_that_breaks_off_is_unknown(provider: Any) -> None:
    def half(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"half")
        handler.close_connection = True

    there = provider(half)
    with pytest.raises(OutcomeUnknown):
        OutboundClient((there.host,)).request("POST", there.url, json={})


@pytest.mark.parametrize("in_headers", [True, False])
def test_a_dripping_server_can_not_hold_a_worker(provider: Any, in_headers: bool) -> None:
    def drip(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + (b"X: " if in_headers else b"\r\n"))
        for _ in range(100):
            handler.wfile.write(b"a")
            handler.wfile.flush()
            time.sleep(0.05)

    there = provider(drip)
    client = OutboundClient((there.host,), read=1.0, total=0.5)
    started = time.monotonic()
    with pytest.raises(OutcomeUnknown):
        client.request("GET", there.url)
    assert time.monotonic() - started < 1.5


def test_a_refused_connection_may_be_retried() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        client = OutboundClient(("127.0.0.1",))
        with pytest.raises(SendFailed) as failed:
            client.request("POST", f"http://127.0.0.1:{port}/", json={})
    assert (failed.value.error_class, failed.value.code) == ("retry", "unreachable")


def test_a_name_without_address_may_be_retried() -> None:
    def no_such_name(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    with pytest.raises(SendFailed) as failed:
        OutboundClient(resolver=no_such_name).request("GET", "http://nowhere.test/")
    assert failed.value.error_class == "retry"


@pytest.mark.parametrize("declared", [True, False])
def test_an_answer_that_is_too_large_is_not_read(provider: Any, declared: bool) -> None:
    def large(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header(*(("Content-Length", "50000000") if declared else ("X", "y")))
        handler.end_headers()
        for _ in range(50):
            handler.wfile.write(b"a" * 1_000_000)

    there = provider(large)
    with pytest.raises(ResponseTooLarge, match="1000 bytes"):
        OutboundClient((there.host,)).request("GET", there.url, max_bytes=1000)


@pytest.mark.parametrize("packing", ["gzip", "deflate"])
def test_packed_answers_are_unpacked(provider: Any, reply: Any, packing: str) -> None:
    import zlib

    body = b"hello " * 50_000
    packed = gzip.compress(body) if packing == "gzip" else zlib.compress(body)
    there = provider(lambda h: reply(h, 200, packed, Content_Encoding=packing))
    answer = OutboundClient((there.host,)).request("GET", there.url)
    assert answer.content == body
    assert "content-encoding" not in answer.headers


def test_a_gzip_bomb_is_stopped_at_the_cap(provider: Any, reply: Any) -> None:
    import tracemalloc

    bomb = gzip.compress(b"\0" * 100_000_000)
    there = provider(lambda h: reply(h, 200, bomb, Content_Encoding="gzip"))
    client = OutboundClient((there.host,))
    tracemalloc.start()
    try:
        with pytest.raises(ResponseTooLarge):
            client.request("GET", there.url, max_bytes=1_000_000)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("body", "packing"), [(b"no gzip", "gzip"), (b"x", "br")])
def test_what_can_not_be_unpacked_is_unknown(
    provider: Any, reply: Any, body: bytes, packing: str
) -> None:
    there = provider(lambda h: reply(h, 200, body, Content_Encoding=packing))
    with pytest.raises(OutcomeUnknown, match="pack"):
        OutboundClient((there.host,)).request("GET", there.url)


def test_a_truncated_gzip_is_unknown_and_an_empty_answer_is_fine(provider: Any, reply: Any) -> None:
    there = provider(
        lambda h: reply(h, 200, gzip.compress(b"x" * 99)[:-9], Content_Encoding="gzip")
    )
    with pytest.raises(OutcomeUnknown):
        OutboundClient((there.host,)).request("GET", there.url)
    there = provider(lambda h: reply(h, 200, b"", Content_Encoding="gzip"))
    assert OutboundClient((there.host,)).request("HEAD", there.url).content == b""


def test_no_secret_reaches_a_log_record_or_an_exception(
    provider: Any, reply: Any, caplog: pytest.LogCaptureFixture
) -> None:
    there = provider(lambda h: reply(h, 200, b"ok"))
    client = OutboundClient((there.host,))
    bot = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw9"
    with caplog.at_level(logging.DEBUG):
        client.request(
            "GET",
            f"{there.url}/bot{bot}/getMe?access_token=query-s3cr3t",
            headers={"Authorization": "Bearer header-s3cr3t", "X-Key": "other-s3cr3t"},
        )
        with pytest.raises(SendFailed) as failed:
            client.request("GET", there.url, headers={"X-Key": "line-s3cr3t\nbreak"})
        with pytest.raises(SendFailed):
            client.request("GET", there.url, headers={"X-Key": "sn\xf6w-s3cr3t"})
        there.stop()
        with pytest.raises(SendFailed) as refused:
            OutboundClient((there.host,)).request("GET", f"{there.url}/bot{bot}/x?t=s3cr3t")
        there.stop = lambda: None
    logged = caplog.text + "".join(str(record.__dict__) for record in caplog.records)
    assert f"GET {there.url}/bot[redacted]/getMe 200" in logged
    for text in (logged, repr(failed.value), repr(refused.value)):
        assert "s3cr3t" not in text
        assert bot not in text
    assert failed.value.error_class == "payload"


def test_the_total_time_bounds_a_silent_server_too(provider: Any) -> None:
    release = threading.Event()
    there = provider(lambda h: release.wait(10))
    started = time.monotonic()
    try:
        with pytest.raises(OutcomeUnknown):
            OutboundClient((there.host,), read=8.0).request("GET", there.url, total=0.3)
    finally:
        release.set()
    assert time.monotonic() - started < 2


def test_threads_share_a_client(provider: Any, reply: Any) -> None:
    there = provider(lambda h: reply(h, 200, h.path.encode()))
    client = OutboundClient((there.host,))

    def call(number: int) -> str:
        return client.request("GET", f"{there.url}/{number}").text

    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(call, range(100))) == [f"/{number}" for number in range(100)]
    client.close()
