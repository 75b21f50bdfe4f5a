"""One message to many people: once each, to those who may be written to, at a pace."""
