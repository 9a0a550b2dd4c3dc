"""The life of recordings: what lies in a project's folder of them, which cell uses it, and what may go.

Entrances: `inventory.take_inventory`, which tells of every recording what it holds and who uses it, and a module for
each thing that is done with them. Asks no provider, follows no link out of the project, and changes nothing without
being told to.
"""
