"""The foundation's tables, an area a file, in the order of their foreign keys.

Frozen once released: a later change of a table is a revision of its own.
"""
