"""Contacts in sets, as a device, a file or a provider brings them; and taking them back."""
