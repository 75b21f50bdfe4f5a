"""A provider and a client for each test that asks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.outbound import OutboundClient
from core.testing.providers.whatsapp_cloud import CloudSimulator


@pytest.fixture
def meta() -> Iterator[CloudSimulator]:
    with CloudSimulator() as simulator:
        yield simulator


@pytest.fixture
def http() -> Iterator[OutboundClient]:
    client = OutboundClient(private_hosts=("127.0.0.1",), connect=0.5, read=0.5, total=2.0)
    yield client
    client.close()
