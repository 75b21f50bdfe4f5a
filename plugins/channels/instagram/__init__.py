"""Instagram messages: see README.md."""
