"""What every channel adapter keeps, as tests. Subclass `AdapterContract` and say how yours is fed.

    from core.testing.adapter_contract import AdapterContract

    class TestPigeonContract(AdapterContract):
        adapter = PigeonAdapter()
        plugin = "sapa_pigeon.plugin"          # the module that declares it
        secret_names = ("loft_key",)           # the account's secrets that `verify` needs

        def provider(self): return PigeonSimulator()      # a ProviderSimulator: real HTTP
        def account(self, base_url): return Account(…)     # connected, provider at `base_url`
        def signature(self, account, body): return {"x-pigeon": sign(account, body)}
        def raw_message(self, provider_id, sender, text): return {"id": provider_id, …}
        def raw_unknown(self, provider_id, sender): return {…, "kind": "hologram"}
        def body(self, groups): return json.dumps({"batches": groups}).encode()
        def sent_opaques(self, provider): return [sent.our_id for sent in provider.sent]
        def receipt(self, provider_id, state, opaque): return json.dumps({…}).encode()
        def echo(self, provider_id, to, text): return json.dumps({…}).encode()

That is all. Five exemptions, each a sentence that says why: `why_no_opaque_id` (the provider has no
field for an id of ours: sends are told apart by their texts), `why_no_batches` (it never puts two
events into one body), `why_no_receipts`, `why_no_echoes`, `why_body_unsigned` (a shared secret
proves the sender, nothing proves the body). `credential_error`, `client`, `address`, `id_of`,
`address_of`, `carried`, `pushed` and `bad_messages` can be overridden; all of `Supplied` is in
`core.testing.contract.supplied`. A provider that signs the address it delivers to signs
`WEBHOOK_URL` for an account whose uuid is the one in it.

What is run: `proof` (who sent a webhook), `reading` (what is in it), `sends` (what an answer, a
refusal and a silence mean), `in_the_desk` (the same through a whole installation on SQLite: the
webhook's address, the jobs, the channel's state and the notice to the administrators), `claims`
(what its capabilities promise: `docs/channels.md` is written from them).
"""

from __future__ import annotations

from core.testing.contract.claims import ClaimsContract
from core.testing.contract.in_the_desk import DeskContract
from core.testing.contract.proof import ProofContract
from core.testing.contract.reading import ReadingContract
from core.testing.contract.sends import SendContract
from core.testing.contract.supplied import ANI, UNUSED_PORT_URL, WEBHOOK_URL

__all__ = ["ANI", "UNUSED_PORT_URL", "WEBHOOK_URL", "AdapterContract"]


class AdapterContract(ProofContract, ReadingContract, SendContract, DeskContract, ClaimsContract):
    """The whole contract: see this module's first lines for what to supply."""
