"""The text of a case file -> cases, and nothing but parsing.

Entrance: `loader.load_case_file`. Text becomes nodes with places, includes and templates are filled in, defaults
merged, and every value checked by `schema.json`; whatever is wrong comes back as diagnostics, and nothing is raised.
Never asks, judges or imports what a case names; a template evaluates nothing, a tag builds nothing.
"""
