"""Comparing two records field by field, and learning without labels what an agreement is worth.

The engine knows no contact and no database: a `Scheme` of fields is its whole configuration. The
desk's is in `plugins/merge/matching/contacts.py`; the tests have one for the FEBRL data sets.
"""
