"""Simulators of providers that speak real HTTP: no account, no mock."""
