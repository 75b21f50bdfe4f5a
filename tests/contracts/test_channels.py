"""`docs/channels.md` says what the adapters claim, and what they claim is exercised."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from core.adapter import Adapter, Capabilities
from tests.contracts.channels import adapters, as_document

ROOT = Path(__file__).parents[2]

# Not a thing that a message could show at a provider: what the core does with it has tests there.
ELSEWHERE = {
    "identity_kinds": "whom a test of the contract writes to",
    "max_bytes": "checked before a message is queued (tests/services)",
    "per_minute": "how fast a broadcast is sent (plugins/automation)",
    "captions": "whether a file and its text are one message (tests/services)",
    "receipts": "the contract's tests of receipts, or the sentence why there are none",
    "sms": "who may be written to by it: the message dialog (tests/web)",
    "threads": "what a message follows: the e-mail channel's own tests",
    "is_polled": "how its messages come: the e-mail channel's own tests",
    "opaque_id": "the contract's test of the id, or the sentence why there is none",
}


def test_the_document_is_what_the_adapters_claim() -> None:
    """`docs/channels.md` is written by `python -m tests.contracts.channels`."""
    assert (ROOT / "docs/channels.md").read_text() == as_document(adapters())


@pytest.mark.parametrize("adapter", adapters(), ids=lambda adapter: adapter.kind)
def test_every_channel_of_ours_keeps_the_adapter_contract(adapter: Adapter) -> None:
    """A table that nothing exercises would only be words."""
    name = type(adapter).__name__
    kept = [
        path.name
        for path in (ROOT / "tests").rglob("test_*contract*.py")
        if f"adapter = {name}(" in (text := path.read_text()) and "Contract)" in text
    ]
    assert kept, f"no test keeps the adapter contract for {name}"


@pytest.mark.parametrize("claim", [field.name for field in dataclasses.fields(Capabilities)])
def test_every_claim_is_exercised_by_the_contract(claim: str) -> None:
    """A capability that is added gets its test in the contract, or its reason here."""
    asked = (ROOT / "core/testing/contract/claims.py").read_text()
    is_asked = re.search(rf"(claims|capabilities)\.{claim}\b", asked) is not None
    assert is_asked is not (claim in ELSEWHERE), claim
