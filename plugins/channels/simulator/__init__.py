"""A phone in the browser: the channel that needs no account."""
