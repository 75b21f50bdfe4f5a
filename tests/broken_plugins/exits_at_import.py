raise SystemExit("a script, not a plugin")
