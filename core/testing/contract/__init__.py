"""The parts of the adapter contract; `core.testing.adapter_contract` puts them together."""
