"""Brings the contacts of a connected device into the address book, and keeps them fresh."""

from core.api import Manifest

manifest = Manifest(
    name="sync",
    title="Contact sync",
    version="0.1.0",
    family="sync",
    summary="Brings the contacts of a connected device into the address book.",
)
