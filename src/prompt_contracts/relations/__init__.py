"""A case -> the same case, changed in a way under which its contract still holds, or why that cannot be.

Entrance: `expansion.expand`. Changes are rows of `relation_table.RELATIONS`, each a small function. Pure: nothing is
read, nobody is asked, and chance comes from a seed that the author wrote. Judges nothing.
"""
