"""Where a call may lead: names, addresses, redirects."""

import datetime
import ssl
from pathlib import Path
from typing import Any

import httpcore
import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core.outbound import AddressRefused, OutboundClient, SendFailed
from core.outbound.request import redirected


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://127.1:{port}/",
        "http://2130706433:{port}/",
        "http://0x7f000001:{port}/",
        "http://[::1]:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://0.0.0.0:{port}/",
        "http://169.254.169.254/latest/meta-data/",
        "https://127.0.0.1:{port}/",
        "http://rina:pw@127.0.0.1:{port}/",
        "file:///etc/passwd",
        "ftp://example.org/",
        "gopher://127.0.0.1:{port}/",
        "//example.org/",
        "/relative",
        "http://",
        "http://[::1",
        "",
    ],
)
def test_addresses_inside_and_odd_urls_are_refused(provider: Any, reply: Any, url: str) -> None:
    there = provider(lambda h: reply(h))
    with pytest.raises(AddressRefused) as refused:
        OutboundClient().request("GET", url.format(port=there.port))
    assert refused.value.error_class == "payload"
    assert "pw" not in str(refused.value)
    assert there.seen == []


def test_the_operator_lists_a_private_host_by_port(provider: Any, reply: Any) -> None:
    there, other = provider(lambda h: reply(h)), provider(lambda h: reply(h))
    client = OutboundClient((there.host,))
    assert client.request("GET", there.url).status_code == 200
    with pytest.raises(AddressRefused, match="SAPA_PRIVATE_HOSTS"):
        client.request("GET", other.url)
    assert other.seen == []


def test_a_name_that_leads_inside_is_refused(provider: Any, reply: Any) -> None:
    there = provider(lambda h: reply(h))
    for addresses in (["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["64:ff9b::7f00:1"]):
        client = OutboundClient(resolver=lambda host, port, found=addresses: found)
        with pytest.raises(AddressRefused):
            client.request("GET", f"http://rebinding.test:{there.port}/")
    assert there.seen == []


def test_the_very_address_that_was_checked_is_dialled(
    provider: Any, reply: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rebinding name: public when first asked, loopback ever after."""
    there = provider(lambda h: reply(h))
    answers = [["93.184.216.34"]]
    dialled: list[str] = []
    real = httpcore.SyncBackend.connect_tcp

    def detour(self: Any, host: str, *args: Any, **kwargs: Any) -> Any:
        dialled.append(host)
        return real(self, "127.0.0.1", *args, **kwargs)

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", detour)
    client = OutboundClient(resolver=lambda host, port: answers.pop() if answers else ["127.0.0.1"])
    url = f"http://rebinding.test:{there.port}/"
    assert client.request("GET", url).status_code == 200
    assert dialled == ["93.184.216.34"]
    assert there.seen[0][1]["host"] == f"rebinding.test:{there.port}"
    client._pool.close()
    with pytest.raises(AddressRefused):
        client.request("GET", url)
    assert dialled == ["93.184.216.34"]


def test_every_address_is_tried(provider: Any, reply: Any) -> None:
    there = provider(lambda h: reply(h))
    client = OutboundClient(("gateway.test",), resolver=lambda host, port: ["::1", "127.0.0.1"])
    assert client.request("GET", f"http://gateway.test:{there.port}/").status_code == 200


def test_redirects_are_followed_three_times(provider: Any, reply: Any) -> None:
    def count_down(handler: Any) -> None:
        left = int(handler.path.strip("/"))
        if left == 0:
            reply(handler, 200, b"there")
        else:
            reply(handler, 302, b"", Location=f"/{left - 1}")

    there = provider(count_down)
    client = OutboundClient((there.host,))
    secret = {"Authorization": "Bearer x"}
    assert client.request("GET", f"{there.url}/3", headers=secret).text == "there"
    assert all(headers["authorization"] == "Bearer x" for _, headers, _ in there.seen)
    with pytest.raises(SendFailed, match="too often"):
        client.request("GET", f"{there.url}/4")


def test_a_redirect_to_loopback_is_refused(provider: Any, reply: Any) -> None:
    inside = provider(lambda h: reply(h))
    there = provider(lambda h: reply(h, 302, b"", Location=f"{inside.url}/admin"))
    with pytest.raises(AddressRefused):
        OutboundClient((there.host,)).request("GET", there.url)
    # Not even where the operator lets *us* call that machine.
    client = OutboundClient((there.host, inside.host))
    assert client.request("GET", inside.url).status_code == 200  # a pooled connection exists
    with pytest.raises(AddressRefused, match="redirect"):
        client.request("GET", there.url)
    assert [path for path, _, _ in inside.seen] == ["/"]


def test_secrets_do_not_travel_to_another_host(provider: Any, reply: Any) -> None:
    cdn = provider(lambda h: reply(h, 200, b"media"))
    there = provider(lambda h: reply(h, 302, b"", Location=f"{cdn.url}/media"))
    client = OutboundClient((there.host, cdn.host))
    hosts = (there.host, cdn.host)
    secrets = {"Authorization": "Bearer x", "X-Access-Token": "x", "Cookie": "x", "Accept": "a/b"}
    answer = client.request("GET", there.url, headers=secrets, allow_hosts=hosts)
    assert answer.content == b"media"
    sent = cdn.seen[0][1]
    assert not {"authorization", "x-access-token", "cookie"} & set(sent)
    assert (sent["accept"], sent["host"]) == ("a/b", cdn.host)


def test_only_listed_hosts_are_reached(provider: Any, reply: Any) -> None:
    off = provider(lambda h: reply(h))
    there = provider(lambda h: reply(h, 302, b"", Location=off.url))
    client = OutboundClient((there.host, off.host))
    for url in (there.url, off.url):
        with pytest.raises(AddressRefused, match="may reach"):
            client.request("GET", url, allow_hosts=(there.host,))
    assert (len(there.seen), len(off.seen)) == (1, 0)


@pytest.mark.parametrize("target", ["ftp://example.org/", "http://a:b@example.org/", "http://[::1"])
def test_a_redirect_is_checked_like_a_first_address(provider: Any, reply: Any, target: str) -> None:
    there = provider(lambda h: reply(h, 302, b"", Location=target))
    with pytest.raises(AddressRefused):
        OutboundClient((there.host,)).request("GET", there.url)


def test_what_is_posted_is_never_sent_twice_by_a_redirect(provider: Any, reply: Any) -> None:
    there = provider(lambda h: reply(h, 307, b"", Location="/again"))
    with pytest.raises(SendFailed, match="final address") as failed:
        OutboundClient((there.host,)).request("POST", there.url, json={})
    assert failed.value.error_class == "channel"
    assert len(there.seen) == 1


def certificate(folder: Path, name: str) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path


def test_tls_verifies_the_name_although_the_address_is_dialled(
    provider: Any, reply: Any, tmp_path: Path
) -> None:
    there = provider(lambda h: reply(h, 200, b"sealed"))
    pem = certificate(tmp_path, "gateway.test")
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(pem)
    asked: list[str | None] = []
    serving.sni_callback = lambda sock, name, context: asked.append(name)
    there.server.socket = serving.wrap_socket(there.server.socket, server_side=True)
    client = OutboundClient(
        ("gateway.test", "other.test"),
        resolver=lambda host, port: ["127.0.0.1"],
        ssl_context=ssl.create_default_context(cafile=pem),
    )
    assert client.request("GET", f"https://gateway.test:{there.port}/").content == b"sealed"
    assert asked == ["gateway.test"]
    with pytest.raises(SendFailed) as failed:
        client.request("GET", f"https://other.test:{there.port}/")
    assert failed.value.error_class == "retry"
    assert len(there.seen) == 1


def test_a_redirect_never_leaves_tls() -> None:
    request = httpx.Request("GET", "https://graph.example.org/media")
    answer = httpx.Response(302, headers={"Location": "http://graph.example.org/media"})
    with pytest.raises(AddressRefused, match="open connection"):
        redirected(request, answer)
    answer = httpx.Response(302, headers={"Location": "//cdn.example.org/media"})
    assert str(redirected(request, answer).url) == "https://cdn.example.org/media"
