"""A provider and a client for each test that asks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from core.config import Settings
from core.outbound import OutboundClient
from core.testing.providers.mail_server import Dovecot, dovecot, dovecot_binary
from core.testing.providers.smtp_server import SmtpServer
from core.testing.providers.whatsapp_cloud import CloudSimulator
from tests.channels import mail_servers


@pytest.fixture
def meta() -> Iterator[CloudSimulator]:
    with CloudSimulator() as simulator:
        yield simulator


@pytest.fixture
def http() -> Iterator[OutboundClient]:
    client = OutboundClient(private_hosts=("127.0.0.1",), connect=0.5, read=0.5, total=2.0)
    yield client
    client.close()


@pytest.fixture(scope="session")
def imap_server() -> Iterator[Dovecot]:
    """A real IMAP server. Without one: skipped on a laptop, failed in CI."""
    if dovecot_binary() is None:
        reason = "No dovecot here: install it (`apt install dovecot-imapd`) to run the mail tests."
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    # not pytest's own folder: only its owner may go through that, and dovecot's users must
    with TemporaryDirectory(prefix="sapa-dovecot-") as home:
        with dovecot(Path(home), mail_servers.trust()) as server:
            yield server


@pytest.fixture
def smtp_server() -> Iterator[SmtpServer]:
    """A real SMTP server."""
    with SmtpServer(mail_servers.trust()) as server:
        yield server


@pytest.fixture
def mail_shop(
    sqlite_settings: Settings, imap_server: Dovecot, smtp_server: SmtpServer
) -> Iterator[mail_servers.Shop]:
    """A desk with one mailbox, at both."""
    with mail_servers.shop(sqlite_settings, imap_server, smtp_server) as shop:
        yield shop
