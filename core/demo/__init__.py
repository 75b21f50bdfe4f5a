"""The demo: two small businesses with a story in them, told through the services."""
