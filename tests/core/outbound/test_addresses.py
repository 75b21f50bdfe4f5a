import pytest

from core.outbound import is_public
from core.outbound.addresses import is_listed


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
        "192.0.2.1",
        "::",
        "::1",
        "::127.0.0.1",
        "fe80::1%eth0",
        "fc00::1",
        "fec0::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "2002:7f00:1::",
        "2002:a00:1::1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:db8::1",
    ],
)
def test_an_address_inside_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "157.240.1.1", "2a03:2880::1", "::ffff:8.8.8.8", "64:ff9b::808:808"],
)
def test_an_address_on_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("host", "port", "listed"),
    [
        ("gateway", 3000, True),
        ("GATEWAY.", 9, True),
        ("10.0.0.5", 8080, True),
        ("10.0.0.5", 8081, False),
        ("::1", 80, True),
        ("::1", 81, False),
        ("fd00::2", 443, True),
        ("a.fbcdn.net", 443, True),
        ("fbcdn.net", 443, False),
        ("evilfbcdn.net", 443, False),
        ("gateway.evil.org", 3000, False),
    ],
)
def test_a_list_of_hosts(host: str, port: int, listed: bool) -> None:
    hosts = ("gateway", "10.0.0.5:8080", "[::1]:80", "fd00::2", "*.fbcdn.net")
    assert is_listed(host, port, hosts) is listed
