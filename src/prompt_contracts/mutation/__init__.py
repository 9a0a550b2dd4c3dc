"""An outcome that keeps its contract -> the same outcome, spoiled in every way a model could spoil it.

Entrance: `mutants.mutants`. Ways to spoil are rows of `mutation_table.MUTATIONS`, each a small function that yields
what a value, a call or a text may have become. Deterministic: no chance, no clock, no sampling. Judges nothing.
"""
