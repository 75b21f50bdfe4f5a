"""Receiving a run of common items at once: read what is known, work it out, write it.

`core.services.receive` says what an item does to the desk; this package does the same to hundreds
in some twenty statements, and leaves whatever is unusual to it. `tests/flow/test_batch.py` holds
the two together.
"""
