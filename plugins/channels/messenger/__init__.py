"""Facebook Messenger: see README.md."""
