"""Webhooks: who sent them. Fails closed."""

from __future__ import annotations

import dataclasses

import pytest

from core.adapter import SignatureRefused
from core.testing.contract.supplied import UNUSED_PORT_URL, Supplied


class ProofContract(Supplied):
    """Only what the provider signed is taken, and nothing while no secret is set.

    An adapter that is polled (`why_no_webhooks`) leaves this class out: it refuses whatever comes.
    """

    def test_a_signed_body_is_taken(self) -> None:
        account, body = self.account(UNUSED_PORT_URL), self.one_body()
        self.adapter.verify(account, self.request(body, self.signature(account, body)))
        assert self.secret_names, "an adapter that needs no secret proves nothing"

    def test_verify_fails_closed_without_a_secret(self) -> None:
        account, body = self.account(UNUSED_PORT_URL), self.one_body()
        headers = self.signature(account, body)
        for secrets in ({}, dict.fromkeys(self.secret_names, "")):
            bare = dataclasses.replace(account, secrets=secrets)
            with pytest.raises(SignatureRefused) as refused:
                self.adapter.verify(bare, self.request(body, headers))
            assert refused.value.is_unconfigured

    def test_an_empty_secret_does_not_take_its_own_signature(self) -> None:
        account, body = self.account(UNUSED_PORT_URL), self.one_body()
        bare = dataclasses.replace(account, secrets=dict.fromkeys(self.secret_names, ""))
        with pytest.raises(SignatureRefused):
            self.adapter.verify(bare, self.request(body, self.signature(bare, body)))

    def test_a_wrong_secret_is_refused(self) -> None:
        account, body = self.account(UNUSED_PORT_URL), self.one_body()
        other = dataclasses.replace(account, secrets=dict.fromkeys(self.secret_names, "other"))
        with pytest.raises(SignatureRefused):
            self.adapter.verify(account, self.request(body, self.signature(other, body)))

    def test_a_missing_signature_is_refused(self) -> None:
        with pytest.raises(SignatureRefused):
            self.adapter.verify(self.account(UNUSED_PORT_URL), self.request(self.one_body(), {}))

    def test_a_truncated_signature_is_refused(self) -> None:
        account, body = self.account(UNUSED_PORT_URL), self.one_body()
        whole = self.signature(account, body)
        for length in (0, 1, 8, -1):
            cut = {name: value[:length] for name, value in whole.items()}
            with pytest.raises(SignatureRefused):
                self.adapter.verify(account, self.request(body, cut))

    def test_a_signature_in_no_ascii_is_refused(self) -> None:
        account, body = self.account(UNUSED_PORT_URL), self.one_body()
        odd = dict.fromkeys(self.signature(account, body), "sha256=é\udcff")
        with pytest.raises(SignatureRefused):
            self.adapter.verify(account, self.request(body, odd))

    def test_a_changed_body_is_refused(self) -> None:
        if self.why_body_unsigned:
            assert self.why_body_unsigned.endswith("."), "say it in a sentence"
            return
        account, body = self.account(UNUSED_PORT_URL), self.one_body()
        headers = self.signature(account, body)
        for changed in (body + b" ", body[:-1], body.replace(b"Halo", b"Hola"), b""):
            with pytest.raises(SignatureRefused):
                self.adapter.verify(account, self.request(changed, headers))
