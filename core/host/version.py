"""What a plugin's manifest is held against."""

from __future__ import annotations

CORE_VERSION = "0.1.0"
"""The distribution's version; a contract test compares it with pyproject.toml."""

API_GENERATION = 1
"""Grows when a hook or a name of `core.api` changes so that older plugins can't run."""
